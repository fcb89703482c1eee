/*
 * again.h - the command that measures a row of a run again.
 */
#ifndef CONCBENCH_AGAIN_H
#define CONCBENCH_AGAIN_H

#include "harness/base/text.h"
#include "harness/run/run.h"

/**
 * again_command() - "concbench run 'lock/ck_mcs/model:thread/...'", as a shell reads it.
 *
 * A name says all values of its case; what is left out of it is a parameter at its base value. What
 * a name does not say is in the command as well: the file that an own kind is loaded from, the
 * window's length when the run set one, and that the case was one of an A/A pair.
 */
void again_command(struct text_buffer *b, const struct run *run, const struct series *s);

/* Manifest: --slot-time in nanoseconds, when it was given. */
#define AGAIN_SLOT_KEY "run.slot_time_ns"

#endif
