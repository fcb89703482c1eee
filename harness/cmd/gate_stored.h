/*
 * gate_stored.h - `concbench gate --base RUN`: head is run now, as `concbench run` does, and
 * compared with a stored run. Weaker evidence, which the output says: the two did not take turns.
 */
#ifndef CONCBENCH_GATE_STORED_H
#define CONCBENCH_GATE_STORED_H

#include "harness/cmd/gate_options.h"

/** gate_stored() - Return: the process's exit status. interrupt_install() first. */
int gate_stored(const struct gate_options *o);

#endif
