#include "harness/gate/pair.h"

#include "harness/cell/schedule.h"
#include "harness/run/percentiles.h"
#include "harness/stats/scale.h"

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
	const struct run_figure *figure;
	int percentile;                   /* that the figure is, or -1 */
	struct histogram *latency[SIDES]; /* for it: of all slots but the warm-up's */
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
	/* Of trials that take as long as they take nobody knows how many fit: the fewest. */
	const uint64_t n = slot_ns ? launch_ns / (slot_ns * QUARTET_SLOTS) + 1 : QUARTETS_MIN;

	return n < QUARTETS_MIN ? QUARTETS_MIN : n > QUARTETS_MAX ? QUARTETS_MAX : (unsigned)n;
}

/* Return: -EINTR and CELL_NONE as they are; anything else is the side's failure. */
static int failed(struct pair *p, enum side side, int error, enum case_status reported)
{
	if (error == -EINTR || error == CELL_NONE)
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
	spec.displacing = run_figure_is_displaced(p->figure);
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
	else if (strcmp(base->pus, head->pus) != 0)
		(void)snprintf(p->failure->why, sizeof(p->failure->why),
		    "base's workers are bound to PUs %.60s, head's to %.60s", base->pus, head->pus);
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

int pair_percentile(const struct run_figure *figure)
{
	return percentile_find(figure->metric);
}

/* Return: false when the slot has no figure. */
static bool take(struct pair *p, enum side side, const struct sample *sample, bool warm,
    double *value, struct pair_result *out)
{
	const struct run_figure *f = p->figure;
	int outcome;

	if (p->percentile >= 0) {
		/* The launch's figure is of all of them; a slot's counts for whether it is there.
		 */
		*value = 1.0;
		if (sample->latency && warm)
			histogram_merge(p->latency[side], sample->latency);
		return sample->latency && sample->latency->count;
	}
	outcome = f->scale == CB_OUTCOME ? run_figure_outcome(f, &sample->metrics) : -1;
	if (outcome >= 0 && warm)
		out->outcomes[side][outcome]++;
	return run_figure_value(f, &sample->metrics, value);
}

/* @value: NAN when the slot has no figure. */
static int turn(struct pair *p, enum side side, bool warm, double *value, struct pair_result *out)
{
	enum case_status reported = STATUS_INVALID;
	struct sample sample;
	double stopped;
	int ret = p->cells->turn(p->cell[side], p->turns[side], &sample, &reported, p->failure->why,
	    sizeof(p->failure->why));

	if (ret)
		return failed(p, side, ret, reported);
	p->turns[side]++;
	(void)metric_get(&sample.metrics, METRIC_ROUND_TRIP_NS, &out->round_trip_ns[side]);
	if (metric_get(&sample.metrics, METRIC_THROTTLED_PCT, &stopped))
		out->throttled += stopped > 0.0;
	/* As the cell has told Google Benchmark, whose sum it has to be. */
	p->sum_ns[side] += sample_length_ns(&sample);
	if (!take(p, side, &sample, warm, value, out))
		*value = NAN;
	sample_free(&sample);
	return 0;
}

static int one_quartet(
    struct pair *p, bool head_first, bool warm, struct quartet *q, struct pair_result *out)
{
	for (unsigned i = 0; i < QUARTET_SLOTS; i++) {
		/* 0110 or 1001 */
		const bool outer = i == 0 || i == QUARTET_SLOTS - 1;
		const enum side side = outer == head_first ? SIDE_HEAD : SIDE_BASE;
		double *value = side == SIDE_HEAD ? q->head_ns : q->base_ns;
		int ret = turn(p, side, warm, &value[i >= QUARTET_SLOTS / 2], out);

		if (ret)
			return ret;
	}
	return 0;
}

static bool whole(const struct quartet *q)
{
	return !isnan(q->base_ns[0] + q->base_ns[1] + q->head_ns[0] + q->head_ns[1]);
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
static int middles(struct pair *p, const struct quartet *q, size_t n, struct pair_result *out)
{
	double *x = calloc(n * 2, sizeof(*x));
	int ret = 0;

	if (!x)
		return -ENOMEM;
	for (enum side s = SIDE_BASE; s < SIDES && !ret; s++) {
		for (size_t i = 0; i < n; i++)
			memcpy(&x[i * 2], s == SIDE_BASE ? q[i].base_ns : q[i].head_ns,
			    sizeof(q[i].base_ns));
		if (!out->ratio.quickest) {
			ret = scale_middle(p->figure->scale, x, n * 2, &out->value[s]);
			continue;
		}
		stats_sort(x, n * 2);
		out->value[s] = stats_quantile_sorted(x, n * 2, 0.125);
	}
	free(x);
	return ret;
}

static int of_percentiles(struct pair *p, size_t quartets, struct pair_result *out)
{
	const struct percentile *of = &percentiles[p->percentile];

	for (enum side s = SIDE_BASE; s < SIDES; s++) {
		const struct histogram *h = p->latency[s];

		out->value[s] = histogram_quantile_between(h, of->q);
		if (histogram_tells_quantile(h, of->q) && out->value[s] > 0.0)
			continue;
		p->failure->side = s;
		(void)snprintf(p->failure->why, sizeof(p->failure->why),
		    "%s had %llu latencies in a launch, too few, or too short, for %s",
		    side_name(s), (unsigned long long)h->count, of->title);
		return -ENODATA;
	}
	out->ratio = (struct launch_ratio){.scale = CB_RATIO,
	    .log_ratio = log(out->value[SIDE_HEAD] / out->value[SIDE_BASE]),
	    .quartets = (unsigned)quartets};
	out->ratio.middle = out->ratio.log_ratio;
	return 0;
}

static int turns(struct pair *p, struct quartet *q, struct pair_result *out)
{
	const struct run_figure *f = p->figure;
	size_t used = 0;
	int ret = 0;

	for (unsigned i = 0; !ret && i < p->spec->quartets; i++) {
		ret = one_quartet(p, schedule_seed(p->spec->seed, 1, i) & 1, i > 0, &q[used], out);
		if (ret)
			return ret;
		if (i > 0 && whole(&q[used])) {
			out->slots += QUARTET_SLOTS;
			used++;
		} else {
			*(i > 0 ? &out->empty : &out->warm_up) += QUARTET_SLOTS;
		}
	}
	if (p->percentile >= 0)
		return of_percentiles(p, used, out);
	if (!used)
		return -ENODATA;
	ret = run_figure_has_rate(f) ? launch_ratio_of(q, used, &out->ratio)
				     : launch_shift_of(f->scale, f->worth, q, used, &out->ratio);
	return ret ? ret : middles(p, q, used, out);
}

static int begin(struct pair *p, struct quartet **q)
{
	*q = calloc(p->spec->quartets, sizeof(**q));
	for (enum side s = SIDE_BASE; s < SIDES && p->percentile >= 0; s++) {
		p->latency[s] = malloc(sizeof(*p->latency[s]));
		if (!p->latency[s])
			return -ENOMEM;
		histogram_clear(p->latency[s]);
	}
	return *q ? 0 : -ENOMEM;
}

int pair_measure(
    const struct pair_spec *spec, struct pair_result *out, struct pair_failure *failure)
{
	const struct run_figure time = run_time_figure();
	struct pair p = {.spec = spec,
	    .figure = spec->figure ? spec->figure : &time,
	    .cells = spec->cells ? spec->cells : &processes,
	    .failure = failure};
	struct quartet *q = NULL;
	int ret;

	memset(out, 0, sizeof(*out));
	failure->why[0] = '\0';
	p.percentile = pair_percentile(p.figure);
	ret = begin(&p, &q);
	if (!ret)
		ret = start_both(&p, schedule_seed(spec->seed, 0, 0), out->hash);
	if (!ret)
		ret = turns(&p, q, out);
	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		/* What ended without data has still to end well. */
		const int end = !ret || ret == -ENODATA ? finish(&p, side) : 0;

		p.cells->kill(p.cell[side]);
		p.cell[side] = NULL;
		free(p.latency[side]);
		if (end)
			ret = end;
	}
	free(q);
	return ret;
}
