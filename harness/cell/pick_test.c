/* pick_test.c - which cases of a catalogue a budget is spent on. On a machine of two cores. */
#include "harness/cell/pick.h"

#include "harness/base/clock.h"
#include "harness/cell/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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
    CB_PARAM_WORKERS("pus"),
    {"carriers", CB_COUNT, "place", 1, 4096, "carriers", NULL, false},
    CB_PARAM_PLACE("none"),
    CB_PARAM("hold_ns", CB_NS, "0", 0, 1000000, "held"),
};
static const struct cb_sweep sweeps[] = {
    {CB_QUICK, "model=thread,process,coroutine workers=1,pus,2*pus"},
    {CB_QUICK, "model=thread,process hold_ns=100,1000"},
};
#define FAMILY(name_)                                                                \
	{                                                                            \
		.name = name_, .plural = name_ "s", .params = params,                \
		.param_count = sizeof(params) / sizeof(params[0]), .sweeps = sweeps, \
		.sweep_count = sizeof(sweeps) / sizeof(sweeps[0])                    \
	}
static const struct cb_family jobs = FAMILY("job"), locks = FAMILY("lock"),
			      queues = FAMILY("queue");
extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {&jobs, &locks, &queues, NULL};

static const struct cb_workload work = {.op = "op", .batch = batch, .check = check};

/* So many of each family: few jobs, many locks. One in ten is in the smallest profile; the last of
 * each is its reference. */
static const struct {
	const char *family;
	unsigned kinds;
} catalogue[] = {{"job", 4}, {"lock", 120}, {"queue", 40}};
#define FAMILIES 3u
#define KINDS 164u

static struct topology *topo;
static struct host host;
static struct registry registry;
static struct case_list all;
static struct cb_kind kind[KINDS];
static char names[KINDS][16];

static int prepare(void **state)
{
	const struct cb_kind *list[KINDS];
	char err[300];
	unsigned n = 0;

	(void)state;
	for (unsigned f = 0; f < FAMILIES; f++) {
		for (unsigned i = 0; i < catalogue[f].kinds; i++, n++) {
			(void)snprintf(names[n], sizeof(names[n]), "k%03u", i);
			kind[n] = (struct cb_kind){.family = catalogue[f].family,
			    .name = names[n],
			    .about = "one of many",
			    .flags = i + 1 == catalogue[f].kinds ? CB_REFERENCE : 0,
			    .from = i % 10 ? CB_QUICK : CB_SMOKE,
			    .models = CB_CAN_ALL,
			    .version = 1,
			    .work = &work};
			list[n] = &kind[n];
		}
	}
	if (topology_synthetic("core:2 pu:1", NULL, &topo, err, sizeof(err)) != 0)
		return -1;
	host = (struct host){.topology = topo, .pus = 2, .max_workers = 100};
	if (registry_add(&registry, list, list + KINDS, "", NULL, err, sizeof(err)) != 0)
		return -1;
	return sweep_cases(
	    &registry, &host, &(struct sweep_request){.profile = CB_QUICK}, &all, err, sizeof(err));
}

static int release(void **state)
{
	(void)state;
	case_list_free(&all);
	registry_free(&registry);
	topology_free(topo);
	return 0;
}

static const struct pick_plan plan = {.launches = 5, .slots = 6};

static bool *pick(uint64_t budget_ns)
{
	bool *keep = calloc(all.count, sizeof(*keep));

	assert_non_null(keep);
	assert_int_equal(pick_cases(&all, &host, &plan, budget_ns, keep), 0);
	return keep;
}

struct coverage {
	size_t cases, kinds, models, workers, holds; /* distinct ones */
	uint64_t ns;
	bool reference_base;
};

/* What is seen of a family. */
static struct coverage cover(const bool *keep, const char *family)
{
	struct coverage c = {0};
	bool model[CB_MODEL_COUNT] = {false}, workers[8] = {false}, hold[2000] = {false};
	const struct kind *last = NULL;

	for (size_t i = 0; i < all.count; i++) {
		const struct bench_case *bc = &all.item[i];

		if (!keep[i] || strcmp(bc->kind->family->name, family) != 0)
			continue;
		c.cases++;
		c.ns += pick_needs_ns(bc, &plan);
		c.kinds += bc->kind != last;
		last = bc->kind;
		c.models += !model[bc->pub.model];
		model[bc->pub.model] = true;
		c.workers += !workers[bc->pub.workers];
		workers[bc->pub.workers] = true;
		c.holds += !hold[bc->value[4].n];
		hold[bc->value[4].n] = true;
		c.reference_base |= (bc->kind->self->flags & CB_REFERENCE) &&
				    bc->pub.model == CB_THREAD && bc->pub.workers == 2 &&
				    bc->value[4].n == 0;
	}
	return c;
}

static uint64_t whole_ns(void)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < all.count; i++)
		ns += pick_needs_ns(&all.item[i], &plan);
	return ns;
}

static void what_there_is_time_for_stays(void **state)
{
	bool *keep = pick(whole_ns());

	(void)state;
	for (size_t i = 0; i < all.count; i++)
		assert_true(keep[i]);
	free(keep);
	/* Negative control: a little less, and not all do. */
	keep = pick(whole_ns() - 1);
	size_t kept = 0;

	for (size_t i = 0; i < all.count; i++)
		kept += keep[i];
	assert_in_range(kept, all.count - 20, all.count - 1);
	free(keep);
}

/* A catalogue ten times as large, three minutes: every question has its share of the time, its
 * reference, all models and values, and many kinds. */
static void questions_are_covered(void **state)
{
	const uint64_t budget_ns = 150 * CLOCK_NS_PER_S;
	bool *keep = pick(budget_ns), *first = calloc(all.count, sizeof(*first));
	struct coverage c[FAMILIES];
	uint64_t ns = 0, left_ns = budget_ns;

	(void)state;
	assert_non_null(first);
	assert_true(whole_ns() > 5 * budget_ns);
	for (unsigned f = 0; f < FAMILIES; f++) {
		c[f] = cover(keep, catalogue[f].family);
		ns += c[f].ns;
		assert_true(c[f].reference_base);
		assert_int_equal(c[f].models, 3);
		assert_int_equal(c[f].workers, 3);
		assert_int_equal(c[f].holds, 3);
	}
	assert_true(ns <= budget_ns && ns > budget_ns * 95 / 100);
	/* The four jobs are all there is of them; what they leave is the others', in halves. */
	assert_int_equal(c[0].cases, 4 * 13);
	assert_in_range(c[1].ns, c[2].ns * 95 / 100, c[2].ns * 105 / 100);
	assert_int_equal(c[0].kinds, 4);
	assert_true(c[1].kinds > 30 && c[2].kinds > 30);
	/* Negative control: the first in the list, as far as the time goes, leave questions out. */
	for (size_t i = 0; i < all.count && left_ns >= pick_needs_ns(&all.item[i], &plan); i++) {
		first[i] = true;
		left_ns -= pick_needs_ns(&all.item[i], &plan);
	}
	assert_int_equal(cover(first, "queue").cases, 0);
	free(first);
	free(keep);
}

/* With hardly any time: one case of each question, its reference at the base values. */
static void no_question_is_left_out(void **state)
{
	bool *keep = pick(1);

	(void)state;
	for (unsigned f = 0; f < FAMILIES; f++) {
		const struct coverage c = cover(keep, catalogue[f].family);

		assert_int_equal(c.cases, 1);
		assert_true(c.reference_base);
	}
	free(keep);
}

/* The better a kind is known, the more of it is seen; and each turn brings new ones. */
static void kinds_join_in_by_their_standing(void **state)
{
	bool *keep = pick(100 * CLOCK_NS_PER_S);
	size_t of_kind[KINDS] = {0}, most_smoke = 0, most_quick = 0, once = 0, seen = 0;

	(void)state;
	for (size_t i = 0; i < all.count; i++)
		of_kind[all.item[i].kind - registry.item] += keep[i];
	for (size_t i = 0; i < registry.count; i++) {
		const struct cb_kind *self = registry.item[i].self;

		if (strcmp(registry.item[i].family->name, "lock") != 0)
			continue;
		seen += of_kind[i] > 0;
		once += of_kind[i] == 1;
		if (self->flags & CB_REFERENCE)
			assert_true(of_kind[i] > 3);
		else if (self->from == CB_SMOKE)
			most_smoke = of_kind[i] > most_smoke ? of_kind[i] : most_smoke;
		else
			most_quick = of_kind[i] > most_quick ? of_kind[i] : most_quick;
	}
	assert_true(most_smoke > most_quick && most_quick > 0);
	/* About half of them, but for the turn that the time ran out in. */
	assert_true(seen > 20 && once * 3 >= seen);
	free(keep);
}

static void the_same_is_picked_again(void **state)
{
	bool *one = pick(70 * CLOCK_NS_PER_S), *two = pick(70 * CLOCK_NS_PER_S),
	     *other = pick(90 * CLOCK_NS_PER_S);

	(void)state;
	assert_memory_equal(one, two, all.count);
	assert_memory_not_equal(one, other, all.count);
	/* More time only adds. */
	for (size_t i = 0; i < all.count; i++)
		assert_true(!one[i] || other[i]);
	free(one);
	free(two);
	free(other);
}

static void what_cannot_run_takes_no_time(void **state)
{
	struct bench_case bc = all.item[0];
	const uint64_t ns = pick_needs_ns(&bc, &plan);
	const struct pick_plan twice = {.launches = 10, .slots = 6},
			       longer = {.launches = 5, .slots = 6, .slot_ns = 1000000000};

	(void)state;
	assert_in_range(ns, 5 * 6 * bc.window_ns, 5 * CLOCK_NS_PER_S);
	assert_int_equal(pick_needs_ns(&bc, &twice), 2 * ns);
	/* A long window is there twice in a launch, not six times. */
	assert_in_range(pick_needs_ns(&bc, &longer), 10 * CLOCK_NS_PER_S, 11 * CLOCK_NS_PER_S);
	(void)snprintf(bc.unsupported, sizeof(bc.unsupported), "no such PU");
	assert_int_equal(pick_needs_ns(&bc, &plan), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_there_is_time_for_stays),
	    cmocka_unit_test(questions_are_covered),
	    cmocka_unit_test(no_question_is_left_out),
	    cmocka_unit_test(kinds_join_in_by_their_standing),
	    cmocka_unit_test(the_same_is_picked_again),
	    cmocka_unit_test(what_cannot_run_takes_no_time),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
