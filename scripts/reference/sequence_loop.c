/* sequence_loop.c - 1,000,000 numbers, added up in their order: from an array that is made for it,
 * a function behind a pointer, or a coroutine (Boost.Context): what sequence/ must agree with.
 * Shares no code with concbench on purpose. Prints: kind, ns a number. */
#include "loop.h"
#include <sys/mman.h>
#define N 1000000ul
struct transfer {
	void *context, *data;
};
struct transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *top, size_t size, void (*fn)(struct transfer));

static unsigned long next(unsigned long *at)
{
	return ++*at;
}
static unsigned long (*volatile next_of)(unsigned long *) = next;

static void yield(struct transfer from)
{
	for (unsigned long n = 0;;)
		from = jump_fcontext(from.context, (void *)++n);
}

int main(int argc, char **argv)
{
	const char kind = argc > 1 ? argv[1][0] : 'a';
	double ns[WINDOWS];

	for (int i = 0; i < WINDOWS; i++) {
		const size_t bytes = kind == 'a' ? N * sizeof(long) : 1 << 16;
		const double begin = now_ns();
		unsigned long *p =
		    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		unsigned long (*const of)(unsigned long *) = next_of, *end = p + bytes / sizeof(*p);
		struct transfer t = {kind == 'c' ? make_fcontext(end, bytes, yield) : NULL, NULL};
		unsigned long at = 0, sum = 0, order = 0;

		for (unsigned long k = 0; kind == 'a' && k < N; k++)
			p[k] = k + 1;
		for (unsigned long k = 0, x; k < N; k++) {
			x = kind == 'a' ? p[k]
			    : kind == 'i'
				? of(&at)
				: (unsigned long)(t = jump_fcontext(t.context, NULL)).data;
			__asm__ volatile("" : "+r"(x));
			order += sum += x;
		}
		ns[i] = order == N * (N + 1) / 2 * (N + 2) / 3 ? (now_ns() - begin) / N : 0;
		munmap(p, bytes);
	}
	qsort(ns, WINDOWS, sizeof(*ns), by_size);
	printf("%s %.3f\n", argv[1], ns[WINDOWS / 2]);
}
