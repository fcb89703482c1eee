/* parked.c - the memory of a worker that waits, under every execution model. */
#include "benches/memory/parked.h"
#include "benches/memory/wall.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* As the workers of all other families have; the thread sanitizer keeps megabytes of its own there.
 */
#if defined(__SANITIZE_THREAD__)
#define THREAD_STACK_BYTES ((size_t)8 * 1024 * 1024)
#else
#define THREAD_STACK_BYTES ((size_t)256 * 1024)
#endif
#define COROUTINE_STACK_BYTES ((size_t)64 * 1024)
#define TOUCHED_MOST_BYTES ((int64_t)1024 * 1024)
/* From when the last of them was made. */
#define PARKED_WITHIN_NS (10 * CB_NS_PER_S)
#define PARKED_WITHIN_EACH_NS (1 * CB_NS_PER_MS)

/* ---- waiting ---- */

/* Down the stack, below the caller's frame; it is given back when that returns, and stays in
 * memory. */
static __attribute__((noinline)) void touch(size_t bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	volatile char *down = bytes ? __builtin_alloca(bytes) : NULL;

	for (size_t at = bytes; at; at -= at < page ? at : page)
		down[at - 1] = 1;
	if (bytes)
		down[0] = 1;
}

static void park(struct parked_state *st)
{
	touch(st->touched_bytes);
	(void)pthread_mutex_lock(&st->mutex.pthread);
	st->parked++;
	while (!st->quit)
		(void)pthread_cond_wait(&st->over.pthread, &st->mutex.pthread);
	st->parked--;
	(void)pthread_mutex_unlock(&st->mutex.pthread);
}

static void let_go(struct parked_state *st)
{
	(void)pthread_mutex_lock(&st->mutex.pthread);
	st->quit = 1;
	(void)pthread_cond_broadcast(&st->over.pthread);
	(void)pthread_mutex_unlock(&st->mutex.pthread);
}

static uint32_t how_many(struct parked_state *st)
{
	uint32_t parked;

	(void)pthread_mutex_lock(&st->mutex.pthread);
	parked = st->parked;
	(void)pthread_mutex_unlock(&st->mutex.pthread);
	return parked;
}

/* ---- threads ---- */

static void *thread_main(void *st)
{
	park(st);
	return NULL;
}

static size_t stack_bytes(const struct parked_state *st)
{
	return THREAD_STACK_BYTES + st->touched_bytes;
}

/* Its stack is ours: the C library would keep those of its own for the next trial, whose workers
 * would then cost nothing. */
static int make_thread(struct parked_state *st, unsigned count)
{
	union parked_worker *w = &st->worker[st->made];
	const size_t guard = (size_t)sysconf(_SC_PAGESIZE), bytes = stack_bytes(st);
	pthread_attr_t attr;
	int ret;

	(void)count;
	w->stack = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (w->stack == MAP_FAILED)
		return -errno;
	ret = mprotect(w->stack, guard, PROT_NONE) ? -errno : -pthread_attr_init(&attr);
	if (ret)
		goto out_unmap;
	ret = -pthread_attr_setstack(&attr, (unsigned char *)w->stack + guard, bytes - guard);
	if (!ret)
		ret = -pthread_create(&w->thread, &attr, thread_main, st);
	(void)pthread_attr_destroy(&attr);
	if (!ret)
		return 0;
out_unmap:
	(void)munmap(w->stack, bytes);
	return ret;
}

static int end_threads(struct parked_state *st)
{
	int ret = 0;

	let_go(st);
	for (; st->made; st->made--) {
		union parked_worker *w = &st->worker[st->made - 1];
		const int error = pthread_join(w->thread, NULL);

		ret = ret ? ret : -error;
		if (!error)
			(void)munmap(w->stack, stack_bytes(st));
	}
	return ret;
}

/* ---- processes ---- */

static int make_process(struct parked_state *st, unsigned count)
{
	const pid_t parent = getpid();
	const pid_t pid = fork();

	(void)count;
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			park(st);
		_exit(0);
	}
	st->worker[st->made].pid = pid;
	return 0;
}

static int end_processes(struct parked_state *st)
{
	int ret = 0;

	let_go(st);
	for (; st->made; st->made--) {
		int status = 0;

		while (waitpid(st->worker[st->made - 1].pid, &status, 0) < 0 && errno == EINTR)
			;
		if (status)
			ret = -ECHILD;
	}
	return ret;
}

/* ---- coroutines ---- */

static void coroutine_main(void *arg)
{
	struct parked_state *st = arg;

	touch(st->touched_bytes);
	st->parked++;
	while (!st->quit)
		cb_carrier_park(st->carrier, &st->waiting);
	st->parked--;
}

/* They run up to where they wait as soon as the carrier does; it is of this thread. */
static int make_coroutine(struct parked_state *st, unsigned count)
{
	const struct cb_carrier_config config = {.backend = CB_FCONTEXT,
	    .stack_bytes = COROUTINE_STACK_BYTES + st->touched_bytes,
	    .max_tasks = count};
	int ret = st->carrier ? 0 : cb_carrier_create(&config, &st->carrier);

	if (!ret)
		ret = cb_carrier_spawn(st->carrier, coroutine_main, st, NULL);
	if (!ret && st->made + 1 == count)
		ret = cb_carrier_run(st->carrier) < 0 ? -EIO : 0;
	return ret;
}

static int end_coroutines(struct parked_state *st)
{
	int alive = 0;

	st->quit = 1;
	if (st->carrier) {
		(void)cb_carrier_wake_all(st->carrier, &st->waiting);
		alive = cb_carrier_run(st->carrier);
		cb_carrier_destroy(st->carrier);
	}
	st->carrier = NULL;
	st->waiting = (struct cb_waitq){NULL, NULL};
	st->made = 0;
	return alive > 0 ? -EDEADLK : alive;
}

const struct parked_model parked_models[CB_MODEL_COUNT] = {
    [CB_THREAD] = {make_thread, end_threads},
    [CB_PROCESS] = {make_process, end_processes},
    [CB_COROUTINE] = {make_coroutine, end_coroutines},
};

/* ---- bytes ---- */

/* Of this process and of those that it has made. */
static int measure(
    const struct parked_state *st, bool processes, struct parked_bytes *b, char *why, size_t len)
{
	int ret;

	*b = (struct parked_bytes){0, 0};
	ret = bytes_add(getpid(), b);
	for (unsigned i = 0; !ret && processes && i < st->made; i++)
		ret = bytes_add(st->worker[i].pid, b);
	if (ret)
		(void)snprintf(why, len, "Pss_Anon and VmPTE below /proc/PID: %s", strerror(-ret));
	return ret;
}

/* Return: 0; -errno with a line in @why. */
static int grow(const struct parked_model *model, struct parked_state *st, const struct cb_env *env,
    char *why, size_t why_len)
{
	uint64_t until_ns;

	for (; st->made < env->workers; st->made++) {
		const int ret = model->make(st, env->workers);
		struct wall_seen wall;
		char text[200];

		if (!ret)
			continue;
		wall = wall_find(ret);
		wall_tell(&wall, text, sizeof(text));
		(void)snprintf(why, why_len, "%s %u of %u: %s: %s", cb_model_name(env->model),
		    st->made + 1, env->workers, strerror(-ret), text);
		return ret;
	}
	until_ns = cb_now_ns() + PARKED_WITHIN_NS + env->workers * PARKED_WITHIN_EACH_NS;
	while (how_many(st) < env->workers && cb_now_ns() < until_ns)
		(void)usleep(200);
	st->seen = how_many(st);
	return 0;
}

static bool guards_are_free(void)
{
	return strcmp(cb_carrier_guard_name(), "madvise") == 0;
}

static void report(const struct parked_state *st, enum cb_model model, double workers,
    double mappings, struct cb_metrics *metrics)
{
	const uint64_t counted = st->grown.anonymous + st->grown.page_tables;
	const struct parked_kernel kernel = bytes_of_kernel(&st->available, counted);

	(void)cb_metric(metrics, "bytes", (double)counted / workers);
	(void)cb_metric(metrics, "resident_bytes", (double)st->grown.anonymous / workers);
	(void)cb_metric(metrics, "page_table_bytes", (double)st->grown.page_tables / workers);
	(void)cb_metric(metrics, "left_bytes", (double)st->left.anonymous / workers);
	(void)cb_metric(metrics, "mappings", mappings / workers);
	if (model == CB_COROUTINE)
		(void)cb_metric(metrics, "guards_by_madvise", guards_are_free());
	(void)cb_metric(metrics, "available_before_bytes", (double)st->available.before);
	(void)cb_metric(metrics, "available_during_bytes", (double)st->available.during);
	(void)cb_metric(metrics, "available_after_bytes", (double)st->available.after);
	(void)cb_metric(metrics, "kernel_noise_bytes", kernel.noise_bytes / workers);
	(void)cb_metric(metrics, "kernel_bytes", kernel.bytes / workers);
	/* It may be noise, and then it is said to be. */
	cb_outcome(metrics, parked_words, !kernel.told);
}

int parked_once(const struct parked_model *model, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct parked_state *st = env->state;
	const bool processes = env->model == CB_PROCESS;
	struct parked_available *a = &st->available;
	struct parked_bytes before, full, after;
	uint64_t maps_before, maps = 0;
	int ret, ended;

	st->quit = 0;
	st->touched_bytes = (uint32_t)cb_case_value(env->c, "touched_bytes");
	ret = measure(st, processes, &before, why, why_len);
	if (ret)
		return ret;
	maps_before = wall_look(WALL_MAP_COUNT).used;
	bytes_null_readings(a);
	a->before = bytes_available();
	ret = grow(model, st, env, why, why_len);
	if (!ret) {
		a->during = bytes_available();
		ret = measure(st, processes, &full, why, why_len);
		maps = wall_look(WALL_MAP_COUNT).used;
	}
	ended = model->end(st);
	if (!ret && ended) {
		(void)snprintf(why, why_len, "ending them: %s", strerror(-ended));
		ret = -EIO;
	}
	/* The kernel's part is given back a little after their ends. */
	(void)usleep(20000);
	a->after = bytes_available();
	if (!ret)
		ret = measure(st, processes, &after, why, why_len);
	if (ret)
		return ret;
	st->grown = bytes_beyond(full, before);
	st->left = bytes_beyond(after, before);
	report(st, env->model, env->workers, (double)maps - (double)maps_before, metrics);
	return 0;
}

/* ---- walls that can be seen from here ---- */

/* What one of them takes at least, in all; measured here, without what it touches of its stack. */
static uint64_t least_bytes(enum cb_model model)
{
	return model == CB_THREAD ? 24000 : model == CB_PROCESS ? 100000 : 4096;
}

static bool is_too_low(enum wall wall, uint64_t need, struct wall_seen *seen)
{
	*seen = wall_look(wall);
	return seen->limit != UINT64_MAX && seen->used != UINT64_MAX &&
	       seen->used + need > seen->limit;
}

/* Making ten thousands only to find out takes all that others may want for minutes; and who runs
 * out of memory is killed before it can say so. */
static bool is_out_of_reach(const struct cb_env *env, struct wall_seen *seen)
{
	const uint64_t touched = (uint64_t)cb_case_value(env->c, "touched_bytes");
	const uint64_t bytes = env->workers * (least_bytes(env->model) + touched);

	if (env->model != CB_COROUTINE)
		for (enum wall w = WALL_NPROC; w <= WALL_PID_MAX; w++)
			if (is_too_low(w, env->workers, seen))
				return true;
	/* A stack and its guard. */
	if (env->model != CB_PROCESS && !(env->model == CB_COROUTINE && guards_are_free()) &&
	    is_too_low(WALL_MAP_COUNT, 2 * (uint64_t)env->workers, seen))
		return true;
	return is_too_low(WALL_MEMORY, bytes + bytes / 8, seen);
}

/* ---- the workload ---- */

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct parked_state) + c->workers * sizeof(union parked_worker);
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct parked_state *st = env->state;
	/* Of coroutines too: this thread asks how many there are as it does of the others. */
	const enum cb_model model = env->model == CB_PROCESS ? CB_PROCESS : CB_THREAD;
	struct parked_bytes bytes;
	struct wall_seen wall;
	char text[200];
	int ret = cb_mutex_init(&st->mutex, model);

	if (is_out_of_reach(env, &wall)) {
		wall_tell(&wall, text, sizeof(text));
		(void)snprintf(why, why_len, "no room for %u of %s: %s", env->workers,
		    cb_model_name(env->model), text);
		return -ENOTSUP;
	}
	if (!ret)
		ret = cb_cond_init(&st->over, model);
	if (ret)
		(void)snprintf(why, why_len, "mutex: %s", strerror(-ret));
	/* What looking itself takes is there before the first trial. */
	return ret ? ret : measure(st, false, &bytes, why, why_len);
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	return parked_once(&parked_models[env->model], env, metrics, why, why_len);
}

/* A freed heap stays up to so large (M_TRIM_THRESHOLD, mallopt(3)), twice. */
#define KEPT_BYTES ((uint64_t)256 * 1024)

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct parked_state *st = env->state;
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t least = env->workers * page;

	if (st->seen != env->workers || st->parked)
		(void)snprintf(why, why_len, "%u of %u were parked, %u still are", st->seen,
		    env->workers, st->parked);
	else if (st->grown.anonymous < least)
		(void)snprintf(why, why_len, "%u workers added %" PRIu64 " bytes: not a page each",
		    env->workers, st->grown.anonymous);
	else if (st->grown.anonymous < least + env->workers * (st->touched_bytes / page * page))
		(void)snprintf(why, why_len,
		    "%u workers added %" PRIu64 " bytes: less than the %u that each has touched",
		    env->workers, st->grown.anonymous, st->touched_bytes);
	else if (!PARKED_SANITIZED && st->left.anonymous > st->grown.anonymous / 10 + KEPT_BYTES)
		(void)snprintf(why, why_len, "%" PRIu64 " of %" PRIu64 " bytes were not given back",
		    st->left.anonymous, st->grown.anonymous);
	else
		return 0;
	return -EBADMSG;
}

static const struct cb_workload work = {
    .op = "parked worker",
    .timed = "memory of all processes of the case, before the workers exist and with all of them "
	     "waiting",
    .checked =
	"all of them were parked at once, took a page each and what they touch, or more, and gave "
	"back what they took",
    .state_size = state_size,
    .setup = setup,
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    CB_PARAM_SPARSE("touched_bytes", CB_BYTES, "0", 0, TOUCHED_MOST_BYTES,
	"of its stack that each has written to before it waits"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread"},
    {CB_QUICK, "model=coroutine"},
    {CB_FULL, "model=thread,process,coroutine workers=1,100,1000,10000,100000"},
    /* As far as each model goes: where that is not so far, the row says which limit it was. */
    {CB_FULL, "model=thread,process,coroutine workers=1000000"},
    {CB_FULL, "model=thread,process,coroutine workers=100,1000 touched_bytes=4096,65536"},
    {CB_FULL, "model=thread,coroutine workers=10000 touched_bytes=4096,65536"},
    {CB_CHECK, "model=thread,process,coroutine workers=1,100"},
    {CB_CHECK, "model=thread,process,coroutine workers=100 touched_bytes=4096,65536"},
};

static const struct cb_kind parked = {
    .family = "memory",
    .name = "parked",
    .about = "workers that wait, all at once: anonymous memory and page tables; what the kernel "
	     "takes beside them, where that can be told",
    .source = "proc(5)",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
    .params = params,
    .param_count = 1,
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
};

CB_REGISTER(parked)
