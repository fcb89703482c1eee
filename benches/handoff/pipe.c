/*
 * pipe.c - ping-pong of one byte through two pipes: a wake-up through a file descriptor, as `perf
 * bench sched pipe` and lmbench's lat_pipe time it. One operation is one hand-off: a read and a
 * write, half a round trip.
 */
#include "benches/handoff/pipe.h"

#include "benches/handoff/turns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Somebody has left and will not answer: do not wait for the token. */
#define CLOSED 'C'

static inline void put(struct cb_worker *w, struct pipes *st, unsigned to, char byte)
{
	if (TEMP_FAILURE_RETRY(write(st->to[to][1], &byte, 1)) != 1)
		cb_fail(w, -errno, "pipe: write");
}

/* Return: true for the token. */
static inline bool take(struct cb_worker *w, struct pipes *st, unsigned me)
{
	char byte = 0;
	ssize_t n;

	if (closed(w, st))
		return false;
	n = TEMP_FAILURE_RETRY(read(st->to[me][0], &byte, 1));
	if (n != 1)
		cb_fail(w, n ? -errno : -EPIPE, "pipe: read");
	return byte == TOKEN;
}

static int init(struct pipes *st)
{
	static const char token = TOKEN;

	for (unsigned i = 0; i < 2; i++)
		if (pipe2(st->to[i], O_CLOEXEC) < 0)
			return -errno;
	return write(st->to[0][1], &token, 1) == 1 ? 0 : -EIO;
}

/* Everybody is parked: take out what is in a pipe. Return: tokens; -1 when there is something else.
 */
static int drain(int fd)
{
	char bytes[16];
	int n, tokens = 0;

	if (ioctl(fd, FIONREAD, &n) < 0 || n > (int)sizeof(bytes) ||
	    read(fd, bytes, (size_t)n) != n)
		return -1;
	for (int i = 0; i < n; i++) {
		if (bytes[i] != TOKEN && bytes[i] != CLOSED)
			return -1;
		tokens += bytes[i] == TOKEN;
	}
	return tokens;
}

/* There is one token, and it is where it must be: with whoever's turn is next. */
static int look(struct pipes *st, unsigned next, char *why, size_t why_len)
{
	const int tokens[2] = {drain(st->to[0][0]), drain(st->to[1][0])};
	static const char token = TOKEN;

	if (tokens[next] == 1 && tokens[1 - next] == 0)
		return write(st->to[next][1], &token, 1) == 1 ? 0 : -EIO;
	(void)snprintf(why, why_len, "%d and %d tokens in the pipes", tokens[0], tokens[1]);
	return -EBADMSG;
}

HANDOFF(pipe, "a byte through a pipe each way", "perf bench sched pipe, lmbench lat_pipe",
    struct pipes, init(st), take(w, st, me), put(w, st, 1 - me, TOKEN), put(w, st, 1 - me, CLOSED),
    look(st, next, why, why_len))
