#include "harness/stats/rank.h"

#include "harness/stats/rank_pairs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Up to here null distributions are counted out; beyond, the normal one is good to 1e-4. */
#define EXACT_SIGNED_MAX 200
#define EXACT_SUM_MAX 50

static int check(const double *x, size_t n)
{
	if (!x || !n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return -EINVAL;
	return 0;
}

struct ranked {
	double value;
	size_t index;
};

static int by_value(const void *a, const void *b)
{
	const double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;

	return (x > y) - (x < y);
}

/*
 * Ranks of @x, twice as large so that those of ties (their mean) are whole.
 * Return: sum of t^3 - t over the groups of ties; -1 without memory.
 */
static double twice_ranks(const double *x, size_t n, unsigned *rank2)
{
	struct ranked *r = calloc(n, sizeof(*r));
	double ties = 0.0;

	if (!r)
		return -1.0;
	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){x[i], i};
	qsort(r, n, sizeof(*r), by_value);
	for (size_t i = 0, j; i < n; i = j) {
		double t;

		for (j = i + 1; j < n && !(r[j].value > r[i].value); j++)
			;
		t = (double)(j - i);
		ties += t * t * t - t;
		for (size_t k = i; k < j; k++)
			rank2[r[k].index] = (unsigned)(i + 1 + j);
	}
	free(r);
	return ties;
}

/* ---- signed ranks ---- */

/*
 * P(T <= t) for t = 0..sum, T the sum of those of @weight that a fair coin picks.
 * Return: [sum + 1] cumulative, to be freed; NULL without memory.
 */
static double *coin_sums(const unsigned *weight, size_t n, size_t sum)
{
	double *p = calloc(sum + 1, sizeof(*p));
	size_t reach = 0;

	if (!p)
		return NULL;
	p[0] = 1.0;
	for (size_t i = 0; i < n; i++) {
		const size_t w = weight[i];

		for (size_t t = reach + 1; t-- > 0;) {
			p[t] /= 2;
			p[t + w] += p[t];
		}
		reach += w;
	}
	for (size_t t = 1; t <= sum; t++)
		p[t] += p[t - 1];
	return p;
}

/* Two-sided p of the signed-rank test; zeros are left out (Wilcoxon). -1 without memory. */
static double signed_rank_p(const double *d, size_t n)
{
	double *size = calloc(n, sizeof(*size)), *below = NULL, ties, p = -1.0;
	unsigned *rank2 = calloc(n, sizeof(*rank2));
	bool *positive = calloc(n, sizeof(*positive));
	size_t m = 0, t2 = 0, sum2;

	if (!size || !rank2 || !positive)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (fabs(d[i]) > 0.0) {
			positive[m] = d[i] > 0.0;
			size[m++] = fabs(d[i]);
		}
	}
	if (!m) {
		p = 1.0;
		goto out;
	}
	ties = twice_ranks(size, m, rank2);
	if (ties < 0.0)
		goto out;
	for (size_t i = 0; i < m; i++)
		t2 += positive[i] ? rank2[i] : 0;
	sum2 = m * (m + 1);
	if (t2 > sum2 - t2)
		t2 = sum2 - t2; /* the distribution is symmetric */
	if (m <= EXACT_SIGNED_MAX) {
		below = coin_sums(rank2, m, sum2);
		if (below)
			p = fmin(1.0, 2 * below[t2]);
	} else {
		const double k = (double)m;
		const double var = k * (k + 1) * (2 * k + 1) / 24 - ties / 48;
		const double z = (k * (k + 1) / 4 - (double)t2 / 2 - 0.5) / sqrt(var);

		p = fmin(1.0, 2 * stats_normal_upper(z));
	}
out:
	free(size);
	free(rank2);
	free(positive);
	free(below);
	return p;
}

/* How many of the extreme Walsh averages lie outside the interval. @tail: what they cover.
 * Return: -EINVAL when there is none; -ENOMEM. */
static long signed_cut(size_t n, double alpha, double *tail)
{
	const double m = (double)n;
	unsigned *weight;
	double *below;
	long k = -EINVAL;

	if (n > EXACT_SIGNED_MAX) {
		const double sd = sqrt(m * (m + 1) * (2 * m + 1) / 24);

		k = (long)floor(
		    m * (m + 1) / 4 - 0.5 - stats_normal_quantile_upper(alpha / 2) * sd);
		*tail = alpha / 2;
		return k < 0 ? -EINVAL : k;
	}
	weight = calloc(n, sizeof(*weight));
	if (!weight)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		weight[i] = (unsigned)i + 1;
	below = coin_sums(weight, n, n * (n + 1) / 2);
	free(weight);
	if (!below)
		return -ENOMEM;
	for (long t = 0; t <= (long)(n * (n + 1) / 2) && below[t] <= alpha / 2; t++) {
		k = t;
		*tail = below[t];
	}
	free(below);
	return k;
}

/* The middle of the @n pairs, and what is left after @k have been cut off at both ends. */
static void fill(
    const struct rank_pairs *p, size_t n, size_t k, double tail, struct rank_shift *out)
{
	const double below = rank_pairs_at(p, (n - 1) / 2),
		     above = n % 2 ? below : rank_pairs_at(p, n / 2);

	out->shift.estimate = below / 2 + above / 2;
	/* The k smallest and the k largest lie outside; pair k is the bound itself. */
	out->shift.low = rank_pairs_at(p, k);
	out->shift.high = rank_pairs_at(p, n - 1 - k);
	out->covered = 1.0 - 2 * tail;
}

/* Return: a copy, ascending, to be freed; NULL without memory. */
static double *ascending(const double *x, size_t n)
{
	double *copy = malloc(n * sizeof(*copy));

	if (copy) {
		memcpy(copy, x, n * sizeof(*copy));
		stats_sort(copy, n);
	}
	return copy;
}

int rank_one_sample(const double *d, size_t n, double alpha, struct rank_shift *out)
{
	struct rank_shift r;
	double *sorted, tail = 0.0;
	long cut;

	if (check(d, n) != 0 || !(alpha > 0.0 && alpha < 1.0))
		return -EINVAL;
	cut = signed_cut(n, alpha, &tail);
	if (cut < 0)
		return (int)cut;
	r.p = signed_rank_p(d, n);
	sorted = ascending(d, n);
	if (r.p < 0.0 || !sorted) {
		free(sorted);
		return -ENOMEM;
	}
	fill(&(struct rank_pairs){.b = sorted, .nb = n}, n * (n + 1) / 2, (size_t)cut, tail, &r);
	free(sorted);
	*out = r;
	return 0;
}

/* ---- rank sums ---- */

/*
 * P(U <= u) for u = 0..na*nb, without ties: the number of ways is the coefficient of q^u in the
 * Gaussian binomial, prod (1 - q^(nb+i)) / (1 - q^i), i = 1..na.
 */
static double *rank_sum_distribution(size_t na, size_t nb)
{
	const size_t top = na * nb;
	double *p = calloc(top + 1, sizeof(*p)), ways = 0.0;

	if (!p)
		return NULL;
	p[0] = 1.0;
	for (size_t i = 1; i <= na; i++) {
		for (size_t u = top + 1; u-- > nb + i;)
			p[u] -= p[u - nb - i];
		for (size_t u = i; u <= top; u++)
			p[u] += p[u - i];
	}
	for (size_t u = 0; u <= top; u++)
		ways += p[u];
	for (size_t u = 0; u <= top; u++)
		p[u] = p[u] / ways + (u ? p[u - 1] : 0.0);
	return p;
}

static double rank_sum_sd(size_t na, size_t nb, double ties)
{
	const double a = (double)na, b = (double)nb, n = a + b;

	return sqrt(a * b / 12 * (n + 1 - ties / (n * (n - 1))));
}

/* Return: -1 without memory. */
static double rank_sum_p(const double *a, size_t na, const double *b, size_t nb)
{
	double *all = malloc((na + nb) * sizeof(*all)), *below = NULL, ties, u, p = -1.0;
	unsigned *rank2 = calloc(na + nb, sizeof(*rank2));
	size_t sum2 = 0;

	if (!all || !rank2)
		goto out;
	memcpy(all, a, na * sizeof(*all));
	memcpy(all + na, b, nb * sizeof(*all));
	ties = twice_ranks(all, na + nb, rank2);
	if (ties < 0.0)
		goto out;
	for (size_t i = 0; i < na; i++)
		sum2 += rank2[i];
	u = (double)sum2 / 2 - (double)(na * (na + 1)) / 2;
	u = fmin(u, (double)(na * nb) - u);
	if (!(ties > 0.0) && na <= EXACT_SUM_MAX && nb <= EXACT_SUM_MAX) {
		below = rank_sum_distribution(na, nb);
		if (below)
			p = fmin(1.0, 2 * below[(size_t)u]);
	} else {
		const double sd = rank_sum_sd(na, nb, ties);
		const double z = sd > 0.0 ? ((double)(na * nb) / 2 - u - 0.5) / sd : 0.0;

		p = fmin(1.0, 2 * stats_normal_upper(z));
	}
out:
	free(all);
	free(rank2);
	free(below);
	return p;
}

static long sum_cut(size_t na, size_t nb, double alpha, double *tail)
{
	double *below;
	long k = -EINVAL;

	if (na > EXACT_SUM_MAX || nb > EXACT_SUM_MAX) {
		k = (long)floor((double)(na * nb) / 2 - 0.5 -
				stats_normal_quantile_upper(alpha / 2) * rank_sum_sd(na, nb, 0.0));
		*tail = alpha / 2;
		return k < 0 ? -EINVAL : k;
	}
	below = rank_sum_distribution(na, nb);
	if (!below)
		return -ENOMEM;
	for (long u = 0; u <= (long)(na * nb) && below[u] <= alpha / 2; u++) {
		k = u;
		*tail = below[u];
	}
	free(below);
	return k;
}

int rank_two_samples(
    const double *a, size_t na, const double *b, size_t nb, double alpha, struct rank_shift *out)
{
	double *sorted_a = NULL, *sorted_b = NULL, tail = 0.0;
	struct rank_shift r;
	int ret = -ENOMEM;
	long cut;

	if (check(a, na) != 0 || check(b, nb) != 0 || !(alpha > 0.0 && alpha < 1.0))
		return -EINVAL;
	cut = sum_cut(na, nb, alpha, &tail);
	if (cut < 0)
		return (int)cut;
	r.p = rank_sum_p(a, na, b, nb);
	sorted_a = ascending(a, na);
	sorted_b = ascending(b, nb);
	if (r.p < 0.0 || !sorted_a || !sorted_b)
		goto out;
	fill(&(struct rank_pairs){sorted_a, sorted_b, na, nb}, na * nb, (size_t)cut, tail, &r);
	*out = r;
	ret = 0;
out:
	free(sorted_a);
	free(sorted_b);
	return ret;
}

/* ---- many tests ---- */

int rank_benjamini_hochberg(const double *p, size_t n, double q, bool *reject)
{
	struct ranked *r = calloc(n ? n : 1, sizeof(*r));
	size_t count = 0;

	if (!r)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		r[i] = (struct ranked){p[i], i};
		reject[i] = false;
	}
	qsort(r, n, sizeof(*r), by_value);
	for (size_t i = 0; i < n; i++)
		if (r[i].value <= q * (double)(i + 1) / (double)n)
			count = i + 1;
	for (size_t i = 0; i < count; i++)
		reject[r[i].index] = true;
	free(r);
	return (int)count;
}
