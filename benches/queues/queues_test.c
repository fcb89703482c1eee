/* queues_test.c - items, stamps, what a queue's trial reports, what it refuses. (That queues
 * deliver, and that those that do not are caught, is in conformance_test.c.) */
#include "benches/driver.h"

#include <concbench/queue.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
#define ONE_TO_ONE "queue/mutex_ring/producers:1/consumers:1"

static void items_say_who_and_which(void **state)
{
	const uint64_t numbers[] = {1, 2, 64, UINT32_MAX, CB_QUEUE_NUMBER_MASK};

	(void)state;
	for (unsigned p = 0; p < CB_QUEUE_PRODUCERS_MAX; p++) {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			const uint64_t head = cb_queue_head(p, numbers[i]);

			assert_int_equal(cb_queue_head_producer(head), p);
			assert_int_equal(cb_queue_head_number(head), numbers[i]);
			/* Every bit counts. */
			for (unsigned bit = 0; bit < 64; bit++) {
				const uint64_t bad = head ^ UINT64_C(1) << bit;

				assert_true(bad != cb_queue_head(cb_queue_head_producer(bad),
						       cb_queue_head_number(bad)));
			}
		}
	}
}

/* And every byte of what follows, of any size. */
static void a_damaged_byte_shows(void **state)
{
	static const size_t sizes[] = {8, 9, 24, 1000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned char item[1000];
		const uint64_t head = cb_queue_head(3, 77);

		cb_queue_fill(item, sizes[i], head);
		assert_true(cb_queue_intact(item, sizes[i], head));
		for (size_t at = 8; at < sizes[i]; at++) {
			item[at] ^= 1;
			assert_false(cb_queue_intact(item, sizes[i], head));
			item[at] ^= 1;
		}
	}
}

static void stamps_are_of_their_item(void **state)
{
	static const _Atomic uint64_t always = 0, never = UINT64_MAX;
	struct histogram latency;
	struct worker w = {.open_ns = &always, .close_ns = &never, .latency = &latency};
	struct cb_queue_state *st;
	struct driver d;
	uint64_t later;

	(void)state;
	histogram_clear(&latency);
	driver_begin(&d, ONE_TO_ONE);
	st = d.env->state;
	/* No item that may be in the queue together with another has its stamp's place. */
	assert_true(st->stamp_slots * CB_QUEUE_TIMED >= st->env.capacity + CB_QUEUE_TIMED);
	later = (uint64_t)CB_QUEUE_TIMED * (st->stamp_slots + 1);
	cb_queue_stamp(st, 0, CB_QUEUE_TIMED);
	cb_queue_timed(&w.pub, st, 0, CB_QUEUE_TIMED);
	assert_int_equal(latency.count, 1);
	/* Negative control: written over by a later item's. */
	cb_queue_stamp(st, 0, later);
	cb_queue_timed(&w.pub, st, 0, CB_QUEUE_TIMED);
	assert_int_equal(latency.count, 1);
	cb_queue_timed(&w.pub, st, 0, later);
	assert_int_equal(latency.count, 2);
	driver_end(&d);
}

/* 100 items more, and so many looks in vain. */
static void report_more(struct driver *d, uint64_t full, uint64_t empty, double *polls)
{
	struct cb_queue_state *st = d->env->state;
	struct metric_set metrics = {0};

	st->worker[1].source[0].count += 100;
	st->worker[0].full_polls += full;
	st->worker[1].empty_polls += empty;
	cb_queue_report(d->env, (struct cb_metrics *)(void *)&metrics);
	assert_true(metric_get(&metrics, "full_polls_per_op", &polls[0]));
	assert_true(metric_get(&metrics, "empty_polls_per_op", &polls[1]));
}

static void metrics_are_of_one_trial(void **state)
{
	double polls[2];
	struct driver d;

	(void)state;
	driver_begin(&d, ONE_TO_ONE);
	report_more(&d, 50, 1000, polls);
	assert_true(polls[0] > 0.499 && polls[0] < 0.501);
	assert_true(polls[1] > 9.999 && polls[1] < 10.001);
	/* Not what has come together since the beginning. */
	report_more(&d, 0, 100, polls);
	assert_true(polls[0] <= 0.0);
	assert_true(polls[1] > 0.999 && polls[1] < 1.001);
	driver_end(&d);
}

/* Only the consumers' items are operations, and each is timed one time in so many. */
static void producers_do_no_operations(void **state)
{
	struct driver d;

	(void)state;
	driver_begin(&d, "queue/mutex_ring/producers:2/consumers:2");
	while (driver_done(&d) < 1000)
		driver_good_trial(&d, WINDOW_NS);
	assert_int_equal(d.team.done[0] + d.team.done[1], 0);
	assert_true(d.team.done[2] + d.team.done[3] > 0);
	driver_end(&d);
}

static void what_it_cannot_take_is_declined(void **state)
{
	static const struct {
		const char *name, *why;
	} bad[] = {
	    {"queue/mutex_ring/capacity:100", "not a power of two"},
	    {"queue/ck_spsc/producers:2", "1 producer"},
	    {"queue/ck_spsc/consumers:2", "1 consumer"},
	    {"queue/pipe/consumers:2", "1 consumer"},
	    {"queue/pipe/bytes:8KiB", "at most 4096 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bench_case bc;

		driver_case(bad[i].name, &bc);
		if (!bc.declined || !strstr(bc.unsupported, bad[i].why))
			fail_msg("%s: '%s'", bad[i].name, bc.unsupported);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(items_say_who_and_which),
	    cmocka_unit_test(a_damaged_byte_shows),
	    cmocka_unit_test(stamps_are_of_their_item),
	    cmocka_unit_test(metrics_are_of_one_trial),
	    cmocka_unit_test(producers_do_no_operations),
	    cmocka_unit_test(what_it_cannot_take_is_declined),
	};

	return cmocka_run_group_tests(tests, driver_setup, driver_teardown);
}
