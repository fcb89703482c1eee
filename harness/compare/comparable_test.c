/* comparable_test.c - what forbids comparing, what is only told, and what is no difference. */
#include "harness/compare/comparable.h"

#include "harness/base/text.h"
#include "harness/run/run_fixture.h"

static void add(struct manifest *m, const char *key, const char *value)
{
	if (value)
		assert_int_equal(manifest_add(m, key, value), 0);
}

static void single_facts(void **state)
{
	static const struct {
		const char *key, *base, *head;
		size_t refusals, differences;
	} table[] = {
	    {"cpu.model", "A", "A", 0, 0},
	    {"cpu.model", "A", "B", 1, 1},
	    {"cpu.model", "A", NULL, 1, 1},
	    {"cpu.model", NULL, "A", 1, 1},
	    {"topology.fingerprint", "1", "2", 1, 1},
	    {"topology.allowed_pus", "0-1", "0", 1, 1},
	    {"build.compiler", "gcc 12", "gcc 13", 1, 1},
	    {"build.flags", "-O2", "-O3", 1, 1},
	    {"build.sanitizer", "none", "address", 1, 1},
	    {"kernel.mitigations.mds", "Not affected", "Vulnerable", 1, 1},
	    {"kernel.mitigations.mds", NULL, "Mitigation: clear buffers", 1, 1},
	    /* A newer kernel knows more names: that by itself changes nothing. */
	    {"kernel.mitigations.new", NULL, "Not affected", 0, 0},
	    {"kernel.mitigations.new", "Not affected", NULL, 0, 0},
	    {"hypervisor", NULL, "kvm", 1, 1},
	    {"cpu.governor", NULL, "powersave", 1, 1},
	    {"cgroup.cpu_limit_cpus", "none", "0.5", 1, 1},
	    {"kernel.release", "6.1", "6.2", 0, 1},
	    {"library.ck", "0.7.1", "0.7.2", 0, 1},
	    {"build.revision", "abc", "def", 0, 1},
	    {"load.before.1min", "0.1", "9.9", 0, 0},
	    {"memory.available", "1", "2", 0, 0},
	    /* A fact that begins like one in the list is another one. */
	    {"cpu.model_name_of_somebody", "1", "2", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct manifest base = {0}, head = {0};
		struct comparison c = {0};
		size_t refusals = 99;

		add(&base, table[i].key, table[i].base);
		add(&head, table[i].key, table[i].head);
		assert_int_equal(comparable_check(&base, &head, &c, &refusals), 0);
		if (refusals != table[i].refusals || c.difference_count != table[i].differences)
			fail_msg("%s: %zu refusals, %zu differences", table[i].key, refusals,
			    c.difference_count);
		if (c.difference_count) {
			assert_non_null(strstr(c.differences[0], table[i].key));
			assert_int_equal(!!strstr(c.differences[0], "noted only"), !refusals);
		}
		comparison_free(&c);
		manifest_free(&base);
		manifest_free(&head);
	}
}

/* Without a word about either nobody knows whether they may be compared: that is said. */
static void both_say_nothing(void **state)
{
	struct manifest base = {0}, head = {0};
	struct comparison c = {0};
	size_t refusals = 99;

	(void)state;
	assert_int_equal(comparable_check(&base, &head, &c, &refusals), 0);
	assert_int_equal(refusals, 0);
	assert_int_equal(c.difference_count, 1);
	assert_non_null(strstr(c.differences[0], "neither says"));
	assert_non_null(strstr(c.differences[0], "noted only"));
	comparison_free(&c);
}

static void refusals_come_first_and_name_both_sides(void **state)
{
	struct manifest base = {0}, head = {0};
	struct comparison c = {0};
	size_t refusals;

	(void)state;
	add(&base, "kernel.release", "6.1");
	add(&head, "kernel.release", "6.2");
	add(&base, "kernel.mitigations.a", "Vulnerable");
	add(&head, "kernel.mitigations.b", "Vulnerable");
	add(&base, "cpu.model", "A");
	add(&head, "cpu.model", "B");
	assert_int_equal(comparable_check(&base, &head, &c, &refusals), 0);
	assert_int_equal(refusals, 3);
	assert_int_equal(c.difference_count, 4);
	assert_string_equal(c.differences[0], "cpu.model: A <> B (another processor)");
	assert_non_null(strstr(c.differences[1], "mitigations.a: Vulnerable <> Not affected ("));
	assert_non_null(strstr(c.differences[2], "mitigations.b: Not affected <> Vulnerable ("));
	assert_non_null(strstr(c.differences[3], "kernel.release: 6.1 <> 6.2 ("));
	comparison_free(&c);
	manifest_free(&base);
	manifest_free(&head);
}

/* What is printed of two values that differ differs, and is what they are where it is not cut. */
static void long_values_show_where_they_differ(void **state)
{
#define LONG "-std=c11 -pthread -fno-omit-frame-pointer -fsome-other-flag -fyet-another-one "
#define WIDE "\xe6\xbc\xa2"
	static const struct {
		const char *base, *head, *line;
	} table[] = {
	    {LONG "-O2 -g", LONG "-O3 -g",
		"build.flags: ...-fyet-another-one -O2 -g <> ...-fyet-another-one -O3 -g ("},
	    {LONG, LONG "-O2",
		"build.flags: ...ag -fyet-another-one <> ...ag -fyet-another-one -O2 ("},
	    {"-O2 " LONG, "-O3 " LONG, "build.flags: -O2 -std=c11"},
	    {"-O2", LONG, "build.flags: -O2 <> -std=c11"},
	    /* The first difference is the last byte of a character. */
	    {LONG WIDE "\xe6\xbc\xa2", LONG WIDE "\xe6\xbc\xa3", WIDE "\xe6\xbc\xa3 ("},
	    /* The context and the cut begin and end with a whole one. */
	    {WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE "1" LONG,
		WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE "2" LONG,
		"build.flags: ..." WIDE WIDE WIDE WIDE WIDE WIDE WIDE "1-std=c11"},
	    {"1" WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE
		    WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE,
		"2", WIDE "... <> 2 ("},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct manifest base = {0}, head = {0};
		struct comparison c = {0};
		char clean[REASON_MAX];
		size_t refusals;

		add(&base, "build.flags", table[i].base);
		add(&head, "build.flags", table[i].head);
		assert_int_equal(comparable_check(&base, &head, &c, &refusals), 0);
		assert_int_equal(c.difference_count, 1);
		if (!strstr(c.differences[0], table[i].line))
			fail_msg("no '%s' in: %s", table[i].line, c.differences[0]);
		/* No half of a character, which would become a "?". */
		snprintf(clean, sizeof(clean), "%s", c.differences[0]);
		assert_null(strchr(text_clean(clean), '?'));
		comparison_free(&c);
		manifest_free(&base);
		manifest_free(&head);
	}
}

static void the_list_has_no_doubles(void **state)
{
	const struct comparable_fact *f = comparable_facts();

	(void)state;
	for (; f->key; f++) {
		assert_true(f->key[0] && f->reason && f->reason[0]);
		for (const struct comparable_fact *g = comparable_facts(); g != f; g++)
			assert_string_not_equal(f->key, g->key);
	}
}

static void series_measure_the_same_thing(void **state)
{
	struct run run = {0};
	struct series base, head;
	char reason[REASON_MAX];

	(void)state;
	base = *fixture_series(&run, "x", 2);
	head = base;
	assert_true(comparable_series(&base, &head, reason));
	snprintf(head.hash, sizeof(head.hash), "fedcba9876543210");
	assert_false(comparable_series(&base, &head, reason));
	assert_non_null(strstr(reason, "0123456789abcdef <> fedcba9876543210"));
	head = base;
	snprintf(head.op, sizeof(head.op), "something else");
	assert_false(comparable_series(&base, &head, reason));
	assert_non_null(strstr(reason, "acquire+release <> something else"));
	head = base;
	head.slot_ns = 1000000;
	assert_false(comparable_series(&base, &head, reason));
	assert_non_null(strstr(reason, "3 ms <> 1 ms"));
	run_free(&run);
}

/* Of the two sides of a gate: what was compiled how, not what. */
static void builds_may_differ_in_their_revision(void **state)
{
	static const char *const same[] = {
	    "build.compiler", "gcc 12", "build.flags", "-O2", "build.sanitizer", "none"};
	static const struct {
		const char *key, *value;
		size_t refusals, lines;
	} table[] = {
	    {"build.revision", "abc", 0, 0},
	    {"build.version", "9", 0, 0},
	    {"build.compiler", "clang 14", 1, 1},
	    {"build.flags", "-O0", 1, 1},
	    {"build.sanitizer", "address", 1, 1},
	    {"library.hwloc", "1", 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct manifest base = {0}, head = {0};
		struct comparison c = {0};
		size_t refusals = 77;

		for (size_t k = 0; k < 6; k += 2) {
			assert_int_equal(manifest_add(&base, same[k], same[k + 1]), 0);
			assert_int_equal(
			    manifest_add(&head, same[k],
				strcmp(same[k], table[i].key) == 0 ? table[i].value : same[k + 1]),
			    0);
		}
		if (!manifest_get(&head, table[i].key))
			assert_int_equal(manifest_add(&head, table[i].key, table[i].value), 0);
		assert_int_equal(comparable_builds(&base, &head, &c, &refusals), 0);
		assert_int_equal(refusals, table[i].refusals);
		assert_int_equal(c.difference_count, table[i].lines);
		if (c.difference_count && !strstr(c.differences[0], table[i].value))
			fail_msg("%s", c.differences[0]);
		comparison_free(&c);
		manifest_free(&base);
		manifest_free(&head);
	}
}

/* An older program says its version at most: that is no difference. */
static void a_build_that_says_nothing_is_compared(void **state)
{
	struct manifest base = {0}, head = {0};
	struct comparison c = {0};
	size_t refusals = 77;

	(void)state;
	assert_int_equal(manifest_add(&base, "build.version", "concbench 0.1"), 0);
	assert_int_equal(manifest_add(&head, "build.compiler", "gcc 12"), 0);
	assert_int_equal(manifest_add(&head, "build.flags", "-O2"), 0);
	assert_int_equal(comparable_builds(&base, &head, &c, &refusals), 0);
	assert_int_equal(refusals, 0);
	assert_int_equal(comparable_builds(&head, &base, &c, &refusals), 0);
	assert_int_equal(refusals + c.difference_count, 0);
	comparison_free(&c);
	manifest_free(&base);
	manifest_free(&head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(single_facts),
	    cmocka_unit_test(both_say_nothing),
	    cmocka_unit_test(refusals_come_first_and_name_both_sides),
	    cmocka_unit_test(long_values_show_where_they_differ),
	    cmocka_unit_test(the_list_has_no_doubles),
	    cmocka_unit_test(series_measure_the_same_thing),
	    cmocka_unit_test(builds_may_differ_in_their_revision),
	    cmocka_unit_test(a_build_that_says_nothing_is_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
