/*
 * sieve.h - a CPU-bound job: sieving segments of the number line for primes (Eratosthenes).
 *
 * One operation is one segment: 16 KiB, a byte an odd number: it fits a first-level cache with room
 * for the base primes, and still does when a hyperthread beside it takes half.
 * The segments start at 10^7, where every base prime takes part in every one of them: all
 * operations are the same amount of work. Nothing is shared between workers.
 *
 * The state is public for the self-check's own test.
 */
#ifndef CONCBENCH_SIEVE_H
#define CONCBENCH_SIEVE_H

#include <concbench/job.h>

#define SIEVE_SEGMENT_BYTES 16384u
#define SIEVE_SPAN (2u * SIEVE_SEGMENT_BYTES) /* numbers a segment covers */
#define SIEVE_FIRST 10000000u                 /* even; the first segment starts right after it */
#define SIEVE_SEGMENTS 8u                     /* taken in turn */
#define SIEVE_PRIMES_MAX 512u                 /* odd primes below the root of the last number */

struct sieve_worker {
	_Alignas(CB_ALIGN) uint64_t segments; /* done since the cell began */
	uint64_t wrong;                       /* of them with a wrong number of primes */
	uint32_t wrong_segment;               /* the first of these */
	uint32_t wrong_primes;
	uint32_t prime_count;
	uint32_t prime[SIEVE_PRIMES_MAX];
	size_t shift; /* where the segment begins in this trial */
	_Alignas(CB_ALIGN) uint8_t composite[SIEVE_SEGMENT_BYTES + CB_SHIFT_MAX];
};

struct sieve_state {
	uint32_t expected[SIEVE_SEGMENTS]; /* primes in each, by another method */
	struct sieve_worker worker[];
};

/**
 * sieve_pi() - how many primes are <= @x, without sieving: the reference of the self-check.
 * @x: 2 <= x <= 16,000,000.
 *
 * Legendre's formula (1808) as dynamic programming over the values of x / i.
 */
uint32_t sieve_pi(uint32_t x);

#endif
