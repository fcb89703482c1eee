#include "harness/run/result_rows.h"
#include "harness/base/grow.h"
#include "harness/base/text.h"
#include "harness/run/jsonio.h"
#include "harness/run/launch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where a case stands in its family; compare.py sorts by these. */
struct place_in_family {
	unsigned family;
	unsigned instance;
};

/* A family is what the name says before its first key:value part: "lock/ck_mcs". */
static size_t family_length(const char *name)
{
	size_t len = 0;

	for (;;) {
		size_t part = strcspn(name + len, "/");
		size_t next = len + part;

		if (memchr(name + len, ':', part))
			return len ? len - 1 : 0;
		if (!name[next])
			return next;
		len = next + 1;
	}
}

/* The families met so far, and how many cases each has. */
struct families {
	struct family {
		char name[CASE_NAME_MAX];
		unsigned cases;
	} * item;
	size_t count, capacity;
	struct hash_index by_name;
};

static const char *family_name(const void *array, size_t at)
{
	return ((const struct family *)array)[at].name;
}

/* Of the next case. Return: 0; -ENOMEM. */
static int next_place(struct families *all, const char *case_name, struct place_in_family *place)
{
	struct family family = {.cases = 0};
	size_t at = all->count;
	int rc = 0;

	memcpy(family.name, case_name, family_length(case_name));
	if (!hash_index_find(&all->by_name, family.name, family_name, all->item, &at)) {
		rc = grow(&all->item, at + 1, &all->capacity, sizeof(family));
		if (!rc)
			rc = hash_index_add(&all->by_name, family.name, at);
		if (rc)
			return rc;
		all->item[all->count++] = family;
	}
	place->family = (unsigned)at;
	place->instance = all->item[at].cases++;
	return 0;
}

/* One row of the table, in Google Benchmark's order of members. */
struct row {
	const struct series *series;
	struct place_in_family place;
	size_t repetitions;
	size_t repetition;     /* of an iteration row */
	const char *aggregate; /* NULL: an iteration row */
	const char *aggregate_unit;
	uint64_t iterations;
	double figure;            /* becomes real_time */
	struct metric_set values; /* cpu_ns_per_op becomes cpu_time */
	bool latency;             /* the percentiles belong into this row */
};

static int put_head(json_t *j, const struct row *row)
{
	char name[CASE_NAME_MAX + 16];
	int rc = 0;

	snprintf(name, sizeof(name), "%s%s%s", row->series->name, row->aggregate ? "_" : "",
	    row->aggregate ? row->aggregate : "");
	rc |= jsonio_put_text(j, "name", name);
	rc |= jsonio_put_u64(j, "family_index", row->place.family);
	rc |= jsonio_put_u64(j, "per_family_instance_index", row->place.instance);
	rc |= jsonio_put_text(j, "run_name", row->series->name);
	rc |= jsonio_put_text(j, "run_type", row->aggregate ? "aggregate" : "iteration");
	rc |= jsonio_put_u64(j, "repetitions", row->repetitions);
	if (!row->aggregate)
		rc |= jsonio_put_u64(j, "repetition_index", row->repetition);
	rc |= jsonio_put_u64(j, "threads", row->series->workers);
	if (row->aggregate) {
		rc |= jsonio_put_text(j, "aggregate_name", row->aggregate);
		rc |= jsonio_put_text(j, "aggregate_unit", row->aggregate_unit);
	}
	return rc;
}

/* Whole operations of a launch; 2^53 is where a double stops counting one by one. */
static uint64_t whole(double ops)
{
	return ops > 0 && ops < 0x1p53 ? (uint64_t)(ops + 0.5) : 0;
}

/* The schema wants both times in every row; Google Benchmark too writes 0 when there is none. */
static int put_times(json_t *j, uint64_t iterations, double real, double cpu)
{
	int rc = 0;

	rc |= jsonio_put_u64(j, "iterations", iterations);
	rc |= jsonio_put_real(j, "real_time", isfinite(real) ? real : 0);
	rc |= jsonio_put_real(j, "cpu_time", isfinite(cpu) ? cpu : 0);
	rc |= jsonio_put_text(j, "time_unit", "ns");
	return rc;
}

/* A metric never replaces a member of the schema; the samples have it anyway. */
static int put_counter(json_t *j, const char *name, double value)
{
	return json_object_get(j, name) ? 0 : jsonio_put_real(j, name, value);
}

static int put_counters(json_t *j, const struct row *row)
{
	const struct metric_set *set = &row->values;
	const bool rate = run_figure_has_rate(&row->series->figure);
	double per_s;
	int rc = 0;

	if (rate && metric_get(set, METRIC_OPS_PER_S, &per_s))
		rc |= jsonio_put_real(j, "items_per_second", per_s);
	for (unsigned i = 0; i < set->count; i++) {
		const char *name = set->item[i].name;

		if (!strcmp(name, METRIC_CPU_NS_PER_OP) ||
		    (rate && (!strcmp(name, METRIC_NS_PER_OP) || !strcmp(name, METRIC_OPS_PER_S))))
			continue;
		rc |= put_counter(j, name, set->item[i].value);
	}
	for (unsigned i = 0; row->latency && i < PERCENTILES; i++)
		if (row->series->summary.latency_at[i].of != PERCENTILE_NONE)
			rc |= put_counter(
			    j, percentiles[i].key, row->series->summary.latency_at[i].ns.estimate);
	return rc;
}

void result_label(const struct series *s, char label[RESULT_LABEL_MAX])
{
	const struct run_figure *f = &s->figure;

	label[0] = '\0';
	if (s->status != STATUS_OK)
		text_add_clause(label, RESULT_LABEL_MAX, "%s", status_name(s->status));
	for (unsigned i = 0; i < SERIES_FLAGS; i++)
		if (series_flag(s, i))
			text_add_clause(label, RESULT_LABEL_MAX, "%s", series_flag_names[i]);
	if (strcmp(f->unit, "ns") != 0)
		text_add_clause(label, RESULT_LABEL_MAX, "real_time is %s%s%s", f->metric,
		    f->unit[0] ? " in " : "", f->unit);
}

static int add_row(json_t *rows, const struct row *row)
{
	json_t *j = json_object();
	char label[RESULT_LABEL_MAX];
	double cpu = 0;
	int rc;

	metric_get(&row->values, METRIC_CPU_NS_PER_OP, &cpu);
	rc = put_head(j, row);
	rc |= put_times(j, row->iterations, row->figure, cpu);
	rc |= put_counters(j, row);
	result_label(row->series, label);
	if (label[0])
		rc |= jsonio_put_text(j, "label", label);
	return jsonio_append(rows, jsonio_whole(j, rc));
}

static int add_error_row(json_t *rows, const struct series *s, struct place_in_family place)
{
	struct row row = {.series = s, .place = place, .repetitions = 1};
	json_t *j = json_object();
	char message[REASON_MAX + 32];
	int rc;

	snprintf(message, sizeof(message), "%s%s%s", status_name(s->status),
	    s->reason[0] ? ": " : "", s->reason);
	rc = put_head(j, &row);
	rc |= jsonio_put(j, "error_occurred", json_true());
	rc |= jsonio_put_text(j, "error_message", message);
	rc |= put_times(j, 0, 0, 0);
	return jsonio_append(rows, jsonio_whole(j, rc));
}

enum aggregate { MEAN, MEDIAN, STDDEV, CV };

static int aggregate_value(enum aggregate kind, const double *x, size_t n, double *out)
{
	double mean, stddev;
	int rc;

	if (kind == MEDIAN)
		return stats_median(x, n, out);
	rc = stats_mean_stddev(x, n, &mean, &stddev);
	if (rc)
		return rc;
	if (kind == MEAN)
		*out = mean;
	else
		*out = kind == STDDEV ? stddev : stddev / mean;
	return 0;
}

static int aggregate_values(const struct launch *const *figures, size_t n, enum aggregate kind,
    double *x, struct metric_set *out)
{
	out->count = 0;
	for (unsigned k = 0; k < figures[0]->medians.count; k++) {
		const char *name = figures[0]->medians.item[k].name;
		size_t have = 0;
		double value;
		int rc;

		/* Of a typical launch, or none: in the summary. */
		if (percentile_find(name) >= 0)
			continue;
		for (size_t i = 0; i < n; i++)
			have += metric_get(&figures[i]->medians, name, &x[have]);
		/* A mean over other launches than the row's own would be put beside it. */
		if (have < n)
			continue;
		rc = aggregate_value(kind, x, n, &value);
		if (rc)
			return rc;
		/* -EINVAL: the variation of something that is 0 has no value; it is left out. */
		rc = metric_add(out, name, value);
		if (rc && rc != -EINVAL)
			return rc;
	}
	return 0;
}

static int add_aggregates(
    json_t *rows, struct row *row, const struct launch *const *figures, size_t n)
{
	static const struct {
		const char *name, *unit;
	} kinds[] = {
	    [MEAN] = {"mean", "time"},
	    [MEDIAN] = {"median", "time"},
	    [STDDEV] = {"stddev", "time"},
	    [CV] = {"cv", "percentage"},
	};
	double *x = calloc(n, sizeof(*x));
	int rc = x ? 0 : -ENOMEM;

	for (unsigned k = 0; !rc && k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		row->aggregate = kinds[k].name;
		row->aggregate_unit = kinds[k].unit;
		row->iterations = n;
		row->latency = k == MEDIAN;
		rc = aggregate_values(figures, n, (enum aggregate)k, x, &row->values);
		for (size_t i = 0; i < n; i++)
			x[i] = figures[i]->figure;
		if (!rc)
			rc = aggregate_value((enum aggregate)k, x, n, &row->figure);
		if (!rc)
			rc = add_row(rows, row);
	}
	free(x);
	return rc;
}

static int add_figures(json_t *rows, const struct series *s, struct place_in_family place)
{
	struct row row = {.series = s, .place = place};
	const struct launch **figures = NULL;
	struct launch_list list = {0};
	size_t n = 0;
	int rc;

	rc = launch_list_build(s, &list);
	if (rc)
		return rc;
	figures = calloc(list.count + 1, sizeof(*figures));
	if (!figures) {
		rc = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].has_figure)
			figures[n++] = &list.items[i];
	row.repetitions = n;
	for (size_t i = 0; i < n; i++) {
		row.repetition = i;
		row.iterations = whole(figures[i]->ops);
		row.figure = figures[i]->figure;
		row.values = figures[i]->medians;
		rc = add_row(rows, &row);
		if (rc)
			goto out;
	}
	if (n >= 2)
		rc = add_aggregates(rows, &row, figures, n);
out:
	free(figures);
	launch_list_free(&list);
	return rc;
}

int result_write_rows(const struct run *run, FILE *f)
{
	struct families families = {0};
	json_t *rows = json_array(), *row;
	int rc = rows ? 0 : -ENOMEM;
	size_t written = 0, k;

	fputc('[', f);
	for (size_t i = 0; !rc && i < run->series_count; i++) {
		const struct series *s = &run->series[i];
		struct place_in_family place;

		rc = next_place(&families, s->name, &place);
		/* A case that never ran gets no row: Google Benchmark lists only cases that it has
		 * registered. */
		if (!rc && status_has_figure(s->status))
			rc = add_figures(rows, s, place);
		else if (!rc && status_is_failure(s->status))
			rc = add_error_row(rows, s, place);
		for (k = 0; !rc && (row = json_array_get(rows, k)); k++)
			rc = jsonio_item(f, json_incref(row), 2, written++ == 0);
		(void)json_array_clear(rows);
	}
	fputs(written ? "\n  ]" : "]", f);
	hash_index_free(&families.by_name);
	free(families.item);
	json_decref(rows);
	return rc;
}
