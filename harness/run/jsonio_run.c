/* jsonio_run.c - what a run and a case are, as run.json and the journal both say it. */
#include "harness/run/jsonio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* There are a handful. */
#define FAMILIES_MAX 64

static const char *const scales[] = {"ratio", "difference", "share", "outcome", NULL};
static const char *const directions[] = {"less", "more", "neither", NULL};
static const char *const shapes[] = {"table", "ladder", "dots", "panels", "lines", "matrix", NULL};
static const char *const contenders[] = {"none", "kinds", "models", NULL};

const struct jsonio_field jsonio_interval_fields[] = {
    JSONIO_FIELD(REAL, struct stats_interval, estimate),
    JSONIO_FIELD(REAL, struct stats_interval, low),
    JSONIO_FIELD(REAL, struct stats_interval, high),
    JSONIO_END,
};

const struct jsonio_field jsonio_figure_fields[] = {
    JSONIO_FIELD(TEXT, struct run_figure, metric),
    JSONIO_FIELD(TEXT, struct run_figure, title),
    JSONIO_FIELD(TEXT, struct run_figure, unit),
    JSONIO_FIELD_OF(WORD, struct run_figure, scale, scales),
    JSONIO_FIELD_OF(WORD, struct run_figure, better, directions),
    JSONIO_FIELD(REAL_OR_0, struct run_figure, worth),
    JSONIO_FIELD(TEXT, struct run_figure, outcomes),
    JSONIO_END,
};

static const char *const units[] = {"count", "ns", "us", "bytes", "percent", "word", "place", NULL};

static const struct jsonio_field param_fields[] = {
    JSONIO_FIELD(TEXT, struct run_param, key),
    JSONIO_FIELD_OF(WORD, struct run_param, unit, units),
    JSONIO_FIELD(TEXT, struct run_param, about),
    JSONIO_END,
};

static const struct jsonio_field family_fields[] = {
    JSONIO_FIELD(TEXT, struct run_family, name),
    JSONIO_FIELD(TEXT, struct run_family, title),
    JSONIO_FIELD(TEXT, struct run_family, question),
    JSONIO_FIELD_OF(WORD, struct run_family, shape, shapes),
    JSONIO_FIELD(TEXT, struct run_family, caption),
    JSONIO_FIELD(TEXT, struct run_family, axis),
    JSONIO_FIELD(BOOL, struct run_family, kind_blocks),
    JSONIO_FIELD(BOOL, struct run_family, rate),
    JSONIO_FIELD_OF(WORD, struct run_family, contenders, contenders),
    JSONIO_FIELD(TEXT_OR_NONE, struct run_family, floor),
    JSONIO_FIELD(TEXT_OR_NONE, struct run_family, bound),
    JSONIO_FIELD(TEXT_OR_NONE, struct run_family, load),
    JSONIO_FIELD(TEXT_OR_NONE, struct run_family, size),
    JSONIO_END,
};

static const char *const window_hows[] = {
    "unjudged", "none", "given", "steady", "unsettled", "sensitive", NULL};

const struct jsonio_field jsonio_window_fields[] = {
    JSONIO_FIELD_OF(WORD, struct run_window, how, window_hows),
    JSONIO_FIELD(TEXT, struct run_window, of),
    JSONIO_FIELD(U64, struct run_window, shorter_ns),
    JSONIO_FIELD(U64, struct run_window, longer_ns),
    JSONIO_FIELD(REAL_OR_0, struct run_window, shorter),
    JSONIO_FIELD(REAL_OR_0, struct run_window, longer),
    JSONIO_FIELD_OF(OBJECT, struct run_window, ratio, jsonio_interval_fields),
    JSONIO_FIELD(UNSIGNED, struct run_window, launches),
    JSONIO_END,
};

const struct jsonio_field jsonio_given_fields[] = {
    JSONIO_FIELD(TEXT, struct run_given, of),
    JSONIO_FIELD(REAL, struct run_given, figure),
    JSONIO_FIELD(TEXT, struct run_given, unit),
    JSONIO_END,
};

static const struct jsonio_field series_fields[] = {
    JSONIO_FIELD(TEXT, struct series, name),
    JSONIO_FIELD_OF(WORD, struct series, status, status_names),
    JSONIO_FIELD(TEXT, struct series, reason),
    JSONIO_FIELD(TEXT_OR_NONE, struct series, stopped),
    JSONIO_FIELD(TEXT, struct series, op),
    JSONIO_FIELD(TEXT, struct series, latency_of),
    JSONIO_FIELD_OF(OBJECT, struct series, figure, jsonio_figure_fields),
    JSONIO_FIELD(TEXT_OR_NONE, struct series, axis),
    JSONIO_FIELD(BOOL, struct series, reference),
    JSONIO_FIELD(TEXT, struct series, hash),
    JSONIO_FIELD(TEXT, struct series, model),
    JSONIO_FIELD(UNSIGNED, struct series, workers),
    JSONIO_FIELD(TEXT, struct series, place),
    JSONIO_FIELD(TEXT_OR_NONE, struct series, load),
    JSONIO_FIELD(TEXT, struct series, pus),
    JSONIO_FIELD(BOOL, struct series, oversubscribed),
    JSONIO_FIELD(U64, struct series, slot_ns),
    JSONIO_FIELD_OF(OBJECT_OR_NONE, struct series, window, jsonio_window_fields),
    JSONIO_FIELD_OF(OBJECT_OR_NONE, struct series, given, jsonio_given_fields),
    JSONIO_FIELD(METRICS, struct series, counters),
    JSONIO_FIELD(TEXT, struct series, counters_note),
    JSONIO_END,
};

static const struct jsonio_field facts_fields[] = {
    JSONIO_FIELD(TEXT, struct run, id),
    JSONIO_FIELD(TEXT, struct run, date),
    JSONIO_FIELD(TEXT, struct run, profile),
    JSONIO_FIELD(U64, struct run, seed),
    JSONIO_FIELD(REAL_OR_0, struct run, elapsed_s),
    JSONIO_FIELD(BOOL, struct run, interrupted),
    JSONIO_FIELD(BOOL, struct run, recovered),
    JSONIO_FIELD(TEXT, struct run, command),
    JSONIO_FIELD(TEXT, struct run, counters_note),
    JSONIO_FIELD(MANIFEST, struct run, manifest),
    JSONIO_END,
};

const struct jsonio_field jsonio_summary_fields[] = {
    JSONIO_FIELD(UNSIGNED, struct series_summary, launches),
    JSONIO_FIELD(UNSIGNED, struct series_summary, empty_launches),
    JSONIO_FIELD(UNSIGNED, struct series_summary, samples),
    JSONIO_FIELD(UNSIGNED, struct series_summary, empty_samples),
    JSONIO_FIELD(UNSIGNED, struct series_summary, warm_up_samples),
    JSONIO_FIELD_OF(OBJECT, struct series_summary, figure, jsonio_interval_fields),
    JSONIO_FIELD(REAL_OR_0, struct series_summary, covered),
    JSONIO_FIELD(REAL_OR_0, struct series_summary, mad_figure),
    JSONIO_FIELD(REAL_OR_0, struct series_summary, half_width_pct),
    JSONIO_FIELD(METRICS, struct series_summary, medians),
    JSONIO_END,
};

const struct jsonio_field jsonio_noise_fields[] = {
    JSONIO_FIELD(TEXT, struct noise_verdict, word),
    JSONIO_FIELD(TEXT, struct noise_verdict, text),
    JSONIO_FIELD(REAL_OR_0, struct noise_verdict, median_half_width_pct),
    JSONIO_FIELD(REAL_OR_0, struct noise_verdict, noisy_share_pct),
    JSONIO_FIELD(REAL_OR_0, struct noise_verdict, steal_pct),
    JSONIO_END,
};

json_t *jsonio_series(const struct series *s)
{
	json_t *o = jsonio_fields(series_fields, s);

	/* Hardly any case depends on another. */
	if (o && !s->given.of[0])
		(void)json_object_del(o, "given");
	return o;
}

int jsonio_get_figure(
    struct jsonio_reader *r, const json_t *object, const char *key, struct run_figure *out)
{
	const struct jsonio_field field[] = {
	    {key, JSONIO_OBJECT, 0, sizeof(*out), jsonio_figure_fields}, JSONIO_END};
	struct run_figure f;
	int rc = jsonio_get_fields(r, object, field, &f);
	const char *wrong = rc ? NULL : run_figure_wrong(&f);

	if (wrong)
		rc = jsonio_fail(r, key, "%s", wrong);
	if (!rc)
		*out = f;
	return rc;
}

int jsonio_get_series(struct jsonio_reader *r, const json_t *o, struct series *s)
{
	struct series d = *s;
	int rc = jsonio_get_fields(r, o, series_fields, &d);
	const char *wrong = rc ? NULL : run_figure_wrong(&d.figure);

	if (rc)
		return rc;
	if (!d.name[0])
		return jsonio_fail(r, "name", "empty");
	if (wrong)
		return jsonio_fail(r, "figure", "%s", wrong);
	if (d.given.of[0] && !(d.given.figure > 0.0))
		return jsonio_fail(r, "given", "%g is not above 0", d.given.figure);
	*s = d;
	return 0;
}

static json_t *family_json(const struct run_family *f)
{
	json_t *family = jsonio_fields(family_fields, f), *list = json_array();
	int rc = 0;

	for (unsigned i = 0; i < f->param_count; i++)
		rc |= jsonio_append(list, jsonio_fields(param_fields, &f->params[i]));
	if (f->param_count)
		rc |= jsonio_put(family, "parameters", list);
	else
		json_decref(list);
	return jsonio_whole(family, rc);
}

int jsonio_put_facts(json_t *object, const struct run *run)
{
	json_t *families = json_array();
	int rc = jsonio_put_fields(object, facts_fields, run);

	for (size_t i = 0; i < run->family_count; i++)
		rc |= jsonio_append(families, family_json(&run->families[i]));
	return rc | jsonio_put(object, "families", families);
}

static int get_family(struct jsonio_reader *r, const json_t *o, struct run_family *f)
{
	const size_t where = strlen(r->where);
	json_t *list, *item;
	size_t i;
	int rc = jsonio_get_fields(r, o, family_fields, f);

	f->param_count = 0;
	if (rc || !json_object_get(o, "parameters"))
		return rc;
	rc = jsonio_get_array(r, o, "parameters", &list);
	if (!rc && json_array_size(list) > RUN_PARAMS_MAX)
		rc = jsonio_fail(r, "parameters", "more than %d", RUN_PARAMS_MAX);
	if (rc)
		return rc;
	json_array_foreach(list, i, item)
	{
		struct run_param *p = &f->params[i];

		snprintf(r->where + where, sizeof(r->where) - where, ".parameters[%zu]", i);
		rc = json_is_object(item) ? jsonio_get_fields(r, item, param_fields, p)
					  : jsonio_fail(r, NULL, "not an object");
		if (!rc && run_find_param(f, p->key))
			rc = jsonio_fail(r, "key", "%s is there twice", p->key);
		if (rc)
			return rc;
		f->param_count++;
	}
	r->where[where] = '\0';
	return 0;
}

static int get_families(struct jsonio_reader *r, const json_t *o, struct run *run)
{
	const size_t where = strlen(r->where);
	json_t *list, *item;
	size_t i;
	int rc = jsonio_get_array(r, o, "families", &list);

	if (!rc && json_array_size(list) > FAMILIES_MAX)
		rc = jsonio_fail(r, "families", "more than %d", FAMILIES_MAX);
	if (rc)
		return rc;
	json_array_foreach(list, i, item)
	{
		struct run_family family;

		snprintf(r->where + where, sizeof(r->where) - where, "%sfamilies[%zu]",
		    where ? "." : "", i);
		rc = json_is_object(item) ? get_family(r, item, &family)
					  : jsonio_fail(r, NULL, "not an object");
		if (!rc)
			rc = run_add_family(run, &family);
		if (rc == -EEXIST)
			rc = jsonio_fail(r, "name", "%s is there twice", family.name);
		if (rc)
			return rc;
	}
	r->where[where] = '\0';
	return 0;
}

/* "2026-01-02T03:04:05Z" and nothing else: what is newest is decided by comparing these texts. */
static bool is_date(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	static const unsigned days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned year, month, day, hour, minute, second;

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	if (sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u", &year, &month, &day, &hour, &minute, &second) !=
	    6)
		return false;
	/* 60: a leap second. */
	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && hour < 24 &&
	       minute < 60 && second <= 60;
}

int jsonio_get_facts(struct jsonio_reader *r, const json_t *o, struct run *run)
{
	const int rc = jsonio_get_fields(r, o, facts_fields, run);

	if (rc)
		return rc;
	if (!is_date(run->date))
		return jsonio_fail(r, "date", "not like 2026-01-02T03:04:05Z");
	return get_families(r, o, run);
}

int jsonio_check_schema(struct jsonio_reader *r, const json_t *o, const char *key, unsigned ours)
{
	uint64_t schema;
	int rc = jsonio_get_u64(r, o, key, UINT32_MAX, &schema);

	if (rc)
		return rc;
	if (schema != ours)
		return jsonio_fail(
		    r, NULL, "schema %u, this build reads %u", (unsigned)schema, ours);
	return 0;
}
