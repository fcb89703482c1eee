#include "harness/stats/change_points.h"

#include "harness/stats/change_bump.h"
#include "harness/stats/change_points_exact.h"
#include "harness/stats/permutation.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct node {
	double sum; /* of the values below this node */
	double count;
};

/* The share of p_max for bumps: each false one makes two points. */
#define BUMP_SHARE 0.5

/* Room for one segment; as long as the series. */
struct bench {
	double *value;     /* [rank] ascending */
	double *all;       /* [rank] sum of distances to all others */
	size_t *rank;      /* [position], shuffled by a permutation */
	struct node *tree; /* 1-based */
	double total;      /* sum of all distances */
	double unit;       /* of values and distances here: x = middle + unit * value */
	size_t n;
};

struct ordered {
	double value;
	size_t index;
};

static int by_value(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value ? 1 : (x->index > y->index) - 1;
}

static void bench_free(struct bench *b)
{
	free(b->value);
	free(b->all);
	free(b->rank);
	free(b->tree);
}

static int bench_alloc(struct bench *b, size_t n)
{
	memset(b, 0, sizeof(*b));
	b->value = malloc((n + 1) * sizeof(*b->value));
	b->all = malloc((n + 1) * sizeof(*b->all));
	b->rank = malloc((n + 1) * sizeof(*b->rank));
	b->tree = malloc((n + 1) * sizeof(*b->tree));
	if (b->value && b->all && b->rank && b->tree)
		return 0;
	bench_free(b);
	return -ENOMEM;
}

/*
 * Values are taken from their middle and in units of about their range: sums of distances are
 * differences of sums of values, which would lose a step of nanoseconds in a series of time stamps,
 * and overflow near DBL_MAX. Neither changes which split is best.
 */
static int load(struct bench *b, const double *x, size_t n)
{
	struct ordered *o = malloc(n * sizeof(*o));
	double middle, below = 0.0, sum = 0.0;
	int exponent;

	if (!o)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		o[i] = (struct ordered){x[i], i};
	qsort(o, n, sizeof(*o), by_value);
	middle = o[n / 2].value;
	/* Halves, since the range of finite values need not be finite. */
	(void)frexp(o[n - 1].value / 2 - o[0].value / 2, &exponent);
	b->unit = ldexp(1.0, exponent > DBL_MIN_EXP ? exponent - 1 : DBL_MIN_EXP - 1);
	for (size_t r = 0; r < n; r++) {
		b->rank[o[r].index] = r;
		b->value[r] = (o[r].value / 2 - middle / 2) / b->unit * 2;
		sum += b->value[r];
	}
	free(o);
	b->total = 0.0;
	b->n = n;
	for (size_t r = 0; r < n; r++) {
		const double v = b->value[r];

		b->all[r] = v * (double)r - below + (sum - below - v) - v * (double)(n - r - 1);
		b->total += b->all[r] / 2;
		below += v;
	}
	return 0;
}

/* Sum of the distances from the value of rank @r to those in the tree, which are @n with sum @sum.
 */
static double distances(const struct bench *b, size_t r, double n, double sum)
{
	struct node below = {0.0, 0.0};
	const double v = b->value[r];

	for (size_t i = r; i > 0; i &= i - 1) {
		below.sum += b->tree[i].sum;
		below.count += b->tree[i].count;
	}
	return v * below.count - below.sum + (sum - below.sum) - v * (n - below.count);
}

static void put(struct bench *b, size_t r)
{
	for (size_t i = r + 1; i <= b->n; i += i & (~i + 1)) {
		b->tree[i].sum += b->value[r];
		b->tree[i].count += 1.0;
	}
}

/* The best split of the values in the order of b->rank. */
static double best_split(struct bench *b, size_t *at)
{
	const double all = (double)b->n;
	double left = 0.0, right = b->total, sum = 0.0, best = -INFINITY;

	memset(b->tree, 0, (b->n + 1) * sizeof(*b->tree));
	for (size_t t = 0; t + CHANGE_SEGMENT_MIN < b->n; t++) {
		const size_t r = b->rank[t];
		const double n = (double)(t + 1), m = all - n;
		const double near = distances(b, r, (double)t, sum);
		double between, q;

		/* The value changes sides. */
		left += near;
		right -= b->all[r] - near;
		sum += b->value[r];
		put(b, r);
		if (t + 1 < CHANGE_SEGMENT_MIN)
			continue;
		between = b->total - left - right;
		q = n * m / all *
		    (2.0 / (n * m) * between - 2.0 / (n * (n - 1.0)) * left -
			2.0 / (m * (m - 1.0)) * right);
		if (q > best) {
			best = q;
			*at = t + 1;
		}
	}
	return best;
}

static double statistic(void *arg)
{
	size_t at;

	return best_split(arg, &at);
}

/* How many of the orders of these values have a split as good as @best: exactly when they are few,
 * since there a p lies close to any limit, and chance would decide; else of random ones. */
static int find_p(struct bench *b, double best, const struct permutation_test *test, double *p)
{
	/* Relative to the statistic, which is about a mean distance times n. */
	const double least = best - 1e-9 * b->total / (double)b->n;

	if (b->n <= CHANGE_EXACT_MAX)
		return change_points_exact(b->value, b->n, b->total, least, p);
	*p = permutation_p(b->rank, b->n, least, test, statistic, b);
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct change_point *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

struct segment {
	size_t begin, end;
};

struct search {
	struct bench bench;
	const double *x;
	struct permutation_test split, bump;
	/* Every change found leaves one more segment to look at than there was. */
	struct segment *todo;
	struct change_point *found;
	size_t waiting, changes;
};

static void look_at(struct search *s, size_t begin, size_t end)
{
	if (end - begin >= 2 * CHANGE_SEGMENT_MIN)
		s->todo[s->waiting++] = (struct segment){begin, end};
}

/* Return: 1 when the segment was split; 0; -ENOMEM. */
static int find_split(struct search *s, size_t begin, size_t end)
{
	size_t at = 0;
	double best, p;
	int rc = load(&s->bench, s->x + begin, end - begin);

	if (rc)
		return rc;
	best = best_split(&s->bench, &at);
	/* Of equal values every order is as good as any. */
	if (!(s->bench.total > 0.0))
		return 0;
	rc = find_p(&s->bench, best, &s->split, &p);
	if (rc || !(p <= s->split.p_max))
		return rc;
	s->found[s->changes++] = (struct change_point){begin + at, p};
	look_at(s, begin + at, end);
	look_at(s, begin, begin + at);
	return 1;
}

static int find_bump(struct search *s, size_t begin, size_t end)
{
	struct change_bump b;
	const int rc = change_bump_find(s->x + begin, end - begin, &s->bump, &b);

	if (rc <= 0)
		return rc;
	s->found[s->changes++] = (struct change_point){begin + b.begin, b.p};
	s->found[s->changes++] = (struct change_point){begin + b.end, b.p};
	look_at(s, begin + b.end, end);
	look_at(s, begin + b.begin, begin + b.end);
	look_at(s, begin, begin + b.begin);
	return 1;
}

static int check(const double *x, size_t n, const struct permutation_test *split)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return -EINVAL;
	/* With fewer permutations no p is that small, and nothing would ever be found. */
	if (!(split->p_max > 0.0 && split->p_max < 1.0) ||
	    1.0 / (split->permutations + 1.0) > split->p_max)
		return -EINVAL;
	return 0;
}

int change_points_find(const double *x, size_t n, double p_max, unsigned permutations,
    uint64_t seed, struct change_point *out, size_t max, size_t *count)
{
	struct search s = {.x = x,
	    .split = {p_max, permutations, &seed},
	    .bump = {p_max * BUMP_SHARE, permutations, &seed}};
	int ret = check(x, n, &s.split);

	if (ret)
		return ret;
	s.todo = malloc((n / CHANGE_SEGMENT_MIN + 2) * sizeof(*s.todo));
	s.found = malloc((n / CHANGE_SEGMENT_MIN + 2) * sizeof(*s.found));
	ret = s.todo && s.found ? bench_alloc(&s.bench, n) : -ENOMEM;
	if (!ret)
		look_at(&s, 0, n);
	while (ret >= 0 && s.waiting) {
		const struct segment at = s.todo[--s.waiting];

		ret = find_split(&s, at.begin, at.end);
		if (!ret)
			ret = find_bump(&s, at.begin, at.end);
	}
	if (ret >= 0) {
		qsort(s.found, s.changes, sizeof(*s.found), by_index);
		for (size_t i = 0; i < s.changes && i < max; i++)
			out[i] = s.found[i];
		*count = s.changes;
		ret = 0;
	}
	bench_free(&s.bench);
	free(s.found);
	free(s.todo);
	return ret;
}

int change_points_split(const double *x, size_t n, size_t *at, double *statistic)
{
	struct bench b;
	int ret;

	if (n < 2 * CHANGE_SEGMENT_MIN)
		return -EINVAL;
	ret = bench_alloc(&b, n);
	if (!ret)
		ret = load(&b, x, n);
	if (!ret)
		*statistic = best_split(&b, at) * b.unit;
	bench_free(&b);
	return ret;
}
