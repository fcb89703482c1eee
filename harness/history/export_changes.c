/* export_changes.c - changes for programs; the format is in changes.h. */
#include "harness/history/changes.h"
#include "harness/history/history_figure.h"
#include "harness/history/history_print.h"
#include "harness/history/history_private.h"

#include "harness/run/jsonio.h"

#include <errno.h>
#include <stdlib.h>

#define FORMAT_VERSION 2

static json_t *level(const struct history_point *p, double value)
{
	return json_pack("{s:s, s:s, s:s, s:f}", "run", p->run, "date", p->date, "revision",
	    p->revision, "value", value);
}

static void add_fact(void *facts, const char *key, const char *before, const char *after)
{
	(void)json_object_set_new(facts, key,
	    json_pack(
		"{s:s*, s:s*}", "before", *before ? before : NULL, "after", *after ? after : NULL));
}

static int add_change(json_t *list, struct history *h, const struct history_series *series,
    const struct changes_series *s, size_t i)
{
	const struct history_point *before = s->points[s->found[i].index - 1];
	const struct history_point *after = s->points[s->found[i].index];
	const struct run_figure *f = &s->figure;
	const double effect = changes_effect(s, i);
	json_t *facts = json_object(), *change;
	int rc = history_facts_changed(h, before->run_id, after->run_id, add_fact, facts);

	if (rc) {
		json_decref(facts);
		return rc;
	}
	change = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:s, s:f, s:o, s:o,"
			   " s:o}",
	    "case", series->name, "definition", series->hash, "workers", (int)series->workers,
	    "machine", series->machine, "machine_title", series->title, "metric", f->metric, "unit",
	    f->unit, "scale", history_scales[f->scale], "better", history_betters[f->better],
	    "effect", effect, "direction", history_direction(f, effect), "p", s->found[i].p,
	    "before", level(before, changes_level(s, i)), "after",
	    level(after, changes_level(s, i + 1)), "facts", facts);
	return jsonio_append(list, change) ? store_say(h->store, -ENOMEM, "out of memory") : 0;
}

static int tell(void *context, struct history *h, const struct history_series *series,
    const struct changes_series *found, size_t first)
{
	int rc = 0;

	for (size_t i = first; found && i < found->count && !rc; i++)
		rc = add_change(context, h, series, found, i);
	return rc;
}

int changes_json(FILE *to, struct history *h, const struct history_filter *filter,
    const struct changes_options *how, struct changes_count *count)
{
	json_t *list = json_array(), *whole;
	char *text = NULL;
	int rc = changes_walk(h, filter, how, tell, list, count);

	if (rc) {
		json_decref(list);
		return rc;
	}
	whole = json_pack("{s:i, s:f, s:s*, s:{s:i, s:i, s:i, s:i, s:i, s:i}, s:o}",
	    "concbench_changes", FORMAT_VERSION, "min_effect", how->min_effect, "since",
	    how->since ? how->since->name : NULL, "count", "series", (int)count->series,
	    "short_series", (int)count->short_series, "points", (int)count->points, "changes",
	    (int)count->changes, "smaller", (int)count->smaller, "damaged", (int)count->damaged,
	    "changes", list);
	text = whole ? jsonio_lay_out(whole) : NULL;
	if (!text)
		rc = store_say(h->store, -ENOMEM, "out of memory");
	else if (fputs(text, to) < 0 || fflush(to) || ferror(to))
		rc = -EIO;
	else
		rc = changes_damaged(h, count);
	free(text);
	json_decref(whole);
	return rc;
}
