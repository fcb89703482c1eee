#include "harness/base/file.h"
#include "harness/run/doubles.h"
#include "harness/run/jsonio.h"
#include "harness/run/launch.h"
#include "harness/run/result.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A full run is a few MB; what is larger than this is no run file and would fill the memory. */
#define FILE_BYTES_MAX (INT64_C(1) << 30)

#define FIXED_COLUMNS 3 /* launch, slot, warm_up */

static int read_object(struct jsonio_reader *r, const json_t *o, const char *key,
    const struct jsonio_field *fields, void *to)
{
	const struct jsonio_field field[] = {{key, JSONIO_OBJECT, 0, 0, fields}, JSONIO_END};

	return jsonio_get_fields(r, o, field, to);
}

/* Rates are what is left of 1e9 over times, whatever that is. */
static int read_rate(struct jsonio_reader *r, const json_t *o, struct stats_interval *out)
{
	const int rc = read_object(r, o, "ops_per_s", jsonio_interval_fields, out);

	if (rc)
		return rc;
	if (!(out->low >= 0 && out->low <= out->estimate && out->estimate <= out->high))
		return jsonio_fail(r, "ops_per_s", "the estimate is outside its interval");
	return 0;
}

static int read_outcomes(
    struct jsonio_reader *r, const json_t *o, const struct run_figure *f, unsigned *counts)
{
	char word[METRIC_NAME_MAX];
	json_t *object;
	int rc = jsonio_get_object(r, o, "outcomes", &object);

	for (unsigned i = 0; !rc && i < RUN_OUTCOMES_MAX && run_figure_word(f, i, word); i++) {
		uint64_t n = 0;

		rc = jsonio_get_u64(r, object, word, UINT_MAX, &n);
		counts[i] = (unsigned)n;
	}
	return rc;
}

/* The figure lies between those of the samples, and so within their bounds. */
static const char *figure_wrong(const struct run_figure *f, const struct series_summary *s)
{
	const struct stats_interval *i = &s->figure;

	if (!(i->low <= i->estimate && i->estimate <= i->high))
		return "the estimate is outside its interval";
	if (i->low < -METRIC_ABS_MAX || i->high > METRIC_ABS_MAX)
		return "too large";
	if (f->scale != CB_DIFFERENCE && i->low < 0)
		return "below 0";
	if (f->scale != CB_DIFFERENCE && f->scale != CB_RATIO && i->high > 1)
		return "above 1";
	/* An interval may reach down to nothing, what was measured does not. Without launches
	 * nothing has been made of the samples yet. */
	if (f->scale == CB_RATIO && s->launches && !(i->estimate > 0))
		return "not above 0";
	return NULL;
}

static int read_percentile(
    struct jsonio_reader *r, const json_t *latency, unsigned i, struct percentile_figure *out)
{
	const json_t *o = json_object_get(latency, percentiles[i].key);
	struct percentile_figure p = {.of = PERCENTILE_TYPICAL};
	int rc;

	if (!o)
		return 0;
	rc = read_object(r, latency, percentiles[i].key, jsonio_interval_fields, &p.ns);
	if (rc)
		return rc;
	if (!(p.ns.low >= 0 && p.ns.low <= p.ns.estimate && p.ns.estimate <= p.ns.high &&
		p.ns.high <= METRIC_ABS_MAX))
		return jsonio_fail(
		    r, percentiles[i].key, "the estimate is outside its interval, or too large");
	if (json_is_true(json_object_get(o, "merged")))
		p.of = PERCENTILE_MERGED;
	*out = p;
	return 0;
}

static int read_summary(struct jsonio_reader *r, const json_t *o, const struct run_figure *f,
    struct series_summary *out)
{
	const size_t where = strlen(r->where);
	const char *wrong;
	json_t *j, *latency;
	int rc;

	if ((rc = read_object(r, o, "summary", jsonio_summary_fields, out)) ||
	    (rc = jsonio_get_object(r, o, "summary", &j)))
		return rc;
	snprintf(r->where + where, sizeof(r->where) - where, ".summary");
	wrong = figure_wrong(f, out);
	if (wrong)
		return jsonio_fail(r, "figure", "%s", wrong);
	if (!(out->covered >= 0 && out->covered <= 1))
		return jsonio_fail(r, "covered", "not from 0 to 1");
	/* Of values up to the bound, times 1.4826 at most. */
	if (!(fabs(out->mad_figure) <= 2 * METRIC_ABS_MAX))
		return jsonio_fail(r, "mad_figure", "too large");
	if (run_figure_has_rate(f) && (rc = read_rate(r, j, &out->ops_per_s)))
		return rc;
	if (run_figure_has_rate(f) && out->launches && !(out->ops_per_s.estimate > 0))
		return jsonio_fail(r, "ops_per_s", "not above 0");
	if (f->scale == CB_OUTCOME && (rc = read_outcomes(r, j, f, out->outcomes)))
		return rc;
	if (json_object_get(j, "latency")) {
		rc = jsonio_get_object(r, j, "latency", &latency);
		if (!rc)
			rc = jsonio_get_histogram(r, latency, "histogram", &out->latency);
		for (unsigned i = 0; !rc && i < PERCENTILES; i++)
			rc = read_percentile(r, latency, i, &out->latency_at[i]);
	}
	r->where[where] = '\0';
	return rc;
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
	    (rc = jsonio_get_array(r, j, "rows", &rows)) || (rc = read_columns(r, names, &columns)))
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

/* A history would refuse a second one, and any count would include both. */
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
	struct series described = {0}, *s;
	int rc;

	if (!json_is_object(o))
		return jsonio_fail(r, NULL, "not an object");
	rc = jsonio_get_series(r, o, &described);
	if (rc)
		return rc;
	if (run_find_series(run, described.name))
		return jsonio_fail(r, "name", "%s is there twice", described.name);
	s = run_add_series(run, described.name);
	if (!s)
		return -ENOMEM;
	*s = described;
	if (status_has_figure(s->status))
		rc = read_summary(r, o, &s->figure, &s->summary);
	if (!rc)
		rc = read_samples(r, o, s);
	return rc ? rc : check_doubles(r, s);
}

static int read_own_part(struct jsonio_reader *r, const json_t *own, struct run *run)
{
	json_t *cases, *item;
	size_t i;
	int rc;

	if ((rc = jsonio_check_schema(r, own, "schema", RESULT_SCHEMA)) ||
	    (rc = jsonio_get_facts(r, own, run)) ||
	    (rc = jsonio_get_array(r, own, "cases", &cases)) ||
	    (rc = read_object(r, own, "noise", jsonio_noise_fields, &run->noise)))
		return rc;
	json_array_foreach(cases, i, item)
	{
		snprintf(r->where, sizeof(r->where), "concbench.cases[%zu]", i);
		rc = read_case(r, item, run);
		if (rc)
			return rc;
	}
	return 0;
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

/* A regular file only: a FIFO would wait for ever, a device never end. */
static int check_file(const char *path, char *what, size_t len)
{
	struct stat st;

	if (stat(path, &st)) {
		snprintf(what, len, "%s", strerror(errno));
		return -errno;
	}
	if (!S_ISREG(st.st_mode))
		snprintf(what, len, "not a file");
	else if (st.st_size > FILE_BYTES_MAX)
		snprintf(
		    what, len, "%lld MB: too large for a run file", (long long)(st.st_size >> 20));
	else
		return 0;
	return -EINVAL;
}

/* From memory: jansson takes a stream byte by byte, with a lock for each where there are threads.
 */
static int load(const char *path, json_t **out, char *what, size_t len)
{
	json_error_t error;
	char *text = NULL;
	size_t bytes;
	int rc = check_file(path, what, len);

	if (rc)
		return rc;
	rc = file_read_all(path, FILE_BYTES_MAX, &text, &bytes);
	if (rc) {
		snprintf(what, len, "%s", strerror(-rc));
		return rc;
	}
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
