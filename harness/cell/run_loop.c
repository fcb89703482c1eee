#include "harness/cell/run_loop.h"

#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/cell/run_launch.h"
#include "harness/cell/schedule.h"
#include "harness/run/launch.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct series *series_of(const struct run_loop *l, const struct run_entry *e)
{
	return &l->run->series[e->series];
}

static bool failed(const struct run_loop *l, const struct run_entry *e)
{
	const struct series *s = series_of(l, e);

	return s->status != STATUS_OK && s->status != STATUS_NOT_RUN;
}

static bool wanted(const struct run_loop *l, const struct run_entry *e)
{
	return !failed(l, e) && !l->stopping[e - l->entries].reached && e->launches < l->rounds;
}

/* The launch that has just ended, as the summary will see it. */
static int note_precision(struct run_loop *l, const struct run_entry *e)
{
	struct stopping *stopping = &l->stopping[e - l->entries];
	const struct series *s = series_of(l, e);
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
	int ret = run_launch(l, e);

	/* A launch that failed has ended its case. */
	return ret || e->launches == before ? ret : note_precision(l, e);
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

size_t run_loop_cells_left(const struct run_loop *l, uint64_t budget_left_ns, uint64_t *left_ns)
{
	uint64_t known_ns = 0;
	size_t known = 0, left = 0;

	for (size_t i = 0; i < l->entry_count; i++) {
		known_ns += l->entries[i].last_cell_ns;
		known += l->entries[i].last_cell_ns != 0;
		if (wanted(l, &l->entries[i]))
			left += l->rounds - l->entries[i].launches;
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
		if (interrupt_pending())
			return -EINTR;
		if (begin_ns - l->begin_ns > rounds_budget_ns(l))
			return -ETIME;
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

static bool any_wanted(const struct run_loop *l)
{
	for (size_t i = 0; i < l->entry_count; i++)
		if (wanted(l, &l->entries[i]))
			return true;
	return false;
}

/* Return: true when there is something to say. */
static bool note_stop(struct run_loop *l, size_t i, int ended_by)
{
	const struct run_entry *e = &l->entries[i];
	const struct stopping *stopping = &l->stopping[i];
	const char *why = ended_by == -EINTR        ? "interrupted"
			  : e->launches < l->rounds ? "time budget out"
						    : "rounds out";

	if (failed(l, e) || stopping->reached)
		return false;
	if (l->precision > 0) {
		if (e->launches < 2)
			return false;
		series_note_stop(series_of(l, e),
		    stopping->never || stopping->n < 2 ? NAN : stopping->half_width * 100,
		    e->launches, l->precision * 100, why);
		return true;
	}
	/* So many launches were asked for; without any the case has not run. */
	if (!e->launches || e->launches >= l->rounds)
		return false;
	series_note_cut(series_of(l, e), e->launches, l->rounds, why);
	return true;
}

/* Cases that ended before they were precise, or had their launches, say so, and why. */
static int note_stops(struct run_loop *l, int ended_by)
{
	int ret = 0;

	for (size_t i = 0; i < l->entry_count && !ret; i++)
		if (note_stop(l, i, ended_by))
			ret = journal_series(l->journal, series_of(l, &l->entries[i]));
	return ret;
}

static int rounds(struct run_loop *l, size_t *order)
{
	uint64_t last_round_ns = 0;
	int ret = 0;

	for (unsigned round = 0; !ret && any_wanted(l); round++) {
		const uint64_t begin_ns = clock_now_ns();

		if (!schedule_another_round(
			round, begin_ns - l->begin_ns, last_round_ns, rounds_budget_ns(l)))
			return 0;
		schedule_shuffle(order, l->entry_count, l->seed, round);
		ret = one_round(l, order);
		if (!ret)
			ret = journal_sync(l->journal);
		last_round_ns = clock_now_ns() - begin_ns;
	}
	return ret == -ETIME ? 0 : ret;
}

int run_loop_rounds(struct run_loop *l)
{
	const size_t n = l->entry_count ? l->entry_count : 1;
	size_t *order = calloc(n, sizeof(*order));
	int ret = -ENOMEM, noted;

	l->stopping = calloc(n, sizeof(*l->stopping));
	if (!order || !l->stopping)
		goto out;
	l->begin_ns = clock_now_ns();
	ret = rounds(l, order);
	if (!ret || ret == -EINTR) {
		noted = note_stops(l, ret);
		ret = noted ? noted : ret;
	}
	for (size_t i = 0; i < l->entry_count; i++)
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
