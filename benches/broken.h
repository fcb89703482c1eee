/*
 * broken.h - kinds like those of the catalogue but for what they do wrong on purpose.
 *
 * Each is made before main() from the kind that it resembles: it has its parameters, its cases and
 * its check, and the check has to catch it.
 */
#ifndef CONCBENCH_BENCHES_BROKEN_H
#define CONCBENCH_BENCHES_BROKEN_H

#include <concbench/concbench.h>

/* The workload of the kind that is resembled. */
#define SOUND(family, kind) (cb_kind_find(family, kind)->work)

/* The last arguments are statements: what differs in `kind` and in its `work`. */
#define BROKEN(x, family_, of, what, expected, ...)                    \
	static struct cb_workload broken_work_##x;                     \
	static struct cb_kind broken_##x;                              \
	CB_REGISTER(broken_##x)                                        \
	__attribute__((constructor)) static void broken_make_##x(void) \
	{                                                              \
		struct cb_workload *work = &broken_work_##x;           \
		struct cb_kind *kind = &broken_##x;                    \
                                                                       \
		*work = *SOUND(family_, of);                           \
		*kind = *cb_kind_find(family_, of);                    \
		kind->name = #x;                                       \
		kind->about = what;                                    \
		kind->says = expected;                                 \
		kind->flags = CB_BROKEN;                               \
		kind->models &= CB_CAN_ALL;                            \
		kind->work = work;                                     \
		kind->callback = NULL;                                 \
		__VA_ARGS__;                                           \
	}

/* It counts one operation more, with every batch, than it has done. */
#define BROKEN_BOASTING(x, family, of, expected)                                  \
	static uint64_t x##_batch(struct cb_worker *w, void *state, uint64_t n)   \
	{                                                                         \
		return SOUND(family, of)->batch(w, state, n) + 1;                 \
	}                                                                         \
	BROKEN(x, family, of, "counts operations that it has not done", expected, \
	    work->batch = x##_batch)

/* The last worker's operation @member is @wrong; its others remain in broken_usual. */
#define BROKEN_OP(x, family, of, what, expected, member, wrong, ...) \
	static void x##_enter(struct cb_worker *w, void *state)      \
	{                                                            \
		static struct cb_worker_ops ops;                     \
		const struct cb_workload *sound = SOUND(family, of); \
                                                                     \
		if (w->index == w->count - 1 && w->ops != &ops) {    \
			broken_usual = w->ops;                       \
			ops = *w->ops;                               \
			ops.member = wrong;                          \
			w->ops = &ops;                               \
		}                                                    \
		if (sound->enter)                                    \
			sound->enter(w, state);                      \
	}                                                            \
	BROKEN(x, family, of, what, expected, work->enter = x##_enter; __VA_ARGS__)

static const struct cb_worker_ops *broken_usual __attribute__((unused));

#endif
