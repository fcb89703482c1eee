#include "harness/gate/instructions.h"

#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/cell/schedule.h"

#include <errno.h>
#include <stdlib.h>

#define METRIC "instructions_user_per_op"
/* The first warms up; the counters run in both. */
#define SLOTS 2u

#define LAUNCHES INSTRUCTIONS_LAUNCHES

uint64_t instructions_share_ns(
    const struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count)
{
	const uint64_t share_ns = plan->budget_ns - schedule_rounds_budget(plan->budget_ns, true);
	const uint64_t needed_ns = gate_needed_ns(plan, cases, count);

	return plan->open_ended || plan->budget_ns >= needed_ns + share_ns ? share_ns : 0;
}

/* The time that there is for all of this. */
struct until {
	uint64_t (*now_ns)(void);
	uint64_t end_ns;
};

static uint64_t left_ns(const struct until *u)
{
	const uint64_t now_ns = u->now_ns();

	return u->end_ns > now_ns ? u->end_ns - now_ns : 0;
}

/* Return: 0 with the count; -EINTR; another error when there is none. */
static int count(const struct gate_plan *plan, enum side side, const struct comparison_row *row,
    uint64_t seed, double *per_op)
{
	struct cell_spec spec = plan->cell[side];
	enum case_status reported = STATUS_INVALID;
	struct cell_process *cell = NULL;
	struct cell_counters counters = {.note = ""};
	struct message ready;
	char why[REASON_MAX] = "";
	double sum_ns;
	unsigned rows;
	int ret;

	spec.case_name = row->name;
	spec.given = row->given[side].figure;
	spec.slots = SLOTS;
	spec.seed = seed;
	spec.counters = true;
	ret = cell_start(&spec, &cell, &ready, why, sizeof(why));
	if (ret)
		return ret;
	for (unsigned slot = 0; !ret && slot < SLOTS; slot++) {
		struct sample sample;

		ret = cell_turn(cell, slot, &sample, &reported, why, sizeof(why));
		if (!ret)
			sample_free(&sample);
	}
	if (ret) {
		cell_kill(cell);
		return ret;
	}
	ret = cell_finish(cell, &rows, &sum_ns, &counters, why, sizeof(why));
	if (!ret && !metric_get(&counters.counted, METRIC, per_op))
		ret = -ENODATA;
	return ret;
}

/* Return: 0 with @per_op; -ETIME; -EINTR; another error when it cannot be counted. */
static int count_both(const struct gate_plan *plan, const struct comparison_row *row, size_t at,
    const struct until *until, double per_op[SIDES][LAUNCHES])
{
	size_t order[SIDES * LAUNCHES];

	schedule_shuffle(order, SIDES * LAUNCHES, schedule_seed(plan->seed, at, 0), 0);
	for (size_t i = 0; i < SIDES * LAUNCHES; i++) {
		const enum side side = order[i] < LAUNCHES ? SIDE_BASE : SIDE_HEAD;
		const unsigned launch = (unsigned)(order[i] % LAUNCHES);
		/* The sides get the same inputs, every launch its own. */
		const uint64_t seed = schedule_seed(plan->seed, at, launch);
		int ret;

		if (interrupt_pending())
			return -EINTR;
		if (!left_ns(until))
			return -ETIME;
		ret = count(plan, side, row, seed, &per_op[side][launch]);
		if (ret)
			return ret;
		if (!(per_op[side][launch] > 0.0))
			return -ENODATA;
	}
	return 0;
}

static void range(const double x[LAUNCHES], double *low, double *high)
{
	*low = *high = x[0];
	for (unsigned i = 1; i < LAUNCHES; i++) {
		*low = x[i] < *low ? x[i] : *low;
		*high = x[i] > *high ? x[i] : *high;
	}
}

static int fill(struct comparison_row *row, double per_op[SIDES][LAUNCHES])
{
	double low[SIDES], high[SIDES], median[SIDES];

	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		const int ret = stats_median(per_op[side], LAUNCHES, &median[side]);

		if (ret)
			return ret;
		range(per_op[side], &low[side], &high[side]);
	}
	row->has_instructions = true;
	row->instructions_launches = LAUNCHES;
	row->instructions_change = median[SIDE_HEAD] / median[SIDE_BASE] - 1.0;
	row->instructions_apart =
	    low[SIDE_HEAD] > high[SIDE_BASE] || low[SIDE_BASE] > high[SIDE_HEAD];
	return 0;
}

/* Return: 0; -ETIME when it did not get there; -EINTR; -ENOMEM. */
static int compare_row(const struct gate_plan *plan, struct comparison *c, size_t first, size_t at,
    const struct until *until)
{
	struct comparison_row *row = &c->rows[first + at];
	double per_op[SIDES][LAUNCHES] = {{0.0}};
	int ret;

	if (plan->progress)
		progress_show(plan->progress, c->instructions_counted, c->instructions_wanted,
		    left_ns(until), "instructions, a pass of their own");
	ret = count_both(plan, row, at, until, per_op);
	if (!ret)
		ret = fill(row, per_op);
	if (ret == -ETIME || ret == -EINTR || ret == -ENOMEM)
		return ret;
	if (!ret || ret == -ENODATA || ret == -ENOTSUP)
		c->instructions_counted++; /* also one that has no such counter: it has been asked
					    */
	else
		c->instructions_failed++;
	return 0;
}

/* Of those that are changes, or of the others. Return: as compare_row(). */
static int compare_rows(const struct gate_plan *plan, struct comparison *c, size_t first,
    const size_t *order, bool changes, const struct until *until)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < c->row_count - first; i++) {
		const struct comparison_row *row = &c->rows[first + order[i]];

		if (row->has_figure && verdict_is_change(row->verdict) == changes)
			ret = compare_row(plan, c, first, order[i], until);
	}
	return ret;
}

int instructions_compare(
    const struct gate_plan *plan, struct comparison *c, size_t first, uint64_t within_ns)
{
	const size_t n = c->row_count - first;
	struct until until = {.now_ns = plan->now_ns ? plan->now_ns : clock_now_ns};
	size_t *order = calloc(n ? n : 1, sizeof(*order));
	int ret;

	if (!order)
		return -ENOMEM;
	until.end_ns = until.now_ns() + within_ns;
	schedule_shuffle(order, n, plan->seed, 0);
	for (size_t i = first; i < c->row_count; i++)
		c->instructions_wanted += c->rows[i].has_figure;
	/* Whoever reads of a change wants to know most. */
	ret = compare_rows(plan, c, first, order, true, &until);
	if (!ret)
		ret = compare_rows(plan, c, first, order, false, &until);
	free(order);
	return ret == -ETIME ? 0 : ret;
}
