/* trial_line_test.c - the line that units start from and come back to, and the futex under it. */
#include "harness/base/clock.h"
#include "harness/work/trial.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define UNITS 4u
#define TRIALS 100u

/* Far beyond any delay of a busy machine: only a lost wake-up reaches it. */
#define LONG_NS (60 * CLOCK_NS_PER_S)

static void a_futex_sleeps_only_on_the_value_expected(void **state)
{
	const uint64_t begin_ns = clock_now_ns();
	atomic_uint word;

	(void)state;
	atomic_init(&word, 5);
	futex_wait(&word, 4, LONG_NS);
	assert_true(clock_now_ns() - begin_ns < LONG_NS);
	/* Negative control: on the value that it has it does sleep; a signal may cut it short. */
	futex_wait(&word, 5, 10 * CLOCK_NS_PER_MS);
	assert_true(clock_now_ns() - begin_ns >= 5 * CLOCK_NS_PER_MS);
}

static void a_futex_wakes_across_processes(void **state)
{
	struct arena a;
	atomic_uint *word;
	int status = -1;
	pid_t pid;

	(void)state;
	assert_int_equal(arena_create(&a, 4096), 0);
	word = arena_alloc(&a, sizeof(*word));
	assert_non_null(word);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const uint64_t begin_ns = clock_now_ns();

		while (atomic_load(word) == 0)
			futex_wait(word, 0, LONG_NS);
		_exit(clock_now_ns() - begin_ns < LONG_NS ? 0 : 1);
	}
	clock_sleep_until_ns(clock_now_ns() + 20 * CLOCK_NS_PER_MS);
	atomic_store(word, 1);
	futex_wake(word, INT_MAX);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	arena_destroy(&a);
}

static void nobody_starts_before_the_time(void **state)
{
	struct trial_line line = {0};

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		line.spin = i % 2;
		/* Also when it is already past the time to wake, and past the start itself. */
		line.start_ns = clock_now_ns() + i / 4 * 60 * CLOCK_NS_PER_US;
		trial_line_await_start(&line);
		assert_true(clock_now_ns() >= line.start_ns);
	}
}

static void the_last_to_park_says_so(void **state)
{
	struct trial_line line = {0};

	(void)state;
	atomic_init(&line.parked_epoch, UINT_MAX);
	for (unsigned i = 0; i < UNITS; i++) {
		assert_int_equal(atomic_load(&line.parked_epoch), UINT_MAX);
		trial_line_park(&line, 7, UNITS);
	}
	assert_int_equal(atomic_load(&line.parked_epoch), 7);
}

static void a_new_epoch_or_the_end_lets_go(void **state)
{
	struct trial_line line = {0};
	unsigned seen = 0;

	(void)state;
	atomic_store(&line.epoch, 3);
	assert_true(trial_line_wait(&line, &seen));
	assert_int_equal(seen, 3);
	atomic_store(&line.quit, 1);
	assert_false(trial_line_wait(&line, &seen));
	/* Told to quit by a new epoch: no trial either. */
	atomic_store(&line.epoch, 4);
	assert_false(trial_line_wait(&line, &seen));
	assert_int_equal(seen, 4);
}

struct unit {
	struct trial_line *line;
	unsigned *ran; /* plain memory: the line itself has to order its uses */
	unsigned trials;
	pthread_t thread;
};

static void *run_unit(void *arg)
{
	struct unit *u = arg;
	unsigned seen = 0;

	trial_line_park(u->line, seen, UNITS);
	while (trial_line_wait(u->line, &seen)) {
		trial_line_await_start(u->line);
		if (clock_now_ns() < u->line->start_ns)
			break;
		(*u->ran)++;
		u->trials++;
		trial_line_park(u->line, seen, UNITS);
	}
	return NULL;
}

static void await(struct trial_line *line, unsigned epoch)
{
	const uint64_t begin_ns = clock_now_ns();
	unsigned seen;

	while ((seen = atomic_load_explicit(&line->parked_epoch, memory_order_acquire)) != epoch) {
		futex_wait(&line->parked_epoch, seen, LONG_NS);
		assert_true(clock_now_ns() - begin_ns < LONG_NS);
	}
}

static void every_unit_runs_every_trial_once(void **state)
{
	struct trial_line line = {0};
	struct unit units[UNITS];
	unsigned ran[UNITS] = {0};

	(void)state;
	atomic_init(&line.parked_epoch, UINT_MAX);
	for (unsigned i = 0; i < UNITS; i++) {
		units[i] = (struct unit){.line = &line, .ran = &ran[i]};
		assert_int_equal(pthread_create(&units[i].thread, NULL, run_unit, &units[i]), 0);
	}
	await(&line, 0);
	for (unsigned epoch = 1; epoch <= TRIALS; epoch++) {
		atomic_store_explicit(&line.parked, 0, memory_order_relaxed);
		line.start_ns = clock_now_ns() + 100 * CLOCK_NS_PER_US;
		atomic_store_explicit(&line.epoch, epoch, memory_order_release);
		futex_wake(&line.epoch, INT_MAX);
		await(&line, epoch);
		/* Parked, they leave everything alone: it may be read without more ado. */
		for (unsigned i = 0; i < UNITS; i++)
			assert_int_equal(ran[i], epoch);
	}
	atomic_store(&line.quit, 1);
	atomic_fetch_add(&line.epoch, 1);
	futex_wake(&line.epoch, INT_MAX);
	for (unsigned i = 0; i < UNITS; i++) {
		assert_int_equal(pthread_join(units[i].thread, NULL), 0);
		assert_int_equal(units[i].trials, TRIALS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_futex_sleeps_only_on_the_value_expected),
	    cmocka_unit_test(a_futex_wakes_across_processes),
	    cmocka_unit_test(nobody_starts_before_the_time),
	    cmocka_unit_test(the_last_to_park_says_so),
	    cmocka_unit_test(a_new_epoch_or_the_end_lets_go),
	    cmocka_unit_test(every_unit_runs_every_trial_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
