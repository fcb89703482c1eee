/* listing.c - which workers are there? Listed from /proc/self/task, and from a registry of one's
 * own.
 */
#include "benches/create/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beside those that are counted: the maker, other makers, what else the process has. */
#define OTHERS 4096u

static const char *const way_words[] = {
    [LISTING_PROC] = "proc", [LISTING_REGISTRY] = "registry", NULL};

static int list_proc(struct listing *l)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *d;

	if (!dir)
		return -errno;
	while ((d = readdir(dir)) && l->count < l->room)
		if (d->d_name[0] != '.')
			l->tid[l->count++] = (pid_t)strtol(d->d_name, NULL, 10);
	(void)closedir(dir);
	return 0;
}

static int list_registry(struct listing *l)
{
	(void)pthread_mutex_lock(&l->mutex);
	for (const struct listing_entry *e = l->first; e && l->count < l->room; e = e->next)
		l->tid[l->count++] = e->tid;
	(void)pthread_mutex_unlock(&l->mutex);
	return 0;
}

int listing_list(struct listing *l)
{
	l->count = 0;
	return l->way == LISTING_PROC ? list_proc(l) : list_registry(l);
}

static void enter_registry(struct listing *l, unsigned i)
{
	struct listing_entry *e = &l->entry[i];

	(void)pthread_mutex_lock(&l->mutex);
	e->tid = l->all->sleeper[i].tid;
	e->next = l->first;
	l->first = e;
	(void)pthread_mutex_unlock(&l->mutex);
}

static void leave_registry(struct listing *l, unsigned i)
{
	struct listing_entry **at;

	(void)pthread_mutex_lock(&l->mutex);
	for (at = &l->first; *at != &l->entry[i]; at = &(*at)->next)
		;
	*at = l->entry[i].next;
	(void)pthread_mutex_unlock(&l->mutex);
}

/* Before each batch one ends, and another one is made: a list of yesterday is wrong. It is joined
 * before the kernel has quite forgotten it. */
static int replace_one(struct listing *l, unsigned i)
{
	int ret;

	l->gone = l->all->sleeper[i].tid;
	leave_registry(l, i);
	ret = sleepers_replace(l->all, i);
	while (syscall(SYS_tgkill, getpid(), l->gone, 0) == 0)
		(void)sched_yield();
	enter_registry(l, i);
	return ret;
}

static int by_number(const void *a, const void *b)
{
	const pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static unsigned times(const struct listing *l, pid_t tid)
{
	unsigned low = 0, high = l->count, n = 0;

	while (low < high) {
		const unsigned mid = (low + high) / 2;

		if (l->tid[mid] < tid)
			low = mid + 1;
		else
			high = mid;
	}
	while (low < l->count && l->tid[low++] == tid)
		n++;
	return n;
}

/* Everybody once, who has ended not at all; in the registry nobody else, while the kernel has other
 * threads to tell of, too. Return: mistakes. */
static uint64_t judge(struct listing *l)
{
	uint64_t wrong = 0;

	qsort(l->tid, l->count, sizeof(l->tid[0]), by_number);
	for (unsigned i = 0; i < l->all->count; i++)
		wrong += times(l, l->all->sleeper[i].tid) != 1;
	wrong += times(l, l->gone) != 0;
	wrong += l->way == LISTING_REGISTRY && l->count != l->all->count;
	return wrong;
}

static void drop(struct listing *l)
{
	if (!l)
		return;
	sleepers_end(l->all);
	free(l->entry);
	free(l->tid);
	(void)pthread_mutex_destroy(&l->mutex);
	free(l);
}

static struct listing *make(const struct life_maker *own, int *ret)
{
	struct listing *l = calloc(1, sizeof(*l));

	*ret = l ? 0 : -ENOMEM;
	if (!l)
		return NULL;
	(void)pthread_mutex_init(&l->mutex, NULL);
	l->way = (enum listing_way)own->way;
	l->room = own->threads + OTHERS;
	l->entry = calloc(own->threads, sizeof(l->entry[0]));
	l->tid = calloc(l->room, sizeof(l->tid[0]));
	*ret = l->entry && l->tid ? sleepers_begin(own->threads, &l->all) : -ENOMEM;
	if (*ret) {
		drop(l);
		return NULL;
	}
	for (unsigned i = 0; i < own->threads; i++)
		enter_registry(l, i);
	return l;
}

static void enter(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	int ret;

	own->timed = 0;
	own->phase_ns[LIFE_ROW] = 0;
	w->local = make(own, &ret);
	if (ret)
		cb_fail(w, ret, "workers to be listed");
}

static void leave(struct cb_worker *w, void *state)
{
	(void)state;
	drop(w->local);
	w->local = NULL;
}

uint64_t listing_batch(struct cb_worker *w, void *state, uint64_t n, int (*list)(struct listing *l))
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	struct listing *l = w->local;
	uint64_t done = 0;
	int ret;

	if (!l)
		return 0;
	ret = replace_one(l, (unsigned)(own->made % l->all->count));
	while (!ret && done < n && !(done && cb_stopping(w))) {
		const uint64_t from_ns = cb_now_ns();
		uint64_t to_ns;

		ret = list(l);
		to_ns = cb_now_ns();
		if (cb_in_window(w, to_ns)) {
			own->timed++;
			own->phase_ns[LIFE_ROW] += to_ns - from_ns;
		}
		cb_record_ns(w, to_ns, to_ns - from_ns);
		own->wrong += judge(l);
		done++;
	}
	if (ret)
		cb_fail(w, ret, "listing workers");
	own->made += done;
	own->ran += done;
	return done;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	return listing_batch(w, state, n, listing_list);
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct life_maker *maker = env->state;
	const unsigned listed = (unsigned)cb_case_value(env->c, "listed");

	for (unsigned i = 0; i < env->workers; i++) {
		maker[i].way = (unsigned)cb_case_value(env->c, "way");
		maker[i].threads = listed;
	}
	return life_try_threads(env->workers * listed, why, why_len);
}

/* The kernel walks from one task to the next, and is at the end of them when the one that it is at
 * has just ended. */
static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->model == CB_PROCESS || c->workers == 1)
		return 0;
	(void)snprintf(why, why_len,
	    "a list leaves some out while others of the process end: one maker a process");
	return -EINVAL;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	(void)cb_metric(metrics, "list_ns", life_mean_ns(env, LIFE_ROW));
}

static const struct cb_workload work = {
    .op = "listing",
    .timed = "list all workers that exist; before each batch of that one has ended and another was "
	     "made",
    .checked = "every worker is in each list once, who has ended is in none",
    .latency_of = "asking -> all are listed",
    .state_size = life_state_size,
    .setup = setup,
    .enter = enter,
    .batch = batch,
    .leave = leave,
    .check = life_check,
    .report = report,
    .max_batch = 64,
};

static const struct cb_param params[] = {
    CB_PARAM("listed", CB_COUNT, "10", 1, 10000, "threads of each maker's, which sleep"),
    {"way", CB_WORD, "proc", 0, LISTING_WAYS - 1,
	"/proc/self/task, or a registry that each is entered into when it is made", way_words,
	false},
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=process workers=1 way=proc,registry listed=1,10,100,1000"},
    {CB_CHECK, "model=process workers=2 way=proc,registry listed=1,30"},
    {CB_CHECK, "model=thread workers=1 way=proc,registry listed=30"},
};

static const struct cb_figure figures[] = {
    {"list_ns", "listing all of them", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
};

LIFE_KIND(list, 1,
    "all workers that exist, listed from /proc/self/task and from a registry of one's own",
    "proc(5)", "listed", can, )
