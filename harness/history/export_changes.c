/* export_changes.c - changes for programs; the format is in changes.h. */
#include "harness/history/changes.h"
#include "harness/history/history_print.h"
#include "harness/history/history_private.h"

#include "harness/run/jsonio.h"

#include <errno.h>
#include <stdlib.h>

#define FORMAT_VERSION 1

static json_t *level(const struct history_point *p, double ns_per_op)
{
	json_t *o = json_object();
	int rc = 0;

	rc |= jsonio_put_text(o, "run", p->run);
	rc |= jsonio_put_text(o, "date", p->date);
	rc |= jsonio_put_text(o, "revision", p->revision);
	rc |= jsonio_put_real(o, "ns_per_op", ns_per_op);
	if (rc)
		json_decref(o);
	return rc ? NULL : o;
}

struct facts {
	json_t *object;
	int rc;
};

static void add_fact(void *context, const char *key, const char *before, const char *after)
{
	struct facts *facts = context;
	json_t *o = json_object();

	if (before)
		facts->rc |= jsonio_put_text(o, "before", before);
	if (after)
		facts->rc |= jsonio_put_text(o, "after", after);
	facts->rc |= jsonio_put(facts->object, key, o);
}

static int add_change(json_t *list, struct history *h, const struct history_series *series,
    const struct changes_series *s, size_t i)
{
	const struct history_point *before = s->points[s->found[i].index - 1];
	const struct history_point *after = s->points[s->found[i].index];
	struct facts facts = {json_object(), 0};
	json_t *o = json_object();
	int rc = history_facts_changed(h, before->run_id, after->run_id, add_fact, &facts);

	if (rc) {
		json_decref(facts.object);
		json_decref(o);
		return rc;
	}
	rc = facts.rc;
	rc |= jsonio_put_text(o, "case", series->name);
	rc |= jsonio_put_text(o, "definition", series->hash);
	rc |= jsonio_put_u64(o, "workers", series->workers);
	rc |= jsonio_put_text(o, "machine", series->machine);
	rc |= jsonio_put_text(o, "machine_title", series->title);
	rc |= jsonio_put_real(o, "effect", changes_effect(s, i));
	rc |= jsonio_put_real(o, "p", s->found[i].p);
	rc |= jsonio_put(o, "before", level(before, changes_level(s, i)));
	rc |= jsonio_put(o, "after", level(after, changes_level(s, i + 1)));
	rc |= jsonio_put(o, "facts", facts.object);
	rc |= jsonio_append(list, o);
	return rc ? history_fail(h, -ENOMEM, "out of memory") : 0;
}

static int tell(void *context, struct history *h, const struct history_series *series,
    const struct changes_series *found, size_t first)
{
	int rc = 0;

	for (size_t i = first; found && i < found->count && !rc; i++)
		rc = add_change(context, h, series, found, i);
	return rc;
}

static json_t *count_object(const struct changes_count *count)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "series", (int)count->series,
	    "short_series", (int)count->short_series, "points", (int)count->points, "changes",
	    (int)count->changes, "smaller", (int)count->smaller, "damaged", (int)count->damaged);
}

int changes_json(FILE *to, struct history *h, const struct history_filter *filter,
    const struct changes_options *how, struct changes_count *count)
{
	json_t *list = json_array(), *whole = json_object();
	char *text = NULL;
	int rc = list && whole ? changes_walk(h, filter, how, tell, list, count)
			       : history_fail(h, -ENOMEM, "out of memory");
	int bad = 0;

	if (rc) {
		json_decref(list);
		goto out;
	}
	bad |= jsonio_put_u64(whole, "concbench_changes", FORMAT_VERSION);
	bad |= jsonio_put_real(whole, "min_effect", how->min_effect);
	if (how->since)
		bad |= jsonio_put_text(whole, "since", how->since->name);
	bad |= jsonio_put(whole, "count", count_object(count));
	bad |= jsonio_put(whole, "changes", list);
	text = bad ? NULL : jsonio_lay_out(whole);
	if (!text)
		rc = history_fail(h, -ENOMEM, "out of memory");
	else if (fputs(text, to) < 0 || fflush(to) || ferror(to))
		rc = -EIO;
	else
		rc = changes_damaged(h, count);
out:
	free(text);
	json_decref(whole);
	return rc;
}
