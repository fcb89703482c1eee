/* distance_loop.c - a word that two threads pass to each other, and nothing around it: what the
 * family `distance` must agree with. The quickest of blocks of 100 round trips. Shares no code with
 * concbench on purpose. Usage: distance_loop cas|load_store. Prints: name, ns one way. */
#include "loop.h"

#define TRIPS 100
#define BLOCKS 40 /* as many as the probe has */
static struct line word[2];
static int two_lines;
/* Of @me, who waits for @from and then says @from + 1. */
static inline void take(int me, unsigned long from)
{
	if (!two_lines)
		while (!__sync_bool_compare_and_swap(&word[0].n, from, from + 1))
			;
	while (two_lines && word[!me].n != from)
		;
	if (two_lines)
		word[me].n = from + 1;
}
static void pass(int me)
{
	static double best = 1e9;
	unsigned long at = (unsigned long)me;

	for (int block = 0; block < BLOCKS; block++) {
		const double begin = now_ns();
		for (int i = 0; i < TRIPS; i++, at += 2)
			take(me, at);
		const double ns = now_ns() - begin;
		best = ns < best ? ns : best;
	}
	while (!me && (two_lines ? word[1].n : word[0].n) != at)
		;
	if (!me && printf("distance %.3f\n", best / (2.0 * TRIPS)) > 0)
		exit(fflush(stdout));
}
int main(int argc, char **argv)
{
	two_lines = argc > 1 && !strcmp(argv[1], "load_store");
	measure("distance", pass, 2);
}
