/* options_man.c - the man page, as troff. */
#include "harness/cmd/options.h"

#include "harness/machine/build_info.h"

#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 80

/* Text, not requests: a backslash begins one, and so does a dot or a quote at a line's start. A
 * hyphen that is to be copied into a shell is no typographic one. */
static void put(FILE *to, const char *text)
{
	bool fresh = true;

	for (; *text; text++) {
		if (fresh && (*text == '.' || *text == '\''))
			(void)fputs("\\&", to);
		if (*text == '\\')
			(void)fputs("\\e", to);
		else if (*text == '-')
			(void)fputs("\\-", to);
		else if (text[0] == '\n' && text[1] == '\n')
			(void)fputs("\n.PP", to);
		else
			(void)fputc(*text, to);
		fresh = *text == '\n';
	}
	(void)fputc('\n', to);
}

static void put_lines(FILE *to, const char *request, const char *text)
{
	(void)fprintf(to, "%s\n", request);
	put(to, text);
}

static void command(FILE *to, const struct command *c)
{
	char label[LABEL_MAX], *usage = options_usage(c);

	(void)fputs(".SS ", to);
	put(to, usage ? usage : c->name);
	free(usage);
	put(to, c->about ? c->about : c->what);
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;) {
		if (s->name && strcmp(s->name, "help") == 0)
			continue;
		if (s->group) {
			(void)fputs(".PP\n.I ", to);
			put(to, s->group);
		}
		(void)fputs(".TP\n.B ", to);
		put(to, option_label(s, label, sizeof(label)));
		put(to, s->help);
	}
	if (c->examples) {
		put_lines(to, ".PP\n.EX", c->examples);
		(void)fputs(".EE\n", to);
	}
	if (c->status) {
		(void)fputs(".PP\nExit status: ", to);
		put(to, c->status);
	}
}

static void commands(FILE *to, const struct command *parent)
{
	for (const struct command *const *c = parent->actions; *c; c++) {
		if (!(*c)->what)
			continue;
		if ((*c)->actions)
			commands(to, *c);
		else
			command(to, *c);
	}
}

void options_man(FILE *to, const struct command *root)
{
	static const struct {
		const char *title, *text;
	} ends[] = {
	    {"ENVIRONMENT",
		"CONCBENCH_ALLOWED: the PUs that may be used, such as 0-3,8.\n\n"
		"HWLOC_XMLFILE, HWLOC_SYNTHETIC and hwloc's other variables: another machine for "
		"concbench topology to draw. Nothing is measured while they name another one than "
		"this.\n\nTMPDIR: where a gate keeps what it needs while it runs.\n\n"
		"XDG_CACHE_HOME: where concbench gate --git-base keeps its builds, in "
		"concbench/builds (default: ~/.cache).\n\n"
		"COLUMNS: the width of --help."},
	    {"FILES",
		"results/TIME-HOST-ID/: what a run leaves: run.json, journal.jsonl, cells.log, "
		"topology.xml, report.html and charts/; results/latest is the newest.\n\n"
		"results/history.db: what concbench history keeps, unless --db names another."},
	    {"SEE ALSO", "hwloc(7), gnuplot(1), perf(1)"},
	};

	(void)fprintf(
	    to, ".TH CONCBENCH 1 \"\" \"concbench %s\" \"User Commands\"\n", build_info_version());
	(void)fputs(".SH NAME\nconcbench \\- ", to);
	put(to, root->what);
	put_lines(to, ".SH SYNOPSIS\n.B concbench", "COMMAND [OPTION...]");
	put_lines(to, ".SH DESCRIPTION", root->about);
	put_lines(to, ".PP",
	    "Options may be written --name=VALUE or --name VALUE, and be shortened to a beginning "
	    "that no other has; -- ends them. --help, or -h, explains a command.");
	(void)fputs(".SH COMMANDS\n", to);
	commands(to, root);
	put_lines(to, ".SH EXIT STATUS", root->status);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)fprintf(to, ".SH %s\n", ends[i].title);
		put(to, ends[i].text);
	}
}
