/* placement_fixture.h - a plan as tests write it: "0,1,0,1"; "-" is a worker that is not bound. */
#ifndef CONCBENCH_PLACEMENT_FIXTURE_H
#define CONCBENCH_PLACEMENT_FIXTURE_H

#include "harness/machine/placement.h"

#include <stdio.h>

static inline char *placement_format(const struct placement *p, char *buf, size_t len)
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned w = 0; w < p->count && at < len; w++) {
		const char *comma = w ? "," : "";

		at +=
		    (size_t)(p->pu[w] < 0 ? snprintf(buf + at, len - at, "%s-", comma)
					  : snprintf(buf + at, len - at, "%s%d", comma, p->pu[w]));
	}
	return buf;
}

#endif
