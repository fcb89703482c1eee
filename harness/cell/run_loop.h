/*
 * run_loop.h - rounds of cells until every case is precise or has its launches, or the time is up.
 *
 * The one place where samples come from: every figure of a run, and later of a gate, went through
 * run_loop_rounds(). Knows cells and journals, but neither command lines nor reports.
 */
#ifndef CONCBENCH_RUN_LOOP_H
#define CONCBENCH_RUN_LOOP_H

#include "harness/base/progress.h"
#include "harness/run/result.h"
#include "harness/run/windows.h"
#include "harness/stats/stopping.h"
#include "harness/work/bench_case.h"

/* One line of the run: which case feeds which series. In an A/A run two lines share a case. */
/* Is its window long enough? Launches are measured with a longer one, too, until that is known. */
#define WINDOW_LOOKS_MAX 10
struct window_look {
	uint64_t longer_ns; /* 0: there is nothing to find out, or no time for it */
	bool grown;         /* from a window that was too short, or may have been */
	bool cut;           /* for lack of time: later runs have to find out */
	unsigned silent;    /* looks that gave no figure */
	unsigned count;     /* launches in which both were measured */
	double shorter[WINDOW_LOOKS_MAX], longer[WINDOW_LOOKS_MAX]; /* the figure */
};

struct run_entry {
	const struct bench_case *bc;
	size_t series;           /* index in run->series of its first figure's */
	unsigned figures;        /* series: one a figure, one behind the other */
	struct run_entry *needs; /* whose figure it is given; NULL: nobody's */
	double given;            /* that figure, once it was known */
	unsigned launches;       /* cells that gave samples ... */
	unsigned set_aside;      /* ... of which these were in windows that were too short */
	uint64_t last_cell_ns;   /* how long its last cell took */
	uint64_t window_ns;      /* of its launches; 0: of none, or not begun */
	uint64_t grown_from_ns;  /* what it was before; 0: it has not grown */
	struct window_look look;
};

struct run_loop {
	/* what to do; the caller's */
	const char *exe;
	const char *const *modules; /* as struct cell_spec's */
	const char *topology_xml;
	const char *allowed;
	unsigned rounds; /* at most */
	double
	    precision; /* a case with an interval of this relative half-width ends; 0: none does */
	unsigned slots;
	uint64_t slot_ns;
	uint64_t budget_ns;      /* of rounds and counters together */
	bool counters;           /* run_loop_counters() follows: the rounds leave it a share */
	bool choose_windows;     /* run_window.h */
	uint64_t period_ns;      /* of a CPU quota: long windows are whole numbers of it; 0: none */
	struct windows *windows; /* what is known already, and what becomes known; NULL: nothing */
	uint64_t cell_timeout_ns;
	uint64_t seed;
	int stderr_fd;
	struct run_entry *entries;
	size_t entry_count;
	/* where it goes */
	struct run *run;
	struct journal *journal;
	struct progress progress;
	/* its own */
	uint64_t begin_ns;
	size_t cells_done;
	uint64_t looks_ns;         /* spent on long windows so far */
	char why[REASON_MAX];      /* with CELL_NONE */
	struct stopping *stopping; /* [run->series_count] during run_loop_rounds() */
};

/**
 * run_loop_rounds() - measure.
 *
 * A case that is precise takes no further part, so that the time goes to those that are not. Of
 * these the reason says how far they came, and what ended them (series_note_stop()).
 *
 * The budget is looked at before each launch. With precision 0 the reason says how many of the
 * launches asked for there was no time for (series_note_cut()).
 *
 * Return: 0, also when the time was up; -EINTR after Ctrl-C or SIGTERM; -errno when the journal
 * cannot be written; CELL_NONE (supervise.h) and @why. What was measured is in the run in every
 * case.
 */
int run_loop_rounds(struct run_loop *l);

/** run_loop_series() - the @figure-th series that an entry feeds. */
static inline struct series *run_loop_series(
    const struct run_loop *l, const struct run_entry *e, unsigned figure)
{
	return &l->run->series[e->series + figure];
}

/** run_loop_time_left() - what the rounds have of it. */
uint64_t run_loop_time_left(const struct run_loop *l);

/**
 * run_loop_cells_left() - for the progress line: how many cells are still to come, as things stand.
 * @budget_left_ns: of the rounds.
 * @left_ns:        how long they take if they are, on average, as long as each case's last one;
 *                  UINT64_MAX before the first has ended.
 *
 * Only during run_loop_rounds(), whose @stopping says which cases have had enough.
 */
size_t run_loop_cells_left(const struct run_loop *l, uint64_t budget_left_ns, uint64_t *left_ns);

/**
 * run_loop_counters() - one more cell a case, with hardware counters on; after run_loop_rounds().
 *
 * Ends with the budget; cases that it has not come to say so in their counters_note. A case that
 * fails here has failed. Return: as above.
 */
int run_loop_counters(struct run_loop *l);

#endif
