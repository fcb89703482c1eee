/*
 * quota.h - the CPU quota of the control groups, and the time that it has taken: a group that has
 * used up its quota stands still until the end of the period, in the middle of whatever it does.
 */
#ifndef CONCBENCH_QUOTA_H
#define CONCBENCH_QUOTA_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- manifest_cgroup.c: what this process's groups grant ---- */

struct cgroup_cpu {
	double cpus; /* quota over period; INFINITY: no limit */
	double period_us;
	bool v2;
	char stat[PATH_MAX + 32]; /* where its cpu.stat is */
};

/** cgroup_cpu_shares() - each group that says what it grants, from this process's own upwards.
 * @root: before every path; "" but in tests. */
void cgroup_cpu_shares(
    const char *root, void (*each)(void *user, const struct cgroup_cpu *share), void *user);

/* ---- while something runs ---- */

/* Groups with a limit, one above the other; nobody nests more than this. */
#define QUOTA_GROUPS_MAX 8

struct quota {
	unsigned count;
	int fd[QUOTA_GROUPS_MAX];           /* cpu.stat */
	uint64_t unit_ns[QUOTA_GROUPS_MAX]; /* version 1 counts in ns, version 2 in us */
	double cpus;                        /* the tightest */
	uint64_t period_ns;                 /* in which that is granted; 0: no limit */
};

/* Cumulative; subtract two of them. */
struct quota_reading {
	uint64_t periods; /* in which a group was stopped */
	uint64_t ns;      /* that its PUs stood still, all together */
};

/** quota_open() - without a limit @q->count is 0, and reading costs nothing. */
void quota_open(struct quota *q, const char *root);

/** quota_whole_periods() - rounds @ns up to whole periods if it is at least one: every whole period
 * grants the same, but a part of one does not. */
uint64_t quota_whole_periods(uint64_t period_ns, uint64_t ns);

/** quota_read() - takes a few microseconds a group: not while anything is timed. */
void quota_read(const struct quota *q, struct quota_reading *out);

void quota_close(struct quota *q);

/** quota_parse() - cpu.stat's text. @unit_ns: of the time in it. A file without these lines, as
 * where there is no limit, adds nothing to @out. */
void quota_parse(const char *text, uint64_t unit_ns, struct quota_reading *out);

#endif
