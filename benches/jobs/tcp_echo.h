/*
 * tcp_echo.h - an IO-bound job: echo servers on loopback TCP, and the client that drives them.
 *
 * One worker serves one connection: read a message, write it back. One operation is one request.
 * The client is a process of its own (the workload's companion): a closed loop with one request
 * outstanding on every connection, all the time, so that a worker never waits for a client that
 * has stopped. It checks every reply byte by byte and times it.
 *
 * The sockets are made before anything is forked. Every process of the case has them all open:
 * closing what is not one's own would be workers^2 system calls.
 *
 * tcp_echo_callback is the measure for the coroutines: the same service hand-written as one thread
 * with epoll and callbacks.
 */
#ifndef CONCBENCH_TCP_ECHO_H
#define CONCBENCH_TCP_ECHO_H

#include <concbench/job.h>

#include <stdatomic.h>

#include <sys/epoll.h>

#define TCP_ECHO_BYTES_MIN 16 /* sequence number and connection */
#define TCP_ECHO_BYTES_MAX 4096
#define TCP_ECHO_EVENTS 256

#define TCP_ECHO_TIMED "read a request, write it back as the reply; counted at the server"
#define TCP_ECHO_CHECKED \
	"as many replies arrived as requests were answered and counted, each right to the byte"

/* The server's end. Followed by its buffer. */
struct tcp_echo_server {
	_Alignas(CB_ALIGN) int fd;
	uint64_t answered; /* requests, since the cell began; written by its worker only */
	/* callback server only: what to do when there is something to read; false: failed */
	bool (*on_readable)(struct cb_worker *w, struct tcp_echo_server *conn, uint32_t bytes);
	unsigned char buffer[];
};

/* The client's end. Followed by the request sent last, and the reply as far as it has come. */
struct tcp_echo_client {
	_Alignas(CB_ALIGN) int fd;
	uint32_t got;             /* bytes of the reply */
	uint64_t sequence;        /* of the outstanding request */
	uint64_t sent_ns;         /* of one at a pace: when it should have been */
	uint64_t due_ns;          /* at a pace: the next one */
	bool waiting;             /* for a reply */
	_Atomic uint64_t replies; /* complete ones, right or wrong */
	unsigned char bytes[];    /* request, then reply */
};

struct tcp_echo_state {
	uint32_t connections;
	uint32_t bytes;
	uint64_t
	    period_ns; /* of one connection's requests; 0: each as soon as its reply is there */
	size_t server_stride;
	size_t client_stride;
	unsigned char *servers;
	unsigned char *clients;
	/* Written by the client process. */
	_Alignas(CB_ALIGN) _Atomic uint64_t mismatches;
	uint32_t mismatch_connection; /* the first one, like the next two */
	uint32_t mismatch_offset;
	uint64_t mismatch_sequence;
	atomic_int client_error; /* negative errno */
	/* Written by the cell, at a pace: when it last looked, and what had been done by then. */
	uint64_t checked_ns;
	uint64_t done_before;
	/* Written by the soaker. */
	_Alignas(CB_ALIGN) _Atomic uint64_t soaked; /* turns */
	atomic_int soaker_policy;                   /* as sched_getscheduler(2) says it */
	/* Written by the callback server. */
	_Alignas(CB_ALIGN) int epoll_fd;
	unsigned ready_next;
	unsigned ready_count;
	uint64_t waits; /* calls of epoll_wait(2) */
	struct epoll_event ready[TCP_ECHO_EVENTS];
};

extern const struct cb_workload tcp_echo_callback_work;

static inline struct tcp_echo_server *tcp_echo_server_at(
    const struct tcp_echo_state *st, uint32_t i)
{
	return (struct tcp_echo_server *)(void *)(st->servers + i * st->server_stride);
}

static inline struct tcp_echo_client *tcp_echo_client_at(
    const struct tcp_echo_state *st, uint32_t i)
{
	return (struct tcp_echo_client *)(void *)(st->clients + i * st->client_stride);
}

/* ---- shared by the two workloads ---- */

size_t tcp_echo_state_size(const struct cb_case *c);
int tcp_echo_setup(struct cb_env *env, char *why, size_t why_len);
void tcp_echo_teardown(struct cb_env *env);
int tcp_echo_check(const struct cb_env *env, char *why, size_t why_len);

/**
 * tcp_echo_sockets_limit() - how many connections the limit on open files allows, beside what
 * @carriers need.
 * Return: connections, when the soft limit is raised to the hard one as setup does.
 */
unsigned tcp_echo_sockets_limit(unsigned carriers);

/* What all kinds of echo have in common. */
unsigned tcp_echo_workers(const struct cb_case *c);
int tcp_echo_can(const struct cb_case *c, char *why, size_t why_len);
uint64_t tcp_echo_window_ns(const struct cb_case *c);
#define TCP_ECHO_PARAMS                                                                    \
	CB_PARAM("connections", CB_COUNT, "10", 1, 100000, "open at once, a worker each"), \
	    CB_PARAM(                                                                      \
		"bytes", CB_BYTES, "64", TCP_ECHO_BYTES_MIN, TCP_ECHO_BYTES_MAX, "of a message")
uint64_t tcp_echo_batch(struct cb_worker *w, void *state, uint64_t n);

/* The load generator: sends, verifies and times requests until told to quit. */
void tcp_echo_drive(struct cb_companion *c, const struct cb_env *env);
#define TCP_ECHO_CLIENT                                                                           \
	{                                                                                         \
		.role = "load generator", .run = tcp_echo_drive, .measures = true, .drives = true \
	}
extern const struct cb_companion_spec tcp_echo_client_spec;

#endif
