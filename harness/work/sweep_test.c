/* sweep_test.c - which cases a profile has, or the user's own values make. */
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
    .title = "Of a test",
    .question = "Does it work?",
    .params = params,
    .param_count = 3,
    .sweeps = sweeps,
    .sweep_count = 4};
static const struct cb_family second = {.name = "second",
    .plural = "seconds",
    .title = "Of a test",
    .question = "Does it work?",
    .params = params,
    .param_count = 3,
    .sweeps = sweeps,
    .sweep_count = 4};
static const struct cb_param placed_params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("pus"),
    /* As many as there are PUs for, and workers. */
    {"carriers", CB_COUNT, "place", 1, 4096, "carriers", NULL, false},
    CB_PARAM_PLACE("scatter"),
};
static const struct cb_family third = {.name = "third",
    .plural = "thirds",
    .title = "Of a test",
    .question = "Does it work?",
    .params = placed_params,
    .param_count = 4};
const struct cb_family *const cb_families[] = {&first, &second, &third, NULL};

static const struct cb_workload work = {.op = "op", .batch = batch, .check = check};

#define KIND(id, of, name_, flags_, from_, models_, ...) \
	static const struct cb_kind id = {.family = of,  \
	    .name = name_,                               \
	    .about = "a kind",                           \
	    .flags = flags_,                             \
	    .from = from_,                               \
	    .version = 1,                                \
	    .models = models_,                           \
	    .not_models = "no switch",                   \
	    .work = &work,                               \
	    __VA_ARGS__};                                \
	CB_REGISTER(id)

/* Not in the order in which they have to be listed. */
KIND(kind_of_second, "second", "alone", 0, CB_SMOKE, CB_CAN_ALL, .without = "hold_ns")
KIND(kind_b, "first", "b", 0, CB_FULL, CB_CAN_OS, )
KIND(kind_z, "first", "z", CB_REFERENCE, CB_SMOKE, CB_CAN_ALL, )
KIND(kind_a, "first", "a", 0, CB_SMOKE, CB_CAN_ALL, )
KIND(kind_broken, "first", "a_broken", CB_BROKEN, CB_SMOKE, CB_CAN_ALL, )
KIND(kind_hidden, "first", "a_hidden", CB_HIDDEN, CB_SMOKE, CB_CAN_ALL, )

/* Sweeps of its own instead of the family's, which has none. */
static const struct cb_sweep placed_sweeps[] = {
    {CB_FULL, "model=thread,coroutine workers=1,2*pus place=scatter,cross,same"}};
static const struct cb_kind placed = {.family = "third",
    .name = "placed",
    .about = "a kind",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
    .sweeps = placed_sweeps,
    .sweep_count = 1};
CB_REGISTER(placed)

static struct topology *topo; /* two cores without siblings */
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

/* The names that a request gives, in that order. */
static void check_cases_on(
    const struct host *h, const struct sweep_request *q, const char *const *want)
{
	struct case_list list = {0};
	char err[400] = "";
	size_t i = 0;

	if (sweep_cases(&registry, h, q, &list, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	for (; want[i]; i++)
		if (i >= list.count || strcmp(list.item[i].name, want[i]) != 0)
			fail_msg("%zu: %s instead of %s", i,
			    i < list.count ? list.item[i].name : "nothing", want[i]);
	if (i != list.count)
		fail_msg("%s on top", list.item[i].name);
	case_list_free(&list);
}

static void check_cases(const struct sweep_request *q, const char *const *want)
{
	check_cases_on(&host, q, want);
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
	/* A larger profile has the smaller one's, and none twice; by their values, whichever sweep
	 * brought them. */
	check_cases(&(struct sweep_request){.profile = CB_QUICK, .family = &second},
	    (const char *const[]){
		T("second/alone", "1"), T("second/alone", "2"), C("second/alone", "1"), NULL});
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

static int not_three_and_held(const struct cb_case *c, char *why, size_t why_len)
{
	(void)snprintf(why, why_len, "no three, and no two that hold it");
	return c->workers == 3 || (c->workers == 2 && cb_case_value(c, "hold_ns")) ? -EINVAL : 0;
}

/* A row that is refused is one whose values the user has set: not the profile's own point that the
 * kind declines anyway. */
static void what_nobody_asked_for_is_not_listed(void **state)
{
	static const struct cb_sweep own[] = {
	    {CB_SMOKE, "model=thread workers=1,3"}, {CB_SMOKE, "model=thread hold_ns=5 workers=2"}};
	static const struct cb_kind picky = {.family = "first",
	    .name = "picky",
	    .about = "a kind",
	    .from = CB_SMOKE,
	    .version = 1,
	    .models = CB_CAN_ALL,
	    .work = &work,
	    .sweeps = own,
	    .sweep_count = 2,
	    .can = not_three_and_held};
	static const struct cb_kind *const table[] = {&picky};
	static const struct {
		const char *set;
		size_t cases, declined;
	} rows[] = {
	    /* One worker, held 7 ns; not three, whatever they hold, nor two. */
	    {"hold=7", 1, 0},
	    /* One of these is asked for. */
	    {"workers=1,3", 3, 1},
	    {"model=thread,process", 2, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sweep_set set;
		struct registry r;
		struct case_list list = {0};
		size_t declined = 0;
		char err[400] = "";

		memset(&r, 0, sizeof(r));
		assert_int_equal(
		    registry_add(&r, table, table + 1, "", "own", err, sizeof(err)), 0);
		assert_int_equal(sweep_set_parse(rows[i].set, &set, err, sizeof(err)), 0);
		assert_int_equal(sweep_cases(&r, &host,
				     &(struct sweep_request){.profile = CB_SMOKE,
					 .family = &first,
					 .kind = "picky",
					 .set = &set,
					 .sets = 1},
				     &list, err, sizeof(err)),
		    0);
		for (size_t c = 0; c < list.count; c++)
			declined += list.item[c].declined;
		if (list.count != rows[i].cases || declined != rows[i].declined)
			fail_msg("%s: %zu cases, %zu of them declined", rows[i].set, list.count,
			    declined);
		case_list_free(&list);
		registry_free(&r);
	}
}

/* Typed twice, the later one counts. */
static void the_last_word_counts(void **state)
{
	struct sweep_set set[2];
	char err[400];

	(void)state;
	assert_int_equal(sweep_set_parse("workers=1,2", &set[0], err, sizeof(err)), 0);
	assert_int_equal(sweep_set_parse("workers=7", &set[1], err, sizeof(err)), 0);
	check_cases(
	    &(struct sweep_request){.profile = CB_SMOKE, .family = &second, .set = set, .sets = 2},
	    (const char *const[]){T("second/alone", "7"), C("second/alone", "7"), NULL});
}

/* A family without its kind named: those that cannot are left out, unless that leaves nobody. */
static void a_value_that_nobody_can_do_is_a_mistake(void **state)
{
	struct sweep_set set;
	struct case_list list = {0};
	struct sweep_request q = {.profile = CB_FULL, .family = &first, .set = &set, .sets = 1};
	char err[400] = "";

	(void)state;
	assert_int_equal(sweep_set_parse("model=callback", &set, err, sizeof(err)), 0);
	assert_int_equal(sweep_cases(&registry, &host, &q, &list, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "first/z/model:callback/workers:1/hold_ns:0"));
	assert_non_null(strstr(err, "it has no hand-written callbacks"));
	assert_int_equal(list.count, 0);
	/* Negative control: some of them can. */
	assert_int_equal(sweep_set_parse("model=coroutine", &set, err, sizeof(err)), 0);
	assert_int_equal(sweep_cases(&registry, &host, &q, &list, err, sizeof(err)), 0);
	assert_true(list.count > 0);
	for (size_t i = 0; i < list.count; i++)
		assert_string_not_equal(list.item[i].kind->name, "b");
	case_list_free(&list);
}

/* Those that a list has already stand in it once. */
static void lists_go_on_without_doubles(void **state)
{
	struct case_list list = {0};
	struct sweep_request q = {.profile = CB_SMOKE, .family = &second};
	struct bench_case bc;
	char err[400], name[64];

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "second/alone/workers:%u", i + 1);
		assert_int_equal(
		    case_parse(&registry, &host, name, &bc, NULL, err, sizeof(err)), 0);
		assert_int_equal(case_list_add(&list, &bc), 0);
	}
	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), T("second/alone", "%u"), i + 1);
		assert_ptr_equal(case_list_find(&list, name), &list.item[i]);
	}
	assert_null(case_list_find(&list, T("second/alone", "301")));
	assert_null(case_list_find(&list, ""));
	/* One of the two is in it. */
	assert_int_equal(sweep_cases(&registry, &host, &q, &list, err, sizeof(err)), 0);
	assert_int_equal(list.count, 301);
	assert_string_equal(list.item[300].name, C("second/alone", "1"));
	case_list_free(&list);
	assert_null(case_list_find(&list, T("second/alone", "1")));
}

#define P(model, rest) "third/placed/model:" model "/workers:" rest

static void a_big_machine_has_bigger_cases(void **state)
{
	const struct sweep_request q = {.profile = CB_FULL, .family = &third};
	struct topology *big;
	struct case_list list = {0};
	struct host h;
	char err[400];

	(void)state;
	assert_int_equal(
	    topology_synthetic("pack:2 numa:1 l3:8 core:8 pu:2", NULL, &big, err, sizeof(err)), 0);
	h = (struct host){.topology = big, .pus = 256, .max_workers = 1000};
	check_cases_on(&h, &q,
	    (const char *const[]){P("thread", "1/place:cross"), P("thread", "1/place:same"),
		P("thread", "1/place:scatter"), P("thread", "512/place:cross"),
		P("thread", "512/place:same"), P("thread", "512/place:scatter"),
		/* A carrier for each PU that the placement has, and no more than workers. */
		P("coroutine", "1/carriers:1/place:cross"),
		P("coroutine", "1/carriers:1/place:same"),
		P("coroutine", "1/carriers:1/place:scatter"),
		P("coroutine", "512/carriers:1/place:same"),
		P("coroutine", "512/carriers:256/place:cross"),
		P("coroutine", "512/carriers:256/place:scatter"), NULL});
	assert_int_equal(sweep_cases(&registry, &h, &q, &list, err, sizeof(err)), 0);
	for (size_t i = 0; i < list.count; i++)
		assert_string_equal(list.item[i].unsupported, "");
	case_list_free(&list);
	/* What a small one cannot offer stands in the list, with the reason. */
	assert_int_equal(sweep_cases(&registry, &host, &q, &list, err, sizeof(err)), 0);
	assert_int_equal(list.count, 12);
	for (size_t i = 0; i < list.count; i++) {
		assert_false(list.item[i].declined);
		assert_int_equal(!!strstr(list.item[i].unsupported, "cross:"),
		    !!strstr(list.item[i].name, "place:cross"));
	}
	case_list_free(&list);
	topology_free(big);
}

/* The machine says how many pairs there are. One PU has none, and whoever asks is told. */
static void pairs_are_the_machine_s(void **state)
{
	struct sweep_set set[2];
	const struct sweep_request q = {
	    .profile = CB_FULL, .family = &third, .set = set, .sets = 2};
	struct topology *many, *one;
	struct case_list list = {0};
	struct host h;
	char err[400];

	(void)state;
	assert_int_equal(sweep_set_parse("place=pairs", &set[0], err, sizeof(err)), 0);
	assert_int_equal(sweep_set_parse("model=thread", &set[1], err, sizeof(err)), 0);
	assert_int_equal(topology_synthetic("core:12 pu:1", NULL, &many, err, sizeof(err)), 0);
	h = (struct host){.topology = many, .pus = 12, .max_workers = 1000};
	assert_int_equal(sweep_cases(&registry, &h, &q, &list, err, sizeof(err)), 0);
	assert_int_equal(list.count, 2 * 66);
	for (size_t i = 0; i < list.count; i++)
		assert_string_equal(list.item[i].unsupported, "");
	/* By their numbers. */
	assert_string_equal(list.item[0].name, P("thread", "1/place:pair:0-1"));
	assert_string_equal(list.item[1].name, P("thread", "1/place:pair:0-2"));
	assert_string_equal(list.item[9].name, P("thread", "1/place:pair:0-10"));
	case_list_free(&list);
	topology_free(many);
	assert_int_equal(topology_synthetic("core:1 pu:1", NULL, &one, err, sizeof(err)), 0);
	h = (struct host){.topology = one, .pus = 1, .max_workers = 1000};
	assert_int_equal(sweep_cases(&registry, &h, &q, &list, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "place=pairs: the one usable PU here has no other beside it"));
	topology_free(one);
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
	    {"hold_ns=1us,2ks", "hold_ns: '2ks'", "such as 500ns"},
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
	/* Of all families; each key is said once, and of those only that the profile has. */
	for (enum cb_profile p = CB_QUICK; p <= CB_FULL; p++) {
		struct sweep_set set;
		struct case_list list = {0};

		assert_int_equal(sweep_set_parse("colour=red", &set, err, sizeof(err)), 0);
		assert_int_equal(sweep_cases(&registry, &host,
				     &(struct sweep_request){.profile = p, .set = &set, .sets = 1},
				     &list, err, sizeof(err)),
		    -EINVAL);
		assert_string_equal(err,
		    p == CB_QUICK
			? "'colour' is not a parameter; accepted: model workers hold_ns"
			: "'colour' is not a parameter; accepted: model workers hold_ns carriers "
			  "place");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sweep_set set;

		assert_int_equal(sweep_set_parse(bad[i], &set, err, sizeof(err)), -EINVAL);
		assert_non_null(strstr(err, "KEY=VALUE"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(profiles_are_products),
	    cmocka_unit_test(users_values_replace_the_profile_s),
	    cmocka_unit_test(what_nobody_asked_for_is_not_listed),
	    cmocka_unit_test(the_last_word_counts),
	    cmocka_unit_test(a_value_that_nobody_can_do_is_a_mistake),
	    cmocka_unit_test(lists_go_on_without_doubles),
	    cmocka_unit_test(a_big_machine_has_bigger_cases),
	    cmocka_unit_test(pairs_are_the_machine_s),
	    cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
