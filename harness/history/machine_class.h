/*
 * machine_class.h - which machines are alike, so that their runs' figures form one series.
 */
#ifndef CONCBENCH_MACHINE_CLASS_H
#define CONCBENCH_MACHINE_CLASS_H

#include "harness/machine/manifest.h"

#define MACHINE_CLASS_LEN 17
#define MACHINE_TITLE_MAX 160

/**
 * machine_class() - 16 hex digits that are equal for machines whose figures may be compared.
 *
 * They cover: architecture, CPU vendor, family, model, stepping and name; SMT; hypervisor; the
 * topology with its usable PUs; the mitigations that are not "Not affected" (so that a kernel which
 * merely knows more of them makes no new class); governor, turbo, a clock source other than tsc, a
 * limit of CPU time. Missing keys count as missing. These are all the facts about the machine for
 * which `compare` refuses.
 *
 * They do not cover kernel, microcode, C library, compiler, flags and revision, because a trend is
 * there to show their effect; `history changes` names those that differ. The host's name is not
 * covered either: a pool of equal machines forms one series, and it does not matter which PUs a job
 * was given as long as they are arranged alike. Sanitizer builds are in no series: history_add()
 * refuses them.
 */
void machine_class(const struct manifest *m, char out[MACHINE_CLASS_LEN]);

/** machine_title() - the class for people: "AMD EPYC, 2 cores, 2 PUs, kvm". */
void machine_title(const struct manifest *m, char *out, size_t len);

#endif
