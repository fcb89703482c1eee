/* options_shell.c - completions for shells: scripts that stand alone and ask the program nothing.
 */
#include "harness/cmd/options.h"

#include <string.h>

const char *const options_shells[] = {"bash", "zsh", "fish", NULL};

enum offer { OFFER_NOTHING, OFFER_WORDS, OFFER_COMMANDS, OFFER_FILES, OFFER_FOLDERS };

/* What may stand for a value, by its words or by what it is called. */
static enum offer offer_of(const struct option_spec *s)
{
	static const struct {
		const char *argument;
		enum offer offer;
	} known[] = {{"DIR", OFFER_FOLDERS}, {"COMMAND", OFFER_COMMANDS}, {"FILE", OFFER_FILES},
	    {"EXE", OFFER_FILES}, {"RUN", OFFER_FILES}, {"PATH", OFFER_FILES}};

	for (size_t i = 0; !s->words && s->argument && i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(s->argument, known[i].argument))
			return known[i].offer;
	return s->words ? OFFER_WORDS : OFFER_NOTHING;
}

static const char *last_word(const struct command *c)
{
	const char *blank = strrchr(c->name, ' ');

	return blank ? blank + 1 : c->name;
}

/* Of what has no words of its own, the commands. */
static void put_words(FILE *to, const struct command *root, const char *const *words)
{
	for (; words && *words; words++)
		(void)fprintf(to, "%s ", *words);
	for (const struct command *const *a = root->actions; !words && *a; a++)
		if ((*a)->what)
			(void)fprintf(to, "%s ", last_word(*a));
}

/* Inside single quotes. @escaped get a backslash; @quote stands for one of those. */
static void put_quoted(FILE *to, const char *text, const char *escaped, const char *quote)
{
	for (; *text; text++) {
		if (*text == '\'')
			(void)fputs(quote, to);
		else
			(void)fprintf(to, "%s%c", strchr(escaped, *text) ? "\\" : "", *text);
	}
}

/* For @parent and all below it that is for people. */
static void walk(FILE *to, const struct command *root, const struct command *parent,
    void (*each)(FILE *to, const struct command *root, const struct command *c))
{
	for (const struct command *const *c = parent->actions; *c; c++) {
		if (!(*c)->what)
			continue;
		each(to, root, *c);
		if ((*c)->actions)
			walk(to, root, *c, each);
	}
}

/* ---- bash ---- */

static const char bash_head[] =
    "# bash completion for concbench, written by `concbench completions bash`\n"
    "_concbench()\n"
    "{\n"
    "\tlocal now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
    "\tlocal command= words= what= word\n"
    "\n"
    "\t# --profile=quick is three words here.\n"
    "\tif [[ $now == = ]]; then\n"
    "\t\tnow=\n"
    "\telif [[ $before == = ]]; then\n"
    "\t\tbefore=${COMP_WORDS[COMP_CWORD-2]}\n"
    "\tfi\n"
    "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
    "\t\tcase \"$command:$word\" in\n";

static const char bash_tail[] =
    "\tesac\n"
    "\tcase $what in\n"
    "\tfiles) mapfile -t COMPREPLY < <(compgen -f -W \"$words\" -- \"$now\") ;;\n"
    "\tfolders) mapfile -t COMPREPLY < <(compgen -d -- \"$now\") ;;\n"
    "\t*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$now\") ;;\n"
    "\tesac\n"
    "\t[[ ! $what ]] || compopt -o filenames 2>/dev/null\n"
    "}\n"
    "complete -F _concbench concbench\n";

static void bash_name(FILE *to, const struct command *root, const struct command *c)
{
	const char *own = last_word(c);
	const size_t parent = own > c->name ? (size_t)(own - c->name) - 1 : 0;

	(void)root;
	(void)fprintf(to, "\t\t%.*s:%s) command='%s' ;;\n", (int)parent, c->name, own, c->name);
}

static void bash_offer(FILE *to, const struct command *root, const struct option_spec *s)
{
	const enum offer offer = offer_of(s);

	if (offer == OFFER_WORDS || offer == OFFER_COMMANDS) {
		(void)fputs("words+='", to);
		put_words(to, root, s->words);
		(void)fputs("'", to);
	} else {
		(void)fprintf(to, "what=%s",
		    offer == OFFER_FILES     ? "files"
		    : offer == OFFER_FOLDERS ? "folders"
					     : "");
	}
}

static void bash_command(FILE *to, const struct command *root, const struct command *c)
{
	(void)fprintf(to, "\t'%s')\n\t\tcase $before in\n", c->name);
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;) {
		if (!s->name || !s->argument || s->argument[0] == '[')
			continue;
		(void)fprintf(to, "\t\t--%s) ", s->name);
		bash_offer(to, root, s);
		(void)fputs(" ;;\n", to);
	}
	(void)fputs("\t\t*)\n\t\t\twords='", to);
	if (c->actions)
		put_words(to, c, NULL);
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;)
		if (s->name)
			(void)fprintf(to, "--%s ", s->name);
	(void)fputs("'\n", to);
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;) {
		if (s->name)
			continue;
		(void)fputs("\t\t\t[[ $now == -* ]] || ", to);
		bash_offer(to, root, s);
		(void)fputc('\n', to);
	}
	(void)fputs("\t\t\t;;\n\t\tesac\n\t\t;;\n", to);
}

static void bash(FILE *to, const struct command *root)
{
	(void)fputs(bash_head, to);
	walk(to, root, root, bash_name);
	(void)fputs("\t\tesac\n\tdone\n\tcase $command in\n", to);
	bash_command(to, root, root);
	walk(to, root, root, bash_command);
	(void)fputs(bash_tail, to);
}

/* ---- zsh ---- */

#define ZSH_QUOTE "'\\''"

static void zsh_function(FILE *to, const struct command *c)
{
	(void)fputs("_concbench", to);
	for (const char *at = c->name; *at; at++)
		(void)fprintf(to, "%s%c", at == c->name ? "_" : "", *at == ' ' ? '_' : *at);
}

static void zsh_actions(FILE *to, const struct command *c)
{
	(void)fputs("\tlocal context state state_descr line\n\ttypeset -A opt_args\n"
		    "\tlocal -a list=(\n",
	    to);
	for (const struct command *const *a = c->actions; *a; a++) {
		if (!(*a)->what)
			continue;
		(void)fprintf(to, "\t\t'%s:", last_word(*a));
		put_quoted(to, (*a)->what, "\\", ZSH_QUOTE);
		(void)fputs("'\n", to);
	}
	(void)fputs("\t)\n\t_arguments -C '1: :->which' '*:: :->rest'\n\tcase $state in\n"
		    "\twhich) _describe command list ;;\n\trest) (( $+functions[",
	    to);
	zsh_function(to, c);
	(void)fputs("_$words[1]] )) && ", to);
	zsh_function(to, c);
	(void)fputs("_$words[1] ;;\n\tesac\n", to);
}

/* '--profile=[which cases]:PROFILE:(smoke quick full)' */
static void zsh_option(FILE *to, const struct command *root, const struct option_spec *s)
{
	const enum offer offer = offer_of(s);
	const bool optional = s->argument && s->argument[0] == '[';

	(void)fputs(" \\\n\t\t'", to);
	if (s->name) {
		(void)fprintf(to, "%s--%s%s[", s->kind == OPTION_KIND_LIST ? "*" : "", s->name,
		    optional      ? "=-"
		    : s->argument ? "="
				  : "");
		put_quoted(to, s->help, "[]\\:", ZSH_QUOTE);
		(void)fputc(']', to);
	} else if (s->kind == OPTION_KIND_LIST) {
		(void)fputc('*', to);
	}
	if (s->argument) {
		(void)fprintf(to, optional || (!s->name && !s->required) ? "::" : ":");
		put_quoted(to, s->argument, "[]\\:", ZSH_QUOTE);
		(void)fputc(':', to);
	}
	if (offer == OFFER_WORDS || offer == OFFER_COMMANDS) {
		(void)fputc('(', to);
		put_words(to, root, s->words);
		(void)fputc(')', to);
	} else {
		(void)fputs(offer == OFFER_FILES     ? "_files"
			    : offer == OFFER_FOLDERS ? "_files -/"
						     : "",
		    to);
	}
	(void)fputc('\'', to);
}

static void zsh_command(FILE *to, const struct command *root, const struct command *c)
{
	zsh_function(to, c);
	(void)fputs("() {\n", to);
	if (c->actions) {
		zsh_actions(to, c);
	} else {
		(void)fputs("\t_arguments", to);
		for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;)
			zsh_option(to, root, s);
		(void)fputc('\n', to);
	}
	(void)fputs("}\n", to);
}

static void zsh(FILE *to, const struct command *root)
{
	(void)fputs("#compdef concbench\n# written by `concbench completions zsh`\n", to);
	zsh_command(to, root, root);
	walk(to, root, root, zsh_command);
	(void)fputs("_concbench \"$@\"\n", to);
}

/* ---- fish ---- */

static const char fish_head[] =
    "# fish completion for concbench, written by `concbench completions fish`\n"
    "function __concbench_is\n"
    "    set -l words (commandline -opc)\n"
    "    set -e words[1]\n"
    "    test \"$words\" = \"$argv\"\n"
    "end\n"
    "function __concbench_in\n"
    "    set -l words (commandline -opc)\n"
    "    set -e words[1]\n"
    "    string match -q -- \"$argv *\" \"$words \"\n"
    "end\n"
    "complete -c concbench -f\n";

/* A line that holds where the command is all there is so far (@test "is") or has been given. */
static void fish_line(FILE *to, const char *test, const struct command *c)
{
	(void)fprintf(to, "complete -c concbench -n '__concbench_%s %s'", test, c->name);
}

static void fish_help(FILE *to, const char *help)
{
	(void)fputs(" -d '", to);
	put_quoted(to, help, "\\", "\\'");
	(void)fputs("'\n", to);
}

static void fish_option(
    FILE *to, const struct command *root, const struct command *c, const struct option_spec *s)
{
	static const char *const files[] = {
	    [OFFER_FILES] = " -F", [OFFER_FOLDERS] = " -a '(__fish_complete_directories)'"};
	const enum offer offer = offer_of(s);

	if (!s->name && offer == OFFER_NOTHING)
		return;
	fish_line(to, c->actions ? "is" : "in", c);
	if (s->name)
		(void)fprintf(
		    to, " -l %s%s", s->name, s->argument && s->argument[0] != '[' ? " -r" : "");
	if (offer >= OFFER_FILES) {
		(void)fputs(files[offer], to);
	} else if (offer != OFFER_NOTHING) {
		(void)fputs(" -a '", to);
		put_words(to, root, s->words);
		(void)fputc('\'', to);
	}
	fish_help(to, s->help);
}

static void fish_command(FILE *to, const struct command *root, const struct command *c)
{
	for (const struct command *const *a = c->actions; a && *a; a++) {
		if (!(*a)->what)
			continue;
		fish_line(to, "is", c);
		(void)fprintf(to, " -a %s", last_word(*a));
		fish_help(to, (*a)->what);
	}
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;)
		fish_option(to, root, c, s);
}

static void fish(FILE *to, const struct command *root)
{
	(void)fputs(fish_head, to);
	fish_command(to, root, root);
	walk(to, root, root, fish_command);
}

void options_completions(FILE *to, const struct command *root, unsigned shell)
{
	static void (*const write[])(FILE * to, const struct command *root) = {bash, zsh, fish};

	write[shell](to, root);
}
