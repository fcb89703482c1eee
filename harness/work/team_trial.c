/* team_trial.c - one trial of a team, and what its sample is made of. */
#include "harness/work/companion.h"
#include "harness/work/deadlock.h"
#include "harness/work/team.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The end of a trial noticed, its sample made and sent, and the next turn received. */
#define PASS_ON_NS (200 * CLOCK_NS_PER_US)
/* How often the coordinator looks whether the window is open. */
#define WINDOW_LOOK_NS (200 * CLOCK_NS_PER_US)

/*
 * Time for every unit to wake from the futex and to get ready for the start. On two shared CPUs 9
 * of 10 are there within 45 us, with one unit and with two. A unit that is later makes its trial's
 * start skew long and nothing else: the last one to begin opens the window. In a gate's turns of
 * 1 ms every tenth of one counts.
 */
static uint64_t lead_ns(unsigned units)
{
	return 100 * CLOCK_NS_PER_US + units * 30 * CLOCK_NS_PER_US;
}

static uint64_t warm_up_ns(uint64_t window_ns)
{
	uint64_t ns = window_ns / 8;

	if (ns < 300 * CLOCK_NS_PER_US)
		ns = 300 * CLOCK_NS_PER_US;
	return ns > 20 * CLOCK_NS_PER_MS ? 20 * CLOCK_NS_PER_MS : ns;
}

uint64_t team_beside_ns(uint64_t window_ns, unsigned units)
{
	return lead_ns(units) + warm_up_ns(window_ns) + PASS_ON_NS;
}

static int start_trial(struct team *t, uint64_t window_ns)
{
	struct trial_line *line = t->line;
	unsigned epoch = atomic_load_explicit(&line->epoch, memory_order_relaxed) + 1;

	atomic_store_explicit(&line->stop, 0, memory_order_relaxed);
	atomic_store_explicit(&line->parked, 0, memory_order_relaxed);
	/* Workers clear their own. */
	if (t->latency && team_latency_count(t) == 1)
		histogram_clear(t->latency);
	atomic_store_explicit(&line->begun, 0, memory_order_relaxed);
	atomic_store_explicit(&line->open_ns, TRIAL_UNKNOWN_NS, memory_order_relaxed);
	atomic_store_explicit(&line->close_ns, TRIAL_UNKNOWN_NS, memory_order_relaxed);
	line->workers = t->bc->pub.workers;
	line->window_ns = window_ns;
	line->warm_up_ns = warm_up_ns(window_ns);
	/* Before a window of whole periods opens, workers use up what the quota has granted while
	 * nobody worked. In a shorter window the excess CPU use shows that the speed will not
	 * last. */
	if (window_ns >= t->around.quota.period_ns && line->warm_up_ns < t->around.quota.period_ns)
		line->warm_up_ns = t->around.quota.period_ns;
	line->start_ns = clock_now_ns() + lead_ns(t->units);
	line->earliest_ns = line->start_ns + line->warm_up_ns;
	atomic_store_explicit(&line->epoch, epoch, memory_order_release);
	futex_wake(&line->epoch, INT_MAX);
	return (int)epoch;
}

/* Until the last worker has begun. Return: false when one never will. */
static bool await_window(struct team *t)
{
	const struct trial_line *line = t->line;
	uint64_t look_ns = line->earliest_ns + TEAM_ALIVE_CHECK_NS, circle = 0;
	char why[REASON_MAX];

	clock_sleep_until_ns(line->earliest_ns);
	while (atomic_load_explicit(&line->open_ns, memory_order_acquire) == TRIAL_UNKNOWN_NS) {
		if (atomic_load_explicit(&line->stop, memory_order_relaxed) == TRIAL_STOP_ABORT)
			return false;
		if (clock_now_ns() >= look_ns) {
			if (t->model->alive(t, why, sizeof(why)) != 0 ||
			    deadlock_find(t, &circle, why, sizeof(why)) != 0)
				return false;
			look_ns += TEAM_ALIVE_CHECK_NS;
		}
		clock_sleep_until_ns(clock_now_ns() + WINDOW_LOOK_NS);
	}
	return true;
}

/* Return: false, at once, when somebody has failed in the meantime. */
static bool sleep_until(struct trial_line *line, uint64_t until_ns)
{
	uint64_t now_ns;

	while ((now_ns = clock_now_ns()) < until_ns) {
		if (atomic_load_explicit(&line->stop, memory_order_relaxed) == TRIAL_STOP_ABORT)
			return false;
		futex_wait(&line->stop, 0, until_ns - now_ns);
	}
	return true;
}

/* The coordinator sleeps through the window; with a companion it wakes once, to open its books. */
static void watch_window(struct team *t)
{
	struct trial_line *line = t->line;
	unsigned running = 0;

	/* team_await_parked() finds workers that are dead or have failed. */
	if (!await_window(t))
		return;
	if (t->load->companion_count && sleep_until(line, line->open_ns)) {
		companions_window_opens(t);
		atomic_store_explicit(&line->recording, 1, memory_order_release);
		(void)sleep_until(line, line->close_ns);
		atomic_store_explicit(&line->recording, 0, memory_order_release);
		companions_window_closes(t);
	} else {
		(void)sleep_until(line, line->close_ns);
	}
	/* Not over an abort that a worker has asked for. */
	(void)atomic_compare_exchange_strong(&line->stop, &running, TRIAL_STOP_CLOSED);
}

/* An error that a worker itself has reported, not that another stopped it. */
static int own_error(const struct team *t, char *why, size_t why_len)
{
	for (unsigned i = 0; i < t->bc->pub.workers; i++) {
		const struct trial_slot *s = &t->slots[i];

		if (s->error && s->error != -ECANCELED) {
			(void)snprintf(why, why_len, "worker %u: %s: %s", i, s->error_what,
			    strerror(-s->error));
			return -EIO;
		}
	}
	return 0;
}

static int slots_error(const struct team *t, char *why, size_t why_len)
{
	const int ret = own_error(t, why, why_len);

	if (ret)
		return ret;
	for (unsigned i = 0; i < t->bc->pub.workers; i++) {
		if (t->slots[i].error) {
			(void)snprintf(why, why_len, "worker %u stopped inside the window", i);
			return -EIO;
		}
	}
	return team_units_error(t, why, why_len);
}

/* Two workers on two PUs give another figure than two workers on one. */
static int units_stayed(const struct team *t, char *why, size_t why_len)
{
	for (unsigned i = 0; i < t->units; i++) {
		if (!t->unit[i].moved[0])
			continue;
		(void)snprintf(why, why_len,
		    "%s %u was bound to PU %d; it %s: cpuset or affinity changed while it ran",
		    t->bc->pub.model == CB_COROUTINE ? "carrier" : "worker", i, t->unit[i].bound_pu,
		    t->unit[i].moved);
		return -EIO;
	}
	return 0;
}

/* All units are parked: is this trial worth anything? */
static int finish_line(struct team *t, char *why, size_t why_len)
{
	char said[REASON_MAX];
	int ret = units_stayed(t, why, why_len);

	if (!ret)
		ret = companions_stayed(t, why, why_len);
	/* First, because it may be why they failed otherwise. */
	if (ret)
		return ret;
	/* Even if the workers can do without it: what they did then is not what the case asks
	 * for. */
	if (companions_alive(t, why, why_len) == 0) {
		ret = slots_error(t, why, why_len);
		if (!ret || !companions_ending(t, said, sizeof(said)))
			return ret;
		(void)snprintf(why, why_len, "%s", said);
	}
	/* A companion whose server has failed has nothing left to do and ends: this is reported,
	 * but it is not the cause. */
	if (!t->companion_left || own_error(t, said, sizeof(said)) == 0)
		return -ECHILD;
	(void)snprintf(why, why_len, "%.150s; %s", said, t->death);
	return -EIO;
}

struct totals {
	double window_ops;
	double cpu_ns;
	double voluntary;
	double involuntary;
	double migrations;
	double run_delay_ns;
	bool tells_delay;
	uint64_t first_start_ns;
	uint64_t last_start_ns;
};

static void sum_up(const struct team *t, struct totals *sum)
{
	const bool coroutines = t->bc->pub.model == CB_COROUTINE;

	*sum = (struct totals){.first_start_ns = UINT64_MAX};
	for (unsigned i = 0; i < t->bc->pub.workers; i++) {
		/* A thread's own note is earlier than its job's, and free of what enter() does. */
		const uint64_t start_ns = coroutines ? t->slots[i].start_ns : t->unit[i].start_ns;

		sum->window_ops += t->slots[i].window_ops;
		if (start_ns < sum->first_start_ns)
			sum->first_start_ns = start_ns;
		if (start_ns > sum->last_start_ns)
			sum->last_start_ns = start_ns;
	}
	for (unsigned i = 0; i < t->units; i++) {
		const struct trial_unit *u = &t->unit[i];

		double cpu_ns, voluntary, involuntary;

		sum->migrations += u->bound_pu < 0 ? (double)u->since.migrations : 0.0;
		sum->run_delay_ns += (double)u->since.run_delay_ns;
		sum->tells_delay |= u->where.tells_delay;
		if (!trial_used(
			u, t->line->open_ns, t->line->close_ns, &cpu_ns, &voluntary, &involuntary))
			continue;
		sum->cpu_ns += cpu_ns;
		sum->voluntary += voluntary;
		sum->involuntary += involuntary;
	}
}

static int keep_workers(const struct team *t, struct sample *out)
{
	double *ops = calloc(t->bc->pub.workers, sizeof(*ops));

	if (!ops)
		return -ENOMEM;
	for (unsigned i = 0; i < t->bc->pub.workers; i++)
		ops[i] = t->slots[i].window_ops;
	if (!t->load->counts_from_state)
		(void)metric_add(&out->metrics, METRIC_JAIN, stats_jain(ops, t->bc->pub.workers));
	out->worker_count = t->bc->pub.workers;
	out->worker_ops = calloc(t->bc->pub.workers, sizeof(*out->worker_ops));
	if (out->worker_ops)
		for (unsigned i = 0; i < t->bc->pub.workers; i++)
			out->worker_ops[i] = (uint64_t)llround(ops[i]);
	free(ops);
	return out->worker_ops ? 0 : -ENOMEM;
}

static int keep_latency(const struct team *t, struct sample *out)
{
	const unsigned n = team_latency_count(t);

	if (!n)
		return 0;
	out->latency = malloc(sizeof(*out->latency));
	if (!out->latency)
		return -ENOMEM;
	histogram_clear(out->latency);
	for (unsigned i = 0; i < n; i++)
		histogram_merge(out->latency, &t->latency[i]);
	return 0;
}

static void keep_metrics(const struct totals *sum, uint64_t window_ns, struct metric_set *m)
{
	const double window = (double)window_ns;

	(void)metric_add(m, METRIC_WINDOW_NS, window);
	(void)metric_add(m, METRIC_OPS, sum->window_ops);
	(void)metric_add(m, METRIC_OPS_PER_S, sum->window_ops / window * 1e9);
	/* Refused by metric_add() when nothing was done: infinity is no figure. */
	(void)metric_add(m, METRIC_NS_PER_OP, window / sum->window_ops);
	(void)metric_add(m, METRIC_CPU_NS_PER_OP, sum->cpu_ns / sum->window_ops);
	(void)metric_add(m, METRIC_VOLUNTARY, sum->voluntary / sum->window_ops);
	(void)metric_add(m, METRIC_INVOLUNTARY, sum->involuntary / sum->window_ops);
	(void)metric_add(m, METRIC_MIGRATIONS, sum->migrations);
	(void)metric_add(
	    m, METRIC_START_SKEW_NS, (double)(sum->last_start_ns - sum->first_start_ns));
}

/* Each of several companions has metrics of its own, by its place in the list. */
static void keep_companion(unsigned i, const struct cb_usage *u, struct metric_set *m)
{
	const struct {
		const char *what;
		double value;
	} books[] = {{"cpu_ns", (double)u->cpu_ns}, {"resident_bytes", (double)u->resident_bytes},
	    {"pu", u->pu}};

	for (size_t k = 0; k < sizeof(books) / sizeof(books[0]); k++) {
		char name[METRIC_NAME_MAX];

		(void)snprintf(name, sizeof(name), "companion%u_%s", i, books[k].what);
		/* Not bound: it is on no PU in particular. */
		if (books[k].value >= 0)
			(void)metric_add(m, name, books[k].value);
	}
}

/* The usage of the companions; one without a PU shares the workers' or is not bound. */
static void keep_companions(const struct team *t, struct metric_set *m)
{
	double cpu_ns = 0.0, resident = 0.0, busy_pct = -1.0;
	int pu = -1;

	for (unsigned i = 0; i < t->load->companion_count; i++) {
		cpu_ns += (double)t->usage[i].cpu_ns;
		resident += (double)t->usage[i].resident_bytes;
		if (pu < 0 && !t->load->companions[i].idle)
			pu = t->usage[i].pu;
		if (t->load->companions[i].drives && t->usage[i].wall_ns)
			busy_pct = fmax(busy_pct,
			    100.0 * (double)t->usage[i].cpu_ns / (double)t->usage[i].wall_ns);
		if (t->load->companion_count > 1)
			keep_companion(i, &t->usage[i], m);
	}
	if (pu >= 0)
		(void)metric_add(m, METRIC_COMPANION_PU, pu);
	if (busy_pct >= 0.0)
		(void)metric_add(m, METRIC_CLIENT_BUSY_PCT, busy_pct);
	if (t->load->companion_count) {
		(void)metric_add(m, METRIC_COMPANION_CPU_NS, cpu_ns);
		(void)metric_add(m, METRIC_COMPANION_BYTES, resident);
	}
}

static double since(uint64_t now, uint64_t then)
{
	return now > then ? (double)(now - then) : 0.0;
}

/* What else the machine did over the whole trial, which is a little more than its window. */
static void keep_surroundings(
    struct team *t, const struct surroundings_reading *before, struct metric_set *m)
{
	const struct surroundings *s = &t->around;
	const unsigned ours = t->placement.pus_used;
	struct surroundings_reading now;
	double ns;

	surroundings_read(&t->around, &now);
	ns = since(now.ns, before->ns);
	if (s->pus)
		(void)metric_add(m, METRIC_STEAL_PCT,
		    since(now.steal_ns, before->steal_ns) / (ns * s->pus) * 100.0);
	if (s->pus > ours && s->any_ours)
		(void)metric_add(
		    m, METRIC_OTHER_BUSY_PUS, since(now.other_busy_ns, before->other_busy_ns) / ns);
	if (s->interrupts_fd >= 0)
		(void)metric_add(m, METRIC_INTERRUPTS_PER_S,
		    since(now.interrupts, before->interrupts) / ns * 1e9);
	if (s->load_fd >= 0)
		(void)metric_add(m, METRIC_LOAD, now.load);
	if (s->quota.count) {
		const double stopped = since(now.quota.ns, before->quota.ns);

		/* A period that counts as one in which it was stopped has been one. */
		(void)metric_add(m, METRIC_THROTTLED_PCT,
		    (stopped > 0.0 ? stopped : since(now.quota.periods, before->quota.periods)) /
			(ns * (ours ? ours : 1)) * 100.0);
	}
}

/* One without workers, windows and operations. */
static int trial_once(struct team *t, struct sample *out, char *why, size_t why_len)
{
	const uint64_t begin_ns = clock_now_ns();
	struct sample sample = {0};
	struct cb_metrics *metrics = (struct cb_metrics *)(void *)&sample.metrics;
	struct surroundings_reading before;
	int ret;

	surroundings_read(&t->around, &before);
	(void)snprintf(why, why_len, "failed");
	atomic_store_explicit(&t->line->start_ns, begin_ns, memory_order_relaxed);
	companions_window_opens(t);
	atomic_store_explicit(&t->line->recording, 1, memory_order_release);
	ret = t->load->once(&t->env, metrics, why, why_len);
	atomic_store_explicit(&t->line->recording, 0, memory_order_release);
	companions_window_closes(t);
	if (!ret)
		ret = companions_stayed(t, why, why_len);
	if (!ret)
		ret = companions_alive(t, why, why_len);
	t->env.trials++;
	if (!ret && t->load->check)
		ret = t->load->check(&t->env, why, why_len);
	if (ret)
		return ret;
	if (t->load->report)
		t->load->report(&t->env, metrics);
	keep_companions(t, &sample.metrics);
	keep_surroundings(t, &before, &sample.metrics);
	(void)metric_add(&sample.metrics, METRIC_TRIAL_NS, (double)(clock_now_ns() - begin_ns));
	*out = sample;
	return 0;
}

int cb_metric(struct cb_metrics *m, const char *name, double value)
{
	return metric_add((struct metric_set *)(void *)m, name, value);
}

void cb_outcome(struct cb_metrics *m, const char *const *words, unsigned which)
{
	char name[METRIC_NAME_MAX + sizeof(METRIC_OUTCOME)];

	for (unsigned i = 0; words[i]; i++) {
		(void)snprintf(name, sizeof(name), METRIC_OUTCOME "%s", words[i]);
		(void)cb_metric(m, name, i == which);
	}
}

int team_trial(struct team *t, uint64_t window_ns, struct sample *out, char *why, size_t why_len)
{
	struct surroundings_reading before;
	struct sample sample = {0};
	struct totals sum;
	uint64_t circle = 0;
	int epoch, ret;

	if (t->load->once)
		return trial_once(t, out, why, why_len);
	surroundings_read(&t->around, &before);
	epoch = start_trial(t, window_ns);
	t->env.window_ns = window_ns;
	watch_window(t);
	ret = team_await_parked(t, (unsigned)epoch, why, why_len);
	if (!ret)
		ret = finish_line(t, why, why_len);
	/* Coroutines that wait for each other leave their carrier nothing to do; now who they are.
	 */
	for (unsigned look = 0; ret == -EDEADLK && look < 2; look++)
		(void)deadlock_find(t, &circle, why, why_len);
	if (ret)
		return ret;
	sum_up(t, &sum);
	keep_metrics(&sum, window_ns, &sample.metrics);
	keep_surroundings(t, &before, &sample.metrics);
	if (sum.tells_delay)
		(void)metric_add(&sample.metrics, METRIC_RUN_DELAY_PCT,
		    sum.run_delay_ns / ((double)(clock_now_ns() - before.ns) * t->units) * 100.0);
	keep_companions(t, &sample.metrics);
	t->env.trials++;
	if (t->load->check) {
		(void)snprintf(why, why_len, "self-check failed");
		ret = t->load->check(&t->env, why, why_len);
		if (ret)
			return ret;
	}
	if (t->load->report)
		t->load->report(&t->env, (struct cb_metrics *)(void *)&sample.metrics);
	ret = keep_workers(t, &sample);
	if (!ret)
		ret = keep_latency(t, &sample);
	if (ret) {
		(void)snprintf(why, why_len, "out of memory for a sample");
		sample_free(&sample);
		return ret;
	}
	*out = sample;
	return 0;
}
