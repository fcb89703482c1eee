#include "harness/work/companion.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Connecting and preparing a thousand connections takes well under a second. */
#define READY_WITHIN_NS (20 * CLOCK_NS_PER_S)
#define END_GRACE_MS 2000

struct companion_shared {
	_Alignas(ARENA_ALIGN) atomic_uint quit;
	_Alignas(ARENA_ALIGN) atomic_uint ready;
	int bind_error;
};

size_t companion_shared_bytes(void)
{
	return sizeof(struct companion_shared);
}

static void run(struct team *t, int pu)
{
	struct companion c = {
	    .env = &t->env,
	    .state = t->env.state,
	    .quit = &t->companion->quit,
	    .latency = t->latency,
	    .recording = &t->line->recording,
	    .trial_ns = &t->line->start_ns,
	    .ready = &t->companion->ready,
	};

	if (pu >= 0)
		t->companion->bind_error = topology_bind_self(t->topo, (unsigned)pu);
	t->bc->workload->companion(&c);
}

int companion_start(struct team *t, char *why, size_t why_len)
{
	const pid_t parent = getpid();
	const int pu = placement_spare_pu(t->topo, &t->placement);
	const uint64_t until_ns = clock_now_ns() + READY_WITHIN_NS;
	pid_t pid = fork();

	if (pid < 0) {
		const int error = errno; /* strerror() may change it */

		(void)snprintf(why, why_len, "load generator: fork: %s", strerror(error));
		return -error;
	}
	if (pid == 0) {
		child_die_with(parent);
		run(t, pu);
		_exit(0);
	}
	t->companion_pid = pid;
	t->companion_pu = pu;
	while (!atomic_load_explicit(&t->companion->ready, memory_order_acquire)) {
		int ret = companion_alive(t, why, why_len);

		if (ret)
			return ret;
		if (clock_now_ns() > until_ns) {
			(void)snprintf(why, why_len, "the load generator never became ready");
			companion_stop(t);
			return -ETIMEDOUT;
		}
		clock_sleep_until_ns(clock_now_ns() + 100 * CLOCK_NS_PER_US);
	}
	if (t->companion->bind_error) {
		(void)snprintf(why, why_len, "load generator: binding to PU %d: %s", pu,
		    strerror(-t->companion->bind_error));
		companion_stop(t);
		return t->companion->bind_error;
	}
	return 0;
}

int companion_alive(struct team *t, char *why, size_t why_len)
{
	char how[96];

	if (t->companion_pid > 0 && child_gone(t->companion_pid, how, sizeof(how))) {
		t->companion_pid = 0;
		(void)snprintf(t->death, sizeof(t->death), "the load generator ended: %s", how);
	}
	return team_death(t, why, why_len);
}

uint64_t companion_cpu_ns(const struct team *t)
{
	clockid_t id;

	if (t->companion_pid <= 0 || clock_getcpuclockid(t->companion_pid, &id) != 0)
		return 0;
	return clock_of_ns(id);
}

void companion_stop(struct team *t)
{
	if (t->companion_pid <= 0)
		return;
	atomic_store(&t->companion->quit, 1);
	child_end(t->companion_pid, END_GRACE_MS);
	t->companion_pid = 0;
}
