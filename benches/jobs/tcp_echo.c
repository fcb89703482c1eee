/* tcp_echo.c - the servers, one worker a connection, and the self-check. */
#include "benches/jobs/tcp_echo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* How long the check gives the client to read replies that are already in its sockets. */
#define SETTLE_NS (2 * CB_NS_PER_S)

uint64_t tcp_echo_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct tcp_echo_state *st = state;
	struct tcp_echo_server *conn = tcp_echo_server_at(st, w->index);
	uint64_t done = 0;

	while (done < n) {
		for (size_t got = 0; got < st->bytes;) {
			const ssize_t r = cb_read(w, conn->fd, conn->buffer + got, st->bytes - got);

			if (r <= 0) {
				cb_fail(w, r ? (int)r : -ECONNRESET, "echo: read");
				return done;
			}
			got += (size_t)r;
		}
		for (size_t put = 0; put < st->bytes;) {
			const ssize_t r =
			    cb_write(w, conn->fd, conn->buffer + put, st->bytes - put);

			if (r < 0) {
				cb_fail(w, (int)r, "echo: write");
				return done;
			}
			put += (size_t)r;
		}
		conn->answered++;
		done++;
	}
	return done;
}

static void sleep_a_ms(void)
{
	const struct timespec ms = {.tv_nsec = (long)CB_NS_PER_MS};

	(void)nanosleep(&ms, NULL);
}

/* Every request answered has reached the client? It may still be at it: wait a little. */
static bool settled(const struct tcp_echo_state *st, uint32_t i, uint64_t deadline_ns)
{
	const uint64_t answered = tcp_echo_server_at(st, i)->answered;
	struct tcp_echo_client *client = tcp_echo_client_at(st, i);

	while (atomic_load_explicit(&client->replies, memory_order_acquire) != answered) {
		if (cb_now_ns() > deadline_ns)
			return false;
		sleep_a_ms();
	}
	return true;
}

int tcp_echo_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct tcp_echo_state *st = env->state;
	const int error = atomic_load(&st->client_error);
	const uint64_t deadline_ns = cb_now_ns() + SETTLE_NS;
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

static const struct cb_workload tcp_echo_work = {
    .op = "request",
    .latency_of = "request sent -> reply read, at the client",
    .timed = TCP_ECHO_TIMED,
    .checked = TCP_ECHO_CHECKED,
    .state_size = tcp_echo_state_size,
    .setup = tcp_echo_setup,
    .batch = tcp_echo_batch,
    .check = tcp_echo_check,
    .teardown = tcp_echo_teardown,
    .companions = &tcp_echo_client_spec,
    .companion_count = 1,
    .max_batch = 1,
};

static const struct cb_param params[] = {TCP_ECHO_PARAMS};

/* Servers on one PU and the client on another: the same for every model. */
static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread,process,coroutine,callback place=same connections=10"},
    {CB_QUICK, "model=thread,process,coroutine place=same connections=1,100"},
    {CB_QUICK, "model=thread,coroutine,callback place=same connections=1000"},
    {CB_FULL, "model=process place=same connections=1000"},
    {CB_CHECK, "model=thread,process,coroutine,callback place=same connections=1,8"},
    {CB_CHECK, "model=thread,process,coroutine connections=2 bytes=16,17,4096"},
};

unsigned tcp_echo_workers(const struct cb_case *c)
{
	return (unsigned)cb_case_value(c, "connections");
}

int tcp_echo_can(const struct cb_case *c, char *why, size_t why_len)
{
	const unsigned limit = tcp_echo_sockets_limit(c->carriers);
	const int64_t connections = cb_case_value(c, "connections");

	if (connections <= (int64_t)limit)
		return 0;
	(void)snprintf(why, why_len,
	    "%" PRId64 " connections: the limit on open files allows %u (ulimit -Hn)", connections,
	    limit);
	return -ENOTSUP;
}

/* A request takes longer the more connections there are: at least a few on each in a window. */
uint64_t tcp_echo_window_ns(const struct cb_case *c)
{
	const int64_t connections = cb_case_value(c, "connections");

	return (connections <= 10 ? 50 : connections <= 100 ? 100 : 200) * CB_NS_PER_MS;
}

static const struct cb_kind tcp_echo = {
    .family = "job",
    .name = "tcp_echo",
    .about = "IO-bound: loopback TCP connections; the load generator is a process on another core",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_ALL | CB_CAN(CB_CALLBACK),
    .work = &tcp_echo_work,
    .callback = &tcp_echo_callback_work,
    .params = params,
    .param_count = 2,
    .without = "workers",
    .axis = "connections",
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = tcp_echo_can,
    .workers = tcp_echo_workers,
    .window_ns = tcp_echo_window_ns,
};

CB_REGISTER(tcp_echo)
