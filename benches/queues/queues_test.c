/*
 * queues_test.c - does every queue deliver every item once and in order, and would the self-check
 * say so if it did not?
 *
 * All on the harness's own trials, with real threads, processes and coroutines.
 */
#include "benches/queues/simple.h"
#include "harness/base/clock.h"
#include "harness/work/team.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
/* Broken queues are found within a second, or two under a sanitizer; this is when to give up. */
#define PATIENCE_NS (60 * CLOCK_NS_PER_S)
#define TRIALS 5
/* On a busy machine the two ends take turns of milliseconds: a million items in few of them. */
#define ROOMY 65536

static struct topology *topo;

static struct bench_case a_case(const struct queue_kind *kind, enum cb_model model,
    unsigned producers, unsigned consumers, unsigned capacity)
{
	struct bench_case bc = {.workload = &kind->workload,
	    .kind = kind,
	    .model = model,
	    .workers = producers + consumers,
	    .carriers = model == CB_COROUTINE ? 1 : 0,
	    .place = placement_policy_of(PLACEMENT_SCATTER),
	    .params = {producers, consumers, capacity, TRANSFER_ITEM_BYTES}};

	(void)snprintf(bc.name, sizeof(bc.name), "test");
	return bc;
}

static void begin(struct team *t, const struct cb_case *c)
{
	char why[200] = "";

	if (team_create(t, bc, topo, 7, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

static int trial(struct team *t, struct sample *sample, char *why, size_t why_len)
{
	return team_trial(t, WINDOW_NS, sample, why, why_len);
}

/* ---- the queues that are offered, and the sound one ---- */

static uint64_t sum_done(const struct team *t)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < t->bc->workers; i++)
		done += t->done[i];
	return done;
}

static void delivers(const struct queue_kind *kind, enum cb_model model, unsigned producers,
    unsigned consumers, unsigned capacity)
{
	const struct bench_case bc = a_case(kind, model, producers, consumers, capacity);
	const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
	unsigned fruitful = 0;
	uint64_t latencies = 0;
	double waits = 0.0, value;
	struct team t;
	char why[200] = "";

	begin(&t, &bc);
	/* Several times, since the queue is closed and opened again; and somebody has to have met
	 * the end of the queue, or there was nothing to go wrong. */
	for (unsigned i = 0; i < TRIALS || fruitful < 2 || waits <= 0.0 || latencies == 0; i++) {
		const uint64_t before = sum_done(&t);
		struct sample sample;

		if (trial(&t, &sample, why, sizeof(why)) != 0)
			fail_msg("%s, %s, %u to %u: %s", kind->name, cb_model_name(model),
			    producers, consumers, why);
		fruitful += sum_done(&t) > before;
		latencies += sample.latency->count;
		if (metric_get(&sample.metrics, "empty_polls_per_op", &value))
			waits += value;
		if (metric_get(&sample.metrics, "full_polls_per_op", &value))
			waits += value;
		sample_free(&sample);
		for (unsigned p = 0; p < producers; p++)
			assert_int_equal(t.done[p], 0);
		if (clock_now_ns() > give_up_ns)
			fail_msg("%s, %s, %u to %u: nothing delivered, timed or waited for",
			    kind->name, cb_model_name(model), producers, consumers);
	}
	team_destroy(&t);
}

static void every_queue_delivers(void **state)
{
	const struct queue_kind *kinds[16] = {&sound.queue};
	const struct queue_library *const libraries[] = {&queue_library_ring, &queue_library_ck};
	unsigned count = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		for (size_t k = 0; k < libraries[i]->count; k++)
			kinds[count++] = &libraries[i]->kinds[k];
	assert_true(count >= 3);
	for (unsigned i = 0; i < count; i++) {
		for (int model = 0; model < CB_MODEL_COUNT; model++) {
			delivers(kinds[i], (enum cb_model)model, 1, 1, 256);
			delivers(kinds[i], (enum cb_model)model, 1, 1, 2);
			if (!kinds[i]->many)
				continue;
			delivers(kinds[i], (enum cb_model)model, 2, 2, 256);
			delivers(kinds[i], (enum cb_model)model, 3, 1, 16);
			delivers(kinds[i], (enum cb_model)model, 1, 3, 16);
		}
	}
}

/* ---- queues that are broken on purpose ---- */

static void until_caught(const struct simple_kind *kind, enum cb_model model, unsigned producers,
    unsigned consumers, unsigned capacity, char *why, size_t why_len)
{
	const struct bench_case bc = a_case(&kind->queue, model, producers, consumers, capacity);
	const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
	struct sample sample;
	struct team t;
	int ret;

	begin(&t, &bc);
	while ((ret = trial(&t, &sample, why, why_len)) == 0) {
		sample_free(&sample);
		if (clock_now_ns() > give_up_ns)
			fail_msg("%s, %s: not caught", kind->queue.name, cb_model_name(model));
	}
	if (ret != -EBADMSG)
		fail_msg("%s, %s: %d, %s", kind->queue.name, cb_model_name(model), ret, why);
	team_destroy(&t);
}

/* What the check has to say of one producer and one consumer. */
static const struct verdict {
	const struct simple_kind *kind;
	int more; /* items that came out more than were put in */
	const char *sum;
	bool out_of_order;
	bool damaged;
} verdicts[] = {
    {&dropping, -1, "another", true, false},
    {&doubling, 1, "another", true, false},
    {&reordering, 0, "their", true, false},
    {&damaging, -1, "another", true, true},
    {&forging, 0, "another", true, false},
};

static void broken_queues_are_caught(void **state)
{
	unsigned long put, out, out_of_order, damaged;
	char why[200], sum[16];

	(void)state;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		for (int model = 0; model < CB_MODEL_COUNT; model++) {
			const struct verdict *v = &verdicts[i];

			until_caught(v->kind, (enum cb_model)model, 1, 1, ROOMY, why, sizeof(why));
			if (sscanf(why,
				"producer 0 put %lu items, %lu came out with %15s sum; of all %lu "
				"came out of order and %lu damaged",
				&put, &out, sum, &out_of_order, &damaged) != 5)
				fail_msg("%s: %s", v->kind->queue.name, why);
			if ((long)(out - put) != v->more || strcmp(sum, v->sum) != 0 ||
			    (out_of_order > 0) != v->out_of_order || damaged != v->damaged)
				fail_msg("%s: %s", v->kind->queue.name, why);
		}
	}
}

/* Between several consumers the order of arrival is not to be seen, but everything else is. */
static void broken_queues_are_caught_by_many(void **state)
{
	const struct simple_kind *const kinds[] = {&dropping, &doubling, &damaging, &forging};
	char why[200];

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (int model = 0; model < CB_MODEL_COUNT; model++) {
			until_caught(kinds[i], (enum cb_model)model, 2, 2, ROOMY, why, sizeof(why));
			if (!strstr(why, " came out with "))
				fail_msg("%s: %s", kinds[i]->queue.name, why);
		}
	}
}

static void wrong_counts_are_caught(void **state)
{
	char why[200];

	(void)state;
	for (int model = 0; model < CB_MODEL_COUNT; model++) {
		until_caught(&hoarding, (enum cb_model)model, 1, 1, 16, why, sizeof(why));
		assert_non_null(strstr(why, "more items left in the queue than its capacity"));
		until_caught(&miscounting, (enum cb_model)model, 1, 1, 16, why, sizeof(why));
		assert_non_null(strstr(why, "operations counted"));
	}
}

/* ---- items, stamps, metrics ---- */

static void items_say_who_and_which(void **state)
{
	const uint64_t numbers[] = {1, 2, 64, UINT32_MAX, TRANSFER_NUMBER_MASK};

	(void)state;
	for (unsigned p = 0; p < TRANSFER_PRODUCERS_MAX; p++) {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			const uint64_t item = transfer_item(p, numbers[i]);

			assert_int_equal(transfer_item_producer(item), p);
			assert_int_equal(transfer_item_number(item), numbers[i]);
			/* Every bit counts. */
			for (unsigned bit = 0; bit < 64; bit++) {
				const uint64_t bad = item ^ UINT64_C(1) << bit;

				assert_true(bad != transfer_item(transfer_item_producer(bad),
						       transfer_item_number(bad)));
			}
		}
	}
}

static void stamps_are_of_their_item(void **state)
{
	const struct bench_case bc = a_case(&sound.queue, CB_THREAD, 1, 1, 256);
	struct histogram latency;
	const _Atomic uint64_t always = 0, never = UINT64_MAX;
	struct worker w = {.open_ns = &always, .close_ns = &never, .latency = &latency};
	struct transfer *t;
	struct team team;
	uint64_t later;

	(void)state;
	histogram_clear(&latency);
	begin(&team, &bc);
	t = team.env.state;
	/* No item that may be in the queue together with another has its stamp's place. */
	assert_true(t->stamp_slots * TRANSFER_TIMED >= t->capacity + TRANSFER_TIMED);
	later = (uint64_t)TRANSFER_TIMED * (t->stamp_slots + 1);
	transfer_stamp(t, 0, TRANSFER_TIMED);
	transfer_timed(&w, t, 0, TRANSFER_TIMED);
	assert_int_equal(latency.count, 1);
	/* Negative control: written over by a later item's. */
	transfer_stamp(t, 0, later);
	transfer_timed(&w, t, 0, TRANSFER_TIMED);
	assert_int_equal(latency.count, 1);
	transfer_timed(&w, t, 0, later);
	assert_int_equal(latency.count, 2);
	team_destroy(&team);
}

/* 100 items more, and so many looks in vain. */
static void report_more(struct cb_env *env, uint64_t full, uint64_t empty, double *polls)
{
	struct transfer *t = env->state;
	struct metric_set metrics = {0};

	t->worker[1].source[0].count += 100;
	t->worker[0].full_polls += full;
	t->worker[1].empty_polls += empty;
	transfer_report(env, &metrics);
	assert_true(metric_get(&metrics, "full_polls_per_op", &polls[0]));
	assert_true(metric_get(&metrics, "empty_polls_per_op", &polls[1]));
}

static void metrics_are_of_one_trial(void **state)
{
	const struct bench_case bc = a_case(&sound.queue, CB_THREAD, 1, 1, 256);
	double polls[2];
	struct team t;

	(void)state;
	begin(&t, &bc);
	report_more(&t.env, 50, 1000, polls);
	assert_true(polls[0] > 0.499 && polls[0] < 0.501);
	assert_true(polls[1] > 9.999 && polls[1] < 10.001);
	/* Not what has come together since the beginning. */
	report_more(&t.env, 0, 100, polls);
	assert_true(polls[0] <= 0.0);
	assert_true(polls[1] > 0.999 && polls[1] < 1.001);
	team_destroy(&t);
}

static void nonsense_is_refused(void **state)
{
	const struct bench_case bad[] = {
	    a_case(&sound.queue, CB_THREAD, 1, 1, 100),
	    a_case(&sound.queue, CB_THREAD, 0, 2, 256),
	    a_case(&sound.queue, CB_THREAD, 2, 0, 256),
	    a_case(&sound.queue, CB_THREAD, TRANSFER_PRODUCERS_MAX + 1, 1, 256),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct team t;
		char why[200] = "";

		assert_int_equal(team_create(&t, &bad[i], topo, 7, why, sizeof(why)), -EINVAL);
		assert_non_null(strstr(why, "sound: producers, consumers, capacity or bytes"));
	}
}

static int find_topology(void **state)
{
	char err[200] = "";

	(void)state;
	return topology_discover(&topo, err, sizeof(err));
}

static int free_topology(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_queue_delivers),
	    cmocka_unit_test(broken_queues_are_caught),
	    cmocka_unit_test(broken_queues_are_caught_by_many),
	    cmocka_unit_test(wrong_counts_are_caught),
	    cmocka_unit_test(items_say_who_and_which),
	    cmocka_unit_test(stamps_are_of_their_item),
	    cmocka_unit_test(metrics_are_of_one_trial),
	    cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, find_topology, free_topology);
}
