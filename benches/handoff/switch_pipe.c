/*
 * switch_pipe.c - ping-pong of one byte through two pipes: a wake-up through a file descriptor, as
 * `perf bench sched pipe` and lmbench's lat_pipe time it. One operation is one hand-off: a read and
 * a write, half a round trip.
 */
#include "benches/handoff/switch_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TOKEN 'T'
/* Somebody has left and will not answer: do not wait for the token. */
#define CLOSED 'C'

static int switch_pipe_setup(struct bench_env *env, char *why, size_t why_len)
{
	struct switch_pipe_state *st = env->state;
	static const char token = TOKEN;

	if (env->workers != 2) {
		(void)snprintf(why, why_len, "pipe: ping-pong needs two workers");
		return -EINVAL;
	}
	for (unsigned i = 0; i < 2; i++)
		if (pipe2(st->to[i], O_CLOEXEC) < 0)
			goto fail;
	if (write(st->to[0][1], &token, 1) == 1)
		return 0;
fail:
	(void)snprintf(why, why_len, "pipe: %s", strerror(errno));
	return errno ? -errno : -EIO;
}

/* Return: the byte; 0 with the worker failed. */
static char read_byte(struct worker *w, int fd)
{
	char byte = 0;
	ssize_t n;

	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		return byte;
	worker_fail(w, n ? -errno : -EPIPE, "pipe: read");
	return 0;
}

static void write_byte(struct worker *w, int fd, char byte)
{
	ssize_t n;

	do {
		n = write(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1)
		worker_fail(w, n ? -errno : -EPIPE, "pipe: write");
}

static uint64_t switch_pipe_batch(struct worker *w, void *state, uint64_t n)
{
	struct switch_pipe_state *st = state;
	struct switch_pipe_worker *own = &st->worker[w->index];
	const int from = st->to[w->index][0], to = st->to[1 - w->index][1];

	for (uint64_t done = 0; done < n; done++) {
		char byte;

		if (own->partner_left)
			return done;
		byte = read_byte(w, from);
		if (byte == CLOSED)
			own->partner_left = true;
		if (byte != TOKEN)
			return done;
		/* The byte orders it: relaxed will do. */
		if (atomic_fetch_add_explicit(&st->done, 1, memory_order_relaxed) % 2 != w->index)
			own->out_of_turn++;
		write_byte(w, to, TOKEN);
		if (w->error)
			return done;
	}
	return n;
}

static void switch_pipe_leave(struct worker *w, void *state)
{
	struct switch_pipe_state *st = state;

	write_byte(w, st->to[1 - w->index][1], CLOSED);
}

/* Everybody is parked: take out what is in a pipe. Return: tokens; -1 when there is something else.
 */
static int drain(int fd)
{
	char bytes[16];
	int tokens = 0;
	ssize_t n;

	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] != TOKEN && bytes[i] != CLOSED)
				return -1;
			tokens += bytes[i] == TOKEN;
		}
	}
	return fcntl(fd, F_SETFL, 0) < 0 ? -1 : tokens;
}

static int switch_pipe_check(const struct bench_env *env, char *why, size_t why_len)
{
	struct switch_pipe_state *st = env->state;
	const uint64_t first = env->done[0], second = env->done[1];
	const uint64_t done = atomic_load(&st->done);
	const int tokens[2] = {drain(st->to[0][0]), drain(st->to[1][0])};
	static const char token = TOKEN;
	/* Where it must be: with whoever's turn is next. */
	const unsigned next = (unsigned)(done % 2);

	for (unsigned i = 0; i < 2; i++) {
		if (st->worker[i].out_of_turn) {
			(void)snprintf(why, why_len, "worker %u: %" PRIu64 " hand-offs out of turn",
			    i, st->worker[i].out_of_turn);
			return -EBADMSG;
		}
		st->worker[i].partner_left = false;
	}
	if (first + second != done || first < second || first > second + 1) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " and %" PRIu64 " hand-offs counted, %" PRIu64 " were done", first,
		    second, done);
		return -EBADMSG;
	}
	if (tokens[next] != 1 || tokens[1 - next] != 0) {
		(void)snprintf(why, why_len, "%d and %d tokens in the pipes", tokens[0], tokens[1]);
		return -EBADMSG;
	}
	return write(st->to[next][1], &token, 1) == 1 ? 0 : -EIO;
}

static void switch_pipe_teardown(struct bench_env *env)
{
	struct switch_pipe_state *st = env->state;

	for (unsigned i = 0; i < 2; i++)
		for (unsigned end = 0; end < 2; end++)
			(void)close(st->to[i][end]);
}

const struct workload switch_pipe_workload = {
    .op = "hand-off",
    .state_bytes = sizeof(struct switch_pipe_state),
    .setup = switch_pipe_setup,
    .batch = switch_pipe_batch,
    .leave = switch_pipe_leave,
    .check = switch_pipe_check,
    .teardown = switch_pipe_teardown,
};
