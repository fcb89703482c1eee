#include "harness/run/launch.h"

#include "harness/stats/scale.h"

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

/* metric_get() for a metric that is nearly always at the index of its name. */
static bool get_at(const struct metric_set *set, unsigned place, const char *name, double *value)
{
	if (place >= set->count || strcmp(set->item[place].name, name))
		return metric_get(set, name, value);
	*value = set->item[place].value;
	return true;
}

/*
 * From the values @x of so many trials. For times per operation the other trials, which finished
 * none, count as infinite: @x has room for them. Return: 0, with *has false when there is no
 * figure; -ENOMEM.
 */
static int figure_of(
    const struct run_figure *f, double *x, size_t n, size_t trials, bool *has, double *figure)
{
	if (run_figure_has_rate(f)) {
		/* The upper of the middle ranks, the only one of a type 7 median that could be
		 * infinite. */
		*has = trials / 2 < n;
		while (n < trials)
			x[n++] = DBL_MAX;
	} else {
		*has = n > 0;
	}
	return *has ? scale_middle(f->scale, x, n, figure) : 0;
}

static int launch_middles(struct launch *l, const struct run_figure *f,
    const struct sample *const *s, const struct metric_names *names, double *x)
{
	size_t n = 0;
	int rc;

	for (unsigned i = 0; i < l->samples; i++) {
		const int outcome =
		    f->scale == CB_OUTCOME ? run_figure_outcome(f, &s[i]->metrics) : -1;

		if (outcome >= 0)
			l->outcomes[outcome]++;
		n += run_figure_value(f, &s[i]->metrics, &x[n]);
	}
	l->empty_samples = l->samples - (unsigned)n;
	rc = figure_of(f, x, n, l->samples, &l->has_figure, &l->figure);
	for (unsigned m = 0; !rc && m < names->count; m++) {
		const bool own = !strcmp(names->name[m], f->metric);
		double middle = l->figure;

		n = 0;
		for (unsigned i = 0; i < l->samples; i++)
			n += get_at(&s[i]->metrics, m, names->name[m], &x[n]);
		if (own ? !l->has_figure : !n)
			continue;
		if (!own)
			rc = metric_middle(names->name[m], x, n, &middle);
		if (!rc)
			rc = metric_add(&l->medians, names->name[m], middle);
		/* More kinds than a set holds; the raw samples still have them. */
		rc = rc == -ENOSPC ? 0 : rc;
	}
	return rc;
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
static void launch_pool(struct launch *l, const struct sample *const *s)
{
	double ops, ns;

	totals(l, s, &ops, &ns);
	/* A file may say 1e-300 operations, and that quotient is no figure either. */
	l->has_figure = ops > 0 && ns > 0 && ns / ops <= METRIC_ABS_MAX;
	l->figure = l->has_figure ? ns / ops : 0;
	remove_metric(&l->medians, METRIC_NS_PER_OP);
	if (l->has_figure)
		(void)metric_add(&l->medians, METRIC_NS_PER_OP, l->figure);
	if (ns > 0 && metric_add(&l->medians, METRIC_OPS_PER_S, ops / ns * 1e9) == -EINVAL)
		remove_metric(&l->medians, METRIC_OPS_PER_S);
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

static int fill(struct launch_list *list, const struct run_figure *f, const struct sample *const *s,
    const struct metric_names *names, double *scratch)
{
	const struct sample *const *first = s;

	for (size_t i = 0; i < list->count; i++) {
		struct launch *l = &list->items[i];
		const int rc = launch_middles(l, f, first, names, scratch);

		if (rc)
			return rc;
		list->pooled |= !l->has_figure && run_figure_has_rate(f);
		first += l->samples;
	}
	/* All launches alike: a mixture of two estimators would be neither. */
	for (size_t i = 0; i < list->count && list->pooled; i++) {
		launch_pool(&list->items[i], s);
		s += list->items[i].samples;
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
		if (series_uses(s, &s->samples[i]))
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
	rc = fill(&list, &s->figure, used, &names, scratch);
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

int launch_figure(const struct series *s, unsigned launch, double *figure, unsigned *trials)
{
	double *x = calloc(s->sample_count + 1, sizeof(*x));
	size_t n = 0, of = 0;
	bool has = false;
	int rc;

	if (!x)
		return -ENOMEM;
	for (size_t i = s->sample_count; i > 0 && s->samples[i - 1].launch == launch; i--) {
		if (!series_uses(s, &s->samples[i - 1]))
			continue;
		n += run_figure_value(&s->figure, &s->samples[i - 1].metrics, &x[n]);
		of++;
	}
	rc = figure_of(&s->figure, x, n, of, &has, figure);
	free(x);
	*trials = (unsigned)of;
	return rc || has ? rc : -ENODATA;
}
