/* thread.c - a POSIX thread, made and joined: with the C library's own stack for it, which is used
 * again by the next one. */
#include "benches/create/life.h"

static void *live(void *arg)
{
	life_live(arg, NULL);
	return arg;
}

static int make(struct life *l)
{
	return -pthread_create(&l->thread, NULL, live, l);
}

static int await(struct life *l)
{
	return -pthread_join(l->thread, NULL);
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	return life_batch(w, state, n, make, await);
}

static const struct cb_workload work = {
    .op = "creation",
    .latency_of = LIFE_LATENCY,
    .state_size = life_state_size,
    .enter = life_enter,
    .batch = batch,
    .check = life_check,
    .report = life_report,
};

static const struct cb_kind thread = {
    .family = "create",
    .name = "thread",
    .about = "pthread_create(3) and pthread_join(3), on a stack that was used before",
    .source = "glibc",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_OS,
    .not_models = "its join waits in the kernel: that stops the carrier",
    .work = &work,
};

CB_REGISTER(thread)
