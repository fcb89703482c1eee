/*
 * relatives.h - what the kernel says of a process that one of ours has made.
 */
#ifndef CONCBENCH_FAULT_RELATIVES_H
#define CONCBENCH_FAULT_RELATIVES_H

#include <concbench/concbench.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define RELATIVE_GONE '-'
#define RELATIVE_UNKNOWN '?'

/**
 * relative_state() - of proc_pid_stat(5): 'Z' is a zombie; RELATIVE_GONE: there is none, or none
 * whose parent @parent is: its number is another's by now; RELATIVE_UNKNOWN: it cannot be read.
 */
static inline char relative_state(pid_t pid, pid_t parent)
{
	char path[32], text[512], state;
	const char *behind_name;
	ssize_t n;
	long ppid;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? RELATIVE_GONE : RELATIVE_UNKNOWN;
	n = read(fd, text, sizeof(text) - 1);
	/* It has ended in between. */
	if (n < 0 && errno == ESRCH)
		n = 0;
	(void)close(fd);
	if (n <= 0)
		return n ? RELATIVE_UNKNOWN : RELATIVE_GONE;
	text[n] = '\0';
	/* A name may have brackets and blanks itself. */
	behind_name = strrchr(text, ')');
	if (!behind_name || sscanf(behind_name, ") %c %ld", &state, &ppid) != 2)
		return RELATIVE_UNKNOWN;
	/* 'X': nobody has to wait for it, and the kernel is about to forget it. */
	return ppid == parent && state != 'X' ? state : RELATIVE_GONE;
}

#endif
