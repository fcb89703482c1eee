/* turns.c - what all hand-offs that take turns have in common: the check. */
#include "benches/handoff/turns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int turns_can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers == 2)
		return 0;
	(void)snprintf(why, why_len, "two take turns, not %u", c->workers);
	return -EINVAL;
}

int turns_check(const struct cb_env *env, char *why, size_t why_len)
{
	struct turns *t = env->state;
	const uint64_t count = cb_load(&t->count);

	/* Everybody is parked: the next trial may begin to wait again. */
	cb_store(&t->closed, 0);
	for (unsigned i = 0; i < 2; i++) {
		if (t->worker[i].out_of_turn) {
			(void)snprintf(why, why_len, "worker %u: %" PRIu64 " hand-offs out of turn",
			    i, t->worker[i].out_of_turn);
			return -EBADMSG;
		}
		if (t->worker[i].passed != env->done[i] || (count + 1 - i) / 2 != env->done[i]) {
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " hand-offs, %" PRIu64
			    " were counted, of %" PRIu64 " together",
			    i, t->worker[i].passed, env->done[i], count);
			return -EBADMSG;
		}
	}
	return 0;
}

void turns_refill_enter(struct cb_worker *w, void *state)
{
	refill_begin(REFILL_OF(struct turns, state), w->index);
}

int turns_refill_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct turns *t = env->state;
	const uint64_t turns[2] = {t->worker[0].passed, t->worker[1].passed};

	return refill_check(REFILL_OF(struct turns, env->state), env->c, turns, why, why_len);
}

void turns_refill_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	refill_report(REFILL_OF(struct turns, env->state), metrics);
}
