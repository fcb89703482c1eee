/*
 * trial_test.c - one worker's part of a trial, on a clock that the test moves: what the window
 * counts is then exact, and so are the sizes of batches.
 */
#include "harness/work/trial.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

/* Takes the place of libc's in the whole program; 0 is the real one. */
static uint64_t fake_ns;

int clock_gettime(clockid_t id, struct timespec *ts)
{
	if (!fake_ns)
		return (int)syscall(SYS_clock_gettime, id, ts);
	*ts = (struct timespec){.tv_sec = (time_t)(fake_ns / CLOCK_NS_PER_S),
	    .tv_nsec = (long)(fake_ns % CLOCK_NS_PER_S)};
	return 0;
}

#define BATCHES_MAX 4096

/* A workload whose operations take as long as it is told. */
struct fake {
	uint64_t op_ns; /* until slow_from_ns, then slow_op_ns */
	uint64_t slow_from_ns;
	uint64_t slow_op_ns;
	uint64_t idle_ns;  /* per batch, without any operation */
	uint64_t surplus;  /* operations done beyond those asked for */
	bool nothing;      /* no operation is ever done */
	unsigned fail_at;  /* number of the batch that fails, from 1 */
	unsigned abort_at; /* ... in which another worker fails */
	unsigned open_at;  /* ... in which the last worker begins */
	uint64_t asked[BATCHES_MAX];
	uint64_t ended_ns[BATCHES_MAX];
	unsigned batches, entered, left, yields;
	uint64_t recorded;
	const char *what;
};

static void enter(struct cb_worker *w, void *state)
{
	struct fake *f = state;

	(void)w;
	assert_int_equal(f->batches, 0);
	f->entered++;
}

static void leave(struct cb_worker *w, void *state)
{
	struct fake *f = state;

	(void)w;
	f->left++;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct fake *f = state;
	uint64_t op_ns;

	assert_true(n > 0);
	assert_true(f->batches < BATCHES_MAX);
	f->asked[f->batches++] = n;
	if (f->batches == f->fail_at)
		cb_fail(w, -EPIPE, f->what ? f->what : "writing");
	if (f->batches == f->abort_at)
		atomic_store(&worker_of(w)->line->stop, TRIAL_STOP_ABORT);
	if (f->batches == f->open_at) {
		worker_of(w)->line->close_ns = fake_ns + 2500000;
		worker_of(w)->line->open_ns = fake_ns + 500000;
	}
	fake_ns += f->idle_ns;
	if (f->nothing)
		return 0;
	n += f->surplus;
	op_ns = f->slow_from_ns && fake_ns >= f->slow_from_ns ? f->slow_op_ns : f->op_ns;
	for (uint64_t i = 0; i < n; i++) {
		fake_ns += op_ns;
		cb_record_ns(w, fake_ns, op_ns);
		f->recorded += fake_ns >= worker_of(w)->line->open_ns &&
			       fake_ns < worker_of(w)->line->close_ns;
	}
	f->ended_ns[f->batches - 1] = fake_ns;
	return n;
}

static void count_yield(struct cb_worker *w)
{
	((struct fake *)w->local)->yields++;
}

static const struct cb_worker_ops ops = {.yield = count_yield};

#define START UINT64_C(1000000000)

/* Everything one worker needs. */
struct bed {
	struct trial_line line;
	struct trial_slot slot;
	struct worker w;
	struct cb_workload load;
	struct fake fake;
	struct histogram latency;
	uint64_t done;
};

static struct bed *make_bed(uint64_t open_after_ns, uint64_t window_ns, uint64_t op_ns)
{
	struct bed *b =
	    aligned_alloc(ARENA_ALIGN, (sizeof(*b) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN);

	assert_non_null(b);
	memset(b, 0, sizeof(*b));
	b->line.start_ns = START;
	b->line.open_ns = START + open_after_ns;
	b->line.close_ns = b->line.open_ns + window_ns;
	b->fake.op_ns = op_ns;
	b->load = (struct cb_workload){.enter = enter, .batch = batch, .leave = leave};
	b->w = (struct worker){.pub = {.ops = &ops,
				   .count = 1,
				   .stop = (const uint32_t *)(const void *)&b->line.stop,
				   .local = &b->fake},
	    .line = &b->line,
	    .open_ns = &b->line.open_ns,
	    .close_ns = &b->line.close_ns,
	    .slot = &b->slot,
	    .batch = 1,
	    .latency = &b->latency};
	histogram_clear(&b->latency);
	return b;
}

static void run(struct bed *b)
{
	fake_ns = START;
	trial_work(&b->w, &b->load, &b->fake, &b->done);
	fake_ns = 0;
	assert_int_equal(b->fake.entered, 1);
	assert_int_equal(b->fake.left, 1);
}

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-6 * (1.0 + fabs(b));
}

static void the_window_holds_its_share_exactly(void **state)
{
	static const struct {
		uint64_t open_after_ns, window_ns, op_ns;
	} table[] = {
	    {300000, 3000000, 100},
	    {300007, 3000001, 113}, /* nothing falls on the end of a batch */
	    {300000, 3000000, 1},
	    {300000, 60000000, 1000000}, /* an operation longer than a batch should be */
	    {300000, 5000000, 4000000},  /* hardly one in the window */
	    {1000, 2000, 10000},         /* the window lies inside the first batch */
	    {0, 3000000, 250},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct bed *b =
		    make_bed(table[i].open_after_ns, table[i].window_ns, table[i].op_ns);
		const double want = (double)table[i].window_ns / (double)table[i].op_ns;
		uint64_t all = 0;

		run(b);
		if (!near(b->slot.window_ops, want))
			fail_msg("%zu: %.9g, want %.9g", i, b->slot.window_ops, want);
		assert_int_equal(b->slot.error, 0);
		for (unsigned k = 0; k < b->fake.batches; k++)
			all += b->fake.asked[k];
		assert_int_equal(b->done, all);
		/* Negative control: the whole trial is something else. */
		assert_false(near((double)all, want));
		free(b);
	}
}

/* Counting whole batches, as one would without the straight line, must not pass the test above. */
static void whole_batches_would_be_seen(void **state)
{
	struct bed *b = make_bed(300007, 3000001, 113);
	uint64_t whole = 0;

	(void)state;
	run(b);
	for (unsigned k = 0; k < b->fake.batches; k++)
		if (b->fake.ended_ns[k] > b->line.open_ns &&
		    b->fake.ended_ns[k] <= b->line.close_ns)
			whole += b->fake.asked[k];
	assert_false(near((double)whole, 3000001.0 / 113.0));
	free(b);
}

static void a_change_of_speed_costs_at_most_a_batch(void **state)
{
	struct bed *b = make_bed(300000, 3000000, 100);
	double want;

	(void)state;
	b->fake.slow_from_ns = START + 1300001;
	b->fake.slow_op_ns = 5000;
	run(b);
	/* One batch begins before the change and ends as if it had not come. */
	want = 1000000.0 / 100.0 + 2000000.0 / 5000.0;
	assert_true(fabs(b->slot.window_ops - want) < 300.0);
	free(b);
}

/* However late: a warm-up after the last has begun, and never before the time that was meant. */
static void the_last_to_begin_opens_the_window(void **state)
{
	static const uint64_t late_ns[] = {0, 5000000};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bed *b = make_bed(300000, 2000000, 100);
		const uint64_t begin_ns = START + late_ns[i];

		b->line.workers = 2;
		b->line.begun = 1;
		b->line.open_ns = b->line.close_ns = TRIAL_UNKNOWN_NS;
		b->line.earliest_ns = START + 300000;
		b->line.warm_up_ns = 200000;
		b->line.window_ns = 2000000;
		fake_ns = begin_ns;
		trial_work(&b->w, &b->load, &b->fake, &b->done);
		fake_ns = 0;
		assert_int_equal(b->line.open_ns, START + (i ? 5200000 : 300000));
		assert_int_equal(b->line.close_ns, b->line.open_ns + 2000000);
		assert_int_equal(b->slot.start_ns, begin_ns);
		assert_int_equal(b->slot.error, 0);
		assert_true(near(b->slot.window_ops, 20000.0));
		free(b);
	}
}

/* One that has begun works on, uncounted, until the window is known. */
static void the_others_wait_for_the_last(void **state)
{
	struct bed *b = make_bed(300000, 2000000, 100);
	struct trial_unit unit = {0};
	double cpu_ns, voluntary, involuntary;

	(void)state;
	b->w.unit = &unit;
	b->line.workers = 2;
	b->line.open_ns = b->line.close_ns = TRIAL_UNKNOWN_NS;
	b->fake.open_at = 100;
	fake_ns = START;
	trial_work(&b->w, &b->load, &b->fake, &b->done);
	assert_int_equal(b->line.begun, 1);
	assert_true(b->fake.ended_ns[99] < b->line.open_ns);
	assert_true(near(b->slot.window_ops, 20000.0));
	assert_true(b->done > 20000 + 1000);
	/* The books are those of the window; the clock is all CPU time. */
	fake_ns = 0;
	assert_true(trial_used(
	    &unit, b->line.open_ns, b->line.close_ns, &cpu_ns, &voluntary, &involuntary));
	assert_true(near(cpu_ns, 2000000.0));
	free(b);
}

/* Waiting for a lock all through the window, busily: it has seen neither end as it passed. */
static void one_long_operation_uses_its_share(void **state)
{
	struct trial_unit u = {.notes = TRIAL_NOTES,
	    .note = {{1000, {500, 0, 0}}, {9000, {4500, 8, 16}}, {9000, {4500, 8, 16}}}};
	double cpu_ns, voluntary, involuntary;

	(void)state;
	assert_true(trial_used(&u, 2000, 6000, &cpu_ns, &voluntary, &involuntary));
	assert_true(near(cpu_ns, 2000.0));
	assert_true(near(voluntary, 4.0));
	assert_true(near(involuntary, 8.0));
	/* Three notes: half of the CPU before the window, all of it inside. */
	u.note[TRIAL_OPENED] = (struct trial_usage){3000, {1500, 0, 0}};
	assert_true(trial_used(&u, 3000, 9000, &cpu_ns, &voluntary, &involuntary));
	assert_true(near(cpu_ns, 3000.0));
	assert_true(near(voluntary, 8.0));
	u.notes = TRIAL_CLOSED;
	assert_false(trial_used(&u, 2000, 6000, &cpu_ns, &voluntary, &involuntary));
}

static void batches_that_do_nothing_or_more(void **state)
{
	struct bed *b = make_bed(300000, 3000000, 100);

	(void)state;
	b->fake.nothing = true;
	b->fake.idle_ns = 9000;
	run(b);
	assert_true(b->slot.window_ops == 0.0);
	assert_int_equal(b->done, 0);
	free(b);
	b = make_bed(300000, 3000000, 100);
	b->fake.surplus = 7;
	run(b);
	assert_true(near(b->slot.window_ops, 30000.0));
	free(b);
}

static void batches_become_about_15_us_long(void **state)
{
	static const struct {
		uint64_t op_ns, max_batch, want; /* size in the end */
	} table[] = {
	    {100, 0, 128}, /* doubled until it takes 7.5 us or more */
	    {1, 0, 8192},
	    {7500, 0, 1},
	    {7499, 0, 2},
	    {40000, 0, 1},
	    {100, 64, 64},
	    {100, 100, 100},
	    {1000, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct bed *b = make_bed(300000, 3000000, table[i].op_ns);

		b->load.max_batch = table[i].max_batch;
		run(b);
		assert_int_equal(b->fake.asked[0], 1);
		if (b->w.batch != table[i].want)
			fail_msg("%zu: %llu", i, (unsigned long long)b->w.batch);
		for (unsigned k = 1; k < b->fake.batches; k++) {
			assert_true(b->fake.asked[k] <= 2 * b->fake.asked[k - 1]);
			if (table[i].max_batch)
				assert_true(b->fake.asked[k] <= table[i].max_batch);
		}
		/* The next trial begins where this one ended. */
		b->fake = (struct fake){.op_ns = table[i].op_ns};
		run(b);
		assert_int_equal(b->fake.asked[0], table[i].want);
		free(b);
	}
}

static void a_change_for_the_worse_shrinks_batches_at_once(void **state)
{
	struct bed *b = make_bed(300000, 30000000, 100);
	unsigned k = 0;

	(void)state;
	b->fake.slow_from_ns = START + 1000000;
	b->fake.slow_op_ns = 10000;
	run(b);
	while (b->fake.ended_ns[k] < b->fake.slow_from_ns)
		k++;
	/* The batch that ran into it, one that was slow as a whole, and then the new size. */
	assert_int_equal(b->fake.asked[k + 1], 128);
	assert_int_equal(b->fake.asked[k + 2], 1);
	free(b);
}

static void an_error_ends_the_trial(void **state)
{
	struct bed *b = make_bed(300000, 3000000, 100);
	char what[200];

	(void)state;
	b->fake.fail_at = 3;
	run(b);
	assert_int_equal(b->fake.batches, 3);
	assert_int_equal(b->slot.error, -EPIPE);
	assert_string_equal(b->slot.error_what, "writing");
	/* The others leave as well. */
	assert_int_equal(atomic_load(&b->line.stop), TRIAL_STOP_ABORT);
	/* A later trial does not inherit it. */
	atomic_store(&b->line.stop, 0);
	b->fake = (struct fake){.op_ns = 100};
	run(b);
	assert_int_equal(b->slot.error, 0);
	assert_true(near(b->slot.window_ops, 30000.0));
	/* A long word is cut. */
	memset(what, 'x', sizeof(what));
	what[sizeof(what) - 1] = '\0';
	/* Also one that comes after the window has closed. */
	b->fake = (struct fake){.op_ns = 4000000, .fail_at = 1, .what = what};
	run(b);
	assert_int_equal(b->slot.error, -EPIPE);
	assert_true(strlen(b->slot.error_what) < sizeof(b->slot.error_what));
	free(b);
}

static void anothers_error_ends_it_too(void **state)
{
	struct bed *b = make_bed(300000, 3000000, 100);

	(void)state;
	b->fake.abort_at = 5;
	run(b);
	assert_int_equal(b->fake.batches, 5);
	assert_int_equal(b->slot.error, -ECANCELED);
	free(b);
	/* Negative control: that the window has closed is no error. */
	b = make_bed(300000, 3000000, 4000000);
	atomic_store(&b->line.stop, TRIAL_STOP_CLOSED);
	run(b);
	assert_int_equal(b->slot.error, 0);
	assert_true(near(b->slot.window_ops, 0.75));
	free(b);
}

static void latencies_are_kept_inside_the_window_only(void **state)
{
	struct bed *b = make_bed(300000, 3000000, 100);

	(void)state;
	histogram_record(&b->latency, 5); /* of the last trial */
	run(b);
	assert_int_equal(b->latency.count, b->fake.recorded);
	/* 3 ms of 100 ns each, and none of the 0.3 ms of warm-up before or the last batch after. */
	assert_int_equal(b->latency.count, 30000);
	assert_true(b->done > 33000);
	free(b);
	/* None before it is known when the window opens. */
	b = make_bed(300000, 3000000, 100000);
	b->fake.open_at = 10;
	b->line.open_ns = b->line.close_ns = TRIAL_UNKNOWN_NS;
	run(b);
	assert_true(b->fake.batches > 10);
	assert_int_equal(b->latency.count, b->fake.recorded);
	/* From 0.5 ms after the tenth began to 2 ms later: to the end of one that began before. */
	assert_true(b->latency.count >= 19 && b->latency.count <= 21);
	free(b);
}

static void only_cooperative_coroutines_yield(void **state)
{
	static const struct {
		enum cb_model model;
		bool cooperative, yields;
	} table[] = {
	    {CB_COROUTINE, true, true},
	    {CB_COROUTINE, false, false},
	    {CB_THREAD, true, false},
	    {CB_PROCESS, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct bed *b = make_bed(300000, 3000000, 100);

		b->w.pub.model = table[i].model;
		b->load.cooperative = table[i].cooperative;
		run(b);
		assert_int_equal(b->fake.yields, table[i].yields ? b->fake.batches - 1 : 0);
		free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_window_holds_its_share_exactly),
	    cmocka_unit_test(whole_batches_would_be_seen),
	    cmocka_unit_test(a_change_of_speed_costs_at_most_a_batch),
	    cmocka_unit_test(the_last_to_begin_opens_the_window),
	    cmocka_unit_test(the_others_wait_for_the_last),
	    cmocka_unit_test(one_long_operation_uses_its_share),
	    cmocka_unit_test(batches_that_do_nothing_or_more),
	    cmocka_unit_test(batches_become_about_15_us_long),
	    cmocka_unit_test(a_change_for_the_worse_shrinks_batches_at_once),
	    cmocka_unit_test(an_error_ends_the_trial),
	    cmocka_unit_test(anothers_error_ends_it_too),
	    cmocka_unit_test(latencies_are_kept_inside_the_window_only),
	    cmocka_unit_test(only_cooperative_coroutines_yield),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
