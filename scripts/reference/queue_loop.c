/* queue_loop.c - items through ck's ring from one thread to another, their order checked, and
 * nothing around it: what queue/ck_spsc and the like must agree with. Shares no code with concbench
 * on purpose. Usage: queue_loop ck_spsc|ck_mpsc|ck_spmc|ck_mpmc. Prints: name, ns an item. */
#include "loop.h"
#include <ck_ring.h>

static ck_ring_t ring __attribute__((aligned(128)));
static ck_ring_buffer_t slot[256] __attribute__((aligned(128)));

#define LOOPS(calls)                                                                      \
	static void calls(int self)                                                       \
	{                                                                                 \
		void *item;                                                               \
		for (unsigned long n = 1; !over && !self; n++)                            \
			while (!ck_ring_enqueue_##calls(&ring, slot, (void *)n) && !over) \
				relax();                                                  \
		for (unsigned long n = 1; !over; n++) {                                   \
			while (!ck_ring_dequeue_##calls(&ring, slot, &item))              \
				if (over)                                                 \
					return;                                           \
				else                                                      \
					relax();                                          \
			if (item != (void *)n)                                            \
				abort(); /* out of order */                               \
			done[self].n = n;                                                 \
		}                                                                         \
	}
LOOPS(spsc)
LOOPS(mpsc)
LOOPS(spmc)
LOOPS(mpmc)

int main(int argc, char **argv)
{
	static const char *const name[] = {"ck_spsc", "ck_mpsc", "ck_spmc", "ck_mpmc"};
	static void (*const of[])(int) = {spsc, mpsc, spmc, mpmc};
	int i = 0;

	while (i < 3 && argc > 1 && strcmp(argv[1], name[i]) != 0)
		i++;
	ck_ring_init(&ring, 256);
	measure(name[i], of[i], 2);
}
