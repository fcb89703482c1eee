#include "harness/run/run.h"
#include "harness/run/run_fixture.h"

#include <errno.h>

static void series_are_kept_in_order(void **state)
{
	struct run run = {0};
	char name[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "case/number:%d", i);
		assert_non_null(run_add_series(&run, name));
	}
	assert_int_equal(run.series_count, 100);
	assert_ptr_equal(run_find_series(&run, "case/number:57"), &run.series[57]);
	assert_null(run_find_series(&run, "case/number:5 7"));
	assert_null(run_find_series(&run, "case/number:"));
	run_free(&run);
	assert_int_equal(run.series_count, 0);
	run_free(&run);
}

static void a_name_is_never_cut(void **state)
{
	struct run run = {0};
	char name[CASE_NAME_MAX + 1];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[CASE_NAME_MAX] = '\0';
	errno = 0;
	assert_null(run_add_series(&run, name));
	assert_int_equal(errno, ENAMETOOLONG);
	name[CASE_NAME_MAX - 1] = '\0';
	assert_non_null(run_add_series(&run, name));
	assert_non_null(run_find_series(&run, name));
	run_free(&run);
}

static void samples_change_hands(void **state)
{
	struct run run = {0};
	struct series *s = run_add_series(&run, "a");

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct sample one = fixture_sample(i, i, 10);

		fixture_details(&one, i);
		fixture_add(s, one);
	}
	assert_int_equal(s->sample_count, 40);
	assert_int_equal(s->samples[39].launch, 39);
	/* The leak checker of the address build sees whether all of it goes. */
	run_free(&run);
}

static void name_parts(void **state)
{
	static const struct {
		const char *name, *key, *value;
	} row[] = {
	    {"lock/ck_mcs/model:thread/workers:2/place:scatter", "workers", "2"},
	    {"lock/ck_mcs/model:thread/workers:2/place:scatter", "place", "scatter"},
	    {"lock/ck_mcs/model:thread/workers:2/place:scatter", "lock", NULL},
	    {"lock/ck_mcs/model:thread/workers:2/place:scatter", "worker", NULL},
	    {"lock/ck_mcs/model:thread/workers:2/place:scatter", "orkers", NULL},
	    {"workers:12", "workers", "12"},
	    {"a/place:list:0,2/b:1", "place", "list:0,2"},
	    {"a/place:list:0,2/b:1", "list", NULL},
	    {"a/empty:/b:1", "empty", ""},
	    {"a/workers", "workers", NULL},
	    {"", "workers", NULL},
	    {"a/x:1/x:2", "x", "1"},
	};
	char value[16], cut[3];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool has = case_name_part(row[i].name, row[i].key, value, sizeof(value));

		assert_int_equal(has, row[i].value != NULL);
		if (has)
			assert_string_equal(value, row[i].value);
	}
	assert_true(case_name_part("a/place:scatter", "place", cut, sizeof(cut)));
	assert_string_equal(cut, "sc");
	assert_true(case_name_part("a/place:scatter", "place", NULL, 0));
}

/* Two kinds of a family may call different things the same. */
static void parameters_of_a_family(void **state)
{
	struct run_param p = {.key = "bytes", .unit = CB_BYTES, .about = "of a message"};
	const struct run_family family = {.name = "job"};
	const struct run_param *found;
	struct run run = {0};

	(void)state;
	assert_int_equal(run_add_family(&run, &family), 0);
	run_add_param(&run, "job", &p);
	run_add_param(&run, "job", &p);
	run_add_param(&run, "lock", &p);
	assert_int_equal(run.families[0].param_count, 1);
	found = run_find_param(&run.families[0], "bytes");
	assert_non_null(found);
	assert_string_equal(found->about, "of a message");
	strcpy(p.about, "of a ring");
	run_add_param(&run, "job", &p);
	assert_string_equal(found->about, "");
	assert_int_equal(found->unit, CB_BYTES);
	p.unit = CB_NS;
	run_add_param(&run, "job", &p);
	assert_int_equal(found->unit, CB_COUNT);
	for (int i = 0; i < 2 * RUN_PARAMS_MAX; i++) {
		snprintf(p.key, sizeof(p.key), "k%d", i);
		run_add_param(&run, "job", &p);
	}
	assert_int_equal(run.families[0].param_count, RUN_PARAMS_MAX);
	assert_null(run_find_param(NULL, "bytes"));
	assert_null(run_find_param(&run.families[0], "none"));
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parameters_of_a_family),
	    cmocka_unit_test(series_are_kept_in_order),
	    cmocka_unit_test(a_name_is_never_cut),
	    cmocka_unit_test(samples_change_hands),
	    cmocka_unit_test(name_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
