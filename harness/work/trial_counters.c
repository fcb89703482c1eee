#include "harness/work/trial_counters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* For everything else that a process has open: pipes, sockets, epoll. */
#define SPARE_FDS 256u

void trial_counters_room(unsigned units)
{
	const rlim_t wanted = (rlim_t)units * COUNTERS_EVENTS + SPARE_FDS;
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0 || rl.rlim_cur >= wanted)
		return;
	rl.rlim_cur = rl.rlim_max < wanted ? rl.rlim_max : wanted;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
}

/* The case has no counters here, whatever the reason: that says nothing against its work. */
static void fail(struct trial_unit *u, int error)
{
	if (u->error)
		return;
	u->error = -ENOTSUP;
	(void)snprintf(
	    u->error_what, sizeof(u->error_what), "hardware counters: %s", strerror(-error));
}

void trial_counters_open(struct trial_unit *u)
{
	struct trial_counted *c = u->counted;
	char why[128];

	if (counters_open(&c->events, why, sizeof(why)) == 0)
		fail(u, -c->events.error[0]);
}

void trial_counters_close(struct trial_unit *u)
{
	counters_close(&u->counted->events);
}

void trial_counters_on(struct trial_unit *u)
{
	const int ret = counters_enable(&u->counted->events);

	if (ret)
		u->counted->error = ret;
}

void trial_counters_off(struct trial_unit *u)
{
	const int ret = counters_disable(&u->counted->events);

	if (ret)
		u->counted->error = ret;
}

void trial_counters_cross(struct trial_unit *u, enum trial_note which, struct progress_note before,
    struct progress_note now)
{
	const uint64_t at_ns = u->note[which].ns;
	double done = (double)now.done;

	/* The unit's first worker notes at the end of its batch; the others, on the same carrier,
	 * were inside one of theirs. */
	if (at_ns <= before.ns)
		done = (double)before.done;
	else if (at_ns < now.ns)
		done = trial_ops_at(at_ns, before, now);
	u->counted->ops += which == TRIAL_CLOSED ? done : -done;
}

void trial_counters_read(struct trial_unit *u)
{
	struct trial_counted *c = u->counted;
	const int ret = c->error ? c->error : counters_read(&c->events, &c->reading);

	if (ret)
		fail(u, ret);
}

void trial_counters_sum(
    const struct trial_counted *c, unsigned n, struct counters_reading *out, double *ops)
{
	memset(out, 0, sizeof(*out));
	*ops = 0.0;
	for (unsigned e = 0; e < COUNTERS_EVENTS; e++)
		out->valid[e] = c && n;
	for (unsigned i = 0; c && i < n; i++) {
		*ops += c[i].ops;
		for (unsigned e = 0; e < COUNTERS_EVENTS; e++) {
			out->valid[e] = out->valid[e] && c[i].reading.valid[e];
			out->scaled[e] = out->scaled[e] || c[i].reading.scaled[e];
			out->value[e] += c[i].reading.value[e];
		}
	}
}
