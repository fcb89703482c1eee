#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/run/jsonio.h"
#include "harness/run/launch.h"
#include "harness/run/percentiles.h"
#include "harness/run/result.h"
#include "harness/run/result_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static json_t *interval_json(const struct stats_interval *x)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_real(j, "estimate", x->estimate);
	rc |= jsonio_put_real(j, "low", x->low);
	rc |= jsonio_put_real(j, "high", x->high);
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}

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
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static json_t *summary_json(const struct series_summary *s)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_u64(j, "launches", s->launches);
	rc |= jsonio_put_u64(j, "empty_launches", s->empty_launches);
	rc |= jsonio_put_u64(j, "samples", s->samples);
	rc |= jsonio_put_u64(j, "empty_samples", s->empty_samples);
	rc |= jsonio_put_u64(j, "warm_up_samples", s->warm_up_samples);
	rc |= jsonio_put(j, "ns_per_op", interval_json(&s->figure));
	rc |= jsonio_put(j, "ops_per_s", interval_json(&s->ops_per_s));
	rc |= jsonio_put_real(j, "covered", s->covered);
	rc |= jsonio_put_real(j, "mad_ns_per_op", s->mad_figure);
	rc |= jsonio_put_real(j, "half_width_pct", s->half_width_pct);
	rc |= jsonio_put(j, "medians", jsonio_metrics(&s->medians));
	if (s->latency)
		rc |= jsonio_put(j, "latency", latency_json(s->latency));
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
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
	if (rc) {
		json_decref(row);
		return NULL;
	}
	return row;
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
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
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
		rc |= jsonio_put(j, "summary", summary_json(&s->summary));
	rc |= jsonio_put(j, "samples", samples_json(s, &names));
	if (rc)
		json_decref(j);
	else
		*out = j;
	return rc;
}

static json_t *noise_json(const struct noise_verdict *v)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_text(j, "word", v->word);
	rc |= jsonio_put_text(j, "text", v->text);
	rc |= jsonio_put_real(j, "median_half_width_pct", v->median_half_width_pct);
	rc |= jsonio_put_real(j, "noisy_share_pct", v->noisy_share_pct);
	rc |= jsonio_put_real(j, "steal_pct", v->steal_pct);
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* Case by case: ten thousand of them would be a gigabyte as one tree. */
static int write_own_part(const struct run *run, FILE *f)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_u64(j, "schema", RESULT_SCHEMA);
	rc |= jsonio_put_facts(j, run);
	rc |= jsonio_put(j, "noise", noise_json(&run->noise));
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
