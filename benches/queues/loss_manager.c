/*
 * loss_manager.c - who makes the producers and consumers, kills one, sees whether the others and
 * one in its place get on, and counts what has become of the items: a process that nobody misses.
 */
#include "benches/queues/loss.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* From when all have begun, drawn. */
#define KILLED_WITHIN_NS (300 * CB_NS_PER_US)
/* Nothing has happened, and everybody who is left has since run for so long, or slept: they get no
 * further. Less is enough where only what may be lost is waited for. */
#define STUCK_NS (25 * CB_NS_PER_MS)
#define EMPTY_NS (7 * CB_NS_PER_MS)
#define TURN_NS (250 * CB_NS_PER_US)
/* Of sleep, between two looks. */
#define SLEPT_MOST_NS CB_NS_PER_MS

static unsigned workers_of(const struct loss_state *st)
{
	return st->env.producers + st->env.consumers;
}

uint64_t loss_steps(const struct loss_state *st)
{
	uint64_t steps = 0;

	for (unsigned i = 0; i < workers_of(st); i++)
		steps += cb_load(&st->worker[i].done);
	return steps;
}

static int start(struct loss_state *st, unsigned i)
{
	struct loss_member m = {st, i};
	const pid_t pid = cb_fork(loss_be_a_worker, &m);

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
		seen = loss_steps(st);
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

void loss_manage(void *arg)
{
	struct loss_state *st = arg;

	for (; st->done < st->plan.kills && !st->error; st->done += !st->error)
		st->error = one_kill(st);
}
