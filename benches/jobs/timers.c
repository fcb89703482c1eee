#include "benches/jobs/timers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static size_t timers_state_size(const struct cb_case *c)
{
	return sizeof(struct timers_state) + c->workers * sizeof(struct timers_worker);
}

static int timers_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct timers_state *st = env->state;

	(void)why;
	(void)why_len;
	st->period_ns = (uint64_t)cb_case_value(env->c, "period_us") * CB_NS_PER_US;
	return 0;
}

/* The first point of the worker's grid after @now_ns. The same grid in every trial. */
static uint64_t first_intended_ns(const struct cb_worker *w, uint64_t period_ns, uint64_t now_ns)
{
	const uint64_t phase_ns = period_ns * w->index / w->count;

	return now_ns - now_ns % period_ns + phase_ns +
	       (now_ns % period_ns >= phase_ns ? period_ns : 0);
}

static uint64_t timers_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct timers_state *st = state;
	struct timers_worker *tw = &st->worker[w->index];
	uint64_t done = 0;

	if (!tw->running) {
		tw->running = true;
		tw->begun_ns = tw->last_ns = cb_now_ns();
		tw->next_ns = tw->first_ns = first_intended_ns(w, st->period_ns, tw->begun_ns);
		tw->wakeups = 0;
	}
	while (done < n) {
		uint64_t now_ns;

		cb_sleep_until(w, tw->next_ns);
		now_ns = cb_now_ns();
		if (now_ns < tw->next_ns)
			tw->early++;
		else
			cb_record_ns(w, now_ns, now_ns - tw->next_ns);
		tw->last_ns = now_ns;
		tw->next_ns += st->period_ns;
		tw->wakeups++;
		tw->total++;
		done++;
		if (cb_stopping(w))
			break;
	}
	return done;
}

static void timers_leave(struct cb_worker *w, void *state)
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

static int timers_check(const struct cb_env *env, char *why, size_t why_len)
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

/* Work that arrives at a constant rate: whoever cannot keep it up measures a backlog. */
static void timers_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct timers_state *st = env->state;

	(void)cb_metric(metrics, CB_GIVEN_OPS_PER_S, env->workers * 1e9 / (double)st->period_ns);
}

static const struct cb_workload timers_work = {
    .op = "wake-up",
    .timed = "sleep until the next intended time; awake again",
    .checked = "nobody woke up early, no intended time was skipped, and all wake-ups were counted",
    .latency_of = "intended time -> awake",
    .state_size = timers_state_size,
    .setup = timers_setup,
    .batch = timers_batch,
    .leave = timers_leave,
    .check = timers_check,
    .report = timers_report,
    .max_batch = 1,
};

static const struct cb_param params[] = {
    CB_PARAM("period_us", CB_US, "1000", 1, 1000000000, "between two wake-ups of a worker"),
};

/*
 * At most 50,000 wake-ups a second in all: a thread's costs about 10 us, so two PUs keep up. Beyond
 * what they can do only the length of the backlog would be measured.
 */
static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread,process,coroutine workers=10"},
    {CB_QUICK, "model=thread,process,coroutine workers=100 period_us=2000"},
    {CB_QUICK, "model=thread,coroutine workers=1000 period_us=20000"},
    {CB_FULL, "model=thread,process,coroutine workers=1"},
    {CB_FULL, "model=process workers=1000 period_us=20000"},
    /* A million wake-ups a second on one PU: of these only coroutines get there. */
    {CB_FULL, "model=coroutine carriers=1 workers=10000 place=same period_us=10000"},
    {CB_CHECK, "model=thread,process,coroutine workers=1,8"},
};

static const struct cb_figure figures[] = {
    {"ns_per_op", "time per wake-up", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    CB_FIGURE_DISPLACED("CPU time that a wake-up takes from others"),
};

static uint64_t window_ns(const struct cb_case *c)
{
	return (c->workers < 10000 ? 50 : 100) * CB_NS_PER_MS;
}

static const struct cb_kind timers = {
    .family = "job",
    .name = "timers",
    .about = "IO-bound: wake up at a constant rate; latency is how late, from the intended time",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &timers_work,
    .params = params,
    .param_count = 1,
    .figures = figures,
    .figure_count = 2,
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .window_ns = window_ns,
};

CB_REGISTER(timers)
