#include "harness/stats/stopping.h"

#include "harness/base/grow.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The same interval as the summary of a run gives. */
#define LEVEL 0.95

int stopping_add(struct stopping *s, double figure, unsigned trials, double precision)
{
	struct stats_interval i;
	double covered;
	int rc;

	if (!scale_allows(s->scale, figure))
		return -EINVAL;
	rc = grow(&s->x, s->n + 1, &s->capacity, sizeof(*s->x));
	if (rc)
		return rc;
	s->x[s->n++] = figure;
	s->trials += trials;
	if (s->n < 2)
		return 0;
	rc = scale_interval(s->scale, s->x, s->n, s->trials, LEVEL, &i, &covered);
	if (rc)
		return rc;
	s->half_width = scale_half_width(s->scale, s->worth, &i);
	if (s->n < STOPPING_MIN)
		return 0;
	s->in_row = s->half_width <= precision ? s->in_row + 1 : 0;
	/* Equal figures have an interval of no width; a precision of 0 still means never. */
	s->reached |= precision > 0 && !s->never && s->in_row >= STOPPING_IN_ROW;
	return 0;
}

void stopping_free(struct stopping *s)
{
	free(s->x);
	memset(s, 0, sizeof(*s));
}
