/* family.c - the family of creations: its parameters, and the accounts of those that were made. */
#include "benches/create/life.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const phases[LIFE_PHASES] = {"call_ns", "first_ns", "join_ns"};

size_t life_state_size(const struct cb_case *c)
{
	return c->workers * sizeof(struct life_maker);
}

void life_enter(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;

	own->timed = 0;
	for (unsigned p = 0; p < LIFE_PHASES; p++)
		own->phase_ns[p] = 0;
}

void life_count(struct cb_worker *w, struct life_maker *own)
{
	const struct life *l = &own->life;

	own->made++;
	own->ran += __atomic_load_n(&l->ran, __ATOMIC_ACQUIRE);
	own->strangers += l->answer != life_answer(l->key);
	own->astray += w->pu >= 0 && l->pu != w->pu;
	if (l->error)
		cb_fail(w, l->error, "binding the worker that was made");
}

void life_note(struct cb_worker *w, struct life_maker *own, uint64_t asked_ns, uint64_t returned_ns,
    uint64_t joined_ns)
{
	const struct life *l = &own->life;

	life_count(w, own);
	cb_record_ns(w, joined_ns, l->first_ns - asked_ns);
	if (!cb_in_window(w, joined_ns))
		return;
	own->timed++;
	own->phase_ns[LIFE_CALL] += returned_ns - asked_ns;
	own->phase_ns[LIFE_FIRST] += l->first_ns - asked_ns;
	own->phase_ns[LIFE_JOIN] += joined_ns - l->last_ns;
}

int life_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct life_maker *maker = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct life_maker *own = &maker[i];

		if (own->made != env->done[i] || own->ran != own->made)
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " made, %" PRIu64 " ran, %" PRIu64 " counted", i,
			    own->made, own->ran, env->done[i]);
		else if (own->strangers)
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " of %" PRIu64
			    " have not got what they were made with",
			    i, own->strangers, own->made);
		else if (own->astray)
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " of %" PRIu64 " ran on another PU", i,
			    own->astray, own->made);
		else
			continue;
		return -EBADMSG;
	}
	return 0;
}

double life_mean_ns(const struct cb_env *env, enum life_phase phase)
{
	const struct life_maker *maker = env->state;
	uint64_t timed = 0, sum_ns = 0;

	for (unsigned i = 0; i < env->workers; i++) {
		timed += maker[i].timed;
		sum_ns += maker[i].phase_ns[phase];
	}
	return (double)sum_ns / (double)timed;
}

/* Of none there is no figure: not a number is left out. */
void life_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	(void)cb_metric(
	    metrics, "life_ns", life_mean_ns(env, LIFE_FIRST) + life_mean_ns(env, LIFE_JOIN));
	for (unsigned p = 0; p < LIFE_PHASES; p++)
		(void)cb_metric(metrics, phases[p], life_mean_ns(env, (enum life_phase)p));
}

/* Each one waits in the kernel, and a window that fits into one slice of a busy machine's scheduler
 * does not show what that costs: 32 us in windows of 3 ms, 61 us in those of 200 ms and in a
 * program that does nothing else. */
static uint64_t window_ns(const struct cb_case *c)
{
	(void)c;
	return 60 * CB_NS_PER_MS;
}

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("1"),
    CB_PARAM_PLACE("scatter"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread workers=1"},
    {CB_QUICK, "model=thread workers=pus"},
    {CB_FULL, "model=thread,process workers=1,pus,2*pus"},
    {CB_CHECK, "model=thread,process workers=1,3"},
};

static const struct cb_figure figures[] = {
    {"life_ns", "made, run and awaited", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"call_ns", "making it, until the call is back", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"first_ns", "from that call to its first instruction", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"join_ns", "from its last instruction to its maker's going on", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
};

const struct cb_family create_family = {
    .name = "create",
    .plural = "creations",
    .title = "The life of a worker",
    .question = "What does making a worker cost?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .shape = CB_DOTS,
    .axis = "workers",
    .caption = "What it takes to make a worker that does nothing, and to await it; and the phases "
	       "of that. Maker and made share a PU: less is better.",
    .window_ns = window_ns,
};
