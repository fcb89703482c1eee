/*
 * tcp_echo_callback.c - the echo service as one would write it by hand without coroutines: one
 * thread, level-triggered epoll, a callback a connection, one read an event. The same system calls
 * a request as a coroutine on the epoll reactor, so the difference is what the coroutines cost.
 */
#include "benches/jobs/tcp_echo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool echo_once(struct cb_worker *w, struct tcp_echo_server *conn, uint32_t bytes)
{
	const ssize_t got = read(conn->fd, conn->buffer, bytes);

	/* The client sends whole messages, far smaller than a segment: never a part of one. */
	if (got != (ssize_t)bytes) {
		cb_fail(w, got < 0 ? -errno : -ECONNRESET, "callback: read");
		return false;
	}
	if (write(conn->fd, conn->buffer, bytes) != (ssize_t)bytes) {
		cb_fail(w, -EIO, "callback: write");
		return false;
	}
	conn->answered++;
	return true;
}

static int tcp_echo_callback_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct tcp_echo_state *st = env->state;
	int ret = tcp_echo_setup(env, why, why_len);

	if (ret)
		return ret;
	st->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (st->epoll_fd < 0)
		ret = -errno;
	for (uint32_t i = 0; i < st->connections && ret == 0; i++) {
		struct tcp_echo_server *conn = tcp_echo_server_at(st, i);
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};

		conn->on_readable = echo_once;
		if (epoll_ctl(st->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) != 0)
			ret = -errno;
	}
	if (ret) {
		(void)snprintf(why, why_len, "callback: epoll: %s", strerror(-ret));
		tcp_echo_teardown(env);
	}
	return ret;
}

/*
 * Events that one epoll_wait(2) brought are kept over the end of a batch: handing back after every
 * request, as coroutines do, must not make this server wait in the kernel once a request.
 */
static uint64_t tcp_echo_callback_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct tcp_echo_state *st = state;
	uint64_t done = 0;

	while (done < n) {
		struct tcp_echo_server *conn;

		if (st->ready_next == st->ready_count) {
			const int ready = epoll_wait(st->epoll_fd, st->ready, TCP_ECHO_EVENTS, -1);

			st->waits++;
			if (ready < 0 && errno != EINTR) {
				cb_fail(w, -errno, "callback: epoll_wait");
				break;
			}
			st->ready_next = 0;
			st->ready_count = ready > 0 ? (unsigned)ready : 0;
			continue;
		}
		conn = st->ready[st->ready_next++].data.ptr;
		if (!conn->on_readable(w, conn, st->bytes))
			break;
		done++;
	}
	return done;
}

static void tcp_echo_callback_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct tcp_echo_state *st = env->state;

	if (env->done[0])
		(void)cb_metric(
		    metrics, "epoll_waits_per_op", (double)st->waits / (double)env->done[0]);
}

const struct cb_workload tcp_echo_callback_work = {
    .op = "request",
    .latency_of = "request sent -> reply read, at the client",
    .timed = TCP_ECHO_TIMED,
    .checked = TCP_ECHO_CHECKED,
    .state_size = tcp_echo_state_size,
    .setup = tcp_echo_callback_setup,
    .batch = tcp_echo_callback_batch,
    .check = tcp_echo_check,
    .report = tcp_echo_callback_report,
    .teardown = tcp_echo_teardown,
    .companions = &tcp_echo_client_spec,
    .companion_count = 1,
    .max_batch = 1,
};
