/* jsonio_run.c - what a run and a case are, as run.json and the journal both say it. */
#include "harness/run/jsonio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- what the benches declared: as words, since numbers of an enum are nobody's business ---- */

static const char *const shapes[] = {
    [CB_TABLE_ONLY] = "table",
    [CB_LADDER] = "ladder",
    [CB_DOTS] = "dots",
    [CB_PANELS] = "panels",
    [CB_LINES] = "lines",
};
static const char *const contenders[] = {
    [CB_NO_CONTENDERS] = "none",
    [CB_KINDS] = "kinds",
    [CB_MODELS] = "models",
};
static const char *const scales[] = {
    [CB_RATIO] = "ratio",
    [CB_DIFFERENCE] = "difference",
    [CB_SHARE] = "share",
    [CB_OUTCOME] = "outcome",
};
static const char *const directions[] = {
    [CB_LESS] = "less",
    [CB_MORE] = "more",
    [CB_NEITHER] = "neither",
};

#define WORDS(table) table, sizeof(table) / sizeof(table[0])

/* Return: also -EINVAL for a word that a later build may know. */
static int get_word(struct jsonio_reader *r, const json_t *o, const char *key,
    const char *const *words, size_t count, unsigned *out)
{
	char text[16];
	const int rc = jsonio_get_text(r, o, key, text, sizeof(text));

	if (rc)
		return rc;
	for (*out = 0; *out < count; (*out)++)
		if (strcmp(words[*out], text) == 0)
			return 0;
	return jsonio_fail(r, key, "unknown word \"%s\"", text);
}

static json_t *figure_json(const struct run_figure *f)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_text(j, "metric", f->metric);
	rc |= jsonio_put_text(j, "title", f->title);
	rc |= jsonio_put_text(j, "unit", f->unit);
	rc |= jsonio_put_text(j, "scale", scales[f->scale]);
	rc |= jsonio_put_text(j, "better", directions[f->better]);
	if (f->worth > 0.0)
		rc |= jsonio_put_real(j, "worth", f->worth);
	if (f->outcomes[0])
		rc |= jsonio_put_text(j, "outcomes", f->outcomes);
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* Files of older builds have none: their figure is time per operation. */
static int get_figure(struct jsonio_reader *r, const json_t *o, struct run_figure *out)
{
	struct run_figure f = {.metric = ""};
	unsigned scale, better;
	json_t *j;
	int rc;

	if (!json_object_get(o, "figure")) {
		*out = run_time_figure();
		return 0;
	}
	if ((rc = jsonio_get_object(r, o, "figure", &j)) ||
	    (rc = jsonio_get_text(r, j, "metric", f.metric, sizeof(f.metric))) ||
	    (rc = jsonio_get_text(r, j, "title", f.title, sizeof(f.title))) ||
	    (rc = jsonio_get_text(r, j, "unit", f.unit, sizeof(f.unit))) ||
	    (rc = get_word(r, j, "scale", WORDS(scales), &scale)) ||
	    (rc = get_word(r, j, "better", WORDS(directions), &better)) ||
	    (rc = jsonio_get_real_or_0(r, j, "worth", &f.worth)) ||
	    (json_object_get(j, "outcomes") &&
		(rc = jsonio_get_text(r, j, "outcomes", f.outcomes, sizeof(f.outcomes)))))
		return rc;
	f.scale = (enum cb_scale)scale;
	f.better = (enum cb_better)better;
	*out = f;
	return 0;
}

static json_t *family_json(const struct run_family *f)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_text(j, "name", f->name);
	rc |= jsonio_put_text(j, "title", f->title);
	rc |= jsonio_put_text(j, "question", f->question);
	rc |= jsonio_put_text(j, "shape", shapes[f->shape]);
	rc |= jsonio_put_text(j, "caption", f->caption);
	rc |= jsonio_put_text(j, "axis", f->axis);
	rc |= jsonio_put(j, "kind_blocks", json_boolean(f->kind_blocks));
	rc |= jsonio_put(j, "rate", json_boolean(f->rate));
	rc |= jsonio_put_text(j, "contenders", contenders[f->contenders]);
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static json_t *families_json(const struct run *run)
{
	json_t *j = json_array();
	int rc = 0;

	for (size_t i = 0; i < run->family_count; i++)
		rc |= jsonio_append(j, family_json(&run->families[i]));
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static int get_family(struct jsonio_reader *r, const json_t *o, struct run *run)
{
	struct run_family f = {.name = ""};
	unsigned shape, who;
	int rc;

	if ((rc = jsonio_get_text(r, o, "name", f.name, sizeof(f.name))) ||
	    (rc = jsonio_get_text(r, o, "title", f.title, sizeof(f.title))) ||
	    (rc = jsonio_get_text(r, o, "question", f.question, sizeof(f.question))) ||
	    (rc = get_word(r, o, "shape", WORDS(shapes), &shape)) ||
	    (rc = jsonio_get_text(r, o, "caption", f.caption, sizeof(f.caption))) ||
	    (rc = jsonio_get_text(r, o, "axis", f.axis, sizeof(f.axis))) ||
	    (rc = jsonio_get_bool(r, o, "kind_blocks", &f.kind_blocks)) ||
	    (rc = jsonio_get_bool(r, o, "rate", &f.rate)) ||
	    (rc = get_word(r, o, "contenders", WORDS(contenders), &who)))
		return rc;
	f.shape = (enum cb_shape)shape;
	f.contenders = (enum cb_contenders)who;
	rc = run_add_family(run, &f);
	return rc == -EEXIST ? jsonio_fail(r, "families", "%s is there twice", f.name) : rc;
}

/* Files of older builds have none: their series are shown as tables. */
static int get_families(struct jsonio_reader *r, const json_t *o, struct run *run)
{
	json_t *list, *item;
	size_t i;
	int rc;

	if (!json_object_get(o, "families"))
		return 0;
	rc = jsonio_get_array(r, o, "families", &list);
	if (rc)
		return rc;
	json_array_foreach(list, i, item)
	{
		rc = json_is_object(item) ? get_family(r, item, run)
					  : jsonio_fail(r, "families", "not objects");
		if (rc)
			return rc;
	}
	return 0;
}

/* ---- cases and facts ---- */

json_t *jsonio_series(const struct series *s)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_text(j, "name", s->name);
	rc |= jsonio_put_text(j, "status", status_name(s->status));
	rc |= jsonio_put_text(j, "reason", s->reason);
	rc |= jsonio_put_text(j, "op", s->op);
	rc |= jsonio_put_text(j, "latency_of", s->latency_of);
	rc |= jsonio_put(j, "figure", figure_json(&s->figure));
	rc |= jsonio_put(j, "reference", json_boolean(s->reference));
	rc |= jsonio_put_text(j, "hash", s->hash);
	rc |= jsonio_put_text(j, "model", s->model);
	rc |= jsonio_put_u64(j, "workers", s->workers);
	rc |= jsonio_put_text(j, "place", s->place);
	if (s->load[0])
		rc |= jsonio_put_text(j, "load", s->load);
	rc |= jsonio_put_text(j, "pus", s->pus);
	rc |= jsonio_put(j, "oversubscribed", json_boolean(s->oversubscribed));
	rc |= jsonio_put_u64(j, "slot_ns", s->slot_ns);
	rc |= jsonio_put(j, "counters", jsonio_metrics(&s->counters));
	rc |= jsonio_put_text(j, "counters_note", s->counters_note);
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}

json_t *jsonio_manifest(const struct manifest *m)
{
	json_t *j = json_object();
	int rc = 0;

	for (size_t i = 0; i < m->count; i++) {
		json_t *key = jsonio_text(m->items[i].key);

		rc |= key ? jsonio_put_text(j, json_string_value(key), m->items[i].value) : -ENOMEM;
		json_decref(key);
	}
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}

int jsonio_get_series(struct jsonio_reader *r, const json_t *o, struct series *s)
{
	struct series d = *s;
	char status[32];
	int rc;

	/* First failure wins: the members after it are not looked at. */
	if ((rc = jsonio_get_text(r, o, "name", d.name, sizeof(d.name))) ||
	    (rc = jsonio_get_text(r, o, "status", status, sizeof(status))) ||
	    (rc = jsonio_get_text(r, o, "reason", d.reason, sizeof(d.reason))) ||
	    (rc = jsonio_get_text(r, o, "op", d.op, sizeof(d.op))) ||
	    (rc = jsonio_get_text(r, o, "latency_of", d.latency_of, sizeof(d.latency_of))) ||
	    (rc = get_figure(r, o, &d.figure)) ||
	    (json_object_get(o, "reference") &&
		(rc = jsonio_get_bool(r, o, "reference", &d.reference))) ||
	    (rc = jsonio_get_text(r, o, "hash", d.hash, sizeof(d.hash))) ||
	    (rc = jsonio_get_text(r, o, "model", d.model, sizeof(d.model))) ||
	    (rc = jsonio_get_unsigned(r, o, "workers", &d.workers)) ||
	    (rc = jsonio_get_text(r, o, "place", d.place, sizeof(d.place))) ||
	    (json_object_get(o, "load") &&
		(rc = jsonio_get_text(r, o, "load", d.load, sizeof(d.load)))) ||
	    (rc = jsonio_get_text(r, o, "pus", d.pus, sizeof(d.pus))) ||
	    (rc = jsonio_get_bool(r, o, "oversubscribed", &d.oversubscribed)) ||
	    (rc = jsonio_get_u64(r, o, "slot_ns", UINT64_MAX, &d.slot_ns)) ||
	    (rc = jsonio_get_metrics(r, o, "counters", &d.counters)) ||
	    (rc = jsonio_get_text(r, o, "counters_note", d.counters_note, sizeof(d.counters_note))))
		return rc;
	if (!d.name[0])
		return jsonio_fail(r, "name", "empty");
	if (status_from_name(status, &d.status))
		return jsonio_fail(r, "status", "unknown status \"%s\"", status);
	*s = d;
	return 0;
}

int jsonio_get_manifest(
    struct jsonio_reader *r, const json_t *o, const char *key, struct manifest *out)
{
	struct manifest m = {0};
	json_t *object, *value;
	const char *name;
	int rc;

	rc = jsonio_get_object(r, o, key, &object);
	if (rc)
		return rc;
	json_object_foreach(object, name, value)
	{
		const char *text = json_string_value(value);

		if (!text)
			rc = jsonio_fail(r, key, "a value is not a text");
		else if (jsonio_has_control(text) || jsonio_has_control(name))
			rc = jsonio_fail(r, key, "holds a control character");
		else
			rc = manifest_add(&m, name, text);
		if (rc)
			goto out_free;
	}
	*out = m;
	return 0;
out_free:
	manifest_free(&m);
	return rc;
}

int jsonio_put_facts(json_t *object, const struct run *run)
{
	int rc = 0;

	rc |= jsonio_put_text(object, "id", run->id);
	rc |= jsonio_put_text(object, "date", run->date);
	rc |= jsonio_put_text(object, "profile", run->profile);
	rc |= jsonio_put_u64(object, "seed", run->seed);
	rc |= jsonio_put_real(object, "elapsed_s", run->elapsed_s);
	rc |= jsonio_put(object, "interrupted", json_boolean(run->interrupted));
	rc |= jsonio_put(object, "recovered", json_boolean(run->recovered));
	rc |= jsonio_put_text(object, "command", run->command);
	rc |= jsonio_put_text(object, "counters_note", run->counters_note);
	rc |= jsonio_put(object, "families", families_json(run));
	rc |= jsonio_put(object, "manifest", jsonio_manifest(&run->manifest));
	return rc;
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
	int rc;

	if ((rc = jsonio_get_text(r, o, "id", run->id, sizeof(run->id))) ||
	    (rc = jsonio_get_text(r, o, "date", run->date, sizeof(run->date))) ||
	    (rc = jsonio_get_text(r, o, "profile", run->profile, sizeof(run->profile))) ||
	    (rc = jsonio_get_u64(r, o, "seed", UINT64_MAX, &run->seed)) ||
	    (rc = jsonio_get_real_or_0(r, o, "elapsed_s", &run->elapsed_s)) ||
	    (rc = jsonio_get_bool(r, o, "interrupted", &run->interrupted)) ||
	    (rc = jsonio_get_bool(r, o, "recovered", &run->recovered)) ||
	    (rc = jsonio_get_text(r, o, "command", run->command, sizeof(run->command))) ||
	    (rc = jsonio_get_text(
		 r, o, "counters_note", run->counters_note, sizeof(run->counters_note))))
		return rc;
	if (!is_date(run->date))
		return jsonio_fail(r, "date", "not like 2026-01-02T03:04:05Z");
	rc = get_families(r, o, run);
	return rc ? rc : jsonio_get_manifest(r, o, "manifest", &run->manifest);
}

int jsonio_check_schema(struct jsonio_reader *r, const json_t *o, const char *key, unsigned ours)
{
	unsigned schema;
	int rc = jsonio_get_unsigned(r, o, key, &schema);

	if (rc)
		return rc;
	if (schema != ours)
		return jsonio_fail(r, NULL, "schema %u, this build reads %u", schema, ours);
	return 0;
}
