/* registry.c - the one table of families, in report order. */
#include "benches/locks/locks.h"
#include "benches/jobs/job.h"
#include "benches/handoff/switch.h"
#include "benches/queues/queues.h"
#include "benches/selftest/selftest.h"

const struct family bench_families[] = {
    {"job", "Jobs under every execution model", job_list},
    {"switch", "The hand-off ladder", switch_list},
    {"lock", "Locks", lock_list},
    {"queue", "Queues", queue_list},
    /* Lists nothing unless asked for in the environment. */
    {"selftest", "Cases that misbehave on purpose", selftest_list},
    {0},
};
