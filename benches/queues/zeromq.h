/*
 * zeromq.h - PUSH and PULL sockets of ZeroMQ: inproc between threads, ipc between processes, whose
 * items go through a Unix socket and a thread of the library's in each.
 */
#ifndef CONCBENCH_QUEUES_ZEROMQ_H
#define CONCBENCH_QUEUES_ZEROMQ_H

#include <concbench/queue.h>

/* What is between the two ends of ipc: what the kernel holds where nobody has told it otherwise,
 * and two buffers of the library's at either side. */
#define ZEROMQ_SOCKET_BYTES 212992u
#define ZEROMQ_BUFFER_BYTES 8192u

struct zeromq_end {
	void *socket;
	bool threads;   /* of the library's work for it in this process, */
	unsigned calls; /* whose CPU time is looked at once in so many */
} CB_ALIGNED;

struct zeromq {
	void *context; /* of threads; each process makes its own */
	char address[64];
	unsigned producers;
	unsigned half; /* items of a producer's that wait at either end */
	unsigned most; /* that can come to be kept */
	size_t bytes;  /* of an item */
	bool checking;
	uint32_t closed;
	unsigned ended;  /* the consumer's: producers that have sent their last in this trial */
	unsigned kept;   /* items that came after it had been closed, */
	unsigned handed; /* of these, handed on */
	/* Each worker's own. */
	struct zeromq_end end[CB_QUEUE_PRODUCERS_MAX + 1];
	unsigned char item[]; /* [most] */
};

#endif
