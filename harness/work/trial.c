#include "harness/work/trial.h"

#include "harness/base/clock.h"
#include "harness/work/trial_counters.h"

#include <errno.h>
#include <fenv.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Long enough that reading the clock (25 ns) does not show, short against any window. */
#define BATCH_TARGET_NS UINT64_C(15000)
#define BATCH_LIMIT (UINT64_C(1) << 24)
/* How long before the start sleeping ends and spinning begins: a late timer stays within it. */
#define SPIN_BEFORE_START_NS UINT64_C(100000)

void futex_wait(atomic_uint *word, unsigned expected, uint64_t timeout_ns)
{
	struct timespec ts = {.tv_sec = (time_t)(timeout_ns / CLOCK_NS_PER_S),
	    .tv_nsec = (long)(timeout_ns % CLOCK_NS_PER_S)};

	/* Any return, EAGAIN and EINTR included, makes the caller look at the word again. */
	(void)syscall(SYS_futex, word, FUTEX_WAIT, expected, timeout_ns ? &ts : NULL, NULL, 0);
}

void futex_wake(atomic_uint *word, unsigned count)
{
	(void)syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

bool trial_line_wait(struct trial_line *line, unsigned *seen)
{
	unsigned epoch;

	while ((epoch = atomic_load_explicit(&line->epoch, memory_order_acquire)) == *seen) {
		if (atomic_load_explicit(&line->quit, memory_order_relaxed))
			return false;
		futex_wait(&line->epoch, epoch, 0);
	}
	*seen = epoch;
	return !atomic_load_explicit(&line->quit, memory_order_relaxed);
}

void trial_line_await_start(const struct trial_line *line)
{
	const uint64_t start_ns = line->start_ns;
	const uint64_t wake_ns = line->spin ? start_ns - SPIN_BEFORE_START_NS : start_ns;

	if (clock_now_ns() < wake_ns)
		clock_sleep_until_ns(wake_ns);
	/* Without a PU for everyone a spinning unit would only keep another from getting here. */
	if (line->spin)
		while (clock_now_ns() < start_ns)
			;
}

void trial_line_park(struct trial_line *line, unsigned seen, unsigned units)
{
	if (atomic_fetch_add_explicit(&line->parked, 1, memory_order_acq_rel) + 1 < units)
		return;
	/* The last one wakes the coordinator, once. */
	atomic_store_explicit(&line->parked_epoch, seen, memory_order_release);
	futex_wake(&line->parked_epoch, INT_MAX);
}

static uint64_t next_batch(uint64_t n, uint64_t took_ns, uint64_t limit)
{
	if (took_ns < BATCH_TARGET_NS / 2)
		n *= 2;
	else if (took_ns > BATCH_TARGET_NS * 2)
		/* Straight down: after a change for the worse, halving would take too long. */
		n = n * BATCH_TARGET_NS / took_ns;
	if (n > limit)
		n = limit;
	return n ? n : 1;
}

/* The last worker under way opens the window for all. */
static void begin_work(struct worker *w)
{
	struct trial_line *line = w->line;
	uint64_t open_ns;

	w->slot->start_ns = clock_now_ns();
	if (!line->workers ||
	    atomic_fetch_add_explicit(&line->begun, 1, memory_order_acq_rel) + 1 != line->workers)
		return;
	open_ns = clock_now_ns() + line->warm_up_ns;
	if (open_ns < line->earliest_ns)
		open_ns = line->earliest_ns;
	atomic_store_explicit(&line->close_ns, open_ns + line->window_ns, memory_order_relaxed);
	/* After the other: whoever sees it may use both. */
	atomic_store_explicit(&line->open_ns, open_ns, memory_order_release);
}

/* The OS thread's own books, by the first of its workers to come along. */
static void note_usage(struct worker *w, enum trial_note which)
{
	struct trial_unit *u = w->unit;

	if (!u || u->notes != which)
		return;
	/* Off before and on after: noting is no part of the work. */
	if (u->counted && which == TRIAL_CLOSED)
		trial_counters_off(u);
	u->note[which].ns = clock_now_ns();
	counters_usage_self(&u->note[which].used);
	u->note[which].used.cpu_ns += atomic_load_explicit(&u->charged_ns, memory_order_relaxed);
	u->notes++;
	if (u->counted && which == TRIAL_OPENED)
		trial_counters_on(u);
}

void trial_clear_flags(void)
{
	(void)feclearexcept(FE_ALL_EXCEPT);
}

/* A worker crosses into the window, or out of it. */
static void cross(
    struct worker *w, enum trial_note which, struct progress_note before, struct progress_note now)
{
	note_usage(w, which);
	if (w->unit && w->unit->counted) {
		trial_counters_cross(w->unit, which, before, now);
		trial_clear_flags();
	}
}

static double between(double at, double x0, double y0, double x1, double y1)
{
	return x1 > x0 ? y0 + (y1 - y0) * (at - x0) / (x1 - x0) : y1;
}

/* One column of the notes at time @at, relative to the first note. */
static double used_at(const struct trial_unit *u, uint64_t at, const double used[TRIAL_NOTES])
{
	const double begun = (double)u->note[TRIAL_BEGUN].ns;
	const unsigned to = at <= u->note[TRIAL_OPENED].ns ? TRIAL_OPENED : TRIAL_CLOSED;
	const double t = (double)at - begun;

	return between(t, (double)u->note[to - 1].ns - begun, used[to - 1],
	    (double)u->note[to].ns - begun, used[to]);
}

bool trial_used(const struct trial_unit *u, uint64_t open_ns, uint64_t close_ns, double *cpu_ns,
    double *voluntary, double *involuntary)
{
	double cpu[TRIAL_NOTES], vol[TRIAL_NOTES], invol[TRIAL_NOTES];
	const struct counters_usage *first = &u->note[TRIAL_BEGUN].used;

	if (u->notes != TRIAL_NOTES)
		return false;
	for (unsigned i = 0; i < TRIAL_NOTES; i++) {
		const struct counters_usage *used = &u->note[i].used;

		cpu[i] = (double)(used->cpu_ns - first->cpu_ns);
		vol[i] = (double)(used->voluntary_switches - first->voluntary_switches);
		invol[i] = (double)(used->involuntary_switches - first->involuntary_switches);
	}
	*cpu_ns = used_at(u, close_ns, cpu) - used_at(u, open_ns, cpu);
	*voluntary = used_at(u, close_ns, vol) - used_at(u, open_ns, vol);
	*involuntary = used_at(u, close_ns, invol) - used_at(u, open_ns, invol);
	return true;
}

/*
 * A line of the window and the notes on either side of it. The operations at the line are worked
 * out after the trial: in it, nothing of ours may raise a floating-point flag
 * (trial_clear_flags()).
 */
struct crossing {
	uint64_t line_ns; /* 0: not crossed yet */
	struct progress_note before;
	struct progress_note now;
};

static double ops_between(const struct crossing *opened, const struct crossing *closed)
{
	const double at_open = trial_ops_at(opened->line_ns, opened->before, opened->now);
	/* A window shorter than a batch opens and closes in the same one. */
	const double at_close = closed->before.ns >= closed->line_ns
				    ? (double)closed->before.done
				    : trial_ops_at(closed->line_ns, closed->before, closed->now);

	return at_close > at_open ? at_close - at_open : 0.0;
}

/* Keeps the first error that a worker reports of itself; the others leave as well. */
static void note_error(struct worker *w)
{
	struct trial_slot *slot = w->slot;

	if (!w->pub.error || slot->error)
		return;
	(void)snprintf(slot->error_what, sizeof(slot->error_what), "%s",
	    w->pub.error_what ? w->pub.error_what : "worker");
	slot->error = w->pub.error;
	atomic_store_explicit(&w->line->stop, TRIAL_STOP_ABORT, memory_order_relaxed);
	futex_wake(&w->line->stop, INT_MAX);
}

void trial_work(struct worker *w, const struct cb_workload *load, void *state, uint64_t *done)
{
	const uint64_t limit = load->max_batch ? load->max_batch : BATCH_LIMIT;
	struct cb_worker *pub = &w->pub;
	const bool yields = load->cooperative && pub->model == CB_COROUTINE;
	struct trial_slot *slot = w->slot;
	struct progress_note before = {0}, now = {0};
	struct crossing opened = {0}, closed = {0};

	slot->error = 0;
	slot->window_ops = 0.0;
	pub->error = 0;
	pub->error_what = NULL;
	if (w->latency)
		histogram_clear(w->latency);
	if (load->enter)
		load->enter(pub, state);
	note_usage(w, TRIAL_BEGUN);
	begin_work(w);
	before.ns = clock_now_ns();
	for (;;) {
		uint64_t open_ns, close_ns;

		now.done += load->batch(pub, state, w->batch);
		now.ns = clock_now_ns();
		open_ns = atomic_load_explicit(&w->line->open_ns, memory_order_acquire);
		close_ns = atomic_load_explicit(&w->line->close_ns, memory_order_relaxed);
		if (!opened.line_ns && now.ns >= open_ns) {
			opened = (struct crossing){open_ns, before, now};
			cross(w, TRIAL_OPENED, before, now);
		}
		if (opened.line_ns && now.ns >= close_ns) {
			closed = (struct crossing){close_ns, before, now};
			cross(w, TRIAL_CLOSED, before, now);
			break;
		}
		if (pub->error ||
		    atomic_load_explicit(&w->line->stop, memory_order_relaxed) == TRIAL_STOP_ABORT)
			break;
		w->batch = next_batch(w->batch, now.ns - before.ns, limit);
		before = now;
		/* Others on this carrier may have to begin yet, and the window waits for them. */
		if (yields || (pub->model == CB_COROUTINE && open_ns == TRIAL_UNKNOWN_NS))
			cb_yield(pub);
	}
	*done += now.done;
	slot->window_ops = closed.line_ns ? ops_between(&opened, &closed) : 0.0;
	trial_clear_flags(); /* after the store: arithmetic may move past a call, a store may not */
	note_error(w);
	if (load->leave)
		load->leave(pub, state);
	note_error(w);
	if (!slot->error && !closed.line_ns) {
		/* Aborted before the end: somebody else failed. */
		slot->error = -ECANCELED;
		(void)snprintf(slot->error_what, sizeof(slot->error_what), "stopped early");
	}
}
