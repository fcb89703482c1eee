#include "harness/cell/run_loop.h"

#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/cell/run_launch.h"
#include "harness/cell/run_window.h"
#include "harness/cell/schedule.h"
#include "harness/cell/supervise.h"
#include "harness/run/launch.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A case that is given another's figure waits until that has so many launches. */
#define GIVEN_LAUNCHES RUN_LAUNCHES_MIN

static struct series *series_of(const struct run_loop *l, const struct run_entry *e)
{
	return run_loop_series(l, e, 0);
}

static bool series_failed(const struct series *s)
{
	return s->status != STATUS_OK && s->status != STATUS_NOT_RUN;
}

static bool failed(const struct run_loop *l, const struct run_entry *e)
{
	return series_failed(series_of(l, e));
}

/* Every figure of it is precise, or never will be. */
static bool precise(const struct run_loop *l, const struct run_entry *e)
{
	for (unsigned i = 0; i < e->figures; i++)
		if (!l->stopping[e->series + i].reached && !series_failed(run_loop_series(l, e, i)))
			return false;
	return true;
}

/* Those that its figures are of. */
static unsigned launches_of(const struct run_entry *e)
{
	return e->launches - e->set_aside;
}

static bool wanted(const struct run_loop *l, const struct run_entry *e)
{
	return !failed(l, e) && !precise(l, e) && launches_of(e) < l->rounds;
}

/* The figure of @e so far; as a rate if it is a time. Return: 0; -ENODATA; -errno. */
static int figure_so_far(const struct run_loop *l, const struct run_entry *e, double *out)
{
	const struct series *s = series_of(l, e);
	const char *metric =
	    strcmp(s->figure.metric, METRIC_NS_PER_OP) == 0 ? METRIC_OPS_PER_S : s->figure.metric;
	double *x = calloc(s->sample_count + 1, sizeof(*x));
	size_t n = 0;
	int ret;

	if (!x)
		return -ENOMEM;
	for (size_t i = 0; i < s->sample_count; i++)
		if (series_uses(s, &s->samples[i]))
			n += metric_get(&s->samples[i].metrics, metric, &x[n]);
	ret = n ? stats_median(x, n, out) : -ENODATA;
	free(x);
	return ret;
}

/* So that a gate can give another build the same. Return: 0; -errno of the journal. */
static int note_given(struct run_loop *l, const struct run_entry *e)
{
	const struct series *needed = series_of(l, e->needs);
	int ret = 0;

	for (unsigned i = 0; !ret && i < e->figures; i++) {
		struct series *s = run_loop_series(l, e, i);

		(void)snprintf(s->given.of, sizeof(s->given.of), "%s", needed->name);
		(void)snprintf(s->given.unit, sizeof(s->given.unit), "%s",
		    run_figure_has_rate(&needed->figure) ? "/s" : needed->figure.unit);
		s->given.figure = e->given;
		ret = journal_series(l->journal, s);
	}
	return ret;
}

/* What others were given of the same case: all have one load. 0: nothing yet. */
static double given_to_others(const struct run_loop *l, const struct run_entry *needs)
{
	for (size_t i = 0; i < l->entry_count; i++)
		if (l->entries[i].needs == needs && l->entries[i].given > 0.0)
			return l->entries[i].given;
	return 0.0;
}

/*
 * May it have its turn? One that needs another's figure waits for it, and is given the same one in
 * all its launches, and as all others of that case, such as its twin. Return: 1; 0 not yet, or
 * never; -errno.
 */
static int may_run(struct run_loop *l, struct run_entry *e)
{
	const struct run_entry *needs = e->needs;
	double figure = 0.0;
	int ret;

	if (!needs || e->given > 0.0)
		return 1;
	e->given = given_to_others(l, needs);
	if (e->given > 0.0) {
		ret = note_given(l, e);
		return ret ? ret : 1;
	}
	if (failed(l, needs))
		return run_launch_fail(l, e, STATUS_UNSUPPORTED,
		    "it needs the figure of %.150s, which is %s", series_of(l, needs)->name,
		    status_name(series_of(l, needs)->status));
	if (launches_of(needs) < GIVEN_LAUNCHES && launches_of(needs) < l->rounds)
		return 0;
	/* It may yet be of another window. */
	if (needs->look.longer_ns && wanted(l, needs))
		return 0;
	ret = figure_so_far(l, needs, &figure);
	if (ret == -ENODATA && wanted(l, needs))
		return 0;
	if (ret && ret != -ENODATA)
		return ret;
	/* A rate of 0, or none: there is no half of it. */
	if (ret || figure <= 0.0)
		return run_launch_fail(l, e, STATUS_UNSUPPORTED,
		    "it needs the figure of %.150s, which has none above 0",
		    series_of(l, needs)->name);
	e->given = figure;
	ret = note_given(l, e);
	return ret ? ret : 1;
}

/* The launch that has just ended, as the summary will see it. */
static int note_precision(struct run_loop *l, const struct run_entry *e, unsigned index)
{
	struct stopping *stopping = &l->stopping[e->series + index];
	const struct series *s = run_loop_series(l, e, index);
	double figure;
	unsigned trials;
	int ret = launch_figure(s, e->launches - 1, &figure, &trials);

	stopping->scale = s->figure.scale;
	stopping->worth = s->figure.worth;
	if (ret != -ENODATA)
		return ret ? ret : stopping_add(stopping, figure, trials, l->precision);
	/* A launch without a time of its own makes the summary pool all of them. */
	stopping->never |= run_figure_has_rate(&s->figure);
	return 0;
}

static int launch(struct run_loop *l, struct run_entry *e)
{
	const unsigned before = e->launches;
	int ret;

	if (!before)
		run_window_begin(l, e);
	ret = run_launch(l, e);
	/* A launch that failed has ended its case. */
	if (ret || e->launches == before)
		return ret;
	for (unsigned i = 0; !ret && i < e->figures; i++)
		if (!series_failed(run_loop_series(l, e, i)))
			ret = note_precision(l, e, i);
	return ret ? ret : run_window_note(l, e);
}

static uint64_t rounds_budget_ns(const struct run_loop *l)
{
	return schedule_rounds_budget(l->budget_ns, l->counters);
}

static uint64_t time_left_ns(const struct run_loop *l, uint64_t budget_ns)
{
	const uint64_t elapsed_ns = clock_now_ns() - l->begin_ns;

	return budget_ns > elapsed_ns ? budget_ns - elapsed_ns : 0;
}

uint64_t run_loop_time_left(const struct run_loop *l)
{
	return time_left_ns(l, rounds_budget_ns(l));
}

size_t run_loop_cells_left(const struct run_loop *l, uint64_t budget_left_ns, uint64_t *left_ns)
{
	uint64_t known_ns = 0;
	size_t known = 0, left = 0;

	for (size_t i = 0; i < l->entry_count; i++) {
		known_ns += l->entries[i].last_cell_ns;
		known += l->entries[i].last_cell_ns != 0;
		if (wanted(l, &l->entries[i]))
			left += l->rounds - launches_of(&l->entries[i]);
	}
	return schedule_cells_left(left, known ? known_ns / known : 0, budget_left_ns, left_ns);
}

static int one_round(struct run_loop *l, const size_t *order)
{
	for (size_t i = 0; i < l->entry_count; i++) {
		struct run_entry *e = &l->entries[order[i]];
		const uint64_t begin_ns = clock_now_ns();
		uint64_t left_ns;
		size_t left;
		int ret;

		if (!wanted(l, e))
			continue;
		ret = may_run(l, e);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		if (interrupt_pending())
			return -EINTR;
		if (!schedule_fits(launches_of(e), begin_ns - l->begin_ns, e->last_cell_ns,
			rounds_budget_ns(l)))
			continue;
		left = run_loop_cells_left(l, time_left_ns(l, rounds_budget_ns(l)), &left_ns);
		progress_show(
		    &l->progress, l->cells_done, l->cells_done + left, left_ns, e->bc->name);
		ret = launch(l, e);
		if (ret)
			return ret;
		e->last_cell_ns = clock_now_ns() - begin_ns;
		l->cells_done++;
	}
	return 0;
}

static size_t count_wanted(const struct run_loop *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->entry_count; i++)
		n += wanted(l, &l->entries[i]);
	return n;
}

/* Return: true when there is something to say. */
static bool note_stop(struct run_loop *l, const struct run_entry *e, unsigned figure, int ended_by)
{
	const struct stopping *stopping = &l->stopping[e->series + figure];
	struct series *s = run_loop_series(l, e, figure);
	const char *why = ended_by == CELL_NONE        ? "no cell could be started"
			  : ended_by == -EINTR         ? "interrupted"
			  : launches_of(e) < l->rounds ? "time budget out"
						       : "rounds out";

	if (series_failed(s) || failed(l, e) || stopping->reached)
		return false;
	if (ended_by == CELL_NONE && !e->launches) {
		(void)snprintf(s->reason, sizeof(s->reason), "%s: %.200s", why, l->why);
		return true;
	}
	if (l->precision > 0) {
		if (launches_of(e) < 2)
			return false;
		series_note_stop(s,
		    stopping->never || stopping->n < 2 ? NAN : stopping->half_width * 100,
		    launches_of(e), l->precision * 100, why);
		return true;
	}
	/* So many launches were asked for; without any the case has not run. */
	if (!launches_of(e) || launches_of(e) >= l->rounds)
		return false;
	series_note_cut(s, launches_of(e), l->rounds, why);
	return true;
}

/* Cases that ended before they were precise, or had their launches, say so, and why. */
static int note_stops(struct run_loop *l, int ended_by)
{
	int ret = 0;

	for (size_t i = 0; i < l->entry_count; i++)
		for (unsigned f = 0; f < l->entries[i].figures && !ret; f++)
			if (note_stop(l, &l->entries[i], f, ended_by))
				ret = journal_series(
				    l->journal, run_loop_series(l, &l->entries[i], f));
	return ret;
}

static int rounds(struct run_loop *l, size_t *order)
{
	size_t left;
	int ret = 0;

	for (unsigned round = 0; !ret && (left = count_wanted(l)) > 0; round++) {
		const size_t cells_before = l->cells_done;

		schedule_shuffle(order, l->entry_count, l->seed, round);
		/* The head again: damage to one of them costs no facts. */
		ret = journal_run(l->journal, l->run);
		if (!ret)
			ret = one_round(l, order);
		/* The remaining cases have no time left, or wait for a figure that will not
		 * come. */
		if (!ret && l->cells_done == cells_before && count_wanted(l) == left)
			break;
		if (!ret)
			ret = journal_sync(l->journal);
	}
	return ret;
}

int run_loop_rounds(struct run_loop *l)
{
	const size_t n = l->entry_count ? l->entry_count : 1;
	size_t *order = calloc(n, sizeof(*order));
	int ret = -ENOMEM, noted;

	l->stopping = calloc(l->run->series_count + 1, sizeof(*l->stopping));
	if (!order || !l->stopping)
		goto out;
	l->begin_ns = clock_now_ns();
	ret = rounds(l, order);
	if (!ret || ret == -EINTR || ret == CELL_NONE) {
		noted = run_window_end(l);
		noted = noted ? noted : note_stops(l, ret);
		ret = noted ? noted : ret;
	}
	for (size_t i = 0; l->stopping && i < l->run->series_count; i++)
		stopping_free(&l->stopping[i]);
out:
	free(l->stopping);
	l->stopping = NULL;
	free(order);
	return ret;
}

/* Of the counters' pass: by how long its cells took so far, the first by those of the rounds. */
static uint64_t pass_left_ns(const struct run_loop *l, const struct run_entry *e, size_t done,
    size_t left, uint64_t begin_ns)
{
	const uint64_t cell_ns = done ? (clock_now_ns() - begin_ns) / done : e->last_cell_ns;
	uint64_t left_ns;

	(void)schedule_cells_left(left, cell_ns, time_left_ns(l, l->budget_ns), &left_ns);
	return left_ns;
}

static bool countable(const struct run_loop *l, const struct run_entry *e)
{
	return series_of(l, e)->status == STATUS_OK;
}

int run_loop_counters(struct run_loop *l)
{
	const uint64_t begin_ns = clock_now_ns();
	size_t total = 0, done = 0;
	int ret = 0;

	for (size_t i = 0; i < l->entry_count; i++)
		total += countable(l, &l->entries[i]);
	for (size_t i = 0; !ret && i < l->entry_count; i++) {
		const struct run_entry *e = &l->entries[i];

		if (!countable(l, e))
			continue;
		if (interrupt_pending())
			return -EINTR;
		if (!time_left_ns(l, l->budget_ns)) {
			ret =
			    run_launch_note_counters(l, e, "no hardware counters: time budget out");
			continue;
		}
		progress_show(&l->progress, done, total,
		    pass_left_ns(l, e, done, total - done, begin_ns),
		    "hardware counters, a pass of their own");
		ret = run_launch_counters(l, e);
		done++;
	}
	return ret;
}
