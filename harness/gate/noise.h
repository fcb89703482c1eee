/*
 * noise.h - what a gate can see on this machine, from a program gated against itself.
 */
#ifndef CONCBENCH_NOISE_H
#define CONCBENCH_NOISE_H

#include "harness/base/clock.h"
#include "harness/gate/gate.h"

/**
 * noise_spread() - the launches' standard deviation: robust (MAD), of all turns where the quickest
 * spread less, and larger by one and a half times its own error, which of 11 launches is a third,
 * of 80 an eighth. Return: not finite of fewer than 2.
 */
double noise_spread(const struct launch_ratio *launch, size_t n);

/**
 * noise_visible_change() - the smallest change that a gate finds and confirms in 9 of 10 tries.
 * @launch:    pairs of launches of one program against itself, at least 2.
 * @launches:  how many a gate has the time for; half as many may follow to confirm.
 *
 * power_visible() for normal launches with noise_spread(). What the gate's other cases leave of
 * their time is not counted on. Return: relative, 0.013 for 1.3 %; 0 when it cannot be said, or no
 * verdict can come.
 */
double noise_visible_change(
    const struct launch_ratio *launch, size_t n, uint64_t launches, double min_effect);

/**
 * noise_surely_seen() - the size of slowdown that a row in which nothing is slower rules out, so
 * that all of some dozens of such rows do in 19 of 20 gates.
 * @launches: how many a gate has the time for.
 *
 * Larger than what is visible: there 1 of 10 may be missed, here hardly 1 of 1,000 may be left
 * open. Return: relative, at least @min_effect; 0 when it cannot be said.
 */
double noise_surely_seen(
    const struct launch_ratio *launch, size_t n, unsigned launches, double min_effect);

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
 * @must_see: NULL; or a look at all of them, which takes what it takes, and what all of them show
 * for certain (noise_surely_seen()); 0 when there was not the time for it.
 * @text: gets a sentence, for the time that the gate has for each of its @count cases after this;
 * none when there was no time for a look.
 * Return: 0; -EINTR; -ENOMEM; CELL_NONE with @plan->why.
 */
int noise_brief(struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count,
    double *must_see, struct text_buffer *text);

/**
 * noise_of_gate() - what was visible in a gate, by the spread of its own launches: a change moves
 * all of a case's launches alike, and leaves their spread. An A/A of three cases before it cannot
 * know of the others, nor of what the machine did meanwhile.
 * @g:    measured; @rows: its cases', concluded: each gets its own.
 * @aa:   there was to be an A/A; that it got to no look is said.
 * @text: the sentence goes on.
 */
void noise_of_gate(
    const struct gate *g, struct comparison_row *rows, bool aa, struct text_buffer *text);

/**
 * noise_name_quota() - put before @text how many turns of a gate the CPU quota has stopped; nothing
 * when none. @g: measured.
 */
void noise_name_quota(const struct gate *g, struct text_buffer *text);

#endif
