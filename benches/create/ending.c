/* ending.c - the exit code of each way to end by oneself: is it what was done, and what does it
 * cost to come to an end and to be told of?
 *
 * exit(3), and main()'s return, which is the same, are left out. In a forked copy exit(3) runs the
 * handlers that its maker has registered and writes out its maker's buffers once more: that is the
 * cell's, and no cost of an end. The least of programs (tiny.h) has no C library to call it in. The
 * kernel is told by exit_group(2) either way, as by _exit(2). */
#include "benches/create/ending.h"
#include "benches/create/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static const char *const end_words[] = {[ENDING_RETURN] = "return",
    [ENDING_PTHREAD_EXIT] = "pthread_exit",
    [ENDING_EXIT] = "_exit",
    [ENDING_SIGNAL] = "signal",
    [ENDING_ABORT] = "abort",
    NULL};

static const int signals[] = {SIGKILL, SIGTERM, SIGUSR1, SIGALRM};

/* A status has eight bits. Another one each time: the last one's would not do. */
struct ending_told ending_of(enum ending end, uint64_t key)
{
	const int code = (int)(key & 0xff);

	switch (end) {
	case ENDING_SIGNAL:
		return (struct ending_told){
		    -1, signals[key % (sizeof(signals) / sizeof(signals[0]))]};
	case ENDING_ABORT:
		return (struct ending_told){-1, SIGABRT};
	default:
		return (struct ending_told){code, 0};
	}
}

struct ending_told ending_decode(int status)
{
	return (struct ending_told){WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	    WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

/* ---- the worker's ---- */

static void *live_as_thread(void *arg)
{
	struct life *l = arg;
	const struct ending_told told = ending_of((enum ending)life_maker_of(l)->way, l->key);

	life_live(l, NULL);
	if (life_maker_of(l)->way == ENDING_PTHREAD_EXIT)
		pthread_exit((void *)(intptr_t)told.code);
	return (void *)(intptr_t)told.code;
}

/* Whatever the cell does about a signal is not this one's. Nor is a dump of its memory. */
static void end_by(int signal)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t one;

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)sigaction(signal, &usual, NULL);
	(void)sigemptyset(&one);
	(void)sigaddset(&one, signal);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	if (signal == SIGABRT)
		abort();
	(void)kill(getpid(), signal);
}

static void live(struct life *l)
{
	const struct ending_told told = ending_of((enum ending)life_maker_of(l)->way, l->key);

	life_live(l, NULL);
	if (told.signal)
		end_by(told.signal);
	_exit(told.code);
}

/* ---- the maker's ---- */

static bool is_of_thread(unsigned way)
{
	return way == ENDING_RETURN || way == ENDING_PTHREAD_EXIT;
}

static int make(struct life *l)
{
	return is_of_thread(life_maker_of(l)->way)
		   ? -pthread_create(&l->thread, NULL, live_as_thread, l)
		   : process_make(l, live);
}

/* What a batch understands an end by. */
struct decoding {
	struct ending_told (*decode)(int status);
};

static int await(struct life *l)
{
	const enum ending way = (enum ending)life_maker_of(l)->way;
	const struct ending_told due = ending_of(way, l->key);
	const struct decoding *by = l->maker->local;
	struct ending_told told;
	void *value = NULL;
	int status = 0, ret;

	if (is_of_thread(way)) {
		ret = -pthread_join(l->thread, &value);
		told = (struct ending_told){(int)(intptr_t)value, 0};
	} else {
		ret = process_ended(l, 0, &status);
		told = by->decode(status);
	}
	l->wrong = told.code != due.code || told.signal != due.signal;
	return ret;
}

uint64_t ending_batch(
    struct cb_worker *w, void *state, uint64_t n, struct ending_told (*decode)(int status))
{
	struct decoding by = {decode};
	uint64_t done;

	w->local = &by;
	done = life_batch(w, state, n, make, await);
	w->local = NULL;
	return done;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	return ending_batch(w, state, n, ending_decode);
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	(void)why;
	(void)why_len;
	life_assign(env, (unsigned)cb_case_value(env->c, "end"), CB_THREAD);
	return 0;
}

static const struct cb_workload work = {
    .op = "creation",
    .timed = "create one, which ends in that way, and await its end; then the next",
    .checked = LIFE_CHECKED "; value, status or signal are those that it ended with",
    .latency_of = LIFE_LATENCY,
    .state_size = life_state_size,
    .setup = setup,
    .enter = life_enter,
    .batch = batch,
    .check = life_check,
    .report = life_report,
};

static const struct cb_param params[] = {
    {"end", CB_WORD, "return", 0, ENDINGS - 1,
	"a thread's return or pthread_exit, with a value; a process's _exit with a status, its "
	"death "
	"by a signal, its abort",
	end_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread workers=1 end=return,pthread_exit,_exit,signal,abort"},
    {CB_CHECK, "model=thread,process workers=2 end=return,pthread_exit,_exit,signal,abort"},
};

static const struct cb_figure figures[] = {
    {"join_ns", "from its last deed to its maker's having been told", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
    {"life_ns", "made, run and awaited", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
};

LIFE_KIND(exit_code, 1,
    "a worker that ends in each way: what it costs, and is its maker told the truth?",
    "pthread_exit(3), _exit(2), abort(3), waitpid(2)", NULL, NULL, )
