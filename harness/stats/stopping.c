#include "harness/stats/stopping.h"

#include "harness/stats/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The same interval as the summary of a run gives. */
#define LEVEL 0.95

static int append(struct stopping *s, double figure)
{
	if (s->n == s->capacity) {
		const size_t capacity = s->capacity ? s->capacity * 2 : 16;
		double *grown = realloc(s->x, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->x = grown;
		s->capacity = capacity;
	}
	s->x[s->n++] = figure;
	return 0;
}

int stopping_add(struct stopping *s, double figure, double precision)
{
	struct stats_interval i;
	int rc;

	if (!isfinite(figure) || figure <= 0)
		return -EINVAL;
	rc = append(s, figure);
	if (rc || s->n < 2)
		return rc;
	rc = stats_median_ci(s->x, s->n, LEVEL, &i, NULL);
	if (rc)
		return rc;
	s->half_width = stats_half_width(&i);
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
