/* parked.c - the memory of a worker that waits, under every execution model. */
#include "benches/memory/parked.h"
#include "benches/memory/wall.h"

#include <errno.h>
#include <fcntl.h>
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
#define PARKED_WITHIN_NS (10 * CB_NS_PER_S)

/* ---- waiting ---- */

static void park(struct parked_state *st)
{
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

/* Its stack is ours: the C library would keep those of its own for the next trial, whose workers
 * would then cost nothing. */
static int make_thread(struct parked_state *st, unsigned count)
{
	union parked_worker *w = &st->worker[st->made];
	const size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	pthread_attr_t attr;
	int ret;

	(void)count;
	w->stack = mmap(NULL, THREAD_STACK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (w->stack == MAP_FAILED)
		return -errno;
	ret = mprotect(w->stack, guard, PROT_NONE) ? -errno : -pthread_attr_init(&attr);
	if (ret)
		goto out_unmap;
	ret = -pthread_attr_setstack(
	    &attr, (unsigned char *)w->stack + guard, THREAD_STACK_BYTES - guard);
	if (!ret)
		ret = -pthread_create(&w->thread, &attr, thread_main, st);
	(void)pthread_attr_destroy(&attr);
	if (!ret)
		return 0;
out_unmap:
	(void)munmap(w->stack, THREAD_STACK_BYTES);
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
			(void)munmap(w->stack, THREAD_STACK_BYTES);
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

	st->parked++;
	while (!st->quit)
		cb_carrier_park(st->carrier, &st->waiting);
	st->parked--;
}

/* They run up to where they wait as soon as the carrier does; it is of this thread. */
static int make_coroutine(struct parked_state *st, unsigned count)
{
	const struct cb_carrier_config config = {.backend = CB_FCONTEXT, .max_tasks = count};
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

/* The number of kilobytes behind @key at the beginning of a line. Return: 0; -errno; -ENOTSUP. */
static int kilobytes(pid_t pid, const char *file, const char *key, uint64_t *bytes)
{
	char path[64], text[4096];
	const char *at;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	at = strstr(text, key);
	if (!at || (at > text && at[-1] != '\n'))
		return -ENOTSUP;
	*bytes += strtoull(at + strlen(key), NULL, 10) * 1024;
	return 0;
}

static int add_bytes(pid_t pid, struct parked_bytes *b)
{
	const int ret = kilobytes(pid, "smaps_rollup", "Pss_Anon:", &b->anonymous);

	return ret ? ret : kilobytes(pid, "status", "VmPTE:", &b->page_tables);
}

/* Of this process and of those that it has made. */
static int measure(
    const struct parked_state *st, bool processes, struct parked_bytes *b, char *why, size_t len)
{
	int ret;

	*b = (struct parked_bytes){0, 0};
	ret = add_bytes(getpid(), b);
	for (unsigned i = 0; !ret && processes && i < st->made; i++)
		ret = add_bytes(st->worker[i].pid, b);
	if (ret)
		(void)snprintf(why, len, "Pss_Anon and VmPTE below /proc/PID: %s", strerror(-ret));
	return ret;
}

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static struct parked_bytes beyond(struct parked_bytes now, struct parked_bytes before)
{
	return (struct parked_bytes){
	    more(now.anonymous, before.anonymous), more(now.page_tables, before.page_tables)};
}

/* Return: 0; -errno with a line in @why. */
static int grow(const struct parked_model *model, struct parked_state *st, const struct cb_env *env,
    char *why, size_t why_len)
{
	const uint64_t until_ns = cb_now_ns() + PARKED_WITHIN_NS;

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
	while (how_many(st) < env->workers && cb_now_ns() < until_ns)
		(void)usleep(200);
	st->seen = how_many(st);
	return 0;
}

int parked_once(const struct parked_model *model, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct parked_state *st = env->state;
	const bool processes = env->model == CB_PROCESS;
	const double workers = env->workers;
	struct parked_bytes before, full, after;
	int ret, ended;

	st->quit = 0;
	ret = measure(st, processes, &before, why, why_len);
	if (ret)
		return ret;
	ret = grow(model, st, env, why, why_len);
	if (!ret)
		ret = measure(st, processes, &full, why, why_len);
	ended = model->end(st);
	if (!ret && ended) {
		(void)snprintf(why, why_len, "ending them: %s", strerror(-ended));
		ret = -EIO;
	}
	if (!ret)
		ret = measure(st, processes, &after, why, why_len);
	if (ret)
		return ret;
	st->grown = beyond(full, before);
	st->left = beyond(after, before);
	(void)cb_metric(
	    metrics, "bytes", (double)(st->grown.anonymous + st->grown.page_tables) / workers);
	(void)cb_metric(metrics, "resident_bytes", (double)st->grown.anonymous / workers);
	(void)cb_metric(metrics, "page_table_bytes", (double)st->grown.page_tables / workers);
	(void)cb_metric(metrics, "left_bytes", (double)st->left.anonymous / workers);
	return 0;
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
	int ret = cb_mutex_init(&st->mutex, model);

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
	const uint64_t least = env->workers * (uint64_t)sysconf(_SC_PAGESIZE);

	if (st->seen != env->workers || st->parked)
		(void)snprintf(why, why_len, "%u of %u were parked, %u still are", st->seen,
		    env->workers, st->parked);
	else if (st->grown.anonymous < least)
		(void)snprintf(why, why_len, "%u workers added %" PRIu64 " bytes: not a page each",
		    env->workers, st->grown.anonymous);
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
	"all of them were parked at once, took a page each or more, and gave back what they took",
    .state_size = state_size,
    .setup = setup,
    .once = once,
    .check = check,
};

static const struct cb_kind parked = {
    .family = "memory",
    .name = "parked",
    .about = "workers that wait, all at once: anonymous memory and page tables, without the "
	     "kernel's stacks",
    .source = "proc(5)",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
};

CB_REGISTER(parked)
