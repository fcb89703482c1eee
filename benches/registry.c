/* registry.c - the one table of families, in report order. */
#include "benches/locks/locks.h"
#include "benches/models/job.h"
#include "benches/models/switch.h"
#include "benches/queues/queues.h"
#include "benches/selftest.h"

const struct family bench_families[] = {
    {"job", "Jobs under every execution model", job_list},
    {"switch", "The hand-off ladder", switch_list},
    {"lock", "Locks", lock_list},
    {"queue", "Queues", queue_list},
    /* Lists nothing unless asked for in the environment. */
    {"selftest", "Cases that misbehave on purpose", selftest_list},
    {0},
};
