/* run_folder_test.c - folders of runs: their names, their parents, and results/latest. */
#include "harness/run/run_folder.h"

#include <errno.h>
#include <regex.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* 2026-11-23 14:05:01 UTC. */
#define NOW ((time_t)1795442701)

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/concbench-folder-XXXXXX", P_tmpdir);
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void below(char *out, size_t len, const char *name)
{
	assert_true(snprintf(out, len, "%s/%s", dir, name) < (int)len);
}

static void a_folder_says_when_and_where(void **state)
{
	char results[96], id[128], id2[128], path[256], path2[256], want[300];
	struct stat st;
	regex_t form;

	(void)state;
	below(results, sizeof(results), "a/results");
	/* Local time must not come in. */
	assert_int_equal(setenv("TZ", "Asia/Kathmandu", 1), 0);
	assert_int_equal(run_folder_create(results, NOW, id, sizeof(id), path, sizeof(path)), 0);
	assert_int_equal(unsetenv("TZ"), 0);
	assert_int_equal(regcomp(&form, "^20261123T140501Z-[A-Za-z0-9_-]{1,24}-[0-9a-f]{6}$",
			     REG_EXTENDED | REG_NOSUB),
	    0);
	if (regexec(&form, id, 0, NULL, 0) != 0)
		fail_msg("%s", id);
	/* Negative control: a host's dots and a longer one's rest would be seen. */
	assert_int_not_equal(regexec(&form, "20261123T140501Z-a.b-123456", 0, NULL, 0), 0);
	regfree(&form);
	(void)snprintf(want, sizeof(want), "%s/%s", results, id);
	assert_string_equal(path, want);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	/* In the same second another one. */
	assert_int_equal(
	    run_folder_create(results, NOW, id2, sizeof(id2), path2, sizeof(path2)), 0);
	assert_string_not_equal(id, id2);
}

static void what_cannot_be_made_is_said(void **state)
{
	char file[96], inside[128], id[128], path[256], tiny[8];
	FILE *f;

	(void)state;
	below(file, sizeof(file), "file");
	f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(
	    run_folder_create(file, NOW, id, sizeof(id), path, sizeof(path)), -ENOTDIR);
	(void)snprintf(inside, sizeof(inside), "%s/results", file);
	assert_int_equal(
	    run_folder_create(inside, NOW, id, sizeof(id), path, sizeof(path)), -ENOTDIR);
	assert_int_equal(
	    run_folder_create(dir, NOW, id, sizeof(id), tiny, sizeof(tiny)), -ENAMETOOLONG);
	/* A name that was cut would be another folder's. */
	assert_int_equal(
	    run_folder_create(dir, NOW, tiny, sizeof(tiny), path, sizeof(path)), -ENAMETOOLONG);
}

static void nothing_is_made_where_writing_is_not_allowed(void **state)
{
	char results[96], id[128], path[256];
	int ret;

	(void)state;
	below(results, sizeof(results), "locked");
	assert_int_equal(mkdir(results, 0555), 0);
	if (access(results, W_OK) == 0)
		skip(); /* root may write everywhere */
	ret = run_folder_create(results, NOW, id, sizeof(id), path, sizeof(path));
	assert_int_equal(ret, -EACCES);
}

static void read_latest(char *out, size_t len)
{
	char link[96];
	ssize_t n;

	below(link, sizeof(link), "latest");
	n = readlink(link, out, len - 1);
	assert_true(n >= 0);
	out[n] = '\0';
}

static void latest_follows(void **state)
{
	char latest[96], to[64], blocked[128];

	(void)state;
	below(latest, sizeof(latest), "latest");
	assert_int_equal(run_folder_link_latest(dir, "first"), 0);
	read_latest(to, sizeof(to));
	assert_string_equal(to, "first");
	assert_int_equal(run_folder_link_latest(dir, "second"), 0);
	read_latest(to, sizeof(to));
	assert_string_equal(to, "second");
	/* A folder of that name is somebody's: left alone, and no temporary link stays. */
	assert_int_equal(unlink(latest), 0);
	assert_int_equal(mkdir(latest, 0777), 0);
	assert_int_equal(run_folder_link_latest(dir, "third"), -EEXIST);
	(void)snprintf(blocked, sizeof(blocked), "%s/.latest-%ld", dir, (long)getpid());
	assert_int_equal(access(blocked, F_OK), -1);
	assert_int_equal(rmdir(latest), 0);
	/* Nor is a file of that name replaced. */
	assert_int_equal(mkfifo(latest, 0600), 0);
	assert_int_equal(run_folder_link_latest(dir, "third"), -EEXIST);
	assert_int_equal(unlink(latest), 0);
	(void)snprintf(blocked, sizeof(blocked), "%s/nowhere", dir);
	assert_int_equal(run_folder_link_latest(blocked, "x"), -ENOENT);
}

/* In a UTS namespace of its own. Return: the exit status, 77 when there can be none. */
static int folder_of_host(const char *host, const char *want)
{
	char id[128], path[256], part[64];
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWUTS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWUTS) != 0)
			_exit(77);
		if (sethostname(host, strlen(host)) != 0)
			_exit(77);
		if (run_folder_create(dir, NOW, id, sizeof(id), path, sizeof(path)) != 0)
			_exit(1);
		(void)snprintf(part, sizeof(part), "Z-%s-", want);
		_exit(strstr(id, part) ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void hosts_become_parts_of_names(void **state)
{
	static const struct {
		const char *host, *want;
	} table[] = {
	    {"box", "box"},
	    {"a b/c.d", "a_b_c_d"},
	    {"exactly-24-characters-ab", "exactly-24-characters-ab"},
	    {"ip-10-0-0-17.eu-central-1.compute.internal", "ip-10-0-0-17_eu-central-"},
	    {"0123456789012345678901234567890123456789012345678901234567890123",
		"012345678901234567890123"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const int status = folder_of_host(table[i].host, table[i].want);

		if (status == 77)
			skip(); /* no namespace with a host name of its own */
		if (status)
			fail_msg("%s: %d", table[i].host, status);
	}
	/* Negative control. */
	assert_int_equal(folder_of_host("box", "bax"), 2);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(a_folder_says_when_and_where),
	    IN_DIR(what_cannot_be_made_is_said),
	    IN_DIR(nothing_is_made_where_writing_is_not_allowed),
	    IN_DIR(latest_follows),
	    IN_DIR(hosts_become_parts_of_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
