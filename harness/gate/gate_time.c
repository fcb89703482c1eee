/* gate_time.c - how long pairs, looks and suites take, before and while they are measured. */
#include "harness/gate/gate_private.h"

#include "harness/work/team.h"

uint64_t gate_slot_ns(const struct gate_plan *plan, uint64_t case_ns)
{
	if (plan->slot_ns)
		return plan->slot_ns;
	return case_ns > GATE_TURN_NS && case_ns <= GATE_TURN_OF_UP_TO_NS ? GATE_TURN_NS : case_ns;
}

/* A trial without a window, until one has been seen: memory/parked's takes a tenth of it, what ends
 * in a deadlock ten times as long. */
#define ONCE_NS (50 * CLOCK_NS_PER_MS)

uint64_t gate_turns_ns(const struct gate_plan *plan, uint64_t slot_ns)
{
	return pair_quartets(plan->launch_ns, slot_ns) * 4 * (slot_ns ? slot_ns : ONCE_NS);
}

uint64_t gate_pair_ns(const struct gate_plan *plan, uint64_t slot_ns)
{
	const uint64_t turns_ns = gate_turns_ns(plan, slot_ns);
	const uint64_t turns = slot_ns ? turns_ns / slot_ns : 0;

	return turns_ns + (plan->overhead_ns
				  ? plan->overhead_ns
				  : GATE_PAIR_BEGIN_NS + turns * team_beside_ns(slot_ns, 2));
}

/* A pair of each case, and of the one that takes longest. */
static uint64_t pairs_ns(const struct gate_plan *plan, const struct catalogue_case *const *cases,
    size_t count, uint64_t *longest_ns)
{
	uint64_t sum_ns = 0;

	*longest_ns = 0;
	for (size_t i = 0; i < count; i++) {
		const uint64_t ns = gate_pair_ns(plan, gate_slot_ns(plan, cases[i]->slot_ns));

		sum_ns += ns;
		if (ns > *longest_ns)
			*longest_ns = ns;
	}
	return sum_ns;
}

uint64_t gate_first_look_ns(
    const struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count)
{
	uint64_t longest_ns;

	return pairs_ns(plan, cases, count, &longest_ns) * looks_launches(0);
}

unsigned gate_launches_needed(void)
{
	unsigned n = looks_launches(0);

	while (n + n / GATE_CONFIRM_SHARE < looks_launches(0) + CONFIRM_LAUNCHES)
		n++;
	return n;
}

uint64_t gate_case_needed_ns(uint64_t pair_ns)
{
	return (gate_launches_needed() + 1) * pair_ns;
}

uint64_t gate_needed_ns(
    const struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count)
{
	uint64_t longest_ns;
	const uint64_t look_ns = pairs_ns(plan, cases, count, &longest_ns) * looks_launches(0);
	const uint64_t longest_needed_ns = gate_case_needed_ns(longest_ns);

	return longest_needed_ns > look_ns ? longest_needed_ns : look_ns;
}

void gate_widen(struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count)
{
	const uint64_t needed_ns = gate_needed_ns(plan, cases, count);

	if (plan->open_ended && plan->budget_ns < needed_ns + needed_ns / 2)
		plan->budget_ns = needed_ns + needed_ns / 2;
}

uint64_t gate_overhead_ns(const struct gate *g)
{
	uint64_t spent_ns = 0, in_turns_ns = 0, pairs = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *c = &g->item[i];

		/* One that hung was waited for: that is not what a pair takes. */
		if (c->error)
			continue;
		spent_ns += c->spent_ns;
		in_turns_ns += (c->pairs + c->apart) * gate_turns_ns(g->plan, c->slot_ns);
		pairs += c->pairs + c->apart;
	}
	if (!pairs)
		return 0;
	/* At least something: 0 stands for a guess. */
	return spent_ns > in_turns_ns ? (spent_ns - in_turns_ns) / pairs + 1 : 1;
}
