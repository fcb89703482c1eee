/*
 * job.h - the family `job`: whole pieces of work, each under every execution model.
 *
 * A job is one file in jobs/ with a struct workload and one row of the table in job.c.
 */
#ifndef CONCBENCH_JOB_H
#define CONCBENCH_JOB_H

#include "harness/work/bench_case.h"

/** job_list() - append the cases of this family that @m's profile asks for. */
void job_list(struct case_list *list, const struct machine *m);

#endif
