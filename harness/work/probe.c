/* probe.c - what a cache line takes between two PUs: the floor of every hand-off between them. */
#include "harness/base/arena.h"
#include "harness/base/child.h"
#include "harness/base/clock.h"

#include <concbench/concbench.h>

#include <errno.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

/* Short enough that some lie between two interruptions, long against reading the clock. */
#define BLOCKS 40u
#define ROUND_TRIPS 100u
/* On a busy machine the two rarely run at the same time, so fewer blocks are enough. */
#define BLOCKS_LEAST 5u
#define ENOUGH_NS (20 * CLOCK_NS_PER_MS)
#define WITHIN_NS (2 * CLOCK_NS_PER_S)
/* In the line: no more. */
#define OVER UINT64_MAX

struct probe {
	_Alignas(ARENA_ALIGN) _Atomic uint64_t line; /* passed: odd; echoed: even */
	_Alignas(ARENA_ALIGN) _Atomic uint64_t back; /* CB_LINE_TWO: what is echoed, by number */
	_Alignas(ARENA_ALIGN) struct cb_line found;
	enum cb_line_as as;
	int pu[2];
	int error;
};

/* What one of the two has counted; nobody else reads it before it is over. */
struct tally {
	uint64_t done;
	uint64_t astray;
};

static uint64_t see(_Atomic uint64_t *line)
{
	return atomic_load_explicit(line, memory_order_acquire);
}

static void say(_Atomic uint64_t *line, uint64_t value)
{
	atomic_store_explicit(line, value, memory_order_release);
}

/* Return: what was there; @from when it has been swapped. */
static uint64_t swap(_Atomic uint64_t *line, uint64_t from, uint64_t to)
{
	uint64_t is = from;

	(void)atomic_compare_exchange_strong_explicit(
	    line, &is, to, memory_order_acq_rel, memory_order_acquire);
	return is;
}

static void echo_store(struct probe *p, struct tally *own)
{
	uint64_t is;

	while ((is = see(&p->line)) != OVER) {
		if (is % 2 == 0)
			continue;
		own->astray += is != 2 * own->done + 1;
		say(&p->line, is + 1);
		own->done++;
	}
}

static void pass_store(struct probe *p, struct tally *own)
{
	const uint64_t at = 2 * own->done;
	uint64_t is;

	say(&p->line, at + 1);
	while ((is = see(&p->line)) == at + 1)
		;
	own->astray += is != at + 2;
	own->done++;
}

static void echo_cas(struct probe *p, struct tally *own)
{
	uint64_t at = 1, is;

	while ((is = swap(&p->line, at, at + 1)) != OVER) {
		own->astray += is != at && is != at - 1;
		own->done += is == at;
		at = 2 * own->done + 1;
	}
}

/* It does not wait for the echo: the next one cannot be swapped before. */
static void pass_cas(struct probe *p, struct tally *own)
{
	const uint64_t at = 2 * own->done;
	uint64_t is;

	while ((is = swap(&p->line, at, at + 1)) != at)
		own->astray += is != at - 1;
	own->done++;
}

static void echo_two(struct probe *p, struct tally *own)
{
	uint64_t is;

	while ((is = see(&p->line)) != OVER) {
		if (is == own->done)
			continue;
		own->astray += is != own->done + 1;
		say(&p->back, ++own->done);
	}
}

static void pass_two(struct probe *p, struct tally *own)
{
	const uint64_t last = own->done++;
	uint64_t is;

	say(&p->line, own->done);
	while ((is = see(&p->back)) == last)
		;
	own->astray += is != own->done;
}

/* A loop for each way: what is timed calls nothing through a table. */
#define BLOCK(x)                                                      \
	static uint64_t block_##x(struct probe *p, struct tally *own) \
	{                                                             \
		const uint64_t begin_ns = clock_now_ns();             \
                                                                      \
		for (unsigned i = 0; i < ROUND_TRIPS; i++)            \
			pass_##x(p, own);                             \
		return clock_now_ns() - begin_ns;                     \
	}

BLOCK(store)
BLOCK(cas)
BLOCK(two)

static const struct {
	void (*echo)(struct probe *p, struct tally *own);
	uint64_t (*block)(struct probe *p, struct tally *own); /* Return: ns of ROUND_TRIPS. */
} ways[CB_LINE_AS_COUNT] = {
    [CB_LINE_STORE] = {echo_store, block_store},
    [CB_LINE_CAS] = {echo_cas, block_cas},
    [CB_LINE_TWO] = {echo_two, block_two},
};

/* Both ends of the probe; one that hangs is ended with the group. */
static void ping_pong(void *arg)
{
	struct probe *p = arg;
	const uint64_t enough_ns = clock_now_ns() + ENOUGH_NS;
	struct tally own = {0};
	uint64_t best_ns = UINT64_MAX;
	const pid_t self = getpid();
	pid_t other = -1;

	/* The other one inherits where it is to be: so all that can fail, fails here. */
	p->error = cb_bind_self(p->pu[1]);
	if (!p->error && (other = fork()) < 0)
		p->error = -errno;
	if (other == 0) {
		/* It spins, and its group is not the cell's: nobody else would end it. */
		child_die_with(self);
		ways[p->as].echo(p, &own);
		p->found.echoes = own.done;
		p->found.astray = own.astray;
		_exit(0);
	}
	if (!p->error)
		p->error = cb_bind_self(p->pu[0]);
	if (p->error)
		return;
	for (unsigned i = 0; i < BLOCKS; i++) {
		const uint64_t ns = ways[p->as].block(p, &own);

		best_ns = ns < best_ns ? ns : best_ns;
		if (i + 1 >= BLOCKS_LEAST && clock_now_ns() >= enough_ns)
			break;
	}
	/* The echo of the last compare and swap may be on its way. */
	while (p->as == CB_LINE_CAS && see(&p->line) == 2 * own.done - 1)
		;
	p->found.left = see(&p->line) + see(&p->back);
	say(&p->line, OVER);
	while (waitpid(other, NULL, 0) < 0 && errno == EINTR)
		;
	p->found.passes = own.done;
	p->found.astray += own.astray;
	p->found.ns = (double)best_ns / (2.0 * ROUND_TRIPS);
}

int cb_probe_line(int first_pu, int second_pu, struct cb_line *out)
{
	return cb_probe_line_as(first_pu, second_pu, CB_LINE_STORE, out);
}

int cb_probe_line_as(int first_pu, int second_pu, enum cb_line_as as, struct cb_line *out)
{
	struct arena arena;
	struct cb_fate fate;
	struct probe *p;
	int ret;

	if (first_pu == second_pu || (unsigned)as >= CB_LINE_AS_COUNT)
		return -EINVAL;
	ret = arena_create(&arena, sizeof(*p) + ARENA_ALIGN);
	if (ret)
		return ret;
	p = arena_alloc(&arena, sizeof(*p));
	p->as = as;
	p->pu[0] = first_pu;
	p->pu[1] = second_pu;
	ret = cb_sacrifice(ping_pong, p, WITHIN_NS, &fate);
	if (!ret && p->error)
		ret = p->error;
	else if (!ret && fate.hung)
		ret = -ETIMEDOUT;
	else if (!ret && (fate.signal || fate.status))
		ret = -ECHILD;
	if (!ret)
		*out = p->found;
	arena_destroy(&arena);
	return ret;
}
