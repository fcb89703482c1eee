#include "harness/run/run_regimes.h"

#include "harness/stats/scale.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95

static bool round_trip(const struct metric_set *set, double *ns)
{
	return metric_get(set, METRIC_ROUND_TRIP_NS, ns) && *ns > 0;
}

/* Round trips of the launches with a figure. */
static size_t round_trips(const struct launch_list *list, double *x)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += list->items[i].has_figure && round_trip(&list->items[i].medians, &x[n]);
	return n;
}

static int figure_in(const struct launch_list *list, const struct run_figure *f,
    const struct regimes *r, unsigned which, double *x, struct regime_figure *out)
{
	size_t n = 0;
	unsigned trials = 0;
	double ns, covered;

	for (size_t i = 0; i < list->count; i++) {
		const struct launch *l = &list->items[i];

		if (!l->has_figure || !round_trip(&l->medians, &ns) || regimes_of(r, ns) != which)
			continue;
		x[n++] = l->figure;
		trials += l->samples - l->empty_samples;
	}
	out->round_trip_ns = r->middle[which];
	out->launches = (unsigned)n;
	return n ? scale_interval(f->scale, x, n, trials, LEVEL, &out->figure, &covered) : 0;
}

int launch_list_regimes(
    const struct launch_list *list, const struct run_figure *f, struct series_regimes *out)
{
	double *x = calloc(list->count + 1, sizeof(*x));
	struct series_regimes found = {0};
	struct regimes r;
	size_t n;
	int rc;

	if (!x)
		return -ENOMEM;
	n = round_trips(list, x);
	rc = regimes_split(x, n, &r);
	found.count = rc ? 0 : r.count;
	found.launches = (unsigned)n;
	for (unsigned i = 0; !rc && r.count == 2 && i < 2; i++)
		rc = figure_in(list, f, &r, i, x, &found.of[i]);
	free(x);
	if (!rc)
		*out = found;
	return rc;
}

int series_regimes(const struct series *s, struct series_regimes *out)
{
	struct launch_list list = {0};
	int rc;

	memset(out, 0, sizeof(*out));
	if (!status_has_figure(s->status))
		return 0;
	rc = launch_list_build(s, &list);
	if (rc)
		return rc;
	rc = launch_list_regimes(&list, &s->figure, out);
	launch_list_free(&list);
	return rc;
}

char *series_regimes_say(
    const struct series_regimes *r, const struct run_figure *f, char *buf, size_t len)
{
	const struct regime_figure *a = &r->of[0], *b = &r->of[1];
	char one[48], other[48];

	buf[0] = '\0';
	if (r->count == 2)
		(void)snprintf(buf, len,
		    "%s in %.0f %% of launches (cache line there and back %.3g ns), %s in %.0f %% "
		    "(%.3g ns)",
		    run_figure_format(f, a->figure.estimate, one, sizeof(one)),
		    100.0 * a->launches / r->launches, a->round_trip_ns,
		    run_figure_format(f, b->figure.estimate, other, sizeof(other)),
		    100.0 * b->launches / r->launches, b->round_trip_ns);
	return buf;
}

/* A regime is found by its share of all launches. Only some launches of a longer series are taken,
 * evenly spread, so that those of the shortest are a fair share too. */
static size_t thin(double *x, size_t n, size_t to)
{
	const size_t step = n > to ? (n + to - 1) / to : 1;
	size_t kept = 0;

	for (size_t i = 0; i < n; i += step)
		x[kept++] = x[i];
	return kept;
}

/* @x: room for the launches of all. */
static int split_all(
    const struct launch_list *lists, size_t n, double *x, struct regime_choice *out)
{
	size_t shortest = SIZE_MAX, all = 0;
	int rc;

	for (size_t i = 0; i < n; i++) {
		const size_t own = round_trips(&lists[i], x);

		shortest = own < shortest ? own : shortest;
	}
	if (!n || !shortest)
		return 0;
	for (size_t i = 0; i < n; i++)
		all += thin(x + all, round_trips(&lists[i], x + all), 8 * shortest);
	rc = regimes_split(x, all, &out->regimes);
	return rc == -EINVAL ? 0 : rc;
}

int regime_choose(
    const struct launch_list *lists, size_t n, struct regime_choice *out, size_t (*in)[2])
{
	size_t launches = 0, least[2] = {SIZE_MAX, SIZE_MAX};
	double *x;
	int rc;

	*out = (struct regime_choice){.which = -1};
	memset(in, 0, n * sizeof(*in));
	for (size_t i = 0; i < n; i++)
		launches += lists[i].count;
	x = calloc(launches + 1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	rc = split_all(lists, n, x, out);
	if (rc || out->regimes.count < 2)
		goto out_free;
	for (size_t i = 0; i < n; i++) {
		const size_t own = round_trips(&lists[i], x);

		for (size_t k = 0; k < own; k++)
			in[i][regimes_of(&out->regimes, x[k])]++;
		for (unsigned r = 0; r < 2; r++)
			least[r] = in[i][r] < least[r] ? in[i][r] : least[r];
	}
	out->which = least[1] > least[0];
	rc = least[out->which] < RUN_LAUNCHES_MIN ? -ESTALE : 0;
out_free:
	free(x);
	return rc;
}

bool regime_chosen(const struct regime_choice *c, const struct launch *l)
{
	double ns;

	return c->which < 0 ||
	       (round_trip(&l->medians, &ns) && (int)regimes_of(&c->regimes, ns) == c->which);
}

/* One value a launch of all series on these PUs. Return: how many. */
static size_t gather(const struct run *run, const char *pus, double *x)
{
	size_t n = 0;

	for (size_t i = 0; i < run->series_count; i++) {
		const struct series *s = &run->series[i];

		for (size_t k = 0; !strcmp(s->pus, pus) && k < s->sample_count; k++)
			if (!k || s->samples[k].launch != s->samples[k - 1].launch)
				n += round_trip(&s->samples[k].metrics, &x[n]);
	}
	return n;
}

static bool seen_before(const struct run *run, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(run->series[k].pus, run->series[i].pus))
			return true;
	return false;
}

/* What is said of the PUs with most launches. */
static int note_pus(
    struct run *run, const char *pus, double *x, size_t *most, char *text, size_t len)
{
	const size_t n = gather(run, pus, x);
	char key[sizeof(RUN_REGIMES_KEY) + sizeof(run->series->pus)], two[96] = "";
	struct regimes r;
	int rc;

	if (!n)
		return 0;
	rc = regimes_split(x, n, &r);
	if (rc)
		return rc == -EINVAL ? 0 : rc;
	if (r.count == 2)
		(void)snprintf(two, sizeof(two), "two regimes, %.3g in %.0f %% and %.3g in %.0f %%",
		    r.middle[0], 100.0 * (double)r.n[0] / (double)n, r.middle[1],
		    100.0 * (double)r.n[1] / (double)n);
	stats_sort(x, n);
	(void)snprintf(key, sizeof(key), RUN_REGIMES_KEY "%s", pus);
	rc = manifest_addf(&run->manifest, key,
	    "%zu launches: least %.3g, quartiles %.3g, %.3g and %.3g, most %.3g; %s", n, x[0],
	    stats_quantile_sorted(x, n, 0.25), stats_quantile_sorted(x, n, 0.5),
	    stats_quantile_sorted(x, n, 0.75), x[n - 1], *two ? two : "one regime");
	if (rc || r.count < 2 || n <= *most)
		return rc;
	*most = n;
	(void)snprintf(text, len,
	    "two regimes: a cache line between PUs %.24s and back took %.3g ns in %.0f %% of the "
	    "launches, %.3g ns in the others",
	    pus, r.middle[0], 100.0 * (double)r.n[0] / (double)n, r.middle[1]);
	return 0;
}

int run_regimes_note(struct run *run, char *text, size_t len)
{
	size_t samples = 0, most = 0;
	double *x;
	int rc = 0;

	text[0] = '\0';
	for (size_t i = 0; i < run->series_count; i++)
		samples += run->series[i].sample_count;
	x = calloc(samples + 1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	for (size_t i = 0; !rc && i < run->series_count; i++)
		if (!seen_before(run, i))
			rc = note_pus(run, run->series[i].pus, x, &most, text, len);
	free(x);
	return rc;
}

double run_regimes_middle(const char *line)
{
	double middle = 0;

	return sscanf(line, "%*u launches: least %*f, quartiles %*f, %lf", &middle) == 1 ? middle
											 : 0;
}
