/*
 * team_counting_test.c - what the counters of a team count: its units, inside their windows.
 *
 * With software events, which need no hardware: the task clock against the CPU books of the same
 * units, and page faults against the pages that were touched.
 */
#include "harness/base/clock.h"
#include "harness/stats/stats.h"
#include "harness/work/case_fixture.h"
#include "harness/work/companion.h"
#include "harness/work/team.h"
#include "harness/work/trial_counters.h"

#include <errno.h>
#include <fenv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#define WINDOW_NS (30 * CLOCK_NS_PER_MS)
#define WORKERS 2u
#define TRIALS 9u
/* Until a busy companion has had its turns, which a busy machine may delay. */
#define TRIALS_MAX 60u
/* The places that software events take with CONCBENCH_COUNTERS_STAND_IN. */
#define TASK_CLOCK COUNTERS_INSTRUCTIONS_USER
#define PAGE_FAULTS COUNTERS_CACHE_MISSES_USER

#define OP_PAGES 8u         /* each operation touches so many fresh pages */
#define OUTSIDE_PAGES 1000u /* and who comes and goes so many */
#define OP_SPIN_NS (20 * CLOCK_NS_PER_US)
#define OUTSIDE_SPIN_NS (20 * CLOCK_NS_PER_MS)
/* Most of the window is slept; nearly all of it where somebody else is to be the busy one. */
#define OP_SLEEP_NS (500 * CLOCK_NS_PER_US)
#define OP_LONG_SLEEP_NS (4 * CLOCK_NS_PER_MS)

_Static_assert(OUTSIDE_PAGES > 4 * WORKERS * OP_PAGES, "far beyond what check_ops() lets pass");

static const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};

struct shared {
	_Alignas(ARENA_ALIGN) atomic_ulong companion_turns;
};

/* One fault for each of @pages fresh pages. Past the sanitizers, whose books of this memory would
 * have faults of their own. */
__attribute__((no_sanitize("address", "thread"))) static bool touch(unsigned pages)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const long at = syscall(SYS_mmap, NULL, pages * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);

	if (at < 0)
		return false;
	/* Kernels without huge pages say EINVAL, and need not be asked. */
	(void)syscall(SYS_madvise, at, pages * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(uintptr_t)((size_t)at + i * page) = 1;
	return syscall(SYS_munmap, at, pages * page) == 0;
}

static void burn(uint64_t cpu_ns)
{
	const uint64_t until_ns = clock_thread_cpu_ns() + cpu_ns;

	while (clock_thread_cpu_ns() < until_ns)
		;
}

/* Much work before the window and after it, which no operation has asked for. */
static void outside(struct cb_worker *w, void *state)
{
	(void)state;
	burn(OUTSIDE_SPIN_NS);
	if (!touch(OUTSIDE_PAGES))
		cb_fail(w, -ENOMEM, "touching pages");
}

static uint64_t work_and_sleep(struct cb_worker *w, uint64_t sleep_ns, uint64_t n)
{
	burn(OP_SPIN_NS);
	if (!touch(OP_PAGES))
		cb_fail(w, -ENOMEM, "touching pages");
	cb_sleep_until(w, clock_now_ns() + sleep_ns);
	return n;
}

static uint64_t mostly_sleep(struct cb_worker *w, void *state, uint64_t n)
{
	(void)state;
	/* Counted or not, no arithmetic of the harness shows in a window: see trial_clear_flags().
	 */
	if (fetestexcept(FE_ALL_EXCEPT))
		cb_fail(w, -EBADMSG, "a floating-point flag is raised");
	return work_and_sleep(w, OP_SLEEP_NS, n);
}

static uint64_t nearly_always_sleep(struct cb_worker *w, void *state, uint64_t n)
{
	(void)state;
	return work_and_sleep(w, OP_LONG_SLEEP_NS, n);
}

static void be_busy(struct cb_companion *c, const struct cb_env *env)
{
	struct shared *s = env->state;

	cb_companion_ready(c);
	while (!cb_companion_quitting(c))
		if (touch(OP_PAGES))
			atomic_fetch_add(&s->companion_turns, 1);
}

static const struct cb_workload alone = {.op = "nap",
    .state_bytes = sizeof(struct shared),
    .enter = outside,
    .batch = mostly_sleep,
    .leave = outside,
    .max_batch = 1};
static const struct cb_companion_spec busy = {.role = "busy one", .run = be_busy};
static const struct cb_workload accompanied = {.op = "nap",
    .state_bytes = sizeof(struct shared),
    .enter = outside,
    .batch = nearly_always_sleep,
    .leave = outside,
    .companions = &busy,
    .companion_count = 1,
    .max_batch = 1};

static struct topology *topo;

static int prepare(void **state)
{
	char err[200];

	(void)state;
	return setenv("CONCBENCH_COUNTERS_STAND_IN", "1", 1) ||
	       topology_discover(&topo, err, sizeof(err));
}

static int release(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

static void need_events(void)
{
	struct counters probe;
	char why[128];

	(void)counters_open(&probe, why, sizeof(why));
	counters_close(&probe);
	if (!probe.error[TASK_CLOCK] && !probe.error[PAGE_FAULTS])
		return;
	print_message("no software events here (errno %d)\n", probe.error[TASK_CLOCK]);
	skip();
}

struct outcome {
	double books_ns;     /* CPU time between the crossings, by the units' own books */
	double companion_ns; /* CPU time of the companion meanwhile */
	double ops;          /* of the counters' windows */
	double window_ops;   /* of the samples */
	double clock_ratio[TRIALS_MAX]; /* task clock over the books, trial by trial */
	unsigned trials;
	struct counters_reading reading;
};

static void run_trial(struct team *t, struct outcome *o)
{
	struct sample sample;
	char why[200] = "";
	const double before_ns = o->reading.value[TASK_CLOCK];
	double ops = 0.0, books_ns = 0.0;

	if (team_trial(t, WINDOW_NS, &sample, why, sizeof(why)) != 0)
		fail_msg("%s: %s", cb_model_name(t->bc->pub.model), why);
	assert_true(metric_get(&sample.metrics, METRIC_OPS, &ops));
	sample_free(&sample);
	o->window_ops += ops;
	o->companion_ns += (double)t->env.companion[0].cpu_ns;
	for (unsigned u = 0; u < t->units; u++)
		books_ns += (double)(t->unit[u].note[TRIAL_CLOSED].used.cpu_ns -
				     t->unit[u].note[TRIAL_OPENED].used.cpu_ns);
	o->books_ns += books_ns;
	/* Counters go on from trial to trial. */
	trial_counters_sum(t->counted, t->units, &o->reading, &o->ops);
	o->clock_ratio[o->trials++] = (o->reading.value[TASK_CLOCK] - before_ns) / books_ns;
}

static void count(const struct cb_workload *load, enum cb_model model, struct outcome *o)
{
	const struct bench_case bc = fixture_case(load, model, WORKERS);
	char why[200] = "";
	struct team t;

	memset(o, 0, sizeof(*o));
	if (team_create(&t, &bc, topo, &(struct team_options){.seed = 7, .counting = true}, why,
		sizeof(why)) != 0)
		fail_msg("%s: %s", cb_model_name(model), why);
	while (o->trials < TRIALS ||
	       (load->companions && o->companion_ns < o->books_ns && o->trials < TRIALS_MAX))
		run_trial(&t, o);
	team_destroy(&t);
}

/* Two numbers of operations that may differ by one at each end of each worker's window. */
static void check_ops(const struct outcome *o, const char *model, const char *what, double is)
{
	const double apart = is > o->ops ? is - o->ops : o->ops - is;

	if (!(o->ops > 0.0 && apart <= 2.0 * WORKERS * o->trials))
		fail_msg(
		    "%s: %s: %.6g beside %.6g in %u trials", model, what, is, o->ops, o->trials);
}

/* Both bracket the same work; what a wrong bracket would add is many times as much, in every trial.
 * In one or another the task clock goes on while the host of a virtual machine has taken the CPU,
 * and the books do not. */
static void check_counted(const struct outcome *o, const char *model)
{
	double ratio = 0.0;

	assert_true(o->reading.valid[TASK_CLOCK] && o->reading.valid[PAGE_FAULTS]);
	assert_int_equal(stats_median(o->clock_ratio, o->trials, &ratio), 0);
	if (!(ratio <= 1.5 && ratio >= 1.0 / 1.5))
		fail_msg("%s: the task clock is %.3g times the CPU books, median of %u trials",
		    model, ratio, o->trials);
	check_ops(
	    o, model, "operations by their page faults", o->reading.value[PAGE_FAULTS] / OP_PAGES);
	check_ops(o, model, "operations of the windows", o->window_ops);
}

static void sleepers_count_their_own_work_only(void **state)
{
	(void)state;
	need_events();
	for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++) {
		struct outcome o;

		count(&alone, models[m], &o);
		check_counted(&o, cb_model_name(models[m]));
		/* Negative control: a bracket around the trial would have this on top. */
		assert_true((double)OUTSIDE_SPIN_NS * WORKERS * o.trials > 1.5 * o.books_ns);
	}
}

static void a_busy_companion_is_not_counted(void **state)
{
	(void)state;
	need_events();
	for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++) {
		struct outcome o;

		count(&accompanied, models[m], &o);
		check_counted(&o, cb_model_name(models[m]));
		/* Negative control: it was busy, so counting it too would have been twice the
		 * books, which check_counted() does not let pass. */
		if (o.companion_ns < o.books_ns)
			fail_msg("%s: the companion used %.0f ns, the workers %.0f",
			    cb_model_name(models[m]), o.companion_ns, o.books_ns);
	}
}

static void a_team_for_timing_has_no_counters(void **state)
{
	const struct bench_case bc = fixture_case(&alone, CB_THREAD, WORKERS);
	struct counters_reading reading;
	struct sample sample;
	char why[200] = "";
	struct team t;
	double ops;

	(void)state;
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), 0);
	assert_null(t.counted);
	for (unsigned u = 0; u < t.units; u++)
		assert_null(t.unit[u].counted);
	assert_int_equal(team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)), 0);
	sample_free(&sample);
	trial_counters_sum(t.counted, t.units, &reading, &ops);
	assert_false(reading.valid[TASK_CLOCK]);
	assert_true(ops == 0.0);
	team_destroy(&t);
}

static void sums_know_what_is_missing(void **state)
{
	struct trial_counted c[2] = {{.ops = 3.0}, {.ops = 4.0}};
	struct counters_reading sum;
	double ops;

	(void)state;
	for (unsigned e = 0; e < COUNTERS_EVENTS; e++) {
		c[0].reading.valid[e] = c[1].reading.valid[e] = true;
		c[0].reading.value[e] = 10.0;
		c[1].reading.value[e] = 1.0;
	}
	c[1].reading.valid[2] = false;
	c[0].reading.scaled[3] = true;
	trial_counters_sum(c, 2, &sum, &ops);
	assert_true(ops == 7.0);
	for (unsigned e = 0; e < COUNTERS_EVENTS; e++) {
		/* Half a team's count is no count. */
		assert_int_equal(sum.valid[e], e != 2);
		assert_int_equal(sum.scaled[e], e == 3);
		assert_true(sum.value[e] == 11.0);
	}
}

/* Each unit has its own: who finds no descriptor for them says so, and the case has none. */
static void units_that_cannot_open_are_an_error(void **state)
{
	struct trial_counted counted = {.ops = 0.0};
	struct trial_unit u = {.counted = &counted};

	(void)state;
	counters_none(&counted.events);
	counted.error = -EMFILE;
	trial_counters_read(&u);
	assert_int_equal(u.error, -ENOTSUP);
	assert_string_equal(u.error_what, "hardware counters: Too many open files");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sleepers_count_their_own_work_only),
	    cmocka_unit_test(a_busy_companion_is_not_counted),
	    cmocka_unit_test(a_team_for_timing_has_no_counters),
	    cmocka_unit_test(sums_know_what_is_missing),
	    cmocka_unit_test(units_that_cannot_open_are_an_error),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
