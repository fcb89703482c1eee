/* bench_case_test.c - cases from names and from values: what is refused, unsupported, and the hash.
 */
#include "harness/work/bench_case.h"

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
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .can = can};
const struct cb_family *const cb_families[] = {&family, NULL};

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
CB_REGISTER(one)
CB_REGISTER(os_only)

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
	    {"second/one", -ENOENT, "no family 'second'", "first"},
	    {"", -ENOENT, "no family", "first"},
	    {"first/three", -ENOENT, "no first 'three'", "one os_only"},
	    {"first", -ENOENT, "no first ''", "one os_only"},
	    {"first/one/hold", -EINVAL, "part 'hold' is not a parameter of first/one", "hold_ns"},
	    {"first/one/colour:red", -EINVAL, "'colour:red'", "model, workers"},
	    {"first/os_only/hold_ns:1", -EINVAL, "'hold_ns:1' is not a parameter", "bytes"},
	    {"first/one/bytes:64/workers:2", -EINVAL, "'workers:2' is there twice or out of order",
		"workers"},
	    {"first/one/workers:2/workers:2", -EINVAL, "twice", "workers"},
	    {"first/one/workers:many", -EINVAL, "workers: 'many' is not a value", "2*pus"},
	    {"first/one/workers:0", -ERANGE, "workers: '0' is out of range", "1 to 1000000"},
	    {"first/one/hold_ns:9999999999", -ERANGE, "out of range", "0 to 1000000000"},
	    {"first/one/model:fibre", -EINVAL, "model: 'fibre'", "thread process coroutine"},
	    {"first/one/place:moon", -EINVAL, "moon", "scatter"},
	    {"first/one/figure:weight", -EINVAL, "figure 'weight'", "ns_per_op peak_bytes"},
	    {"first/one/", -EINVAL, "part ''", "model"},
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
	    cmocka_unit_test(names_must_fit),
	    cmocka_unit_test(every_part_of_the_work_is_in_the_hash),
	    cmocka_unit_test(more_workers_than_pus_get_a_longer_window),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
