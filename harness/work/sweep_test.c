/* sweep_test.c - values as people type them, products of them, and the registry's order. */
#include "harness/work/sweep.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	return n;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)why;
	(void)why_len;
	return 0;
}

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("1"),
    CB_PARAM("hold_ns", CB_NS, "0", 0, 1000000000, "held"),
};
static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread,coroutine"},
    {CB_QUICK, "workers=1,2"},
    {CB_FULL, "hold_ns=0,1us workers=2"},
    {CB_CHECK, "workers=3"},
};
static const struct cb_family first = {.name = "first",
    .plural = "firsts",
    .params = params,
    .param_count = 3,
    .sweeps = sweeps,
    .sweep_count = 4};
static const struct cb_family second = {.name = "second",
    .plural = "seconds",
    .params = params,
    .param_count = 2,
    .sweeps = sweeps,
    .sweep_count = 4};
const struct cb_family *const cb_families[] = {&first, &second, NULL};

static const struct cb_workload work = {.op = "op", .batch = batch, .check = check};

#define KIND(id, of, name_, flags_, from_, models_)     \
	static const struct cb_kind id = {.family = of, \
	    .name = name_,                              \
	    .about = "a kind",                          \
	    .flags = flags_,                            \
	    .from = from_,                              \
	    .version = 1,                               \
	    .models = models_,                          \
	    .not_models = "no switch",                  \
	    .work = &work};                             \
	CB_REGISTER(id)

/* Not in the order in which they have to be listed. */
KIND(kind_of_second, "second", "alone", 0, CB_SMOKE, CB_CAN_ALL)
KIND(kind_b, "first", "b", 0, CB_FULL, CB_CAN_OS)
KIND(kind_z, "first", "z", CB_REFERENCE, CB_SMOKE, CB_CAN_ALL)
KIND(kind_a, "first", "a", 0, CB_SMOKE, CB_CAN_ALL)
KIND(kind_broken, "first", "a_broken", CB_BROKEN, CB_SMOKE, CB_CAN_ALL)
KIND(kind_hidden, "first", "a_hidden", CB_HIDDEN, CB_SMOKE, CB_CAN_ALL)

static struct topology *topo;
static struct registry registry;
static struct host host;

static int prepare(void **state)
{
	char err[200];

	(void)state;
	if (topology_synthetic("core:2 pu:1", NULL, &topo, err, sizeof(err)) != 0 ||
	    registry_create(&registry, err, sizeof(err)) != 0)
		return -1;
	host = (struct host){.topology = topo, .pus = 2, .max_workers = 100};
	return 0;
}

static int release(void **state)
{
	(void)state;
	registry_free(&registry);
	topology_free(topo);
	return 0;
}

static void values_have_units(void **state)
{
	static const struct {
		enum cb_unit unit;
		const char *typed;
		int64_t value; /* -1: refused */
	} table[] = {
	    {CB_COUNT, "8", 8},
	    {CB_COUNT, "20k", 20000},
	    {CB_COUNT, "1M", 1000000},
	    {CB_COUNT, "pus", 4},
	    {CB_COUNT, "2*pus", 8},
	    {CB_COUNT, "pus*2", -1},
	    {CB_COUNT, "8us", -1},
	    {CB_COUNT, "", -1},
	    {CB_COUNT, " 8", -1},
	    {CB_COUNT, "+8", -1},
	    {CB_COUNT, "-8", -1},
	    {CB_COUNT, "0x8", -1},
	    {CB_COUNT, "8.5", -1},
	    {CB_COUNT, "99999999999999999999", -1},
	    {CB_COUNT, "9223372036854775807k", -1},
	    {CB_NS, "500", 500},
	    {CB_NS, "500ns", 500},
	    {CB_NS, "2us", 2000},
	    {CB_NS, "2µs", 2000},
	    {CB_NS, "5ms", 5000000},
	    {CB_NS, "1s", 1000000000},
	    {CB_NS, "pus", -1},
	    {CB_NS, "1KiB", -1},
	    {CB_US, "50", 50},
	    {CB_US, "5ms", 5000},
	    {CB_US, "5ns", -1},
	    {CB_BYTES, "64", 64},
	    {CB_BYTES, "64B", 64},
	    {CB_BYTES, "4MiB", 4194304},
	    {CB_BYTES, "4MB", -1},
	    {CB_PERCENT, "90", 90},
	    {CB_PERCENT, "90%", 90},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct cb_param p =
		    CB_PARAM("key", table[i].unit, "1", 0, INT64_MAX, "a value");
		struct param_value v = {.n = -1};
		char err[300] = "";
		const int ret = param_parse(&p, 4, table[i].typed, &v, err, sizeof(err));

		if (v.n != table[i].value || !ret != (table[i].value >= 0) ||
		    (ret && (!strstr(err, "key: ") || !strstr(err, "accepted"))))
			fail_msg("'%s': %lld %s", table[i].typed, (long long)v.n, err);
	}
}

static void lists_and_ranges(void **state)
{
	static const struct {
		const char *typed;
		size_t count; /* 0: refused */
		int64_t value[8];
	} table[] = {
	    {"3", 1, {3}},
	    {"1,2,8", 3, {1, 2, 8}},
	    /* Without doubles, in the order typed. */
	    {"8,1,pus,4,8", 3, {8, 1, 4}},
	    /* Both ends are in. */
	    {"1..8", 4, {1, 2, 4, 8}},
	    {"1..10x3", 4, {1, 3, 9, 10}},
	    {"1..2*pus", 4, {1, 2, 4, 8}},
	    {"5..5", 1, {5}},
	    {"1..3,100", 4, {1, 2, 3, 100}},
	    {"8..1", 0, {0}},
	    {"0..8", 0, {0}},
	    {"1..8x1", 0, {0}},
	    {"1..8x", 0, {0}},
	    {"1..", 0, {0}},
	    {"1,,2", 0, {0}},
	    {"1,", 0, {0}},
	    {"1,2000", 0, {0}},
	};
	const struct cb_param p = CB_PARAM("key", CB_COUNT, "1", 0, 1000, "a value");

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct param_value *v = NULL;
		size_t count = 0;
		char err[300] = "";
		const int ret =
		    param_parse_list(&p, 4, table[i].typed, &v, &count, err, sizeof(err));

		if (!ret != (table[i].count > 0) || (!ret && count != table[i].count))
			fail_msg("'%s': %d, %zu values, %s", table[i].typed, ret, count, err);
		for (size_t k = 0; !ret && k < count; k++)
			assert_int_equal(v[k].n, table[i].value[k]);
		if (ret)
			assert_true(err[0]);
		else
			free(v);
	}
}

static void a_list_of_pus_keeps_its_commas(void **state)
{
	const struct cb_param p = CB_PARAM_PLACE("none");
	struct param_value *v;
	size_t count;
	char err[300];

	(void)state;
	assert_int_equal(
	    param_parse_list(&p, 4, "list:0,2-3,same,list:1", &v, &count, err, sizeof(err)), 0);
	assert_int_equal(count, 3);
	assert_string_equal(v[0].text, "list:0,2-3");
	assert_string_equal(v[1].text, "same");
	assert_string_equal(v[2].text, "list:1");
	free(v);
}

/* The names that a request gives, without what all share. */
static void check_cases(const struct sweep_request *q, const char *const *want)
{
	struct case_list list = {0};
	char err[400] = "";
	size_t i = 0;

	if (sweep_cases(&registry, &host, q, &list, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	for (; want[i]; i++)
		if (i >= list.count || strcmp(list.item[i].name, want[i]) != 0)
			fail_msg("%zu: %s instead of %s", i,
			    i < list.count ? list.item[i].name : "nothing", want[i]);
	if (i != list.count)
		fail_msg("%s on top", list.item[i].name);
	case_list_free(&list);
}

#define T(kind, rest) kind "/model:thread/workers:" rest
#define C(kind, rest) kind "/model:coroutine/workers:" rest

static void profiles_are_products(void **state)
{
	(void)state;
	/* Families in their order; references first, then by name; no broken or hidden one. */
	check_cases(&(struct sweep_request){.profile = CB_SMOKE},
	    (const char *const[]){T("first/z", "1/hold_ns:0"), C("first/z", "1/hold_ns:0"),
		T("first/a", "1/hold_ns:0"), C("first/a", "1/hold_ns:0"), T("second/alone", "1"),
		C("second/alone", "1"), NULL});
	/* A larger profile has the smaller one's, and none twice. */
	check_cases(&(struct sweep_request){.profile = CB_QUICK, .family = &second},
	    (const char *const[]){
		T("second/alone", "1"), C("second/alone", "1"), T("second/alone", "2"), NULL});
	/* What a kind declines is left out. */
	check_cases(&(struct sweep_request){.profile = CB_FULL, .family = &first, .kind = "b"},
	    (const char *const[]){T("first/b", "1/hold_ns:0"), T("first/b", "2/hold_ns:0"),
		T("first/b", "2/hold_ns:1000"), NULL});
	/* A family on its own has all its kinds. */
	check_cases(
	    &(struct sweep_request){.profile = CB_SMOKE, .family = &first, .every_kind = true},
	    (const char *const[]){T("first/z", "1/hold_ns:0"), C("first/z", "1/hold_ns:0"),
		T("first/a", "1/hold_ns:0"), C("first/a", "1/hold_ns:0"),
		T("first/b", "1/hold_ns:0"), NULL});
	/* Conformance has cases of its own only; a broken kind by its name. */
	check_cases(
	    &(struct sweep_request){.profile = CB_CHECK, .family = &first, .kind = "a_broken"},
	    (const char *const[]){T("first/a_broken", "3/hold_ns:0"), NULL});
}

static void users_values_replace_the_profile_s(void **state)
{
	struct sweep_set set[2];
	struct case_list list = {0};
	char err[400] = "";

	(void)state;
	assert_int_equal(sweep_set_parse("hold=1us,2us", &set[0], err, sizeof(err)), 0);
	assert_int_equal(sweep_set_parse("workers=pus", &set[1], err, sizeof(err)), 0);
	check_cases(
	    &(struct sweep_request){
		.profile = CB_SMOKE, .family = &first, .kind = "a", .set = set, .sets = 2},
	    (const char *const[]){T("first/a", "2/hold_ns:1000"), T("first/a", "2/hold_ns:2000"),
		C("first/a", "2/hold_ns:1000"), C("first/a", "2/hold_ns:2000"), NULL});
	/* A key that only some families know changes those. */
	check_cases(
	    &(struct sweep_request){
		.profile = CB_SMOKE, .kind = "alone", .set = set + 1, .sets = 1},
	    (const char *const[]){T("second/alone", "2"), C("second/alone", "2"), NULL});
	/* Who names a kind and sets what it cannot do is told why, in a row. */
	assert_int_equal(sweep_set_parse("model=coroutine", &set[0], err, sizeof(err)), 0);
	assert_int_equal(
	    sweep_cases(&registry, &host,
		&(struct sweep_request){
		    .profile = CB_FULL, .family = &first, .kind = "b", .set = set, .sets = 1},
		&list, err, sizeof(err)),
	    0);
	assert_true(list.count > 0 && list.item[0].declined);
	assert_string_equal(list.item[0].unsupported, "no switch");
	case_list_free(&list);
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *set, *said, *accepted;
	} table[] = {
	    {"colour=red", "'colour' is not a parameter of firsts", "model workers hold_ns"},
	    {"workers=0", "workers: '0' is out of range", "1 to 1000000"},
	    {"hold=soon", "hold_ns: 'soon'", "such as 500ns"},
	    {"model=fibre", "model: 'fibre'", "thread process"},
	};
	static const char *const bad[] = {"workers", "workers=", "=3", ""};
	char err[400];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sweep_set set;
		const struct sweep_request q = {
		    .profile = CB_SMOKE, .family = &first, .set = &set, .sets = 1};
		struct case_list list = {0};

		assert_int_equal(sweep_set_parse(table[i].set, &set, err, sizeof(err)), 0);
		assert_int_equal(
		    sweep_cases(&registry, &host, &q, &list, err, sizeof(err)), -EINVAL);
		if (!strstr(err, table[i].said) || !strstr(err, table[i].accepted))
			fail_msg("%s: %s", table[i].set, err);
		case_list_free(&list);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sweep_set set;

		assert_int_equal(sweep_set_parse(bad[i], &set, err, sizeof(err)), -EINVAL);
		assert_non_null(strstr(err, "KEY=VALUE"));
	}
}

static void a_kind_that_does_not_fit_is_refused(void **state)
{
	static const struct cb_param twice[] = {CB_PARAM("hold_ns", CB_NS, "0", 0, 1, "again")};
	struct cb_kind bad[8];
	static const struct {
		const char *said;
		int ret;
	} table[8] = {
	    {"there is one of this name already", -EEXIST},
	    {"no name", -EINVAL},
	    {"no such family", -EINVAL},
	    {"says nothing about itself", -EINVAL},
	    {"claims no execution model", -EINVAL},
	    {"why not under all models", -EINVAL},
	    {"not checked", -EINVAL},
	    {"'hold_ns' is declared twice", -EINVAL},
	};
	static const struct cb_workload unchecked = {.op = "op", .batch = batch};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		bad[i] = kind_a;
		bad[i].name = "new";
	}
	bad[0].name = "a";
	bad[1].name = "a b";
	bad[2].family = "third";
	bad[3].about = NULL;
	bad[4].models = 0;
	bad[5].models = CB_CAN_OS;
	bad[5].not_models = NULL;
	bad[6].work = &unchecked;
	bad[7].params = twice;
	bad[7].param_count = 1;
	for (size_t i = 0; i < 8; i++) {
		const struct cb_kind *one = &bad[i];
		const size_t before = registry.count;
		char err[300] = "";
		const int ret =
		    registry_add(&registry, &one, &one + 1, "", "own.so", err, sizeof(err));

		if (ret != table[i].ret || !strstr(err, table[i].said))
			fail_msg("%zu: %d %s", i, ret, err);
		assert_int_equal(registry.count, before);
	}
}

static void a_module_s_kinds_come_last_under_their_prefix(void **state)
{
	const struct cb_kind *one = &kind_a;
	struct registry r;
	const struct kind *k;
	char err[300] = "";

	(void)state;
	assert_int_equal(registry_create(&r, err, sizeof(err)), 0);
	assert_int_equal(registry_add(&r, &one, &one + 1, "mine", "own.so", err, sizeof(err)), 0);
	k = registry_find(&r, "first", 5, "mine.a", 6);
	assert_non_null(k);
	assert_string_equal(k->module, "own.so");
	/* Behind ours of the family, before the next family's. */
	assert_true(k > registry_find(&r, "first", 5, "b", 1));
	assert_true(k < registry_find(&r, "second", 6, "alone", 5));
	registry_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_have_units),
	    cmocka_unit_test(lists_and_ranges),
	    cmocka_unit_test(a_list_of_pus_keeps_its_commas),
	    cmocka_unit_test(profiles_are_products),
	    cmocka_unit_test(users_values_replace_the_profile_s),
	    cmocka_unit_test(mistakes_are_named),
	    cmocka_unit_test(a_kind_that_does_not_fit_is_refused),
	    cmocka_unit_test(a_module_s_kinds_come_last_under_their_prefix),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
