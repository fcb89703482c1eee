/* work.h - what the files of the queues' workload know of a case, and of each other. */
#ifndef CONCBENCH_QUEUES_WORK_H
#define CONCBENCH_QUEUES_WORK_H

#include "benches/queues/family.h"

/** queue_has() - has the case's kind that parameter? */
bool queue_has(const struct cb_case *c, const char *key);
/** queue_value() - of a parameter; 0 where the kind has none such. */
unsigned queue_value(const struct cb_case *c, const char *key);
/** queue_stages() - workers in a row; 0: producers and consumers at one queue. */
unsigned queue_stages(const struct cb_case *c);
unsigned queue_workers(const struct cb_case *c);
/** queue_count() - of the case's queues. */
unsigned queue_count(const struct cb_case *c);

/**
 * queue_check_deadlines() - of one worker's puts or gets (@what).
 * @other: the one that stood still for it; NULL where nobody does.
 * Return: 0; -EBADMSG with a line in @why.
 */
int queue_check_deadlines(const struct cb_queue_state *st, const struct cb_queue_worker *own,
    const struct cb_queue_worker *other, const char *what, char *why, size_t why_len);

/**
 * queue_check_size() - what it says while nobody is about, and what its only producer is told.
 * Return: 0; -EBADMSG with a line in @why.
 */
int queue_check_size(const struct cb_queue_state *st, char *why, size_t why_len);

#endif
