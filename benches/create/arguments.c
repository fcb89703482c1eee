/* arguments.c - a worker is made with an argument, of nothing to megabytes: how long until it has
 * read all of it? */
#include "benches/create/arguments.h"
#include "benches/create/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const way_words[] = {[ARGUMENT_POINTER] = "pointer",
    [ARGUMENT_COPY] = "copy_on_write",
    [ARGUMENT_PIPE] = "pipe",
    NULL};

_Static_assert(sizeof(struct argument) <= LIFE_OWN_BYTES, "a maker has no room for it");

/* Fletcher's: it depends on where each word stands. */
static void add_up(const uint64_t *words, size_t count, uint64_t *sum, uint64_t *sum_of_sums)
{
	*sum = *sum_of_sums = 0;
	for (size_t i = 0; i < count; i++) {
		*sum += words[i];
		*sum_of_sums += *sum;
	}
}

/* ---- the worker's ---- */

static int drain(int fd, uint64_t *to, size_t bytes)
{
	for (size_t have = 0; have < bytes;) {
		const ssize_t n = read(fd, (char *)to + have, bytes - have);

		if (n <= 0 && !(n < 0 && errno == EINTR))
			return n ? -errno : -EPIPE;
		have += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Of none there is nothing to read: the key itself stands for it. */
static void live(struct life *l)
{
	const struct argument *a = l->maker->local;
	const uint64_t *words = a->words;
	uint64_t sum, got = l->key;
	int ret = 0;

	if (a->way == ARGUMENT_PIPE) {
		/* Or it would not learn that its maker is gone. */
		(void)close(a->fd[1]);
		ret = drain(a->fd[0], a->room, a->count * sizeof(*words));
		words = a->room;
	}
	if (a->count)
		add_up(words, a->heeded, &sum, &got);
	l->first_ns = cb_now_ns();
	life_end(l, got, NULL);
	l->error = l->error ? l->error : ret;
}

static void *live_as_thread(void *l)
{
	live(l);
	return NULL;
}

/* ---- the maker's ---- */

static int pour(int fd, const uint64_t *from, size_t bytes)
{
	for (size_t gone = 0; gone < bytes;) {
		const ssize_t n = write(fd, (const char *)from + gone, bytes - gone);

		if (n < 0 && errno != EINTR)
			return -errno;
		gone += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int make_with_pipe(struct life *l, struct argument *a)
{
	int ret = pipe2(a->fd, O_CLOEXEC) ? -errno : 0;

	if (ret)
		return ret;
	ret = process_make(l, live);
	(void)close(a->fd[0]);
	if (!ret) {
		ret = pour(a->fd[1], a->words, a->count * sizeof(*a->words));
		(void)close(a->fd[1]);
		if (ret)
			(void)process_reap(l);
	} else {
		(void)close(a->fd[1]);
	}
	return ret;
}

static int make(struct life *l)
{
	struct argument *a = l->maker->local;

	switch (a->way) {
	case ARGUMENT_POINTER:
		return -pthread_create(&l->thread, NULL, live_as_thread, l);
	case ARGUMENT_COPY:
		return process_make(l, live);
	default:
		return make_with_pipe(l, a);
	}
}

static int await(struct life *l)
{
	const struct argument *a = l->maker->local;

	return a->way == ARGUMENT_POINTER ? -pthread_join(l->thread, NULL) : process_reap(l);
}

/* Only this one word changes: a maker that has forked pays for each page that it writes to. */
static void prepare(struct life *l)
{
	const struct argument *a = l->maker->local;

	if (a->count)
		a->words[a->count - 1] = l->key - a->sum_of_sums - a->sum;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	return w->local ? life_batch_of(w, state, n, prepare, make, await) : 0;
}

/* In small pages: how many others there would be depends on the machine's settings. It stays until
 * the launch ends. */
static uint64_t *memory(size_t bytes)
{
	uint64_t *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

static void enter(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	struct argument *a = (void *)own->own;

	life_enter(w, state);
	if (w->local)
		return;
	if (a->count) {
		a->words = memory(a->count * sizeof(*a->words));
		a->room = memory(a->count * sizeof(*a->room));
		if (!a->words || !a->room) {
			cb_fail(w, -errno, "memory of an argument");
			return;
		}
		for (size_t i = 0; i < a->count; i++)
			a->words[i] = life_answer(i + 1);
		add_up(a->words, a->count - 1, &a->sum, &a->sum_of_sums);
	}
	w->local = a;
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct life_maker *maker = env->state;

	(void)why;
	(void)why_len;
	for (unsigned i = 0; i < env->workers; i++) {
		struct argument *a = (void *)maker[i].own;

		a->way = (enum argument_way)cb_case_value(env->c, "way");
		a->count = (size_t)cb_case_value(env->c, "argument_bytes") / sizeof(*a->words);
		a->heeded = a->count;
	}
	return 0;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	(void)cb_metric(metrics, "read_ns", life_mean_ns(env, LIFE_FIRST));
	(void)cb_metric(metrics, "call_ns", life_mean_ns(env, LIFE_CALL));
	(void)cb_metric(metrics, "life_ns", life_mean_ns(env, LIFE_WHOLE));
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const int64_t bytes = cb_case_value(c, "argument_bytes");

	if (bytes % (int64_t)sizeof(uint64_t) == 0)
		return 0;
	(void)snprintf(
	    why, why_len, "an argument is of words of 8 bytes, not %d bytes", (int)bytes);
	return -EINVAL;
}

static const struct cb_workload work = {
    .op = "creation",
    .timed = "create one with an argument, up to its having read all of that, and await its end; "
	     "then the next",
    .checked = LIFE_CHECKED "; the sum of the whole argument is that",
    .latency_of = "call to make it -> it has read its argument",
    .state_size = life_state_size,
    .setup = setup,
    .enter = enter,
    .batch = batch,
    .check = life_check,
    .report = report,
};

static const struct cb_param params[] = {
    CB_PARAM("argument_bytes", CB_BYTES, "64", 0, 1 << 30, "passed to each worker"),
    {"way", CB_WORD, "pointer", 0, ARGUMENT_WAYS - 1,
	"a thread's pointer, a forked process's copy-on-write memory, or a pipe to that", way_words,
	false},
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL,
	"model=thread workers=1 way=pointer,copy_on_write,pipe argument_bytes=0,64,4KiB,1MiB"},
    {CB_CHECK,
	"model=thread,process workers=2 way=pointer,copy_on_write,pipe argument_bytes=128KiB"},
    {CB_CHECK, "model=thread workers=1 way=pointer,copy_on_write,pipe argument_bytes=0,64,4KiB"},
};

static const struct cb_figure figures[] = {
    {"read_ns", "from the call to make it to its having read its argument", "ns", CB_RATIO, CB_LESS,
	0.0, NULL},
    {"call_ns", "making it, until the call is back", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"life_ns", "made, run and awaited", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
};

static const struct cb_kind arguments = {
    .family = "create",
    .name = "arguments",
    .about = "a worker that is made with an argument: when has it read all of that?",
    .source = "pthread_create(3), fork(2), pipe(2)",
    .from = CB_FULL,
    .version = 2,
    .models = CB_CAN_OS,
    .not_models = "awaiting it waits in the kernel: that stops the carrier",
    .work = &work,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .axis = "argument_bytes",
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(arguments)
