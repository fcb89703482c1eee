/* shift_test.c - gates of figures that are no times, played: what is the same is not called, what
 * has shifted is, on every scale. The seeds are fixed, so the counts are. */
#include "harness/stats/verdict.h"

#include "harness/base/random.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define QUARTETS 6
#define WORTH 1000.0
#define FIND 40
#define CONFIRM 20
#define GATES 300

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) <= 1e-12 + 1e-9 * fabs(b)))
		fail_msg("%.17g is not %.17g", a, b);
}

static void fill(struct quartet *q, double base, double head)
{
	for (unsigned i = 0; i < QUARTETS; i++)
		for (unsigned k = 0; k < QUARTET_PAIRS; k++) {
			q[i].base_ns[k] = base;
			q[i].head_ns[k] = head;
		}
}

static void a_launch_on_each_scale(void **state)
{
	struct quartet q[QUARTETS];
	struct launch_ratio l, time;

	(void)state;
	fill(q, 4096, 8192);
	assert_int_equal(launch_shift_of(CB_RATIO, 0, q, QUARTETS, &l), 0);
	assert_near(l.log_ratio, log(2));
	assert_int_equal(launch_ratio_of(q, QUARTETS, &time), 0);
	assert_near(time.log_ratio, l.log_ratio);
	fill(q, -20, 30);
	assert_int_equal(launch_shift_of(CB_RATIO, 0, q, QUARTETS, &l), -EINVAL);
	assert_int_equal(launch_shift_of(CB_DIFFERENCE, WORTH, q, QUARTETS, &l), 0);
	assert_near(l.log_ratio, 50 / WORTH);
	assert_int_equal(launch_shift_of(CB_SHARE, 0, q, QUARTETS, &l), -EINVAL);
	/* One turn of twelve that lost all is in the mean, and would be in no median. */
	fill(q, 0, 0);
	q[3].head_ns[1] = 1;
	assert_int_equal(launch_shift_of(CB_OUTCOME, 0, q, QUARTETS, &l), 0);
	assert_near(l.log_ratio, 1.0 / 12);
	assert_near(l.share[0], 0);
	assert_near(l.share[1], 1.0 / 12);
	assert_false(l.quickest);
	assert_int_equal(launch_shift_of(CB_OUTCOME, 0, q, 0, &l), -EINVAL);
}

/* What disturbs may take from a figure as well as add: the quickest turns are of times only. */
static void no_figure_but_time_goes_by_its_quickest(void **state)
{
	uint64_t rng = 5;
	struct quartet q[24];
	struct launch_ratio time, bytes;

	(void)state;
	for (unsigned i = 0; i < 24 * QUARTET_PAIRS * 2; i++) {
		struct quartet *of = &q[i / 4];
		double *turn = i & 1 ? &of->head_ns[i >> 1 & 1] : &of->base_ns[i >> 1 & 1];
		const bool disturbed = random_uniform(&rng) < 0.6;

		*turn = 100 * (1 + random_uniform(&rng) * (disturbed ? 2 : 0.001));
	}
	assert_int_equal(launch_ratio_of(q, 24, &time), 0);
	assert_int_equal(launch_shift_of(CB_RATIO, 0, q, 24, &bytes), 0);
	assert_true(time.quickest);
	assert_false(bytes.quickest);
	assert_near(time.middle, bytes.log_ratio);
}

/* ---- whole gates ---- */

struct world {
	const char *name;
	enum cb_scale scale;
	double level;  /* of base */
	double spread; /* of a launch around it: of a share a part of it */
	double bad;    /* one launch in ten of a share is that instead; 0 none */
};

static const struct world worlds[] = {
    {"lateness", CB_DIFFERENCE, 3, 10, 0},
    {"drift below zero", CB_DIFFERENCE, -500, 10, 0},
    {"bytes", CB_RATIO, 4096, 40, 0},
    {"share", CB_SHARE, 0.3, 0.02, 0},
    {"rare loss", CB_SHARE, 0.002, 0.5, 0},
    {"no loss", CB_SHARE, 0, 0, 0},
    {"bad launches", CB_SHARE, 0.001, 0, 0.5},
    {"survivors", CB_OUTCOME, 0.98, 0, 0},
    {"coin", CB_OUTCOME, 0.5, 0, 0},
};

#define WORLDS (sizeof(worlds) / sizeof(worlds[0]))

/* A side's turns in one launch. */
static void side(const struct world *w, double level, uint64_t *rng, struct quartet *q, bool head)
{
	double launch = level + w->spread * random_normal(rng);

	if (w->scale == CB_SHARE || w->scale == CB_OUTCOME) {
		launch = level * (1 + w->spread * random_normal(rng));
		launch = fmin(1, fmax(0, launch));
		if (w->bad > 0 && random_uniform(rng) < 0.1)
			launch = w->bad;
	}
	for (unsigned i = 0; i < QUARTETS * QUARTET_PAIRS; i++) {
		double *turn = head ? &q[i / 2].head_ns[i % 2] : &q[i / 2].base_ns[i % 2];
		double lost = 0;

		switch (w->scale) {
		case CB_OUTCOME:
			*turn = random_uniform(rng) < launch;
			break;
		case CB_SHARE:
			/* Of 200 tries in a turn. */
			for (unsigned k = 0; k < 200; k++)
				lost += random_uniform(rng) < launch;
			*turn = lost / 200;
			break;
		default:
			*turn = launch + w->spread * random_normal(rng);
		}
	}
}

static enum verdict gate(const struct world *w, double shift, uint64_t *rng)
{
	struct quartet q[QUARTETS];
	struct sequential s;
	struct launch_ratio l;
	enum verdict v;

	sequential_begin(&s, 0.01);
	for (unsigned i = 0; !s.ended && i < FIND + CONFIRM; i++) {
		if (i == FIND)
			assert_int_equal(sequential_finish(&s), 0);
		if (i == FIND && s.pass == 0)
			break;
		side(w, w->level, rng, q, false);
		side(w, w->level + shift, rng, q, true);
		assert_int_equal(launch_shift_of(w->scale, WORTH, q, QUARTETS, &l), 0);
		assert_int_equal(sequential_add(&s, &l), 0);
	}
	assert_int_equal(sequential_finish(&s), 0);
	v = s.verdict;
	sequential_free(&s);
	return v;
}

struct tally {
	unsigned of[VERDICT_COUNT];
};

static struct tally gates(const struct world *w, double shift, unsigned n)
{
	uint64_t rng = 20261129;
	struct tally t = {{0}};

	for (unsigned i = 0; i < n; i++)
		t.of[gate(w, shift, &rng)]++;
	print_message("%-16s %+8g: %3u same, %3u more, %3u less, %3u unsure of %u\n", w->name,
	    shift, t.of[VERDICT_SAME], t.of[VERDICT_SLOWER], t.of[VERDICT_FASTER],
	    t.of[VERDICT_UNSURE], n);
	return t;
}

/* Two passes, each at the price of its looks: less than one gate in a thousand. */
static void what_is_the_same_is_not_called(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLDS; i++) {
		const struct tally t = gates(&worlds[i], 0, GATES);

		assert_in_range(t.of[VERDICT_SLOWER] + t.of[VERDICT_FASTER], 0, 1);
	}
}

/* Up and down, by what is well visible; never the wrong way. */
static void what_has_shifted_is(void **state)
{
	static const double shift[WORLDS] = {20, -20, 80, 0.03, 0.02, 0.02, 0.3, -0.3, 0.35};

	(void)state;
	for (size_t i = 0; i < WORLDS; i++) {
		const struct tally t = gates(&worlds[i], shift[i], GATES / 3);
		const enum verdict right = shift[i] > 0 ? VERDICT_SLOWER : VERDICT_FASTER;
		const enum verdict wrong = shift[i] > 0 ? VERDICT_FASTER : VERDICT_SLOWER;

		assert_in_range(t.of[right], GATES / 3 * 9 / 10, GATES / 3);
		assert_int_equal(t.of[wrong], 0);
	}
}

/* A first look at launches without a loss cannot tell that nothing is ever lost: with ranks, which
 * see eleven equal launches, it would say so. More launches can. */
static void nothing_lost_is_not_yet_the_same(void **state)
{
	struct launch_ratio launch[80] = {{0}};
	struct evidence e;

	(void)state;
	for (unsigned i = 0; i < 80; i++)
		launch[i] = (struct launch_ratio){.scale = CB_OUTCOME, .quartets = QUARTETS};
	assert_int_equal(evidence_of(launch, 11, looks_alpha(0), &e), 0);
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_UNSURE);
	assert_int_equal(evidence_of(launch, 80, looks_alpha(3), &e), 0);
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_SAME);
	for (unsigned i = 0; i < 11; i++)
		launch[i].scale = CB_DIFFERENCE;
	assert_int_equal(evidence_of(launch, 11, looks_alpha(0), &e), 0);
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_SAME);
}

static void merit_says_what_more_is(void **state)
{
	(void)state;
	for (int i = 0; i < VERDICT_COUNT; i++) {
		const enum verdict v = (enum verdict)i;

		assert_int_equal(verdict_by_merit(v, CB_LESS), v);
		if (!verdict_is_change(v)) {
			assert_int_equal(verdict_by_merit(v, CB_MORE), v);
			assert_int_equal(verdict_by_merit(v, CB_NEITHER), v);
		}
	}
	assert_int_equal(verdict_by_merit(VERDICT_SLOWER, CB_MORE), VERDICT_FASTER);
	assert_int_equal(verdict_by_merit(VERDICT_FASTER, CB_MORE), VERDICT_SLOWER);
	assert_int_equal(verdict_by_merit(VERDICT_SLOWER, CB_NEITHER), VERDICT_DIFFERS);
	assert_int_equal(verdict_by_merit(VERDICT_FASTER, CB_NEITHER), VERDICT_DIFFERS);
	assert_string_equal(verdict_word(VERDICT_SLOWER, true), "slower");
	assert_string_equal(verdict_word(VERDICT_SLOWER, false), "worse");
	assert_string_equal(verdict_word(VERDICT_FASTER, false), "better");
	assert_string_equal(verdict_word(VERDICT_DIFFERS, false), "differs");
	assert_string_equal(verdict_word(VERDICT_SAME, false), "same");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_launch_on_each_scale),
	    cmocka_unit_test(no_figure_but_time_goes_by_its_quickest),
	    cmocka_unit_test(what_is_the_same_is_not_called),
	    cmocka_unit_test(what_has_shifted_is),
	    cmocka_unit_test(nothing_lost_is_not_yet_the_same),
	    cmocka_unit_test(merit_says_what_more_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
