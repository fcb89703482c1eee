/* team_thread.c - the thread model: one POSIX thread a worker. */
#include "harness/work/team_threads.h"

static int start(struct team *t, char *why, size_t why_len)
{
	return team_threads_start(t, team_unit_run, why, why_len);
}

const struct team_model team_thread_model = {
    .start = start, .alive = team_threads_alive, .stop = team_threads_stop};
