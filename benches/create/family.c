/* family.c - the family of creations: its parameters, and the accounts of those that were made. */
#include "benches/create/life.h"
#include "benches/create/sleepers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const char *const phases[LIFE_ROW] = {[LIFE_CALL] = "call_ns",
    [LIFE_FIRST] = "first_ns",
    [LIFE_JOIN] = "join_ns",
    [LIFE_WHOLE] = "life_ns"};

const struct cb_param life_params[LIFE_PARAMS] = {
    CB_PARAM_SPARSE("dirty_bytes", CB_BYTES, "0", 0, 1 << 30, "written to by each maker before"),
    CB_PARAM_SPARSE("threads", CB_COUNT, "1", 1, 10000,
	"of each maker's own: itself, and others that sleep all the time"),
};

const char *const life_of_words[] = {[CB_THREAD] = "thread", [CB_PROCESS] = "process", NULL};

size_t life_state_size(const struct cb_case *c)
{
	return c->workers * sizeof(struct life_maker);
}

/* Limits that leave too little are this machine's, and no fault of the case. */
int life_try_threads(unsigned count, char *why, size_t why_len)
{
	struct sleepers *all;
	const int ret = sleepers_begin(count, &all);

	if (!ret) {
		sleepers_end(all);
		return 0;
	}
	(void)snprintf(why, why_len, "%u threads beside the makers: %s", count, strerror(-ret));
	return -ENOTSUP;
}

int life_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct life_maker *maker = env->state;
	const unsigned threads = (unsigned)cb_case_value(env->c, "threads");

	for (unsigned i = 0; i < env->workers; i++) {
		maker[i].dirty_bytes = (size_t)cb_case_value(env->c, "dirty_bytes");
		maker[i].threads = threads;
	}
	return threads > 1 ? life_try_threads(env->workers * (threads - 1), why, why_len) : 0;
}

void life_assign(struct cb_env *env, unsigned way, enum cb_model of)
{
	struct life_maker *maker = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		maker[i].way = way;
		maker[i].of = of;
	}
}

/* In small pages: how many others there would be depends on the machine's settings. It stays until
 * the launch ends. */
static void dirty(struct cb_worker *w, struct life_maker *own)
{
	void *p = mmap(
	    NULL, own->dirty_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		cb_fail(w, -errno, "memory of a maker");
		return;
	}
	(void)madvise(p, own->dirty_bytes, MADV_NOHUGEPAGE);
	memset(p, 1, own->dirty_bytes);
	own->dirtied = true;
}

void life_enter(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;

	own->timed = own->apart = 0;
	for (unsigned p = 0; p < LIFE_PHASES; p++)
		own->phase_ns[p] = 0;
	if (own->dirty_bytes && !own->dirtied)
		dirty(w, own);
	if (own->threads > 1)
		cb_expect(
		    w, -sleepers_begin(own->threads - 1, &own->beside), "threads beside a maker");
}

/* Those beside it are not for whoever does something else on its PU. */
void life_leave(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;

	sleepers_end(own->beside);
	own->beside = NULL;
}

void life_count(struct cb_worker *w, struct life_maker *own)
{
	const struct life *l = &own->life;

	own->made++;
	own->ran += __atomic_load_n(&l->ran, __ATOMIC_ACQUIRE);
	own->strangers += l->answer != life_answer(l->key);
	own->astray += w->pu >= 0 && l->pu != w->pu;
	own->wrong += l->wrong;
	if (l->error)
		cb_fail(w, l->error, "what the worker that was made did");
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
	for (unsigned p = 0; p < LIFE_PHASES; p++)
		own->phase_ns[p] += l->phase_ns[p];
	own->phase_ns[LIFE_CALL] += returned_ns - asked_ns;
	own->phase_ns[LIFE_FIRST] += l->first_ns - asked_ns;
	own->phase_ns[LIFE_JOIN] += joined_ns - l->last_ns;
	own->phase_ns[LIFE_WHOLE] += joined_ns - asked_ns - (l->last_ns - l->first_ns);
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
		else if (own->wrong)
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " of %" PRIu64 " were not what was said of them",
			    i, own->wrong, own->made);
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
	for (unsigned p = 0; p < LIFE_ROW; p++)
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

/* A fork copies the stacks of a thousand others: so few of them fit into a window that it takes
 * more of it. */
uint64_t life_window_ns(const struct cb_case *c)
{
	return cb_case_value(c, "threads") > 100 ? 10 * window_ns(c) : window_ns(c);
}

/* A kind's name says what is made; these are about who makes it. */
static const struct cb_param params[] = {
    {"model", CB_WORD, "thread", 0, CB_MODEL_COUNT - 1,
	"what the makers are; what they make is the kind's, or its \"of\"", cb_model_words, false},
    {"workers", CB_COUNT, "1", 1, 1000000, "makers, each of which makes one after another", NULL,
	false},
    {"place", CB_PLACE, "scatter", 0, 0, "which PUs the makers, and what they make, are bound to",
	NULL, false},
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
    .contenders = CB_KINDS,
    .axis = "workers",
    .caption = "What it takes to make a worker that does nothing, and to await it; and the phases "
	       "of that. Maker and made share a PU: less is better.",
    .window_ns = window_ns,
};
