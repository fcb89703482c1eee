/* blast.c - the blast radius: one of a team crashes, overruns its stack, ends its process, is
 * killed, leaks or hangs. How much of the others' work survives, under each model, how soon does
 * somebody notice, and what of the victim's is left behind?
 *
 * Who leaks takes all of an address space with a limit, and gives nothing back. Each deed of the
 * others takes some memory then: it is done, or refused. The limit is of each process: forked
 * others never meet it, threads and coroutines share it with the victim. */
#include "benches/fault/blast.h"

#include "benches/fault/crew.h"
#include "benches/fault/relatives.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Those that finish do so within some tens of milliseconds, on a busy machine within some hundred.
 */
#define DEADLINE_NS (10 * CB_NS_PER_S)
/* Coroutines whose carrier hangs are always waited for so long, once that has been noticed. */
#define HANG_NS CB_NS_PER_S
/* Looks of the supervisor that count as getting further: it does not look for ever. */
#define LOOKS_MOST 10000u
#define DEED_US 200
#define EXIT_STATUS 7
/* That can be leaked, and that a deed of the others takes. */
#define LEAK_BYTES ((size_t)16 * 1024 * 1024)
#define DEED_BYTES ((size_t)64 * 1024)
/* So small that it is soon overrun; the thread sanitizer keeps megabytes of its own there. */
#if defined(__SANITIZE_THREAD__)
#define STACK_BYTES ((size_t)8 * 1024 * 1024)
#else
#define STACK_BYTES ((size_t)256 * 1024)
#endif

static const char *const way_words[] = {[BLAST_ABORT] = "abort",
    [BLAST_SEGFAULT] = "segfault",
    [BLAST_OVERRUN] = "overrun",
    [BLAST_EXIT] = "exit",
    [BLAST_KILL] = "kill",
    [BLAST_LEAK] = "leak",
    [BLAST_HANG] = "hang",
    NULL};

static const char *const shm_words[] = {"shm_left", "no_shm_to_be_had", NULL};

/* Others may be in that, too. */
static bool takes_its_process(enum blast_way way)
{
	return way != BLAST_HANG && way != BLAST_LEAK;
}

/* ---- in the sacrificed process ---- */

/* A page of stack, and the next one. */
__attribute__((noinline)) static unsigned overrun(unsigned depth)
{
	volatile unsigned char page[4096];

	/* No step is longer than a guard page. */
	page[0] = (unsigned char)depth;
	page[sizeof(page) / 2] = page[0];
	return depth == UINT32_MAX ? 0 : overrun(depth + 1) + page[0];
}

/* Of this process, from here on. */
static void limit_memory(void)
{
	struct rlimit space;
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return;
	if (fscanf(f, "%lu", &pages) == 1 && getrlimit(RLIMIT_AS, &space) == 0) {
		const rlim_t most = pages * (rlim_t)sysconf(_SC_PAGESIZE) + LEAK_BYTES;

		space.rlim_cur = most < space.rlim_max ? most : space.rlim_max;
		(void)setrlimit(RLIMIT_AS, &space);
	}
	(void)fclose(f);
}

static void *take(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Down to the last page; and again what others were just using. */
static void leak(void)
{
	limit_memory();
	for (unsigned again = 0; again < 2; again++) {
		for (size_t bytes = LEAK_BYTES / 16; bytes >= 4096; bytes /= 16)
			while (take(bytes) != MAP_FAILED)
				;
		(void)usleep(DEED_US);
	}
}

/* The first to know. */
static void notice(struct blast_state *st, uint64_t now_ns)
{
	uint64_t nobody = 0;

	(void)__atomic_compare_exchange_n(
	    &st->noticed_ns, &nobody, now_ns, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* Is there some for a deed? Who gets none notices. */
static bool has_memory(struct blast_state *st, unsigned me)
{
	unsigned char *p = take(DEED_BYTES);

	if (p != MAP_FAILED) {
		*(volatile unsigned char *)p = 1;
		(void)munmap(p, DEED_BYTES);
		return true;
	}
	cb_store(&st->worker[me].refused, st->worker[me].refused + 1);
	notice(st, cb_now_ns());
	return false;
}

/* What it does not come to clear up any more. */
static void leave_behind(struct blast_state *st)
{
	const int shm = st->plan.bare ? -1 : shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);

	st->victim = getpid();
	st->shm = shm + 1;
	for (unsigned i = 0; i < BLAST_FDS; i++)
		st->fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; i < BLAST_FDS && st->plan.closes; i++)
		(void)close(st->fd[i]);
	if (st->plan.removes)
		(void)shmctl(shm, IPC_RMID, NULL);
	for (unsigned i = 0; i < BLAST_LOCKS; i++)
		if (pthread_mutex_lock(&st->lock[i]) == 0 && st->plan.unlocks)
			(void)pthread_mutex_unlock(&st->lock[i]);
	st->locked = true;
}

/* By the team, when all is over, or by the supervisor of one that hangs: where all are gone, so are
 * the descriptors. */
static uint32_t count_fds(const struct blast_state *st)
{
	uint32_t left = 0;

	for (unsigned i = 0; i < BLAST_FDS; i++) {
		char path[64];
		char target[16];

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)st->victim, st->fd[i]);
		left += readlink(path, target, sizeof(target)) > 0;
	}
	return left;
}

/* By who still is there when all is over. A robust one says that its owner is dead, and is free.
 * Where it is its own, as of coroutines of one carrier, a lock is held as well. */
static void count_locks(struct blast_state *st)
{
	uint32_t left = 0;

	for (unsigned i = 0; i < BLAST_LOCKS && st->locked; i++) {
		const int ret = pthread_mutex_trylock(&st->lock[i]);

		if (ret == EOWNERDEAD)
			(void)pthread_mutex_consistent(&st->lock[i]);
		if (ret == 0 || ret == EOWNERDEAD)
			(void)pthread_mutex_unlock(&st->lock[i]);
		left += ret == EBUSY;
	}
	st->left_locks = left;
	st->seen_locked = true;
}

/* Of ours. */
static bool is_zombie(pid_t pid)
{
	return relative_state(pid, getpid()) == 'Z';
}

static void die(enum blast_way way)
{
	const struct rlimit stack = {1 << 20, 1 << 20};

	/* A dump may go to a program, which no limit on its size keeps from starting. Without one
	 * nobody may look at what it has open. */
	(void)prctl(PR_SET_DUMPABLE, !takes_its_process(way));
	/* Whoever else handles them: a sanitizer, a test. */
	(void)signal(SIGSEGV, SIG_DFL);
	(void)signal(SIGABRT, SIG_DFL);
	switch (way) {
	case BLAST_ABORT:
		abort();
	case BLAST_SEGFAULT:
		(void)raise(SIGSEGV);
		break;
	case BLAST_OVERRUN:
		/* Of a process: it may have been unlimited. */
		(void)setrlimit(RLIMIT_STACK, &stack);
		(void)overrun(0);
		break;
	case BLAST_EXIT:
		/* As _exit(2), before which a sanitizer would give the others time. */
		(void)syscall(SYS_exit_group, EXIT_STATUS);
		break;
	case BLAST_KILL:
		(void)kill(getpid(), SIGKILL);
		break;
	case BLAST_LEAK:
		leak();
		break;
	default:
		for (;;)
			cb_pause();
	}
}

static void beat(struct blast_state *st, unsigned me)
{
	cb_store(&st->worker[me].beats, st->worker[me].beats + 1);
}

static void pause_in(struct cb_carrier *carrier)
{
	if (carrier)
		cb_carrier_sleep_until(carrier, cb_now_ns() + 1000 * DEED_US);
	else
		(void)usleep(DEED_US);
}

/* There would be no memory to make them in. */
static void await_others(struct blast_state *st, unsigned me, struct cb_carrier *carrier)
{
	for (unsigned i = 1; i < st->workers; i++)
		while (!cb_load_acquire(&st->worker[i].done)) {
			beat(st, me);
			pause_in(carrier);
		}
}

static void work(struct blast_state *st, unsigned me, struct cb_carrier *carrier)
{
	const uint32_t deeds = st->plan.spares && me ? BLAST_DEEDS - 1 : BLAST_DEEDS;

	for (uint32_t i = 0; i < deeds; i++) {
		if (me == 0 && i == BLAST_DEEDS / 2 && st->plan.dies) {
			if (st->way == BLAST_LEAK)
				await_others(st, me, carrier);
			leave_behind(st);
			cb_store_release(&st->died_ns, cb_now_ns());
			die(st->way);
			return;
		}
		beat(st, me);
		pause_in(carrier);
		if (st->way != BLAST_LEAK || has_memory(st, me))
			cb_store_release(&st->worker[me].done,
			    i + 1 - st->worker[me].refused + (st->plan.lies && me));
	}
}

static void work_of(struct crew_member *m)
{
	work(m->st, m->me, m->carrier);
}

static bool may_hang(const struct blast_state *st)
{
	return st->plan.dies && st->way == BLAST_HANG;
}

/* The victim may be the slowest, and who looks after it takes his time. */
static void await_notice(struct blast_state *st)
{
	while (
	    st->plan.dies && !(cb_load_acquire(&st->died_ns) && cb_load_acquire(&st->noticed_ns)))
		(void)usleep(DEED_US);
}

/* Sees what each of the team may see, and knows nothing of deaths: who is slow looks the same for a
 * while. */
static void supervise(void *arg)
{
	struct blast_state *st = arg;
	const uint32_t enough = st->plan.hasty ? 1 : BLAST_LOOKS;
	uint64_t since_ns = cb_now_ns();
	uint32_t seen = 0, quiet = 0;

	for (;;) {
		const uint32_t before = seen;

		(void)usleep(BLAST_LOOK_US);
		seen = cb_load_acquire(&st->worker[0].beats);
		quiet = seen == before ? quiet + 1 : 0;
		if (!quiet)
			since_ns = cb_now_ns();
		if (st->looks < LOOKS_MOST)
			cb_store(&st->looks, st->looks + 1);
		if (quiet < enough && !st->plan.cries)
			continue;
		if (st->plan.cries || cb_load_acquire(&st->died_ns))
			break;
		st->alarms++;
		quiet = 0;
		since_ns = cb_now_ns();
	}
	st->fds_of_hung = count_fds(st);
	if (st->model == CB_COROUTINE)
		count_locks(st); /* there is nobody else to do it */
	st->silent_ns = since_ns;
	st->given_ns = cb_now_ns();
	notice(st, st->given_ns);
}

/* One that hangs is not waited for. */
static int run_threads(struct crew_member *m, unsigned n)
{
	struct blast_state *st = m->st;
	int ret = crew_start_threads(m, n, STACK_BYTES);

	/* At once: the victim may soon end all of us. */
	if (ret)
		cb_store(&st->error, ret);
	else
		ret = crew_join_threads(m + 1, n - 1);
	if (!ret && !may_hang(st))
		ret = crew_join_threads(m, 1);
	if (!ret)
		await_notice(st);
	return ret;
}

static int run_processes(struct crew_member *m, unsigned n)
{
	struct blast_state *st = m->st;
	unsigned left = n - may_hang(st);

	for (unsigned i = 0; i < n; i++) {
		const pid_t pid = crew_fork_member(&m[i]);

		if (pid < 0)
			return -errno;
		st->worker[i].process = pid;
	}
	while (left) {
		siginfo_t ended;
		int status = 0;
		pid_t pid;

		if (waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (ended.si_pid == st->worker[0].process) {
			notice(st, cb_now_ns());
			if (!st->plan.reaps)
				st->left_zombies = is_zombie(st->worker[0].process);
		}
		pid = waitpid(ended.si_pid, &status, 0);
		if (pid < 0)
			return -errno;
		if (pid == st->worker[0].process) {
			st->victim_status = status;
			if (st->plan.reaps)
				st->left_zombies = is_zombie(pid);
		}
		left -= pid > 0 && pid != st->supervisor;
	}
	await_notice(st);
	return 0;
}

static int (*const run[CB_MODEL_COUNT])(struct crew_member *m, unsigned n) = {
    [CB_THREAD] = run_threads,
    [CB_PROCESS] = run_processes,
    [CB_COROUTINE] = crew_run_coroutines,
};

static void team(void *arg)
{
	struct blast_state *st = arg;
	struct crew_member *m = crew_create(st->workers, work_of, st, NULL);
	int ret = m ? 0 : -ENOMEM;

	if (!ret) {
		st->supervisor = cb_fork(supervise, st);
		ret = st->supervisor < 0 ? -errno : 0;
	}
	ret = ret ? ret : run[st->model](m, st->workers);
	if (ret)
		cb_store(&st->error, ret);
	st->left_fds = count_fds(st);
	if (!st->seen_locked)
		count_locks(st);
	_exit(0);
}

/* ---- in the cell ---- */

static uint32_t others_done(const struct blast_state *st)
{
	uint32_t done = 0;

	for (unsigned i = 1; i < st->workers; i++)
		done += st->worker[i].done;
	return done;
}

static uint32_t others_refused(const struct blast_state *st)
{
	uint32_t refused = 0;

	for (unsigned i = 1; i < st->workers; i++)
		refused += st->worker[i].refused;
	return refused;
}

static uint32_t others_all(const struct blast_state *st)
{
	return (st->workers - 1) * BLAST_DEEDS;
}

static uint64_t steps_of(const void *arg)
{
	const struct blast_state *st = arg;
	uint64_t steps = cb_load(&st->looks);

	for (unsigned i = 0; i < st->workers; i++)
		steps += cb_load(&st->worker[i].beats);
	/* Also called when it has ended, and before it is waited for. */
	if (takes_its_process(st->way) && st->model != CB_PROCESS && cb_load_acquire(&st->died_ns))
		*st->left_zombies_at = is_zombie(st->victim);
	return steps;
}

static int open_locks(struct blast_state *st)
{
	int ret = crew_mutex_init(&st->lock[BLAST_PLAIN], false);

	return ret ? ret : crew_mutex_init(&st->lock[BLAST_ROBUST], !st->plan.weak);
}

static uint32_t fds_opened(const struct blast_state *st)
{
	uint32_t opened = 0;

	for (unsigned i = 0; i < BLAST_FDS; i++)
		opened += st->fd[i] >= 0;
	return opened;
}

int blast_once(const struct blast_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct blast_state *st = env->state;
	int ret;

	memset(st, 0, sizeof(*st) + env->workers * sizeof(st->worker[0]));
	st->plan = *plan;
	st->workers = env->workers;
	st->model = env->model;
	st->way = (enum blast_way)cb_case_value(env->c, "way");
	st->left_zombies_at = &st->left_zombies;
	ret = open_locks(st);
	if (ret)
		return crew_failed(ret, why, why_len);
	ret = cb_sacrifice_watched(team, steps_of, st,
	    st->model == CB_COROUTINE && st->way == BLAST_HANG ? HANG_NS : DEADLINE_NS, &st->fate);
	if (!st->seen_locked)
		count_locks(st);
	/* Nobody is left in there to count them. */
	if (!ret && st->fate.hung)
		st->left_fds = st->fds_of_hung;
	/* It has no name, and nobody but us could remove it. */
	st->left_shm = st->shm && shmctl(st->shm - 1, IPC_RMID, NULL) == 0;
	if (!ret)
		ret = st->error;
	if (ret)
		return crew_failed(ret, why, why_len);
	/* Where the whole process is gone, who has made it is the first to know. */
	if (takes_its_process(st->way) && !st->noticed_ns)
		st->noticed_ns = st->fate.ended_ns;
	if (plan->late)
		st->noticed_ns = cb_now_ns();
	(void)cb_metric(
	    metrics, "survived_share", (double)others_done(st) / (double)others_all(st));
	if (st->noticed_ns && st->died_ns)
		(void)cb_metric(metrics, "noticed_ns", (double)(st->noticed_ns - st->died_ns));
	(void)cb_metric(metrics, "alarms", (double)st->alarms);
	(void)cb_metric(metrics, "left_fds", (double)st->left_fds);
	/* Of none there is no share: what is not a number is left out. */
	(void)cb_metric(metrics, "left_fds_share", (double)st->left_fds / (double)fds_opened(st));
	(void)cb_metric(metrics, "left_locks_share", (double)st->left_locks / BLAST_LOCKS);
	(void)cb_metric(metrics, "left_zombies", (double)st->left_zombies);
	cb_outcome(metrics, shm_words, !st->shm);
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct blast_plan plan = {.dies = true};

	return blast_once(&plan, env, metrics, why, why_len);
}

static int signal_of(enum blast_way way)
{
	return way == BLAST_ABORT ? SIGABRT : way == BLAST_KILL ? SIGKILL : SIGSEGV;
}

/* The status of waitpid(2), of a process that has died as it should. */
static bool died_so(int status, enum blast_way way)
{
	if (way == BLAST_EXIT || way == BLAST_LEAK)
		return WIFEXITED(status) &&
		       WEXITSTATUS(status) == (way == BLAST_EXIT ? EXIT_STATUS : 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == signal_of(way);
}

static bool all_died_so(const struct cb_fate *fate, enum blast_way way)
{
	if (way == BLAST_EXIT)
		return !fate->signal && fate->status == EXIT_STATUS;
	return fate->signal == signal_of(way);
}

/* What has become of the victim, and of the process that it is in; NULL: what should. */
static const char *wrong_end(const struct blast_state *st)
{
	const struct cb_fate *fate = &st->fate;
	const bool hangs = st->way == BLAST_HANG, alone = st->model == CB_PROCESS;

	if (!st->died_ns || st->worker[0].done != BLAST_DEEDS / 2)
		return "the victim has not died half-way";
	if (hangs && st->model == CB_COROUTINE)
		return fate->hung ? NULL : "the carrier has not hung";
	if (fate->hung)
		return "the team has not ended by its deadline";
	if (takes_its_process(st->way) && !alone)
		return all_died_so(fate, st->way) ? NULL : "the team has not died as it should";
	if (fate->signal || fate->status)
		return "the team has ended badly";
	return hangs || died_so(st->victim_status, st->way)
		   ? NULL
		   : "the victim has not died as it should";
}

/* Nothing touches those who share neither a process nor a carrier with the victim. */
static bool others_are_safe(const struct blast_state *st)
{
	return st->model == CB_PROCESS || (st->model == CB_THREAD && st->way == BLAST_HANG);
}

/* A descriptor is open as long as its process is there, whatever has become of a thread in it. */
static uint32_t fds_due(const struct blast_state *st)
{
	return takes_its_process(st->way) || (st->model == CB_PROCESS && st->way == BLAST_LEAK)
		   ? 0
		   : fds_opened(st);
}

/* A plain lock is its owner's for ever. A robust one is given on when the thread that has it ends:
 * which it does not where it hangs, and not where a coroutine ends and its carrier goes on. */
static uint32_t locks_due(const struct blast_state *st)
{
	return st->way == BLAST_HANG || (st->way == BLAST_LEAK && st->model == CB_COROUTINE) ? 2
											     : 1;
}

/* Of whoever was a process, or has taken one with it. */
static uint32_t zombies_due(const struct blast_state *st)
{
	return takes_its_process(st->way) || (st->model == CB_PROCESS && st->way == BLAST_LEAK);
}

/* Not before it, not after all was over; and a supervisor not before it has looked often enough.
 * NULL: when it should. */
static const char *wrong_notice(const struct blast_state *st)
{
	const uint64_t patience_ns = (uint64_t)BLAST_LOOKS * BLAST_LOOK_US * CB_NS_PER_US;

	if (!st->noticed_ns)
		return "was noticed by nobody";
	if (st->noticed_ns < st->died_ns)
		return "was noticed before it came";
	if (st->noticed_ns > st->fate.ended_ns)
		return "was noticed when all was over";
	if (st->noticed_ns != st->given_ns)
		return st->way == BLAST_HANG ? "was noticed by somebody who cannot know" : NULL;
	return st->looks < BLAST_LOOKS || st->given_ns - st->silent_ns < patience_ns
		   ? "was noticed by a supervisor that has hardly looked"
		   : NULL;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct blast_state *st = env->state;
	const char *wrong = wrong_end(st), *notice = wrong_notice(st);

	if (wrong)
		(void)snprintf(why, why_len, "%s (signal %d, status %d, victim's %d, %u deeds)",
		    wrong, st->fate.signal, st->fate.status, st->victim_status, st->worker[0].done);
	else if (others_done(st) > others_all(st))
		(void)snprintf(why, why_len, "the others have done %u of %u deeds", others_done(st),
		    others_all(st));
	else if (st->way == BLAST_LEAK && others_done(st) + others_refused(st) != others_all(st))
		(void)snprintf(why, why_len,
		    "the others have done %u deeds, and %u were refused, of %u", others_done(st),
		    others_refused(st), others_all(st));
	else if (notice)
		(void)snprintf(why, why_len, "its death %s", notice);
	else if (st->left_fds != fds_due(st))
		(void)snprintf(
		    why, why_len, "%u descriptors are left, not %u", st->left_fds, fds_due(st));
	else if (st->shm && !st->left_shm)
		(void)snprintf(why, why_len, "the shared memory is gone, and nobody removed it");
	else if (st->left_locks != locks_due(st))
		(void)snprintf(
		    why, why_len, "%u locks are held, not %u", st->left_locks, locks_due(st));
	else if (st->left_zombies != zombies_due(st))
		(void)snprintf(why, why_len, "%u zombies were left when it was noticed, not %u",
		    st->left_zombies, zombies_due(st));
	else if (others_are_safe(st) && others_done(st) != others_all(st))
		(void)snprintf(why, why_len,
		    "the others have done %u of %u deeds, though nothing ended them",
		    others_done(st), others_all(st));
	else
		return 0;
	return -EBADMSG;
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct blast_state) + c->workers * sizeof(struct blast_worker);
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
	if (cb_case_value(c, "way") == BLAST_LEAK) {
		(void)snprintf(why, why_len, "a sanitizer needs memory of its own");
		return -EINVAL;
	}
#endif
	return crew_can(c, 2, why, why_len);
}

static const struct cb_workload workload = {
    .op = "death of a worker",
    .timed =
	"one of a team dies half-way through its work; what the others have done by the time "
	"that all is over, up to a deadline; until somebody notices: who waits for it, who is "
	"refused memory, or a supervisor that looks every ms whether it gets on. To that 20 "
	"looks without are enough: of who hangs, noticed_ns is this patience. Who leaks meets "
	"a limit of its own process: other "
	"processes survive that by construction, and would not where all share one. It has "
	"two locks when it dies, one of them robust, which a thread's end gives on; left_zombies "
	"is counted when it is noticed, before its maker waits for it",
    .checked = "the victim has died half-way and as it should, and that was noticed afterwards, by "
	       "a supervisor after as many looks as it takes; "
	       "nobody else has lost anything where nothing is shared; what it has left is there "
	       "as long as the kernel says: descriptors, shared memory, locks, a zombie",
    .state_size = state_size,
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    CB_PARAM_CARRIERS,
    {"way", CB_WORD, "segfault", 0, BLAST_WAYS - 1,
	"of dying: a crash, a stack overrun, an exit, SIGKILL, taking all memory that its process "
	"may have, or never coming back",
	way_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=process way=segfault workers=4"},
    {CB_QUICK, "model=thread,coroutine way=segfault workers=4"},
    {CB_FULL, "model=thread,process,coroutine way=abort,segfault,overrun,exit,kill workers=4"},
    {CB_FULL, "model=thread,process,coroutine way=leak,hang workers=4"},
    {CB_CHECK, "model=thread,process,coroutine way=segfault,kill,leak,hang workers=3"},
    {CB_CHECK, "model=coroutine way=abort,overrun,exit workers=2"},
};

static const struct cb_figure figures[] = {
    {"survived_share", "of the others' work that survives", "", CB_SHARE, CB_MORE, 0.0, NULL},
    {"noticed_ns", "until it is noticed; of who hangs, a supervisor's patience", "ns", CB_RATIO,
	CB_LESS, 0.0, NULL},
    {"left_fds_share", "of its descriptors, still open when all is over", "", CB_SHARE, CB_LESS,
	0.0, NULL},
    {"left_locks_share", "of its two locks, nobody gets any more", "", CB_SHARE, CB_LESS, 0.0,
	NULL},
    {"left_zombies", "a zombie, until its maker waits for it", "", CB_SHARE, CB_LESS, 0.0, NULL},
    {"outcome", "its shared memory is still there, if there was any to be had", "", CB_OUTCOME,
	CB_NEITHER, 0.0, shm_words},
};

static const struct cb_kind blast = {
    .family = "fault",
    .name = "blast",
    .about = "one of a team dies in the middle of its work: how much of the others' is left?",
    .source = "signal(7): what ends a thread ends its process",
    .from = CB_SMOKE,
    .version = 4,
    .models = CB_CAN_ALL,
    .work = &workload,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(blast)
