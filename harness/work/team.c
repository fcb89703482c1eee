/* team.c - a case's workers from their creation to their end; team_trial.c has what lies between.
 */
#include "harness/work/team.h"
#include "harness/work/trial_counters.h"

#include "harness/base/clock.h"
#include "harness/base/random.h"
#include "harness/work/companion.h"
#include "harness/work/deadlock.h"
#include "harness/work/soak.h"
#include "harness/work/worker_models.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct team_model *const models[CB_MODEL_COUNT] = {
    [CB_THREAD] = &team_thread_model,
    [CB_PROCESS] = &team_process_model,
    [CB_COROUTINE] = &team_coroutine_model,
    [CB_CALLBACK] = &team_thread_model,
};

/* The machine of this process's team, for cb_bind_self(). */
static const struct topology *here;

/* Neighbours give unrelated seeds. */
static uint64_t mix(uint64_t x)
{
	return random_next(&x);
}

static size_t state_bytes(const struct team *t)
{
	return t->load->state_size ? t->load->state_size(&t->bc->pub) : t->load->state_bytes;
}

static bool companion_measures(const struct team *t)
{
	for (unsigned i = 0; i < t->load->companion_count; i++)
		if (t->load->companions[i].measures)
			return true;
	return false;
}

unsigned team_latency_count(const struct team *t)
{
	if (!t->load->latency_of || !t->units)
		return 0;
	return companion_measures(t) ? 1 : t->bc->pub.workers;
}

/* Beside the rest, and only if wanted: the arena of a timed team is as if there were no counters.
 */
static int lay_out_counted(struct team *t)
{
	t->counted = arena_alloc(&t->arena, t->units * sizeof(*t->counted));
	if (!t->counted)
		return -ENOMEM;
	for (unsigned i = 0; i < t->units; i++) {
		counters_none(&t->counted[i].events);
		t->unit[i].counted = &t->counted[i];
	}
	trial_counters_room(t->bc->pub.model == CB_PROCESS ? 1 : t->units);
	return 0;
}

/* Only if wanted, too. */
static int lay_out_soak(struct team *t)
{
	t->soak = arena_alloc(&t->arena, soakers_bytes(soakers_wanted(t)));
	return t->soak ? 0 : -ENOMEM;
}

static int lay_out(struct team *t, const struct team_options *o)
{
	/* A case without units has no workers of ours, however many its name says. */
	const unsigned workers = t->units ? t->bc->pub.workers : 0;
	const unsigned companions = t->load->companion_count;
	const unsigned histograms = team_latency_count(t);
	const size_t bytes = state_bytes(t) ? state_bytes(t) : 1;
	size_t size = bytes + workers * (sizeof(struct trial_slot) + sizeof(uint64_t)) +
		      t->units * sizeof(struct trial_unit) + sizeof(struct trial_line) +
		      histograms * sizeof(struct histogram) +
		      companions * companion_shared_bytes() +
		      (o->counting ? t->units * sizeof(struct trial_counted) : 0) +
		      (o->displacing ? soakers_bytes(soakers_wanted(t)) : 0) + 64 * 1024;
	int ret = arena_create(&t->arena, size);

	if (ret)
		return ret;
	/* Layout decides a few per cent: let each launch draw its own, and the launches' spread
	 * say how much it matters (Mytkowicz et al., ASPLOS 2009). */
	arena_skip(&t->arena, (size_t)(mix(o->seed) % 256) * ARENA_ALIGN);
	t->line = arena_alloc(&t->arena, sizeof(*t->line));
	t->slots = arena_alloc(&t->arena, workers * sizeof(*t->slots));
	t->unit = arena_alloc(&t->arena, t->units * sizeof(*t->unit));
	t->done = arena_alloc(&t->arena, workers * sizeof(*t->done));
	t->companions = calloc(companions + 1, sizeof(*t->companions));
	t->usage = calloc(companions + 1, sizeof(*t->usage));
	for (unsigned i = 0; t->companions && i < companions; i++) {
		t->companions[i].output = -1;
		t->companions[i].shared = arena_alloc(&t->arena, companion_shared_bytes());
		if (!t->companions[i].shared)
			return -ENOMEM;
	}
	t->env.state = arena_alloc(&t->arena, bytes);
	if (histograms)
		t->latency = arena_alloc(&t->arena, histograms * sizeof(*t->latency));
	t->workers = aligned_alloc(ARENA_ALIGN, workers * sizeof(*t->workers));
	if (t->workers)
		memset(t->workers, 0, workers * sizeof(*t->workers));
	if (!t->line || !t->slots || !t->unit || !t->done || !t->companions || !t->usage ||
	    !t->env.state || (histograms && !t->latency) || !t->workers)
		return -ENOMEM;
	atomic_init(&t->line->parked_epoch, UINT_MAX);
	ret = o->counting ? lay_out_counted(t) : 0;
	return !ret && o->displacing ? lay_out_soak(t) : ret;
}

static void prepare_workers(struct team *t, uint64_t seed)
{
	const struct cb_case *c = &t->bc->pub;
	const bool own_latencies = t->latency && !companion_measures(t);

	for (unsigned i = 0; t->units && i < c->workers; i++) {
		struct worker *w = &t->workers[i];

		w->pub = (struct cb_worker){
		    .index = i,
		    .role = i,
		    .count = c->workers,
		    .model = c->model,
		    .ops = c->model == CB_COROUTINE ? &worker_coroutine_ops : &worker_blocking_ops,
		    .oversubscribed = t->env.oversubscribed,
		    /* An atomic_uint is an unsigned; the public header has no _Atomic, for C++. */
		    .stop = (const uint32_t *)(const void *)&t->line->stop,
		    .rng = mix(seed ^ mix(i)) | 1,
		    .pu = -1,
		    .node = -1,
		};
		w->slot = &t->slots[i];
		w->line = t->line;
		w->open_ns = &t->line->open_ns;
		w->close_ns = &t->line->close_ns;
		w->unit = t->units ? &t->unit[i % t->units] : NULL;
		w->batch = 1;
		if (own_latencies)
			w->latency = &t->latency[i];
	}
}

int team_death(const struct team *t, char *why, size_t why_len)
{
	if (t->death[0] == '\0')
		return 0;
	(void)snprintf(why, why_len, "%s", t->death);
	return -ECHILD;
}

/* How long workers whose companion has ended well may take to say that they have sent it away. */
#define LAST_WORDS_NS CLOCK_NS_PER_S

/* All units are at the line for trial @epoch, or one is known to have died, or never to get there.
 */
int team_await_parked(struct team *t, unsigned epoch, char *why, size_t why_len)
{
	uint64_t give_up_ns = 0, circle = 0;
	bool units_alive;
	unsigned seen;
	int ret;

	while (
	    (seen = atomic_load_explicit(&t->line->parked_epoch, memory_order_acquire)) != epoch) {
		futex_wait(&t->line->parked_epoch, seen, TEAM_ALIVE_CHECK_NS);
		ret = t->model->alive(t, why, why_len);
		units_alive = !ret;
		if (!ret && deadlock_find(t, &circle, why, why_len) != 0)
			return -EDEADLK;
		if (!ret)
			ret = companions_alive(t, why, why_len);
		if (ret &&
		    atomic_load_explicit(&t->line->parked_epoch, memory_order_acquire) != epoch) {
			/* Give the others a chance to leave before the cell ends them. */
			atomic_store_explicit(
			    &t->line->stop, TRIAL_STOP_ABORT, memory_order_relaxed);
			/* A worker that has sent the companion away says why, once it parks. */
			if (!give_up_ns)
				give_up_ns = clock_now_ns() + LAST_WORDS_NS;
			if (!units_alive || !t->companion_left || clock_now_ns() > give_up_ns)
				return ret;
		}
	}
	return 0;
}

int team_units_error(const struct team *t, char *why, size_t why_len)
{
	for (unsigned i = 0; i < t->units; i++) {
		if (t->unit[i].error) {
			(void)snprintf(why, why_len, "unit %u: %s: %s", i, t->unit[i].error_what,
			    strerror(-t->unit[i].error));
			return t->unit[i].error;
		}
	}
	return 0;
}

/* The epoch moves too: a unit about to wait for it must not sleep through the news. */
static void dismiss(struct team *t)
{
	atomic_store(&t->line->quit, 1);
	atomic_fetch_add(&t->line->epoch, 1);
	futex_wake(&t->line->epoch, INT_MAX);
	if (t->units)
		t->model->stop(t);
	soakers_stop(t);
	companions_stop(t);
}

static void release(struct team *t)
{
	free(t->companions);
	free(t->usage);
	free(t->workers);
	arena_destroy(&t->arena);
	placement_free(&t->placement);
	surroundings_close(&t->around);
}

/*
 * Which of its regimes the machine is in: regimes.h. The second PU may be the load generator's.
 * Return: 0 when there is no second one, or no time for it there.
 */
static double round_trip_ns(const struct team *t)
{
	const struct placement *p = &t->placement;
	const int first = p->count ? p->pu[0] : -1;
	int second = first;
	struct cb_line line;

	for (unsigned i = 0; i < p->count && second == first; i++)
		second = p->pu[i];
	if (second == first && t->load->companion_count)
		second = placement_spare_pu(t->topo, p, 0);
	if (first < 0 || second < 0 || cb_probe_line(first, second, &line))
		return 0;
	return 2 * line.ns;
}

/* Work on the load generator's PUs does not count as other tasks' work. Return: 0; -ENOMEM. */
static int look_around(struct team *t, unsigned placed)
{
	const unsigned companions = t->load->companion_count;
	int *pu = calloc(placed + companions + 1, sizeof(*pu));
	unsigned n = placed, beside = 0;
	int ret;

	if (!pu)
		return -ENOMEM;
	memcpy(pu, t->placement.pu, placed * sizeof(*pu));
	for (unsigned i = 0; i < companions; i++)
		if (!t->load->companions[i].idle)
			pu[n++] = placement_spare_pu(t->topo, &t->placement, beside++);
	ret = surroundings_open(&t->around, "", pu, n);
	free(pu);
	return ret;
}

int team_create(struct team *t, const struct bench_case *bc, const struct topology *topo,
    const struct team_options *o, char *why, size_t why_len)
{
	unsigned placed;
	int ret;

	memset(t, 0, sizeof(*t));
	t->bc = bc;
	t->topo = topo;
	t->load = case_workload(bc);
	t->model = models[bc->pub.model];
	t->units = case_units(bc);
	here = topo;
	(void)snprintf(why, why_len, "out of memory");
	/* A case without units has no workers of ours, but may need to know where they would be. */
	placed = t->units ? t->units : bc->pub.workers;
	ret = placement_plan(topo, &bc->place, placed, &t->placement, why, why_len);
	if (ret)
		return ret;
	ret = look_around(t, placed);
	if (ret) {
		placement_free(&t->placement);
		return ret;
	}
	t->env = (struct cb_env){
	    .c = &bc->pub,
	    .model = bc->pub.model,
	    .workers = bc->pub.workers,
	    .carriers = bc->pub.carriers,
	    .oversubscribed = t->units && t->placement.oversubscribed,
	    .seed = o->seed,
	    .given = o->given,
	    .checking = o->checking,
	    .companions = t->load->companion_count,
	};
	/* In processes of its own, which are gone before there is anything to be disturbed. */
	if (o->probing)
		t->round_trip_ns = round_trip_ns(t);
	ret = lay_out(t, o);
	if (ret) {
		(void)snprintf(why, why_len, "out of memory for the shared arena");
		goto out_free;
	}
	t->env.done = t->done;
	t->env.companion = t->usage;
	t->env.pu = t->units ? NULL : t->placement.pu;
	t->window_ns = bc->window_ns;
	/* Whoever spins at the start line needs a PU alone. */
	t->line->spin = !t->placement.oversubscribed && t->placement.pus_used >= t->units;
	prepare_workers(t, o->seed);
	if (t->load->setup) {
		(void)snprintf(why, why_len, "setup failed");
		ret = t->load->setup(&t->env, why, why_len);
		if (ret)
			goto out_free;
	}
	ret = companions_start(t, why, why_len);
	if (ret)
		goto out_teardown;
	if (o->displacing)
		ret = soakers_start(t, why, why_len);
	if (ret)
		goto out_companions;
	if (!t->units)
		return 0;
	ret = t->model->start(t, why, why_len);
	if (!ret)
		ret = team_await_parked(t, 0, why, why_len);
	if (!ret)
		ret = team_units_error(t, why, why_len);
	if (ret)
		goto out_stop;
	return 0;

out_stop:
	dismiss(t);
	goto out_teardown;
out_companions:
	companions_stop(t);
out_teardown:
	if (t->load->teardown)
		t->load->teardown(&t->env);
out_free:
	release(t);
	return ret;
}

void team_destroy(struct team *t)
{
	dismiss(t);
	if (t->load->teardown)
		t->load->teardown(&t->env);
	release(t);
}

char *team_pus(const struct team *t, char *buf, size_t len)
{
	size_t used = 0;

	if (len)
		buf[0] = '\0';
	for (unsigned i = 0; i < t->units && used < len; i++) {
		int n;

		if (t->unit[i].bound_pu < 0)
			n = snprintf(buf + used, len - used, "%sany", i ? "," : "");
		else
			n = snprintf(
			    buf + used, len - used, "%s%d", i ? "," : "", t->unit[i].bound_pu);
		if (n < 0)
			break;
		used += (size_t)n;
	}
	if (used >= len && len > 4)
		memcpy(buf + len - 4, "...", 4);
	return buf;
}

/* ---- for the models ---- */

static void bind_unit(struct team *t, unsigned i)
{
	struct trial_unit *u = &t->unit[i];
	const int pu = t->placement.pu[i];

	u->bound_pu = -1;
	if (pu < 0)
		return;
	u->error = topology_bind_self(t->topo, (unsigned)pu);
	/* Not allowed to: the machine cannot offer the placement. A binding that did not take (EIO)
	 * is a fault of ours. */
	if (u->error == -EPERM || u->error == -EINVAL || u->error == -ENOSYS)
		u->error = -ENOTSUP;
	if (u->error)
		(void)snprintf(u->error_what, sizeof(u->error_what), "binding to PU %d", pu);
	else
		u->bound_pu = pu;
}

/* Each of its workers where it is. */
static void tell_workers(struct team *t, unsigned i)
{
	const int pu = t->unit[i].bound_pu;
	int node = -1;

	for (unsigned k = 0; pu >= 0 && k < topology_pu_count(t->topo); k++)
		if ((int)topology_pu(t->topo, k)->os_index == pu)
			node = (int)topology_pu(t->topo, k)->numa_id;
	for (unsigned w = i; w < t->bc->pub.workers; w += t->units) {
		t->workers[w].pub.pu = pu;
		t->workers[w].pub.node = node;
	}
}

void team_unit_begin(struct team *t, unsigned i)
{
	struct trial_unit *u = &t->unit[i];

	atomic_store_explicit(&u->tid, gettid(), memory_order_relaxed);
	bind_unit(t, i);
	whereabouts_open(&u->where);
	tell_workers(t, i);
	if (u->counted && !u->error)
		trial_counters_open(u);
	trial_clear_flags(); /* those of whoever started this unit are inherited */
}

void team_unit_end(struct trial_unit *u)
{
	whereabouts_close(&u->where);
	if (u->counted)
		trial_counters_close(u);
}

void team_unit_started(struct trial_unit *u)
{
	u->start_ns = clock_now_ns();
	u->notes = 0;
}

void team_unit_left(struct trial_unit *u)
{
	u->leave_ns = clock_now_ns();
	if (u->counted)
		trial_counters_read(u);
	whereabouts_since(&u->where, &u->since);
	if (u->bound_pu >= 0 && !u->moved[0])
		(void)whereabouts_left(
		    u->bound_pu, u->since.migrations, u->moved, sizeof(u->moved));
}

void team_unit_run(struct team *t, unsigned i)
{
	struct worker *w = &t->workers[i];
	struct trial_unit *u = &t->unit[i];
	unsigned seen = 0;

	team_unit_begin(t, i);
	trial_line_park(t->line, seen, t->units);
	while (trial_line_wait(t->line, &seen)) {
		trial_line_await_start(t->line);
		team_unit_started(u);
		trial_work(w, t->load, t->env.state, &t->done[i]);
		team_unit_left(u);
		trial_line_park(t->line, seen, t->units);
	}
	team_unit_end(u);
}

/* ---- for kinds that make workers of their own ---- */

int cb_bind_self(int pu)
{
	return here && pu >= 0 ? topology_bind_self(here, (unsigned)pu) : -EINVAL;
}

int cb_adopt_begin(struct cb_worker *w)
{
	/* Most have inherited it; nothing is taken for granted. */
	return w->pu >= 0 ? cb_bind_self(w->pu) : 0;
}

void cb_adopt_end(struct cb_worker *w)
{
	/* All that it has used since it was made: of a process, or of one of its threads. */
	cb_charge_ns(w,
	    clock_of_ns(getpid() == gettid() ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID));
}

void cb_charge_ns(struct cb_worker *w, uint64_t cpu_ns)
{
	struct trial_unit *unit = worker_of(w)->unit;

	if (unit)
		atomic_fetch_add_explicit(&unit->charged_ns, cpu_ns, memory_order_relaxed);
}
