/*
 * stages_test.c - queues in a row, and in a ring: by hand, one worker at a time; and as they are
 * measured.
 */
#include "benches/team_fixture.h"

#include <concbench/queue.h>

#include <time.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
/* As in queues_test.c. */
#define PATIENCE_NS (60 * CLOCK_NS_PER_S)

/* As one batch. Return: items at the end of their way. */
static uint64_t works(struct subject *s, unsigned worker, uint64_t n)
{
	struct cb_worker *w = subject_worker(s, worker);
	const uint64_t done = s->team.load->batch(w, s->team.env.state, n);

	s->team.done[worker] += done;
	/* To the next it is what it is. */
	assert_int_equal(w->role, worker);
	return done;
}

static void begin_by_hand(struct subject *s, const char *name)
{
	begin(s, name);
	for (unsigned i = 0; i < s->bc.pub.workers; i++)
		s->team.load->enter(subject_worker(s, i), s->team.env.state);
}

/* Each stage's is the same item, and only the last one counts. */
static void an_item_goes_from_stage_to_stage(void **unused)
{
	const struct cb_queue_state *st;
	struct subject s;

	(void)unused;
	begin_by_hand(&s, "queue/sound/model:thread/bytes:1000/stages:4");
	st = s.team.env.state;
	assert_int_equal(s.bc.pub.workers, 4);
	assert_int_equal(works(&s, 0, 5), 0);
	assert_int_equal(works(&s, 1, 5), 0);
	assert_int_equal(works(&s, 2, 3), 0);
	assert_int_equal(works(&s, 3, 3), 3);
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(st->worker[i].source[i - 1].last, i == 1 ? 5 : 3);
		assert_int_equal(st->worker[i].source[i - 1].count, i == 1 ? 5 : 3);
		assert_int_equal(st->worker[i].damaged + st->worker[i].out_of_order, 0);
	}
	/* What has not come so far is accounted for, and taken up again by nobody. */
	assert_int_equal(check(&s), 0);
	assert_int_equal(works(&s, 0, 1), 0);
	assert_int_equal(works(&s, 1, 1), 0);
	assert_int_equal(works(&s, 2, 1), 0);
	assert_int_equal(works(&s, 3, 1), 1);
	assert_int_equal(st->worker[3].source[2].last, 6);
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* No more than that is under way, and the first counts what has come back. */
static void so_many_go_round(void **unused)
{
	const struct cb_queue_state *st;
	struct subject s;

	(void)unused;
	begin_by_hand(&s, "queue/sound/model:thread/stages:2/in_flight:3");
	st = s.team.env.state;
	assert_int_equal(works(&s, 0, 3), 0);
	assert_int_equal(st->worker[0].put, 3);
	assert_int_equal(works(&s, 1, 2), 0);
	/* As many as have come back. */
	assert_int_equal(works(&s, 0, 2), 2);
	assert_int_equal(st->worker[0].put, 5);
	assert_int_equal(works(&s, 1, 3), 0);
	assert_int_equal(works(&s, 0, 3), 3);
	assert_int_equal(check(&s), 0);
	/* Next time anew. */
	s.team.load->enter(subject_worker(&s, 0), s.team.env.state);
	assert_int_equal(works(&s, 0, 3), 0);
	assert_int_equal(works(&s, 1, 3), 0);
	assert_int_equal(works(&s, 0, 3), 3);
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* From the first put to the last get, also while it lies in a queue between. */
static void latency_is_of_the_whole_way(void **unused)
{
	static const char *const names[] = {
	    "queue/sound/model:thread/stages:3", "queue/sound/model:thread/stages:3/in_flight:2"};
	const struct timespec pause = {.tv_nsec = 2 * CLOCK_NS_PER_MS};
	const _Atomic uint64_t always = 0, never = UINT64_MAX;

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		const unsigned last = i ? 0 : 2;
		struct histogram latency;
		struct cb_queue_state *st;
		struct worker *w;
		struct subject s;

		histogram_clear(&latency);
		begin_by_hand(&s, names[i]);
		st = s.team.env.state;
		w = &s.team.workers[last];
		w->open_ns = &always;
		w->close_ns = &never;
		w->latency = &latency;
		st->worker[0].timed = 2;
		assert_int_equal(works(&s, 0, 2), 0);
		assert_int_equal(nanosleep(&pause, NULL), 0);
		assert_int_equal(works(&s, 1, 2), 0);
		assert_int_equal(latency.count, 0);
		assert_int_equal(nanosleep(&pause, NULL), 0);
		assert_int_equal(works(&s, 2, 2), last == 2 ? 2 : 0);
		assert_int_equal(last == 2 ? 2 : works(&s, 0, 2), 2);
		/* The second, and no other. */
		assert_int_equal(latency.count, 1);
		assert_true(latency.min >= 2 * (uint64_t)pause.tv_nsec);
		end(&s);
	}
}

/* Every kind that there can be two of, in every model that it claims. */
static void each_queue_can_be_in_a_row(void **unused)
{
	static const char *const cases[] = {"stages:3", "stages:3/in_flight:2"};
	static const char *const models[] = {"thread", "process", "coroutine"};

	(void)unused;
	for (size_t k = 0; k < kinds.count; k++) {
		const struct cb_kind *kind = kinds.item[k].self;

		if (strcmp(kind->family, "queue") != 0 || (kind->flags & CB_BROKEN))
			continue;
		for (unsigned i = 0; i < 6; i++) {
			char name[200];
			struct subject s;

			(void)snprintf(name, sizeof(name), "queue/%s/model:%s/%s", kind->name,
			    models[i % 3], cases[i / 3]);
			if (parse(name, &s.bc)[0])
				continue;
			begin(&s, name);
			for (unsigned t = 0; t < 3; t++)
				right_trial(&s, 2 * WINDOW_NS);
			for (unsigned w = 0; w < 3; w++)
				if (s.team.done[w] && w != (i < 3 ? 2 : 0))
					fail_msg("%s: worker %u counts", name, w);
			end(&s);
		}
	}
}

/* Each queue in the row is looked at by itself. */
static void between_stages_it_is_caught_too(void **unused)
{
	static const char *const broken[] = {
	    "dropping", "doubling", "reordering", "damaging", "forging"};
	static const char *const cases[] = {"stages:3", "stages:2/in_flight:64"};

	(void)unused;
	for (unsigned i = 0; i < 2 * sizeof(broken) / sizeof(*broken); i++) {
		const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
		struct subject s;
		char name[200];
		int ret;

		(void)snprintf(name, sizeof(name), "queue/%s/model:coroutine/bytes:24/%s",
		    broken[i / 2], cases[i % 2]);
		begin(&s, name);
		while ((ret = trial(&s, WINDOW_NS)) == 0)
			if (clock_now_ns() > give_up_ns)
				fail_msg("%s: not caught", name);
		wrong(&s, ret, " came out with ");
		end(&s);
	}
}

/* Of the one that is wrong. */
static void the_verdict_names_the_stage(void **unused)
{
	struct subject s;

	(void)unused;
	begin_by_hand(&s, "queue/sound/model:thread/stages:3");
	assert_int_equal(works(&s, 0, 2), 0);
	assert_int_equal(works(&s, 1, 2), 0);
	assert_int_equal(works(&s, 2, 2), 2);
	assert_int_equal(check(&s), 0);
	((struct cb_queue_state *)s.team.env.state)->worker[1].put++;
	wrong(&s, check(&s), "producer 1 put 3 items, 2 came out");
	end(&s);
}

static void what_cannot_be_in_a_row(void **unused)
{
	static const char *const rows[][2] = {
	    {"stages:1", "there are two at least"},
	    {"in_flight:1", "there are two at least"},
	    {"stages:17", "stages"},
	    {"producers:2/stages:3", "each queue has one producer and one consumer"},
	    {"consumers:2/stages:3", "each queue has one producer and one consumer"},
	    {"wait_ns:1000/stages:2", "with neither load_pct nor wait_ns"},
	    {"load_pct:10/stages:2", "with neither load_pct nor wait_ns"},
	    {"capacity:2/stages:2/in_flight:4", "in_flight:4: a queue holds 2"},
	    {"burst:2", "burst:2 goes with load_pct"},
	    {"load_pct:50/burst:3", "burst:3 is not a power of two"},
	};
	struct bench_case bc;
	char name[200];

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why;

		(void)snprintf(name, sizeof(name), "queue/mutex_ring/model:thread/%s", rows[i][0]);
		why = parse(name, &bc);
		if (!strstr(why, rows[i][1]))
			fail_msg("%s: '%s'", name, why);
	}
	assert_string_equal(
	    parse("queue/broker/model:thread/stages:3", &bc), "stages: there is only one of it");
	/* A row of two has one. */
	assert_string_equal(parse("queue/broker/model:thread/stages:2", &bc), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_item_goes_from_stage_to_stage),
	    cmocka_unit_test(so_many_go_round),
	    cmocka_unit_test(latency_is_of_the_whole_way),
	    cmocka_unit_test(each_queue_can_be_in_a_row),
	    cmocka_unit_test(between_stages_it_is_caught_too),
	    cmocka_unit_test(the_verdict_names_the_stage),
	    cmocka_unit_test(what_cannot_be_in_a_row),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
