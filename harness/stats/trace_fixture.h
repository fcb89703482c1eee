/*
 * trace_fixture.h - recorded noise of a real machine, replayed through the gate's statistics. For
 * replay_test.c and scripts/experiments/replay.c; header only, as the other fixtures.
 *
 * A trace is lines "launch,variant,start_us,wall_ns": samples of one workload, a launch being one
 * process, its variants (extra work in %) in random balanced quartets. A sample's noise is its time
 * over the lower quartile of its variant (a median would lie between the undisturbed and the
 * disturbed where every other sample is disturbed, anywhere); what is replayed is that noise, times
 * the change of one arm.
 *
 * A launch of the trace is one process that plays both arms, so what differs between two launches
 * of the same binary (layout) is not in it: that is what end-to-end experiments are for.
 */
#ifndef CONCBENCH_TRACE_FIXTURE_H
#define CONCBENCH_TRACE_FIXTURE_H

#include "harness/base/grow.h"
#include "harness/base/random.h"
#include "harness/stats/verdict.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACE_VARIANTS 16
/* A pause this long is the end of a stretch: no window reaches over it. */
#define TRACE_GAP_US 1000000.0

struct trace_sample {
	unsigned launch;
	unsigned variant;
	double start_us;
	double wall_ns;
	double noise;
};

struct trace {
	char name[64];
	struct trace_sample *sample;
	size_t count;
	double slot_ms;    /* lower quartile of all samples: without what disturbs some */
	size_t *launch;    /* [launches + 1] index of each one's first sample */
	unsigned *stretch; /* [launches] windows lie within one */
	size_t launches;
};

static inline int trace_by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline int trace_normalise(struct trace *t)
{
	double *x = calloc(t->count ? t->count : 1, sizeof(*x));

	if (!x)
		return -1;
	for (unsigned v = 0; v < TRACE_VARIANTS; v++) {
		size_t n = 0;

		for (size_t i = 0; i < t->count; i++)
			if (t->sample[i].variant == v)
				x[n++] = t->sample[i].wall_ns;
		qsort(x, n, sizeof(*x), trace_by_value);
		for (size_t i = 0; n && i < t->count; i++)
			if (t->sample[i].variant == v)
				t->sample[i].noise = t->sample[i].wall_ns / x[n / 4];
	}
	for (size_t i = 0; i < t->count; i++)
		x[i] = t->sample[i].wall_ns;
	qsort(x, t->count, sizeof(*x), trace_by_value);
	t->slot_ms = t->count ? x[t->count / 4] / 1e6 : 0.0;
	free(x);
	return 0;
}

/* Return: 0; -1 when the file cannot be read or is no trace. */
static inline int trace_read(const char *path, struct trace *t)
{
	const char *slash = strrchr(path, '/');
	FILE *f = fopen(path, "r");
	size_t capacity = 0;
	char line[256];

	memset(t, 0, sizeof(*t));
	(void)snprintf(t->name, sizeof(t->name), "%.*s",
	    (int)strcspn(slash ? slash + 1 : path, "."), slash ? slash + 1 : path);
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		struct trace_sample s = {0};

		if (sscanf(line, "%u,%u,%lf,%lf", &s.launch, &s.variant, &s.start_us, &s.wall_ns) !=
			4 ||
		    s.variant >= TRACE_VARIANTS || !(s.wall_ns > 0.0))
			break;
		if (grow(&t->sample, t->count + 1, &capacity, sizeof(s)))
			break;
		t->sample[t->count++] = s;
	}
	if (ferror(f) || !feof(f)) {
		(void)fclose(f);
		return -1;
	}
	(void)fclose(f);
	t->launch = calloc(t->count + 1, sizeof(*t->launch));
	t->stretch = calloc(t->count + 1, sizeof(*t->stretch));
	if (!t->launch || !t->stretch)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		const struct trace_sample *s = &t->sample[i];
		const double gap_us = i ? s->start_us - s[-1].start_us - s[-1].wall_ns / 1e3 : 0.0;

		if (i && s->launch == s[-1].launch)
			continue;
		t->stretch[t->launches] =
		    t->launches ? t->stretch[t->launches - 1] + (gap_us > TRACE_GAP_US) : 0;
		t->launch[t->launches++] = i;
	}
	t->launch[t->launches] = t->count;
	return trace_normalise(t);
}

static inline void trace_free(struct trace *t)
{
	free(t->sample);
	free(t->launch);
	free(t->stretch);
	memset(t, 0, sizeof(*t));
}

/* More pairs of launches than any plan has. */
#define TRACE_PAIRS_MAX 256

struct trace_plan {
	double pair_ms;   /* about how long a pair takes turns */
	double slowdown;  /* of head */
	unsigned find;    /* launches for finding */
	unsigned confirm; /* and for confirming */
	bool pooled;      /* mutation: every quartet counts as a launch */
};

/* Which launch of the trace gives base's slots of each pair, and which one head's: the same, or
 * two, and then what differs from launch to launch is between the sides as well. */
struct trace_pairs {
	size_t base[TRACE_PAIRS_MAX], head[TRACE_PAIRS_MAX];
};

/*
 * Quartets of one launch. Return: how many; the first is left out. As in a gate a pair has a number
 * of turns that what happens in them does not change: turns there are windows in time.
 */
static inline size_t trace_quartets(const struct trace *t, size_t base_launch, size_t head_launch,
    const struct trace_plan *p, uint64_t *rng, struct quartet *q, size_t max)
{
	const struct trace_sample *b = &t->sample[t->launch[base_launch]];
	const struct trace_sample *h = &t->sample[t->launch[head_launch]];
	const size_t nb = t->launch[base_launch + 1] - t->launch[base_launch];
	const size_t nh = t->launch[head_launch + 1] - t->launch[head_launch];
	/* As pair_quartets(). */
	const size_t turns = 4 * ((size_t)(p->pair_ms / (4 * t->slot_ms)) + 1);
	size_t n = 0;

	for (size_t i = 4; i + 4 <= nb && i + 4 <= nh && i + 4 <= turns && n < max; i += 4, n++) {
		const bool head_first = random_uniform(rng) < 0.5;

		for (unsigned k = 0; k < 4; k++) {
			const bool head = (k == 0 || k == 3) == head_first;

			*(head ? &q[n].head_ns[k / 2] : &q[n].base_ns[k / 2]) =
			    head ? h[i + k].noise * (1.0 + p->slowdown) : b[i + k].noise;
		}
	}
	return n;
}

/* One gate on @pairs. Return: 0; or what the statistics said. */
static inline int trace_gate(const struct trace *t, const struct trace_pairs *pairs,
    const struct trace_plan *p, uint64_t *rng, enum verdict *out, double *pvalue)
{
	const unsigned all = p->find + p->confirm;
	struct quartet q[256];
	struct sequential s;
	int ret = 0;

	sequential_begin(&s, 0.01);
	for (unsigned i = 0; !ret && !s.ended && i < all; i++) {
		struct launch_ratio l;
		size_t n;

		if (i == p->find) {
			ret = sequential_finish(&s);
			if (ret || s.pass == 0)
				break;
		}
		n = trace_quartets(t, pairs->base[i], pairs->head[i], p, rng, q, 256);
		if (!n)
			continue;
		for (size_t k = 0; !ret && k < (p->pooled ? n : 1); k++) {
			ret = launch_ratio_of(&q[k], p->pooled ? 1 : n, &l);
			if (!ret)
				ret = sequential_add(&s, &l);
		}
	}
	if (!ret)
		ret = sequential_finish(&s);
	*out = s.verdict;
	if (pvalue)
		*pvalue = sequential_p(&s);
	sequential_free(&s);
	return ret;
}

/* Launches of the longest stretch that no gap cuts. */
static inline size_t trace_longest(const struct trace *t)
{
	size_t longest = 0, n = 0;

	for (size_t i = 0; i < t->launches; i++) {
		n = i && t->stretch[i] == t->stretch[i - 1] ? n + 1 : 1;
		longest = n > longest ? n : longest;
	}
	return longest;
}

/* A window of @launches, at most trace_longest(), that no gap cuts, at random. Return: its first
 * launch. */
static inline size_t trace_window(const struct trace *t, size_t launches, uint64_t *rng)
{
	for (unsigned tries = 0; tries < 10000; tries++) {
		const size_t first =
		    (size_t)(random_uniform(rng) * (double)(t->launches - launches + 1));

		if (t->stretch[first] == t->stretch[first + launches - 1])
			return first;
	}
	return 0;
}

/* @n launches one after the other from @first on, base's and head's; head's @apart launches later.
 */
static inline void trace_in_a_row(struct trace_pairs *pairs, size_t first, unsigned n, size_t apart)
{
	for (unsigned i = 0; i < n; i++) {
		pairs->base[i] = first + i;
		pairs->head[i] = first + i + apart;
	}
}

/*
 * @n launches drawn with replacement from the stretch of a random one: a bootstrap of whole
 * launches. Trials drawn so are independent of each other, given the trace; windows of a short
 * trace are the same few launches again and again. @apart: base's and head's drawn apart.
 */
static inline void trace_resample(
    struct trace_pairs *pairs, const struct trace *t, unsigned n, bool apart, uint64_t *rng)
{
	const size_t at = (size_t)(random_uniform(rng) * (double)t->launches);
	size_t first = at, end = at + 1;

	while (first > 0 && t->stretch[first - 1] == t->stretch[at])
		first--;
	while (end < t->launches && t->stretch[end] == t->stretch[at])
		end++;
	for (unsigned i = 0; i < n; i++) {
		pairs->base[i] = first + (size_t)(random_uniform(rng) * (double)(end - first));
		pairs->head[i] = apart
				     ? first + (size_t)(random_uniform(rng) * (double)(end - first))
				     : pairs->base[i];
	}
}

#endif
