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

/* One that is taken out is gone, and the others are none the worse for it, wherever it lay. */
static void one_taken_out_leaves_the_others_in_order(void **state)
{
	static struct item items[COUNT];
	static struct item *order[COUNT];
	struct item *it, stranger;
	uint64_t seed = 3;
	struct timers t;
	size_t n = 0;

	(void)state;
	for (unsigned every = 2; every <= 3; every++) {
		assert_int_equal(timers_init(&t, COUNT), 0);
		for (unsigned i = 0; i < COUNT; i++) {
			items[i] =
			    (struct item){.deadline_ns = random_next(&seed) % 1000, .added = i};
			timers_add(&t, items[i].deadline_ns, &items[i]);
		}
		assert_false(timers_remove(&t, &stranger));
		assert_int_equal(t.count, COUNT);
		n = 0;
		for (unsigned i = 0; i < COUNT; i += every) {
			assert_true(timers_remove(&t, &items[i]));
			/* It is there once only. */
			assert_false(timers_remove(&t, &items[i]));
			n++;
		}
		assert_int_equal(t.count, COUNT - n);
		n = 0;
		while ((it = timers_pop_due(&t, UINT64_MAX)) != NULL) {
			it->popped++;
			order[n++] = it;
		}
		assert_true(is_proper_order(order, n));
		for (unsigned i = 0; i < COUNT; i++)
			assert_int_equal(items[i].popped, i % every != 0);
		assert_false(timers_remove(&t, &items[1]));
		/* There is room for as many again. */
		for (unsigned i = 0; i < COUNT; i++)
			timers_add(&t, 1, &items[i]);
		timers_release(&t);
	}
}

/* The last entry takes the place of one that is taken out, and may have to rise from there: it
 * came from another branch. */
static void the_one_that_takes_its_place_may_have_to_rise(void **state)
{
	/* Children of the first are 100 and 10; below 100 there is 101, below 10 there is 11, the
	 * last. */
	static const uint64_t deadlines[] = {1, 100, 10, 200, 300, 101, 102, 103, 104, 11};
	char who[10];
	struct timers t;
	uint64_t last_ns = 0;

	(void)state;
	assert_int_equal(timers_init(&t, 10), 0);
	for (unsigned i = 0; i < 10; i++)
		timers_add(&t, deadlines[i], &who[i]);
	/* This is how the heap lies; otherwise nothing would be shown below. */
	assert_ptr_equal(t.heap[5].who, &who[5]);
	assert_ptr_equal(t.heap[9].who, &who[9]);
	assert_true(timers_remove(&t, &who[5]));
	assert_true(timers_next_ns(&t) == 1);
	while (t.count) {
		const uint64_t next_ns = timers_next_ns(&t);

		assert_true(next_ns >= last_ns);
		last_ns = next_ns;
		assert_non_null(timers_pop_due(&t, next_ns));
	}
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
	    cmocka_unit_test(one_taken_out_leaves_the_others_in_order),
	    cmocka_unit_test(the_one_that_takes_its_place_may_have_to_rise),
	    cmocka_unit_test(bad_capacities_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
