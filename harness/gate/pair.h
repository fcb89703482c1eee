/*
 * pair.h - one launch of base and one of head, alive together, taking turns.
 *
 * Both cells are started, in random order, and are given slots in random quartets ABBA or BAAB:
 * whatever drifts on the machine meets both alike. While one has its turn the other one sleeps in
 * the kernel. The slots of a turn are windows of equal length for both sides. The first quartet
 * warms up and is left out.
 */
#ifndef CONCBENCH_PAIR_H
#define CONCBENCH_PAIR_H

#include "harness/cell/supervise.h"
#include "harness/run/run.h"
#include "harness/stats/verdict.h"

enum side { SIDE_BASE, SIDE_HEAD, SIDES };

/* Why a case is incomparable that has another hash in head. */
#define PAIR_DIFFERS "the case does something else in head than in base"

/** side_name() - "base", "head". */
const char *side_name(enum side s);

/* Where the cells of a pair come from: processes, or for a test a machine that it plays. As the
 * functions of supervise.h. */
struct pair_cells {
	int (*start)(const struct cell_spec *spec, struct cell_process **out, struct message *ready,
	    char *why, size_t why_len);
	int (*turn)(struct cell_process *c, unsigned slot, struct sample *out,
	    enum case_status *status, char *why, size_t why_len);
	int (*finish)(struct cell_process *c, unsigned *rows, double *real_time_sum_ns,
	    struct cell_counters *counters, char *why, size_t why_len);
	void (*kill)(struct cell_process *c);
};

struct pair_spec {
	struct cell_spec cell[SIDES]; /* without slots and seed, which are the pair's */
	unsigned quartets;            /* with the one that warms up; at least 2 */
	uint64_t seed;                /* of the order, and of both launches: the same inputs */
	bool differs;                 /* the two may do something else: measured all the same */
	const struct run_figure
	    *figure; /* what is compared of a turn; NULL: the time per operation */
	const struct pair_cells *cells; /* NULL: processes */
};

struct pair_result {
	struct launch_ratio ratio;
	double
	    value[SIDES]; /* of the figure: the used slots' middle, or of their quickest quarter */
	unsigned outcomes[SIDES][RUN_OUTCOMES_MAX]; /* CB_OUTCOME: of the used slots, by word */
	double round_trip_ns[SIDES]; /* METRIC_ROUND_TRIP_NS of each launch; 0: not known */
	unsigned slots;              /* used, of both sides */
	unsigned warm_up;            /* kept out: of the first quartet */
	unsigned empty;              /* kept out: of quartets with a slot that gave no figure */
	unsigned throttled;          /* of all: in which the CPU quota stopped it */
	char hash[17]; /* of the case, the same on both sides unless they may differ */
};

/* What went wrong, and on which side. */
struct pair_failure {
	enum side side;
	enum case_status status;
	char why[REASON_MAX];
};

/**
 * pair_measure() - one pair of launches, from start to orderly end.
 *
 * A percentile of the latency (pair_percentile()) is worked out of all of a launch's latencies,
 * each launch for itself: merged, they would be ruled by whichever launch did most operations.
 * Return: 0; -EINTR; CELL_NONE with @failure->why: nothing of the case's; -ENODATA when no quartet
 * had a figure in all its slots, or, with
 * @failure->why, when there were too few latencies for the percentile; -ESTALE when the two sides'
 * definitions of the case (unless they may) or their turns' length differ, with
 * @failure->why; -EIO with @failure when a side failed. No process is left in any case.
 */
int pair_measure(
    const struct pair_spec *spec, struct pair_result *out, struct pair_failure *failure);

/** pair_percentile() - which of percentiles[] the figure is; -1 none. */
int pair_percentile(const struct run_figure *figure);

/**
 * pair_quartets() - how many quartets, warm-up included, make a pair about @launch_ns long with
 * slots of @slot_ns: at least four, since three are needed to tell their spread.
 */
unsigned pair_quartets(uint64_t launch_ns, uint64_t slot_ns);

#endif
