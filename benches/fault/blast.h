/*
 * blast.h - a team of which one dies in the middle of its work, and what that leaves of the
 * others'.
 */
#ifndef CONCBENCH_FAULT_BLAST_H
#define CONCBENCH_FAULT_BLAST_H

#include <concbench/concbench.h>

#include <pthread.h>
#include <sys/types.h>

#define BLAST_DEEDS 50u /* of each; the victim, worker 0, dies half-way */

/* A supervisor looks so often whether a victim has got any further; that it has not so many times
 * in a row is when it notices. */
#define BLAST_LOOK_US 1000u
#define BLAST_LOOKS 20u

#define BLAST_FDS 4u /* that the victim opens before it dies, and does not close */

/* Locks that the victim takes before it dies, and does not give back. */
enum blast_lock {
	BLAST_PLAIN,  /* which nobody gets any more */
	BLAST_ROBUST, /* the kernel lets the next one have it, where a thread's end shows the death
		       */
	BLAST_LOCKS,
};

enum blast_way {
	BLAST_ABORT,
	BLAST_SEGFAULT,
	BLAST_OVERRUN,
	BLAST_EXIT,
	BLAST_KILL, /* SIGKILL, which nothing can handle */
	BLAST_LEAK, /* takes all memory that its process may have, and gives none back */
	BLAST_HANG,
	BLAST_WAYS,
};

/* What a trial does; all of them, but for fixtures. */
struct blast_plan {
	bool dies;    /* the victim does */
	bool lies;    /* the others count what they have not done */
	bool spares;  /* the others end their work early, and nothing has happened to them */
	bool closes;  /* the victim closes what it has opened */
	bool removes; /* and destroys the shared memory that it has made */
	bool cries;   /* the supervisor notices whatever it sees */
	bool hasty;   /* one look at a victim that gets no further is enough for it */
	bool late;    /* nobody notices before all is over, and later than that */
	bool bare;    /* there is no shared memory for the victim to leave */
	bool unlocks; /* the victim gives back its locks */
	bool weak;    /* its robust lock is a plain one */
	bool reaps;   /* its maker waits for it, and looks for a zombie afterwards */
};

struct blast_worker {
	uint32_t done;
	uint32_t refused; /* deeds that there was no memory for */
	uint32_t beats;   /* it is alive: one with each deed, and while it waits */
	pid_t process;
} CB_ALIGNED;

struct blast_state {
	struct blast_plan plan;
	enum blast_way way;
	enum cb_model model;
	uint32_t workers;
	int error;
	int victim_status;            /* of waitpid(2); a process's */
	uint64_t died_ns, noticed_ns; /* 0: not, or by nobody */
	/* The supervisor's. */
	pid_t supervisor;
	uint32_t looks;
	uint32_t alarms;              /* that it gave while the victim was only slow */
	uint64_t silent_ns, given_ns; /* since when it saw no progress, and when it gave up */
	uint32_t fds_of_hung;
	/* What the victim leaves behind. */
	pid_t victim;      /* the process that it is in */
	int fd[BLAST_FDS]; /* -1: could not be opened */
	int shm;           /* of shmget(2), one more; 0: there is none */
	pthread_mutex_t lock[BLAST_LOCKS];
	bool locked;      /* the victim has them */
	bool seen_locked; /* somebody has looked at them when all was over */
	uint32_t left_fds, left_shm, left_locks;
	/* Of processes that have ended: noticed, and not waited for yet. Who watches may write only
	 * here. */
	uint32_t left_zombies, *left_zombies_at;
	struct cb_fate fate;
	struct blast_worker worker[];
};

/** blast_once() - as struct cb_workload's once(). */
int blast_once(const struct blast_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
