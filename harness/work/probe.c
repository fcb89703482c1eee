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
	_Alignas(ARENA_ALIGN) struct cb_line found;
	int pu[2];
	int error;
};

/* Neither of the two writes anything but the line before it is over. */
static void echo(struct probe *p)
{
	uint64_t echoes = 0, is;

	while ((is = atomic_load_explicit(&p->line, memory_order_acquire)) != OVER) {
		if (is % 2 == 0)
			continue;
		atomic_store_explicit(&p->line, is + 1, memory_order_release);
		echoes++;
	}
	p->found.echoes = echoes;
}

static uint64_t block_ns(struct probe *p, uint64_t *at)
{
	const uint64_t begin_ns = clock_now_ns();

	for (unsigned i = 0; i < ROUND_TRIPS; i++, *at += 2) {
		atomic_store_explicit(&p->line, *at + 1, memory_order_release);
		while (atomic_load_explicit(&p->line, memory_order_acquire) != *at + 2)
			;
	}
	return clock_now_ns() - begin_ns;
}

/* Both ends of the probe; one that hangs is ended with the group. */
static void ping_pong(void *arg)
{
	struct probe *p = arg;
	const uint64_t enough_ns = clock_now_ns() + ENOUGH_NS;
	uint64_t at = 0, best_ns = UINT64_MAX;
	const pid_t self = getpid();
	pid_t other = -1;

	/* The other one inherits where it is to be: so all that can fail, fails here. */
	p->error = cb_bind_self(p->pu[1]);
	if (!p->error && (other = fork()) < 0)
		p->error = -errno;
	if (other == 0) {
		/* It spins, and its group is not the cell's: nobody else would end it. */
		child_die_with(self);
		echo(p);
		_exit(0);
	}
	if (!p->error)
		p->error = cb_bind_self(p->pu[0]);
	if (p->error)
		return;
	for (unsigned i = 0; i < BLOCKS; i++) {
		const uint64_t ns = block_ns(p, &at);

		best_ns = ns < best_ns ? ns : best_ns;
		if (i + 1 >= BLOCKS_LEAST && clock_now_ns() >= enough_ns)
			break;
	}
	atomic_store_explicit(&p->line, OVER, memory_order_release);
	while (waitpid(other, NULL, 0) < 0 && errno == EINTR)
		;
	p->found.passes = at / 2;
	p->found.ns = (double)best_ns / (2.0 * ROUND_TRIPS);
}

int cb_probe_line(int first_pu, int second_pu, struct cb_line *out)
{
	struct arena arena;
	struct cb_fate fate;
	struct probe *p;
	int ret;

	if (first_pu == second_pu)
		return -EINVAL;
	ret = arena_create(&arena, sizeof(*p) + ARENA_ALIGN);
	if (ret)
		return ret;
	p = arena_alloc(&arena, sizeof(*p));
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
