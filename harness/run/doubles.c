#include "harness/run/doubles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_turn(const struct sample *x, const struct sample *y)
{
	if (x->launch != y->launch)
		return x->launch < y->launch ? -1 : 1;
	return (x->slot > y->slot) - (x->slot < y->slot);
}

/* Equal ones in the order in which they lie in the series. */
static int by_turn_and_place(const void *a, const void *b)
{
	const struct sample *const *x = a, *const *y = b;
	const int order = by_turn(*x, *y);

	return order ? order : (*x > *y) - (*x < *y);
}

/* As they are measured: then there is nothing to be sorted. */
static bool is_ascending(const struct series *s)
{
	for (size_t i = 1; i < s->sample_count; i++)
		if (by_turn(&s->samples[i - 1], &s->samples[i]) >= 0)
			return false;
	return true;
}

/* @all: [sample_count], to be freed. */
static int sorted(const struct series *s, const struct sample ***all)
{
	const struct sample **list = malloc((s->sample_count + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < s->sample_count; i++)
		list[i] = &s->samples[i];
	qsort(list, s->sample_count, sizeof(*list), by_turn_and_place);
	*all = list;
	return 0;
}

int doubles_find_sample(const struct series *s, const struct sample **out)
{
	const struct sample **all;
	int rc;

	if (is_ascending(s))
		return 0;
	rc = sorted(s, &all);
	if (rc)
		return rc;
	for (size_t i = 1; i < s->sample_count && !rc; i++) {
		if (!by_turn(all[i - 1], all[i])) {
			*out = all[i];
			rc = 1;
		}
	}
	free(all);
	return rc;
}

int doubles_drop_samples(struct series *s, size_t *dropped)
{
	const struct sample **all;
	size_t kept = 0;
	bool *again;
	int rc;

	*dropped = 0;
	if (is_ascending(s))
		return 0;
	again = calloc(s->sample_count, sizeof(*again));
	rc = again ? sorted(s, &all) : -ENOMEM;
	if (rc)
		goto out;
	for (size_t i = 1; i < s->sample_count; i++)
		again[all[i] - s->samples] = !by_turn(all[i - 1], all[i]);
	free(all);
	for (size_t i = 0; i < s->sample_count; i++) {
		if (again[i]) {
			sample_free(&s->samples[i]);
			++*dropped;
		} else {
			s->samples[kept++] = s->samples[i];
		}
	}
	s->sample_count = kept;
out:
	free(again);
	return rc;
}
