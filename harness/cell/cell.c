#include "harness/cell/cell.h"

#include "harness/cell/protocol.h"
#include <concbench/gbench.h>
#include "harness/machine/counters.h"
#include "harness/work/team.h"
#include "harness/work/trial_counters.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct cell {
	const struct cell_options *options;
	int fd; /* -1: in process */
	struct team team;
	struct line_buffer input;
	unsigned slot;
	uint64_t slot_ns; /* as this turn was asked for; 0: as all are */
	unsigned rows;
	double real_time_sum_ns;
	bool failed;
	bool ended;
};

enum case_status cell_status_of(int error)
{
	switch (error) {
	case -ENOTSUP:
	/* The machine's walls, or its owner's: so many tasks, so much memory, so many files. */
	case -EAGAIN:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
	/* Errors of a sandbox or a container: denied system calls, binding, networks. */
	case -EPERM:
	case -EACCES:
	case -ENOSYS:
	case -EAFNOSUPPORT:
	case -EPROTONOSUPPORT:
	case -ENETDOWN:
	case -ENETUNREACH:
	case -EADDRNOTAVAIL:
		return STATUS_UNSUPPORTED;
	case -ECHILD:
		return STATUS_CRASHED;
	case -ETIME:
	case -EDEADLK: /* coroutines that wait for each other */
		return STATUS_HUNG;
	default:
		return STATUS_INVALID;
	}
}

static void fail(struct cell *c, int error, const char *why)
{
	struct message m = {.type = MESSAGE_FAIL, .status = cell_status_of(error)};

	c->failed = true;
	(void)snprintf(m.reason, sizeof(m.reason), "%s", why);
	if (c->fd < 0)
		(void)fprintf(stderr, "concbench: %s: %s: %s\n", c->options->bc->name,
		    status_name(m.status), why);
	else if (message_send(c->fd, &m) != 0)
		/* The supervisor is gone: nobody is left to tell. */
		c->ended = true;
}

/* Wait for the next turn. Return: true with the slot's number; false at the end. */
static bool next_turn(struct cell *c)
{
	const char *line;
	size_t len;

	if (c->fd < 0) {
		c->slot++;
		return true;
	}
	for (;;) {
		struct message m;
		char err[160];

		while (!line_buffer_next(&c->input, &line, &len)) {
			if (line_buffer_fill(&c->input, c->fd) <= 0) {
				c->ended = true; /* no supervisor, no cell */
				return false;
			}
		}
		if (message_parse(line, len, &m, err, sizeof(err)) != 0) {
			fail(c, -EPROTO, err);
			return false;
		}
		if (m.type != MESSAGE_GO && m.type != MESSAGE_END) {
			(void)snprintf(err, sizeof(err), "was told \"%s\" when \"go\" was due",
			    message_type_name(m.type));
			message_free(&m);
			fail(c, -EPROTO, err);
			return false;
		}
		c->slot = m.slot;
		c->slot_ns = m.slot_ns;
		c->ended = m.type == MESSAGE_END;
		return !c->ended;
	}
}

static int trial(struct cell *c, struct sample *out, char *why, size_t why_len)
{
	const struct cell_options *o = c->options;
	const uint64_t window_ns = o->slot_ns ? o->slot_ns : c->team.window_ns;

	const int ret = (o->displacing ? team_displace : team_trial)(
	    &c->team, c->slot_ns ? c->slot_ns : window_ns, out, why, why_len);

	/* Left out when a set has no room for it. */
	if (!ret && c->team.round_trip_ns > 0)
		(void)metric_add(&out->metrics, METRIC_ROUND_TRIP_NS, c->team.round_trip_ns);
	return ret;
}

/* Google Benchmark's view: one call a repetition, and the time is what our trial says. */
static void body(struct gbench_state *state, void *user)
{
	struct cell *c = user;

	while (gbench_keep_running_batch(state, gbench_max_iterations(state))) {
		struct message m = {.type = MESSAGE_SAMPLE};
		double ns_per_op = 0.0, value;
		char why[REASON_MAX] = "";
		int ret;

		if (c->failed || c->ended || !next_turn(c)) {
			gbench_skip_with_error(state, "no more turns");
			break;
		}
		ret = trial(c, &m.sample, why, sizeof(why));
		if (ret) {
			fail(c, ret, why);
			gbench_skip_with_error(state, why);
			break;
		}
		m.sample.slot = c->slot;
		ns_per_op = sample_length_ns(&m.sample);
		gbench_set_iteration_time_s(state, ns_per_op * 1e-9);
		if (metric_get(&m.sample.metrics, METRIC_OPS_PER_S, &value))
			(void)gbench_set_counter(
			    state, "items_per_second", value, GBENCH_COUNTER_PLAIN);
		if (metric_get(&m.sample.metrics, METRIC_CPU_NS_PER_OP, &value))
			(void)gbench_set_counter(
			    state, METRIC_CPU_NS_PER_OP, value, GBENCH_COUNTER_PLAIN);
		if (c->fd >= 0 && message_send(c->fd, &m) != 0)
			c->ended = true;
		message_free(&m);
	}
}

static void count_row(const struct gbench_row *row, void *user)
{
	struct cell *c = user;

	if (row->aggregate || row->error)
		return;
	c->rows++;
	c->real_time_sum_ns += row->real_time;
}

/* Asked here, where the reason can be told in full; the units open their own. */
static bool counters_possible(char *why, size_t why_len)
{
	struct counters probe;
	const int events = counters_open(&probe, why, why_len);

	counters_close(&probe);
	return events > 0;
}

int cell_set_timer_slack(void)
{
	/* A policy of the real-time scheduler has none, and sets none. */
	(void)prctl(PR_SET_TIMERSLACK, (unsigned long)CELL_TIMER_SLACK_NS);
	return prctl(PR_GET_TIMERSLACK);
}

static int begin(struct cell *c, char *why, size_t why_len)
{
	const struct cell_options *o = c->options;

	/* Workers inherit it. */
	(void)cell_set_timer_slack();
	/* A peer that is gone is an error to report, not a signal to die of. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (o->counters && !counters_possible(why, why_len))
		return -ENOTSUP;
	return team_create(&c->team, o->bc, o->topo,
	    &(struct team_options){.seed = o->seed,
		.counting = o->counters,
		.probing = !o->counters,
		.displacing = o->displacing,
		.checking = o->checking,
		.given = o->given},
	    why, why_len);
}

static int register_case(struct cell *c)
{
	const struct gbench_case gc = {
	    .name = c->options->bc->name,
	    .fn = body,
	    .user = c,
	    .clock = GBENCH_MANUAL_TIME,
	    .iterations = 1,
	    .repetitions = (int)c->options->slots,
	};

	return gbench_register(&gc);
}

static int send_ready(const struct cell *c)
{
	struct message m = {.type = MESSAGE_READY};

	(void)snprintf(m.case_name, sizeof(m.case_name), "%s", c->options->bc->name);
	case_hash(c->options->bc, m.hash);
	(void)team_pus(&c->team, m.pus, sizeof(m.pus));
	m.oversubscribed = c->team.env.oversubscribed;
	m.slot_ns = c->options->slot_ns ? c->options->slot_ns : c->team.window_ns;
	return message_send(c->fd, &m);
}

static void send_counters(struct cell *c)
{
	struct message m = {.type = MESSAGE_COUNTERS};
	struct counters_reading reading;
	double ops;

	trial_counters_sum(c->team.counted, c->team.units, &reading, &ops);
	if (ops <= 0.0)
		(void)snprintf(m.reason, sizeof(m.reason), "no operation ended inside the windows");
	for (unsigned e = 0; e < COUNTERS_EVENTS; e++) {
		char name[METRIC_NAME_MAX];

		if (!reading.valid[e] || ops <= 0.0)
			continue;
		(void)snprintf(
		    name, sizeof(name), "%s_per_op", counters_event_name((enum counters_event)e));
		(void)metric_add(&m.counters, name, reading.value[e] / ops);
		if (reading.scaled[e])
			(void)snprintf(m.reason, sizeof(m.reason),
			    "more events than counters: scaled from the time each was on");
	}
	(void)message_send(c->fd, &m);
}

int cell_refuse(int fd, int error, const char *why)
{
	struct message m = {.type = MESSAGE_FAIL, .status = cell_status_of(error)};

	(void)snprintf(m.reason, sizeof(m.reason), "%s", why);
	(void)message_send(fd, &m);
	return 1;
}

int cell_serve(const struct cell_options *o, int fd)
{
	struct cell c = {.options = o, .fd = fd};
	struct message m = {.type = MESSAGE_SUMMARY};
	char why[REASON_MAX] = "";
	int ret = begin(&c, why, sizeof(why));

	if (ret) {
		fail(&c, ret, why);
		return 1;
	}
	if (send_ready(&c) != 0)
		return 1;
	ret = register_case(&c);
	if (!ret)
		ret = gbench_run_rows(count_row, &c, NULL);
	if (ret) {
		(void)snprintf(why, sizeof(why), "Google Benchmark: %s", strerror(-ret));
		fail(&c, ret, why);
	}
	if (c.failed)
		return 1;
	if (o->counters)
		send_counters(&c);
	m.rows = c.rows;
	m.real_time_sum_ns = c.real_time_sum_ns;
	(void)message_send(fd, &m);
	team_destroy(&c.team);
	line_buffer_free(&c.input);
	return 0;
}

int cell_run_here(const struct cell_options *o)
{
	struct cell c = {.options = o, .fd = -1};
	char why[REASON_MAX] = "";
	int ret = begin(&c, why, sizeof(why));

	if (ret) {
		fail(&c, ret, why);
		return 1;
	}
	ret = register_case(&c);
	if (!ret)
		ret = gbench_run(NULL);
	if (ret) {
		(void)snprintf(why, sizeof(why), "Google Benchmark: %s", strerror(-ret));
		fail(&c, ret, why);
	}
	if (c.failed)
		return 1;
	team_destroy(&c.team);
	return 0;
}
