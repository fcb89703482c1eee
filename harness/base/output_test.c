/* output_test.c - what is named is written to; what is no file, or a link, is never replaced. */
#include "harness/base/output.h"

#include "harness/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/concbench_output_XXXXXX";
static char file[64], link_to[64], pipe_at[64], nowhere[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(link_to, sizeof(link_to), "%s/link", dir);
	snprintf(pipe_at, sizeof(pipe_at), "%s/pipe", dir);
	snprintf(nowhere, sizeof(nowhere), "%s/nowhere", dir);
	/* Relative: from where the link is. */
	if (symlink("file", link_to) || symlink("missing", nowhere))
		return -1;
	return mkfifo(pipe_at, 0600);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(file);
	unlink(link_to);
	unlink(pipe_at);
	unlink(nowhere);
	return rmdir(dir);
}

static mode_t type_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & S_IFMT;
}

static void assert_holds(const char *path, const char *want)
{
	char *text = NULL;

	assert_int_equal(file_read_all(path, 100, &text, NULL), 0);
	assert_string_equal(text, want);
	free(text);
}

static void a_link_stays_one(void **state)
{
	struct text_buffer b = {0};

	(void)state;
	text_buffer_add(&b, "one");
	assert_int_equal(output_store(file, &b), 0);
	text_buffer_add(&b, " two");
	assert_int_equal(file_check_whole(link_to), 0);
	assert_int_equal(output_store(link_to, &b), 0);
	assert_int_equal(type_of(link_to), S_IFLNK);
	assert_int_equal(type_of(file), S_IFREG);
	assert_holds(file, "one two");
	assert_int_equal(file_check_whole(nowhere), -ENOENT);
	assert_int_equal(output_store(nowhere, &b), -ENOENT);
	assert_int_equal(type_of(nowhere), S_IFLNK);
	text_buffer_free(&b);
}

static void a_pipe_is_written_to(void **state)
{
	const int fd = open(pipe_at, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct text_buffer b = {0};
	char got[16] = "";

	(void)state;
	assert_true(fd >= 0);
	text_buffer_add(&b, "through");
	assert_int_equal(file_check_whole(pipe_at), 0);
	assert_int_equal(output_store_or_print(pipe_at, &b), 0);
	assert_int_equal(read(fd, got, sizeof(got) - 1), 7);
	assert_string_equal(got, "through");
	assert_int_equal(type_of(pipe_at), S_IFIFO);
	close(fd);
	text_buffer_free(&b);
}

/* A private node: what fails here must not cost the machine its own. */
static void a_device_is_written_to(void **state)
{
	const dev_t null = makedev(1, 3);
	struct text_buffer b = {0};
	struct stat st;

	(void)state;
	if (mknod(file, S_IFCHR | 0600, null) != 0)
		skip();
	text_buffer_add(&b, "gone");
	assert_int_equal(file_check_whole(file), 0);
	/* A container may keep nodes from being opened; replaced they are in no case. */
	(void)output_store(file, &b);
	assert_int_equal(lstat(file, &st), 0);
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == null);
	assert_int_equal(unlink(file), 0);
	text_buffer_free(&b);
}

/* Of a file that the shell has opened for us: its reader has that one, and no other of its name. */
static void what_is_open_already_is_not_replaced(void **state)
{
	char by_number[32];
	struct text_buffer b = {0};
	struct stat before, after;
	int saved, fd, failed = 0;

	(void)state;
	text_buffer_add(&b, "more,");
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(saved >= 0 && fd >= 0);
	assert_int_equal(fstat(fd, &before), 0);
	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
	(void)fputs("table,", stdout);
	failed |= file_check_whole("/dev/stdout") || output_store("/dev/stdout", &b);
	failed |= output_store(file, &b);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	snprintf(by_number, sizeof(by_number), "/dev/fd/%d", fd);
	failed |= output_store(by_number, &b);
	close(fd);
	close(saved);
	assert_int_equal(failed, 0);
	assert_int_equal(stat(file, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	assert_holds(file, "table,more,more,more,");
	text_buffer_free(&b);
}

static void a_dash_is_standard_output(void **state)
{
	struct text_buffer b = {0};
	int saved, fd;

	(void)state;
	text_buffer_add(&b, "printed");
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(saved >= 0 && fd >= 0);
	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
	assert_int_equal(output_store_or_print("-", &b), 0);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(fd);
	close(saved);
	assert_holds(file, "printed");
	assert_int_equal(access("-", F_OK), -1);
	text_buffer_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_link_stays_one),
	    cmocka_unit_test(a_pipe_is_written_to),
	    cmocka_unit_test(a_device_is_written_to),
	    cmocka_unit_test(what_is_open_already_is_not_replaced),
	    cmocka_unit_test(a_dash_is_standard_output),
	};

	return cmocka_run_group_tests_name("output", tests, set_up, tear_down);
}
