/*
 * coroutine_stacks_test.c - the arena: recycling, colours, and guards that really guard.
 */
#include "harness/coroutine/coroutine_impl.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define STACK_BYTES COROUTINE_STACK_DEFAULT_BYTES

static const enum cb_backend backends[] = {CB_FCONTEXT, CB_UCONTEXT};

struct filler {
	struct coroutine *self; /* NULL: do not suspend */
	int seen;
};

static struct coroutine_stacks *stacks_of(size_t count)
{
	struct coroutine_stacks *s = NULL;

	assert_int_equal(coroutine_stacks_create(count, STACK_BYTES, &s), 0);
	return s;
}

static struct coroutine *create(
    enum cb_backend b, struct coroutine_stacks *s, cb_task_fn fn, void *arg)
{
	struct coroutine *c = NULL;

	assert_int_equal(coroutine_create(b, s, fn, arg, &c), 0);
	return c;
}

static void fill_stack(void *arg)
{
	struct filler *f = arg;
	volatile char big[COROUTINE_STACK_DEFAULT_BYTES / 2];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)i;
	if (f->self)
		coroutine_suspend(f->self); /* dropped here: what ASan poisoned stays so */
	f->seen = big[77];
}

static void stacks_are_recycled_last_in_first_out(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct coroutine_stacks *s = stacks_of(3);
		struct coroutine *c[3], *again;
		struct filler f = {0};

		for (int i = 0; i < 3; i++)
			c[i] = create(backends[b], s, fill_stack, &f);
		f.self = c[1];
		coroutine_resume(c[1]);
		coroutine_destroy(c[0]);
		coroutine_destroy(c[1]);
		f.self = NULL;
		again = create(backends[b], s, fill_stack, &f);
		assert_ptr_equal(again, c[1]);
		coroutine_resume(again);
		assert_true(coroutine_done(again));
		assert_int_equal(f.seen, 77);
		assert_ptr_equal(create(backends[b], s, fill_stack, &f), c[0]);
		for (int i = 0; i < 3; i++)
			coroutine_destroy(c[i]);
		coroutine_stacks_destroy(s);
	}
}

static void stacks_do_not_share_cache_sets(void **state)
{
	struct coroutine_stacks *s = stacks_of(64);
	unsigned in_set[64] = {0}, most = 0;

	(void)state;
	for (int i = 0; i < 64; i++) {
		struct coroutine *c = create(CB_FCONTEXT, s, fill_stack, NULL);
		unsigned set = (unsigned)((uintptr_t)c / COROUTINE_LINE_BYTES % 64);

		assert_int_equal((uintptr_t)c % COROUTINE_LINE_BYTES, 0);
		if (++in_set[set] > most)
			most = in_set[set];
	}
	/* Uncoloured, all 64 tops fall into one set. */
	assert_true(most <= 2);
	coroutine_stacks_destroy(s);
}

/* Of a thousand, no set has much more than its share: what is left out are the lines at the far end
 * of the page, where the first frames of the largest shift are. */
static void many_stacks_use_most_sets(void **state)
{
	struct coroutine_stacks *s = stacks_of(1000);
	unsigned in_set[64] = {0}, used = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct coroutine *c = create(CB_FCONTEXT, s, fill_stack, NULL);

		used += !in_set[(uintptr_t)c / COROUTINE_LINE_BYTES % 64]++;
	}
	assert_true(used >= 52);
	for (int set = 0; set < 64; set++)
		assert_true(in_set[set] <= 20);
	coroutine_stacks_destroy(s);
}

#if !COROUTINE_ASAN && !COROUTINE_TSAN
static const char *guard_lo;
static size_t guard_bytes;

enum { CHILD_RETURNED, CHILD_HIT_GUARD = 10, CHILD_HIT_ELSEWHERE, CHILD_FAILED };

static void on_fault(int sig, siginfo_t *info, void *context)
{
	const char *at = info->si_addr;

	(void)sig;
	(void)context;
	_exit(
	    at >= guard_lo && at < guard_lo + guard_bytes ? CHILD_HIT_GUARD : CHILD_HIT_ELSEWHERE);
}

static unsigned descend(unsigned depth)
{
	volatile char frame[256];

	frame[0] = (char)depth;
	return depth == 0 ? 0 : descend(depth - 1) + (unsigned)frame[0] % 2;
}

static void descend_in_coroutine(void *arg)
{
	unsigned *depth = arg;

	*depth = descend(*depth);
}

/* In a child: how it ends when its second coroutine goes @depth frames of 256 bytes down. */
static void overflow_child(enum cb_backend b, bool by_madvise, unsigned depth)
{
	static char alternate[64 * 1024];
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	const stack_t ss = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	struct coroutine_stacks *s;
	struct coroutine *below, *c;

	guard_bytes = (size_t)sysconf(_SC_PAGESIZE);
	if (sigaltstack(&ss, NULL) < 0 || sigaction(SIGSEGV, &sa, NULL) < 0 ||
	    coroutine_stacks_create_guarded(2, STACK_BYTES, by_madvise, &s) < 0 ||
	    coroutine_create(b, s, descend_in_coroutine, &depth, &below) < 0 ||
	    coroutine_create(b, s, descend_in_coroutine, &depth, &c) < 0)
		_exit(CHILD_FAILED);
	/* The header of the one below is in the last page before the guard. */
	guard_lo = (char *)(((uintptr_t)below & ~(guard_bytes - 1)) + guard_bytes);
	coroutine_resume(c);
	_exit(CHILD_RETURNED);
}

static int overflow(enum cb_backend b, bool by_madvise, unsigned depth)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		overflow_child(b, by_madvise, depth);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}
#endif

static void overflow_hits_the_guard(void **state)
{
	(void)state;
#if COROUTINE_ASAN || COROUTINE_TSAN
	print_message("skipped: the sanitizer takes the fault\n");
	skip();
#else
	for (size_t b = 0; b < LENGTH(backends); b++) {
		for (int by_madvise = 0; by_madvise < 2; by_madvise++) {
			assert_int_equal(
			    overflow(backends[b], by_madvise, 1000000), CHILD_HIT_GUARD);
			/* Half a stack is no overflow. */
			assert_int_equal(
			    overflow(backends[b], by_madvise, (unsigned)(STACK_BYTES / 2 / 512)),
			    CHILD_RETURNED);
		}
	}
#endif
}

static void bad_sizes_are_refused(void **state)
{
	struct coroutine_stacks *s = NULL;

	(void)state;
	assert_int_equal(coroutine_stacks_create(0, STACK_BYTES, &s), -EINVAL);
	assert_int_equal(coroutine_stacks_create(1, COROUTINE_STACK_MIN_BYTES - 1, &s), -EINVAL);
	assert_int_equal(coroutine_stacks_create(UINT32_MAX, SIZE_MAX / 8, &s), -ENOMEM);
	assert_null(s);
	coroutine_stacks_destroy(NULL);
}

static void guard_names(void **state)
{
	struct coroutine_stacks *s = NULL;

	(void)state;
	assert_int_equal(coroutine_stacks_create_guarded(1, STACK_BYTES, false, &s), 0);
	assert_string_equal(coroutine_stacks_guard_name(s), "mprotect");
	coroutine_stacks_destroy(s);
	s = stacks_of(1);
	assert_string_equal(coroutine_stacks_guard_name(s), cb_carrier_guard_name());
	coroutine_stacks_destroy(s);
}

/* Stack and guard are a mapping each, of which a process may have only so many. */
static void guards_by_mprotect_run_into_the_map_count(void **state)
{
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
	struct coroutine_stacks *s = NULL;
	unsigned long limit = 0, taken = 0;
	char *lo, *top;
	uint32_t slot;

	(void)state;
#if COROUTINE_TSAN
	skip(); /* it needs mappings of its own, and ends without */
#endif
	if (f && fscanf(f, "%lu", &limit) != 1)
		limit = 0;
	if (f)
		(void)fclose(f);
	if (!limit || limit > 1 << 18) {
		print_message("skipped: too many mappings are allowed here, or nobody knows\n");
		skip();
	}
	assert_int_equal(coroutine_stacks_create_guarded(limit, STACK_BYTES, false, &s), 0);
	while (coroutine_stacks_take(s, &slot, &lo, &top) == 0)
		taken++;
	assert_true(taken < limit / 2 + 1);
	assert_true(taken > limit / 4);
	assert_int_equal(coroutine_stacks_take(s, &slot, &lo, &top), -ENOMEM);
	coroutine_stacks_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stacks_are_recycled_last_in_first_out),
	    cmocka_unit_test(stacks_do_not_share_cache_sets),
	    cmocka_unit_test(many_stacks_use_most_sets),
	    cmocka_unit_test(overflow_hits_the_guard),
	    cmocka_unit_test(bad_sizes_are_refused),
	    cmocka_unit_test(guard_names),
	    cmocka_unit_test(guards_by_mprotect_run_into_the_map_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
