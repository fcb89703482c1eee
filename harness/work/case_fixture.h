/*
 * case_fixture.h - cases of a test's own, from a workload, under a family that only the test has.
 * Header only, since the pattern rule links a test from one file.
 */
#ifndef CONCBENCH_CASE_FIXTURE_H
#define CONCBENCH_CASE_FIXTURE_H

#include "harness/work/bench_case.h"

#include <stdio.h>

/* Benches bring the real table; a harness test has none of them. */
static const struct cb_param fixture_params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("1"),
    CB_PARAM_CARRIERS,
    CB_PARAM_PLACE("none"),
};
static const struct cb_family fixture_family = {.name = "test",
    .plural = "tests",
    .title = "Tests",
    .question = "Does it work?",
    .params = fixture_params,
    .param_count = sizeof(fixture_params) / sizeof(fixture_params[0])};
const struct cb_family *const cb_families[] = {&fixture_family, NULL};

/* Kinds that cases point to; the oldest is taken again after so many. */
#define FIXTURE_KINDS 64u

static struct fixture_kind {
	struct cb_kind self;
	struct kind kind;
} fixture_kinds[FIXTURE_KINDS];

/* A kind with this workload, in every model. */
static inline struct kind *fixture_kind(const struct cb_workload *load)
{
	static unsigned used;
	struct fixture_kind *f = &fixture_kinds[used++ % FIXTURE_KINDS];

	f->self = (struct cb_kind){.family = fixture_family.name,
	    .name = "case",
	    .about = "what a test needs",
	    .version = 1,
	    .models = CB_CAN_ALL,
	    .work = load};
	f->kind = (struct kind){.family = &fixture_family,
	    .self = &f->self,
	    .name = "case",
	    .param_count = fixture_family.param_count};
	for (unsigned i = 0; i < f->kind.param_count; i++)
		f->kind.param[i] = &fixture_params[i];
	return &f->kind;
}

/* Not bound, on one carrier where it has coroutines, with the window to be given by the test. */
static inline struct bench_case fixture_case(
    const struct cb_workload *load, enum cb_model model, unsigned workers)
{
	struct bench_case bc = {.kind = fixture_kind(load),
	    .pub = {.model = model, .workers = workers, .carriers = model == CB_COROUTINE ? 1 : 0},
	    .place = placement_policy_of(PLACEMENT_NONE)};

	bc.pub.kind = bc.kind->self;
	(void)snprintf(bc.name, sizeof(bc.name), "test/case/workers:%u", workers);
	return bc;
}

#endif
