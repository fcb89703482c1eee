/* handoff_loop.c - two threads that pass a turn, and nothing around it: what the rows of the
 * hand-off ladder must agree with across cores. Shares no code with concbench on purpose. Usage:
 * handoff_loop pipe|socketpair|eventfd|mq|semaphore|spin. Prints: name, ns a hand-off. */
#include "loop.h"
#include <ck_pr.h>
#include <mqueue.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static int end[2][2]; /* [worker] to read, to write */
static sem_t sem[2];
static volatile int turn __attribute__((aligned(128)));
static unsigned long token = 1;
/* The last one gives again: the other may wait for a turn that it has just left. */
#define KIND(x, take, give)                         \
	static void x(int me)                       \
	{                                           \
		unsigned long t = 0;                \
		do {                                \
			while (!over && (take) < 0) \
				;                   \
			done[me].n += !over;        \
		} while ((give) >= 0 && !over);     \
		(void)((give) + (int)t);            \
	}
KIND(bytes, read(end[me][0], &t, 8), write(end[!me][1], &token, 8))
KIND(messages, mq_receive(end[me][0], (char *)&t, 8, NULL),
    mq_send(end[!me][0], (char *)&token, 8, 0))
KIND(semaphores, sem_wait(&sem[me]), sem_post(&sem[!me]))
KIND(spin, turn == me ? 0 : (ck_pr_stall(), -1), turn = !me)

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "pipe";
	char queue[32];
	struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 8};
	snprintf(queue, sizeof(queue), "/handoff-%ld", (long)getpid());
	for (int i = 0; i < 2; i++) {
		if (!strcmp(name, "pipe") ? pipe(end[i])
					  : socketpair(AF_UNIX, SOCK_STREAM, 0, end[i]))
			return 1;
		if (!strcmp(name, "eventfd"))
			end[i][0] = end[i][1] = eventfd(0, 0);
		if (!strcmp(name, "mq")) {
			end[i][0] = mq_open(queue, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
			if (end[i][0] < 0)
				return 77; /* none here, or no more */
			mq_unlink(queue);
		}
		sem_init(&sem[i], 0, !i);
	}
	if (!strcmp(name, "mq"))
		mq_send(end[0][0], (char *)&token, 8, 0);
	else if (write(end[0][1], &token, 8) != 8)
		return 1;
	measure(name,
	    !strcmp(name, "semaphore") ? semaphores
	    : !strcmp(name, "spin")    ? spin
	    : !strcmp(name, "mq")      ? messages
				       : bytes,
	    2);
}
