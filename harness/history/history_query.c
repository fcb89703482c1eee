/* history_query.c - what is in a history, copied out. */
#include "harness/history/history_figure.h"
#include "harness/history/history_private.h"

#include "harness/base/grow.h"
#include "harness/base/text.h"
#include "harness/run/case_filter.h"
#include "harness/run/run_regimes.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is shown of one. */
#define FACT_MAX 2048

/* ---- rows to structures ---- */

/* A column of a query, and the member that it goes into. */
struct field {
	const char *column;
	enum { TEXT, INT, UNSIGNED, FLAG, REAL, SCALE, BETTER, STATUS } type;
	size_t at, size;
};

#define FIELD(column, type, of, member)                                                     \
	{                                                                                   \
		column, type, offsetof(struct of, member), sizeof(((struct of *)0)->member) \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The figure of a case, as a member of that name. */
#define FIGURE_FIELDS(of)                                                                      \
	FIELD("c.metric", TEXT, of, figure.metric), FIELD("c.title", TEXT, of, figure.title),  \
	    FIELD("c.unit", TEXT, of, figure.unit), FIELD("c.scale", SCALE, of, figure.scale), \
	    FIELD("c.better", BETTER, of, figure.better),                                      \
	    FIELD("c.worth", REAL, of, figure.worth),                                          \
	    FIELD("c.outcomes", TEXT, of, figure.outcomes)

/* What the rows of a query become. */
struct kind {
	const char *what; /* for people */
	size_t size;      /* of an item */
	const struct field *fields;
	unsigned field_count;
	bool (*is_whole)(const void *item); /* NULL: always */
};

struct reading {
	const struct kind *kind;
	void *items;
	size_t count, capacity;
};

static void copy_text(char *to, size_t len, const char *text)
{
	(void)snprintf(to, len, "%s", text);
	/* It goes to terminals and into files, whoever wrote it. */
	(void)text_clean(to);
}

static bool read_word(const char *const *words, const char *text, unsigned *out)
{
	for (*out = 0; words[*out]; ++*out)
		if (!strcmp(words[*out], text))
			return true;
	return false;
}

/* Return: false when the word is unknown. */
static bool read_field(const struct store *s, unsigned column, const struct field *f, void *item)
{
	void *to = (char *)item + f->at;
	const char *text = store_get_text(s, column);

	switch (f->type) {
	case TEXT:
		copy_text(to, f->size, text);
		return true;
	case INT:
		*(int64_t *)to = store_get_int(s, column);
		return true;
	case UNSIGNED:
		*(unsigned *)to = (unsigned)store_get_int(s, column);
		return true;
	case FLAG:
		*(bool *)to = store_get_int(s, column) != 0;
		return true;
	case REAL:
		*(double *)to = store_get_real(s, column);
		return true;
	case SCALE:
		return read_word(history_scales, text, to);
	case BETTER:
		return read_word(history_betters, text, to);
	case STATUS:
		return !status_from_name(text, to);
	}
	return false;
}

static int read_row(struct store *s, void *arg)
{
	struct reading *r = arg;
	const struct kind *kind = r->kind;
	bool whole = true;
	char *item;

	if (grow(&r->items, r->count + 1, &r->capacity, kind->size))
		return store_say(s, -ENOMEM, "out of memory");
	item = (char *)r->items + r->count++ * kind->size;
	memset(item, 0, kind->size);
	for (unsigned i = 0; i < kind->field_count; i++)
		whole = read_field(s, i, &kind->fields[i], item) && whole;
	if (whole && (!kind->is_whole || kind->is_whole(item)))
		return 0;
	return store_say(s, -EUCLEAN, "damaged: %s %s has no known status, scale or value",
	    kind->what, store_get_text(s, 0));
}

/* @from: what follows the columns. Return: 0 with items, the caller's; an error, and nothing. */
static int read_all(
    struct history *h, struct reading *r, const char *from, const struct store_value *p, unsigned n)
{
	struct text_buffer sql = {0};
	int rc;

	for (unsigned i = 0; i < r->kind->field_count; i++)
		text_buffer_addf(&sql, "%s%s", i ? ", " : "SELECT ", r->kind->fields[i].column);
	text_buffer_add(&sql, from);
	rc = sql.failed ? store_say(h->store, -ENOMEM, "out of memory")
			: store_each(h->store, text_buffer_str(&sql), p, n, read_row, r);
	text_buffer_free(&sql);
	if (rc) {
		free(r->items);
		r->items = NULL;
		r->count = 0;
	}
	return rc;
}

/* ---- what is asked for ---- */

/* The argument of "class LIKE $1". A class is hexadecimal, so "%" and "_" need no escape once this
 * has been checked. Return: 0; -EINVAL. */
static int like_class(struct history *h, const char *machine, char *like, size_t len)
{
	if (machine && (strlen(machine) >= MACHINE_CLASS_LEN ||
			   strspn(machine, "0123456789abcdef") != strlen(machine)))
		return store_say(h->store, -EINVAL,
		    "'%s' is neither a machine class nor the beginning of one; see `history list`",
		    machine);
	(void)snprintf(like, len, "%s%%", machine ? machine : "");
	return 0;
}

struct picking {
	struct case_filter filter;
	struct text_buffer *out;
};

static int pick_case(struct store *s, void *arg)
{
	struct picking *p = arg;

	if (case_filter_matches(&p->filter, store_get_text(s, 1)))
		text_buffer_addf(p->out, ", %" PRId64, store_get_int(s, 0));
	return 0;
}

/* Adds "(0, 7, 12)": the cases that the expression picks, and one that there is not. There are few
 * cases, and many figures: so these first. */
static int add_cases(struct history *h, const char *pattern, struct text_buffer *out)
{
	struct picking p = {.out = out};
	char err[256] = "";
	int rc;

	if (case_filter_compile(&p.filter, pattern, err, sizeof(err)))
		return store_say(h->store, -EINVAL, "--case: %s", err);
	text_buffer_add(out, "(0");
	rc = store_each(h->store, "SELECT id, name FROM bench_case", NULL, 0, pick_case, &p);
	text_buffer_add(out, ")");
	case_filter_free(&p.filter);
	return rc;
}

/* read_all() with the filter applied. @before, @after: SQL around the filter's cases, if it has
 * any. */
static int read_filtered(struct history *h, struct reading *r, const char *from,
    const struct history_filter *filter, const char *before, const char *after, const char *order)
{
	char like[MACHINE_CLASS_LEN + 1];
	const struct store_value p[] = {store_text(like)};
	struct text_buffer sql = {0};
	int rc = like_class(h, filter->machine, like, sizeof(like));

	text_buffer_add(&sql, from);
	if (!rc && filter->case_name) {
		text_buffer_add(&sql, before);
		rc = add_cases(h, filter->case_name, &sql);
		text_buffer_add(&sql, after);
	}
	text_buffer_add(&sql, order);
	if (!rc && sql.failed)
		rc = store_say(h->store, -ENOMEM, "out of memory");
	if (!rc)
		rc = read_all(h, r, text_buffer_str(&sql), p, 1);
	text_buffer_free(&sql);
	return rc;
}

/* ---- runs ---- */

#define OF_RUN " FROM figure f WHERE f.run = r.id"

static const struct field run_fields[] = {
    FIELD("r.id", INT, history_run, id),
    FIELD("r.name", TEXT, history_run, name),
    FIELD("r.date", TEXT, history_run, date),
    FIELD("m.class", TEXT, history_run, machine),
    FIELD("m.title", TEXT, history_run, title),
    FIELD("r.profile", TEXT, history_run, profile),
    FIELD("r.revision", TEXT, history_run, revision),
    FIELD("r.interrupted", FLAG, history_run, interrupted),
    FIELD("(SELECT count(*)" OF_RUN ")", UNSIGNED, history_run, cases),
    FIELD("(SELECT count(f.value)" OF_RUN ")", UNSIGNED, history_run, figures),
    FIELD("(SELECT count(*)" OF_RUN " AND f.status IN ('invalid', 'crashed', 'hung'))", UNSIGNED,
	history_run, failed),
};
static const struct kind a_run = {
    "run", sizeof(struct history_run), run_fields, COUNT(run_fields), NULL};

#define FROM_RUNS " FROM run r JOIN machine m ON m.id = r.machine WHERE m.class LIKE $1"

int history_list_runs(
    struct history *h, const struct history_filter *filter, struct history_runs *out)
{
	struct reading r = {.kind = &a_run};
	const int rc = read_filtered(h, &r, FROM_RUNS, filter,
	    " AND EXISTS (SELECT 1" OF_RUN " AND f.bench_case IN ", ")", " ORDER BY r.date, r.id");

	if (!rc)
		*out = (struct history_runs){r.items, r.count};
	return rc;
}

int history_find_run(
    struct history *h, const char *name, const char *machine, struct history_run *out)
{
	static const char *const ways[] = {FROM_RUNS " AND r.name = $2",
	    FROM_RUNS " AND $2 <> '' AND substr(r.name, 1, length($2)) = $2 LIMIT 2"};
	static const char latest[] = FROM_RUNS " AND r.id = (SELECT r.id" FROM_RUNS
					       " ORDER BY r.date DESC, r.id DESC LIMIT 1)";
	const bool is_latest = !strcmp(name, "latest");
	char like[MACHINE_CLASS_LEN + 1];
	const struct store_value p[] = {store_text(like), store_text(name)};
	int rc = like_class(h, machine, like, sizeof(like));

	for (unsigned i = 0; i < (is_latest ? 1 : COUNT(ways)) && !rc; i++) {
		struct reading r = {.kind = &a_run};

		rc = read_all(h, &r, is_latest ? latest : ways[i], p, 2);
		if (!rc && r.count == 1)
			*out = *(struct history_run *)r.items;
		free(r.items);
		if (!rc && r.count)
			return r.count == 1 ? 0 : -ENOTUNIQ;
	}
	return rc ? rc : -ENOENT;
}

/* ---- series ---- */

static const struct field series_fields[] = {
    FIELD("c.id", INT, history_series, case_id),
    FIELD("m.id", INT, history_series, machine_id),
    FIELD("m.class", TEXT, history_series, machine),
    FIELD("m.title", TEXT, history_series, title),
    FIELD("c.name", TEXT, history_series, name),
    FIELD("c.hash", TEXT, history_series, hash),
    FIELD("c.slot_ns", INT, history_series, slot_ns),
    FIELD("c.workers", UNSIGNED, history_series, workers),
    FIGURE_FIELDS(history_series),
    FIELD("count(*)", UNSIGNED, history_series, runs),
};
static const struct kind a_series = {
    "case", sizeof(struct history_series), series_fields, COUNT(series_fields), NULL};

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
	struct reading r = {.kind = &a_series};
	const int rc = read_filtered(h, &r,
	    " FROM bench_case c JOIN figure f ON f.bench_case = c.id JOIN run r ON r.id = f.run"
	    " JOIN machine m ON m.id = r.machine WHERE m.class LIKE $1",
	    filter, " AND c.id IN ", "", " GROUP BY c.id, m.id");

	if (rc)
		return rc;
	if (r.count)
		qsort(r.items, r.count, sizeof(struct history_series), by_name);
	*out = (struct history_series_list){r.items, r.count};
	return 0;
}

/* ---- points ---- */

static const struct field point_fields[] = {
    FIELD("f.id", INT, history_point, figure_id),
    FIELD("r.id", INT, history_point, run_id),
    FIELD("c.id", INT, history_point, case_id),
    FIELD("r.name", TEXT, history_point, run),
    FIELD("r.date", TEXT, history_point, date),
    FIELD("r.revision", TEXT, history_point, revision),
    FIELD("c.name", TEXT, history_point, name),
    FIGURE_FIELDS(history_point),
    FIELD("f.status", STATUS, history_point, status),
    FIELD("f.value", REAL, history_point, value.estimate),
    FIELD("f.low", REAL, history_point, value.low),
    FIELD("f.high", REAL, history_point, value.high),
    FIELD("coalesce(f.covered, 0)", REAL, history_point, covered),
    FIELD("f.launches", UNSIGNED, history_point, launches),
    FIELD("f.samples", UNSIGNED, history_point, samples),
};

static bool is_number(double x)
{
	return fabs(x) <= METRIC_ABS_MAX;
}

/* A value is a number that its scale has and a run file may have, with an interval around it or
 * none: NULL is read as NAN. */
static bool is_whole(const void *item)
{
	const struct history_point *p = item;

	if (!status_has_figure(p->status))
		return true;
	return scale_allows(p->figure.scale, p->value.estimate) && is_number(p->value.estimate) &&
	       is_number(p->covered) &&
	       (p->covered <= 0 || (is_number(p->value.low) && is_number(p->value.high)));
}

static const struct kind a_point = {
    "figure", sizeof(struct history_point), point_fields, COUNT(point_fields), is_whole};

static int read_points(struct history *h, const char *from, const struct store_value *p, unsigned n,
    struct history_points *out)
{
	struct reading r = {.kind = &a_point};
	const int rc = read_all(h, &r, from, p, n);

	if (!rc)
		*out = (struct history_points){r.items, r.count};
	return rc;
}

#define FROM_POINTS \
	" FROM figure f JOIN run r ON r.id = f.run JOIN bench_case c ON c.id = f.bench_case"

int history_trend(
    struct history *h, const struct history_series *series, struct history_points *out)
{
	const struct store_value p[] = {store_int(series->case_id), store_int(series->machine_id)};

	return read_points(h,
	    FROM_POINTS " WHERE f.bench_case = $1 AND r.machine = $2 ORDER BY r.date, r.id", p, 2,
	    out);
}

int history_past(struct history *h, int64_t case_id, const struct history_run *run, unsigned max,
    struct history_points *out)
{
	const struct store_value p[] = {
	    store_int(case_id), store_int(run->id), store_text(run->date), store_int(max)};

	/* CROSS JOIN: SQLite is to go back from run to run, and to stop after @max. */
	return read_points(h,
	    " FROM run r CROSS JOIN figure f CROSS JOIN bench_case c"
	    " WHERE r.machine = (SELECT machine FROM run WHERE id = $2)"
	    " AND (r.date, r.id) <= ($3, $2) AND f.run = r.id AND f.bench_case = $1"
	    " AND c.id = f.bench_case ORDER BY r.date DESC, r.id DESC LIMIT $4",
	    p, 4, out);
}

int history_figures(struct history *h, int64_t run_id, struct history_points *out)
{
	const struct store_value p[] = {store_int(run_id)};

	return read_points(h, FROM_POINTS " WHERE f.run = $1 ORDER BY f.id", p, 1, out);
}

/* ---- facts ---- */

struct telling {
	history_fact_teller *tell;
	void *context;
};

/* A cache line's way differs a little in every run, and a lot where the machine was in another
 * regime. */
static bool is_regime(const char *before, const char *after)
{
	return regimes_apart(run_regimes_middle(before), run_regimes_middle(after));
}

static int tell_fact(struct store *s, void *arg)
{
	const struct telling *t = arg;
	char text[3][FACT_MAX];

	for (unsigned i = 0; i < 3; i++)
		copy_text(text[i], sizeof(text[i]), store_get_text(s, i));
	if (strncmp(text[0], RUN_REGIMES_KEY, strlen(RUN_REGIMES_KEY)) != 0 ||
	    is_regime(text[1], text[2]))
		t->tell(t->context, text[0], text[1], text[2]);
	return 0;
}

int history_facts_changed(struct history *h, int64_t before_run, int64_t after_run,
    history_fact_teller *tell, void *context)
{
	const struct store_value p[] = {store_int(before_run), store_int(after_run)};
	struct telling t = {tell, context};

	/* Facts that differ in every run and so explain no lasting change. */
	return store_each(h->store,
	    "SELECT n.name, b.value, a.value"
	    " FROM (SELECT DISTINCT name FROM fact WHERE run IN ($1, $2)) n"
	    " LEFT JOIN fact b ON b.run = $1 AND b.name = n.name"
	    " LEFT JOIN fact a ON a.run = $2 AND a.name = n.name"
	    " WHERE coalesce(b.value, '') <> coalesce(a.value, '') AND n.name NOT LIKE 'load.%'"
	    " AND n.name NOT LIKE 'host.%' AND n.name NOT LIKE 'memory.available%'"
	    " AND n.name NOT LIKE 'cpu.mhz_now%' ORDER BY n.name",
	    p, 2, tell_fact, &t);
}
