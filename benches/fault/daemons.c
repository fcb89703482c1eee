/* daemons.c - daemon threads: what is cut off of their work when the main thread leaves, by each
 * way that it may leave, and how long the process takes to end. */
#include "benches/fault/daemons.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Those that finish do so within some tens of milliseconds, on a busy machine within some hundred.
 */
#define DEADLINE_NS (5 * CB_NS_PER_S)

/* daemons_program.c, as the Makefile has built it. */
__asm__(".pushsection .rodata\n"
	"daemons_program:\n"
	".incbin \"" DAEMONS_PROGRAM "\"\n"
	"daemons_program_end:\n"
	".popsection\n");
extern const unsigned char daemons_program[], daemons_program_end[];

static const char *const exit_words[] = {[DAEMONS_EXIT_GROUP] = "exit_group",
    [DAEMONS_EXIT] = "exit",
    [DAEMONS_MAIN_RETURNS] = "main_returns",
    [DAEMONS_PTHREAD_EXIT] = "pthread_exit",
    [DAEMONS_JOIN] = "join",
    NULL};

/* ---- in the sacrificed process ---- */

/* What is in its environment is for other programs. */
static void become_program(void *arg)
{
	static char name[] = "daemons";
	const struct daemons_state *st = arg;
	char path[40], fd[12];
	char *const argv[] = {name, fd, NULL}, *const envp[] = {NULL};

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", st->program);
	(void)snprintf(fd, sizeof(fd), "%d", st->notes_fd);
	(void)fcntl(st->notes_fd, F_SETFD, 0);
	(void)execve(path, argv, envp);
	st->notes->error = errno;
	_exit(0);
}

/* ---- in the cell ---- */

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static uint64_t deeds_done(const struct daemons_notes *n)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < n->workers; i++)
		done += n->worker[i].done;
	return done;
}

static size_t notes_bytes(unsigned workers)
{
	return sizeof(struct daemons_notes) + workers * sizeof(struct daemons_worker);
}

int daemons_once(const struct daemons_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct daemons_state *st = env->state;
	struct daemons_notes *n = st->notes;
	const double deeds = (double)env->workers * DAEMONS_DEEDS;
	int ret;

	memset(n, 0, notes_bytes(env->workers));
	n->plan = *plan;
	n->workers = env->workers;
	n->leaving = (enum daemons_exit)cb_case_value(env->c, "leave");
	ret = cb_sacrifice(become_program, st, DEADLINE_NS, &st->fate);
	if (!ret)
		ret = -n->error;
	if (ret) {
		(void)snprintf(why, why_len, "the daemons: %s", strerror(-ret));
		/* Some systems execute no program that is in memory alone. */
		return ret == -EACCES ? -ENOTSUP : ret;
	}
	(void)cb_metric(metrics, "cut_share", 1.0 - (double)deeds_done(n) / deeds);
	(void)cb_metric(metrics, "end_ns", (double)(st->fate.ended_ns - n->left_ns));
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct daemons_plan plan = {.deeds = DAEMONS_DEEDS, .waits_before = true};

	return daemons_once(&plan, env, metrics, why, why_len);
}

static bool cuts_off(enum daemons_exit leaving)
{
	return leaving <= DAEMONS_MAIN_RETURNS;
}

/* The last of the threads ends its process as exit(3) does. */
static uint32_t handlers_due(enum daemons_exit leaving)
{
	return leaving == DAEMONS_EXIT || leaving == DAEMONS_MAIN_RETURNS ||
	       leaving == DAEMONS_PTHREAD_EXIT;
}

/* All of it is done: then it has had the time for that, and whose end has cut nothing off was kept
 * from its PU on the way, and has not waited. */
static int check_all_done(const struct daemons_state *st, char *why, size_t why_len)
{
	const struct daemons_notes *n = st->notes;
	const uint64_t took_ns = st->fate.ended_ns - n->began_ns;
	const uint64_t least_us = (uint64_t)DAEMONS_DEEDS * DAEMONS_DEED_US;

	if (took_ns < least_us * CB_NS_PER_US)
		(void)snprintf(why, why_len,
		    "all deeds are done, which takes %" PRIu64
		    " us at least, though the process ended after %.0f",
		    least_us, (double)took_ns / 1e3);
	else if (cuts_off(n->leaving) && n->slept)
		(void)snprintf(why, why_len,
		    "all deeds are done, and the main thread has waited %" PRIu64
		    " times on its way out",
		    n->slept);
	else
		return 0;
	return -EBADMSG;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct daemons_state *st = env->state;
	const struct daemons_notes *n = st->notes;

	if (st->fate.hung || st->fate.signal || st->fate.status) {
		(void)snprintf(why, why_len, "the process %s, by signal %d, with status %d",
		    st->fate.hung ? "has not ended" : "ended", st->fate.signal, st->fate.status);
		return -EBADMSG;
	}
	for (unsigned i = 0; i < n->workers; i++) {
		const struct daemons_worker *w = &n->worker[i];

		if (!w->begun)
			(void)snprintf(why, why_len, "daemon %u has not begun", i);
		else if (w->done > w->begun || w->begun - w->done > 1)
			(void)snprintf(why, why_len, "daemon %u has begun %u deeds and done %u", i,
			    w->begun, w->done);
		else if (!cuts_off(n->leaving) && w->done != DAEMONS_DEEDS)
			(void)snprintf(why, why_len,
			    "daemon %u has done %u of %u deeds, though nothing ended it", i,
			    w->done, DAEMONS_DEEDS);
		else
			continue;
		return -EBADMSG;
	}
	if (n->handled != handlers_due(n->leaving) ||
	    n->returned != (n->leaving == DAEMONS_MAIN_RETURNS)) {
		(void)snprintf(why, why_len,
		    "%s: %u exit handlers have run, not %u, and %u main()s have returned",
		    exit_words[n->leaving], n->handled, handlers_due(n->leaving), n->returned);
		return -EBADMSG;
	}
	return deeds_done(n) < (uint64_t)n->workers * DAEMONS_DEEDS
		   ? 0
		   : check_all_done(st, why, why_len);
}

static void teardown(struct cb_env *env)
{
	struct daemons_state *st = env->state;

	if (st->notes)
		(void)munmap(st->notes, notes_bytes(env->workers));
	if (st->notes_fd > 0)
		(void)close(st->notes_fd);
	if (st->program > 0)
		(void)close(st->program);
	memset(st, 0, sizeof(*st));
}

static int open_program(void)
{
	const size_t bytes = (size_t)(daemons_program_end - daemons_program);
	int fd = memfd_create("daemons", MFD_CLOEXEC | MFD_EXEC);

	/* Before Linux 6.3 all of them could be executed, and nobody had to ask. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("daemons", MFD_CLOEXEC);
	if (fd < 0 || write(fd, daemons_program, bytes) == (ssize_t)bytes)
		return fd;
	(void)close(fd);
	errno = EIO;
	return -1;
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct daemons_state *st = env->state;
	const size_t bytes = notes_bytes(env->workers);
	void *notes = MAP_FAILED;
	int ret;

	st->program = open_program();
	st->notes_fd = st->program < 0 ? -1 : memfd_create("notes", MFD_CLOEXEC);
	if (st->notes_fd >= 0 && ftruncate(st->notes_fd, (off_t)bytes) == 0)
		notes = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, st->notes_fd, 0);
	if (notes != MAP_FAILED) {
		st->notes = notes;
		return 0;
	}
	ret = -errno;
	(void)snprintf(why, why_len, "the daemons' program: %s", strerror(-ret));
	teardown(env);
	return ret;
}

static const struct cb_workload workload = {
    .op = "end of a process",
    .timed =
	"the main thread of a small program leaves while daemon threads have work for 10 ms; up to "
	"the end of the process, as its parent sees it; exit and a main() that returns with one "
	"exit handler: what others may have to do there, and memory that a larger program gives "
	"back, come on top of that",
    .checked =
	"all had begun, each has done what it began but for the last; and where nothing ends "
	"them, everything; where something does, the main thread has waited for nobody; and an "
	"exit handler has run where that is what exit(3) does",
    .state_bytes = sizeof(struct daemons_state),
    .setup = setup,
    .once = once,
    .check = check,
    .teardown = teardown,
};

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("2"),
    {"leave", CB_WORD, "exit", 0, DAEMONS_EXITS - 1,
	"as the main thread leaves: _exit(2), exit(3), main() returns, pthread_exit(3), or "
	"_exit(2) "
	"when it has joined them",
	exit_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread leave=exit"},
    {CB_FULL, "model=thread leave=exit_group,exit,main_returns,pthread_exit,join workers=1,8"},
    {CB_CHECK, "model=thread leave=exit_group,exit,main_returns,pthread_exit,join workers=4"},
};

static const struct cb_figure figures[] = {
    {"cut_share", "of their work that is cut off", "", CB_SHARE, CB_LESS, 0.0, NULL},
    {"end_ns", "from leaving to the end of the process", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
};

static const struct cb_kind daemons = {
    .family = "fault",
    .name = "daemons",
    .about = "daemon threads are at work when the main thread leaves: what is cut off?",
    .source = "_exit(2), exit(3), pthread_exit(3); Python's threading, daemon threads",
    .from = CB_SMOKE,
    .version = 3,
    .models = CB_CAN(CB_THREAD),
    .not_models = "processes outlive the one that made them; coroutines end with their carrier",
    .work = &workload,
    .without = "model workers",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
};

CB_REGISTER(daemons)
