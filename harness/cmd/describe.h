/*
 * describe.h - all there is to say of a kind or a family, for `concbench describe`.
 */
#ifndef CONCBENCH_DESCRIBE_H
#define CONCBENCH_DESCRIBE_H

#include "harness/cmd/selection.h"
#include "harness/run/windows.h"

#include <stdio.h>

/**
 * describe_kind() - what is timed and checked, its models, limits, parameters, and how its windows
 * came to be.
 * @windows: what is known of them on this class of machine.
 * @bc:      the case whose window is asked for; NULL: those of all its cases.
 * @width:   columns.
 * Return: 0; -ENOMEM.
 */
int describe_kind(FILE *to, const struct catalogue_here *here, const struct kind *k,
    const struct windows *windows, const struct bench_case *bc, unsigned width);

/** describe_family() - its question, kinds and parameters. */
void describe_family(
    FILE *to, const struct catalogue_here *here, const struct cb_family *f, unsigned width);

#endif
