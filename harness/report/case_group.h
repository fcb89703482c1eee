/*
 * case_group.h - the series of a run sorted into blocks that belong together, and what tells the
 * rows of a block apart. Used by everything that shows a run: charts, page and terminal table.
 *
 * Knows case names (family/kind/key:value/...) and what the run says of its families: where one
 * operation of a kind is nothing like one of another, each kind is a block of its own.
 * Points into the run, which has to outlive it. Thread-safe on different groups.
 */
#ifndef CONCBENCH_CASE_GROUP_H
#define CONCBENCH_CASE_GROUP_H

#include "harness/run/run.h"

#define CASE_KEYS_MAX 16
#define CASE_WORD_MAX 64

/* A case name taken apart. What does not fit is cut; keys beyond CASE_KEYS_MAX are dropped. */
struct case_parts {
	char family[CASE_WORD_MAX];
	char kind[CASE_WORD_MAX]; /* the parts without a colon after the family: "a/b" when two */
	unsigned count;
	char key[CASE_KEYS_MAX][CASE_WORD_MAX];
	char value[CASE_KEYS_MAX][CASE_WORD_MAX];
};

/** case_parts_parse() - never fails: a name of another form is all family and kind. */
void case_parts_parse(const char *name, struct case_parts *out);

/** case_parts_value() - the value of a key, "" when the case has none. */
const char *case_parts_value(const struct case_parts *p, const char *key);

/* One key of a block's names. */
struct case_key {
	char name[CASE_WORD_MAX];
	bool differs;               /* two rows differ in it, or only one of them has it */
	char common[CASE_WORD_MAX]; /* the value of all rows, when it does not differ */
};

struct case_row {
	const struct series *series;
	struct case_parts parts;
	const char *axis; /* key of the parameter by which it stands beside others; "" none */
	double at;        /* its value; NAN when that is no number, or there is none */
};

struct case_group {
	char title[2 * CASE_WORD_MAX];   /* "lock"; "job/sieve" */
	char id[2 * CASE_WORD_MAX];      /* the same of [a-z0-9_-]: for file names and anchors */
	const struct run_family *family; /* the run's; NULL: it does not say */
	bool kind_differs;
	struct case_row *rows;
	size_t count;
	struct case_key keys[CASE_KEYS_MAX]; /* in the order of the names */
	unsigned key_count;
	char op[32]; /* what one operation is, when it is the same for all rows */
};

struct case_groups {
	struct case_group *items;
	size_t count;
};

/** case_groups_build() - blocks and rows in the run's order. Return: 0; -ENOMEM. */
int case_groups_build(const struct run *run, struct case_groups *out);

void case_groups_free(struct case_groups *groups);

/**
 * case_group_common() - the parts all rows share, "place:scatter hold_ns:0"; "" when none.
 * Return: @buf.
 */
char *case_group_common(const struct case_group *g, char *buf, size_t len);

/** case_group_times() - are all its figures the time per operation? */
bool case_group_times(const struct case_group *g);

/** case_group_heading() - of the column with its figures: "time/op", "bytes", "share"; "figure"
 * where they are of several kinds. */
const char *case_group_heading(const struct case_group *g);

/** case_is_axis() - is @key the axis of one of its rows? */
bool case_is_axis(const struct case_group *g, const char *key);

/** case_same_at() - at the same value of their axes, though these may be called differently: ten
 * workers beside ten connections, a worker each. */
bool case_same_at(const struct case_row *a, const struct case_row *b);

/** case_at() - where a row is, for people: "2 workers", "depth:8"; "" nowhere. Return: @buf. */
char *case_at(const struct case_row *row, const struct run_family *family, char *buf, size_t len);

/** case_axis_title() - what an axis of charts is called: "workers", "hold" of "hold_ns". Return:
 * @buf. */
char *case_axis_title(const struct case_group *g, char *buf, size_t len);

/** case_tick() - a value of the axis, in its unit: "1 KiB", "500 ns". Return: @buf. */
char *case_tick(const struct case_group *g, double at, char *buf, size_t len);

/**
 * case_group_figures() - what its figures are, and which direction is better, of those that are
 * not the time per operation: "memory of a worker (less is better)". Return: @buf; "".
 */
char *case_group_figures(const struct case_group *g, char *buf, size_t len);

/**
 * case_group_ops() / case_group_latencies() - what one operation is, and from which event to which
 * its latency runs. Where the cases differ, each with the kinds that it is true of:
 * "acquire+release (ck_mcs, ck_ticket); atomic addition (atomic_add)". Return: @buf; "" when no
 * case says so.
 */
char *case_group_ops(const struct case_group *g, char *buf, size_t len);
char *case_group_latencies(const struct case_group *g, char *buf, size_t len);

#endif
