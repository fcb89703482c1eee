/*
 * tcp_echo_client.c - the load generator: one process, one epoll loop, one request outstanding on
 * every connection. It sleeps in the kernel whenever the servers do, so that between trials it
 * takes nobody's PU.
 */
#include "benches/jobs/tcp_echo.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LOOK_AT_QUIT_MS 20
/* Among events, beside the connections' numbers. */
#define ALARM UINT32_MAX

/* splitmix64's finaliser (Steele, Lea, Flood 2014): no two requests look alike. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static void make_request(unsigned char *out, uint32_t bytes, uint32_t connection, uint64_t sequence)
{
	const uint64_t head[2] = {sequence, connection};
	const uint64_t key = mix(sequence ^ (uint64_t)connection << 40);

	memcpy(out, head, sizeof(head));
	for (uint32_t at = sizeof(head); at < bytes; at += sizeof(uint64_t)) {
		const uint64_t word = key + at * UINT64_C(0x9e3779b97f4a7c15);
		const uint32_t left = bytes - at;

		memcpy(out + at, &word, left < sizeof(word) ? left : sizeof(word));
	}
}

/* @sent_ns: now, or when it should have been. */
static int send_request(struct tcp_echo_state *st, uint32_t i, uint64_t sent_ns)
{
	struct tcp_echo_client *conn = tcp_echo_client_at(st, i);
	uint32_t put = 0;

	make_request(conn->bytes, st->bytes, i, conn->sequence);
	conn->got = 0;
	conn->sent_ns = sent_ns;
	conn->waiting = true;
	while (put < st->bytes) {
		const ssize_t r = write(conn->fd, conn->bytes + put, st->bytes - put);

		/* Never more than one message in the socket: its buffer cannot be full. */
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0)
			put += (uint32_t)r;
	}
	return 0;
}

static void verify_reply(struct tcp_echo_state *st, uint32_t i)
{
	const struct tcp_echo_client *conn = tcp_echo_client_at(st, i);
	const unsigned char *reply = conn->bytes + st->bytes;
	uint32_t at = 0;

	if (memcmp(conn->bytes, reply, st->bytes) == 0)
		return;
	if (atomic_load(&st->mismatches) == 0) {
		while (conn->bytes[at] == reply[at])
			at++;
		st->mismatch_connection = i;
		st->mismatch_offset = at;
		st->mismatch_sequence = conn->sequence;
	}
	atomic_fetch_add(&st->mismatches, 1);
}

/* One readable event: one read(2), and the next request when the reply is whole. */
static int serve_event(struct cb_companion *c, struct tcp_echo_state *st, uint32_t i)
{
	struct tcp_echo_client *conn = tcp_echo_client_at(st, i);
	unsigned char *reply = conn->bytes + st->bytes;
	const ssize_t r = read(conn->fd, reply + conn->got, st->bytes - conn->got);
	uint64_t now_ns;

	if (r < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (r == 0)
		return -ECONNRESET;
	conn->got += (uint32_t)r;
	if (conn->got < st->bytes)
		return 0;
	now_ns = cb_now_ns();
	/* By when it was answered, whenever it was sent: one that was sent before the window opened
	 * is as much of the tail. But not one that waited for this trial to begin. */
	if (cb_companion_recording(c) && conn->sent_ns >= cb_companion_trial_ns(c))
		cb_companion_record_ns(c, now_ns - conn->sent_ns);
	verify_reply(st, i);
	atomic_store_explicit(&conn->replies,
	    atomic_load_explicit(&conn->replies, memory_order_relaxed) + 1, memory_order_release);
	conn->sequence++;
	conn->waiting = false;
	/* At a pace it is as the clock says: send_due(). */
	return st->period_ns ? 0 : send_request(st, i, now_ns);
}

/* ---- at a pace ---- */

/* From when on connections have requests to send: evenly, one after the other. Those of before this
 * trial were nobody's. */
static void begin_pace(struct tcp_echo_state *st, uint64_t from_ns)
{
	for (uint32_t i = 0; i < st->connections; i++)
		tcp_echo_client_at(st, i)->due_ns = from_ns + st->period_ns * i / st->connections;
}

/*
 * What should have been sent by now, on connections that wait for nothing. One that waits sends
 * late, and its latency counts from when it should have: else a stall would hide what it has
 * delayed (coordinated omission). @next_ns: when to come again.
 */
static int send_due(struct tcp_echo_state *st, uint64_t *next_ns)
{
	const uint64_t now_ns = cb_now_ns();
	int ret = 0;

	*next_ns = now_ns + LOOK_AT_QUIT_MS * CB_NS_PER_MS;
	for (uint32_t i = 0; i < st->connections && ret == 0; i++) {
		struct tcp_echo_client *conn = tcp_echo_client_at(st, i);

		if (conn->waiting)
			continue;
		if (conn->due_ns <= now_ns) {
			ret = send_request(st, i, conn->due_ns);
			conn->due_ns += st->period_ns;
		} else if (conn->due_ns < *next_ns) {
			*next_ns = conn->due_ns;
		}
	}
	return ret;
}

/* Until @at_ns or the first event; milliseconds would be too coarse for a pace. */
static int set_alarm(int timer_fd, uint64_t at_ns)
{
	const struct itimerspec at = {.it_value = {.tv_sec = (time_t)(at_ns / CB_NS_PER_S),
					  .tv_nsec = (long)(at_ns % CB_NS_PER_S)}};

	return timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &at, NULL) ? -errno : 0;
}

/* What a sandbox may deny is found out before anybody waits for an answer. Return: 0; -errno with
 * @what. */
static int obtain(int *epoll_fd, int *timer_fd, const char **what)
{
	struct epoll_event alarm = {.events = EPOLLIN, .data.u32 = ALARM};

	*what = "epoll_create1";
	*epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (*epoll_fd < 0)
		return -errno;
	*what = "timerfd_create";
	*timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (*timer_fd < 0)
		return -errno;
	*what = "epoll_ctl";
	if (epoll_ctl(*epoll_fd, EPOLL_CTL_ADD, *timer_fd, &alarm) != 0)
		return -errno;
	*what = "epoll_wait";
	return epoll_wait(*epoll_fd, &alarm, 1, 0) < 0 ? -errno : 0;
}

static int prepare(struct tcp_echo_state *st, int epoll_fd)
{
	int ret = 0;

	for (uint32_t i = 0; i < st->connections && ret == 0; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

		/* Own copies only: the workers' stay open. */
		(void)close(tcp_echo_server_at(st, i)->fd);
		if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, tcp_echo_client_at(st, i)->fd, &event) != 0)
			return -errno;
		if (!st->period_ns)
			ret = send_request(st, i, cb_now_ns());
	}
	return ret;
}

/* Workers wait for requests that will not come: let them see the end of the connection. */
static void hang_up(struct tcp_echo_state *st, int error)
{
	atomic_store(&st->client_error, error);
	for (uint32_t i = 0; i < st->connections; i++)
		(void)shutdown(tcp_echo_client_at(st, i)->fd, SHUT_RDWR);
}

/* One wait in the kernel, and what has come. */
static int turn(struct cb_companion *c, struct tcp_echo_state *st, int epoll_fd, int timer_fd,
    uint64_t *trial_ns)
{
	struct epoll_event events[TCP_ECHO_EVENTS];
	const int n = epoll_wait(epoll_fd, events, TCP_ECHO_EVENTS, LOOK_AT_QUIT_MS);
	uint64_t next_ns;
	int ret = n < 0 && errno != EINTR ? -errno : 0;

	if (st->period_ns && cb_companion_trial_ns(c) != *trial_ns) {
		*trial_ns = cb_companion_trial_ns(c);
		begin_pace(st, *trial_ns);
	}
	for (int k = 0; k < n && ret == 0; k++)
		if (events[k].data.u32 != ALARM)
			ret = serve_event(c, st, events[k].data.u32);
	if (!st->period_ns || ret)
		return ret;
	ret = send_due(st, &next_ns);
	/* Setting it anew also quiets one that has rung. */
	return ret ? ret : set_alarm(timer_fd, next_ns);
}

void tcp_echo_drive(struct cb_companion *c, const struct cb_env *env)
{
	struct tcp_echo_state *st = env->state;
	int epoll_fd = -1, timer_fd = -1, ret;
	uint64_t trial_ns = 0;
	const char *what;

	ret = obtain(&epoll_fd, &timer_fd, &what);
	if (ret) {
		cb_companion_unable(c, ret, what);
		return;
	}
	ret = prepare(st, epoll_fd);
	begin_pace(st, cb_now_ns());
	cb_companion_ready(c);
	while (ret == 0 && !cb_companion_quitting(c))
		ret = turn(c, st, epoll_fd, timer_fd, &trial_ns);
	if (ret)
		hang_up(st, ret);
	(void)close(epoll_fd);
	(void)close(timer_fd);
}

const struct cb_companion_spec tcp_echo_client_spec = TCP_ECHO_CLIENT;
