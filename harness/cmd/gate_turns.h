/*
 * gate_turns.h - rows of a gate whose short turns are not the steady state.
 *
 * A gate's turns are a millisecond, so that the two sides are close to each other. Where runs on
 * this machine have found that a figure is steady in longer windows only (run_window.h), base and
 * head are still judged in the same turns; but of the steady figure nothing is said, and the row
 * says so.
 */
#ifndef CONCBENCH_GATE_TURNS_H
#define CONCBENCH_GATE_TURNS_H

#include "harness/cmd/gate_session.h"
#include "harness/run/windows.h"

/**
 * gate_turns_note() - by what the windows file under the results says of this machine's class.
 * @rows: of the session's cases, in order; @machine: the facts that it is told by.
 * Return: 0, also without such a file; -ENOMEM.
 */
int gate_turns_note(const struct gate_session *s, const char *results_dir,
    const struct manifest *machine, struct comparison_row *rows);

/** gate_turns_say() - what is said of one row with turns of @turn_ns, when @known is what is known
 * of its case; "" when they are long enough. Return: @buf. */
char *gate_turns_say(const struct window_known *known, const struct run_figure *figure,
    uint64_t turn_ns, char *buf, size_t len);

#endif
