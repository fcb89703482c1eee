/* isolation.c - the price of isolation: a forked process that writes to what was its maker's gets a
 * copy of each page, a thread writes to the same one. */
#include "benches/fault/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A gigabyte is copied within a second, on a busy machine within some. */
#define DEADLINE_NS (20 * CB_NS_PER_S)

/* ---- words, one a page ---- */

/* splitmix64's finaliser, as in create/life.h. */
static uint64_t word_of(enum isolation_hand hand, uint64_t page)
{
	uint64_t x = 2 * page + hand + 1;

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* The order counts. */
static uint64_t add(uint64_t sum, uint64_t word)
{
	return 31 * sum + word;
}

uint64_t isolation_sum(enum isolation_hand hand, uint64_t pages)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < pages; i++)
		sum = add(sum, word_of(hand, i));
	return sum;
}

/* ---- in the sacrificed process ---- */

struct memory {
	struct isolation_state *st;
	unsigned char *at;
	size_t page_bytes;
};

static volatile uint64_t *word_in(const struct memory *m, uint64_t page)
{
	return (volatile uint64_t *)(void *)(m->at + page * m->page_bytes);
}

static uint64_t sum_in(const struct memory *m)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < m->st->pages; i++)
		sum = add(sum, *word_in(m, i));
	return sum;
}

/* Return: how long that takes. */
static uint64_t write_all(const struct memory *m, enum isolation_hand hand, uint64_t pages)
{
	const uint64_t begin_ns = cb_now_ns();

	for (uint64_t i = 0; i < pages; i++)
		*word_in(m, i) = word_of(hand, i);
	return cb_now_ns() - begin_ns;
}

/* In small pages: how many others there would be depends on the machine's settings. */
static int allocate(struct memory *m, int sharing)
{
	const size_t bytes = m->st->pages * m->page_bytes;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	(void)madvise(p, bytes, MADV_NOHUGEPAGE);
	m->at = p;
	return 0;
}

/* Of proc_pid_status(5), VmPTE: in the mode of threads it is the maker's. Return: 0: it cannot be
 * read. */
static uint64_t own_tables(const struct isolation_state *st)
{
	char text[4096] = "";
	const int fd =
	    st->model == CB_PROCESS ? open("/proc/self/status", O_RDONLY | O_CLOEXEC) : -1;
	const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *line = strstr(text, "VmPTE:");

	if (fd >= 0)
		(void)close(fd);
	return n > 0 && line ? strtoull(line + strlen("VmPTE:"), NULL, 10) * 1024 : 0;
}

static int work(struct memory *m)
{
	struct isolation_state *st = m->st;
	struct isolation_round *r = &st->rounds[st->round];
	const uint64_t pages = st->pages - st->plan.skips;
	int ret = st->pu >= 0 ? cb_bind_self(st->pu) : 0;

	if (!ret && st->plan.elsewhere)
		ret = allocate(m, MAP_PRIVATE);
	if (ret)
		return ret;
	if (st->plan.fresh)
		(void)munmap(m->at, st->pages * m->page_bytes);
	r->tables_bytes = own_tables(st);
	if (st->model == CB_PROCESS && !r->tables_bytes)
		return -EIO;
	if (st->plan.fresh && (ret = allocate(m, MAP_PRIVATE)) != 0)
		return ret;
	/* Of what it needs for that it has copies, too. */
	(void)write_all(m, ISOLATION_WORKER, 0);
	r->first_ns = write_all(m, ISOLATION_WORKER, pages);
	r->again_ns = write_all(m, ISOLATION_WORKER, pages);
	r->seen_by_worker = sum_in(m);
	if (st->model == CB_PROCESS) {
		uint64_t others_bytes;

		/* It ends now. What is there without these pages is for everything else. */
		(void)munmap(m->at, st->pages * m->page_bytes);
		others_bytes = own_tables(st);
		r->tables_bytes -= others_bytes < r->tables_bytes ? others_bytes : r->tables_bytes;
	}
	return 0;
}

static void *thread_main(void *arg)
{
	struct memory own = *(struct memory *)arg;
	const int ret = work(&own);

	if (ret)
		cb_store(&own.st->error, ret);
	return NULL;
}

/* Return: 0; -errno. Each call notes how long it took until it was back. */
static int run_thread(struct memory *m, uint64_t *took_ns)
{
	const uint64_t begin_ns = cb_now_ns();
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, thread_main, m);

	*took_ns = cb_now_ns() - begin_ns;
	return ret ? -ret : -pthread_join(thread, NULL);
}

static int run_process(struct memory *m, uint64_t *took_ns)
{
	const uint64_t begin_ns = cb_now_ns();
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)thread_main(m);
		_exit(0);
	}
	*took_ns = cb_now_ns() - begin_ns;
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? -ECHILD : 0;
}

static int make_it_work(struct isolation_state *st)
{
	struct memory m = {.st = st, .page_bytes = (size_t)sysconf(_SC_PAGESIZE)};
	int ret = st->pu >= 0 ? cb_bind_self(st->pu) : 0;

	if (!ret)
		ret = allocate(&m, st->plan.leaks ? MAP_SHARED : MAP_PRIVATE);
	if (ret)
		return ret;
	(void)write_all(&m, ISOLATION_MAKER, st->pages);
	for (unsigned round = 0; !ret && round < ISOLATION_ROUNDS; round++) {
		struct isolation_round *r = &st->rounds[round];

		cb_store(&st->round, round);

		ret = st->model == CB_THREAD ? run_thread(&m, &r->make_ns)
					     : run_process(&m, &r->make_ns);
		r->seen_by_maker = sum_in(&m);
		r->maker_ns = write_all(&m, ISOLATION_MAKER, st->pages);
	}
	return ret;
}

static uint64_t rounds_done(const void *arg)
{
	return cb_load(&((const struct isolation_state *)arg)->round);
}

static void maker(void *arg)
{
	struct isolation_state *st = arg;
	const int ret = make_it_work(st);

	if (ret)
		cb_store(&st->error, ret);
}

/* ---- in the cell ---- */

/* Of the rounds but the first, of one of their times: who is kept from its PU in one of them does
 * not move it. */
static double median(const struct isolation_state *st, size_t offset)
{
	uint64_t sorted[ISOLATION_ROUNDS - 1];

	for (unsigned n = 0; n < ISOLATION_ROUNDS - 1; n++) {
		const char *round = (const char *)&st->rounds[n + 1];
		unsigned at = n;
		uint64_t x;

		memcpy(&x, round + offset, sizeof(x));
		for (; at && sorted[at - 1] > x; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = x;
	}
	return (double)sorted[(ISOLATION_ROUNDS - 1) / 2];
}

#define MEDIAN(st, what) median(st, offsetof(struct isolation_round, what))

int isolation_once(const struct isolation_plan *plan, struct cb_env *env,
    struct cb_metrics *metrics, char *why, size_t why_len)
{
	struct isolation_state *st = env->state;
	double pages;
	int ret;

	memset(st, 0, sizeof(*st));
	st->plan = *plan;
	st->model = env->model;
	st->pages = (uint64_t)cb_case_value(env->c, "pages");
	st->pu = env->pu[0];
	pages = (double)st->pages;
	ret = cb_sacrifice_watched(maker, rounds_done, st, DEADLINE_NS, &st->fate);
	if (!ret)
		ret = st->error;
	if (ret) {
		(void)snprintf(why, why_len, "the maker: %s", strerror(-ret));
		return ret;
	}
	if (st->fate.hung || st->fate.signal || st->fate.status) {
		(void)snprintf(why, why_len,
		    "the maker %s in round %u, by signal %d, with status %d",
		    st->fate.hung ? "has not ended" : "ended", cb_load(&st->round), st->fate.signal,
		    st->fate.status);
		return -ECHILD;
	}
	(void)cb_metric(metrics, "page_ns", MEDIAN(st, first_ns) / pages);
	(void)cb_metric(metrics, "again_ns", MEDIAN(st, again_ns) / pages);
	(void)cb_metric(metrics, "maker_ns", MEDIAN(st, maker_ns) / pages);
	(void)cb_metric(metrics, "make_ns", MEDIAN(st, make_ns));
	(void)cb_metric(metrics, "tables_bytes", MEDIAN(st, tables_bytes));
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct isolation_plan plan = {0};

	return isolation_once(&plan, env, metrics, why, why_len);
}

/* At least an entry for each page that its maker has, but for the tables at both ends, in which
 * others may have theirs; a thread has none of its own. */
static uint64_t tables_due(const struct isolation_state *st)
{
	const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t tables = st->pages * sizeof(uint64_t) / page_bytes;

	return st->model == CB_THREAD || tables < 2 ? 0 : (tables - 2) * page_bytes;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct isolation_state *st = env->state;
	const bool shared = st->model == CB_THREAD;
	const uint64_t makers = isolation_sum(ISOLATION_MAKER, st->pages);
	const uint64_t workers = isolation_sum(ISOLATION_WORKER, st->pages);

	for (unsigned i = 0; i < ISOLATION_ROUNDS; i++) {
		const struct isolation_round *r = &st->rounds[i];

		if (r->seen_by_worker != workers)
			(void)snprintf(
			    why, why_len, "the worker has not written to all of its pages");
		else if (shared ? r->tables_bytes != 0 : r->tables_bytes < tables_due(st))
			(void)snprintf(why, why_len,
			    "a worker has page tables of %" PRIu64 " bytes, not %" PRIu64 "%s",
			    r->tables_bytes, tables_due(st), shared ? "" : " or more");
		else if (r->seen_by_maker == (shared ? workers : makers))
			continue;
		else if (shared)
			(void)snprintf(
			    why, why_len, "the maker does not see what a thread has written");
		else
			(void)snprintf(
			    why, why_len, "the maker's pages have changed under a process");
		return -EBADMSG;
	}
	return 0;
}

static const struct cb_workload workload = {
    .op = "worker that writes to all pages",
    .timed = "the maker writes to all pages, makes one that writes to them, and writes to them "
	     "again when that has ended: each of these apart, the median of some rounds. "
	     "tables_bytes is what of VmPTE a process has for these pages as it begins: what fork "
	     "has copied of its maker's page tables, or a thread shares (0)",
    .checked = "the worker sees what it has written; so does the maker of a thread, and the maker "
	       "of a process sees what it has written itself, and the process has page tables for "
	       "these pages, the first and the last of them not looked for",
    .state_bytes = sizeof(struct isolation_state),
    .once = once,
    .check = check,
};

static unsigned one(const struct cb_case *c)
{
	(void)c;
	return 1;
}

static const struct cb_param params[] = {
    CB_PARAM_PLACE("scatter"),
    CB_PARAM("pages", CB_COUNT, "1024", 1, 1 << 18, "of the maker, that the worker writes to"),
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread,process pages=16,1024,16384"},
    {CB_CHECK, "model=thread,process pages=1,1024"},
    {CB_CHECK, "model=process pages=16384"},
};

static const struct cb_figure figures[] = {
    {"page_ns", "writing to a page for the first time", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"again_ns", "writing to it once more", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"maker_ns", "the maker's writing to it afterwards", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"make_ns", "making the worker, until the call is back", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"tables_bytes", "page tables that are the worker's own", "bytes", CB_DIFFERENCE, CB_LESS,
	4096.0, NULL},
};

static const struct cb_kind isolation = {
    .family = "fault",
    .name = "isolation",
    .about = "a worker writes to memory that its maker has written to before: its own or shared?",
    .source = "fork(2): copy-on-write",
    .from = CB_FULL,
    .version = 2,
    .models = CB_CAN_OS,
    .not_models = "coroutines share their memory as threads do",
    .work = &workload,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .without = "workers",
    .axis = "pages",
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .workers = one,
};

CB_REGISTER(isolation)
