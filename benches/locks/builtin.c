/*
 * builtin.c - what the locks are measured against: no lock at all, and the one instruction that
 * makes a lock around a counter unnecessary.
 */
#include "benches/locks/contention.h"

static inline void nothing(struct worker *w, struct contention *c)
{
	(void)w;
	(void)c;
}

static inline bool at_once(struct worker *w, struct contention *c)
{
	(void)w;
	(void)c;
	return true;
}

/* The very loop of the locks, on data that no other worker touches: its floor. */
static uint64_t none_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = nothing, .release = nothing, .try = at_once};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->worker[w->index].data, &ops);
}

/* A loop of its own: there is no section, so nothing to enter, own or hand over. */
static uint64_t atomic_add_batch(struct worker *w, void *state, uint64_t n)
{
	struct contention *c = state;
	struct contention_worker *own = &c->worker[w->index];
	uint64_t turn = own->turn, done = 0;

	do {
		const bool timed = turn++ % CONTENTION_SAMPLED == CONTENTION_TIMED;
		uint64_t asked_ns = 0;

		if (c->think_turns)
			contention_spin(c->think_turns);
		if (timed)
			asked_ns = clock_now_ns();
		(void)atomic_fetch_add_explicit(&c->data.counter, 1, memory_order_relaxed);
		if (timed)
			contention_timed(w, asked_ns, clock_now_ns());
		done++;
	} while (done < n && !worker_stopping(w));
	own->turn = turn;
	return done;
}

static const struct lock_kind builtin_locks[] = {
    {
	.name = "none",
	.workload = {.op = "acquire+release",
	    .latency_of = "between two looks at the clock, 1 of 64 timed",
	    .state_size = contention_state_size,
	    .setup = contention_setup,
	    .batch = none_batch,
	    .check = contention_check_own,
	    .report = contention_report},
	.quick = true,
    },
    {
	.name = "atomic_add",
	.workload = {.op = "atomic addition",
	    .latency_of = "one addition, 1 of 64 timed",
	    .state_size = contention_state_size,
	    .setup = contention_setup,
	    .batch = atomic_add_batch,
	    .check = contention_check},
	.quick = true,
	.no_section = true,
    },
};

const struct lock_library lock_library_builtin = LOCK_LIBRARY(builtin_locks);
