/*
 * stuck.h - where the threads of a process that no longer answers are waiting, from /proc.
 */
#ifndef CONCBENCH_STUCK_H
#define CONCBENCH_STUCK_H

#include <stddef.h>
#include <sys/types.h>

/**
 * stuck_describe() - what @pid, its threads and its children are doing, for a reason's text: "98 in
 * futex_do_wait, 2 in do_epoll_wait, 1 running". It reads /proc/<pid>/task/<tid>/wchan, and says
 * only "waiting" where the kernel hides that (kernel.kptr_restrict, another user's process).
 * @out: always a text, "" when the process is gone.
 */
void stuck_describe(pid_t pid, char *out, size_t len);

#endif
