/* coroutine.c - a coroutine on a stack that was used before: made, run to its end on a carrier of
 * its maker's own, and gone. So short that looks at the clock would be most of it: a whole batch is
 * timed, and its phases are not. */
#include "benches/create/life.h"

#include <concbench/runtime.h>
#include <errno.h>
#include <stdlib.h>

/* So many are made before they run, one after the other: they queue, as coroutines do. */
#define GROUP 16u

struct short_life {
	uint64_t key, answer;
	uint64_t ran;
};

struct maker {
	struct cb_carrier *carrier;
	struct short_life life[GROUP];
};

static void live(void *arg)
{
	struct short_life *l = arg;

	l->answer = life_answer(l->key);
	l->ran++;
}

static void enter(struct cb_worker *w, void *state)
{
	const struct cb_carrier_config config = {.backend = CB_FCONTEXT, .max_tasks = GROUP};
	struct maker *m = calloc(1, sizeof(*m));

	life_enter(w, state);
	cb_expect(w, m ? -cb_carrier_create(&config, &m->carrier) : ENOMEM, "a carrier");
	w->local = m;
}

static void leave(struct cb_worker *w, void *state)
{
	struct maker *m = w->local;

	(void)state;
	if (m && m->carrier)
		cb_carrier_destroy(m->carrier);
	free(m);
	w->local = NULL;
}

/* Return: 0; -errno; -EIO when one has not come to its end. */
static int make_and_run(struct maker *m, unsigned n, uint64_t key)
{
	int ret = 0;

	for (unsigned i = 0; i < n && !ret; i++) {
		m->life[i] = (struct short_life){.key = key + i};
		ret = cb_carrier_spawn(m->carrier, live, &m->life[i], NULL);
	}
	ret = ret ? ret : cb_carrier_run(m->carrier);
	return ret > 0 ? -EIO : ret;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	struct maker *m = w->local;
	const uint64_t begin_ns = cb_now_ns(), key = cb_random(w);
	uint64_t done = 0, end_ns;

	if (!m || !m->carrier)
		return 0;
	while (done < n) {
		const unsigned group = n - done < GROUP ? (unsigned)(n - done) : GROUP;
		const int ret = make_and_run(m, group, key + done);

		if (ret) {
			cb_fail(w, ret, "running a coroutine");
			break;
		}
		for (unsigned i = 0; i < group; i++) {
			own->ran += m->life[i].ran;
			own->strangers += m->life[i].answer != life_answer(m->life[i].key);
		}
		own->made += group;
		done += group;
	}
	end_ns = cb_now_ns();
	if (cb_in_window(w, end_ns)) {
		own->timed += done;
		own->phase_ns[LIFE_JOIN] += end_ns - begin_ns;
	}
	return done;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	(void)cb_metric(metrics, "life_ns", life_mean_ns(env, LIFE_JOIN));
}

static const struct cb_workload work = {
    .op = "creation",
    .timed = "create one and run it to its end; then the next: over a batch of them",
    .checked = "everything that was made has run once, with what it was made with, and was counted",
    .state_size = life_state_size,
    .enter = enter,
    .batch = batch,
    .leave = leave,
    .check = life_check,
    .report = report,
};

static const struct cb_figure figures[] = {
    {"life_ns", "made, run and awaited", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
};

static const struct cb_sweep sweeps[] = {
    {CB_QUICK, "model=thread workers=1"},
    {CB_FULL, "model=thread,process workers=1,pus"},
    {CB_CHECK, "model=thread,process workers=1,3"},
};

static const struct cb_kind coroutine = {
    .family = "create",
    .name = "coroutine",
    .about = "a coroutine on a stack that was used before, run to its end by its maker",
    .source = "Boost.Context",
    .from = CB_QUICK,
    .version = 1,
    .models = CB_CAN_OS,
    .not_models = "who makes it has a carrier of its own, and a coroutine has one already",
    .work = &work,
    .figures = figures,
    .figure_count = 1,
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
};

CB_REGISTER(coroutine)
