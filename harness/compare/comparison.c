#include "harness/compare/comparison.h"

#include "harness/base/grow.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct comparison_row *comparison_add(struct comparison *c, const char *name)
{
	struct comparison_row *row;

	if (strlen(name) >= CASE_NAME_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if (grow(&c->rows, c->row_count + 1, &c->row_capacity, sizeof(*c->rows))) {
		errno = ENOMEM;
		return NULL;
	}
	row = &c->rows[c->row_count++];
	memset(row, 0, sizeof(*row));
	memcpy(row->name, name, strlen(name) + 1);
	row->verdict = VERDICT_UNSURE;
	row->figure = run_time_figure();
	row->p = 1;
	return row;
}

const char *comparison_word(const struct comparison_row *row, enum verdict v)
{
	return verdict_word(v, run_figure_is_time(&row->figure));
}

/* In fractions of a hundred per cent: the end of a shift that is bad when less is better. */
static double weighed(const struct run_figure *f, double shift)
{
	const double effect = scale_effect(f->scale, f->worth, shift);

	return f->scale == CB_DIFFERENCE ? effect / f->worth : effect;
}

/* By the quickest turns and by all of them: what was no worse in some may have been in others. */
static double worst_of(const struct run_figure *f, const struct evidence *e)
{
	const struct stats_interval *i = &e->log_ratio, *all = e->quickest ? &e->middle : i;
	const double more = weighed(f, fmax(i->high, all->high));
	const double less = -weighed(f, fmin(i->low, all->low));

	return f->better == CB_LESS ? more : f->better == CB_MORE ? less : fmax(more, less);
}

void comparison_place_head(struct comparison_row *row)
{
	row->head = row->figure.scale == CB_RATIO ? row->base * (1 + row->change.estimate)
						  : row->base + row->change.estimate;
}

void comparison_fill(struct comparison_row *row, const struct evidence *e, double level)
{
	const enum cb_scale scale = row->figure.scale;
	const double worth = row->figure.worth;

	row->has_figure = row->has_value[0] = row->has_value[1] = true;
	row->level = level;
	row->worst = worst_of(&row->figure, e);
	row->change =
	    (struct stats_interval){.estimate = scale_effect(scale, worth, e->log_ratio.estimate),
		.low = scale_effect(scale, worth, e->log_ratio.low),
		.high = scale_effect(scale, worth, e->log_ratio.high)};
}

int comparison_add_difference(struct comparison *c, const char *format, ...)
{
	va_list args;
	int n;

	if (grow_by_one(&c->differences, c->difference_count, sizeof(*c->differences)))
		return -ENOMEM;
	va_start(args, format);
	n = vasprintf(&c->differences[c->difference_count], format, args);
	va_end(args);
	if (n < 0)
		return -ENOMEM;
	c->difference_count++;
	return 0;
}

static bool begins_with(const char *key, const char *word)
{
	return strncmp(key, word, strlen(word)) == 0;
}

bool comparison_is_build_fact(const char *key)
{
	return begins_with(key, "build.") || begins_with(key, "library.") ||
	       begins_with(key, "benchmark.");
}

static int take(const struct manifest *of, struct manifest *build, struct manifest *machine)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < of->count; i++) {
		const struct manifest_item *item = &of->items[i];

		/* How a run was done is neither. */
		if (!begins_with(item->key, "run."))
			ret = manifest_add(comparison_is_build_fact(item->key) ? build : machine,
			    item->key, item->value);
	}
	return ret;
}

int comparison_take_facts(
    struct comparison *c, const struct manifest *base, const struct manifest *head)
{
	const int ret = take(base, &c->build[0], &c->base_machine);

	return ret ? ret : take(head, &c->build[1], &c->machine);
}

void comparison_free(struct comparison *c)
{
	manifest_free(&c->machine);
	manifest_free(&c->base_machine);
	manifest_free(&c->build[0]);
	manifest_free(&c->build[1]);
	for (size_t i = 0; i < c->difference_count; i++)
		free(c->differences[i]);
	free(c->differences);
	text_buffer_free(&c->noise);
	free(c->rows);
	c->differences = NULL;
	c->rows = NULL;
	c->difference_count = c->row_count = c->row_capacity = 0;
}

size_t comparison_count(const struct comparison *c, enum verdict v)
{
	size_t n = 0;

	for (size_t i = 0; i < c->row_count; i++)
		n += c->rows[i].verdict == v;
	return n;
}

size_t comparison_unseen(const struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->row_count; i++)
		n += c->rows[i].verdict == VERDICT_UNSURE && !c->rows[i].has_figure;
	return n;
}

/* A row without a figure was announced, not compared: its budget or the user ended it. */
static size_t count_compared(const struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->row_count; i++)
		n += c->rows[i].has_figure && c->rows[i].verdict != VERDICT_INCOMPARABLE;
	return n;
}

bool comparison_judged(const struct comparison_row *row)
{
	return row->verdict == VERDICT_SAME || verdict_is_change(row->verdict);
}

double comparison_may_hide(const struct comparison_row *row)
{
	/* A figure without a better direction has no slowdown, a case of one side has nothing to
	 * compare with, and a slowdown that was found is not unseen. */
	if (row->verdict == VERDICT_SLOWER || row->verdict == VERDICT_MISSING ||
	    (row->has_figure && row->figure.better == CB_NEITHER))
		return 0;
	if (row->verdict == VERDICT_FAILED || row->verdict == VERDICT_INCOMPARABLE ||
	    !row->has_figure)
		return INFINITY;
	return fmax(row->worst, 0);
}

size_t comparison_missed(const struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; c->must_see > 0 && i < c->row_count; i++)
		n += comparison_may_hide(&c->rows[i]) >= c->must_see;
	return n;
}

int comparison_exit(const struct comparison *c)
{
	const size_t incomparable = comparison_count(c, VERDICT_INCOMPARABLE);

	/* If everything is incomparable that is a finding (4); if there was nothing that is a
	 * failure. */
	if (c->no_cells)
		return 2;
	if (comparison_count(c, VERDICT_FAILED) || (!count_compared(c) && !incomparable))
		return 2;
	if (comparison_count(c, VERDICT_SLOWER))
		return 1;
	if (incomparable)
		return 4;
	if (comparison_missed(c) || (c->strict && (comparison_count(c, VERDICT_UNSURE) ||
						      comparison_count(c, VERDICT_MISSING))))
		return 3;
	return 0;
}

int comparison_status(const struct comparison *c)
{
	return c->signal ? 128 + c->signal : comparison_exit(c);
}
