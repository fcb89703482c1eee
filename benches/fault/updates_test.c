/* updates_test.c - how many additions get lost, and that none does where somebody sees to it. That
 * those who lose some all the same are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/fault/million.h"

/* Coroutines of one carrier: which are lost is no chance. */
static void what_is_lost_is_the_share(void **unused)
{
	static const struct {
		const char *name;
		double least, most;
	} rows[] = {
	    {"fault/lost_updates/model:coroutine/workers:2/update:plain", 0.0, 0.0},
	    {"fault/lost_updates/model:coroutine/workers:2/update:atomic", 0.0, 0.0},
	    {"fault/lost_updates/model:coroutine/workers:2/update:mutex", 0.0, 0.0},
	    /* Each of W reads, and all write the same. */
	    {"fault/lost_updates/model:coroutine/workers:2/update:yield", 0.45, 0.55},
	    {"fault/lost_updates/model:coroutine/workers:4/update:yield", 0.70, 0.80},
	    {"fault/lost_updates/model:thread/workers:1/update:plain", 0.0, 0.0},
	    {"fault/lost_updates/model:thread/workers:2/update:atomic", 0.0, 0.0},
	    {"fault/lost_updates/model:process/workers:2/update:mutex", 0.0, 0.0},
	    {"fault/lost_updates/model:thread/workers:2/update:plain", 0.0, 1.0},
	    {"fault/lost_updates/model:process/workers:2/update:plain", 0.0, 1.0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct subject s;

		begin(&s, rows[i].name);
		/* Of each trial by itself. */
		for (unsigned t = 0; t < 3; t++) {
			double share = -1.0;

			right_trial(&s, 20 * CLOCK_NS_PER_MS);
			assert_true(metric_get(&s.sample.metrics, "lost_share", &share));
			if (!(share >= rows[i].least && share <= rows[i].most))
				fail_msg("%s: %g", rows[i].name, share);
		}
		end(&s);
	}
}

static void no_update_is_made_up_or_lost_unseen(void **unused)
{
	static const char *const names[] = {
	    "fault/lost_updates/model:thread/workers:2/update:atomic",
	    "fault/lost_updates/model:thread/workers:2/update:mutex",
	    "fault/lost_updates/model:coroutine/workers:2/update:plain"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct subject s;

		begin(&s, names[i]);
		right_trial(&s, 5 * CLOCK_NS_PER_MS);
		s.team.done[0]++;
		wrong(&s, check(&s), "none may be lost, or made up");
		s.team.done[0] -= 2;
		wrong(&s, check(&s), "none may be lost, or made up");
		s.team.done[0]++;
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

/* Of the counter's two millions, trial by trial; each row once, in both directions. */
static void a_million_is_counted_to_the_last(void **unused)
{
	static const struct {
		const char *name;
		double least, most;
	} rows[] = {
	    {"fault/million/model:coroutine/workers:2/update:plain", 0.0, 0.0},
	    {"fault/million/model:coroutine/workers:2/update:mutex", 0.0, 0.0},
	    /* Each reads, and both write the same. */
	    {"fault/million/model:coroutine/workers:2/update:yield", 0.499, 0.501},
	    {"fault/million/model:thread/workers:2/update:atomic", 0.0, 0.0},
	    {"fault/million/model:process/workers:2/update:mutex", 0.0, 0.0},
	    {"fault/million/model:thread/workers:1/update:plain", 0.0, 0.0},
	    {"fault/million/model:thread/workers:2/update:plain", 0.0, 1.0},
	    {"fault/million/model:process/workers:2/update:plain", 0.0, 1.0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool may_lose = rows[i].most > 0.0;
		struct million_state *st;
		struct subject s;
		double share = -1.0, ns = 0.0;
		uint64_t all;

		begin(&s, rows[i].name);
		st = s.team.env.state;
		all = (uint64_t)s.bc.pub.workers * MILLION;
		right_trial(&s, 0);
		assert_true(metric_get(&s.sample.metrics, "lost_share", &share));
		assert_true(metric_get(&s.sample.metrics, "addition_ns", &ns) && ns > 0.0);
		if (!(share >= rows[i].least && share <= rows[i].most))
			fail_msg("%s: %g", rows[i].name, share);
		assert_true(st->value == all - (uint64_t)(share * (double)all + 0.5));
		st->value = all - 1;
		if (may_lose)
			assert_int_equal(check(&s), 0);
		else
			wrong(&s, check(&s), "none may be lost, or made up");
		st->value = all + 1;
		wrong(&s, check(&s), "none may be lost, or made up");
		st->value = all;
		st->worker[0].added--;
		wrong(&s, check(&s), "worker 0 has added 999999 times, not 1000000");
		end(&s);
	}
	/* Where it is only checked that they can, those of the kernel's give way less often. */
	for (unsigned checking = 0; checking < 2; checking++) {
		const struct million_state *st;
		struct subject s;

		begin(&s, "fault/million/model:coroutine/workers:2/update:yield");
		s.team.env.checking = checking;
		st = s.team.env.state;
		right_trial(&s, 0);
		assert_int_equal(st->due, MILLION);
		end(&s);
	}
	for (unsigned workers = 2; workers <= 3; workers++) {
		const struct million_state *st;
		struct subject s;
		char name[80];

		(void)snprintf(name, sizeof(name),
		    "fault/million/model:thread/workers:%u/update:yield", workers);
		begin(&s, name);
		s.team.env.checking = true;
		st = s.team.env.state;
		right_trial(&s, 0);
		assert_int_equal(st->due, MILLION_CHECKED);
		assert_true(st->value <= (uint64_t)workers * MILLION_CHECKED);
		end(&s);
	}
}

/* Of an earlier trial's nothing is in there, and who reports changes nothing. */
static void shares_are_of_one_trial(void **unused)
{
	struct metric_set metrics = {0};
	struct updates_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "fault/lost_updates/model:thread/workers:2/update:plain");
	st = s.team.env.state;
	for (unsigned t = 0; t < 3; t++) {
		const uint64_t done = s.team.done[0] + s.team.done[1];

		for (unsigned i = 0; i < 2; i++)
			s.team.load->enter(subject_worker(&s, i), st);
		/* Of 80 additions 20 are lost, then 40 of 160, 80 of 320. */
		s.team.done[0] += UINT64_C(80) << t;
		st->value += UINT64_C(60) << t;
		assert_int_equal(check(&s), 0);
		assert_int_equal(check(&s), 0);
		for (unsigned again = 0; again < 2; again++) {
			metrics.count = 0;
			assert_float_equal(report(&s, &metrics, "lost_share"), 0.25, 1e-9);
		}
		assert_int_equal(st->done_before, done);
	}
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_lost_is_the_share),
	    cmocka_unit_test(no_update_is_made_up_or_lost_unseen),
	    cmocka_unit_test(shares_are_of_one_trial),
	    cmocka_unit_test(a_million_is_counted_to_the_last),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
