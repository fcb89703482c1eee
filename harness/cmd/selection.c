#include "harness/cmd/selection.h"

#include "harness/base/hash.h"
#include "harness/run/case_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const profile_names[] = {
    [CB_SMOKE] = "smoke", [CB_QUICK] = "quick", [CB_FULL] = "full", [CB_CHECK] = "check"};

const char *profile_name(enum cb_profile p)
{
	return profile_names[p];
}

int profile_from_name(const char *name, enum cb_profile *out)
{
	for (size_t i = 0; i < sizeof(profile_names) / sizeof(profile_names[0]); i++) {
		if (strcmp(profile_names[i], name) == 0) {
			*out = (enum cb_profile)i;
			return 0;
		}
	}
	return -EINVAL;
}

int catalogue_here_open(struct catalogue_here *c, const struct topology *topo,
    const struct selection *s, char *err, size_t err_len)
{
	int ret;

	memset(c, 0, sizeof(*c));
	host_describe(&c->host, topo);
	(void)snprintf(err, err_len, "out of memory");
	ret = registry_create_for(&c->registry, s->only, err, err_len);
	for (size_t i = 0; !ret && i < s->load_count; i++) {
		char why[512];

		ret = module_list_open(&c->modules, &c->registry, s->loads[i],
		    s->build_ids ? s->build_ids[i] : NULL, why, sizeof(why));
		if (ret)
			(void)snprintf(err, err_len, "--load: %s", why);
	}
	if (ret)
		catalogue_here_close(c);
	return ret;
}

void catalogue_here_close(struct catalogue_here *c)
{
	module_list_close(&c->modules);
	registry_free(&c->registry);
}

/* "hold" and "hold_ns" are one. */
static bool same_key(const struct sweep_set *a, const struct sweep_set *b)
{
	const size_t n = a->key_len < b->key_len ? a->key_len : b->key_len;

	return strncmp(a->key, b->key, n) == 0 && (a->key_len == n || a->key[n] == '_') &&
	       (b->key_len == n || b->key[n] == '_');
}

static int parse_sets(const struct selection *s, struct sweep_set **out, char *err, size_t err_len)
{
	struct sweep_set *set = calloc(s->set_count + 1, sizeof(*set));
	char why[256];
	int ret = set ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < s->set_count; i++) {
		ret = sweep_set_parse(s->sets[i], &set[i], why, sizeof(why));
		if (ret)
			(void)snprintf(err, err_len, "--set: %s", why);
		for (size_t k = 0; !ret && k < i; k++) {
			if (!same_key(&set[k], &set[i]))
				continue;
			(void)snprintf(err, err_len,
			    "--set: '%s' is the second of %.*s; accepted: all values in one, V,V",
			    s->sets[i], (int)set[i].key_len, set[i].key);
			ret = -EINVAL;
		}
	}
	if (ret)
		free(set);
	else
		*out = set;
	return ret;
}

static int sweep(const struct catalogue_here *c, const struct sweep_request *q,
    struct case_list *out, char *err, size_t err_len)
{
	char why[400];
	const int ret = sweep_cases(&c->registry, &c->host, q, out, why, sizeof(why));

	if (ret)
		(void)snprintf(err, err_len, "%s%s", q->sets ? "--set: " : "", why);
	return ret;
}

/* A family, "family/kind", or a case by its name. @figure: of a case. */
static int select_name(const struct catalogue_here *c, const char *name,
    const struct sweep_request *base, struct case_list *out, int *figure, char *err, size_t err_len)
{
	const size_t family_len = strcspn(name, "/");
	const char *slash = strchr(name, '/');
	struct sweep_request q = *base;
	struct bench_case *bc;
	char why[400];
	int ret;

	*figure = -1;
	q.family = registry_family(name, family_len);
	if (q.family && !slash) {
		q.every_kind = q.profile >= CB_QUICK;
		return sweep(c, &q, out, err, err_len);
	}
	if (q.family && !strchr(slash + 1, '/')) {
		const struct kind *k = registry_find(&c->registry, q.family->name,
		    strlen(q.family->name), slash + 1, strlen(slash + 1));

		if (k) {
			q.kind = k->name;
			return sweep(c, &q, out, err, err_len);
		}
	}
	bc = malloc(sizeof(*bc));
	if (!bc)
		return -ENOMEM;
	ret = case_parse(&c->registry, &c->host, name, bc, figure, why, sizeof(why));
	/* Of several names, which: some of its words begin with it. */
	if (ret && why[0] == '\'')
		(void)snprintf(err, err_len, "%s", why);
	else if (ret)
		(void)snprintf(err, err_len, "'%.80s': %s", name, why);
	if (!ret && base->sets) {
		(void)snprintf(err, err_len,
		    "'%.80s' says its values itself; --set is for families "
		    "and kinds",
		    name);
		ret = -EINVAL;
	}
	if (!ret)
		ret = case_list_add(out, bc);
	free(bc);
	return ret;
}

static const char *case_name(const void *array, size_t at)
{
	return ((const struct bench_case *)array)[at].name;
}

/* A case that was picked before stays one; of several figures that are wanted of it, all are. */
static int add_picked(
    struct selected *s, struct hash_index *by_name, const struct case_list *picked, int figure)
{
	int *grown = reallocarray(s->figure, s->cases.count + picked->count + 1, sizeof(*grown)),
	    ret = 0;

	if (!grown)
		return -ENOMEM;
	s->figure = grown;
	for (size_t i = 0; !ret && i < picked->count; i++) {
		const struct bench_case *bc = &picked->item[i];
		const size_t next = s->cases.count;
		size_t at;

		if (hash_index_find(by_name, bc->name, case_name, s->cases.item, &at)) {
			grown[at] = grown[at] == figure ? figure : -1;
			continue;
		}
		grown[next] = figure;
		ret = hash_index_add(by_name, bc->name, next);
		if (!ret)
			ret = case_list_add(&s->cases, bc);
	}
	return ret;
}

static int keep_matching(struct selected *s, const struct selection *q, char *err, size_t err_len)
{
	struct case_filter filter;
	size_t kept = 0;
	char why[200];

	if (case_filter_compile(&filter, q->filter, why, sizeof(why)) != 0) {
		(void)snprintf(err, err_len, "--filter: %s", why);
		return -EINVAL;
	}
	for (size_t i = 0; i < s->cases.count; i++) {
		if (!case_filter_matches(&filter, s->cases.item[i].name))
			continue;
		if (kept < i)
			s->cases.item[kept] = s->cases.item[i];
		s->figure[kept++] = s->figure[i];
	}
	case_filter_free(&filter);
	if (!kept && !s->cases.count) {
		(void)snprintf(err, err_len,
		    "nothing of that is in profile %s; accepted: a larger --profile, or a case by "
		    "its name",
		    profile_name(q->profile));
		return -EINVAL;
	}
	if (!kept) {
		(void)snprintf(err, err_len,
		    "--filter: '%.80s' matches no case of %s%s; see concbench list --cases",
		    q->filter ? q->filter : "",
		    q->name_count ? "those named" : profile_name(q->profile),
		    q->load_count ? ", what is loaded included" : "");
		return -EINVAL;
	}
	s->cases.count = kept;
	return 0;
}

int selection_cases(const struct catalogue_here *c, const struct selection *s, struct selected *out,
    char *err, size_t err_len)
{
	struct sweep_request q = {.profile = s->profile, .sets = s->set_count};
	struct sweep_set *sets = NULL;
	struct selected all = {.named = s->name_count || s->set_count};
	struct hash_index by_name = {0};
	int ret = parse_sets(s, &sets, err, err_len);

	q.set = sets;
	for (size_t i = 0; !ret && i < (s->name_count ? s->name_count : 1); i++) {
		struct case_list picked = {0};
		int figure = -1;

		ret = s->name_count
			  ? select_name(c, s->names[i], &q, &picked, &figure, err, err_len)
			  : sweep(c, &q, &picked, err, err_len);
		if (!ret)
			ret = add_picked(&all, &by_name, &picked, figure);
		case_list_free(&picked);
	}
	if (!ret)
		ret = keep_matching(&all, s, err, err_len);
	if (ret == -ENOMEM)
		(void)snprintf(err, err_len, "out of memory");
	hash_index_free(&by_name);
	free(sets);
	if (ret)
		selected_free(&all);
	else
		*out = all;
	return ret;
}

void selected_free(struct selected *s)
{
	case_list_free(&s->cases);
	free(s->figure);
	memset(s, 0, sizeof(*s));
}

const char **selection_words(const struct selection *s)
{
	const char **words = calloc(2 * s->set_count + s->name_count + 5, sizeof(*words));
	size_t n = 0;

	if (!words)
		return NULL;
	words[n++] = "--profile";
	words[n++] = profile_name(s->profile);
	if (s->figure) {
		words[n++] = "--figure";
		words[n++] = s->figure;
	}
	for (size_t i = 0; i < s->set_count; i++) {
		words[n++] = "--set";
		words[n++] = s->sets[i];
	}
	for (size_t i = 0; i < s->name_count; i++)
		words[n++] = s->names[i];
	return words;
}
