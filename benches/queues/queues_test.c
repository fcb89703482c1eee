/*
 * queues_test.c - the queues' family: items, stamps, accounts, what is reported and refused. That
 * every queue delivers, and that broken ones are caught: conformance_test.c. Those of the kernel
 * have kernel_test.c.
 */
#include "benches/team_fixture.h"

#include <concbench/queue.h>

#include <stdlib.h>
#include <sys/resource.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
/* Broken queues are found within a second, or two under a sanitizer; this is when to give up. */
#define PATIENCE_NS (60 * CLOCK_NS_PER_S)

/* ---- accounts ---- */

/* Items delivered are operations, and producers deliver none. */
static void consumers_are_counted(void **unused)
{
	static const char *const names[] = {"queue/mutex_ring/model:thread/producers:2/consumers:2",
	    "queue/mutex_ring/model:coroutine/producers:2/consumers:2",
	    "queue/mutex_ring_edge/model:thread/producers:2/consumers:2/capacity:2",
	    "queue/ck_stack/model:thread/producers:2/consumers:2/capacity:16",
	    "queue/pipe/model:process/producers:3/consumers:1/bytes:1000",
	    "queue/fifo/model:process/producers:3/consumers:1/bytes:1000",
	    "queue/fifo/model:coroutine/producers:2/consumers:1",
	    "queue/eventfd_ring/model:process/bytes:1000",
	    "queue/broker/model:process/producers:3/consumers:2/bytes:65536",
	    "queue/broker/model:coroutine/producers:2/consumers:2/capacity:2"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct cb_queue_state *st;
		struct subject s;
		uint64_t delivered = 0;

		begin(&s, names[i]);
		st = s.team.env.state;
		for (unsigned t = 0; t < 5; t++)
			right_trial(&s, 5 * WINDOW_NS);
		for (unsigned w = 0; w < s.bc.pub.workers; w++) {
			if (w < st->env.producers)
				assert_int_equal(s.team.done[w], 0);
			delivered += s.team.done[w];
		}
		assert_true(delivered > 0);
		end(&s);
	}
}

static void until_caught(const char *name, char why[REASON_MAX])
{
	const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
	struct subject s;
	int ret;

	begin(&s, name);
	while ((ret = trial(&s, WINDOW_NS)) == 0)
		if (clock_now_ns() > give_up_ns)
			fail_msg("%s: not caught", name);
	if (ret != -EBADMSG)
		fail_msg("%s: %d, %s", name, ret, s.why);
	memcpy(why, s.why, REASON_MAX);
	end(&s);
}

/* What the check has to say of one producer and one consumer. */
static const struct verdict {
	const char *kind;
	int more; /* items that came out more than were put in */
	const char *sum;
	bool out_of_order;
	bool damaged;
} verdicts[] = {
    {"dropping", -1, "another", true, false},
    {"doubling", 1, "another", true, false},
    {"reordering", 0, "their", true, false},
    {"damaging", -1, "another", true, true},
    {"tearing", -1, "another", true, true},
    {"forging", 0, "another", true, false},
};

static void the_verdict_says_what_is_wrong(void **unused)
{
	unsigned long put, out, out_of_order, damaged;
	char why[REASON_MAX], sum[16], name[100];

	(void)unused;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		const struct verdict *v = &verdicts[i];

		(void)snprintf(
		    name, sizeof(name), "queue/%s/model:thread/capacity:65536/bytes:24", v->kind);
		until_caught(name, why);
		if (sscanf(why,
			"producer 0 put %lu items, %lu came out with %15s sum; of all %lu came out "
			"of order and %lu damaged",
			&put, &out, sum, &out_of_order, &damaged) != 5)
			fail_msg("%s: %s", name, why);
		if ((long)(out - put) != v->more || strcmp(sum, v->sum) != 0 ||
		    (out_of_order > 0) != v->out_of_order || damaged != v->damaged)
			fail_msg("%s: %s", name, why);
	}
}

/* Between several consumers the order of arrival is not to be seen, but everything else is. */
static void among_many_it_is_caught_too(void **unused)
{
	static const char *const broken[] = {"dropping", "doubling", "damaging", "forging"};
	static const char *const models[] = {"thread", "process", "coroutine"};
	char why[REASON_MAX], name[100];

	(void)unused;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++) {
			(void)snprintf(name, sizeof(name),
			    "queue/%s/model:%s/producers:2/consumers:2/capacity:65536", broken[i],
			    models[m]);
			until_caught(name, why);
			if (!strstr(why, " came out with "))
				fail_msg("%s: %s", name, why);
		}
	}
}

/* ---- items ---- */

static void items_say_who_and_which(void **unused)
{
	const uint64_t numbers[] = {1, 2, 64, UINT32_MAX, CB_QUEUE_NUMBER_MASK};

	(void)unused;
	for (unsigned p = 0; p < CB_QUEUE_PRODUCERS_MAX; p++) {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			const bool timed = i % 2;
			const uint64_t head = cb_queue_head(p, numbers[i], timed);

			assert_int_equal(cb_queue_head_producer(head), p);
			assert_int_equal(cb_queue_head_number(head), numbers[i]);
			assert_int_equal(cb_queue_head_timed(head), timed);
			/* Every bit counts. */
			for (unsigned bit = 0; bit < 64; bit++) {
				const uint64_t bad = head ^ UINT64_C(1) << bit;

				assert_true(bad != cb_queue_head(cb_queue_head_producer(bad),
						       cb_queue_head_number(bad),
						       cb_queue_head_timed(bad)));
			}
		}
	}
}

/* Every byte behind the head counts, and its place. */
static void items_are_intact_or_not(void **unused)
{
	static const size_t sizes[] = {8, 9, 16, 24, 1000};
	unsigned char item[1000];

	(void)unused;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const uint64_t head = cb_queue_head(3, 77, false);
		uint64_t kept;

		cb_queue_fill(item, sizes[i], head);
		memcpy(&kept, item, sizeof(kept));
		assert_int_equal(kept, head);
		assert_true(cb_queue_intact(item, sizes[i], head));
		for (size_t at = sizeof(head); at < sizes[i]; at++) {
			item[at] ^= 0x10;
			assert_false(cb_queue_intact(item, sizes[i], head));
			item[at] ^= 0x10;
		}
		if (sizes[i] < 24)
			continue;
		/* Two words that have changed places. */
		memcpy(&kept, item + 8, sizeof(kept));
		memmove(item + 8, item + 16, sizeof(kept));
		memcpy(item + 16, &kept, sizeof(kept));
		assert_false(cb_queue_intact(item, sizes[i], head));
	}
}

/* ---- stamps and metrics ---- */

static void stamps_are_of_their_item(void **unused)
{
	struct histogram latency;
	const _Atomic uint64_t always = 0, never = UINT64_MAX;
	struct worker w = {.open_ns = &always, .close_ns = &never, .latency = &latency};
	struct cb_queue_state *st;
	struct subject s;
	uint64_t later;

	(void)unused;
	histogram_clear(&latency);
	begin(&s, "queue/sound/model:thread");
	st = s.team.env.state;
	/* No item that may be in the queue together with another has its stamp's place. */
	assert_true(st->stamp_slots * CB_QUEUE_TIMED >= st->env.capacity + CB_QUEUE_TIMED);
	later = (uint64_t)CB_QUEUE_TIMED * (st->stamp_slots + 1);
	cb_queue_stamp(st, 0, CB_QUEUE_TIMED, cb_now_ns());
	cb_queue_timed(&w.pub, st, 0, CB_QUEUE_TIMED);
	assert_int_equal(latency.count, 1);
	/* Negative control: written over by a later item's. */
	cb_queue_stamp(st, 0, later, cb_now_ns());
	cb_queue_timed(&w.pub, st, 0, CB_QUEUE_TIMED);
	assert_int_equal(latency.count, 1);
	cb_queue_timed(&w.pub, st, 0, later);
	assert_int_equal(latency.count, 2);
	end(&s);
}

/* 100 items more, and so many looks in vain. */
static struct metric_set report_more(struct subject *s, uint64_t full, uint64_t empty)
{
	struct cb_queue_state *st = s->team.env.state;
	struct metric_set metrics = {0};

	st->worker[1].source[0].count += 100;
	st->worker[0].full_polls += full;
	st->worker[1].empty_polls += empty;
	(void)report(s, &metrics, "full_polls_per_op");
	return metrics;
}

static void metrics_are_of_one_trial(void **unused)
{
	struct metric_set metrics;
	struct subject s;

	(void)unused;
	begin(&s, "queue/sound/model:thread");
	metrics = report_more(&s, 50, 1000);
	assert_float_equal(report(&s, &metrics, "full_polls_per_op"), 0.5, 1e-6);
	assert_float_equal(report(&s, &metrics, "empty_polls_per_op"), 10.0, 1e-6);
	/* Not what has come together since the beginning. */
	metrics = report_more(&s, 0, 100);
	assert_float_equal(report(&s, &metrics, "full_polls_per_op"), 0.0, 1e-6);
	assert_float_equal(report(&s, &metrics, "empty_polls_per_op"), 1.0, 1e-6);
	end(&s);
}

/* ---- deadlines ---- */

static void deadlines_have_to_be_heeded(void **unused)
{
	struct cb_queue_worker *put, *get;
	struct cb_queue_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "queue/patient/model:thread/wait_ns:1000000000");
	st = s.team.env.state;
	put = &st->worker[0];
	get = &st->worker[1];
	right_trial(&s, WINDOW_NS);
	st->checking = true;
	st->late_ns = 1000;
	assert_int_equal(put->timed_out + get->timed_out, 0);
	/* The producer stood still, and the consumer never timed out; and the other way round. */
	put->kept_to_end = 19;
	assert_int_equal(check(&s), 0);
	put->kept_to_end = 20;
	wrong(&s, check(&s), "20 times there was nothing for get to the end of a trial");
	get->timed_out = 1;
	get->least_late_ns = 5000;
	assert_int_equal(check(&s), 0);
	get->kept_to_end = 20;
	wrong(&s, check(&s), "20 times there was nothing for put to the end of a trial");
	get->kept_to_end = 0;
	get->timed_out = CB_LATE_OF - 1;
	assert_int_equal(check(&s), 0);
	get->timed_out = CB_LATE_OF;
	wrong(&s, check(&s), "50 calls of get timed out, each at least 5 us after its deadline");
	get->least_late_ns = 1000;
	assert_int_equal(check(&s), 0);
	put->early = 1;
	wrong(&s, check(&s), "1 of 0 calls of put timed out before their deadline");
	end(&s);
}

/* A queue that holds a lot is not full by the end of a trial: its other end need not give up. */
static void only_a_queue_that_can_be_filled_is_waited_at(void **unused)
{
	static const struct {
		const char *name;
		unsigned stands;
		bool counted;
	} rows[] = {{"queue/patient/model:thread/capacity:128/wait_ns:1000", 1, true},
	    {"queue/patient/model:thread/capacity:256/wait_ns:1000", 1, false},
	    /* It only has to be empty for the other. */
	    {"queue/patient/model:thread/capacity:256/wait_ns:1000", 0, true}};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cb_queue_state *st;
		struct subject s;

		begin(&s, rows[i].name);
		st = s.team.env.state;
		st->checking = true;
		cb_store(&st->closed, 1);
		for (unsigned n = 0; n < 1000; n++)
			(void)cb_queue_patience(subject_worker(&s, rows[i].stands), st);
		assert_int_equal(st->worker[rows[i].stands].timed_calls, 1000);
		assert_int_equal(st->worker[rows[i].stands].kept_to_end > 0, rows[i].counted);
		cb_store(&st->closed, 0);
		end(&s);
	}
}

static void who_timed_out_when_is_noted(void **unused)
{
	struct metric_set metrics = {0};
	struct cb_queue_worker *own;
	struct cb_queue_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "queue/patient/model:thread/wait_ns:1000");
	st = s.team.env.state;
	own = &st->worker[1];
	cb_queue_timed_out(subject_worker(&s, 1), st, cb_now_ns() + CB_NS_PER_S);
	assert_int_equal(own->early, 1);
	cb_queue_timed_out(subject_worker(&s, 1), st, cb_now_ns() - 10 * CB_NS_PER_S);
	assert_true(own->least_late_ns >= 10 * CB_NS_PER_S);
	cb_queue_timed_out(subject_worker(&s, 1), st, cb_now_ns() - 5 * CB_NS_PER_S);
	assert_true(own->least_late_ns < 10 * CB_NS_PER_S);
	assert_int_equal(own->timed_out, 3);
	assert_int_equal(own->early, 1);
	/* On average, of the latest trial. */
	own->source[0].count = 1;
	own->timed_out = 2;
	own->late_ns = 3000;
	assert_float_equal(report(&s, &metrics, "gave_up_late_ns"), 1500.0, 1e-6);
	end(&s);
}

/* ---- asking ---- */

/* By hand: full when it says so, and then it is not any more. */
static void what_it_said_is_compared(void **unused)
{
	struct metric_set metrics = {0};
	struct cb_queue_worker *own;
	struct cb_queue_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "queue/sound/model:thread/capacity:4/asking:1");
	st = s.team.env.state;
	own = &st->worker[0];
	for (unsigned i = 0; i < 2; i++)
		s.team.load->enter(subject_worker(&s, i), st);
	(void)s.team.load->batch(subject_worker(&s, 0), st, 4);
	assert_int_equal(own->put, 4);
	assert_int_equal(own->asked, 4);
	assert_int_equal(own->said_full + own->stale_full + own->stale_room, 0);
	/* One more, with nobody to take it: full, and it was. */
	cb_store(&st->closed, 1);
	(void)s.team.load->batch(subject_worker(&s, 0), st, 1);
	assert_int_equal(own->put, 4);
	assert_int_equal(own->asked, 5);
	assert_int_equal(own->said_full, 1);
	assert_int_equal(own->stale_full + own->stale_room, 0);
	cb_store(&st->closed, 0);
	s.team.done[1] += s.team.load->batch(subject_worker(&s, 1), st, 2);
	assert_int_equal(check(&s), 0);
	own->stale_full = 1;
	assert_float_equal(report(&s, &metrics, "said_full_share"), 0.2F, 1e-6);
	assert_float_equal(report(&s, &metrics, "stale_share"), 0.2F, 1e-6);
	/* Nobody but itself fills it. */
	own->stale_room = 3;
	wrong(&s, check(&s), "its only producer was told 3 times that there was room");
	end(&s);
}

/* Two may be told of the same room. */
static void of_several_one_may_be_late(void **unused)
{
	struct cb_queue_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "queue/sound/model:thread/producers:2/capacity:4/asking:1");
	st = s.team.env.state;
	st->worker[0].stale_room = 3;
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* ---- what cannot be ---- */

extern const struct cb_family queue_family;

static void what_cannot_be_is_declined(void **unused)
{
	static const struct {
		const char *name, *why;
	} bad[] = {
	    {"queue/mutex_ring/capacity:100", "capacity:100 is not a power of two"},
	    {"queue/mutex_ring/producers:0", "producers"},
	    {"queue/mutex_ring/consumers:0", "consumers"},
	    {"queue/mutex_ring/producers:33", "producers"},
	    {"queue/mutex_ring/bytes:7", "bytes"},
	    {"queue/ck_spsc/producers:2", "it takes 1 producer"},
	    {"queue/ck_spsc/consumers:2", "it takes 1 consumer"},
	    {"queue/ck_spsc/bytes:16", "its items have 8 bytes"},
	    {"queue/ck_spsc/wait_ns:1000", "nobody waits in it"},
	    {"queue/wfcqueue/consumers:2", "it takes 1 consumer"},
	    {"queue/wfcqueue/producers:3/capacity:2", "a share of its capacity"},
	    {"queue/wfcqueue_malloc/model:process", "its nodes are malloc's"},
	    {"queue/pipe/consumers:2", "it takes 1 consumer"},
	    {"queue/pipe/bytes:4097", "its items have at most 4096 bytes"},
	    {"queue/pipe/capacity:16", "'capacity:16' is not a parameter"},
	    {"queue/fifo/consumers:2", "it takes 1 consumer"},
	    {"queue/socketpair_stream/producers:2", "it takes 1 producer"},
	    {"queue/socketpair_stream/bytes:65537", "its items have at most 65536 bytes"},
	    {"queue/socketpair_dgram/bytes:212961", "its items have at most 212960 bytes"},
	    {"queue/socketpair_seqpacket/consumers:33", "it takes 32 consumers"},
	    {"queue/mq/model:coroutine", "a coroutine waits for what is read and written"},
	    {"queue/eventfd_ring/producers:2", "it takes 1 producer"},
	    {"queue/mutex_ring/model:coroutine/carriers:2", "for each other on one carrier"},
	    {"queue/two_lock/model:coroutine/carriers:2", "for each other on one carrier"},
	    {"queue/channel/model:coroutine/carriers:2", "for each other on one carrier"},
	    {"queue/channel/model:thread", "coroutines that take turns on one carrier"},
	    {"queue/channel_unbuffered/model:coroutine/capacity:2", "is not a parameter"},
	    {"queue/broker/bytes:65537", "its items have at most 65536 bytes"},
	    {"queue/pipe/asking:1", "it cannot say how many items it has"},
	    {"queue/ck_spsc/load_pct:50/asking:1", "asking goes with none of load_pct"},
	    {"queue/broker/asking:1", "it cannot say how many items it has"},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = parse(bad[i].name, &bc);

		if (!strstr(why, bad[i].why))
			fail_msg("%s: '%s'", bad[i].name, why);
	}
}

static void keep_capacity(void *to, const char *what, const char *text)
{
	if (strcmp(what, "capacity") == 0)
		(void)snprintf(to, REASON_MAX, "%s", text);
}

/* Where it is a bound, it is called one. */
static void what_is_said_of_capacity(void **unused)
{
	static const char *const rows[][2] = {
	    {"queue/mutex_ring/capacity:32", "32 items, as it is told"},
	    {"queue/ck_spsc", "255 items, as it is told, but for a slot that stays empty"},
	    {"queue/pipe/bytes:1000", "66 items at most, its own: it cannot be given one"},
	    {"queue/mq", "11 items at most, its own: it cannot be given one"},
	    {"queue/channel_unbuffered/model:coroutine", "1 item, its own: it cannot be given one"},
	    {"queue/socketpair_dgram/producers:2",
		"412 items at most, its own: it cannot be given one"},
	};
	char said[REASON_MAX];

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench_case bc;

		assert_string_equal(parse(rows[i][0], &bc), "");
		queue_family.facts(&bc.pub, keep_capacity, said);
		assert_string_equal(said, rows[i][1]);
	}
}

/* What it cannot be given it says itself. */
static void capacity_is_the_queues_own(void **unused)
{
	struct subject s;

	(void)unused;
	begin(&s, "queue/pipe/model:thread/bytes:1024");
	assert_int_equal(((const struct cb_queue_state *)s.team.env.state)->env.capacity, 65);
	end(&s);
	/* And the item of a producer that sleeps. */
	begin(&s, "queue/mq/model:thread");
	assert_int_equal(((const struct cb_queue_state *)s.team.env.state)->env.capacity, 11);
	end(&s);
	begin(&s, "queue/mutex_ring/model:thread/capacity:32");
	assert_int_equal(((const struct cb_queue_state *)s.team.env.state)->env.capacity, 32);
	end(&s);
}

static bool put(struct subject *s, unsigned producer, uint64_t item)
{
	const struct cb_queue_state *st = s->team.env.state;

	return st->impl->ops->try_put(st->queue, subject_worker(s, producer), &item, sizeof(item));
}

/* The next item out, or 0. */
static uint64_t get(struct subject *s)
{
	const struct cb_queue_state *st = s->team.env.state;
	uint64_t item;

	return st->impl->ops->try_get(
		   st->queue, subject_worker(s, st->env.producers), &item, sizeof(item))
		   ? item
		   : 0;
}

/* Filled and emptied by hand, round after round: so many go in, and they come out in their order.
 */
static void each_holds_what_it_says(void **unused)
{
	static const struct {
		const char *name;
		unsigned holds;
		bool latest_first;
		bool own; /* it cannot be given a capacity */
	} rows[] = {
	    /* One slot stays empty. */
	    {"ck_spsc", 15, false, false},
	    {"ck_mpsc", 15, false, false},
	    {"ck_spmc", 15, false, false},
	    {"ck_mpmc", 15, false, false},
	    {"ck_fifo_spsc", 16, false, false},
	    {"ck_fifo_mpmc", 16, false, false},
	    {"ck_stack", 16, true, false},
	    {"spsc_cached", 16, false, false},
	    {"mpmc_bounded", 16, false, false},
	    {"two_lock", 16, false, false},
	    {"ms_queue", 16, false, false},
	    {"wfcqueue", 16, false, false},
	    {"wfcqueue_malloc", 16, false, false},
	    {"wfcqueue_splice", 16, false, false},
	    {"wfcqueue_splice_malloc", 16, false, false},
	    {"moodycamel", 288, false, true},
	};
	uint64_t next = 1;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[100];
		struct subject s;

		(void)snprintf(name, sizeof(name), "queue/%s/model:thread%s", rows[i].name,
		    rows[i].own ? "" : "/capacity:16");
		if (strstr(parse(name, &s.bc), "left out of this build"))
			continue;
		begin(&s, name);
		for (unsigned round = 0; round < 4; round++) {
			const uint64_t first = next;

			while (put(&s, 0, next))
				next++;
			if (next - first != rows[i].holds)
				fail_msg("%s: %u items in round %u", name, (unsigned)(next - first),
				    round);
			for (uint64_t n = first; n < next; n++)
				assert_int_equal(
				    get(&s), rows[i].latest_first ? first + next - 1 - n : n);
			assert_int_equal(get(&s), 0);
		}
		end(&s);
	}
}

static void each_producer_has_its_share(void **unused)
{
	struct subject s;

	(void)unused;
	begin(&s, "queue/wfcqueue/model:thread/producers:3/consumers:1/capacity:16");
	/* All that it is told: 6, 5 and 5. */
	for (unsigned p = 0; p < 3; p++)
		for (unsigned n = 0; n <= 6 - (p > 0); n++)
			assert_int_equal(put(&s, p, 100 * p + n + 1), n < 6 - (p > 0));
	assert_int_equal(get(&s), 1);
	/* It was the first one's. */
	assert_false(put(&s, 1, 1));
	assert_true(put(&s, 0, 1));
	assert_false(put(&s, 0, 1));
	while (get(&s))
		;
	end(&s);
}

/* Whoever has put one has seen it taken: between trials there is never one. Negative control: a
 * channel that holds some. */
static void without_a_buffer_nothing_stays(void **unused)
{
	static const char *const names[] = {
	    "queue/channel_unbuffered/model:coroutine", "queue/channel/model:coroutine/capacity:2"};

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		const struct cb_queue_state *st;
		struct subject s;

		begin(&s, names[i]);
		st = s.team.env.state;
		for (unsigned t = 0; t < 20; t++)
			right_trial(&s, WINDOW_NS / 4);
		assert_true(s.team.done[1] > 0);
		assert_int_equal(st->drained.source[0].count > 0, i);
		end(&s);
	}
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define OWN_MALLOC true
#else
#define OWN_MALLOC false
#endif

/* Where memory ends a put is not just one that finds it full. */
static void without_memory_a_put_fails(void **unused)
{
	struct rlimit before, none;
	void *first = NULL;
	struct subject s;
	bool done;

	(void)unused;
	if (!OWN_MALLOC)
		skip();
	begin(&s, "queue/wfcqueue_malloc/model:thread/capacity:16");
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	for (size_t bytes = 1 << 20; bytes >= sizeof(void *); bytes /= 2) {
		void **one;

		while ((one = malloc(bytes)) != NULL) {
			*one = first;
			first = one;
		}
	}
	done = put(&s, 0, 1);
	while (first) {
		void *next = *(void **)first;

		free(first);
		first = next;
	}
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_false(done);
	assert_int_equal(subject_worker(&s, 0)->error, -ENOMEM);
	end(&s);
	/* Negative control. */
	begin(&s, "queue/wfcqueue_malloc/model:thread/capacity:16");
	for (unsigned n = 0; n < 16; n++)
		assert_true(put(&s, 0, 1));
	assert_false(put(&s, 0, 1));
	assert_int_equal(subject_worker(&s, 0)->error, 0);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(consumers_are_counted),
	    cmocka_unit_test(the_verdict_says_what_is_wrong),
	    cmocka_unit_test(among_many_it_is_caught_too),
	    cmocka_unit_test(items_say_who_and_which),
	    cmocka_unit_test(items_are_intact_or_not),
	    cmocka_unit_test(stamps_are_of_their_item),
	    cmocka_unit_test(metrics_are_of_one_trial),
	    cmocka_unit_test(deadlines_have_to_be_heeded),
	    cmocka_unit_test(only_a_queue_that_can_be_filled_is_waited_at),
	    cmocka_unit_test(who_timed_out_when_is_noted),
	    cmocka_unit_test(what_it_said_is_compared),
	    cmocka_unit_test(of_several_one_may_be_late),
	    cmocka_unit_test(what_cannot_be_is_declined),
	    cmocka_unit_test(capacity_is_the_queues_own),
	    cmocka_unit_test(what_is_said_of_capacity),
	    cmocka_unit_test(each_holds_what_it_says),
	    cmocka_unit_test(each_producer_has_its_share),
	    cmocka_unit_test(without_a_buffer_nothing_stays),
	    cmocka_unit_test(without_memory_a_put_fails),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
