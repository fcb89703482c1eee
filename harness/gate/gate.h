/*
 * gate.h - two programs, case by case, until each case has a verdict or the time is up.
 *
 * Rounds over the cases that are still undecided, in random order, one pair of launches each; a
 * case leaves as soon as its sequential test ends. When the machine gets so slow that what is left
 * of the time is not enough for a first look at each, some are set aside, so that the others have
 * theirs: in a random order that has nothing to do with names, figures or verdicts. They come back
 * when there is time after all. Knows cells, no command line and no files.
 */
#ifndef CONCBENCH_GATE_H
#define CONCBENCH_GATE_H

#include "harness/base/clock.h"
#include "harness/base/progress.h"
#include "harness/cell/catalogue.h"
#include "harness/compare/comparison.h"
#include "harness/gate/pair.h"

/* What a pair of launches takes to begin and to end: two programs, their workers created and bound.
 * As measured on a shared machine with two CPUs. */
#define GATE_PAIR_BEGIN_NS (12 * CLOCK_NS_PER_MS)
/*
 * A turn in a gate. A run's windows are longer, since what comes beside them is time without a
 * figure; here more turns are worth that: what takes time from one spoils its pair only, and the
 * two of a pair are closer to each other. In the same time, with what comes beside them, turns of
 * 1 ms saw as much as those of 3 ms or up to a third more (results/experiments/README.md). Cases
 * with windows longer than GATE_TURN_OF_UP_TO_NS have them for reasons of their own.
 */
#define GATE_TURN_NS CLOCK_NS_PER_MS
#define GATE_TURN_OF_UP_TO_NS (3 * CLOCK_NS_PER_MS)
/* About how long the turns of a pair of launches take (results/experiments/README.md says why). */
#define GATE_LAUNCH_NS (70 * CLOCK_NS_PER_MS)
/* A change found late has this part of the budget on top to be confirmed: half of it. */
#define GATE_CONFIRM_SHARE 2

/* How a suite of cases is measured. */
struct gate_plan {
	struct cell_spec cell[SIDES]; /* exe, profile, sweep, topology, deadlines */
	uint64_t slot_ns;             /* of all cases; 0: gate_slot_ns() says */
	uint64_t launch_ns;           /* about how long the turns of a pair take */
	uint64_t overhead_ns;         /* of a pair beside its turns, as measured; 0: guessed */
	uint64_t budget_ns;           /* for all cases together; confirming may take half more */
	bool open_ended;              /* nobody asked for that budget: an A/A comes on top of it */
	unsigned max_pairs;           /* of each case; 0: no limit but the time */
	double min_effect;
	uint64_t seed;
	uint64_t (*now_ns)(void);       /* what the budget is measured with; NULL: clock_now_ns() */
	const struct pair_cells *cells; /* NULL: processes */
	struct progress *progress;      /* NULL: none */
	char why[REASON_MAX];           /* of an A/A that could start no cell */
	const char *doing;              /* what the progress line says; NULL: the case's name */
};

/**
 * gate_figure_of() - the figure that a word asks for: "p50", "p90", "p99", "p99.9" or "max" of the
 * latency, worked out of each launch's own; "cpu", the CPU time per operation; a share by the name
 * of its metric, "handoff_share". A percentile needs a launch long enough for its tail (plan's
 * launch_ns): a case in which a launch has too few latencies fails, with the number.
 * Return: 0; -EINVAL, for which GATE_FIGURE_WORDS says what there is.
 */
int gate_figure_of(const char *word, struct run_figure *out);
#define GATE_FIGURE_WORDS \
	"p50, p90, p99, p99.9, max, cpu, or a share's metric such as handoff_share"

/** gate_slot_ns() - how long a turn is of a case whose own windows are @case_ns long. */
uint64_t gate_slot_ns(const struct gate_plan *plan, uint64_t case_ns);

/* One case on its way to a verdict. */
struct gate_case {
	char name[CASE_NAME_MAX];
	struct run_figure figure;
	uint64_t slot_ns;
	bool differs; /* head does something else: figures for people to look at, no verdict */
	struct run_given given; /* to both sides */
	struct sequential test;
	struct pair_failure failure;
	int error; /* why there is no figure: -EIO, -ENODATA, -ESTALE; 0 */
	unsigned pairs, slots, warm_up, empty; /* slots used; kept out (pair.h) */
	unsigned apart, apart_slots;           /* pairs in two regimes of the machine: not used */
	unsigned throttled;                    /* of all slots: stopped by the CPU quota */
	double *value[SIDES];                  /* the figure of each launch; owned */
	unsigned outcomes[SIDES][RUN_OUTCOMES_MAX]; /* CB_OUTCOME: of the used slots */
	size_t capacity;
	uint64_t spent_ns;
};

struct gate {
	const struct gate_plan *plan;
	struct gate_case *item;
	size_t count;
	uint64_t begin_ns;
	unsigned round;
	size_t *turn;    /* who gets a first look when there is not the time for all: random */
	double pace;     /* of late, over what the same cases' pairs took before */
	bool confirming; /* the time to find is over */
	bool interrupted;
	char why[REASON_MAX]; /* no cell can be started: CELL_NONE */
};

/**
 * gate_begin() - the cases to measure: @cases. Return: 0; -ENOMEM.
 */
int gate_begin(struct gate *g, const struct gate_plan *plan,
    const struct catalogue_case *const *cases, size_t count);

/** gate_first_look_ns() - about how long it takes until every case has had its first look. */
uint64_t gate_first_look_ns(
    const struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count);

/** gate_launches_needed() - pairs of launches that a case must have the time for, or no change in
 * it can be found and, in the time that a gate adds, confirmed. */
unsigned gate_launches_needed(void);

/** gate_case_needed_ns() - the time for these, when a pair takes @pair_ns: with one to spare, since
 * no pair takes exactly what they take on average. */
uint64_t gate_case_needed_ns(uint64_t pair_ns);

/**
 * gate_needed_ns() - the smallest budget that is worth starting with: every case has a first look,
 * and there is what gate_case_needed_ns() asks for, for the one that takes longest.
 */
uint64_t gate_needed_ns(
    const struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count);

/** gate_widen() - a budget that nobody has set gets as large as half more than what is needed, so
 * that there is something left for cases that are not decided at once. */
void gate_widen(struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count);

/** gate_overhead_ns() - what a pair of @g has taken beside its turns: programs started and ended,
 * workers created and bound. 0: none was measured. */
uint64_t gate_overhead_ns(const struct gate *g);

/** gate_left_ns() - what @g has not used of its budget: without what confirming may take on top. */
uint64_t gate_left_ns(const struct gate *g);

/** gate_measure() - Return: 0, also when the time was up; -EINTR; -ENOMEM; CELL_NONE with
 * @g->why. What was measured is in @g in every case. */
int gate_measure(struct gate *g);

/** gate_conclude() - a row for every case, with the suite's false discoveries under control.
 * Return: 0; -ENOMEM. */
int gate_conclude(struct gate *g, struct comparison *out);

void gate_free(struct gate *g);

#endif
