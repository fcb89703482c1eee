/* socketpair.c - the same ping-pong as pipe.c through two pairs of sockets, as lmbench's lat_unix.
 */
#include "benches/handoff/counted.h"

#include <sys/socket.h>

struct ends {
	int end[2];
};

COUNTED(socketpair, "a byte through a pair of stream sockets each way", "lmbench lat_unix", CB_FULL,
    struct ends, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, it->end),
    write(it->end[1], "", 1), read(it->end[0], &into, 1), readable(it->end[0]),
    (close(it->end[0]), close(it->end[1])))

REFILL(socketpair, "lmbench lat_unix", CB_FULL, counted_teardown_socketpair)
