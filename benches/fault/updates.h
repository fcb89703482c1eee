/* updates.h - how one is added to a counter that several workers share, and who may lose some. */
#ifndef CONCBENCH_FAULT_UPDATES_H
#define CONCBENCH_FAULT_UPDATES_H

#include <concbench/concbench.h>

enum update {
	UPDATE_PLAIN,  /* read, add, write */
	UPDATE_YIELD,  /* the same, and others may run between reading and writing */
	UPDATE_ATOMIC, /* one read-modify-write */
	UPDATE_MUTEX,  /* read, add, write while nobody else does */
	UPDATES,
};

extern const char *const update_words[]; /* their names, up to a NULL */

/* The state of fault/lost_updates. */
struct updates_state {
	uint64_t value CB_ALIGNED;
	struct cb_mutex mutex CB_ALIGNED;
	enum update update;
	uint32_t fresh; /* a trial has begun since anybody looked */
	/* The cell's. */
	uint64_t value_seen, done_seen;     /* at the last look */
	uint64_t value_before, done_before; /* when the trial began */
};

/** update_may_lose() - can one get lost, when additions are made so? */
bool update_may_lose(const struct cb_env *env, enum update update);

/** update_check() - has the counter what it has to after @done additions, and no more? Return: as
 * struct cb_workload's check(). */
int update_check(const struct cb_env *env, enum update update, uint64_t value, uint64_t done,
    char *why, size_t why_len);

/* As somebody who adds lets others run, and keeps them away; and whether it is to stop where one
 * addition may take the slice of somebody else. */
struct update_ops {
	bool (*is_over)(const void *who);
	void (*give_way)(void *who);
	void (*lock)(void *who);
	void (*unlock)(void *who);
};

/* update_add() - @n additions, or some until it is over. A loop for each, so that none has the
 * others' branches in it; @ops is a constant, and no call is left of it. Return: how many. */
CB_INLINE uint64_t update_add(
    enum update update, uint64_t *value, uint64_t n, void *who, const struct update_ops ops)
{
	uint64_t i = 0, seen;

	switch (update) {
	case UPDATE_PLAIN:
		for (; i < n; i++)
			cb_store(value, cb_load(value) + 1);
		break;
	case UPDATE_YIELD:
		for (; i < n && !(i && ops.is_over(who)); i++) {
			seen = cb_load(value);
			ops.give_way(who);
			cb_store(value, seen + 1);
		}
		break;
	case UPDATE_ATOMIC:
		for (; i < n; i++)
			cb_fetch_add(value, 1);
		break;
	default:
		for (; i < n && !(i && ops.is_over(who)); i++) {
			ops.lock(who);
			cb_store(value, cb_load(value) + 1);
			ops.unlock(who);
		}
		break;
	}
	return i;
}

#endif
