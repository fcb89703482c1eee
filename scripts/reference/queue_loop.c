/* queue_loop.c - items through ck's ring from one thread to another, their order checked, and
 * nothing around it: what queue/ck_spsc must agree with. Shares no code with concbench on purpose.
 * Usage: queue_loop ck_spsc. Prints: name, ns an item. */
#include "loop.h"
#include <ck_ring.h>

static ck_ring_t ring __attribute__((aligned(128)));
static ck_ring_buffer_t slot[256] __attribute__((aligned(128)));

static void produce(void)
{
	for (unsigned long n = 1; !over; n++)
		while (!ck_ring_enqueue_spsc(&ring, slot, (void *)n) && !over)
			ck_pr_stall();
}

static void consume(int self)
{
	void *item;

	for (unsigned long n = 1; !over; n++) {
		while (!ck_ring_dequeue_spsc(&ring, slot, &item))
			if (over)
				return;
			else
				ck_pr_stall();
		if (item != (void *)n)
			abort(); /* out of order */
		done[self].n = n;
	}
}

static void both(int self)
{
	self ? consume(self) : produce();
}

int main(void)
{
	ck_ring_init(&ring, 256);
	measure("ck_spsc", both, 2);
}
