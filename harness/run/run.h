/*
 * run.h - one run in memory: what `concbench run` leaves behind and report reads.
 *
 * Filled by the supervisor or by result_read(); knows no JSON and no workers. Everything in it is
 * owned by the run and released by run_free(). Not thread-safe.
 */
#ifndef CONCBENCH_RUN_H
#define CONCBENCH_RUN_H

#include "harness/base/hash.h"
#include "harness/base/text.h"
#include "harness/machine/manifest.h"
#include "harness/run/percentiles.h"
#include "harness/run/sample.h"
#include "harness/stats/stats.h"
#include "harness/stats/typical.h"

#include <concbench/figure.h>

#define CASE_NAME_MAX 192
#define REASON_MAX 256
#define RUN_STOPPED_MAX 192
#define PUS_TEXT_MAX 256
#define RUN_LOAD_MAX 512
/* Of the names of an A/A run, before "a" or "b". */
#define RUN_PAIR_PART "/aa:"
/* With fewer launches even the extremes cover the median in 87.5 % at most, which is too little. */
#define RUN_LAUNCHES_MIN 5
/* Ways in which a trial may end. */
#define RUN_OUTCOMES_MAX 8

/* Figures of one series over its launches; valid only when status_has_figure(). */
struct series_summary {
	unsigned launches;        /* units of replication: cells that gave a figure */
	unsigned empty_launches;  /* cells without one: no operation finished; left out */
	unsigned samples;         /* trials used */
	unsigned empty_samples;   /* of these: no operation finished inside the window */
	unsigned warm_up_samples; /* trials kept but not used */
	/* Over the launches' figures, in the figure's unit; 95 % unless covered says less
	 * (scale.h). */
	struct stats_interval figure;
	struct stats_interval ops_per_s; /* of run_figure_has_rate(): the same trials, as a rate */
	double covered;                  /* coverage the interval really has; 0: one launch, none */
	double mad_figure;               /* of the launches' figures */
	double half_width_pct;           /* scale_half_width() * 100: of what, its scale says */
	unsigned outcomes[RUN_OUTCOMES_MAX]; /* CB_OUTCOME: trials that ended so, by word */
	struct metric_set
	    medians; /* metric_middle() over launches of every metric's own over trials */
	struct percentile_figure latency_at[PERCENTILES];
	bool latency_differs;      /* so much that some percentiles are of no typical launch */
	struct histogram *latency; /* all used trials merged, whatever launch; NULL when none */
};

/* A parameter, as far as it is shown. What it counts stands in its key: "workers". */
struct run_param {
	char key[64]; /* as in names, with its unit: "hold_ns" */
	enum cb_unit unit;
	char about[128]; /* what it means */
};

/* Of all kinds of a family together; more are not kept. */
#define RUN_PARAMS_MAX 32

/*
 * A family as the benches declared it (concbench.h), so that code that shows a run knows no family
 * by name. A run file of another version may have families that this program lacks.
 */
struct run_family {
	char name[32];       /* first part of its cases' names */
	char title[96];      /* "Locks" */
	char question[192];  /* "Which lock ...?" */
	enum cb_shape shape; /* of its chart */
	char caption[512];   /* how to read that chart */
	char axis[32];       /* key of the parameter by which rows stand side by side; "" none */
	struct run_param params[RUN_PARAMS_MAX]; /* of the kinds that are in the run */
	unsigned param_count;
	bool kind_blocks; /* each kind is a block of its own: their operations are not alike */
	bool rate;        /* people want operations per second, not time per operation */
	enum cb_contenders contenders;
	char floor[32]; /* the kind that is its loop with nothing in it; "" none */
	char bound[32]; /* the family that says what a hand-off takes at least; "" none */
	char load[32];  /* key of the parameter that is a part of the peak, in per cent; "" none */
	char size[32];  /* key of the parameter that is the bytes of an operation; "" none */
};

/* The figure of a series: one of the metrics of its samples. */
struct run_figure {
	char metric[METRIC_NAME_MAX]; /* METRIC_NS_PER_OP of most */
	char title[64];               /* "time per acquisition" */
	char unit[16];                /* "ns"; "" of shares and outcomes */
	enum cb_scale scale;
	enum cb_better better;
	double worth;      /* CB_DIFFERENCE: a hundred per cent, in unit (scale.h) */
	char outcomes[96]; /* CB_OUTCOME: the words, the good one first: "survived lost hung" */
};

/* How the length of a series' windows was chosen (harness/cell/run_window.h). */
enum run_window_how {
	WINDOW_UNJUDGED,  /* the case's own; nothing has shown that a long window gives the same
			     figure */
	WINDOW_NONE,      /* its trials have none */
	WINDOW_GIVEN,     /* --slot-time */
	WINDOW_STEADY,    /* a long one says the same */
	WINDOW_UNSETTLED, /* too noisy to tell: a long one says the same, more or less */
	WINDOW_SENSITIVE, /* a shorter window gives another figure; this one has not been shown to
			     be long enough */
};

/* What was seen when a case was measured in two lengths in the same launches. */
struct run_window {
	enum run_window_how how;
	char of[CASE_NAME_MAX]; /* whose; others of its kind go by it */
	uint64_t shorter_ns, longer_ns;
	double shorter, longer;      /* the figure, the middle of the launches' */
	struct stats_interval ratio; /* of longer to shorter; of each side 95 % */
	unsigned launches;           /* 0: nothing was seen */
};

/* What a case was given that depends on another's figure. */
struct run_given {
	char of[CASE_NAME_MAX]; /* the other case; "" none */
	double figure;          /* its figure, or its rate where that is a time per operation */
	char unit[16];          /* of it: "/s" of a rate */
};

struct series {
	char name[CASE_NAME_MAX]; /* the case's Google Benchmark name, key:value parts */
	char op[32];              /* what one operation is: "acquire+release" */
	char latency_of[64];      /* what a latency is, from which event to which; "" none */
	struct run_figure figure;
	char axis[32];  /* key of the parameter that takes the place of the family's; "" none */
	bool reference; /* drawn beside the others to compare with, but never named a winner */
	char hash[17];  /* of what the case does; differs when its definition does */
	enum case_status status;
	char reason[REASON_MAX];       /* one line; "" when there is nothing to say */
	char stopped[RUN_STOPPED_MAX]; /* measuring ended before it was precise: series_note_stop()
					*/
	unsigned workers;
	char model[16];
	char place[128];         /* policy as written */
	char load[RUN_LOAD_MAX]; /* what --load has to be given for it; "" compiled in */
	char pus[PUS_TEXT_MAX];  /* where the workers were bound, read back: "0,1" */
	bool oversubscribed;
	uint64_t slot_ns; /* length of the windows that the figures are of */
	struct run_window window;
	struct run_given given;
	struct sample *samples; /* in the order they were measured */
	size_t sample_count;
	size_t sample_capacity;
	struct histogram *folded; /* latencies that series_fold_latency() took out of the samples */
	struct mixture *mixture;  /* the same, every launch with the same weight */
	struct metric_set counters;     /* hardware counters per op, from a pass of their own */
	char counters_note[REASON_MAX]; /* why there are none, or that they come from own pass */
	struct series_summary summary;
};

/* How far the run's own data say that this machine can be trusted. */
struct noise_verdict {
	char word[16];                /* "quiet", "fair", "noisy", "unknown" */
	char text[REASON_MAX];        /* one sentence with the figures behind the word */
	double median_half_width_pct; /* over the series that have figures */
	double noisy_share_pct;       /* series whose half-width is over the limit */
	double steal_pct;             /* over the run */
};

struct run {
	char id[128];  /* folder name: 20261123T140501Z-host-1a2b3c */
	char date[40]; /* ISO 8601, UTC, start */
	char profile[16];
	uint64_t seed;
	double elapsed_s;               /* 0: not known, of a recovered run */
	bool interrupted;               /* Ctrl-C or budget: some cases may be not_run */
	bool recovered;                 /* rebuilt from the journal of a killed run */
	char command[1024];             /* as typed */
	char counters_note[REASON_MAX]; /* said once: why there are no hardware counters */
	struct manifest manifest;
	struct noise_verdict noise;
	struct run_family *families; /* of its series, in registry order */
	size_t family_count;
	struct series *series; /* in registry order */
	size_t series_count;
	size_t series_capacity;
	struct hash_index by_name; /* of the series as they were added */
};

/** run_add_series() - append an empty one; the pointer is valid until the next call.
 * Return: NULL with errno ENOMEM or ENAMETOOLONG. */
struct series *run_add_series(struct run *run, const char *name);

/** run_find_series() - by exact name, or NULL; of two the first. In constant time. */
struct series *run_find_series(const struct run *run, const char *name);

/** run_find_family() - by exact name, or NULL. */
const struct run_family *run_find_family(const struct run *run, const char *name);

/** run_add_family() - append a copy. Return: 0; -ENOMEM; -EEXIST. */
int run_add_family(struct run *run, const struct run_family *family);

/** run_add_param() - to a family, if it has room. Where kinds mean different things by one key,
 * neither meaning is kept. */
void run_add_param(struct run *run, const char *family, const struct run_param *param);

/** run_find_param() - by its key, or NULL; @family may be NULL. */
const struct run_param *run_find_param(const struct run_family *family, const char *key);

/* ---- figures (run_figure.c) ---- */

/** run_time_figure() - the figure of nearly all series: METRIC_NS_PER_OP, a ratio, less is better.
 */
struct run_figure run_time_figure(void);

/** run_figure_has_rate() - is it the time per operation, whose inverse is a rate? */
bool run_figure_has_rate(const struct run_figure *f);

/* Of its PUs, a soaker has to have had so much while the workers were parked. Whoever else has work
 * there is robbed as well, and nobody knows of how much. Asked of the row, not of each launch:
 * those in which others happened to be idle while the workers were parked would show too much. */
#define RUN_SOAKED_LEAST_PCT 90.0

/* Accounts that are further than this from what workers take from others are told beside it. */
#define RUN_ACCOUNTS_AGREE 0.1

/** run_figure_is_displaced() - is it measured in cells of its own: team_displace()? */
bool run_figure_is_displaced(const struct run_figure *f);

/** run_figure_is_time() - does a change make it slower or faster, rather than worse or better? */
bool run_figure_is_time(const struct run_figure *f);

/** run_figure_same() - may two such figures be compared? Their titles may differ. */
bool run_figure_same(const struct run_figure *a, const struct run_figure *b);

/** run_figure_wrong() - what is wrong with a figure that somebody else has declared, or NULL. */
const char *run_figure_wrong(const struct run_figure *f);

/** run_figure_word() - copy an outcome's word. Return: false when there are not so many. */
bool run_figure_word(const struct run_figure *f, unsigned i, char word[METRIC_NAME_MAX]);

/** run_figure_outcome() - the index of the outcome that a trial ended with; -1 with none, or
 * several. */
int run_figure_outcome(const struct run_figure *f, const struct metric_set *trial);

/** run_figure_value() - a trial's figure; for outcomes 1 when it ended with the first one. Return:
 * true and *@value set when it has a value that its scale allows. */
bool run_figure_value(const struct run_figure *f, const struct metric_set *trial, double *value);

/** run_figure_format() - for people: "1.23 µs", "4 kB", "12.3 %". Return: @buf. */
char *run_figure_format(const struct run_figure *f, double value, char *buf, size_t len);

/** run_given_format() - for people: "20 k/s", "100 turns". Return: @buf. */
char *run_given_format(const struct run_given *g, char *buf, size_t len);
#define RUN_GIVEN_MAX (TEXT_FORMAT_MAX + 16)

/** run_figure_per_cent() - what a hundredth of it is called: "%", "% of 5 µs", "points". Return:
 * @buf.
 */
char *run_figure_per_cent(const struct run_figure *f, char *buf, size_t len);

/* ---- */

/** series_uses() - is the trial part of the series' figures? Not when it is flagged as warm-up, nor
 * when its window is not as long as the series' are now. */
bool series_uses(const struct series *series, const struct sample *s);

/** series_add_sample() - takes over what @s owns. Return: 0; -ENOMEM (@s still the caller's). */
int series_add_sample(struct series *series, const struct sample *s);

/**
 * series_fold_latency() - merge the samples' histograms into one and release them; those of warm-up
 * trials are not merged. Once they are in the journal nobody needs them one by one, and at 17 KB
 * each those of a full run would fill a gigabyte. The percentiles of each launch become metrics of
 * its first trial that is not a warm-up, so call this for whole launches only. Return: 0; -ENOMEM,
 * and nothing is lost.
 */
int series_fold_latency(struct series *series);

/**
 * run_summarise() - fill every series' summary, its final status (ok, noisy, oversubscribed) and
 * the run's noise verdict from the samples. Idempotent.
 *
 * The launch is the unit of replication: the middle of a launch's trials is one value, and the
 * figure is the middle of these values with its scale_interval(). A trial without the figure's
 * metric is left out, unless the figure is the time per operation, see below.
 *
 * Statuses without a figure and their reasons stay as they are. The other statuses, and their
 * reasons if there is something to say, are written anew:
 * - oversubscribed wins over noisy, its reason then says that it is noisy as well;
 * - noisy: more CPU time than the quota grants (manifest), an interval over
 *   RUN_NOISY_HALF_WIDTH_PCT, fewer than RUN_LAUNCHES_MIN launches, or, of times per operation, so
 * many trials without a finished operation that a launch's median trial is one of them. Then every
 * launch's figure is its whole time over all its operations. Fewer such trials are counted in the
 * reason and rank as the longest. The width of an outcome's interval follows from the number of
 * trials alone and says nothing of noise, so it makes no row noisy;
 * - invalid when more than half of the launches gave no figure at all;
 * - not_run when there is no trial but warm-ups.
 *
 * The noise verdict on the machine uses times only: other figures do not show its noise.
 *
 * Return: 0; -ENOMEM; -E2BIG when a series has more than 128 kinds of metrics.
 */
int run_summarise(struct run *run);

/**
 * series_note_stop() - note that measuring ended before the series was precise: "stopped at +-3.1 %
 * after 12 launches: time budget out before +-2 %" (for shares: points). It has a member of its
 * own, so that a long reason cannot cut it. This is no failure.
 * @half_width_pct: not finite when there is none.
 * @why: what ended it.
 */
void series_note_stop(struct series *s, double half_width_pct, unsigned launches,
    double precision_pct, const char *why);

/** series_note_cut() - the same when a number of launches was asked for and no precision: "stopped
 * after 30 of 500 launches: time budget out". */
void series_note_cut(struct series *s, unsigned launches, unsigned asked, const char *why);

/** The words in a reason before the regimes of the machine that a row mixes (run_regimes.h). */
#define RUN_REGIMES_CLAUSE "mixes two regimes: "

/** Flags beside a status, since more than one thing may be true of a row. */
#define SERIES_FLAGS 4
extern const char *const series_flag_names[SERIES_FLAGS];

/** series_flag() - does the summarised series have this flag? In the order of the names: it is
 * oversubscribed, and its interval is too wide as well (noisy); the CPU quota stopped it in some of
 * its windows (throttled); its launches were in 2 regimes of the machine; its figure is
 * window-sensitive. */
bool series_flag(const struct series *s, unsigned flag);

#define SERIES_STATUS_MAX 80
/** series_status() - its status, followed by its flags: "ok, throttled". Return: @buf. */
char *series_status(const struct series *s, char *buf, size_t len);

#define SERIES_WHY_MAX (REASON_MAX + RUN_STOPPED_MAX + 2)
/** series_why() - the reason, followed by how it was stopped. Return: @buf. */
char *series_why(const struct series *s, char buf[SERIES_WHY_MAX]);

/** The beginning of the reason when a figure depends on the length of its windows. */
#define RUN_WINDOW_CLAUSE "window-sensitive"

/** A series whose half_width_pct is over this is noisy: ten times the smallest change that a gate
 * looks for by default (scale.h says what a per cent is). For a difference the declared worth
 * decides what that is; a share is noisy when it is not known to ten points. */
#define RUN_NOISY_HALF_WIDTH_PCT 10.0

/**
 * case_name_part() - the value of a key in a case name: "workers" in ".../workers:2/..." is "2".
 * Return: true and the text copied (cut at @len) when the name has it.
 */
bool case_name_part(const char *name, const char *key, char *value, size_t len);

void run_free(struct run *run);

#endif
