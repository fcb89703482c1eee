/* registry_test.c - which kinds there are, in which order, and what a kind has to say of itself. */
#include "harness/work/registry.h"

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

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	(void)metrics;
	return check(env, why, why_len);
}

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("1"),
    CB_PARAM("hold_ns", CB_NS, "0", 0, 1000000000, "held"),
};
static const struct cb_figure bytes = {
    "peak_bytes", "memory", "bytes", CB_RATIO, CB_LESS, 0.0, NULL};
static const struct cb_family first = {.name = "first",
    .plural = "firsts",
    .title = "Of a test",
    .question = "Does it work?",
    .params = params,
    .param_count = 3};
static struct cb_family second = {.name = "second",
    .plural = "seconds",
    .title = "Of a test",
    .question = "Does it work?",
    .params = params,
    .param_count = 2,
    .figures = &bytes,
    .figure_count = 1};
const struct cb_family *const cb_families[] = {&first, &second, NULL};

static const struct cb_workload work = {.op = "op", .batch = batch, .check = check};

#define KIND(id, of, name_, flags_)                     \
	static const struct cb_kind id = {.family = of, \
	    .name = name_,                              \
	    .about = "a kind",                          \
	    .flags = flags_,                            \
	    .version = 1,                               \
	    .models = CB_CAN_ALL,                       \
	    .work = &work};                             \
	CB_REGISTER(id)

/* Not in the order in which they have to be listed; families by their plural, too. */
KIND(kind_of_second, "seconds", "alone", 0)
KIND(kind_b, "first", "b", 0)
KIND(kind_z, "first", "z", CB_REFERENCE)
KIND(kind_a, "first", "a", 0)
KIND(kind_broken, "first", "a_broken", CB_BROKEN)
KIND(kind_hidden, "first", "a_hidden", CB_HIDDEN)

static struct registry registry;

static int prepare(void **state)
{
	char err[200];

	(void)state;
	return registry_create(&registry, err, sizeof(err));
}

static int release(void **state)
{
	(void)state;
	registry_free(&registry);
	return 0;
}

static const struct kind *found(const char *family, const char *name)
{
	return registry_find(&registry, family, strlen(family), name, strlen(name));
}

static void kinds_stand_by_family(void **state)
{
	/* References first, then by name. */
	static const char *const order[] = {"z", "a", "a_broken", "a_hidden", "b", "alone"};

	(void)state;
	assert_int_equal(registry.count, 6);
	for (size_t i = 0; i < 6; i++) {
		const struct kind *k = &registry.item[i];

		assert_string_equal(k->name, order[i]);
		assert_ptr_equal(k->family, i < 5 ? &first : &second);
		assert_int_equal(k->param_count, i < 5 ? 3 : 2);
		assert_null(k->module);
		assert_ptr_equal(found(k->family->name, k->name), k);
		assert_ptr_equal(cb_kind_find(k->self->family, k->name), k->self);
	}
	assert_null(found("first", "alone"));
	assert_null(found("first", "a_"));
	assert_null(found("firs", "a"));
	assert_null(cb_kind_find("first", "c"));
}

static void families_go_by_two_names(void **state)
{
	(void)state;
	assert_ptr_equal(registry_family("first", 5), &first);
	assert_ptr_equal(registry_family("firsts/z", 6), &first);
	assert_ptr_equal(registry_family("seconds", 7), &second);
	assert_null(registry_family("third", 5));
	assert_null(registry_family("first", 4));
	assert_null(registry_family("", 0));
}

static void broken_and_hidden_ones_are_not_listed(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("CONCBENCH_SELFTEST"), 0);
	assert_true(kind_listed(found("first", "a")));
	assert_true(kind_listed(found("first", "z")));
	assert_false(kind_listed(found("first", "a_broken")));
	assert_false(kind_listed(found("first", "a_hidden")));
	assert_int_equal(setenv("CONCBENCH_SELFTEST", "1", 1), 0);
	assert_false(kind_listed(found("first", "a_broken")));
	assert_true(kind_listed(found("first", "a_hidden")));
	assert_int_equal(unsetenv("CONCBENCH_SELFTEST"), 0);
}

/* Its own, the family's, or time per operation. */
static void every_kind_has_figures(void **state)
{
	static const struct cb_figure own[2] = {
	    {"ns_per_op", "time", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
	    {"lost", "items lost", "", CB_SHARE, CB_LESS, 0.0, NULL}};
	struct cb_kind self = kind_of_second;
	struct kind k = {.family = &second, .self = &self};
	unsigned count;

	(void)state;
	assert_string_equal(kind_figures(found("first", "a"), &count)->metric, "ns_per_op");
	assert_int_equal(count, 1);
	assert_ptr_equal(kind_figures(&k, &count), &bytes);
	assert_int_equal(count, 1);
	self.figures = own;
	self.figure_count = 2;
	assert_ptr_equal(kind_figures(&k, &count), own);
	assert_int_equal(count, 2);
}

static void params_are_the_family_s_and_its_own(void **state)
{
	static const struct cb_param own[] = {
	    CB_PARAM("spread", CB_COUNT, "1", 1, 9, "over so many")};
	struct cb_kind self = kind_a;
	const struct cb_kind *one = &self;
	struct registry r = {0};
	const struct kind *k;
	char err[300] = "";

	(void)state;
	self.without = "workers hold_ns";
	self.params = own;
	self.param_count = 1;
	if (registry_add(&r, &one, &one + 1, "", "own.so", err, sizeof(err)) != 0)
		fail_msg("%s", err);
	k = &r.item[0];
	assert_int_equal(k->param_count, 2);
	assert_string_equal(k->param[0]->key, "model");
	assert_string_equal(k->param[1]->key, "spread");
	assert_int_equal(kind_param(k, "spread", 6), 1);
	assert_int_equal(kind_param(k, "hold_ns", 7), -1);
	/* Negative control: others have it, by either key. */
	assert_int_equal(kind_param(found("first", "a"), "hold_ns", 7), 2);
	assert_int_equal(kind_param(found("first", "a"), "hold", 4), 2);
	registry_free(&r);
}

#define TOO_LONG "a_name_of_one_more_than_the_sixty_three_characters_that_there_is_"

/* Of a module with a bad kind none is there afterwards, wherever in it the bad one stands; and what
 * was there before is found as before. */
static void a_module_is_taken_whole_or_not(void **state)
{
	struct cb_kind good[2] = {kind_a, kind_a}, bad = kind_a;
	const struct cb_kind *const last[3] = {&good[0], &good[1], &bad};
	const struct cb_kind *const twice[3] = {&good[0], &good[1], &good[1]};
	const size_t before = registry.count;
	char err[300] = "";

	(void)state;
	good[0].name = "new";
	good[1].name = "newer";
	bad.name = "bad";
	bad.about = NULL;
	assert_int_equal(
	    registry_add(&registry, last, last + 3, "", "own.so", err, sizeof(err)), -EINVAL);
	assert_int_equal(
	    registry_add(&registry, twice, twice + 3, "", "own.so", err, sizeof(err)), -EEXIST);
	assert_int_equal(registry.count, before);
	assert_null(found("first", "new"));
	assert_null(found("first", "newer"));
	kinds_stand_by_family(NULL);
	/* Negative control: without the bad one they are. */
	{
		struct registry r;

		assert_int_equal(registry_create(&r, err, sizeof(err)), 0);
		assert_int_equal(
		    registry_add(&r, last, last + 2, "", "own.so", err, sizeof(err)), 0);
		assert_non_null(registry_find(&r, "first", 5, "newer", 5));
		assert_int_equal(r.count, before + 2);
		registry_free(&r);
	}
}

/* A cell's: the one kind and no other, ours or a module's, whatever is wrong with the others. */
static void one_kind_alone(void **state)
{
	static const struct {
		const char *name, *want;
	} table[] = {
	    {"first/a/model:thread/workers:2", "a"},
	    {"firsts/b", "b"},
	    {"first/mine.a/workers:2", "mine.a"},
	    {"first/mine.c", NULL},
	    {"first/min.a", NULL},
	    {"first", NULL},
	    {"first/", NULL},
	};
	struct cb_kind bad = kind_a;
	const struct cb_kind *const module[2] = {&kind_a, &bad};
	char err[300] = "";

	(void)state;
	bad.name = "bad";
	bad.about = NULL;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct registry r;

		assert_int_equal(registry_create_for(&r, table[i].name, err, sizeof(err)), 0);
		assert_int_equal(
		    registry_add(&r, module, module + 2, "mine", "own.so", err, sizeof(err)), 0);
		assert_int_equal(r.count, table[i].want ? 1 : 0);
		if (table[i].want)
			assert_string_equal(r.item[0].name, table[i].want);
		registry_free(&r);
	}
	/* Negative control: it is looked at when it is the one. */
	{
		struct registry r;

		assert_int_equal(registry_create_for(&r, "first/mine.bad", err, sizeof(err)), 0);
		assert_int_equal(
		    registry_add(&r, module, module + 2, "mine", "own.so", err, sizeof(err)),
		    -EINVAL);
		registry_free(&r);
	}
}

/* Whose declarations are looked at, one mistake each; which there are is declared_test.c's. */
static void what_is_declared_wrong_is_refused(void **state)
{
	static const struct cb_sweep typo[] = {{CB_SMOKE, "wrokers=1"}};
	const struct cb_kind *one;
	struct cb_kind bad = kind_a;
	struct registry r;
	char err[300] = "";

	(void)state;
	bad.name = "new";
	bad.about = NULL;
	one = &bad;
	assert_int_equal(
	    registry_add(&registry, &one, &one + 1, "", "own.so", err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "kind first/new: about is missing; accepted: one line of text");
	bad = kind_a;
	assert_int_equal(
	    registry_add(&registry, &one, &one + 1, "", "own.so", err, sizeof(err)), -EEXIST);
	assert_non_null(strstr(err, "kind first/a: there is one of this name already"));
	bad.name = &TOO_LONG[10];
	assert_int_equal(registry_add(&registry, &one, &one + 1, "a_prefix_that_is_too_much",
			     "own.so", err, sizeof(err)),
	    -EINVAL);
	assert_non_null(strstr(err, "prefix and name are too long; accepted: 62 characters"));
	/* What a family gives to all its kinds is looked at as well. */
	second.sweeps = typo;
	second.sweep_count = 1;
	assert_int_equal(registry_create(&r, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "kind second/*: sweep 1: 'wrokers' is not one"));
	second.sweeps = NULL;
	second.sweep_count = 0;
	assert_int_equal(registry_create(&r, err, sizeof(err)), 0);
	registry_free(&r);
}

/* Negative control: what the one above has too little or too much of. */
static void a_kind_that_fits_is_taken(void **state)
{
	static const struct cb_workload unwatched = {.op = "op", .once = once};
	static const struct cb_param own[] = {CB_PARAM("spread", CB_COUNT, "1", 0, 1, "of it")};
	struct cb_kind good[3] = {kind_a, kind_a, kind_a};
	const struct cb_kind *const all[3] = {&good[0], &good[1], &good[2]};
	char longest[] = TOO_LONG, err[300] = "";
	struct registry r = {0};

	(void)state;
	longest[KIND_NAME_MAX - 1] = '\0';
	good[0].name = longest;
	good[0].params = own;
	good[0].param_count = 1;
	/* A trial that is one call has its figures, and no operations to check. */
	good[1].name = "new";
	good[1].work = &unwatched;
	good[2].models = CB_CAN_ALL | CB_CAN(CB_CALLBACK);
	good[2].callback = &work;
	if (registry_add(&r, all, all + 3, "", "own.so", err, sizeof(err)) != 0)
		fail_msg("%s", err);
	assert_int_equal(r.count, 3);
	registry_free(&r);
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
	/* Without one they may be there already: whose they are is said. */
	assert_int_equal(
	    registry_add(&r, &one, &one + 1, "mine", "other.so", err, sizeof(err)), -EEXIST);
	assert_non_null(strstr(err, "there is one of this name already, of own.so"));
	assert_non_null(strstr(err, "PREFIX=FILE"));
	registry_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kinds_stand_by_family),
	    cmocka_unit_test(families_go_by_two_names),
	    cmocka_unit_test(broken_and_hidden_ones_are_not_listed),
	    cmocka_unit_test(every_kind_has_figures),
	    cmocka_unit_test(params_are_the_family_s_and_its_own),
	    cmocka_unit_test(what_is_declared_wrong_is_refused),
	    cmocka_unit_test(a_module_is_taken_whole_or_not),
	    cmocka_unit_test(one_kind_alone),
	    cmocka_unit_test(a_kind_that_fits_is_taken),
	    cmocka_unit_test(a_module_s_kinds_come_last_under_their_prefix),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
