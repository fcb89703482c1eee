/*
 * loss.h - what becomes of the items in a queue when a producer or a consumer is killed.
 *
 * Each item has its producer and number, and who gets it marks that number. Whoever dies has said
 * before a call that it begins, and after it that it is over: of one item at a time it is unknown
 * whether it was in or out, and that is not called lost.
 */
#ifndef CONCBENCH_QUEUES_LOSS_H
#define CONCBENCH_QUEUES_LOSS_H

#include <concbench/queue.h>

#include <sys/types.h>

#define LOSS_KILLS 4u
#define LOSS_KILLS_MAX 64u
/* So many items of each producer at most: then it stands still until somebody has died. */
#define LOSS_BEFORE_MOST 65536u

/* What a trial does. */
struct loss_plan {
	unsigned kills; /* up to LOSS_KILLS_MAX */
	/* Tests and fixtures: */
	bool leaves;    /* the victim is asked to leave, and does between two items */
	bool spares;    /* so it is, though nobody was to know */
	bool miscounts; /* consumers count one item in ten twice */
};

/* What one death has come to. */
struct loss_account {
	uint64_t lost;       /* put before or after it, and never came out */
	uint64_t doubled;    /* came out once too often */
	uint64_t torn;       /* came out damaged */
	uint64_t unreadable; /* of these, so that they cannot be any item's */
	uint64_t on_ns;      /* until an item came out that was put after it; 0: none did */
	bool taken_along;    /* the item that a dead consumer may have had is missing */
	bool mid;            /* the victim was in a call */
	bool stuck;          /* somebody who is left gets no further */
};

struct loss_worker {
	/* Its own. Producer: the number of the item; consumer: how many. */
	uint64_t asked; /* this call has begun, */
	uint64_t done;  /* and this one is over */
	uint64_t torn, unreadable;
	int error; /* -errno, with which it gave up */
	const char *error_what;
	/* The manager's. */
	uint32_t leaves;    /* it is asked to */
	pid_t pid;          /* 0: none */
	uint64_t cpu_ns;    /* that it had used at the last look */
	uint64_t chance_ns; /* for so long it has run, or slept, since anybody got further */
} CB_ALIGNED;

struct loss_state {
	struct loss_plan plan;
	struct cb_queue_env env;
	const struct cb_env *cell;
	const struct cb_queue *impl;
	void *queue;
	size_t queue_bytes;
	unsigned victim;
	uint64_t goal;       /* items that each producer puts after the death */
	unsigned char *seen; /* [producers][stride] how often number came out */
	size_t stride;
	uint64_t rng;
	/* Of this kill. */
	uint64_t killed_ns;
	uint64_t at_death[CB_QUEUE_PRODUCERS_MAX]; /* the last item that may have been put before */
	uint64_t whole[CB_QUEUE_PRODUCERS_MAX];    /* up to here all have come out */
	uint64_t doubt;                            /* a dead producer's, in or not; 0: none */
	bool consumer_doubt;
	uint32_t dead; /* killed, and waited for */
	uint64_t on_ns CB_ALIGNED;
	/* Of all kills of a trial. */
	unsigned done;
	unsigned spared;     /* victims that have ended otherwise than by SIGKILL */
	unsigned miscounted; /* what consumers counted is not what has come out */
	uint64_t turns;
	int error;
	char why[200];
	struct cb_fate fate;
	struct loss_account account[LOSS_KILLS_MAX];
	struct loss_worker worker[];
};

/* Which of them it is. */
struct loss_member {
	struct loss_state *st;
	unsigned i;
};

/** loss_be_a_worker() - @arg: a struct loss_member. In a process of its own, which may be killed.
 */
void loss_be_a_worker(void *arg);

/** loss_manage() - @arg: the struct loss_state, where all that comes of it is; one kill after the
 * other, in a process of its own. */
void loss_manage(void *arg);

/** loss_steps() - calls that are over, of all workers. From any process. */
uint64_t loss_steps(const struct loss_state *st);

/** loss_once() - as struct cb_workload's once(). */
int loss_once(const struct loss_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
