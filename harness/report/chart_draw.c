/* chart_draw.c - gnuplot as a child process: no shell, a deadline, one line when it fails. */
#include "harness/report/chart.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SVG_MAX_BYTES (16u << 20)

static bool has_scripts(const char *dir)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/style.gp", dir);

	return n > 0 && (size_t)n < sizeof(path) && !access(path, R_OK);
}

static int copy_dir(char *dir, size_t len, const char *from)
{
	return (size_t)snprintf(dir, len, "%s", from) < len ? 0 : -ENAMETOOLONG;
}

int chart_find_scripts(char *dir, size_t len)
{
	/* The second is for instrumented builds, which have a folder of their own in build/. */
	static const char *const beside[] = {
	    "../scripts/plots", "../../scripts/plots", "../share/concbench/plots"};
	const char *given = getenv("CONCBENCH_DATADIR");
	char exe[PATH_MAX];
	char *slash = NULL;
	ssize_t n;

	if (given && has_scripts(given))
		return copy_dir(dir, len, given);
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n > 0) {
		exe[n] = '\0';
		slash = strrchr(exe, '/');
	}
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]) && slash; i++) {
		char path[PATH_MAX];
		int m;

		*slash = '\0';
		m = snprintf(path, sizeof(path), "%s/%s", exe, beside[i]);
		if (m > 0 && (size_t)m < sizeof(path) && has_scripts(path))
			return copy_dir(dir, len, path);
	}
	return -ENOENT;
}

__attribute__((format(printf, 2, 3))) static void complain(struct chart *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->problem, sizeof(c->problem), format, ap);
	va_end(ap);
	text_clean(c->problem);
}

/* In the charts' folder: its path may hold what a gnuplot statement cannot. */
static void become_gnuplot(
    const char *dir, char *const argv[], pid_t parent, int stderr_to, int failed)
{
	const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int err;

	child_die_with(parent);
	interrupt_restore_child();
	if (nothing >= 0 && setpgid(0, 0) == 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
	    dup2(nothing, STDOUT_FILENO) >= 0 && dup2(stderr_to, STDERR_FILENO) >= 0 &&
	    chdir(dir) == 0)
		execvp(argv[0], argv);
	err = errno;
	(void)file_append_all(failed, &err, sizeof(err));
	_exit(127);
}

/* Not posix_spawn(3): that cannot have it die with us. Return: 0; -errno, also of exec. */
static int start_gnuplot(const char *dir, char *const argv[], int stderr_to, pid_t *pid)
{
	const pid_t parent = getpid();
	int failed[2], err = 0;
	ssize_t n;

	if (pipe2(failed, O_CLOEXEC))
		return -errno;
	*pid = fork();
	if (*pid == 0)
		become_gnuplot(dir, argv, parent, stderr_to, failed[1]);
	if (*pid < 0)
		err = errno;
	(void)close(failed[1]);
	if (*pid > 0) {
		do
			n = read(failed[0], &err, sizeof(err));
		while (n < 0 && errno == EINTR);
		if (n > 0)
			while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
				;
	}
	(void)close(failed[0]);
	return -err;
}

/* Until it has ended: what it says goes to @text, what does not fit is dropped. In slices, since a
 * signal may come between looking for one and going to sleep.
 * Return: 0 and @status; -EINTR, -ETIMEDOUT and it has been ended, with all that it had started. */
static int follow(pid_t pid, int fd, uint64_t bound_ns, char *text, size_t len, int *status)
{
	const uint64_t end_ns = clock_now_ns() + bound_ns;
	struct pollfd said = {.fd = fd, .events = POLLIN};
	size_t used = 0;
	int rc = 0;

	text[0] = '\0';
	while (!rc) {
		const uint64_t now_ns = clock_now_ns();
		char rest[512];
		ssize_t n = 1;

		if (said.fd < 0 && waitpid(pid, status, WNOHANG) == pid)
			return 0;
		if (now_ns >= end_ns) {
			rc = -ETIMEDOUT;
			continue;
		}
		rc = interrupt_poll(&said, 1, now_ns + (said.fd < 0 ? 2 : 100) * CLOCK_NS_PER_MS);
		if (rc > 0)
			n = read(fd, rest, sizeof(rest));
		if (rc > 0 && n <= 0)
			said.fd = -1;
		for (ssize_t i = 0; rc > 0 && i < n; i++)
			if (used + 1 < len)
				text[used++] = rest[i];
		text[used] = '\0';
		rc = rc > 0 ? 0 : rc;
	}
	(void)kill(-pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return rc;
}

/* gnuplot names the line and draws an arrow at the column; its last line says what is wrong. */
static const char *last_line(char *text)
{
	size_t n = strlen(text);
	char *line;

	while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
		text[--n] = '\0';
	line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

static int run_gnuplot(struct chart *c, const char *dir, char *const argv[], uint64_t bound_ns)
{
	const char *gnuplot = argv[0];
	char text[2048] = "";
	int status = 0, ends[2], rc;
	pid_t pid = -1;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	rc = start_gnuplot(dir, argv, ends[1], &pid);
	close(ends[1]);
	if (rc) {
		complain(c, "%s: %s", gnuplot, strerror(-rc));
		goto out;
	}
	rc = follow(pid, ends[0], bound_ns, text, sizeof(text), &status);
	if (rc == -ETIMEDOUT) {
		complain(c, "%s: had not drawn it after %.3g s and was ended", gnuplot,
		    (double)bound_ns / 1e9);
	} else if (!rc && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		const char *line = last_line(text);

		complain(c, "%s: %s", gnuplot,
		    *line                 ? line
		    : WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
					  : "failed");
		rc = -EIO;
	}
out:
	close(ends[0]);
	return rc;
}

static int draw_format(struct chart *c, const char *dir, const char *scripts, const char *gnuplot,
    uint64_t bound_ns, const char *format)
{
	char path[PATH_MAX], partial[PATH_MAX + 16], script[PATH_MAX];
	struct chart given = {0};
	struct stat st;
	int n, rc;

	n = snprintf(path, sizeof(path), "%s/%s.%s", dir, c->id, format);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	snprintf(partial, sizeof(partial), "%s.partial", path);
	n = snprintf(script, sizeof(script), "%s/%s", scripts, c->script);
	if (n < 0 || (size_t)n >= sizeof(script))
		return -ENAMETOOLONG;
	/* An older picture must not pass for this run's when drawing fails. */
	if (unlink(path) && errno != ENOENT)
		return -errno;
	chart_set_text(&given, "format", format);
	chart_set_text(&given, "scripts", scripts);
	chart_set_text(&given, "out", strrchr(partial, '/') + 1);
	/* The data file is the picture's path with another ending. */
	snprintf(path, sizeof(path), "%s.tsv", c->id);
	chart_set_text(&given, "data", path);
	text_buffer_add(&given.vars, text_buffer_str(&c->vars));
	rc = given.vars.failed ? -ENOMEM : 0;
	if (!rc) {
		char *argv[] = {(char *)(uintptr_t)gnuplot, (char[]){"-d"}, (char[]){"-e"},
		    given.vars.data, script, NULL};

		rc = run_gnuplot(c, dir, argv, bound_ns);
	}
	text_buffer_free(&given.vars);
	snprintf(path, sizeof(path), "%s/%s.%s", dir, c->id, format);
	if (!rc && (stat(partial, &st) || !st.st_size)) {
		complain(c, "%s: wrote no %s", gnuplot, format);
		rc = -EIO;
	}
	if (!rc && rename(partial, path)) {
		rc = -errno;
		complain(c, "%s: %s", path, strerror(-rc));
	}
	if (rc)
		(void)unlink(partial);
	return rc;
}

int chart_write_tsv(struct chart *c, const char *dir)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s.tsv", dir, c->id);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	if (c->tsv.failed)
		return -ENOMEM;
	return file_write_whole(path, text_buffer_str(&c->tsv), c->tsv.len);
}

int chart_draw(
    struct chart *c, const char *dir, const char *scripts, const char *gnuplot, uint64_t bound_ns)
{
	static const char *const formats[] = {"svg", "png"};
	char path[PATH_MAX], scripts_at[PATH_MAX], gnuplot_at[PATH_MAX];
	int rc = chart_write_tsv(c, dir);

	/* Both are looked for from another folder. What is not there is complained of by its name.
	 */
	if (realpath(scripts, scripts_at))
		scripts = scripts_at;
	if (strchr(gnuplot, '/') && realpath(gnuplot, gnuplot_at))
		gnuplot = gnuplot_at;
	for (size_t i = 0; i < 2 && !rc; i++)
		rc = draw_format(c, dir, scripts, gnuplot, bound_ns, formats[i]);
	/* Without the PNG's terminal the SVG is still there, and the page shows it. */
	snprintf(path, sizeof(path), "%s/%s.svg", dir, c->id);
	if (!access(path, R_OK)) {
		int read = file_read_all(path, SVG_MAX_BYTES, &c->svg, NULL);

		if (!rc)
			rc = read;
	}
	if (rc && !c->problem[0])
		complain(c, "%s", strerror(-rc));
	return rc;
}
