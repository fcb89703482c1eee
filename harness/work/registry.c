#include "harness/work/registry.h"

#include "harness/work/param.h"
#include "harness/work/sweep.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What CB_REGISTER() has put together; empty where nothing is registered. */
extern const struct cb_kind *const __start_cb_kinds[] __attribute__((weak));
extern const struct cb_kind *const __stop_cb_kinds[] __attribute__((weak));

/* Kinds that misbehave on purpose, for the tests of the harness. */
#define HIDDEN_WANTED "CONCBENCH_SELFTEST"

static const struct cb_figure time_figure = {
    "ns_per_op", "time per operation", "ns", CB_RATIO, CB_LESS, 0.0, NULL};

/* One line about a kind. Return: -EINVAL. */
__attribute__((format(printf, 4, 5))) static int wrong(
    const struct cb_kind *k, char *err, size_t err_len, const char *format, ...)
{
	const int n = snprintf(
	    err, err_len, "kind %s/%s: ", k->family ? k->family : "?", k->name ? k->name : "?");
	va_list args;

	va_start(args, format);
	if (n > 0 && (size_t)n < err_len)
		(void)vsnprintf(err + n, err_len - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}

static bool is_name(const char *text)
{
	if (!text || !text[0])
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '_' && *text != '.' && *text != '-')
			return false;
	return true;
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

static int add_params(struct kind *k, const struct cb_param *p, unsigned n, const char *without,
    char *err, size_t err_len)
{
	char why[200];

	for (unsigned i = 0; i < n; i++) {
		if (!is_name(p[i].key) || !p[i].base || !p[i].about ||
		    (p[i].unit == CB_WORD && !p[i].words))
			return wrong(k->self, err, err_len,
			    "parameter %u lacks a key, a base value, a meaning or its words",
			    i + 1);
		if (is_among(p[i].key, without))
			continue;
		if (kind_param(k, p[i].key, strlen(p[i].key)) >= 0)
			return wrong(
			    k->self, err, err_len, "parameter '%s' is declared twice", p[i].key);
		if (k->param_count == CASE_PARAMS_MAX)
			return wrong(
			    k->self, err, err_len, "more than %d parameters", CASE_PARAMS_MAX);
		if (!param_has_base(&p[i], why, sizeof(why)))
			return wrong(k->self, err, err_len, "base value of %s", why);
		k->param[k->param_count++] = &p[i];
	}
	return 0;
}

/* Every point of every sweep is a value of a parameter that there is. */
static int check_sweeps(
    const struct kind *k, const struct cb_sweep *sweep, unsigned count, char *err, size_t err_len)
{
	for (unsigned i = 0; sweep && i < count; i++) {
		const char *at = sweep[i].points ? sweep[i].points : "=";
		char why[200];

		while (*at) {
			const size_t n = strcspn(at, " ");
			char word[256];
			struct sweep_set set;
			struct param_value *value;
			size_t values;
			int param, ret;

			(void)snprintf(word, sizeof(word), "%.*s", (int)n, at);
			at += n + strspn(at + n, " ");
			ret = sweep_set_parse(word, &set, why, sizeof(why));
			if (ret)
				return wrong(k->self, err, err_len, "sweep %u: %s", i + 1, why);
			param = kind_param(k, set.key, set.key_len);
			if (param < 0)
				return wrong(k->self, err, err_len,
				    "sweep %u: '%.*s' is none of its parameters", i + 1,
				    (int)set.key_len, set.key);
			ret = param_parse_list(
			    k->param[param], 1, set.values, &value, &values, why, sizeof(why));
			if (ret == -ENOMEM)
				return ret;
			if (ret)
				return wrong(k->self, err, err_len, "sweep %u: %s", i + 1, why);
			free(value);
		}
	}
	return 0;
}

/* Everything that the harness calls without asking is there. */
static int check_functions(const struct cb_kind *k, char *err, size_t err_len)
{
	const struct cb_workload *w = k->work;

	if (!k->about)
		return wrong(k, err, err_len, "it says nothing about itself");
	if (!k->models)
		return wrong(k, err, err_len, "it claims no execution model");
	if ((k->models & CB_CAN_ALL) != CB_CAN_ALL && !k->not_models)
		return wrong(k, err, err_len, "it does not say why not under all models");
	if (!w || !w->op || (!w->batch && !w->once))
		return wrong(k, err, err_len, "no workload, or one without an operation to do");
	if (w->batch && !w->check)
		return wrong(k, err, err_len, "its work is not checked: no check()");
	if ((k->models & CB_CAN(CB_CALLBACK)) && !k->callback)
		return wrong(k, err, err_len, "it claims callbacks and has no workload for them");
	return 0;
}

static int fill(struct kind *k, const char *prefix, const char *module, char *err, size_t err_len)
{
	const struct cb_kind *self = k->self;
	char why[160] = "";
	int ret;

	if (!is_name(self->name))
		return wrong(
		    self, err, err_len, "no name, or one that is not of letters, digits, _ . -");
	if (self->family)
		k->family = registry_family(self->family, strlen(self->family));
	if (!k->family)
		return wrong(self, err, err_len, "no such family");
	if (snprintf(k->name, sizeof(k->name), "%s%s%s", prefix, prefix[0] ? "." : "",
		self->name) >= (int)sizeof(k->name))
		return wrong(self, err, err_len, "its name is longer than %d", KIND_NAME_MAX - 1);
	k->module = module;
	ret = check_functions(self, err, err_len);
	if (!ret && k->family->accepts && k->family->accepts(self, why, sizeof(why)) != 0)
		ret = wrong(self, err, err_len, "%s", why);
	if (!ret)
		ret = add_params(
		    k, k->family->params, k->family->param_count, self->without, err, err_len);
	if (!ret)
		ret = add_params(k, self->params, self->param_count, NULL, err, err_len);
	return ret ? ret : check_sweeps(k, self->sweeps, self->sweep_count, err, err_len);
}

/* What a family gives to all its kinds, looked at once. */
static int check_family(const struct cb_family *f, char *err, size_t err_len)
{
	const struct cb_kind all = {.family = f->name, .name = "*"};
	struct kind k = {.family = f, .self = &all};
	const int ret = add_params(&k, f->params, f->param_count, NULL, err, err_len);

	return ret ? ret : check_sweeps(&k, f->sweeps, f->sweep_count, err, err_len);
}

static unsigned rank(const struct cb_family *family)
{
	unsigned i = 0;

	while (cb_families[i] && cb_families[i] != family)
		i++;
	return i;
}

/* By family, in the families' order; ours before those loaded; references first; by name. The
 * linker's order would be another one with each compiler. */
static int compare(const void *left, const void *right)
{
	const struct kind *a = left, *b = right;
	const bool a_first = a->self->flags & CB_REFERENCE, b_first = b->self->flags & CB_REFERENCE;

	if (rank(a->family) != rank(b->family))
		return rank(a->family) < rank(b->family) ? -1 : 1;
	if (!a->module != !b->module)
		return a->module ? 1 : -1;
	if (a_first != b_first)
		return a_first ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int compare_names(const void *left, const void *right, void *registry)
{
	const size_t x = *(const size_t *)left, y = *(const size_t *)right;
	const struct registry *r = registry;
	const struct kind *a = &r->item[x], *b = &r->item[y];
	int order = strcmp(a->family->name, b->family->name);

	if (!order)
		order = strcmp(a->name, b->name);
	/* Of two of one name the earlier is first. */
	return order ? order : (x > y) - (x < y);
}

static int index_names(struct registry *r)
{
	size_t *grown = reallocarray(r->by_name, r->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	r->by_name = grown;
	for (size_t i = 0; i < r->count; i++)
		grown[i] = i;
	qsort_r(grown, r->count, sizeof(*grown), compare_names, r);
	return 0;
}

/* Two kinds of a name: the later is refused. */
static int check_names(const struct registry *r, char *err, size_t err_len)
{
	for (size_t i = 1; i < r->count; i++) {
		const struct kind *a = &r->item[r->by_name[i - 1]], *b = &r->item[r->by_name[i]];

		if (a->family != b->family || strcmp(a->name, b->name) != 0)
			continue;
		(void)wrong(b->self, err, err_len,
		    "there is one of this name already%s%s; "
		    "PREFIX=FILE puts a file's kinds under a prefix",
		    a->module ? ", of " : "", a->module ? a->module : "");
		return -EEXIST;
	}
	return 0;
}

static bool wants(const struct registry *r, const char *prefix, const char *name)
{
	const char *at = r->only ? strchr(r->only, '/') : NULL;
	const size_t skip = strlen(prefix);

	if (!at)
		return !r->only;
	at++;
	if (skip && (strncmp(at, prefix, skip) != 0 || at[skip] != '.'))
		return false;
	at += skip ? skip + 1 : 0;
	return name && strncmp(at, name, strlen(name)) == 0 && strchr("/", at[strlen(name)]);
}

static int append(struct registry *r, const struct kind *k)
{
	if (r->count == r->capacity) {
		const size_t capacity = r->capacity ? r->capacity * 2 : 64;
		struct kind *grown = reallocarray(r->item, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->item = grown;
		r->capacity = capacity;
	}
	r->item[r->count++] = *k;
	return 0;
}

int registry_add(struct registry *r, const struct cb_kind *const *first,
    const struct cb_kind *const *end, const char *prefix, const char *module, char *err,
    size_t err_len)
{
	const size_t before = r->count;
	int ret = 0;

	for (const struct cb_kind *const *at = first; !ret && at < end; at++) {
		struct kind k = {.self = *at};

		if (!wants(r, prefix, k.self->name))
			continue;
		ret = fill(&k, prefix, module, err, err_len);
		if (!ret)
			ret = append(r, &k);
	}
	if (!ret)
		ret = index_names(r);
	if (!ret)
		ret = check_names(r, err, err_len);
	if (ret)
		r->count = before;
	else if (r->count)
		qsort(r->item, r->count, sizeof(*r->item), compare);
	/* There is room for as many as there were. */
	if (r->by_name)
		(void)index_names(r);
	return ret;
}

int registry_create_for(struct registry *r, const char *name, char *err, size_t err_len)
{
	int ret = 0;

	memset(r, 0, sizeof(*r));
	r->only = name;
	for (unsigned i = 0; !name && !ret && cb_families[i]; i++)
		ret = check_family(cb_families[i], err, err_len);
	if (!ret)
		ret = registry_add(r, __start_cb_kinds, __stop_cb_kinds, "", NULL, err, err_len);
	if (ret)
		registry_free(r);
	return ret;
}

int registry_create(struct registry *r, char *err, size_t err_len)
{
	return registry_create_for(r, NULL, err, err_len);
}

const struct cb_kind *cb_kind_find(const char *family, const char *name)
{
	for (const struct cb_kind *const *at = __start_cb_kinds; at < __stop_cb_kinds; at++)
		if (strcmp((*at)->family, family) == 0 && strcmp((*at)->name, name) == 0)
			return *at;
	return NULL;
}

void registry_free(struct registry *r)
{
	free(r->item);
	free(r->by_name);
	memset(r, 0, sizeof(*r));
}

static bool same(const char *text, const char *name, size_t len)
{
	return strlen(text) == len && strncmp(text, name, len) == 0;
}

/* As strcmp() of a text and one that has a length. */
static int compare_text(const char *text, const char *name, size_t len)
{
	const int order = strncmp(text, name, len);

	return order ? order : text[len] != '\0';
}

const struct kind *registry_find(const struct registry *r, const char *family, size_t family_len,
    const char *name, size_t name_len)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct kind *k = &r->item[r->by_name[middle]];
		int order = compare_text(k->family->name, family, family_len);

		if (!order)
			order = compare_text(k->name, name, name_len);
		if (!order)
			return k;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct cb_family *registry_family(const char *name, size_t len)
{
	for (unsigned i = 0; cb_families[i]; i++)
		if (same(cb_families[i]->name, name, len) ||
		    same(cb_families[i]->plural, name, len))
			return cb_families[i];
	return NULL;
}

int kind_param(const struct kind *k, const char *key, size_t len)
{
	for (unsigned i = 0; i < k->param_count; i++)
		if (param_is(k->param[i], key, len))
			return (int)i;
	return -1;
}

const struct cb_figure *kind_figures(const struct kind *k, unsigned *count)
{
	if (k->self->figures) {
		*count = k->self->figure_count;
		return k->self->figures;
	}
	if (k->family->figures) {
		*count = k->family->figure_count;
		return k->family->figures;
	}
	*count = 1;
	return &time_figure;
}

bool kind_listed(const struct kind *k)
{
	return !(k->self->flags & CB_BROKEN) &&
	       (!(k->self->flags & CB_HIDDEN) || getenv(HIDDEN_WANTED));
}
