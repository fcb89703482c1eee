/*
 * carrier_io_test.c - the system calls' results through a carrier, and what they cost.
 */
#include "harness/base/clock.h"
#include <concbench/runtime.h>
#include "harness/coroutine/reactor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <cmocka.h>

static struct cb_carrier *carrier_of(enum cb_backend b, unsigned max_tasks)
{
	const struct cb_carrier_config config = {.backend = b, .max_tasks = max_tasks};
	struct cb_carrier *c = NULL;

	assert_int_equal(cb_carrier_create(&config, &c), 0);
	return c;
}

static void spawn(struct cb_carrier *c, cb_task_fn fn, void *arg)
{
	assert_int_equal(cb_carrier_spawn(c, fn, arg, NULL), 0);
}

static void stream_pair(int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
}

static void drop(struct cb_carrier *c, int fd)
{
	cb_carrier_forget_fd(c, fd);
	assert_int_equal(close(fd), 0);
}

/* One call in a task of its own; what it gave. */
struct call {
	struct cb_carrier *c;
	int fd;
	char byte;
	ssize_t result;
	bool finished;
};

static void read_byte(void *arg)
{
	struct call *k = arg;

	k->result = cb_carrier_read(k->c, k->fd, &k->byte, 1);
	k->finished = true;
}

static void write_byte(void *arg)
{
	struct call *k = arg;

	k->result = cb_carrier_write(k->c, k->fd, "x", 1);
	k->finished = true;
}

static ssize_t run_one(struct cb_carrier *c, cb_task_fn fn, int fd)
{
	struct call k = {.c = c, .fd = fd};

	spawn(c, fn, &k);
	assert_int_equal(cb_carrier_run(c), 0);
	assert_true(k.finished);
	return k.result;
}

/* ---- results ---- */

static void the_end_of_a_stream_reads_zero(void **state)
{
	struct cb_carrier *c = carrier_of(CB_FCONTEXT, 2);
	int fd[2];

	(void)state;
	stream_pair(fd);
	assert_int_equal(close(fd[1]), 0);
	assert_int_equal(run_one(c, read_byte, fd[0]), 0);
	drop(c, fd[0]);
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	assert_int_equal(write(fd[1], "y", 1), 1);
	assert_int_equal(close(fd[1]), 0);
	assert_int_equal(run_one(c, read_byte, fd[0]), 1);
	assert_int_equal(run_one(c, read_byte, fd[0]), 0);
	drop(c, fd[0]);
	cb_carrier_destroy(c);
}

static void writing_to_nobody_is_epipe(void **state)
{
	struct cb_carrier *c = carrier_of(CB_FCONTEXT, 2);
	int fd[2];

	(void)state;
	stream_pair(fd);
	assert_int_equal(close(fd[1]), 0);
	assert_int_equal(run_one(c, write_byte, fd[0]), -EPIPE);
	drop(c, fd[0]);
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(run_one(c, write_byte, fd[1]), -EPIPE);
	drop(c, fd[1]);
	cb_carrier_destroy(c);
}

static void closing_fd(void *arg)
{
	const struct call *k = arg;

	cb_carrier_yield(k->c);
	(void)close(k->fd);
}

/* A writer that waits for room must learn that its peer has gone. */
static void a_waiting_writer_sees_the_peer_go(void **state)
{
	struct cb_carrier *c = carrier_of(CB_FCONTEXT, 2);
	struct call w = {.c = c}, closer = {.c = c};
	char junk[4096] = {0};
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	while (write(fd[1], junk, sizeof(junk)) > 0)
		;
	w.fd = fd[1];
	closer.fd = fd[0];
	spawn(c, write_byte, &w);
	spawn(c, closing_fd, &closer);
	assert_int_equal(cb_carrier_run(c), 0);
	assert_int_equal(w.result, -EPIPE);
	drop(c, fd[1]);
	cb_carrier_destroy(c);
}

static void bad_descriptors_are_refused(void **state)
{
	struct cb_carrier *c = carrier_of(CB_FCONTEXT, 2);
	FILE *file = tmpfile();
	int fd[2];

	(void)state;
	assert_non_null(file);
	assert_int_equal(run_one(c, read_byte, fileno(file)), -EPERM);
	assert_int_equal(run_one(c, write_byte, fileno(file)), -EPERM);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(run_one(c, read_byte, -1), -EBADF);
	stream_pair(fd);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(close(fd[1]), 0);
	assert_int_equal(run_one(c, read_byte, fd[0]), -EBADF);
	assert_int_equal(run_one(c, write_byte, fd[0]), -EBADF);
	cb_carrier_forget_fd(c, -1);
	cb_carrier_forget_fd(c, 1 << 20);
	cb_carrier_destroy(c);
}

static void one_reader_and_one_writer_at_a_time(void **state)
{
	struct cb_carrier *c = carrier_of(CB_FCONTEXT, 5);
	struct call first = {.c = c}, second = {.c = c}, writer = {.c = c}, late = {.c = c};
	char junk[4096] = {0};
	int fd[2];

	(void)state;
	stream_pair(fd);
	while (write(fd[0], junk, sizeof(junk)) > 0)
		;
	first.fd = second.fd = writer.fd = late.fd = fd[0];
	spawn(c, read_byte, &first);
	spawn(c, read_byte, &second);
	spawn(c, write_byte, &writer); /* both directions of one descriptor at once */
	spawn(c, write_byte, &late);
	/* Runs after they all began to wait: ends both. */
	spawn(c, closing_fd, &(struct call){.c = c, .fd = fd[1]});
	assert_int_equal(cb_carrier_run(c), 0);
	assert_int_equal(second.result, -EBUSY);
	assert_int_equal(late.result, -EBUSY);
	assert_true(first.finished && first.result <= 0 && first.result != -EBUSY);
	assert_true(writer.finished && writer.result < 0 && writer.result != -EBUSY);
	drop(c, fd[0]);
	cb_carrier_destroy(c);
}

/* The other end: a byte for the reader, and only then room for the writer. */
struct peer {
	struct call *reader, *writer;
	int fd;
	bool reader_first;
};

static void serve_one_and_then_the_other(void *arg)
{
	struct peer *p = arg;
	struct cb_carrier *c = p->reader->c;
	const uint64_t gave_up_ns = clock_now_ns() + 10 * CLOCK_NS_PER_S;
	char junk[4096];

	(void)!write(p->fd, "y", 1);
	while (!p->reader->finished && clock_now_ns() < gave_up_ns)
		cb_carrier_sleep_until(c, clock_now_ns() + CLOCK_NS_PER_MS);
	p->reader_first = p->reader->finished && !p->writer->finished;
	while (read(p->fd, junk, sizeof(junk)) > 0)
		;
	while (!p->writer->finished && clock_now_ns() < gave_up_ns)
		cb_carrier_sleep_until(c, clock_now_ns() + CLOCK_NS_PER_MS);
	/* Who was forgotten would wait for ever. */
	cb_carrier_forget_fd(c, p->reader->fd);
}

/* Whoever of the two came first, that the other waits as well takes nothing from it. */
static void both_directions_of_a_descriptor_are_waited_for(void **state)
{
	(void)state;
	for (int writer_first = 0; writer_first < 2; writer_first++) {
		struct cb_carrier *c = carrier_of(CB_FCONTEXT, 3);
		struct call reader = {.c = c}, writer = {.c = c};
		struct peer p = {.reader = &reader, .writer = &writer};
		char junk[4096] = {0};
		int fd[2];

		stream_pair(fd);
		while (write(fd[0], junk, sizeof(junk)) > 0)
			;
		reader.fd = writer.fd = fd[0];
		p.fd = fd[1];
		if (writer_first)
			spawn(c, write_byte, &writer);
		spawn(c, read_byte, &reader);
		if (!writer_first)
			spawn(c, write_byte, &writer);
		/* Runs after they both began to wait. */
		spawn(c, serve_one_and_then_the_other, &p);
		assert_int_equal(cb_carrier_run(c), 0);
		assert_true(p.reader_first);
		assert_int_equal(reader.result, 1);
		assert_int_equal(reader.byte, 'y');
		assert_int_equal(writer.result, 1);
		drop(c, fd[0]);
		drop(c, fd[1]);
		cb_carrier_destroy(c);
	}
}

/* ---- until a time ---- */

struct patient {
	struct cb_carrier *c;
	int fd;
	bool writable;
	uint64_t until_ns;
	int result;
	unsigned times; /* that it went on */
	bool early;
};

static void await_until(void *arg)
{
	struct patient *p = arg;

	p->result = cb_carrier_await_fd(p->c, p->fd, p->writable, p->until_ns);
	p->early = p->result == 0 && clock_now_ns() < p->until_ns;
	p->times++;
}

static void await_one(struct patient *p, uint64_t until_ns)
{
	p->until_ns = until_ns;
	p->times = 0;
	spawn(p->c, await_until, p);
	assert_int_equal(cb_carrier_run(p->c), 0);
	assert_int_equal(p->times, 1);
	assert_false(p->early);
}

static void a_descriptor_is_waited_for_until_a_time(void **state)
{
	struct patient p = {.c = carrier_of(CB_FCONTEXT, 4)};
	char junk[4096] = {0};
	uint64_t far_ns;
	int fd[2];

	(void)state;
	stream_pair(fd);
	p.fd = fd[0];
	await_one(&p, clock_now_ns() + CLOCK_NS_PER_MS);
	assert_int_equal(p.result, 0);
	/* It is not its waiter any more: another may come. */
	assert_int_equal(write(fd[1], "y", 1), 1);
	assert_int_equal(run_one(p.c, read_byte, fd[0]), 1);
	/* What is ready leaves no timer behind, for which the carrier would stay. */
	assert_int_equal(write(fd[1], "y", 1), 1);
	far_ns = clock_now_ns() + 60 * CLOCK_NS_PER_S;
	await_one(&p, far_ns);
	assert_int_equal(p.result, 1);
	assert_true(clock_now_ns() < far_ns);
	await_one(&p, UINT64_MAX);
	assert_int_equal(p.result, 1);
	p.writable = true;
	await_one(&p, far_ns);
	assert_int_equal(p.result, 1);
	while (write(fd[0], junk, sizeof(junk)) > 0)
		;
	await_one(&p, clock_now_ns() + CLOCK_NS_PER_MS);
	assert_int_equal(p.result, 0);
	drop(p.c, fd[1]);
	/* The other end is gone: nothing to wait for any more. */
	await_one(&p, far_ns);
	assert_int_equal(p.result, 1);
	drop(p.c, fd[0]);
	p.fd = -1;
	await_one(&p, far_ns);
	assert_int_equal(p.result, -EBADF);
	cb_carrier_destroy(p.c);
}

struct rival {
	struct patient *patient;
	int fd;
	uint64_t at_ns;
};

static void write_at(void *arg)
{
	struct rival *r = arg;

	cb_carrier_sleep_until(r->patient->c, r->at_ns);
	(void)!write(r->fd, "y", 1);
	/* Both the timer and the reactor have their say before anybody else runs. */
	while (clock_now_ns() < r->patient->until_ns)
		;
	cb_carrier_yield(r->patient->c);
}

static void forget_at(void *arg)
{
	struct rival *r = arg;

	cb_carrier_sleep_until(r->patient->c, r->at_ns);
	cb_carrier_forget_fd(r->patient->c, r->patient->fd);
	while (clock_now_ns() < r->patient->until_ns)
		;
}

/* When it becomes readable just as the time passes it goes on, once, and knows which. */
static void ready_and_late_at_once(void **state)
{
	static const cb_task_fn rival[] = {write_at, forget_at};
	unsigned ready = 0, late = 0;

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		struct patient p = {.c = carrier_of(CB_FCONTEXT, 4)};
		struct rival r = {.patient = &p};
		int fd[2];

		stream_pair(fd);
		p.fd = fd[0];
		r.fd = fd[1];
		p.until_ns = clock_now_ns() + 200 * CLOCK_NS_PER_US;
		r.at_ns = p.until_ns - 50 * CLOCK_NS_PER_US + i % 100 * CLOCK_NS_PER_US;
		spawn(p.c, await_until, &p);
		spawn(p.c, rival[i % 2], &r);
		assert_int_equal(cb_carrier_run(p.c), 0);
		assert_int_equal(p.times, 1);
		assert_false(p.early);
		ready += p.result == 1 || p.result == -ECANCELED;
		late += p.result == 0;
		drop(p.c, fd[0]);
		drop(p.c, fd[1]);
		cb_carrier_destroy(p.c);
	}
	assert_int_equal(ready + late, 400);
	assert_true(ready > 0 && late > 0);
}

/* ---- TCP on the loopback ---- */

struct tcp {
	struct cb_carrier *c;
	struct sockaddr_in addr;
	int listener;
	bool reset;
	int connected, accepted;
	ssize_t server_read, client_read;
	char got;
};

static int tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	return fd;
}

static void listen_loopback(struct tcp *t)
{
	socklen_t bytes = sizeof(t->addr);

	t->listener = tcp_socket();
	t->addr =
	    (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(t->listener, (struct sockaddr *)&t->addr, bytes), 0);
	assert_int_equal(getsockname(t->listener, (struct sockaddr *)&t->addr, &bytes), 0);
	assert_int_equal(listen(t->listener, 16), 0);
}

static void tcp_server(void *arg)
{
	struct tcp *t = arg;
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	struct sockaddr_in peer;
	socklen_t bytes = sizeof(peer);
	int fd = cb_carrier_accept(t->c, t->listener, (struct sockaddr *)&peer, &bytes);

	t->accepted = fd;
	if (fd < 0)
		return;
	t->server_read = cb_carrier_read(t->c, fd, &t->got, 1);
	if (t->reset)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	cb_carrier_forget_fd(t->c, fd);
	(void)close(fd);
}

static void tcp_client(void *arg)
{
	struct tcp *t = arg;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char byte;

	t->connected =
	    cb_carrier_connect(t->c, fd, (const struct sockaddr *)&t->addr, sizeof(t->addr));
	if (t->connected == 0) {
		(void)cb_carrier_write(t->c, fd, "t", 1);
		t->client_read = cb_carrier_read(t->c, fd, &byte, 1);
	}
	cb_carrier_forget_fd(t->c, fd);
	(void)close(fd);
}

static void tcp_connects_accepts_and_ends(void **state)
{
	(void)state;
	for (int reset = 0; reset < 2; reset++) {
		struct tcp t = {.c = carrier_of(CB_FCONTEXT, 2), .reset = reset};

		listen_loopback(&t);
		spawn(t.c, tcp_server, &t); /* waits in accept first */
		spawn(t.c, tcp_client, &t);
		assert_int_equal(cb_carrier_run(t.c), 0);
		assert_int_equal(t.connected, 0);
		assert_true(t.accepted >= 0);
		assert_int_equal(t.server_read, 1);
		assert_int_equal(t.got, 't');
		assert_int_equal(t.client_read, reset ? -ECONNRESET : 0);
		drop(t.c, t.listener);

		/* The port has just been given up: nobody listens there. */
		t.connected = 0;
		spawn(t.c, tcp_client, &t);
		assert_int_equal(cb_carrier_run(t.c), 0);
		assert_int_equal(t.connected, -ECONNREFUSED);
		cb_carrier_destroy(t.c);
	}
}

/* ---- no spinning ---- */

struct idler {
	struct cb_carrier *c;
	int fd;
	uint64_t polls, unclaimed;
};

/* Take a byte of several, and turn to other things. */
static void read_byte_then_sleep(void *arg)
{
	struct idler *k = arg;
	const struct reactor_counts *n = cb_carrier_counts(k->c);
	char byte;

	(void)cb_carrier_read(k->c, k->fd, &byte, 1);
	k->polls = n->polls;
	k->unclaimed = n->unclaimed;
	for (int i = 0; i < 10; i++)
		cb_carrier_sleep_until(k->c, clock_now_ns() + 3 * CLOCK_NS_PER_MS);
	k->polls = n->polls - k->polls;
	k->unclaimed = n->unclaimed - k->unclaimed;
}

static void unread_data_does_not_spin(void **state)
{
	(void)state;
	/* Data left; then also a hang-up, which epoll reports whatever one asks for. */
	for (int hang_up = 0; hang_up < 2; hang_up++) {
		struct idler k = {.c = carrier_of(CB_FCONTEXT, 1)};
		struct epoll_event ev = {.events = EPOLLIN};
		int fd[2], control;

		stream_pair(fd);
		assert_int_equal(write(fd[1], "several", 7), 7);
		if (hang_up)
			assert_int_equal(close(fd[1]), 0);
		k.fd = fd[0];
		spawn(k.c, read_byte_then_sleep, &k);
		assert_int_equal(cb_carrier_run(k.c), 0);
		/* One poll a sleep, one more when the unread data is met; a few to spare. */
		assert_true(k.polls <= 10 + 6);
		assert_true(k.unclaimed >= 1 && k.unclaimed <= 3);
		/* It is disarmed, not lost: the next reader gets the rest, then the end. */
		for (const char *p = "everal"; *p; p++)
			assert_int_equal(run_one(k.c, read_byte, fd[0]), 1);
		if (hang_up)
			assert_int_equal(run_one(k.c, read_byte, fd[0]), 0);

		/* The control: plain level-triggered epoll would return at once, each time. */
		if (!hang_up)
			assert_int_equal(write(fd[1], "x", 1), 1);
		control = epoll_create1(EPOLL_CLOEXEC);
		assert_true(control >= 0);
		assert_int_equal(epoll_ctl(control, EPOLL_CTL_ADD, fd[0], &ev), 0);
		for (int i = 0; i < 100; i++)
			assert_int_equal(epoll_wait(control, &ev, 1, 1000), 1);
		assert_int_equal(close(control), 0);
		drop(k.c, fd[0]);
		if (!hang_up)
			assert_int_equal(close(fd[1]), 0);
		cb_carrier_destroy(k.c);
	}
}

/* ---- forgetting ---- */

static void forget_it(void *arg)
{
	const struct call *k = arg;

	cb_carrier_forget_fd(k->c, k->fd);
	cb_carrier_forget_fd(k->c, k->fd);
}

static void forgetting_ends_the_wait(void **state)
{
	struct cb_carrier *c = carrier_of(CB_FCONTEXT, 2);
	struct call k = {.c = c};
	int fd[2], again[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	k.fd = fd[0];
	spawn(c, read_byte, &k);
	spawn(c, forget_it, &k);
	assert_int_equal(cb_carrier_run(c), 0);
	assert_int_equal(k.result, -ECANCELED);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(close(fd[1]), 0);

	/* The same number again, another pipe: nothing remembered. */
	assert_int_equal(pipe2(again, O_NONBLOCK), 0);
	assert_int_equal(again[0], fd[0]);
	assert_int_equal(write(again[1], "z", 1), 1);
	assert_int_equal(run_one(c, read_byte, again[0]), 1);
	drop(c, again[0]);
	drop(c, again[1]);
	cb_carrier_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_end_of_a_stream_reads_zero),
	    cmocka_unit_test(writing_to_nobody_is_epipe),
	    cmocka_unit_test(a_waiting_writer_sees_the_peer_go),
	    cmocka_unit_test(bad_descriptors_are_refused),
	    cmocka_unit_test(one_reader_and_one_writer_at_a_time),
	    cmocka_unit_test(both_directions_of_a_descriptor_are_waited_for),
	    cmocka_unit_test(a_descriptor_is_waited_for_until_a_time),
	    cmocka_unit_test(ready_and_late_at_once),
	    cmocka_unit_test(tcp_connects_accepts_and_ends),
	    cmocka_unit_test(unread_data_does_not_spin),
	    cmocka_unit_test(forgetting_ends_the_wait),
	};

	/* Their EPIPE is looked at instead. */
	(void)signal(SIGPIPE, SIG_IGN);
	/* A lost wake-up would wait for ever. */
	(void)alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
