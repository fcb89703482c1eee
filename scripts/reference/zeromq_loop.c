/* zeromq_loop.c - items of 64 bytes through a PUSH and a PULL socket, from one thread to another,
 * their order checked: over ipc each has a context of its own, as two processes have. Shares no
 * code with concbench on purpose. Usage: zeromq_loop ipc|inproc. Prints: name, ns an item. Exit
 * with 77 where there was no ZeroMQ to build it with. */
#define WINDOW_MS 20
#include "loop.h"
#ifndef ZEROMQ
int main(void)
{
	return 77;
}
#else
#include <zmq.h>

static char address[64];
static void *common;
static volatile int heard;

/* The last one is 0: who gets goes on until then, so that nobody sleeps at the end. */
static void items(int self)
{
	const int half = 128, soon = 1;
	void *context = common ? common : zmq_ctx_new();
	void *end = zmq_socket(context, self ? ZMQ_PULL : ZMQ_PUSH);
	unsigned long item[8] = {1};

	zmq_setsockopt(end, ZMQ_SNDHWM, &half, sizeof(half));
	zmq_setsockopt(end, ZMQ_RCVHWM, &half, sizeof(half));
	zmq_setsockopt(end, ZMQ_RECONNECT_IVL, &soon, sizeof(soon));
	if (self ? zmq_bind(end, address) : zmq_connect(end, address))
		abort();
	for (unsigned long n = 1; item[0]; n++) {
		item[0] = over ? 0 : n;
		if (self ? zmq_recv(end, item, 64, 0) != 64 || (item[0] && item[0] != n)
			 : zmq_send(end, item, 64, 0) != 64)
			abort(); /* or out of order */
		done[self].n = self && item[0] ? n : done[self].n;
	}
	/* A connection that ends takes with it what is still under way to one who is full. */
	for (heard |= self; !heard;)
		usleep(1000);
	zmq_close(end);
	if (!common)
		zmq_ctx_term(context);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "ipc";

	if (!strcmp(name, "inproc"))
		common = zmq_ctx_new();
	snprintf(address, sizeof(address), common ? "inproc://%s%ld" : "ipc://@%s-%ld",
	    "zeromq-loop", (long)getpid());
	measure(name, items, 2);
}
#endif
