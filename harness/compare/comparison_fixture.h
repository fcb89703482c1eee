/*
 * comparison_fixture.h - a comparison with every verdict, and what a text has. For the tests of
 * comparisons; header only, as the other fixtures.
 */
#ifndef CONCBENCH_COMPARISON_FIXTURE_H
#define CONCBENCH_COMPARISON_FIXTURE_H

#include "harness/compare/comparison_text.h"

#include "harness/run/run_fixture.h"

static inline struct comparison_row *add(
    struct comparison *c, const char *name, enum verdict v, double change)
{
	struct comparison_row *r = comparison_add(c, name);

	assert_non_null(r);
	assert_int_equal(r->verdict, VERDICT_UNSURE);
	r->verdict = v;
	if (v == VERDICT_MISSING || v == VERDICT_FAILED || v == VERDICT_INCOMPARABLE) {
		snprintf(r->reason, sizeof(r->reason), "why it is %s", verdict_name(v));
		return r;
	}
	r->has_figure = r->has_value[0] = r->has_value[1] = true;
	r->base = 1500;
	r->head = r->head_alone = 1500 * (1 + change);
	r->change = (struct stats_interval){change, change - 0.004, change + 0.004};
	r->worst = r->change.high;
	r->level = 0.999;
	r->p = 0.0123;
	r->base_launches = r->head_launches = 20;
	r->slots = 1600;
	r->spent_s = 4.5;
	return r;
}

static inline struct comparison begin(void)
{
	struct comparison c = {.min_effect = 0.01, .elapsed_s = 62};

	snprintf(c.base, sizeof(c.base), "main");
	snprintf(c.head, sizeof(c.head), "topic");
	snprintf(c.date, sizeof(c.date), "2026-11-23T15:53:34Z");
	return c;
}

/* Every verdict, the worst not first, with names and reasons that are markup elsewhere. */
static inline struct comparison sample(void)
{
	struct comparison c = begin();
	struct comparison_row *r;

	add(&c, "a/same/model:thread", VERDICT_SAME, 0.001);
	add(&c, "a/slower_a_bit", VERDICT_SLOWER, 0.02);
	add(&c, "a/faster", VERDICT_FASTER, -0.05);
	add(&c, "a/unsure", VERDICT_UNSURE, 0.006);
	r = add(&c, "a/slower<&\"'|`_*", VERDICT_SLOWER, 0.0521);
	r->confirmed = r->layout_sensitive = true;
	r->layout_ratio = 2.34;
	r->figure_launches = 20;
	r->quickest_launches = 5;
	add(&c, "a/missing", VERDICT_MISSING, 0);
	r = add(&c, "a/failed", VERDICT_FAILED, 0);
	snprintf(r->reason, sizeof(r->reason), "head: <b>\"5 > 4\" & a|b *x* \t\xff");
	add(&c, "a/other", VERDICT_INCOMPARABLE, 0);
	text_buffer_add(&c.noise, "on this machine, 1.3 % is visible in 5 s");
	assert_int_equal(comparison_add_difference(&c, "%s: %s <> %s", "cpu.model", "A|B", "C"), 0);
	return c;
}

static inline void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static inline void has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' in:\n%s", part, text);
}

#endif
