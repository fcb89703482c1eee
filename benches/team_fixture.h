/*
 * team_fixture.h - for the tests of the benches: a case by its name, its team, trials of it. Header
 * only, since the pattern rule links a test from one file.
 *
 * Between trials a test may look at what is in the state, and of threads it may replace what they
 * reach the world with (subject_worker()->ops).
 */
#ifndef CONCBENCH_TEAM_FIXTURE_H
#define CONCBENCH_TEAM_FIXTURE_H

#include "harness/base/clock.h"
#include "harness/work/team.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct topology *topo;
static struct host host;
static struct registry kinds;

static inline int open_machine(void **state)
{
	char err[400] = "";

	(void)state;
	if (topology_discover(&topo, err, sizeof(err)) != 0 ||
	    registry_create(&kinds, err, sizeof(err)) != 0) {
		print_error("%s\n", err);
		return -1;
	}
	host_describe(&host, topo);
	return 0;
}

static inline int close_machine(void **state)
{
	(void)state;
	registry_free(&kinds);
	topology_free(topo);
	return 0;
}

/* Return: the reason why this case cannot be; "" when it can. */
static inline const char *parse(const char *name, struct bench_case *bc)
{
	static char err[400];

	if (case_parse(&kinds, &host, name, bc, NULL, err, sizeof(err)) != 0)
		return err;
	return bc->unsupported;
}

struct subject {
	struct bench_case bc;
	struct team team;
	struct sample sample; /* of the last trial, if that was right */
	char why[REASON_MAX];
};

/* @options: as `concbench check` has them, or the figure of the case that it depends on. */
static inline void begin_as(struct subject *s, const char *name, struct team_options options)
{
	const char *reason;

	memset(s, 0, sizeof(*s));
	reason = parse(name, &s->bc);
	if (reason[0])
		fail_msg("%s: %s", name, reason);
	options.seed = 7;
	if (team_create(&s->team, &s->bc, topo, &options, s->why, sizeof(s->why)) != 0)
		fail_msg("%s: %s", name, s->why);
}

static inline void begin(struct subject *s, const char *name)
{
	begin_as(s, name, (struct team_options){0});
}

static inline void begin_given(struct subject *s, const char *name, double given)
{
	begin_as(s, name, (struct team_options){.given = given});
}

/* Return: as team_trial(). */
static inline int trial(struct subject *s, uint64_t window_ns)
{
	sample_free(&s->sample);
	memset(&s->sample, 0, sizeof(s->sample));
	return team_trial(&s->team, window_ns, &s->sample, s->why, sizeof(s->why));
}

static inline void right_trial(struct subject *s, uint64_t window_ns)
{
	if (trial(s, window_ns) != 0)
		fail_msg("%s: %s", s->bc.name, s->why);
}

/* The self-check alone, with nobody at work. */
static inline int check(struct subject *s)
{
	return s->team.load->check(&s->team.env, s->why, sizeof(s->why));
}

static inline void wrong(struct subject *s, int ret, const char *says)
{
	if (ret != -EBADMSG || !strstr(s->why, says))
		fail_msg("%s: %d, '%s' instead of '%s'", s->bc.name, ret, s->why, says);
}

static inline void end(struct subject *s)
{
	sample_free(&s->sample);
	team_destroy(&s->team);
}

static inline struct cb_worker *subject_worker(struct subject *s, unsigned i)
{
	return &s->team.workers[i].pub;
}

/* What the workload reports, without a trial. */
static inline double report(struct subject *s, struct metric_set *metrics, const char *name)
{
	double value = 0.0;

	if (metrics->count == 0)
		s->team.load->report(&s->team.env, (struct cb_metrics *)(void *)metrics);
	if (!metric_get(metrics, name, &value))
		fail_msg("%s: no metric %s", s->bc.name, name);
	return value;
}

#endif
