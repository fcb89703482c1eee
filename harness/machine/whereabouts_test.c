#include "harness/machine/whereabouts.h"

#include "harness/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static cpu_set_t all;
static int cpu[2];
static size_t found;

static void go_to(int pu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)pu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
}

static int look_at_pus(void **state)
{
	(void)state;
	found = 0;
	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return -1;
	for (size_t i = 0; i < CPU_SETSIZE && found < 2; i++)
		if (CPU_ISSET(i, &all))
			cpu[found++] = (int)i;
	return 0;
}

static int go_back(void **state)
{
	(void)state;
	return sched_setaffinity(0, sizeof(all), &all);
}

static void parses(void **state)
{
	(void)state;
	assert_int_equal(whereabouts_parse_delay("3952831 19030182 2\n"), 19030182);
	assert_int_equal(whereabouts_parse_delay("0 0 0\n"), 0);
	assert_int_equal(whereabouts_parse_delay(""), 0);
	assert_int_equal(whereabouts_parse_delay("12"), 0);
	assert_int_equal(
	    whereabouts_parse_migrations("x (1, #threads: 1)\n---\n"
					 "se.nr_migrations          :              12\nnext : 3\n"),
	    12);
	assert_int_equal(whereabouts_parse_migrations(""), 0);
	assert_int_equal(whereabouts_parse_migrations("\nse.nr_migrations : x"), 0);
}

/* To and fro between two PUs: at least as many moves; and none without. */
static void counts_moves(void **state)
{
	struct whereabouts_reading r;
	struct whereabouts w;

	(void)state;
	if (found < 2)
		skip();
	go_to(cpu[0]);
	whereabouts_open(&w);
	whereabouts_since(&w, &r);
	assert_int_equal(r.migrations, 0);
	for (int i = 1; i < 7; i++)
		go_to(cpu[i % 2]);
	whereabouts_since(&w, &r);
	whereabouts_close(&w);
	if (!r.migrations && access("/proc/thread-self/sched", R_OK) != 0)
		skip();
	assert_true(r.migrations >= 5);
}

static void notices_being_elsewhere(void **state)
{
	char now[96] = "", want[96];

	(void)state;
	if (found < 2)
		skip();
	go_to(cpu[0]);
	assert_false(whereabouts_left(cpu[0], 0, now, sizeof(now)));
	assert_string_equal(now, "");
	assert_true(whereabouts_left(cpu[0], 2, now, sizeof(now)));
	assert_string_equal(now, "was moved away and back");
	go_to(cpu[1]);
	assert_true(whereabouts_left(cpu[0], 1, now, sizeof(now)));
	(void)snprintf(want, sizeof(want), "now may run on PUs %d only", cpu[1]);
	assert_string_equal(now, want);
	/* As when a PU is switched off: it may run anywhere, where it was bound to, too. */
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	assert_true(whereabouts_left(cpu[0], 0, now, sizeof(now)));
	assert_non_null(strstr(now, "now may run on PUs "));
}

static void *spin(void *arg)
{
	const uint64_t until_ns = clock_now_ns() + 60 * CLOCK_NS_PER_MS;

	(void)arg;
	while (clock_now_ns() < until_ns)
		;
	return NULL;
}

/* Two that want one PU wait for each other: one who is alone does so far less. */
static void tells_who_had_to_wait(void **state)
{
	struct whereabouts_reading shared, alone;
	struct whereabouts w;
	pthread_t other;

	(void)state;
	go_to(cpu[0]);
	whereabouts_open(&w);
	assert_int_equal(pthread_create(&other, NULL, spin, NULL), 0); /* inherits the affinity */
	(void)spin(NULL);
	whereabouts_since(&w, &shared);
	assert_int_equal(pthread_join(other, NULL), 0);
	whereabouts_since(&w, &alone);
	if (!w.tells_delay)
		skip();
	whereabouts_close(&w);
	/* The kernel shares it out in slices of a few ms. */
	assert_true(shared.run_delay_ns > 5 * CLOCK_NS_PER_MS);
}

/* A thousand workers leave descriptors for their work. */
static void does_without_descriptors(void **state)
{
	struct whereabouts_reading r;
	int fd[256], n = 0;
	struct whereabouts w;

	(void)state;
	go_to(cpu[0]);
	while (n < 256 && (n == 0 || fd[n - 1] <= 220)) {
		fd[n] = dup(STDERR_FILENO);
		assert_true(fd[n] >= 0);
		n++;
	}
	whereabouts_open(&w);
	assert_int_equal(w.schedstat_fd, -1);
	assert_int_equal(w.sched_fd, -1);
	whereabouts_since(&w, &r);
	assert_int_equal(r.migrations, 0);
	if (found == 2) {
		go_to(cpu[1]);
		whereabouts_since(&w, &r);
		if (access("/proc/thread-self/sched", R_OK) == 0)
			assert_true(r.migrations >= 1);
	}
	whereabouts_close(&w);
	while (n > 0)
		assert_int_equal(close(fd[--n]), 0);
}

#define BOUND(test) cmocka_unit_test_setup_teardown(test, look_at_pus, go_back)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses),
	    BOUND(counts_moves),
	    BOUND(notices_being_elsewhere),
	    BOUND(tells_who_had_to_wait),
	    BOUND(does_without_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
