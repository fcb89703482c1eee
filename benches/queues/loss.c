/* loss.c - see loss.h. The family "loss", and the workload of all its kinds. */
#include "benches/queues/loss.h"

#include "benches/queues/family.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* From when all have begun, drawn. */
#define KILLED_WITHIN_NS (300 * CB_NS_PER_US)
/* So many items of each producer at most: then it stands still until somebody has died. */
#define BEFORE_MOST 65536u
/* Of calls that wait: whoever lost its wake-up with the dead looks again after that. */
#define PATIENCE_NS (5 * CB_NS_PER_MS)
/* Nothing has happened, and everybody who is left has since run for so long, or slept: they get no
 * further. Less is enough where only what may be lost is waited for. */
#define STUCK_NS (25 * CB_NS_PER_MS)
#define EMPTY_NS (7 * CB_NS_PER_MS)
#define TURN_NS (250 * CB_NS_PER_US)
/* Of sleep, between two looks. */
#define SLEPT_MOST_NS CB_NS_PER_MS
/* Of the manager, which looks every turn. */
#define DEADLINE_NS (10 * CB_NS_PER_S)

enum killed_word { PRODUCER, CONSUMER };

static const char *const killed_words[] = {[PRODUCER] = "producer", [CONSUMER] = "consumer", NULL};

/* ---- producers and consumers, each a process ---- */

struct member {
	struct loss_state *st;
	unsigned i;
};

/* Until it is done. Return: false when it leaves, or the queue does not take it any more. */
static bool transfer(
    struct loss_state *st, struct loss_worker *own, struct cb_worker *w, void *item, bool puts)
{
	const struct cb_queue_ops *ops = st->impl->ops;
	const bool waits = puts ? ops->put != NULL : ops->get != NULL;
	const size_t bytes = st->env.bytes;

	for (;;) {
		const uint64_t until_ns = waits ? cb_now_ns() + PATIENCE_NS : 0;
		enum cb_queue_result result = CB_QUEUE_TIMED_OUT;

		if (waits)
			result = puts ? ops->put(st->queue, w, item, bytes, until_ns)
				      : ops->get(st->queue, w, item, bytes, until_ns);
		else if (puts ? ops->try_put(st->queue, w, item, bytes)
			      : ops->try_get(st->queue, w, item, bytes))
			result = CB_QUEUE_DONE;
		if (result > 0)
			return true;
		if (result == CB_QUEUE_CLOSED || w->error || cb_load(&own->leaves))
			return false;
		if (!waits)
			cb_relax(w);
	}
}

static void produce(struct loss_state *st, unsigned p, struct cb_worker *w, unsigned char *item)
{
	struct loss_worker *own = &st->worker[p];

	for (uint64_t number = own->asked + 1; !cb_load(&own->leaves); number++) {
		while (number > BEFORE_MOST && !cb_load(&st->dead) && !cb_load(&own->leaves))
			cb_relax(w);
		if (cb_load_acquire(&st->dead) && number > st->at_death[p] + st->goal)
			return;
		cb_queue_fill(item, st->env.bytes, cb_queue_head(p, number, false));
		cb_store_release(&own->asked, number);
		if (!transfer(st, own, w, item, true)) {
			/* Asked to leave, it has not put it; of a dead queue nobody knows. */
			if (!w->error && cb_load(&own->leaves))
				cb_store(&own->asked, own->done);
			return;
		}
		cb_store_release(&own->done, number);
	}
}

static void mark(struct loss_state *st, struct loss_worker *own, const unsigned char *item)
{
	uint64_t head, number;
	unsigned p;

	memcpy(&head, item, sizeof(head));
	p = cb_queue_head_producer(head);
	number = cb_queue_head_number(head);
	if (p >= st->env.producers || head != cb_queue_head(p, number, false) || !number ||
	    number > cb_load(&st->worker[p].asked)) {
		own->torn++;
		own->unreadable++;
		return;
	}
	if (!cb_queue_intact(item, st->env.bytes, head))
		own->torn++;
	(void)cb_fetch_add(&st->seen[p * st->stride + number], 1);
	if (cb_load_acquire(&st->dead) && number > st->at_death[p] && !cb_load(&st->on_ns))
		cb_store(&st->on_ns, cb_now_ns());
}

static void consume(
    struct loss_state *st, struct loss_worker *own, struct cb_worker *w, unsigned char *item)
{
	while (!cb_load(&own->leaves)) {
		cb_store_release(&own->asked, own->done + 1);
		if (!transfer(st, own, w, item, false)) {
			cb_store(&own->asked, own->done);
			return;
		}
		mark(st, own, item);
		cb_store_release(
		    &own->done, own->asked + (st->plan.miscounts && own->asked % 10 == 0));
	}
}

static void be_a_worker(void *arg)
{
	const struct member *m = arg;
	struct loss_state *st = m->st;
	struct loss_worker *own = &st->worker[m->i];
	unsigned char *item = malloc(st->env.bytes);
	struct cb_worker *w = NULL;
	int ret = item ? cb_stand_in(st->cell, m->i, &w) : -ENOMEM;

	if (!ret && st->impl->ops->attach)
		ret = st->impl->ops->attach(st->queue, w);
	if (!ret && m->i < st->env.producers)
		produce(st, m->i, w, item);
	else if (!ret)
		consume(st, own, w, item);
	own->error_what = !ret ? w->error_what : "to come to the queue";
	cb_store_release(&own->error, ret ? ret : w->error);
}

/* ---- their manager: a process that nobody misses ---- */

static unsigned workers_of(const struct loss_state *st)
{
	return st->env.producers + st->env.consumers;
}

static int start(struct loss_state *st, unsigned i)
{
	struct member m = {st, i};
	const pid_t pid = cb_fork(be_a_worker, &m);

	if (pid < 0)
		return -errno;
	st->worker[i].pid = pid;
	st->worker[i].cpu_ns = 0;
	return 0;
}

static int await(struct loss_worker *w)
{
	int status = 0;

	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	return status;
}

static uint64_t steps_of(const struct loss_state *st)
{
	uint64_t steps = 0;

	for (unsigned i = 0; i < workers_of(st); i++)
		steps += cb_load(&st->worker[i].done);
	return steps;
}

static bool is_runnable(pid_t pid)
{
	char path[40], text[300] = "";
	const char *at;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	(void)fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	at = strrchr(text, ')');
	return at && at[1] == ' ' && at[2] == 'R';
}

/* CPU time since the last look. */
static uint64_t used_ns(struct loss_worker *w)
{
	const uint64_t before_ns = w->cpu_ns;
	struct timespec used;
	clockid_t clock;

	if (!w->pid || clock_getcpuclockid(w->pid, &clock) || clock_gettime(clock, &used))
		return 0;
	w->cpu_ns = (uint64_t)used.tv_sec * CB_NS_PER_S + (uint64_t)used.tv_nsec;
	return w->cpu_ns - before_ns;
}

/* Nobody has got further since the last look, @look_ns ago: who is kept from its PU is not stuck.
 * Return: the least time that one of them has run or slept since somebody did; 0 where @further. */
static uint64_t look(struct loss_state *st, uint64_t look_ns, bool further)
{
	const uint64_t slept_ns = look_ns < SLEPT_MOST_NS ? look_ns : SLEPT_MOST_NS;
	uint64_t least_ns = UINT64_MAX;

	for (unsigned i = 0; i < workers_of(st); i++) {
		struct loss_worker *w = &st->worker[i];
		const uint64_t ran_ns = used_ns(w);

		if (further)
			w->chance_ns = 0;
		else
			w->chance_ns += w->pid && is_runnable(w->pid) ? ran_ns : slept_ns;
		least_ns = w->chance_ns < least_ns ? w->chance_ns : least_ns;
	}
	return least_ns;
}

static bool has_failed(const struct loss_state *st)
{
	for (unsigned i = 0; i < workers_of(st); i++)
		if (cb_load_acquire(&st->worker[i].error))
			return true;
	return false;
}

/* The victim and somebody at the other end: on a busy machine others may be late. */
static bool have_begun(struct loss_state *st)
{
	uint64_t other = 0;

	for (unsigned i = 0; i < workers_of(st); i++)
		if ((i < st->env.producers) != (st->victim < st->env.producers))
			other += cb_load(&st->worker[i].done);
	return other && cb_load(&st->worker[st->victim].done);
}

/* Producers have put what they had to. */
static bool have_put(const struct loss_state *st)
{
	for (unsigned p = 0; p < st->env.producers; p++)
		if (cb_load(&st->worker[p].done) < st->at_death[p] + st->goal)
			return false;
	return true;
}

static bool is_in_doubt(const struct loss_state *st, unsigned p, uint64_t number)
{
	return p == st->victim && number == st->doubt;
}

static unsigned times_seen(const struct loss_state *st, unsigned p, uint64_t number)
{
	return cb_load(&st->seen[p * st->stride + number]);
}

/* And all of it has come out. */
static bool have_finished(struct loss_state *st)
{
	if (!have_put(st))
		return false;
	for (unsigned p = 0; p < st->env.producers; p++) {
		const uint64_t last = cb_load(&st->worker[p].done);
		uint64_t n = st->whole[p];

		while (n < last && (times_seen(st, p, n + 1) || is_in_doubt(st, p, n + 1)))
			n++;
		st->whole[p] = n;
		if (n < last)
			return false;
	}
	return true;
}

/* Return: false when they get no further. */
static bool await_that(struct loss_state *st, bool (*is_so)(struct loss_state *st))
{
	const struct timespec turn = {0, (long)TURN_NS};
	uint64_t seen = 0, least_ns = 0, look_ns = cb_now_ns();

	while (!is_so(st)) {
		const uint64_t before = seen, last_ns = look_ns;

		if (has_failed(st) || least_ns >= (st->dead && have_put(st) ? EMPTY_NS : STUCK_NS))
			return false;
		(void)nanosleep(&turn, NULL);
		cb_store(&st->turns, st->turns + 1);
		seen = steps_of(st);
		look_ns = cb_now_ns();
		least_ns = look(st, look_ns - last_ns, seen != before);
	}
	return true;
}

/* ---- one death ---- */

static int begin(struct loss_state *st)
{
	char *why = st->why;

	memset(st->seen, 0, st->env.producers * st->stride);
	memset(st->queue, 0, st->queue_bytes);
	memset(st->worker, 0, workers_of(st) * sizeof(st->worker[0]));
	memset(st->at_death, 0, sizeof(st->at_death));
	memset(st->whole, 0, sizeof(st->whole));
	st->doubt = st->on_ns = 0;
	st->consumer_doubt = false;
	st->dead = 0;
	st->env.why = why;
	st->env.why_len = sizeof(st->why);
	return st->impl->ops->init ? st->impl->ops->init(st->queue, &st->env) : 0;
}

static int begin_work(struct loss_state *st)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < workers_of(st); i++)
		ret = start(st, i);
	if (ret || await_that(st, have_begun))
		return ret;
	for (unsigned i = 0; !ret && i < workers_of(st); i++) {
		ret = st->worker[i].error;
		if (ret)
			(void)snprintf(st->why, sizeof(st->why), "%s %u: %s: %s",
			    i < st->env.producers ? "producer" : "consumer", i,
			    st->worker[i].error_what, strerror(-ret));
	}
	if (ret)
		return ret;
	(void)snprintf(st->why, sizeof(st->why), "they got no further before anybody was killed");
	return -EBADMSG;
}

static uint64_t draw(struct loss_state *st, uint64_t below)
{
	st->rng ^= st->rng >> 12;
	st->rng ^= st->rng << 25;
	st->rng ^= st->rng >> 27;
	return st->rng * UINT64_C(0x2545F4914F6CDD1D) % below;
}

static void kill_victim(struct loss_state *st, struct loss_account *a)
{
	const struct timespec when = {0, (long)draw(st, KILLED_WITHIN_NS)};
	struct loss_worker *victim = &st->worker[st->victim];
	int status;

	(void)nanosleep(&when, NULL);
	st->killed_ns = cb_now_ns();
	if (st->plan.leaves || st->plan.spares)
		cb_store(&victim->leaves, 1);
	else
		(void)kill(victim->pid, SIGKILL);
	status = await(victim);
	st->spared += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
	cb_store(&victim->leaves, 0);
	a->mid = victim->asked != victim->done;
	if (st->victim < st->env.producers) {
		st->doubt = a->mid ? victim->asked : 0;
		victim->done = victim->asked;
	} else {
		st->consumer_doubt = a->mid;
		victim->asked = victim->done;
	}
	for (unsigned p = 0; p < st->env.producers; p++)
		st->at_death[p] = cb_load(&st->worker[p].asked);
	cb_store_release(&st->dead, 1);
}

/* Has anybody else come to an end that was not ours to make? */
static bool end_work(struct loss_state *st)
{
	bool crashed = false;

	for (unsigned i = 0; i < workers_of(st); i++) {
		struct loss_worker *w = &st->worker[i];
		int status;

		if (!w->pid)
			continue;
		(void)kill(w->pid, SIGKILL);
		status = await(w);
		crashed |= WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : WEXITSTATUS(status);
	}
	return crashed;
}

static void account(struct loss_state *st, struct loss_account *a)
{
	uint64_t missing = 0, out = 0, counted = 0;

	for (unsigned i = 0; i < workers_of(st); i++) {
		a->torn += st->worker[i].torn;
		a->unreadable += st->worker[i].unreadable;
		counted += i < st->env.producers ? 0 : st->worker[i].done;
	}
	for (unsigned p = 0; p < st->env.producers; p++)
		for (uint64_t n = 1; n <= st->worker[p].asked; n++) {
			const unsigned times = times_seen(st, p, n);

			out += times;
			a->doubled += times > 1 ? times - 1 : 0;
			missing += !times && n <= st->worker[p].done && !is_in_doubt(st, p, n);
		}
	/* Each consumer may have been ended, or killed, between marking one and counting it. */
	out += a->unreadable;
	st->miscounted += out < counted || out - counted > st->env.consumers + 1;
	missing -= missing < a->unreadable ? missing : a->unreadable;
	/* What is in a queue that is stuck is there, and nobody gets it. */
	if (a->stuck)
		return;
	a->taken_along = st->consumer_doubt && missing > 0;
	a->lost = missing - a->taken_along;
}

static int one_kill(struct loss_state *st)
{
	struct loss_account *a = &st->account[st->done];
	int ret = begin(st);

	if (ret)
		return ret;
	ret = begin_work(st);
	if (!ret) {
		kill_victim(st, a);
		ret = start(st, st->victim);
	}
	if (!ret) {
		(void)await_that(st, have_finished);
		a->on_ns = st->on_ns ? st->on_ns - st->killed_ns : 0;
		a->stuck = !have_put(st) || !st->on_ns || has_failed(st);
	}
	a->stuck |= end_work(st);
	if (st->impl->ops->destroy)
		st->impl->ops->destroy(st->queue);
	if (!ret)
		account(st, a);
	return ret;
}

static void manage(void *arg)
{
	struct loss_state *st = arg;

	for (; st->done < st->plan.kills && !st->error; st->done += !st->error)
		st->error = one_kill(st);
}

/* ---- in the cell ---- */

static struct cb_queue_env env_of(const struct cb_case *c)
{
	const struct cb_queue *impl = c->kind->impl;
	struct cb_queue_env env = {.c = c,
	    .model = c->model,
	    .producers = (unsigned)cb_case_value(c, "producers"),
	    .consumers = (unsigned)cb_case_value(c, "consumers"),
	    .capacity = (unsigned)cb_case_value(c, "capacity"),
	    .bytes = (size_t)cb_case_value(c, "bytes")};

	if (impl->capacity)
		env.capacity = impl->capacity(&env);
	return env;
}

static size_t lines(size_t bytes)
{
	return (bytes + CB_ALIGN - 1) / CB_ALIGN * CB_ALIGN;
}

/* Twice around, so that every place of a ring is come to again. */
static uint64_t goal_of(const struct cb_queue_env *env)
{
	return 2 * (uint64_t)env->capacity + 16;
}

static size_t stride_of(const struct cb_queue_env *env)
{
	return lines(BEFORE_MOST + goal_of(env) + 3);
}

static size_t seen_at(const struct cb_queue_env *env)
{
	return lines(sizeof(struct loss_state) +
		     (env->producers + env->consumers) * sizeof(struct loss_worker));
}

static size_t state_size(const struct cb_case *c)
{
	const struct cb_queue_env env = env_of(c);
	const struct cb_queue *impl = c->kind->impl;

	return seen_at(&env) + env.producers * stride_of(&env) + lines(impl->queue_bytes(&env));
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct loss_state *st = env->state;

	(void)why;
	(void)why_len;
	st->env = env_of(env->c);
	st->env.checking = env->checking;
	st->env.latecomers = 1;
	st->impl = env->c->kind->impl;
	st->stride = stride_of(&st->env);
	st->goal = goal_of(&st->env);
	st->seen = (unsigned char *)env->state + seen_at(&st->env);
	st->queue = st->seen + st->env.producers * st->stride;
	st->queue_bytes = st->impl->queue_bytes(&st->env);
	st->victim = cb_case_value(env->c, "killed") == CONSUMER ? st->env.producers : 0;
	st->rng = env->seed | 1;
	return 0;
}

static uint64_t progress_of(const void *arg)
{
	const struct loss_state *st = arg;

	return cb_load(&st->turns) + steps_of(st) + st->done;
}

static int compare(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static void report(const struct loss_state *st, struct cb_metrics *metrics)
{
	uint64_t on_ns[LOSS_KILLS_MAX];
	unsigned n = 0;
	enum { WHOLE, STUCK, HARMED, LOST, DOUBLED, TORN, ALONG, MID, SHARES };
	static const char *const name[SHARES] = {"whole_share", "stuck_share", "harmed_share",
	    "lost_share", "doubled_share", "torn_share", "taken_along_share", "mid_share"};
	unsigned hits[SHARES] = {0};
	uint64_t lost = 0, doubled = 0, torn = 0;

	for (unsigned i = 0; i < st->done; i++) {
		const struct loss_account *a = &st->account[i];
		const bool harmed = a->lost || a->doubled || a->torn;

		hits[WHOLE] += !a->stuck && !harmed;
		hits[HARMED] += harmed;
		hits[STUCK] += a->stuck;
		hits[LOST] += a->lost > 0;
		hits[DOUBLED] += a->doubled > 0;
		hits[TORN] += a->torn > 0;
		hits[ALONG] += a->taken_along;
		hits[MID] += a->mid;
		lost += a->lost;
		doubled += a->doubled;
		torn += a->torn;
		if (a->on_ns)
			on_ns[n++] = a->on_ns;
	}
	for (unsigned i = 0; i < SHARES; i++)
		(void)cb_metric(metrics, name[i], (double)hits[i] / (double)st->done);
	(void)cb_metric(metrics, "lost_per_kill", (double)lost / (double)st->done);
	(void)cb_metric(metrics, "doubled_per_kill", (double)doubled / (double)st->done);
	(void)cb_metric(metrics, "torn_per_kill", (double)torn / (double)st->done);
	qsort(on_ns, n, sizeof(on_ns[0]), compare);
	if (n)
		(void)cb_metric(metrics, "goes_on_ns", (double)on_ns[n / 2]);
}

int loss_once(const struct loss_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct loss_state *st = env->state;
	int ret;

	st->plan = *plan;
	st->cell = env;
	st->done = st->spared = st->miscounted = 0;
	st->error = 0;
	st->why[0] = '\0';
	memset(st->account, 0, sizeof(st->account));
	ret = cb_sacrifice_watched(manage, progress_of, st, DEADLINE_NS, &st->fate);
	if (!ret && (st->fate.hung || st->fate.signal || st->fate.status)) {
		(void)snprintf(why, why_len, "their manager %s: signal %d, status %d",
		    st->fate.hung ? "hung" : "died", st->fate.signal, st->fate.status);
		return -ECHILD;
	}
	if (!ret)
		ret = st->error;
	if (ret) {
		(void)snprintf(why, why_len, "%s: %s", env->c->kind->name,
		    st->why[0] ? st->why : strerror(-ret));
		return ret;
	}
	report(st, metrics);
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	const struct loss_plan plan = {.kills = env->checking ? 2 : LOSS_KILLS};

	return loss_once(&plan, env, metrics, why, why_len);
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct loss_state *st = env->state;

	if (st->done != st->plan.kills)
		(void)snprintf(why, why_len, "%u of %u were killed", st->done, st->plan.kills);
	else if (st->spared && !st->plan.leaves)
		(void)snprintf(
		    why, why_len, "%u of %u victims were not killed", st->spared, st->done);
	else if (st->miscounted)
		(void)snprintf(why, why_len,
		    "%u of %u times the consumers counted other items than have come out",
		    st->miscounted, st->done);
	else
		return 0;
	return -EBADMSG;
}

const struct cb_workload cb_queue_loss_work = {
    .op = "death of a producer or consumer",
    .timed =
	"a producer or consumer, a process, is killed (SIGKILL) at a random moment within 300 us; "
	"another takes its place; from the signal until an item has come out that was put after "
	"it. Stuck: nobody has got any further, though all could run for 25 ms, before each "
	"producer has put twice the capacity, or nothing that was put after it came out whole. An "
	"item that the dead had in its hands, in a call, is not called lost, and what is in a "
	"queue that is stuck is not, either. The run file also has lost_share, doubled_share and "
	"torn_share, how many items a kill, and taken_along_share: what the dead had was gone",
    .checked = "the victim was killed, and the consumers have counted as many items as have come "
	       "out; each number of each producer is accounted for, and each item looked at whole",
    .state_size = state_size,
    .setup = setup,
    .once = once,
    .check = check,
};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const struct cb_queue_env env = env_of(c);

	return queue_takes(&env, why, why_len);
}

static unsigned workers(const struct cb_case *c)
{
	return (unsigned)(cb_case_value(c, "producers") + cb_case_value(c, "consumers"));
}

static const struct cb_param params[] = {
    {"model", CB_WORD, "process", 0, CB_MODEL_COUNT - 1, "what carries a worker", cb_model_words,
	false},
    {"killed", CB_WORD, "producer", 0, CONSUMER, "who dies: the first of them", killed_words,
	false},
    CB_PARAM_PLACE("scatter"),
    CB_PARAM("bytes", CB_BYTES, "8", CB_QUEUE_ITEM_BYTES, 1 << 20, "of an item"),
    CB_PARAM_SPARSE("producers", CB_COUNT, "1", 1, CB_QUEUE_PRODUCERS_MAX, "who put items in"),
    CB_PARAM_SPARSE("consumers", CB_COUNT, "1", 1, 32, "who get them out"),
    CB_PARAM_SPARSE("capacity", CB_COUNT, "64", 2, 65536,
	"items that it holds, a power of two; where it can be told"),
};

static const struct cb_sweep sweeps[] = {
    /* Of the two that a small profile has, the one that sleeps. */
    {CB_SMOKE, "killed=producer bytes=64"},
    {CB_FULL, "killed=producer,consumer"},
    {CB_FULL, "killed=producer bytes=64KiB"},
    {CB_CHECK, "killed=producer,consumer"},
    {CB_CHECK, "killed=producer,consumer bytes=1000"},
};

static const struct cb_figure figures[] = {
    {"whole_share", "deaths after which all items are there, and it goes on", "", CB_SHARE, CB_MORE,
	0.0, NULL},
    {"stuck_share", "deaths after which nothing new comes out", "", CB_SHARE, CB_LESS, 0.0, NULL},
    {"harmed_share", "deaths by which items got lost, doubled or damaged", "", CB_SHARE, CB_LESS,
	0.0, NULL},
    {"goes_on_ns", "from the signal until a new item has come out", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
};

const struct cb_family loss_family = {
    .name = "loss",
    .plural = "losses",
    .title = "What a queue loses when somebody dies",
    .question = "Which items are lost, doubled, torn or stuck when a process at a queue is killed?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .shape = CB_DOTS,
    .contenders = CB_KINDS,
    .caption = "Deaths after which every item is there, once and whole, and the queue can be used.",
    .can = can,
    .accepts = queue_accepts,
    .workers = workers,
    .exercised = "mid_share",
};
