/* kernel_queue_loop.c - numbers through a queue that the kernel keeps, from one thread to another,
 * their order checked, and nothing around it. Shares no code with concbench on purpose. Usage:
 * kernel_queue_loop mq|pipe|fifo|stream|seqpacket|dgram. Prints: name, ns a number. */
#define WINDOW_MS 20
#include "loop.h"
#include <fcntl.h>
#include <mqueue.h>
#include <sys/socket.h>
#include <sys/stat.h>

static int end[2]; /* to get, to put */
/* The last one is 0: who gets goes on until then, so that nobody sleeps at the end. */
#define KIND(x, put, get)                                                         \
	static void x(int self)                                                   \
	{                                                                         \
		unsigned long item = 1;                                           \
		for (unsigned long n = 1; item; n++) {                            \
			item = over ? 0 : n;                                      \
			if (self ? (get) != 8 || (item && item != n) : (put) < 0) \
				abort(); /* or out of order */                    \
			done[self].n = self && item ? n : done[self].n;           \
		}                                                                 \
	}
KIND(socket_items, send(end[1], &item, 8, 0), recv(end[0], &item, 8, 0))
KIND(messages, mq_send(end[1], (char *)&item, 8, 0), mq_receive(end[0], (char *)&item, 8, NULL))
KIND(bytes, write(end[1], &item, 8), read(end[0], &item, 8))

static int open_mq(const char *queue)
{
	const struct mq_attr attr = {.mq_maxmsg = 10, .mq_msgsize = 8};

	end[0] = end[1] = mq_open(queue, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	if (end[0] < 0)
		exit(77); /* none here, or no more */
	return mq_unlink(queue);
}

static int open_fifo(const char *queue)
{
	char path[64];
	int both;

	snprintf(path, sizeof(path), "/tmp%s", queue);
	if (mkfifo(path, 0600) != 0)
		exit(77);
	both = open(path, O_RDWR);
	end[0] = open(path, O_RDONLY);
	end[1] = open(path, O_WRONLY);
	unlink(path);
	return both < 0 || end[0] < 0 || end[1] < 0 || close(both);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "mq";
	const int room = 106496;
	const int type = *name == 'd' ? SOCK_DGRAM : name[1] == 't' ? SOCK_STREAM : SOCK_SEQPACKET;
	void (*of)(int) = bytes;
	char queue[32];
	int failed;

	snprintf(queue, sizeof(queue), "/queue-%ld", (long)getpid());
	if (!strcmp(name, "mq")) {
		of = messages;
		failed = open_mq(queue);
	} else if (!strcmp(name, "pipe")) {
		failed = pipe(end);
	} else if (!strcmp(name, "fifo")) {
		failed = open_fifo(queue);
	} else {
		of = socket_items;
		failed = socketpair(AF_UNIX, type, 0, end) ||
			 setsockopt(end[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	}
	if (failed)
		return 1;
	measure(name, of, 2);
}
