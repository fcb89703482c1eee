/*
 * history.h - figures of many runs, from one machine or a team's, in one database.
 *
 * A series is one figure of one case (name, hash of its definition, length of its trials) on one
 * class of machines, run after run. Results are copies: the caller frees a list's items. A function
 * that fails leaves one line for people in history_error() and does not touch its outputs. Not
 * thread-safe per history; any number of processes may use one database at once.
 */
#ifndef CONCBENCH_HISTORY_H
#define CONCBENCH_HISTORY_H

#include "harness/history/machine_class.h"
#include "harness/run/run.h"

#define HISTORY_DEFAULT_FOLDER "results"
#define HISTORY_DEFAULT HISTORY_DEFAULT_FOLDER "/history.db"

struct history;

enum history_mode {
	HISTORY_READ,  /* has to be there */
	HISTORY_WRITE, /* made when it is not there */
};

/**
 * history_open() - a path or a URL as store_open().
 * @wait_ms: how long to wait for another writer. @err: one line on failure.
 * Return: 0; -ENOENT; -EPROTO of another schema; the errors of store.h.
 */
int history_open(const char *where, enum history_mode mode, unsigned wait_ms, struct history **out,
    char *err, size_t err_len);

/** history_close() - NULL is fine. */
void history_close(struct history *h);

const char *history_error(const struct history *h);
/** history_name() - the database, fit to be shown. */
const char *history_name(const struct history *h);

/**
 * history_add() - take in a run, whole or not at all.
 * @run: with its summaries, as result_read() gives it.
 * Return: 0; -EINVAL for an id that is not of run_folder_create()'s form, and for a sanitizer's
 * build, whose times are no figures; 1 when it is there already, and nothing is done; -EEXIST when
 * another run with its id is; the errors of store.h.
 */
int history_add(struct history *h, const struct run *run);

/* ---- what is in it ---- */

struct history_run {
	int64_t id;
	char name[128]; /* the run's id, as its folder */
	char date[40];
	char machine[MACHINE_CLASS_LEN];
	char title[MACHINE_TITLE_MAX];
	char profile[16];
	char revision[80]; /* "1a2b3c-modified" of a dirty build; "" unknown */
	bool interrupted;
	unsigned cases, figures, failed; /* failed: invalid, crashed or hung */
};

struct history_runs {
	struct history_run *items;
	size_t count;
};

/* What is wanted; NULL is all of it. */
struct history_filter {
	const char *machine;   /* a class, or how one begins */
	const char *case_name; /* an extended regular expression, see case_filter.h */
};

/** history_list_runs() - by date. With a case: those that have it. Return: 0; -EINVAL for a bad
 * expression; an error. */
int history_list_runs(
    struct history *h, const struct history_filter *filter, struct history_runs *out);

/**
 * history_find_run() - by its name, by a beginning that only its name has, or "latest". @machine: a
 * class, or its beginning; NULL: any.
 * Return: 0; -ENOENT; -ENOTUNIQ; -EINVAL no class; an error.
 */
int history_find_run(
    struct history *h, const char *name, const char *machine, struct history_run *out);

struct history_series {
	int64_t machine_id, case_id;
	char machine[MACHINE_CLASS_LEN];
	char title[MACHINE_TITLE_MAX];
	char name[CASE_NAME_MAX];
	char hash[17];
	uint64_t slot_ns; /* 0: unknown */
	unsigned workers;
	struct run_figure figure;
	unsigned runs; /* that have the case, with a figure or without */
};

struct history_series_list {
	struct history_series *items;
	size_t count;
};

/** history_list_series() - by name, machine and age. Return: as history_list_runs(). */
int history_list_series(
    struct history *h, const struct history_filter *filter, struct history_series_list *out);

struct history_point {
	int64_t run_id, figure_id, case_id;
	char run[128];
	char date[40];
	char revision[80]; /* as of a run */
	char name[CASE_NAME_MAX];
	struct run_figure figure;
	enum case_status status;
	/* Valid when status_has_figure(status): */
	struct stats_interval value; /* of the figure, in its unit */
	double covered;              /* 0: one launch, no interval */
	unsigned launches, samples;
};

struct history_points {
	struct history_point *items;
	size_t count;
};

/** history_trend() - all points of a series, by date. Return: 0; an error. */
int history_trend(
    struct history *h, const struct history_series *series, struct history_points *out);
/** history_past() - a case's points up to @run, on that run's class of machines; @max at most, the
 * newest first.
 * Return: 0; an error. */
int history_past(struct history *h, int64_t case_id, const struct history_run *run, unsigned max,
    struct history_points *out);
/** history_figures() - all cases of a run, in the run's order. Return: 0; an error. */
int history_figures(struct history *h, int64_t run_id, struct history_points *out);

/** history_fact_teller - called for every fact that differs. @before, @after: "" when that run
 * lacks it. */
typedef void history_fact_teller(
    void *context, const char *key, const char *before, const char *after);

/** history_facts_changed() - the differences between two runs' manifests, except for facts that
 * change with every run (load, free memory, clock now). Return: 0; an error. */
int history_facts_changed(struct history *h, int64_t before_run, int64_t after_run,
    history_fact_teller *tell, void *context);

#endif
