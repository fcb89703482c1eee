/* param_test.c - values as people type them: units, words, ranges, lists; and as they stand in
 * names. */
#include "harness/work/param.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

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
	    {CB_COUNT, "2k*pus", -1},
	    {CB_COUNT, "9223372036854775807*pus", -1},
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
	    {"1..2000", 0, {0}},
	    {"1..8xx2", 0, {0}},
	    {"..8", 0, {0}},
	};
	const struct cb_param p = CB_PARAM("key", CB_COUNT, "1", 0, 1000, "a value");

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct param_value *v = NULL;
		size_t count = 0;
		char err[300] = "";
		const int ret =
		    param_parse_list(&p, 4, NULL, table[i].typed, &v, &count, err, sizeof(err));

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

/* Not that a part of it is no value, which nobody typed as one. */
static void what_a_range_is_is_said(void **state)
{
	static const char *const typed[] = {
	    "8..1", "0..8", "1..8x1", "1..8x0", "1..8x", "1..", "..8"};
	const struct cb_param p = CB_PARAM("key", CB_COUNT, "1", 0, 1000, "a value");

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		struct param_value *v = NULL;
		size_t count = 0;
		char err[300], says[300];

		(void)snprintf(says, sizeof(says),
		    "key: '%s' is not a range; accepted: LOW..HIGHxFACTOR, such as 1..64x2, with "
		    "LOW from 1 and FACTOR from 2",
		    typed[i]);
		assert_int_equal(
		    param_parse_list(&p, 4, NULL, typed[i], &v, &count, err, sizeof(err)), -EINVAL);
		assert_string_equal(err, says);
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
	    param_parse_list(&p, 4, NULL, "list:0,2-3,same,list:1", &v, &count, err, sizeof(err)),
	    0);
	assert_int_equal(count, 3);
	assert_string_equal(v[0].text, "list:0,2-3");
	assert_string_equal(v[1].text, "same");
	assert_string_equal(v[2].text, "list:1");
	free(v);
}

static void pairs_are_those_of_the_machine(void **state)
{
	const struct cb_param p = CB_PARAM_PLACE("none");
	static const char *const want[] = {"same", "pair:0-1", "pair:0-2", "pair:1-2"};
	struct topology *topo;
	struct param_value *v;
	size_t count;
	char err[300];

	(void)state;
	assert_int_equal(topology_synthetic("core:3 pu:1", NULL, &topo, err, sizeof(err)), 0);
	assert_int_equal(param_parse_list(&p, 3, topo, "same,pair:0-1,pairs:unlike,pairs", &v,
			     &count, err, sizeof(err)),
	    0);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(v[i].text, want[i]);
	free(v);
	topology_free(topo);
	assert_int_equal(param_parse_list(&p, 1, NULL, "pairs", &v, &count, err, sizeof(err)), 0);
	assert_int_equal(count, 0);
	free(v);
	assert_int_equal(
	    param_parse_list(&p, 1, NULL, "pairs:1", &v, &count, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "place: 'pairs:1' is not known; accepted: pairs"));
}

/* The largest numbers: the next one of a range would be beyond what can be counted. */
static void ranges_end(void **state)
{
	const struct cb_param p = CB_PARAM("key", CB_COUNT, "1", 0, INT64_MAX, "a value");
	struct param_value *v;
	size_t count;
	char err[300];

	(void)state;
	assert_int_equal(
	    param_parse_list(&p, 4, NULL, "1..9223372036854775807", &v, &count, err, sizeof(err)),
	    0);
	assert_int_equal(count, 64);
	assert_true(v[62].n == INT64_C(1) << 62);
	assert_true(v[63].n == INT64_MAX);
	free(v);
	assert_int_equal(param_parse_list(&p, 4, NULL, "3..9223372036854775807x1000000", &v, &count,
			     err, sizeof(err)),
	    0);
	assert_int_equal(count, 5);
	free(v);
}

/* As one would type it: the greatest unit that leaves no fraction, and what is read back is the
 * same. */
static void numbers_are_spelt_with_their_unit(void **state)
{
	static const struct {
		enum cb_unit unit;
		int64_t n;
		const char *spelt;
	} table[] = {
	    {CB_NS, 0, "0ns"},
	    {CB_NS, 999, "999ns"},
	    {CB_NS, 1000, "1us"},
	    {CB_NS, 1500, "1500ns"},
	    {CB_NS, 5000000, "5ms"},
	    {CB_NS, 2000000000, "2s"},
	    {CB_US, 1000, "1ms"},
	    {CB_BYTES, 0, "0B"},
	    {CB_BYTES, 1000, "1000B"},
	    {CB_BYTES, 65536, "64KiB"},
	    {CB_BYTES, 1 << 20, "1MiB"},
	    {CB_PERCENT, 100, "100%"},
	    {CB_COUNT, 1000000, "1000000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct cb_param p = CB_PARAM("n", table[i].unit, "0", 0, INT64_MAX, "number");
		struct param_value back;
		char text[PARAM_SPELL_LEN], err[200];

		assert_string_equal(
		    param_spell(&p, table[i].n, text, sizeof(text)), table[i].spelt);
		assert_int_equal(param_parse(&p, 4, text, &back, err, sizeof(err)), 0);
		assert_int_equal(back.n, table[i].n);
	}
}

/* One line that names the parameter, what was typed, and what is accepted; nothing is changed. */
static void mistakes_are_explained(void **state)
{
	static const char *const words[] = {"red", "green", NULL};
	static const struct cb_param count = CB_PARAM("n", CB_COUNT, "1", 1, 64, "how many"),
				     below = CB_PARAM("t_ns", CB_NS, "0", -5, 5, "how late"),
				     place = CB_PARAM_PLACE("none"),
				     colour = {"colour", CB_WORD, "red", 0, 1, "how it looks",
					 words, false};
	static const struct {
		const struct cb_param *p;
		const char *typed;
		int ret;
		const char *err;
	} table[] = {
	    {&count, "x", -EINVAL, "n: 'x' is not a value; accepted: such as 8, 20k, pus, 2*pus"},
	    {&count, "0", -ERANGE, "n: '0' is out of range; accepted: 1 to 64"},
	    {&count, "65", -ERANGE, "n: '65' is out of range; accepted: 1 to 64"},
	    {&count, "17*pus", -ERANGE, "n: '17*pus' is out of range; accepted: 1 to 64"},
	    {&below, "-6", -ERANGE, "t_ns: '-6' is out of range; accepted: -5ns to 5ns"},
	    {&below, "-", -EINVAL, "t_ns: '-' is not a value; accepted: such as 500ns, 2us, 5ms"},
	    {&colour, "Red", -EINVAL,
		"colour: 'Red' is not one of its values; accepted: red green"},
	    {&colour, "", -EINVAL, "colour: '' is not one of its values; accepted: red green"},
	    {&place, "moon", -EINVAL,
		"place: 'moon' is not known; accepted: same, smt, compact, scatter, llc, cross, "
		"list:..., pair:A-B, none"},
	};
	struct param_value v = {.n = 4711};
	char err[300];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(
		    param_parse(table[i].p, 4, table[i].typed, &v, err, sizeof(err)), table[i].ret);
		assert_string_equal(err, table[i].err);
		assert_int_equal(v.n, 4711);
		assert_null(v.text);
		/* However little room there is for it. */
		assert_int_equal(
		    param_parse(table[i].p, 4, table[i].typed, &v, err, 5), table[i].ret);
		assert_true(strlen(err) < 5);
	}
	/* Negative control: what lies just inside is taken. */
	assert_int_equal(param_parse(&count, 4, "16*pus", &v, err, sizeof(err)), 0);
	assert_int_equal(v.n, 64);
	assert_int_equal(param_parse(&below, 4, "-5", &v, err, sizeof(err)), 0);
	assert_int_equal(v.n, -5);
	assert_int_equal(param_parse(&colour, 4, "green", &v, err, sizeof(err)), 0);
	assert_int_equal(v.n, 1);
}

/* Cut off, each would be another value, and pass. */
static void what_is_too_long_is_refused_whole(void **state)
{
	const struct cb_param count = CB_PARAM("n", CB_COUNT, "1", 0, 1000, "how many"),
			      place = CB_PARAM_PLACE("none");
	struct param_value *v;
	char text[400], err[300];
	size_t n;

	(void)state;
	(void)snprintf(text, sizeof(text), "%0*d..8", 100, 1);
	assert_int_equal(
	    param_parse_list(&count, 4, NULL, text, &v, &n, err, sizeof(err)), -EINVAL);
	(void)snprintf(text, sizeof(text), "1..%0*d", 100, 8);
	assert_int_equal(
	    param_parse_list(&count, 4, NULL, text, &v, &n, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "n: '1..000"));
	(void)snprintf(text, sizeof(text), "%0*d", 300, 8);
	assert_int_equal(param_parse_list(&count, 4, NULL, text, &v, &n, err, sizeof(err)), 0);
	assert_int_equal(v[0].n, 8);
	free(v);
	n = (size_t)snprintf(text, sizeof(text), "list:");
	while (n < PLACEMENT_TEXT_MAX)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s10", n > 5 ? "," : "");
	assert_int_equal(
	    param_parse_list(&place, 4, NULL, text, &v, &n, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "place: 'list:10,10,"));
	assert_non_null(strstr(err, "longer than 127 characters"));
}

static void names_have_one_spelling(void **state)
{
	static const char *const words[] = {"red", "green", NULL};
	static const struct {
		struct cb_param p;
		const char *typed, *in_name;
	} table[] = {
	    {CB_PARAM("n", CB_COUNT, "1", 1, 100000, "how many"), "2*pus", "8"},
	    {CB_PARAM("t_ns", CB_NS, "1", 0, 100000, "how long"), "2us", "2000"},
	    {CB_PARAM("part_pct", CB_PERCENT, "1", 0, 100, "of all"), "90%", "90"},
	    {CB_PARAM("late_ns", CB_NS, "1", -100, 100, "how late"), "-7ns", "-7"},
	    {CB_PARAM_PLACE("none"), "list:0,2-3", "list:0,2-3"},
	    {{"colour", CB_WORD, "red", 0, 1, "how it looks", words, false}, "green", "green"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct cb_param *p = &table[i].p;
		struct param_value v, again, base;
		char text[PLACEMENT_TEXT_MAX], err[300];

		assert_int_equal(param_parse(p, 4, table[i].typed, &v, err, sizeof(err)), 0);
		assert_string_equal(param_format(p, &v, text, sizeof(text)), table[i].in_name);
		/* Which is a value itself, and the same. */
		assert_int_equal(param_parse(p, 4, text, &again, err, sizeof(err)), 0);
		assert_true(param_same(p, &v, &again));
		assert_int_equal(param_parse(p, 4, p->base, &base, err, sizeof(err)), 0);
		assert_false(param_same(p, &v, &base));
	}
}

static void keys_go_without_their_unit(void **state)
{
	static const struct {
		enum cb_unit unit;
		const char *key, *typed;
		bool is;
	} table[] = {
	    {CB_NS, "hold_ns", "hold_ns", true},
	    {CB_NS, "hold_ns", "hold", true},
	    {CB_NS, "hold_ns", "hol", false},
	    {CB_NS, "hold_ns", "hold_", false},
	    {CB_NS, "hold_ns", "hold_us", false},
	    {CB_NS, "hold_ns", "hold_ns_", false},
	    {CB_NS, "hold_ns", "", false},
	    {CB_US, "wait_us", "wait", true},
	    {CB_BYTES, "item_bytes", "item", true},
	    {CB_PERCENT, "read_pct", "read", true},
	    /* A count has no unit, whatever its key ends with. */
	    {CB_COUNT, "hold_ns", "hold", false},
	    {CB_WORD, "model", "model", true},
	    {CB_PLACE, "place", "plac", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct cb_param p =
		    CB_PARAM(table[i].key, table[i].unit, "", 0, 1, "a value");

		if (param_is(&p, table[i].typed, strlen(table[i].typed)) != table[i].is)
			fail_msg("%s for %s", table[i].typed, table[i].key);
	}
	/* Of a text that goes on. */
	assert_true(param_is(
	    &(const struct cb_param)CB_PARAM("hold_ns", CB_NS, "", 0, 1, "held"), "hold:7", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_have_units),
	    cmocka_unit_test(lists_and_ranges),
	    cmocka_unit_test(ranges_end),
	    cmocka_unit_test(what_a_range_is_is_said),
	    cmocka_unit_test(a_list_of_pus_keeps_its_commas),
	    cmocka_unit_test(pairs_are_those_of_the_machine),
	    cmocka_unit_test(numbers_are_spelt_with_their_unit),
	    cmocka_unit_test(mistakes_are_explained),
	    cmocka_unit_test(what_is_too_long_is_refused_whole),
	    cmocka_unit_test(names_have_one_spelling),
	    cmocka_unit_test(keys_go_without_their_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
