/* gate_rows_test.c - what a suite's launches become as rows; the launches are given, no process
 * runs. */
#include "harness/gate/gate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* So many that a change which is just found and just confirmed is to be expected by chance. */
#define CASES 400

struct suite {
	struct gate_plan plan;
	struct catalogue_case item[CASES];
	const struct catalogue_case *cases[CASES];
	struct gate gate;
};

static void begin(struct suite *s)
{
	memset(s, 0, sizeof(*s));
	s->plan.min_effect = 0.01;
	for (size_t i = 0; i < CASES; i++) {
		(void)snprintf(s->item[i].name, sizeof(s->item[i].name), "case%zu", i);
		s->item[i].slot_ns = 1000000;
		s->cases[i] = &s->item[i];
	}
	assert_int_equal(gate_begin(&s->gate, &s->plan, s->cases, CASES), 0);
}

static void end(struct suite *s, struct comparison *c)
{
	comparison_free(c);
	gate_free(&s->gate);
}

/* One launch of @change (relative), as gate_measure() keeps it. */
static void add(struct gate_case *c, double change, double predicted_sd)
{
	const struct launch_ratio l = {
	    .log_ratio = log1p(change), .predicted_sd = predicted_sd, .quartets = 12};

	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		double *grown = realloc(c->value[side], (c->pairs + 1) * sizeof(*grown));

		assert_non_null(grown);
		c->value[side] = grown;
		grown[c->pairs] = side == SIDE_BASE ? 100.0 : 100.0 * (1.0 + change);
	}
	c->pairs++;
	c->capacity = c->pairs;
	assert_int_equal(sequential_add(&c->test, &l), 0);
}

/* @n launches around @change, near to each other. */
static void add_near(struct gate_case *c, unsigned n, double change)
{
	for (unsigned i = 0; i < n; i++)
		add(c, change + 1e-5 * (i % 2 ? i : -(double)i), 0.01);
}

/* As weak as a confirmed change can be: p 0.042 in 11 launches. scipy.stats.wilcoxon([1, 2, 3, 4,
 * 5, 6, 7, 8, 9, -10, 11]).pvalue == 0.0419921875 */
static void add_weak(struct gate_case *c)
{
	for (unsigned i = 1; i <= looks_launches(0); i++)
		add(c, 0.004 * (i == 10 ? -(double)i : (double)i), 0.01);
}

static void one_weak_change_among_many_is_taken_back(void **state)
{
	struct comparison c = {0};
	static struct suite s;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < CASES; i++) {
		const double change = i == 7 || i == 20 ? 0.05 : i == 30 ? -0.05 : 0.0;

		add_near(&s.gate.item[i], looks_launches(0), change);
		if (i == 20)
			add_weak(&s.gate.item[i]);
		else if (i == 7 || i == 30)
			add_near(&s.gate.item[i], looks_launches(0), change);
	}
	/* By itself it is as good as the others. */
	assert_int_equal(s.gate.item[20].test.verdict, VERDICT_SLOWER);
	assert_int_equal(gate_conclude(&s.gate, &c), 0);
	assert_int_equal(c.row_count, CASES);
	for (size_t i = 0; i < CASES; i++) {
		const enum verdict want = i == 7    ? VERDICT_SLOWER
					  : i == 30 ? VERDICT_FASTER
					  : i == 20 ? VERDICT_UNSURE
						    : VERDICT_SAME;

		if (c.rows[i].verdict != want)
			fail_msg("%s: %s", c.rows[i].name, verdict_name(c.rows[i].verdict));
	}
	if (!strstr(c.rows[20].reason, "slower alone, but among 400 cases"))
		fail_msg("%s", c.rows[20].reason);
	assert_string_equal(c.rows[7].reason, "");
	end(&s, &c);
}

/* The same change alone counts. */
static void one_weak_change_alone_stays(void **state)
{
	struct comparison c = {0};
	static struct suite s;

	(void)state;
	begin(&s);
	s.gate.count = 1;
	add_near(&s.gate.item[0], looks_launches(0), 0.05);
	add_weak(&s.gate.item[0]);
	assert_int_equal(gate_conclude(&s.gate, &c), 0);
	assert_int_equal(c.rows[0].verdict, VERDICT_SLOWER);
	assert_true(c.rows[0].confirmed);
	end(&s, &c);
}

static void the_figure_is_of_the_fresh_launches(void **state)
{
	struct comparison c = {0};
	static struct suite s;

	(void)state;
	begin(&s);
	s.gate.count = 2;
	add_near(&s.gate.item[0], looks_launches(0), 0.08);
	add_near(&s.gate.item[0], looks_launches(0), 0.04);
	add_near(&s.gate.item[1], looks_launches(0), 0.0);
	assert_int_equal(gate_conclude(&s.gate, &c), 0);
	assert_true(fabs(c.rows[0].change.estimate - 0.04) < 1e-4);
	assert_true(fabs(c.rows[0].head - 104.0) < 0.01);
	assert_true(fabs(c.rows[0].base - 100.0) < 1e-9);
	assert_int_equal(c.rows[0].figure_launches, looks_launches(0));
	assert_int_equal(c.rows[0].head_launches, 2 * looks_launches(0));
	assert_true(fabs(c.rows[0].level - 0.95) < 1e-12);
	/* 1 - 2 * scipy.stats.norm.sf(3.29) */
	assert_true(fabs(c.rows[1].level - 0.99899812617) < 1e-9);
	end(&s, &c);
}

static void launches_that_differ_more_than_their_slots(void **state)
{
	struct comparison c = {0};
	static struct suite s;

	(void)state;
	begin(&s);
	s.gate.count = 2;
	for (unsigned i = 0; i < looks_launches(0); i++) {
		const double change = 0.001 * (i % 5) - 0.002;

		add(&s.gate.item[0], change, 0.0005);
		add(&s.gate.item[1], change, 0.0015);
	}
	assert_int_equal(gate_conclude(&s.gate, &c), 0);
	/* 1.4826 times a median absolute deviation of about 0.001 over the predicted one. */
	assert_true(c.rows[0].layout_sensitive);
	assert_true(fabs(c.rows[0].layout_ratio - 2.97) < 0.02);
	assert_false(c.rows[1].layout_sensitive);
	assert_true(fabs(c.rows[1].layout_ratio - 0.99) < 0.02);
	end(&s, &c);
}

/* Whose figures those of the quickest turns are is said. */
static void launches_of_quickest_turns_are_counted(void **state)
{
	struct comparison c = {0};
	static struct suite s;

	(void)state;
	begin(&s);
	s.gate.count = 2;
	for (unsigned i = 0; i < looks_launches(0); i++) {
		add(&s.gate.item[0], 0.0, 0.0005);
		add(&s.gate.item[1], 0.0, 0.0005);
		/* As the launch's figure said, before there was a look. */
		if (i < 4) {
			s.gate.item[1].test.launch[i].quickest = true;
			s.gate.item[1].test.launch[i].middle = 0.5;
		}
	}
	assert_int_equal(gate_conclude(&s.gate, &c), 0);
	assert_int_equal(c.rows[0].quickest_launches, 0);
	assert_int_equal(c.rows[0].verdict, VERDICT_SAME);
	assert_int_equal(c.rows[1].quickest_launches, 4);
	assert_int_equal(c.rows[1].verdict, VERDICT_UNSURE);
	assert_string_equal(c.rows[1].reason, "the quickest turns are the same, but of all turns "
					      "11 pairs of launches cannot tell");
	end(&s, &c);
}

/* What is not known says why: there was no more time, or somebody did not want to wait. */
static void interrupted_is_not_out_of_time(void **state)
{
	(void)state;
	for (unsigned interrupted = 0; interrupted < 2; interrupted++) {
		struct comparison c = {0};
		static struct suite s;
		const char *const why[] = {
		    interrupted ? "a first look needs 11: interrupted" : "time budget too small",
		    interrupted ? "looks slower; interrupted before"
				: "looks slower; the time was up",
		    interrupted ? "a change of 1 %: interrupted" : "a change of 1 %"};

		begin(&s);
		s.gate.count = 3;
		s.gate.interrupted = interrupted;
		add_near(&s.gate.item[0], 3, 0.0);
		add_near(&s.gate.item[1], looks_launches(0) + 2, 0.05);
		add_near(&s.gate.item[2], looks_launches(0) - 1, 0.05);
		add(&s.gate.item[2], -0.2, 0.01);
		assert_int_equal(gate_conclude(&s.gate, &c), 0);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(c.rows[i].verdict, VERDICT_UNSURE);
			if (!strstr(c.rows[i].reason, why[i]) ||
			    (interrupted && strstr(c.rows[i].reason, "time")))
				fail_msg("%s", c.rows[i].reason);
		}
		end(&s, &c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_weak_change_among_many_is_taken_back),
	    cmocka_unit_test(one_weak_change_alone_stays),
	    cmocka_unit_test(the_figure_is_of_the_fresh_launches),
	    cmocka_unit_test(launches_that_differ_more_than_their_slots),
	    cmocka_unit_test(launches_of_quickest_turns_are_counted),
	    cmocka_unit_test(interrupted_is_not_out_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
