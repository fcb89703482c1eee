/* switch_loop.c - two stacks and the registers that a function keeps for its caller, to and fro:
 * what handoff/own_switch must agree with. Shares no code with concbench on purpose. Prints: name,
 * ns a switch. x86-64. */
#include "loop.h"

#ifdef __x86_64__
unsigned long swap(void **save, void *to, unsigned long number);
__asm__("swap:\n\tpush %rbp\n\tpush %rbx\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n"
	"\tmov %rsp, (%rdi)\n\tmov %rsi, %rsp\n\tmov %rdx, %rax\n"
	"\tpop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbx\n\tpop %rbp\n"
	"\tpop %rcx\n\tjmp *%rcx\n");
static void *here, *there;
static unsigned long stack[4096] __attribute__((aligned(64)));

static void answer(void)
{
	unsigned long n = 0, got = 1;

	for (;;) {
		n += got != n + 1; /* never */
		n++;
		got = swap(&there, here, n);
	}
}

static void to_and_fro(int self)
{
	for (unsigned long n = 1; !over; n++) {
		if (swap(&here, there, n) != n)
			abort();
		done[self].n += 2;
	}
}

int main(void)
{
	stack[4096 - 2] = (unsigned long)answer;
	there = &stack[4096 - 8];
	measure("own_switch", to_and_fro, 1);
}
#else
int main(void)
{
	return 77;
}
#endif
