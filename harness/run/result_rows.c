#include "harness/run/result_rows.h"
#include "harness/run/jsonio.h"
#include "harness/run/launch.h"
#include "harness/run/percentiles.h"

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

/* A case on its way to its place. */
struct placed {
	const char *name;
	size_t family_len;
	size_t which;
};

static int by_family(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;
	const size_t len = a->family_len < b->family_len ? a->family_len : b->family_len;
	const int order = memcmp(a->name, b->name, len);

	if (order)
		return order;
	if (a->family_len != b->family_len)
		return a->family_len < b->family_len ? -1 : 1;
	return a->which < b->which ? -1 : a->which > b->which;
}

/* Families and instances are numbered as they come up. Return: [series_count]; NULL: no memory. */
static struct place_in_family *find_places(const struct run *run)
{
	const size_t n = run->series_count;
	struct place_in_family *place = calloc(n + 1, sizeof(*place));
	struct placed *sorted = calloc(n + 1, sizeof(*sorted));
	size_t *first = calloc(n + 1, sizeof(*first)); /* the family's first case */
	unsigned families = 0;

	for (size_t i = 0; place && sorted && first && i < n; i++)
		sorted[i] =
		    (struct placed){run->series[i].name, family_length(run->series[i].name), i};
	if (!place || !sorted || !first) {
		free(place);
		place = NULL;
		goto out;
	}
	qsort(sorted, n, sizeof(*sorted), by_family);
	for (size_t i = 0; i < n; i++) {
		const struct placed *p = &sorted[i], *before = p - 1;
		const bool same = i && before->family_len == p->family_len &&
				  !memcmp(before->name, p->name, p->family_len);

		first[p->which] = same ? first[before->which] : p->which;
		place[p->which].instance = same ? place[before->which].instance + 1 : 0;
	}
	for (size_t i = 0; i < n; i++)
		place[i].family = first[i] == i ? families++ : place[first[i]].family;
out:
	free(sorted);
	free(first);
	return place;
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
	struct metric_set values;        /* ns_per_op and cpu_ns_per_op become the times */
	const struct histogram *latency; /* NULL: percentiles do not belong into this row */
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

/* The schema wants both times in every row: 0 is its way, too, to say that there is none. */
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

static int put_counters(json_t *j, const struct metric_set *set, const struct histogram *latency)
{
	double rate;
	uint64_t ns;
	int rc = 0;

	if (metric_get(set, METRIC_OPS_PER_S, &rate))
		rc |= jsonio_put_real(j, "items_per_second", rate);
	for (unsigned i = 0; i < set->count; i++) {
		const char *name = set->item[i].name;

		if (!strcmp(name, METRIC_NS_PER_OP) || !strcmp(name, METRIC_CPU_NS_PER_OP) ||
		    !strcmp(name, METRIC_OPS_PER_S))
			continue;
		rc |= put_counter(j, name, set->item[i].value);
	}
	for (unsigned i = 0; i < PERCENTILES; i++)
		if (percentile_get(latency, i, &ns))
			rc |= put_counter(j, percentiles[i].key, (double)ns);
	return rc;
}

static int add_row(json_t *rows, const struct row *row)
{
	json_t *j = json_object();
	double real = 0, cpu = 0;
	int rc;

	metric_get(&row->values, METRIC_NS_PER_OP, &real);
	metric_get(&row->values, METRIC_CPU_NS_PER_OP, &cpu);
	rc = put_head(j, row);
	rc |= put_times(j, row->iterations, real, cpu);
	rc |= put_counters(j, &row->values, row->latency);
	if (row->series->status != STATUS_OK)
		rc |= jsonio_put_text(j, "label", status_name(row->series->status));
	if (rc) {
		json_decref(j);
		return rc;
	}
	return jsonio_append(rows, j);
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
	if (rc) {
		json_decref(j);
		return rc;
	}
	return jsonio_append(rows, j);
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
		/* Of all launches' trials, merged: one figure, so it stands in one row. */
		row->latency = k == MEDIAN ? row->series->summary.latency : NULL;
		rc = aggregate_values(figures, n, (enum aggregate)k, x, &row->values);
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
	for (size_t i = 0; i < list.count; i++) {
		double length;

		if (metric_get(&list.items[i].medians, METRIC_NS_PER_OP, &length))
			figures[n++] = &list.items[i];
	}
	row.repetitions = n;
	/* No aggregates follow an only launch, and all latencies are its own. */
	if (list.count == 1)
		row.latency = s->summary.latency;
	for (size_t i = 0; i < n; i++) {
		row.repetition = i;
		row.iterations = whole(figures[i]->ops);
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
	json_t *rows = json_array(), *row;
	struct place_in_family *place = find_places(run);
	int rc = rows && place ? 0 : -ENOMEM;
	size_t written = 0, k;

	fputc('[', f);
	for (size_t i = 0; !rc && i < run->series_count; i++) {
		const struct series *s = &run->series[i];

		/* What never ran is no row: Google Benchmark lists no case it did not register. */
		if (status_has_figure(s->status))
			rc = add_figures(rows, s, place[i]);
		else if (status_is_failure(s->status))
			rc = add_error_row(rows, s, place[i]);
		for (k = 0; !rc && (row = json_array_get(rows, k)); k++)
			rc = jsonio_item(f, json_incref(row), 2, written++ == 0);
		(void)json_array_clear(rows);
	}
	fputs(written ? "\n  ]" : "]", f);
	free(place);
	json_decref(rows);
	return rc;
}
