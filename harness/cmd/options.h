/*
 * options.h - command lines from tables: parsing, complaints, --help, completions, the man page.
 *
 * A command is a table of options and operands. An option is written --name=VALUE or --name VALUE;
 * a beginning that only one option has stands for it, as with getopt_long(3); a value that may be
 * left out follows "=" only. Options and operands may be mixed; "--" ends the options. Of an option
 * given twice the last counts, unless it is a list. -h and --help come with every command, and
 * what follows them is not read.
 */
#ifndef CONCBENCH_OPTIONS_H
#define CONCBENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Every value, in the order they were given; released by options_release(). */
struct option_list {
	const char **item;
	size_t count;
};

enum option_kind {
	OPTION_KIND_CALL,   /* stored nowhere: @then does it */
	OPTION_KIND_ON,     /* bool: set */
	OPTION_KIND_OFF,    /* bool: cleared */
	OPTION_KIND_TEXT,   /* const char * */
	OPTION_KIND_LIST,   /* struct option_list: may be given again */
	OPTION_KIND_CHOICE, /* unsigned or an enum: which of @words */
	OPTION_KIND_COUNT,  /* unsigned, @least to @most */
	OPTION_KIND_NUMBER, /* uint64_t, @least to @most */
	OPTION_KIND_TIME,   /* uint64_t, nanoseconds, up to @most */
	OPTION_KIND_SHARE,  /* double, a fraction, up to @most percent */
};

/* Kind and place in one, for rows of a table, between its argument and its help. OPTIONS is the
 * struct that the table fills; a member of another type than the kind's does not compile. */
#define OPTION_AT(type, member) \
	(offsetof(OPTIONS, member) + 0 * sizeof(_Generic(&((OPTIONS *)0)->member, type * : 0)))
#define OPTION_CALL .kind = OPTION_KIND_CALL, .at = 0
#define OPTION_ON(member) .kind = OPTION_KIND_ON, .at = OPTION_AT(bool, member)
#define OPTION_OFF(member) .kind = OPTION_KIND_OFF, .at = OPTION_AT(bool, member)
#define OPTION_TEXT(member) .kind = OPTION_KIND_TEXT, .at = OPTION_AT(const char *, member)
#define OPTION_LIST(member) .kind = OPTION_KIND_LIST, .at = OPTION_AT(struct option_list, member)
#define OPTION_CHOICE(member) .kind = OPTION_KIND_CHOICE, .at = OPTION_AT(unsigned, member)
#define OPTION_COUNT(member) .kind = OPTION_KIND_COUNT, .at = OPTION_AT(unsigned, member)
#define OPTION_NUMBER(member) .kind = OPTION_KIND_NUMBER, .at = OPTION_AT(uint64_t, member)
#define OPTION_TIME(member) .kind = OPTION_KIND_TIME, .at = OPTION_AT(uint64_t, member)
#define OPTION_SHARE(member) .kind = OPTION_KIND_SHARE, .at = OPTION_AT(double, member)

struct option_spec {
	const char *name; /* without its dashes; NULL: an operand */
	const char
	    *argument; /* what the value is called; NULL: takes none; "[X]": may be left out */
	enum option_kind kind;
	size_t at;
	const char *help;         /* a line; a table ends with the row that has none */
	const char *group;        /* heading in the help, from here on; NULL: as before */
	const char *const *words; /* all that is accepted; "list:" stands for all that begin so */
	uint64_t least, most;     /* @most 0: no bound; of a list: how many */
	unsigned only;            /* which of the commands that share the table; 0: all */
	bool required;            /* texts and lists */
	bool or_nothing;          /* an empty text, a time or a share of 0 is accepted too */
	/* After the value is stored. @text: NULL when left out. @err: a line. Return: 0; else @err.
	 */
	int (*then)(void *options, const struct option_spec *s, const char *text, char *err,
	    size_t err_len);
};

struct command {
	const char *name;     /* "run"; of an action both: "history add" */
	const char *what;     /* a line for the list of commands; NULL: not for people */
	const char *about;    /* paragraphs; NULL: none */
	const char *status;   /* exit statuses: "0 ...; 1 ..." */
	const char *examples; /* a line each; NULL: none */
	const char *instead;  /* for one who gives operands too many: "cases are picked with ..." */
	const struct option_spec *options; /* NULL: none but --help */
	unsigned bit;                      /* in @only of the rows */
	size_t size;                       /* of what @options fill */
	size_t typed_at; /* of a struct option_list for the whole line; 0: unwanted */
	void (*defaults)(void *options); /* what is not 0 when nothing is given; NULL: nothing */
	int (*finish)(
	    void *options); /* what depends on several; complains. Return: 0; EXIT_USAGE */
	void (*release)(void *options);       /* what @then and @finish have allocated */
	int (*run)(void *options);            /* Return: the exit status */
	const struct command *const *actions; /* up to NULL; then it has no options of its own */
};

/* Return of options_parse() for --help. */
#define OPTIONS_HELP (-1)

/** complain() - one line on stderr, "concbench COMMAND: ...". Return: EXIT_USAGE. */
int complain(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * options_parse() - fill @to with the defaults, then with what argv[1] and on say.
 * Return: 0; OPTIONS_HELP; EXIT_USAGE after a line. options_release() in any case.
 */
int options_parse(const struct command *c, int argc, char **argv, void *to);
void options_release(const struct command *c, void *from);

/** command_main() - the command or one of its actions, by argv[1]; --help. Return: exit status. */
int command_main(const struct command *c, int argc, char **argv);

/** command_find() - an action of @c, or NULL after a line that names those there are. */
const struct command *command_find(const struct command *c, const char *name);

/** option_next() - what @c takes, after @s or first for NULL: operands too; --help comes last. */
const struct option_spec *option_next(const struct command *c, const struct option_spec *s);

/** options_share() - "1%" or the fraction "0.01". A bare number from 1 on is refused: "2" may mean
 * 2 % or twice as long. Return: 0; -EINVAL when it is neither; -ERANGE when not from 0 to @max. */
int options_share(const char *text, double max, double *out);

/** options_width() - columns to wrap at: COLUMNS, or the terminal's; 80 where there is none. */
unsigned options_width(void);

/** options_row() - two columns: @text from @column on, wrapped at @width; a @label that is too long
 * has a line of its own. */
void options_row(FILE *to, unsigned indent, const char *label, unsigned column, const char *text,
    unsigned width);

/** options_usage() - "concbench gate --base=EXE|RUN [OPTION...]", to be freed; NULL: no memory. */
char *options_usage(const struct command *c);

/** option_label() - "--profile=PROFILE", of an operand its name. Returns @out. */
const char *option_label(const struct option_spec *s, char *out, size_t len);

/** options_help() - the text of --help. */
void options_help(FILE *to, const struct command *c, unsigned width);

/** options_man() - the man page of the program with all its commands, as troff. */
void options_man(FILE *to, const struct command *root);

extern const char *const options_shells[]; /* "bash", ... */
/** options_completions() - for one of them. */
void options_completions(FILE *to, const struct command *root, unsigned shell);

#endif
