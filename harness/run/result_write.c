#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/run/jsonio.h"
#include "harness/run/launch.h"
#include "harness/run/run_regimes.h"
#include "harness/run/result.h"
#include "harness/run/result_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The reported percentiles, and the merged histogram of all launches. */
static json_t *latency_json(const struct series_summary *s)
{
	json_t *j = json_object();
	int rc = 0;

	for (unsigned i = 0; i < PERCENTILES; i++) {
		const struct percentile_figure *at = &s->latency_at[i];
		json_t *o;

		if (at->of == PERCENTILE_NONE)
			continue;
		o = jsonio_fields(jsonio_interval_fields, &at->ns);
		rc |= o ? jsonio_put(o, "merged", json_boolean(at->of == PERCENTILE_MERGED)) : 0;
		rc |= jsonio_put(j, percentiles[i].key, o);
	}
	rc |= jsonio_put(j, "histogram", jsonio_histogram(s->latency));
	return jsonio_whole(j, rc);
}

/* For people who read the file; programs can use the samples. */
static int put_regimes(json_t *summary, const struct series *s)
{
	struct series_regimes r;
	json_t *list;
	int rc = series_regimes(s, &r);

	if (rc || r.count < 2)
		return rc;
	list = json_array();
	for (unsigned i = 0; i < 2; i++) {
		json_t *j = json_object();

		rc |= jsonio_put_real(j, "round_trip_ns", r.of[i].round_trip_ns);
		rc |= jsonio_put_u64(j, "launches", r.of[i].launches);
		rc |= jsonio_put_real(j, "share", (double)r.of[i].launches / r.launches);
		rc |=
		    jsonio_put(j, "figure", jsonio_fields(jsonio_interval_fields, &r.of[i].figure));
		rc |= jsonio_append(list, j);
	}
	return rc | jsonio_put(summary, "regimes", list);
}

static json_t *summary_json(const struct series *series)
{
	const struct run_figure *f = &series->figure;
	const struct series_summary *s = &series->summary;
	json_t *j = json_object();
	int rc = jsonio_put_fields(j, jsonio_summary_fields, s);

	if (run_figure_has_rate(f))
		rc |= jsonio_put(
		    j, "ops_per_s", jsonio_fields(jsonio_interval_fields, &s->ops_per_s));
	if (f->scale == CB_OUTCOME)
		rc |= jsonio_put(j, "outcomes", jsonio_outcomes(f, s->outcomes));
	if (s->latency)
		rc |= jsonio_put(j, "latency", latency_json(s));
	rc |= put_regimes(j, series);
	return jsonio_whole(j, rc);
}

/* One line a trial: launch, slot, warm-up, then a value or null for every metric's name. */
static json_t *sample_row(const struct sample *s, const struct metric_names *names)
{
	json_t *row = json_array();
	int rc = 0;

	rc |= jsonio_append(row, jsonio_u64(s->launch));
	rc |= jsonio_append(row, jsonio_u64(s->slot));
	rc |= jsonio_append(row, json_boolean(s->warm_up));
	for (unsigned i = 0; i < names->count; i++) {
		double value;
		bool has = metric_get(&s->metrics, names->name[i], &value);

		rc |= jsonio_append(row, has ? json_real(value) : json_null());
	}
	return jsonio_whole(row, rc);
}

static json_t *samples_json(const struct series *s, const struct metric_names *names)
{
	json_t *columns = json_array();
	json_t *rows = json_array();
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_append(columns, json_string("launch"));
	rc |= jsonio_append(columns, json_string("slot"));
	rc |= jsonio_append(columns, json_string("warm_up"));
	for (unsigned i = 0; i < names->count; i++)
		rc |= jsonio_append(columns, json_string(names->name[i]));
	for (size_t i = 0; i < s->sample_count; i++)
		rc |= jsonio_append(rows, sample_row(&s->samples[i], names));
	rc |= jsonio_put(j, "columns", columns);
	rc |= jsonio_put(j, "rows", rows);
	return jsonio_whole(j, rc);
}

static int case_json(const struct series *s, json_t **out)
{
	struct metric_names names;
	json_t *j;
	int rc;

	rc = metric_names_collect(s, &names);
	if (rc)
		return rc;
	j = jsonio_series(s);
	if (!j)
		return -ENOMEM;
	if (status_has_figure(s->status))
		rc |= jsonio_put(j, "summary", summary_json(s));
	rc |= jsonio_put(j, "samples", samples_json(s, &names));
	if (rc)
		json_decref(j);
	else
		*out = j;
	return rc;
}

/* Case by case: ten thousand of them would be a gigabyte as one tree. */
static int write_own_part(const struct run *run, FILE *f)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_u64(j, "schema", RESULT_SCHEMA);
	rc |= jsonio_put_facts(j, run);
	rc |= jsonio_put(j, "noise", jsonio_fields(jsonio_noise_fields, &run->noise));
	if (rc) {
		json_decref(j);
		return rc;
	}
	rc = jsonio_begin(f, j, 1);
	fputs(",\n    \"cases\": [", f);
	for (size_t i = 0; !rc && i < run->series_count; i++) {
		json_t *c = NULL;

		rc = case_json(&run->series[i], &c);
		if (!rc)
			rc = jsonio_item(f, c, 3, i == 0);
	}
	fputs(run->series_count ? "\n    ]\n  }" : "]\n  }", f);
	return rc;
}

/* Not open_memstream(3): that copies and clears all of it each time it grows. */
static ssize_t add_text(void *buffer, const char *text, size_t len)
{
	struct text_buffer *b = buffer;

	text_buffer_add_bytes(b, text, len);
	return b->failed ? 0 : (ssize_t)len;
}

int result_format(const struct run *run, char **json)
{
	json_t *context = json_object();
	struct text_buffer text = {0};
	FILE *f = fopencookie(&text, "w", (cookie_io_functions_t){.write = add_text});
	int rc = f ? jsonio_put(context, "context", result_context(run)) : -ENOMEM;

	if (rc) {
		json_decref(context);
		goto out;
	}
	rc = jsonio_begin(f, context, 0);
	fputs(",\n  \"concbench\": ", f);
	/* Before the rows: result_read() stops there. */
	if (!rc)
		rc = write_own_part(run, f);
	fputs(",\n  \"benchmarks\": ", f);
	if (!rc)
		rc = result_write_rows(run, f);
	fputs("\n}\n", f);
out:
	if (f && fclose(f) != 0 && !rc)
		rc = -ENOMEM;
	if (rc)
		text_buffer_free(&text);
	else
		*json = text.data;
	return rc;
}

int result_write(const struct run *run, const char *path)
{
	char *text;
	int rc = result_format(run, &text);

	if (rc)
		return rc;
	rc = file_write_whole(path, text, strlen(text));
	free(text);
	return rc;
}
