/*
 * cmd.h - the subcommands. Each takes its own argv (argv[0] is its name), prints, and returns the
 * process's exit status: 0 all good, 1 some case failed, 2 usage or environment.
 */
#ifndef CONCBENCH_CMD_H
#define CONCBENCH_CMD_H

#define EXIT_CASE_FAILED 1
#define EXIT_USAGE 2

int cmd_run(int argc, char **argv);
int cmd_cell(int argc, char **argv); /* internal: what the supervisor executes */
int cmd_gate(int argc, char **argv); /* 3 unsure under --strict, 4 incomparable */
int cmd_noise(int argc, char **argv);
int cmd_compare(int argc, char **argv); /* as gate */
int cmd_report(int argc, char **argv);
int cmd_topology(int argc, char **argv);
int cmd_recover(int argc, char **argv);
int cmd_history(int argc, char **argv);

#endif
