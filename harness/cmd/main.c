/* main.c - picks the subcommand. */
#include "harness/cmd/cmd.h"
#include "harness/machine/build_info.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what; /* NULL: not for people */
};

static const struct command commands[] = {
    {"run", cmd_run, "measure, save, draw (concbench run --help)"},
    {"gate", cmd_gate, "is this build slower than that one? the two take turns; for CI"},
    {"noise", cmd_noise, "what a gate can see on this machine: a build against itself"},
    {"compare", cmd_compare, "two stored runs, case by case"},
    {"report", cmd_report, "draw the charts and the page of a stored run again"},
    {"topology", cmd_topology, "show the machine and where each placement puts workers"},
    {"recover", cmd_recover, "rebuild the run file of a run that was killed"},
    {"history", cmd_history, "keep the figures of many runs, and find what changed"},
    {"cell", cmd_cell, NULL},
};

static void usage(FILE *to)
{
	(void)fprintf(to, "usage: concbench COMMAND [OPTION...]\n\n"
			  "Threads, processes or coroutines; which lock; which queue: measured on "
			  "this machine.\n\n"
			  "commands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].what)
			(void)fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].what);
	(void)fprintf(to,
	    "  --help     this text\n"
	    "  --version  version, revision and compiler; --version --all: all of the build\n\n"
	    "exit status: 0 all good; 1 some case failed; 2 usage or environment;\n"
	    "             128 + the signal's number after Ctrl-C or SIGTERM\n");
}

/* A line a fact, for a gate that writes down what its sides are. */
static int tell_build(void)
{
	struct manifest m = {0};
	int ret = build_info_manifest(&m);

	for (size_t i = 0; !ret && i < m.count; i++)
		(void)printf("%s\t%s\n", m.items[i].key, m.items[i].value);
	manifest_free(&m);
	return !ret && fflush(stdout) == 0 ? 0 : EXIT_USAGE;
}

/* Closed ones would be the next files opened, and what is printed would go into a journal. */
static bool open_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	if (!open_standard_streams())
		return EXIT_USAGE;
	/* A limit on file sizes, or a reader that has gone, is an error of write(2) to report, not
	 * a reason to die: what was measured has to be saved first. */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 ||
	    strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return fflush(stdout) == 0 ? 0 : EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		if (argc > 2 && strcmp(argv[2], "--all") == 0)
			return tell_build();
		(void)printf("concbench %s (%s%s, %s)\n", build_info_version(),
		    build_info_revision(), build_info_dirty() ? ", modified" : "",
		    build_info_compiler());
		return fflush(stdout) == 0 ? 0 : EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	(void)fprintf(stderr,
	    "concbench: '%s' is not a command; accepted: run, gate, noise, compare, history, "
	    "report, "
	    "topology, recover, --help, --version\n",
	    argv[1]);
	return EXIT_USAGE;
}
