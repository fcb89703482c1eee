/* gate_figures_test.c - gates of figures that are no time per operation, and of percentiles: cells
 * are played in this process, from their first turn to the row. */
#include "harness/gate/gate.h"

#include "harness/base/random.h"
#include "harness/run/percentiles.h"
#include "harness/run/run_fixture.h"

#include <errno.h>
#include <math.h>

#define SLOT_NS CLOCK_NS_PER_MS

/* What the machine plays: the level of each figure, and what head has more of it. */
struct machine_model {
	double more[FIXTURE_FIGURES];
	double tail;       /* head's latencies beyond their 98th percentile, over base's */
	double cpu;        /* head's CPU time per operation, over base's */
	unsigned count;    /* of latencies in a turn */
	bool silent;       /* head's turns have no figure but the time */
	double slow_share; /* of the launches, in a regime in which all takes three times as long */
	bool blind;        /* and which no round trip tells */
};

static struct {
	struct machine_model model;
	uint64_t rng, now_ns;
	double launch; /* of this pair, both sides alike: what the machine is like */
} machine;

struct cell_process {
	enum side side;
	unsigned turns;
	double sum_ns;
	double times; /* its regime */
};

static uint64_t machine_now_ns(void)
{
	return machine.now_ns;
}

static int play_start(const struct cell_spec *spec, struct cell_process **out,
    struct message *ready, char *why, size_t why_len)
{
	struct cell_process *c = calloc(1, sizeof(*c));

	(void)why, (void)why_len;
	assert_non_null(c);
	c->side = strcmp(spec->exe, side_name(SIDE_HEAD)) == 0 ? SIDE_HEAD : SIDE_BASE;
	machine.launch = random_normal(&machine.rng);
	c->times = 1;
	if (machine.model.slow_share > 0 &&
	    (machine.model.slow_share > 1
		    ? c->side == SIDE_HEAD
		    : random_uniform(&machine.rng) < machine.model.slow_share))
		c->times = 3;
	memset(ready, 0, sizeof(*ready));
	ready->slot_ns = SLOT_NS;
	*out = c;
	return 0;
}

static struct histogram *latencies(enum side side)
{
	struct histogram *h = malloc(sizeof(*h));

	assert_non_null(h);
	histogram_clear(h);
	for (unsigned i = 0; i < machine.model.count; i++) {
		const double u = random_uniform(&machine.rng);
		double ns = 1000 * (1 + 0.05 * random_normal(&machine.rng)) / sqrt(1 - u);

		if (side == SIDE_HEAD && u > 0.98)
			ns *= machine.model.tail;
		histogram_record(h, (uint64_t)fmax(1, ns));
	}
	return h;
}

static int play_turn(struct cell_process *c, unsigned slot, struct sample *out,
    enum case_status *status, char *why, size_t why_len)
{
	const double *more = machine.model.more;
	const bool head = c->side == SIDE_HEAD;
	const double wave = random_normal(&machine.rng) + machine.launch;
	const double share = 0.2 * (1 + 0.01 * wave) + (head ? more[FIXTURE_SHARE] : 0);

	(void)status, (void)why, (void)why_len;
	machine.now_ns += SLOT_NS;
	*out = (struct sample){.slot = slot};
	fixture_metric(out, METRIC_NS_PER_OP, 100 * c->times);
	if (!machine.model.blind)
		fixture_metric(out, METRIC_ROUND_TRIP_NS,
		    60 * c->times * exp(0.05 * random_normal(&machine.rng)));
	c->sum_ns += 100 * c->times;
	c->turns++;
	if (head && machine.model.silent)
		return 0;
	fixture_metric(out, METRIC_CPU_NS_PER_OP,
	    (head && machine.model.cpu > 0 ? machine.model.cpu : 1) * (80 + 0.1 * wave));
	fixture_metric(out, "handoff_share", share);
	fixture_give(out, FIXTURE_BYTES, 4096 + 10 * wave + (head ? more[FIXTURE_BYTES] : 0));
	fixture_give(out, FIXTURE_LATENESS, 20 * wave + (head ? more[FIXTURE_LATENESS] : 0));
	fixture_give(out, FIXTURE_SHARE, share);
	fixture_give(out, FIXTURE_ENDS,
	    random_uniform(&machine.rng) < 0.01 + (head ? more[FIXTURE_ENDS] : 0) ? 1 : 0);
	if (machine.model.count)
		out->latency = latencies(c->side);
	return 0;
}

static int play_finish(struct cell_process *c, unsigned *rows, double *real_time_sum_ns,
    struct cell_counters *counters, char *why, size_t why_len)
{
	(void)counters, (void)why, (void)why_len;
	*rows = c->turns;
	*real_time_sum_ns = c->sum_ns;
	free(c);
	return 0;
}

static void play_kill(struct cell_process *c)
{
	free(c);
}

static const struct pair_cells played = {play_start, play_turn, play_finish, play_kill};

/* One gate of one case. */
static void gate_once(const struct machine_model *model, const struct run_figure *own,
    const struct run_figure *asked, struct comparison *c)
{
	struct catalogue_case item = {.name = "case", .slot_ns = SLOT_NS};
	const struct catalogue_case *const cases[] = {&item};
	const struct gate_plan plan = {
	    .cell = {{.exe = side_name(SIDE_BASE)}, {.exe = side_name(SIDE_HEAD)}},
	    .launch_ns = 30 * CLOCK_NS_PER_MS,
	    .budget_ns = 2 * CLOCK_NS_PER_S,
	    .min_effect = 0.01,
	    .seed = 5,
	    .now_ns = machine_now_ns,
	    .cells = &played,
	};
	struct gate g;

	memset(&machine, 0, sizeof(machine));
	machine.model = *model;
	machine.rng = 20261129;
	if (own || asked)
		item.figure = asked ? *asked : *own;
	memset(c, 0, sizeof(*c));
	assert_int_equal(gate_begin(&g, &plan, cases, 1), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, c), 0);
	gate_free(&g);
}

static void a_case_goes_by_its_own_figure(void **state)
{
	/* So much that each is seen; a share that hardly any launch differs in takes least. */
	static const struct machine_model same, more = {.more = {100, 200, 0.03, 0.3}};
	static const double change[FIXTURE_FIGURES] = {100 / 4096.0, 200, 0.03, -0.3};

	(void)state;
	for (unsigned f = 0; f < FIXTURE_FIGURES; f++) {
		struct comparison c;

		gate_once(&same, &fixture_figure[f], NULL, &c);
		if (c.rows[0].verdict != VERDICT_SAME && c.rows[0].verdict != VERDICT_UNSURE)
			fail_msg(
			    "%s: %s", fixture_figure[f].metric, verdict_name(c.rows[0].verdict));
		comparison_free(&c);
		gate_once(&more, &fixture_figure[f], NULL, &c);
		if (c.rows[0].verdict != VERDICT_SLOWER)
			fail_msg("%s: %s %s", fixture_figure[f].metric,
			    verdict_name(c.rows[0].verdict), c.rows[0].reason);
		assert_true(c.rows[0].confirmed);
		assert_true(
		    c.rows[0].change.low <= change[f] && change[f] <= c.rows[0].change.high);
		assert_true(run_figure_same(&c.rows[0].figure, &fixture_figure[f]));
		if (fixture_figure[f].scale == CB_OUTCOME) {
			assert_true(c.rows[0].outcomes[0][0] > 10 * c.rows[0].outcomes[0][1]);
			assert_true(c.rows[0].outcomes[1][1] > 0);
			assert_int_equal(c.rows[0].outcomes[0][0] + c.rows[0].outcomes[0][1] +
					     c.rows[0].outcomes[1][0] + c.rows[0].outcomes[1][1],
			    c.rows[0].slots);
		}
		comparison_free(&c);
	}
}

static void the_time_is_what_else_there_is(void **state)
{
	static const struct machine_model more = {.more = {100, 200, 0.03, 0.3}};
	struct comparison c;

	(void)state;
	gate_once(&more, NULL, NULL, &c);
	assert_int_equal(c.rows[0].verdict, VERDICT_SAME);
	assert_true(run_figure_has_rate(&c.rows[0].figure));
	comparison_free(&c);
}

/* A host that moves virtual CPUs between launches: each pair's sides may be on two machines. */
static void sides_in_two_regimes_are_not_compared(void **state)
{
	struct machine_model flips = {.slow_share = 0.5}, one = {.slow_share = 2};
	struct comparison c;

	(void)state;
	gate_once(&flips, NULL, NULL, &c);
	assert_int_equal(c.rows[0].verdict, VERDICT_SAME);
	assert_true(c.rows[0].excluded_regime > 0);
	assert_true(c.rows[0].excluded >= c.rows[0].excluded_regime);
	comparison_free(&c);
	/* The control. */
	flips.blind = true;
	gate_once(&flips, NULL, NULL, &c);
	assert_int_not_equal(c.rows[0].verdict, VERDICT_SAME);
	assert_int_equal(c.rows[0].excluded_regime, 0);
	comparison_free(&c);
	/* Head's always in the other one: there is nothing to go by. */
	gate_once(&one, NULL, NULL, &c);
	assert_int_equal(c.rows[0].verdict, VERDICT_UNSURE);
	assert_false(c.rows[0].has_figure);
	assert_non_null(strstr(c.rows[0].reason, "in different regimes of the machine"));
	comparison_free(&c);
	one.blind = true;
	gate_once(&one, NULL, NULL, &c);
	assert_int_equal(c.rows[0].verdict, VERDICT_SLOWER);
	comparison_free(&c);
}

static void more_may_be_better_or_neither(void **state)
{
	static const struct machine_model more = {.more = {[FIXTURE_BYTES] = 100}};
	struct run_figure f = fixture_figure[FIXTURE_BYTES];
	struct comparison c;

	(void)state;
	f.better = CB_MORE;
	gate_once(&more, &f, NULL, &c);
	assert_int_equal(c.rows[0].verdict, VERDICT_FASTER);
	assert_true(c.rows[0].confirmed);
	comparison_free(&c);
	f.better = CB_NEITHER;
	gate_once(&more, &f, NULL, &c);
	assert_int_equal(c.rows[0].verdict, VERDICT_DIFFERS);
	assert_int_equal(comparison_exit(&c), 0);
	comparison_free(&c);
}

/* A tail of 5 % more beyond the 98th percentile: p99 sees it, p50 and the time do not. */
static void percentiles_are_each_launchs_own(void **state)
{
	static const struct machine_model same = {.count = 100, .tail = 1},
					  tail = {.count = 100, .tail = 1.2},
					  few = {.count = 5, .tail = 1};
	static const struct {
		const char *word;
		const struct machine_model *model;
		enum verdict verdict;
	} row[] = {
	    {"p99", &tail, VERDICT_SLOWER},
	    {"p50", &tail, VERDICT_SAME},
	    {"p50", &same, VERDICT_SAME},
	    {"p99", &same, VERDICT_UNSURE},
	    {"p99", &few, VERDICT_FAILED},
	};
	struct comparison c;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct run_figure asked;

		assert_int_equal(gate_figure_of(row[i].word, &asked), 0);
		gate_once(row[i].model, NULL, &asked, &c);
		if (c.rows[0].verdict != row[i].verdict)
			fail_msg(
			    "row %zu: %s %s", i, verdict_name(c.rows[0].verdict), c.rows[0].reason);
		comparison_free(&c);
	}
	gate_once(&few, NULL, &(struct run_figure){.metric = "p99_ns", .unit = "ns"}, &c);
	if (!strstr(c.rows[0].reason, "latencies in a launch, too few, or too short, for p99"))
		fail_msg("%s", c.rows[0].reason);
	comparison_free(&c);
}

static void other_metrics_of_every_case(void **state)
{
	static const struct machine_model more = {.more = {[FIXTURE_SHARE] = 0.03}, .cpu = 1.04};
	struct run_figure asked;
	struct comparison c;

	(void)state;
	assert_int_equal(gate_figure_of("cpu", &asked), 0);
	gate_once(&more, NULL, &asked, &c);
	assert_int_equal(c.rows[0].verdict, VERDICT_SLOWER);
	comparison_free(&c);
	/* Whether more hand-offs are good nobody knows. */
	assert_int_equal(gate_figure_of("handoff_share", &asked), 0);
	gate_once(&more, NULL, &asked, &c);
	assert_int_equal(c.rows[0].verdict, VERDICT_DIFFERS);
	comparison_free(&c);
	/* What no turn of head has. */
	gate_once(&(struct machine_model){.silent = true}, NULL, &asked, &c);
	assert_int_equal(c.rows[0].verdict, VERDICT_FAILED);
	assert_string_equal(c.rows[0].reason, "no handoff_share in any turn");
	comparison_free(&c);
}

static void words_for_figures(void **state)
{
	static const struct {
		const char *word, *metric;
		enum cb_scale scale;
	} good[] = {
	    {"p50", "p50_ns", CB_RATIO},
	    {"p99", "p99_ns", CB_RATIO},
	    {"p99.9", "p99_9_ns", CB_RATIO},
	    {"max", "max_ns", CB_RATIO},
	    {"cpu", METRIC_CPU_NS_PER_OP, CB_RATIO},
	    {"handoff_share", "handoff_share", CB_SHARE},
	};
	static const char *const bad[] = {"", "p98", "P99", "p99_ns", "ops", "_share", "a b_share",
	    "a_name_that_is_too_long_for_a_metric_share", "share"};
	struct run_figure f;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(gate_figure_of(good[i].word, &f), 0);
		assert_string_equal(f.metric, good[i].metric);
		assert_int_equal(f.scale, good[i].scale);
	}
	memset(&f, 0x5a, sizeof(f));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(gate_figure_of(bad[i], &f), -EINVAL);
	assert_int_equal(f.metric[0], 0x5a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_case_goes_by_its_own_figure),
	    cmocka_unit_test(the_time_is_what_else_there_is),
	    cmocka_unit_test(sides_in_two_regimes_are_not_compared),
	    cmocka_unit_test(more_may_be_better_or_neither),
	    cmocka_unit_test(percentiles_are_each_launchs_own),
	    cmocka_unit_test(other_metrics_of_every_case),
	    cmocka_unit_test(words_for_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
