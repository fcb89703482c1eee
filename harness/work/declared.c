#include "harness/work/declared.h"

#include "harness/run/run.h"
#include "harness/work/bench_case.h"
#include "harness/work/param.h"
#include "harness/work/sweep.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CHARACTERS "letters, digits, _ . -"
#define ROOM(type, member) sizeof(((struct type *)0)->member)

/* Where a mistake is reported, and which part of the kind is being looked at. */
struct look {
	const struct cb_kind *kind;
	char *err;
	size_t err_len;
	char part[64]; /* "parameter 2 ('spread'): "; "" the kind itself */
};

__attribute__((format(printf, 5, 0))) static int report(
    const struct cb_kind *k, const char *part, char *err, size_t len, const char *format, va_list v)
{
	const int n = snprintf(err, len, "kind %.32s/%.64s: %s", k->family ? k->family : "?",
	    k->name ? k->name : "?", part);

	if (n > 0 && (size_t)n < len)
		(void)vsnprintf(err + n, len - (size_t)n, format, v);
	return -EINVAL;
}

int declared_wrong(const struct cb_kind *k, char *err, size_t err_len, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)report(k, "", err, err_len, format, args);
	va_end(args);
	return -EINVAL;
}

__attribute__((format(printf, 2, 3))) static int wrong(
    const struct look *l, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)report(l->kind, l->part, l->err, l->err_len, format, args);
	va_end(args);
	return -EINVAL;
}

/* @name: of the part, if it has one that is of use. */
static void look_at(struct look *l, const char *what, unsigned i, const char *name)
{
	if (name)
		(void)snprintf(l->part, sizeof(l->part), "%s %u ('%.24s'): ", what, i + 1, name);
	else
		(void)snprintf(l->part, sizeof(l->part), "%s %u: ", what, i + 1);
}

static bool is_name(const char *text)
{
	if (!text || !text[0])
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_.-", *text))
			return false;
	return true;
}

/* ---- texts ---- */

struct text_rule {
	const char *member;
	size_t offset;
	size_t room; /* where it is copied to, its end included; 0: nowhere */
	bool needed;
};

#define TEXT(type, member, room, needed)                             \
	{                                                            \
#member, offsetof(struct type, member), room, needed \
	}

static const struct text_rule of_kind[] = {
    TEXT(cb_kind, about, 0, true),
    TEXT(cb_kind, source, 0, false),
    TEXT(cb_kind, not_models, REASON_MAX, false),
    TEXT(cb_kind, axis, ROOM(series, axis), false),
    {0},
};
static const struct text_rule of_workload[] = {
    TEXT(cb_workload, op, ROOM(series, op), true),
    TEXT(cb_workload, latency_of, ROOM(series, latency_of), false),
    {0},
};
static const struct text_rule of_param[] = {
    TEXT(cb_param, key, ROOM(run_param, key), true),
    TEXT(cb_param, base, PLACEMENT_TEXT_MAX, true),
    TEXT(cb_param, about, ROOM(run_param, about), true),
    {0},
};
static const struct text_rule of_figure[] = {
    TEXT(cb_figure, title, ROOM(run_figure, title), true),
    TEXT(cb_figure, unit, ROOM(run_figure, unit), true),
    {0},
};
static const struct text_rule of_companion[] = {
    TEXT(cb_companion_spec, role, 0, true),
    TEXT(cb_companion_spec, ready, 0, false),
    {0},
};
static const struct text_rule of_family[] = {
    TEXT(cb_family, name, ROOM(run_family, name), true),
    TEXT(cb_family, plural, 0, true),
    TEXT(cb_family, title, ROOM(run_family, title), true),
    TEXT(cb_family, question, ROOM(run_family, question), true),
    TEXT(cb_family, caption, ROOM(run_family, caption), false),
    TEXT(cb_family, axis, ROOM(run_family, axis), false),
    TEXT(cb_family, bound, ROOM(run_family, bound), false),
    TEXT(cb_family, load, ROOM(run_family, load), false),
    TEXT(cb_family, size, ROOM(run_family, size), false),
    {0},
};

static int texts(const struct look *l, const void *of, const struct text_rule *rule)
{
	for (; rule->member; rule++) {
		const char *text;

		memcpy(&text, (const char *)of + rule->offset, sizeof(text));
		if (!text && rule->needed)
			return wrong(l, "%s is missing; accepted: one line of text", rule->member);
		if (!text)
			continue;
		if (rule->room && strlen(text) >= rule->room)
			return wrong(l, "%s is too long; accepted: up to %zu characters",
			    rule->member, rule->room - 1);
		for (; *text; text++)
			if (iscntrl((unsigned char)*text))
				return wrong(l,
				    "%s has a line's end or another control character in it; "
				    "accepted: one line of text",
				    rule->member);
	}
	return 0;
}

/* Something to point to, and how much of it: both or neither. */
static int counted(const struct look *l, const char *what, const void *item, unsigned count)
{
	if (!item == !count)
		return 0;
	return wrong(l, "%s: %s; accepted: the list and its length, or neither", what,
	    item ? "a list of length 0" : "a length without a list");
}

static int chosen(
    const struct look *l, const char *member, unsigned value, unsigned count, const char *accepted)
{
	return value < count ? 0 : wrong(l, "%s is %u; accepted: %s", member, value, accepted);
}

/* They end with a NULL, differ from each other, and leave names and lists parseable. */
static int words(const struct look *l, const char *member, const char *const *word, unsigned most)
{
	unsigned n = 0;

	for (; word && word[n] && n <= most; n++) {
		if (!is_name(word[n]))
			return wrong(l, "%s: '%.24s' is no word; accepted: " NAME_CHARACTERS,
			    member, word[n]);
		for (unsigned i = 0; i < n; i++)
			if (strcmp(word[i], word[n]) == 0)
				return wrong(l, "%s: '%.24s' is there twice; accepted: each once",
				    member, word[n]);
	}
	if (!n || n > most)
		return wrong(l, "%s: %s; accepted: 1 to %u words, up to a NULL", member,
		    n ? "too many" : "there are none", most);
	return 0;
}

/* ---- parameters ---- */

/* Those whose values the harness itself goes by. */
static int known_key(const struct look *l, const struct cb_param *p)
{
	static const struct {
		const char *key;
		enum cb_unit unit;
		int64_t least, most;
		const char *accepted;
	} known[] = {
	    {"model", CB_WORD, 0, 0, "CB_PARAM_MODEL, or another base of cb_model_words"},
	    {"workers", CB_COUNT, 1, 1000000, "CB_PARAM_WORKERS: CB_COUNT, 1 to 1000000"},
	    {"carriers", CB_COUNT, 1, 4096, "CB_PARAM_CARRIERS: CB_COUNT, 1 to 4096"},
	    {"place", CB_PLACE, 0, 0, "CB_PARAM_PLACE"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(p->key, known[i].key) != 0)
			continue;
		if (p->unit != known[i].unit || (i == 0 && p->words != cb_model_words) ||
		    (p->unit == CB_COUNT && (p->least < known[i].least || p->most > known[i].most)))
			return wrong(l, "the key means the same in every family; accepted: %s",
			    known[i].accepted);
	}
	return 0;
}

static int look_at_param(const struct look *l, const struct cb_param *p)
{
	char why[200];
	int ret;

	if (!is_name(p->key) || strcmp(p->key, CASE_FIGURE_KEY) == 0)
		return wrong(l, "key is missing or none; accepted: " NAME_CHARACTERS
				", and not " CASE_FIGURE_KEY);
	ret = texts(l, p, of_param);
	if (!ret)
		ret = chosen(l, "unit", p->unit, CB_PLACE + 1, "one of enum cb_unit");
	if (!ret && p->unit == CB_WORD)
		ret = words(l, "words", p->words, 1000);
	if (!ret)
		ret = known_key(l, p);
	if (ret)
		return ret;
	if (p->least > p->most)
		return wrong(l,
		    "least %" PRId64 " is above most %" PRId64
		    "; accepted: bounds with something in between",
		    p->least, p->most);
	return param_has_base(p, why, sizeof(why)) ? 0 : wrong(l, "base value of %s", why);
}

/* Is @key one of the words in @list? */
static bool is_among(const char *key, const char *list)
{
	const size_t len = strlen(key);

	for (const char *at = list; at && *at;) {
		const size_t n = strcspn(at, " ");

		if (n == len && strncmp(at, key, n) == 0)
			return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}

static int add_params(
    struct look *l, struct kind *k, const struct cb_param *p, unsigned n, const char *without)
{
	int ret = counted(l, "params", p, n);

	for (unsigned i = 0; !ret && i < n; i++) {
		look_at(l, "parameter", i, is_name(p[i].key) ? p[i].key : NULL);
		ret = look_at_param(l, &p[i]);
		if (ret || is_among(p[i].key, without))
			continue;
		if (kind_param(k, p[i].key, strlen(p[i].key)) >= 0)
			return wrong(l, "it is declared twice; accepted: each key once, the "
					"family's included");
		if (k->param_count == CASE_PARAMS_MAX)
			return wrong(l, "one too many; accepted: up to %d", CASE_PARAMS_MAX);
		k->param[k->param_count++] = &p[i];
	}
	l->part[0] = '\0';
	return ret;
}

/* A key that is unknown here must be known in the family. */
static int look_at_without(const struct look *l, const struct kind *k)
{
	const char *at = k->self->without ? k->self->without : "";

	for (at += strspn(at, " "); *at;) {
		const size_t n = strcspn(at, " ");
		unsigned i = 0;

		while (i < k->family->param_count &&
		       (strlen(k->family->params[i].key) != n ||
			   strncmp(k->family->params[i].key, at, n) != 0))
			i++;
		if (i == k->family->param_count)
			return wrong(l,
			    "without: '%.*s' is not a parameter of the family; accepted: its keys, "
			    "with blanks between them",
			    (int)(n < 32 ? n : 32), at);
		at += n + strspn(at + n, " ");
	}
	return 0;
}

/* ---- sweeps ---- */

/* "KEY=VALUES": of a parameter that there is. */
static int look_at_point(const struct look *l, const struct kind *k, const char *word)
{
	struct sweep_set set;
	struct param_value *value;
	size_t values;
	char why[200];
	int param, ret;

	if (sweep_set_parse(word, &set, why, sizeof(why)) != 0)
		return wrong(l, "%s", why);
	param = kind_param(k, set.key, set.key_len);
	if (param < 0)
		return wrong(l,
		    "'%.*s' is not one of its parameters; accepted: those of the family and its "
		    "own",
		    (int)set.key_len, set.key);
	ret = param_parse_list(
	    k->param[param], 1, NULL, set.values, &value, &values, why, sizeof(why));
	if (!ret)
		free(value);
	return !ret || ret == -ENOMEM ? ret : wrong(l, "%s", why);
}

static int look_at_sweeps(
    struct look *l, const struct kind *k, const struct cb_sweep *sweep, unsigned count)
{
	/* Without a list those of the family are taken, whatever the length is. */
	int ret = sweep ? counted(l, "sweeps", sweep, count) : 0;

	for (unsigned i = 0; !ret && sweep && i < count; i++) {
		const char *at = sweep[i].points ? sweep[i].points : "=";

		look_at(l, "sweep", i, NULL);
		ret = chosen(l, "from", sweep[i].from, CB_CHECK + 1, "one of enum cb_profile");
		while (!ret && *at) {
			const size_t n = strcspn(at, " ");
			char word[256];

			(void)snprintf(word, sizeof(word), "%.*s", (int)n, at);
			ret = look_at_point(l, k, word);
			at += n + strspn(at + n, " ");
		}
	}
	l->part[0] = '\0';
	return ret;
}

/* ---- figures ---- */

static int look_at_figure(const struct look *l, const struct cb_figure *f)
{
	struct metric_set set = {0};
	int ret;

	if (!f->metric || metric_add(&set, f->metric, 0) != 0)
		return wrong(l,
		    "metric is missing or no name; accepted: up to %d of " NAME_CHARACTERS " :",
		    METRIC_NAME_MAX - 1);
	ret = texts(l, f, of_figure);
	if (!ret)
		ret = chosen(l, "scale", f->scale, CB_OUTCOME + 1, "one of enum cb_scale");
	if (!ret)
		ret = chosen(l, "better", f->better, CB_NEITHER + 1, "one of enum cb_better");
	if (!ret && f->scale == CB_DIFFERENCE && !(f->worth > 0 && f->worth <= METRIC_ABS_MAX))
		ret = wrong(
		    l, "worth is %g; accepted: above 0, since it is a CB_DIFFERENCE", f->worth);
	if (!ret && f->scale == CB_OUTCOME) {
		size_t room = 0;

		ret = words(l, "outcomes", f->outcomes, RUN_OUTCOMES_MAX);
		for (unsigned i = 0; !ret && f->outcomes[i]; i++)
			room += strlen(f->outcomes[i]) + 1;
		if (room > ROOM(run_figure, outcomes))
			ret = wrong(l, "outcomes are too long; accepted: %zu characters in all",
			    ROOM(run_figure, outcomes) - 1);
	}
	return ret;
}

static int look_at_figures(struct look *l, const struct cb_figure *f, unsigned count)
{
	int ret = f ? counted(l, "figures", f, count) : 0;

	for (unsigned i = 0; !ret && f && i < count; i++) {
		look_at(l, "figure", i, f[i].metric);
		ret = look_at_figure(l, &f[i]);
		for (unsigned k = 0; !ret && k < i; k++)
			if (strcmp(f[k].metric, f[i].metric) == 0)
				ret = wrong(l, "it is declared twice; accepted: each metric once");
	}
	l->part[0] = '\0';
	return ret;
}

/* ---- workloads ---- */

static int look_at_companions(struct look *l, const struct cb_workload *w)
{
	int ret = counted(l, "companions", w->companions, w->companion_count);

	for (unsigned i = 0; !ret && i < w->companion_count; i++) {
		look_at(l, "companion", i, w->companions[i].role);
		ret = texts(l, &w->companions[i], of_companion);
		if (!ret && !w->companions[i].run == !w->companions[i].program)
			ret = wrong(l, "it has %s to do; accepted: run(), or program()",
			    w->companions[i].run ? "more than one thing" : "nothing");
	}
	l->part[0] = '\0';
	return ret;
}

/* Everything that the harness calls without asking is there. */
static int look_at_work(struct look *l, const char *member, const struct cb_workload *w)
{
	int ret;

	if (!w)
		return wrong(l, "%s is missing; accepted: a struct cb_workload", member);
	ret = texts(l, w, of_workload);
	if (ret)
		return ret;
	if (!w->batch == !w->once)
		return wrong(l, "%s has %s operation to do; accepted: batch(), or once()", member,
		    w->batch ? "more than one" : "no");
	if (w->batch && !w->check)
		return wrong(l, "%s is not checked; accepted: a check()", member);
	return look_at_companions(l, w);
}

/* ---- all of it ---- */

static int look_at_self(struct look *l, const struct cb_kind *k)
{
	int ret = texts(l, k, of_kind);

	if (!ret && (k->flags & ~(unsigned)(CB_REFERENCE | CB_BROKEN | CB_HIDDEN)))
		ret = wrong(l, "flags is %#x; accepted: those of enum cb_kind_flags", k->flags);
	if (!ret)
		ret = chosen(l, "from", k->from, CB_CHECK + 1, "one of enum cb_profile");
	if (!ret && (!k->models || k->models >> CB_MODEL_COUNT))
		ret = wrong(
		    l, "models is %#x; accepted: CB_CAN() of one model or several", k->models);
	if (!ret && (k->models & CB_CAN_ALL) != CB_CAN_ALL && !k->not_models)
		ret = wrong(l, "not_models is missing; accepted: why not under all models");
	if (!ret)
		ret = look_at_work(l, "work", k->work);
	if (!ret && (k->callback || (k->models & CB_CAN(CB_CALLBACK))))
		ret = look_at_work(l, "callback", k->callback);
	return ret;
}

/* Rows stand side by side by one of the parameters; lines need numbers. */
static int look_at_axis(const struct look *l, const struct kind *k, const char *axis)
{
	const int i = axis ? kind_param(k, axis, strlen(axis)) : 0;

	if (i < 0)
		return wrong(
		    l, "axis: '%s' is none of its parameters; accepted: one of them", axis);
	/* Names leave out its base value, and nothing can be drawn over what is not there. */
	if (axis && k->param[i]->sparse)
		return wrong(l,
		    "axis: names leave out the base value of '%s'; accepted: a parameter that "
		    "every "
		    "name has",
		    axis);
	if (axis && k->family->shape == CB_LINES && k->param[i]->unit >= CB_WORD)
		return wrong(
		    l, "axis: the values of '%s' are no numbers; accepted: a number", axis);
	return 0;
}

/* @key: of a chart's axis, NULL where there is none. */
static int look_at_key(const struct look *l, const struct kind *k, const char *member,
    const char *key, enum cb_unit unit)
{
	const int i = key ? kind_param(k, key, strlen(key)) : 0;

	if (key && (i < 0 || k->param[i]->unit != unit))
		return wrong(l, "%s: '%s' is none of its parameters in %s; accepted: one of them",
		    member, key, unit == CB_PERCENT ? "per cent" : "bytes");
	return 0;
}

static int list_families(const struct look *l)
{
	char list[300] = "";
	size_t used = 0;

	for (unsigned i = 0; cb_families[i] && used < sizeof(list); i++)
		used += (size_t)snprintf(
		    list + used, sizeof(list) - used, "%s%s", i ? ", " : "", cb_families[i]->name);
	return wrong(l, "no such family; accepted: %s", list);
}

/* The harness measures it, and needs workers for that. */
static int look_at_displaced(struct look *l, const struct kind *k)
{
	unsigned count;
	const struct cb_figure *f = kind_figures(k, &count);

	for (unsigned i = 0; i < count; i++) {
		if (strcmp(f[i].metric, METRIC_DISPLACED) != 0)
			continue;
		look_at(l, "figure", i, f[i].metric);
		if (f[i].scale != CB_RATIO || strcmp(f[i].unit, "ns") != 0)
			return wrong(
			    l, "the metric is the harness's; accepted: CB_FIGURE_DISPLACED()");
		if (!k->self->work->batch)
			return wrong(
			    l, "nobody works in a window; accepted: of a kind with batch()");
	}
	l->part[0] = '\0';
	return 0;
}

int declared_kind(struct kind *k, char *err, size_t err_len)
{
	const struct cb_kind *self = k->self;
	struct look l = {.kind = self, .err = err, .err_len = err_len};
	char why[160] = "";
	int ret;

	if (!is_name(self->name) || strlen(self->name) >= KIND_NAME_MAX)
		return wrong(&l, "name is missing or none; accepted: up to %d of " NAME_CHARACTERS,
		    KIND_NAME_MAX - 1);
	if (!k->family)
		return list_families(&l);
	ret = look_at_self(&l, self);
	if (!ret && k->family->accepts && k->family->accepts(self, why, sizeof(why)) != 0)
		ret = wrong(&l, "%s", why);
	if (!ret)
		ret = look_at_without(&l, k);
	if (!ret)
		ret = add_params(&l, k, k->family->params, k->family->param_count, self->without);
	if (!ret)
		ret = add_params(&l, k, self->params, self->param_count, NULL);
	if (!ret)
		ret = look_at_axis(&l, k, self->axis);
	if (!ret)
		ret = look_at_sweeps(&l, k, self->sweeps, self->sweep_count);
	if (!ret)
		ret = look_at_figures(&l, self->figures, self->figure_count);
	return ret ? ret : look_at_displaced(&l, k);
}

int declared_family(const struct cb_family *f, char *err, size_t err_len)
{
	const struct cb_kind all = {.family = f->name, .name = "*"};
	struct look l = {.kind = &all, .err = err, .err_len = err_len};
	struct kind k = {.family = f, .self = &all};
	int ret = texts(&l, f, of_family);

	if (!ret && (!is_name(f->name) || !is_name(f->plural)))
		ret = wrong(&l, "name or plural is none; accepted: " NAME_CHARACTERS);
	if (!ret)
		ret = chosen(&l, "shape", f->shape, CB_MATRIX + 1, "one of enum cb_shape");
	if (!ret)
		ret = chosen(
		    &l, "contenders", f->contenders, CB_MODELS + 1, "one of enum cb_contenders");
	if (!ret)
		ret = add_params(&l, &k, f->params, f->param_count, NULL);
	if (!ret)
		ret = look_at_axis(&l, &k, f->axis);
	if (!ret)
		ret = look_at_key(&l, &k, "load", f->load, CB_PERCENT);
	if (!ret)
		ret = look_at_key(&l, &k, "size", f->size, CB_BYTES);
	if (!ret)
		ret = look_at_sweeps(&l, &k, f->sweeps, f->sweep_count);
	return ret ? ret : look_at_figures(&l, f->figures, f->figure_count);
}
