/* chart_draw_test.c - gnuplot is another's program: it may be missing, fail, say a lot, or never
 * end.
 */
#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/interrupt.h"
#include "harness/report/chart_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far beyond any delay of a busy machine. */
#define LONG_NS (60 * CLOCK_NS_PER_S)

static char dir[256];

static int make_dir(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(dir, sizeof(dir), "%s/concbench-chart-XXXXXX", tmp ? tmp : P_tmpdir);
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	static const char *const left[] = {
	    "lock.tsv", "lock.svg", "lock.png", "broken.gp", "draw", "pid"};
	char path[512];

	(void)state;
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, left[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

static bool exists(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !access(path, F_OK);
}

static void one_lock(struct drawn *d)
{
	memset(d, 0, sizeof(*d));
	fixture_begin(&d->run);
	add(&d->run, "lock/a/model:thread/workers:1", 10, STATUS_OK);
	build(d);
}

static void gnuplot_fails(void **state)
{
	char path[512];
	struct drawn d;

	(void)state;
	one_lock(&d);
	/* A picture of an earlier run must not survive a failure of this one. */
	snprintf(path, sizeof(path), "%s/lock.svg", dir);
	assert_int_equal(file_write_whole(path, "old", 3), 0);
	assert_int_equal(
	    chart_draw(&d.set.items[0], dir, dir, "/nonexistent/gnuplot", LONG_NS), -ENOENT);
	assert_true(exists("lock.tsv"));
	assert_false(exists("lock.svg"));
	assert_string_equal(
	    d.set.items[0].problem, "/nonexistent/gnuplot: No such file or directory");
	assert_int_equal(chart_draw(&d.set.items[0], dir, dir, "false", LONG_NS), -EIO);
	assert_string_equal(d.set.items[0].problem, "false: failed");
	/* Success that leaves no picture is none. */
	assert_int_equal(chart_draw(&d.set.items[0], dir, dir, "true", LONG_NS), -EIO);
	assert_string_equal(d.set.items[0].problem, "true: wrote no svg");
	assert_null(d.set.items[0].svg);
	clean(&d);
}

static const char *stand_in(const char *script)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/draw", dir);
	assert_int_equal(file_write_whole(path, script, strlen(script)), 0);
	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

/* The number that the stand-in, or what it has started, has left: ended, or nobody's child any more
 * and about to be. */
static void assert_gone(void)
{
	const uint64_t until_ns = clock_now_ns() + LONG_NS;
	char path[512], number[32];

	snprintf(path, sizeof(path), "%s/pid", dir);
	assert_int_equal(file_read_line(path, number, sizeof(number)), 0);
	while (kill(atoi(number), 0) == 0 && clock_now_ns() < until_ns) {
		char stat_path[64], *text = NULL;
		bool dead;

		/* In a container nobody may reap it. */
		snprintf(stat_path, sizeof(stat_path), "/proc/%s/stat", number);
		dead = file_read_all(stat_path, 4096, &text, NULL) == 0 && strstr(text, ") Z ");
		free(text);
		if (dead)
			return;
		clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
	}
	assert_int_equal(kill(atoi(number), 0), -1);
}

/* Whether it listens, or has closed all that we could hear of it. */
static void it_has_a_bound(void **state)
{
	static const char *const scripts[] = {
	    "#!/bin/sh\nsleep 4321 &\necho $! >\"${0%/*}/pid\"\nwait\n",
	    "#!/bin/sh\nexec 2>&-\nsleep 4321 &\necho $! >\"${0%/*}/pid\"\nwait\n"};
	struct drawn d;

	(void)state;
	one_lock(&d);
	for (size_t i = 0; i < 2; i++) {
		const char *path = stand_in(scripts[i]);

		assert_int_equal(
		    chart_draw(&d.set.items[0], dir, dir, path, 2 * CLOCK_NS_PER_S), -ETIMEDOUT);
		assert_non_null(
		    strstr(d.set.items[0].problem, "had not drawn it after 2 s and was ended"));
		assert_gone();
	}
	clean(&d);
}

/* In a child, since signals and their flag are the process's. Return: its status. */
static int drawn_in_a_child(const char *script)
{
	const char *path = stand_in(script);
	int status = -1;
	const pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct drawn d;

		one_lock(&d);
		if (interrupt_install() != 0)
			_exit(200);
		interrupt_unblock();
		_exit(-chart_draw(&d.set.items[0], dir, dir, path, LONG_NS));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void a_signal_ends_it(void **state)
{
	const int status = drawn_in_a_child(
	    "#!/bin/sh\necho $$ >\"${0%/*}/pid\"\nkill -TERM $PPID\nexec sleep 4321\n");

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EINTR);
	assert_gone();
}

static void it_dies_with_us(void **state)
{
	const int status = drawn_in_a_child(
	    "#!/bin/sh\necho $$ >\"${0%/*}/pid\"\nkill -KILL $PPID\nexec sleep 4321\n");

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_gone();
}

static void its_complaint_is_one_line(void **state)
{
	static const char script[] =
	    "#!/bin/sh\nprintf 'plot x\\n     ^\\nline 3: no\\tsuch thing\\n' >&2\nexit 1\n";
	const char *path = stand_in(script);
	char expected[640];
	struct drawn d;

	(void)state;
	one_lock(&d);
	assert_int_equal(chart_draw(&d.set.items[0], dir, dir, path, LONG_NS), -EIO);
	snprintf(expected, sizeof(expected), "%s: line 3: no such thing", path);
	assert_string_equal(d.set.items[0].problem, expected);
	clean(&d);
}

static void real_gnuplot(void **state)
{
	static const char *const endings[] = {"tsv", "svg", "png"};
	char scripts[4096], odd[512], file[600];
	struct drawn d;

	(void)state;
	/* `make test` runs in the root of the source tree. */
	if (chart_find_scripts(scripts, sizeof(scripts)))
		snprintf(scripts, sizeof(scripts), "scripts/plots");
	if (access(scripts, R_OK) || system("gnuplot --version >/dev/null 2>&1")) {
		print_message("no gnuplot, or its scripts cannot be found from here\n");
		skip();
	}
	one_lock(&d);
	assert_int_equal(chart_draw(&d.set.items[0], dir, scripts, "gnuplot", LONG_NS), 0);
	assert_true(exists("lock.svg"));
	assert_true(exists("lock.png"));
	assert_false(exists("lock.svg.partial"));
	assert_non_null(strstr(d.set.items[0].svg, "1 worker"));
	free(d.set.items[0].svg);
	d.set.items[0].svg = NULL;
	/* In a folder whose name no statement of gnuplot's can hold; what ends a CDATA section. */
	snprintf(odd, sizeof(odd), "%s/a\n'b", dir);
	assert_int_equal(mkdir(odd, 0700), 0);
	chart_set_text(&d.set.items[0], "title", "x ]]> y");
	assert_int_equal(chart_draw(&d.set.items[0], odd, scripts, "gnuplot", LONG_NS), 0);
	assert_non_null(strstr(d.set.items[0].svg, "x ]]) y"));
	for (size_t i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s/lock.%s", odd, endings[i]);
		assert_int_equal(unlink(file), 0);
	}
	assert_int_equal(rmdir(odd), 0);
	clean(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(gnuplot_fails, make_dir, drop_dir),
	    cmocka_unit_test_setup_teardown(its_complaint_is_one_line, make_dir, drop_dir),
	    cmocka_unit_test_setup_teardown(it_has_a_bound, make_dir, drop_dir),
	    cmocka_unit_test_setup_teardown(a_signal_ends_it, make_dir, drop_dir),
	    cmocka_unit_test_setup_teardown(it_dies_with_us, make_dir, drop_dir),
	    cmocka_unit_test_setup_teardown(real_gnuplot, make_dir, drop_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
