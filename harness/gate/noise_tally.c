#include "harness/gate/noise_tally.h"

#include "harness/base/grow.h"
#include "harness/base/text.h"
#include "harness/base/output.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int noise_tally_begin(struct noise_tally *t, const struct catalogue_case *const *cases,
    size_t count, uint64_t case_ns)
{
	memset(t, 0, sizeof(*t));
	t->item = calloc(count ? count : 1, sizeof(*t->item));
	if (!t->item)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		(void)snprintf(t->item[i].name, sizeof(t->item[i].name), "%s", cases[i]->name);
	t->count = count;
	t->case_ns = case_ns;
	return 0;
}

static int keep_launches(struct noise_case *n, const struct gate_case *c)
{
	const size_t wanted = n->launch_count + c->test.count;
	const int ret = grow(&n->launch, wanted, &n->launch_capacity, sizeof(*n->launch));

	if (ret)
		return ret;
	if (c->test.count)
		memcpy(n->launch + n->launch_count, c->test.launch,
		    c->test.count * sizeof(*n->launch));
	n->launch_count = wanted;
	n->spent_ns += c->spent_ns;
	return 0;
}

int noise_tally_add(struct noise_tally *t, const struct gate *g, const struct comparison_row *rows)
{
	bool slower = false, faster = false;

	for (size_t i = 0; i < t->count; i++) {
		struct noise_case *n = &t->item[i];
		int ret = keep_launches(n, &g->item[i]);

		if (ret)
			return ret;
		n->tries++;
		n->slot_ns = g->item[i].slot_ns;
		n->verdicts[rows[i].verdict]++;
		if (rows[i].verdict == VERDICT_FAILED && !n->reason[0])
			(void)snprintf(n->reason, sizeof(n->reason), "%s", rows[i].reason);
		/* Of what is no merit a change is one all the same. */
		slower |= rows[i].verdict == VERDICT_SLOWER || rows[i].verdict == VERDICT_DIFFERS;
		faster |= rows[i].verdict == VERDICT_FASTER;
	}
	t->tries++;
	t->tries_with_slower += slower;
	t->tries_with_faster += faster;
	return 0;
}

void noise_tally_conclude(struct noise_tally *t, double min_effect)
{
	for (size_t i = 0; i < t->count; i++) {
		struct noise_case *n = &t->item[i];

		n->visible =
		    noise_visible(n->launch, n->launch_count, n->spent_ns, t->case_ns, min_effect);
	}
}

static void format_visible(const struct noise_visible *v, char *out, size_t len)
{
	if (v->change > 0.0)
		(void)snprintf(out, len, "%.2g %%", 100.0 * v->change);
	else if (v->needed_ns)
		(void)snprintf(out, len, "needs %.3g s", (double)v->needed_ns / 1e9);
	else
		(void)snprintf(out, len, "n/a");
}

int noise_tally_print(FILE *to, const struct noise_tally *t, bool aa)
{
	const struct stats_interval rate = stats_wilson(t->tries_with_slower, t->tries, STATS_Z_95);
	size_t width = sizeof("case");
	char heading[40];

	for (size_t i = 0; i < t->count; i++)
		if (strlen(t->item[i].name) > width)
			width = strlen(t->item[i].name);
	(void)snprintf(heading, sizeof(heading), "visible in %.3g s", (double)t->case_ns / 1e9);
	(void)fprintf(to, "%-*s %6s %6s %6s %6s %6s %8s %14s\n", (int)width, "case", "tries",
	    "same", "slower", "faster", "unsure", "launches", heading);
	for (size_t i = 0; i < t->count; i++) {
		const struct noise_case *n = &t->item[i];
		char change[24];

		format_visible(&n->visible, change, sizeof(change));
		(void)fprintf(to, "%-*s %6u %6u %6u %6u %6u %8zu %14s\n", (int)width, n->name,
		    n->tries, n->verdicts[VERDICT_SAME], n->verdicts[VERDICT_SLOWER],
		    n->verdicts[VERDICT_FASTER], n->verdicts[VERDICT_UNSURE], n->launch_count,
		    change);
		if (n->verdicts[VERDICT_FAILED] || n->verdicts[VERDICT_INCOMPARABLE])
			(void)fprintf(to, "  failed %u times: %s\n",
			    n->verdicts[VERDICT_FAILED] + n->verdicts[VERDICT_INCOMPARABLE],
			    n->reason[0] ? n->reason : "its definition differs");
	}
	(void)fprintf(to,
	    "%s%u of %u tries called some case slower (%.3g %%; 95 %% interval %.2g to %.2g %%), "
	    "%u "
	    "some case faster.\n",
	    aa ? "Nothing has changed between the sides, and " : "", t->tries_with_slower, t->tries,
	    100.0 * rate.estimate, 100.0 * rate.low, 100.0 * rate.high, t->tries_with_faster);
	return ferror(to) ? -EIO : 0;
}

int noise_tally_tsv(const struct noise_tally *t, const char *path)
{
	struct text_buffer b = {0};
	int ret;

	text_buffer_add(&b, "case\ttries");
	for (unsigned v = 0; v < VERDICT_COUNT; v++)
		text_buffer_addf(&b, "\t%s", verdict_name((enum verdict)v));
	text_buffer_add(
	    &b, "\tlaunches\tseconds\tlayout_ratio\tslot_ms\tcase_s\tvisible_pct\tneeds_s\n");
	for (size_t i = 0; i < t->count; i++) {
		const struct noise_case *n = &t->item[i];
		const struct noise_visible *seen = &n->visible;

		text_buffer_addf(&b, "%s\t%u", n->name, n->tries);
		for (unsigned v = 0; v < VERDICT_COUNT; v++)
			text_buffer_addf(&b, "\t%u", n->verdicts[v]);
		text_buffer_addf(&b, "\t%zu\t%.3f\t%.3f\t%.6g\t%.3f", n->launch_count,
		    (double)n->spent_ns / 1e9, layout_ratio(n->launch, n->launch_count),
		    (double)n->slot_ns / 1e6, (double)t->case_ns / 1e9);
		/* What does not apply is left empty. */
		if (seen->change > 0.0)
			text_buffer_addf(&b, "\t%.4f\t\n", 100.0 * seen->change);
		else if (seen->needed_ns)
			text_buffer_addf(&b, "\t\t%.3f\n", (double)seen->needed_ns / 1e9);
		else
			text_buffer_add(&b, "\t\t\n");
	}
	ret = output_store(path, &b);
	text_buffer_free(&b);
	return ret;
}

void noise_tally_free(struct noise_tally *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->item[i].launch);
	free(t->item);
	memset(t, 0, sizeof(*t));
}
