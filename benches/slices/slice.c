/* slice.c - time slices: how long a worker that never waits runs before the kernel gives its PU to
 * another, under each policy and next to one that is nicer. */
#include "benches/slices/slice.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum policy_word { OTHER, BATCH, RR };

static const char *const policy_words[] = {[OTHER] = "other", [BATCH] = "batch", [RR] = "rr", NULL};
static const int policies[] = {[OTHER] = SCHED_OTHER, [BATCH] = SCHED_BATCH, [RR] = SCHED_RR};

static int set_policy(enum policy_word policy)
{
	const struct sched_param p = {.sched_priority = policy == RR ? 1 : 0};

	return sched_setscheduler(0, policies[policy], &p) == 0 ? 0 : -errno;
}

/* Every second worker is the nice one. */
static bool is_nice(unsigned index)
{
	return index % 2 == 1;
}

/* One that never waits would keep everybody else, who measures too, from its PU for good. */
static bool rr_is_bounded(void)
{
	FILE *f = fopen("/proc/sys/kernel/sched_rt_runtime_us", "re");
	long us = -1;
	const bool known = f && fscanf(f, "%ld", &us) == 1;

	if (f)
		(void)fclose(f);
	return known && us >= 0;
}

/* Not permitted: that is said, and is no failure. */
static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct slice_state *st = env->state;
	const enum policy_word policy = (enum policy_word)cb_case_value(env->c, "policy");
	int ret;

	st->policy = (int)policy;
	st->nice = (int)cb_case_value(env->c, "nice");
	if (policy == RR && !rr_is_bounded()) {
		(void)snprintf(why, why_len,
		    "policy rr: kernel.sched_rt_runtime_us is -1, nothing would ever interrupt it");
		return -ENOTSUP;
	}
	ret = policy == OTHER ? 0 : set_policy(policy);
	if (ret)
		(void)snprintf(why, why_len, "policy %s: %s", policy_words[policy], strerror(-ret));
	else if (policy != OTHER)
		ret = set_policy(OTHER);
	return ret == -EPERM ? -ENOTSUP : ret;
}

static void enter(struct cb_worker *w, void *state)
{
	const struct slice_state *st = state;
	struct slice_worker *own = &((struct slice_state *)state)->worker[w->index];
	const int nice = is_nice(w->index) ? st->nice : 0;
	const int ret = set_policy((enum policy_word)st->policy);

	if (ret)
		cb_fail(w, ret, "a policy");
	else if (nice && setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice) != 0)
		cb_fail(w, -errno, "a nice value");
	own->cut += own->since_ns != 0;
	own->since_ns = 0;
	own->timed = own->timed_ns = 0;
}

/* Somebody else has run since it last looked. */
static void turn(struct cb_worker *w, struct slice_state *st, struct slice_worker *own)
{
	if (own->since_ns) {
		const uint64_t ns = own->seen_ns - own->since_ns;

		own->ended++;
		cb_record_ns(w, own->seen_ns, ns);
		if (cb_in_window(w, own->seen_ns)) {
			own->timed++;
			own->timed_ns += ns;
		}
	}
	cb_store(&st->last, w->index + 1);
	own->begun++;
	cb_fetch_add(&st->begun, 1);
	own->since_ns = own->seen_ns = cb_now_ns();
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct slice_state *st = state;
	struct slice_worker *own = &st->worker[w->index];
	const uint64_t before = own->ended;

	while (own->ended - before < n && !cb_stopping(w)) {
		const uint64_t now_ns = cb_now_ns();

		if (CB_UNLIKELY(cb_load(&st->last) != w->index + 1))
			turn(w, st, own);
		else
			own->seen_ns = now_ns;
	}
	return own->ended - before;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct slice_state *st = env->state;
	uint64_t begun = 0;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct slice_worker *own = &st->worker[i];

		begun += own->begun;
		if (own->ended == env->done[i] &&
		    own->begun == own->ended + own->cut + (own->since_ns != 0))
			continue;
		(void)snprintf(why, why_len,
		    "worker %u: %" PRIu64 " slices begun, %" PRIu64 " ended, %" PRIu64
		    " cut off, %" PRIu64 " counted",
		    i, own->begun, own->ended, own->cut, env->done[i]);
		return -EBADMSG;
	}
	if (begun == st->begun)
		return 0;
	(void)snprintf(why, why_len, "%" PRIu64 " slices begun, of which the workers know %" PRIu64,
	    st->begun, begun);
	return -EBADMSG;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct slice_state *st = env->state;
	double timed = 0.0, ns = 0.0, nice_ns = 0.0;

	for (unsigned i = 0; i < env->workers; i++) {
		timed += (double)st->worker[i].timed;
		ns += (double)st->worker[i].timed_ns;
		nice_ns += is_nice(i) ? (double)st->worker[i].timed_ns : 0.0;
	}
	/* Of none there is no figure: not a number is left out. */
	(void)cb_metric(metrics, "slice_ns", ns / timed);
	(void)cb_metric(metrics, "nice_share", nice_ns / ns);
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct slice_state) + c->workers * sizeof(struct slice_worker);
}

static const struct cb_workload work = {
    .op = "slice",
    .latency_of = "it runs again -> it last runs before another does",
    .timed = "workers on one PU that never wait: from one's running again to its last look before "
	     "somebody else had run",
    .checked = "every slice that began has ended, or was cut off with its trial, and was counted",
    .state_size = state_size,
    .setup = setup,
    .enter = enter,
    .batch = batch,
    .check = check,
    .report = report,
    .max_batch = 1,
};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers >= 2 && cb_case_on_one_pu(c))
		return 0;
	(void)snprintf(why, why_len, "it takes two workers or more, on one PU");
	return -EINVAL;
}

/* Some rounds of all workers: slices are of 3 ms as a rule, and of 100 ms under SCHED_RR. */
static uint64_t window_ns(const struct cb_case *c)
{
	return (cb_case_value(c, "policy") == RR ? 1000 : 150) * CB_NS_PER_MS;
}

static const struct cb_kind slice = {
    .family = "slice",
    .name = "spin",
    .about = "workers that never wait share a PU: how long does each run at a stretch?",
    .source = "sched(7)",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_OS,
    .not_models = "coroutines are not preempted: one that never waits stops its carrier",
    .work = &work,
    .can = can,
    .window_ns = window_ns,
};

CB_REGISTER(slice)

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("2"),
    CB_PARAM_PLACE("same"),
    {"policy", CB_WORD, "other", 0, RR, "the kernel's scheduling policy", policy_words, false},
    CB_PARAM("nice", CB_COUNT, "0", 0, 19, "nice value of every second worker"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread"},
    {CB_FULL, "model=thread,process workers=2,4,8"},
    {CB_FULL, "model=thread policy=batch,rr"},
    {CB_FULL, "model=thread nice=10"},
    {CB_CHECK, "model=thread,process workers=2 nice=0,10"},
    {CB_CHECK, "model=thread policy=batch"},
};

static const struct cb_figure figures[] = {
    {"slice_ns", "a slice", "ns", CB_RATIO, CB_NEITHER, 0.0, NULL},
    {"nice_share", "of the time, taken by every second worker", "", CB_SHARE, CB_NEITHER, 0.0,
	NULL},
};

const struct cb_family slice_family = {
    .name = "slice",
    .plural = "slices",
    .title = "Time slices",
    .question = "How long does a worker run before another has its turn?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .shape = CB_DOTS,
    .axis = "workers",
    .caption = "How long a worker that never waits keeps its PU before the kernel gives it to "
	       "another. Long slices mean few switches, and long waits for the others.",
    .contenders = CB_MODELS,
};
