/*
 * comparison.h - base against head, case by case: the conclusions of gate and compare.
 *
 * Filled by gate.c (two programs taking turns) or compare.c (two stored runs, weaker evidence);
 * knows neither cells nor run files. Owned by the caller, released by comparison_free(). Not
 * thread-safe.
 */
#ifndef CONCBENCH_COMPARISON_H
#define CONCBENCH_COMPARISON_H

#include "harness/base/text.h"
#include "harness/run/run.h"
#include "harness/stats/verdict.h"

#include <stdio.h>

enum comparison_kind {
	COMPARISON_GATE,   /* base and head took turns */
	COMPARISON_STORED, /* measured at different times: weaker evidence */
};

/* A reason holds those of both sides, whole. */
#define COMPARISON_REASON_MAX (3 * REASON_MAX)
#define COMPARISON_TURNS_MAX 160

struct comparison_row {
	char name[CASE_NAME_MAX];
	enum verdict verdict;
	char reason[COMPARISON_REASON_MAX]; /* one line: why failed, missing, incomparable, unsure;
					     * else "" */
	struct run_figure figure; /* what is compared; the time per operation unless set */
	bool has_figure;          /* the fields below mean something */
	bool has_value[2];        /* base, head: also of a row without a change */
	/* In the figure's unit: base's middle over launches, and that middle with the change
	 * applied, because the verdict is about the change. When launches differ more than their
	 * turns do, head's own middle is another: head_alone. A row without a change has the values
	 * that there are (has_value). */
	double base, head;
	double head_alone; /* head's own middle over launches */
	/* scale_effect(): 0.012 is "head takes 1.2 % longer"; of a difference in its unit, of
	 * shares and outcomes in fractions of 1 */
	struct stats_interval change;
	double level; /* what the interval covers: 0.999 */
	/* How much worse head may be at most, by all turns, as a fraction of a hundred per cent;
	 * below 0 head is certainly better. */
	double worst;
	double p;
	unsigned figure_launches; /* that change, level and times are over; 0: all */
	unsigned
	    quickest_launches; /* of which so many are of their quickest turns: launch_ratio.h */
	unsigned outcomes[2][RUN_OUTCOMES_MAX]; /* CB_OUTCOME: base's and head's trials, by word */
	char status[2][SERIES_STATUS_MAX]; /* of stored runs: base's and head's, when not ok; "" */
	unsigned base_launches;
	unsigned head_launches; /* the same number when they took turns */
	unsigned slots;         /* used, of both sides */
	unsigned excluded; /* left out on both sides: warm-up, and those of the next two lines */
	unsigned excluded_empty;  /* of quartets with a slot in which nothing was finished */
	unsigned excluded_regime; /* of launches in another regime of the machine (regimes.h) */
	unsigned excluded_length; /* whose windows were of another length (run_window.h) */
	bool confirmed;           /* a change that fresh launches have confirmed */
	bool layout_sensitive;
	double layout_ratio; /* 0: unknown */
	double visible; /* the change that 9 of 10 such gates find, from the spread of its launches;
			   0: unknown */
	char turns[COMPARISON_TURNS_MAX]; /* turns that are not the steady ones say so; "" */
	struct run_given given[2];        /* to base and head, of a case that they depend on */
	double spent_s;
	bool has_instructions;      /* side verdict; blind to locks, wake-ups and caches */
	double instructions_change; /* in user mode per operation, relative; of a pass of its own */
	unsigned instructions_launches; /* of each side */
	bool instructions_apart;        /* no launch of one side lies in the other's range */
};

struct comparison {
	enum comparison_kind kind;
	char base[256]; /* as the user named it */
	char head[256];
	char date[40];
	double min_effect; /* 0.01 for 1 %; the floor for detecting follows from it (verdict.h) */
	double must_see;   /* no slowdown as large may have gone unseen; 0: not asked for */
	bool must_see_worked_out; /* by the A/A, not given */
	bool strict;
	bool interrupted;
	bool
	    no_cells; /* it ended because no more cells could be started: no verdict on the whole */
	int signal;   /* that ended it; 0: none */
	bool forced;  /* compared although differences[] says it should not be */
	double elapsed_s;
	double budget_s;             /* what the measuring was given; 0: unknown */
	double confirm_s;            /* what it might have had on top to confirm a change */
	size_t instructions_wanted;  /* rows to count instructions of; 0: no counters here */
	size_t instructions_counted; /* that there was time for */
	size_t instructions_failed;  /* of which a launch crashed, hung or failed its check */
	bool has_seed;
	uint64_t seed;                /* of order, layout and random numbers */
	struct manifest machine;      /* that it was measured on; of stored runs: head */
	struct manifest base_machine; /* of stored runs: that base was; else empty */
	struct manifest build[2];     /* what base and head say of themselves; empty: nothing */
	struct text_buffer noise; /* what was visible, by A/A and by the launches; empty: unknown */
	char **differences;       /* of the two environments, one line each; owned */
	size_t difference_count;
	struct comparison_row *rows;
	size_t row_count, row_capacity;
};

/** comparison_add() - append an empty row (verdict unsure); valid until the next call. NULL: no
 * memory, or a name too long (errno). */
struct comparison_row *comparison_add(struct comparison *c, const char *name);
/** comparison_word() - a verdict on this row for people: "slower", or "worse" when the figure is
 * not a time.
 */
const char *comparison_word(const struct comparison_row *row, enum verdict v);
/** comparison_fill() - the row's change, by its figure's scale. @level: that the interval covers.
 */
void comparison_fill(struct comparison_row *row, const struct evidence *e, double level);
/** comparison_add_difference() - Return: 0; -ENOMEM. */
int comparison_add_difference(struct comparison *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** comparison_is_build_fact() - is this key of a manifest about the program, not the machine? */
bool comparison_is_build_fact(const char *key);
/** comparison_take_facts() - fill builds and machines from two runs' manifests. Return: 0; -ENOMEM.
 */
int comparison_take_facts(
    struct comparison *c, const struct manifest *base, const struct manifest *head);
/** comparison_place_head() - set head's value from @base, the change and head_alone: see their
 * comment. */
void comparison_place_head(struct comparison_row *row);
void comparison_free(struct comparison *c);

/** comparison_count() - rows with this verdict. */
size_t comparison_count(const struct comparison *c, enum verdict v);

/** comparison_unseen() - the number of rows that are unsure because they were never looked at: they
 * have no figure. */
size_t comparison_unseen(const struct comparison *c);

/** comparison_judged() - does its verdict say something about head (same, or a change)? */
bool comparison_judged(const struct comparison_row *row);

/**
 * comparison_may_hide() - how large a slowdown (a worsening, in fractions of a hundred per cent)
 * may have gone unseen in this row. 0: none, because it was found, or the row has only one side;
 * not finite: any, because nothing was seen of it.
 */
double comparison_may_hide(const struct comparison_row *row);

/** comparison_missed() - the number of rows in which a slowdown of must_see may have gone unseen; 0
 * when that was not asked for. */
size_t comparison_missed(const struct comparison *c);

/**
 * comparison_exit() - the process's exit status.
 *
 * 2 when a case failed on a side, no cell could be started any more, or nothing was compared: no
 * row has a figure, and none is incomparable either; else 1 when something is slower (worse), and
 * only then; else 4 when something is incomparable; else 3 under strict when something is unsure or
 * missing, or when must_see may have gone unseen somewhere; else 0. A missing case is a new or a
 * removed one: it is listed and no failure. An unsure case without a figure because the time was up
 * is no failure either, but is counted (comparison_unseen()). An incomparable row may have figures
 * for people to look at (--force), but stays incomparable.
 */
int comparison_exit(const struct comparison *c);

/** comparison_status() - the process's exit status: comparison_exit(), or 128 + the signal's
 * number. */
int comparison_status(const struct comparison *c);

/** comparison_print() - table and the verdict in one sentence, for a terminal or a log. Return: 0;
 * -errno. */
int comparison_print(FILE *to, const struct comparison *c, bool ascii);
/** comparison_markdown(), comparison_json(), comparison_junit() - write a file, whole or not at
 * all; a device or pipe is written to, never replaced. Return: 0; -errno. */
int comparison_markdown(const struct comparison *c, const char *path);
int comparison_json(const struct comparison *c, const char *path);
int comparison_junit(const struct comparison *c, const char *path);

#endif
