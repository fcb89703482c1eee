/*
 * noise.h - what a gate can see on this machine, from a program gated against itself.
 */
#ifndef CONCBENCH_NOISE_H
#define CONCBENCH_NOISE_H

#include "harness/base/clock.h"
#include "harness/gate/gate.h"

/**
 * noise_visible_change() - the smallest change that a gate finds and confirms in 9 of 10 tries.
 * @launch:    pairs of launches of one program against itself, at least 2.
 * @launches:  how many a gate has the time for; half as many may follow to confirm.
 *
 * power_visible() for normal launches with the robust (MAD) deviation of these. Of 11 launches that
 * deviation is known to about a third, of 80 to about a tenth, and so is the answer. What the
 * gate's other cases leave of their time is not counted on. Return: relative, 0.013 for 1.3 %; 0
 * when it cannot be said, or no verdict can come.
 */
double noise_visible_change(
    const struct launch_ratio *launch, size_t n, uint64_t launches, double min_effect);

/* What a case shows in a given time. */
struct noise_visible {
	uint64_t within_ns;
	double change;      /* relative; 0: see needed_ns */
	uint64_t needed_ns; /* when @within_ns is too short for any verdict: what is not; else 0 */
};

/** noise_visible() - @spent_ns: that the @n launches took together. */
struct noise_visible noise_visible(const struct launch_ratio *launch, size_t n, uint64_t spent_ns,
    uint64_t within_ns, double min_effect);

/**
 * noise_brief() - a brief A/A of base before a gate: a first look at up to three of its cases.
 * @plan: the gate's. Its budget is made smaller by what this took, which is at most a sixth of it,
 * and nothing that a first look at all cases needs; one that is open-ended is widened instead, if
 * need be. Its overhead_ns is what was measured.
 * @text: one sentence, for the time that the gate has for each of its @count cases after this; ""
 * when there was no time for a look: ask noise_of_gate() then.
 * Return: 0; -EINTR; -ENOMEM.
 */
int noise_brief(struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count,
    char *text, size_t text_len);

/**
 * noise_of_gate() - what is visible in a gate that had no A/A, by the spread of its own launches:
 * a change moves all of a case's launches alike, and leaves their spread.
 * @g: measured.
 * @text: one sentence over all cases with a first look; it says that there was no A/A.
 */
void noise_of_gate(const struct gate *g, char *text, size_t text_len);

/**
 * noise_name_quota() - put before @text how many turns of a gate the CPU quota has stopped; nothing
 * when none. @g: measured.
 */
void noise_name_quota(const struct gate *g, char *text, size_t text_len);

#endif
