/*
 * tcp_echo_paced.c - the echo job at a part of its peak: requests come at a constant rate, whether
 * or not the earlier ones have been answered, and their latency counts from when they should have
 * been sent. The peak is what tcp_echo has been measured to do before, with the same parameters.
 */
#include "benches/jobs/tcp_echo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static double pace_per_s(const struct cb_env *env)
{
	return env->given * (double)cb_case_value(env->c, "load_pct") / 100.0;
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct tcp_echo_state *st = env->state;
	int ret;

	/* At a guess it would be another load than the one that its name says. */
	if (!(env->given > 0.0)) {
		(void)snprintf(why, why_len, "it was given no peak to pace itself by");
		return -EINVAL;
	}
	ret = tcp_echo_setup(env, why, why_len);
	st->checked_ns = cb_now_ns();
	if (!ret)
		st->period_ns =
		    (uint64_t)((double)st->connections * (double)CB_NS_PER_S / pace_per_s(env)) + 1;
	return ret;
}

/* Never more than there were to send: since the last trial ended, one each that had been sent
 * before, and one each that was due at once. */
static int check(const struct cb_env *env, char *why, size_t why_len)
{
	struct tcp_echo_state *st = env->state;
	const uint64_t now_ns = cb_now_ns(), elapsed_ns = now_ns - st->checked_ns;
	const uint64_t most = elapsed_ns * st->connections / st->period_ns + 2 * st->connections;
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	if (done - st->done_before > most) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " requests in %" PRIu64 " us, where the pace allows %" PRIu64,
		    done - st->done_before, elapsed_ns / CB_NS_PER_US, most);
		return -EBADMSG;
	}
	st->done_before = done;
	st->checked_ns = now_ns;
	return tcp_echo_check(env, why, why_len);
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	(void)cb_metric(metrics, CB_GIVEN_OPS_PER_S, pace_per_s(env));
}

static const struct cb_companion_spec client = TCP_ECHO_CLIENT;

static const struct cb_workload work = {
    .op = "request",
    .latency_of = "when it should have been sent -> reply read, at the client",
    .timed = TCP_ECHO_TIMED,
    .checked = TCP_ECHO_CHECKED "; no more than the pace allows",
    .state_size = tcp_echo_state_size,
    .setup = setup,
    .batch = tcp_echo_batch,
    .check = check,
    .report = report,
    .teardown = tcp_echo_teardown,
    .companions = &client,
    .companion_count = 1,
    .max_batch = 1,
};

static const struct cb_param params[] = {
    TCP_ECHO_PARAMS,
    CB_PARAM("load_pct", CB_PERCENT, "50", 1, 100, "of the rate that it can do at most"),
};

/* The same case without a pace: its name is ours but for kind and last part. */
static bool depends(const struct cb_case *c, char *name, size_t len)
{
	const char *parts = strstr(cb_case_name(c), "/model:");
	const char *last = strstr(cb_case_name(c), "/load_pct:");

	(void)snprintf(name, len, "job/tcp_echo%.*s", (int)(last - parts), parts);
	return true;
}

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread,process,coroutine place=same connections=10"},
    {CB_CHECK, "model=thread,process,coroutine place=same connections=1,8"},
};

/* The client sets the rate, so it is no figure: what a request costs is. */
static const struct cb_figure figures[] = {
    {"cpu_ns_per_op", "CPU time of a request", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    CB_FIGURE_DISPLACED("CPU time that a request takes from others"),
};

static const struct cb_kind tcp_echo_paced = {
    .family = "job",
    .name = "tcp_echo_paced",
    .about = "as tcp_echo, at a constant rate that is a part of its peak; latency counts from when "
	     "a request should have been sent",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .without = "workers",
    .axis = "connections",
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .figures = figures,
    .figure_count = 2,
    .can = tcp_echo_can,
    .workers = tcp_echo_workers,
    .window_ns = tcp_echo_window_ns,
    .depends = depends,
};

CB_REGISTER(tcp_echo_paced)
