/* trip_loop.c - one number that goes to and fro through two queues, between two threads, each time
 * checked, and nothing around it. Shares no code with concbench on purpose.
 * Usage: trip_loop ck_spsc|pipe|stream. Prints: name, ns to and fro. */
#define WINDOW_MS 20
#include "loop.h"
#include <ck_ring.h>
#include <sys/socket.h>

static struct {
	ck_ring_t ring;
	ck_ring_buffer_t slot[256];
	int end[2]; /* to get, to put */
} __attribute__((aligned(128))) queue[2];

static int ring_put(int q, unsigned long n)
{
	return ck_ring_enqueue_spsc(&queue[q].ring, queue[q].slot, (void *)n);
}

static int ring_get(int q, unsigned long *n)
{
	while (!ck_ring_dequeue_spsc(&queue[q].ring, queue[q].slot, (void *)n))
		if (over)
			return 0;
		else
			relax();
	return *n != 0;
}

/* 0 is the last: who gets it passes it on, so that nobody sleeps at the end. */
static int fd_put(int q, unsigned long n)
{
	n = over ? 0 : n;
	return write(queue[q].end[1], &n, 8) == 8 && n;
}

static int fd_get(int q, unsigned long *n)
{
	return read(queue[q].end[0], n, 8) == 8 && *n;
}

#define TRIP(x)                                                           \
	static void x##_trip(int self)                                    \
	{                                                                 \
		unsigned long n = 0, got = 0;                             \
		while (self ? x##_get(0, &got) : x##_put(0, ++n)) {       \
			if (!(self ? x##_put(1, got) : x##_get(1, &got))) \
				break;                                    \
			if (!self && got != n)                            \
				abort(); /* another's */                  \
			done[self].n += !self;                            \
		}                                                         \
		(void)x##_put(self, 0);                                   \
	}
TRIP(ring)
TRIP(fd)

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "ck_spsc";
	const int is_pipe = !strcmp(name, "pipe"), room = 106496;

	for (int i = 0; i < 2; i++) {
		int *end = queue[i].end;

		ck_ring_init(&queue[i].ring, 256);
		if (is_pipe ? pipe(end) : socketpair(AF_UNIX, SOCK_STREAM, 0, end))
			return 1;
		if (!is_pipe && setsockopt(end[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)))
			return 1;
	}
	measure(name, !strcmp(name, "ck_spsc") ? ring_trip : fd_trip, 2);
}
