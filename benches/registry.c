/* registry.c - the families, in report order: a line each. Their kinds are found by themselves
 * (CB_REGISTER). */
#include <concbench/concbench.h>

/* The last is hidden unless asked for in the environment. */
#define FAMILIES(X) \
	X(job)      \
	X(create)   \
	X(memory)   \
	X(handoff)  \
	X(distance) \
	X(refill)   \
	X(sequence) \
	X(slice)    \
	X(lock)     \
	X(queue)    \
	X(loss)     \
	X(fault)    \
	X(python)   \
	X(selftest)

#define DECLARE(name) extern const struct cb_family name##_family;
#define ENTER(name) &name##_family,

FAMILIES(DECLARE)

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {FAMILIES(ENTER) NULL};
