#include "harness/report/chart_knobs.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool same_value(const struct case_row *a, const struct case_row *b, const char *key)
{
	return !strcmp(case_parts_value(&a->parts, key), case_parts_value(&b->parts, key));
}

static bool follows_from_model(const struct case_group *g, const char *key)
{
	for (size_t i = 0; i < g->count; i++)
		for (size_t j = i + 1; j < g->count; j++)
			if (same_value(&g->rows[i], &g->rows[j], "model") &&
			    !same_value(&g->rows[i], &g->rows[j], key))
				return false;
	return true;
}

/* Whether model and place on the axis say it all, so that a note can. */
static bool follows_from_place(const struct case_group *g, const char *key)
{
	for (size_t i = 0; i < g->count; i++)
		for (size_t j = i + 1; j < g->count; j++)
			if (same_value(&g->rows[i], &g->rows[j], "model") &&
			    case_same_at(&g->rows[i], &g->rows[j]) &&
			    !same_value(&g->rows[i], &g->rows[j], key))
				return false;
	return true;
}

static bool kind_is_said(const struct case_group *g, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (!strcmp(g->rows[i].parts.kind, g->rows[row].parts.kind))
			return true;
	return false;
}

/* Every kind that knows it has it in all its rows, with one value. */
static bool of_kinds(const struct case_group *g, const char *key)
{
	const char *common = "";

	for (size_t i = 0; i < g->count; i++) {
		const char *value = case_parts_value(&g->rows[i].parts, key);

		if (*value && *common && strcmp(value, common))
			return false;
		common = *value ? value : common;
		for (size_t j = i + 1; j < g->count; j++)
			if (!strcmp(g->rows[i].parts.kind, g->rows[j].parts.kind) &&
			    !same_value(&g->rows[i], &g->rows[j], key))
				return false;
	}
	return true;
}

void knobs_assign(const struct case_group *g, bool axis, struct knobs *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < g->key_count; i++) {
		const char *key = g->keys[i].name;

		if (!g->keys[i].differs)
			out->role[i] = KNOB_COMMON;
		else if (!strcmp(key, "model") || (axis && case_is_axis(g, key)))
			out->role[i] = KNOB_AXIS;
		else if (of_kinds(g, key))
			out->role[i] = KNOB_KIND;
		else if (follows_from_model(g, key))
			out->role[i] = KNOB_SERIES;
		else if (axis && follows_from_place(g, key))
			out->role[i] = KNOB_NOTE;
		else
			out->role[i] = KNOB_LABEL;
	}
}

__attribute__((format(printf, 4, 5))) static size_t add(
    char *buf, size_t len, size_t used, const char *format, ...)
{
	va_list ap;
	int n;

	if (used + 1 >= len)
		return used;
	va_start(ap, format);
	n = vsnprintf(buf + used, len - used, format, ap);
	va_end(ap);
	if (n < 0)
		return used;
	return used + (size_t)n < len ? used + (size_t)n : len - 1;
}

char *knobs_text(const struct case_group *g, const struct knobs *k, enum knob_role role,
    const char *first, const struct case_parts *p, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	used = add(buf, len, used, "%s", first);
	for (unsigned i = 0; i < g->key_count; i++) {
		const char *value = case_parts_value(p, g->keys[i].name);

		if (k->role[i] == role && *value)
			used =
			    add(buf, len, used, "%s%s:%s", used ? " " : "", g->keys[i].name, value);
	}
	return buf;
}

char *knobs_common(const struct case_group *g, const struct knobs *k, char *buf, size_t len)
{
	size_t used;

	case_group_common(g, buf, len);
	used = strlen(buf);
	for (unsigned n = 0; n < g->key_count; n++) {
		size_t kinds = 0;

		if (k->role[n] != KNOB_KIND)
			continue;
		for (size_t i = 0; i < g->count; i++) {
			const struct case_parts *p = &g->rows[i].parts;
			const char *value = case_parts_value(p, g->keys[n].name);

			if (!*value || kind_is_said(g, i))
				continue;
			if (!kinds)
				used = add(buf, len, used, "%s%s:%s (", used ? ", " : "",
				    g->keys[n].name, value);
			used = add(buf, len, used, "%s%s", kinds++ ? ", " : "", p->kind);
		}
		used = add(buf, len, used, ")");
	}
	return buf;
}

/* "1000 at 1, 10, 100; 10000 at 1000" of one model, or of all with @model NULL. */
static void note_values(
    const struct case_group *g, const char *key, const char *model, char *buf, size_t len)
{
	char tick[CASE_WORD_MAX];
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < g->count; i++) {
		const char *value = case_parts_value(&g->rows[i].parts, key);
		const struct case_row *last = NULL;
		bool said = !*value;

		if (model && strcmp(case_parts_value(&g->rows[i].parts, "model"), model))
			continue;
		for (size_t j = 0; j < i && !said; j++)
			said = same_value(&g->rows[i], &g->rows[j], key) &&
			       (!model || same_value(&g->rows[i], &g->rows[j], "model"));
		if (said)
			continue;
		used = add(buf, len, used, "%s%s at ", used ? "; " : "", value);
		for (size_t j = i; j < g->count; j++) {
			const struct case_row *row = &g->rows[j];

			if (!same_value(&g->rows[i], row, key) || isnan(row->at) ||
			    (last && row->at <= last->at) ||
			    (model && !same_value(&g->rows[i], row, "model")))
				continue;
			used = add(buf, len, used, "%s%s", last ? ", " : "",
			    case_tick(g, row->at, tick, sizeof(tick)));
			last = row;
		}
	}
}

static bool same_for_all_models(const struct case_group *g, const char *key)
{
	for (size_t i = 0; i < g->count; i++)
		for (size_t j = i + 1; j < g->count; j++)
			if (case_same_at(&g->rows[i], &g->rows[j]) &&
			    !same_value(&g->rows[i], &g->rows[j], key))
				return false;
	return true;
}

char *knobs_note(const struct case_group *g, const struct knobs *k, char *buf, size_t len)
{
	char values[256];
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned n = 0; n < g->key_count; n++) {
		const char *key = g->keys[n].name;

		if (k->role[n] != KNOB_NOTE)
			continue;
		if (same_for_all_models(g, key)) {
			note_values(g, key, NULL, values, sizeof(values));
			used = add(buf, len, used, "%s%s: %s", used ? ". " : "", key, values);
			continue;
		}
		for (size_t i = 0; i < g->count; i++) {
			const char *model = case_parts_value(&g->rows[i].parts, "model");
			bool said = false;

			for (size_t j = 0; j < i && !said; j++)
				said = same_value(&g->rows[i], &g->rows[j], "model");
			note_values(g, key, model, values, sizeof(values));
			if (!said && values[0])
				used = add(buf, len, used, "%s%s of %s: %s", used ? ". " : "", key,
				    model, values);
		}
	}
	return buf;
}
