#include "harness/work/soak.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"
#include "harness/work/companion.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Between two looks at the clock, a hundredth of which they are: a wake-up takes several times as
 * long, so it is known well enough on which side of a line a turn was. */
#define TURN_NS (4 * CLOCK_NS_PER_US)
/* The quickest of so many says what the next so many take. In a turn of half as long again was
 * something else. */
#define BLOCK 64u
/* At SCHED_IDLE beside a PU's whole load it still gets its 0.3 %. */
#define TURN_WITHIN_NS (5 * CLOCK_NS_PER_S)
#define END_GRACE_MS 2000

struct soak_note {
	uint64_t ns;
	uint64_t turns;
};

/* Turns that nothing came into. */
struct soak_quiet {
	uint64_t ns; /* of those in the window */
	uint64_t turns;
	uint64_t least_ns; /* of the block before */
	uint64_t block_least_ns;
	unsigned in_block;
};

/* One soaker's, in the arena. */
struct soaker {
	_Alignas(ARENA_ALIGN) atomic_uint awake; /* begun to soak so many times */
	atomic_uint windows;                     /* whole ones that it has seen */
	int error;                               /* of its beginning, -errno ... */
	char error_what[24];                     /* ... of this */
	atomic_uint ready;
	struct soaked last;
};

struct soak {
	_Alignas(
	    ARENA_ALIGN) atomic_uint on; /* how often it was begun, twice; odd while it goes on */
	atomic_uint quit;
	uint64_t spin_turns;
	unsigned windows; /* that the soakers have to have seen; the coordinator's */
	struct soaker soaker[];
};

/* ---- in the soaker ---- */

struct soak_state {
	const struct trial_line *line;
	struct soaker *own;
	uint64_t spin_turns;
	struct soak_note before, now;
	uint64_t open_ns;    /* of the window it is in, or was in last */
	double turns_opened; /* at open_ns */
	struct soak_quiet quiet;
	bool inside;
};

static double turns_at(const struct soak_state *s, uint64_t at_ns)
{
	return trial_ops_at(at_ns, (struct progress_note){s->before.ns, s->before.turns},
	    (struct progress_note){s->now.ns, s->now.turns});
}

static void open_books(struct soak_state *s, uint64_t open_ns)
{
	s->open_ns = open_ns;
	s->turns_opened = turns_at(s, open_ns);
	s->quiet.ns = s->quiet.turns = 0;
	s->inside = true;
}

static void close_books(struct soak_state *s, uint64_t close_ns)
{
	const struct soak_quiet *q = &s->quiet;

	s->own->last = (struct soaked){.turns = turns_at(s, close_ns) - s->turns_opened,
	    .turn_ns = q->turns ? (double)q->ns / (double)q->turns : 0.0};
	s->inside = false;
	atomic_fetch_add_explicit(&s->own->windows, 1, memory_order_release);
}

static void look_at_turn(struct soak_quiet *q, uint64_t turn_ns)
{
	if (turn_ns < q->least_ns + q->least_ns / 2) {
		q->ns += turn_ns;
		q->turns++;
	}
	if (turn_ns < q->block_least_ns)
		q->block_least_ns = turn_ns;
	if (++q->in_block < BLOCK)
		return;
	q->least_ns = q->block_least_ns;
	q->block_least_ns = UINT64_MAX;
	q->in_block = 0;
}

static void turn(struct soak_state *s)
{
	uint64_t open_ns, close_ns;

	s->before = s->now;
	cb_spin(s->spin_turns);
	s->now.turns++;
	s->now.ns = clock_now_ns();
	look_at_turn(&s->quiet, s->now.ns - s->before.ns);
	open_ns = atomic_load_explicit(&s->line->open_ns, memory_order_acquire);
	close_ns = atomic_load_explicit(&s->line->close_ns, memory_order_relaxed);
	if (!s->inside && open_ns != TRIAL_UNKNOWN_NS && open_ns != s->open_ns &&
	    s->now.ns >= open_ns)
		open_books(s, open_ns);
	/* A turn may last from before the one to beyond the other. */
	if (s->inside && s->now.ns >= close_ns)
		close_books(s, close_ns);
}

static void soak_while(const atomic_uint *word, unsigned on, struct soak_state *s)
{
	/* The window before has nothing to do with it. */
	s->open_ns = atomic_load_explicit(&s->line->open_ns, memory_order_acquire);
	s->inside = false;
	s->now.ns = clock_now_ns();
	atomic_fetch_add_explicit(&s->own->awake, 1, memory_order_release);
	while (atomic_load_explicit(word, memory_order_relaxed) == on)
		turn(s);
}

static void soak_until_told(struct soak *soak, struct soak_state *s)
{
	for (;;) {
		/* Before the other: whoever is told to quit sees that this has moved. */
		const unsigned on = atomic_load_explicit(&soak->on, memory_order_acquire);

		if (atomic_load_explicit(&soak->quit, memory_order_relaxed))
			return;
		if (on & 1)
			soak_while(&soak->on, on, s);
		else
			futex_wait(&soak->on, on, 0);
	}
}

static int begin(const struct team *t, int pu, struct soaker *own)
{
	const struct sched_param param = {.sched_priority = 0};
	int ret = topology_bind_self(t->topo, (unsigned)pu);

	(void)snprintf(own->error_what, sizeof(own->error_what), "PU %d", pu);
	if (ret)
		return ret;
	(void)snprintf(own->error_what, sizeof(own->error_what), "SCHED_IDLE");
	return sched_setscheduler(0, SCHED_IDLE, &param) == 0 ? 0 : -errno;
}

static void run(const struct team *t, int pu, struct soaker *own)
{
	struct soak_state s = {.line = t->line,
	    .own = own,
	    .spin_turns = t->soak->spin_turns,
	    .open_ns = 0,
	    .quiet = {.least_ns = TURN_NS, .block_least_ns = UINT64_MAX}};

	own->error = begin(t, pu, own);
	atomic_store_explicit(&own->ready, 1, memory_order_release);
	if (!own->error)
		soak_until_told(t->soak, &s);
}

/* ---- in the cell ---- */

static bool seen_before(const struct placement *p, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (p->pu[k] == p->pu[i])
			return true;
	return false;
}

unsigned soakers_wanted(const struct team *t)
{
	return t->units ? t->placement.pus_used : 0;
}

size_t soakers_bytes(unsigned pus)
{
	return sizeof(struct soak) + pus * sizeof(struct soaker);
}

static unsigned core_of(const struct team *t, int pu)
{
	for (unsigned i = 0; i < topology_pu_count(t->topo); i++)
		if ((int)topology_pu(t->topo, i)->os_index == pu)
			return topology_pu(t->topo, i)->core_id;
	return UINT_MAX;
}

/* On a PU that shares its core with one of the workers': it slows a soaker there. */
static bool beside_workers(const struct team *t, int pu)
{
	for (unsigned i = 0; i < t->placement.count; i++)
		if (core_of(t, t->placement.pu[i]) == core_of(t, pu))
			return true;
	return false;
}

/* Would a soaker lose what is the workers', all of it, and nothing else? Return: 0; -ENOTSUP. */
static int can_tell(const struct team *t, char *why, size_t why_len)
{
	if (!soakers_wanted(t)) {
		(void)snprintf(why, why_len,
		    "the workers are not bound: what they take, and from which "
		    "PU, is not known");
		return -ENOTSUP;
	}
	if (t->around.quota.count) {
		(void)snprintf(why, why_len,
		    "under a CPU quota: a task that takes what is left of a PU "
		    "would use it up");
		return -ENOTSUP;
	}
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		const char *role = t->load->companions[i].role;
		const int pu = t->companions[i].pu;

		if (t->load->companions[i].idle || (pu >= 0 && !beside_workers(t, pu)))
			continue;
		(void)snprintf(why, why_len,
		    "the %s %s: what it takes cannot be told from what the workers do", role,
		    pu < 0 ? "has no PU of its own" : "is on a core of theirs");
		return -ENOTSUP;
	}
	return 0;
}

static int fork_one(struct team *t, int pu)
{
	const pid_t parent = getpid(), pid = fork();
	struct soaker *own = &t->soak->soaker[t->soakers];

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		child_die_with(parent);
		run(t, pu, own);
		_exit(0);
	}
	t->soaker_pid[t->soakers++] = pid;
	return 0;
}

/* Until @count of all soakers has come to @want. */
static int await(struct team *t, size_t count, unsigned want, char *why, size_t why_len)
{
	const uint64_t until_ns = clock_now_ns() + TURN_WITHIN_NS;

	for (unsigned i = 0; i < t->soakers; i++) {
		const struct soaker *s = &t->soak->soaker[i];
		const atomic_uint *at =
		    (const atomic_uint *)(const void *)((const unsigned char *)s + count);
		char how[96];

		while (atomic_load_explicit(at, memory_order_acquire) < want) {
			if (clock_now_ns() > until_ns) {
				(void)snprintf(why, why_len,
				    "a PU of the case had no time for a task at SCHED_IDLE: others "
				    "work "
				    "there");
				return -ENOTSUP;
			}
			if (t->soaker_pid[i] && child_gone(t->soaker_pid[i], how, sizeof(how))) {
				t->soaker_pid[i] = 0;
				(void)snprintf(why, why_len, "a soaker ended: %s", how);
				return -ENOTSUP;
			}
			clock_sleep_until_ns(clock_now_ns() + 50 * CLOCK_NS_PER_US);
		}
	}
	return 0;
}

int soakers_start(struct team *t, char *why, size_t why_len)
{
	int ret = can_tell(t, why, why_len);

	if (ret)
		return ret;
	(void)snprintf(why, why_len, "soaker: out of memory");
	t->soaker_pid = calloc(soakers_wanted(t), sizeof(*t->soaker_pid));
	if (!t->soaker_pid)
		return -ENOMEM;
	t->soak->spin_turns = cb_spin_turns(TURN_NS);
	for (unsigned i = 0; !ret && i < t->placement.count; i++)
		if (!seen_before(&t->placement, i))
			ret = fork_one(t, t->placement.pu[i]);
	if (ret)
		(void)snprintf(why, why_len, "soaker: fork: %s", strerror(-ret));
	if (!ret)
		ret = await(t, offsetof(struct soaker, ready), 1, why, why_len);
	for (unsigned i = 0; !ret && i < t->soakers; i++) {
		ret = t->soak->soaker[i].error;
		if (ret)
			(void)snprintf(why, why_len, "soaker: %s: %s",
			    t->soak->soaker[i].error_what, strerror(-ret));
	}
	if (ret)
		soakers_stop(t);
	return ret;
}

int soakers_soak(struct team *t, char *why, size_t why_len)
{
	const unsigned on = atomic_fetch_add_explicit(&t->soak->on, 1, memory_order_release) + 1;

	futex_wake(&t->soak->on, INT_MAX);
	return await(t, offsetof(struct soaker, awake), (on + 1) / 2, why, why_len);
}

void soakers_rest(struct team *t)
{
	atomic_fetch_add_explicit(&t->soak->on, 1, memory_order_release);
}

int soakers_read(struct team *t, struct soaked *out, char *why, size_t why_len)
{
	int ret = await(t, offsetof(struct soaker, windows), ++t->soak->windows, why, why_len);

	for (unsigned i = 0; !ret && i < t->soakers; i++)
		out[i] = t->soak->soaker[i].last;
	return ret;
}

void soakers_stop(struct team *t)
{
	if (!t->soaker_pid)
		return;
	atomic_store(&t->soak->quit, 1);
	atomic_fetch_add(&t->soak->on, 1);
	futex_wake(&t->soak->on, INT_MAX);
	for (unsigned i = 0; i < t->soakers; i++)
		if (t->soaker_pid[i] > 0)
			child_end(t->soaker_pid[i], END_GRACE_MS);
	free(t->soaker_pid);
	t->soaker_pid = NULL;
	t->soakers = 0;
}
