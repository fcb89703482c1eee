/* selftest.h - what the files of this family share. */
#ifndef BENCHES_SELFTEST_SELFTEST_H
#define BENCHES_SELFTEST_SELFTEST_H

#include <concbench/concbench.h>

/* A hidden kind that can do all models. @points: its cases. Further members of struct cb_kind
 * follow, .work first. */
#define SELFTEST(x, about_, points, ...)                                 \
	static const struct cb_sweep sweep_##x[] = {{CB_SMOKE, points}}; \
	static const struct cb_kind kind_##x = {.family = "selftest",    \
	    .name = #x,                                                  \
	    .about = about_,                                             \
	    .flags = CB_HIDDEN,                                          \
	    .version = 1,                                                \
	    .models = CB_CAN_ALL,                                        \
	    .sweeps = sweep_##x,                                         \
	    .sweep_count = 1,                                            \
	    __VA_ARGS__};                                                \
	CB_REGISTER(kind_##x)

/* "turns_per_op": of a loop, for cases that count instead of timing. */
extern const struct cb_figure selftest_turns;

/**
 * selftest_slowdown() - CONCBENCH_SELFTEST_SLOWDOWN_PCT.
 * @price: 1.02 when it says 2; 1 when it is not set.
 * Return: 0; -EINVAL with a line in @why.
 */
int selftest_slowdown(double *price, char *why, size_t why_len);

#endif
