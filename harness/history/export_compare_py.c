/*
 * export_compare_py.c - Google Benchmark's JSON schema (1.7.1), for its compare.py.
 *
 * One "iteration" row a launch: the launch is what was repeated, and the U test of compare.py takes
 * rows of one name as independent repetitions. A case with fewer than EXPORT_REPETITIONS_MIN of
 * them is left out rather than filled up from other runs: those were other days.
 */
#include "harness/history/export_private.h"

#include "harness/base/text.h"
#include "harness/run/jsonio.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A fact that is a number; 0 when it is not known. */
static double number(const struct manifest *m, const char *key)
{
	const char *text = manifest_get(m, key);
	double value;

	return text && !text_parse_double(text, 0, 1e12, &value) ? value : 0;
}

/* "0-3,8" is 5. */
static unsigned count_list(const char *list)
{
	unsigned n = 0;

	while (list && *list) {
		char *end;
		const unsigned long first = strtoul(list, &end, 10);
		unsigned long last = first;

		if (end == list)
			break;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last - first > 1u << 20)
			break;
		n += (unsigned)(last - first) + 1;
		list = *end == ',' ? end + 1 : "";
	}
	return n;
}

static int put_context(json_t *whole, const struct history_run *run, const struct manifest *facts)
{
	const char *host = manifest_get(facts, "host.name");
	const char *library = manifest_get(facts, "benchmark.library_build_type");
	json_t *context = json_object(), *load = json_array();
	int rc = 0;

	rc |= jsonio_put_text(context, "date", run->date);
	rc |= jsonio_put_text(context, "host_name", host ? host : "");
	rc |= jsonio_put_text(context, "executable", "concbench");
	rc |= jsonio_put_u64(context, "num_cpus", count_list(manifest_get(facts, "cpu.online")));
	rc |= jsonio_put_real(context, "mhz_per_cpu", number(facts, "cpu.mhz_now"));
	rc |= jsonio_put(context, "cpu_scaling_enabled", json_false());
	rc |= jsonio_put(context, "caches", json_array());
	rc |= jsonio_append(load, json_real(number(facts, "load.before.1min")));
	rc |= jsonio_append(load, json_real(number(facts, "load.before.5min")));
	rc |= jsonio_append(load, json_real(number(facts, "load.before.15min")));
	rc |= jsonio_put(context, "load_avg", load);
	rc |= jsonio_put_text(context, "library_build_type", library ? library : "release");
	rc |= jsonio_put_text(context, "concbench_run", run->name);
	return rc | jsonio_put(whole, "context", context);
}

static int put_row(json_t *rows, const struct history_point *p, const struct history_launch *l,
    unsigned family, unsigned repetition, unsigned repetitions)
{
	json_t *row = json_object();
	int rc = 0;

	rc |= jsonio_put_text(row, "name", p->name);
	rc |= jsonio_put_u64(row, "family_index", family);
	rc |= jsonio_put_u64(row, "per_family_instance_index", 0);
	rc |= jsonio_put_text(row, "run_name", p->name);
	rc |= jsonio_put_text(row, "run_type", "iteration");
	rc |= jsonio_put_u64(row, "repetitions", repetitions);
	rc |= jsonio_put_u64(row, "repetition_index", repetition);
	rc |= jsonio_put_u64(row, "threads", p->workers);
	rc |= jsonio_put_u64(
	    row, "iterations", l->ops > 0 && l->ops < 0x1p53 ? (uint64_t)(l->ops + 0.5) : 0);
	rc |= jsonio_put_real(row, "real_time", l->ns_per_op);
	/* The schema wants it in every row; 0 is its own way to say that there is none. */
	rc |= jsonio_put_real(row, "cpu_time", isfinite(l->cpu_ns_per_op) ? l->cpu_ns_per_op : 0);
	rc |= jsonio_put_text(row, "time_unit", "ns");
	return rc | jsonio_append(rows, row);
}

/* Return: 0; -ENOMEM; an error. */
static int put_case(
    struct history *h, json_t *rows, const struct history_point *p, struct export_count *count)
{
	struct history_launches launches = {0};
	unsigned n = 0, repetition = 0;
	int rc = history_launches(h, p->figure_id, &launches);

	for (size_t i = 0; i < launches.count; i++)
		n += isfinite(launches.items[i].ns_per_op) != 0;
	if (!rc && n < EXPORT_REPETITIONS_MIN) {
		count->left_out++;
		(void)snprintf(count->why, sizeof(count->why),
		    "with fewer than %d launches that have a figure", EXPORT_REPETITIONS_MIN);
	} else if (!rc) {
		for (size_t i = 0; i < launches.count && !rc; i++)
			if (isfinite(launches.items[i].ns_per_op))
				rc = put_row(
				    rows, p, &launches.items[i], count->cases, repetition++, n);
		count->cases++;
	}
	history_launches_free(&launches);
	return rc;
}

int export_compare_py(struct history *h, const struct history_run *run,
    const struct history_points *points, char **text, struct export_count *count)
{
	json_t *whole = json_object(), *rows = json_array();
	struct manifest facts = {0};
	int rc = history_facts(h, run->id, &facts);

	if (!rc)
		rc = put_context(whole, run, &facts);
	for (size_t i = 0; i < points->count && !rc; i++) {
		if (status_has_figure(points->items[i].status)) {
			rc = put_case(h, rows, &points->items[i], count);
		} else {
			count->left_out++;
			if (!count->why[0])
				(void)snprintf(count->why, sizeof(count->why), "%s",
				    "without a figure in this run");
		}
	}
	if (!rc)
		rc = jsonio_put(whole, "benchmarks", json_incref(rows));
	if (!rc) {
		*text = jsonio_lay_out(whole);
		rc = *text ? 0 : -ENOMEM;
	}
	json_decref(rows);
	json_decref(whole);
	manifest_free(&facts);
	return rc;
}
