/* registry.c - the families, in report order. Their kinds are found by themselves (CB_REGISTER). */
#include <concbench/concbench.h>

extern const struct cb_family job_family, create_family, memory_family, handoff_family, lock_family,
    queue_family, fault_family, python_family, selftest_family;

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {
    &job_family,
    &create_family,
    &memory_family,
    &handoff_family,
    &lock_family,
    &queue_family,
    &fault_family,
    &python_family,
    &selftest_family, /* hidden unless asked for in the environment */
    NULL,
};
