/* history_add.c - one run into the database, in one transaction. */
#include "harness/history/history_private.h"

#include "harness/run/launch.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows given to the database at once: enough that the calls do not count, and 1 MB. */
#define ROWS_AT_ONCE 4096

/* Rows of one table, on their way. */
struct batch {
	struct store *store;
	const char *table;
	unsigned columns;
	struct store_value *values; /* [ROWS_AT_ONCE * columns] */
	size_t rows;
};

static int batch_begin(struct batch *b, struct store *s, const char *table, unsigned columns)
{
	*b = (struct batch){.store = s, .table = table, .columns = columns};
	b->values = calloc((size_t)ROWS_AT_ONCE * columns, sizeof(*b->values));
	return b->values ? 0 : -ENOMEM;
}

static int batch_flush(struct batch *b)
{
	const size_t rows = b->rows;

	b->rows = 0;
	return store_insert(b->store, b->table, b->columns, b->values, rows);
}

/* Room for one more row: its columns are to be filled. Texts have to live until the flush. */
static int batch_row(struct batch *b, struct store_value **row)
{
	int rc = b->rows == ROWS_AT_ONCE ? batch_flush(b) : 0;

	if (!rc)
		*row = b->values + b->rows++ * b->columns;
	return rc;
}

struct writer {
	struct store *store;
	int64_t run_id;
	int64_t figure_id; /* of the run's first figure */
	struct batch figures, launches, samples;
};

static struct store_value real_or_null(double value, bool known)
{
	return known ? store_real(value) : store_null();
}

static int next_id(struct store *s, const char *sql, int64_t *id)
{
	return store_scalar_int(s, sql, NULL, 0, id);
}

static int find_or_add_machine(struct store *s, const struct run *run, int64_t *id)
{
	char class[MACHINE_CLASS_LEN], title[MACHINE_TITLE_MAX];
	struct store_value p[3];
	int rc;

	machine_class(&run->manifest, class);
	machine_title(&run->manifest, title, sizeof(title));
	p[0] = store_text(class);
	rc = store_scalar_int(s, "SELECT id FROM machine WHERE class = $1", p, 1, id);
	if (rc != -ENODATA)
		return rc;
	rc = next_id(s, "SELECT coalesce(max(id), 0) + 1 FROM machine", id);
	if (rc)
		return rc;
	p[1] = store_text(title);
	p[2] = store_int(*id);
	return store_exec(s, "INSERT INTO machine (id, class, title) VALUES ($3, $1, $2)", p, 3);
}

/*
 * The definition and the length of the trials: "0123456789abcdef@3000000". Histories had only the
 * first part until schema 3; such a case goes on as what the next run says.
 */
static int key_of_case(struct store *s, const struct series *series, char *key, size_t len)
{
	struct store_value p[3] = {
	    store_text(series->name), store_text(series->hash), store_text(key)};
	int64_t id;
	int rc;

	(void)snprintf(key, len, "%s@%" PRIu64, series->hash, series->slot_ns);
	rc = store_scalar_int(
	    s, "SELECT id FROM bench_case WHERE name = $1 AND hash = $2", p, 2, &id);
	if (rc)
		return rc == -ENODATA ? 0 : rc;
	p[0] = store_int(id);
	return store_exec(s, "UPDATE bench_case SET hash = $3 WHERE id = $1", p, 3);
}

static int find_or_add_case(struct store *s, const struct series *series, int64_t *id)
{
	char key[64];
	struct store_value p[5] = {store_text(series->name), store_text(key)};
	int rc = key_of_case(s, series, key, sizeof(key));

	if (rc)
		return rc;
	rc = store_scalar_int(
	    s, "SELECT id FROM bench_case WHERE name = $1 AND hash = $2", p, 2, id);
	if (rc != -ENODATA)
		return rc;
	rc = next_id(s, "SELECT coalesce(max(id), 0) + 1 FROM bench_case", id);
	if (rc)
		return rc;
	p[2] = store_text(series->op);
	p[3] = store_int(series->workers);
	p[4] = store_int(*id);
	return store_exec(s,
	    "INSERT INTO bench_case (id, name, hash, op, workers) VALUES ($5, $1, $2, $3, $4)", p,
	    5);
}

static int add_run_row(struct store *s, const struct run *run, int64_t id, int64_t machine)
{
	const char *revision = manifest_get(&run->manifest, "build.revision");
	char seed[24];
	const struct store_value p[] = {store_int(id), store_text(run->id), store_text(run->date),
	    store_int(machine), store_text(run->profile), store_text(seed),
	    store_real(run->elapsed_s), store_int(run->interrupted), store_int(run->recovered),
	    store_text(run->command), store_text(run->noise.word),
	    store_text(revision ? revision : "")};

	/* As text: it has 64 bits without a sign. */
	(void)snprintf(seed, sizeof(seed), "%" PRIu64, run->seed);
	return store_exec(s,
	    "INSERT INTO run (id, name, date, machine, profile, seed, elapsed_s, interrupted,"
	    " recovered, command, noise, revision)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
	    p, sizeof(p) / sizeof(p[0]));
}

static int add_facts(struct store *s, const struct run *run, int64_t id)
{
	struct batch facts;
	struct store_value *row;
	int rc = batch_begin(&facts, s, "fact (run, name, value)", 3);

	for (size_t i = 0; i < run->manifest.count && !rc; i++) {
		rc = batch_row(&facts, &row);
		if (rc)
			break;
		row[0] = store_int(id);
		row[1] = store_text(run->manifest.items[i].key);
		row[2] = store_text(run->manifest.items[i].value);
	}
	if (!rc)
		rc = batch_flush(&facts);
	free(facts.values);
	return rc;
}

static int add_figure(struct writer *w, const struct series *s, int64_t case_id, int64_t id)
{
	const struct series_summary *sum = &s->summary;
	const bool figure = status_has_figure(s->status);
	const bool interval = figure && sum->covered > 0;
	struct store_value *row;
	int rc = batch_row(&w->figures, &row);

	if (rc)
		return rc;
	row[0] = store_int(id);
	row[1] = store_int(w->run_id);
	row[2] = store_int(case_id);
	row[3] = store_text(status_name(s->status));
	row[4] = store_text(s->reason);
	row[5] = real_or_null(sum->figure.estimate, figure);
	row[6] = real_or_null(sum->figure.low, interval);
	row[7] = real_or_null(sum->figure.high, interval);
	row[8] = real_or_null(sum->covered, interval);
	row[9] = real_or_null(sum->mad_figure, figure);
	row[10] = real_or_null(sum->ops_per_s.estimate, figure);
	row[11] = store_int(figure ? sum->launches : 0);
	row[12] = store_int(figure ? sum->samples : 0);
	return 0;
}

static int add_launches(struct writer *w, const struct series *s, int64_t figure)
{
	struct launch_list list = {0};
	int rc = launch_list_build(s, &list);

	for (size_t i = 0; i < list.count && !rc; i++) {
		const struct launch *l = &list.items[i];
		struct store_value *row;
		double ns = 0, cpu = 0;
		const bool has_ns = metric_get(&l->medians, METRIC_NS_PER_OP, &ns);
		const bool has_cpu = metric_get(&l->medians, METRIC_CPU_NS_PER_OP, &cpu);

		rc = batch_row(&w->launches, &row);
		if (rc)
			break;
		row[0] = store_int(figure);
		row[1] = store_int(l->launch);
		row[2] = store_int(l->samples);
		row[3] = store_real(l->ops);
		row[4] = real_or_null(ns, has_ns);
		row[5] = real_or_null(cpu, has_cpu);
	}
	launch_list_free(&list);
	return rc;
}

static int add_samples(struct writer *w, const struct series *s, int64_t figure)
{
	int rc = 0;

	for (size_t i = 0; i < s->sample_count && !rc; i++) {
		const struct sample *sample = &s->samples[i];
		struct store_value *row;
		double ns = 0;
		const bool has_ns = metric_get(&sample->metrics, METRIC_NS_PER_OP, &ns);

		rc = batch_row(&w->samples, &row);
		if (rc)
			break;
		row[0] = store_int(figure);
		row[1] = store_int(sample->launch);
		row[2] = store_int(sample->slot);
		row[3] = store_int(sample->warm_up);
		row[4] = real_or_null(ns, has_ns);
	}
	return rc;
}

/* All figures before what refers to them, so that both go out in large batches. */
static int add_cases(struct writer *w, const struct run *run)
{
	const int64_t first = w->figure_id;
	int64_t case_id;
	int rc = 0;

	for (size_t i = 0; i < run->series_count && !rc; i++) {
		rc = find_or_add_case(w->store, &run->series[i], &case_id);
		if (!rc)
			rc = add_figure(w, &run->series[i], case_id, first + (int64_t)i);
	}
	if (!rc)
		rc = batch_flush(&w->figures);
	for (size_t i = 0; i < run->series_count && !rc; i++) {
		rc = add_launches(w, &run->series[i], first + (int64_t)i);
		if (!rc)
			rc = add_samples(w, &run->series[i], first + (int64_t)i);
	}
	if (!rc)
		rc = batch_flush(&w->launches);
	return rc ? rc : batch_flush(&w->samples);
}

static int add_all(struct writer *w, const struct run *run)
{
	int64_t machine;
	int rc = find_or_add_machine(w->store, run, &machine);

	if (!rc)
		rc = next_id(w->store, "SELECT coalesce(max(id), 0) + 1 FROM run", &w->run_id);
	if (!rc)
		rc =
		    next_id(w->store, "SELECT coalesce(max(id), 0) + 1 FROM figure", &w->figure_id);
	if (!rc)
		rc = add_run_row(w->store, run, w->run_id, machine);
	if (!rc)
		rc = add_facts(w->store, run, w->run_id);
	return rc ? rc : add_cases(w, run);
}

static bool is_same(double stored, double value, bool known)
{
	return known ? stored == value : isnan(stored);
}

static bool is_figure(const struct store_rows *rows, const struct series *s)
{
	const struct series_summary *sum = &s->summary;
	const bool figure = status_has_figure(s->status);
	const bool interval = figure && sum->covered > 0;

	return !strcmp(store_get_text(rows, 0), s->name) &&
	       !strcmp(store_get_text(rows, 1), status_name(s->status)) &&
	       is_same(store_get_real(rows, 2), sum->figure.estimate, figure) &&
	       is_same(store_get_real(rows, 3), sum->figure.low, interval) &&
	       is_same(store_get_real(rows, 4), sum->figure.high, interval) &&
	       store_get_int(rows, 5) == (figure ? sum->launches : 0) &&
	       store_get_int(rows, 6) == (figure ? sum->samples : 0);
}

/* Whether the run that is there is this one: its cases and their figures, in their order. Not a
 * hash of all of it, which would be a new schema, and shut out older writers for so little.
 * Return: 1; 0 another; an error. */
static int has_figures(struct store *s, int64_t id, const struct run *run)
{
	const struct store_value p[] = {store_int(id)};
	struct store_rows *rows;
	size_t n = 0;
	int rc = store_select(s,
	    "SELECT c.name, f.status, f.ns_per_op, f.low, f.high, f.launches, f.samples"
	    " FROM figure f JOIN bench_case c ON c.id = f.bench_case WHERE f.run = $1 ORDER BY "
	    "f.id",
	    p, 1, &rows);

	while (!rc && (rc = store_next(rows)) == 1) {
		if (n == run->series_count || !is_figure(rows, &run->series[n])) {
			store_done(rows);
			return 0;
		}
		n++;
		rc = 0;
	}
	return rc ? rc : n == run->series_count;
}

/* Return: 1; 0; -EEXIST another one with its id; an error. */
static int is_there(struct history *h, const struct run *run)
{
	const struct store_value p[] = {store_text(run->id), store_text(run->date)};
	int64_t id;
	int rc = store_scalar_int(h->store, "SELECT id FROM run WHERE name = $1", p, 1, &id);

	if (rc)
		return rc == -ENODATA ? 0 : rc;
	rc = store_scalar_int(
	    h->store, "SELECT id FROM run WHERE name = $1 AND date = $2", p, 2, &id);
	if (!rc)
		rc = has_figures(h->store, id, run);
	else if (rc == -ENODATA)
		rc = 0;
	return rc ? rc
		  : history_fail(h, -EEXIST,
			"another run of the id %s is there, with other figures", run->id);
}

static int writer_begin(struct writer *w, struct store *s)
{
	int rc;

	*w = (struct writer){.store = s};
	rc = batch_begin(&w->figures, s,
	    "figure (id, run, bench_case, status, reason, ns_per_op, low, high, covered, mad,"
	    " ops_per_s, launches, samples)",
	    13);
	if (!rc)
		rc = batch_begin(&w->launches, s,
		    "launch (figure, launch, samples, ops, ns_per_op, cpu_ns_per_op)", 6);
	if (!rc)
		rc = batch_begin(
		    &w->samples, s, "sample (figure, launch, slot, warm_up, ns_per_op)", 5);
	return rc;
}

int history_add(struct history *h, const struct run *run)
{
	const char *sanitizer = manifest_get(&run->manifest, "build.sanitizer");
	struct writer w;
	int rc;

	h->error[0] = '\0';
	if (sanitizer && strcmp(sanitizer, "none") != 0)
		return history_fail(
		    h, -EINVAL, "a build with the %s sanitizer has no figures", sanitizer);
	rc = writer_begin(&w, h->store);
	if (rc) {
		rc = history_fail(h, rc, "out of memory");
		goto out;
	}
	rc = store_begin(h->store);
	if (rc)
		goto out;
	rc = is_there(h, run);
	if (!rc)
		rc = add_all(&w, run);
	if (!rc)
		rc = store_commit(h->store);
	if (rc)
		store_rollback(h->store);
	if (rc == -ENOMEM || rc == -E2BIG)
		rc = history_fail(h, rc, "%s: out of memory", run->id);
out:
	free(w.figures.values);
	free(w.launches.values);
	free(w.samples.values);
	return rc;
}
