/*
 * placement.h - which PU each worker of a case is bound to, and why.
 *
 * A policy that the machine cannot offer is refused with a reason, never silently replaced:
 * a row measured under another placement than its name says is a wrong row.
 */
#ifndef CONCBENCH_PLACEMENT_H
#define CONCBENCH_PLACEMENT_H

#include "harness/machine/topology.h"

enum placement_kind {
	PLACEMENT_SAME,    /* all on one PU */
	PLACEMENT_SMT,     /* siblings of one core, core after core */
	PLACEMENT_COMPACT, /* fill a core, then the next core of the same cache, package, ... */
	PLACEMENT_SCATTER, /* one a core, spread over packages and caches, siblings last */
	PLACEMENT_LLC,     /* different cores that share one last-level cache */
	PLACEMENT_CROSS,   /* neighbours in different packages, or else NUMA nodes */
	PLACEMENT_LIST,    /* the PUs named, in that order */
	PLACEMENT_PAIR,    /* the two named */
	PLACEMENT_NONE,    /* unbound: the kernel's scheduler decides */
};

#define PLACEMENT_TEXT_MAX 128
#define PLACEMENT_LIST_MAX 1024

struct placement_policy {
	enum placement_kind kind;
	char text[PLACEMENT_TEXT_MAX]; /* as written: "scatter", "list:0,2-3", "pair:0-1" */
};

/* What a plan says. @pu has @count entries; -1 means unbound. */
struct placement {
	unsigned count;
	int *pu;             /* OS index of worker i; owned, see placement_free() */
	unsigned pus_used;   /* distinct PUs among them; 0 for none */
	bool oversubscribed; /* more workers than distinct PUs they may run on */
	bool mixed_cores;    /* bound to cores of several kinds: no worker is like another */
};

/**
 * placement_parse() - read a policy from its text.
 * @err: one line naming the text and what is accepted.
 * Return: 0; -EINVAL, and @out untouched.
 */
int placement_parse(const char *text, struct placement_policy *out, char *err, size_t err_len);

/** placement_policy_of() - the policy without arguments of a kind (not PLACEMENT_LIST, nor
 * PLACEMENT_PAIR). */
struct placement_policy placement_policy_of(enum placement_kind kind);

/** placement_pair_parse() - the PUs of "pair:0-1". Return: 0; -EINVAL, when both are one too. */
int placement_pair_parse(const char *text, unsigned pu[2]);

/** placement_is_many() - does a text stand for many policies, "pairs", "pairs:32" or
 * "pairs:unlike"? See placement_many(). */
bool placement_is_many(const char *text);

/**
 * placement_many() - the policies that such a text stands for.
 *
 * "pairs": each two of the usable PUs, once ("pair:0-1"); "pairs:32": of so many of them, evenly
 * spread. "pairs:unlike": of each distance between two PUs the first pair. What differs is a
 * distance: siblings of a core, cores of one last-level cache, of one NUMA node, of one package,
 * of different packages; each between cores of the same kinds.
 *
 * @topo: NULL: no machine is known, the text is only looked at.
 * @out: [*@count], to be released with free(); none where there is but one PU.
 * @err: one line naming the text and what is accepted.
 * Return: 0; -EINVAL; -ENOMEM.
 */
int placement_many(const struct topology *topo, const char *text, struct placement_policy **out,
    size_t *count, char *err, size_t err_len);

/**
 * placement_plan() - place @workers workers.
 * @out:    filled on success, untouched on error; release with placement_free().
 * @reason: one line on failure, fit for a table: "smt: no core has two usable PUs".
 *
 * More workers than PUs wrap around in the same order and are marked oversubscribed (never for
 * SAME with one worker; always for SAME with more). Deterministic.
 *
 * Return: 0; -ENOTSUP the machine cannot offer it; -EINVAL workers is 0, or a listed PU is not
 * usable; -ENOMEM.
 */
int placement_plan(const struct topology *topo, const struct placement_policy *policy,
    unsigned workers, struct placement *out, char *reason, size_t reason_len);

void placement_free(struct placement *p);

/**
 * placement_spare_pu() - a usable PU that no worker of @p is bound to, for a load generator: on
 * another core of the same cache if there is one, else any. @nth: 0 is the best of them, 1 the
 * next, and so on: each companion gets its own, on different cores as long as there are any.
 * Return: OS index, or -1 when all are taken or @p is unbound.
 */
int placement_spare_pu(const struct topology *topo, const struct placement *p, unsigned nth);

#endif
