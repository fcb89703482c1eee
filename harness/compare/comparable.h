/*
 * comparable.h - did two measurements measure the same thing on the same machine?
 *
 * For stored runs, for a gate whose base is a stored run, and for the two builds of a gate. Pure
 * functions.
 */
#ifndef CONCBENCH_COMPARABLE_H
#define CONCBENCH_COMPARABLE_H

#include "harness/compare/comparison.h"

/* What a fact of the environment is to a comparison. */
struct comparable_fact {
	const char *key;    /* of the manifest; "kernel.mitigations." is all that begin so */
	bool refuses;       /* a difference forbids comparing; otherwise it is only told */
	const char *reason; /* why: what it would change beside the code */
	/* The assumed value when a side lacks the key; NULL: "not recorded", which counts as a
	 * difference. */
	const char *absent;
};

/** comparable_facts() - the list, ended by a NULL key. */
const struct comparable_fact *comparable_facts(void);

/**
 * comparable_check() - compare two environments; every difference becomes a line of @c, and so does
 * the case that neither side says anything. @refusals: how many of the differences forbid
 * comparing; those come first.
 * Return: 0; -ENOMEM.
 */
int comparable_check(const struct manifest *base, const struct manifest *head, struct comparison *c,
    size_t *refusals);

/**
 * comparable_builds() - the same for two builds that are measured here and now: compiler, flags,
 * sanitizer, libraries. The revision may differ, since a gate is about that; nothing is compared
 * when a side does not say what it was built with.
 */
int comparable_builds(const struct manifest *base, const struct manifest *head,
    struct comparison *c, size_t *refusals);

/**
 * comparable_series() - do two series of one name measure the same thing?
 * @reason: [REASON_MAX] one line when they do not.
 */
bool comparable_series(
    const struct series *base, const struct series *head, char reason[REASON_MAX]);

#endif
