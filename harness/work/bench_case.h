/*
 * bench_case.h - one fully parameterised benchmark, and lists of them.
 */
#ifndef CONCBENCH_BENCH_CASE_H
#define CONCBENCH_BENCH_CASE_H

#include "harness/machine/placement.h"
#include "harness/run/run.h"
#include "harness/work/workload.h"

enum profile { PROFILE_SMOKE, PROFILE_QUICK, PROFILE_FULL };

struct bench_case {
	char name[CASE_NAME_MAX];
	const struct workload *workload; /* NULL when unsupported */
	const void *kind;                /* the family's own: which lock, which queue */
	enum model model;
	unsigned workers;
	unsigned carriers; /* coroutine model: OS threads; else 0 */
	enum coroutine_choice { COROUTINE_CHOICE_FCONTEXT, COROUTINE_CHOICE_UCONTEXT } backend;
	struct placement_policy place;
	int64_t params[CASE_PARAMS_MAX];
	uint64_t slot_ns;             /* length of the window; 0: the default for its workers */
	unsigned version;             /* bump when what the case does changes */
	char unsupported[REASON_MAX]; /* why it cannot run here; "" when it can */
};

/* What a family may know when it lists its cases. */
struct machine {
	unsigned pus; /* usable */
	enum profile profile;
	unsigned max_workers;       /* what limits on tasks allow */
	const char *max_workers_by; /* which of them is the least, for people; NULL: not known */
	const struct topology *topology;
	/* the user's own sweep, instead of the family's; see machine_workers(), machine_place() */
	const unsigned *workers;
	unsigned worker_counts;
	const struct placement_policy *place;
};

struct case_list {
	struct bench_case *item;
	size_t count;
	size_t capacity;
	int error; /* first -ENOMEM or -EINVAL of case_add(); sticky */
};

/**
 * case_add() - append a copy of @bc with its name formatted from @format.
 *
 * Names are Google Benchmark names: "family/kind/key:value/...", keys in a fixed order. A name
 * that is too long or listed twice makes the list's error -EINVAL (twice is fine when the user's
 * own placement makes two of the family's the same: the second is left out). Checks the placement
 * against the topology: a policy the machine cannot offer makes the case unsupported, with the
 * reason.
 */
void case_add(struct case_list *list, const struct machine *m, const struct bench_case *bc,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

void case_list_free(struct case_list *list);

/** case_find() - by exact name, or NULL. */
const struct bench_case *case_find(const struct case_list *list, const char *name);

/** case_hash() - 16 hex digits of all that defines the case's work. */
void case_hash(const struct bench_case *bc, char out[17]);

/** case_slot_ns() - the window's length: the case's own, or by its workers. */
uint64_t case_slot_ns(const struct bench_case *bc, unsigned pus);

/* A family of benches: one line in the registry. */
struct family {
	const char *name;  /* first part of its cases' names */
	const char *title; /* for people */
	void (*list)(struct case_list *list, const struct machine *m);
};

/*
 * bench_families - the registry, in report order, ended by an entry without a name. Defined by the
 * benches (benches/registry.c): the harness knows that there is one, and nothing that is in it.
 */
extern const struct family bench_families[];

/** case_list_all() - all cases of all families on this machine. Return: 0; -ENOMEM; -EINVAL. */
int case_list_all(struct case_list *list, const struct machine *m);

#endif
