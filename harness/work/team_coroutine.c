/*
 * team_coroutine.c - the coroutine model: pinned carrier threads, each running its share of the
 * workers as coroutines. Worker i lives on carrier i mod carriers and never moves.
 */
#include "harness/work/team_threads.h"

#include <concbench/runtime.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define COROUTINE_STACK_BYTES ((size_t)128 * 1024)

struct carrier_unit {
	struct team *team;
	unsigned index;
	struct cb_carrier *carrier;
	struct cb_waitq line; /* workers between trials */
	unsigned at_line;
	bool quit;
};

/* The argument is the worker itself, and not a description of it: see cb_carrier_spawn(). */
static void worker_main(void *arg)
{
	struct worker *w = arg;
	struct carrier_unit *u = w->home;
	struct team *t = u->team;

	for (;;) {
		u->at_line++;
		cb_carrier_park(u->carrier, &u->line);
		if (u->quit)
			return;
		trial_work(w, t->load, t->env.state, &t->done[w->pub.index]);
	}
}

static unsigned share_of(const struct team *t, unsigned unit)
{
	return (t->bc->pub.workers - unit + t->units - 1) / t->units;
}

static int spawn_workers(struct carrier_unit *u)
{
	struct team *t = u->team;
	const struct cb_carrier_config config = {
	    .backend = CB_FCONTEXT,
	    .stack_bytes = COROUTINE_STACK_BYTES,
	    .max_tasks = share_of(t, u->index),
	};
	int ret = cb_carrier_create(&config, &u->carrier);

	for (unsigned i = u->index; !ret && i < t->bc->pub.workers; i += t->units) {
		struct worker *w = &t->workers[i];

		w->home = u;
		ret = cb_carrier_spawn(u->carrier, worker_main, w, NULL);
	}
	return ret;
}

static void unit_fail(struct trial_unit *unit, int error, const char *what)
{
	unit->error = error;
	(void)snprintf(unit->error_what, sizeof(unit->error_what), "%s", what);
}

/* Run until every worker is back at the line. */
static void run_to_line(struct carrier_unit *u, unsigned share)
{
	struct trial_unit *unit = &u->team->unit[u->index];
	int ret = cb_carrier_run(u->carrier);

	if (ret < 0)
		unit_fail(unit, ret, "carrier");
	else if (u->at_line != share && !unit->error)
		/* The rest wait for each other: nothing on this carrier can wake them. */
		unit_fail(unit, -EDEADLK, "coroutines left waiting at the end of the trial");
}

static void run_trials(struct carrier_unit *u, unsigned share)
{
	struct team *t = u->team;
	struct trial_unit *unit = &t->unit[u->index];
	unsigned seen = 0;

	trial_line_park(t->line, seen, t->units);
	while (trial_line_wait(t->line, &seen)) {
		u->at_line = 0;
		trial_line_await_start(t->line);
		team_unit_started(unit);
		(void)cb_carrier_wake_all(u->carrier, &u->line);
		run_to_line(u, share);
		team_unit_left(unit);
		trial_line_park(t->line, seen, t->units);
	}
}

static void carrier_main(struct team *t, unsigned index)
{
	struct carrier_unit u = {.team = t, .index = index};
	struct trial_unit *unit = &t->unit[index];
	const unsigned share = share_of(t, index);

	team_unit_begin(t, index);
	if (!unit->error) {
		int ret = spawn_workers(&u);

		if (ret)
			unit_fail(unit, ret, "creating coroutines");
		else
			run_to_line(&u, share);
	}
	run_trials(&u, share);
	team_unit_end(unit);
	if (u.carrier) {
		u.quit = true;
		(void)cb_carrier_wake_all(u.carrier, &u.line);
		(void)cb_carrier_run(u.carrier);
		/* After an error some may still wait for each other: they are dropped. */
		cb_carrier_destroy(u.carrier);
	}
}

static int start(struct team *t, char *why, size_t why_len)
{
	return team_threads_start(t, carrier_main, why, why_len);
}

const struct team_model team_coroutine_model = {
    .start = start, .alive = team_threads_alive, .stop = team_threads_stop};
