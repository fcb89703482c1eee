#include "harness/cell/schedule.h"

#include "harness/base/random.h"

static uint32_t bounded(uint64_t *state, uint32_t bound)
{
	uint64_t product = (random_next(state) >> 32) * bound;

	if ((uint32_t)product < bound) {
		const uint32_t reject = (0u - bound) % bound;

		while ((uint32_t)product < reject)
			product = (random_next(state) >> 32) * bound;
	}
	return (uint32_t)(product >> 32);
}

uint64_t schedule_seed(uint64_t seed, size_t index, unsigned launch)
{
	uint64_t state = seed;

	state = random_next(&state) ^ ((uint64_t)index << 32 | launch);
	return random_next(&state);
}

void schedule_shuffle(size_t *order, size_t n, uint64_t seed, unsigned round)
{
	uint64_t state = schedule_seed(seed, SIZE_MAX >> 32, round);

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; i > 1; i--) {
		size_t j = bounded(&state, (uint32_t)i);
		size_t swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
}

bool schedule_fits(unsigned launches, uint64_t elapsed_ns, uint64_t cell_ns, uint64_t budget_ns)
{
	if (launches < 2)
		return elapsed_ns < budget_ns;
	return elapsed_ns + cell_ns <= budget_ns;
}

/* A window this long is a trial of its own: a second one warms up for the third, no more. */
#define LONG_SLOT_NS UINT64_C(50000000)
#define LONG_SLOTS 2u

unsigned schedule_slots(uint64_t slot_ns, unsigned slots)
{
	return (!slot_ns || slot_ns >= LONG_SLOT_NS) && slots > LONG_SLOTS ? LONG_SLOTS : slots;
}

#define COUNTERS_SHARE 10u

uint64_t schedule_rounds_budget(uint64_t budget_ns, bool counters)
{
	return counters ? budget_ns - budget_ns / COUNTERS_SHARE : budget_ns;
}

size_t schedule_cells_left(
    size_t wanted, uint64_t cell_ns, uint64_t budget_left_ns, uint64_t *left_ns)
{
	if (!cell_ns) {
		*left_ns = UINT64_MAX;
		return wanted;
	}
	if (wanted <= budget_left_ns / cell_ns) {
		*left_ns = wanted * cell_ns;
		return wanted;
	}
	*left_ns = budget_left_ns;
	return budget_left_ns / cell_ns + 1;
}
