/* run_launch.c - one launch of one case: a cell, its turns, and what becomes of its samples. */
#include "harness/cell/run_launch.h"

#include "harness/base/clock.h"
#include "harness/cell/run_window.h"
#include "harness/cell/schedule.h"
#include "harness/cell/supervise.h"
#include "harness/stats/warm_up.h"
#include "harness/work/team.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Creating a worker takes up to 0.1 ms (a process); connections and their checks as long again. */
#define READY_PER_WORKER_NS (5 * CLOCK_NS_PER_MS)
/* What a trial without a window may take for each worker that it makes and ends. On a virtual
 * machine whose PUs 20 others wanted as well, a process took 14 ms, and a page fault, which is what
 * a coroutine takes, 40 us. */
#define MAKING_NS (20 * CLOCK_NS_PER_MS)
#define MAKING_COROUTINE_NS (200 * CLOCK_NS_PER_US)
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

/* What a cell is for. */
enum pass { PASS_TIMING, PASS_COUNTERS, PASS_DISPLACED };

static uint64_t making_ns(const struct bench_case *bc)
{
	const uint64_t each_ns = bc->pub.model == CB_COROUTINE ? MAKING_COROUTINE_NS : MAKING_NS;

	return bc->window_ns ? 0 : bc->pub.workers * each_ns;
}

static struct cell_spec spec_of(
    const struct run_loop *l, const struct run_entry *e, unsigned launch, enum pass pass)
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
	    .counters = pass == PASS_COUNTERS,
	    .displacing = pass == PASS_DISPLACED,
	    .stderr_fd = l->stderr_fd,
	    .ready_within_ns = l->cell_timeout_ns + e->bc->pub.workers * READY_PER_WORKER_NS,
	    .turn_within_ns =
		l->cell_timeout_ns + making_ns(e->bc) +
		(pass == PASS_DISPLACED ? team_displace_ns(e->window_ns, e->bc->pub.workers) : 0),
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

/* The series that is measured in cells of its own; NULL: none is wanted, or none any more. */
static struct series *displaced_of(const struct run_loop *l, const struct run_entry *e)
{
	for (unsigned i = 0; i < e->figures; i++) {
		struct series *s = run_loop_series(l, e, i);

		if (run_figure_is_displaced(&s->figure))
			return s->status == STATUS_OK || s->status == STATUS_NOT_RUN ? s : NULL;
	}
	return NULL;
}

/* Has it any other figure? */
static bool timed(const struct run_loop *l, const struct run_entry *e)
{
	return e->figures > 1 || !run_figure_is_displaced(&series_of(l, e)->figure);
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
		if (!run_figure_is_displaced(&run_loop_series(l, e, i)->figure))
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

/* The one turn of a cell that is for it alone. */
static void take_displaced(struct run_loop *l, const struct run_entry *e, struct turns *t)
{
	struct series *s = displaced_of(l, e);
	struct sample sample;

	if (!turn(t, e->launches, 0, &sample))
		return;
	/* Those of the timed trials are kept. */
	free(sample.worker_ops);
	sample.worker_ops = NULL;
	t->kept = journal_sample(l->journal, s->name, &sample);
	if (!t->kept)
		t->kept = series_add_sample(s, &sample);
	/* Now the series'. */
	if (t->kept)
		sample_free(&sample);
}

/* One cell, from its start to its end. */
static void run_cell(
    struct run_loop *l, const struct run_entry *e, const struct cell_spec *spec, struct turns *t)
{
	struct message ready = {0};
	double sum_ns = 0.0;
	unsigned rows = 0;

	t->ret = cell_start(spec, &t->cell, &ready, t->why, sizeof(t->why));
	if (!t->ret)
		t->ret = check_places(l, e, &ready, t->why, sizeof(t->why));
	if (!t->ret)
		t->kept = note_ready(l, e, &ready);
	if (!t->ret && !t->kept)
		(spec->displacing ? take_displaced : take_turns)(l, e, t);
	if (t->ret || t->kept) {
		cell_kill(t->cell);
		return;
	}
	t->ret = cell_finish(t->cell, &rows, &sum_ns, NULL, t->why, sizeof(t->why));
	if (!t->ret && !summary_agrees(rows, sum_ns, t->slot, t->samples_ns)) {
		(void)snprintf(t->why, sizeof(t->why),
		    "Google Benchmark reports %u repetitions, %.9g ns; the samples are %u, %.9g ns",
		    rows, sum_ns, t->slot, t->samples_ns);
		t->ret = -EBADMSG;
	}
}

/* Why the run cannot go on, if it cannot. Return: 0; -EINTR; CELL_NONE; -errno of the journal. */
static int stops_run(struct run_loop *l, const struct turns *t)
{
	if (t->kept || t->ret == -EINTR)
		return t->kept ? t->kept : t->ret;
	if (t->ret != CELL_NONE)
		return 0;
	memcpy(l->why, t->why, sizeof(t->why));
	return CELL_NONE;
}

/* That it cannot be told what others lose says nothing against the other figures. This one is gone,
 * what earlier launches could tell included: those in which others happen to lose nothing must not
 * be left out of it. */
static int fail_displaced(
    struct run_loop *l, const struct run_entry *e, struct series *s, const struct turns *t)
{
	const enum case_status status = cell_failure_status(t->ret, t->reported);

	if (status != STATUS_UNSUPPORTED)
		return run_launch_fail(l, e, status,
		    "launch %u, beside a task at SCHED_IDLE: %.200s", e->launches, t->why);
	s->status = status;
	(void)snprintf(s->reason, sizeof(s->reason), "launch %u: %.200s", e->launches, t->why);
	return journal_series(l->journal, s);
}

int run_launch(struct run_loop *l, struct run_entry *e)
{
	struct cell_spec spec = spec_of(l, e, e->launches, PASS_TIMING);
	struct turns t = {.reported = STATUS_INVALID};
	struct series *displaced = displaced_of(l, e);
	int ret;

	spec.slots += e->look.longer_ns != 0;
	if (timed(l, e))
		run_cell(l, e, &spec, &t);
	ret = stops_run(l, &t);
	if (ret)
		return ret;
	if (t.ret) {
		enum case_status status = cell_failure_status(t.ret, t.reported);

		/* What has run here can. */
		if (status == STATUS_UNSUPPORTED && series_of(l, e)->sample_count)
			status = STATUS_INVALID;
		return run_launch_fail(l, e, status, "launch %u: %.200s", e->launches, t.why);
	}
	if (displaced) {
		t = (struct turns){.reported = STATUS_INVALID};
		spec = spec_of(l, e, e->launches, PASS_DISPLACED);
		spec.slots = 1;
		run_cell(l, e, &spec, &t);
		ret = stops_run(l, &t);
		ret = ret || !t.ret ? ret : fail_displaced(l, e, displaced, &t);
		/* Also when it is the only figure, or all have failed. */
		if (ret || series_of(l, e)->status != STATUS_OK)
			return ret;
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
	struct cell_spec spec = spec_of(l, e, e->launches, PASS_COUNTERS);
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
