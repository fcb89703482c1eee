/*
 * machine_class.h - which runs were made on machines alike, so that their figures make one series.
 */
#ifndef CONCBENCH_MACHINE_CLASS_H
#define CONCBENCH_MACHINE_CLASS_H

#include "harness/machine/manifest.h"

#define MACHINE_CLASS_LEN 17
#define MACHINE_TITLE_MAX 160

/**
 * machine_class() - 16 hex digits of what makes two machines the same for a figure.
 *
 * In it: architecture, CPU vendor, family, model, stepping and name; SMT; hypervisor; the topology
 * with its usable PUs; the mitigations that are not "Not affected" (so that a kernel which merely
 * knows more of them makes no new class); governor, turbo, a clock source other than tsc, a limit
 * of CPU time. Missing keys count as missing. So all that `compare` refuses for the machine's sake.
 *
 * Not in it, since a trend is there to show what they do: kernel, microcode, C library, compiler,
 * flags and revision. `history changes` names those that differ. Nor the host's name: a pool of
 * equal machines makes one series, and it does not matter which of its PUs a job was given, as long
 * as they are arranged alike. Sanitizer builds are in no series: history_add() refuses them.
 */
void machine_class(const struct manifest *m, char out[MACHINE_CLASS_LEN]);

/** machine_title() - the class for people: "AMD EPYC, 2 cores, 2 PUs, kvm". */
void machine_title(const struct manifest *m, char *out, size_t len);

#endif
