/*
 * gate_session.h - what `concbench gate` and `concbench noise` prepare before they measure: a place
 * to keep the topology and the cells' words, the catalogues of both programs, and the cases to
 * take.
 */
#ifndef CONCBENCH_GATE_SESSION_H
#define CONCBENCH_GATE_SESSION_H

#include "harness/cmd/selection.h"
#include "harness/gate/gate.h"
#include "harness/machine/topology.h"

#define GATE_PATH_MAX 4096
#define REQUEST_LOADS_MAX 16

/* What the user asked for. */
struct gate_request {
	const char *command; /* "gate" or "noise", for messages */
	const char *exe[SIDES];
	struct selection what; /* of both sides */
	struct request_loads {
		const char *spec[REQUEST_LOADS_MAX]; /* [PREFIX=]FILE */
		const char *flag[REQUEST_LOADS_MAX]; /* as typed: "load", "base-load", ... */
		size_t count;
	} loads[SIDES];
	uint64_t budget_ns; /* of one gate; 0: @case_ns a case */
	uint64_t case_ns;   /* 0: GATE_CASE_NS, or more where that is too short for a look */
	uint64_t slot_ns;   /* 0: the cases' own */
	uint64_t launch_ns;
	uint64_t cell_timeout_ns;
	uint64_t turn_timeout_ns; /* 0: cell_turn_within_ns() */
	uint64_t seed;
	double min_effect;
	double must_see;     /* 0: not asked for */
	bool must_see_auto;  /* what this machine can see in the time: the A/A finds it out */
	const char *gate_on; /* a figure of every case; NULL: its own */
	bool force;          /* measure cases that do something else in head, too */
	bool quiet;
};

/* Time a case gets when the user gives no budget. */
#define GATE_CASE_NS (5 * CLOCK_NS_PER_S)

struct gate_session {
	const struct gate_request *request;
	struct topology *topo;
	char folder[GATE_PATH_MAX];
	char xml[GATE_PATH_MAX + 16];
	char log[GATE_PATH_MAX + 16]; /* what the cells said on stderr */
	int log_fd;
	struct catalogue catalogue[SIDES];
	struct module_list modules[SIDES];
	struct selection
	    what; /* the request's; of one program that loads files and is asked for nothing by
		   * name, the kinds of these: all else is the same on both sides */
	const char **selection;
	char **own; /* names of such kinds */
	size_t own_count;
	const struct catalogue_case **cases; /* of base, measured */
	size_t case_count;
	size_t without_figure; /* cases that have no figure of the name that was asked for */
	size_t given_count;    /* cases that others depend on, and not measured yet */
	struct gate_plan plan;
	struct progress progress;
};

/**
 * gate_session_open() - ask both programs, match their cases.
 * @out: gets a row for every case that is not measured: missing on a side, another definition.
 * Return: 0; -EINTR; EXIT_USAGE after a line on stderr. gate_session_close() in either case.
 */
int gate_session_open(struct gate_session *s, const struct gate_request *r, struct comparison *out);

/**
 * gate_session_check_budget() - is there still time for a first look at all cases?
 *
 * gate_session_open() has asked, with a guess of what starting programs takes; whoever has measured
 * that meanwhile (plan.overhead_ns) asks again. A budget that the user has not set grows with it.
 * Return: 0; EXIT_USAGE after a line.
 */
int gate_session_check_budget(struct gate_session *s);

/**
 * gate_session_give() - measure, on base's side, what some of the cases depend on, each once: both
 * sides are given that, or two loads would be compared.
 * @out: gets a row for every case for which there is nothing to give; it is not measured.
 *
 * The time comes off a budget that the user has set; gate_session_open() has counted on it.
 * Return: 0; -EINTR; CELL_NONE or EXIT_USAGE after a line.
 */
int gate_session_give(struct gate_session *s, struct comparison *out);

/** gate_session_close() - @keep_log: leave the folder with the cells' words where it is. */
void gate_session_close(struct gate_session *s, bool keep_log);

#endif
