/*
 * companion_fixture.h - a team with companions, for their tests: make it, measure, end it, and look
 * that no process is left. Only for *_test.c.
 */
#ifndef CONCBENCH_COMPANION_FIXTURE_H
#define CONCBENCH_COMPANION_FIXTURE_H

#include "harness/base/clock.h"
#include "harness/work/case_fixture.h"
#include "harness/work/companion.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* Long enough that a busy machine gives both a turn in it. */
#define WINDOW_NS (100 * CLOCK_NS_PER_MS)

static inline int only_pu(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) != 1)
		return -1;
	for (unsigned i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			return (int)i;
	return -1;
}

static inline uint64_t work(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	clock_sleep_until_ns(clock_now_ns() + 50 * CLOCK_NS_PER_US);
	return n;
}

static struct topology *topo;

static inline int discover(void **state)
{
	char err[200];

	(void)state;
	return topology_discover(&topo, err, sizeof(err));
}

static inline int release(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

static inline bool no_child_is_left(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

static inline int try_to_create(struct team *t, const struct bench_case *bc, char why[200])
{
	why[0] = '\0';
	return team_create(t, bc, topo, &(struct team_options){.seed = 7}, why, 200);
}

static inline void create(struct team *t, const struct bench_case *bc)
{
	char why[200];

	if (try_to_create(t, bc, why) != 0)
		fail_msg("%s", why);
}

static inline void cannot_create(const struct bench_case *bc, int error, const char *want)
{
	struct team t;
	char why[200];

	assert_int_equal(try_to_create(&t, bc, why), error);
	assert_string_equal(why, want);
	assert_true(no_child_is_left());
}

static inline void destroy(struct team *t)
{
	team_destroy(t);
	assert_true(no_child_is_left());
}

/* To be released with sample_free(). */
static inline struct sample measure(struct team *t)
{
	struct sample sample;
	char why[200] = "";

	if (team_trial(t, WINDOW_NS, &sample, why, sizeof(why)) != 0)
		fail_msg("%s: %s", cb_model_name(t->bc->pub.model), why);
	return sample;
}

static inline void trial_fails(struct team *t, int error, const char *want)
{
	struct sample sample;
	char why[200] = "";

	assert_int_equal(team_trial(t, WINDOW_NS, &sample, why, sizeof(why)), error);
	assert_string_equal(why, want);
}

/* All workers on the first PU, so that others are spare. */
static inline void bind_to_first_pu(struct bench_case *bc)
{
	char why[200], text[32];

	(void)snprintf(text, sizeof(text), "list:%u", topology_pu(topo, 0)->os_index);
	assert_int_equal(placement_parse(text, &bc->place, why, sizeof(why)), 0);
}

static const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};

static inline void return_at_once(struct cb_companion *c, const struct cb_env *env)
{
	(void)c;
	(void)env;
}

#endif
