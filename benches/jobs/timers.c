#include "benches/jobs/timers.h"

#include "harness/base/clock.h"
#include "harness/work/bench_case.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static size_t timers_state_size(const struct bench_case *bc)
{
	return sizeof(struct timers_state) + bc->workers * sizeof(struct timers_worker);
}

static int timers_setup(struct bench_env *env, char *why, size_t why_len)
{
	struct timers_state *st = env->state;

	if (env->params[TIMERS_PERIOD_US] <= 0) {
		(void)snprintf(why, why_len, "timers: the period must be positive");
		return -EINVAL;
	}
	st->period_ns = (uint64_t)env->params[TIMERS_PERIOD_US] * CLOCK_NS_PER_US;
	return 0;
}

/* The first point of the worker's grid after @now_ns. The same grid in every trial. */
static uint64_t first_intended_ns(const struct worker *w, uint64_t period_ns, uint64_t now_ns)
{
	const uint64_t phase_ns = period_ns * w->index / w->count;

	return now_ns - now_ns % period_ns + phase_ns +
	       (now_ns % period_ns >= phase_ns ? period_ns : 0);
}

static uint64_t timers_batch(struct worker *w, void *state, uint64_t n)
{
	struct timers_state *st = state;
	struct timers_worker *tw = &st->worker[w->index];
	uint64_t done = 0;

	if (!tw->running) {
		tw->running = true;
		tw->begun_ns = tw->last_ns = clock_now_ns();
		tw->next_ns = tw->first_ns = first_intended_ns(w, st->period_ns, tw->begun_ns);
		tw->wakeups = 0;
	}
	while (done < n) {
		uint64_t now_ns;

		worker_sleep_until(w, tw->next_ns);
		now_ns = clock_now_ns();
		if (now_ns < tw->next_ns)
			tw->early++;
		else
			worker_record_ns(w, now_ns, now_ns - tw->next_ns);
		tw->last_ns = now_ns;
		tw->next_ns += st->period_ns;
		tw->wakeups++;
		tw->total++;
		done++;
		if (worker_stopping(w))
			break;
	}
	return done;
}

static void timers_leave(struct worker *w, void *state)
{
	struct timers_state *st = state;

	st->worker[w->index].running = false;
}

static int check_worker(const struct timers_state *st, const struct timers_worker *tw,
    uint64_t counted, char *why, size_t why_len)
{
	const uint64_t possible = (tw->last_ns - tw->begun_ns) / st->period_ns + 1;

	if (tw->early)
		return snprintf(why, why_len, "%" PRIu64 " wake-ups before their time", tw->early);
	if (tw->wakeups > possible)
		return snprintf(why, why_len, "%" PRIu64 " wake-ups in a time for at most %" PRIu64,
		    tw->wakeups, possible);
	if (tw->next_ns - tw->first_ns != tw->wakeups * st->period_ns)
		return snprintf(why, why_len, "intended times were skipped");
	if (tw->total != counted)
		return snprintf(why, why_len, "%" PRIu64 " wake-ups, but %" PRIu64 " were counted",
		    tw->total, counted);
	return 0;
}

static int timers_check(const struct bench_env *env, char *why, size_t why_len)
{
	const struct timers_state *st = env->state;
	char what[100];

	for (unsigned i = 0; i < env->workers; i++) {
		if (check_worker(st, &st->worker[i], env->done[i], what, sizeof(what)) == 0)
			continue;
		(void)snprintf(why, why_len, "worker %u: %s", i, what);
		return -EBADMSG;
	}
	return 0;
}

const struct workload timers_workload = {
    .op = "wake-up",
    .latency_of = "intended time -> awake",
    .state_size = timers_state_size,
    .setup = timers_setup,
    .batch = timers_batch,
    .leave = timers_leave,
    .check = timers_check,
    .max_batch = 1,
};
