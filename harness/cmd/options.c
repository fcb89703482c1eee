#include "harness/cmd/options.h"

#include "harness/base/text.h"
#include "harness/cmd/cmd.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A message; and how much of a user's word is quoted in one, so that the end of it fits too. */
#define ERR_MAX 1000
#define QUOTED "'%.100s'"
#define WORD_MAX 40

static const struct option_spec help_option = {
    .name = "help", .kind = OPTION_KIND_CALL, .help = "this text"};

int complain(const char *command, const char *format, ...)
{
	char *line = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		line = NULL;
	va_end(args);
	/* One line, whatever is quoted in it. */
	if (line)
		(void)text_show(line);
	(void)fprintf(stderr, "concbench%s%s: %s\n", *command ? " " : "", command,
	    line ? line : "out of memory");
	free(line);
	return EXIT_USAGE;
}

/* ---- did you mean ---- */

struct closest {
	const char *typed, *word; /* @word: NULL while nothing is close */
	unsigned distance;
};

static unsigned least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Letters to insert, drop, replace or swap with their neighbour; capitals count as small ones. */
static unsigned edit_distance(const char *a, const char *b)
{
	const size_t rows = strlen(a), columns = strlen(b);
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];

	if (rows > WORD_MAX || columns > WORD_MAX)
		return UINT_MAX;
	for (size_t i = 0; i <= rows; i++) {
		for (size_t j = 0; j <= columns; j++) {
			if (!i || !j) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			d[i][j] = least_of(least_of(d[i - 1][j], d[i][j - 1]) + 1,
			    d[i - 1][j - 1] + (tolower((unsigned char)a[i - 1]) !=
						  tolower((unsigned char)b[j - 1])));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least_of(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[rows][columns];
}

static void offer(struct closest *c, const char *word)
{
	const size_t typed = strlen(c->typed);
	unsigned distance = edit_distance(c->typed, word);

	/* One who has typed the beginning of a word means it. */
	if (typed > 1 && strncmp(c->typed, word, typed) == 0)
		distance = least_of(distance, 1);
	if (distance > (typed + 1) / 3 || (c->word && distance >= c->distance))
		return;
	c->word = word;
	c->distance = distance;
}

/* "'x' is not a profile; accepted: smoke, quick, full; did you mean ...?" @noun: "PROFILE". */
static void not_a_word(
    char *err, size_t len, const char *text, const char *noun, const char *const *words)
{
	struct closest closest = {.typed = text};
	struct text_buffer b = {0};

	if (*text)
		text_buffer_addf(&b, QUOTED " is not ", text);
	text_buffer_add(&b, strchr("AEIO", *noun) ? "an " : "a ");
	for (; *noun; noun++)
		text_buffer_addf(&b, "%c", tolower(*noun));
	if (!*text)
		text_buffer_add(&b, " is missing");
	for (const char *const *w = words; *w; w++) {
		const bool goes_on = (*w)[strlen(*w) - 1] == ':';

		text_buffer_addf(
		    &b, "%s%s%s", w == words ? "; accepted: " : ", ", *w, goes_on ? "..." : "");
		offer(&closest, *w);
	}
	if (closest.word)
		text_buffer_addf(&b, "; did you mean %s?", closest.word);
	(void)snprintf(err, len, "%s", text_buffer_str(&b));
	text_buffer_free(&b);
}

/* ---- values ---- */

int options_share(const char *text, double max, double *out)
{
	const size_t len = text ? strlen(text) : 0;
	const bool percent = len && text[len - 1] == '%';
	double share;
	const int rc = percent ? text_parse_percent(text, &share)
			       : text_parse_double(text, 0, DBL_MAX, &share);

	if (rc)
		return rc;
	if (!percent && share >= 1)
		return -EINVAL;
	if (share > max)
		return -ERANGE;
	*out = share;
	return 0;
}

static int set_number(const struct option_spec *s, const char *text, void *at, char *err)
{
	const uint64_t bound = s->kind == OPTION_KIND_COUNT ? UINT_MAX : UINT64_MAX;
	const uint64_t most = s->most ? s->most : bound;
	char end[TEXT_FORMAT_MAX] = "2^64-1";
	uint64_t n;

	if (text_parse_u64(text, s->least, most, &n) != 0) {
		if (most < UINT64_MAX)
			(void)snprintf(end, sizeof(end), "%" PRIu64, most);
		return snprintf(err, ERR_MAX, QUOTED " is not a number from %" PRIu64 " to %s",
		    text, s->least, end);
	}
	if (s->kind == OPTION_KIND_COUNT)
		*(unsigned *)at = (unsigned)n;
	else
		*(uint64_t *)at = n;
	return 0;
}

static int set_time(const struct option_spec *s, const char *text, uint64_t *at, char *err)
{
	char most[TEXT_FORMAT_MAX];
	uint64_t ns;

	if (text_parse_duration_ns(text, &ns) != 0 || (!ns && !s->or_nothing) ||
	    (s->most && ns > s->most))
		return snprintf(err, ERR_MAX,
		    QUOTED " is not a time; accepted: a number %s%s%s with ns, us, ms, s, m or h, "
			   "such as 90s",
		    text, s->or_nothing ? "from 0" : "above 0", s->most ? " up to " : "",
		    s->most ? text_format_duration(s->most, most, sizeof(most)) : "");
	*at = ns;
	return 0;
}

static int set_share(const struct option_spec *s, const char *text, double *at, char *err)
{
	double share;

	if (options_share(text, s->most ? (double)s->most / 100 : DBL_MAX, &share) != 0 ||
	    (!(share > 0) && !s->or_nothing))
		return snprintf(err, ERR_MAX,
		    QUOTED " is not a share; accepted: such as 2%% or 0.02, %s 0 up to %" PRIu64
			   " %%",
		    text, s->or_nothing ? "from" : "above", s->most);
	*at = share;
	return 0;
}

static int add_to_list(
    const struct option_spec *s, const char *text, struct option_list *l, char *err)
{
	const char **grown;

	if (s->most && l->count == s->most)
		return s->most == 1
			   ? snprintf(err, ERR_MAX, "given more than once")
			   : snprintf(err, ERR_MAX, "given more than %" PRIu64 " times", s->most);
	grown = realloc(l->item, (l->count + 1) * sizeof(*grown));
	if (!grown)
		return snprintf(err, ERR_MAX, "out of memory");
	l->item = grown;
	l->item[l->count++] = text;
	return 0;
}

static int store(const struct option_spec *s, const char *text, void *at, char *err)
{
	unsigned word = 0;

	while (s->words && s->words[word]) {
		const size_t len = strlen(s->words[word]);

		if (strcmp(text, s->words[word]) == 0 ||
		    (s->words[word][len - 1] == ':' && strncmp(text, s->words[word], len) == 0))
			break;
		word++;
	}
	if (s->words && !s->words[word]) {
		not_a_word(err, ERR_MAX, text, s->argument, s->words);
		return -EINVAL;
	}
	switch (s->kind) {
	case OPTION_KIND_CALL:
		return 0;
	case OPTION_KIND_ON:
	case OPTION_KIND_OFF:
		*(bool *)at = s->kind == OPTION_KIND_ON;
		return 0;
	case OPTION_KIND_TEXT:
	case OPTION_KIND_LIST:
		if (!*text && !s->or_nothing)
			return snprintf(err, ERR_MAX, "it is empty%s%s",
			    s->name ? "; it needs a value, " : "", s->name ? s->argument : "");
		if (s->kind == OPTION_KIND_LIST)
			return add_to_list(s, text, at, err);
		*(const char **)at = text;
		return 0;
	case OPTION_KIND_CHOICE:
		*(unsigned *)at = word;
		return 0;
	case OPTION_KIND_COUNT:
	case OPTION_KIND_NUMBER:
		return set_number(s, text, at, err);
	case OPTION_KIND_TIME:
		return set_time(s, text, at, err);
	case OPTION_KIND_SHARE:
		return set_share(s, text, at, err);
	}
	return -EINVAL;
}

static int set(const struct command *c, const struct option_spec *s, const char *text, void *to)
{
	char err[ERR_MAX] = "";
	int ret = store(s, text, (char *)to + s->at, err);

	if (!ret && s->then)
		ret = s->then(to, s, text, err, sizeof(err));
	if (!ret)
		return 0;
	return complain(
	    c->name, "%s%s: %s", s->name ? "--" : "", s->name ? s->name : s->argument, err);
}

/* ---- the line ---- */

const struct option_spec *option_next(const struct command *c, const struct option_spec *s)
{
	if (s == &help_option)
		return NULL;
	s = s ? s + 1 : c->options;
	while (s && s->help && s->only && !(s->only & c->bit))
		s++;
	return s && s->help ? s : &help_option;
}

static const struct option_spec *next_operand(const struct command *c, const struct option_spec *s)
{
	do
		s = option_next(c, s);
	while (s && s->name);
	return s;
}

static int complain_unknown(const struct command *c, const char *word)
{
	/* Of "-filter", too. */
	const char *bare = word + strspn(word, "-");
	char name[WORD_MAX + 1];
	struct closest closest = {.typed = name};

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(bare, "="), bare);
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;)
		if (s->name)
			offer(&closest, s->name);
	if (closest.word)
		return complain(
		    c->name, "%.100s is not an option; did you mean --%s?", word, closest.word);
	return complain(c->name, "%.100s is not an option; see concbench %s --help", word, c->name);
}

/* By its name or by a beginning of it. Return: 0; EXIT_USAGE after a line. */
static int find(const struct command *c, const char *word, const struct option_spec **out)
{
	const size_t len = strcspn(word + 2, "=");
	struct text_buffer candidates = {0};
	unsigned count = 0;

	for (const struct option_spec *s = NULL; len && (s = option_next(c, s)) != NULL;) {
		if (!s->name || strncmp(s->name, word + 2, len) != 0)
			continue;
		*out = s;
		if (!s->name[len]) {
			count = 1;
			break;
		}
		text_buffer_addf(&candidates, "%s--%s", count++ ? ", " : "", s->name);
	}
	if (!count)
		(void)complain_unknown(c, word);
	else if (count > 1)
		(void)complain(c->name, "%.100s is not clear; accepted: %s", word,
		    text_buffer_str(&candidates));
	text_buffer_free(&candidates);
	return count == 1 ? 0 : EXIT_USAGE;
}

/* argv[*i], and what follows when that is its value. */
static int take_option(const struct command *c, char **argv, int *i, void *to)
{
	const char *word = argv[*i], *value = strchr(word, '=');
	const struct option_spec *s;

	if (strcmp(word, "-h") == 0)
		return OPTIONS_HELP;
	if (word[1] != '-')
		return complain_unknown(c, word);
	if (find(c, word, &s))
		return EXIT_USAGE;
	if (value && !s->argument)
		return complain(c->name, "%.100s: --%s takes no value", word, s->name);
	if (s == &help_option)
		return OPTIONS_HELP;
	if (value)
		value++;
	else if (s->argument && s->argument[0] != '[')
		value = argv[++*i];
	if (!value && s->argument && s->argument[0] != '[')
		return complain(c->name, "%s needs a value, %s; see concbench %s --help", word,
		    s->argument, c->name);
	return set(c, s, value, to);
}

static int complain_missing(const struct command *c, const void *from)
{
	struct text_buffer missing = {0};
	unsigned count = 0;
	int ret = 0;

	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;) {
		const void *at = (const char *)from + s->at;

		if (!s->required ||
		    (s->kind == OPTION_KIND_LIST ? ((const struct option_list *)at)->count > 0
						 : *(const char *const *)at != NULL))
			continue;
		text_buffer_addf(&missing, "%s%s%s", count++ ? " and " : "", s->name ? "--" : "",
		    s->name ? s->name : s->argument);
	}
	if (count)
		ret = complain(c->name, "%s %s missing; see concbench %s --help",
		    text_buffer_str(&missing), count == 1 ? "is" : "are", c->name);
	text_buffer_free(&missing);
	return ret;
}

int options_parse(const struct command *c, int argc, char **argv, void *to)
{
	const struct option_spec *operand = next_operand(c, NULL);
	bool ended = false;
	int ret = 0;

	memset(to, 0, c->size);
	if (c->defaults)
		c->defaults(to);
	if (c->typed_at)
		*(struct option_list *)((char *)to + c->typed_at) =
		    (struct option_list){(const char **)argv, (size_t)argc};
	for (int i = 1; !ret && i < argc; i++) {
		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (!ended && argv[i][0] == '-' && argv[i][1]) {
			ret = take_option(c, argv, &i, to);
		} else if (operand) {
			ret = set(c, operand, argv[i], to);
			if (operand->kind != OPTION_KIND_LIST)
				operand = next_operand(c, operand);
		} else {
			ret = complain(c->name, QUOTED " is not expected; %s%s%s", argv[i],
			    c->instead ? c->instead : "see concbench ", c->instead ? "" : c->name,
			    c->instead ? "" : " --help");
		}
	}
	if (!ret)
		ret = complain_missing(c, to);
	return ret || !c->finish ? ret : c->finish(to);
}

void options_release(const struct command *c, void *from)
{
	for (const struct option_spec *s = NULL; (s = option_next(c, s)) != NULL;)
		if (s->kind == OPTION_KIND_LIST)
			free(((struct option_list *)(void *)((char *)from + s->at))->item);
	if (c->release)
		c->release(from);
}

/* ---- commands ---- */

const struct command *command_find(const struct command *c, const char *name)
{
	const char *words[WORD_MAX + 1] = {NULL};
	const size_t parent = *c->name ? strlen(c->name) + 1 : 0;
	char err[ERR_MAX];
	size_t count = 0;

	for (const struct command *const *a = c->actions; *a; a++) {
		if (strcmp((*a)->name + parent, name) == 0)
			return *a;
		if ((*a)->what && count < WORD_MAX)
			words[count++] = (*a)->name + parent;
	}
	not_a_word(err, sizeof(err), name, parent ? "ACTION" : "COMMAND", words);
	(void)complain(c->name, "%s", err);
	return NULL;
}

static int print_help(const struct command *c)
{
	options_help(stdout, c, options_width());
	return fflush(stdout) == 0 ? 0 : complain(c->name, "standard output: %s", strerror(errno));
}

int command_main(const struct command *c, int argc, char **argv)
{
	const struct command *action;
	void *options;
	int ret;

	if (c->actions) {
		if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
			return print_help(c);
		action = command_find(c, argc > 1 ? argv[1] : "");
		return action ? command_main(action, argc - 1, argv + 1) : EXIT_USAGE;
	}
	options = calloc(1, c->size + 1);
	if (!options)
		return complain(c->name, "out of memory");
	ret = options_parse(c, argc, argv, options);
	if (ret == OPTIONS_HELP)
		ret = print_help(c);
	else if (!ret)
		ret = c->run(options);
	options_release(c, options);
	free(options);
	return ret;
}
