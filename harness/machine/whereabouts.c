#include "harness/machine/whereabouts.h"

#include "harness/machine/pu_list.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEDSTAT "/proc/thread-self/schedstat"
#define SCHED "/proc/thread-self/sched"
/* So that a thousand workers leave descriptors for their work. */
#define FD_MOST 200
#define SCHEDSTAT_MAX 128
#define SCHED_MAX 8192
/* What the kernel can be built for. */
#define PUS_MAX 8192

static int keep_open(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd <= FD_MOST)
		return fd;
	(void)close(fd);
	return -1;
}

static bool read_text(int kept, const char *path, char *text, size_t len)
{
	const int fd = kept >= 0 ? kept : open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd >= 0 ? pread(fd, text, len - 1, 0) : -1;

	if (fd >= 0 && fd != kept)
		(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

uint64_t whereabouts_parse_delay(const char *text)
{
	uint64_t ns;

	/* Time on a PU, time spent waiting for one, time slices. */
	return sscanf(text, "%*u %" SCNu64 " %*u", &ns) == 1 ? ns : 0;
}

uint64_t whereabouts_parse_migrations(const char *text)
{
	static const char name[] = "\nse.nr_migrations";
	const char *line = strstr(text, name);
	uint64_t n;

	return line && sscanf(line + sizeof(name) - 1, " : %" SCNu64, &n) == 1 ? n : 0;
}

static void look(const struct whereabouts *w, struct whereabouts_reading *out)
{
	char text[SCHED_MAX];

	*out = (struct whereabouts_reading){0};
	if (read_text(w->schedstat_fd, SCHEDSTAT, text, SCHEDSTAT_MAX))
		out->run_delay_ns = whereabouts_parse_delay(text);
	if (read_text(w->sched_fd, SCHED, text, sizeof(text)))
		out->migrations = whereabouts_parse_migrations(text);
}

void whereabouts_open(struct whereabouts *w)
{
	w->schedstat_fd = keep_open(SCHEDSTAT);
	w->sched_fd = keep_open(SCHED);
	look(w, &w->before);
	w->tells_delay = w->before.run_delay_ns > 0;
}

void whereabouts_since(struct whereabouts *w, struct whereabouts_reading *out)
{
	struct whereabouts_reading now;

	look(w, &now);
	w->tells_delay |= now.run_delay_ns > 0;
	/* Not readable this time: nothing, and no huge number. */
	out->run_delay_ns = now.run_delay_ns > w->before.run_delay_ns
				? now.run_delay_ns - w->before.run_delay_ns
				: 0;
	out->migrations =
	    now.migrations > w->before.migrations ? now.migrations - w->before.migrations : 0;
	w->before = now;
}

void whereabouts_close(struct whereabouts *w)
{
	if (w->schedstat_fd >= 0)
		(void)close(w->schedstat_fd);
	if (w->sched_fd >= 0)
		(void)close(w->sched_fd);
	w->schedstat_fd = w->sched_fd = -1;
}

static char *list_of(const cpu_set_t *set, size_t size)
{
	unsigned pus[PUS_MAX];
	size_t count = 0;

	for (unsigned i = 0; i < PUS_MAX; i++)
		if (CPU_ISSET_S(i, size, set))
			pus[count++] = i;
	return pu_list_format(pus, count);
}

bool whereabouts_lost(pid_t pid, int pu, char *now, size_t len)
{
	cpu_set_t set[PUS_MAX / CPU_SETSIZE];
	char *list;

	if (sched_getaffinity(pid, sizeof(set), set) != 0) {
		const int error = errno;

		(void)snprintf(
		    now, len, "has an affinity that cannot be read: %s", strerror(error));
		return error != ESRCH;
	}
	if (CPU_COUNT_S(sizeof(set), set) == 1 && CPU_ISSET_S((unsigned)pu, sizeof(set), set))
		return false;
	list = list_of(set, sizeof(set));
	(void)snprintf(now, len, "now may run on PUs %s only", list ? list : "unknown");
	free(list);
	return true;
}

bool whereabouts_left(int pu, uint64_t moves, char *now, size_t len)
{
	const int on = sched_getcpu();

	if (whereabouts_lost(0, pu, now, len))
		return true;
	if (on != pu)
		(void)snprintf(now, len, "runs on PU %d", on);
	else if (moves)
		(void)snprintf(now, len, "was moved away and back");
	return on != pu || moves;
}
