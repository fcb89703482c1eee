/*
 * carrier_echo_test.c - every byte of many connections and of long writes, and what they cost.
 */
#include <concbench/runtime.h>
#include "harness/coroutine/reactor.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
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

/* ---- echo ---- */

#define CONNECTIONS 200u
#define ROUNDS 20u
#define MESSAGE_BYTES 700u

struct echo {
	struct cb_carrier *c;
	int fd[2];
	unsigned id;
	unsigned corrupt_round; /* 0: an honest server */
	unsigned good_rounds;
};

static void echo_server(void *arg)
{
	struct echo *e = arg;
	char buf[300]; /* smaller than a message: several reads each */
	size_t total = 0;
	ssize_t n;

	while ((n = cb_carrier_read(e->c, e->fd[0], buf, sizeof(buf))) > 0) {
		if (e->corrupt_round && total / MESSAGE_BYTES + 1 == e->corrupt_round)
			buf[(size_t)n / 2] ^= 1;
		total += (size_t)n;
		if (cb_carrier_write(e->c, e->fd[0], buf, (size_t)n) != n)
			break;
	}
	cb_carrier_forget_fd(e->c, e->fd[0]);
	(void)close(e->fd[0]);
}

static void echo_client(void *arg)
{
	struct echo *e = arg;
	unsigned x = e->id * 2654435761u + 1;
	char sent[MESSAGE_BYTES], got[MESSAGE_BYTES];

	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t have = 0;

		for (size_t i = 0; i < sizeof(sent); i++) {
			x = x * 1664525u + 1013904223u;
			sent[i] = (char)(x >> 24);
		}
		if (cb_carrier_write(e->c, e->fd[1], sent, sizeof(sent)) != (ssize_t)sizeof(sent))
			break;
		while (have < sizeof(got)) {
			ssize_t n = cb_carrier_read(e->c, e->fd[1], got + have, sizeof(got) - have);

			if (n <= 0)
				break;
			have += (size_t)n;
		}
		if (have == sizeof(got) && memcmp(sent, got, sizeof(got)) == 0)
			e->good_rounds++;
	}
	cb_carrier_forget_fd(e->c, e->fd[1]);
	(void)close(e->fd[1]);
}

static unsigned good_echo_rounds(enum cb_backend b, unsigned corrupt_round)
{
	struct cb_carrier *c = carrier_of(b, 2 * CONNECTIONS);
	struct echo *e = calloc(CONNECTIONS, sizeof(*e));
	unsigned good = 0;

	assert_non_null(e);
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		e[i] = (struct echo){.c = c, .id = i};
		stream_pair(e[i].fd);
		spawn(c, echo_server, &e[i]);
		spawn(c, echo_client, &e[i]);
	}
	e[CONNECTIONS / 2].corrupt_round = corrupt_round;
	assert_int_equal(cb_carrier_run(c), 0);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		good += e[i].good_rounds;
	cb_carrier_destroy(c);
	free(e);
	return good;
}

static void echoes_are_byte_exact(void **state)
{
	(void)state;
	assert_int_equal(good_echo_rounds(CB_FCONTEXT, 0), CONNECTIONS * ROUNDS);
	assert_int_equal(good_echo_rounds(CB_UCONTEXT, 0), CONNECTIONS * ROUNDS);
	/* One flipped bit a read, in one message of one connection. */
	assert_int_equal(good_echo_rounds(CB_FCONTEXT, 5), CONNECTIONS * ROUNDS - 1);
}

/* An established echo: as many transfers as a blocking thread, and no change of what is watched. */
static void a_request_costs_one_read_and_one_write(void **state)
{
	struct echo e = {.c = carrier_of(CB_FCONTEXT, 2)};
	const struct reactor_counts *n = cb_carrier_counts(e.c);

	(void)state;
	stream_pair(e.fd);
	spawn(e.c, echo_server, &e);
	spawn(e.c, echo_client, &e);
	assert_int_equal(cb_carrier_run(e.c), 0);
	assert_int_equal(e.good_rounds, ROUNDS);
	/* Client: a write and 3 reads; server: 3 reads and writes; then its read of the end. */
	assert_true(n->transfers <= ROUNDS * 10 + 1);
	/* Each end is added, the client's then also for reading, then forgotten. */
	assert_true(n->changes <= 6);
	cb_carrier_destroy(e.c);
}

/* ---- long writes ---- */

#define LONG_BYTES ((size_t)1 << 20)

struct bulk {
	struct cb_carrier *c;
	int fd[2];
	const unsigned char *data;
	unsigned char *got;
	size_t have;
	ssize_t written;
};

static void write_long(void *arg)
{
	struct bulk *b = arg;

	b->written = cb_carrier_write(b->c, b->fd[0], b->data, LONG_BYTES);
	cb_carrier_forget_fd(b->c, b->fd[0]);
	(void)close(b->fd[0]);
}

static void read_long(void *arg)
{
	struct bulk *b = arg;
	ssize_t n;

	do {
		cb_carrier_yield(b->c);
		n = cb_carrier_read(b->c, b->fd[1], b->got + b->have, LONG_BYTES - b->have);
		if (n > 0)
			b->have += (size_t)n;
	} while (n > 0 && b->have < LONG_BYTES);
}

static void long_writes_are_written_whole(void **state)
{
	struct bulk b = {.c = carrier_of(CB_FCONTEXT, 2)};
	unsigned char *data = malloc(LONG_BYTES), *got = malloc(LONG_BYTES);

	(void)state;
	assert_non_null(data);
	assert_non_null(got);
	for (size_t i = 0; i < LONG_BYTES; i++)
		data[i] = (unsigned char)(i * i >> 7);
	b.data = data;
	b.got = got;
	stream_pair(b.fd);
	spawn(b.c, write_long, &b);
	spawn(b.c, read_long, &b);
	assert_int_equal(cb_carrier_run(b.c), 0);
	assert_int_equal(b.written, LONG_BYTES);
	assert_int_equal(b.have, LONG_BYTES);
	assert_memory_equal(data, got, LONG_BYTES);
	drop(b.c, b.fd[1]);
	cb_carrier_destroy(b.c);
	free(got);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(echoes_are_byte_exact),
	    cmocka_unit_test(a_request_costs_one_read_and_one_write),
	    cmocka_unit_test(long_writes_are_written_whole),
	};

	/* Their EPIPE is looked at instead. */
	(void)signal(SIGPIPE, SIG_IGN);
	/* A lost wake-up would wait for ever. */
	(void)alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
