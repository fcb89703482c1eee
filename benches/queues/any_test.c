/*
 * any_test.c - queues whose consumer waits for any of several: it is woken by each of them,
 * and none is passed over. That they lose nothing: conformance_test.c.
 */
#include "benches/queues/kernel.h"
#include "benches/team_fixture.h"

#include <pthread.h>
#include <unistd.h>

#define PRODUCERS 5u
/* Far beyond any delay of a busy machine. */
#define FAR_NS (60 * CB_NS_PER_S)

static const char *const names[] = {"queue/any_ring/model:thread/producers:5",
    "queue/any_poll/model:thread/producers:5", "queue/any_epoll/model:thread/producers:5"};
#define KINDS (sizeof(names) / sizeof(names[0]))

static const struct cb_queue_ops *ops_of(const struct subject *s)
{
	return ((const struct cb_queue_state *)s->team.env.state)->impl->ops;
}

static void *queue_of(const struct subject *s)
{
	return ((const struct cb_queue_state *)s->team.env.state)->queue;
}

static void put(struct subject *s, unsigned producer, uint64_t number)
{
	const uint64_t head = cb_queue_head(producer, number, false);

	assert_true(ops_of(s)->put(queue_of(s), subject_worker(s, producer), &head, sizeof(head),
			CB_FOR_EVER) > 0);
}

/* Return: whose item it was; PRODUCERS: none in time. */
static unsigned get(struct subject *s, uint64_t until_ns)
{
	uint64_t head = 0;
	const enum cb_queue_result result = ops_of(s)->get(
	    queue_of(s), subject_worker(s, PRODUCERS), &head, sizeof(head), until_ns);

	if (result == CB_QUEUE_TIMED_OUT)
		return PRODUCERS;
	assert_true(result > 0);
	return cb_queue_head_producer(head);
}

static void nobody_is_passed_over(void **unused)
{
	(void)unused;
	for (size_t k = 0; k < KINDS; k++) {
		unsigned had[PRODUCERS] = {0};
		struct subject s;

		begin(&s, names[k]);
		for (unsigned n = 1; n <= 20; n++)
			for (unsigned p = 0; p < PRODUCERS; p++)
				put(&s, p, n);
		/* Of each as many, though one has enough for all. */
		for (unsigned i = 0; i < 10 * PRODUCERS; i++)
			had[get(&s, CB_FOR_EVER)]++;
		for (unsigned p = 0; p < PRODUCERS; p++)
			if (had[p] != 10)
				fail_msg("%s: producer %u: %u of 10", names[k], p, had[p]);
		for (unsigned i = 0; i < 10 * PRODUCERS; i++)
			(void)get(&s, CB_FOR_EVER);
		assert_int_equal(get(&s, cb_now_ns() + CB_NS_PER_MS), PRODUCERS);
		end(&s);
	}
}

struct sleeper {
	struct subject *s;
	unsigned from;
	bool closed;
	uint32_t begun;
};

static void *sleep_for_one(void *arg)
{
	struct sleeper *z = arg;

	cb_store_release(&z->begun, 1);
	z->from = get(z->s, cb_now_ns() + FAR_NS);
	return NULL;
}

static void each_of_them_wakes(void **unused)
{
	(void)unused;
	for (size_t k = 0; k < KINDS; k++) {
		struct subject s;

		begin(&s, names[k]);
		for (unsigned p = 0; p < PRODUCERS; p++) {
			struct sleeper z = {.s = &s};
			pthread_t thread;

			assert_int_equal(pthread_create(&thread, NULL, sleep_for_one, &z), 0);
			while (!cb_load_acquire(&z.begun))
				(void)usleep(100);
			/* Mostly it is asleep by then; if it is not, it looks. */
			(void)usleep(5000);
			put(&s, p, 1);
			assert_int_equal(pthread_join(thread, NULL), 0);
			if (z.from != p)
				fail_msg("%s: put by %u, got from %u", names[k], p, z.from);
		}
		end(&s);
	}
}

static void *sleep_until_closed(void *arg)
{
	struct sleeper *z = arg;
	uint64_t item;

	cb_store_release(&z->begun, 1);
	z->closed = ops_of(z->s)->get(queue_of(z->s), subject_worker(z->s, PRODUCERS), &item,
			sizeof(item), cb_now_ns() + FAR_NS) == CB_QUEUE_CLOSED;
	return NULL;
}

static void whoever_leaves_wakes_it(void **unused)
{
	(void)unused;
	for (size_t k = 0; k < KINDS; k++) {
		struct sleeper z = {0};
		struct subject s;
		pthread_t thread;

		begin(&s, names[k]);
		z.s = &s;
		assert_int_equal(pthread_create(&thread, NULL, sleep_until_closed, &z), 0);
		while (!cb_load_acquire(&z.begun))
			(void)usleep(100);
		(void)usleep(5000);
		ops_of(&s)->close(queue_of(&s), subject_worker(&s, PRODUCERS - 1));
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_true(z.closed);
		end(&s);
	}
}

static void what_it_can_be_is_said(void **unused)
{
	static const char *const bad[][2] = {
	    {"queue/any_ring/consumers:2", "it takes 1 consumer"},
	    {"queue/any_ring/capacity:6", "capacity:6 is not a power of two"},
	    {"queue/any_epoll/bytes:4097", "its items have at most 4096 bytes"},
	    {"queue/any_epoll/capacity:16", "'capacity:16' is not a parameter"},
	    {"queue/any_poll/model:coroutine", "would stop all others on its carrier"},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!strstr(parse(bad[i][0], &bc), bad[i][1]))
			fail_msg("%s: '%s'", bad[i][0], parse(bad[i][0], &bc));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_is_passed_over),
	    cmocka_unit_test(each_of_them_wakes),
	    cmocka_unit_test(whoever_leaves_wakes_it),
	    cmocka_unit_test(what_it_can_be_is_said),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
