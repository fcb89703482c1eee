/*
 * tcp_echo_client.c - the load generator: one process, one epoll loop, one request outstanding on
 * every connection. It sleeps in the kernel whenever the servers do, so that between trials it
 * takes nobody's PU.
 */
#include "benches/jobs/tcp_echo.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LOOK_AT_QUIT_MS 20

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

static int send_request(struct tcp_echo_state *st, uint32_t i, uint64_t now_ns)
{
	struct tcp_echo_client *conn = tcp_echo_client_at(st, i);
	uint32_t put = 0;

	make_request(conn->bytes, st->bytes, i, conn->sequence);
	conn->got = 0;
	conn->sent_ns = now_ns;
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
	return send_request(st, i, now_ns);
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

void tcp_echo_drive(struct cb_companion *c, const struct cb_env *env)
{
	struct tcp_echo_state *st = env->state;
	struct epoll_event events[TCP_ECHO_EVENTS];
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int ret = epoll_fd < 0 ? -errno : prepare(st, epoll_fd);

	cb_companion_ready(c);
	while (ret == 0 && !cb_companion_quitting(c)) {
		int n = epoll_wait(epoll_fd, events, TCP_ECHO_EVENTS, LOOK_AT_QUIT_MS);

		if (n < 0 && errno != EINTR)
			ret = -errno;
		for (int k = 0; k < n && ret == 0; k++)
			ret = serve_event(c, st, events[k].data.u32);
	}
	if (ret)
		hang_up(st, ret);
	if (epoll_fd >= 0)
		(void)close(epoll_fd);
}

const struct cb_companion_spec tcp_echo_client_spec = TCP_ECHO_CLIENT;
