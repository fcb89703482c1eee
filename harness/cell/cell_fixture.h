/*
 * cell_fixture.h - cells that are shell scripts, for the tests of the supervisor. Header only,
 * since the pattern rule links a test from one file.
 *
 * The test makes itself the reaper of all that its cells leave behind, so that "no process is left"
 * is exactly that waitpid(2) knows none.
 */
#ifndef CONCBENCH_CELL_FIXTURE_H
#define CONCBENCH_CELL_FIXTURE_H

#include "harness/base/clock.h"
#include "harness/cell/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define CELL_CASE "test/case"
/* Far beyond any delay of a busy machine; only a hang that nobody noticed would reach it. */
#define CELL_PATIENCE_NS (60 * CLOCK_NS_PER_S)
/* For those that hang by intention. */
#define CELL_IMPATIENCE_NS (200 * CLOCK_NS_PER_MS)

/* What every script begins with: the words of the protocol. */
#define CELL_PRELUDE                                                                              \
	"#!/bin/sh\n"                                                                             \
	"say() { printf '%s\\n' \"$1\" >&3; }\n"                                                  \
	"ready() { say '{\"v\":1,\"type\":\"ready\",\"case\":\"" CELL_CASE "\",\"hash\":\"h\","   \
	"\"pus\":\"0,1\",\"oversubscribed\":true,\"slot_ns\":1000}'; }\n"                         \
	"hear() { read -r heard <&3; }\n"                                                         \
	"sample() { say '{\"v\":1,\"type\":\"sample\",\"sample\":{\"launch\":0,\"slot\":'$1',"    \
	"\"warm_up\":false,\"metrics\":{\"ns_per_op\":2.5},\"worker_ops\":[3,4]}}'; }\n"          \
	"fail() { say '{\"v\":1,\"type\":\"fail\",\"status\":\"'$1'\",\"reason\":\"'$2'\"}'; }\n" \
	"summary() { say '{\"v\":1,\"type\":\"summary\",\"rows\":1,\"real_time_sum_ns\":2.5}'; "  \
	"}\n"                                                                                     \
	"nap() { exec sleep 1000; }\n"

static char cell_dir[64];

static inline void cell_path(char *out, size_t len, const char *name)
{
	assert_true(snprintf(out, len, "%s/%s", cell_dir, name) < (int)len);
}

static inline int cell_fixture_setup(void **state)
{
	(void)state;
	(void)snprintf(cell_dir, sizeof(cell_dir), "%s/concbench-cell-XXXXXX", P_tmpdir);
	return mkdtemp(cell_dir) ? prctl(PR_SET_CHILD_SUBREAPER, 1) : -1;
}

static inline int cell_fixture_teardown(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", cell_dir);
	return system(command);
}

/* Write the script of a cell and say how to run it. */
static inline struct cell_spec cell_script(char *exe, size_t exe_len, const char *body)
{
	FILE *f;

	cell_path(exe, exe_len, "cell.sh");
	/* Anew: a script that a child of an earlier test still has open must not be busy. */
	(void)unlink(exe);
	f = fopen(exe, "we");
	assert_non_null(f);
	assert_true(fputs(CELL_PRELUDE, f) >= 0 && fputs(body, f) >= 0 && fputc('\n', f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(exe, 0755), 0);
	return (struct cell_spec){.exe = exe,
	    .case_name = CELL_CASE,
	    .slots = 1,
	    .stderr_fd = STDERR_FILENO,
	    .ready_within_ns = CELL_PATIENCE_NS,
	    .turn_within_ns = CELL_PATIENCE_NS};
}

/* Killed ones take a moment to go. Return: false when one is still there after @within_ns. */
static inline bool cell_none_left(uint64_t within_ns)
{
	const uint64_t until_ns = clock_now_ns() + within_ns;
	pid_t pid;

	do {
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid == 0)
			clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
	} while (pid >= 0 && clock_now_ns() < until_ns);
	return pid < 0 && errno == ECHILD;
}

/* What a failure has to look like. */
struct cell_failure {
	const char *body;
	int error;
	enum case_status status; /* of the case */
	const char *why;         /* part of it */
	bool hangs;
};

static inline void cell_check_failure(
    const struct cell_failure *want, int ret, enum case_status reported, const char *why)
{
	if (ret != want->error || !strstr(why, want->why) ||
	    cell_failure_status(ret, reported) != want->status)
		fail_msg("%s: %d (%s) %s", want->body, ret,
		    status_name(cell_failure_status(ret, reported)), why);
	if (!cell_none_left(CELL_PATIENCE_NS))
		fail_msg("%s: left a process", want->body);
}

#endif
