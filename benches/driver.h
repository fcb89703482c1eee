/*
 * driver.h - a case's real workers, trial by trial, for the tests of kinds: what a bench has left
 * in its state can be looked at between trials, and spoiled. Header only.
 */
#ifndef CONCBENCH_DRIVER_H
#define CONCBENCH_DRIVER_H

#include "harness/base/clock.h"
#include "harness/work/sweep.h"
#include "harness/work/team.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct topology *driver_topology;
static struct registry driver_registry;
static struct host driver_host;

static inline int driver_setup(void **state)
{
	char err[300];

	(void)state;
	if (topology_discover(&driver_topology, err, sizeof(err)) != 0 ||
	    registry_create(&driver_registry, err, sizeof(err)) != 0) {
		print_error("%s\n", err);
		return -1;
	}
	host_describe(&driver_host, driver_topology);
	return 0;
}

static inline int driver_teardown(void **state)
{
	(void)state;
	registry_free(&driver_registry);
	topology_free(driver_topology);
	return 0;
}

struct driver {
	struct bench_case bc;
	struct team team;
	struct cb_env *env; /* the team's, for check() and report() */
	struct sample sample;
	bool sampled;
	char why[REASON_MAX];
};

/* What a name means, on this machine. */
static inline void driver_case(const char *name, struct bench_case *out)
{
	char err[400];

	if (case_parse(&driver_registry, &driver_host, name, out, NULL, err, sizeof(err)) != 0)
		fail_msg("%s: %s", name, err);
}

static inline int driver_try(struct driver *d, const struct bench_case *bc)
{
	memset(d, 0, sizeof(*d));
	d->bc = *bc;
	d->env = &d->team.env;
	return team_create(&d->team, &d->bc, driver_topology, &(struct team_options){.seed = 7},
	    d->why, sizeof(d->why));
}

static inline void driver_begin(struct driver *d, const char *name)
{
	struct bench_case bc;

	driver_case(name, &bc);
	assert_string_equal(bc.unsupported, "");
	if (driver_try(d, &bc) != 0)
		fail_msg("%s: %s", name, d->why);
}

/* Return: as team_trial(); after an error only driver_check() and driver_end() may follow. */
static inline int driver_trial(struct driver *d, uint64_t window_ns)
{
	int ret;

	if (d->sampled)
		sample_free(&d->sample);
	ret = team_trial(&d->team, window_ns, &d->sample, d->why, sizeof(d->why));
	d->sampled = ret == 0;
	return ret;
}

static inline void driver_good_trial(struct driver *d, uint64_t window_ns)
{
	if (driver_trial(d, window_ns) != 0)
		fail_msg("%s: %s", d->bc.name, d->why);
}

static inline int driver_check(struct driver *d)
{
	return d->team.load->check(d->env, d->why, sizeof(d->why));
}

/* Of all workers, since the beginning. */
static inline uint64_t driver_done(const struct driver *d)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < d->bc.pub.workers; i++)
		done += d->team.done[i];
	return done;
}

/* Of the last trial; 0.0 where there is none. */
static inline double driver_metric(const struct driver *d, const char *name)
{
	double value = 0.0;

	return metric_get(&d->sample.metrics, name, &value) ? value : 0.0;
}

static inline void driver_end(struct driver *d)
{
	if (d->sampled)
		sample_free(&d->sample);
	team_destroy(&d->team);
}

#endif
