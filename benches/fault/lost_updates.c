/* lost_updates.c - additions to a counter that several workers share: how many of them get lost
 * when nobody takes turns, and that none does when somebody sees to it. */
#include <concbench/concbench.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* How one is added. */
enum update {
	PLAIN,  /* read, add, write */
	YIELD,  /* the same, and others may run between reading and writing */
	ATOMIC, /* one read-modify-write */
	MUTEX,  /* read, add, write while nobody else does */
	UPDATES,
};

static const char *const update_words[] = {
    [PLAIN] = "plain", [YIELD] = "yield", [ATOMIC] = "atomic", [MUTEX] = "mutex", NULL};

struct counter {
	uint64_t value CB_ALIGNED;
	struct cb_mutex mutex CB_ALIGNED;
	/* The cell's, between trials. */
	enum update update;
	uint64_t value_before, done_before;
};

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct counter *st = state;
	uint64_t seen;

	switch (st->update) {
	case PLAIN:
		for (uint64_t i = 0; i < n; i++)
			cb_store(&st->value, cb_load(&st->value) + 1);
		break;
	case YIELD:
		for (uint64_t i = 0; i < n; i++) {
			seen = cb_load(&st->value);
			cb_yield(w);
			cb_store(&st->value, seen + 1);
		}
		break;
	case ATOMIC:
		for (uint64_t i = 0; i < n; i++)
			cb_fetch_add(&st->value, 1);
		break;
	default:
		for (uint64_t i = 0; i < n; i++) {
			cb_lock(w, &st->mutex);
			cb_store(&st->value, cb_load(&st->value) + 1);
			cb_unlock(w, &st->mutex);
		}
		break;
	}
	return n;
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct counter *st = env->state;

	(void)why;
	(void)why_len;
	st->update = (enum update)cb_case_value(env->c, "update");
	return cb_mutex_init(&st->mutex, env->model);
}

static uint64_t all_done(const struct cb_env *env)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	return done;
}

/* Coroutines of one carrier are at one place at a time: nobody comes between, unless it is let. */
static bool may_lose(const struct cb_env *env, enum update update)
{
	if (env->workers == 1)
		return false;
	return update == YIELD ||
	       (update == PLAIN && (env->model != CB_COROUTINE || env->carriers > 1));
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct counter *st = env->state;
	const uint64_t done = all_done(env);

	if (st->value <= done && (st->value == done || may_lose(env, st->update)))
		return 0;
	(void)snprintf(why, why_len,
	    "%" PRIu64 " additions, and the counter is %" PRIu64 ": none may be lost, or made up",
	    done, st->value);
	return -EBADMSG;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	struct counter *st = env->state;
	const uint64_t done = all_done(env);
	const double added = (double)(done - st->done_before);

	/* Not a number when there was none: that is left out. */
	(void)cb_metric(
	    metrics, "lost_share", (added - (double)(st->value - st->value_before)) / added);
	st->value_before = st->value;
	st->done_before = done;
}

static const struct cb_workload work = {
    .op = "addition",
    .timed = "add one to a counter that all of them share; what is lost is of the whole trial",
    .checked =
	"the counter is never above the additions, and none is lost where somebody sees to it",
    .state_bytes = sizeof(struct counter),
    .setup = setup,
    .batch = batch,
    .check = check,
    .report = report,
    .cooperative = true,
};

static const struct cb_param params[] = {
    CB_PARAM_CARRIERS,
    CB_PARAM_PLACE("scatter"),
    {"update", CB_WORD, "plain", 0, UPDATES - 1, "how one is added", update_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread update=plain"},
    {CB_QUICK, "model=coroutine update=plain,yield"},
    {CB_FULL, "model=thread,process,coroutine update=plain,yield,atomic,mutex"},
    {CB_FULL, "model=thread,process update=plain workers=2*pus"},
    {CB_CHECK, "model=thread,process,coroutine update=atomic,mutex,plain,yield workers=2,3"},
};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->model != CB_COROUTINE || c->carriers == 1 || cb_case_value(c, "update") != MUTEX)
		return 0;
	(void)snprintf(why, why_len, "coroutines share a mutex on one carrier only");
	return -EINVAL;
}

/* Others can come between only where there is another PU, or at the end of a slice. */
static uint64_t window_ns(const struct cb_case *c)
{
	(void)c;
	return 20 * CB_NS_PER_MS;
}

static const struct cb_figure figures[] = {
    {"lost_share", "additions that get lost", "", CB_SHARE, CB_LESS, 0.0, NULL},
};

static const struct cb_kind lost_updates = {
    .family = "fault",
    .name = "lost_updates",
    .about = "additions to a shared counter: read, add, write, and who comes between",
    .source = "the textbook's race",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = 1,
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
    .window_ns = window_ns,
};

CB_REGISTER(lost_updates)
