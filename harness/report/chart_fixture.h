/* chart_fixture.h - charts of runs that are made up. */
#ifndef CONCBENCH_REPORT_CHART_FIXTURE_H
#define CONCBENCH_REPORT_CHART_FIXTURE_H

#include "harness/report/chart.h"
#include "harness/report/fixture_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct drawn {
	struct run run;
	struct case_groups groups;
	struct chart_set set;
};

static inline void build(struct drawn *d)
{
	fixture_end(&d->run);
	assert_int_equal(case_groups_build(&d->run, &d->groups), 0);
	assert_int_equal(chart_set_build(&d->groups, &d->set), 0);
}

static inline void clean(struct drawn *d)
{
	chart_set_free(&d->set);
	case_groups_free(&d->groups);
	run_free(&d->run);
}

static inline void add(struct run *run, const char *name, double ns, enum case_status status)
{
	const struct fixture_case c = {
	    .name = name, .op = "op", .ns = ns, .spread = 0.2, .status = status, .pus = "0,1"};

	fixture_add(run, &c);
}

#endif
