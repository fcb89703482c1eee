/*
 * distance.h - what a cache line takes from one PU to another: what all ways of passing it have in
 * common.
 */
#ifndef CONCBENCH_DISTANCE_DISTANCE_H
#define CONCBENCH_DISTANCE_DISTANCE_H

#include <concbench/concbench.h>

/** distance_once() - a trial: one probe between the PUs of the case's two workers. */
int distance_once(
    struct cb_env *env, enum cb_line_as as, struct cb_metrics *metrics, char *why, size_t why_len);

/** distance_check() - each passing came back once, in order, and the lines say so too. */
int distance_check(const struct cb_env *env, char *why, size_t why_len);

#define DISTANCE_CHECKED \
	"each passing came back once, each followed the other's, and the lines hold as many"

/* DISTANCE() - a row of the family: one way. */
#define DISTANCE(x, as, about_, source_, timed_)                                               \
	static int x##_once(                                                                   \
	    struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)         \
	{                                                                                      \
		return distance_once(env, as, metrics, why, why_len);                          \
	}                                                                                      \
	static const struct cb_workload x##_work = {.op = "hand-off",                          \
	    .timed = timed_,                                                                   \
	    .checked = DISTANCE_CHECKED,                                                       \
	    .state_bytes = sizeof(struct cb_line),                                             \
	    .once = x##_once,                                                                  \
	    .check = distance_check};                                                          \
	static const struct cb_kind cb_kind_##x = {.family = "distance",                       \
	    .name = #x,                                                                        \
	    .about = about_,                                                                   \
	    .source = source_,                                                                 \
	    .from = CB_SMOKE,                                                                  \
	    .version = 1,                                                                      \
	    .models = CB_CAN(CB_THREAD),                                                       \
	    .not_models = "what is measured is the machine's, and the same under every model", \
	    .work = &x##_work};                                                                \
	CB_REGISTER(cb_kind_##x)

#endif
