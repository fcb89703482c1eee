#include "harness/run/launch.h"
#include "harness/run/result.h"
#include "harness/run/run_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>

static char *dir;  /* of this test program */
static char *path; /* a file in it */

static int make_dir(void **state)
{
	(void)state;
	dir = fixture_make_dir();
	return asprintf(&path, "%s/run.json", dir) < 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	free(path);
	free(dir);
	return 0;
}

/* Inlined, gcc 12 takes what it returns for the address of its own variable. */
static __attribute__((noinline)) char *format(const struct run *run)
{
	char *text = NULL;

	assert_int_equal(result_format(run, &text), 0);
	return text;
}

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!j)
		fail_msg("line %d: %s", error.line, error.text);
	return j;
}

static void assert_refused(const char *text, size_t len, const char *why)
{
	char err[700] = "";
	char untouched[sizeof(struct run)];
	struct run run;
	int rc;

	fixture_store(path, text, len);
	memset(&run, 0x5a, sizeof(run));
	memcpy(untouched, &run, sizeof(run));
	rc = result_read(path, &run, err, sizeof(err));
	if (rc != -EINVAL)
		fail_msg("accepted or %d: %.60s", rc, text);
	assert_memory_equal(untouched, &run, sizeof(run));
	assert_null(strchr(err, '\n'));
	assert_memory_equal(err, path, strlen(path));
	if (why && strcmp(err + strlen(path) + 2, why))
		fail_msg("\"%s\" instead of \"%s\"", err + strlen(path) + 2, why);
}

static void foreign_files_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} row[] = {
	    {"", "line 1, column 0: '[' or '{' expected near end of file"},
	    {"{\n  \"a\": nan\n}", "line 2, column 10: invalid token near 'nan'"},
	    {"{} {}", "line 1, column 4: end of file expected near '{'"},
	    {"[1, 2]", "JSON, but not a run file"},
	    {"{}", "JSON, but not a run file"},
	    {"{\"context\": {}, \"benchmarks\": []}",
		"Google Benchmark's JSON but without concbench's part"},
	    {"{\"concbench\": 1}", "concbench: not an object"},
	    {"{\"concbench\": {}}", "concbench.schema: missing"},
	    {"{\"concbench\": {\"schema\": \"one\"}}",
		"concbench.schema: not a whole number from 0 to 4294967295"},
	    {"{\"concbench\": {\"schema\": 3}}", "concbench: schema 3, this build reads 2"},
	    {"{\"concbench\": {\"schema\": 1}}", "concbench: schema 1, this build reads 2"},
	    {"{\"concbench\": {\"schema\": 2}}", "concbench.id: missing"},
	    {"{\"concbench\": {\"schema\": 2, \"id\": \"a\\u001b\"}}",
		"concbench.id: holds a control character"},
	    {"{\"concbench\": {\"schema\": 2, \"id\": \"a\\u009b\"}}",
		"concbench.id: holds a control character"},
	    {"{\"concbench\": {\"schema\": 2, \"id\": \"a\\u202e\"}}",
		"concbench.id: holds a control character"},
	    {"{\"concbench\": {\"schema\": 2, \"schema\": 1}}",
		"line 1, column 36: duplicate object key near '\"schema\"'"},
	    {"\x7f"
	     "ELF\n\x01\n",
		NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_refused(row[i].text, strlen(row[i].text), row[i].why);
}

/* Replaces one member of a valid file, reached by keys and indices, and says what must follow. */
static void every_field_is_checked(void **state)
{
	static const struct {
		const char *place[5]; /* members from concbench down; digits are indices */
		const char *value;    /* NULL: removed */
		const char *why;
	} row[] = {
	    {{"date"}, NULL, "concbench.date: missing"},
	    {{"date"}, "3", "concbench.date: not a text"},
	    {{"date"}, "\"\"", "concbench.date: not like 2026-01-02T03:04:05Z"},
	    {{"date"}, "\"yesterday\"", "concbench.date: not like 2026-01-02T03:04:05Z"},
	    {{"date"}, "\"2026-01-02T03:04:05+01:00\"",
		"concbench.date: not like 2026-01-02T03:04:05Z"},
	    {{"date"}, "\"2026-01-02T03:04:05Z \"",
		"concbench.date: not like 2026-01-02T03:04:05Z"},
	    {{"date"}, "\"2026-13-02T03:04:05Z\"", "concbench.date: not like 2026-01-02T03:04:05Z"},
	    {{"date"}, "\"2026-02-30T03:04:05Z\"", "concbench.date: not like 2026-01-02T03:04:05Z"},
	    {{"date"}, "\"2026-01-02T24:04:05Z\"", "concbench.date: not like 2026-01-02T03:04:05Z"},
	    {{"seed"}, "-3", "concbench.seed: not a whole number from 0 to 18446744073709551615"},
	    {{"interrupted"}, "0", "concbench.interrupted: not true or false"},
	    {{"elapsed_s"}, "\"1\"", "concbench.elapsed_s: not a number"},
	    {{"families"}, NULL, "concbench.families: missing"},
	    {{"families", "1"}, "[]", "concbench.families[1]: not an object"},
	    {{"families", "0", "shape"}, "\"pie\"",
		"concbench.families[0].shape: unknown shape \"pie\""},
	    {{"families", "1", "name"}, "\"lock\"",
		"concbench.families[1].name: lock is there twice"},
	    {{"families", "1", "kind_blocks"}, "1",
		"concbench.families[1].kind_blocks: not true or false"},
	    {{"families", "1", "parameters"}, "{}",
		"concbench.families[1].parameters: not an array"},
	    {{"families", "1", "parameters", "0"}, "7",
		"concbench.families[1].parameters[0]: not an object"},
	    {{"families", "1", "parameters", "1", "unit"}, "\"parsec\"",
		"concbench.families[1].parameters[1].unit: unknown unit \"parsec\""},
	    {{"families", "1", "parameters", "1", "key"}, "\"workers\"",
		"concbench.families[1].parameters[1].key: workers is there twice"},
	    {{"families", "0", "parameters", "0", "about"}, NULL,
		"concbench.families[0].parameters[0].about: missing"},
	    {{"manifest"}, "[]", "concbench.manifest: not an object"},
	    {{"manifest", "cpu.model"}, "1", "concbench.manifest: a value is not a text"},
	    {{"noise", "word"}, "\"01234567890123456\"",
		"concbench.noise.word: longer than 15 bytes"},
	    {{"cases"}, "{}", "concbench.cases: not an array"},
	    {{"cases", "0"}, "7", "concbench.cases[0]: not an object"},
	    {{"cases", "1", "name"}, "\"\"", "concbench.cases[1].name: empty"},
	    {{"cases", "1", "status"}, "\"fine\"",
		"concbench.cases[1].status: unknown status \"fine\""},
	    {{"cases", "1", "reference"}, NULL, "concbench.cases[1].reference: missing"},
	    {{"cases", "1", "figure"}, NULL, "concbench.cases[1].figure: missing"},
	    {{"cases", "1", "figure", "scale"}, "\"log\"",
		"concbench.cases[1].figure.scale: unknown scale \"log\""},
	    {{"cases", "1", "figure", "metric"}, "\"a b\"",
		"concbench.cases[1].figure: its metric has no name of letters and digits"},
	    {{"cases", "1", "figure", "worth"}, "1e141",
		"concbench.cases[1].figure: what a difference is worth is not above 0"},
	    {{"cases", "1", "figure", "scale"}, "\"difference\"",
		"concbench.cases[1].figure: what a difference is worth is not above 0"},
	    {{"cases", "1", "figure", "scale"}, "\"outcome\"",
		"concbench.cases[1].figure: its outcomes are not one to eight different words with "
		"a "
		"blank between them"},
	    {{"cases", "1", "figure", "scale"}, "\"share\"",
		"concbench.cases[1].summary.figure: above 1"},
	    {{"cases", "2", "workers"}, "2.5",
		"concbench.cases[2].workers: not a whole number from 0 to 4294967295"},
	    {{"cases", "0", "summary"}, NULL, "concbench.cases[0].summary: missing"},
	    {{"cases", "0", "summary", "figure"}, "{\"estimate\":1,\"low\":2,\"high\":3}",
		"concbench.cases[0].summary.figure: the estimate is outside its interval"},
	    {{"cases", "0", "summary", "figure"}, "{\"estimate\":-5,\"low\":-9,\"high\":-1}",
		"concbench.cases[0].summary.figure: below 0"},
	    {{"cases", "0", "summary", "figure"}, "{\"estimate\":5,\"low\":1,\"high\":1.7e308}",
		"concbench.cases[0].summary.figure: too large"},
	    {{"cases", "0", "summary", "mad_figure"}, "1e200",
		"concbench.cases[0].summary.mad_figure: too large"},
	    {{"cases", "0", "summary", "covered"}, "1.5",
		"concbench.cases[0].summary.covered: not from 0 to 1"},
	    {{"cases", "0", "summary", "ops_per_s"}, "{\"estimate\":0,\"low\":0,\"high\":1}",
		"concbench.cases[0].summary.ops_per_s: not above 0"},
	    {{"cases", "0", "summary", "latency"}, "{\"histogram\":{\"count\":1,\"buckets\":[]}}",
		"concbench.cases[0].summary.histogram: count and buckets do not add up"},
	    {{"cases", "0", "summary", "latency"},
		"{\"histogram\":{\"count\":1,\"sum\":5,\"min\":5,\"max\":5,\"buckets\":[5,1]},"
		"\"p50_ns\":{\"estimate\":1,\"low\":2,\"high\":3}}",
		"concbench.cases[0].summary.p50_ns: the estimate is outside its interval, or too "
		"large"},
	    {{"cases", "0", "samples"}, NULL, "concbench.cases[0].samples: missing"},
	    {{"cases", "0", "samples", "columns"}, "[\"launch\",\"slot\"]",
		"concbench.cases[0].columns: not names"},
	    {{"cases", "0", "samples", "columns"}, "[\"launch\",\"slot\",\"warmup\"]",
		"concbench.cases[0].columns: not launch, slot, warm_up and metrics"},
	    {{"cases", "0", "samples", "columns"},
		"[\"launch\",\"slot\",\"warm_up\",\"ops\",\"jain\",\"ops\"]",
		"concbench.cases[0].columns: ops is there twice"},
	    {{"cases", "0", "samples", "rows"}, "[[0,0,false]]",
		"concbench.cases[0].rows: not as many values as columns"},
	    {{"cases", "0", "samples"},
		"{\"columns\":[\"launch\",\"slot\",\"warm_up\"],"
		"\"rows\":[[0,0,true],[0,1,false],[1,0,true],[0,1,false]]}",
		"concbench.cases[0].rows: launch 0 has slot 1 twice"},
	    {{"cases", "0", "samples"},
		"{\"columns\":[\"launch\",\"slot\",\"warm_up\",\"ops\"],"
		"\"rows\":[[0,0,true,1e141]]}",
		"concbench.cases[0].rows: a value is too large"},
	    {{"cases", "0", "samples"},
		"{\"columns\":[\"launch\",\"slot\",\"warm_up\",\"ns_per_op\"],"
		"\"rows\":[[0,0,true,-0.0]]}",
		"concbench.cases[0].rows: ns_per_op is not above 0"},
	    {{"cases", "3", "samples", "rows"}, "[[0,0,0]]",
		"concbench.cases[3].rows: no launch, slot or warm_up"},
	};
	struct run run;
	char *text;

	(void)state;
	fixture_run(&run, 3, 1, 1);
	assert_int_equal(run_summarise(&run), 0);
	text = format(&run);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		json_t *whole = parse(text);
		json_t *at = json_object_get(whole, "concbench");
		const char *const *place = row[i].place;
		char *changed;

		for (; place < row[i].place + 4 && place[1]; place++)
			at = json_is_array(at) ? json_array_get(at, (size_t)atoi(*place))
					       : json_object_get(at, *place);
		if (!row[i].value)
			assert_int_equal(json_object_del(at, *place), 0);
		else if (json_is_array(at))
			json_array_set_new(at, (size_t)atoi(*place),
			    json_loads(row[i].value, JSON_DECODE_ANY, NULL));
		else
			json_object_set_new(
			    at, *place, json_loads(row[i].value, JSON_DECODE_ANY, NULL));
		changed = json_dumps(whole, 0);
		assert_refused(changed, strlen(changed), row[i].why);
		free(changed);
		json_decref(whole);
	}
	free(text);
	run_free(&run);
}

/* {"columns": launch, slot, warm_up and @metrics others, "rows": one, with a value in each}. */
static json_t *wide_samples(unsigned metrics)
{
	json_t *columns = json_pack("[s, s, s]", "launch", "slot", "warm_up");
	json_t *row = json_pack("[i, i, b]", 0, 0, 0);

	for (unsigned i = 0; i < metrics; i++) {
		char name[24];

		snprintf(name, sizeof(name), "metric_%u", i);
		json_array_append_new(columns, json_string(name));
		json_array_append_new(row, json_real(i));
	}
	return json_pack("{s:o, s:[o]}", "columns", columns, "rows", row);
}

static void as_many_metrics_as_there_is_room_for(void **state)
{
	static const struct {
		unsigned metrics;
		const char *why;
	} row[] = {
	    {METRICS_MAX, NULL},
	    {METRICS_MAX + 1, "concbench.cases[0].rows: more than 48 metrics"},
	    {METRIC_NAMES_MAX, "concbench.cases[0].rows: more than 48 metrics"},
	    {METRIC_NAMES_MAX + 1, "concbench.cases[0].columns: more than 128 metrics"},
	};
	struct run run, back;
	char err[700];
	char *text;

	(void)state;
	fixture_run(&run, 3, 1, 1);
	assert_int_equal(run_summarise(&run), 0);
	text = format(&run);
	run_free(&run);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		json_t *whole = parse(text);
		json_t *cases = json_object_get(json_object_get(whole, "concbench"), "cases");
		char *changed;

		json_object_set_new(
		    json_array_get(cases, 0), "samples", wide_samples(row[i].metrics));
		changed = json_dumps(whole, 0);
		if (row[i].why) {
			assert_refused(changed, strlen(changed), row[i].why);
		} else {
			fixture_store(path, changed, strlen(changed));
			assert_int_equal(result_read(path, &back, err, sizeof(err)), 0);
			assert_int_equal(back.series[0].samples[0].metrics.count, METRICS_MAX);
			run_free(&back);
		}
		free(changed);
		json_decref(whole);
	}
	free(text);
}

static void a_case_is_there_once(void **state)
{
	struct run run;
	char *text;

	(void)state;
	fixture_run(&run, 3, 1, 1);
	assert_int_equal(run_summarise(&run), 0);
	snprintf(run.series[0].name, sizeof(run.series[0].name), "lock/twice");
	snprintf(run.series[2].name, sizeof(run.series[2].name), "lock/twice");
	text = format(&run);
	assert_refused(text, strlen(text), "concbench.cases[2].name: lock/twice is there twice");
	free(text);
	run_free(&run);
}

/* Small, but with everything: it is parsed once for each of its bytes. */
static char *small_file(void)
{
	struct run run = {0};
	struct series *s = fixture_series(&run, "a/workers:1", 1);
	char *text;

	snprintf(run.date, sizeof(run.date), FIXTURE_DATE);
	assert_int_equal(manifest_add(&run.manifest, "cpu", "x"), 0);
	for (unsigned l = 0; l < 2; l++) {
		struct sample one = fixture_sample(l, 0, 10);

		one.latency = malloc(sizeof(*one.latency));
		assert_non_null(one.latency);
		histogram_clear(one.latency);
		histogram_record(one.latency, 17 + l);
		fixture_add(s, one);
	}
	s = fixture_series(&run, "a/workers:2", 1);
	s->status = STATUS_CRASHED;
	assert_int_equal(run_summarise(&run), 0);
	text = format(&run);
	run_free(&run);
	return text;
}

static void every_truncation_is_refused(void **state)
{
	char *text = small_file();
	size_t len = strlen(text);
	struct run run;
	char err[300];

	(void)state;
	/* All but the newline at the end, without which nothing is missing. */
	for (size_t n = 0; n + 1 < len; n++)
		assert_refused(text, n, NULL);
	fixture_store(path, text, len - 1);
	assert_int_equal(result_read(path, &run, err, sizeof(err)), 0);
	run_free(&run);
	free(text);
}

static void flipped_bytes_do_no_harm(void **state)
{
	uint64_t random = 0x9e3779b97f4a7c15;
	char *text = small_file();
	size_t len = strlen(text);
	char *copy = malloc(len);
	unsigned refused = 0;

	(void)state;
	assert_non_null(copy);
	for (int i = 0; i < 3000; i++) {
		struct run run;
		char err[700] = "";
		unsigned flips = 1 + (unsigned)(fixture_random(&random) % 4);

		memcpy(copy, text, len);
		while (flips--)
			copy[fixture_random(&random) % len] ^=
			    (char)(1 << (fixture_random(&random) % 8));
		fixture_store(path, copy, len);
		if (result_read(path, &run, err, sizeof(err))) {
			refused++;
			assert_true(err[0] && !strchr(err, '\n'));
		} else {
			char *again = format(&run);

			/* What is accepted can be worked with: the sanitizers watch. */
			run_summarise(&run);
			free(again);
			run_free(&run);
		}
	}
	/* Neither all nor nothing: otherwise this would test only one of the two ways. */
	assert_in_range(refused, 300, 2999);
	free(copy);
	free(text);
}

static void unreadable_things_are_refused(void **state)
{
	struct run run = {0};
	char err[300] = "";
	char *gone;

	(void)state;
	unlink(path);
	assert_int_equal(result_read(path, &run, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "No such file"));
	assert_int_equal(result_read(dir, &run, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "not a file"));
	/* A FIFO without a writer must not block for ever. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(result_read(path, &run, err, sizeof(err)), -EINVAL);
	unlink(path);
	/* A file of 2 GB, without its bytes. */
	fixture_store(path, "", 0);
	if (!truncate(path, INT64_C(2) << 30)) {
		assert_int_equal(result_read(path, &run, err, sizeof(err)), -EINVAL);
		assert_non_null(strstr(err, "2048 MB: too large for a run file"));
	}
	assert_true(asprintf(&gone, "%s/none/run.json", dir) > 0);
	assert_int_equal(result_write(&run, gone), -ENOENT);
	free(gone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(foreign_files_are_refused),
	    cmocka_unit_test(every_field_is_checked),
	    cmocka_unit_test(as_many_metrics_as_there_is_room_for),
	    cmocka_unit_test(a_case_is_there_once),
	    cmocka_unit_test(every_truncation_is_refused),
	    cmocka_unit_test(flipped_bytes_do_no_harm),
	    cmocka_unit_test(unreadable_things_are_refused),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
