/* team_around_test.c - what changes around the workers while they run is noticed, and told. */
#include "harness/work/team.h"
#include "harness/base/clock.h"
#include "harness/work/case_fixture.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define WINDOW_NS (40 * CLOCK_NS_PER_MS)

enum change { CHANGE_NOTHING, CHANGE_TO_OTHER, CHANGE_TO_ALL, CHANGE_AND_BACK, CHANGES };

struct plan {
	_Alignas(ARENA_ALIGN) enum change change; /* what is to become of worker 1; then nothing */
	const struct trial_line *line;
};

static struct topology *topo;
static int pu[2];

static void put_on(bool first, bool second)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (first)
		CPU_SET((size_t)pu[0], &set);
	if (second)
		CPU_SET((size_t)pu[1], &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		abort();
}

static void await_part_of_window(const struct trial_line *line, uint64_t part_ns)
{
	uint64_t open_ns;

	while ((open_ns = atomic_load(&line->open_ns)) == TRIAL_UNKNOWN_NS ||
	       clock_now_ns() < open_ns + part_ns)
		;
}

/* As taskset -p does it, in the middle of the window; worker 1 is on the second PU. It does so
 * itself, in its first batch: somebody else might come too late. */
static void change(struct plan *p)
{
	const enum change wanted = p->change;

	await_part_of_window(p->line, WINDOW_NS / 4);
	put_on(true, wanted == CHANGE_TO_ALL);
	if (wanted == CHANGE_AND_BACK) {
		await_part_of_window(p->line, WINDOW_NS / 2);
		put_on(false, true);
	}
	p->change = CHANGE_NOTHING;
}

static uint64_t count(struct cb_worker *w, void *state, uint64_t n)
{
	struct plan *p = state;

	if (w->index == 1 && p->change != CHANGE_NOTHING)
		change(p);
	for (uint64_t i = 0; i < n; i++)
		__asm__ volatile("" ::: "memory");
	return n;
}

static const struct cb_workload counting = {
    .op = "count", .state_bytes = sizeof(struct plan), .batch = count, .cooperative = true};

static int look(void **state)
{
	char err[200];

	(void)state;
	if (topology_discover(&topo, err, sizeof(err)) != 0)
		return -1;
	for (unsigned i = 0; i < 2; i++)
		pu[i] = i < topology_pu_count(topo) ? (int)topology_pu(topo, i)->os_index : -1;
	return 0;
}

static int forget(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

static struct bench_case bound_case(enum cb_model model, const char *place, unsigned workers)
{
	struct bench_case bc = fixture_case(&counting, model, workers);
	char err[100] = "";

	if (model == CB_COROUTINE)
		bc.pub.carriers = workers;
	if (placement_parse(place, &bc.place, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	return bc;
}

static void a_worker_that_is_sent_away_ends_the_launch(void **state)
{
	static const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
	const bool told = access("/proc/thread-self/sched", R_OK) == 0;
	char place[40], want[CHANGES][200];

	(void)state;
	if (pu[1] < 0)
		skip();
	(void)snprintf(place, sizeof(place), "list:%d,%d", pu[0], pu[1]);
	for (size_t m = 0; m < 3; m++) {
		const struct bench_case bc = bound_case(models[m], place, 2);
		const char *who = models[m] == CB_COROUTINE ? "carrier" : "worker";
		static const char why_all[] = ": cpuset or affinity changed while it ran";

		(void)snprintf(want[CHANGE_TO_OTHER], sizeof(want[0]),
		    "%s 1 was bound to PU %d; it now may run on PUs %d only%s", who, pu[1], pu[0],
		    why_all);
		(void)snprintf(want[CHANGE_TO_ALL], sizeof(want[0]),
		    "%s 1 was bound to PU %d; it now may run on PUs %d%c%d only%s", who, pu[1],
		    pu[0], pu[1] == pu[0] + 1 ? '-' : ',', pu[1], why_all);
		(void)snprintf(want[CHANGE_AND_BACK], sizeof(want[0]),
		    "%s 1 was bound to PU %d; it was moved away and back%s", who, pu[1], why_all);
		for (enum change c = CHANGE_NOTHING; c < (told ? CHANGES : CHANGE_AND_BACK); c++) {
			struct sample sample = {0};
			char why[200] = "";
			struct plan *p;
			struct team t;
			int ret;

			if (team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why,
				sizeof(why)) != 0)
				fail_msg("%s", why);
			p = t.env.state;
			*p = (struct plan){c, t.line};
			ret = team_trial(&t, WINDOW_NS, &sample, why, sizeof(why));
			assert_int_equal(p->change, CHANGE_NOTHING);
			if (c == CHANGE_NOTHING && ret)
				fail_msg("%s: %s", cb_model_name(models[m]), why);
			if (c != CHANGE_NOTHING) {
				assert_int_equal(ret, -EIO);
				assert_string_equal(why, want[c]);
			}
			sample_free(&sample);
			team_destroy(&t);
		}
	}
}

static double metric(
    const char *place, unsigned workers, const char *name, uint64_t window_ns, bool *told)
{
	const struct bench_case bc = bound_case(CB_THREAD, place, workers);
	struct sample sample = {0};
	char why[200] = "";
	double value = 0;
	struct team t;

	if (team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)) != 0 ||
	    team_trial(&t, window_ns, &sample, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	*told = metric_get(&sample.metrics, name, &value);
	sample_free(&sample);
	team_destroy(&t);
	return value;
}

/* Two on one PU wait for half of the time, whoever else there is. */
static void workers_that_had_to_wait_say_so(void **state)
{
	char place[20];
	double pct;
	bool told;

	(void)state;
	(void)snprintf(place, sizeof(place), "list:%d", pu[0]);
	pct = metric(place, 2, METRIC_RUN_DELAY_PCT, 4 * WINDOW_NS, &told);
	if (!told)
		skip();
	if (pct < 25)
		fail_msg("%g %%", pct);
}

static atomic_bool quit;
static _Atomic clockid_t its_clock; /* of its CPU time; 0: not known yet */

static void *keep_busy(void *arg)
{
	clockid_t id;

	put_on(false, true);
	if (pthread_getcpuclockid(pthread_self(), &id) != 0)
		abort();
	atomic_store(&its_clock, id);
	while (!atomic_load(&quit))
		;
	return arg;
}

static double its_cpu_ns(void)
{
	struct timespec used;

	assert_int_equal(clock_gettime(atomic_load(&its_clock), &used), 0);
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

/* At least as much as one of them has used. The kernel counts ticks, and leaves out what the
 * machine below has taken. */
static void other_busy_pus_are_counted(void **state)
{
	const double tick_ns = 1e9 / (double)sysconf(_SC_CLK_TCK);
	struct bench_case bc;
	struct sample sample = {0};
	double busy, stolen_pct, used_ns, span_ns;
	char place[20], why[200] = "";
	pthread_t other;
	struct team t;

	(void)state;
	if (pu[1] < 0)
		skip();
	(void)snprintf(place, sizeof(place), "list:%d", pu[0]);
	bc = bound_case(CB_THREAD, place, 1);
	if (team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_int_equal(pthread_create(&other, NULL, keep_busy, NULL), 0);
	while (!atomic_load(&its_clock))
		;
	used_ns = -its_cpu_ns();
	span_ns = -(double)clock_now_ns();
	if (team_trial(&t, 10 * WINDOW_NS, &sample, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	span_ns += (double)clock_now_ns();
	used_ns += its_cpu_ns();
	atomic_store(&quit, true);
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_true(metric_get(&sample.metrics, METRIC_OTHER_BUSY_PUS, &busy));
	assert_true(metric_get(&sample.metrics, METRIC_STEAL_PCT, &stolen_pct));
	used_ns -= stolen_pct / 100 * span_ns * t.around.pus + 2 * tick_ns;
	if (busy * span_ns < 0.9 * used_ns)
		fail_msg("%g PUs in %g ms, of which somebody used %g ms", busy, span_ns / 1e6,
		    used_ns / 1e6);
	sample_free(&sample);
	team_destroy(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_worker_that_is_sent_away_ends_the_launch),
	    cmocka_unit_test(workers_that_had_to_wait_say_so),
	    cmocka_unit_test(other_busy_pus_are_counted),
	};

	return cmocka_run_group_tests(tests, look, forget);
}
