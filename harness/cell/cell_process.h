/*
 * cell_process.h - a cell as a process: started, listened to, buried. For supervise.c and
 * catalogue.c only; everybody else uses supervise.h.
 */
#ifndef CONCBENCH_CELL_PROCESS_H
#define CONCBENCH_CELL_PROCESS_H

#include "harness/cell/supervise.h"

#include <sys/types.h>

struct cell_process {
	pid_t pid;
	int pidfd;
	int socket;
	struct line_buffer input;
	uint64_t turn_within_ns;
	uint64_t slot_ns;
	bool reaped;
	char fate[96]; /* how it ended, once reaped */
};

/**
 * cell_process_spawn() - run the program of @spec, with its end of a socketpair.
 * Without a case's name it is asked for the list of its cases instead.
 * @c: zeroed but for socket and pidfd, which are -1.
 * Return: 0; -errno, and then @c is fit for cell_kill().
 */
int cell_process_spawn(const struct cell_spec *spec, struct cell_process *c);

/**
 * cell_process_receive() - one message.
 * Return: 0; -EINTR; -ETIMEDOUT; -ECHILD it died; -EPROTO; -ENOMEM, all but -EINTR with @why.
 */
int cell_process_receive(
    struct cell_process *c, uint64_t within_ns, struct message *m, char *why, size_t why_len);

/** cell_process_bury() - reap it, waiting if need be; says how it ended in its fate. Idempotent. */
void cell_process_bury(struct cell_process *c);

#endif
