#include "harness/gate/pair.h"

#include "harness/cell/schedule.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUARTET_SLOTS 4u
#define QUARTETS_MIN 4u
#define QUARTETS_MAX 256u
/* Two sums of the same numbers that went through text. */
#define SUM_TOLERANCE 1e-6

static const struct pair_cells processes = {
    .start = cell_start, .turn = cell_turn, .finish = cell_finish, .kill = cell_kill};

struct pair {
	const struct pair_spec *spec;
	const struct pair_cells *cells;
	struct cell_process *cell[SIDES];
	unsigned turns[SIDES];
	double sum_ns[SIDES];
	struct pair_failure *failure;
};

const char *side_name(enum side s)
{
	return s == SIDE_BASE ? "base" : "head";
}

unsigned pair_quartets(uint64_t launch_ns, uint64_t slot_ns)
{
	const uint64_t quartet_ns = (slot_ns ? slot_ns : 1) * QUARTET_SLOTS;
	const uint64_t n = launch_ns / quartet_ns + 1;

	return n < QUARTETS_MIN ? QUARTETS_MIN : n > QUARTETS_MAX ? QUARTETS_MAX : (unsigned)n;
}

/* Return: -EINTR as it is; anything else is the side's failure. */
static int failed(struct pair *p, enum side side, int error, enum case_status reported)
{
	if (error == -EINTR)
		return error;
	p->failure->side = side;
	p->failure->status = cell_failure_status(error, reported);
	return -EIO;
}

static int start(struct pair *p, enum side side, struct message *ready)
{
	struct cell_spec spec = p->spec->cell[side];
	int ret;

	spec.slots = p->spec->quartets * 2;
	spec.seed = p->spec->seed;
	ret =
	    p->cells->start(&spec, &p->cell[side], ready, p->failure->why, sizeof(p->failure->why));
	if (ret)
		return failed(p, side, ret, STATUS_INVALID);
	return 0;
}

/* What the two measure is the same, and for as long. */
static int check_alike(struct pair *p, const struct message ready[SIDES])
{
	const struct message *base = &ready[SIDE_BASE], *head = &ready[SIDE_HEAD];

	if (!p->spec->differs && strcmp(base->hash, head->hash) != 0)
		(void)snprintf(p->failure->why, sizeof(p->failure->why), PAIR_DIFFERS);
	else if (base->slot_ns != head->slot_ns)
		(void)snprintf(p->failure->why, sizeof(p->failure->why),
		    "a turn lasts %.3g ms in base and %.3g ms in head", (double)base->slot_ns / 1e6,
		    (double)head->slot_ns / 1e6);
	else
		return 0;
	return -ESTALE;
}

static int start_both(struct pair *p, uint64_t coin, char hash[17])
{
	const enum side first = coin & 1 ? SIDE_HEAD : SIDE_BASE;
	const enum side second = first == SIDE_BASE ? SIDE_HEAD : SIDE_BASE;
	struct message ready[SIDES] = {{0}};
	int ret = start(p, first, &ready[first]);

	if (!ret)
		ret = start(p, second, &ready[second]);
	if (ret)
		return ret;
	memcpy(hash, ready[SIDE_BASE].hash, sizeof(ready[SIDE_BASE].hash));
	return check_alike(p, ready);
}

/* @ns: 0 when no operation was finished inside the window. */
static int turn(struct pair *p, enum side side, double *ns)
{
	enum case_status reported = STATUS_INVALID;
	struct sample sample;
	int ret = p->cells->turn(p->cell[side], p->turns[side], &sample, &reported, p->failure->why,
	    sizeof(p->failure->why));

	if (ret)
		return failed(p, side, ret, reported);
	p->turns[side]++;
	*ns = 0.0;
	(void)metric_get(&sample.metrics, METRIC_NS_PER_OP, ns);
	p->sum_ns[side] += *ns;
	sample_free(&sample);
	return 0;
}

static int one_quartet(struct pair *p, bool head_first, struct quartet *q)
{
	for (unsigned i = 0; i < QUARTET_SLOTS; i++) {
		/* 0110 or 1001 */
		const bool outer = i == 0 || i == QUARTET_SLOTS - 1;
		const enum side side = outer == head_first ? SIDE_HEAD : SIDE_BASE;
		double *ns = side == SIDE_HEAD ? q->head_ns : q->base_ns;
		int ret = turn(p, side, &ns[i >= QUARTET_SLOTS / 2]);

		if (ret)
			return ret;
	}
	return 0;
}

static bool whole(const struct quartet *q)
{
	return q->base_ns[0] > 0.0 && q->base_ns[1] > 0.0 && q->head_ns[0] > 0.0 &&
	       q->head_ns[1] > 0.0;
}

/* In good order, so that a failure which shows at the end (a leak, a sanitizer) counts. */
static int finish(struct pair *p, enum side side)
{
	char *why = p->failure->why;
	const size_t why_len = sizeof(p->failure->why);
	double sum_ns = 0.0;
	unsigned rows = 0;
	int ret = p->cells->finish(p->cell[side], &rows, &sum_ns, NULL, why, why_len);

	p->cell[side] = NULL;
	if (!ret && (rows != p->turns[side] ||
			fabs(sum_ns - p->sum_ns[side]) > SUM_TOLERANCE * p->sum_ns[side] + 1e-3)) {
		(void)snprintf(why, why_len,
		    "Google Benchmark reports %u repetitions, %.9g ns; the samples are %u, %.9g ns",
		    rows, sum_ns, p->turns[side], p->sum_ns[side]);
		ret = -EBADMSG;
	}
	return ret ? failed(p, side, ret, STATUS_INVALID) : 0;
}

/* The middle of all slots, or of the quickest quarter: those that the launch's figure is of. */
static int middles(const struct quartet *q, size_t n, struct pair_result *out)
{
	const double at = out->ratio.quickest ? 0.125 : 0.5;
	double *x = calloc(n * 2, sizeof(*x));

	if (!x)
		return -ENOMEM;
	for (enum side s = SIDE_BASE; s < SIDES; s++) {
		for (size_t i = 0; i < n; i++)
			memcpy(&x[i * 2], s == SIDE_BASE ? q[i].base_ns : q[i].head_ns,
			    sizeof(q[i].base_ns));
		stats_sort(x, n * 2);
		out->ns_per_op[s] = stats_quantile_sorted(x, n * 2, at);
	}
	free(x);
	return 0;
}

static int turns(struct pair *p, struct quartet *q, struct pair_result *out)
{
	size_t used = 0;
	int ret = 0;

	for (unsigned i = 0; !ret && i < p->spec->quartets; i++) {
		ret = one_quartet(p, schedule_seed(p->spec->seed, 1, i) & 1, &q[used]);
		if (ret)
			return ret;
		if (i > 0 && whole(&q[used])) {
			out->slots += QUARTET_SLOTS;
			used++;
		} else {
			*(i > 0 ? &out->empty : &out->warm_up) += QUARTET_SLOTS;
		}
	}
	if (!used)
		return -ENODATA;
	ret = launch_ratio_of(q, used, &out->ratio);
	return ret ? ret : middles(q, used, out);
}

int pair_measure(
    const struct pair_spec *spec, struct pair_result *out, struct pair_failure *failure)
{
	struct pair p = {
	    .spec = spec, .cells = spec->cells ? spec->cells : &processes, .failure = failure};
	struct quartet *q = calloc(spec->quartets, sizeof(*q));
	int ret;

	memset(out, 0, sizeof(*out));
	failure->why[0] = '\0';
	if (!q)
		return -ENOMEM;
	ret = start_both(&p, schedule_seed(spec->seed, 0, 0), out->hash);
	if (!ret)
		ret = turns(&p, q, out);
	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		/* What ended without data has still to end well. */
		const int end = !ret || ret == -ENODATA ? finish(&p, side) : 0;

		p.cells->kill(p.cell[side]);
		p.cell[side] = NULL;
		if (end)
			ret = end;
	}
	free(q);
	return ret;
}
