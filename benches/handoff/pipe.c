/*
 * pipe.c - ping-pong of one byte through two pipes: a wake-up through a file descriptor, as `perf
 * bench sched pipe` and lmbench's lat_pipe time it. One operation is one hand-off: a read and a
 * write, half a round trip.
 */
#include "benches/handoff/counted.h"

#include <fcntl.h>

struct ends {
	int end[2]; /* to read, to write */
};

COUNTED(pipe, "a byte through a pipe each way", "perf bench sched pipe, lmbench lat_pipe", CB_SMOKE,
    struct ends, pipe2(it->end, O_CLOEXEC), write(it->end[1], "", 1), read(it->end[0], &into, 1),
    readable(it->end[0]), (close(it->end[0]), close(it->end[1])))
REFILL(pipe, "lmbench lat_ctx", CB_FULL, counted_teardown_pipe)
