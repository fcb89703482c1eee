/* options_help.c - the text of --help, at the width of the terminal. */
#include "harness/cmd/options.h"

#include "harness/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define INDENT 2
#define LABEL_MAX 80
#define WIDTH_DEFAULT 80
/* Less is unreadable, and so are longer lines. */
#define WIDTH_MIN 40
#define WIDTH_MAX 120

unsigned options_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize w = {0};
	uint64_t width;

	if (!columns || text_parse_u64(columns, 1, UINT16_MAX, &width) != 0)
		width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col
									      : WIDTH_DEFAULT;
	return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : (unsigned)width;
}

/* From column @at on; what does not fit goes on at @indent. A newline in the text stays one. */
static void wrap(FILE *to, const char *text, unsigned at, unsigned indent, unsigned width)
{
	bool fresh = true;

	while (*text) {
		const unsigned len = (unsigned)strcspn(text, " \n");

		if (!fresh && at + 1 + len <= width) {
			(void)fputc(' ', to);
			at++;
		} else if (!fresh) {
			(void)fprintf(to, "\n%*s", indent, "");
			at = indent;
		}
		(void)fprintf(to, "%.*s", len, text);
		at += len;
		text += len;
		fresh = *text == '\n';
		if (fresh) {
			(void)fprintf(to, "\n%*s", indent, "");
			at = indent;
		}
		text += *text != '\0';
	}
	(void)fputc('\n', to);
}

void options_row(
    FILE *to, unsigned indent, const char *label, unsigned column, const char *text, unsigned width)
{
	(void)fprintf(to, "%*s%-*s", indent, "", column - indent, label);
	if (indent + strlen(label) + 1 > column)
		(void)fprintf(to, "\n%*s", column, "");
	wrap(to, text, column, column, width);
}

const char *option_label(const struct option_spec *s, char *out, size_t len)
{
	const bool optional = s->argument && s->argument[0] == '[';

	(void)snprintf(out, len, "%s%s%s%s", s->name ? "--" : "", s->name ? s->name : "",
	    !s->name || !s->argument ? ""
	    : optional               ? "[="
				     : "=",
	    s->argument ? s->argument + optional : "");
	return out;
}

char *options_usage(const struct command *c)
{
	struct text_buffer b = {0};
	char label[LABEL_MAX];
	bool some = false;

	text_buffer_addf(&b, "concbench%s%s", *c->name ? " " : "", c->name);
	if (c->actions)
		text_buffer_add(&b, *c->name ? " ACTION" : " COMMAND");
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;) {
		if (s->name && s->required)
			text_buffer_addf(&b, " %s", option_label(s, label, sizeof(label)));
		some |= s->name && !s->required && strcmp(s->name, "help") != 0;
	}
	if (some || c->actions)
		text_buffer_add(&b, " [OPTION...]");
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;)
		if (!s->name)
			text_buffer_addf(&b, s->required ? " %s%s" : " [%s%s]", s->argument,
			    s->kind == OPTION_KIND_LIST ? "..." : "");
	return b.failed ? NULL : b.data;
}

static void list_options(FILE *to, const struct command *c, unsigned width)
{
	unsigned column = 0;
	char label[LABEL_MAX];

	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;) {
		const size_t len = INDENT + strlen(option_label(s, label, sizeof(label))) + 2;

		/* The few that are longer are not worth the room. */
		if (len <= width / 3 + INDENT && len > column)
			column = (unsigned)len;
	}
	(void)fputc('\n', to);
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;) {
		if (s->group)
			(void)fprintf(to, "%s%s:\n", s == c->options ? "" : "\n", s->group);
		options_row(
		    to, INDENT, option_label(s, label, sizeof(label)), column, s->help, width);
	}
}

static void list_actions(FILE *to, const struct command *c, unsigned width)
{
	const size_t parent = *c->name ? strlen(c->name) + 1 : 0;
	size_t longest = 0;

	for (const struct command *const *a = c->actions; *a; a++)
		if ((*a)->what && strlen((*a)->name) > longest)
			longest = strlen((*a)->name);
	(void)fprintf(to, "\n%s:\n", parent ? "actions" : "commands");
	for (const struct command *const *a = c->actions; *a; a++)
		if ((*a)->what)
			options_row(to, INDENT, (*a)->name + parent,
			    (unsigned)(longest - parent) + INDENT + 2, (*a)->what, width);
}

void options_help(FILE *to, const struct command *c, unsigned width)
{
	char *usage = options_usage(c);

	(void)fputs("usage: ", to);
	wrap(to, usage ? usage : "", strlen("usage: "), strlen("usage: "), width);
	free(usage);
	if (c->about || c->what) {
		(void)fputc('\n', to);
		wrap(to, c->about ? c->about : c->what, 0, 0, width);
	}
	if (c->actions)
		list_actions(to, c, width);
	else
		list_options(to, c, width);
	if (c->examples) {
		(void)fputs("\nexamples:\n  ", to);
		wrap(to, c->examples, INDENT, INDENT, width);
	}
	if (c->status) {
		(void)fputs("\nexit status: ", to);
		wrap(to, c->status, strlen("exit status: "), strlen("exit status: "), width);
	}
}
