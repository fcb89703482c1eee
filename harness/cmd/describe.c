#include "harness/cmd/describe.h"

#include "harness/base/text.h"
#include "harness/cell/run_window.h"
#include "harness/cmd/options.h"
#include "harness/work/declare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN 13
#define PARAM_COLUMN 16
#define PROFILES (CB_CHECK + 1)
/* What a kind may refuse: one more and one less than most take, and no power of two. */
#define SOME_COUNTS "1,2,3,4,16"
#define EVERY_PLACE "same,smt,compact,scatter,llc,cross,none"
/* Values of a parameter in a profile; more are not shown. */
#define VALUES 64
#define WHY_MAX (REASON_MAX + 16)

struct description {
	FILE *to;
	unsigned width;
	const struct catalogue_here *here;
	const struct kind *k;
	struct bench_case base;
	struct case_list cases[PROFILES]; /* of the kind; none where the profile leaves it out */
};

/* ---- rows ---- */

/* @label: "" goes on with the row before. */
__attribute__((format(printf, 3, 4))) static void row(
    const struct description *d, const char *label, const char *format, ...)
{
	char *text = NULL, head[32];
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	(void)snprintf(head, sizeof(head), "%s%s", label, label[0] ? ":" : "");
	if (text)
		options_row(d->to, 0, head, COLUMN, text, d->width);
	free(text);
}

static void say_fact(void *to, const char *what, const char *text)
{
	row(to, what, "%s", text);
}

static void say_models(const struct description *d)
{
	const struct cb_kind *self = d->k->self;
	char can[64] = "";

	for (unsigned m = 0; m < CB_MODEL_COUNT; m++)
		if (self->models & CB_CAN(m))
			(void)snprintf(can + strlen(can), sizeof(can) - strlen(can), "%s%s",
			    can[0] ? ", " : "", cb_model_name((enum cb_model)m));
	row(d, "models", "%s", can);
	for (unsigned m = 0; m < CB_MODEL_COUNT; m++)
		if (!(self->models & CB_CAN(m)))
			row(d, "", "not %s: %s", cb_model_name((enum cb_model)m),
			    m == CB_CALLBACK ? "it has no hand-written callbacks"
					     : self->not_models);
}

static void say_figures(const struct description *d)
{
	static const char *const better[] = {[CB_LESS] = "less is better",
	    [CB_MORE] = "more is better",
	    [CB_NEITHER] = "neither is better"};
	static const char *const scales[] = {[CB_RATIO] = "",
	    [CB_DIFFERENCE] = "; a difference, which may be 0 or below",
	    [CB_SHARE] = "; a share, 0 to 1",
	    [CB_OUTCOME] = "; how a trial ended, the share of the first word"};
	const bool windows = d->k->self->work->batch != NULL;
	unsigned count;
	const struct cb_figure *f = kind_figures(d->k, &count);

	for (unsigned i = 0; i < count; i++)
		row(d, i ? "" : "figure", "%s, %s%s%s%s; %s%s", f[i].metric, f[i].title,
		    f[i].unit[0] ? ", in " : "", f[i].unit,
		    windows && strcmp(f[i].metric, METRIC_NS_PER_OP) == 0
			? ": the window's length over the operations of all workers in it"
		    : strcmp(f[i].metric, METRIC_DISPLACED) == 0
			? ": what a task at SCHED_IDLE on their PUs loses while they work, beyond "
			  "what it loses while they are parked; in a process of its own"
			: "",
		    better[f[i].better], scales[f[i].scale]);
}

/* ---- what it cannot do ---- */

/* The values of one parameter that are worth a try, one at a time. Return: 0; -errno. */
static int probes(
    const struct description *d, const struct cb_param *p, struct param_value **out, size_t *count)
{
	char text[400] = "", err[200];

	if (p->unit == CB_WORD)
		for (const char *const *w = p->words; *w; w++)
			(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			    text[0] ? "," : "", *w);
	else if (p->unit == CB_PLACE)
		(void)snprintf(text, sizeof(text), EVERY_PLACE);
	else if (p->unit == CB_COUNT && p->least <= 1 && p->most >= 16)
		(void)snprintf(text, sizeof(text), SOME_COUNTS ",%" PRId64, p->most);
	else
		(void)snprintf(text, sizeof(text), "%" PRId64 ",%" PRId64, p->least, p->most);
	return param_parse_list(
	    p, d->here->host.pus, d->here->host.topology, text, out, count, err, sizeof(err));
}

/* Why not with this value: "" when it can be, or when the base case cannot either. */
static void refusal(const struct description *d, unsigned param, const struct param_value *value,
    struct bench_case *bc, char why[WHY_MAX])
{
	struct param_value all[CASE_PARAMS_MAX];
	char text[PLACEMENT_TEXT_MAX + 2];
	const char *reason = bc->unsupported;

	memcpy(all, d->base.value, sizeof(all));
	all[param] = *value;
	if (case_build(d->k, &d->here->host, all, bc) != 0 || !reason[0] ||
	    strcmp(reason, d->base.unsupported) == 0)
		return;
	/* "smt: no core has two usable PUs" begins with what stands before it. */
	(void)param_format(d->k->param[param], value, text, sizeof(text) - 2);
	(void)strcat(text, ": ");
	if (strncmp(reason, text, strlen(text)) == 0)
		reason += strlen(text);
	(void)snprintf(why, WHY_MAX, "%s: %s", bc->declined ? "never" : "not here", reason);
}

/* What values of this parameter are refused for, all else being the base case's. Those of one
 * reason stand together. Return: 0; -ENOMEM. */
static int say_refused(const struct description *d, unsigned param, bool *any)
{
	const struct cb_param *p = d->k->param[param];
	struct bench_case *bc = malloc(sizeof(*bc));
	struct param_value *value = NULL;
	char(*why)[WHY_MAX] = NULL;
	size_t count = 0;
	int ret = bc ? probes(d, p, &value, &count) : -ENOMEM;

	if (!ret && (why = calloc(count + 1, sizeof(*why))) == NULL)
		ret = -ENOMEM;
	for (size_t i = 0; !ret && i < count; i++)
		refusal(d, param, &value[i], bc, why[i]);
	for (size_t i = 0; !ret && i < count; i++) {
		char values[200] = "", one[PLACEMENT_TEXT_MAX];

		if (!why[i][0])
			continue;
		for (size_t k = i; k < count; k++) {
			if (strcmp(why[k], why[i]) != 0)
				continue;
			(void)snprintf(values + strlen(values), sizeof(values) - strlen(values),
			    "%s%s", k > i ? "," : "", param_format(p, &value[k], one, sizeof(one)));
			if (k > i)
				why[k][0] = '\0';
		}
		row(d, *any ? "" : "limits", "%s:%s %s", p->key, values, why[i]);
		*any = true;
	}
	free(why);
	free(value);
	free(bc);
	return ret == -ENOMEM ? ret : 0;
}

static int say_limits(const struct description *d)
{
	bool any = d->base.unsupported[0] != '\0';
	int ret = 0;

	if (any)
		row(d, "limits", "its base case cannot run here: %s", d->base.unsupported);
	for (unsigned i = 0; !ret && i < d->k->param_count; i++)
		if (strcmp(d->k->param[i]->key, "model") != 0)
			ret = say_refused(d, i, &any);
	return ret;
}

/* ---- parameters, and who lists it ---- */

static void say_profiles(const struct description *d)
{
	char text[200] = "";

	for (unsigned p = 0; p < PROFILES; p++)
		if (d->cases[p].count)
			(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			    "%s%s (%zu case%s)", text[0] ? ", " : "",
			    profile_name((enum cb_profile)p), d->cases[p].count,
			    d->cases[p].count == 1 ? "" : "s");
	row(d, "profiles", "%s", text[0] ? text : "none lists it: it is run when it is named");
}

static int compare_values(const void *left, const void *right)
{
	const struct param_value *x = left, *y = right;

	if (x->text && y->text)
		return strcmp(x->text, y->text);
	return (x->n > y->n) - (x->n < y->n);
}

/* The values that a profile's cases have. Return: how many, in @out in their order. */
static size_t values_of(
    const struct description *d, unsigned param, unsigned profile, struct param_value out[VALUES])
{
	const struct case_list *cases = &d->cases[profile];
	size_t n = 0;

	for (size_t i = 0; i < cases->count; i++) {
		const struct param_value *v = &cases->item[i].value[param];
		size_t at = 0;

		while (at < n && !param_same(d->k->param[param], &out[at], v))
			at++;
		if (at == n && n < VALUES && case_applies(&cases->item[i], param))
			out[n++] = *v;
	}
	qsort(out, n, sizeof(*out), compare_values);
	return n;
}

/* "quick: 0, 100; full: ..." where they differ at all: what is the same in all of them says
 * nothing. */
static void say_values(const struct description *d, unsigned param)
{
	const struct cb_param *p = d->k->param[param];
	struct param_value value[VALUES], first;
	struct text_buffer out = {0};
	char text[PLACEMENT_TEXT_MAX];
	bool differ = false;

	for (unsigned profile = 0; profile < PROFILES; profile++) {
		const size_t n = values_of(d, param, profile, value);

		for (size_t i = 0; i < n; i++) {
			if (!out.len)
				first = value[0];
			differ |= !param_same(p, &first, &value[i]);
			text_buffer_addf(&out, "%s%s%s%s",
			    i         ? ", "
			    : out.len ? "; "
				      : "",
			    i ? "" : profile_name((enum cb_profile)profile), i ? "" : ": ",
			    param_format(p, &value[i], text, sizeof(text)));
		}
	}
	if (differ)
		options_row(d->to, 2, "", PARAM_COLUMN, text_buffer_str(&out), d->width);
	text_buffer_free(&out);
}

static void say_param(const struct description *d, unsigned param)
{
	const struct cb_param *p = d->k->param[param];
	char least[PARAM_SPELL_LEN], most[PARAM_SPELL_LEN];
	struct text_buffer text = {0};

	text_buffer_addf(&text, "%s; ", p->about);
	if (p->unit == CB_WORD)
		for (const char *const *w = p->words; *w; w++)
			text_buffer_addf(&text, "%s%s", w == p->words ? "" : ", ", *w);
	else if (p->unit == CB_PLACE)
		text_buffer_add(&text, EVERY_PLACE ", list:0,2-3 or pair:0-1");
	else
		text_buffer_addf(&text, "%s to %s", param_spell(p, p->least, least, sizeof(least)),
		    param_spell(p, p->most, most, sizeof(most)));
	text_buffer_addf(&text, "; default %s%s", case_base_text(d->k, param),
	    p->sparse ? ", which names leave out" : "");
	options_row(d->to, 2, p->key, PARAM_COLUMN, text_buffer_str(&text), d->width);
	text_buffer_free(&text);
	say_values(d, param);
}

/* ---- windows ---- */

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

/* How a case and those that go by it came to their window. */
static void say_window(const struct description *d, const char *label, const char *whose,
    uint64_t first_ns, const struct window_known *known)
{
	char shorter[TEXT_FORMAT_MAX], longer[TEXT_FORMAT_MAX];
	unsigned figures;
	const struct run_figure f = declare_figure(kind_figures(d->k, &figures));
	const struct run_window *w = known ? &known->seen : NULL;

	if (!known) {
		row(d, label, "%s, from %g ms: not yet found out", whose, ms(first_ns));
		return;
	}
	row(d, label,
	    "%s, from %g ms: %g ms, found by run %s: %s in windows of %g ms, %s in %g ms, which is "
	    "%.2f times (%.2f to %.2f), in %u launches of %s; %s",
	    whose, ms(first_ns), ms(known->window_ns), known->run[0] ? known->run : "(not known)",
	    run_figure_format(&f, w->shorter, shorter, sizeof(shorter)), ms(w->shorter_ns),
	    run_figure_format(&f, w->longer, longer, sizeof(longer)), ms(w->longer_ns),
	    w->ratio.estimate, w->ratio.low, w->ratio.high, w->launches, w->of,
	    w->how == WINDOW_SENSITIVE ? RUN_WINDOW_CLAUSE : "the two say the same");
}

/* "thread,process scatter together" of a group's text. */
static void whose_window(const struct bench_case *bc, char out[CASE_WINDOW_GROUP_MAX])
{
	char group[CASE_WINDOW_GROUP_MAX];
	const char *at;

	case_window_group(bc, group);
	at = strchr(group, ' ');
	at = at ? strchr(at + 1, ' ') : NULL;
	(void)snprintf(out, CASE_WINDOW_GROUP_MAX, "%s", at ? at + 1 : group);
	if (strstr(out, " first:"))
		*strstr(out, " first:") = '\0';
}

/* Once for each group of cases that go by one. */
static int say_windows(const struct description *d, const struct windows *windows)
{
	const struct case_list *all = &d->cases[CB_FULL];
	char whose[CASE_WINDOW_GROUP_MAX];
	struct windows said = {0};
	bool any = false;
	int ret = 0;

	for (size_t i = 0; !ret && i <= all->count; i++) {
		const struct bench_case *bc = i ? &all->item[i - 1] : &d->base;
		struct window_known group = {.window_ns = bc->window_ns};

		case_window_group(bc, group.group);
		if (!bc->window_ns || windows_find(&said, group.group))
			continue;
		ret = windows_note(&said, &group);
		whose_window(bc, whose);
		say_window(d, any ? "" : "windows", whose, bc->window_ns,
		    windows_find(windows, group.group));
		any = true;
	}
	if (!any)
		row(d, "windows", "none: a trial takes as long as it takes");
	windows_free(&said);
	return ret;
}

static void say_one_window(
    const struct description *d, const struct windows *windows, const struct bench_case *bc)
{
	if (bc->window_ns)
		say_window(
		    d, "window", "of this case", bc->window_ns, run_window_known(windows, bc));
	else
		row(d, "window", "none: a trial takes as long as it takes");
}

/* ---- all of it ---- */

/* The cases that each profile has of it. Return: 0; -ENOMEM. */
static int take_cases(struct description *d)
{
	int ret = 0;

	for (unsigned p = 0; ret != -ENOMEM && p < PROFILES; p++) {
		const struct sweep_request q = {
		    .profile = (enum cb_profile)p, .family = d->k->family, .kind = d->k->name};
		char err[400];

		if (kind_listed(d->k) && (p == CB_CHECK || d->k->module || d->k->self->from <= p))
			ret = sweep_cases(
			    &d->here->registry, &d->here->host, &q, &d->cases[p], err, sizeof(err));
	}
	return ret == -ENOMEM ? ret : 0;
}

static int say_all(
    struct description *d, const struct windows *windows, const struct bench_case *bc)
{
	const struct cb_kind *self = d->k->self;
	const struct cb_workload *work = self->work;
	char name[2 * KIND_NAME_MAX];
	int ret;

	(void)snprintf(name, sizeof(name), "%s/%s", d->k->family->name, d->k->name);
	options_row(d->to, 0, name, COLUMN, self->about, d->width);
	row(d, "question", "%s", d->k->family->question);
	row(d, "operation", "%s%s", work->op,
	    self->flags & CB_REFERENCE ? " (a reference: drawn beside the others, never a winner)"
				       : "");
	if (work->timed)
		row(d, "timed", "%s", work->timed);
	say_figures(d);
	if (work->latency_of)
		row(d, "latency", "%s", work->latency_of);
	row(d, "checked", "after every %s: %s; otherwise there is no figure",
	    work->batch ? "window" : "trial",
	    work->checked ? work->checked
	    : work->check ? "by its own account, which does not say what"
			  : "that it ended");
	for (unsigned i = 0; i < work->companion_count; i++)
		row(d, i ? "" : "beside it", "%s, a process of its own", work->companions[i].role);
	say_models(d);
	if (d->k->family->facts)
		d->k->family->facts(&d->base.pub, say_fact, d);
	ret = say_limits(d);
	say_profiles(d);
	row(d, "source", "%s", self->source ? self->source : "concbench");
	if (d->k->module)
		row(d, "loaded from", "%s", d->k->module);
	if (bc)
		say_one_window(d, windows, bc);
	else if (!ret)
		ret = say_windows(d, windows);
	(void)fprintf(d->to, "\nparameters (--set KEY=VALUE[,VALUE...]):\n");
	for (unsigned i = 0; i < d->k->param_count; i++)
		say_param(d, i);
	(void)fprintf(d->to, "\nbase case:\n  concbench run '%s'\n", d->base.name);
	return ret;
}

int describe_kind(FILE *to, const struct catalogue_here *here, const struct kind *k,
    const struct windows *windows, const struct bench_case *bc, unsigned width)
{
	struct description *d = calloc(1, sizeof(*d));
	struct param_value base[CASE_PARAMS_MAX];
	char err[200];
	int ret;

	if (!d)
		return -ENOMEM;
	*d = (struct description){.to = to, .width = width, .here = here, .k = k};
	ret = take_cases(d);
	/* What it declares was looked at when it was listed. */
	if (!ret)
		ret = case_base(k, &here->host, base, err, sizeof(err));
	if (!ret)
		ret = case_build(k, &here->host, base, &d->base);
	if (!ret)
		ret = say_all(d, windows, bc);
	for (unsigned p = 0; p < PROFILES; p++)
		case_list_free(&d->cases[p]);
	free(d);
	return ret;
}

void describe_family(
    FILE *to, const struct catalogue_here *here, const struct cb_family *f, unsigned width)
{
	(void)fprintf(to, "%s - %s\n%s\n\nkinds:\n", f->plural, f->title, f->question);
	for (size_t i = 0; i < here->registry.count; i++) {
		const struct kind *k = &here->registry.item[i];

		if (k->family == f && kind_listed(k))
			options_row(to, 2, k->name, 20, k->self->about, width);
	}
	(void)fprintf(
	    to, "\nparameters (concbench run %s --set KEY=VALUE[,VALUE...]):\n", f->plural);
	for (unsigned i = 0; i < f->param_count; i++)
		options_row(to, 2, f->params[i].key, PARAM_COLUMN, f->params[i].about, width);
	(void)fprintf(to, "\nconcbench describe %s/KIND tells more.\n", f->name);
}
