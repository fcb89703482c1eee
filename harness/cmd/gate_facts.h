/*
 * gate_facts.h - where a gate's figures come from: the two builds and the machine.
 */
#ifndef CONCBENCH_GATE_FACTS_H
#define CONCBENCH_GATE_FACTS_H

#include "harness/cmd/gate_session.h"

/**
 * gate_facts_collect() - fill seed, builds and machine of @c.
 *
 * A program that does not answer, or is older than the question, has no facts or only its version:
 * that is no error. Return: 0; -ENOMEM.
 */
int gate_facts_collect(const struct gate_session *s, struct comparison *c);

#endif
