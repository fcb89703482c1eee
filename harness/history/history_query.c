/* history_query.c - the runs and the series of a history, copied out. */
#include "harness/history/history_private.h"

#include "harness/run/case_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A class is hexadecimal, so "%" and "_" need no escape once this has been checked. */
int history_like_class(struct history *h, const char *machine, char *like, size_t len)
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

/* ---- cases ---- */

struct cases {
	struct history_series *items; /* of no machine yet */
	size_t count, capacity;
};

/* As history_add.c writes it. */
static uint64_t slot_of_key(const char *key)
{
	const char *at = strchr(key, '@');

	return at ? strtoull(at + 1, NULL, 10) : 0;
}

/* Those that the expression picks. There are few cases, and many figures: so these first. */
static int pick_cases(struct history *h, const char *pattern, struct cases *out)
{
	struct store_rows *rows;
	struct case_filter f;
	int rc = compile(h, pattern, &f);

	if (rc)
		return rc;
	rc = store_select(
	    h->store, "SELECT id, name, hash, workers FROM bench_case", NULL, 0, &rows);
	while (!rc && (rc = store_next(rows)) == 1) {
		struct history_series *c;

		rc = 0;
		if (!case_filter_matches(&f, store_get_text(rows, 1)))
			continue;
		c = HISTORY_GROW(out);
		if (!c) {
			rc = history_no_memory(h, rows);
			break;
		}
		c->case_id = store_get_int(rows, 0);
		history_copy(c->name, sizeof(c->name), rows, 1);
		history_copy(c->hash, sizeof(c->hash), rows, 2);
		c->slot_ns = slot_of_key(store_get_text(rows, 2));
		c->workers = (unsigned)store_get_int(rows, 3);
	}
	case_filter_free(&f);
	return rc;
}

/* ---- series ---- */

/* One a class of machines that has the case. */
static int series_of_case(struct history *h, const struct history_series *c, const char *like,
    struct history_series_list *out)
{
	static const char sql[] =
	    "SELECT m.id, m.class, m.title, g.runs FROM machine m JOIN"
	    " (SELECT r.machine AS machine, count(*) AS runs FROM figure f"
	    " JOIN run r ON r.id = f.run WHERE f.bench_case = $1 GROUP BY r.machine) g"
	    " ON g.machine = m.id WHERE m.class LIKE $2";
	const struct store_value p[] = {store_int(c->case_id), store_text(like)};
	struct store_rows *rows;
	int rc = store_select(h->store, sql, p, 2, &rows);

	while (!rc && (rc = store_next(rows)) == 1) {
		struct history_series *s = HISTORY_GROW(out);

		if (!s)
			return history_no_memory(h, rows);
		*s = *c;
		s->machine_id = store_get_int(rows, 0);
		history_copy(s->machine, sizeof(s->machine), rows, 1);
		history_copy(s->title, sizeof(s->title), rows, 2);
		s->runs = (unsigned)store_get_int(rows, 3);
		rc = 0;
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
	struct history_series_list list = {0};
	char like[MACHINE_CLASS_LEN + 1];
	struct cases cases = {0};
	int rc;

	h->error[0] = '\0';
	rc = history_like_class(h, filter->machine, like, sizeof(like));
	if (!rc)
		rc = pick_cases(h, filter->case_name, &cases);
	for (size_t i = 0; i < cases.count && !rc; i++)
		rc = series_of_case(h, &cases.items[i], like, &list);
	free(cases.items);
	if (!rc && list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_name);
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
		history_read_run(rows, r);
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

struct ids {
	int64_t *items;
	size_t count, capacity;
};

static int runs_of_case(struct history *h, int64_t case_id, struct ids *out)
{
	const struct store_value p[] = {store_int(case_id)};
	struct store_rows *rows;
	int rc =
	    store_select(h->store, "SELECT run FROM figure WHERE bench_case = $1", p, 1, &rows);

	while (!rc && (rc = store_next(rows)) == 1) {
		int64_t *id = HISTORY_GROW(out);

		if (!id)
			return history_no_memory(h, rows);
		*id = store_get_int(rows, 0);
		rc = 0;
	}
	return rc;
}

static int keep_with_case(struct history *h, const char *pattern, struct history_runs *runs)
{
	struct cases cases = {0};
	struct ids ids = {0};
	size_t kept = 0;
	int rc = pick_cases(h, pattern, &cases);

	for (size_t i = 0; i < cases.count && !rc; i++)
		rc = runs_of_case(h, cases.items[i].case_id, &ids);
	if (ids.count)
		qsort(ids.items, ids.count, sizeof(*ids.items), by_number);
	for (size_t i = 0; i < runs->count && !rc; i++)
		if (ids.count && bsearch(&runs->items[i].id, ids.items, ids.count,
				     sizeof(*ids.items), by_number))
			runs->items[kept++] = runs->items[i];
	if (!rc)
		runs->count = kept;
	free(ids.items);
	free(cases.items);
	return rc;
}

int history_list_runs(
    struct history *h, const struct history_filter *filter, struct history_runs *out)
{
	static const char sql[] =
	    "SELECT " HISTORY_RUN_COLUMNS ", coalesce(g.cases, 0), coalesce(g.figures, 0),"
	    " coalesce(g.failed, 0) FROM run r JOIN machine m ON m.id = r.machine LEFT JOIN"
	    " (SELECT run, count(*) AS cases, count(ns_per_op) AS figures,"
	    " sum(CASE WHEN status IN ('invalid', 'crashed', 'hung') THEN 1 ELSE 0 END) AS failed"
	    " FROM figure GROUP BY run) g ON g.run = r.id"
	    " WHERE m.class LIKE $1 ORDER BY r.date, r.id";
	struct history_runs runs = {0};
	char like[MACHINE_CLASS_LEN + 1];
	const struct store_value p[] = {store_text(like)};
	struct store_rows *rows;
	int rc;

	h->error[0] = '\0';
	rc = history_like_class(h, filter->machine, like, sizeof(like));
	if (rc)
		return rc;
	rc = history_select(h, sql, p, 1, &rows);
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
