/* progress_test.c - the line as a terminal gets it. */
#include "harness/base/progress.h"

#include "harness/base/clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

struct terminal {
	int fd;        /* what the program writes comes out here */
	int saved_err; /* standard error as it was */
};

static bool open_terminal(struct terminal *t, unsigned short columns)
{
	const struct winsize size = {.ws_row = 24, .ws_col = columns};
	const char *name;
	int fd;

	t->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0)
		return false;
	name = grantpt(t->fd) || unlockpt(t->fd) ? NULL : ptsname(t->fd);
	fd = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (fd < 0) {
		close(t->fd);
		return false;
	}
	assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
	t->saved_err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	assert_true(t->saved_err >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
	return true;
}

static void close_terminal(const struct terminal *t)
{
	assert_int_equal(dup2(t->saved_err, STDERR_FILENO), STDERR_FILENO);
	close(t->saved_err);
	close(t->fd);
}

/* What was drawn since the last call. */
static void check_drawn(const struct terminal *t, const char *expected)
{
	char text[300];
	const ssize_t n = read(t->fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	if (!strcmp(text, expected))
		return;
	/* Or the failure would be told to the terminal that goes with us. */
	close_terminal(t);
	assert_string_equal(text, expected);
}

static void the_line_says_what_is_left(void **state)
{
	static const struct {
		uint64_t left_ns;
		const char *line;
	} rows[] = {
	    {UINT64_MAX, "\r[3/12] lock/a\033[K"},
	    {0, "\r[3/12, 0 ns left] lock/a\033[K"},
	    {42 * CLOCK_NS_PER_S, "\r[3/12, 42 s left] lock/a\033[K"},
	    {125 * CLOCK_NS_PER_S, "\r[3/12, 2 min 5 s left] lock/a\033[K"},
	};
	struct progress p;
	struct terminal t;
	uint64_t before_ns;

	(void)state;
	if (!open_terminal(&t, 80))
		skip(); /* no terminals here (/dev/pts) */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		progress_begin(&p, false);
		progress_show(&p, 3, 12, rows[i].left_ns, "lock/a");
		check_drawn(&t, rows[i].line);
	}
	/* Drawn again at once, it would only flicker; unless this was held up for so long. */
	p.last_ns = clock_now_ns();
	before_ns = p.last_ns;
	progress_show(&p, 4, 12, UINT64_MAX, "lock/b");
	check_drawn(&t, p.last_ns == before_ns ? "" : "\r[4/12] lock/b\033[K");
	assert_true(p.last_ns == before_ns || p.last_ns - before_ns >= 100 * CLOCK_NS_PER_MS);
	p.last_ns = 1;
	progress_show(&p, 5, 12, UINT64_MAX, "lock/c");
	check_drawn(&t, "\r[5/12] lock/c\033[K");
	progress_end(&p);
	check_drawn(&t, "\r\033[K");
	/* After its end there is no line. */
	progress_show(&p, 6, 12, UINT64_MAX, "lock/d");
	check_drawn(&t, "");
	close_terminal(&t);
}

static void a_narrow_terminal_cuts_it(void **state)
{
	struct progress p;
	struct terminal t;

	(void)state;
	if (!open_terminal(&t, 24))
		skip(); /* no terminals here (/dev/pts) */
	progress_begin(&p, false);
	progress_show(&p, 3, 12, 42 * CLOCK_NS_PER_S, "lock/with_a_long_name");
	/* 23 of 24 columns. */
	check_drawn(&t, "\r[3/12, 42 s left] lock/\033[K");
	close_terminal(&t);
}

static void nothing_when_quiet_or_in_a_pipe(void **state)
{
	struct progress p;
	struct terminal t;
	char text[300];
	int pipe_fd[2], saved;

	(void)state;
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK), 0);
	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	assert_int_equal(dup2(pipe_fd[1], STDERR_FILENO), STDERR_FILENO);
	progress_begin(&p, false);
	progress_show(&p, 3, 12, 0, "lock/a");
	progress_end(&p);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	assert_int_equal(read(pipe_fd[0], text, sizeof(text)), -1);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	if (!open_terminal(&t, 80))
		skip(); /* no terminals here (/dev/pts) */
	progress_begin(&p, true);
	progress_show(&p, 3, 12, 0, "lock/a");
	progress_end(&p);
	check_drawn(&t, "");
	close_terminal(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_line_says_what_is_left),
	    cmocka_unit_test(a_narrow_terminal_cuts_it),
	    cmocka_unit_test(nothing_when_quiet_or_in_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
