/* gbench_test.c - the C shim: what is registered is what runs, what is set is what is reported. */
#include "harness/gbench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#define ROWS_MAX 32

struct seen_row {
	char name[96];
	char run_name[96];
	char label[32];
	char error[64];
	char aggregate[16];
	int64_t repetition_index, repetitions, iterations, threads;
	double real_time;
	double cpu_time;
	double counter;                  /* the one named "c", NAN when it has none */
	double items_per_s, bytes_per_s; /* the same */
	enum gbench_unit unit;
};

struct seen {
	struct seen_row row[ROWS_MAX];
	size_t count;
};

static double counter_of(const struct gbench_row *row, const char *name)
{
	for (size_t i = 0; i < row->counter_count; i++)
		if (strcmp(row->counters[i].name, name) == 0)
			return row->counters[i].value;
	return (double)NAN;
}

static void see(const struct gbench_row *row, void *user)
{
	struct seen *seen = user;
	struct seen_row *r;

	assert_true(seen->count < ROWS_MAX);
	r = &seen->row[seen->count++];
	(void)snprintf(r->name, sizeof(r->name), "%s", row->name);
	(void)snprintf(r->run_name, sizeof(r->run_name), "%s", row->run_name);
	(void)snprintf(r->label, sizeof(r->label), "%s", row->label);
	(void)snprintf(r->error, sizeof(r->error), "%s", row->error ? row->error : "");
	(void)snprintf(
	    r->aggregate, sizeof(r->aggregate), "%s", row->aggregate ? row->aggregate : "");
	r->repetition_index = row->repetition_index;
	r->repetitions = row->repetitions;
	r->iterations = row->iterations;
	r->threads = row->threads;
	r->real_time = row->real_time;
	r->unit = row->unit;
	r->cpu_time = row->cpu_time;
	r->counter = counter_of(row, "c");
	r->items_per_s = counter_of(row, "items_per_second");
	r->bytes_per_s = counter_of(row, "bytes_per_second");
}

static void assert_close(double is, double should)
{
	if (!(fabs(is - should) <= 1e-9 * fabs(should) + 1e-15))
		fail_msg("%.17g instead of %.17g", is, should);
}

/* Runs what is registered and forgets it. */
static void run_all(struct seen *seen, size_t *matched)
{
	memset(seen, 0, sizeof(*seen));
	assert_int_equal(gbench_set_filter(NULL), 0);
	assert_int_equal(gbench_run_rows(see, seen, matched), 0);
	gbench_clear();
}

struct script {
	unsigned calls;   /* of the body */
	unsigned loops;   /* of the loop in it */
	double time_s[8]; /* manual time of each call */
	int64_t iterations_seen;
};

static void manual(struct gbench_state *state, void *user)
{
	struct script *s = user;

	while (gbench_keep_running_batch(state, gbench_max_iterations(state))) {
		s->loops++;
		gbench_set_iteration_time_s(state, s->time_s[s->calls % 8]);
	}
	s->iterations_seen = gbench_iterations(state);
	s->calls++;
}

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

static void process(struct gbench_state *state, void *user)
{
	(void)user;
	while (gbench_keep_running_batch(state, gbench_max_iterations(state)))
		gbench_set_iteration_time_s(state, 0.5);
	gbench_set_items_processed(state, 100);
	gbench_set_bytes_processed(state, 3000);
}

static void items_and_bytes_become_rates(void **state)
{
	const struct gbench_case c = {
	    .name = "process", .fn = process, .clock = GBENCH_MANUAL_TIME, .iterations = 4};
	struct seen seen;

	(void)state;
	assert_int_equal(gbench_register(&c), 0);
	run_all(&seen, NULL);
	/* In all, not an iteration, over half a second. */
	assert_close(seen.row[0].items_per_s, 200.0);
	assert_close(seen.row[0].bytes_per_s, 6000.0);
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

static void register_names(const char *const *names, struct script *s)
{
	for (; *names; names++) {
		const struct gbench_case c = {.name = *names,
		    .fn = manual,
		    .user = s,
		    .clock = GBENCH_MANUAL_TIME,
		    .iterations = 1};

		assert_int_equal(gbench_register(&c), 0);
	}
}

static void filters_pick_by_name(void **state)
{
	static const char *const names[] = {"lock/a", "lock/b", "queue/a", NULL};
	static const struct {
		const char *filter;
		size_t matched;
	} rows[] = {{"lock", 2}, {"a/iter", 2}, {"^queue/a", 1}, {"-lock", 1}, {NULL, 3}, {"", 3},
	    {"nothing", 0}};
	struct script s = {.time_s = {1e-3}};
	struct seen seen;
	size_t matched;

	(void)state;
	register_names(names, &s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&seen, 0, sizeof(seen));
		assert_int_equal(gbench_set_filter(rows[i].filter), 0);
		assert_int_equal(gbench_run_rows(see, &seen, &matched), 0);
		assert_int_equal(matched, rows[i].matched);
		assert_int_equal(seen.count, rows[i].matched);
	}
	assert_int_equal(gbench_set_filter("lock/(a"), -EINVAL);
	gbench_clear();
}

/* What the two descriptors got while body() ran. */
static size_t bytes_printed(void (*body)(void))
{
	char path[] = "/tmp/gbench_test.XXXXXX";
	const int file = mkstemp(path), out = dup(1), err = dup(2);
	off_t size;

	assert_true(file >= 0 && out >= 0 && err >= 0);
	(void)fflush(NULL);
	assert_true(dup2(file, 1) == 1 && dup2(file, 2) == 2);
	body();
	(void)fflush(NULL);
	assert_true(dup2(out, 1) == 1 && dup2(err, 2) == 2);
	size = lseek(file, 0, SEEK_END);
	(void)close(out);
	(void)close(err);
	(void)close(file);
	(void)unlink(path);
	return (size_t)size;
}

static struct seen silent_seen;

static void run_silently(void)
{
	char *json = NULL;

	(void)gbench_set_filter("nothing");
	(void)gbench_run_rows(see, &silent_seen, NULL);
	(void)gbench_run_json(&json, NULL);
	free(json);
	(void)gbench_set_filter(NULL);
	(void)gbench_run_rows(see, &silent_seen, NULL);
	(void)gbench_run_json(&json, NULL);
	free(json);
}

static void run_loudly(void)
{
	(void)gbench_set_filter(NULL);
	(void)gbench_run(NULL);
}

static void silent_runs_print_nothing(void **state)
{
	static const char *const names[] = {"silent", NULL};
	struct script s = {.time_s = {1e-3}};

	(void)state;
	register_names(names, &s);
	assert_int_equal(bytes_printed(run_silently), 0);
	/* The control: the console's reporter does print, so the measurement works. */
	assert_true(bytes_printed(run_loudly) > 0);
	gbench_clear();
}

static void json_has_rows_and_context(void **state)
{
	static const char *const names[] = {"in/json", NULL};
	struct script s = {.time_s = {2e-6}};
	char *text = NULL;
	json_t *json, *row;

	(void)state;
	assert_int_equal(gbench_add_context("ticket", "42 \"quoted\""), 0);
	assert_int_equal(gbench_add_context("", "x"), -EINVAL);
	assert_int_equal(gbench_add_context(NULL, "x"), -EINVAL);
	assert_int_equal(gbench_set_filter(NULL), 0);
	register_names(names, &s);
	assert_int_equal(gbench_run_json(&text, NULL), 0);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(json, "context"), "ticket")),
	    "42 \"quoted\"");
	row = json_array_get(json_object_get(json, "benchmarks"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(row, "name")), "in/json/iterations:1/manual_time");
	assert_close(json_number_value(json_object_get(row, "real_time")), 2000.0);
	json_decref(json);
	free(text);
	gbench_clear();
	/* With nothing to run it is still JSON. */
	assert_int_equal(gbench_run_json(&text, NULL), 0);
	json = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(json, "benchmarks")), 0);
	json_decref(json);
	free(text);
}

static void flags_are_taken_out_of_argv(void **state)
{
	static const char *const names[] = {"flags/a", "flags/b", NULL};
	char program[] = "test", filter[] = "--benchmark_filter=flags/b",
	     repetitions[] = "--benchmark_repetitions=3", other[] = "--other";
	char *argv[] = {program, filter, repetitions, other, NULL};
	int argc = 4;
	struct script s = {.time_s = {1e-3, 1e-3, 1e-3}};
	struct seen seen = {0};

	(void)state;
	assert_int_equal(gbench_initialize(&argc, argv), 0);
	assert_int_equal(argc, 2);
	assert_string_equal(argv[1], "--other");
	register_names(names, &s);
	assert_int_equal(gbench_run_rows(see, &seen, NULL), 0);
	assert_int_equal(s.calls, 3);
	assert_non_null(strstr(seen.row[0].run_name, "flags/b"));
	gbench_clear();
}

/* A case without a unit of its own is told in the one asked for, one with a unit is not. */
static void the_unit_asked_for_is_kept(void **state)
{
	char program[] = "test", unit[] = "--benchmark_time_unit=ms",
	     ns[] = "--benchmark_time_unit=ns";
	char filter[] = "--benchmark_filter=units/", repetitions[] = "--benchmark_repetitions=1";
	char *argv[] = {program, unit, filter, repetitions, NULL}, *back[] = {program, ns, NULL};
	struct script s[2] = {{.time_s = {4e-3}}, {.time_s = {4e-3}}};
	struct gbench_case c = {
	    .name = "units/any", .fn = manual, .clock = GBENCH_MANUAL_TIME, .iterations = 1};
	struct seen seen = {0};
	int argc = 4;

	(void)state;
	assert_int_equal(gbench_initialize(&argc, argv), 0);
	assert_int_equal(argc, 1);
	c.user = &s[0];
	assert_int_equal(gbench_register(&c), 0);
	c.name = "units/own";
	c.unit = GBENCH_US;
	c.user = &s[1];
	assert_int_equal(gbench_register(&c), 0);
	assert_int_equal(gbench_run_rows(see, &seen, NULL), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.row[0].unit, GBENCH_MS);
	assert_close(seen.row[0].real_time, 4.0);
	assert_int_equal(seen.row[1].unit, GBENCH_US);
	assert_close(seen.row[1].real_time, 4000.0);
	gbench_clear();
	argc = 2;
	assert_int_equal(gbench_initialize(&argc, back), 0);
}

#define HUGE_FLAG_BYTES ((size_t)64 << 20)

/* In a child, since its memory is then limited. Return: its exit status. */
static int initialise_without_memory(void)
{
	static const char flag[] = "--benchmark_filter=";
	char program[] = "test", *huge = malloc(HUGE_FLAG_BYTES);
	char *argv[] = {program, huge, NULL};
	struct rlimit limit;
	int argc = 2;

	if (!huge)
		return 1;
	memset(huge, 'x', HUGE_FLAG_BYTES);
	memcpy(huge, flag, sizeof(flag) - 1);
	huge[HUGE_FLAG_BYTES - 1] = '\0';
	if (getrlimit(RLIMIT_AS, &limit) != 0)
		return 2;
	/* Less than what is in use: nothing large is given out any more. */
	limit.rlim_cur = HUGE_FLAG_BYTES;
	if (setrlimit(RLIMIT_AS, &limit) != 0)
		return 3;
	return gbench_initialize(&argc, argv) == -ENOMEM ? 0 : 4;
}

/* Through C's frames an exception would end the process. */
static void no_exception_gets_out(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	/* They reserve terabytes, and end the process themselves when there is no memory. */
	skip();
#endif
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(initialise_without_memory());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void it_says_what_it_is(void **state)
{
	const char *type = gbench_library_build_type();

	(void)state;
	assert_true(strcmp(type, "debug") == 0 || strcmp(type, "release") == 0);
	assert_true(strlen(gbench_version()) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_call_a_repetition_and_its_time),
	    cmocka_unit_test(the_plain_loop_runs_every_iteration),
	    cmocka_unit_test(arguments_are_named_and_handed_over),
	    cmocka_unit_test(counters_obey_their_flags),
	    cmocka_unit_test(items_and_bytes_become_rates),
	    cmocka_unit_test(iterations_are_found_by_time),
	    cmocka_unit_test(warm_up_comes_on_top),
	    cmocka_unit_test(threads_have_their_indexes),
	    cmocka_unit_test(what_is_paused_is_not_timed),
	    cmocka_unit_test(a_skipped_case_says_why),
	    cmocka_unit_test(bad_cases_are_refused),
	    cmocka_unit_test(filters_pick_by_name),
	    cmocka_unit_test(silent_runs_print_nothing),
	    cmocka_unit_test(json_has_rows_and_context),
	    cmocka_unit_test(no_exception_gets_out),
	    cmocka_unit_test(it_says_what_it_is),
	    /* Last: what they set stays set. */
	    cmocka_unit_test(flags_are_taken_out_of_argv),
	    cmocka_unit_test(the_unit_asked_for_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
