/* chart_draw.c - gnuplot as a child process: no shell, a deadline, one line when it fails. */
#include "harness/report/chart.h"

#include "harness/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The biggest chart takes a tenth of a second; a gnuplot that waits for something never ends. */
#define DEADLINE_MS 60000
#define SVG_MAX_BYTES (16u << 20)

extern char **environ;

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

static uint64_t now_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t))
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Reads to the end of @fd or the deadline. What does not fit is read and dropped. */
static int read_complaint(int fd, char *buf, size_t len)
{
	const uint64_t end = now_ms() + DEADLINE_MS;
	size_t used = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		const uint64_t now = now_ms();
		char rest[512];
		ssize_t n;
		int ready = now < end ? poll(&p, 1, (int)(end - now)) : 0;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return -errno;
		if (!ready)
			return -ETIMEDOUT;
		n = read(fd, rest, sizeof(rest));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			break;
		for (ssize_t i = 0; i < n; i++)
			if (used + 1 < len)
				buf[used++] = rest[i];
	}
	buf[used] = '\0';
	return 0;
}

static int spawn_gnuplot(const char *gnuplot, char *const argv[], int stderr_to, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	int rc = posix_spawn_file_actions_init(&files);

	if (rc)
		return -rc;
	rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_addopen(
		    &files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&files, stderr_to, STDERR_FILENO);
	if (!rc)
		rc = posix_spawnp(pid, gnuplot, &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return -rc;
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

static int run_gnuplot(struct chart *c, const char *gnuplot, char *const argv[])
{
	char text[2048] = "";
	int status = 0, ends[2], rc;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	rc = spawn_gnuplot(gnuplot, argv, ends[1], &pid);
	close(ends[1]);
	if (rc) {
		complain(c, "%s: %s", gnuplot, strerror(-rc));
		goto out;
	}
	rc = read_complaint(ends[0], text, sizeof(text));
	if (rc)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc) {
		complain(c, "%s: %s", gnuplot, strerror(-rc));
		rc = -EIO;
	} else if (!WIFEXITED(status) || WEXITSTATUS(status)) {
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

static int draw_format(
    struct chart *c, const char *dir, const char *scripts, const char *gnuplot, const char *format)
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
	chart_set_text(&given, "out", partial);
	/* The data file is the picture's path with another ending. */
	snprintf(path, sizeof(path), "%s/%s.tsv", dir, c->id);
	chart_set_text(&given, "data", path);
	text_buffer_add(&given.vars, text_buffer_str(&c->vars));
	rc = given.vars.failed ? -ENOMEM : 0;
	if (!rc) {
		char *argv[] = {(char *)(uintptr_t)gnuplot, (char[]){"-d"}, (char[]){"-e"},
		    given.vars.data, script, NULL};

		rc = run_gnuplot(c, gnuplot, argv);
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

int chart_draw(struct chart *c, const char *dir, const char *scripts, const char *gnuplot)
{
	static const char *const formats[] = {"svg", "png"};
	char path[PATH_MAX];
	int rc = chart_write_tsv(c, dir);

	for (size_t i = 0; i < 2 && !rc; i++)
		rc = draw_format(c, dir, scripts, gnuplot, formats[i]);
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
