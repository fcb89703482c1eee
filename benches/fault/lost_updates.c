/* lost_updates.c - additions to a counter that several workers share: how many of them get lost
 * when nobody takes turns, and that none does when somebody sees to it. */
#include "benches/fault/updates.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

const char *const update_words[] = {[UPDATE_PLAIN] = "plain",
    [UPDATE_YIELD] = "yield",
    [UPDATE_ATOMIC] = "atomic",
    [UPDATE_MUTEX] = "mutex",
    NULL};

/* Coroutines of one carrier are at one place at a time: nobody comes between, unless it is let. */
bool update_may_lose(const struct cb_env *env, enum update update)
{
	if (env->workers == 1)
		return false;
	return update == UPDATE_YIELD ||
	       (update == UPDATE_PLAIN && (env->model != CB_COROUTINE || env->carriers > 1));
}

int update_check(const struct cb_env *env, enum update update, uint64_t value, uint64_t done,
    char *why, size_t why_len)
{
	if (value == done || (value < done && update_may_lose(env, update)))
		return 0;
	(void)snprintf(why, why_len,
	    "%" PRIu64 " additions, and the counter is %" PRIu64 ": none may be lost, or made up",
	    done, value);
	return -EBADMSG;
}

struct adder {
	struct cb_worker *w;
	struct updates_state *st;
};

static bool is_over(const void *who)
{
	return cb_stopping(((const struct adder *)who)->w);
}

static void give_way(void *who)
{
	cb_yield(((struct adder *)who)->w);
}

static void lock(void *who)
{
	const struct adder *a = who;

	cb_lock(a->w, &a->st->mutex);
}

static void unlock(void *who)
{
	const struct adder *a = who;

	cb_unlock(a->w, &a->st->mutex);
}

static void enter(struct cb_worker *w, void *state)
{
	(void)w;
	cb_store(&((struct updates_state *)state)->fresh, 1);
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct updates_state *st = state;
	struct adder who = {w, st};

	return update_add(
	    st->update, &st->value, n, &who, (struct update_ops){is_over, give_way, lock, unlock});
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct updates_state *st = env->state;

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

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	struct updates_state *st = env->state;
	const uint64_t done = all_done(env);

	/* Once a trial: it began with what the last one has left. */
	if (st->fresh) {
		st->fresh = 0;
		st->value_before = st->value_seen;
		st->done_before = st->done_seen;
		st->value_seen = st->value;
		st->done_seen = done;
	}
	return update_check(env, st->update, st->value, done, why, why_len);
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct updates_state *st = env->state;
	const double added = (double)(st->done_seen - st->done_before);

	/* Not a number when there was none: that is left out. */
	(void)cb_metric(
	    metrics, "lost_share", (added - (double)(st->value_seen - st->value_before)) / added);
}

static const struct cb_workload work = {
    .op = "addition",
    .timed = "add one to a counter that all of them share; what is lost is of the whole trial",
    .checked =
	"the counter is never above the additions, and none is lost where somebody sees to it",
    .state_bytes = sizeof(struct updates_state),
    .setup = setup,
    .enter = enter,
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
	if (c->model != CB_COROUTINE || c->carriers == 1 ||
	    cb_case_value(c, "update") != UPDATE_MUTEX)
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
