#include "harness/base/file.h"
#include "harness/run/jsonio.h"
#include "harness/run/launch.h"
#include "harness/run/percentiles.h"
#include "harness/run/result.h"
#include "harness/run/result_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The histogram, and what one usually wants of it for those who read the file by hand. */
static json_t *latency_json(const struct histogram *h)
{
	json_t *j = json_object();
	uint64_t ns;
	int rc = 0;

	for (unsigned i = 0; i < PERCENTILES; i++)
		if (percentile_get(h, i, &ns))
			rc |= jsonio_put_u64(j, percentiles[i].key, ns);
	rc |= jsonio_put(j, "histogram", jsonio_histogram(h));
	return jsonio_whole(j, rc);
}

static json_t *outcomes_json(const struct run_figure *f, const unsigned *counts)
{
	json_t *j = json_object();
	char word[METRIC_NAME_MAX];
	int rc = 0;

	for (unsigned i = 0; i < RUN_OUTCOMES_MAX && run_figure_word(f, i, word); i++)
		rc |= jsonio_put_u64(j, word, counts[i]);
	return jsonio_whole(j, rc);
}

static json_t *summary_json(const struct run_figure *f, const struct series_summary *s)
{
	json_t *j = json_object();
	int rc = jsonio_put_fields(j, jsonio_summary_fields, s);

	if (run_figure_has_rate(f))
		rc |= jsonio_put(
		    j, "ops_per_s", jsonio_fields(jsonio_interval_fields, &s->ops_per_s));
	if (f->scale == CB_OUTCOME)
		rc |= jsonio_put(j, "outcomes", outcomes_json(f, s->outcomes));
	if (s->latency)
		rc |= jsonio_put(j, "latency", latency_json(s->latency));
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
		rc |= jsonio_put(j, "summary", summary_json(&s->figure, &s->summary));
	rc |= jsonio_put(j, "samples", samples_json(s, &names));
	if (rc)
		json_decref(j);
	else
		*out = j;
	return rc;
}

static int own_part(const struct run *run, json_t **out)
{
	json_t *j = json_object();
	json_t *cases = json_array();
	int rc = 0;

	rc |= jsonio_put_u64(j, "schema", RESULT_SCHEMA);
	rc |= jsonio_put_facts(j, run);
	rc |= jsonio_put(j, "noise", jsonio_fields(jsonio_noise_fields, &run->noise));
	for (size_t i = 0; !rc && i < run->series_count; i++) {
		json_t *c = NULL;

		rc = case_json(&run->series[i], &c);
		if (!rc)
			rc = jsonio_append(cases, c);
	}
	if (rc)
		json_decref(cases);
	else
		rc = jsonio_put(j, "cases", cases);
	if (rc)
		json_decref(j);
	else
		*out = j;
	return rc;
}

int result_format(const struct run *run, char **json)
{
	json_t *whole = json_object();
	json_t *rows = NULL, *own = NULL;
	char *text;
	int rc;

	rc = jsonio_put(whole, "context", result_context(run));
	if (rc)
		goto out;
	rc = own_part(run, &own);
	if (rc)
		goto out;
	rc = jsonio_put(whole, "concbench", own);
	if (rc)
		goto out;
	rc = result_rows(run, &rows);
	if (rc)
		goto out;
	rc = jsonio_put(whole, "benchmarks", rows);
	if (rc)
		goto out;
	text = jsonio_lay_out(whole);
	if (text)
		*json = text;
	else
		rc = -ENOMEM;
out:
	json_decref(whole);
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
