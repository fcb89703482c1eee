#include "harness/run/run.h"

#include "harness/base/grow.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct run_family *run_find_family(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->family_count; i++)
		if (!strcmp(run->families[i].name, name))
			return &run->families[i];
	return NULL;
}

int run_add_family(struct run *run, const struct run_family *family)
{
	if (run_find_family(run, family->name))
		return -EEXIST;
	if (grow_by_one(&run->families, run->family_count, sizeof(*family)))
		return -ENOMEM;
	run->families[run->family_count++] = *family;
	return 0;
}

const struct run_param *run_find_param(const struct run_family *family, const char *key)
{
	for (unsigned i = 0; family && i < family->param_count; i++)
		if (!strcmp(family->params[i].key, key))
			return &family->params[i];
	return NULL;
}

void run_add_param(struct run *run, const char *family, const struct run_param *param)
{
	for (size_t i = 0; i < run->family_count; i++) {
		struct run_family *f = &run->families[i];
		unsigned k = 0;

		if (strcmp(f->name, family))
			continue;
		while (k < f->param_count && strcmp(f->params[k].key, param->key))
			k++;
		if (k == f->param_count && k < RUN_PARAMS_MAX)
			f->params[f->param_count++] = *param;
		if (k == RUN_PARAMS_MAX)
			continue;
		if (strcmp(f->params[k].about, param->about))
			f->params[k].about[0] = '\0';
		if (f->params[k].unit != param->unit)
			f->params[k].unit = CB_COUNT;
	}
}

static const char *series_name(const void *array, size_t at)
{
	return ((const struct series *)array)[at].name;
}

struct series *run_add_series(struct run *run, const char *name)
{
	size_t len = strlen(name);
	struct series *s;

	if (len >= sizeof(s->name)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if (grow(&run->series, run->series_count + 1, &run->series_capacity, sizeof(*s)) ||
	    (!run_find_series(run, name) &&
		hash_index_add(&run->by_name, name, run->series_count))) {
		errno = ENOMEM;
		return NULL;
	}
	s = &run->series[run->series_count++];
	memset(s, 0, sizeof(*s));
	memcpy(s->name, name, len);
	s->figure = run_time_figure();
	return s;
}

struct series *run_find_series(const struct run *run, const char *name)
{
	size_t at;

	return hash_index_find(&run->by_name, name, series_name, run->series, &at)
		   ? &run->series[at]
		   : NULL;
}

bool series_uses(const struct series *series, const struct sample *s)
{
	double window_ns;

	return !s->warm_up &&
	       (!series->slot_ns || !metric_get(&s->metrics, METRIC_WINDOW_NS, &window_ns) ||
		   fabs(window_ns - (double)series->slot_ns) < 1.0);
}

int series_add_sample(struct series *series, const struct sample *s)
{
	const int rc = grow(&series->samples, series->sample_count + 1, &series->sample_capacity,
	    sizeof(*series->samples));

	if (!rc)
		series->samples[series->sample_count++] = *s;
	return rc;
}

/* All latencies of a launch's trials, but of those that warmed up, from its first one on. */
static void take_launch(struct series *series, size_t first, struct histogram *out)
{
	const unsigned launch = series->samples[first].launch;

	histogram_clear(out);
	for (size_t i = first; i < series->sample_count; i++) {
		struct sample *s = &series->samples[i];

		if (s->launch != launch || !series_uses(series, s) || !s->latency)
			continue;
		histogram_merge(out, s->latency);
		free(s->latency);
		s->latency = NULL;
	}
}

int series_fold_latency(struct series *series)
{
	struct histogram *launch = NULL;

	for (size_t i = 0; i < series->sample_count; i++) {
		struct sample *s = &series->samples[i];
		uint64_t ns;

		if (!s->latency || !series_uses(series, s))
			continue;
		if (!series->folded && (series->folded = malloc(sizeof(*series->folded))))
			histogram_clear(series->folded);
		if (!series->mixture)
			series->mixture = calloc(1, sizeof(*series->mixture));
		if (!launch)
			launch = malloc(sizeof(*launch));
		if (!series->folded || !series->mixture || !launch) {
			free(launch);
			return -ENOMEM;
		}
		take_launch(series, i, launch);
		histogram_merge(series->folded, launch);
		if (launch->count)
			mixture_add(series->mixture, launch);
		/* Left out where a set has no room: then the launch cannot tell it. */
		for (unsigned k = 0; k < PERCENTILES; k++)
			if (percentile_get(launch, k, &ns))
				(void)metric_add(&s->metrics, percentiles[k].key, (double)ns);
	}
	free(launch);
	for (size_t i = 0; i < series->sample_count; i++) {
		free(series->samples[i].latency);
		series->samples[i].latency = NULL;
	}
	return 0;
}

bool case_name_part(const char *name, const char *key, char *value, size_t len)
{
	size_t key_len = strlen(key);

	while (name) {
		const char *end = strchrnul(name, '/');
		size_t part = (size_t)(end - name);

		if (part > key_len && name[key_len] == ':' && !strncmp(name, key, key_len)) {
			size_t n = part - key_len - 1;

			if (len) {
				n = n < len ? n : len - 1;
				memcpy(value, name + key_len + 1, n);
				value[n] = '\0';
			}
			return true;
		}
		name = *end ? end + 1 : NULL;
	}
	return false;
}

void run_free(struct run *run)
{
	for (size_t i = 0; i < run->series_count; i++) {
		struct series *s = &run->series[i];

		for (size_t k = 0; k < s->sample_count; k++)
			sample_free(&s->samples[k]);
		free(s->samples);
		free(s->folded);
		free(s->mixture);
		free(s->summary.latency);
	}
	free(run->families);
	free(run->series);
	hash_index_free(&run->by_name);
	manifest_free(&run->manifest);
	memset(run, 0, sizeof(*run));
}
