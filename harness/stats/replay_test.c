/*
 * replay_test.c - the gate's statistics on noise recorded on a real machine (traces/README.md). The
 * seeds are fixed, so the counts are. Full traces, other rules and other changes:
 * scripts/experiments/replay.sh.
 */
#include "harness/stats/trace_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define TRACES "harness/stats/traces/"
#define WINDOWS 400
/* Wilson's 95 % upper limit of 0 in 400 is 0.95 %, of 1 it is 1.4 %. */
#define FALSE_MAX 0
/* Lower limit of 388 in 400 is 94.8 %. */
#define POWER_MIN 388

/* Pairs of 100 ms and what they need beside: about 32 in 5 s, and half of that to confirm. */
static const struct trace_plan ours = {.pair_ms = 100.0, .find = 32, .confirm = 16};

struct tally {
	unsigned said[VERDICT_COUNT];
};

static struct tally replay(const char *name, const struct trace_plan *plan)
{
	const unsigned all = plan->find + plan->confirm;
	struct tally t = {{0}};
	struct trace trace;
	uint64_t rng = 5;
	char path[128];

	(void)snprintf(path, sizeof(path), TRACES "%s.csv", name);
	if (trace_read(path, &trace) != 0)
		fail_msg("%s cannot be read; run from the project's root", path);
	for (unsigned i = 0; i < WINDOWS; i++) {
		/* Blocks need as many launches again, for head. */
		const size_t first = plan->blocks ? 0 : trace_window(&trace, all, &rng);
		enum verdict v;

		assert_int_equal(trace_gate(&trace, first, plan, &rng, &v, NULL), 0);
		t.said[v]++;
	}
	trace_free(&trace);
	print_message("%-27s %4.1f %%: %3u same %3u slower %3u faster %3u unsure of %u\n", name,
	    100 * plan->slowdown, t.said[VERDICT_SAME], t.said[VERDICT_SLOWER],
	    t.said[VERDICT_FASTER], t.said[VERDICT_UNSURE], WINDOWS);
	return t;
}

static const char *const calm[] = {"cpu_hash", "mutex_cross_core", "pipe_processes"};

static void nothing_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct tally t = replay(calm[i], &ours);

		assert_in_range(t.said[VERDICT_SLOWER] + t.said[VERDICT_FASTER], 0, FALSE_MAX);
	}
}

static void a_change_is_seen(void **state)
{
	struct trace_plan p = ours;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct tally t;

		p.slowdown = 0.02;
		t = replay(calm[i], &p);
		assert_in_range(t.said[VERDICT_SLOWER], POWER_MIN, WINDOWS);
		p.slowdown = 0.01;
		t = replay(calm[i], &p);
		/* Between cores the wake-up itself varies: the rest is unsure. */
		assert_in_range(t.said[VERDICT_SLOWER],
		    strcmp(calm[i], "mutex_cross_core") == 0 ? WINDOWS * 65 / 100
							     : WINDOWS * 9 / 10,
		    WINDOWS);
		assert_int_equal(t.said[VERDICT_FASTER], 0);
	}
}

/* A quarter of an hour later a core was disturbed every few milliseconds: slots vary by half. */
static void too_noisy_is_unsure(void **state)
{
	struct trace_plan p = ours;
	struct tally t = replay("mutex_cross_core_disturbed", &p);

	(void)state;
	assert_in_range(t.said[VERDICT_SLOWER] + t.said[VERDICT_FASTER], 0, FALSE_MAX);
	assert_in_range(t.said[VERDICT_UNSURE], POWER_MIN, WINDOWS);
	p.slowdown = 0.02;
	t = replay("mutex_cross_core_disturbed", &p);
	assert_in_range(t.said[VERDICT_SAME] + t.said[VERDICT_FASTER], 0, FALSE_MAX);
}

/* Base's block first, then head's, slots as replicates: the same bound must not hold. */
static void blocks_cry_wolf(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct trace_plan p = {
		    .pair_ms = 100.0, .find = 20, .confirm = 10, .blocks = true};
		const struct tally t = replay(calm[i], &p);

		wrong += t.said[VERDICT_SLOWER] + t.said[VERDICT_FASTER];
	}
	assert_in_range(wrong, WINDOWS / 2, 3 * WINDOWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_changed),
	    cmocka_unit_test(a_change_is_seen),
	    cmocka_unit_test(too_noisy_is_unsure),
	    cmocka_unit_test(blocks_cry_wolf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
