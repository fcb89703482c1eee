/*
 * timers_test.c - order, ties and completeness of the heap, in virtual time.
 */
#include "harness/coroutine/timers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define COUNT 5000u

struct item {
	uint64_t deadline_ns;
	unsigned added; /* when, among all */
	unsigned popped;
};

static uint64_t random_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Each once, by deadline, ties in the order added. */
static bool is_proper_order(struct item *const *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (order[i]->popped != 1)
			return false;
		if (i == 0)
			continue;
		if (order[i - 1]->deadline_ns > order[i]->deadline_ns)
			return false;
		if (order[i - 1]->deadline_ns == order[i]->deadline_ns &&
		    order[i - 1]->added > order[i]->added)
			return false;
	}
	return true;
}

static void random_deadlines_come_out_in_order(void **state)
{
	static struct item items[COUNT];
	static struct item *order[COUNT];
	uint64_t seed = 42, now_ns = 0;
	struct item *swap;
	struct timers t;
	size_t n = 0;

	(void)state;
	assert_int_equal(timers_init(&t, COUNT), 0);
	assert_true(timers_next_ns(&t) == UINT64_MAX);
	for (unsigned i = 0; i < COUNT; i++) {
		/* Few distinct values: many ties. */
		items[i] = (struct item){.deadline_ns = random_next(&seed) % 1000, .added = i};
		timers_add(&t, items[i].deadline_ns, &items[i]);
	}
	while (t.count) {
		struct item *it = timers_pop_due(&t, now_ns);

		if (!it) {
			assert_true(timers_next_ns(&t) > now_ns);
			now_ns = timers_next_ns(&t);
			continue;
		}
		assert_true(it->deadline_ns <= now_ns);
		it->popped++;
		assert_true(n < COUNT);
		order[n++] = it;
	}
	assert_int_equal(n, COUNT);
	assert_true(is_proper_order(order, n));

	/* What the check must catch: a swap, a doubled one (and so a lost one). */
	swap = order[100];
	order[100] = order[2000];
	order[2000] = swap;
	assert_false(is_proper_order(order, n));
	order[2000] = order[100];
	order[100] = swap;
	assert_true(is_proper_order(order, n));
	items[7].popped = 2;
	assert_false(is_proper_order(order, n));
	timers_release(&t);
}

static void adding_while_popping_keeps_the_least_first(void **state)
{
	uint64_t seed = 7, last_ns = 0;
	struct timers t;
	int dummy;

	(void)state;
	assert_int_equal(timers_init(&t, 64), 0);
	for (int i = 0; i < 64; i++)
		timers_add(&t, random_next(&seed) % 500, &dummy);
	for (int i = 0; i < 20000; i++) {
		uint64_t next_ns = timers_next_ns(&t);

		assert_true(next_ns >= last_ns);
		assert_null(timers_pop_due(&t, next_ns - 1));
		assert_ptr_equal(timers_pop_due(&t, next_ns), &dummy);
		last_ns = next_ns;
		timers_add(&t, last_ns + 1 + random_next(&seed) % 500, &dummy);
	}
	assert_int_equal(t.count, 64);
	timers_release(&t);
}

static void bad_capacities_are_refused(void **state)
{
	struct timers t;

	(void)state;
	assert_int_equal(timers_init(&t, 0), -EINVAL);
	assert_int_equal(timers_init(&t, SIZE_MAX / 8), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_deadlines_come_out_in_order),
	    cmocka_unit_test(adding_while_popping_keeps_the_least_first),
	    cmocka_unit_test(bad_capacities_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
