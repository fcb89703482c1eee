#include "harness/report/case_group.h"

#include "harness/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_word(char out[CASE_WORD_MAX], const char *from, size_t n)
{
	if (n >= CASE_WORD_MAX)
		n = CASE_WORD_MAX - 1;
	memcpy(out, from, n);
	out[n] = '\0';
}

static void append_kind(struct case_parts *p, const char *from, size_t n)
{
	size_t used = strlen(p->kind);

	if (used && used + 1 < sizeof(p->kind)) {
		p->kind[used++] = '/';
		p->kind[used] = '\0';
	}
	if (n >= sizeof(p->kind) - used)
		n = sizeof(p->kind) - used - 1;
	memcpy(p->kind + used, from, n);
	p->kind[used + n] = '\0';
}

void case_parts_parse(const char *name, struct case_parts *out)
{
	const char *at = name;

	memset(out, 0, sizeof(*out));
	for (bool first = true; *at; first = false) {
		const size_t n = strcspn(at, "/");
		const char *colon = memchr(at, ':', n);

		if (first) {
			copy_word(out->family, at, n);
		} else if (!colon || colon == at) {
			append_kind(out, at, n);
		} else if (out->count < CASE_KEYS_MAX) {
			copy_word(out->key[out->count], at, (size_t)(colon - at));
			copy_word(out->value[out->count], colon + 1, n - (size_t)(colon - at) - 1);
			out->count++;
		}
		at += n;
		at += *at == '/';
	}
}

const char *case_parts_value(const struct case_parts *p, const char *key)
{
	for (unsigned i = 0; i < p->count; i++)
		if (!strcmp(p->key[i], key))
			return p->value[i];
	return "";
}

static bool blocks_of_kinds(const struct case_group *g)
{
	return g->family && g->family->kind_blocks;
}

static bool same_group(const struct case_group *g, const struct case_parts *p)
{
	const struct case_parts *first = &g->rows[0].parts;

	return !strcmp(first->family, p->family) &&
	       (!blocks_of_kinds(g) || !strcmp(first->kind, p->kind));
}

static void name_group(struct case_group *g)
{
	const struct case_parts *p = &g->rows[0].parts;
	size_t i;

	if (blocks_of_kinds(g) && p->kind[0])
		snprintf(g->title, sizeof(g->title), "%s/%s", p->family, p->kind);
	else
		snprintf(g->title, sizeof(g->title), "%s", p->family);
	for (i = 0; g->title[i]; i++) {
		const unsigned char c = (unsigned char)g->title[i];

		g->id[i] = (char)(isalnum(c) || c == '_' ? tolower(c) : '-');
	}
	g->id[i] = '\0';
}

/* A cut name may look like another one; then ids would clash and files overwrite each other. */
static void make_id_unique(struct case_groups *all, size_t index)
{
	struct case_group *g = &all->items[index];
	char suffix[24];
	size_t at;

	for (size_t i = 0; i < index; i++) {
		if (strcmp(all->items[i].id, g->id))
			continue;
		snprintf(suffix, sizeof(suffix), "-%zu", index + 1);
		at = strlen(g->id);
		if (at > sizeof(g->id) - sizeof(suffix))
			at = sizeof(g->id) - sizeof(suffix);
		memcpy(g->id + at, suffix, strlen(suffix) + 1);
		return;
	}
}

static struct case_key *find_key(struct case_group *g, const char *name)
{
	for (unsigned i = 0; i < g->key_count; i++)
		if (!strcmp(g->keys[i].name, name))
			return &g->keys[i];
	return NULL;
}

/* Keys stand in the order of the names, also where the first row lacks some of them. */
static void note_keys(struct case_group *g, const struct case_parts *p)
{
	unsigned at = 0;

	for (unsigned k = 0; k < p->count; k++) {
		const struct case_key *known = find_key(g, p->key[k]);

		if (known) {
			at = (unsigned)(known - g->keys) + 1;
			continue;
		}
		if (g->key_count == CASE_KEYS_MAX)
			continue;
		memmove(&g->keys[at + 1], &g->keys[at], (g->key_count - at) * sizeof(g->keys[0]));
		memset(&g->keys[at], 0, sizeof(g->keys[at]));
		memcpy(g->keys[at++].name, p->key[k], CASE_WORD_MAX);
		g->key_count++;
	}
}

static void find_axis(const struct case_group *g, struct case_row *r)
{
	const char *value;

	r->axis = *r->series->axis ? r->series->axis : g->family ? g->family->axis : "";
	value = case_parts_value(&r->parts, r->axis);
	if (text_parse_double(value, -1e18, 1e18, &r->at) != 0)
		r->at = NAN;
}

bool case_is_axis(const struct case_group *g, const char *key)
{
	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->rows[i].axis, key))
			return true;
	return false;
}

bool case_same_at(const struct case_row *a, const struct case_row *b)
{
	if (isnan(a->at) || isnan(b->at))
		return !strcmp(
		    case_parts_value(&a->parts, a->axis), case_parts_value(&b->parts, b->axis));
	return !(a->at < b->at) && !(a->at > b->at);
}

static enum cb_unit unit_of(const struct run_family *family, const char *key)
{
	const struct run_param *p = run_find_param(family, key);

	return p ? p->unit : CB_COUNT;
}

/* Things are counted by a key that names them: "workers", but not "depth". */
static bool counts_things(const struct run_family *family, const char *key)
{
	const size_t n = strlen(key);

	return n > 1 && key[n - 1] == 's' && unit_of(family, key) == CB_COUNT;
}

char *case_at(const struct case_row *row, const struct run_family *family, char *buf, size_t len)
{
	const char *value = case_parts_value(&row->parts, row->axis);
	const int n = (int)strlen(row->axis) - !strcmp(value, "1");

	if (!*value)
		(void)snprintf(buf, len, "%s", "");
	else if (counts_things(family, row->axis))
		(void)snprintf(buf, len, "%s %.*s", value, n, row->axis);
	else
		(void)snprintf(buf, len, "%s:%s", row->axis, value);
	return buf;
}

/* The row that the axis is called after: the first that is somewhere. */
static const struct case_row *with_axis(const struct case_group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (!isnan(g->rows[i].at))
			return &g->rows[i];
	return &g->rows[0];
}

char *case_axis_title(const struct case_group *g, char *buf, size_t len)
{
	static const char *const suffix[] = {
	    [CB_NS] = "_ns", [CB_US] = "_us", [CB_BYTES] = "_bytes", [CB_PERCENT] = "_pct"};
	const char *key = with_axis(g)->axis;
	const enum cb_unit unit = unit_of(g->family, key);
	const char *end = unit <= CB_PERCENT ? suffix[unit] : NULL;
	size_t n = strlen(key);

	/* The ticks have the unit. */
	if (end && n > strlen(end) && !strcmp(key + n - strlen(end), end))
		n -= strlen(end);
	(void)snprintf(buf, len, "%.*s", (int)n, key);
	for (char *at = buf; *at; at++)
		*at = *at == '_' ? ' ' : *at;
	return buf;
}

char *case_tick(const struct case_group *g, double at, char *buf, size_t len)
{
	static const char *const binary[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t i = 0;

	switch (unit_of(g->family, with_axis(g)->axis)) {
	case CB_NS:
		return text_format_ns(at, buf, len);
	case CB_US:
		return text_format_ns(at * 1e3, buf, len);
	case CB_BYTES:
		for (; i < 4 && at >= 1024; i++)
			at /= 1024;
		(void)snprintf(buf, len, "%.4g %s", at, binary[i]);
		break;
	case CB_PERCENT:
		(void)snprintf(buf, len, "%.0f %%", at);
		break;
	default:
		(void)snprintf(buf, len, "%.0f", at);
	}
	return buf;
}

static void compare_rows(struct case_group *g)
{
	const struct case_parts *first = &g->rows[0].parts;

	for (size_t i = 0; i < g->count; i++) {
		const struct case_parts *p = &g->rows[i].parts;

		g->kind_differs = g->kind_differs || strcmp(p->kind, first->kind);
		note_keys(g, p);
		find_axis(g, &g->rows[i]);
	}
	for (unsigned k = 0; k < g->key_count; k++) {
		struct case_key *key = &g->keys[k];
		const char *value = case_parts_value(first, key->name);

		for (size_t i = 0; i < g->count && !key->differs; i++)
			key->differs =
			    strcmp(case_parts_value(&g->rows[i].parts, key->name), value) != 0;
		if (!key->differs)
			copy_word(key->common, value, strlen(value));
	}
	memcpy(g->op, g->rows[0].series->op, sizeof(g->op));
	for (size_t i = 1; i < g->count; i++)
		if (strcmp(g->op, g->rows[i].series->op))
			g->op[0] = '\0';
}

static int group_add(struct case_groups *all, const struct run *run, const struct series *s)
{
	struct case_parts parts;
	struct case_group *g = NULL;
	struct case_row *rows;

	case_parts_parse(s->name, &parts);
	for (size_t i = 0; i < all->count && !g; i++)
		if (same_group(&all->items[i], &parts))
			g = &all->items[i];
	if (!g) {
		struct case_group *items = realloc(all->items, (all->count + 1) * sizeof(*items));

		if (!items)
			return -ENOMEM;
		all->items = items;
		g = &items[all->count];
		memset(g, 0, sizeof(*g));
		g->family = run_find_family(run, parts.family);
	}
	rows = realloc(g->rows, (g->count + 1) * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	g->rows = rows;
	rows[g->count++] = (struct case_row){.series = s, .parts = parts};
	if (g->count == 1)
		all->count++;
	return 0;
}

int case_groups_build(const struct run *run, struct case_groups *out)
{
	struct case_groups all = {0};

	for (size_t i = 0; i < run->series_count; i++) {
		if (group_add(&all, run, &run->series[i])) {
			case_groups_free(&all);
			return -ENOMEM;
		}
	}
	for (size_t i = 0; i < all.count; i++) {
		name_group(&all.items[i]);
		make_id_unique(&all, i);
		compare_rows(&all.items[i]);
	}
	*out = all;
	return 0;
}

void case_groups_free(struct case_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->items[i].rows);
	free(groups->items);
	memset(groups, 0, sizeof(*groups));
}

char *case_group_common(const struct case_group *g, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned k = 0; k < g->key_count; k++) {
		int n;

		if (g->keys[k].differs || used >= len)
			continue;
		n = snprintf(buf + used, len - used, "%s%s:%s", used ? " " : "", g->keys[k].name,
		    g->keys[k].common);
		if (n > 0)
			used += (size_t)n;
	}
	return buf;
}

bool case_group_times(const struct case_group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (!run_figure_has_rate(&g->rows[i].series->figure))
			return false;
	return true;
}

const char *case_group_heading(const struct case_group *g)
{
	const struct run_figure *f = &g->rows[0].series->figure;

	for (size_t i = 1; i < g->count; i++)
		if (strcmp(g->rows[i].series->figure.unit, f->unit) ||
		    g->rows[i].series->figure.scale != f->scale)
			return "figure";
	if (case_group_times(g))
		return "time/op";
	return !strcmp(f->unit, "ns") ? "time" : *f->unit ? f->unit : "share";
}

static const char *op_of(const struct series *s)
{
	return s->op;
}

static const char *latency_of(const struct series *s)
{
	return s->latency_of;
}

static const char *title_of(const struct series *s, enum cb_better better)
{
	return run_figure_has_rate(&s->figure) || s->figure.better != better ? "" : s->figure.title;
}

static const char *less_of(const struct series *s)
{
	return title_of(s, CB_LESS);
}

static const char *more_of(const struct series *s)
{
	return title_of(s, CB_MORE);
}

static const char *fact_of(const struct series *s)
{
	return title_of(s, CB_NEITHER);
}

typedef const char *(*text_of)(const struct series *s);

/* Is row @row the first that says @of it, or the first of its kind to? */
static bool is_first(const struct case_group *g, size_t row, text_of of, bool of_kind)
{
	for (size_t i = 0; i < row; i++)
		if (!strcmp(of(g->rows[i].series), of(g->rows[row].series)) &&
		    (!of_kind || !strcmp(g->rows[i].parts.kind, g->rows[row].parts.kind)))
			return false;
	return true;
}

__attribute__((format(printf, 4, 5))) static size_t append(
    char *buf, size_t len, size_t used, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = used < len ? vsnprintf(buf + used, len - used, format, ap) : 0;
	va_end(ap);
	return n < 0 ? used : used + (size_t)n;
}

static char *texts(const struct case_group *g, text_of of, char *buf, size_t len)
{
	size_t distinct = 0, used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < g->count; i++)
		distinct += *of(g->rows[i].series) && is_first(g, i, of, false);
	for (size_t i = 0; i < g->count; i++) {
		size_t kinds = 0;

		if (!*of(g->rows[i].series) || !is_first(g, i, of, false))
			continue;
		used = append(buf, len, used, "%s%s", used ? "; " : "", of(g->rows[i].series));
		for (size_t k = i; distinct > 1 && g->kind_differs && k < g->count; k++)
			if (!strcmp(of(g->rows[k].series), of(g->rows[i].series)) &&
			    is_first(g, k, of, true))
				used = append(buf, len, used, "%s%s", kinds++ ? ", " : " (",
				    g->rows[k].parts.kind);
		used = append(buf, len, used, "%s", kinds ? ")" : "");
	}
	return buf;
}

char *case_group_figures(const struct case_group *g, char *buf, size_t len)
{
	static const struct {
		text_of of;
		const char *better;
	} parts[] = {{less_of, " (less is better)"}, {more_of, " (more is better)"}, {fact_of, ""}};
	char part[512];
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (*texts(g, parts[i].of, part, sizeof(part)))
			used = append(
			    buf, len, used, "%s%s%s", used ? "; " : "", part, parts[i].better);
	return buf;
}

char *case_group_ops(const struct case_group *g, char *buf, size_t len)
{
	return texts(g, op_of, buf, len);
}

char *case_group_latencies(const struct case_group *g, char *buf, size_t len)
{
	return texts(g, latency_of, buf, len);
}
