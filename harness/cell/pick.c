#include "harness/cell/pick.h"

#include "harness/base/clock.h"
#include "harness/cell/run_window.h"
#include "harness/cell/schedule.h"
#include "harness/work/team.h"

#include <errno.h>
#include <stdlib.h>

/* A cell from its start to its first turn, and its end. Measured on a quiet virtual machine with
 * two CPUs: launches of two windows of 3 ms take 28 ms with one worker, 38 to 44 with two, whose
 * cache line is timed first. */
#define CELL_NS (36 * CLOCK_NS_PER_MS)
#define CELL_WORKER_NS (100 * CLOCK_NS_PER_US)
/* A trial without a window takes as long as it takes. */
#define ONCE_NS (50 * CLOCK_NS_PER_MS)

static uint64_t window_of(const struct bench_case *bc, const struct pick_plan *plan)
{
	const struct window_known *known;

	if (!bc->window_ns || plan->slot_ns)
		return bc->window_ns ? plan->slot_ns : 0;
	known = run_window_known(plan->windows, bc);
	return known ? known->window_ns : bc->window_ns;
}

uint64_t pick_needs_ns(const struct bench_case *bc, const struct pick_plan *plan)
{
	const uint64_t window_ns = window_of(bc, plan);
	const uint64_t trial_ns = window_ns ? window_ns + team_beside_ns(window_ns, case_units(bc))
					    : ONCE_NS + bc->pub.workers * CELL_WORKER_NS;

	const uint64_t cell_ns = CELL_NS + bc->pub.workers * CELL_WORKER_NS;
	uint64_t launch_ns = cell_ns + schedule_slots(window_ns, plan->slots) * trial_ns;

	if (bc->unsupported[0])
		return 0;
	if (case_displaces(bc))
		launch_ns += cell_ns + team_displace_ns(window_ns, case_units(bc));
	return plan->launches * launch_ns;
}

/* A case that wants to be picked. */
struct candidate {
	size_t index; /* in the list */
	const struct kind *kind;
	unsigned differs; /* from its kind's base case, in so many parameters ... */
	unsigned first;   /* ... of which this is the first */
	unsigned turn;    /* of its question */
};

static void compare_with_base(
    struct candidate *c, const struct bench_case *bc, const struct param_value *base)
{
	c->first = CASE_PARAMS_MAX;
	for (unsigned i = bc->kind->param_count; i-- > 0;) {
		const struct cb_param *p = bc->kind->param[i];

		/* A value that follows from others is no choice of its own. */
		if (param_follows(p))
			continue;
		if (param_same(p, &bc->value[i], &base[i]))
			continue;
		c->differs++;
		c->first = i;
	}
}

/* Which comes first in its question. */
static unsigned standing(const struct kind *k)
{
	return k->self->flags & CB_REFERENCE ? 0 : k->module ? 1 : 2 + (unsigned)k->self->from;
}

#define BY(x, y)                                   \
	do {                                       \
		if ((x) != (y))                    \
			return (x) < (y) ? -1 : 1; \
	} while (0)

/* Kind by kind. Families in any order, and kinds, which lie in one array, in theirs. */
static int by_kind(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	BY(a->kind->family, b->kind->family);
	BY(standing(a->kind), standing(b->kind));
	BY(a->kind, b->kind);
	BY(a->differs, b->differs);
	BY(a->first, b->first);
	BY(a->index, b->index);
	return 0;
}

static int by_turn(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	BY(a->kind->family, b->kind->family);
	BY(a->turn, b->turn);
	BY(a->index, b->index);
	return 0;
}

/* The first kind from turn 0 on, two from turn 1, four from turn 2, ... */
static void number_turns(struct candidate *c, size_t count)
{
	size_t kinds = 0;

	for (size_t i = 0; i < count; i++) {
		if (i && c[i].kind == c[i - 1].kind) {
			c[i].turn = c[i - 1].turn + 1;
			continue;
		}
		kinds = i && c[i].kind->family == c[i - 1].kind->family ? kinds + 1 : 1;
		for (size_t n = kinds; n > 1; n /= 2)
			c[i].turn++;
	}
}

/* One family's candidates, in the order in which they are picked. */
struct question {
	const struct candidate *next, *end;
	size_t order; /* in the list */
	uint64_t spent_ns;
	bool begun;
};

static struct question *least_spent(struct question *q, size_t count)
{
	struct question *least = NULL;

	for (size_t i = 0; i < count; i++)
		if (q[i].next < q[i].end &&
		    (!least || q[i].spent_ns < least->spent_ns ||
			(q[i].spent_ns == least->spent_ns && q[i].order < least->order)))
			least = &q[i];
	return least;
}

static size_t ask(const struct candidate *c, size_t count, struct question *q)
{
	size_t questions = 0;

	for (size_t i = 0; i < count; i++) {
		if (!i || c[i].kind->family != c[i - 1].kind->family)
			q[questions++] = (struct question){.next = &c[i], .order = c[i].index};
		q[questions - 1].end = &c[i + 1];
		if (c[i].index < q[questions - 1].order)
			q[questions - 1].order = c[i].index;
	}
	return questions;
}

int pick_cases(const struct case_list *list, const struct host *host, const struct pick_plan *plan,
    uint64_t budget_ns, bool *keep)
{
	struct candidate *c = calloc(list->count + 1, sizeof(*c));
	struct question *q = calloc(list->count + 1, sizeof(*q)), *at;
	struct param_value base[CASE_PARAMS_MAX];
	const struct kind *known = NULL;
	uint64_t spent_ns = 0;
	char err[8];
	size_t questions;

	if (!c || !q) {
		free(c);
		free(q);
		return -ENOMEM;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct bench_case *bc = &list->item[i];

		/* Its registration has shown that it has one. */
		if (bc->kind != known)
			(void)case_base(bc->kind, host, base, err, sizeof(err));
		known = bc->kind;
		keep[i] = false;
		c[i] = (struct candidate){.index = i, .kind = bc->kind};
		compare_with_base(&c[i], bc, base);
	}
	qsort(c, list->count, sizeof(*c), by_kind);
	number_turns(c, list->count);
	qsort(c, list->count, sizeof(*c), by_turn);
	questions = ask(c, list->count, q);
	while ((at = least_spent(q, questions)) != NULL) {
		const struct candidate *one = at->next++;
		const uint64_t ns = pick_needs_ns(&list->item[one->index], plan);

		if (at->begun && spent_ns + ns > budget_ns) {
			/* What comes behind it may be shorter, but matters less. */
			at->next = at->end;
			continue;
		}
		keep[one->index] = at->begun = true;
		spent_ns += ns;
		at->spent_ns += ns;
	}
	free(c);
	free(q);
	return 0;
}
