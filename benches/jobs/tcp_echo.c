/* tcp_echo.c - the servers, one worker a connection, and the self-check. */
#include "benches/jobs/tcp_echo.h"

#include "harness/base/clock.h"
#include "harness/work/bench_case.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* How long the check gives the client to read replies that are already in its sockets. */
#define SETTLE_NS (2 * CLOCK_NS_PER_S)

static uint64_t tcp_echo_batch(struct worker *w, void *state, uint64_t n)
{
	struct tcp_echo_state *st = state;
	struct tcp_echo_server *conn = tcp_echo_server_at(st, w->index);
	uint64_t done = 0;

	while (done < n) {
		for (size_t got = 0; got < st->bytes;) {
			const ssize_t r =
			    worker_read(w, conn->fd, conn->buffer + got, st->bytes - got);

			if (r <= 0) {
				worker_fail(w, r ? (int)r : -ECONNRESET, "echo: read");
				return done;
			}
			got += (size_t)r;
		}
		for (size_t put = 0; put < st->bytes;) {
			const ssize_t r =
			    worker_write(w, conn->fd, conn->buffer + put, st->bytes - put);

			if (r < 0) {
				worker_fail(w, (int)r, "echo: write");
				return done;
			}
			put += (size_t)r;
		}
		conn->answered++;
		done++;
	}
	return done;
}

/* Every request answered has reached the client? It may still be at it: wait a little. */
static bool settled(const struct tcp_echo_state *st, uint32_t i, uint64_t deadline_ns)
{
	const uint64_t answered = tcp_echo_server_at(st, i)->answered;
	struct tcp_echo_client *client = tcp_echo_client_at(st, i);

	while (atomic_load_explicit(&client->replies, memory_order_acquire) != answered) {
		if (clock_now_ns() > deadline_ns)
			return false;
		clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
	}
	return true;
}

int tcp_echo_check(const struct bench_env *env, char *why, size_t why_len)
{
	const struct tcp_echo_state *st = env->state;
	const int error = atomic_load(&st->client_error);
	const uint64_t deadline_ns = clock_now_ns() + SETTLE_NS;
	uint64_t answered = 0, done = 0;

	if (error) {
		(void)snprintf(why, why_len, "client: errno %d", -error);
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < st->connections; i++) {
		struct tcp_echo_client *client = tcp_echo_client_at(st, i);

		answered += tcp_echo_server_at(st, i)->answered;
		if (settled(st, i, deadline_ns))
			continue;
		(void)snprintf(why, why_len,
		    "connection %u: %" PRIu64 " requests answered, %" PRIu64 " replies arrived", i,
		    tcp_echo_server_at(st, i)->answered, atomic_load(&client->replies));
		return -EBADMSG;
	}
	/* After settling: the last replies have been looked at too. */
	if (atomic_load(&st->mismatches)) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " wrong replies, first: connection %u, request %" PRIu64 ", byte %u",
		    atomic_load(&st->mismatches), st->mismatch_connection, st->mismatch_sequence,
		    st->mismatch_offset);
		return -EBADMSG;
	}
	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	if (done != answered) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " requests answered, but %" PRIu64 " were counted", answered, done);
		return -EBADMSG;
	}
	return 0;
}

void tcp_echo_report(const struct bench_env *env, struct metric_set *metrics)
{
	/* Near 100 the client was the limit: then compare CPU per request, not the rate. */
	if (env->companion_wall_ns)
		(void)metric_add(metrics, "client_busy_pct",
		    100.0 * (double)env->companion_cpu_ns / (double)env->companion_wall_ns);
}

const struct workload tcp_echo_workload = {
    .op = "request",
    .latency_of = "request sent -> reply read, at the client",
    .state_size = tcp_echo_state_size,
    .setup = tcp_echo_setup,
    .batch = tcp_echo_batch,
    .check = tcp_echo_check,
    .report = tcp_echo_report,
    .teardown = tcp_echo_teardown,
    .companion = tcp_echo_drive,
    .max_batch = 1,
};
