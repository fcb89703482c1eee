#include "harness/run/result.h"
#include "harness/run/result_ahead.h"
#include "harness/run/run_fixture.h"

#include <errno.h>

#define FILES 16
#define BAD 7      /* not JSON */
#define NAMELESS 8 /* without a path */
#define GONE 15

static char *dir;
static const char *paths[FILES];

static int write_files(void **state)
{
	(void)state;
	dir = fixture_make_dir();
	for (size_t i = 0; i < FILES; i++) {
		char *path;
		struct run run;

		if (i == NAMELESS)
			continue;
		assert_true(asprintf(&path, "%s/%zu.json", dir, i) > 0);
		paths[i] = path;
		if (i == BAD)
			fixture_store(path, "{", 1);
		if (i == BAD || i == GONE)
			continue;
		/* Of different lengths, so that they are not ready in their order. */
		fixture_run(&run, 1 + (unsigned)(i * 7 % 5) * 4, 2, 1);
		run.seed = i;
		assert_int_equal(result_write(&run, path), 0);
		run_free(&run);
	}
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		if (paths[i])
			unlink(paths[i]);
		free((char *)(uintptr_t)paths[i]);
	}
	rmdir(dir);
	free(dir);
	return 0;
}

static void take(struct result_ahead *ahead, size_t i)
{
	char err[512] = "";
	struct run run = {0};
	const int rc = result_ahead_take(ahead, &run, err, sizeof(err));

	if (i == BAD || i == GONE) {
		assert_int_equal(rc, i == BAD ? -EINVAL : -ENOENT);
		assert_memory_equal(err, paths[i], strlen(paths[i]));
	} else if (i == NAMELESS) {
		assert_int_equal(rc, -EINVAL);
	} else {
		assert_int_equal(rc, 0);
		assert_int_equal(run.seed, i);
		assert_int_equal(run.series_count, 7);
	}
	run_free(&run);
}

static void they_come_in_their_order(void **state)
{
	(void)state;
	for (unsigned threads = 0; threads <= 9; threads = threads * 2 + 1) {
		struct result_ahead *ahead;
		struct run run;
		char err[512];

		assert_int_equal(result_ahead_start(&ahead, paths, FILES, threads), 0);
		for (size_t i = 0; i < FILES; i++)
			take(ahead, i);
		assert_int_equal(result_ahead_take(ahead, &run, err, sizeof(err)), -EINVAL);
		result_ahead_end(ahead);
	}
}

/* With runs that wait, that are being read and that nobody has begun. Leaks show under ASan. */
static void one_may_stop_anywhere(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads <= 4; threads++) {
		for (size_t taken = 0; taken <= FILES; taken += 5) {
			struct result_ahead *ahead;

			assert_int_equal(result_ahead_start(&ahead, paths, FILES, threads), 0);
			for (size_t i = 0; i < taken; i++)
				take(ahead, i);
			result_ahead_end(ahead);
		}
	}
	result_ahead_end(NULL);
}

static size_t open_files(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 200; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void none_and_one_are_fine(void **state)
{
	const size_t before = open_files();
	struct result_ahead *ahead;
	struct run run;
	char err[512];

	(void)state;
	assert_int_equal(result_ahead_start(&ahead, paths, 0, 0), 0);
	assert_int_equal(result_ahead_take(ahead, &run, err, sizeof(err)), -EINVAL);
	result_ahead_end(ahead);
	assert_int_equal(result_ahead_start(&ahead, paths, 1, 4), 0);
	take(ahead, 0);
	result_ahead_end(ahead);
	assert_int_equal(open_files(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(they_come_in_their_order),
	    cmocka_unit_test(one_may_stop_anywhere),
	    cmocka_unit_test(none_and_one_are_fine),
	};

	return cmocka_run_group_tests(tests, write_files, remove_files);
}
