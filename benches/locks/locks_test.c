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
	st->section[1].word -= CB_SECTION_ONCE;
	wrong(&s, check(&s), "not exclusive: ");
	st->section[1].word += CB_SECTION_ONCE;
	st->worker[1].violations++;
	wrong(&s, check(&s), "met inside 1 times");
	st->worker[1].violations--;
	s.team.done[0]++;
	wrong(&s, check(&s), "sections entered, but ");
	s.team.done[0]--;
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* What comes of deadlines and turns, worker by worker; else the check has to be content. */
static void deadlines_have_to_be_heeded(void **unused)
{
	struct cb_lock_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "lock/pthread_mutex/model:thread/workers:2/wait_ns:1000000000");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	st->checking = true;
	st->late_ns = 1000;
	assert_int_equal(st->worker[0].gave_up + st->worker[1].gave_up, 0);
	st->worker[1].kept_to_end = 19;
	assert_int_equal(check(&s), 0);
	st->worker[1].kept_to_end = 20;
	wrong(&s, check(&s), "20 times it was held to the end of a trial, and nobody gave up");
	st->worker[0].gave_up = 1;
	st->worker[0].least_late_ns = 5000;
	assert_int_equal(check(&s), 0);
	/* The least of few says nothing, and one that is on time is enough. */
	st->worker[0].gave_up = CB_LATE_OF - 1;
	assert_int_equal(check(&s), 0);
	st->worker[0].gave_up = CB_LATE_OF;
	wrong(&s, check(&s), "each at least 5 us after its deadline");
	st->worker[1].gave_up = 1;
	st->worker[1].least_late_ns = 1000;
	assert_int_equal(check(&s), 0);
	/* Figures are not judged by how late they are. */
	st->worker[1].gave_up = 0;
	st->checking = false;
	assert_int_equal(check(&s), 0);
	st->worker[0].early = 1;
	wrong(&s, check(&s), "1 of 50 waits ended without the lock before their deadline");
	end(&s);
}

static void who_gave_up_when_is_noted(void **unused)
{
	struct cb_lock_worker *own;
	struct cb_lock_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "lock/pthread_mutex/model:thread/workers:2/wait_ns:1000");
	st = s.team.env.state;
	own = &st->worker[0];
	cb_lock_gave_up(st, subject_worker(&s, 0), cb_now_ns() + CB_NS_PER_S);
	assert_int_equal(own->early, 1);
	cb_lock_gave_up(st, subject_worker(&s, 0), cb_now_ns() - 10 * CB_NS_PER_S);
	assert_true(own->least_late_ns >= 10 * CB_NS_PER_S);
	cb_lock_gave_up(st, subject_worker(&s, 0), cb_now_ns() - 5 * CB_NS_PER_S);
	assert_true(own->least_late_ns < 10 * CB_NS_PER_S);
	cb_lock_gave_up(st, subject_worker(&s, 0), cb_now_ns() - 20 * CB_NS_PER_S);
	assert_true(own->least_late_ns < 10 * CB_NS_PER_S);
	assert_int_equal(own->gave_up, 4);
	assert_int_equal(own->early, 1);
	end(&s);
}

/* Once may be how it was noted, twice is not; and of others only. */
static void who_is_passed_over_is_counted(void **unused)
{
	struct cb_lock_state *st;
	struct cb_worker *w[2];
	struct subject s;

	(void)unused;
	begin(&s, "lock/pthread_mutex/model:thread/workers:2/hold_ns:100");
	st = s.team.env.state;
	w[0] = subject_worker(&s, 0);
	w[1] = subject_worker(&s, 1);
	right_trial(&s, WINDOW_NS);
	st->in_turn = true;
	for (unsigned times = 0; times < 4; times++) {
		const uint64_t before = st->worker[0].passed_over;

		cb_lock_outside(w[0], st);
		for (unsigned i = 0; i < times; i++) {
			cb_lock_outside(w[1], st);
			cb_lock_inside(w[1], st);
		}
		cb_lock_inside(w[0], st);
		assert_int_equal(st->worker[0].passed_over - before, times >= 2);
	}
	assert_int_equal(st->worker[1].passed_over, 0);
	st->worker[0].passed_over = 8;
	st->worker[1].passed_over = 2;
	st->worker[0].handoffs = 60;
	st->worker[1].handoffs = 40;
	assert_int_equal(check(&s), 0);
	st->worker[1].passed_over = 3;
	wrong(&s, check(&s),
	    "of 100 that had it after another, 11 waited while somebody had it twice");
	/* Of few that says nothing. */
	st->worker[1].handoffs = 39;
	assert_int_equal(check(&s), 0);
	/* Nor of one that does not claim it. */
	st->worker[1].handoffs = 40;
	st->in_turn = false;
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* A promise that cannot be tried is refused. */
static void what_a_lock_promises(void **unused)
{
	struct cb_kind kind = *cb_kind_find("lock", "combining");
	struct cb_lock lock = *(const struct cb_lock *)kind.impl;
	const struct cb_family *f = registry_family("lock", 4);
	char why[160] = "";

	(void)unused;
	assert_true(((const struct cb_lock *)cb_kind_find("lock", "ck_mcs")->impl)->fifo);
	assert_false(((const struct cb_lock *)cb_kind_find("lock", "pthread_mutex")->impl)->fifo);
	kind.impl = &lock;
	assert_int_equal(f->accepts(&kind, why, sizeof(why)), 0);
	lock.fifo = true;
	assert_int_equal(f->accepts(&kind, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "first come, first served is not to be seen"));
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
		assert_true(cb_section_entered(&st->section[i]) > 0);
	end(&s);
}

/* Each line of a section counts every section, and one that does not is missed. */
static void lines_are_touched(void **unused)
{
	struct cb_lock_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "lock/ck_ticket/model:thread/workers:2/lines:4");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(cb_section_entered(&st->section[i]),
		    st->worker[0].written + st->worker[1].written);
	st->section[3].word += CB_SECTION_ONCE;
	wrong(&s, check(&s), "the lines of one section");
	st->section[3].word -= CB_SECTION_ONCE;
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* A batch of each worker, one after the other, all of it inside the window or before it: how many
 * operations touched a line inside, or did not before. */
static uint64_t misplaced_in_a_batch(struct subject *s, bool inside)
{
	struct trial_line *line = s->team.line;
	const struct cb_lock_state *st = s->team.env.state;
	uint64_t touched = 0, written = 0, done = 0;

	atomic_store(&line->close_ns, CB_FOR_EVER);
	atomic_store(&line->open_ns, inside ? 0 : TRIAL_UNKNOWN_NS);
	for (unsigned i = 0; i < 2; i++) {
		const struct cb_lock_worker before = st->worker[i];
		const uint64_t n =
		    s->team.load->batch(subject_worker(s, i), s->team.env.state, 100);

		s->team.done[i] += n;
		done += n;
		touched += st->worker[i].touched - before.touched;
		written += st->worker[i].written - before.written;
	}
	assert_true(done > 0);
	assert_int_equal(written, done);
	if (check(s) != 0)
		fail_msg("%s: %s", s->bc.name, s->why);
	return inside ? touched : written - touched;
}

/* With no line to touch in the window, what comes before it is checked. */
static void without_lines_the_lead_in_is_checked(void **unused)
{
	static const char *const names[] = {"lock/ck_ticket/model:thread/workers:2/lines:0",
	    "lock/none/model:thread/workers:2/lines:0",
	    "lock/pthread_mutex/model:process/workers:2/lines:0/locks:2",
	    "lock/flat_combining/model:thread/workers:2/lines:0"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct cb_lock_state *st;
		struct subject s;

		begin(&s, names[i]);
		st = s.team.env.state;
		right_trial(&s, WINDOW_NS);
		assert_true(st->worker[0].touched + st->worker[1].touched > 0);
		/* None inside, all before. */
		assert_int_equal(misplaced_in_a_batch(&s, true), 0);
		assert_int_equal(misplaced_in_a_batch(&s, false), 0);
		end(&s);
	}
	/* Negative control. */
	for (unsigned trials = 0;; trials++) {
		struct subject s;
		int ret;

		begin(&s, "lock/open_door/model:thread/workers:2/lines:0");
		ret = trial(&s, WINDOW_NS);
		end(&s);
		if (ret == -EBADMSG)
			break;
		assert_int_equal(ret, 0);
		assert_true(trials < 1000);
	}
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
	struct cb_section section = {.word = 5 * CB_SECTION_ONCE + 2};

	(void)unused;
	cb_lock_section_shared(&st, &section, &own, NULL);
	assert_int_equal(own.violations, 0);
	section.word |= CB_SECTION_INSIDE;
	cb_lock_section_shared(&st, &section, &own, NULL);
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
	const size_t bytes = impl->lock_room(&c).bytes;
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

/* ---- where they lie ---- */

static struct cb_room page_and_more(const struct cb_case *c)
{
	return (struct cb_room){4096 + c->workers, 4096};
}

static struct cb_room half_a_page(const struct cb_case *c)
{
	return (struct cb_room){8 * c->workers, 2048};
}

static struct cb_room odd(const struct cb_case *c)
{
	(void)c;
	return (struct cb_room){8, 24};
}

/* As large and aligned as they say of the case, wherever its memory begins. */
static void locks_and_nodes_lie_as_they_say(void **unused)
{
	static const struct cb_lock_ops ops = {.init = NULL};
	static const struct cb_lock apart = {
	    .ops = &ops, .lock_room = page_and_more, .node_room = half_a_page};
	static const struct cb_lock crooked = {.ops = &ops, .lock_room = odd};
	struct cb_kind self = *cb_kind_find("lock", "pthread_mutex");
	struct kind kind;
	struct bench_case bc;
	char why[200] = "";

	(void)unused;
	parse("lock/pthread_mutex/workers:3/locks:4", &bc);
	self.impl = &apart;
	kind = *bc.kind;
	kind.self = &self;
	bc.kind = &kind;
	bc.pub.kind = &self;
	for (size_t shift = 0; shift < 4096; shift += CB_ALIGN) {
		const size_t size = cb_lock_state_size(&bc.pub);
		unsigned char *memory = aligned_alloc(4096, (size + shift + 4095) / 4096 * 4096);
		struct cb_env env = {.c = &bc.pub, .workers = 3};
		const struct cb_lock_state *st;

		assert_non_null(memory);
		memset(memory, 0, size + shift);
		env.state = memory + shift;
		st = env.state;
		assert_int_equal(cb_lock_setup(&env, why, sizeof(why)), 0);
		assert_int_equal((uintptr_t)st->lock % 4096, 0);
		assert_int_equal(st->lock_stride, 8192);
		assert_int_equal((uintptr_t)st->node % 2048, 0);
		assert_int_equal(st->node_stride, 2048);
		assert_true((unsigned char *)st->section >= st->node + 3 * st->node_stride);
		assert_true(st->lock >= (unsigned char *)(st->section + 4));
		assert_true(st->lock + 4 * st->lock_stride <= memory + shift + size);
		free(memory);
	}
	self.impl = &crooked;
	assert_int_equal(cb_lock_can(&bc.pub, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "24, which is not a power of two"));
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
	    cmocka_unit_test(deadlines_have_to_be_heeded),
	    cmocka_unit_test(who_gave_up_when_is_noted),
	    cmocka_unit_test(who_is_passed_over_is_counted),
	    cmocka_unit_test(what_a_lock_promises),
	    cmocka_unit_test(several_locks_are_apart),
	    cmocka_unit_test(lines_are_touched),
	    cmocka_unit_test(without_lines_the_lead_in_is_checked),
	    cmocka_unit_test(readers_do_not_write),
	    cmocka_unit_test(a_reader_sees_a_writer),
	    cmocka_unit_test(who_comes_rarely_is_served),
	    cmocka_unit_test(locks_and_nodes_lie_as_they_say),
	    cmocka_unit_test(what_cannot_be_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
