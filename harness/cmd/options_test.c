/* options_test.c - command lines from a table: every kind of value, every mistake, and the help. */
#include "harness/cmd/cmd.h"

#include "harness/run/run_fixture.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

const struct cb_family *const cb_families[] = {NULL};

struct all {
	struct option_list names, list, typed;
	bool on, off;
	const char *text, *required;
	unsigned choice, count;
	uint64_t number, time_ns;
	double share;
	unsigned called;
};

static int called(
    void *options, const struct option_spec *s, const char *text, char *err, size_t err_len)
{
	struct all *a = options;

	(void)s;
	if (text && strcmp(text, "bad") == 0)
		return snprintf(err, err_len, "'bad' is bad");
	a->called++;
	return 0;
}

static void defaults(void *options)
{
	((struct all *)options)->off = true;
}

#define OPTIONS struct all
static const struct option_spec specs[] = {
    {NULL, "FIRST", OPTION_TEXT(required), "what has to be there", .required = true},
    {NULL, "NAME", OPTION_LIST(names), "the rest"},
    {"on", NULL, OPTION_ON(on), "set"},
    {"no-off", NULL, OPTION_OFF(off), "cleared"},
    {"text", "TEXT", OPTION_TEXT(text), "a text"},
    {"list", "ITEM", OPTION_LIST(list), "several", .most = 2},
    {"colour", "COLOUR", OPTION_CHOICE(choice), "one of few",
	.words = (const char *const[]){"red", "green", NULL}},
    {"count", "N", OPTION_COUNT(count), "a number", .least = 2, .most = 9},
    {"number", "N", OPTION_NUMBER(number), "a large one"},
    {"time", "TIME", OPTION_TIME(time_ns), "a time"},
    {"share", "SHARE", OPTION_SHARE(share), "a share", .most = 1000},
    {"call", "[X]", OPTION_CALL, "a call", .then = called},
    {0},
};
#undef OPTIONS

static int nothing(void *options)
{
	(void)options;
	return 0;
}

static const struct command command = {.name = "test",
    .what = "a test",
    .options = specs,
    .size = sizeof(struct all),
    .typed_at = offsetof(struct all, typed),
    .defaults = defaults,
    .run = nothing};

static int parse(const char *line, struct all *a, char *said, size_t len)
{
	static char words[1024];
	char *argv[40] = {(char[]){"test"}}, *rest = words, *word;
	FILE *file = tmpfile();
	int argc = 1, ret, saved = dup(STDERR_FILENO);
	size_t n;

	assert_non_null(file);
	(void)snprintf(words, sizeof(words), "%s", line);
	while ((word = strsep(&rest, " ")) != NULL && argc < 39)
		argv[argc++] = word;
	assert_true(saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
	ret = options_parse(&command, argc, argv, a);
	(void)fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_int_equal(close(saved), 0);
	rewind(file);
	n = fread(said, 1, len - 1, file);
	said[n] = '\0';
	assert_int_equal(fclose(file), 0);
	return ret;
}

static void every_kind_is_taken(void **state)
{
	struct all a;
	char said[500];

	(void)state;
	assert_int_equal(parse("one", &a, said, sizeof(said)), 0);
	assert_string_equal(said, "");
	assert_true(a.off && !a.on && !a.text && !a.names.count);
	assert_string_equal(a.required, "one");
	options_release(&command, &a);
	/* Mixed, in both spellings, by a beginning that only one has, behind "--" not an option. */
	assert_int_equal(parse("--on one --no-off --text=a=b two --list 1 --list=2 --colour green "
			       "--cou 9 --num 18446744073709551615 --time 2m --share 5% --call "
			       "--call=x -- --three -",
			     &a, said, sizeof(said)),
	    0);
	assert_true(a.on && !a.off);
	assert_string_equal(a.required, "one");
	assert_string_equal(a.text, "a=b");
	assert_int_equal(a.names.count, 3);
	assert_string_equal(a.names.item[1], "--three");
	assert_string_equal(a.names.item[2], "-");
	assert_int_equal(a.list.count, 2);
	assert_string_equal(a.list.item[1], "2");
	assert_int_equal(a.choice, 1);
	assert_int_equal(a.count, 9);
	assert_true(a.number == UINT64_MAX);
	assert_true(a.time_ns == UINT64_C(120000000000));
	assert_true(fabs(a.share - 0.05) < 1e-12);
	assert_int_equal(a.called, 2);
	assert_int_equal(a.typed.count, 24);
	options_release(&command, &a);
	/* The last one counts. */
	assert_int_equal(parse("one --text a --text b", &a, said, sizeof(said)), 0);
	assert_string_equal(a.text, "b");
	options_release(&command, &a);
	/* What follows a call for help is not read. */
	assert_int_equal(parse("--help --no-such", &a, said, sizeof(said)), OPTIONS_HELP);
	options_release(&command, &a);
	assert_int_equal(parse("-h", &a, said, sizeof(said)), OPTIONS_HELP);
	options_release(&command, &a);
	assert_string_equal(said, "");
}

static void every_mistake_is_one_line(void **state)
{
	static const struct {
		const char *line, *part;
	} table[] = {
	    {"--on", "FIRST is missing; see concbench test --help"},
	    {"one --colour blue", "--colour: 'blue' is not a colour; accepted: red, green"},
	    {"one --colour gren", "did you mean green?"},
	    {"one --colour=", "a colour is missing; accepted: red, green"},
	    {"one --colur red", "--colur is not an option; did you mean --colour?"},
	    {"one -on", "-on is not an option; did you mean --on?"},
	    {"one --zzzzzz", "--zzzzzz is not an option; see concbench test --help"},
	    {"one --co 3", "--co is not clear; accepted: --colour, --count"},
	    {"one --on=yes", "--on takes no value"},
	    {"one --text", "--text needs a value, TEXT"},
	    {"one --text=", "--text: it is empty; it needs a value, TEXT"},
	    {"one --list 1 --list 2 --list 3", "--list: given more than 2 times"},
	    {"one --count 1", "--count: '1' is not a number from 2 to 9"},
	    {"one --count 10", "'10'"},
	    {"one --count 3x", "'3x'"},
	    {"one --count -3", "'-3'"},
	    {"one --number 18446744073709551616", "to 2^64-1"},
	    {"one --time 0s", "--time: '0s' is not a time; accepted: a number above 0"},
	    {"one --time soon", "such as 90s"},
	    {"one --share 0", "--share: '0' is not a share"},
	    {"one --call=bad", "--call: 'bad' is bad"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct all a;
		char said[500];
		const int ret = parse(table[i].line, &a, said, sizeof(said));
		const char *end = strchr(said, '\n');

		if (ret != EXIT_USAGE || !strstr(said, table[i].part))
			fail_msg("%s: %d, \"%s\"", table[i].line, ret, said);
		assert_int_equal(strncmp(said, "concbench test: ", 16), 0);
		assert_true(end && end[1] == '\0');
		options_release(&command, &a);
	}
}

static void shares(void **state)
{
	static const struct {
		const char *text;
		int rc;
		double share;
	} table[] = {
	    {"1%", 0, 0.01},
	    {"0.01", 0, 0.01},
	    {".5%", 0, 0.005},
	    {"150%", 0, 1.5},
	    {"0.99", 0, 0.99},
	    {"0", 0, 0},
	    {"0%", 0, 0},
	    /* May be 2 % or twice as long. */
	    {"2", -EINVAL, 0},
	    {"1", -EINVAL, 0},
	    {"1001%", -ERANGE, 0},
	    {"-1%", -ERANGE, 0},
	    {"-0.01", -ERANGE, 0},
	    {"%", -EINVAL, 0},
	    {"", -EINVAL, 0},
	    {"much", -EINVAL, 0},
	    {"nan", -EINVAL, 0},
	    {"1 %", -EINVAL, 0},
	    {NULL, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		double share = -7;
		const int rc = options_share(table[i].text, 10, &share);

		if (rc != table[i].rc)
			fail_msg("'%s': %d", table[i].text, rc);
		assert_true(fabs(share - (rc ? -7 : table[i].share)) < 1e-12);
	}
}

/* Of the program itself: every command, every flag. */
static void the_help_names_every_option(const struct command *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	options_help(f, c, 80);
	assert_int_equal(fclose(f), 0);
	for (const struct option_spec *s = NULL; !c->actions && (s = option_next(c, s)) != NULL;) {
		char name[60];

		(void)snprintf(name, sizeof(name), "%s%s", s->name ? "--" : "",
		    s->name ? s->name : s->argument);
		if (!strstr(text, name))
			fail_msg("%s: the help does not name %s", c->name, name);
	}
	for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (end - line > 80)
			fail_msg("%s: wider than 80: %.*s", c->name, (int)(end - line), line);
	}
	assert_null(strstr(text, "(null)"));
	free(text);
	for (size_t i = 0; c->actions && c->actions[i]; i++)
		the_help_names_every_option(c->actions[i]);
}

static void every_command_has_help(void **state)
{
	(void)state;
	the_help_names_every_option(&root_command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_is_taken),
	    cmocka_unit_test(every_mistake_is_one_line),
	    cmocka_unit_test(shares),
	    cmocka_unit_test(every_command_has_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
