/* chase_loop.c - loads that each wait for the one before, in random order over BYTES of memory, and
 * nothing around them: what job/chase must agree with. Shares no code with concbench on purpose.
 * Usage: chase_loop BYTES. Prints: name, ns a load. */
#include "loop.h"

struct link {
	unsigned next, rank;
	char rest[56];
};
static struct link *chain;
static unsigned links;

static void chase(int self)
{
	unsigned at = 0;

	for (unsigned long n = 0; !over; done[self].n = n)
		for (int i = 0; i < 1000; i++, n++)
			at = chain[at].next;
	if (chain[at].rank != done[self].n % links)
		abort(); /* not all of them were followed */
}

int main(int argc, char **argv)
{
	links = (unsigned)((argc > 1 ? strtoul(argv[1], NULL, 10) : 262144) / sizeof(*chain));
	chain = calloc(links, sizeof(*chain));
	for (unsigned i = 0; i < links; i++)
		chain[i].next = i;
	for (unsigned i = links - 1; i > 0; i--) { /* Sattolo: one cycle over all */
		const unsigned j = (unsigned)random() % i, next = chain[i].next;

		chain[i].next = chain[j].next;
		chain[j].next = next;
	}
	for (unsigned i = 0, at = 0; i < links; i++, at = chain[at].next)
		chain[at].rank = i;
	measure("chase", chase, 1);
}
