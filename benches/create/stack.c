/* stack.c - the first touch of the stack that a worker was given: the kernel has to find each page.
 *
 * The C library keeps the stacks of threads that have ended, with their pages, for the next ones:
 * so each thread gets the stack of its maker, whose pages are given back before. A fork write-
 * protects all pages of its maker: the copy faults on each that it writes to, whoever had it
 * before. */
#include "benches/create/process.h"
#include "benches/create/stack.h"

#include <alloca.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Of a thread: what is touched, what is above, and what the C library and sanitizers keep there. */
#define STACK_BYTES ((size_t)1 << 20)
/* Not touched: calls before the first touch may have been there. */
#define ABOVE_BYTES ((size_t)16 * 1024)

/* What a maker keeps. */
struct stack {
	void *bytes;
};

_Static_assert(sizeof(struct stack) <= LIFE_OWN_BYTES, "a maker has no room for it");

/* Downwards, as stacks grow. */
__attribute__((noinline)) uint32_t stack_touch(uint32_t bytes, unsigned char value)
{
	volatile unsigned char *room = alloca(bytes + ABOVE_BYTES);
	uint32_t touched = 0;

	for (uint32_t at = bytes; at >= STACK_PAGE_BYTES; at -= STACK_PAGE_BYTES) {
		room[at - STACK_PAGE_BYTES] = value;
		touched += room[at - STACK_PAGE_BYTES] == value;
	}
	return touched;
}

static long faults(void)
{
	struct rusage used = {0};

	(void)getrusage(RUSAGE_THREAD, &used);
	return used.ru_minflt;
}

/* One for each page. The kernel's may be greater, and then what is above has had the first one. */
static long faults_due(uint32_t bytes)
{
	const long page = sysconf(_SC_PAGESIZE);

	return (long)bytes / page - (page > (long)STACK_PAGE_BYTES);
}

void stack_live(struct life *l, uint32_t (*touch)(uint32_t bytes, unsigned char value))
{
	const uint32_t bytes = life_maker_of(l)->way;
	uint64_t from_ns;
	long before;

	l->first_ns = cb_now_ns();
	before = faults();
	from_ns = cb_now_ns();
	l->wrong = touch(bytes, (unsigned char)l->key) != bytes / STACK_PAGE_BYTES;
	l->phase_ns[LIFE_ROW] = cb_now_ns() - from_ns;
	/* Of a process's stack some pages may be huge ones. */
	if (life_maker_of(l)->of == CB_THREAD)
		l->wrong |= faults() - before < faults_due(bytes);
	life_end(l, l->key, NULL);
}

static void live(struct life *l)
{
	stack_live(l, stack_touch);
}

static void *live_as_thread(void *l)
{
	live(l);
	return NULL;
}

static struct stack *stack_of(struct life *l)
{
	return (struct stack *)(void *)life_maker_of(l)->own;
}

/* Nobody is on it. enter() has said why there is none. */
void stack_renew(struct life *l)
{
	if (stack_of(l)->bytes && madvise(stack_of(l)->bytes, STACK_BYTES, MADV_DONTNEED) != 0)
		cb_fail(l->maker, -errno, "giving back the pages of a stack");
}

static int make_thread(struct life *l)
{
	pthread_attr_t attr;
	int ret;

	if (!stack_of(l)->bytes)
		return -ENOMEM;
	ret = pthread_attr_init(&attr);
	if (ret)
		return -ret;
	ret = pthread_attr_setstack(&attr, stack_of(l)->bytes, STACK_BYTES);
	ret = ret ? ret : pthread_create(&l->thread, &attr, live_as_thread, l);
	(void)pthread_attr_destroy(&attr);
	return -ret;
}

static int make(struct life *l)
{
	return life_maker_of(l)->of == CB_THREAD ? make_thread(l) : process_make(l, live);
}

static int await(struct life *l)
{
	return life_maker_of(l)->of == CB_THREAD ? -pthread_join(l->thread, NULL) : process_reap(l);
}

uint64_t stack_batch(struct cb_worker *w, void *state, uint64_t n, void (*renew)(struct life *l))
{
	return life_batch_of(w, state, n, renew, make, await);
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	return stack_batch(w, state, n, stack_renew);
}

/* In small pages, each of which is found by itself. It stays until the launch ends. */
static void enter(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	struct stack *s = (void *)own->own;
	void *p;

	life_enter(w, state);
	if (own->of != CB_THREAD || s->bytes)
		return;
	p = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED) {
		cb_fail(w, -errno, "a stack for threads");
		return;
	}
	(void)madvise(p, STACK_BYTES, MADV_NOHUGEPAGE);
	s->bytes = p;
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	(void)why;
	(void)why_len;
	life_assign(env, (unsigned)cb_case_value(env->c, "touched_bytes"),
	    (enum cb_model)cb_case_value(env->c, "of"));
	return 0;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	(void)cb_metric(metrics, "touch_ns", life_mean_ns(env, LIFE_ROW));
	(void)cb_metric(metrics, "first_ns", life_mean_ns(env, LIFE_FIRST));
	(void)cb_metric(metrics, "join_ns", life_mean_ns(env, LIFE_JOIN));
}

/* Half of it: what is above is in use. */
static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const size_t bytes = (size_t)cb_case_value(c, "touched_bytes");
	pthread_attr_t attr;
	size_t stack_bytes = 0;

	if (bytes % STACK_PAGE_BYTES) {
		(void)snprintf(why, why_len, "whole pages of %u bytes are touched, not %zu bytes",
		    STACK_PAGE_BYTES, bytes);
		return -EINVAL;
	}
	if (pthread_getattr_default_np(&attr) == 0) {
		(void)pthread_attr_getstacksize(&attr, &stack_bytes);
		(void)pthread_attr_destroy(&attr);
	}
	if (bytes <= stack_bytes / 2)
		return 0;
	(void)snprintf(why, why_len, "stacks have %zu bytes here", stack_bytes);
	return -ENOTSUP;
}

static const struct cb_workload work = {
    .op = "creation",
    .timed =
	"create one, which writes to each page of so much of its stack, and await its end; then "
	"the next",
    .checked = LIFE_CHECKED "; it has read from each page what it has written there",
    .latency_of = LIFE_LATENCY,
    .state_size = life_state_size,
    .setup = setup,
    .enter = enter,
    .batch = batch,
    .check = life_check,
    .report = report,
};

static const struct cb_param params[] = {
    LIFE_PARAM_OF,
    CB_PARAM("touched_bytes", CB_BYTES, "4KiB", STACK_PAGE_BYTES, 1 << 17,
	"of its stack, by each that is made"),
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread workers=1 of=thread,process touched_bytes=4KiB,16KiB,64KiB"},
    {CB_CHECK, "model=thread,process workers=2 of=thread,process touched_bytes=4KiB,64KiB"},
};

static const struct cb_figure figures[] = {
    {"touch_ns", "touching all pages of that for the first time", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
    {"first_ns", "from the call to its first instruction", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"join_ns", "from its last instruction to its maker's going on", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
};

LIFE_KIND(stack, 2, "the first touch of the stack that a worker was given",
    "pthread_create(3), fork(2)", "touched_bytes", can, )
