#include "harness/run/doubles.h"
#include "harness/run/jsonio.h"
#include "harness/run/launch.h"
#include "harness/run/result.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A full run is a few MB; what is larger than this is no run file and would fill the memory. */
#define FILE_BYTES_MAX (INT64_C(1) << 30)

#define FIXED_COLUMNS 3 /* launch, slot, warm_up */

static int read_interval(
    struct jsonio_reader *r, const json_t *o, const char *key, struct stats_interval *out)
{
	json_t *j;
	int rc;

	if ((rc = jsonio_get_object(r, o, key, &j)) ||
	    (rc = jsonio_get_real(r, j, "estimate", &out->estimate)) ||
	    (rc = jsonio_get_real(r, j, "low", &out->low)) ||
	    (rc = jsonio_get_real(r, j, "high", &out->high)))
		return rc;
	if (!(out->low <= out->estimate && out->estimate <= out->high))
		return jsonio_fail(r, key, "the estimate is outside its interval");
	if (!(out->low >= 0))
		return jsonio_fail(r, key, "below 0");
	return 0;
}

/* Times lie between those of the samples, and so within their bound. Rates are what is left of
 * 1e9 over them, whatever that is. */
static int read_time(
    struct jsonio_reader *r, const json_t *o, const char *key, struct stats_interval *out)
{
	const int rc = read_interval(r, o, key, out);

	if (!rc && out->high > METRIC_ABS_MAX)
		return jsonio_fail(r, key, "too large");
	return rc;
}

static int read_summary(struct jsonio_reader *r, const json_t *o, struct series_summary *out)
{
	json_t *j, *latency;
	int rc;

	if ((rc = jsonio_get_object(r, o, "summary", &j)) ||
	    (rc = jsonio_get_unsigned(r, j, "launches", &out->launches)) ||
	    (rc = jsonio_get_unsigned(r, j, "empty_launches", &out->empty_launches)) ||
	    (rc = jsonio_get_unsigned(r, j, "samples", &out->samples)) ||
	    (rc = jsonio_get_unsigned(r, j, "empty_samples", &out->empty_samples)) ||
	    (rc = jsonio_get_unsigned(r, j, "warm_up_samples", &out->warm_up_samples)) ||
	    (rc = read_time(r, j, "ns_per_op", &out->figure)) ||
	    (rc = read_interval(r, j, "ops_per_s", &out->ops_per_s)) ||
	    (rc = jsonio_get_real_or_0(r, j, "covered", &out->covered)) ||
	    (rc = jsonio_get_real_or_0(r, j, "mad_ns_per_op", &out->mad_figure)) ||
	    (rc = jsonio_get_real_or_0(r, j, "half_width_pct", &out->half_width_pct)) ||
	    (rc = jsonio_get_metrics(r, j, "medians", &out->medians)))
		return rc;
	if (!(out->covered >= 0 && out->covered <= 1))
		return jsonio_fail(r, "covered", "not from 0 to 1");
	/* Of values up to the bound, times 1.4826 at most. */
	if (!(fabs(out->mad_figure) <= 2 * METRIC_ABS_MAX))
		return jsonio_fail(r, "mad_ns_per_op", "too large");
	/* Times and rates: an interval may reach down to nothing, what was measured does not.
	 * Without launches nothing has been made of the samples yet. */
	if (out->launches && !(out->figure.estimate > 0))
		return jsonio_fail(r, "ns_per_op", "not above 0");
	if (out->launches && !(out->ops_per_s.estimate > 0))
		return jsonio_fail(r, "ops_per_s", "not above 0");
	if (!json_object_get(j, "latency"))
		return 0;
	rc = jsonio_get_object(r, j, "latency", &latency);
	return rc ? rc : jsonio_get_histogram(r, latency, "histogram", &out->latency);
}

/* The metrics that a row may have, in its order; a sample has some of them. */
struct columns {
	unsigned count;
	struct metric item[METRIC_NAMES_MAX];
};

static int read_row(
    struct jsonio_reader *r, const struct columns *columns, json_t *row, struct sample *s)
{
	uint64_t launch, slot;

	if (!json_is_array(row) || json_array_size(row) != FIXED_COLUMNS + columns->count)
		return jsonio_fail(r, "rows", "not as many values as columns");
	if (!jsonio_value_u64(json_array_get(row, 0), UINT_MAX, &launch) ||
	    !jsonio_value_u64(json_array_get(row, 1), UINT_MAX, &slot) ||
	    !json_is_boolean(json_array_get(row, 2)))
		return jsonio_fail(r, "rows", "no launch, slot or warm_up");
	s->launch = (unsigned)launch;
	s->slot = (unsigned)slot;
	s->warm_up = json_is_true(json_array_get(row, 2));
	for (unsigned i = 0; i < columns->count; i++) {
		const json_t *value = json_array_get(row, FIXED_COLUMNS + i);
		struct metric *m;

		if (json_is_null(value))
			continue;
		if (!json_is_number(value))
			return jsonio_fail(r, "rows", "a value is not a number");
		if (fabs(json_number_value(value)) > METRIC_ABS_MAX)
			return jsonio_fail(r, "rows", "a value is too large");
		if (s->metrics.count == METRICS_MAX)
			return jsonio_fail(r, "rows", "more than %d metrics", METRICS_MAX);
		/* Not by metric_add(): of millions of values, names are checked once a case. */
		m = &s->metrics.item[s->metrics.count++];
		*m = columns->item[i];
		m->value = json_number_value(value);
	}
	return jsonio_check_length(r, "rows", &s->metrics);
}

static int read_column(struct jsonio_reader *r, const char *name, struct columns *out)
{
	struct metric_set one = {0};

	if (metric_add(&one, name, 0))
		return jsonio_fail(r, "columns", "not launch, slot, warm_up and metrics");
	for (unsigned i = 0; i < out->count; i++)
		if (!strcmp(out->item[i].name, name))
			return jsonio_fail(r, "columns", "%s is there twice", name);
	if (out->count == METRIC_NAMES_MAX)
		return jsonio_fail(r, "columns", "more than %d metrics", METRIC_NAMES_MAX);
	out->item[out->count++] = one.item[0];
	return 0;
}

static int read_columns(struct jsonio_reader *r, json_t *columns, struct columns *out)
{
	static const char *const fixed[FIXED_COLUMNS] = {"launch", "slot", "warm_up"};
	const size_t n = json_array_size(columns);

	out->count = 0;
	for (size_t i = 0; i < n || i < FIXED_COLUMNS; i++) {
		const char *name = json_string_value(json_array_get(columns, i));
		int rc = 0;

		if (!name)
			return jsonio_fail(r, "columns", "not names");
		if (i >= FIXED_COLUMNS)
			rc = read_column(r, name, out);
		else if (strcmp(name, fixed[i]))
			rc = jsonio_fail(r, "columns", "not launch, slot, warm_up and metrics");
		if (rc)
			return rc;
	}
	return 0;
}

static int read_samples(struct jsonio_reader *r, const json_t *o, struct series *s)
{
	json_t *j, *names, *rows, *row;
	struct columns columns;
	size_t i;
	int rc;

	if ((rc = jsonio_get_object(r, o, "samples", &j)) ||
	    (rc = jsonio_get_array(r, j, "columns", &names)) ||
	    (rc = jsonio_get_array(r, j, "rows", &rows)) ||
	    (rc = read_columns(r, names, &columns)) ||
	    (rc = series_reserve(s, json_array_size(rows))))
		return rc;
	json_array_foreach(rows, i, row)
	{
		struct sample sample = {0};

		rc = read_row(r, &columns, row, &sample);
		if (!rc)
			rc = series_add_sample(s, &sample);
		if (rc)
			return rc;
	}
	return 0;
}

/* A second one would be refused by a history, and counted as two by whoever counts. */
static int check_doubles(struct jsonio_reader *r, const struct series *s)
{
	const struct sample *twice;
	const int rc = doubles_find_sample(s, &twice);

	return rc <= 0 ? rc
		       : jsonio_fail(
			     r, "rows", "launch %u has slot %u twice", twice->launch, twice->slot);
}

static int read_case(struct jsonio_reader *r, const json_t *o, struct run *run)
{
	struct series *s;
	int rc;

	if (!json_is_object(o))
		return jsonio_fail(r, NULL, "not an object");
	s = run_add_series(run, "");
	if (!s)
		return -ENOMEM;
	rc = jsonio_get_series(r, o, s);
	if (!rc && status_has_figure(s->status))
		rc = read_summary(r, o, &s->summary);
	if (!rc)
		rc = read_samples(r, o, s);
	return rc ? rc : check_doubles(r, s);
}

static int read_noise(struct jsonio_reader *r, const json_t *o, struct noise_verdict *out)
{
	json_t *j;
	int rc;

	rc = jsonio_get_object(r, o, "noise", &j);
	if (rc)
		return rc;
	snprintf(r->where, sizeof(r->where), "concbench.noise");
	if ((rc = jsonio_get_text(r, j, "word", out->word, sizeof(out->word))) ||
	    (rc = jsonio_get_text(r, j, "text", out->text, sizeof(out->text))) ||
	    (rc = jsonio_get_real_or_0(
		 r, j, "median_half_width_pct", &out->median_half_width_pct)) ||
	    (rc = jsonio_get_real_or_0(r, j, "noisy_share_pct", &out->noisy_share_pct)))
		return rc;
	return jsonio_get_real_or_0(r, j, "steal_pct", &out->steal_pct);
}

static int read_own_part(struct jsonio_reader *r, const json_t *own, struct run *run)
{
	const char *twice;
	json_t *cases, *item;
	size_t i;
	int rc;

	if ((rc = jsonio_check_schema(r, own, "schema", RESULT_SCHEMA)) ||
	    (rc = jsonio_get_facts(r, own, run)) ||
	    (rc = jsonio_get_array(r, own, "cases", &cases)) ||
	    (rc = read_noise(r, own, &run->noise)))
		return rc;
	json_array_foreach(cases, i, item)
	{
		snprintf(r->where, sizeof(r->where), "concbench.cases[%zu]", i);
		rc = read_case(r, item, run);
		if (rc)
			return rc;
	}
	snprintf(r->where, sizeof(r->where), "concbench");
	rc = doubles_find_case(run, &twice);
	return rc <= 0 ? rc : jsonio_fail(r, "cases", "%s is there twice", twice);
}

static int read_whole(struct jsonio_reader *r, json_t *whole, struct run *run)
{
	json_t *own = json_object_get(whole, "concbench");

	if (!own && json_object_get(whole, "context") && json_object_get(whole, "benchmarks"))
		return jsonio_fail(r, NULL, "Google Benchmark's JSON but without concbench's part");
	if (!own)
		return jsonio_fail(r, NULL, "JSON, but not a run file");
	if (!json_is_object(own))
		return jsonio_fail(r, "concbench", "not an object");
	snprintf(r->where, sizeof(r->where), "concbench");
	return read_own_part(r, own, run);
}

/* Opens a regular file only: a FIFO would wait for ever, a device never end. */
static int open_file(const char *path, int *out, size_t *bytes, char *what, size_t len)
{
	struct stat st;
	int fd, rc;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		rc = -errno;
		snprintf(what, len, "%s", strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		rc = -EINVAL;
		snprintf(what, len, "not a file");
	} else if (st.st_size > FILE_BYTES_MAX) {
		rc = -EINVAL;
		snprintf(
		    what, len, "%lld MB: too large for a run file", (long long)(st.st_size >> 20));
	} else {
		*out = fd;
		*bytes = (size_t)st.st_size;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* What is there now, of a file that had @bytes: less when somebody has cut it since. */
static int read_text(int fd, size_t bytes, char **out, size_t *out_len)
{
	char *text = malloc(bytes ? bytes : 1);
	size_t have = 0;

	if (!text)
		return -ENOMEM;
	while (have < bytes) {
		const ssize_t got = read(fd, text + have, bytes - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			const int rc = -errno;

			free(text);
			return rc;
		}
		if (got == 0)
			break;
		have += (size_t)got;
	}
	*out = text;
	*out_len = have;
	return 0;
}

static bool follows(const char *text, size_t bytes, size_t *at, const char *expected)
{
	const size_t len = strlen(expected);

	if (bytes - *at < len || memcmp(text + *at, expected, len))
		return false;
	*at += len;
	return true;
}

static json_t *value_at(const char *text, size_t bytes, size_t *at)
{
	json_error_t error;
	json_t *value = json_loadb(
	    text + *at, bytes - *at, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);

	if (value)
		*at += (size_t)error.position;
	return value;
}

/*
 * {"concbench": ...} of a file laid out as ours and ended as ours, so that it has not been cut.
 * Most of such a file are the rows for other readers, and not to read those halves the time.
 * Return: NULL when it is laid out otherwise, or there is anything wrong with it.
 */
static json_t *load_own_part(const char *text, size_t bytes)
{
	static const char end[] = "\n  ]\n}\n";
	const size_t end_len = sizeof(end) - 1;
	json_t *context = NULL, *whole = NULL, *own;
	size_t at = 0;

	if (bytes < end_len || memcmp(text + bytes - end_len, end, end_len) ||
	    !follows(text, bytes, &at, "{\n  \"context\": "))
		return NULL;
	context = value_at(text, bytes, &at);
	if (context && follows(text, bytes, &at, ",\n  \"concbench\": ")) {
		own = value_at(text, bytes, &at);
		if (own && follows(text, bytes, &at, ",\n  \"benchmarks\": [\n"))
			whole = json_pack("{s:o}", "concbench", own);
		else
			json_decref(own);
	}
	json_decref(context);
	return whole;
}

/* From memory: jansson takes a stream byte by byte, with a lock for each where there are threads.
 */
static int load(const char *path, json_t **out, char *what, size_t len)
{
	json_error_t error;
	char *text = NULL;
	size_t bytes = 0;
	int fd = -1;
	int rc = open_file(path, &fd, &bytes, what, len);

	if (rc)
		return rc;
	rc = read_text(fd, bytes, &text, &bytes);
	close(fd);
	if (rc) {
		snprintf(what, len, "%s", strerror(-rc));
		return rc;
	}
	*out = load_own_part(text, bytes);
	if (!*out) /* all of it, to say what is wrong and where */
		*out = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
	free(text);
	if (*out)
		return 0;
	snprintf(what, len, "line %d, column %d: %s", error.line, error.column, error.text);
	return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EINVAL;
}

int result_read(const char *path, struct run *out, char *err, size_t err_len)
{
	struct run run = {0};
	json_t *whole = NULL;
	char what[512] = "";
	struct jsonio_reader r = {.err = what, .err_len = sizeof(what)};
	int rc;

	rc = load(path, &whole, what, sizeof(what));
	if (!rc)
		rc = read_whole(&r, whole, &run);
	json_decref(whole);
	if (!rc) {
		*out = run;
		return 0;
	}
	run_free(&run);
	/* jansson quotes what it stumbled over: whatever that is, the message stays one line. */
	for (char *p = what; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	}
	snprintf(err, err_len, "%s: %s", path, what[0] ? what : strerror(-rc));
	return rc;
}
