/* gbench_test.c - the C shim: what is registered is what runs, what is set is what is reported. */
#include "harness/gbench_fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

static void one_call_a_repetition_and_its_time(void **state)
{
	struct script s = {.time_s = {4e-3, 1e-3, 3e-3, 2e-3}};
	const struct gbench_case c = {.name = "manual",
	    .fn = manual,
	    .user = &s,
	    .unit = GBENCH_US,
	    .clock = GBENCH_MANUAL_TIME,
	    .iterations = 10,
	    .repetitions = 4};
	struct seen seen;
	size_t matched = 99;
	double sum = 0, square = 0;

	(void)state;
	assert_int_equal(gbench_register(&c), 0);
	run_all(&seen, &matched);
	assert_int_equal(matched, 1);
	assert_int_equal(s.calls, 4);
	assert_int_equal(s.loops, 4);
	assert_int_equal(s.iterations_seen, 10);
	/* Four repetitions, then mean, median, stddev and cv. */
	assert_int_equal(seen.count, 8);
	for (unsigned i = 0; i < 4; i++) {
		const struct seen_row *r = &seen.row[i];

		assert_string_equal(r->name, "manual/iterations:10/repeats:4/manual_time");
		assert_string_equal(r->aggregate, "");
		assert_int_equal(r->repetition_index, i);
		assert_int_equal(r->repetitions, 4);
		assert_int_equal(r->iterations, 10);
		assert_int_equal(r->threads, 1);
		assert_int_equal(r->unit, GBENCH_US);
		/* Microseconds an iteration of the seconds that were set for all ten. */
		assert_close(r->real_time, s.time_s[i] * 1e6 / 10);
		sum += r->real_time;
		square += r->real_time * r->real_time;
	}
	for (unsigned i = 4; i < 8; i++) {
		const struct seen_row *r = &seen.row[i];
		const double deviation = sqrt((square - sum * sum / 4) / 3);

		assert_int_equal(r->repetition_index, -1);
		if (strcmp(r->aggregate, "mean") == 0)
			assert_close(r->real_time, sum / 4);
		else if (strcmp(r->aggregate, "median") == 0)
			assert_close(r->real_time, 250);
		else if (strcmp(r->aggregate, "stddev") == 0)
			assert_close(r->real_time, deviation);
		else
			assert_string_equal(r->aggregate, "cv");
	}
}

static void keep_running(struct gbench_state *state, void *user)
{
	unsigned *loops = user;

	while (gbench_keep_running(state)) {
		gbench_pause_timing(state);
		gbench_resume_timing(state);
		(*loops)++;
	}
}

static void the_plain_loop_runs_every_iteration(void **state)
{
	unsigned loops = 0;
	const struct gbench_case c = {
	    .name = "plain", .fn = keep_running, .user = &loops, .iterations = 1234};
	struct seen seen;

	(void)state;
	assert_int_equal(gbench_register(&c), 0);
	run_all(&seen, NULL);
	assert_int_equal(loops, 1234);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.row[0].iterations, 1234);
	assert_true(seen.row[0].real_time > 0.0);
}

struct arguments {
	int64_t seen[4];
	int thread;
};

static void take_arguments(struct gbench_state *state, void *user)
{
	struct arguments *a = user;

	while (gbench_keep_running(state))
		;
	for (size_t i = 0; i < 4; i++)
		a->seen[i] = gbench_arg(state, i);
	a->thread = gbench_thread_index(state);
	gbench_set_label(state, "labelled");
}

static void arguments_are_named_and_handed_over(void **state)
{
	static const int64_t args[] = {7, -8, 9};
	struct arguments a = {.thread = -1};
	const struct gbench_case c = {.name = "args",
	    .fn = take_arguments,
	    .user = &a,
	    .args = args,
	    .arg_count = 3,
	    .iterations = 1,
	    .clock = GBENCH_REAL_TIME};
	struct seen seen;

	(void)state;
	assert_int_equal(gbench_register(&c), 0);
	run_all(&seen, NULL);
	assert_string_equal(seen.row[0].name, "args/7/-8/9/iterations:1/real_time");
	assert_string_equal(seen.row[0].label, "labelled");
	assert_int_equal(a.seen[0], 7);
	assert_int_equal(a.seen[1], -8);
	assert_int_equal(a.seen[2], 9);
	assert_int_equal(a.seen[3], 0); /* beyond the last */
	assert_int_equal(a.thread, 0);
}

struct counted {
	unsigned flags;
	double value;
	int ret, ret_nan, ret_infinite, ret_unnamed;
};

static void count(struct gbench_state *state, void *user)
{
	struct counted *c = user;

	while (gbench_keep_running_batch(state, gbench_max_iterations(state)))
		gbench_set_iteration_time_s(state, 0.5);
	c->ret = gbench_set_counter(state, "c", c->value, c->flags);
	c->ret_nan = gbench_set_counter(state, "nan", (double)NAN, 0);
	c->ret_infinite = gbench_set_counter(state, "inf", (double)INFINITY, 0);
	c->ret_unnamed = gbench_set_counter(state, "", 1.0, 0);
}

static void counters_obey_their_flags(void **state)
{
	/* 12 in 4 iterations that took half a second of manual time, one thread. */
	static const struct {
		unsigned flags;
		double expected;
	} rows[] = {
	    {GBENCH_COUNTER_PLAIN, 12.0},
	    {GBENCH_COUNTER_RATE, 24.0},
	    {GBENCH_COUNTER_AVG_THREADS, 12.0},
	    {GBENCH_COUNTER_ITERATION_INVARIANT, 48.0},
	    {GBENCH_COUNTER_AVG_ITERATIONS, 3.0},
	    {GBENCH_COUNTER_INVERT, 1.0 / 12.0},
	    {GBENCH_COUNTER_RATE | GBENCH_COUNTER_INVERT, 1.0 / 24.0},
	    {GBENCH_COUNTER_RATE | GBENCH_COUNTER_AVG_ITERATIONS, 6.0},
	    {GBENCH_COUNTER_RATE | GBENCH_COUNTER_ITERATION_INVARIANT, 96.0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct counted counted = {.flags = rows[i].flags, .value = 12.0};
		const struct gbench_case c = {.name = "count",
		    .fn = count,
		    .user = &counted,
		    .clock = GBENCH_MANUAL_TIME,
		    .iterations = 4};
		struct seen seen;

		assert_int_equal(gbench_register(&c), 0);
		run_all(&seen, NULL);
		assert_int_equal(counted.ret, 0);
		assert_int_equal(counted.ret_nan, -EINVAL);
		assert_int_equal(counted.ret_infinite, -EINVAL);
		assert_int_equal(counted.ret_unnamed, -EINVAL);
		assert_close(seen.row[0].counter, rows[i].expected);
	}
}

#define ITERATION_S 1e-3

/* Each iteration takes a millisecond, so that Google Benchmark's decisions do not depend on ours.
 */
static void tick(struct gbench_state *state, void *user)
{
	int64_t *iterations = user;

	while (gbench_keep_running_batch(state, gbench_max_iterations(state)))
		gbench_set_iteration_time_s(
		    state, (double)gbench_max_iterations(state) * ITERATION_S);
	*iterations += gbench_iterations(state);
}

/* Return: iterations of all calls; those of the row in @row. */
static int64_t run_ticks(double min_time_s, double warmup_s, struct seen_row *row)
{
	int64_t iterations = 0;
	const struct gbench_case c = {.name = "tick",
	    .fn = tick,
	    .user = &iterations,
	    .clock = GBENCH_MANUAL_TIME,
	    .min_time_s = min_time_s,
	    .warmup_s = warmup_s};
	struct seen seen;

	assert_int_equal(gbench_register(&c), 0);
	run_all(&seen, NULL);
	assert_int_equal(seen.count, 1);
	*row = seen.row[0];
	return iterations;
}

static void iterations_are_found_by_time(void **state)
{
	static const double min_time_s[] = {0.02, 0.2};
	struct seen_row row;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		double took_s;

		(void)run_ticks(min_time_s[i], 0.0, &row);
		took_s = (double)row.iterations * ITERATION_S;
		/* As long as asked for; not much longer, as by default (0.5 s) it would be. */
		assert_true(took_s >= min_time_s[i]);
		assert_true(took_s <= 2 * min_time_s[i]);
	}
}

static void warm_up_comes_on_top(void **state)
{
	const double warmup_s = 0.3;
	struct seen_row cold, warm;
	const int64_t without = run_ticks(0.02, 0.0, &cold);
	const int64_t with = run_ticks(0.02, warmup_s, &warm);

	(void)state;
	assert_true((double)(with - without) * ITERATION_S >= warmup_s);
	/* And is not in the figure. */
	assert_true((double)warm.iterations * ITERATION_S < warmup_s);
}

#define THREADS 2

struct threaded {
	atomic_uint calls[THREADS];
	atomic_uint others; /* with an index that there is not */
};

static void note_thread(struct gbench_state *state, void *user)
{
	struct threaded *t = user;
	const int index = gbench_thread_index(state);

	while (gbench_keep_running(state))
		;
	atomic_fetch_add(index >= 0 && index < THREADS ? &t->calls[index] : &t->others, 1);
	(void)gbench_set_counter(state, "c", 1.0, GBENCH_COUNTER_PLAIN);
}

static void threads_have_their_indexes(void **state)
{
	struct threaded t = {.others = 0};
	const struct gbench_case c = {.name = "threaded",
	    .fn = note_thread,
	    .user = &t,
	    .iterations = 10,
	    .threads = THREADS};
	struct seen seen;

	(void)state;
	assert_int_equal(gbench_register(&c), 0);
	run_all(&seen, NULL);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.row[0].threads, THREADS);
	assert_string_equal(seen.row[0].name, "threaded/iterations:10/threads:2");
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(atomic_load(&t.calls[i]), 1);
	assert_int_equal(atomic_load(&t.others), 0);
	/* Counters of the threads are added up. */
	assert_close(seen.row[0].counter, THREADS);
}

static double cpu_s(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void burn(void)
{
	const double until_s = cpu_s() + 1e-3;

	while (cpu_s() < until_s)
		;
}

enum pausing { UNPAUSED, PAUSED, PAUSED_BEFORE };

static void burn_paused(struct gbench_state *state, void *user)
{
	const enum pausing how = *(const enum pausing *)user;

	while (gbench_keep_running(state)) {
		if (how != UNPAUSED)
			gbench_pause_timing(state);
		if (how == PAUSED)
			burn();
		if (how != UNPAUSED)
			gbench_resume_timing(state);
		if (how != PAUSED)
			burn();
	}
}

/* The same work three times: side by side, since how long it takes is the machine's affair. */
static void what_is_paused_is_not_timed(void **state)
{
	double cpu[3];

	(void)state;
	for (enum pausing how = UNPAUSED; how <= PAUSED_BEFORE; how++) {
		const struct gbench_case c = {
		    .name = "pausing", .fn = burn_paused, .user = &how, .iterations = 10};
		struct seen seen;

		assert_int_equal(gbench_register(&c), 0);
		run_all(&seen, NULL);
		cpu[how] = seen.row[0].cpu_time;
	}
	assert_true(cpu[PAUSED] < cpu[UNPAUSED] / 4);
	/* Time goes on after it. */
	assert_true(cpu[PAUSED_BEFORE] > cpu[UNPAUSED] / 2);
}

static void give_up(struct gbench_state *state, void *user)
{
	(void)user;
	gbench_skip_with_error(state, "not on this machine");
	while (gbench_keep_running(state))
		;
}

static void a_skipped_case_says_why(void **state)
{
	const struct gbench_case c = {.name = "skipped", .fn = give_up, .iterations = 3};
	struct seen seen;

	(void)state;
	assert_int_equal(gbench_register(&c), 0);
	run_all(&seen, NULL);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.row[0].error, "not on this machine");
}

static void bad_cases_are_refused(void **state)
{
	const struct gbench_case good = {.name = "good", .fn = give_up, .iterations = 1};
	struct gbench_case bad[11];
	struct seen seen;
	size_t matched = 99;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad[i] = good;
	bad[0].name = NULL;
	bad[1].name = "";
	bad[2].fn = NULL;
	bad[3].iterations = -1;
	bad[4].repetitions = -1;
	bad[5].threads = -1;
	bad[6].arg_count = 1;
	bad[7].min_time_s = -1.0;
	bad[8].warmup_s = -1.0;
	bad[9].unit = (enum gbench_unit)(GBENCH_S + 1);
	bad[10].clock = (enum gbench_clock)(GBENCH_MANUAL_TIME + 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(gbench_register(&bad[i]), -EINVAL);
	assert_int_equal(gbench_register(NULL), -EINVAL);
	assert_int_equal(gbench_run_rows(NULL, NULL, NULL), -EINVAL);
	assert_int_equal(gbench_run_json(NULL, NULL), -EINVAL);
	/* None of them is there. */
	run_all(&seen, &matched);
	assert_int_equal(matched, 0);
	assert_int_equal(seen.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_call_a_repetition_and_its_time),
	    cmocka_unit_test(the_plain_loop_runs_every_iteration),
	    cmocka_unit_test(arguments_are_named_and_handed_over),
	    cmocka_unit_test(counters_obey_their_flags),
	    cmocka_unit_test(iterations_are_found_by_time),
	    cmocka_unit_test(warm_up_comes_on_top),
	    cmocka_unit_test(threads_have_their_indexes),
	    cmocka_unit_test(what_is_paused_is_not_timed),
	    cmocka_unit_test(a_skipped_case_says_why),
	    cmocka_unit_test(bad_cases_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
