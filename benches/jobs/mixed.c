/* mixed.c - requests that compute and wait, in any proportion: `--set work=50us --set wait=5ms`. */
#include "benches/jobs/mixed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Knuth's MMIX (The Art of Computer Programming 2, 3.3.4). */
#define FACTOR UINT64_C(6364136223846793005)
#define MORE UINT64_C(1442695040888963407)

CB_INLINE uint64_t compute(uint64_t x, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++)
		x = x * FACTOR + MORE;
	return x;
}

/* By squaring: two steps are one with another factor (Brown, Random Number Generation with
 * Arbitrary Strides, 1994). */
uint64_t mixed_after(uint64_t steps)
{
	uint64_t factor = FACTOR, more = MORE, x = 0;

	for (; steps; steps >>= 1) {
		if (steps & 1)
			x = x * factor + more;
		more *= factor + 1;
		factor *= factor;
	}
	return x;
}

/* The quickest of several: what disturbs only adds. */
#define CALIBRATION_STEPS UINT64_C(200000)
#define CALIBRATIONS 8

static uint64_t steps_of(uint64_t ns)
{
	uint64_t least_ns = UINT64_MAX, x = 0;

	for (unsigned i = 0; ns && i < CALIBRATIONS; i++) {
		const uint64_t begin_ns = cb_now_ns();
		uint64_t took_ns;

		x = compute(x, CALIBRATION_STEPS);
		/* Nobody reads it, and the compiler must not know. */
		__asm__ volatile("" : : "r"(x));
		took_ns = cb_now_ns() - begin_ns;
		least_ns = took_ns < least_ns ? took_ns : least_ns;
	}
	if (!ns)
		return 0;
	return 1 + (uint64_t)((double)ns * (double)CALIBRATION_STEPS / (double)least_ns);
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct mixed_state *st = env->state;

	(void)why;
	(void)why_len;
	st->steps = steps_of((uint64_t)cb_case_value(env->c, "work_ns"));
	st->wait_ns = (uint64_t)cb_case_value(env->c, "wait_ns");
	return 0;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct mixed_state *st = state;
	struct mixed_worker *own = &st->worker[w->index];
	uint64_t done = 0;

	do {
		const uint64_t begun_ns = cb_now_ns();
		uint64_t until_ns, now_ns;

		own->x = compute(own->x, st->steps);
		now_ns = cb_now_ns();
		if (st->wait_ns) {
			until_ns = now_ns + st->wait_ns;
			cb_sleep_until(w, until_ns);
			now_ns = cb_now_ns();
			own->early += now_ns < until_ns;
		}
		cb_record_ns(w, now_ns, now_ns - begun_ns);
		own->requests++;
		done++;
	} while (done < n && !cb_stopping(w));
	return done;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct mixed_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct mixed_worker *own = &st->worker[i];

		if (own->early)
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " waits were over before their time", i,
			    own->early);
		else if (own->requests != env->done[i])
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " requests, but %" PRIu64 " were counted", i,
			    own->requests, env->done[i]);
		else if (own->x != mixed_after(own->requests * st->steps))
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " requests come to another result", i,
			    own->requests);
		else
			continue;
		return -EBADMSG;
	}
	return 0;
}

/* What the wanted work came to on this machine: two rows with other steps are of other work. */
static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct mixed_state *st = env->state;

	(void)cb_metric(metrics, "steps_per_op", (double)st->steps);
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct mixed_state) + c->workers * sizeof(struct mixed_worker);
}

static const struct cb_workload work = {
    .op = "request",
    .timed = "compute, then wait; the next request follows at once",
    .checked =
	"what was computed is what so many requests come to, no wait was over before its time, "
	"and all were counted",
    .latency_of = "a request begins -> its wait is over",
    .state_size = state_size,
    .setup = setup,
    .batch = batch,
    .check = check,
    .report = report,
    .max_batch = 1,
    .cooperative = true,
};

static const struct cb_param params[] = {
    CB_PARAM("work_ns", CB_NS, "50000", 0, CB_NS_PER_S, "of CPU time a request, undisturbed"),
    CB_PARAM("wait_ns", CB_NS, "5000000", 0, 10 * CB_NS_PER_S, "that it waits after that"),
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread,process,coroutine workers=1,10,100"},
    {CB_FULL, "model=thread,coroutine workers=1000"},
    {CB_CHECK, "model=thread,process,coroutine workers=1,8 work_ns=1000 wait_ns=0,100000"},
};

/* Twenty requests of each worker, or four rounds of all where the PUs are what they wait for. */
static const struct cb_figure figures[] = {
    {"ns_per_op", "time per request", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    CB_FIGURE_DISPLACED("CPU time that a request takes from others"),
};

static uint64_t window_ns(const struct cb_case *c)
{
	const uint64_t work_ns = (uint64_t)cb_case_value(c, "work_ns");
	const uint64_t one_ns = work_ns + (uint64_t)cb_case_value(c, "wait_ns");
	const uint64_t all_ns = work_ns * c->workers;
	uint64_t ns = 20 * one_ns > 4 * all_ns ? 20 * one_ns : 4 * all_ns;

	if (ns < 20 * CB_NS_PER_MS)
		ns = 20 * CB_NS_PER_MS;
	return ns < 5 * CB_NS_PER_S ? ns : 5 * CB_NS_PER_S;
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (cb_case_value(c, "work_ns") || cb_case_value(c, "wait_ns"))
		return 0;
	(void)snprintf(why, why_len, "a request that neither computes nor waits is none");
	return -EINVAL;
}

static const struct cb_kind mixed = {
    .family = "job",
    .name = "mixed",
    .about = "requests that compute for work_ns and wait for wait_ns: any mix of CPU and IO",
    .source = "Knuth's MMIX generator",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = 2,
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
    .window_ns = window_ns,
};

CB_REGISTER(mixed)
