/* bench_case_test.c - cases from names and from values: what is refused, unsupported, and the hash.
 */
#include "harness/work/bench_case.h"

#include "harness/work/sweep.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
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
    CB_PARAM_WORKERS("2"),
    CB_PARAM_CARRIERS,
    CB_PARAM_PLACE("none"),
    CB_PARAM("hold_ns", CB_NS, "0", 0, 1000000000, "held"),
    CB_PARAM("bytes", CB_BYTES, "64", 1, 1 << 20, "of an item"),
    CB_PARAM_SPARSE("locks", CB_COUNT, "1", 1, 1000, "to choose from"),
};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (cb_case_value(c, "bytes") != 13)
		return 0;
	(void)snprintf(why, why_len, "unlucky");
	return -EINVAL;
}

static const struct cb_family family = {.name = "first",
    .plural = "firsts",
    .title = "Of a test",
    .question = "Does it work?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .can = can};
/* What its workers and its windows are follows from something else. */
static const struct cb_param derived_params[] = {
    CB_PARAM_MODEL,
    CB_PARAM("pairs", CB_COUNT, "pus", 1, 1000, "of workers"),
    /* As many as there are PUs for, and workers. */
    {"carriers", CB_COUNT, "place", 1, 4096, "carriers", NULL, false},
    CB_PARAM_PLACE("scatter"),
};

static unsigned pairs(const struct cb_case *c)
{
	return 2 * (unsigned)cb_case_value(c, "pairs");
}

static uint64_t by_pairs(const struct cb_case *c)
{
	return (uint64_t)cb_case_value(c, "pairs") * 1000;
}

static const struct cb_family derived = {.name = "second",
    .plural = "seconds",
    .title = "Of a test",
    .question = "Does it work?",
    .params = derived_params,
    .param_count = 4,
    .workers = pairs,
    .window_ns = by_pairs};
const struct cb_family *const cb_families[] = {&family, &derived, NULL};

static const struct cb_workload work = {.op = "op", .batch = batch, .check = check};
static const struct cb_figure figures[] = {
    {"ns_per_op", "time", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"peak_bytes", "memory", "bytes", CB_RATIO, CB_LESS, 0.0, NULL},
};
static const struct cb_kind one = {.family = "first",
    .name = "one",
    .about = "all",
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
    .figures = figures,
    .figure_count = 2};
static const struct cb_kind os_only = {.family = "first",
    .name = "os_only",
    .about = "threads and processes",
    .version = 1,
    .models = CB_CAN_OS,
    .not_models = "nobody to switch to",
    .without = "hold_ns locks",
    .work = &work};
static const struct cb_kind switched_to = {.family = "first",
    .name = "switched_to",
    .about = "coroutines alone",
    .version = 1,
    .models = CB_CAN(CB_COROUTINE),
    .not_models = "nobody to switch to",
    .work = &work};
static const struct cb_kind paired = {.family = "second",
    .name = "paired",
    .about = "two by two, or one by callbacks",
    .version = 1,
    .models = CB_CAN_ALL | CB_CAN(CB_CALLBACK),
    .work = &work,
    .callback = &work};

static unsigned three(const struct cb_case *c)
{
	(void)c;
	return 3;
}

static uint64_t seven_us(const struct cb_case *c)
{
	return c->workers == 3 ? 7000 : 0;
}

static const struct cb_kind in_threes = {.family = "second",
    .name = "in_threes",
    .about = "its own number comes first",
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
    .workers = three,
    .window_ns = seven_us};

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	(void)metrics;
	return check(env, why, why_len);
}

static const struct cb_workload grow_once = {.op = "growth", .once = once};
static const struct cb_kind windowless = {.family = "first",
    .name = "windowless",
    .about = "a trial is one call",
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &grow_once};
CB_REGISTER(one)
CB_REGISTER(os_only)
CB_REGISTER(switched_to)
CB_REGISTER(paired)
CB_REGISTER(in_threes)
CB_REGISTER(windowless)

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
	host =
	    (struct host){.topology = topo, .pus = 2, .max_workers = 100, .max_workers_by = "me"};
	return 0;
}

static int release(void **state)
{
	(void)state;
	registry_free(&registry);
	topology_free(topo);
	return 0;
}

static struct bench_case parsed(const char *name, int *figure)
{
	struct bench_case bc;
	char err[400] = "";

	if (case_parse(&registry, &host, name, &bc, figure, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	return bc;
}

static void names_say_everything(void **state)
{
	static const struct {
		const char *typed, *name;
	} table[] = {
	    {"first/one", "first/one/model:thread/workers:2/place:none/hold_ns:0/bytes:64"},
	    /* By the plural; with units; what is left out in the middle. */
	    {"firsts/one/hold:2us",
		"first/one/model:thread/workers:2/place:none/hold_ns:2000/bytes:64"},
	    {"first/one/workers:2*pus/bytes:1KiB",
		"first/one/model:thread/workers:4/place:none/hold_ns:0/bytes:1024"},
	    /* Carriers are said where there are any, and a sparse one where it is not at its base.
	     */
	    {"first/one/model:coroutine/workers:9",
		"first/one/model:coroutine/workers:9/carriers:1/place:none/hold_ns:0/bytes:64"},
	    {"first/one/locks:1", "first/one/model:thread/workers:2/place:none/hold_ns:0/bytes:64"},
	    {"first/one/locks:2",
		"first/one/model:thread/workers:2/place:none/hold_ns:0/bytes:64/locks:2"},
	    {"first/os_only", "first/os_only/model:thread/workers:2/place:none/bytes:64"},
	    /* It has no threads. */
	    {"first/switched_to", "first/switched_to/model:coroutine/workers:2/carriers:1/"
				  "place:none/hold_ns:0/bytes:64"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct bench_case bc = parsed(table[i].typed, NULL);
		struct bench_case again;

		assert_string_equal(bc.name, table[i].name);
		assert_string_equal(bc.unsupported, "");
		/* A name is a program: it makes the same case again. */
		again = parsed(bc.name, NULL);
		assert_string_equal(again.name, bc.name);
		assert_int_equal(again.pub.workers, bc.pub.workers);
	}
}

static void a_bad_part_is_named(void **state)
{
	static const struct {
		const char *typed;
		int ret;
		const char *said, *accepted;
	} table[] = {
	    {"third/one", -ENOENT, "no family 'third'", "first second"},
	    {"", -ENOENT, "no family", "first"},
	    {"first/three", -ENOENT, "no first 'three'", "one os_only switched_to windowless"},
	    {"first", -ENOENT, "no first ''", "one os_only"},
	    {"first/one/hold", -EINVAL, "part 'hold' is not a parameter of first/one", "hold_ns"},
	    {"first/one/colour:red", -EINVAL, "'colour:red'", "model, workers"},
	    {"first/os_only/hold_ns:1", -EINVAL, "'hold_ns:1' is not a parameter", "bytes"},
	    {"first/one/bytes:64/workers:2", -EINVAL, "'workers:2' is out of order",
		"in this order, model, workers"},
	    {"first/one/workers:2/workers:2", -EINVAL, "part 'workers:2' is the second of its key",
		"each once"},
	    {"first/one/workers:2/place:same/workers:2", -EINVAL, "is the second of its key",
		"each once"},
	    {"first/one/workers:many", -EINVAL, "workers: 'many' is not a value", "2*pus"},
	    {"first/one/workers:0", -ERANGE, "workers: '0' is out of range", "1 to 1000000"},
	    {"first/one/hold_ns:9999999999", -ERANGE, "out of range", "0ns to 1s"},
	    {"first/one/model:fibre", -EINVAL, "model: 'fibre'", "thread process coroutine"},
	    {"first/one/place:moon", -EINVAL, "moon", "scatter"},
	    {"first/one/figure:weight", -EINVAL, "figure 'weight'", "ns_per_op peak_bytes"},
	    {"first/one/figure:ns_per_op/bytes:8", -EINVAL, "'figure:ns_per_op'", "bytes"},
	    {"first/one/", -EINVAL, "part ''", "model"},
	    {"first/one//bytes:8", -EINVAL, "part ''", "model"},
	    {"first/one/carriers:2", -EINVAL, "part 'carriers' means nothing with model:thread",
		"with model:coroutine"},
	    {"first/one/model:process/workers:4/carriers:1", -EINVAL, "model:process",
		"with model:coroutine"},
	    {"first/one/carriers:place", -EINVAL, "carriers: 'place' is not a value", "such as 8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct bench_case bc;
		char err[400] = "";

		const int ret =
		    case_parse(&registry, &host, table[i].typed, &bc, NULL, err, sizeof(err));

		if (ret != table[i].ret || !strstr(err, table[i].said) ||
		    !strstr(err, table[i].accepted))
			fail_msg("%s: %d %s", table[i].typed, ret, err);
	}
}

static void a_name_may_ask_for_one_figure(void **state)
{
	int figure = 9;

	(void)state;
	(void)parsed("first/one", &figure);
	assert_int_equal(figure, -1);
	(void)parsed("first/one/bytes:8/figure:peak_bytes", &figure);
	assert_int_equal(figure, 1);
	/* A kind that says nothing gives time per operation. */
	(void)parsed("first/os_only/figure:ns_per_op", &figure);
	assert_int_equal(figure, 0);
}

static void what_cannot_run_says_why(void **state)
{
	static const struct {
		const char *name, *reason; /* part of it; "" when it can run */
		bool declined;
	} table[] = {
	    {"first/one/workers:2/place:compact", "", false},
	    {"first/one/workers:2/place:smt", "smt", false},
	    {"first/one/workers:100", "", false},
	    {"first/one/workers:101", "101 workers: limits here allow 100 (me)", false},
	    {"first/one/model:process/workers:101", "100", false},
	    /* Coroutines are not the kernel's tasks. */
	    {"first/one/model:coroutine/workers:10000", "", false},
	    {"first/one/model:coroutine/workers:2/carriers:3", "3 carriers are more than 2 workers",
		true},
	    /* The kind's own reasons: other values could, on this very machine. */
	    {"first/os_only/model:coroutine", "nobody to switch to", true},
	    {"first/one/model:callback", "no hand-written callbacks", true},
	    {"first/one/bytes:13", "unlucky", true},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct bench_case bc = parsed(table[i].name, NULL);

		if ((table[i].reason[0] ? !strstr(bc.unsupported, table[i].reason)
					: bc.unsupported[0] != '\0') ||
		    bc.declined != table[i].declined)
			fail_msg("%s: '%s'", table[i].name, bc.unsupported);
	}
}

/* Every name that is made makes the same case again, whatever its values. */
static void names_and_cases_are_one(void **state)
{
	struct sweep_set set[6];
	static const char *const typed[6] = {"model=thread,process,coroutine,callback",
	    "workers=1,pus,100", "carriers=1,2", "place=none,same,cross,list:1,0,list:0",
	    "bytes=1,13,1KiB", "locks=1,8"};
	const struct sweep_request q = {.profile = CB_QUICK, .kind = "one", .set = set, .sets = 6};
	static const struct cb_sweep all = {CB_QUICK, "hold_ns=0,1us"};
	struct cb_kind swept = one;
	const struct cb_kind *const first = &swept;
	struct registry r = {0};
	struct case_list list = {0};
	char err[400] = "";

	(void)state;
	swept.sweeps = &all;
	swept.sweep_count = 1;
	assert_int_equal(registry_add(&r, &first, &first + 1, "", NULL, err, sizeof(err)), 0);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(sweep_set_parse(typed[i], &set[i], err, sizeof(err)), 0);
	if (sweep_cases(&r, &host, &q, &list, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	/* Two carriers differ from one where there are any. */
	assert_int_equal(list.count, (3 * 1 + 1 * 2) * 3 * 5 * 3 * 2 * 2);
	for (size_t i = 0; i < list.count; i++) {
		const struct bench_case *bc = &list.item[i];
		struct bench_case again;
		char hash[17], hash_again[17];

		if (case_parse(&r, &host, bc->name, &again, NULL, err, sizeof(err)) != 0)
			fail_msg("%s: %s", bc->name, err);
		assert_string_equal(again.name, bc->name);
		assert_memory_equal(&again.pub, &bc->pub, sizeof(bc->pub));
		assert_string_equal(again.place.text, bc->place.text);
		assert_string_equal(again.unsupported, bc->unsupported);
		assert_int_equal(again.declined, bc->declined);
		assert_int_equal(again.window_ns, bc->window_ns);
		case_hash(bc, hash);
		case_hash(&again, hash_again);
		assert_string_equal(hash, hash_again);
		/* Negative control: its neighbour's is another. */
		case_hash(&list.item[i ? i - 1 : 1], hash_again);
		assert_string_not_equal(hash, hash_again);
	}
	case_list_free(&list);
	registry_free(&r);
}

static void kinds_see_their_values(void **state)
{
	const struct bench_case bc =
	    parsed("first/one/model:coroutine/workers:9/carriers:2/place:same/hold:2us", NULL);
	const struct bench_case other = parsed("first/one/workers:9", NULL);

	(void)state;
	assert_ptr_equal(bc.pub.kind, &one);
	assert_int_equal(bc.pub.model, CB_COROUTINE);
	assert_int_equal(bc.pub.workers, 9);
	assert_int_equal(bc.pub.carriers, 2);
	assert_string_equal(cb_case_name(&bc.pub), bc.name);
	assert_int_equal(cb_case_value(&bc.pub, "hold_ns"), 2000);
	assert_int_equal(cb_case_value(&bc.pub, "hold"), 2000);
	assert_int_equal(cb_case_value(&bc.pub, "bytes"), 64);
	assert_int_equal(cb_case_value(&bc.pub, "locks"), 1);
	assert_int_equal(cb_case_value(&bc.pub, "model"), CB_COROUTINE);
	assert_true(cb_case_on_one_pu(&bc.pub));
	assert_int_equal(case_units(&bc), 2);
	assert_false(cb_case_on_one_pu(&other.pub));
	assert_int_equal(other.pub.carriers, 0);
	assert_int_equal(case_units(&other), 9);
}

/* Of numbers that depend on others, and on the machine. */
static void what_follows_is_worked_out(void **state)
{
	static const struct {
		const char *typed, *name;
		unsigned workers, carriers, units;
		uint64_t window_ns;
	} table[] = {
	    {"second/paired", "second/paired/model:thread/pairs:2/place:scatter", 4, 0, 4, 2000},
	    {"second/paired/model:coroutine",
		"second/paired/model:coroutine/pairs:2/carriers:2/place:scatter", 4, 2, 2, 2000},
	    {"second/paired/model:coroutine/place:same",
		"second/paired/model:coroutine/pairs:2/carriers:1/place:same", 4, 1, 1, 2000},
	    {"second/paired/model:coroutine/pairs:5/carriers:4",
		"second/paired/model:coroutine/pairs:5/carriers:4/place:scatter", 10, 4, 4, 5000},
	    /* One thread serves all. */
	    {"second/paired/model:callback/pairs:5",
		"second/paired/model:callback/pairs:5/place:scatter", 1, 0, 1, 5000},
	    /* A kind's own functions come first; what its window leaves open is the family's. */
	    {"second/in_threes/model:coroutine",
		"second/in_threes/model:coroutine/pairs:2/carriers:2/place:scatter", 3, 2, 2, 7000},
	    {"first/windowless/workers:2",
		"first/windowless/model:thread/workers:2/place:none/hold_ns:0/bytes:64", 2, 0, 0,
		0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct bench_case bc = parsed(table[i].typed, NULL);

		assert_string_equal(bc.name, table[i].name);
		assert_string_equal(bc.unsupported, "");
		assert_int_equal(bc.pub.workers, table[i].workers);
		assert_int_equal(bc.pub.carriers, table[i].carriers);
		assert_int_equal(case_units(&bc), table[i].units);
		assert_int_equal(bc.window_ns, table[i].window_ns);
		/* With what was worked out in it, it says the same on a machine of any size. */
		assert_string_equal(parsed(bc.name, NULL).name, bc.name);
	}
}

/* Cut off, the first would be a list that this machine has. */
static void a_value_must_fit(void **state)
{
	struct bench_case bc;
	char name[2 * CASE_NAME_MAX], err[400];

	(void)state;
	for (unsigned extra = 0; extra < 4; extra++) {
		int used = snprintf(name, sizeof(name), "first/os_only/place:list:");

		for (int at = 5; at < PLACEMENT_TEXT_MAX + (int)extra; at++)
			used += snprintf(
			    name + used, sizeof(name) - (size_t)used, "%c", at % 2 ? '0' : ',');
		assert_int_equal(
		    case_parse(&registry, &host, name, &bc, NULL, err, sizeof(err)), -EINVAL);
		assert_non_null(strstr(err, "place: 'list:0,0,"));
		assert_non_null(strstr(err, "is longer than 127 characters"));
	}
	/* Negative control: one less fits. */
	name[strlen("first/os_only/place:") + PLACEMENT_TEXT_MAX - 2] = '\0';
	if (case_parse(&registry, &host, name, &bc, NULL, err, sizeof(err)) != 0)
		fail_msg("%s", err);
}

static void names_must_fit(void **state)
{
	struct bench_case bc;
	char name[2 * CASE_NAME_MAX], err[400] = "";
	int used = snprintf(name, sizeof(name), "first/one/place:list:");

	(void)state;
	while (used < CASE_NAME_MAX)
		used += snprintf(name + used, sizeof(name) - (size_t)used, "0,1,");
	(void)snprintf(name + used, sizeof(name) - (size_t)used, "0");
	assert_int_equal(case_parse(&registry, &host, name, &bc, NULL, err, sizeof(err)), -EINVAL);
	assert_true(err[0]);
}

/* Each must give a hash that no other has: that is what tells two definitions apart. */
static void every_value_is_in_the_hash(void **state)
{
	static const char *const all[] = {"first/one", "first/one/model:process",
	    "first/one/model:coroutine", "first/one/model:coroutine/carriers:2",
	    "first/one/workers:3", "first/one/place:same", "first/one/hold:1", "first/one/bytes:65",
	    "first/one/locks:2", "first/os_only"};
	static const char *const same[][2] = {
	    /* A parameter that is added later renames nothing. */
	    {"first/one", "first/one/locks:1"},
	    {"firsts/one/workers:pus", "first/one/workers:2"},
	};
	char hash[10][17], a[17], b[17];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		const struct bench_case bc = parsed(all[i], NULL);

		case_hash(&bc, hash[i]);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(hash[i], hash[j]) == 0)
				fail_msg("%s and %s have the same hash", all[i], all[j]);
	}
	for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		const struct bench_case one_way = parsed(same[i][0], NULL),
					another = parsed(same[i][1], NULL);

		case_hash(&one_way, a);
		case_hash(&another, b);
		assert_string_equal(a, b);
	}
}

/* The same kind from two files, under two prefixes, is the same measurement. */
static void the_hash_knows_no_module(void **state)
{
	const struct cb_kind *const first = &one;
	struct bench_case ours = parsed("first/one/bytes:8", NULL), loaded;
	struct registry r;
	char a[17], b[17], err[400] = "";

	(void)state;
	assert_int_equal(registry_create(&r, err, sizeof(err)), 0);
	assert_int_equal(
	    registry_add(&r, &first, &first + 1, "mine", "own.so", err, sizeof(err)), 0);
	assert_int_equal(
	    case_parse(&r, &host, "first/mine.one/bytes:8", &loaded, NULL, err, sizeof(err)), 0);
	assert_string_not_equal(loaded.name, ours.name);
	case_hash(&ours, a);
	case_hash(&loaded, b);
	assert_string_equal(a, b);
	registry_free(&r);
}

/* What a kind of somebody else's does to whoever asks it. */
static unsigned misbehaving_workers(const struct cb_case *c)
{
	switch (cb_case_value(c, "hold_ns")) {
	case 3:
		(void)raise(SIGKILL);
		break;
	case 4:
		exit(7);
	default:
		break;
	}
	return 5;
}

static bool misbehaving_depends(const struct cb_case *c, char *name, size_t len)
{
	if (cb_case_value(c, "hold_ns") == 6)
		(void)raise(SIGKILL);
	(void)snprintf(name, len, "first/one");
	return cb_case_value(c, "hold_ns") == 1;
}

/* Each costs the case that it was asked about, wherever in a list that stands. */
static void a_loaded_kind_is_asked_apart(void **state)
{
	static const struct {
		enum case_status status;
		unsigned workers;
		const char *why, *depends;
	} want[] = {
	    {STATUS_NOT_RUN, 5, "", ""},
	    {STATUS_NOT_RUN, 5, "", "first/one"},
	    {STATUS_UNSUPPORTED, 5, "unlucky", ""},
	    {STATUS_CRASHED, 2, "workers() crashed: killed by signal 9 (Killed)", ""},
	    {STATUS_CRASHED, 2, "workers() ended the program: exited with status 7", ""},
	    {STATUS_NOT_RUN, 5, "", ""},
	    {STATUS_CRASHED, 2, "depends() crashed: killed by signal 9 (Killed)", ""},
	};
	enum { CASES = sizeof(want) / sizeof(want[0]) };
	struct cb_kind bad = one;
	const struct cb_kind *const first = &bad;
	static struct param_value value[CASES][CASE_PARAMS_MAX];
	static struct bench_case made[CASES];
	struct registry r = {0};
	const struct kind *k;
	char err[400] = "";

	(void)state;
	bad.workers = misbehaving_workers;
	bad.depends = misbehaving_depends;
	assert_int_equal(registry_add(&r, &first, &first + 1, "", "own.so", err, sizeof(err)), 0);
	k = &r.item[0];
	assert_true(k->apart);
	for (unsigned i = 0; i < CASES; i++) {
		assert_int_equal(case_base(k, &host, value[i], err, sizeof(err)), 0);
		value[i][kind_param(k, "hold_ns", 7)].n = i;
		if (i == 2)
			value[i][kind_param(k, "bytes", 5)].n = 13;
	}
	assert_int_equal(case_build_all(k, &host, &value[0][0], CASES, made), 0);
	for (unsigned i = 0; i < CASES; i++) {
		char part[32];

		(void)snprintf(part, sizeof(part), "/hold_ns:%u/", i);
		assert_non_null(strstr(made[i].name, part));
		assert_int_equal(made[i].status, want[i].status);
		assert_string_equal(made[i].unsupported, want[i].why);
		assert_string_equal(made[i].depends, want[i].depends);
		assert_int_equal(made[i].pub.workers, want[i].workers);
		assert_ptr_equal(made[i].kind, k);
	}
	/* By its name, too. */
	{
		struct bench_case bc;

		assert_int_equal(
		    case_parse(&r, &host, "first/one/hold_ns:3", &bc, NULL, err, sizeof(err)), 0);
		assert_int_equal(bc.status, STATUS_CRASHED);
	}
	registry_free(&r);
	/* Negative control: a cell's asks in its own process, which may end with it. */
	assert_int_equal(registry_create_for(&r, "first/mine.one", err, sizeof(err)), 0);
	assert_int_equal(
	    registry_add(&r, &first, &first + 1, "mine", "own.so", err, sizeof(err)), 0);
	assert_false(r.item[0].apart);
	registry_free(&r);
}

static void every_part_of_the_work_is_in_the_hash(void **state)
{
	const struct cb_workload loads[] = {{.op = "ab"}, {.op = "abc"},
	    {.op = "ab", .latency_of = "c"}, {.op = "a", .latency_of = "bc"}};
	struct cb_kind self[8];
	struct kind kind[8];
	struct bench_case bc[10];
	char hash[10][17], again[17];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		self[i] = one;
		self[i].work = &loads[i < 4 ? i : 0];
		kind[i] = (struct kind){.family = &family, .self = &self[i], .name = "one"};
	}
	self[4].version = 2;
	self[5].name = "other";
	for (unsigned i = 0; i < 10; i++) {
		bc[i] = (struct bench_case){.kind = &kind[i < 8 ? i : 0]};
		(void)snprintf(bc[i].name, sizeof(bc[i].name), "first/one/name");
	}
	(void)snprintf(bc[6].name, sizeof(bc[6].name), "first/one/names");
	/* Where a name ends and the operation begins. */
	self[7].work = &(const struct cb_workload){.op = "b"};
	(void)snprintf(bc[7].name, sizeof(bc[7].name), "first/one/namea");
	(void)snprintf(bc[8].name, sizeof(bc[8].name), "first/one");
	(void)snprintf(bc[9].name, sizeof(bc[9].name), "first/one/");
	for (unsigned i = 0; i < 10; i++) {
		case_hash(&bc[i], hash[i]);
		assert_int_equal(strspn(hash[i], "0123456789abcdef"), 16);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(hash[i], hash[j]) == 0)
				fail_msg("%u and %u have the same hash", i, j);
	}
	/* Negative control: what does not define the work is not in it: a reason, and the prefix
	 * of the module it came from. */
	(void)snprintf(bc[0].unsupported, sizeof(bc[0].unsupported), "not here");
	(void)snprintf(bc[0].name, sizeof(bc[0].name), "first/mine.one/name");
	case_hash(&bc[0], again);
	assert_string_equal(again, hash[0]);
}

static void more_workers_than_pus_get_a_longer_window(void **state)
{
	const uint64_t fits = parsed("first/one/workers:2", NULL).window_ns;

	(void)state;
	assert_true(fits > 0);
	assert_true(parsed("first/one/workers:3", NULL).window_ns > fits);
	/* Coroutines are compared with them. */
	assert_int_equal(parsed("first/one/model:coroutine/workers:3", NULL).window_ns,
	    parsed("first/one/workers:3", NULL).window_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_say_everything),
	    cmocka_unit_test(a_bad_part_is_named),
	    cmocka_unit_test(a_name_may_ask_for_one_figure),
	    cmocka_unit_test(what_cannot_run_says_why),
	    cmocka_unit_test(names_and_cases_are_one),
	    cmocka_unit_test(kinds_see_their_values),
	    cmocka_unit_test(what_follows_is_worked_out),
	    cmocka_unit_test(a_value_must_fit),
	    cmocka_unit_test(names_must_fit),
	    cmocka_unit_test(every_value_is_in_the_hash),
	    cmocka_unit_test(the_hash_knows_no_module),
	    cmocka_unit_test(a_loaded_kind_is_asked_apart),
	    cmocka_unit_test(every_part_of_the_work_is_in_the_hash),
	    cmocka_unit_test(more_workers_than_pus_get_a_longer_window),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
