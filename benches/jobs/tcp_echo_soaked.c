/*
 * tcp_echo_soaked.c - the echo job on PUs that are never idle: beside the load generator there is a
 * soaker, which takes at SCHED_IDLE whatever the servers leave of theirs. A server that is woken
 * has to displace it, and no PU has to be woken up.
 */
#include "benches/jobs/tcp_echo.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

/* A few microseconds. */
#define TURN 10000u

static void soak(struct cb_companion *c, const struct cb_env *env)
{
	struct tcp_echo_state *st = env->state;

	atomic_store(&st->soaker_policy, sched_getscheduler(0));
	atomic_fetch_add(&st->soaked, 1);
	cb_companion_ready(c);
	while (!cb_companion_quitting(c)) {
		cb_spin(TURN);
		atomic_fetch_add_explicit(&st->soaked, 1, memory_order_relaxed);
	}
}

static const struct cb_companion_spec beside[] = {
    TCP_ECHO_CLIENT,
    {.role = "soaker", .run = soak, .idle = true},
};

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct tcp_echo_state *st = env->state;
	const int policy = atomic_load(&st->soaker_policy);

	/* How much it got is the servers' affair; that it takes nothing from them is not. */
	if (policy == SCHED_IDLE && atomic_load(&st->soaked))
		return tcp_echo_check(env, why, why_len);
	(void)snprintf(why, why_len, "the soaker has soaked %" PRIu64 " turns at policy %d, not %d",
	    atomic_load(&st->soaked), policy, SCHED_IDLE);
	return -EBADMSG;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct cb_usage *soaker = &env->companion[1];

	if (soaker->wall_ns)
		(void)cb_metric(metrics, "soaked_pct",
		    100.0 * (double)soaker->cpu_ns / (double)soaker->wall_ns);
}

static const struct cb_workload work = {
    .op = "request",
    .latency_of = "request sent -> reply read, at the client",
    .timed = TCP_ECHO_TIMED,
    .checked = TCP_ECHO_CHECKED "; the soaker has soaked, and at SCHED_IDLE",
    .state_size = tcp_echo_state_size,
    .setup = tcp_echo_setup,
    .batch = tcp_echo_batch,
    .check = check,
    .report = report,
    .teardown = tcp_echo_teardown,
    .companions = beside,
    .companion_count = 2,
    .max_batch = 1,
};

static const struct cb_param params[] = {TCP_ECHO_PARAMS};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread,process,coroutine place=same connections=1,100"},
    {CB_CHECK, "model=thread,process,coroutine place=same connections=1,8"},
};

static const struct cb_kind tcp_echo_soaked = {
    .family = "job",
    .name = "tcp_echo_soaked",
    .about = "as tcp_echo, on PUs that are never idle: a soaker takes what the servers leave",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
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

CB_REGISTER(tcp_echo_soaked)
