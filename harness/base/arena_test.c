/* arena_test.c - alignment, isolation, the edge of the arena, and that processes share it. */
#include "harness/base/arena.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define SIZE ((size_t)64 * 1024)

/* Do two allocations touch the same pair of cache lines? */
static bool share_a_line(const void *a, size_t a_len, const void *b, size_t b_len)
{
	const uintptr_t a0 = (uintptr_t)a / ARENA_ALIGN;
	const uintptr_t a1 = ((uintptr_t)a + a_len - 1) / ARENA_ALIGN;
	const uintptr_t b0 = (uintptr_t)b / ARENA_ALIGN;
	const uintptr_t b1 = ((uintptr_t)b + b_len - 1) / ARENA_ALIGN;

	return a0 <= b1 && b0 <= a1;
}

static void the_checker_sees_a_shared_line(void **state)
{
	_Alignas(ARENA_ALIGN) char bytes[3 * ARENA_ALIGN] = {0};

	(void)state;
	assert_true(share_a_line(bytes, 1, bytes + ARENA_ALIGN - 1, 1));
	assert_true(share_a_line(bytes, 2 * ARENA_ALIGN, bytes + ARENA_ALIGN, 8));
	assert_false(share_a_line(bytes, ARENA_ALIGN, bytes + ARENA_ALIGN, 8));
}

static void allocations_are_alone_on_their_lines(void **state)
{
	static const size_t sizes[] = {1, 8, 127, 128, 129, 1000, 4096, 3};
	const size_t count = sizeof(sizes) / sizeof(sizes[0]);
	unsigned char *at[sizeof(sizes) / sizeof(sizes[0])];
	struct arena a;

	(void)state;
	assert_int_equal(arena_create(&a, SIZE), 0);
	for (size_t i = 0; i < count; i++) {
		at[i] = arena_alloc(&a, sizes[i]);
		assert_non_null(at[i]);
		assert_int_equal((uintptr_t)at[i] % ARENA_ALIGN, 0);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(at[i][k], 0);
		memset(at[i], 0xff, sizes[i]);
		for (size_t j = 0; j < i; j++)
			assert_false(share_a_line(at[i], sizes[i], at[j], sizes[j]));
		assert_ptr_equal(arena_at(&a, arena_offset(&a, at[i])), at[i]);
	}
	arena_destroy(&a);
	assert_null(a.base);
	arena_destroy(&a);
}

static void a_skip_moves_what_follows(void **state)
{
	struct arena a, b;

	(void)state;
	assert_int_equal(arena_create(&a, SIZE), 0);
	assert_int_equal(arena_create(&b, SIZE), 0);
	arena_skip(&b, 3 * ARENA_ALIGN);
	assert_int_equal(arena_offset(&a, arena_alloc(&a, 8)), 0);
	assert_int_equal(arena_offset(&b, arena_alloc(&b, 8)), 3 * ARENA_ALIGN);
	/* Whatever was skipped, alignment holds. */
	arena_skip(&b, 5);
	assert_int_equal(arena_offset(&b, arena_alloc(&b, 8)), 5 * ARENA_ALIGN);
	arena_destroy(&a);
	arena_destroy(&b);
}

static void a_full_arena_says_so(void **state)
{
	/* Not a multiple of the alignment: the rounding must not go past the end. */
	static const size_t sizes[] = {4096, 4096 + 1, 4096 + 127, 100};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct arena a;
		unsigned char *all;

		assert_int_equal(arena_create(&a, sizes[i]), 0);
		assert_null(arena_alloc(&a, sizes[i] + 1));
		assert_null(arena_alloc(&a, SIZE_MAX));
		assert_null(arena_alloc(&a, SIZE_MAX - 64));
		/* A refusal takes nothing. */
		all = arena_alloc(&a, sizes[i]);
		assert_non_null(all);
		all[sizes[i] - 1] = 1;
		assert_null(arena_alloc(&a, 1));
		assert_true(a.used <= a.size);
		arena_skip(&a, SIZE_MAX);
		assert_true(a.used <= a.size);
		assert_null(arena_alloc(&a, 1));
		arena_destroy(&a);
	}
}

static void what_cannot_be_mapped_is_refused(void **state)
{
	struct arena a = {.used = 7};

	(void)state;
	assert_int_equal(arena_create(&a, SIZE_MAX / 2), -ENOMEM);
	assert_int_equal(a.used, 7);
}

static void processes_see_the_same_memory(void **state)
{
	volatile int private_copy = 0;
	int status = -1;
	struct arena a;
	int *shared;
	pid_t pid;

	(void)state;
	assert_int_equal(arena_create(&a, SIZE), 0);
	shared = arena_alloc(&a, sizeof(*shared));
	assert_non_null(shared);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		*shared = 42;
		private_copy = 42;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(*shared, 42);
	/* Negative control: ordinary memory is not shared. */
	assert_int_equal(private_copy, 0);
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_checker_sees_a_shared_line),
	    cmocka_unit_test(allocations_are_alone_on_their_lines),
	    cmocka_unit_test(a_skip_moves_what_follows),
	    cmocka_unit_test(a_full_arena_says_so),
	    cmocka_unit_test(what_cannot_be_mapped_is_refused),
	    cmocka_unit_test(processes_see_the_same_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
