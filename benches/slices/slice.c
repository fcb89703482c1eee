/* slice.c - time slices: how long a worker that never waits runs before the kernel gives its PU to
 * another, under each policy and next to one that is nicer. */
#include "benches/slices/slice.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
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
int slice_rr_can(const char *path, char *why, size_t why_len)
{
	FILE *f = fopen(path, "re");
	const int error = f ? 0 : errno;
	long us = 0;
	const bool known = f && fscanf(f, "%ld", &us) == 1;

	if (f)
		(void)fclose(f);
	if (known && us >= 0)
		return 0;
	if (known)
		(void)snprintf(why, why_len,
		    "policy rr: kernel.sched_rt_runtime_us is %ld, nothing would ever interrupt it",
		    us);
	else
		(void)snprintf(why, why_len,
		    "policy rr: %s: %s, so nobody knows whether anything would ever interrupt it",
		    path, error ? strerror(error) : "not a number");
	return -ENOTSUP;
}

/* Not permitted: that is said, and is no failure. */
static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct slice_state *st = env->state;
	const enum policy_word policy = (enum policy_word)cb_case_value(env->c, "policy");
	int ret = 0;

	st->policy = policy;
	st->nice = (uint32_t)cb_case_value(env->c, "nice");
	if (policy == RR)
		ret = slice_rr_can("/proc/sys/kernel/sched_rt_runtime_us", why, why_len);
	if (ret)
		return ret;
	ret = policy == OTHER ? 0 : set_policy(policy);
	if (ret)
		(void)snprintf(why, why_len, "policy %s: %s", policy_words[policy], strerror(-ret));
	else if (policy != OTHER)
		ret = set_policy(OTHER);
	return ret == -EPERM ? -ENOTSUP : ret;
}

static void enter(struct cb_worker *w, void *state)
{
	struct slice_state *st = state;
	struct slice_worker *own = &st->worker[w->index];
	const int nice = is_nice(w->index) ? (int)st->nice : 0;
	const int ret = set_policy((enum policy_word)st->policy);

	if (ret)
		cb_fail(w, ret, "a policy");
	else if (nice && setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice) != 0)
		cb_fail(w, -errno, "a nice value");
	own->cut += own->since_ns != 0;
	own->since_ns = 0;
	own->ended_before = own->ended;
	own->gaps = 0;
	/* Others may be under way: nobody of the workers can begin anew for all of them. */
	cb_store(&st->fresh, 1);
}

/* Somebody else has run since it last looked. */
static void turn(struct cb_worker *w, struct slice_state *st, struct slice_worker *own)
{
	if (own->since_ns) {
		struct slice_trial *t = &st->trial[st->next];
		const uint32_t at = cb_fetch_add(&t->kept, 1);

		own->ended++;
		cb_record_ns(w, own->seen_ns, own->seen_ns - own->since_ns - own->away_ns);
		if (at < SLICES_MOST)
			t->slice[at] = (struct slice){own->since_ns, own->seen_ns, own->away_ns,
			    w->index, cb_in_window(w, own->seen_ns)};
		else
			cb_fail(w, -ENOSPC, "a trial of more slices than there is room for");
	}
	cb_store(&st->last, w->index + 1);
	own->begun++;
	cb_fetch_add(&st->begun, 1);
	own->away_ns = 0;
	own->since_ns = own->seen_ns = cb_now_ns();
}

void slice_look(struct cb_worker *w, struct slice_state *st, struct slice_worker *own)
{
	const uint64_t now_ns = cb_now_ns();

	if (CB_UNLIKELY(cb_load(&st->last) != w->index + 1)) {
		turn(w, st, own);
		return;
	}
	if (CB_UNLIKELY(now_ns - own->seen_ns > SLICE_GAP_NS)) {
		own->away_ns += now_ns - own->seen_ns;
		own->gaps += cb_in_window(w, now_ns);
	}
	own->seen_ns = now_ns;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct slice_state *st = state;
	struct slice_worker *own = &st->worker[w->index];
	const uint64_t before = own->ended;

	while (own->ended - before < n && !cb_stopping(w))
		slice_look(w, st, own);
	return own->ended - before;
}

static int by_time(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	if (x->since_ns != y->since_ns)
		return x->since_ns < y->since_ns ? -1 : 1;
	return (x->seen_ns > y->seen_ns) - (x->seen_ns < y->seen_ns);
}

/* Once a trial: those of the last one go. */
static struct slice_trial *this_trial(struct slice_state *st)
{
	if (st->fresh) {
		st->fresh = 0;
		st->now = st->next;
		st->next = !st->now;
		st->trial[st->next].kept = 0;
	}
	return &st->trial[st->now];
}

/* On one PU one runs after the other. */
static int are_apart(struct slice_trial *t, char *why, size_t why_len)
{
	qsort(t->slice, t->kept, sizeof(t->slice[0]), by_time);
	for (uint32_t i = 0; i < t->kept; i++) {
		const struct slice *s = &t->slice[i];

		if (s->away_ns > s->seen_ns - s->since_ns)
			(void)snprintf(why, why_len,
			    "a slice of worker %u: it was away for longer than it took", s->worker);
		else if (i && s->since_ns < s[-1].seen_ns)
			(void)snprintf(why, why_len,
			    "slices of workers %u and %u overlap by %" PRIu64 " ns", s[-1].worker,
			    s->worker, s[-1].seen_ns - s->since_ns);
		else
			continue;
		return -EBADMSG;
	}
	return 0;
}

/* Nor does one that was under way when the trial ended: in a short one there may be no other. */
static int last_is_apart(const struct slice_trial *t, const struct slice_worker *own,
    unsigned worker, char *why, size_t why_len)
{
	for (uint32_t i = 0; own->since_ns && i < t->kept; i++) {
		const struct slice *s = &t->slice[i];

		if (s->since_ns >= own->seen_ns || own->since_ns >= s->seen_ns)
			continue;
		(void)snprintf(why, why_len,
		    "slices of workers %u and %u overlap by %" PRIu64 " ns", s->worker, worker,
		    s->seen_ns - own->since_ns);
		return -EBADMSG;
	}
	return 0;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	struct slice_state *st = env->state;
	struct slice_trial *t = this_trial(st);
	uint64_t begun = 0, ended = 0;
	int ret;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct slice_worker *own = &st->worker[i];

		begun += own->begun;
		ended += own->ended - own->ended_before;
		if (own->ended == env->done[i] &&
		    own->begun == own->ended + own->cut + (own->since_ns != 0))
			continue;
		(void)snprintf(why, why_len,
		    "worker %u: %" PRIu64 " slices begun, %" PRIu64 " ended, %" PRIu64
		    " cut off, %" PRIu64 " counted",
		    i, own->begun, own->ended, own->cut, env->done[i]);
		return -EBADMSG;
	}
	if (begun != st->begun)
		(void)snprintf(why, why_len,
		    "%" PRIu64 " slices begun, of which the workers know %" PRIu64, st->begun,
		    begun);
	else if (ended != t->kept)
		(void)snprintf(
		    why, why_len, "%" PRIu64 " slices ended, and %u are kept", ended, t->kept);
	else if (t->kept > SLICES_MOST)
		(void)snprintf(
		    why, why_len, "%u slices, and room for %u of them", t->kept, SLICES_MOST);
	else {
		ret = are_apart(t, why, why_len);
		for (unsigned i = 0; !ret && i < env->workers; i++)
			ret = last_is_apart(t, &st->worker[i], i, why, why_len);
		return ret;
	}
	return -EBADMSG;
}

static int by_size(const void *a, const void *b)
{
	return (*(const uint64_t *)a > *(const uint64_t *)b) -
	       (*(const uint64_t *)a < *(const uint64_t *)b);
}

uint64_t slice_quantile(const uint64_t *ns, uint32_t n, double share)
{
	uint32_t rank = (uint32_t)((double)n * share);

	rank += (double)rank < (double)n * share;
	return ns[rank ? rank - 1 : 0];
}

enum whose { EVERYBODY, THE_NICE, THE_OTHERS };

static bool is_of(const struct slice *s, enum whose whose)
{
	return s->timed && (whose == EVERYBODY || is_nice(s->worker) == (whose == THE_NICE));
}

/* Of none there is no figure; and of few none that says how long the longest are, which would be
 * the longest one: how long that is depends on the window. */
static void report_slices(const struct slice_trial *t, enum whose whose, uint64_t *ns,
    const char *p50, const char *p90, struct cb_metrics *metrics)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->kept; i++) {
		const struct slice *s = &t->slice[i];

		if (is_of(s, whose))
			ns[n++] = s->seen_ns - s->since_ns - s->away_ns;
	}
	qsort(ns, n, sizeof(*ns), by_size);
	if (n)
		(void)cb_metric(metrics, p50, (double)slice_quantile(ns, n, 0.5));
	if (n >= SLICES_TAIL)
		(void)cb_metric(metrics, p90, (double)slice_quantile(ns, n, 0.9));
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct slice_state *st = env->state;
	const struct slice_trial *t = &st->trial[st->now];
	uint64_t *ns = calloc(t->kept + 1, sizeof(*ns));
	double timed = 0.0, ran_ns = 0.0, nice_ns = 0.0, away_ns = 0.0, gaps = 0.0;

	if (ns) {
		report_slices(t, EVERYBODY, ns, "slice_p50_ns", "slice_p90_ns", metrics);
		report_slices(t, THE_NICE, ns, "nice_p50_ns", "nice_p90_ns", metrics);
		report_slices(t, THE_OTHERS, ns, "other_p50_ns", "other_p90_ns", metrics);
	}
	free(ns);
	for (uint32_t i = 0; i < t->kept; i++) {
		const struct slice *s = &t->slice[i];
		const double one_ns = (double)(s->seen_ns - s->since_ns - s->away_ns);

		if (!s->timed)
			continue;
		timed += 1.0;
		ran_ns += one_ns;
		nice_ns += is_nice(s->worker) ? one_ns : 0.0;
		away_ns += (double)s->away_ns;
	}
	for (unsigned i = 0; i < env->workers; i++)
		gaps += (double)st->worker[i].gaps;
	(void)cb_metric(metrics, "slice_ns", ran_ns / timed);
	(void)cb_metric(metrics, "nice_share", nice_ns / ran_ns);
	(void)cb_metric(metrics, "away_share", away_ns / (ran_ns + away_ns));
	(void)cb_metric(metrics, "gaps", gaps);
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct slice_state) + c->workers * sizeof(struct slice_worker);
}

static const struct cb_workload work = {
    .op = "slice",
    .latency_of = "it runs again -> it last runs before another does",
    .timed = "workers on one PU that never wait: from one's running again to its last look before "
	     "another of them had run, without what it was away for meanwhile (the clock jumped by "
	     "more than 5 us between two looks): others on that PU, or the host, had it then",
    .checked = "every slice that began has ended, or was cut off with its trial, and was counted; "
	       "no two overlap",
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

/* Of some forty slices, so that nine of ten say something: they are of 3 ms as a rule, of 100 ms
 * under SCHED_RR. The nice have few. */
static uint64_t window_ns(const struct cb_case *c)
{
	if (cb_case_value(c, "policy") == RR)
		return 2000 * CB_NS_PER_MS;
	return (cb_case_value(c, "nice") ? 600 : 150) * CB_NS_PER_MS;
}

static const struct cb_kind slice = {
    .family = "slice",
    .name = "spin",
    .about = "workers that never wait share a PU: how long does each run at a stretch?",
    .source = "sched(7)",
    .from = CB_SMOKE,
    .version = 3,
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
    {CB_FULL, "model=thread,process policy=batch,rr workers=2,4,8"},
    {CB_FULL, "model=thread nice=10"},
    {CB_CHECK, "model=thread,process workers=2 nice=0,10"},
    {CB_CHECK, "model=thread policy=batch,rr"},
};

/* With the metrics nice_p90_ns and others beside them. Further out the latencies' percentiles tell,
 * which are those of all trials together. */
static const struct cb_figure figures[] = {
    {"slice_p50_ns", "half of the slices are no longer", "ns", CB_RATIO, CB_NEITHER, 0.0, NULL},
    {"slice_p90_ns", "nine of ten slices are no longer", "ns", CB_RATIO, CB_NEITHER, 0.0, NULL},
    {"nice_p50_ns", "half of every second worker's slices are no longer", "ns", CB_RATIO,
	CB_NEITHER, 0.0, NULL},
    {"other_p50_ns", "half of the others' slices are no longer", "ns", CB_RATIO, CB_NEITHER, 0.0,
	NULL},
    {"nice_share", "of the time, taken by every second worker", "", CB_SHARE, CB_NEITHER, 0.0,
	NULL},
    {"away_share", "of their time, taken by somebody else", "", CB_SHARE, CB_NEITHER, 0.0, NULL},
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
	       "another: the middle one, nine of ten, and those of every second worker, which is "
	       "the nice one, apart. Long slices mean few switches, and long "
	       "waits for the others.",
    .contenders = CB_MODELS,
};
