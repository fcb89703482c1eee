/* mq.c - ping-pong of one byte through a POSIX message queue each way. */
#include "benches/handoff/counted.h"

#include <fcntl.h>
#include <mqueue.h>

/* Its name is needed only for as long as it takes to open it. */
static mqd_t open_queue(const mqd_t *it)
{
	/* A queue's own default, 10, needs no privilege. */
	struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 1};
	char name[64];
	mqd_t mq;

	/* Its address, too: containers may share these names, and not their pids. */
	(void)snprintf(name, sizeof(name), "/concbench-%ld-%p", (long)getpid(), (const void *)it);
	mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
	if (mq >= 0)
		(void)mq_unlink(name);
	/* Beyond fs.mqueue.queues_max, or its msg_max. */
	else if (errno == ENOSPC || errno == EINVAL)
		errno = ENOTSUP;
	return mq;
}

COUNTED(mq, "a POSIX message queue each way", "mq_overview(7)", CB_FULL, mqd_t,
    *it = open_queue(it), mq_send(*it, "", 1, 0), mq_receive(*it, (char *)&into, 1, NULL),
    readable(*it), mq_close(*it))

REFILL(mq, "mq_overview(7)", CB_FULL, counted_teardown_mq)
