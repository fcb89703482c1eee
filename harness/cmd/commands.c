/* commands.c - the commands there are, and those that are about the program itself. */
#include "harness/cmd/cmd.h"
#include "harness/machine/build_info.h"

#include <errno.h>
#include <string.h>

static int flushed(const char *command)
{
	return fflush(stdout) == 0 && !ferror(stdout)
		   ? 0
		   : complain(command, "standard output: %s", strerror(errno));
}

/* ---- help ---- */

struct help_options {
	struct option_list names;
};

#define OPTIONS struct help_options
static const struct option_spec help_options[] = {
    {NULL, "COMMAND", OPTION_LIST(names), "the command to explain (default: all in short)"},
    {0},
};
#undef OPTIONS

static int help(void *options)
{
	const struct help_options *o = options;
	const struct command *c = &root_command;

	for (size_t i = 0; c && i < o->names.count; i++) {
		if (!c->actions)
			return complain("help", "%s has no actions", c->name);
		c = command_find(c, o->names.item[i]);
	}
	if (!c)
		return EXIT_USAGE;
	options_help(stdout, c, options_width());
	return flushed("help");
}

static const struct command help_command = {
    .name = "help",
    .what = "explain a command",
    .options = help_options,
    .size = sizeof(struct help_options),
    .run = help,
};

/* ---- version ---- */

struct version_options {
	bool all;
};

#define OPTIONS struct version_options
static const struct option_spec version_options[] = {
    {"all", NULL, OPTION_ON(all), "all of the build, a line a fact"},
    {0},
};
#undef OPTIONS

static int version(void *options)
{
	const struct version_options *o = options;
	struct manifest m = {0};
	int ret = 0;

	if (!o->all)
		(void)printf("concbench %s (%s%s, %s)\n", build_info_version(),
		    build_info_revision(), build_info_dirty() ? ", modified" : "",
		    build_info_compiler());
	else
		ret = build_info_manifest(&m);
	/* For a gate that writes down what its sides are. */
	for (size_t i = 0; !ret && i < m.count; i++)
		(void)printf("%s\t%s\n", m.items[i].key, m.items[i].value);
	manifest_free(&m);
	return ret ? complain("version", "out of memory") : flushed("version");
}

static const struct command version_command = {
    .name = "version",
    .what = "version, revision and compiler",
    .options = version_options,
    .size = sizeof(struct version_options),
    .run = version,
};

/* ---- completions, man ---- */

struct completions_options {
	const char *shell;
};

#define OPTIONS struct completions_options
static const struct option_spec completions_options[] = {
    {NULL, "SHELL", OPTION_TEXT(shell), "bash, zsh or fish", .words = options_shells,
	.required = true},
    {0},
};
#undef OPTIONS

static int completions(void *options)
{
	const struct completions_options *o = options;

	unsigned shell = 0;

	while (strcmp(options_shells[shell], o->shell) != 0)
		shell++;
	options_completions(stdout, &root_command, shell);
	return flushed("completions");
}

static const struct command completions_command = {
    .name = "completions",
    .what = "write completions for a shell",
    .examples = "source <(concbench completions bash)",
    .options = completions_options,
    .size = sizeof(struct completions_options),
    .run = completions,
};

static int man(void *options)
{
	(void)options;
	options_man(stdout, &root_command);
	return flushed("man");
}

static const struct command man_command = {
    .name = "man",
    .what = "write the man page",
    .examples = "concbench man | man -l -",
    .run = man,
};

static const struct command *const commands[] = {&list_command, &describe_command, &run_command,
    &check_command, &new_command, &gate_command, &noise_command, &compare_command, &report_command,
    &history_command, &topology_command, &recover_command, &help_command, &version_command,
    &completions_command, &man_command, &cell_command, NULL};

const struct command root_command = {
    .name = "",
    .what = "threads, processes or coroutines; which lock; which queue: measured on this machine",
    .about = "Threads, processes or coroutines; which lock; which queue: measured on this machine."
	     "\n\nconcbench COMMAND --help explains a command.",
    .status = "0 all good; 1 some case failed, or something is slower; 2 usage or "
	      "environment" HELP_SIGNAL,
    .actions = commands,
};
