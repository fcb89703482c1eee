/*
 * broker.h - a queue that lives in a process of its own and is asked for over Unix sockets, a
 * connection a worker.
 *
 * Messages keep their borders (SOCK_SEQPACKET), and their length says what they are: one byte is a
 * word, an item has at least eight. A put is an item, answered by a word when it is in; a get is a
 * word, answered by an item and a word when there is one. Who closes it says so, and all who wait
 * are told. Who has waited until its deadline says that it gives up, and gets one answer: that, or
 * the one that was under way.
 */
#ifndef CONCBENCH_QUEUES_BROKER_H
#define CONCBENCH_QUEUES_BROKER_H

#include <concbench/queue.h>

#include <sys/un.h>

#define BROKER_CONSUMERS_MAX 32
/* And the cell, which empties it. */
#define BROKER_CLIENTS_MAX (CB_QUEUE_PRODUCERS_MAX + BROKER_CONSUMERS_MAX + 1)

enum broker_word {
	/* Asked: */
	BROKER_GET = 'g',
	BROKER_LOOK = 'l', /* get, without waiting */
	BROKER_CLOSE = 'c',
	BROKER_OPEN = 'o',
	BROKER_GIVE_UP = 'u', /* answered only when it has not been in the meantime */
	/* Answered: */
	BROKER_DONE = 'd',
	BROKER_WAITED = 'w',
	BROKER_CLOSED = 'x',
	BROKER_EMPTY = 'e',
	BROKER_TIMED_OUT = 't',
};

struct broker {
	int listening;
	int own; /* the cell's connection */
	unsigned capacity;
	unsigned clients;
	size_t bytes; /* of an item */
	uint32_t closed;
	int error;     /* with which the broker has ended */
	bool own_ends; /* the workers' connections are the cell's to close */
	struct sockaddr_un address;
	socklen_t address_bytes;
	int end[BROKER_CLIENTS_MAX];
	unsigned char answer[]; /* [clients] an item and a word */
};

/** broker_run() - the broker. @doubles: it gives one item in so many twice; 0: none. */
void broker_run(struct cb_companion *c, const struct cb_env *env, unsigned doubles);

#endif
