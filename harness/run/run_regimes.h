/*
 * run_regimes.h - the regimes of the machine (regimes.h) that a run's launches were measured in,
 * told apart by the round trip of a cache line as each launch began (METRIC_ROUND_TRIP_NS).
 */
#ifndef CONCBENCH_RUN_REGIMES_H
#define CONCBENCH_RUN_REGIMES_H

#include "harness/run/launch.h"
#include "harness/stats/regimes.h"

/* The launches of a series in one regime. */
struct regime_figure {
	double round_trip_ns;         /* median */
	unsigned launches;            /* that have a figure */
	struct stats_interval figure; /* over these, as the summary's */
};

struct series_regimes {
	unsigned
	    count; /* 2 if the series mixes them, otherwise less, and then there are no figures */
	unsigned launches;
	struct regime_figure of[2]; /* the quicker one first */
};

/** series_regimes() - the regimes of a series; none if it has no figure. Return: 0; -ENOMEM; -E2BIG
 * as launch_list_build(). */
int series_regimes(const struct series *s, struct series_regimes *out);
/** launch_list_regimes() - the same, with the launches at hand. */
int launch_list_regimes(
    const struct launch_list *list, const struct run_figure *f, struct series_regimes *out);

/** series_regimes_say() - "42 ns in 68 % of the launches, ..."; "" when they are not mixed.
 * Return: @buf. */
char *series_regimes_say(
    const struct series_regimes *r, const struct run_figure *f, char *buf, size_t len);

/* The launches by which series may be compared: of one regime of the machine. */
struct regime_choice {
	struct regimes regimes;
	int which; /* of the two; -1: there is one, and all launches are of it */
};

/**
 * regime_choose() - of two regimes the one that gives each of @n series most launches.
 *
 * The two are found among the launches of all of them together. Where one of the series does not
 * say how long a cache line took, all are compared as they are.
 * @in: [n] how many launches of each are in the quicker and in the slower one; 0 if there is one.
 * Return: 0; -ESTALE when neither gives each series RUN_LAUNCHES_MIN; -ENOMEM.
 */
int regime_choose(
    const struct launch_list *lists, size_t n, struct regime_choice *out, size_t (*in)[2]);

/** regime_chosen() - is the launch one of those? */
bool regime_chosen(const struct regime_choice *c, const struct launch *l);

/* Of the facts about the machine; the PUs follow. */
#define RUN_REGIMES_KEY "line.round_trip_ns."

/**
 * run_regimes_note() - write the distribution of the round trips into the manifest, a line for each
 * choice of PUs ("line.round_trip_ns.0,1"). @text: a clause for the noise verdict; "" when no PUs
 * were seen in two regimes.
 * Return: 0; -ENOMEM.
 */
int run_regimes_note(struct run *run, char *text, size_t len);

/** run_regimes_middle() - the median round trip, in ns, that such a line tells of. Return: 0 when
 * it is none. */
double run_regimes_middle(const char *line);

#endif
