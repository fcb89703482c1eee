/*
 * verdict.h - what a comparison concludes about one case, and when it may. Pure functions.
 *
 * Everything here is in log ratios, head over base, of time per operation: 0.01 is "head takes 1 %
 * longer". For figures on another scale it is the difference of places (scale.h): in units of what
 * a difference is worth, in fractions of 1 for a share. Slower then means "head has more of it" and
 * faster that it has less; verdict_by_merit() says which of the two is better. The unit of
 * replication is the launch (a pair of processes): two copies of one binary differ from launch to
 * launch by layout alone, so slots of few launches prove nothing.
 */
#ifndef CONCBENCH_VERDICT_H
#define CONCBENCH_VERDICT_H

#include "harness/stats/launch_ratio.h"
#include "harness/stats/stats.h"

#include <stdbool.h>

enum verdict {
	VERDICT_SAME,         /* the whole interval lies within +-min_effect, of all turns */
	VERDICT_SLOWER,       /* above zero, by the floor for detecting or more */
	VERDICT_FASTER,       /* below zero, by the floor for detecting or more */
	VERDICT_UNSURE,       /* neither: more launches or a quieter machine would be needed */
	VERDICT_INCOMPARABLE, /* the two are not the same measurement */
	VERDICT_MISSING,      /* only one side has the case */
	VERDICT_FAILED,       /* one side gives no figure: crashed, hung, failed its self-check */
	VERDICT_DIFFERS,      /* a change of what is neither good nor bad: told, no failure */
	VERDICT_COUNT,
};

/** verdict_names - "same", "slower", ..., up to a NULL. */
extern const char *const verdict_names[VERDICT_COUNT + 1];
/** verdict_name() - "same", "slower", ... */
const char *verdict_name(enum verdict v);
/** verdict_word() - the same for people: "worse" and "better" for a figure that is not a time. */
const char *verdict_word(enum verdict v, bool time);
/** verdict_is_change() - slower, faster or differs. */
bool verdict_is_change(enum verdict v);
/** verdict_by_merit() - turns "head has more" (slower) and "less" (faster) into slower and faster
 * by which direction is @better. */
enum verdict verdict_by_merit(enum verdict v, enum cb_better better);

/* ---- layout ---- */

/**
 * layout_ratio() - the spread of the launches divided by the spread that their insides predict; 0
 * when unknown.
 *
 * Robust (MAD) standard deviation of the log ratios, over the median predicted one. Around 1 when
 * launches are exchangeable and have many quartets; from 3 to 5 quartets the predicted one is a
 * little too small, and it is 1.15.
 */
double layout_ratio(const struct launch_ratio *launch, size_t n);

/**
 * layout_limit() - the layout_ratio() above which a case is layout-sensitive: its binary's
 * placement in memory moves its figure.
 * @quartets: of its launches.
 *
 * It is 1.5, or more where chance alone exceeds that: at most 1 % of cases with exchangeable
 * launches lie above it (layout_test.c simulates it; with 1.5 throughout it was 10 % for 11
 * launches of 12 quartets, and 19 % for launches of 3). 0 when nothing can be said: fewer than 11
 * launches or 3 quartets.
 */
double layout_limit(size_t launches, unsigned quartets);

/** layout_sensitive() - is layout_ratio() above the limit for so many launches, with the fewest
 * quartets that any of them has? */
bool layout_sensitive(const struct launch_ratio *launch, size_t n);

/* ---- looks: when a verdict may be tried, and what it costs ---- */

#define LOOKS 4
/** looks_launches() - launches needed before look @look (0..LOOKS-1): 11, 20, 40, 80. The first is
 * the smallest number with which a signed-rank interval at its level exists. */
unsigned looks_launches(unsigned look);
/** looks_alpha() - two-sided error spent at look @look: that of z = 3.29, 3.29, 2.81, 2.58. */
double looks_alpha(unsigned look);

/* A change that was found is measured again with fresh launches. Only one hypothesis is left then,
 * so each look costs less. The false rate of both passes together is the product of the two. */
#define CONFIRM_ALPHA 0.05
/* The smallest number with which a signed-rank interval at that level exists is 6. */
#define CONFIRM_LAUNCHES 8

/* ---- one case ---- */

struct evidence {
	enum cb_scale scale;
	struct stats_interval log_ratio; /* Hodges-Lehmann, signed-rank interval */
	double alpha;                    /* the interval covers 1 - alpha, or a little more */
	double p;                        /* two-sided, of no change */
	unsigned launches;
	unsigned quickest;            /* of which so many are figures of their quickest turns */
	struct stats_interval middle; /* the same interval of the middle of all turns */
};

/**
 * evidence_of() - from launches on one scale. For shares and outcomes it is stats_share_shift() of
 * the two sides: when no launch lost anything all are equal, but a rare loss might still have gone
 * unseen. Ranks would call the sides the same at the first look.
 * Return: 0; -EINVAL when @n is too small for an interval at @alpha; -ENOMEM.
 */
int evidence_of(const struct launch_ratio *launch, size_t n, double alpha, struct evidence *out);

/**
 * verdict_detect_floor() - the smallest estimate that is called a change: half of min_effect.
 *
 * There are two floors. A change that certainly lies within +-min_effect is same, even if it
 * certainly exists: nobody should be bothered. Otherwise an estimate of half of min_effect is
 * enough. A true change of min_effect is estimated below it half of the time, so a gate that asked
 * for the whole would miss half of the changes that it is there for, however much time it had. With
 * half, and on a machine that is quiet enough, it finds 9 in 10 of them (false_rate_test.c,
 * power.h). The price: a case called slower may be only 0.7 % slower.
 */
double verdict_detect_floor(double min_effect);

/**
 * verdict_of() - the rule. @min_effect: 0.01 for 1 % (see scale.h); a smaller change may be
 * overlooked.
 *
 * same when the interval lies within +-min_effect; else slower (faster) when it lies above (below)
 * zero and the estimate is at least the floor for detecting away from it; else unsure. When any
 * launch's value comes from its quickest turns, the interval of the middle is looked at too. If it
 * does not lie within +-min_effect the verdict is not same but unsure, because equal quickest turns
 * say nothing of the others. If it lies on the other side of zero the verdict is unsure as well:
 * the turns do not agree.
 */
enum verdict verdict_of(const struct evidence *e, double min_effect);

/*
 * A case under test. Launches are added one by one; it may end at every look that is due. A change
 * is believed only after fresh launches, tested from their own first look on, have confirmed it.
 */
struct sequential {
	double min_effect;
	struct launch_ratio *launch; /* of both passes; owned */
	size_t count, capacity;
	size_t first;  /* index of the first launch of the pass under way */
	unsigned pass; /* 0 finding, 1 confirming */
	unsigned look; /* next look of this pass */
	bool ended;
	bool reopened;               /* and not looked at since */
	enum verdict verdict;        /* VERDICT_UNSURE until ended */
	enum verdict flagged;        /* what pass 0 said, when it is slower or faster */
	struct evidence evidence[2]; /* the last of each pass; launches 0 when none */
};

void sequential_begin(struct sequential *s, double min_effect);
/** sequential_add() - one more launch; looks when a look is due. Nothing after the end.
 * Return: 0; -EINVAL when its ratio is not finite, and it is not added; -ENOMEM. */
int sequential_add(struct sequential *s, const struct launch_ratio *launch);
/**
 * sequential_finish() - time is up for this pass: a last look at what there is, at the cost of the
 * next look. A change found by it opens the second pass, and more launches may be added; what is
 * not confirmed in the end is unsure. Return: as above.
 */
int sequential_finish(struct sequential *s);
/**
 * sequential_reopen() - go on measuring a confirmed change to its next look, because its p was not
 * small enough for its suite; that of a true change gets smaller. The outcome of that look counts,
 * even if it takes the change back; without a further launch everything stays as it was. Return:
 * false when @s is no confirmed change or has no look left.
 */
bool sequential_reopen(struct sequential *s);
/**
 * sequential_p() - p of the case for the suite: of one pass, or of both by Fisher's method; 1 when
 * nothing was tested.
 *
 * It is the p of the last look, not corrected for earlier looks. It can only take back a verdict
 * that has paid for its looks already (verdicts_control()), and is no evidence by itself.
 */
double sequential_p(const struct sequential *s);
/**
 * sequential_estimate() - the change and its interval, as the last look saw them.
 *
 * For a change that was found, it is over the fresh launches alone, once there has been a look at
 * them. The launches that found the change did so because they looked large; pooled with the others
 * they would pull the estimate up, and the interval would miss the truth as often as not. Its 95 %
 * hold for changes that gates of this size confirm in a fifth of all tries or more. A change that
 * few gates would have confirmed is in the report because the fresh launches looked large as well:
 * for changes found in 1 of 20 gates the interval covers about 90 %, and the estimate is about
 * twice the truth (coverage_test.c). Return: 0; -EINVAL when there was no look.
 */
int sequential_estimate(const struct sequential *s, struct evidence *out);
void sequential_free(struct sequential *s);

/** verdicts_control() - Benjamini-Hochberg over the suite at @q: a slower or faster that does not
 * survive becomes unsure. @p: of every case with evidence. Return: how many were taken back;
 * -ENOMEM. */
int verdicts_control(enum verdict *verdict, const double *p, size_t n, double q);

#endif
