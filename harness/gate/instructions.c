#include "harness/gate/instructions.h"

#include "harness/base/interrupt.h"

#include <errno.h>

#define METRIC "instructions_user_per_op"
/* The first warms up; the counters run in both. */
#define SLOTS 2u

/* Return: 0 with the count; -EINTR; another error when there is none. */
static int count(const struct gate_plan *plan, enum side side, const char *name, double *per_op)
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

	spec.case_name = name;
	spec.slots = SLOTS;
	spec.seed = plan->seed;
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

int instructions_compare(const struct gate_plan *plan, struct comparison *c, size_t first)
{
	for (size_t i = first; i < c->row_count; i++) {
		struct comparison_row *row = &c->rows[i];
		double per_op[SIDES] = {0.0, 0.0};
		int ret = 0;

		if (!row->has_figure)
			continue;
		if (interrupt_pending())
			return -EINTR;
		if (plan->progress)
			progress_show(plan->progress, i - first, c->row_count - first, UINT64_MAX,
			    "instructions, a pass of their own");
		for (enum side side = SIDE_BASE; !ret && side < SIDES; side++)
			ret = count(plan, side, row->name, &per_op[side]);
		if (ret == -EINTR)
			return ret;
		if (ret || !(per_op[SIDE_BASE] > 0.0))
			continue;
		row->has_instructions = true;
		row->instructions_change = per_op[SIDE_HEAD] / per_op[SIDE_BASE] - 1.0;
	}
	return 0;
}
