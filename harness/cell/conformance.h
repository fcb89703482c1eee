/*
 * conformance.h - is this kind right? Its cases under real overlap, each in a process of its own,
 * until somebody has really met somebody; and the broken kinds, which have to be caught.
 */
#ifndef CONCBENCH_CONFORMANCE_H
#define CONCBENCH_CONFORMANCE_H

#include "harness/cell/supervise.h"
#include "harness/work/sweep.h"

struct conformance_plan {
	const char *exe;
	const char *const *modules; /* as struct cell_spec's */
	const char *topology_xml;
	const char *allowed;
	int stderr_fd;
	uint64_t case_ns;     /* a case has its turns for so long, */
	double case_ops;      /* or until it has done so many operations; 0: for so long */
	uint64_t patience_ns; /* and at most: then it counts as never exercised */
	uint64_t hang_ns;     /* when a silent case counts as hung */
	uint64_t seed;
};

enum conformance_outcome {
	CONFORMS,
	CONFORMANCE_WRONG,       /* its check failed, or it crashed or hung */
	CONFORMANCE_IDLE,        /* nobody met anybody: nothing was tested */
	CONFORMANCE_UNSUPPORTED, /* this machine cannot run it */
};

struct conformance_result {
	enum conformance_outcome outcome;
	enum case_status status; /* of CONFORMANCE_WRONG */
	char why[REASON_MAX];
	double ops;
	unsigned trials;
};

/** conformance_case() - Return: 0; -EINTR. */
int conformance_case(
    const struct conformance_plan *p, const struct bench_case *bc, struct conformance_result *out);

/**
 * conformance_cases() - what of a kind is tested: all its CB_CHECK cases; those again under each
 * model that it claims and none of them has; of a broken one the first under each model.
 * Return: 0; -EINVAL with @err: there is none that it does not decline itself; -ENOMEM.
 */
int conformance_cases(const struct registry *r, const struct host *h, const struct kind *k,
    struct case_list *out, char *err, size_t err_len);

/** conformance_untried() - CB_CAN() of each model that a kind claims and none of @cases has. */
unsigned conformance_untried(const struct kind *k, const struct case_list *cases);

/** conformance_caught() - has the check said of a broken kind what it has to say? */
bool conformance_caught(const struct kind *k, const struct conformance_result *result);

#endif
