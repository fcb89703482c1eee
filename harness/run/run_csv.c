#include "harness/run/run_csv.h"

#include "harness/base/file.h"
#include "harness/base/grow.h"
#include "harness/run/result_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Columns after the fixed ones: what any case has, by name, as Google Benchmark's reporter does. */
struct counter_columns {
	const char **name; /* point into the run */
	size_t count, capacity;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int columns_add(struct counter_columns *c, const char *name)
{
	int rc;

	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->name[i], name))
			return 0;
	rc = grow(&c->name, c->count + 1, &c->capacity, sizeof(*c->name));
	if (rc)
		return rc;
	c->name[c->count++] = name;
	return 0;
}

static bool has_fixed_column(const char *name)
{
	return !strcmp(name, METRIC_NS_PER_OP) || !strcmp(name, METRIC_CPU_NS_PER_OP) ||
	       !strcmp(name, METRIC_OPS_PER_S);
}

static int columns_of(const struct series *s, struct counter_columns *c)
{
	const struct metric_set *medians = &s->summary.medians;
	int rc = 0;

	if (!status_has_figure(s->status))
		return 0;
	for (unsigned i = 0; !rc && i < medians->count; i++)
		if (!has_fixed_column(medians->item[i].name))
			rc = columns_add(c, medians->item[i].name);
	for (unsigned i = 0; !rc && i < PERCENTILES; i++)
		if (s->summary.latency_at[i].of != PERCENTILE_NONE)
			rc = columns_add(c, percentiles[i].key);
	return rc;
}

static int find_columns(const struct run *run, struct counter_columns *c)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < run->series_count; i++)
		rc = columns_of(&run->series[i], c);
	if (!rc && c->count)
		qsort(c->name, c->count, sizeof(*c->name), by_name);
	return rc;
}

static bool counter_of(const struct series *s, const char *name, double *value)
{
	const int i = percentile_find(name);

	if (i < 0)
		return metric_get(&s->summary.medians, name, value);
	*value = s->summary.latency_at[i].ns.estimate;
	return s->summary.latency_at[i].of != PERCENTILE_NONE;
}

/* RFC 4180: in quotes, quotes doubled. A spreadsheet takes what begins like a formula for one all
 * the same, and runs it. */
static void print_text(FILE *to, const char *text)
{
	(void)fputc('"', to);
	if (*text && strchr("=+-@\t\r", *text))
		(void)fputc('\'', to);
	for (; *text; text++) {
		if (*text == '"')
			(void)fputc('"', to);
		(void)fputc(*text, to);
	}
	(void)fputc('"', to);
}

static void print_series(const struct series *s, const struct counter_columns *c, FILE *to)
{
	char label[RESULT_LABEL_MAX];
	double cpu, value;

	print_text(to, s->name);
	if (!status_has_figure(s->status)) {
		(void)fputs(",,,,,,,", to);
		print_text(to, status_name(s->status));
		(void)fputs(",true,", to);
		print_text(to, s->reason);
		/* Google Benchmark's own rows end here; every record has the header's fields. */
		for (size_t i = 0; i < c->count; i++)
			(void)fputc(',', to);
		(void)fputc('\n', to);
		return;
	}
	(void)fprintf(to, ",%u,%.17g,", s->summary.launches, s->summary.figure.estimate);
	if (metric_get(&s->summary.medians, METRIC_CPU_NS_PER_OP, &cpu))
		(void)fprintf(to, "%.17g", cpu);
	(void)fputs(",ns,,", to);
	if (run_figure_has_rate(&s->figure))
		(void)fprintf(to, "%.17g", s->summary.ops_per_s.estimate);
	(void)fputc(',', to);
	result_label(s, label);
	print_text(to, s->status == STATUS_OK && !label[0] ? status_name(s->status) : label);
	(void)fputs(",,", to);
	for (size_t i = 0; i < c->count; i++) {
		(void)fputc(',', to);
		if (counter_of(s, c->name[i], &value))
			(void)fprintf(to, "%.17g", value);
	}
	(void)fputc('\n', to);
}

int run_csv_print(const struct run *run, FILE *to)
{
	struct counter_columns columns = {0};
	const int rc = find_columns(run, &columns);

	if (rc)
		goto out;
	(void)fputs("name,iterations,real_time,cpu_time,time_unit,bytes_per_second,"
		    "items_per_second,label,error_occurred,error_message",
	    to);
	for (size_t i = 0; i < columns.count; i++) {
		(void)fputc(',', to);
		print_text(to, columns.name[i]);
	}
	(void)fputc('\n', to);
	for (size_t i = 0; i < run->series_count; i++)
		print_series(&run->series[i], &columns, to);
out:
	free(columns.name);
	if (rc)
		return rc;
	return ferror(to) ? -EIO : 0;
}

int run_csv_write(const struct run *run, const char *path)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	int ret;

	if (!memory)
		return -errno;
	ret = run_csv_print(run, memory);
	if (fclose(memory) != 0 && !ret)
		ret = -ENOMEM;
	if (!ret)
		ret = file_write_whole(path, text, len);
	free(text);
	return ret;
}
