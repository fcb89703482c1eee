/* run_launch.c - one launch of one case: a cell, its turns, and what becomes of its samples. */
#include "harness/cell/run_launch.h"

#include "harness/base/clock.h"
#include "harness/cell/run_window.h"
#include "harness/cell/schedule.h"
#include "harness/cell/supervise.h"
#include "harness/stats/warm_up.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Creating a worker takes up to 0.1 ms (a process); connections and their checks as long again. */
#define READY_PER_WORKER_NS (5 * CLOCK_NS_PER_MS)
#define COUNTERS_SLOTS 2u

static struct series *series_of(const struct run_loop *l, const struct run_entry *e)
{
	return run_loop_series(l, e, 0);
}

/* All series of an entry share its fate. */
static int journal_entry(struct run_loop *l, const struct run_entry *e)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < e->figures; i++)
		ret = journal_series(l->journal, run_loop_series(l, e, i));
	return ret;
}

static unsigned slots_of(const struct run_loop *l, const struct run_entry *e)
{
	return schedule_slots(e->window_ns, l->slots);
}

static struct cell_spec spec_of(
    const struct run_loop *l, const struct run_entry *e, unsigned launch, bool counters)
{
	return (struct cell_spec){
	    .exe = l->exe,
	    .case_name = e->bc->name,
	    .modules = l->modules,
	    .topology_xml = l->topology_xml,
	    .allowed = l->allowed,
	    .slots = slots_of(l, e),
	    .slot_ns = e->window_ns,
	    .seed = schedule_seed(l->seed, (size_t)(e - l->entries), launch),
	    .given = e->given,
	    .counters = counters,
	    .stderr_fd = l->stderr_fd,
	    .ready_within_ns = l->cell_timeout_ns + e->bc->pub.workers * READY_PER_WORKER_NS,
	    .turn_within_ns = l->cell_timeout_ns,
	};
}

int run_launch_fail(
    struct run_loop *l, const struct run_entry *e, enum case_status status, const char *format, ...)
{
	for (unsigned i = 0; i < e->figures; i++) {
		struct series *s = run_loop_series(l, e, i);
		va_list args;

		s->status = status;
		va_start(args, format);
		(void)vsnprintf(s->reason, sizeof(s->reason), format, args);
		va_end(args);
	}
	return journal_entry(l, e);
}

static int note_ready(struct run_loop *l, const struct run_entry *e, const struct message *ready)
{
	if (series_of(l, e)->sample_count)
		return 0;
	for (unsigned i = 0; i < e->figures; i++) {
		struct series *s = run_loop_series(l, e, i);

		s->status = STATUS_OK;
		s->reason[0] = '\0';
		s->oversubscribed = ready->oversubscribed;
		s->slot_ns = ready->slot_ns;
		(void)snprintf(s->pus, sizeof(s->pus), "%s", ready->pus);
		(void)snprintf(s->hash, sizeof(s->hash), "%s", ready->hash);
	}
	return journal_entry(l, e);
}

/* A series is of workers at the same places throughout. */
static int check_places(struct run_loop *l, const struct run_entry *e, const struct message *ready,
    char *why, size_t why_len)
{
	const struct series *s = series_of(l, e);

	if (!s->sample_count || strcmp(s->pus, ready->pus) == 0)
		return 0;
	(void)snprintf(why, why_len,
	    "workers were bound to PUs %.60s before, and now to %.60s: cpuset or affinity changed "
	    "while it ran",
	    s->pus, ready->pus);
	return -EBADMSG;
}

/* Of a trial that gives several figures each further series has its own, and what it is judged by.
 */
static int keep_figure(struct run_loop *l, struct series *s, const struct sample *trial)
{
	struct sample one = {
	    .launch = trial->launch, .slot = trial->slot, .warm_up = trial->warm_up};
	const char *const kept[] = {
	    s->figure.metric, METRIC_WINDOW_NS, METRIC_ROUND_TRIP_NS, METRIC_THROTTLED_PCT};
	char word[METRIC_NAME_MAX], name[METRIC_NAME_MAX + sizeof(METRIC_OUTCOME)];
	double value;
	int ret;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (metric_get(&trial->metrics, kept[i], &value))
			(void)metric_add(&one.metrics, kept[i], value);
	/* An outcome has no metric of its own name: each of its words has one. */
	for (unsigned i = 0; i < RUN_OUTCOMES_MAX && run_figure_word(&s->figure, i, word); i++) {
		(void)snprintf(name, sizeof(name), METRIC_OUTCOME "%s", word);
		if (metric_get(&trial->metrics, name, &value))
			(void)metric_add(&one.metrics, name, value);
	}
	ret = journal_sample(l->journal, s->name, &one);
	return ret ? ret : series_add_sample(s, &one);
}

static int keep_sample(struct run_loop *l, const struct run_entry *e, struct sample *sample)
{
	struct series *s = series_of(l, e);
	int ret = journal_sample(l->journal, s->name, sample);

	for (unsigned i = 1; !ret && i < e->figures; i++)
		ret = keep_figure(l, run_loop_series(l, e, i), sample);
	if (ret)
		return ret;
	/* No figure needs them any more: Jain's index is a metric. Of a thousand workers they would
	 * take most of the memory. */
	free(sample->worker_ops);
	sample->worker_ops = NULL;
	ret = series_add_sample(s, sample);
	/* Now the series'. */
	if (!ret)
		memset(sample, 0, sizeof(*sample));
	return ret;
}

/* Trials of a launch that wait for it to be known which of them are warm-up. */
struct pending {
	struct sample sample[WARM_UP_WINDOW];
	size_t n;
	bool decided; /* the launch is longer than the window: what comes now is warm */
};

static double length_of(const struct sample *s)
{
	double ns;

	/* No operation finished: longer than any. */
	return metric_get(&s->metrics, METRIC_NS_PER_OP, &ns) ? ns : INFINITY;
}

/* Flags warm-up and keeps them all. After an error, too, nothing is left pending. */
static int keep_pending(struct run_loop *l, const struct run_entry *e, struct pending *p)
{
	double x[WARM_UP_WINDOW];
	size_t warm_up;
	int ret = 0;

	for (size_t i = 0; i < p->n; i++)
		x[i] = length_of(&p->sample[i]);
	warm_up = p->decided ? 0 : warm_up_count(x, p->n);
	for (size_t i = 0; i < p->n; i++) {
		p->sample[i].warm_up = i < warm_up;
		if (!ret)
			ret = keep_sample(l, e, &p->sample[i]);
		sample_free(&p->sample[i]);
	}
	p->n = 0;
	return ret;
}

static int add_pending(
    struct run_loop *l, const struct run_entry *e, struct pending *p, const struct sample *sample)
{
	int ret;

	p->sample[p->n++] = *sample;
	if (!p->decided && p->n < WARM_UP_WINDOW)
		return 0;
	ret = keep_pending(l, e, p);
	p->decided = true;
	return ret;
}

/* Google Benchmark timed the same repetitions: its sum must be ours. */
static bool summary_agrees(unsigned rows, double sum_ns, unsigned samples, double samples_ns)
{
	return rows == samples && fabs(sum_ns - samples_ns) <= 1e-6 * samples_ns + 1e-3;
}

/* One launch in progress. */
struct turns {
	struct cell_process *cell;
	enum case_status reported;
	char why[REASON_MAX];
	unsigned slot;
	double samples_ns;
	int ret;  /* of the cell */
	int kept; /* of the journal */
};

static bool turn(struct turns *t, unsigned launch, uint64_t slot_ns, struct sample *out)
{
	t->ret = cell_turn_of(t->cell, t->slot, slot_ns, out, &t->reported, t->why, sizeof(t->why));
	if (t->ret)
		return false;
	t->slot++;
	out->launch = launch;
	t->samples_ns += sample_length_ns(out);
	return true;
}

static void take_turns(struct run_loop *l, const struct run_entry *e, struct turns *t)
{
	/* Without a window nothing warms up: each trial begins anew. */
	struct pending pending = {.decided = !e->bc->window_ns};
	const unsigned slots = slots_of(l, e);
	struct sample sample;
	int flushed;

	while (t->slot < slots && !t->kept && turn(t, e->launches, 0, &sample))
		t->kept = add_pending(l, e, &pending, &sample);
	/* Also when the case has failed: raw samples are never thrown away. */
	flushed = keep_pending(l, e, &pending);
	t->kept = t->kept ? t->kept : flushed;
	/* Behind the others, which it must not touch. */
	if (e->look.longer_ns && !t->ret && !t->kept &&
	    turn(t, e->launches, e->look.longer_ns, &sample)) {
		sample.warm_up = true; /* of no figure, whatever the window will be */
		t->kept = keep_sample(l, e, &sample);
		sample_free(&sample);
	}
	if (!t->kept)
		t->kept = series_fold_latency(series_of(l, e));
}

int run_launch(struct run_loop *l, struct run_entry *e)
{
	struct cell_spec spec = spec_of(l, e, e->launches, false);
	struct turns t = {.reported = STATUS_INVALID};
	struct message ready = {0};
	double sum_ns = 0.0;
	unsigned rows = 0;

	spec.slots += e->look.longer_ns != 0;
	t.ret = cell_start(&spec, &t.cell, &ready, t.why, sizeof(t.why));
	if (!t.ret)
		t.ret = check_places(l, e, &ready, t.why, sizeof(t.why));
	if (!t.ret)
		t.kept = note_ready(l, e, &ready);
	if (!t.ret && !t.kept)
		take_turns(l, e, &t);
	if (t.ret || t.kept) {
		cell_kill(t.cell);
	} else {
		t.ret = cell_finish(t.cell, &rows, &sum_ns, NULL, t.why, sizeof(t.why));
		if (!t.ret && !summary_agrees(rows, sum_ns, t.slot, t.samples_ns)) {
			(void)snprintf(t.why, sizeof(t.why),
			    "Google Benchmark reports %u repetitions, %.9g ns; the samples are %u, "
			    "%.9g ns",
			    rows, sum_ns, t.slot, t.samples_ns);
			t.ret = -EBADMSG;
		}
	}
	if (t.kept || t.ret == -EINTR)
		return t.kept ? t.kept : t.ret;
	if (t.ret == CELL_NONE)
		memcpy(l->why, t.why, sizeof(t.why));
	if (t.ret == CELL_NONE)
		return t.ret;
	if (t.ret) {
		enum case_status status = cell_failure_status(t.ret, t.reported);

		/* What has run here can. */
		if (status == STATUS_UNSUPPORTED && series_of(l, e)->sample_count)
			status = STATUS_INVALID;
		return run_launch_fail(l, e, status, "launch %u: %.200s", e->launches, t.why);
	}
	e->launches++;
	return 0;
}

int run_launch_note_counters(struct run_loop *l, const struct run_entry *e, const char *format, ...)
{
	struct series *s = series_of(l, e);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(s->counters_note, sizeof(s->counters_note), format, args);
	va_end(args);
	return journal_series(l->journal, s);
}

/* Two slots: the first warms up; the counters are on in both. */
static int count(const struct cell_spec *spec, struct cell_counters *counters,
    enum case_status *reported, char *why, size_t why_len)
{
	struct cell_process *cell = NULL;
	struct message ready;
	double sum_ns;
	unsigned rows;
	int ret = cell_start(spec, &cell, &ready, why, why_len);

	if (ret)
		return ret;
	for (unsigned slot = 0; slot < spec->slots; slot++) {
		struct sample sample;

		ret = cell_turn(cell, slot, &sample, reported, why, why_len);
		if (ret) {
			cell_kill(cell);
			return ret;
		}
		sample_free(&sample);
	}
	return cell_finish(cell, &rows, &sum_ns, counters, why, why_len);
}

int run_launch_counters(struct run_loop *l, const struct run_entry *e)
{
	struct cell_spec spec = spec_of(l, e, e->launches, true);
	struct cell_counters counters = {.note = ""};
	enum case_status reported = STATUS_INVALID, status;
	char why[REASON_MAX] = "";
	int ret;

	spec.slots = COUNTERS_SLOTS;
	ret = count(&spec, &counters, &reported, why, sizeof(why));
	if (ret == CELL_NONE)
		memcpy(l->why, why, sizeof(why));
	if (ret == -EINTR || ret == CELL_NONE)
		return ret;
	if (ret) {
		status = cell_failure_status(ret, reported);
		/* A lack of counters says nothing against the case; wrong work does, whatever the
		 * pass was for. */
		return status == STATUS_UNSUPPORTED
			   ? run_launch_note_counters(l, e, "no hardware counters: %.200s", why)
			   : run_launch_fail(l, e, status, "hardware counters' pass: %.200s", why);
	}
	series_of(l, e)->counters = counters.counted;
	return run_launch_note_counters(l, e, "counted in a pass of its own, untimed%s%.200s",
	    counters.note[0] ? "; " : "", counters.note);
}
