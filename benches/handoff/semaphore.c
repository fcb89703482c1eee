/* semaphore.c - ping-pong over a POSIX semaphore each way: a futex that the C library counts in. */
#include "benches/handoff/counted.h"

#include <semaphore.h>

static int value(sem_t *it)
{
	int n;

	return sem_getvalue(it, &n) < 0 ? 0 : n;
}

COUNTED(semaphore, "a POSIX semaphore each way", "sem_wait(3)", CB_FULL, sem_t,
    sem_init(it, shared, 0), sem_post(it), sem_wait(it) < 0 ? -1 : 1, value(it), sem_destroy(it))

REFILL(semaphore, "sem_wait(3)", CB_FULL, counted_teardown_semaphore)
