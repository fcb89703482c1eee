/* counted.c - what hand-offs through something that counts have in common: is all of it there? */
#include "benches/handoff/counted.h"

int counted_check(
    struct counted count[2], const int left[2], unsigned next, char *why, size_t why_len)
{
	int ret = 0;

	for (unsigned i = 0; i < 2; i++) {
		const int want = (i == next) + count[1 - i].given - count[i].taken;

		if (left[i] == want || ret)
			continue;
		(void)snprintf(
		    why, why_len, "to worker %u: %d turns on their way, not %d", i, left[i], want);
		ret = -EBADMSG;
	}
	memset(count, 0, 2 * sizeof(*count));
	return ret;
}
