/*
 * protocol_corpus_test.c - every line of the corpus to the parser of the cell protocol.
 *
 * The corpus has one message of each type, broken ones, and what the fuzzer has found (found-*).
 */
#include "harness/cell/protocol_fuzz.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* From the top of the tree, where `make test` runs the tests. */
#define CORPUS "harness/cell/corpus"
#define BYTES_MAX 65536

static size_t load(const char *path, char *line)
{
	FILE *f = fopen(path, "r");
	size_t len;

	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	len = fread(line, 1, BYTES_MAX, f);
	assert_int_equal(fclose(f), 0);
	return len;
}

static void messages_do_no_harm(void **state)
{
	DIR *dir = opendir(CORPUS);
	unsigned understood[MESSAGE_TYPES] = {0}, refused = 0;
	char *line = malloc(BYTES_MAX);
	const struct dirent *e;

	(void)state;
	if (!dir)
		fail_msg("%s: %s: run from the top of the tree", CORPUS, strerror(errno));
	assert_non_null(line);
	while ((e = readdir(dir))) {
		char path[512], err[300];
		const char *why;
		struct message m;
		size_t len;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), CORPUS "/%s", e->d_name);
		len = load(path, line);
		why = protocol_fuzz_check(message_parse, line, len);
		if (why)
			fail_msg("%s: %s", path, why);
		if (message_parse(line, len, &m, err, sizeof(err))) {
			refused++;
			continue;
		}
		understood[m.type]++;
		message_free(&m);
	}
	closedir(dir);
	free(line);
	/* A corpus that lacks a type, or has nothing broken, would test only a part. */
	for (int i = 0; i < MESSAGE_TYPES; i++)
		if (!understood[i])
			fail_msg("no '%s' in " CORPUS, message_type_name((enum message_type)i));
	assert_true(refused >= 6);
}

static int says_nothing(
    const char *line, size_t len, struct message *out, char *err, size_t err_len)
{
	(void)line, (void)len, (void)out, (void)err, (void)err_len;
	return -EPROTO;
}

static int quotes_raw(const char *line, size_t len, struct message *out, char *err, size_t err_len)
{
	(void)line, (void)len, (void)out;
	snprintf(err, err_len, "not the cell protocol: \x1b[2J");
	return -EPROTO;
}

static int scribbles(const char *line, size_t len, struct message *out, char *err, size_t err_len)
{
	(void)line, (void)len;
	out->slot = 1;
	snprintf(err, err_len, "bad");
	return -EPROTO;
}

/* Understands what cannot be said again. */
static int believes_everything(
    const char *line, size_t len, struct message *out, char *err, size_t err_len)
{
	(void)line, (void)len, (void)err, (void)err_len;
	memset(out, 0, sizeof(*out));
	out->type = MESSAGE_FAIL;
	out->status = STATUS_COUNT;
	return 0;
}

static void broken_parsers_are_caught(void **state)
{
	static message_parser *const broken[] = {
	    says_nothing, quotes_raw, scribbles, believes_everything};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_non_null(protocol_fuzz_check(broken[i], "{}", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_do_no_harm),
	    cmocka_unit_test(broken_parsers_are_caught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
