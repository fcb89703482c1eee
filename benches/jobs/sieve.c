#include "benches/jobs/sieve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PI_ROOT_MAX 4000u
/* Number of primes up to SIEVE_FIRST, published (OEIS A006880): the reference's own reference. */
#define PI_FIRST 664579u

uint32_t sieve_pi(uint32_t x)
{
	uint32_t small[PI_ROOT_MAX + 1]; /* [i]: numbers in 2..i not yet struck out */
	uint32_t large[PI_ROOT_MAX + 1]; /* [i]: the same for 2..x/i */
	uint32_t root = 1;

	while ((root + 1) * (root + 1) <= x)
		root++;
	for (uint32_t i = 1; i <= root; i++) {
		small[i] = i - 1;
		large[i] = x / i - 1;
	}
	for (uint32_t p = 2; p <= root; p++) {
		const uint32_t below = small[p - 1];

		if (small[p] == below)
			continue; /* not prime */
		for (uint32_t i = 1; i <= root && x / i >= p * p; i++)
			large[i] -= (i * p <= root ? large[i * p] : small[x / (i * p)]) - below;
		for (uint32_t i = root; i >= p * p; i--)
			small[i] -= small[i / p] - below;
	}
	return large[1];
}

static size_t sieve_state_size(const struct cb_case *c)
{
	return sizeof(struct sieve_state) + c->workers * sizeof(struct sieve_worker);
}

static int sieve_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct sieve_state *st = env->state;
	uint32_t before = sieve_pi(SIEVE_FIRST);

	if (before != PI_FIRST) {
		(void)snprintf(why, why_len, "reference: %u primes up to %u instead of %u", before,
		    SIEVE_FIRST, PI_FIRST);
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < SIEVE_SEGMENTS; i++) {
		const uint32_t upto = sieve_pi(SIEVE_FIRST + (i + 1) * SIEVE_SPAN);

		st->expected[i] = upto - before;
		before = upto;
	}
	return 0;
}

static void find_base_primes(struct sieve_worker *sw)
{
	const uint32_t last = SIEVE_FIRST + SIEVE_SEGMENTS * SIEVE_SPAN;

	for (uint32_t n = 3; n * n <= last && sw->prime_count < SIEVE_PRIMES_MAX; n += 2) {
		bool prime = true;

		for (uint32_t i = 0; i < sw->prime_count && prime; i++)
			prime = n % sw->prime[i] != 0;
		if (prime)
			sw->prime[sw->prime_count++] = n;
	}
}

/* The worker's first touch of its memory: after binding, so that it lies on the near NUMA node. */
static void sieve_enter(struct cb_worker *w, void *state)
{
	struct sieve_state *st = state;
	struct sieve_worker *sw = &st->worker[w->index];

	sw->shift = cb_shift(w);
	if (sw->prime_count)
		return;
	memset(sw->composite, 0, sizeof(sw->composite));
	find_base_primes(sw);
}

/* Byte i stands for the odd number base + 1 + 2 i; @base is even. */
static uint32_t count_primes(struct sieve_worker *sw, uint32_t base)
{
	uint8_t *composite = sw->composite + sw->shift;
	uint32_t struck = 0;

	memset(composite, 0, SIEVE_SEGMENT_BYTES);
	for (uint32_t k = 0; k < sw->prime_count; k++) {
		const uint32_t p = sw->prime[k];
		uint32_t multiple = (base + p) / p * p;

		if (multiple % 2 == 0)
			multiple += p;
		for (uint32_t i = (multiple - base - 1) / 2; i < SIEVE_SEGMENT_BYTES; i += p)
			composite[i] = 1;
	}
	for (uint32_t i = 0; i < SIEVE_SEGMENT_BYTES; i++)
		struck += composite[i];
	return SIEVE_SEGMENT_BYTES - struck;
}

static uint64_t sieve_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct sieve_state *st = state;
	struct sieve_worker *sw = &st->worker[w->index];

	for (uint64_t done = 0; done < n; done++) {
		const uint32_t segment = (uint32_t)(sw->segments % SIEVE_SEGMENTS);
		const uint32_t primes = count_primes(sw, SIEVE_FIRST + segment * SIEVE_SPAN);

		if (primes != st->expected[segment] && sw->wrong++ == 0) {
			sw->wrong_segment = segment;
			sw->wrong_primes = primes;
		}
		sw->segments++;
	}
	return n;
}

static int sieve_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct sieve_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct sieve_worker *sw = &st->worker[i];

		if (sw->wrong) {
			(void)snprintf(why, why_len,
			    "worker %u: %u primes in segment %u instead of %u (%" PRIu64 " wrong)",
			    i, sw->wrong_primes, sw->wrong_segment, st->expected[sw->wrong_segment],
			    sw->wrong);
			return -EBADMSG;
		}
		if (sw->segments != env->done[i]) {
			(void)snprintf(why, why_len,
			    "worker %u: sieved %" PRIu64 " segments, %" PRIu64 " were counted", i,
			    sw->segments, env->done[i]);
			return -EBADMSG;
		}
	}
	return 0;
}

static const struct cb_workload sieve_work = {
    .op = "segment",
    .timed = "sieve one segment and count its primes",
    .checked = "the primes of every segment are as many as a plain sieve found in it before, and "
	       "all segments were counted",
    .state_size = sieve_state_size,
    .setup = sieve_setup,
    .enter = sieve_enter,
    .batch = sieve_batch,
    .check = sieve_check,
    .cooperative = true,
};

CB_JOB(sieve, "CPU-bound: segments of the sieve of Eratosthenes",
    "Eratosthenes, by way of Nicomachus", CB_SMOKE, &sieve_work)
