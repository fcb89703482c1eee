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
	assert_int_equal(output_check(link_to), 0);
	assert_int_equal(output_store(link_to, &b), 0);
	assert_int_equal(type_of(link_to), S_IFLNK);
	assert_int_equal(type_of(file), S_IFREG);
	assert_holds(file, "one two");
	assert_int_equal(output_check(nowhere), -ENOENT);
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
	assert_int_equal(output_check(pipe_at), 0);
	assert_int_equal(output_store_or_print(pipe_at, &b), 0);
	assert_int_equal(read(fd, got, sizeof(got) - 1), 7);
	assert_string_equal(got, "through");
	assert_int_equal(type_of(pipe_at), S_IFIFO);
	close(fd);
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
	    cmocka_unit_test(a_dash_is_standard_output),
	};

	return cmocka_run_group_tests_name("output", tests, set_up, tear_down);
}
