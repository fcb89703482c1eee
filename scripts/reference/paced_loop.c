/* paced_loop.c - how late does an item come out of a ring between two PUs, from when it was due,
 * when items are due at random at a part of the ring's peak? Shares no code with concbench on
 * purpose. Usage: paced_loop PERCENT. Prints: name, the median in ns. */
#include "loop.h"
#include <ck_ring.h>
#include <math.h>

#define GAPS 4096
#define TIMED (1 << 16)
static ck_ring_t ring;
static ck_ring_buffer_t slot[256];
static double gap[GAPS], late[TIMED];
static int paced, timed;

static void put(void)
{
	double due = now_ns(), now = 0;

	for (unsigned long n = 0; !over; n++) {
		for (due += gap[n % GAPS]; paced && now < due && !over; now = now_ns())
			;
		while (!ck_ring_enqueue_spsc(&ring, slot, (void *)(unsigned long)due) && !over)
			ck_pr_stall();
	}
}

static void get(void)
{
	for (unsigned long n = 1; !over; n++) {
		void *item = NULL;

		while (!ck_ring_dequeue_spsc(&ring, slot, &item) && !over)
			ck_pr_stall();
		done[1].n = n;
		if (paced && n % 64 == 0 && !over)
			late[timed++ % TIMED] = now_ns() - (double)(unsigned long)item;
	}
}

static void ends(int self)
{
	self ? get() : put();
}

int main(int argc, char **argv)
{
	const double part = argc > 1 ? atof(argv[1]) / 100 : 0.5;
	double peak_ns;

	ck_ring_init(&ring, 256);
	peak_ns = measured(ends, 2);
	for (int i = 0; i < GAPS; i++)
		gap[i] = -log((i + 0.5) / GAPS) * peak_ns / part;
	for (int i = GAPS - 1; i; i--) { /* in any order */
		const int other = rand() % (i + 1);
		const double kept = gap[i];
		gap[i] = gap[other];
		gap[other] = kept;
	}
	paced = 1;
	over = 0;
	ck_ring_init(&ring, 256);
	(void)measured(ends, 2);
	timed = timed < TIMED ? timed : TIMED;
	qsort(late, (size_t)timed, sizeof(*late), by_size);
	printf("paced/%g %.3f\n", part, late[timed / 2]);
}
