/*
 * pick.h - which cases a time budget is enough for, and which of a profile's come first when it is
 * not enough for all. Plans with estimates, measures nothing.
 */
#ifndef CONCBENCH_PICK_H
#define CONCBENCH_PICK_H

#include "harness/run/windows.h"
#include "harness/work/sweep.h"

/* What every case is to get. */
struct pick_plan {
	unsigned launches; /* the least that a figure can be built on, or all that were asked for */
	unsigned slots;    /* of a launch, at most (schedule_slots()) */
	uint64_t slot_ns;  /* 0: the cases' own */
	const struct windows *windows; /* of those that are known to need longer ones; NULL: none */
};

/**
 * pick_needs_ns() - about how long a case takes until it has had its launches; 0 when it cannot run
 * here.
 */
uint64_t pick_needs_ns(const struct bench_case *bc, const struct pick_plan *plan);

/**
 * pick_cases() - those that there is time for.
 * @host: that the cases were made for.
 * @keep: [list->count], filled: is it among them?
 *
 * Questions (families) take turns: next is always the one that has had the least time. Within a
 * question a kind gives its base case first, then those that differ from it in one parameter, the
 * first parameter first, then those that differ in more: a case a turn. Kinds join in one after the
 * other, references first, then what somebody has loaded, then those of the smaller profiles: one,
 * a turn later two more, then four, eight, ... So each turn brings as many new kinds as there were,
 * and the best known ones are seen under all models and parameters before the last has its place.
 * The same list and plan always give the same cases; every question has one, whatever the budget.
 *
 * Return: 0; -ENOMEM.
 */
int pick_cases(const struct case_list *list, const struct host *host, const struct pick_plan *plan,
    uint64_t budget_ns, bool *keep);

#endif
