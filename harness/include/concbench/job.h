/*
 * job.h - a job of the family "job": what a worker does all day, the same function as thread,
 * process and coroutine.
 *
 * A job is a struct cb_workload (concbench.h says what each function is for and when it is called).
 * It must
 * - reach everything that may wait through its worker (cb_read(), cb_sleep_until(), ...), so that
 *   it runs unmodified under every model;
 * - keep what workers share in the state, which processes share too;
 * - have a check() that fails when work was lost, doubled or done wrong.
 *
 *	static const struct cb_workload my_work = {.op = "request", ...};
 *
 *	CB_JOB(my_job, "one line about it", "source", CB_QUICK, &my_work)
 *
 * A job with parameters of its own, another window or a number of workers that follows from
 * something else is a struct cb_kind written out, and CB_REGISTER().
 */
#ifndef CONCBENCH_PUBLIC_JOB_H
#define CONCBENCH_PUBLIC_JOB_H

#include <concbench/concbench.h>

#define CB_JOB(x, about, source, from, work)                                                       \
	static const struct cb_kind cb_kind_##x = {"job", #x, about, source, 0, from, 1,           \
	    CB_CAN_ALL, NULL, work, NULL, NULL, NULL, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, \
	    NULL, NULL, ""};                                                                       \
	CB_REGISTER(cb_kind_##x)

#endif
