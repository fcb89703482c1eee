#include "harness/work/deadlock.h"

#include "harness/base/file.h"
#include "harness/base/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define NAMED_MAX 4u
#define NOBODY (-1)

/* Whom a worker waits for, and which of its waits that is. */
struct wait {
	int next; /* a worker; NOBODY */
	uint64_t id;
};

/* ---- coroutines: their locks are ours ---- */

static struct wait wait_of_coroutine(const struct team *t, unsigned i)
{
	const struct cb_mutex *m = atomic_load_explicit(&t->slots[i].wants, memory_order_acquire);
	const uint32_t owner = m ? cb_load(&m->owner) : 0;

	if (!owner || owner > t->bc->pub.workers)
		return (struct wait){.next = NOBODY};
	return (struct wait){.next = (int)owner - 1,
	    .id = atomic_load_explicit(&t->slots[i].waits, memory_order_relaxed)};
}

/* ---- threads and processes: the kernel knows where each is, the C library who has a mutex ---- */

/* The word of the futex that a task sleeps on until another changes it. Return: 0: on none. */
static uintptr_t futex_of(int tid)
{
	char path[64], line[256];
	uintptr_t word;
	unsigned long op;
	long number;

	(void)snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
	/* One that runs is in no call. */
	if (file_read_line(path, line, sizeof(line)) != 0 ||
	    sscanf(line, "%ld %" SCNxPTR " %lx", &number, &word, &op) != 3 || number != SYS_futex ||
	    (op & (unsigned long)FUTEX_CMD_MASK) != FUTEX_WAIT)
		return 0;
	return word;
}

/* Who has the mutex that begins with this word, in memory of the task's: it may be none, or gone.
 */
static int owner_of(int tid, uintptr_t word)
{
#if defined(__GLIBC__)
	pthread_mutex_t m;
	const struct iovec to = {.iov_base = &m, .iov_len = sizeof(m)};
	const struct iovec from = {.iov_base = (void *)word, .iov_len = sizeof(m)};

	/* 2: somebody has it, and others wait. */
	if (process_vm_readv(tid, &to, 1, &from, 1, 0) == (ssize_t)sizeof(m) &&
	    m.__data.__lock == 2)
		return m.__data.__owner;
#endif
	(void)tid;
	(void)word;
	return 0;
}

/* Return: 0: it has not begun. */
static int tid_of(const struct team *t, unsigned unit)
{
	return atomic_load_explicit(&t->unit[unit].tid, memory_order_relaxed);
}

static struct wait wait_of_task(const struct team *t, unsigned i)
{
	const int tid = tid_of(t, i);
	const uintptr_t word = tid > 0 ? futex_of(tid) : 0;
	const int owner = word ? owner_of(tid, word) : 0;
	struct wait w = {.next = NOBODY};
	char path[64], ran[128];

	/* Unchanged as long as it has not run, which makes it the same wait. */
	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", tid);
	if (owner <= 0 || file_read_line(path, ran, sizeof(ran)) != 0)
		return w;
	for (unsigned k = 0; k < t->units; k++)
		if (tid_of(t, k) == owner)
			w.next = (int)k;
	w.id = hash_text(HASH_START, ran);
	return w;
}

/* ---- circles ---- */

/* Return: how many are in the circle that @first is in; 0 when it is in none. */
static unsigned circle(const struct wait *w, unsigned workers, unsigned first)
{
	unsigned at = first;

	for (unsigned n = 1; n <= workers && w[at].next != NOBODY; n++) {
		at = (unsigned)w[at].next;
		if (at == first)
			return n;
	}
	return 0;
}

static uint64_t identify(const struct wait *w, unsigned first, unsigned n)
{
	uint64_t id = HASH_START;
	unsigned at = first;

	for (; n; n--) {
		id = hash_bytes(id, &at, sizeof(at));
		id = hash_bytes(id, &w[at].id, sizeof(w[at].id));
		at = (unsigned)w[at].next;
	}
	return id;
}

static void name_them(const struct wait *w, unsigned first, unsigned n, char *why, size_t why_len)
{
	unsigned at = first;
	size_t used;

	if (n == 1) {
		(void)snprintf(why, why_len,
		    "deadlock: worker %u waits for a lock that it holds itself", first);
		return;
	}
	used = (size_t)snprintf(why, why_len, "deadlock");
	for (unsigned i = 0; i < n && i < NAMED_MAX && used < why_len; i++) {
		used += (size_t)snprintf(why + used, why_len - used,
		    "%s worker %u waits for a lock that worker %d holds", i ? "," : ":", at,
		    w[at].next);
		at = (unsigned)w[at].next;
	}
	if (n > NAMED_MAX && used < why_len)
		(void)snprintf(why + used, why_len - used, ", ...: %u in a circle", n);
}

int deadlock_find(const struct team *t, uint64_t *seen, char *why, size_t why_len)
{
	const unsigned workers = t->units ? t->bc->pub.workers : 0;
	struct wait *w = calloc(workers + 1, sizeof(*w));
	const uint64_t before = *seen;
	unsigned first = 0, n = 0;
	int ret = 0;

	*seen = 0;
	for (unsigned i = 0; w && i < workers; i++)
		w[i] =
		    t->bc->pub.model == CB_COROUTINE ? wait_of_coroutine(t, i) : wait_of_task(t, i);
	while (w && first < workers && (n = circle(w, workers, first)) == 0)
		first++;
	if (n) {
		*seen = identify(w, first, n);
		if (*seen == before) {
			name_them(w, first, n, why, why_len);
			ret = -EDEADLK;
		}
	}
	free(w);
	return ret;
}
