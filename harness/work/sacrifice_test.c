/* sacrifice_test.c - deaths and hangs that are expected: told apart, and nobody left behind. */
#include "harness/base/clock.h"

#include <concbench/concbench.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {NULL};

/* Far more than any of these needs that does not hang. */
#define PATIENCE_NS (20 * CLOCK_NS_PER_S)
#define SHORT_NS (50 * CLOCK_NS_PER_MS)

static void come_back(void *arg)
{
	*(int *)arg = getpid() == getpgrp() ? 1 : 2;
}

static void leave(void *arg)
{
	(void)arg;
	_exit(3);
}

static void crash(void *arg)
{
	(void)arg;
	(void)signal(SIGSEGV, SIG_DFL); /* past a sanitizer's */
	(void)raise(SIGSEGV);
}

static void be_killed(void *arg)
{
	(void)arg;
	(void)raise(SIGKILL);
}

static void hang(void *arg)
{
	(void)arg;
	(void)signal(SIGTERM, SIG_IGN);
	for (;;)
		(void)pause();
}

static void *shared(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static void each_end_is_told(void **state)
{
	static const struct {
		void (*fn)(void *arg);
		uint64_t within_ns;
		struct cb_fate want;
	} ends[] = {
	    {come_back, PATIENCE_NS, {false, 0, 0, 0}},
	    {leave, PATIENCE_NS, {false, 0, 3, 0}},
	    {crash, PATIENCE_NS, {false, SIGSEGV, 0, 0}},
	    /* Killed by somebody else, and well before its deadline: no hang. */
	    {be_killed, PATIENCE_NS, {false, SIGKILL, 0, 0}},
	    {hang, SHORT_NS, {true, 0, 0, 0}},
	};
	int *seen = shared(sizeof(*seen));

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const uint64_t begin_ns = clock_now_ns();
		struct cb_fate fate;

		assert_int_equal(cb_sacrifice(ends[i].fn, seen, ends[i].within_ns, &fate), 0);
		assert_int_equal(fate.hung, ends[i].want.hung);
		assert_int_equal(fate.signal, ends[i].want.signal);
		assert_int_equal(fate.status, ends[i].want.status);
		assert_true(fate.ended_ns > begin_ns && fate.ended_ns <= clock_now_ns());
		if (fate.hung)
			assert_true(fate.ended_ns - begin_ns >= SHORT_NS);
		assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	}
	/* What it wrote is there, and it led a group. */
	assert_int_equal(*seen, 1);
	assert_int_equal(munmap(seen, sizeof(*seen)), 0);
}

/* Each step well within the deadline, all of them far beyond. */
#define QUIET_NS (10 * SHORT_NS)
#define STEPS 40
#define STEP_NS (SHORT_NS / 2)

struct walk {
	uint32_t steps, to_go;
	bool returns;
};

static void walk(void *arg)
{
	struct walk *w = arg;

	while (w->to_go) {
		clock_sleep_until_ns(clock_now_ns() + STEP_NS);
		w->to_go--;
		cb_store(&w->steps, w->steps + 1);
	}
	if (!w->returns)
		hang(NULL);
}

static uint64_t steps_of(const void *arg)
{
	return cb_load(&((const struct walk *)arg)->steps);
}

static void a_hang_is_that_nothing_happens(void **state)
{
	struct walk *w = shared(sizeof(*w));

	(void)state;
	for (int returns = 0; returns < 2; returns++) {
		const uint64_t begin_ns = clock_now_ns();
		struct cb_fate fate;

		*w = (struct walk){.to_go = STEPS, .returns = returns};
		assert_int_equal(cb_sacrifice_watched(walk, steps_of, w, QUIET_NS, &fate), 0);
		assert_int_equal(fate.hung, !returns);
		assert_int_equal(w->steps, STEPS);
		assert_true(fate.ended_ns - begin_ns >= STEPS * STEP_NS + (returns ? 0 : QUIET_NS));
		assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	}
	/* Without anybody who watches, it is over before it has come that far. */
	*w = (struct walk){.to_go = STEPS, .returns = true};
	{
		struct cb_fate fate;

		assert_int_equal(cb_sacrifice(walk, w, SHORT_NS, &fate), 0);
		assert_true(fate.hung);
	}
	assert_int_equal(munmap(w, sizeof(*w)), 0);
}

/* A child and its child, which wait for ever. */
struct kin {
	pid_t pid[2];
	bool outlive; /* it ends before them; else it hangs */
};

static void have_children(void *arg)
{
	struct kin *kin = arg;
	int ready[2];
	char byte;

	if (pipe(ready) != 0)
		_exit(9);
	if (fork() == 0) {
		kin->pid[0] = getpid();
		if (fork() == 0) {
			kin->pid[1] = getpid();
			_exit(write(ready[1], "", 1) == 1 ? (hang(NULL), 0) : 9);
		}
		hang(NULL);
	}
	if (read(ready[0], &byte, 1) != 1)
		_exit(9);
	if (!kin->outlive)
		hang(NULL);
	_exit(4);
}

static uint64_t born(const void *arg)
{
	const struct kin *kin = arg;

	return (cb_load(&kin->pid[0]) > 0 ? 1u : 0u) + (cb_load(&kin->pid[1]) > 0 ? 1u : 0u);
}

static void nobody_is_left(void **state)
{
	struct kin *kin = shared(sizeof(*kin));
	/* One that has nothing to do with it. */
	const pid_t other = fork();

	(void)state;
	assert_true(other >= 0);
	if (other == 0)
		hang(NULL);
	for (int outlive = 0; outlive < 2; outlive++) {
		struct cb_fate fate;
		int adopts = -1;

		kin->outlive = outlive;
		kin->pid[0] = kin->pid[1] = 0;
		assert_int_equal(cb_sacrifice_watched(have_children, born, kin,
				     outlive ? PATIENCE_NS : QUIET_NS, &fate),
		    0);
		assert_int_equal(fate.hung, !outlive);
		assert_int_equal(fate.status, outlive ? 4 : 0);
		for (int i = 0; i < 2; i++) {
			assert_true(kin->pid[i] > 0);
			assert_true(kill(kin->pid[i], 0) != 0 && errno == ESRCH);
		}
		assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
		/* As it was: orphans of others are not ours. */
		assert_int_equal(prctl(PR_GET_CHILD_SUBREAPER, &adopts), 0);
		assert_int_equal(adopts, 0);
	}
	assert_int_equal(kill(other, SIGKILL), 0);
	assert_int_equal(waitpid(other, NULL, 0), other);
	assert_int_equal(munmap(kin, sizeof(*kin)), 0);
}

static void make_one(void *arg)
{
	*(pid_t *)arg = cb_fork(hang, NULL);
	hang(NULL);
}

/* Who forks one takes it along, whatever ends it. */
static void a_forked_one_ends_with_its_maker(void **state)
{
	pid_t *child = shared(sizeof(*child)), maker;
	int status = 0;

	(void)state;
	/* It comes to us then. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	maker = cb_fork(make_one, child);
	assert_true(maker > 0);
	while (!*(volatile pid_t *)child)
		clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
	assert_true(*child > 0);
	assert_int_equal(kill(maker, SIGKILL), 0);
	assert_int_equal(waitpid(maker, &status, 0), maker);
	assert_int_equal(waitpid(*child, &status, 0), *child);
	/* Before it could ask to be, its maker may have been dead. */
	assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
		    (WIFEXITED(status) && WEXITSTATUS(status) != 0));
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
	/* It comes back only to its maker. */
	maker = cb_fork(leave, NULL);
	assert_int_equal(waitpid(maker, &status, 0), maker);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	assert_int_equal(munmap(child, sizeof(*child)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_end_is_told),
	    cmocka_unit_test(a_hang_is_that_nothing_happens),
	    cmocka_unit_test(nobody_is_left),
	    cmocka_unit_test(a_forked_one_ends_with_its_maker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
