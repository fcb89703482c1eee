#include "harness/work/registry.h"

#include "harness/base/grow.h"
#include "harness/work/declared.h"
#include "harness/work/param.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The section that CB_REGISTER() fills; empty if nothing is registered. */
extern const struct cb_kind *const __start_cb_kinds[] __attribute__((weak));
extern const struct cb_kind *const __stop_cb_kinds[] __attribute__((weak));

/* Kinds that misbehave on purpose, for the tests of the harness. */
#define HIDDEN_WANTED "CONCBENCH_SELFTEST"

static const struct cb_figure time_figure = {
    "ns_per_op", "time per operation", "ns", CB_RATIO, CB_LESS, 0.0, NULL};

static int fill(struct kind *k, const char *prefix, const char *module, char *err, size_t err_len)
{
	const struct cb_kind *self = k->self;
	const int n = snprintf(k->name, sizeof(k->name), "%s%s%s", prefix, prefix[0] ? "." : "",
	    self->name ? self->name : "");

	if (self->family)
		k->family = registry_family(self->family, strlen(self->family));
	k->module = module;
	if (prefix[0] && n >= (int)sizeof(k->name))
		return declared_wrong(self, err, err_len,
		    "prefix and name are too long; accepted: %d characters in all",
		    KIND_NAME_MAX - 2);
	return declared_kind(k, err, err_len);
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
		(void)declared_wrong(b->self, err, err_len,
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
	if (grow(&r->item, r->count + 1, &r->capacity, sizeof(*k)))
		return -ENOMEM;
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
		struct kind k = {.self = *at, .apart = module && !r->only};

		if (!k.self || !wants(r, prefix, k.self->name))
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
		ret = declared_family(cb_families[i], err, err_len);
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
		if (*at && strcmp((*at)->family, family) == 0 && strcmp((*at)->name, name) == 0)
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
