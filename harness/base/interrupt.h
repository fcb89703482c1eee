/*
 * interrupt.h - SIGINT, SIGTERM and SIGHUP set a flag, and end any waiting at once.
 *
 * Until the first of them the signals stay blocked except inside interrupt_poll(), so one cannot
 * arrive between looking at the flag and going to sleep.
 */
#ifndef CONCBENCH_INTERRUPT_H
#define CONCBENCH_INTERRUPT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/** interrupt_install() - from now on SIGINT, SIGTERM and SIGHUP (unless it is ignored, as nohup(1)
 * does) set the flag. A further signal ends the process the default way when it comes a second or
 * more after the first; one that comes sooner counts as the same. Return: 0; -errno. */
int interrupt_install(void);

/** interrupt_unblock() - waiting is over: from now on a signal arrives at any time. */
void interrupt_unblock(void);

/** interrupt_restore_child() - in a child before exec: default dispositions, that of SIGPIPE too,
 * nothing blocked. */
void interrupt_restore_child(void);

/** interrupt_pending() - the signal's number, or 0. */
int interrupt_pending(void);

/** interrupt_poll() - ppoll(2) until an absolute time. Return: as poll; -EINTR once interrupted;
 * 0 at the time. */
int interrupt_poll(struct pollfd *fds, unsigned n, uint64_t until_ns);

#endif
