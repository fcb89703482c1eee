/*
 * tool.h - another program, run to its end: git, a user's build.
 */
#ifndef CONCBENCH_TOOL_H
#define CONCBENCH_TOOL_H

#include <stdbool.h>
#include <stddef.h>

struct tool {
	const char *const *argv; /* up to a NULL; looked for on the PATH */
	const char *dir;         /* where; NULL: here */
	const char *index;       /* $GIT_INDEX_FILE; NULL: git's own */
	int out, err;            /* descriptors; -1: thrown away */
	bool to_the_end;         /* it cleans up: a signal must not stop it */
};

/**
 * tool_run() - start it in a process group of its own and wait for it. Nothing of the group is left
 * when this returns, be it that a signal has come (SIGTERM, five seconds later SIGKILL). It reads
 * nothing, and what git has put into our environment about another repository is not in its.
 * interrupt_install() first.
 * Return: its exit status, 128 + the signal's number, 127 when there is no such program; -EINTR;
 * -errno.
 */
int tool_run(const struct tool *t);

/**
 * tool_ask() - the same, for what it says on stdout, without the last newline; what does not fit is
 * cut.
 * @why: the last line that it has said on stderr, when it does not end with 0.
 */
int tool_ask(const struct tool *t, char *out, size_t out_len, char *why, size_t why_len);

#endif
