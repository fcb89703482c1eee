/*
 * switch_futex.c - ping-pong over a futex word: the price of one wake-up through the kernel.
 *
 * The waiter always sleeps, never spins: FUTEX_WAIT at once, and one FUTEX_WAKE a hand-off. These
 * are the only jobs that call the kernel themselves: the call is what is measured.
 */
#include "benches/handoff/switch_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int switch_futex_setup(struct bench_env *env, char *why, size_t why_len)
{
	struct switch_futex_state *st = env->state;

	if (env->workers != 2) {
		(void)snprintf(why, why_len, "futex: ping-pong needs two workers");
		return -EINVAL;
	}
	/* A private futex is keyed by address space: between processes it would never wake. */
	st->wait_op = env->model == MODEL_THREAD ? FUTEX_WAIT_PRIVATE : FUTEX_WAIT;
	st->wake_op = env->model == MODEL_THREAD ? FUTEX_WAKE_PRIVATE : FUTEX_WAKE;
	return 0;
}

/* Wait for turn @me. Return: the word; or with the closed flag, when it may never come. */
static uint32_t await_turn(struct switch_futex_state *st, uint32_t me)
{
	uint32_t word = atomic_load_explicit(&st->word, memory_order_acquire);

	while (word / SWITCH_FUTEX_TURN % 2 != me && !(word & SWITCH_FUTEX_CLOSED)) {
		/* However it ends (woken, EAGAIN, EINTR), the word decides. */
		(void)syscall(SYS_futex, &st->word, st->wait_op, word, NULL, NULL, 0);
		word = atomic_load_explicit(&st->word, memory_order_acquire);
	}
	return word;
}

static uint64_t switch_futex_batch(struct worker *w, void *state, uint64_t n)
{
	struct switch_futex_state *st = state;
	struct switch_futex_worker *own = &st->worker[w->index];
	const uint32_t me = w->index;

	for (uint64_t done = 0; done < n; done++) {
		const uint32_t word = await_turn(st, me);
		const uint32_t turn = word & ~SWITCH_FUTEX_CLOSED;

		/* The partner has left: even if it is our turn, nobody would take the next. */
		if (word & SWITCH_FUTEX_CLOSED)
			return done;
		if (own->began ? turn != (uint32_t)(own->seen + 2 * SWITCH_FUTEX_TURN)
			       : turn != me * SWITCH_FUTEX_TURN)
			own->out_of_turn++;
		own->began = true;
		own->seen = turn;
		/* Not a store: the partner may be setting the closed flag. */
		atomic_fetch_add_explicit(&st->word, SWITCH_FUTEX_TURN, memory_order_acq_rel);
		(void)syscall(SYS_futex, &st->word, st->wake_op, 1, NULL, NULL, 0);
	}
	return n;
}

/* The flag is part of the word, so a partner about to wait on the old value does not fall asleep.
 */
static void switch_futex_leave(struct worker *w, void *state)
{
	struct switch_futex_state *st = state;

	(void)w;
	atomic_fetch_or_explicit(&st->word, SWITCH_FUTEX_CLOSED, memory_order_acq_rel);
	(void)syscall(SYS_futex, &st->word, st->wake_op, 1, NULL, NULL, 0);
}

static int switch_futex_check(const struct bench_env *env, char *why, size_t why_len)
{
	struct switch_futex_state *st = env->state;
	const uint64_t first = env->done[0], second = env->done[1];
	/* Everybody is parked: the next trial may begin to wait again. */
	const uint32_t word =
	    atomic_fetch_and_explicit(&st->word, ~SWITCH_FUTEX_CLOSED, memory_order_acq_rel) &
	    ~SWITCH_FUTEX_CLOSED;

	for (unsigned i = 0; i < 2; i++) {
		if (st->worker[i].out_of_turn) {
			(void)snprintf(why, why_len, "worker %u: %" PRIu64 " hand-offs out of turn",
			    i, st->worker[i].out_of_turn);
			return -EBADMSG;
		}
	}
	if (first < second || first > second + 1) {
		(void)snprintf(why, why_len, "hand-offs do not alternate: %" PRIu64 " and %" PRIu64,
		    first, second);
		return -EBADMSG;
	}
	if (word != (uint32_t)((first + second) * SWITCH_FUTEX_TURN)) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " hand-offs counted, the word says %u (both modulo 2^31)",
		    (first + second) & INT32_MAX, word / SWITCH_FUTEX_TURN);
		return -EBADMSG;
	}
	return 0;
}

const struct workload switch_futex_workload = {
    .op = "hand-off",
    .state_bytes = sizeof(struct switch_futex_state),
    .setup = switch_futex_setup,
    .batch = switch_futex_batch,
    .leave = switch_futex_leave,
    .check = switch_futex_check,
};
