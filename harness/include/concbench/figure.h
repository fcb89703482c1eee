/*
 * figure.h - what a measured number is: its name and unit, which direction is better, on which
 * scale it lies; and how a family's numbers are best looked at. C11 and C++17.
 */
#ifndef CONCBENCH_PUBLIC_FIGURE_H
#define CONCBENCH_PUBLIC_FIGURE_H

/* Which arithmetic makes sense. Statistics, stopping rules, verdicts and charts go by it. */
enum cb_scale {
	CB_RATIO, /* above 0; half is half: times, bytes. Logarithms and "1 % more" make sense */
	CB_DIFFERENCE, /* may be 0 or below: lateness, drift. Only "so much more" makes sense */
	CB_SHARE,      /* 0 to 1: lost of all, held of tried. Compared in points, 0.01 apart */
	CB_OUTCOME, /* a trial ends in one of several ways; the figure is the share of the first */
};

enum cb_better {
	CB_LESS,
	CB_MORE,
	CB_NEITHER, /* a fact, not a merit: never called slower or faster */
};

/* One number that a trial gives. Texts live as long as the family or kind that declares it. */
struct cb_figure {
	const char *metric; /* name with its unit, among the trial's metrics: "ns_per_op" */
	const char *title;  /* what it is, for people: "time per acquisition" */
	const char *unit;   /* "ns", "bytes", "" of shares and outcomes */
	enum cb_scale scale;
	enum cb_better better;
	/* CB_DIFFERENCE: what a hundred per cent are, in @unit. A precision of 2 % means 2 % of it,
	 * an interval of more than 10 % of it is noisy, a gate looks for changes of 1 % of it. */
	double worth;
	/* CB_OUTCOME: the words for the ways a trial may end, the good one first, up to a NULL.
	 * Metric "outcome.WORD" of a trial is 1 when it ended so. */
	const char *const *outcomes;
};

/*
 * Name of a metric that the harness itself measures for kinds that declare it as a figure, in cells
 * of its own: what an operation takes from somebody else who has work for the workers' PUs. A task
 * at SCHED_IDLE takes all that they leave; what it loses while they work is their own CPU time, and
 * what nobody is charged for. For workloads whose workers are bound and wait most of the time.
 */
#define CB_DISPLACED_NS_PER_OP "displaced_ns_per_op"
#define CB_FIGURE_DISPLACED(title)                                                \
	{                                                                         \
		CB_DISPLACED_NS_PER_OP, title, "ns", CB_RATIO, CB_LESS, 0.0, NULL \
	}

/* What a parameter's values are of: how they are typed, and how they are written for people. */
enum cb_unit {
	CB_COUNT,   /* 1, 20k; and of the machine: "pus", "2*pus" */
	CB_NS,      /* 500, 500ns, 2us */
	CB_US,      /* 50, 50us, 5ms */
	CB_BYTES,   /* 64, 1KiB, 4MiB */
	CB_PERCENT, /* 90, 90% */
	CB_WORD,    /* one of @words */
	CB_PLACE,   /* a placement policy */
};

/* How the rows of a family are drawn. */
enum cb_shape {
	CB_TABLE_ONLY, /* no chart */
	CB_LADDER,     /* one row a case, the smallest on top: distances over decades */
	CB_DOTS,       /* one row a kind and setting, a point a model; of outcomes a bar */
	CB_PANELS,     /* as dots, one panel for each value of the axis */
	CB_LINES,      /* one line a model over the axis */
	CB_MATRIX,     /* PU by PU, of the cases with "place:pair:A-B" */
};

/* Whose rows are held against each other when a winner is named. */
enum cb_contenders {
	CB_NO_CONTENDERS,
	CB_KINDS,  /* within a model: which lock */
	CB_MODELS, /* within a kind: threads, processes or coroutines */
};

#endif
