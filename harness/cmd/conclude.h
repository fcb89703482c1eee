/*
 * conclude.h - what commands have in common: stored runs, facts of the machine, and where a
 * comparison goes.
 */
#ifndef CONCBENCH_CONCLUDE_H
#define CONCBENCH_CONCLUDE_H

#include "harness/cmd/options.h"
#include "harness/compare/comparison.h"
#include "harness/history/machine_class.h"
#include "harness/machine/topology.h"

/* Where a comparison goes beside the terminal; NULL: nowhere. */
struct outputs {
	const char *markdown;
	struct option_list json; /* each script between a user and the gate may want its own */
	const char *junit;
	bool quiet; /* nothing on stdout */
};

/** read_stored_run() - by path, id or "latest". Return: 0; EXIT_USAGE after a line. */
int read_stored_run(const char *command, const char *results_dir, const char *ref, struct run *run);

/** add_topology() - to what is known of this machine. Return: 0; -ENOMEM. */
int add_topology(struct manifest *m, const struct topology *topo);

/** class_here() - machine_class() of this one. Return: 0; -ENOMEM. */
int class_here(const struct topology *topo, char class[MACHINE_CLASS_LEN]);

/** describe_stored_run() - as typed, and which that is: "latest" will be another one tomorrow. */
void describe_stored_run(char *out, size_t len, const char *ref, const struct run *run);

/** check_output() - can the file that is given with @flag be written? NULL: none is given. Return:
 * 0; EXIT_USAGE after a line. */
int check_output(const char *command, const char *flag, const char *path);

/** check_outputs() - for all files of @o, before anything is measured. Return: 0; EXIT_USAGE after
 * a line. */
int check_outputs(const char *command, const struct outputs *o);

/** write_comparison() - print it, write the files. When one cannot be written, what was to be quiet
 * is printed: nothing that was measured is lost. Return: 0; EXIT_USAGE after a line each. */
int write_comparison(const char *command, const struct outputs *o, const struct comparison *c);

/** comparison_failed() - a case failed: what its cells said is wanted. */
bool comparison_failed(const struct comparison *c);

/** say_cells_log() - where what the cells said is left: else nobody would clear them away. */
void say_cells_log(const char *command, bool quiet, const char *log);

/** date_comparison() - now, UTC. */
void date_comparison(struct comparison *c);

#endif
