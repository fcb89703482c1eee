/*
 * builtin.c - what the locks are measured against: no lock at all, and the one instruction that
 * makes a lock around a counter unnecessary.
 */
#include <concbench/lock.h>

/* The very loop of the locks, on data that no other worker touches: its floor. */
CB_LOCK_CALLS(none, struct cb_no_node, CB_NO_NODE, CB_NO_INIT, (void)0, (void)0, true)

static const struct cb_lock_ops none_ops = {.init = cb_lock_init_none,
    .acquire = cb_lock_acquire_none,
    .release = cb_lock_release_none,
    .try_acquire = cb_lock_try_acquire_none};

static uint64_t none_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct cb_lock_state *st = state;

	return cb_lock_plain(w, st, n, cb_section_own(st, w->index), &none_ops, NULL);
}

/* A loop of its own: there is no section, so nothing to enter, own or hand over. */
static uint64_t atomic_add_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct cb_lock_state *st = state;
	struct cb_lock_worker *own = &st->worker[w->index];
	uint64_t turn = own->turn, special = own->special, done = 0;

	do {
		const bool timed = turn++ == special && cb_lock_special(w, own, n);
		uint64_t asked_ns = 0;

		if (st->think_turns)
			cb_spin(st->think_turns);
		if (CB_UNLIKELY(timed))
			asked_ns = cb_now_ns();
		(void)cb_fetch_add(&st->section->word, CB_SECTION_ONCE);
		if (CB_UNLIKELY(timed))
			cb_lock_timed(w, asked_ns, cb_now_ns());
		special = own->special;
		done++;
	} while (done < n && !cb_stopping(w));
	own->turn = turn;
	own->written += done;
	own->touched += done;
	return done;
}

static const struct cb_lock none_lock = {.ops = &none_ops};
static const struct cb_lock_ops atomic_add_ops = {.init = NULL};
static const struct cb_lock atomic_add_lock = {.ops = &atomic_add_ops};

static const struct cb_workload none_work = {
    .op = CB_LOCK_OP,
    .timed = CB_LOCK_INSIDE "; acquire and release are nothing",
    .checked = "each worker's own counter is the sum of its acquisitions",
    .latency_of = "between two looks at the clock, 1 of 64 or fewer, drawn",
    .state_size = cb_lock_state_size,
    .setup = cb_lock_setup,
    .batch = none_batch,
    .check = cb_lock_check_own,
    .report = cb_lock_report,
};

static const struct cb_workload atomic_add_work = {
    .op = "atomic addition",
    .timed = "think, add 1 to a word that all workers share",
    .checked = "the word is the sum of all additions",
    .latency_of = "one addition, 1 of 64 or fewer, drawn",
    .state_size = cb_lock_state_size,
    .setup = cb_lock_setup,
    .batch = atomic_add_batch,
    .check = cb_lock_check,
};

#define NOT_COROUTINES "on one carrier nobody contends: there is nothing to compare with"

static const struct cb_kind none = {
    .family = "lock",
    .name = "none",
    .about = "no lock, a section each: what the loop itself costs",
    .flags = CB_REFERENCE,
    .from = CB_SMOKE,
    .version = 2,
    .models = CB_CAN_OS,
    .not_models = NOT_COROUTINES,
    .work = &none_work,
    .impl = &none_lock,
    .without = "read_pct locks wait_ns",
};

static const struct cb_kind atomic_add = {
    .family = "lock",
    .name = "atomic_add",
    .about = "one atomic addition instead of a section",
    .flags = CB_REFERENCE,
    .from = CB_SMOKE,
    .version = 2,
    .models = CB_CAN_OS,
    .not_models = NOT_COROUTINES,
    .work = &atomic_add_work,
    .impl = &atomic_add_lock,
    .without = "hold_ns lines read_pct locks wait_ns",
};

CB_REGISTER(none)
CB_REGISTER(atomic_add)
