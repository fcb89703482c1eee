/*
 * fixture_test.h - runs made by hand, for the tests of what shows a run. Header only, since the
 * pattern rule links a test from one file.
 */
#ifndef CONCBENCH_FIXTURE_TEST_H
#define CONCBENCH_FIXTURE_TEST_H

#include "harness/run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a case of a fixture is like. Five launches, so that the interval is exactly the extremes. */
struct fixture_case {
	const char *name;
	const char *op;
	const char *latency_of; /* NULL: none */
	double ns;              /* median */
	double spread;          /* the extremes are ns * (1 - spread) and ns * (1 + spread) */
	double cpu_ns;          /* 0: not known */
	enum case_status status;
	const char *reason;
	const char *pus;
	unsigned pus_of_machine; /* more workers than this are oversubscribed; 0: never */
	const char *extra;       /* name of one more metric, or NULL */
	double extra_value;
};

#define FIXTURE_LAUNCHES 5

static inline void fixture_check(bool good)
{
	if (!good) {
		fputs("fixture: out of memory or a bad value\n", stderr);
		abort();
	}
}

static inline struct histogram *fixture_latency(double ns)
{
	struct histogram *h = malloc(sizeof(*h));

	fixture_check(h != NULL);
	histogram_clear(h);
	for (unsigned i = 1; i <= 1000; i++)
		histogram_record(h, (uint64_t)(ns * (0.5 + i / 1000.0)));
	return h;
}

#define FIXTURE_SLOT_NS 2000000

static inline void fixture_add_samples(struct series *s, const struct fixture_case *c)
{
	for (unsigned launch = 0; launch < FIXTURE_LAUNCHES; launch++) {
		const double at = ((double)launch - 2) / 2; /* -1 .. 1 */
		const double ns = c->ns * (1 + c->spread * at);
		struct sample sample = {.launch = launch};

		fixture_check(!metric_add(&sample.metrics, METRIC_NS_PER_OP, ns));
		fixture_check(!metric_add(&sample.metrics, METRIC_OPS_PER_S, 1e9 / ns));
		fixture_check(!metric_add(&sample.metrics, METRIC_OPS, 1e6));
		fixture_check(!metric_add(&sample.metrics, METRIC_WINDOW_NS, FIXTURE_SLOT_NS));
		fixture_check(!metric_add(&sample.metrics, METRIC_JAIN, 0.97));
		fixture_check(!metric_add(&sample.metrics, METRIC_VOLUNTARY, 0.25));
		fixture_check(!metric_add(&sample.metrics, METRIC_INVOLUNTARY, 0.002));
		fixture_check(!metric_add(&sample.metrics, METRIC_STEAL_PCT, 0.5));
		if (c->cpu_ns > 0)
			fixture_check(!metric_add(&sample.metrics, METRIC_CPU_NS_PER_OP,
			    c->cpu_ns * (1 + c->spread * at)));
		if (c->extra)
			fixture_check(!metric_add(&sample.metrics, c->extra, c->extra_value));
		if (c->latency_of)
			sample.latency = fixture_latency(c->ns * 3);
		fixture_check(!series_add_sample(s, &sample));
	}
}

static inline void fixture_add(struct run *run, const struct fixture_case *c)
{
	struct series *s = run_add_series(run, c->name);
	char value[16];

	fixture_check(s != NULL);
	snprintf(s->op, sizeof(s->op), "%s", c->op);
	snprintf(s->latency_of, sizeof(s->latency_of), "%s", c->latency_of ? c->latency_of : "");
	snprintf(s->reason, sizeof(s->reason), "%s", c->reason ? c->reason : "");
	snprintf(s->pus, sizeof(s->pus), "%s", c->pus ? c->pus : "");
	snprintf(s->hash, sizeof(s->hash), "%016x", 1u);
	s->reference = strstr(c->name, "lock/none/") || strstr(c->name, "lock/atomic_add/") ||
		       strstr(c->name, "model:callback");
	if (case_name_part(c->name, "model", value, sizeof(value)))
		snprintf(s->model, sizeof(s->model), "%s", value);
	if (case_name_part(c->name, "workers", value, sizeof(value)))
		s->workers = (unsigned)strtoul(value, NULL, 10);
	if (case_name_part(c->name, "connections", value, sizeof(value)))
		snprintf(s->axis, sizeof(s->axis), "connections");
	s->oversubscribed = c->pus_of_machine && s->workers > c->pus_of_machine;
	s->status = c->status;
	s->slot_ns = FIXTURE_SLOT_NS;
	if (status_has_figure(c->status))
		fixture_add_samples(s, c);
}

/* So many launches in either regime of the machine, in which all takes four times as long. */
static inline void fixture_add_regimes(
    struct run *run, const char *name, double ns, unsigned quick, unsigned slow)
{
	const struct fixture_case c = {.name = name, .op = "a", .ns = ns, .status = STATUS_INVALID};
	struct series *s;

	fixture_add(run, &c);
	s = &run->series[run->series_count - 1];
	s->status = STATUS_OK;
	for (unsigned launch = 0; launch < quick + slow; launch++) {
		const double by = (launch < quick ? 1 : 4) * (1 + 0.002 * (launch % 5));
		struct sample one = {.launch = launch};

		fixture_check(!metric_add(&one.metrics, METRIC_NS_PER_OP, ns * by));
		fixture_check(!metric_add(&one.metrics, METRIC_OPS_PER_S, 1e9 / (ns * by)));
		fixture_check(!metric_add(&one.metrics, METRIC_OPS, 1e6));
		fixture_check(!metric_add(&one.metrics, METRIC_WINDOW_NS, FIXTURE_SLOT_NS));
		fixture_check(!metric_add(&one.metrics, METRIC_ROUND_TRIP_NS, 60 * by));
		fixture_check(!series_add_sample(s, &one));
	}
}

static inline void fixture_families(struct run *run)
{
	static const struct run_family families[] = {
	    {.name = "job",
		.title = "Jobs",
		.shape = CB_LINES,
		.axis = "workers",
		.kind_blocks = true,
		.contenders = CB_MODELS},
	    {.name = "lock",
		.title = "Locks",
		.shape = CB_PANELS,
		.caption = "Time from one acquisition to the next: less is better.",
		.axis = "workers",
		.contenders = CB_KINDS,
		.bound = "distance"},
	    {.name = "queue",
		.title = "Queues",
		.shape = CB_DOTS,
		.caption = "Items per second: more is better.",
		.rate = true,
		.load = "load_pct",
		.size = "bytes",
		.contenders = CB_KINDS},
	    {.name = "switch", .title = "The ladder", .shape = CB_LADDER},
	    {.name = "distance", .title = "Distances", .shape = CB_MATRIX, .axis = "place"},
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		fixture_check(!run_add_family(run, &families[i]));
}

static inline void fixture_begin(struct run *run)
{
	memset(run, 0, sizeof(*run));
	fixture_families(run);
	snprintf(run->id, sizeof(run->id), "20260102T030405Z-box-1a2b3c");
	snprintf(run->date, sizeof(run->date), "2026-01-02T03:04:05Z");
	snprintf(run->profile, sizeof(run->profile), "quick");
	snprintf(run->command, sizeof(run->command), "concbench run --seed 7");
	run->seed = 7;
	run->elapsed_s = 93;
	fixture_check(!manifest_add(&run->manifest, "cpu.model", "Example CPU"));
	fixture_check(!manifest_add(&run->manifest, "kernel.release", "6.1.0"));
}

static inline void fixture_end(struct run *run)
{
	fixture_check(!run_summarise(run));
}

#endif
