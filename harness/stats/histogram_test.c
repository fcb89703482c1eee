#include "harness/stats/histogram.h"

#include "harness/base/random.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct histogram *new_histogram(void)
{
	struct histogram *h = malloc(sizeof(*h));

	assert_non_null(h);
	histogram_clear(h);
	return h;
}

static void buckets_tile_all_values(void **state)
{
	(void)state;
	assert_int_equal(histogram_bucket_low(0), 0);
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		const uint64_t low = histogram_bucket_low(i), high = histogram_bucket_high(i);

		assert_true(low <= high);
		assert_int_equal(histogram_index(low), i);
		assert_int_equal(histogram_index(high), i);
		assert_int_equal(histogram_index(low + (high - low) / 2), i);
		if (i + 1 < HISTOGRAM_BUCKETS) {
			assert_int_equal(histogram_bucket_low(i + 1), high + 1);
			/* Half a bucket, which is the error of the middle, is within 1 %. */
			assert_true((high - low + 1) * 100 <= 2 * low || high == low);
		}
	}
	assert_int_equal(histogram_bucket_high(HISTOGRAM_BUCKETS - 1), UINT64_MAX);
	assert_int_equal(histogram_index(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
	assert_int_equal(
	    histogram_index((UINT64_C(1) << HISTOGRAM_MAX_BITS) - 1), HISTOGRAM_BUCKETS - 1);
	assert_true(
	    histogram_bucket_low(HISTOGRAM_BUCKETS - 1) < UINT64_C(1) << HISTOGRAM_MAX_BITS);
	/* Not only the boundaries: all of the first values, one by one. */
	for (uint64_t v = 0; v < UINT64_C(1) << 20; v++) {
		const uint32_t i = histogram_index(v);

		assert_true(histogram_bucket_low(i) <= v && v <= histogram_bucket_high(i));
		assert_true(v >= 128 || i == v);
	}
}

static uint64_t draw_uniform(uint64_t *state)
{
	return random_next(state) % 1000000;
}

static uint64_t draw_small(uint64_t *state)
{
	return random_next(state) % 300; /* across the end of the exact range */
}

static uint64_t draw_exponential(uint64_t *state)
{
	return (uint64_t)(-20000 * log(random_uniform(state)));
}

static uint64_t draw_bimodal(uint64_t *state)
{
	return random_uniform(state) < 0.9 ? 80 + random_next(state) % 40
					   : 2000000 + random_next(state) % 500000;
}

static uint64_t draw_constant(uint64_t *state)
{
	(void)state;
	return 123457;
}

/* Pareto with an infinite mean, cut where the last bucket begins to be a lump. */
static uint64_t draw_heavy(uint64_t *state)
{
	return (uint64_t)fmin(100 / pow(random_uniform(state), 1 / 0.7), 0x1p38 - 1);
}

static uint64_t draw_log_uniform(uint64_t *state)
{
	return (uint64_t)exp2(38 * random_uniform(state));
}

typedef uint64_t (*draw_fn)(uint64_t *state);

static const draw_fn draws[] = {draw_uniform, draw_small, draw_exponential, draw_bimodal,
    draw_constant, draw_heavy, draw_log_uniform};

/* Something that estimates quantiles: the histogram, or a broken one. */
struct estimator {
	void *self;
	void (*record)(void *self, uint64_t value);
	uint64_t (*quantile)(const void *self, double q);
};

static int compare_u64(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a;
	const uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The largest relative error over 10,001 quantiles, against the sorted values. */
static double worst_error(const struct estimator *e, draw_fn draw, size_t n)
{
	uint64_t *values = calloc(n, sizeof(*values));
	uint64_t state = n;
	double worst = 0;

	assert_non_null(values);
	for (size_t i = 0; i < n; i++) {
		values[i] = draw(&state);
		e->record(e->self, values[i]);
	}
	qsort(values, n, sizeof(*values), compare_u64);
	for (uint64_t k = 0; k <= 10000; k++) {
		/* ceil(k / 10000 * n) in integers, so not by the code under test's rounding. */
		const uint64_t rank = (k * n + 9999) / 10000;
		const uint64_t exact = values[rank ? rank - 1 : 0];
		const uint64_t got = e->quantile(e->self, (double)k / 10000);
		const double error = fabs((double)got - (double)exact);

		if (error > 0)
			worst = fmax(worst, error / (double)exact);
	}
	free(values);
	return worst;
}

static void record(void *self, uint64_t value)
{
	histogram_record(self, value);
}

static uint64_t quantile(const void *self, double q)
{
	return histogram_quantile(self, q);
}

/* The negative control: 16 sub-buckets instead of 64, 1/32 of error. */
struct coarse {
	uint64_t count;
	uint64_t bucket[64 * 16];
};

static void coarse_record(void *self, uint64_t value)
{
	struct coarse *c = self;
	const uint32_t bits = value < 32 ? 0 : (uint32_t)(63 - __builtin_clzll(value)) - 4;

	c->bucket[bits * 16 + (value >> bits)]++;
	c->count++;
}

static uint64_t coarse_quantile(const void *self, double q)
{
	const struct coarse *c = self;
	const double rank = fmax(1, ceil(q * (double)c->count * (1 - 1e-15)));
	uint64_t seen = c->bucket[0];
	uint32_t i = 0, shift;

	while ((double)seen < rank)
		seen += c->bucket[++i];
	if (i < 32)
		return i;
	shift = i / 16 - 1;
	return ((uint64_t)(i % 16 + 16) << shift) + (UINT64_C(1) << shift) / 2;
}

static void quantiles_are_within_one_percent(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 10, 99, 100, 101, 1000, 100000};

	(void)state;
	for (size_t d = 0; d < COUNT(draws); d++) {
		for (size_t s = 0; s < COUNT(sizes); s++) {
			struct estimator e = {new_histogram(), record, quantile};

			assert_true(worst_error(&e, draws[d], sizes[s]) <= 0.01);
			free(e.self);
		}
	}
}

static void checker_catches_a_coarse_histogram(void **state)
{
	static const draw_fn wide[] = {draw_uniform, draw_exponential, draw_log_uniform};

	(void)state;
	for (size_t d = 0; d < COUNT(wide); d++) {
		struct estimator e = {
		    calloc(1, sizeof(struct coarse)), coarse_record, coarse_quantile};
		double error;

		assert_non_null(e.self);
		error = worst_error(&e, wide[d], 100000);
		/* Coarse, and not wrong in some other way. */
		assert_true(error > 0.01 && error <= 1.0 / 32);
		free(e.self);
	}
}

static void merge_is_exact(void **state)
{
	struct histogram *all = new_histogram(), *merged = new_histogram();
	struct histogram *part = new_histogram();

	(void)state;
	for (size_t d = 0; d < COUNT(draws); d++) {
		uint64_t seed = d;

		histogram_clear(part);
		for (size_t i = 0; i < 1000 * d; i++) { /* the first part stays empty */
			const uint64_t v = draws[d](&seed);

			histogram_record(all, v);
			histogram_record(part, v);
		}
		histogram_merge(merged, part);
		assert_memory_equal(all, merged, sizeof(*all));
	}
	/* Memory that was never cleared holds nothing, and so no minimum either. */
	memset(part, 0, sizeof(*part));
	histogram_merge(merged, part);
	assert_memory_equal(all, merged, sizeof(*all));
	/* Negative control: one value in twenty thousand lost must be seen. */
	histogram_record(all, 5);
	assert_memory_not_equal(all, merged, sizeof(*all));
	free(all);
	free(merged);
	free(part);
}

static void edges(void **state)
{
	struct histogram *h = new_histogram(), *other = new_histogram();

	(void)state;
	assert_int_equal(h->min, UINT64_MAX);
	assert_int_equal(histogram_quantile(h, 0.5), 0);

	histogram_record(h, 1000003);
	assert_int_equal(histogram_quantile(h, 0), 1000003);
	assert_int_equal(histogram_quantile(h, 0.5), 1000003); /* clamped: exact */
	assert_int_equal(histogram_quantile(h, 1), 1000003);

	/* Beyond the last bucket: the tail is not cut off. */
	histogram_record(h, UINT64_C(1) << 40);
	assert_in_range(histogram_quantile(h, 0.5), 1000003, 1010000);
	assert_int_equal(histogram_quantile(h, 0.51), UINT64_C(1) << 40);
	assert_int_equal(h->max, UINT64_C(1) << 40);

	/* The sum saturates, also when merged, and in the same way. */
	histogram_record(h, UINT64_MAX);
	assert_int_equal(h->sum, UINT64_MAX);
	histogram_record(other, 7);
	histogram_merge(other, h);
	assert_int_equal(other->sum, UINT64_MAX);
	assert_int_equal(other->count, 4);
	assert_int_equal(other->min, 7);
	assert_int_equal(other->max, UINT64_MAX);

	/* More than 32 bits in one bucket. */
	histogram_clear(h);
	histogram_record(h, 10);
	h->count = h->bucket[10] = UINT64_C(3) << 32;
	histogram_merge(h, h);
	histogram_record(h, 20);
	assert_int_equal(h->bucket[10], UINT64_C(6) << 32);
	assert_int_equal(histogram_quantile(h, 0.999), 10);
	free(h);
	free(other);
}

/* 0.07 * 100 is 7.000000000000001 in doubles; the rank is 7 all the same. */
static void ranks_do_not_slip(void **state)
{
	struct histogram *h = new_histogram();

	(void)state;
	for (uint64_t v = 1; v <= 100; v++)
		histogram_record(h, v);
	for (uint64_t v = 1; v <= 100; v++)
		assert_int_equal(histogram_quantile(h, (double)v / 100), v);
	assert_int_equal(histogram_quantile(h, 0.0701), 8);
	assert_int_equal(histogram_quantile(h, 1e-9), 1);
	free(h);
}

struct reading {
	const struct histogram *h;
	bool stop;
	bool foreign; /* saw what was never written */
};

static void *read_all_the_time(void *arg)
{
	struct reading *r = arg;
	struct histogram *copy = malloc(sizeof(*copy));

	while (copy && !__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		const uint64_t p = histogram_quantile(r->h, 0.99);

		histogram_clear(copy);
		histogram_merge(copy, r->h);
		/* Whatever moment it is of, it lies among what was written. */
		r->foreign |= p > 1000 || copy->max > 1000;
	}
	free(copy);
	return NULL;
}

/* Under the thread sanitizer this also shows that reading meanwhile is no data race. */
static void can_be_read_while_written(void **state)
{
	struct histogram *h = new_histogram();
	struct reading r = {.h = h};
	uint64_t seed = 1;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, read_all_the_time, &r), 0);
	for (int i = 0; i < 2000000; i++)
		histogram_record(h, 1 + random_next(&seed) % 1000);
	__atomic_store_n(&r.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(h->count, 2000000);
	assert_int_equal(h->max, 1000);
	assert_false(r.foreign);
	free(h);
}

static void lives_in_memory_shared_by_processes(void **state)
{
	struct histogram *h =
	    mmap(NULL, sizeof(*h), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	(void)state;
	assert_true(h != MAP_FAILED);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		histogram_clear(h);
		for (uint64_t v = 1; v <= 1000; v++)
			histogram_record(h, v);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(h->count, 1000);
	assert_int_equal(histogram_quantile(h, 0), 1);
	assert_int_equal(histogram_quantile(h, 1), 1000);
	assert_int_equal(munmap(h, sizeof(*h)), 0);
}

static void few_values_tell_no_tail(void **state)
{
	static const struct {
		unsigned values;
		double q;
		bool tells;
	} table[] = {
	    {0, 0, false},
	    {0, 0.5, false},
	    {1, 0, true},
	    {1, 1, true},
	    {19, 0.5, false},
	    {20, 0.5, true},
	    {99, 0.1, false},
	    {100, 0.1, true},
	    {999, 0.99, false},
	    {1000, 0.99, true},
	    {9999, 0.999, false},
	    {10000, 0.999, true},
	};
	struct histogram *h = malloc(sizeof(*h));

	(void)state;
	assert_non_null(h);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		histogram_clear(h);
		for (unsigned v = 0; v < table[i].values; v++)
			histogram_record(h, v);
		assert_int_equal(histogram_tells_quantile(h, table[i].q), table[i].tells);
	}
	free(h);
}

/* A shift of half a bucket moves it by half a bucket, where the bucket's middle stays or jumps. */
static void quantiles_between_follow_small_shifts(void **state)
{
	static struct histogram a, b;
	static const double qs[] = {0, 0.1, 0.5, 0.9, 0.99, 1};

	(void)state;
	histogram_clear(&a);
	histogram_clear(&b);
	for (uint64_t i = 0; i < 20000; i++) {
		histogram_record(&a, 10000 + i);
		histogram_record(&b, (10000 + i) * 1004 / 1000);
	}
	for (size_t i = 0; i < sizeof(qs) / sizeof(qs[0]); i++) {
		const double from = histogram_quantile_between(&a, qs[i]);
		const double to = histogram_quantile_between(&b, qs[i]);

		assert_true(fabs(from / (10000 + 20000 * qs[i]) - 1) < 0.001);
		assert_true(fabs(to / from - 1.004) < 0.001);
	}
	/* Whole small numbers stay themselves, within a half. */
	histogram_clear(&a);
	for (unsigned i = 0; i < 100; i++)
		histogram_record(&a, i < 10 ? 4 : i < 90 ? 5 : 6);
	assert_true(fabs(histogram_quantile_between(&a, 0.5) - 5) < 0.02);
	assert_true(histogram_quantile_between(&a, 0.05) >= 4);
	assert_true(histogram_quantile_between(&a, 0.99) <= 6);
	histogram_clear(&a);
	assert_true(histogram_quantile_between(&a, 0.5) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quantiles_between_follow_small_shifts),
	    cmocka_unit_test(buckets_tile_all_values),
	    cmocka_unit_test(quantiles_are_within_one_percent),
	    cmocka_unit_test(checker_catches_a_coarse_histogram),
	    cmocka_unit_test(merge_is_exact),
	    cmocka_unit_test(edges),
	    cmocka_unit_test(ranks_do_not_slip),
	    cmocka_unit_test(few_values_tell_no_tail),
	    cmocka_unit_test(can_be_read_while_written),
	    cmocka_unit_test(lives_in_memory_shared_by_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
