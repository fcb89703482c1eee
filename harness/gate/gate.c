#include "harness/gate/gate_private.h"

#include "harness/base/clock.h"
#include "harness/base/grow.h"
#include "harness/base/interrupt.h"
#include "harness/cell/schedule.h"
#include "harness/run/percentiles.h"
#include "harness/stats/regimes.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the last pairs took counts for this much of what the next will take. */
#define PACE_WEIGHT 0.125
/* One pair that was stopped for long says little of the next. */
#define PACE_MAX 4.0
/* No round has that number. */
#define ORDER_OF_FIRST_LOOKS UINT_MAX

int gate_figure_of(const char *word, struct run_figure *out)
{
	struct run_figure f = {.unit = "ns", .scale = CB_RATIO, .better = CB_LESS};
	const char *metric = strcmp(word, "cpu") == 0 ? METRIC_CPU_NS_PER_OP : NULL;

	for (unsigned i = 0; i < PERCENTILES; i++)
		if (strcmp(word, percentiles[i].title) == 0)
			metric = percentiles[i].key;
	if (metric) {
		(void)snprintf(f.title, sizeof(f.title), "%s", metric);
	} else {
		const size_t len = strlen(word), end = strlen("_share");

		if (len <= end || strcmp(word + len - end, "_share") != 0 ||
		    len >= sizeof(f.metric))
			return -EINVAL;
		/* Whether many hand-offs are good depends on what is asked of a lock. */
		f = (struct run_figure){.scale = CB_SHARE, .better = CB_NEITHER};
		(void)snprintf(f.title, sizeof(f.title), "%s", word);
		metric = word;
	}
	(void)snprintf(f.metric, sizeof(f.metric), "%s", metric);
	if (run_figure_wrong(&f))
		return -EINVAL;
	*out = f;
	return 0;
}

int gate_begin(struct gate *g, const struct gate_plan *plan,
    const struct catalogue_case *const *cases, size_t count)
{
	memset(g, 0, sizeof(*g));
	g->plan = plan;
	g->pace = 1.0;
	g->item = calloc(count ? count : 1, sizeof(*g->item));
	g->turn = calloc(count ? count : 1, sizeof(*g->turn));
	if (!g->item || !g->turn) {
		gate_free(g);
		return -ENOMEM;
	}
	schedule_shuffle(g->turn, count, plan->seed, ORDER_OF_FIRST_LOOKS);
	for (size_t i = 0; i < count; i++) {
		struct gate_case *c = &g->item[i];

		(void)snprintf(c->name, sizeof(c->name), "%s", cases[i]->name);
		c->figure = cases[i]->figure;
		if (!c->figure.metric[0])
			c->figure = run_time_figure();
		c->slot_ns = gate_slot_ns(plan, cases[i]->slot_ns);
		c->differs = cases[i]->differs;
		c->given = cases[i]->given;
		sequential_begin(&c->test, plan->min_effect);
	}
	g->count = count;
	return 0;
}

static uint64_t now_ns(const struct gate *g)
{
	return g->plan->now_ns ? g->plan->now_ns() : clock_now_ns();
}

/* On average until now. One that has had none yet is taken to begin as the others do. */
static uint64_t average_ns(const struct gate *g, const struct gate_case *c)
{
	const unsigned pairs = c->pairs + c->apart;
	const uint64_t overhead_ns = pairs ? 0 : gate_overhead_ns(g);

	if (pairs)
		return c->spent_ns / pairs;
	return overhead_ns ? gate_turns_ns(g->plan, c->slot_ns) + overhead_ns
			   : gate_pair_ns(g->plan, c->slot_ns);
}

static uint64_t expected_ns(const struct gate *g, const struct gate_case *c)
{
	return (uint64_t)(g->pace * (double)average_ns(g, c));
}

/* The machine may get slower, or faster, for all cases: how much so, their last pairs tell. */
static void keep_pace(struct gate *g, const struct gate_case *c, uint64_t took_ns)
{
	const double before_ns = c->pairs + c->apart ? (double)average_ns(g, c) : 0.0;

	if (before_ns > 0.0)
		g->pace += PACE_WEIGHT * (fmin((double)took_ns / before_ns, PACE_MAX) - g->pace);
}

/* It counts among the suite's: a failed one is no test, nor is one of two different things. */
static bool has_evidence(const struct gate_case *c)
{
	return !c->error && !c->differs && c->test.evidence[0].launches > 0;
}

static bool undecided(const struct gate *g, const struct gate_case *c)
{
	return !c->error && !c->test.ended && (!g->confirming || c->test.pass == 1);
}

static int keep(struct gate_case *c, const struct pair_result *r)
{
	for (enum side s = SIDE_BASE; s < SIDES; s++) {
		size_t capacity = c->capacity;
		const int ret = grow(&c->value[s], c->pairs + 1, &capacity, sizeof(*c->value[s]));

		if (ret)
			return ret;
		c->value[s][c->pairs] = r->value[s];
		for (unsigned i = 0; i < RUN_OUTCOMES_MAX; i++)
			c->outcomes[s][i] += r->outcomes[s][i];
		if (s == SIDE_HEAD)
			c->capacity = capacity;
	}
	c->pairs++;
	c->slots += r->slots;
	return sequential_add(&c->test, &r->ratio);
}

/* Return: 0, also when the case failed; -EINTR; -ENOMEM. */
static int one_pair(struct gate *g, struct gate_case *c)
{
	const uint64_t begin_ns = now_ns(g);
	struct pair_spec spec = {
	    .quartets = pair_quartets(g->plan->launch_ns, c->slot_ns),
	    .seed = schedule_seed(g->plan->seed, (size_t)(c - g->item), g->round),
	    .differs = c->differs,
	    .figure = &c->figure,
	    .cells = g->plan->cells,
	};
	struct pair_result result;
	uint64_t took_ns;
	int ret;

	for (enum side s = SIDE_BASE; s < SIDES; s++) {
		spec.cell[s] = g->plan->cell[s];
		spec.cell[s].case_name = c->name;
		/* Base's for both: head's may have been changed, which no hash tells. */
		spec.cell[s].slot_ns = c->slot_ns;
		spec.cell[s].given = c->given.figure;
	}
	ret = pair_measure(&spec, &result, &c->failure);
	if (ret == CELL_NONE)
		(void)snprintf(g->why, sizeof(g->why), "%s", c->failure.why);
	if (ret == -EINTR || ret == -ENOMEM || ret == CELL_NONE)
		return ret;
	took_ns = now_ns(g) - begin_ns;
	/* Waiting for one that hangs is no pace. */
	if (!ret)
		keep_pace(g, c, took_ns);
	c->spent_ns += took_ns;
	c->warm_up += result.warm_up;
	c->empty += result.empty;
	c->throttled += result.throttled;
	/* Their ratio would be that of two machines. */
	if (!ret &&
	    regimes_apart(result.round_trip_ns[SIDE_BASE], result.round_trip_ns[SIDE_HEAD])) {
		c->apart++;
		c->apart_slots += result.slots;
		return 0;
	}
	if (!ret)
		return keep(c, &result);
	c->error = ret;
	return 0;
}

static uint64_t time_left(const struct gate *g)
{
	const uint64_t elapsed_ns = now_ns(g) - g->begin_ns;
	const uint64_t budget_ns =
	    g->plan->budget_ns + (g->confirming ? g->plan->budget_ns / GATE_CONFIRM_SHARE : 0);

	return budget_ns > elapsed_ns ? budget_ns - elapsed_ns : 0;
}

uint64_t gate_left_ns(const struct gate *g)
{
	const uint64_t elapsed_ns = now_ns(g) - g->begin_ns;

	return g->plan->budget_ns > elapsed_ns ? g->plan->budget_ns - elapsed_ns : 0;
}

/* There is time for another pair of some case. */
static bool any_fits(const struct gate *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (undecided(g, &g->item[i]) && expected_ns(g, &g->item[i]) <= time_left(g))
			return true;
	return false;
}

/*
 * Pairs that an undecided case lacks until there is a look at it: the first, or the first at what
 * is to be confirmed. Without that look all of its pairs were for nothing.
 */
static unsigned lacking(const struct gate *g, const struct gate_case *c)
{
	const size_t wanted = g->confirming ? CONFIRM_LAUNCHES : looks_launches(0);
	const size_t have = g->confirming ? c->test.count - c->test.first : c->pairs;

	return have < wanted ? (unsigned)(wanted - have) : 0;
}

static bool may_go_on(const struct gate *g, const struct gate_case *c)
{
	return undecided(g, c) && !(g->plan->max_pairs && (c->pairs >= g->plan->max_pairs ||
							      c->apart >= g->plan->max_pairs));
}

/*
 * Is there time for a pair of @c? In the order of g->turn, those that lack a look have it when
 * @left_ns is enough for that look as well; who does not fit is set aside. Those that have been
 * looked at have what these do not need, were each to take twice as long as it seems: what is
 * taken from the last one's last pair costs it all of its pairs.
 */
static bool affordable(const struct gate *g, const struct gate_case *c, uint64_t left_ns)
{
	uint64_t promised_ns = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *other = &g->item[g->turn[i]];
		uint64_t ns;
		bool fits;

		if (!may_go_on(g, other) || !lacking(g, other))
			continue;
		ns = lacking(g, other) * expected_ns(g, other);
		fits = promised_ns + ns <= left_ns;
		if (other == c)
			return fits;
		promised_ns += fits ? ns : 0;
	}
	return 2 * promised_ns + expected_ns(g, c) <= left_ns;
}

/* Return: 0; -EINTR; -ENOMEM. */
static int measure_one(struct gate *g, struct gate_case *c)
{
	size_t decided = 0;

	if (interrupt_pending())
		return -EINTR;
	for (size_t i = 0; i < g->count; i++)
		decided += !undecided(g, &g->item[i]);
	if (g->plan->progress)
		progress_show(g->plan->progress, decided, g->count, time_left(g),
		    g->plan->doing ? g->plan->doing : c->name);
	return one_pair(g, c);
}

/* Return: 0 with *measured; -EINTR; -ENOMEM. */
static int one_round(struct gate *g, const size_t *order, bool *measured)
{
	*measured = false;
	for (size_t i = 0; i < g->count; i++) {
		struct gate_case *c = &g->item[order[i]];
		int ret;

		if (!may_go_on(g, c) || !affordable(g, c, time_left(g)))
			continue;
		ret = measure_one(g, c);
		if (ret)
			return ret;
		*measured = true;
	}
	return 0;
}

/*
 * No look seems to fit any more. That is an estimate: as long as a pair fits, what lacks least may
 * still get there, and nobody else has a use for the time. Return: as one_round().
 */
static int hope(struct gate *g, bool *measured)
{
	const uint64_t left_ns = time_left(g);
	struct gate_case *nearest = NULL;
	uint64_t least_ns = 0;

	for (size_t i = 0; i < g->count; i++) {
		struct gate_case *c = &g->item[g->turn[i]];
		const uint64_t ns = lacking(g, c) * expected_ns(g, c);

		if (!may_go_on(g, c) || expected_ns(g, c) > left_ns)
			continue;
		if (!nearest || ns < least_ns) {
			nearest = c;
			least_ns = ns;
		}
	}
	*measured = nearest != NULL;
	return nearest ? measure_one(g, nearest) : 0;
}

static int rounds(struct gate *g, size_t *order)
{
	bool measured = true;
	int ret = 0;

	for (; !ret && measured; g->round++) {
		schedule_shuffle(order, g->count, g->plan->seed, g->round);
		ret = one_round(g, order, &measured);
		if (!ret && !measured)
			ret = hope(g, &measured);
	}
	return ret;
}

/* The last look of those whose time is up. Return: 0; -ENOMEM. */
static int last_looks(struct gate *g)
{
	for (size_t i = 0; i < g->count; i++) {
		const int ret = undecided(g, &g->item[i]) ? sequential_finish(&g->item[i].test) : 0;

		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Confirmed changes that the suite would take back now are measured on, each to its next look.
 * Without that a big suite loses what it has found although there is time left: a case ends with
 * its first confirmation, when its p is hardly below what that asks for.
 * Return: how many; -ENOMEM.
 */
static int reopen_weak(struct gate *g)
{
	enum verdict *verdict = calloc(g->count ? g->count : 1, sizeof(*verdict));
	double *p = calloc(g->count ? g->count : 1, sizeof(*p));
	size_t n = 0, at = 0;
	int ret = verdict && p ? 0 : -ENOMEM, reopened = 0;

	for (size_t i = 0; !ret && i < g->count; i++) {
		if (!has_evidence(&g->item[i]))
			continue;
		verdict[n] = g->item[i].test.verdict;
		p[n++] = sequential_p(&g->item[i].test);
	}
	if (!ret)
		ret = verdicts_control(verdict, p, n, SUITE_FALSE_RATE);
	for (size_t i = 0; ret > 0 && i < g->count; i++) {
		struct sequential *t = &g->item[i].test;

		if (has_evidence(&g->item[i]) && verdict[at++] != t->verdict)
			reopened += sequential_reopen(t);
	}
	free(verdict);
	free(p);
	return ret < 0 ? ret : reopened;
}

/* In what is left of the time. Return: as gate_measure(). */
static int strengthen(struct gate *g, size_t *order)
{
	int ret = reopen_weak(g);

	while (ret > 0) {
		ret = rounds(g, order);
		if (!ret)
			ret = last_looks(g);
		if (!ret)
			ret = reopen_weak(g);
		/* Nothing more fits: a case that is reopened and not measured stays as it was. */
		if (ret > 0 && !any_fits(g))
			ret = last_looks(g);
	}
	return ret;
}

int gate_measure(struct gate *g)
{
	size_t *order = calloc(g->count ? g->count : 1, sizeof(*order));
	int ret;

	if (!order)
		return -ENOMEM;
	g->begin_ns = now_ns(g);
	ret = rounds(g, order);
	if (!ret && !g->plan->max_pairs) {
		ret = last_looks(g);
		g->confirming = true;
		if (!ret)
			ret = rounds(g, order);
		if (!ret)
			ret = strengthen(g, order);
	}
	free(order);
	g->interrupted = ret == -EINTR;
	return ret;
}
void gate_free(struct gate *g)
{
	for (size_t i = 0; i < g->count; i++) {
		sequential_free(&g->item[i].test);
		free(g->item[i].value[SIDE_BASE]);
		free(g->item[i].value[SIDE_HEAD]);
	}
	free(g->item);
	free(g->turn);
	memset(g, 0, sizeof(*g));
}
