/*
 * cmd.h - the subcommands. A command returns the process's exit status: 0 all good, 1 some case
 * failed, 2 usage or environment.
 */
#ifndef CONCBENCH_CMD_H
#define CONCBENCH_CMD_H

#include "harness/base/clock.h"
#include "harness/cmd/options.h"

#define EXIT_CASE_FAILED 1
#define EXIT_USAGE 2

#define CELL_TIMEOUT_DEFAULT_NS (20 * CLOCK_NS_PER_S)

/* The program: its actions are the commands. */
extern const struct command root_command;

extern const struct command list_command;
extern const struct command describe_command;
extern const struct command run_command;
extern const struct command check_command;
extern const struct command new_command;
extern const struct command cell_command; /* internal: what the supervisor executes */
extern const struct command gate_command; /* 3 unsure under --strict, 4 incomparable */
extern const struct command noise_command;
extern const struct command compare_command; /* as gate */
extern const struct command report_command;
extern const struct command topology_command;
extern const struct command recover_command;
extern const struct command history_command;

/* What several commands say of options they share. */
#define HELP_SET                                                                        \
	"values of a parameter instead of the profile's: workers=1,2,8 hold=500ns,2us " \
	"bytes=1..64x2; "                                                               \
	"once for each"
#define HELP_LOAD                                                                             \
	"kinds of a shared object beside ours; PREFIX=FILE puts them under a prefix; may be " \
	"given again"
#define HELP_FILTER "only cases whose name matches; -REGEX: only those that do not"
#define HELP_MIN_EFFECT                                                                            \
	"what lies within +-SHARE is the same (default 1%); any other proven change is slower or " \
	"faster when it is estimated at half of that or more"
#define HELP_MUST_SEE                                                                              \
	"exit 3 when a slowdown of that size could have gone unseen in any case, though none was " \
	"found"
#define HELP_RUN "a run.json, a run's folder, an id under the results folder, or \"latest\""
#define HELP_SIGNAL "; 128 + the signal's number after Ctrl-C or SIGTERM"

#endif
