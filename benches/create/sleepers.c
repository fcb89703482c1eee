/* sleepers.c - threads that are there and do nothing. */
#include "benches/create/sleepers.h"
#include "benches/create/life.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A thousand of them with the default's 8 MiB each would take the address space that some limits
 * leave. */
#define STACK_BYTES 65536

static void *sleeping(void *arg)
{
	struct sleeper *s = arg;

	s->tid = (pid_t)syscall(SYS_gettid);
	life_tell(&s->there);
	life_await_told(&s->awake);
	return NULL;
}

static int begin(struct sleeper *s)
{
	const long least = sysconf(_SC_THREAD_STACK_MIN);
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	*s = (struct sleeper){0};
	if (ret)
		return -ret;
	ret = pthread_attr_setstacksize(&attr, least > STACK_BYTES ? (size_t)least : STACK_BYTES);
	ret = ret ? ret : pthread_create(&s->thread, &attr, sleeping, s);
	(void)pthread_attr_destroy(&attr);
	if (!ret)
		life_await_told(&s->there);
	return -ret;
}

static void end(struct sleeper *s)
{
	if (!s->tid)
		return;
	life_tell(&s->awake);
	(void)pthread_join(s->thread, NULL);
	s->tid = 0;
}

int sleepers_begin(unsigned count, struct sleepers **out)
{
	struct sleepers *s = calloc(1, sizeof(*s) + count * sizeof(s->sleeper[0]));
	int ret = s ? 0 : -ENOMEM;

	for (unsigned i = 0; !ret && i < count; i++) {
		ret = begin(&s->sleeper[i]);
		s->count += !ret;
	}
	if (ret)
		sleepers_end(s);
	else
		*out = s;
	return ret;
}

void sleepers_end(struct sleepers *s)
{
	for (unsigned i = 0; s && i < s->count; i++)
		end(&s->sleeper[i]);
	free(s);
}

int sleepers_replace(struct sleepers *s, unsigned i)
{
	end(&s->sleeper[i]);
	return begin(&s->sleeper[i]);
}
