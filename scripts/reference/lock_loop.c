/* lock_loop.c - a bare loop round a lock that touches LINES lines and checks exclusion: what
 * lock/KIND must agree with. Shares no code with concbench on purpose. Usage: lock_loop
 * pthread_mutex|ck_fas|ck_ticket|ck_mcs|none WORKERS LINES. Prints: name, ns. */
#include "loop.h"
#include <ck_spinlock.h>

static struct line line[WORKERS_MAX][64]; /* of all; of each where there is no lock */
static int lines, alone;
#define LOOP(name, type, acquire, release)                                            \
	static type lock_##name __attribute__((aligned(128)));                        \
	static void name(int self)                                                    \
	{                                                                             \
		type *const lock = &lock_##name;                                      \
		ck_spinlock_mcs_context_t node __attribute__((aligned(128), unused)); \
		struct line *const own = line[alone ? self : 0];                      \
		for (unsigned long n = 1; !over; done[self].n = n++) {                \
			acquire;                                                      \
			for (int i = 0; i < lines; i++)                               \
				own[i].n++;                                           \
			release;                                                      \
		}                                                                     \
	}
LOOP(none, int, (void)lock, (void)0)
LOOP(mutex, pthread_mutex_t, pthread_mutex_lock(lock), pthread_mutex_unlock(lock))
LOOP(fas, ck_spinlock_fas_t, ck_spinlock_fas_lock(lock), ck_spinlock_fas_unlock(lock))
LOOP(ticket, ck_spinlock_ticket_t, ck_spinlock_ticket_lock(lock), ck_spinlock_ticket_unlock(lock))
LOOP(mcs, ck_spinlock_mcs_t, ck_spinlock_mcs_lock(lock, &node), ck_spinlock_mcs_unlock(lock, &node))
int main(int argc, char **argv)
{
	static const char *const name[] = {
	    "pthread_mutex", "ck_fas", "ck_ticket", "ck_mcs", "none"};
	static void (*const of[])(int) = {mutex, fas, ticket, mcs, none};
	int i = 0;

	lines = argc > 3 ? atoi(argv[3]) : 1;
	while (i < 4 && strcmp(argc > 1 ? argv[1] : "none", name[i]) != 0)
		i++;
	alone = i == 4;
	measure(name[i], of[i], argc > 2 ? atoi(argv[2]) : 1);
	for (i = 0; i < lines && !alone; i++)
		if (line[0][i].n != total())
			abort(); /* not exclusive */
}
