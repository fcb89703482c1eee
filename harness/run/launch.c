#include "harness/run/launch.h"

#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

static int names_add(struct metric_names *names, unsigned hint, const char *name)
{
	/* Samples of a series nearly always have the same metrics in the same order. */
	if (hint < names->count && !strcmp(names->name[hint], name))
		return 0;
	for (unsigned i = 0; i < names->count; i++) {
		if (!strcmp(names->name[i], name))
			return 0;
	}
	if (names->count == METRIC_NAMES_MAX)
		return -E2BIG;
	names->name[names->count++] = name;
	return 0;
}

int metric_names_collect(const struct series *s, struct metric_names *out)
{
	out->count = 0;
	for (size_t i = 0; i < s->sample_count; i++) {
		const struct metric_set *set = &s->samples[i].metrics;

		for (unsigned k = 0; k < set->count; k++) {
			int rc = names_add(out, k, set->item[k].name);

			if (rc)
				return rc;
		}
	}
	return 0;
}

static int by_launch(const void *a, const void *b)
{
	const struct sample *x = *(const struct sample *const *)a;
	const struct sample *y = *(const struct sample *const *)b;

	return (x->launch > y->launch) - (x->launch < y->launch);
}

/* metric_get() of what is nearly always at the place of its name. */
static bool get_at(const struct metric_set *set, unsigned place, const char *name, double *value)
{
	if (place >= set->count || strcmp(set->item[place].name, name))
		return metric_get(set, name, value);
	*value = set->item[place].value;
	return true;
}

/* Median of the trials' ns_per_op with the empty ones as infinite. Sets nothing when that is. */
static int length_median(struct launch *l, double *x, size_t finite)
{
	double median;
	int rc;

	/* The upper of the middle ranks, the only one of a type 7 median that could be infinite. */
	if (l->samples / 2 >= finite)
		return 0;
	for (size_t i = finite; i < l->samples; i++)
		x[i] = DBL_MAX;
	rc = stats_median(x, l->samples, &median);
	if (rc)
		return rc;
	return metric_add(&l->medians, METRIC_NS_PER_OP, median);
}

static int launch_medians(
    struct launch *l, const struct sample *const *s, const struct metric_names *names, double *x)
{
	for (unsigned m = 0; m < names->count; m++) {
		bool length = !strcmp(names->name[m], METRIC_NS_PER_OP);
		size_t n = 0;
		double median;
		int rc;

		for (unsigned i = 0; i < l->samples; i++)
			n += get_at(&s[i]->metrics, m, names->name[m], &x[n]);
		if (length) {
			l->empty_samples = l->samples - (unsigned)n;
			rc = length_median(l, x, n);
		} else if (n) {
			rc = metric_middle(names->name[m], x, n, &median);
			if (!rc)
				rc = metric_add(&l->medians, names->name[m], median);
		} else {
			continue;
		}
		/* -ENOSPC: more kinds than a set holds; the raw samples still have them. */
		if (rc && rc != -ENOSPC)
			return rc;
	}
	return 0;
}

static void totals(const struct launch *l, const struct sample *const *s, double *ops, double *ns)
{
	*ops = 0;
	*ns = 0;
	for (unsigned i = 0; i < l->samples; i++) {
		double o, w;

		if (metric_get(&s[i]->metrics, METRIC_OPS, &o) &&
		    metric_get(&s[i]->metrics, METRIC_WINDOW_NS, &w)) {
			*ops += o;
			*ns += w;
		}
	}
}

static void remove_metric(struct metric_set *set, const char *name)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (strcmp(set->item[i].name, name))
			continue;
		memmove(
		    &set->item[i], &set->item[i + 1], (set->count - i - 1) * sizeof(set->item[0]));
		set->count--;
		return;
	}
}

/* Whole time over all operations; a launch without any loses its figure. */
static int launch_pool(struct launch *l, const struct sample *const *s)
{
	double ops, ns;
	int rc = 0;

	totals(l, s, &ops, &ns);
	if (ops > 0 && ns > 0)
		rc = metric_add(&l->medians, METRIC_NS_PER_OP, ns / ops);
	/* -EINVAL: a file may say 1e-300 operations, and that quotient is no figure either. */
	if (!(ops > 0 && ns > 0) || rc == -EINVAL) {
		remove_metric(&l->medians, METRIC_NS_PER_OP);
		rc = 0;
	}
	if (!rc && ns > 0)
		rc = metric_add(&l->medians, METRIC_OPS_PER_S, ops / ns * 1e9);
	if (rc == -EINVAL)
		remove_metric(&l->medians, METRIC_OPS_PER_S);
	return rc == -ENOSPC || rc == -EINVAL ? 0 : rc;
}

/* Cuts the sorted trials into launches. */
static size_t cut(struct launch *l, const struct sample *const *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		double ops;

		if (!i || s[i]->launch != s[i - 1]->launch) {
			memset(&l[count], 0, sizeof(l[count]));
			l[count++].launch = s[i]->launch;
		}
		l[count - 1].samples++;
		if (metric_get(&s[i]->metrics, METRIC_OPS, &ops) && ops > 0)
			l[count - 1].ops += ops;
	}
	return count;
}

static size_t count_launches(const struct sample *const *s, size_t n)
{
	size_t count = n > 0;

	for (size_t i = 1; i < n; i++)
		count += s[i]->launch != s[i - 1]->launch;
	return count;
}

static int fill(struct launch_list *list, const struct sample *const *s,
    const struct metric_names *names, double *scratch)
{
	const struct sample *const *first = s;
	int rc;

	for (size_t i = 0; i < list->count; i++) {
		double length;

		/* Every launch counts its empty trials, even when no trial at all has a length. */
		list->items[i].empty_samples = list->items[i].samples;
		rc = launch_medians(&list->items[i], first, names, scratch);
		if (rc)
			return rc;
		if (!metric_get(&list->items[i].medians, METRIC_NS_PER_OP, &length))
			list->pooled = true;
		first += list->items[i].samples;
	}
	if (!list->pooled)
		return 0;
	/* All launches alike: a mixture of two estimators would be neither. */
	first = s;
	for (size_t i = 0; i < list->count; i++) {
		rc = launch_pool(&list->items[i], first);
		if (rc)
			return rc;
		first += list->items[i].samples;
	}
	return 0;
}

int launch_list_build(const struct series *s, struct launch_list *out)
{
	struct launch_list list = {0};
	struct metric_names names;
	const struct sample **used = NULL;
	double *scratch = NULL;
	size_t n = 0;
	int rc;

	rc = metric_names_collect(s, &names);
	if (rc || !s->sample_count)
		goto out;
	rc = -ENOMEM;
	used = calloc(s->sample_count, sizeof(*used));
	scratch = calloc(s->sample_count + 1, sizeof(*scratch));
	if (!used || !scratch)
		goto out;
	for (size_t i = 0; i < s->sample_count; i++) {
		if (!s->samples[i].warm_up)
			used[n++] = &s->samples[i];
	}
	rc = 0;
	if (!n)
		goto out;
	qsort(used, n, sizeof(*used), by_launch);
	list.items = calloc(count_launches(used, n), sizeof(*list.items));
	if (!list.items) {
		rc = -ENOMEM;
		goto out;
	}
	list.count = cut(list.items, used, n);
	rc = fill(&list, used, &names, scratch);
out:
	free(used);
	free(scratch);
	if (rc)
		launch_list_free(&list);
	else
		*out = list;
	return rc;
}

void launch_list_free(struct launch_list *list)
{
	free(list->items);
	memset(list, 0, sizeof(*list));
}
