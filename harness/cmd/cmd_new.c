/* cmd_new.c - `concbench new`: the beginning of a lock, a queue or a job of one's own. What it
 * writes is the example project, with another name in it. */
#include "harness/base/embed.h"
#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/cmd/cmd.h"
#include "harness/work/registry.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_LEN 4096
#define FILES_MAX 8

EMBED(new_lock, "scripts/examples/own-lock/ticket.c")
EMBED(new_queue, "scripts/examples/own-lock/lamport.cc")
EMBED(new_job, "scripts/examples/own-lock/checksum.c")
EMBED(new_makefile, "scripts/examples/own-lock/Makefile")
EMBED(new_readme, "scripts/examples/own-lock/README.md")
EMBED(new_gitignore, "scripts/examples/own-lock/.gitignore")
EMBED(new_github, "scripts/ci/own-kinds.github.yml")
EMBED(new_gitlab, "scripts/ci/own-kinds.gitlab.yml")

static const char *const sort_words[] = {"lock", "queue", "job", NULL};

/* By sort: the example's source, what it is called there, and its file's ending. */
static const struct {
	const char *text, *name, *ending;
} sources[] = {
    {new_lock, "ticket", ".c"}, {new_queue, "lamport", ".cc"}, {new_job, "checksum", ".c"}};

/* Beside it, of every sort. */
static const struct new_file {
	const char *path, *text;
} others[] = {
    {"Makefile", new_makefile},
    {"README.md", new_readme},
    {".gitignore", new_gitignore},
    {".github/workflows/concbench.yml", new_github},
    {".gitlab-ci.yml", new_gitlab},
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

/* Of C and C++, and what their headers define: no name for a struct. */
static const char *const taken[] = {"NULL", "alignas", "alignof", "and", "asm", "assert", "auto",
    "bool", "break", "case", "catch", "char", "class", "const", "constexpr", "continue", "decltype",
    "default", "delete", "do", "double", "else", "enum", "errno", "explicit", "export", "extern",
    "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable",
    "namespace", "new", "noexcept", "not", "nullptr", "operator", "or", "private", "protected",
    "public", "register", "restrict", "return", "short", "signed", "sizeof", "static", "stderr",
    "stdin", "stdout", "struct", "switch", "template", "this", "throw", "true", "try", "typedef",
    "typeid", "typename", "typeof", "union", "unsigned", "using", "virtual", "void", "volatile",
    "while", "xor"};

struct new_options {
	const char *sort, *name, *folder;
};

/* What has been made, to be taken back when the rest cannot be. */
struct made {
	char path[FILES_MAX][PATH_LEN];
	size_t count;
	bool into_old; /* the folder was there */
};

static bool is_identifier(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return !*text;
}

/* Return: 0; EXIT_USAGE after a line. */
static int check_name(const char *sort, const char *name)
{
	struct registry ours;
	char err[300] = "";
	bool known;

	if (!is_identifier(name))
		return complain("new",
		    "NAME: '%.100s' is not an identifier; accepted: letters, digits and _, such as "
		    "my_%s",
		    name, sort);
	if (strlen(name) >= KIND_NAME_MAX)
		return complain("new", "NAME: '%.100s' is longer than %d", name, KIND_NAME_MAX - 1);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(name, taken[i]) == 0)
			return complain("new", "NAME: '%s' is a word of C or C++", name);
	if (registry_create(&ours, err, sizeof(err)) != 0)
		return complain("new", "%s", err);
	known = registry_find(&ours, sort, strlen(sort), name, strlen(name)) != NULL;
	registry_free(&ours);
	return known ? complain("new", "NAME: there is a %s/%s already; see concbench list %s",
			   sort, name, sort)
		     : 0;
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* @text with @name for every whole word @from, and the family with it: "lock/ticket". */
static void rename_all(
    struct text_buffer *to, const char *text, const char *from, const char *sort, const char *name)
{
	const char *at = text;
	const size_t n = strlen(from), family = strlen("lock/");

	while ((at = strstr(at, from)) != NULL) {
		if ((at > text && in_word(at[-1])) || in_word(at[n])) {
			at += n;
			continue;
		}
		if (at >= text + family && strncmp(at - family, "lock/", family) == 0) {
			text_buffer_add_bytes(to, text, (size_t)(at - family - text));
			text_buffer_addf(to, "%s/%s", sort, name);
		} else {
			text_buffer_add_bytes(to, text, (size_t)(at - text));
			text_buffer_add(to, name);
		}
		text = at += n;
	}
	text_buffer_add(to, text);
}

/* Folders that are still needed are not empty. */
static void take_back(const struct made *made, const char *folder)
{
	static const char *const below[] = {"/.github/workflows", "/.github", ""};
	char path[PATH_LEN];

	for (size_t i = made->count; i > 0; i--)
		(void)unlink(made->path[i - 1]);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]) && !made->into_old; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", folder, below[i]);
		(void)rmdir(path);
	}
}

static int write_one(struct made *made, const char *path, const struct text_buffer *b)
{
	const char *text = text_buffer_str(b);
	char *slash, folder[PATH_LEN];
	int ret;

	(void)snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	ret = text ? file_make_dirs(slash ? folder : ".") : -ENOMEM;
	if (!ret)
		ret = file_write_whole(path, text, strlen(text));
	if (ret)
		return complain("new", "%s: %s", path, strerror(-ret));
	(void)snprintf(made->path[made->count++], PATH_LEN, "%s", path);
	return 0;
}

/* @only_look: say whether there is one of these files already. */
static int write_all(const struct new_options *o, unsigned sort, struct made *made, bool only_look)
{
	int ret = 0;

	for (size_t i = 0; !ret && i <= OTHERS; i++) {
		struct text_buffer b = {0};
		char path[PATH_LEN];
		int n;

		if (i < OTHERS)
			n = snprintf(path, sizeof(path), "%s/%s", o->folder, others[i].path);
		else
			n = snprintf(path, sizeof(path), "%s/%s%s", o->folder, o->name,
			    sources[sort].ending);
		if (n >= (int)sizeof(path))
			return complain("new", "DIR: %s", strerror(ENAMETOOLONG));
		if (only_look) {
			if (access(path, F_OK) == 0)
				ret = complain(
				    "new", "%s is there already; nothing was written", path);
			continue;
		}
		rename_all(&b, i < OTHERS ? others[i].text : sources[sort].text,
		    i < OTHERS ? "ticket" : sources[sort].name, o->sort, o->name);
		ret = write_one(made, path, &b);
		text_buffer_free(&b);
	}
	return ret;
}

static int begin(void *options)
{
	struct new_options *o = options;
	struct made made = {.count = 0};
	unsigned sort = 0;
	int ret;

	if (!o->folder)
		o->folder = o->name;
	while (strcmp(sort_words[sort], o->sort) != 0)
		sort++;
	made.into_old = access(o->folder, F_OK) == 0;
	ret = check_name(o->sort, o->name);
	if (!ret)
		ret = write_all(o, sort, &made, true);
	if (ret)
		return ret;
	ret = write_all(o, sort, &made, false);
	if (ret) {
		take_back(&made, o->folder);
		return ret;
	}
	(void)printf("%s\nnext: cd %s && make && concbench check --load ./bench.so\n",
	    made.path[made.count - 1], o->folder);
	return fflush(stdout) == 0 ? 0 : complain("new", "standard output: %s", strerror(errno));
}

#define OPTIONS struct new_options
static const struct option_spec specs[] = {
    {NULL, "SORT", OPTION_TEXT(sort), "lock, queue or job", .words = sort_words, .required = true},
    {NULL, "NAME", OPTION_TEXT(name), "what it is called, an identifier", .required = true},
    {NULL, "DIR", OPTION_TEXT(folder), "where its files go (default: a folder called NAME)"},
    {0},
};
#undef OPTIONS

const struct command new_command = {
    .name = "new",
    .what = "begin a lock, a queue or a job of your own",
    .about = "Writes a source that works and is yours to change, a Makefile, and files for GitHub "
	     "Actions and GitLab CI. Nothing is overwritten.",
    .status = "0 written; 2 usage, or nothing could be written",
    .examples = "concbench new lock my_lock",
    .options = specs,
    .size = sizeof(struct new_options),
    .run = begin,
};
