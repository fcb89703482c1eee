/* rate.c - how many threads, or processes, can be made and awaited by all makers together? */
#include "benches/create/process.h"
#include "benches/create/rate.h"

static void *live_as_thread(void *l)
{
	rate_live(l);
	return NULL;
}

static int make_thread(struct life *l)
{
	return -pthread_create(&l->thread, NULL, live_as_thread, l);
}

static int join(struct life *l)
{
	return -pthread_join(l->thread, NULL);
}

static uint64_t threads(struct cb_worker *w, void *state, uint64_t n)
{
	return rate_batch(w, state, n, make_thread, join);
}

static void live(struct life *l)
{
	rate_live(l);
}

static int make_process(struct life *l)
{
	return process_make(l, live);
}

static uint64_t processes(struct cb_worker *w, void *state, uint64_t n)
{
	return rate_batch(w, state, n, make_process, process_reap);
}

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread,process workers=1,pus,2*pus"},
    {CB_CHECK, "model=thread,process workers=1,3"},
};

static const struct cb_figure figures[] = {
    {"ns_per_op", "made and awaited, by all makers together", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
};

#define RATE(x, about_, source_, batch_)                                                           \
	static const struct cb_workload x##_work = {.op = "creation",                              \
	    .timed = "create one, which notes that it ran, and await its end; then the next: the " \
		     "window over those of all makers",                                            \
	    .checked = LIFE_CHECKED,                                                               \
	    .latency_of = "call to make it -> its maker goes on",                                  \
	    .state_size = life_state_size,                                                         \
	    .enter = life_enter,                                                                   \
	    .batch = batch_,                                                                       \
	    .check = life_check};                                                                  \
	static const struct cb_kind cb_kind_##x = {.family = "create",                             \
	    .name = #x,                                                                            \
	    .about = about_,                                                                       \
	    .source = source_,                                                                     \
	    .from = CB_FULL,                                                                       \
	    .version = 1,                                                                          \
	    .models = CB_CAN_OS,                                                                   \
	    .not_models = "awaiting it waits in the kernel: that stops the carrier",               \
	    .work = &x##_work,                                                                     \
	    .figures = figures,                                                                    \
	    .figure_count = 1,                                                                     \
	    .sweeps = sweeps,                                                                      \
	    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0])};                                    \
	CB_REGISTER(cb_kind_##x)

RATE(thread_rate, "threads made and joined by several makers at once, of one process or of many",
    "pthread_create(3)", threads)

RATE(fork_rate, "processes forked and waited for by several makers at once", "fork(2)", processes)
