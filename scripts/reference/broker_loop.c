/* broker_loop.c - numbers through a process that keeps them, asked over Unix sockets, their order
 * checked: what queue/broker must agree with. A put is 8 bytes, answered by 1; a get is 1, answered
 * by 9. Shares no code with concbench on purpose. Prints: name, ns a number. */
#define WINDOW_MS 20
#include "loop.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#define CAPACITY 256

static int end[2][2]; /* the broker's side, the client's */

static void keep(void)
{
	unsigned long slot[CAPACITY], first = 0, count = 0, parked = 0;
	int getter = 0, putter = 0, epoll = epoll_create1(0);
	struct epoll_event event[16];

	for (unsigned i = 0; i < 2; i++) {
		event[0] = (struct epoll_event){.events = EPOLLIN, .data.u32 = i};
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, end[i][0], &event[0]) != 0)
			abort();
	}
	for (;;) {
		const int n = epoll_wait(epoll, event, 16, 20);

		for (int e = 0; e < n; e++) {
			const int from = (int)event[e].data.u32;
			unsigned char message[9], word = 'd';

			if (recv(end[from][0], message, 9, MSG_DONTWAIT) <= 0)
				_exit(0); /* they have left */
			if (!from && getter) {
				getter = 0;
				message[8] = 'w';
				send(end[1][0], message, 9, MSG_NOSIGNAL);
			} else if (!from && count == CAPACITY) {
				memcpy(&parked, message, 8);
				putter = 1;
				continue;
			} else if (!from) {
				memcpy(&slot[(first + count++) % CAPACITY], message, 8);
			}
			if (!from) {
				send(end[0][0], &word, 1, MSG_NOSIGNAL);
				continue;
			}
			if (!count) {
				getter = 1;
				continue;
			}
			memcpy(message, &slot[first++ % CAPACITY], 8);
			message[8] = 'd';
			count--;
			send(end[1][0], message, 9, MSG_NOSIGNAL);
			if (putter) {
				slot[(first + count++) % CAPACITY] = parked;
				putter = 0;
				word = 'w';
				send(end[0][0], &word, 1, MSG_NOSIGNAL);
			}
		}
	}
}

/* The last one is 0: who gets goes on until then. */
static void both(int self)
{
	const int fd = end[self][1];
	unsigned char answer[9];
	unsigned long item = 1;

	for (unsigned long n = 1; item; n++) {
		item = over ? 0 : n;
		if (write(fd, self ? (const void *)"g" : &item, self ? 1 : 8) < 0 ||
		    read(fd, answer, self ? 9 : 1) != (self ? 9 : 1))
			abort();
		if (!self)
			continue;
		memcpy(&item, answer, 8);
		if (item && item != n)
			abort(); /* out of order */
		done[1].n = item ? n : done[1].n;
	}
}

int main(void)
{
	const int room = 106496;

	for (int i = 0; i < 2; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end[i]) != 0)
			return 1;
		for (int k = 0; k < 2; k++)
			setsockopt(end[i][k], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	}
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(end[0][1]);
		close(end[1][1]);
		keep();
	}
	close(end[0][0]);
	close(end[1][0]);
	measure("broker", both, 2);
	close(end[0][1]);
	close(end[1][1]);
	wait(NULL);
}
