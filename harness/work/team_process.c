/*
 * team_process.c - the process model: one forked process a worker.
 *
 * The cell forks them while it is small and single-threaded, so that a worker starts as what a
 * server's process would be, not as the copy of a fat parent.
 */
#include "harness/work/team.h"

#include "harness/base/child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define END_GRACE_MS 2000

static int start(struct team *t, char *why, size_t why_len)
{
	const pid_t parent = getpid();

	t->pids = calloc(t->units, sizeof(*t->pids));
	if (!t->pids)
		return -ENOMEM;
	for (unsigned i = 0; i < t->units; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			int error = errno;

			(void)snprintf(why, why_len, "process %u of %u: fork: %s", i + 1, t->units,
			    strerror(error));
			return -error;
		}
		if (pid == 0) {
			child_die_with(parent);
			team_unit_run(t, i);
			_exit(0);
		}
		t->pids[i] = pid;
		t->started++;
	}
	return 0;
}

static int alive(struct team *t, char *why, size_t why_len)
{
	char how[96];

	for (unsigned i = 0; i < t->started; i++) {
		if (t->pids[i] <= 0 || !child_gone(t->pids[i], how, sizeof(how)))
			continue;
		t->pids[i] = 0;
		if (t->death[0])
			continue; /* the first is why the others end */
		(void)snprintf(t->death, sizeof(t->death), "worker process %u %s", i, how);
	}
	return team_death(t, why, why_len);
}

static void stop(struct team *t)
{
	for (unsigned i = 0; i < t->started; i++)
		if (t->pids[i] > 0)
			child_end(t->pids[i], END_GRACE_MS);
	free(t->pids);
	t->pids = NULL;
	t->started = 0;
}

const struct team_model team_process_model = {.start = start, .alive = alive, .stop = stop};
