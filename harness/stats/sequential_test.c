/* sequential_test.c - a case from its first launch to its verdict. */
#include "harness/stats/verdict.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void near(double got, double want, double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%.15g instead of %.15g", got, want);
}

/* @n launches around @pct %, @spread_pct to both sides in turn, none quite equal. */
static void add(struct sequential *s, unsigned n, double pct, double spread_pct)
{
	for (unsigned i = 0; i < n; i++) {
		const double side = i % 2 ? 1.0 : -1.0;
		const struct launch_ratio l = {
		    .log_ratio =
			log1p(pct / 100) + side * spread_pct / 100 * (1.0 - 0.01 * (i / 2)),
		    .predicted_sd = spread_pct / 100,
		    .quartets = 5};

		assert_int_equal(sequential_add(s, &l), 0);
	}
}

static void same_ends_at_the_first_look(void **state)
{
	struct sequential s;

	(void)state;
	sequential_begin(&s, 0.01);
	add(&s, looks_launches(0) - 1, 0.0, 0.5);
	assert_false(s.ended);
	add(&s, 1, 0.0, 0.5);
	assert_true(s.ended);
	assert_int_equal(s.verdict, VERDICT_SAME);
	/* Nothing after the end. */
	add(&s, 50, 9.0, 0.5);
	assert_int_equal(s.count, looks_launches(0));
	assert_int_equal(s.verdict, VERDICT_SAME);
	sequential_free(&s);
}

static void a_change_is_found_and_confirmed(void **state)
{
	static const double pct[] = {3.0, -3.0};
	static const enum verdict want[] = {VERDICT_SLOWER, VERDICT_FASTER};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct sequential s;
		struct evidence e;

		sequential_begin(&s, 0.01);
		add(&s, looks_launches(0), pct[i], 0.5);
		assert_false(s.ended);
		assert_int_equal(s.flagged, want[i]);
		assert_int_equal(s.verdict, VERDICT_UNSURE);
		assert_int_equal(s.pass, 1);
		assert_int_equal(sequential_estimate(&s, &e), 0);
		near(e.log_ratio.estimate, log1p(pct[i] / 100), 1e-3);
		near(e.alpha, looks_alpha(0), 0.0);
		add(&s, looks_launches(0), pct[i] / 2, 0.5);
		assert_true(s.ended);
		assert_int_equal(s.verdict, want[i]);
		/* Over the launches that confirmed it, not those that were selected for it. */
		assert_int_equal(sequential_estimate(&s, &e), 0);
		assert_int_equal(e.launches, looks_launches(0));
		near(e.log_ratio.estimate, log1p(pct[i] / 200), 1e-3);
		near(e.alpha, CONFIRM_ALPHA, 0.0);
		sequential_free(&s);
	}
}

static void a_change_that_does_not_return_is_unsure(void **state)
{
	struct sequential s;

	(void)state;
	sequential_begin(&s, 0.01);
	add(&s, looks_launches(0), 3.0, 0.5);
	add(&s, looks_launches(0), 0.0, 0.5);
	assert_true(s.ended);
	assert_int_equal(s.verdict, VERDICT_UNSURE);
	assert_int_equal(s.flagged, VERDICT_SLOWER);
	sequential_free(&s);
	/* The contrary is no confirmation either. */
	sequential_begin(&s, 0.01);
	add(&s, looks_launches(0), 3.0, 0.5);
	add(&s, looks_launches(0), -3.0, 0.5);
	assert_true(s.ended);
	assert_int_equal(s.verdict, VERDICT_UNSURE);
	sequential_free(&s);
}

static void looks_run_out(void **state)
{
	struct sequential s;

	(void)state;
	sequential_begin(&s, 0.01);
	add(&s, looks_launches(LOOKS - 1) - 1, 0.9, 20.0);
	assert_false(s.ended);
	assert_int_equal(s.look, LOOKS - 1);
	add(&s, 1, 0.9, 20.0);
	assert_true(s.ended);
	assert_int_equal(s.verdict, VERDICT_UNSURE);
	sequential_free(&s);
}

static void time_runs_out(void **state)
{
	struct sequential s;
	struct evidence e;

	(void)state;
	/* Too few: nothing is said, and nothing is spent. */
	sequential_begin(&s, 0.01);
	add(&s, looks_launches(0) - 1, 9.0, 0.1);
	assert_int_equal(sequential_finish(&s), 0);
	assert_int_equal(s.look, 0);
	assert_int_equal(s.flagged, VERDICT_UNSURE);
	assert_int_equal(sequential_estimate(&s, &e), -EINVAL);
	near(sequential_p(&s), 1.0, 0.0);
	sequential_free(&s);

	/* Between two looks: at the price of the next. */
	sequential_begin(&s, 0.01);
	add(&s, looks_launches(0), 1.0, 2.0);
	add(&s, 5, 1.0, 2.0);
	assert_int_equal(s.look, 1);
	assert_int_equal(sequential_finish(&s), 0);
	assert_int_equal(s.look, 2);
	near(s.evidence[0].alpha, looks_alpha(1), 0.0);
	/* Again with nothing new: nothing is spent. */
	assert_int_equal(sequential_finish(&s), 0);
	assert_int_equal(s.look, 2);
	sequential_free(&s);

	/* Found when time was up: fresh launches may still confirm it, from CONFIRM_LAUNCHES on. */
	sequential_begin(&s, 0.01);
	add(&s, looks_launches(0), 2.0, 2.01);
	add(&s, 8, 4.0, 0.1);
	assert_int_equal(sequential_finish(&s), 0);
	assert_int_equal(s.flagged, VERDICT_SLOWER);
	assert_int_equal(s.pass, 1);
	assert_false(s.ended);
	add(&s, CONFIRM_LAUNCHES - 1, 3.0, 0.1);
	assert_int_equal(sequential_finish(&s), 0);
	assert_false(s.ended);
	assert_int_equal(s.verdict, VERDICT_UNSURE);
	add(&s, 1, 3.0, 0.1);
	assert_int_equal(sequential_finish(&s), 0);
	assert_true(s.ended);
	assert_int_equal(s.verdict, VERDICT_SLOWER);
	sequential_free(&s);
}

/* A launch that is no number would spoil every look after it. */
static void no_number_is_not_added(void **state)
{
	const struct launch_ratio nan = {.log_ratio = (double)NAN};
	const struct launch_ratio infinite = {.log_ratio = -(double)INFINITY};
	struct sequential s;

	(void)state;
	sequential_begin(&s, 0.01);
	assert_int_equal(sequential_add(&s, &nan), -EINVAL);
	assert_int_equal(sequential_add(&s, &infinite), -EINVAL);
	assert_int_equal(s.count, 0);
	add(&s, looks_launches(0), 0.0, 0.5);
	assert_int_equal(s.verdict, VERDICT_SAME);
	sequential_free(&s);
}

/*
 * Every pair of looks: found at one, confirmed at another. Launches as far apart as can be leave a
 * look without a verdict; then all lie where the change is.
 */
static void found_and_confirmed_at_any_look(void **state)
{
	(void)state;
	for (unsigned found = 0; found < LOOKS; found++) {
		for (unsigned confirmed = 0; confirmed < LOOKS; confirmed++) {
			const unsigned wide[] = {found ? looks_launches(found - 1) : 0,
			    confirmed ? looks_launches(confirmed - 1) : 0};
			const unsigned all[] = {looks_launches(found), looks_launches(confirmed)};
			struct sequential s;

			sequential_begin(&s, 0.01);
			for (unsigned pass = 0; pass < 2; pass++) {
				assert_int_equal(s.pass, pass);
				assert_int_equal(s.count - s.first, 0);
				/* Up by more than down, so that rank sums tip over in time. */
				add(&s, wide[pass], 1.5, pass ? 30.0 : 2.0);
				assert_int_equal(s.pass, pass);
				assert_false(s.ended);
				add(&s, all[pass] - wide[pass], 50.0, 0.1);
			}
			assert_true(s.ended);
			assert_int_equal(s.verdict, VERDICT_SLOWER);
			assert_int_equal(s.count, all[0] + all[1]);
			assert_int_equal(s.evidence[0].launches, all[0]);
			assert_int_equal(s.evidence[1].launches, all[1]);
			near(s.evidence[0].alpha, looks_alpha(found), 0.0);
			near(s.evidence[1].alpha, CONFIRM_ALPHA, 0.0);
			sequential_free(&s);
		}
	}
}

/* scipy.stats.combine_pvalues([0.001, 0.02])[1] == 0.00023639556568820564; [0.3, 0.04] likewise */
static void p_of_both_passes(void **state)
{
	struct sequential s;

	(void)state;
	sequential_begin(&s, 0.01);
	near(sequential_p(&s), 1.0, 0.0);
	s.evidence[0] = (struct evidence){.p = 0.001, .launches = 11};
	near(sequential_p(&s), 0.001, 0.0);
	s.evidence[1] = (struct evidence){.p = 0.02, .launches = 11};
	near(sequential_p(&s), 0.00023639556568820564, 1e-15);
	s.evidence[0].p = 0.3;
	s.evidence[1].p = 0.04;
	near(sequential_p(&s), 0.06507418355032964, 1e-12);
	s.evidence[0].p = 0.0;
	near(sequential_p(&s), 0.0, 0.0);
	sequential_free(&s);
}

static void a_suite_takes_back_what_is_to_be_expected(void **state)
{
	enum verdict v[20];
	double p[20];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		v[i] = VERDICT_SAME;
		p[i] = 0.5;
	}
	v[3] = VERDICT_SLOWER;
	p[3] = 0.004; /* alone above 0.05 / 20 */
	v[7] = VERDICT_FASTER;
	p[7] = 0.0001;
	assert_int_equal(verdicts_control(v, p, 20, 0.05), 0);
	assert_int_equal(v[3], VERDICT_SLOWER);
	p[7] = 0.5;
	assert_int_equal(verdicts_control(v, p, 20, 0.05), 2);
	assert_int_equal(v[3], VERDICT_UNSURE);
	assert_int_equal(v[7], VERDICT_UNSURE);
	assert_int_equal(v[0], VERDICT_SAME);
	assert_int_equal(verdicts_control(v, p, 0, 0.05), 0);
}

/* For a suite that wants to be surer: to the next look, which counts. */
static void a_confirmed_change_is_measured_on(void **state)
{
	static const struct {
		double pct; /* of the further launches */
		enum verdict want;
	} further[] = {{3.0, VERDICT_SLOWER}, {-3.0, VERDICT_UNSURE}};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct sequential s;
		double p;

		sequential_begin(&s, 0.01);
		add(&s, looks_launches(0), 3.0, 0.5);
		assert_false(sequential_reopen(&s));
		add(&s, looks_launches(0), 3.0, 0.5);
		assert_int_equal(s.verdict, VERDICT_SLOWER);
		p = sequential_p(&s);
		/* Without a further launch nothing is lost. */
		assert_true(sequential_reopen(&s));
		assert_false(s.ended);
		assert_int_equal(sequential_finish(&s), 0);
		assert_true(s.ended);
		assert_int_equal(s.verdict, VERDICT_SLOWER);
		near(sequential_p(&s), p, 0.0);
		assert_true(sequential_reopen(&s));
		add(&s, looks_launches(1) - looks_launches(0) - 1, further[i].pct, 0.5);
		assert_false(s.ended);
		add(&s, 1, further[i].pct, 0.5);
		if (further[i].want == VERDICT_UNSURE)
			assert_int_equal(sequential_finish(&s), 0);
		assert_int_equal(s.verdict, further[i].want);
		if (further[i].want == VERDICT_SLOWER)
			assert_true(sequential_p(&s) < p / 10);
		sequential_free(&s);
	}
}

/* Time that ends between two looks: with what there is; and after the last look there is none. */
static void measuring_on_ends(void **state)
{
	struct sequential s;

	(void)state;
	sequential_begin(&s, 0.01);
	add(&s, 2 * looks_launches(0), 3.0, 0.5);
	assert_true(sequential_reopen(&s));
	add(&s, 3, 3.0, 0.5);
	assert_int_equal(sequential_finish(&s), 0);
	assert_int_equal(s.verdict, VERDICT_SLOWER);
	assert_int_equal(s.evidence[1].launches, looks_launches(0) + 3);
	for (unsigned i = 0; i < LOOKS && sequential_reopen(&s); i++)
		add(&s, 100, 3.0, 0.5);
	assert_true(s.ended);
	assert_int_equal(s.verdict, VERDICT_SLOWER);
	assert_true(s.count - s.first <= looks_launches(LOOKS - 1));
	assert_false(sequential_reopen(&s));
	sequential_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(same_ends_at_the_first_look),
	    cmocka_unit_test(a_change_is_found_and_confirmed),
	    cmocka_unit_test(a_change_that_does_not_return_is_unsure),
	    cmocka_unit_test(looks_run_out),
	    cmocka_unit_test(time_runs_out),
	    cmocka_unit_test(no_number_is_not_added),
	    cmocka_unit_test(found_and_confirmed_at_any_look),
	    cmocka_unit_test(p_of_both_passes),
	    cmocka_unit_test(a_confirmed_change_is_measured_on),
	    cmocka_unit_test(measuring_on_ends),
	    cmocka_unit_test(a_suite_takes_back_what_is_to_be_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
