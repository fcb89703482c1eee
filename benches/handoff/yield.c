/*
 * yield.c - everybody yields: the price of one pass through the scheduler, the kernel's or
 * the carrier's.
 *
 * A yield that lets nobody run is cheap and means nothing, so each worker looks who was there
 * last: one store and one load of a word that stays in cache (all workers are on one PU).
 */
#include <concbench/concbench.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Every worker yields all the time. */
struct yield_worker {
	_Alignas(CB_ALIGN) uint64_t alone;    /* yields after which nobody else had run ... */
	uint64_t stuck;                       /* ... though on one carrier somebody could have */
	uint64_t yields;                      /* since the cell began, like the others */
	uint64_t yields_before, alone_before; /* this trial */
	bool running;
};

struct yield_state {
	_Alignas(CB_ALIGN) uint32_t last; /* who yielded last */
	_Alignas(CB_ALIGN) uint32_t running;
	struct yield_worker worker[];
};

/*
 * A batch is at least this long, whatever is asked: with a thousand workers one round of yields
 * already takes longer than a batch should, and what is done after a batch (the clock, the window)
 * costs several yields: spread over 64 it still was a tenth of each. But among a hundred thousand
 * or more a yield takes several times as long, and a round of them milliseconds: a trial is two or
 * three batches of everybody.
 */
#define BATCH_MIN 256u
#define BATCH_MIN_OF_MANY 16u
#define MANY 50000u

static size_t yield_state_size(const struct cb_case *c)
{
	return sizeof(struct yield_state) + c->workers * sizeof(struct yield_worker);
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers >= 2 && (c->model != CB_COROUTINE || c->carriers == 1) &&
	    cb_case_on_one_pu(c))
		return 0;
	(void)snprintf(why, why_len, "it takes two workers or more, on one PU and one carrier");
	return -EINVAL;
}

static void yield_enter(struct cb_worker *w, void *state)
{
	struct yield_worker *own = &((struct yield_state *)state)->worker[w->index];

	own->yields_before = own->yields;
	own->alone_before = own->alone;
}

static uint64_t yield_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct yield_state *st = state;
	struct yield_worker *own = &st->worker[w->index];
	const unsigned me = w->index, batch_min = w->count < MANY ? BATCH_MIN : BATCH_MIN_OF_MANY;
	uint64_t alone = 0;

	if (n < batch_min)
		n = batch_min;
	if (!own->running) {
		own->running = true;
		(void)cb_fetch_add(&st->running, 1u);
	}
	for (uint64_t done = 0; done < n; done++) {
		cb_store(&st->last, me);
		cb_yield(w);
		if (cb_load(&st->last) != me)
			continue;
		alone++;
		/*
		 * On one carrier, first in first out, everybody else who is in the loop has had
		 * its turn. The kernel promises nothing of the sort.
		 */
		if (w->model == CB_COROUTINE && cb_load(&st->running) > 1)
			own->stuck++;
	}
	own->alone += alone;
	own->yields += n;
	return n;
}

static void yield_leave(struct cb_worker *w, void *state)
{
	struct yield_state *st = state;

	st->worker[w->index].running = false;
	(void)cb_fetch_add(&st->running, -1u);
}

static int yield_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct yield_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct yield_worker *own = &st->worker[i];

		if (own->stuck) {
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " yields ran nobody else", i, own->stuck);
			return -EBADMSG;
		}
		if (own->yields != env->done[i]) {
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " yields, but %" PRIu64 " were counted", i,
			    own->yields, env->done[i]);
			return -EBADMSG;
		}
	}
	return 0;
}

static void yield_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct yield_state *st = env->state;
	uint64_t yields = 0, alone = 0;

	for (unsigned i = 0; i < env->workers; i++) {
		yields += st->worker[i].yields - st->worker[i].yields_before;
		alone += st->worker[i].alone - st->worker[i].alone_before;
	}
	/* Of none there is no share: what is not a number is left out. */
	(void)cb_metric(metrics, "handed_over_share", 1.0 - (double)alone / (double)yields);
}

static const struct cb_workload yield_work = {
    .op = "yield",
    .timed = "give way to whichever worker is next, until it is this one's turn again. To threads "
	     "and processes the kernel promises nothing: where handed_over_share is next to 0, "
	     "this is the price of a call that does nothing",
    .checked = "all yields were counted; after each of a coroutine another had run, if another was "
	       "there",
    .state_size = yield_state_size,
    .enter = yield_enter,
    .batch = yield_batch,
    .leave = yield_leave,
    .check = yield_check,
    .report = yield_report,
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=coroutine place=same"},
    {CB_QUICK, "model=thread,process place=same"},
    {CB_QUICK, "model=coroutine workers=1000 place=same"},
    {CB_FULL, "model=coroutine workers=100000 place=same"},
    {CB_CHECK, "model=thread,process,coroutine workers=2,5 place=same"},
};

/* Among many: a round takes longer than a short window. */
static uint64_t window_ns(const struct cb_case *c)
{
	return c->workers > 2 ? 20 * CB_NS_PER_MS : 0;
}

static const struct cb_figure figures[] = {
    {"ns_per_op", "time per yield, whether another runs or not", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
    {"handed_over_share", "of the yields, after which another had run", "", CB_SHARE, CB_MORE, 0.0,
	NULL},
};

static const struct cb_kind yield = {
    .family = "handoff",
    .name = "yield",
    .about = "everybody yields: one pass through the scheduler, the kernel's or the carrier's",
    .from = CB_SMOKE,
    .version = 3,
    .models = CB_CAN_ALL,
    .work = &yield_work,
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
    .window_ns = window_ns,
};

CB_REGISTER(yield)
