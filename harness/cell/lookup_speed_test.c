/* lookup_speed_test.c - five times the cases take five times as long where each is looked up by its
 * name: both sides of a gate, what is known of windows, the series of a run. */
#include "harness/base/scaling_fixture.h"
#include "harness/cell/catalogue.h"
#include "harness/run/windows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CASES 500

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {NULL};

static void name_of(unsigned i, char name[64])
{
	(void)snprintf(
	    name, 64, "lock/kind%u/model:thread/workers:%u/place:scatter", i / 10, i % 10);
}

/* As gate_session.c: what a side says is joined to what it has said, then each side is looked for
 * in the other. */
static void join_sides(unsigned cases)
{
	struct catalogue told = {0}, side[2] = {{0}, {0}};

	told.item = calloc(cases, sizeof(*told.item));
	assert_non_null(told.item);
	told.count = cases;
	for (unsigned i = 0; i < cases; i++)
		name_of(i, told.item[i].name);
	for (unsigned k = 0; k < 2; k++) {
		assert_int_equal(catalogue_join(&side[k], &told), 0);
		assert_int_equal(catalogue_join(&side[k], &told), 0);
		assert_int_equal(side[k].count, cases);
	}
	for (unsigned i = 0; i < cases; i++)
		assert_ptr_equal(catalogue_find(&side[1], side[0].item[i].name), &side[1].item[i]);
	for (unsigned k = 0; k < 2; k++)
		catalogue_free(&side[k]);
	catalogue_free(&told);
}

static void note_windows(unsigned cases)
{
	struct windows known = {0};
	struct window_known one = {.window_ns = 3000000};

	for (unsigned turn = 0; turn < 2; turn++)
		for (unsigned i = 0; i < cases; i++) {
			name_of(i, one.group);
			assert_int_equal(windows_note(&known, &one), 0);
			assert_non_null(windows_find(&known, one.group));
		}
	assert_int_equal(known.count, cases);
	windows_free(&known);
}

static void find_series(unsigned cases)
{
	struct run run = {0};
	char name[64];

	for (unsigned i = 0; i < cases; i++) {
		name_of(i, name);
		assert_non_null(run_add_series(&run, name));
	}
	for (unsigned i = 0; i < cases; i++) {
		name_of(i, name);
		assert_ptr_equal(run_find_series(&run, name), &run.series[i]);
	}
	run_free(&run);
}

/* Negative control: as all of them once were. */
static void look_at_all(unsigned cases)
{
	static char names[CASES * SCALING_BY][64];
	unsigned found = 0;

	for (unsigned i = 0; i < cases; i++) {
		unsigned k = 0;

		name_of(i, names[i]);
		while (strcmp(names[k], names[i]) != 0)
			k++;
		found += k == i;
	}
	assert_int_equal(found, cases);
}

static void five_times_the_cases(void **state)
{
	static const struct {
		const char *what;
		scaling_work work;
	} all[] = {
	    {"sides joined", join_sides}, {"windows", note_windows}, {"series", find_series}};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_true(scaling_ratio(all[i].what, all[i].work, CASES, all[i].work,
				CASES * SCALING_BY) < SCALING_MOST);
	assert_true(scaling_ratio("looked at all", look_at_all, CASES, look_at_all,
			CASES * SCALING_BY) > SCALING_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(five_times_the_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
