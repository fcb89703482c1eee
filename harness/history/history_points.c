/* history_points.c - figures over time or of a run, and what is behind them, copied out. */
#include "harness/history/history_private.h"

#include <errno.h>
#include <math.h>

/* ---- points ---- */

/* A figure is a number, with an interval around it or none: NULL is read as NAN. */
static bool is_whole(const struct history_point *p)
{
	const struct stats_interval *ns = &p->ns_per_op;

	if (!status_has_figure(p->status))
		return true;
	if (!isfinite(ns->estimate) || ns->estimate < 0)
		return false;
	/* Of a clock too coarse for it, 0 ns, there is no rate. */
	if (ns->estimate > 0 && !(isfinite(p->ops_per_s) && p->ops_per_s >= 0))
		return false;
	return !(p->covered > 0) ||
	       (isfinite(p->covered) && isfinite(ns->low) && isfinite(ns->high));
}

static int read_points(struct history *h, struct store_rows *rows, struct history_points *out)
{
	int rc;

	while ((rc = store_next(rows)) == 1) {
		struct history_point *point = HISTORY_GROW(out);

		if (!point)
			return history_no_memory(h, rows);
		point->run_id = store_get_int(rows, 0);
		history_copy(point->run, sizeof(point->run), rows, 1);
		history_copy(point->date, sizeof(point->date), rows, 2);
		history_copy(point->revision, sizeof(point->revision), rows, 3);
		point->figure_id = store_get_int(rows, 4);
		point->ns_per_op.estimate = store_get_real(rows, 6);
		point->ns_per_op.low = store_get_real(rows, 7);
		point->ns_per_op.high = store_get_real(rows, 8);
		point->covered = store_get_real(rows, 9);
		point->ops_per_s = store_get_real(rows, 10);
		if (status_from_name(store_get_text(rows, 5), &point->status) || !is_whole(point)) {
			store_done(rows);
			return history_fail(h, -EUCLEAN,
			    "damaged: figure %lld has no known status or no value",
			    (long long)point->figure_id);
		}
		/* NULL: none. */
		if (!(point->covered > 0))
			point->covered = 0;
		point->launches = (unsigned)store_get_int(rows, 11);
		point->samples = (unsigned)store_get_int(rows, 12);
		history_copy(point->name, sizeof(point->name), rows, 13);
		point->workers = (unsigned)store_get_int(rows, 14);
		history_copy(point->hash, sizeof(point->hash), rows, 15);
		point->case_id = store_get_int(rows, 16);
	}
	return rc;
}

/* Read by column number in read_points(). */
#define COLUMNS                                                                                \
	"SELECT r.id, r.name, r.date, r.revision, f.id, f.status, f.ns_per_op, f.low, f.high," \
	" f.covered, f.ops_per_s, f.launches, f.samples, c.name, c.workers, c.hash, c.id "

#define POINTS                                                                          \
	COLUMNS "FROM figure f JOIN run r ON r.id = f.run JOIN bench_case c ON c.id = " \
		"f.bench_case"

static int select_points(struct history *h, const char *sql, const struct store_value *p,
    unsigned n, struct history_points *out)
{
	struct history_points points = {0};
	struct store_rows *rows;
	int rc;

	h->error[0] = '\0';
	rc = history_select(h, sql, p, n, &rows);
	if (!rc)
		rc = read_points(h, rows, &points);
	if (rc)
		history_points_free(&points);
	else
		*out = points;
	return rc;
}

int history_trend(
    struct history *h, const struct history_series *series, struct history_points *out)
{
	const struct store_value p[] = {store_int(series->case_id), store_int(series->machine_id)};

	return select_points(h,
	    POINTS " WHERE f.bench_case = $1 AND r.machine = $2 ORDER BY r.date, r.id", p, 2, out);
}

static void reverse(struct history_points *points)
{
	for (size_t i = 0, k = points->count; i + 1 < k; i++) {
		const struct history_point swap = points->items[i];

		points->items[i] = points->items[--k];
		points->items[k] = swap;
	}
}

int history_past(struct history *h, int64_t case_id, const struct history_run *run, unsigned max,
    struct history_points *out)
{
	const struct store_value p[] = {
	    store_int(case_id), store_int(run->id), store_text(run->date), store_int(max)};
	/* CROSS JOIN: SQLite is to go back from run to run, and to stop after @max. */
	int rc = select_points(h,
	    COLUMNS "FROM run r CROSS JOIN figure f CROSS JOIN bench_case c"
		    " WHERE r.machine = (SELECT machine FROM run WHERE id = $2)"
		    " AND (r.date, r.id) <= ($3, $2) AND f.run = r.id AND f.bench_case = $1"
		    " AND c.id = f.bench_case ORDER BY r.date DESC, r.id DESC LIMIT $4",
	    p, 4, out);

	if (!rc)
		reverse(out);
	return rc;
}

int history_figures(struct history *h, int64_t run_id, struct history_points *out)
{
	const struct store_value p[] = {store_int(run_id)};

	return select_points(h, POINTS " WHERE f.run = $1 ORDER BY f.id", p, 1, out);
}

/* ---- details ---- */

int history_facts(struct history *h, int64_t run_id, struct manifest *out)
{
	const struct store_value p[] = {store_int(run_id)};
	struct store_rows *rows;
	int rc;

	h->error[0] = '\0';
	rc = store_select(
	    h->store, "SELECT name, value FROM fact WHERE run = $1 ORDER BY name", p, 1, &rows);
	while (!rc && (rc = store_next(rows)) == 1) {
		char name[256];

		history_copy(name, sizeof(name), rows, 0);
		rc = manifest_add(out, name, store_get_text(rows, 1));
		if (rc)
			rc = history_no_memory(h, rows);
	}
	return rc;
}

int history_launches(struct history *h, int64_t figure_id, struct history_launches *out)
{
	const struct store_value p[] = {store_int(figure_id)};
	struct history_launches list = {0};
	struct store_rows *rows;
	int rc;

	h->error[0] = '\0';
	rc = store_select(h->store,
	    "SELECT launch, samples, ops, ns_per_op, cpu_ns_per_op FROM launch"
	    " WHERE figure = $1 ORDER BY launch",
	    p, 1, &rows);
	while (!rc && (rc = store_next(rows)) == 1) {
		struct history_launch *l = HISTORY_GROW(&list);

		if (!l) {
			rc = history_no_memory(h, rows);
			break;
		}
		l->launch = (unsigned)store_get_int(rows, 0);
		l->samples = (unsigned)store_get_int(rows, 1);
		l->ops = store_get_real(rows, 2);
		l->ns_per_op = store_get_real(rows, 3);
		l->cpu_ns_per_op = store_get_real(rows, 4);
		rc = 0;
	}
	if (rc)
		history_launches_free(&list);
	else
		*out = list;
	return rc;
}

int history_count_samples(struct history *h, uint64_t *out)
{
	int64_t n;
	int rc;

	h->error[0] = '\0';
	rc = store_scalar_int(h->store, "SELECT count(*) FROM sample", NULL, 0, &n);
	if (!rc)
		*out = (uint64_t)n;
	return rc;
}
