/*
 * kernel_test.c - queues that the kernel keeps: how they are closed, what they hold, what they say
 * of who waits, what stands against them and what they leave behind.
 */
#include "benches/queues/folder_fixture.h"
#include "benches/queues/kernel.h"
#include "benches/team_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)

/* Nobody is left asleep in the kernel, also where not all that wait have room at once; and what one
 * has written in part, the other reads to its end. */
static void queues_of_the_kernel_are_closed(void **unused)
{
	static const char *const names[] = {"queue/mq/model:thread/producers:32/consumers:1",
	    "queue/mq/model:process/producers:1/consumers:16",
	    "queue/mq/model:thread/producers:16/consumers:4",
	    "queue/pipe/model:thread/producers:32/bytes:4096",
	    "queue/socketpair_seqpacket/model:process/producers:8/consumers:8/bytes:212960",
	    "queue/socketpair_dgram/model:thread/producers:1/consumers:8",
	    "queue/socketpair_dgram/model:coroutine/producers:3/consumers:3/bytes:65536",
	    "queue/socketpair_stream/model:thread/bytes:65536",
	    "queue/socketpair_stream/model:process/bytes:65536",
	    "queue/socketpair_stream/model:coroutine/bytes:65536"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct subject s;
		uint64_t delivered = 0;

		begin(&s, names[i]);
		for (unsigned t = 0; t < 5; t++)
			right_trial(&s, WINDOW_NS);
		for (unsigned w = 0; w < s.bc.pub.workers; w++)
			delivered += s.team.done[w];
		assert_true(delivered > 0);
		end(&s);
	}
}

/* ---- what they hold ---- */

static uint64_t fill(const struct kernel_queue *q, const void *item)
{
	uint64_t n = 0;

	while (q->calls->try_write(q->out, item, q->bytes) == (ssize_t)q->bytes)
		n++;
	return n;
}

/* What the kernel keeps is at most what it says, and no small part of that; one of each producer
 * that sleeps is among it. */
static void the_kernel_holds_no_more_than_is_said(void **unused)
{
	static const struct {
		const char *name;
		unsigned exactly; /* 0: the kernel's to say */
	} rows[] = {
	    {"queue/pipe/model:thread/bytes:8", 8192},
	    {"queue/pipe/model:thread/bytes:1000", 64},
	    {"queue/fifo/model:thread/bytes:4096", 16},
	    {"queue/mq/model:thread/bytes:8", 10},
	    {"queue/socketpair_stream/model:thread/bytes:8", 0},
	    {"queue/socketpair_seqpacket/model:thread/bytes:8", 0},
	    {"queue/socketpair_dgram/model:thread/bytes:1000", 0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct cb_queue_state *st;
		unsigned char item[4096];
		uint64_t holds, found = 0;
		struct subject s;

		begin(&s, rows[i].name);
		st = s.team.env.state;
		memset(item, 1, sizeof(item));
		holds = fill(st->queue, item);
		/* What a kernel says that has no pipes that do not wait. */
		if (holds || errno != EOPNOTSUPP) {
			assert_true(st->impl->holds_less);
			assert_in_range(
			    holds, st->env.capacity / 2, st->env.capacity - st->env.producers);
			if (rows[i].exactly)
				assert_int_equal(holds, rows[i].exactly);
			while (
			    found <= holds && st->impl->ops->drain(st->queue, item, st->env.bytes))
				found++;
			assert_int_equal(found, holds);
		}
		end(&s);
	}
}

/* As many as can ever be set aside are no error; one more is. */
static void what_is_set_aside_has_its_room(void **unused)
{
	for (unsigned more = 0; more < 2; more++) {
		const struct cb_queue_state *st;
		struct kernel_queue *q;
		uint64_t item = 1, found = 0;
		struct subject s;

		(void)unused;
		begin(&s, "queue/mq/model:thread");
		st = s.team.env.state;
		q = st->queue;
		/* As if so many had been in hand before. */
		q->most = 10 - more;
		q->left = q->consumers - 1;
		assert_int_equal(fill(q, &item), 10);
		kernel_close(q, subject_worker(&s, 1));
		assert_int_equal(subject_worker(&s, 1)->error, more ? -EOVERFLOW : 0);
		while (st->impl->ops->drain(q, &item, sizeof(item)))
			found++;
		assert_int_equal(found, 10 - more);
		end(&s);
	}
}

/* In a measured window nobody asks first; while checking it is known. */
static void who_had_to_wait_is_told_where_it_is_known(void **unused)
{
	static const struct {
		const char *name;
		bool checking, known;
	} rows[] = {
	    {"queue/pipe/model:thread", false, false},
	    {"queue/mq/model:process", false, false},
	    {"queue/socketpair_stream/model:coroutine/bytes:65536", false, false},
	    {"queue/socketpair_stream/model:thread/bytes:65536", true, true},
	    {"queue/pipe/model:thread", true, true},
	    {"queue/broker/model:thread", false, true},
	    {"queue/mutex_ring/model:thread", false, true},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct cb_queue_state *st;
		uint64_t waited = 0;
		struct subject s;
		double value;

		begin_as(&s, rows[i].name, (struct team_options){.checking = rows[i].checking});
		st = s.team.env.state;
		for (unsigned t = 0; t < 5; t++)
			right_trial(&s, WINDOW_NS);
		if (metric_get(&s.sample.metrics, "empty_polls_per_op", &value) != rows[i].known ||
		    metric_get(&s.sample.metrics, "full_polls_per_op", &value) != rows[i].known)
			fail_msg("%s", rows[i].name);
		for (unsigned w = 0; w < s.bc.pub.workers; w++)
			waited += st->worker[w].empty_polls + st->worker[w].full_polls;
		assert_true(rows[i].known || waited == 0);
		end(&s);
	}
}

/* ---- what stands against them ---- */

/* Return: what it says that it cannot be made for. */
static const char *unmade(struct subject *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	assert_string_equal(parse(name, &s->bc), "");
	assert_int_equal(team_create(&s->team, &s->bc, topo, &(struct team_options){.seed = 7},
			     s->why, sizeof(s->why)),
	    -ENOTSUP);
	return s->why;
}

static void limits_are_named(void **unused)
{
	struct rlimit before, none;
	struct subject s;
	const char *why;
	char *was;

	(void)unused;
	assert_int_equal(getrlimit(RLIMIT_MSGQUEUE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_MSGQUEUE, &none), 0);
	why = unmade(&s, "queue/mq/model:thread");
	assert_int_equal(setrlimit(RLIMIT_MSGQUEUE, &before), 0);
	if (!strstr(why, "the limit on message queues (ulimit -q) is 0 bytes"))
		fail_msg("%s", why);
	was = set_variable("TMPDIR", "/nowhere");
	why = unmade(&s, "queue/fifo/model:thread");
	restore_variable("TMPDIR", was);
	if (!strstr(why, "TMPDIR: no FIFO in /nowhere: No such file or directory"))
		fail_msg("%s", why);
}

/* ---- deadlines ---- */

/* By hand, from both ends, of one that holds whole items and one that takes parts of them. */
static void they_give_up_in_time_and_not_before(void **unused)
{
	static const char *const names[] = {"queue/pipe/model:thread/bytes:4096/wait_ns:1000000",
	    "queue/fifo/model:thread/bytes:4096/wait_ns:1000000",
	    "queue/mq/model:thread/bytes:4096/wait_ns:1000000",
	    "queue/socketpair_stream/model:thread/bytes:4096/wait_ns:1000000",
	    "queue/socketpair_dgram/model:thread/bytes:4096/wait_ns:1000000"};
	unsigned char item[4096], got[4096];

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct cb_queue_ops *ops;
		struct cb_worker *putter, *getter;
		struct cb_queue_state *st;
		uint64_t until_ns, in = 0;
		struct subject s;

		begin(&s, names[i]);
		st = s.team.env.state;
		ops = st->impl->ops;
		putter = subject_worker(&s, 0);
		getter = subject_worker(&s, 1);
		cb_queue_enter(putter, st);
		cb_queue_enter(getter, st);
		until_ns = cb_now_ns() + CB_NS_PER_MS;
		assert_int_equal(
		    ops->get(st->queue, getter, got, sizeof(got), until_ns), CB_QUEUE_TIMED_OUT);
		assert_true(cb_now_ns() >= until_ns);
		/* Until there is no room, or none for all of one: a part that is in stays. */
		while (in < st->env.capacity) {
			until_ns = cb_now_ns() + CB_NS_PER_MS;
			cb_queue_fill(item, sizeof(item), cb_queue_head(0, ++in, false));
			if (ops->put(st->queue, putter, item, sizeof(item), until_ns) !=
			    CB_QUEUE_TIMED_OUT)
				continue;
			assert_true(cb_now_ns() >= until_ns);
			in--;
			break;
		}
		assert_true(in > 0 && in < st->env.capacity);
		for (uint64_t n = 1; n <= in; n++) {
			assert_true(ops->get(st->queue, getter, got, sizeof(got),
					cb_now_ns() + 60 * CB_NS_PER_S) > 0);
			cb_queue_fill(item, sizeof(item), cb_queue_head(0, n, false));
			assert_memory_equal(got, item, sizeof(got));
		}
		assert_int_equal(
		    ops->get(st->queue, getter, got, sizeof(got), cb_now_ns()), CB_QUEUE_TIMED_OUT);
		end(&s);
	}
}

struct rest {
	int fd;
	const unsigned char *bytes;
	size_t n;
};

static void *send_later(void *arg)
{
	const struct rest *rest = arg;

	/* Long after the other's deadline. */
	(void)usleep(50000);
	return (void *)(intptr_t)(write(rest->fd, rest->bytes, rest->n) == (ssize_t)rest->n);
}

/* The rest of it would be taken for the next. */
static void an_item_that_has_begun_is_not_given_up(void **unused)
{
	unsigned char item[4096], got[4096];
	const struct kernel_queue *q;
	struct cb_queue_state *st;
	struct rest rest;
	struct subject s;
	pthread_t sender;
	void *sent = NULL;

	(void)unused;
	begin(&s, "queue/socketpair_stream/model:thread/bytes:4096/wait_ns:1000000");
	st = s.team.env.state;
	q = st->queue;
	cb_queue_enter(subject_worker(&s, 1), st);
	cb_queue_fill(item, sizeof(item), cb_queue_head(0, 1, false));
	assert_int_equal(write(q->out, item, 100), 100);
	rest = (struct rest){q->out, item + 100, sizeof(item) - 100};
	assert_int_equal(pthread_create(&sender, NULL, send_later, &rest), 0);
	assert_int_equal(st->impl->ops->get(st->queue, subject_worker(&s, 1), got, sizeof(got),
			     cb_now_ns() + CB_NS_PER_MS),
	    CB_QUEUE_WAITED);
	assert_int_equal(pthread_join(sender, &sent), 0);
	assert_non_null(sent);
	assert_memory_equal(got, item, sizeof(got));
	end(&s);
}

static ssize_t cannot_write(int fd, const void *item, size_t bytes)
{
	(void)fd;
	(void)item;
	(void)bytes;
	errno = EOPNOTSUPP;
	return -1;
}

static ssize_t cannot_read(int fd, void *item, size_t bytes)
{
	(void)fd;
	(void)item;
	(void)bytes;
	errno = EOPNOTSUPP;
	return -1;
}

/* As kernels whose pipes cannot be asked not to wait say it. */
static void without_a_call_that_does_not_wait(void **unused)
{
	static struct kernel_calls calls;
	uint64_t item = cb_queue_head(0, 1, false), got = 0, until_ns;
	struct kernel_queue *q;
	struct cb_queue_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "queue/pipe/model:thread/wait_ns:1000000");
	st = s.team.env.state;
	q = st->queue;
	calls = *q->calls;
	calls.try_write = cannot_write;
	calls.try_read = cannot_read;
	q->calls = &calls;
	until_ns = cb_now_ns() + CB_NS_PER_MS;
	assert_int_equal(kernel_get_until(q, subject_worker(&s, 1), &got, sizeof(got), until_ns),
	    CB_QUEUE_TIMED_OUT);
	assert_true(cb_now_ns() >= until_ns);
	assert_int_equal(kernel_put_until(q, subject_worker(&s, 0), &item, sizeof(item), until_ns),
	    CB_QUEUE_DONE);
	assert_int_equal(
	    kernel_get_until(q, subject_worker(&s, 1), &got, sizeof(got), until_ns), CB_QUEUE_DONE);
	assert_int_equal(got, item);
	end(&s);
}

/* ---- names in folders ---- */

static void what_killed_runs_leave_is_removed(void **unused)
{
	struct subject s;
	int fd, used;
	char *was;

	(void)unused;
	make_folder();
	was = set_variable("TMPDIR", folder);
	assert_int_equal(mkfifo(in_folder("concbench-fifo-1-0"), 0600), 0);
	/* Not ours to remove: one that somebody has, no FIFO, another's name. */
	assert_int_equal(mkfifo(in_folder("concbench-fifo-2-0"), 0600), 0);
	used = open(in_folder("concbench-fifo-2-0"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(used >= 0);
	assert_int_equal(flock(used, LOCK_EX), 0);
	fd = open(in_folder("concbench-fifo-3-0"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(mkfifo(in_folder("other-fifo-1-0"), 0600), 0);
	begin(&s, "queue/fifo/model:process");
	assert_int_equal(access(in_folder("concbench-fifo-1-0"), F_OK), -1);
	assert_int_equal(names_there(), 4);
	/* While it is open by all it needs no name. */
	right_trial(&s, WINDOW_NS);
	assert_int_equal(names_there(), 3);
	right_trial(&s, WINDOW_NS);
	end(&s);
	/* None ever attached. */
	begin(&s, "queue/fifo/model:process");
	assert_int_equal(names_there(), 4);
	end(&s);
	assert_int_equal(names_there(), 3);
	assert_int_equal(close(used), 0);
	begin(&s, "queue/fifo/model:thread");
	end(&s);
	assert_int_equal(unlink(in_folder("concbench-fifo-2-0")), -1);
	assert_int_equal(unlink(in_folder("concbench-fifo-3-0")), 0);
	assert_int_equal(unlink(in_folder("other-fifo-1-0")), 0);
	assert_int_equal(rmdir(folder), 0);
	restore_variable("TMPDIR", was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(queues_of_the_kernel_are_closed),
	    cmocka_unit_test(the_kernel_holds_no_more_than_is_said),
	    cmocka_unit_test(what_is_set_aside_has_its_room),
	    cmocka_unit_test(who_had_to_wait_is_told_where_it_is_known),
	    cmocka_unit_test(limits_are_named),
	    cmocka_unit_test(what_killed_runs_leave_is_removed),
	    cmocka_unit_test(they_give_up_in_time_and_not_before),
	    cmocka_unit_test(an_item_that_has_begun_is_not_given_up),
	    cmocka_unit_test(without_a_call_that_does_not_wait),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
