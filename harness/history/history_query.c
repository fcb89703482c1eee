/* history_query.c - the runs and the series of a history, copied out. */
#include "harness/history/history_private.h"

#include "harness/cell/case_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A class is hexadecimal, so "%" and "_" need no escape once this has been checked. */
static int like_class(struct history *h, const char *machine, char *like, size_t len)
{
	if (machine && (strlen(machine) >= MACHINE_CLASS_LEN ||
			   strspn(machine, "0123456789abcdef") != strlen(machine)))
		return history_fail(h, -EINVAL,
		    "'%s' is not a machine class, nor how one begins; see `history list`", machine);
	(void)snprintf(like, len, "%s%%", machine ? machine : "");
	return 0;
}

static int compile(struct history *h, const char *pattern, struct case_filter *f)
{
	char err[256] = "";

	if (case_filter_compile(f, pattern, err, sizeof(err)))
		return history_fail(h, -EINVAL, "--case: %s", err);
	return 0;
}

/* ---- series ---- */

static int read_series(struct history *h, struct store_rows *rows, const struct case_filter *f,
    struct history_series_list *out)
{
	int rc;

	while ((rc = store_next(rows)) == 1) {
		struct history_series *s;

		if (!case_filter_matches(f, store_get_text(rows, 4)))
			continue;
		s = HISTORY_GROW(out);
		if (!s)
			return history_no_memory(h, rows);
		s->machine_id = store_get_int(rows, 0);
		history_copy(s->machine, sizeof(s->machine), rows, 1);
		history_copy(s->title, sizeof(s->title), rows, 2);
		s->case_id = store_get_int(rows, 3);
		history_copy(s->name, sizeof(s->name), rows, 4);
		history_copy(s->hash, sizeof(s->hash), rows, 5);
		s->workers = (unsigned)store_get_int(rows, 6);
		s->runs = (unsigned)store_get_int(rows, 7);
	}
	return rc;
}

/* Here and not in the query: databases differ in how they order text. */
static int by_name(const void *a, const void *b)
{
	const struct history_series *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = (x->machine_id > y->machine_id) - (x->machine_id < y->machine_id);
	return order ? order : (x->case_id > y->case_id) - (x->case_id < y->case_id);
}

int history_list_series(
    struct history *h, const struct history_filter *filter, struct history_series_list *out)
{
	static const char sql[] =
	    "SELECT m.id, m.class, m.title, c.id, c.name, c.hash, c.workers, count(*)"
	    " FROM figure f JOIN run r ON r.id = f.run JOIN machine m ON m.id = r.machine"
	    " JOIN bench_case c ON c.id = f.bench_case WHERE m.class LIKE $1"
	    " GROUP BY m.id, m.class, m.title, c.id, c.name, c.hash, c.workers";
	struct history_series_list list = {0};
	char like[MACHINE_CLASS_LEN + 1];
	const struct store_value p[] = {store_text(like)};
	struct case_filter f;
	struct store_rows *rows;
	int rc;

	h->error[0] = '\0';
	rc = like_class(h, filter->machine, like, sizeof(like));
	if (!rc)
		rc = compile(h, filter->case_name, &f);
	if (rc)
		return rc;
	rc = store_select(h->store, sql, p, 1, &rows);
	if (!rc)
		rc = read_series(h, rows, &f, &list);
	if (!rc && list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_name);
	case_filter_free(&f);
	if (rc)
		history_series_free(&list);
	else
		*out = list;
	return rc;
}

/* ---- runs ---- */

static int read_runs(struct history *h, struct store_rows *rows, struct history_runs *out)
{
	int rc;

	while ((rc = store_next(rows)) == 1) {
		struct history_run *r = HISTORY_GROW(out);

		if (!r)
			return history_no_memory(h, rows);
		r->id = store_get_int(rows, 0);
		history_copy(r->name, sizeof(r->name), rows, 1);
		history_copy(r->date, sizeof(r->date), rows, 2);
		history_copy(r->machine, sizeof(r->machine), rows, 3);
		history_copy(r->title, sizeof(r->title), rows, 4);
		history_copy(r->profile, sizeof(r->profile), rows, 5);
		history_copy(r->revision, sizeof(r->revision), rows, 6);
		history_copy(r->noise, sizeof(r->noise), rows, 7);
		r->interrupted = store_get_int(rows, 8) != 0;
		r->cases = (unsigned)store_get_int(rows, 9);
		r->figures = (unsigned)store_get_int(rows, 10);
		r->failed = (unsigned)store_get_int(rows, 11);
	}
	return rc;
}

static int by_number(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Ids of the runs with a case that @f picks, ascending. */
static int runs_with_case(
    struct history *h, const struct case_filter *f, int64_t **ids, size_t *count)
{
	struct {
		int64_t *items;
		size_t count, capacity;
	} list = {0};
	struct store_rows *rows;
	int rc = store_select(h->store,
	    "SELECT f.run, c.name FROM figure f JOIN bench_case c ON c.id = f.bench_case", NULL, 0,
	    &rows);

	while (!rc && (rc = store_next(rows)) == 1) {
		const int64_t id = store_get_int(rows, 0);
		int64_t *last = list.count ? &list.items[list.count - 1] : NULL;

		rc = 0;
		if ((last && *last == id) || !case_filter_matches(f, store_get_text(rows, 1)))
			continue;
		last = HISTORY_GROW(&list);
		if (!last) {
			rc = history_no_memory(h, rows);
			break;
		}
		*last = id;
	}
	if (rc) {
		free(list.items);
		return rc;
	}
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_number);
	*ids = list.items;
	*count = list.count;
	return 0;
}

static int keep_with_case(struct history *h, const char *pattern, struct history_runs *runs)
{
	struct case_filter f;
	int64_t *ids = NULL;
	size_t n = 0, kept = 0;
	int rc = compile(h, pattern, &f);

	if (rc)
		return rc;
	rc = runs_with_case(h, &f, &ids, &n);
	for (size_t i = 0; i < runs->count && !rc; i++)
		if (n && bsearch(&runs->items[i].id, ids, n, sizeof(*ids), by_number))
			runs->items[kept++] = runs->items[i];
	if (!rc)
		runs->count = kept;
	free(ids);
	case_filter_free(&f);
	return rc;
}

int history_list_runs(
    struct history *h, const struct history_filter *filter, struct history_runs *out)
{
	static const char sql[] =
	    "SELECT r.id, r.name, r.date, m.class, m.title, r.profile, r.revision, r.noise,"
	    " r.interrupted, count(f.id), count(f.ns_per_op),"
	    " coalesce(sum(CASE WHEN f.status IN ('invalid', 'crashed', 'hung') THEN 1 ELSE 0 END),"
	    " 0)"
	    " FROM run r JOIN machine m ON m.id = r.machine LEFT JOIN figure f ON f.run = r.id"
	    " WHERE m.class LIKE $1"
	    " GROUP BY r.id, r.name, r.date, m.class, m.title, r.profile, r.revision, r.noise,"
	    " r.interrupted ORDER BY r.date, r.id";
	struct history_runs runs = {0};
	char like[MACHINE_CLASS_LEN + 1];
	const struct store_value p[] = {store_text(like)};
	struct store_rows *rows;
	int rc;

	h->error[0] = '\0';
	rc = like_class(h, filter->machine, like, sizeof(like));
	if (rc)
		return rc;
	rc = store_select(h->store, sql, p, 1, &rows);
	if (!rc)
		rc = read_runs(h, rows, &runs);
	if (!rc && filter->case_name)
		rc = keep_with_case(h, filter->case_name, &runs);
	if (rc)
		history_runs_free(&runs);
	else
		*out = runs;
	return rc;
}
