/*
 * deadlock.h - who waits for whom: workers that hold what the next one of them wants will wait for
 * ever, and this is known a tenth of a second after the window, not when somebody's patience ends.
 *
 * It costs nobody anything before: of threads and processes that sleep the kernel says where, and
 * the C library (glibc) who has a mutex. So seen are waits for any pthread mutex, cb_lock()'s among
 * them; of coroutines those in cb_lock(). What else a worker may wait for (a semaphore, a
 * descriptor, its turn to run) is not, nor anything where /proc does not tell: there it is a hang
 * as any other.
 */
#ifndef CONCBENCH_DEADLOCK_H
#define CONCBENCH_DEADLOCK_H

#include "harness/work/team.h"

/**
 * deadlock_find() - is there a circle of workers, each of which waits for a mutex that the next
 * has?
 * @seen: the caller's, 0 before the first call.
 * @why:  names them.
 *
 * While they run, one look may put together what was never so at one time. A circle that is found
 * again, with each in the same wait as before, has been there all the time, and stays.
 * Return: 0; -EDEADLK when it was found by the call before, too.
 */
int deadlock_find(const struct team *t, uint64_t *seen, char *why, size_t why_len);

#endif
