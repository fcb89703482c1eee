/*
 * noise_fixture.h - a simulated machine for the tests of the gate's statistics: seeded noise of
 * known kinds, and the way from its slots to a verdict, with the two rules that carry it as knobs,
 * so that a test can break them. Header only, since the pattern rule links a test from one file.
 */
#ifndef CONCBENCH_NOISE_FIXTURE_H
#define CONCBENCH_NOISE_FIXTURE_H

#include "harness/base/random.h"
#include "harness/stats/verdict.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define NOISE_QUARTETS 12
/* About what 5 s hold, and half as much to confirm (harness/gate/gate.c). */
#define NOISE_LAUNCHES 40
#define NOISE_CONFIRM 20
#define NOISE_SLOTS ((NOISE_LAUNCHES + NOISE_CONFIRM) * NOISE_QUARTETS * 4)

struct noise_model {
	const char *name;
	double white;      /* sd of the slots' logarithms */
	double outliers;   /* share of slots that take OUTLIER times as long */
	double wander;     /* sd of an AR(1) process over the slots */
	double wander_rho; /* its correlation from slot to slot */
	double drift;      /* of the logarithm, over the whole trial, straight */
	double lottery;    /* each launch of each side is this much slower, or not */
};

#define NOISE_OUTLIER 5.0

struct noise_procedure {
	bool sequential; /* mutation: all of base first, then all of head */
	bool pooled;     /* mutation: every quartet counts as a launch */
};

struct noise_machine {
	const struct noise_model *model;
	uint64_t rng;
	double wander;
	unsigned slots; /* so far */
};

/* What the next slot takes, in time: nothing here knows whose it is. */
static inline double noise_slot(struct noise_machine *m)
{
	const struct noise_model *n = m->model;
	double x = 100.0 * exp(n->white * random_normal(&m->rng));

	if (n->wander > 0.0) {
		m->wander = n->wander_rho * m->wander + sqrt(1.0 - n->wander_rho * n->wander_rho) *
							    n->wander * random_normal(&m->rng);
		x *= exp(m->wander);
	}
	x *= exp(n->drift * m->slots++ / NOISE_SLOTS);
	return n->outliers > 0.0 && random_uniform(&m->rng) < n->outliers ? x * NOISE_OUTLIER : x;
}

static inline double noise_lottery(struct noise_machine *m)
{
	return m->model->lottery > 0.0 && random_uniform(&m->rng) < 0.5 ? 1.0 + m->model->lottery
									: 1.0;
}

/* A launch's slots of one side, one after the other. */
static inline void noise_block(struct noise_machine *m, double factor, struct quartet *q, bool head)
{
	factor *= noise_lottery(m);
	for (unsigned i = 0; i < NOISE_QUARTETS; i++)
		for (unsigned k = 0; k < 2; k++)
			*(head ? &q[i].head_ns[k] : &q[i].base_ns[k]) = factor * noise_slot(m);
}

static inline void noise_quartets(struct noise_machine *m, double slowdown, struct quartet *q)
{
	const double base = noise_lottery(m), head = noise_lottery(m) * (1.0 + slowdown);

	for (unsigned i = 0; i < NOISE_QUARTETS; i++) {
		const bool head_first = random_uniform(&m->rng) < 0.5;

		for (unsigned k = 0; k < 4; k++) {
			const bool is_head = (k == 0 || k == 3) == head_first;

			*(is_head ? &q[i].head_ns[k / 2] : &q[i].base_ns[k / 2]) =
			    (is_head ? head : base) * noise_slot(m);
		}
	}
}

/* Return: 0, or what the statistics said. */
static inline int noise_add(
    struct sequential *s, const struct noise_procedure *how, const struct quartet *q)
{
	struct launch_ratio l;
	int ret = 0;

	if (!how->pooled) {
		ret = launch_ratio_of(q, NOISE_QUARTETS, &l);
		return ret ? ret : sequential_add(s, &l);
	}
	for (unsigned i = 0; !ret && i < NOISE_QUARTETS; i++) {
		ret = launch_ratio_of(&q[i], 1, &l);
		if (!ret)
			ret = sequential_add(s, &l);
	}
	return ret;
}

/* One gate of one case. Return: 0 with *out; as above. */
static inline int noise_trial(const struct noise_model *model, const struct noise_procedure *how,
    double slowdown, uint64_t seed, enum verdict *out)
{
	static struct quartet q[NOISE_LAUNCHES + NOISE_CONFIRM][NOISE_QUARTETS];
	struct noise_machine m = {.model = model, .rng = seed * UINT64_C(0xD1342543DE82EF95)};
	struct sequential s;
	int ret = 0;

	m.wander = model->wander * random_normal(&m.rng);
	sequential_begin(&s, 0.01);
	if (how->sequential) {
		for (unsigned i = 0; i < NOISE_LAUNCHES + NOISE_CONFIRM; i++)
			noise_block(&m, 1.0, q[i], false);
		for (unsigned i = 0; i < NOISE_LAUNCHES + NOISE_CONFIRM; i++)
			noise_block(&m, 1.0 + slowdown, q[i], true);
	}
	for (unsigned i = 0; !ret && !s.ended && i < NOISE_LAUNCHES + NOISE_CONFIRM; i++) {
		if (i == NOISE_LAUNCHES) {
			ret = sequential_finish(&s);
			if (ret || s.pass == 0)
				break;
		}
		if (!how->sequential)
			noise_quartets(&m, slowdown, q[i]);
		ret = noise_add(&s, how, q[i]);
	}
	if (!ret)
		ret = sequential_finish(&s);
	*out = s.verdict;
	sequential_free(&s);
	return ret;
}

#endif
