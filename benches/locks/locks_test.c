/* locks_test.c - the locks' family: what it refuses, lays out, counts and reports. That every lock
 * excludes, and that broken ones are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include <concbench/lock.h>

#include <stdlib.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
#define TRIALS 4

/* One worker alone: the very first acquisition is from nobody, and no lock is ever found held. */
static void nobody_contends_alone(void **unused)
{
	unsigned locks = 0;

	(void)unused;
	for (size_t i = 0; i < kinds.count; i++) {
		const struct kind *k = &kinds.item[i];
		struct subject s;
		char name[100];
		double value;

		if (strcmp(k->family->name, "lock") != 0 || !kind_listed(k) ||
		    (k->self->flags & CB_REFERENCE))
			continue;
		(void)snprintf(name, sizeof(name), "lock/%s/model:thread/workers:1", k->name);
		begin(&s, name);
		for (unsigned t = 0; t < TRIALS; t++) {
			right_trial(&s, WINDOW_NS);
			assert_true(metric_get(&s.sample.metrics, "handoff_share", &value));
			assert_int_equal(value > 0.0, t == 0);
			if (metric_get(&s.sample.metrics, "contended_share", &value))
				assert_true(value <= 0.0);
		}
		end(&s);
		locks++;
	}
	assert_true(locks >= 7);
}

/* 100 operations more, with so many hand-offs among them, and so many held of 50 tried. */
static struct metric_set report_more(struct subject *s, uint64_t handoffs, uint64_t held)
{
	struct cb_lock_state *st = s->team.env.state;
	struct metric_set metrics = {0};

	st->worker[0].written += 40;
	st->worker[1].written += 60;
	st->worker[0].handoffs += handoffs / 2;
	st->worker[1].handoffs += handoffs - handoffs / 2;
	st->worker[0].tried += 20;
	st->worker[1].tried += 30;
	st->worker[1].found_held += held;
	st->worker[0].gave_up += held;
	(void)report(s, &metrics, "handoff_share");
	return metrics;
}

static void metrics_are_of_one_trial(void **unused)
{
	struct metric_set metrics;
	struct subject s;

	(void)unused;
	begin(&s, "lock/pthread_mutex/model:thread/workers:2/wait_ns:1000");
	metrics = report_more(&s, 75, 10);
	assert_float_equal(report(&s, &metrics, "handoff_share"), 0.75, 1e-6);
	assert_float_equal(report(&s, &metrics, "contended_share"), 0.2, 1e-6);
	assert_float_equal(report(&s, &metrics, "gave_up_per_op"), 0.1, 1e-6);
	/* Not what has come together since the beginning. */
	metrics = report_more(&s, 1, 0);
	assert_float_equal(report(&s, &metrics, "handoff_share"), 0.01, 1e-6);
	assert_float_equal(report(&s, &metrics, "contended_share"), 0.0, 1e-6);
	assert_float_equal(report(&s, &metrics, "gave_up_per_op"), 0.0, 1e-6);
	end(&s);
}

static void times_become_turns(void **unused)
{
	const struct cb_lock_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "lock/none/model:thread/workers:1/hold_ns:1/think_ns:1000000");
	st = s.team.env.state;
	assert_true(st->hold_turns >= 1);
	assert_true(st->think_turns > st->hold_turns);
	end(&s);
	begin(&s, "lock/none/model:thread/workers:1");
	st = s.team.env.state;
	assert_int_equal(st->hold_turns, 0);
	assert_int_equal(st->think_turns, 0);
	end(&s);
}

/* The check sums up what it has to: each count is missed. */
static void accounts_have_to_agree(void **unused)
{
	struct cb_lock_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "lock/pthread_mutex/model:thread/workers:2/locks:2");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	st->section[1].counter--;
	wrong(&s, check(&s), "not exclusive: ");
	st->section[1].counter++;
	st->worker[1].violations++;
	wrong(&s, check(&s), "met inside 1 times");
	st->worker[1].violations--;
	s.team.done[0]++;
	wrong(&s, check(&s), "sections entered, but ");
	s.team.done[0]--;
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* Each of several locks is taken, and each has its own memory and its own section. */
static void several_locks_are_apart(void **unused)
{
	const struct cb_lock_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "lock/pthread_mutex/model:thread/workers:2/locks:8");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	assert_int_equal(st->locks, 8);
	assert_true(st->lock_stride >= sizeof(pthread_mutex_t));
	assert_int_equal(st->lock_stride % CB_ALIGN, 0);
	assert_int_equal((uintptr_t)st->lock % CB_ALIGN, 0);
	for (unsigned i = 0; i < 8; i++)
		assert_true(st->section[i].counter > 0);
	end(&s);
}

/* So many of the acquisitions write, and no more. */
static void readers_do_not_write(void **unused)
{
	static const struct {
		const char *name;
		double least, most;
	} shares[] = {{"lock/pthread_rwlock/model:thread/workers:2/read_pct:100", 0.0, 0.0},
	    {"lock/pthread_rwlock/model:thread/workers:2/read_pct:50", 0.3, 0.7},
	    {"lock/pthread_rwlock/model:thread/workers:2", 1.0, 1.0}};

	(void)unused;
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		const struct cb_lock_state *st;
		struct subject s;
		double written, done;

		begin(&s, shares[i].name);
		right_trial(&s, WINDOW_NS);
		st = s.team.env.state;
		written = (double)(st->worker[0].written + st->worker[1].written);
		done = (double)(s.team.done[0] + s.team.done[1]);
		assert_true(done > 0.0);
		assert_true(written >= shares[i].least * done);
		assert_true(written <= shares[i].most * done);
		end(&s);
	}
}

/* A reader that sees another count than before has met a writer. */
static void a_reader_sees_a_writer(void **unused)
{
	struct cb_lock_state st = {0};
	struct cb_lock_worker own = {0};
	struct cb_section section = {.counter = 5, .owner = 2};

	(void)unused;
	cb_lock_section_shared(&st, &section, &own);
	assert_int_equal(own.violations, 0);
	section.owner |= 1;
	cb_lock_section_shared(&st, &section, &own);
	assert_int_equal(own.violations, 1);
}

static void count_up(void *arg)
{
	(*(unsigned *)arg)++;
}

/* Who has not come for a while is taken off the combiner's list, and comes back: else it would wait
 * here for ever. */
static void who_comes_rarely_is_served(void **unused)
{
	const struct cb_lock *impl = cb_kind_find("lock", "flat_combining")->impl;
	const struct cb_case c = {.workers = 3};
	const size_t bytes = impl->lock_size(&c);
	void *lock = aligned_alloc(CB_ALIGN, bytes);
	const uint32_t stop = 0;
	unsigned ran[3] = {0};

	(void)unused;
	assert_non_null(lock);
	memset(lock, 0, bytes);
	for (unsigned i = 0; i < 10000; i++) {
		/* The last of the list, one in its middle, and its head. */
		const unsigned rare = i < 3 ? i : i % 1000 == 0 ? 0 : i % 1500 == 0 ? 1 : 2;
		struct cb_worker w = {.ops = NULL, .stop = &stop, .index = rare, .count = 3};

		impl->ops->run(lock, NULL, &w, count_up, &ran[rare]);
		assert_int_equal(ran[0] + ran[1] + ran[2], i + 1);
	}
	assert_true(ran[0] >= 10 && ran[1] >= 3);
	free(lock);
}

static void what_cannot_be_is_declined(void **unused)
{
	static const struct {
		const char *name, *why;
	} bad[] = {
	    {"lock/pthread_mutex/locks:3", "locks:3 is not a power of two"},
	    {"lock/ck_mcs/read_pct:50", "no shared acquire"},
	    {"lock/ck_mcs/wait_ns:1000", "no timed acquire"},
	    {"lock/ck_mcs/model:coroutine/workers:2", "stops its carrier"},
	    {"lock/flat_combining/model:process/workers:2", "on another's stack"},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(strstr(parse(bad[i].name, &bc), bad[i].why));
		assert_true(bc.declined);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_contends_alone),
	    cmocka_unit_test(metrics_are_of_one_trial),
	    cmocka_unit_test(times_become_turns),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(several_locks_are_apart),
	    cmocka_unit_test(readers_do_not_write),
	    cmocka_unit_test(a_reader_sees_a_writer),
	    cmocka_unit_test(who_comes_rarely_is_served),
	    cmocka_unit_test(what_cannot_be_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
