/*
 * zeromq_test.c - ZeroMQ's sockets: how they are closed, what they hold, what is left behind, what
 * stands against them. That they deliver: conformance_test.c.
 */
#include "benches/queues/zeromq.h"
#include "benches/team_fixture.h"

#include <sys/resource.h>
#include <unistd.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
#define PATIENCE_NS (60 * CLOCK_NS_PER_S)
static void need_library(void)
{
	struct bench_case bc;

	if (strstr(parse("queue/zeromq/model:thread", &bc), "left out of this build"))
		skip();
}

extern const struct cb_family queue_family;

static struct zeromq *zeromq_of(const struct subject *s)
{
	return ((const struct cb_queue_state *)s->team.env.state)->queue;
}

/* The first test, before anybody has loaded it: without a descriptor nothing is. */
static void a_library_that_is_missing_is_named(void **unused)
{
	char why[REASON_MAX] = "";
	const struct cb_queue_ops *ops;
	struct cb_queue_env env = {.why = why, .why_len = sizeof(why), .producers = 1};
	struct rlimit before, few;
	struct bench_case bc;
	struct zeromq q;
	int ret;

	(void)unused;
	need_library();
	assert_string_equal(parse("queue/zeromq/model:thread", &bc), "");
	ops = ((const struct cb_queue *)bc.pub.kind->impl)->ops;
	env.c = &bc.pub;
	memset(&q, 0, sizeof(q));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	ret = ops->init(&q, &env);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(ret, -ENOTSUP);
	if (!strstr(why, "no ZeroMQ here (libzmq5): "))
		fail_msg("%s", why);
}

/* Nobody is left asleep in it, and what was under way is kept. */
static void they_are_closed(void **unused)
{
	static const char *const names[] = {"queue/zeromq/model:thread/capacity:2",
	    "queue/zeromq/model:thread/producers:32/capacity:2",
	    "queue/zeromq/model:thread/producers:3/bytes:65536",
	    "queue/zeromq/model:process/capacity:2", "queue/zeromq/model:process/producers:8",
	    "queue/zeromq/model:process/producers:2/bytes:65536"};

	(void)unused;
	need_library();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct subject s;
		uint64_t delivered = 0;

		begin(&s, names[i]);
		for (unsigned t = 0; t < 10; t++)
			right_trial(&s, 5 * WINDOW_NS);
		for (unsigned w = 0; w < s.bc.pub.workers; w++)
			delivered += s.team.done[w];
		assert_true(delivered > 0);
		end(&s);
	}
}

static void put(struct subject *s, unsigned producer, uint64_t item)
{
	const struct cb_queue_state *st = s->team.env.state;

	assert_int_equal(st->impl->ops->put(st->queue, subject_worker(s, producer), &item,
			     sizeof(item), CB_FOR_EVER),
	    CB_QUEUE_DONE);
}

/* By hand, between threads, where all of it is the library's: the half of its share at either end
 * goes in without anybody who gets; what is left is kept in its order, and not more than there is
 * room for. */
static void what_is_under_way_is_kept(void **unused)
{
	(void)unused;
	need_library();
	for (unsigned more = 0; more < 2; more++) {
		const struct cb_queue_ops *ops;
		struct zeromq *q;
		struct subject s;
		uint64_t item = 0;

		begin(&s, "queue/zeromq/model:thread/producers:2/capacity:64");
		q = zeromq_of(&s);
		ops = ((const struct cb_queue_state *)s.team.env.state)->impl->ops;
		right_trial(&s, WINDOW_NS);
		assert_int_equal(q->half, 16);
		assert_int_equal(q->most, 66);
		for (uint64_t n = 1; n <= 32; n++)
			put(&s, n % 2, n);
		for (unsigned p = 0; p < 2; p++)
			ops->close(q, subject_worker(&s, p));
		q->most = 32 - more;
		ops->close(q, subject_worker(&s, 2));
		assert_int_equal(subject_worker(&s, 2)->error, more ? -EOVERFLOW : 0);
		assert_int_equal(q->kept, q->most);
		for (unsigned n = 1; n <= 32 - more; n++)
			assert_true(ops->drain(q, &item, sizeof(item)));
		assert_false(ops->drain(q, &item, sizeof(item)));
		end(&s);
	}
}

/* As many as there are in the table of Unix sockets. */
static unsigned names_there(void)
{
	char line[300], own[64];
	unsigned n = 0;
	FILE *f = fopen("/proc/net/unix", "re");

	(void)snprintf(own, sizeof(own), "@concbench-zeromq-%ld-", (long)getpid());
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, own) != NULL;
	(void)fclose(f);
	return n;
}

static void between_processes_its_name_is_in_no_folder(void **unused)
{
	struct subject s;

	(void)unused;
	need_library();
	begin(&s, "queue/zeromq/model:process");
	right_trial(&s, WINDOW_NS);
	assert_true(names_there() > 0);
	end(&s);
	assert_int_equal(names_there(), 0);
	begin(&s, "queue/zeromq/model:thread");
	right_trial(&s, WINDOW_NS);
	assert_int_equal(names_there(), 0);
	end(&s);
}

/* The library's thread of each process works for its worker; between threads there is none. */
static void what_the_library_does_is_charged(void **unused)
{
	const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
	struct subject s;

	(void)unused;
	need_library();
	begin(&s, "queue/zeromq/model:process");
	for (unsigned i = 0; i < s.team.units && clock_now_ns() < give_up_ns;) {
		right_trial(&s, 5 * WINDOW_NS);
		while (i < s.team.units && atomic_load(&s.team.unit[i].charged_ns) > 0)
			i++;
	}
	for (unsigned i = 0; i < s.team.units; i++)
		assert_true(atomic_load(&s.team.unit[i].charged_ns) > 0);
	end(&s);
	begin(&s, "queue/zeromq/model:thread");
	right_trial(&s, 5 * WINDOW_NS);
	for (unsigned i = 0; i < s.team.units; i++)
		assert_int_equal(atomic_load(&s.team.unit[i].charged_ns), 0);
	end(&s);
}

static void who_had_to_wait_is_told_while_checking(void **unused)
{
	(void)unused;
	need_library();
	for (unsigned i = 0; i < 4; i++) {
		const bool checking = i / 2;
		struct subject s;
		double value;

		begin_as(&s,
		    i % 2 ? "queue/zeromq/model:process" : "queue/zeromq/model:thread/capacity:2",
		    (struct team_options){.checking = checking});
		for (unsigned t = 0; t < 5; t++)
			right_trial(&s, 5 * WINDOW_NS);
		assert_int_equal(
		    metric_get(&s.sample.metrics, "empty_polls_per_op", &value), checking);
		end(&s);
	}
}

static void keep_capacity(void *to, const char *what, const char *text)
{
	if (strcmp(what, "capacity") == 0)
		(void)snprintf(to, REASON_MAX, "%s", text);
}

static void what_it_can_be_is_said(void **unused)
{
	static const char *const bad[][2] = {
	    {"queue/zeromq/consumers:2", "it takes 1 consumer"},
	    {"queue/zeromq/model:coroutine", "would stop all others on its carrier"},
	    {"queue/zeromq/bytes:65537", "its items have at most 65536 bytes"},
	    {"queue/zeromq/asking:1", "it cannot say how many items it has"},
	};
	static const char *const rows[][2] = {
	    {"queue/zeromq/model:thread", "257 items at most, by what it is told and what is"},
	    {"queue/zeromq/model:thread/producers:3/capacity:2", "9 items at most"},
	    /* A Unix socket, and four buffers, of items and two bytes. */
	    {"queue/zeromq/model:process/bytes:8", "24837 items at most"},
	};
	char said[REASON_MAX];
	struct bench_case bc;

	(void)unused;
	need_library();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!strstr(parse(bad[i][0], &bc), bad[i][1]))
			fail_msg("%s: %s", bad[i][0], parse(bad[i][0], &bc));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(parse(rows[i][0], &bc), "");
		queue_family.facts(&bc.pub, keep_capacity, said);
		if (!strstr(said, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_library_that_is_missing_is_named),
	    cmocka_unit_test(they_are_closed),
	    cmocka_unit_test(what_is_under_way_is_kept),
	    cmocka_unit_test(between_processes_its_name_is_in_no_folder),
	    cmocka_unit_test(what_the_library_does_is_charged),
	    cmocka_unit_test(who_had_to_wait_is_told_while_checking),
	    cmocka_unit_test(what_it_can_be_is_said),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
