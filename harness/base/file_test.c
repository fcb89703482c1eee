#include "harness/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char test_dir[256];
static char path_buf[512];

static const char *in_dir(const char *name)
{
	(void)snprintf(path_buf, sizeof(path_buf), "%s/%s", test_dir, name);
	return path_buf;
}

static int make_test_dir(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(
	    test_dir, sizeof(test_dir), "%s/concbench-file-XXXXXX", tmp ? tmp : P_tmpdir);
	return mkdtemp(test_dir) ? 0 : -1;
}

static unsigned entries(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	assert_int_equal(closedir(d), 0);
	return n;
}

static int remove_test_dir(void **state)
{
	DIR *d = opendir(test_dir);

	(void)state;
	if (!d)
		return -1;
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
	return rmdir(test_dir);
}

static void assert_content(const char *path, const void *data, size_t len)
{
	char *text;
	size_t n;

	assert_int_equal(file_read_all(path, SIZE_MAX, &text, &n), 0);
	assert_int_equal(n, len);
	assert_memory_equal(text, data, len);
	assert_int_equal(text[n], '\0');
	free(text);
}

static void writes_and_reads_back(void **state)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 1 << 20};
	char *data = malloc(1 << 20);

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < 1 << 20; i++)
		data[i] = (char)(i * 31 + (i >> 8));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *path = in_dir("whole");

		assert_int_equal(file_write_whole(path, data, sizes[i]), 0);
		assert_content(path, data, sizes[i]);
	}
	assert_int_equal(file_write_whole(in_dir("whole"), NULL, 0), 0);
	assert_content(in_dir("whole"), "", 0);
	assert_int_equal(entries(test_dir), 1);
	free(data);
}

static void mode_obeys_umask(void **state)
{
	static const mode_t masks[] = {022, 077, 0};
	static const mode_t modes[] = {0644, 0600, 0644};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		mode_t old = umask(masks[i]);
		struct stat st;

		assert_int_equal(file_write_whole(in_dir("mode"), "x", 1), 0);
		(void)umask(old);
		assert_int_equal(stat(in_dir("mode"), &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i]);
		assert_int_equal(unlink(in_dir("mode")), 0);
	}
}

/* A secret that is written again stays one. */
static void mode_outlives_replacing(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(file_write_whole(in_dir("mode"), "old", 3), 0);
	assert_int_equal(chmod(in_dir("mode"), 0640), 0);
	assert_int_equal(file_write_whole(in_dir("mode"), "new", 3), 0);
	assert_int_equal(stat(in_dir("mode"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_content(in_dir("mode"), "new", 3);
}

static void refuses_bad_paths(void **state)
{
	(void)state;
	assert_int_equal(file_write_whole("", "x", 1), -ENOENT);
	assert_int_equal(file_write_whole("/", "x", 1), -EISDIR);
	assert_int_equal(file_write_whole(in_dir("slash/"), "x", 1), -EISDIR);
	assert_int_equal(file_write_whole(in_dir("none/file"), "x", 1), -ENOENT);
	assert_int_equal(file_write_whole(in_dir("file"), "x", 1), 0);
	assert_int_equal(file_write_whole(in_dir("file/below"), "x", 1), -ENOTDIR);
	assert_int_equal(mkdir(in_dir("dir"), 0700), 0);
	/* Fails at the rename, after the temporary was written: it must be gone. */
	assert_int_equal(file_write_whole(in_dir("dir"), "x", 1), -EISDIR);
	assert_int_equal(entries(test_dir), 2);
	assert_int_equal(rmdir(in_dir("dir")), 0);
}

static void says_before_what_could_be_written(void **state)
{
	(void)state;
	assert_int_equal(file_check_whole(""), -ENOENT);
	assert_int_equal(file_check_whole("/"), -EISDIR);
	assert_int_equal(file_check_whole(in_dir("none/file")), -ENOENT);
	assert_int_equal(file_check_whole("/proc/file"), file_write_whole("/proc/file", "x", 1));
	assert_int_equal(file_check_whole(in_dir("file")), 0);
	/* Nothing is left of the question. */
	assert_int_equal(entries(test_dir), 0);
	assert_int_equal(file_write_whole(in_dir("file"), "kept", 4), 0);
	assert_int_equal(file_check_whole(in_dir("file")), 0);
	assert_int_equal(file_check_whole(in_dir("file/below")), -ENOTDIR);
	assert_content(in_dir("file"), "kept", 4);
	assert_int_equal(mkdir(in_dir("dir"), 0700), 0);
	assert_int_equal(file_check_whole(in_dir("dir")), -EISDIR);
	assert_int_equal(rmdir(in_dir("dir")), 0);
}

/* In a child: the limit on file sizes makes the second write(2) fail after a short first one, as a
 * full disk does, but needs no privileges. */
static int write_beyond_limit(bool whole, const char *path, const char *data, size_t len)
{
	const struct rlimit limit = {.rlim_cur = len / 2, .rlim_max = len / 2};
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		int err = -1, fd;

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
			_exit(255);
		if (whole) {
			err = file_write_whole(path, data, len);
		} else { /* the broken way: in place */
			fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
			if (fd >= 0)
				err = file_append_all(fd, data, len);
		}
		_exit(-err & 255);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static bool holds(const char *path, const char *expected)
{
	char *text;
	size_t len;
	bool same;

	if (file_read_all(path, SIZE_MAX, &text, &len) != 0)
		return false;
	same = len == strlen(expected) && memcmp(text, expected, len) == 0;
	free(text);
	return same;
}

static void failure_leaves_the_old_file(void **state)
{
	const size_t len = 256 * 1024;
	char *data = calloc(1, len);

	(void)state;
	assert_non_null(data);
	assert_int_equal(file_write_whole(in_dir("precious"), "old", 3), 0);
	assert_int_equal(write_beyond_limit(true, in_dir("precious"), data, len), -EFBIG);
	assert_true(holds(in_dir("precious"), "old"));
	assert_int_equal(entries(test_dir), 1);

	/* Negative control: writing in place must be caught by the same check. */
	assert_int_equal(write_beyond_limit(false, in_dir("precious"), data, len), -EFBIG);
	assert_false(holds(in_dir("precious"), "old"));
	free(data);
}

struct rewriter {
	const char *path;
	bool whole; /* false: the broken way, in place */
	bool stop;
	int err;
};

#define REWRITE_BYTES ((size_t)64 * 1024)

static void *rewrite(void *arg)
{
	struct rewriter *r = arg;
	char *data = malloc(REWRITE_BYTES);
	char fill = 'a';

	if (!data) {
		r->err = -ENOMEM;
		return NULL;
	}
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED) && !r->err) {
		memset(data, fill, REWRITE_BYTES);
		fill = fill == 'z' ? 'a' : (char)(fill + 1);
		if (r->whole) {
			r->err = file_write_whole(r->path, data, REWRITE_BYTES);
		} else {
			int fd = open(r->path, O_WRONLY | O_TRUNC | O_CLOEXEC);

			r->err = fd < 0 ? -errno : file_append_all(fd, data, REWRITE_BYTES);
			if (fd >= 0)
				(void)close(fd);
		}
	}
	free(data);
	return NULL;
}

/* Readings, out of @attempts, that were cut short or mixed. Stops at the first in the broken case.
 */
static unsigned torn_readings(const char *path, bool whole, unsigned attempts)
{
	struct rewriter r = {.path = path, .whole = whole};
	unsigned torn = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, rewrite, &r), 0);
	for (unsigned i = 0; i < attempts && (whole || torn == 0); i++) {
		size_t len = 0;
		char *text = NULL;
		int err = file_read_all(path, SIZE_MAX, &text, &len);

		assert_int_equal(err, 0);
		torn += len != REWRITE_BYTES || memchr(text, text[0], len) != text ||
			text[0] != text[len - 1];
		free(text);
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(r.err, 0);
	return torn;
}

static void readers_see_old_or_new(void **state)
{
	char *data = malloc(REWRITE_BYTES);

	(void)state;
	assert_non_null(data);
	memset(data, 'a', REWRITE_BYTES);
	assert_int_equal(file_write_whole(in_dir("shared"), data, REWRITE_BYTES), 0);
	free(data);
	assert_int_equal(torn_readings(in_dir("shared"), true, 300), 0);
	assert_int_not_equal(torn_readings(in_dir("shared"), false, 1000000), 0);
}

/* Asked to end in the middle of writing, nobody leaves half a file, or a temporary one. */
static void whoever_is_asked_to_end_leaves_nothing_half(void **state)
{
	static const char text[] = "all of it\n";
	const int how[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	const char *path = in_dir("whole");
	sigset_t asking, before;

	(void)state;
	assert_int_equal(sigemptyset(&asking), 0);
	for (size_t s = 0; s < sizeof(how) / sizeof(how[0]); s++)
		assert_int_equal(sigaddset(&asking, how[s]), 0);
	for (unsigned i = 0; i < 80; i++) {
		int status;
		pid_t pid;

		/* Until it is known what becomes of them there. */
		assert_int_equal(sigprocmask(SIG_BLOCK, &asking, &before), 0);
		pid = fork();
		if (pid == 0) {
			(void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
			/* Who was started in the background, or by nohup, ignores some. */
			for (size_t s = 0; s < sizeof(how) / sizeof(how[0]); s++)
				(void)signal(how[s], SIG_DFL);
			(void)sigprocmask(SIG_UNBLOCK, &asking, NULL);
			while (file_write_whole(path, text, sizeof(text)) == 0)
				;
			_exit(1);
		}
		assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
		assert_true(pid > 0);
		usleep(1000 + i * 100);
		assert_int_equal(kill(pid, how[i % 4]), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == how[i % 4]);
		assert_true(entries(test_dir) <= 1);
	}
	assert_content(path, text, sizeof(text));
}

static void reads_proc_and_refuses_much(void **state)
{
	char *text = (char *)1;
	char line[64] = "untouched";
	size_t len = 77;

	(void)state;
	assert_int_equal(file_read_all("/proc/self/status", 1 << 20, &text, &len), 0);
	assert_true(len > 100 && strlen(text) == len);
	assert_memory_equal(text, "Name:", 5);
	free(text);

	assert_int_equal(file_write_whole(in_dir("ten"), "0123456789", 10), 0);
	text = (char *)1;
	len = 77;
	assert_int_equal(file_read_all(in_dir("ten"), 9, &text, &len), -EFBIG);
	assert_int_equal(file_read_all("/dev/zero", 100000, &text, &len), -EFBIG);
	assert_int_equal(file_read_all(test_dir, 9, &text, &len), -EISDIR);
	assert_int_equal(file_read_all(in_dir("none"), 9, &text, &len), -ENOENT);
	assert_int_equal(file_read_line(in_dir("none"), line, sizeof(line)), -ENOENT);
	assert_int_equal(file_read_line(in_dir("ten"), line, 10), -EFBIG);
	assert_ptr_equal(text, (char *)1);
	assert_int_equal(len, 77);
	assert_string_equal(line, "untouched");
	assert_int_equal(file_read_all(in_dir("ten"), 10, &text, NULL), 0);
	assert_string_equal(text, "0123456789");
	free(text);
}

static void reads_lines(void **state)
{
	static const struct {
		const char *content, *line;
	} cases[] = {
	    {"", ""},
	    {"\n", ""},
	    {"performance\n", "performance"},
	    {"no newline", "no newline"},
	    {"first\nsecond\n", "first"},
	};
	char line[11];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = in_dir("line");
		const char *content = cases[i].content;

		assert_int_equal(file_write_whole(path, content, strlen(content)), 0);
		if (strlen(cases[i].line) < sizeof(line)) {
			assert_int_equal(file_read_line(path, line, sizeof(line)), 0);
			assert_string_equal(line, cases[i].line);
		} else {
			assert_int_equal(file_read_line(path, line, sizeof(line)), -EFBIG);
		}
	}
}

static void makes_dirs(void **state)
{
	static const char *const made[] = {"a/b/c", "a/b", "a"};
	char path[5000];
	struct stat st;

	(void)state;
	assert_int_equal(file_make_dirs(in_dir("a//b/c/")), 0);
	assert_int_equal(stat(in_dir("a/b/c"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(file_make_dirs(in_dir("a/b/c")), 0);
	assert_int_equal(file_make_dirs("/"), 0);
	assert_int_equal(file_make_dirs("."), 0);
	assert_int_equal(file_make_dirs(""), -ENOENT);
	assert_int_equal(file_write_whole(in_dir("f"), "", 0), 0);
	assert_int_equal(file_make_dirs(in_dir("f")), -ENOTDIR);
	assert_int_equal(file_make_dirs(in_dir("f/g")), -ENOTDIR);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(file_make_dirs(path), -ENAMETOOLONG);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(rmdir(in_dir(made[i])), 0);
}

static void appends_all_through_a_pipe(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(file_append_all(fds[1], "abc", 3), 0);
	assert_int_equal(file_append_all(fds[1], NULL, 0), 0);
	assert_int_equal(close(fds[0]), 0);
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(file_append_all(fds[1], "abc", 3), -EPIPE);
	(void)signal(SIGPIPE, SIG_DFL);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(file_append_all(-1, "abc", 3), -EBADF);
}

struct reader {
	pthread_t thread, writer;
	int fd;
	size_t len;
	const unsigned char *want;
	bool same; /* and nothing behind it */
};

static void nothing(int signal)
{
	(void)signal;
}

/* When the pipe is full it calls the writer out of its write(2), which then has written a part. */
static void *read_slowly(void *arg)
{
	struct reader *r = arg;
	unsigned char chunk[4096];
	size_t got = 0;
	ssize_t n;

	r->same = true;
	do {
		(void)usleep(1000);
		(void)pthread_kill(r->writer, SIGUSR1);
		(void)usleep(1000);
		n = read(r->fd, chunk, sizeof(chunk));
		for (ssize_t i = 0; i < n; i++, got++)
			r->same &= got < r->len && chunk[i] == r->want[got];
	} while (n > 0);
	r->same &= n == 0 && got == r->len;
	return NULL;
}

static void a_short_write_is_gone_on_with(void **state)
{
	const struct sigaction interrupts = {.sa_handler = nothing};
	struct reader r = {.writer = pthread_self(), .len = 200000};
	unsigned char *data = malloc(r.len);
	struct sigaction before;
	int fds[2];

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < r.len; i++)
		data[i] = (unsigned char)(i % 251);
	r.want = data;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	r.fd = fds[0];
	assert_int_equal(sigaction(SIGUSR1, &interrupts, &before), 0);
	assert_int_equal(pthread_create(&r.thread, NULL, read_slowly, &r), 0);
	assert_int_equal(file_append_all(fds[1], data, r.len), 0);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(pthread_join(r.thread, NULL), 0);
	assert_true(r.same);
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
	free(data);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_test_dir, remove_test_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(writes_and_reads_back),
	    IN_DIR(mode_obeys_umask),
	    IN_DIR(mode_outlives_replacing),
	    IN_DIR(refuses_bad_paths),
	    IN_DIR(says_before_what_could_be_written),
	    IN_DIR(failure_leaves_the_old_file),
	    IN_DIR(readers_see_old_or_new),
	    IN_DIR(whoever_is_asked_to_end_leaves_nothing_half),
	    IN_DIR(reads_proc_and_refuses_much),
	    IN_DIR(reads_lines),
	    IN_DIR(makes_dirs),
	    cmocka_unit_test(appends_all_through_a_pipe),
	    cmocka_unit_test(a_short_write_is_gone_on_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
