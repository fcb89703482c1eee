/* coroutine.c - a coroutine on a stack that was used before, or on one that nobody has touched:
 * made, run to its end on a carrier of its maker's own, and gone. */
#include "benches/create/coroutine.h"

#include <concbench/runtime.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

/* So many are made before they run, one after the other: they queue, as coroutines do. */
#define GROUP 16u
/* Of so many groups one has its phases timed: three looks at the clock are a fifth of a nanosecond
 * a life then, and were five if all had. In the phases themselves they are a tenth of what a group
 * takes, and are taken off. */
#define APART_EVERY 32u
#define LOOKS 64u

struct short_life {
	uint64_t key, answer;
	uint64_t ran;
};

struct maker {
	struct cb_carrier *carrier;
	unsigned groups;
	uint64_t look_ns; /* what a look at the clock adds to a phase */
	struct short_life life[COROUTINE_FRESH];
};

/* Of a batch. */
struct batch_times {
	uint64_t begin_ns;
	uint64_t apart; /* of its lives: those of which the following are */
	uint64_t call_ns, run_ns;
};

static void live(void *arg)
{
	struct short_life *l = arg;

	l->answer = life_answer(l->key);
	l->ran++;
}

/* The least of many: whatever comes between two only adds. */
static uint64_t time_a_look(void)
{
	uint64_t least_ns = UINT64_MAX;

	for (unsigned i = 0; i < LOOKS; i++) {
		const uint64_t at_ns = cb_now_ns(), after_ns = cb_now_ns() - at_ns;

		least_ns = after_ns < least_ns ? after_ns : least_ns;
	}
	return least_ns;
}

static struct maker *begin(struct cb_worker *w, void *state)
{
	struct maker *m = calloc(1, sizeof(*m));

	life_enter(w, state);
	cb_expect(w, m ? 0 : ENOMEM, "lives");
	if (m)
		m->look_ns = time_a_look();
	w->local = m;
	return m;
}

static void begin_on(struct cb_worker *w, void *state, enum cb_backend backend)
{
	const struct cb_carrier_config config = {.backend = backend, .max_tasks = GROUP};
	struct maker *m = begin(w, state);

	if (m)
		cb_expect(w, -cb_carrier_create(&config, &m->carrier), "a carrier");
}

static void enter(struct cb_worker *w, void *state)
{
	begin_on(w, state, CB_FCONTEXT);
}

static void enter_ucontext(struct cb_worker *w, void *state)
{
	begin_on(w, state, CB_UCONTEXT);
}

/* Its carriers are made with the coroutines. */
static void enter_fresh(struct cb_worker *w, void *state)
{
	(void)begin(w, state);
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

/* Return: 0; -errno; -EIO when one has not come to its end. @made_ns: when all were made; NULL. */
static int make_and_run(struct maker *m, unsigned n, uint64_t key, uint64_t *made_ns)
{
	int ret = 0;

	for (unsigned i = 0; i < n && !ret; i++) {
		m->life[i] = (struct short_life){.key = key + i};
		ret = cb_carrier_spawn(m->carrier, live, &m->life[i], NULL);
	}
	if (made_ns)
		*made_ns = cb_now_ns();
	ret = ret ? ret : cb_carrier_run(m->carrier);
	return ret > 0 ? -EIO : ret;
}

/* Those of @group have ended: are they what they should be? */
static void count(struct life_maker *own, const struct maker *m, unsigned group)
{
	for (unsigned i = 0; i < group; i++) {
		own->ran += m->life[i].ran;
		own->strangers += m->life[i].answer != life_answer(m->life[i].key);
	}
	own->made += group;
}

static uint64_t without(uint64_t ns, uint64_t look_ns)
{
	return ns > look_ns ? ns - look_ns : 0;
}

static void note_group(const struct maker *m, struct batch_times *t, unsigned group,
    uint64_t begin_ns, uint64_t made_ns)
{
	const uint64_t end_ns = cb_now_ns();

	t->apart += group;
	t->call_ns += without(made_ns - begin_ns, m->look_ns);
	t->run_ns += without(end_ns - made_ns, m->look_ns);
}

static void note_batch(
    struct cb_worker *w, struct life_maker *own, const struct batch_times *t, uint64_t done)
{
	const uint64_t end_ns = cb_now_ns();

	if (!cb_in_window(w, end_ns))
		return;
	own->timed += done;
	own->apart += t->apart;
	own->phase_ns[LIFE_WHOLE] += end_ns - t->begin_ns;
	own->phase_ns[LIFE_CALL] += t->call_ns;
	own->phase_ns[LIFE_ROW] += t->run_ns;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	struct maker *m = w->local;
	struct batch_times t = {.begin_ns = cb_now_ns()};
	const uint64_t key = cb_random(w);
	uint64_t done = 0;

	if (!m || !m->carrier)
		return 0;
	while (done < n) {
		const unsigned group = n - done < GROUP ? (unsigned)(n - done) : GROUP;
		const bool apart = m->groups++ % APART_EVERY == 0;
		const uint64_t begin_ns = apart ? cb_now_ns() : 0;
		uint64_t made_ns = 0;
		const int ret = make_and_run(m, group, key + done, apart ? &made_ns : NULL);

		if (ret) {
			cb_fail(w, ret, "running a coroutine");
			break;
		}
		if (apart)
			note_group(m, &t, group, begin_ns, made_ns);
		count(own, m, group);
		done += group;
	}
	note_batch(w, own, &t, done);
	return done;
}

static long faults(void)
{
	struct rusage used = {0};

	(void)getrusage(RUSAGE_THREAD, &used);
	return used.ru_minflt;
}

/* Each on a stack of its own, of a carrier that is made and gone with them; the first touch of each
 * is a fault. */
static int make_and_run_fresh(
    struct maker *m, struct life_maker *own, uint64_t key, struct batch_times *t, bool anew)
{
	const struct cb_carrier_config config = {
	    .backend = CB_FCONTEXT, .max_tasks = COROUTINE_FRESH};
	const long before = faults();
	const uint64_t begin_ns = cb_now_ns();
	uint64_t made_ns;
	int ret = m->carrier ? 0 : cb_carrier_create(&config, &m->carrier);

	if (ret)
		return ret;
	ret = make_and_run(m, COROUTINE_FRESH, key, &made_ns);
	if (anew) {
		cb_carrier_destroy(m->carrier);
		m->carrier = NULL;
	}
	note_group(m, t, COROUTINE_FRESH, begin_ns, made_ns);
	own->wrong += faults() - before < (long)COROUTINE_FRESH;
	return ret;
}

uint64_t coroutine_fresh_batch(struct cb_worker *w, void *state, uint64_t n, bool anew)
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	struct maker *m = w->local;
	struct batch_times t = {.begin_ns = cb_now_ns()};
	const uint64_t key = cb_random(w);
	uint64_t done = 0;

	if (!m)
		return 0;
	do {
		const int ret = make_and_run_fresh(m, own, key + done, &t, anew);

		if (ret) {
			cb_fail(w, ret, "running a coroutine");
			break;
		}
		count(own, m, COROUTINE_FRESH);
		done += COROUTINE_FRESH;
	} while (done < n && !cb_stopping(w));
	note_batch(w, own, &t, done);
	return done;
}

static uint64_t batch_fresh(struct cb_worker *w, void *state, uint64_t n)
{
	return coroutine_fresh_batch(w, state, n, true);
}

/* Of none there is no figure: not a number is left out. */
static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct life_maker *maker = env->state;
	uint64_t apart = 0, call_ns = 0, run_ns = 0;

	for (unsigned i = 0; i < env->workers; i++) {
		apart += maker[i].apart;
		call_ns += maker[i].phase_ns[LIFE_CALL];
		run_ns += maker[i].phase_ns[LIFE_ROW];
	}
	(void)cb_metric(metrics, "life_ns", life_mean_ns(env, LIFE_WHOLE));
	(void)cb_metric(metrics, "call_ns", (double)call_ns / (double)apart);
	(void)cb_metric(metrics, "run_ns", (double)run_ns / (double)apart);
}

static const struct cb_figure figures[] = {
    {"life_ns", "made, run and gone: a batch over its number", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"call_ns", "making it: a group over its number, the clock taken off", "ns", CB_RATIO, CB_LESS,
	0.0, NULL},
    {"run_ns", "its run and end: a group over its number, the clock taken off", "ns", CB_RATIO,
	CB_LESS, 0.0, NULL},
};

static const struct cb_sweep sweeps[] = {
    {CB_QUICK, "model=thread workers=1"},
    {CB_FULL, "model=thread,process workers=1,pus"},
    {CB_CHECK, "model=thread,process workers=1,3"},
};

#define CHECKED "everything that was made has run once, with what it was made with, and was counted"

#define COROUTINE(x, about_, source_, from_, enter_, batch_, checked_)                       \
	static const struct cb_workload x##_work = {                                         \
	    .op = "creation",                                                                \
	    .timed = "create a group, one after another, and run each to its end; then the " \
		     "next group: a batch of them over its number, so no life by itself",    \
	    .checked = checked_,                                                             \
	    .state_size = life_state_size,                                                   \
	    .enter = enter_,                                                                 \
	    .batch = batch_,                                                                 \
	    .leave = leave,                                                                  \
	    .check = life_check,                                                             \
	    .report = report,                                                                \
	};                                                                                   \
	static const struct cb_kind x = {                                                    \
	    .family = "create",                                                              \
	    .name = #x,                                                                      \
	    .about = about_,                                                                 \
	    .source = source_,                                                               \
	    .from = from_,                                                                   \
	    .version = 3,                                                                    \
	    .models = CB_CAN_OS,                                                             \
	    .not_models =                                                                    \
		"who makes it has a carrier of its own, and a coroutine has one already",    \
	    .work = &x##_work,                                                               \
	    .figures = figures,                                                              \
	    .figure_count = sizeof(figures) / sizeof(figures[0]),                            \
	    .sweeps = sweeps,                                                                \
	    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),                               \
	};                                                                                   \
	CB_REGISTER(x)

COROUTINE(coroutine,
    "a coroutine on a stack that was used before, run to its end by its maker, 16 in a queue",
    "Boost.Context", CB_QUICK, enter, batch, CHECKED)

COROUTINE(coroutine_ucontext, "the same, switched to by swapcontext(3)", "makecontext(3)", CB_FULL,
    enter_ucontext, batch, CHECKED)

COROUTINE(coroutine_fresh,
    "on stacks that nobody has touched, of a carrier that is made and gone with 256 of them",
    "Boost.Context", CB_FULL, enter_fresh, batch_fresh,
    CHECKED "; a page fault each, at least, says that nobody has touched its stack")
