/* ring_loop.c - jump_fcontext round a ring of contexts, each on a stack of its own: what
 * handoff/yield is held against. Shares no code with concbench. Usage: ring_loop [COUNT]. Prints:
 * name, ns a switch. */
#include "loop.h"
#include <sys/mman.h>
#define STACK ((size_t)128 * 1024)
struct transfer {
	void *from, *data;
};
struct transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *top, size_t size, void (*fn)(struct transfer));
static unsigned count, turn;
static unsigned long limit;
static void **context; /* and whoever began */

static void go_round(struct transfer t)
{
	const unsigned self = turn, next = self + 1 < count ? self + 1 : 0;

	for (;; done[0].n++) {
		*(void **)t.data = t.from;
		turn = done[0].n < limit && !over ? next : count;
		t = jump_fcontext(context[turn], &context[self]);
	}
}

static void ring(int self)
{
	struct transfer t = jump_fcontext(context[turn = (unsigned)self], &context[count]);

	*(void **)t.data = t.from;
}

int main(int argc, char **argv)
{
	char *top;

	count = argc > 1 ? (unsigned)atoi(argv[1]) : 2;
	top = mmap(NULL, STACK * count, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	context = calloc(count + 1, sizeof(*context));
	/* Their ends not all in the same few sets of the cache. */
	for (unsigned i = 0; i < count; i++, top += STACK)
		context[i] = make_fcontext(top + STACK - i % 48 * 64, STACK / 2, go_round);
	limit = 2ul * count; /* entered, and once round */
	ring(0);
	limit = -1ul;
	measure("ring", ring, 1);
}
