#include "harness/run/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Doubles the room of an array when it is full. Return: the array, moved or not; NULL. */
static void *grow(void *items, size_t count, size_t *capacity, size_t item_size)
{
	size_t want;
	void *bigger;

	if (count < *capacity)
		return items;
	want = *capacity ? *capacity * 2 : 8;
	bigger = reallocarray(items, want, item_size);
	if (bigger)
		*capacity = want;
	return bigger;
}

struct run_figure run_time_figure(void)
{
	return (struct run_figure){.metric = METRIC_NS_PER_OP,
	    .title = "time per operation",
	    .unit = "ns",
	    .scale = CB_RATIO,
	    .better = CB_LESS};
}

const struct run_family *run_find_family(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->family_count; i++)
		if (!strcmp(run->families[i].name, name))
			return &run->families[i];
	return NULL;
}

int run_add_family(struct run *run, const struct run_family *family)
{
	struct run_family *all;

	if (run_find_family(run, family->name))
		return -EEXIST;
	/* A handful: not worth a capacity. */
	all = reallocarray(run->families, run->family_count + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	run->families = all;
	all[run->family_count++] = *family;
	return 0;
}

struct series *run_add_series(struct run *run, const char *name)
{
	size_t len = strlen(name);
	struct series *all;
	struct series *s;

	if (len >= sizeof(s->name)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	all = grow(run->series, run->series_count, &run->series_capacity, sizeof(*all));
	if (!all)
		return NULL;
	run->series = all;
	s = &all[run->series_count++];
	memset(s, 0, sizeof(*s));
	memcpy(s->name, name, len);
	s->figure = run_time_figure();
	return s;
}

struct series *run_find_series(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->series_count; i++) {
		if (!strcmp(run->series[i].name, name))
			return &run->series[i];
	}
	return NULL;
}

int series_reserve(struct series *series, size_t samples)
{
	struct sample *all;

	if (samples <= series->sample_capacity)
		return 0;
	all = reallocarray(series->samples, samples, sizeof(*all));
	if (!all)
		return -ENOMEM;
	series->samples = all;
	series->sample_capacity = samples;
	return 0;
}

int series_add_sample(struct series *series, const struct sample *s)
{
	struct sample *all;

	all = grow(series->samples, series->sample_count, &series->sample_capacity, sizeof(*all));
	if (!all)
		return -ENOMEM;
	series->samples = all;
	all[series->sample_count++] = *s;
	return 0;
}

int series_fold_latency(struct series *series)
{
	for (size_t i = 0; i < series->sample_count; i++) {
		struct sample *s = &series->samples[i];

		if (!s->latency)
			continue;
		if (!series->folded && !s->warm_up) {
			series->folded = malloc(sizeof(*series->folded));
			if (!series->folded)
				return -ENOMEM;
			histogram_clear(series->folded);
		}
		if (!s->warm_up)
			histogram_merge(series->folded, s->latency);
		free(s->latency);
		s->latency = NULL;
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
		free(s->summary.latency);
	}
	free(run->families);
	free(run->series);
	manifest_free(&run->manifest);
	memset(run, 0, sizeof(*run));
}
