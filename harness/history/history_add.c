/* history_add.c - one run into the database, in one transaction. */
#include "harness/history/history_figure.h"
#include "harness/history/history_private.h"

#include "harness/base/grow.h"
#include "harness/base/hash.h"
#include "harness/machine/topology.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_LEN 17
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- may it be in a history, and is it there already? ---- */

/* As run_folder_create() makes them: an id goes into commands, paths and spreadsheets. */
static bool is_run_id(const char *id)
{
	regex_t form;
	bool matches;

	if (regcomp(
		&form, "^[0-9]{8}T[0-9]{6}Z-[A-Za-z0-9_-]+-[0-9a-f]{6}$", REG_EXTENDED | REG_NOSUB))
		return false;
	matches = !regexec(&form, id, 0, NULL, 0);
	regfree(&form);
	return matches;
}

static int check(struct store *s, const struct run *run)
{
	const char *sanitizer = manifest_get(&run->manifest, "build.sanitizer");
	const char *origin = manifest_get(&run->manifest, TOPOLOGY_ORIGIN_KEY);

	if (!is_run_id(run->id))
		return store_say(s, -EINVAL,
		    "'%s' is not a run's id such as 20261123T140501Z-host-1a2b3c", run->id);
	if (sanitizer && strcmp(sanitizer, "none") != 0)
		return store_say(
		    s, -EINVAL, "a build with the %s sanitizer has no figures", sanitizer);
	if (origin && strcmp(origin, TOPOLOGY_OURS) != 0)
		return store_say(s, -EINVAL,
		    "its topology is not of the system that it ran on (" TOPOLOGY_ORIGIN_KEY
		    ": %s)",
		    origin);
	return 0;
}

/* The date, the cases and their figures, in their order, as a number: two runs of one id that have
 * it in common are one. */
static void digest_of(const struct run *run, char out[DIGEST_LEN])
{
	uint64_t hash = hash_bytes(HASH_START, run->date, strlen(run->date) + 1);

	for (size_t i = 0; i < run->series_count; i++) {
		const struct series *s = &run->series[i];
		const struct series_summary *sum = &s->summary;
		const char *status = status_name(s->status);

		hash = hash_bytes(hash, s->name, strlen(s->name) + 1);
		hash = hash_bytes(hash, status, strlen(status) + 1);
		if (!status_has_figure(s->status))
			continue;
		hash = hash_bytes(hash, &sum->launches, sizeof(sum->launches));
		hash = hash_bytes(hash, &sum->samples, sizeof(sum->samples));
		hash = hash_bytes(hash, &sum->figure,
		    sum->covered > 0 ? sizeof(sum->figure) : sizeof(sum->figure.estimate));
	}
	(void)snprintf(out, DIGEST_LEN, "%016" PRIx64, hash);
}

/* Return: 1; 0 there is none of its id; -EEXIST it is another one; an error. */
static int is_there(struct store *s, const struct run *run)
{
	char digest[DIGEST_LEN];
	const struct store_value p[] = {store_text(run->id), store_text(digest)};
	int64_t same;
	int rc;

	digest_of(run, digest);
	rc = store_scalar_int(s,
	    "SELECT CASE WHEN digest = $2 THEN 1 ELSE 0 END FROM run WHERE name = $1", p, 2, &same);
	if (rc)
		return rc == -ENODATA ? 0 : rc;
	return same ? 1
		    : store_say(s, -EEXIST, "another run of the id %s is there, with other figures",
			  run->id);
}

/* ---- what goes in ---- */

/* Rows of one table, in the order in which tables refer to each other. Texts are the run's. */
struct rows {
	const char *table; /* with its columns */
	unsigned columns;
	struct store_value *values; /* [count * columns] */
	size_t count, capacity;
};
enum { FACTS, FIGURES, SAMPLES, TABLES };

static int add_row(struct rows *r, const struct store_value *row)
{
	const size_t size = r->columns * sizeof(*row);

	if (grow(&r->values, r->count + 1, &r->capacity, size))
		return -ENOMEM;
	memcpy(r->values + r->count++ * r->columns, row, size);
	return 0;
}

static int find_or_add_machine(struct store *s, const struct run *run, int64_t *id)
{
	char class[MACHINE_CLASS_LEN], title[MACHINE_TITLE_MAX];
	const struct store_value p[] = {store_text(class), store_text(title)};

	machine_class(&run->manifest, class);
	machine_title(&run->manifest, title, sizeof(title));
	return store_scalar_int(s,
	    "INSERT INTO machine (id, class, title)"
	    " VALUES ((SELECT coalesce(max(id), 0) + 1 FROM machine), $1, $2)"
	    " ON CONFLICT (class) DO UPDATE SET title = machine.title RETURNING id",
	    p, COUNT(p), id);
}

static int find_or_add_case(struct store *s, const struct series *series, int64_t *id)
{
	const struct run_figure *f = &series->figure;
	const struct store_value p[] = {store_text(series->name), store_text(series->hash),
	    store_int((int64_t)series->slot_ns), store_text(series->op), store_int(series->workers),
	    store_text(f->metric), store_text(f->title), store_text(f->unit),
	    store_text(history_scales[f->scale]), store_text(history_betters[f->better]),
	    store_real(f->worth, true), store_text(f->outcomes)};

	return store_scalar_int(s,
	    "INSERT INTO bench_case (id, name, hash, slot_ns, op, workers, metric, title, unit,"
	    " scale, better, worth, outcomes)"
	    " VALUES ((SELECT coalesce(max(id), 0) + 1 FROM bench_case),"
	    " $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
	    " ON CONFLICT (name, hash, slot_ns, metric, unit, scale, better, outcomes)"
	    " DO UPDATE SET title = excluded.title, worth = excluded.worth RETURNING id",
	    p, COUNT(p), id);
}

static int add_run_row(struct store *s, const struct run *run, int64_t machine, int64_t *id)
{
	const char *revision = manifest_get(&run->manifest, "build.revision");
	const char *dirty = manifest_get(&run->manifest, "build.dirty");
	char seed[24], built[80] = "", digest[DIGEST_LEN];
	const struct store_value p[] = {store_text(run->id), store_text(run->date),
	    store_int(machine), store_text(run->profile), store_text(seed),
	    store_real(run->elapsed_s, true), store_int(run->interrupted),
	    store_int(run->recovered), store_text(run->command), store_text(run->noise.word),
	    store_text(built), store_text(digest)};

	digest_of(run, digest);
	if (revision)
		(void)snprintf(built, sizeof(built), "%.63s%s", revision,
		    dirty && !strcmp(dirty, "yes") ? "-modified" : "");
	/* As text: it has 64 bits without a sign. */
	(void)snprintf(seed, sizeof(seed), "%" PRIu64, run->seed);
	return store_scalar_int(s,
	    "INSERT INTO run (id, name, date, machine, profile, seed, elapsed_s, interrupted,"
	    " recovered, command, noise, revision, digest)"
	    " VALUES ((SELECT coalesce(max(id), 0) + 1 FROM run),"
	    " $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id",
	    p, COUNT(p), id);
}

/* @why: room for its reason, which has to stay until the rows are inserted. */
static int add_figure(struct rows *figures, const struct series *s, int64_t id, int64_t run_id,
    int64_t case_id, char why[SERIES_WHY_MAX])
{
	const struct series_summary *sum = &s->summary;
	const bool figure = status_has_figure(s->status);
	const bool interval = figure && sum->covered > 0;
	const struct store_value row[] = {store_int(id), store_int(run_id), store_int(case_id),
	    store_text(status_name(s->status)), store_text(series_why(s, why)),
	    store_real(sum->figure.estimate, figure), store_real(sum->figure.low, interval),
	    store_real(sum->figure.high, interval), store_real(sum->covered, interval),
	    store_real(sum->mad_figure, figure), store_int(figure ? sum->launches : 0),
	    store_int(figure ? sum->samples : 0)};

	return add_row(figures, row);
}

static int add_samples(struct rows *samples, const struct series *s, int64_t figure)
{
	int rc = 0;

	for (size_t i = 0; i < s->sample_count && !rc; i++) {
		const struct sample *one = &s->samples[i];
		double value = 0;
		const bool known = metric_get(&one->metrics, s->figure.metric, &value);
		const struct store_value row[] = {store_int(figure), store_int(one->launch),
		    store_int(one->slot), store_int(!series_uses(s, one)),
		    store_real(value, known)};

		rc = add_row(samples, row);
	}
	return rc;
}

static int collect(struct store *s, const struct run *run, int64_t run_id, struct rows *tables,
    char (*why)[SERIES_WHY_MAX])
{
	int64_t id, case_id;
	int rc = store_scalar_int(s, "SELECT coalesce(max(id), 0) + 1 FROM figure", NULL, 0, &id);

	for (size_t i = 0; i < run->manifest.count && !rc; i++) {
		const struct manifest_item *item = &run->manifest.items[i];
		const struct store_value row[] = {
		    store_int(run_id), store_text(item->key), store_text(item->value)};

		rc = add_row(&tables[FACTS], row);
	}
	for (size_t i = 0; i < run->series_count && !rc; i++, id++) {
		const struct series *series = &run->series[i];

		rc = find_or_add_case(s, series, &case_id);
		if (!rc)
			rc = add_figure(&tables[FIGURES], series, id, run_id, case_id, why[i]);
		if (!rc)
			rc = add_samples(&tables[SAMPLES], series, id);
	}
	return rc;
}

static int add_all(struct store *s, const struct run *run)
{
	struct rows tables[TABLES] = {
	    [FACTS] = {.table = "fact (run, name, value)", .columns = 3},
	    [FIGURES] = {.table = "figure (id, run, bench_case, status, reason, value, low, high,"
				  " covered, mad, launches, samples)",
		.columns = 12},
	    [SAMPLES] = {.table = "sample (figure, launch, slot, warm_up, value)", .columns = 5},
	};
	char(*why)[SERIES_WHY_MAX] = calloc(run->series_count + 1, sizeof(*why));
	int64_t machine, id;
	int rc = why ? find_or_add_machine(s, run, &machine) : -ENOMEM;

	if (!rc)
		rc = add_run_row(s, run, machine, &id);
	if (!rc)
		rc = collect(s, run, id, tables, why);
	for (unsigned i = 0; i < TABLES; i++) {
		const struct rows *t = &tables[i];

		if (!rc)
			rc = store_insert(s, t->table, t->columns, t->values, t->count);
		free(t->values);
	}
	free(why);
	return rc;
}

int history_add(struct history *h, const struct run *run)
{
	struct store *s = h->store;
	int rc = check(s, run);

	if (!rc)
		rc = store_begin(s);
	if (rc)
		return rc;
	rc = is_there(s, run);
	if (!rc)
		rc = add_all(s, run);
	if (!rc)
		rc = store_commit(s);
	if (rc)
		store_rollback(s);
	if (rc == -ENOMEM)
		rc = store_say(s, rc, "%s: out of memory", run->id);
	return rc;
}
