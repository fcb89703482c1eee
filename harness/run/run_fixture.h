/*
 * run_fixture.h - a run as tests need it: every status, every kind of field, awkward texts.
 *
 * Only for *_test.c. The figures follow from a formula, so that tests can say what has to come out.
 */
#ifndef CONCBENCH_RUN_FIXTURE_H
#define CONCBENCH_RUN_FIXTURE_H

#include "harness/base/file.h"
#include "harness/run/run.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FIXTURE_DATE "2026-01-02T03:04:05Z"

static inline void fixture_metric(struct sample *s, const char *name, double value)
{
	assert_int_equal(metric_add(&s->metrics, name, value), 0);
}

/* One trial of @ns per operation; 0: no operation finished. */
static inline struct sample fixture_sample(unsigned launch, unsigned slot, double ns)
{
	struct sample s = {.launch = launch, .slot = slot};
	const double window_ns = 3e6;

	if (ns > 0)
		fixture_metric(&s, METRIC_NS_PER_OP, ns);
	fixture_metric(&s, METRIC_OPS_PER_S, ns > 0 ? 1e9 / ns : 0);
	fixture_metric(&s, METRIC_OPS, ns > 0 ? window_ns / ns : 0);
	fixture_metric(&s, METRIC_WINDOW_NS, window_ns);
	return s;
}

static inline void fixture_add(struct series *series, struct sample s)
{
	assert_int_equal(series_add_sample(series, &s), 0);
}

static inline void fixture_details(struct sample *s, unsigned seed)
{
	fixture_metric(s, METRIC_CPU_NS_PER_OP, 200.5 + seed);
	fixture_metric(s, METRIC_JAIN, 1.0 / 3 + seed / 100.0);
	fixture_metric(s, METRIC_STEAL_PCT, 0.25);
	s->worker_count = 2;
	s->worker_ops = calloc(2, sizeof(uint64_t));
	s->latency = malloc(sizeof(*s->latency));
	assert_non_null(s->worker_ops);
	assert_non_null(s->latency);
	s->worker_ops[0] = 1000 + seed;
	s->worker_ops[1] = UINT64_MAX - seed;
	histogram_clear(s->latency);
	for (unsigned i = 0; i < 50; i++)
		histogram_record(s->latency, (uint64_t)(i * i) * 37 + seed);
}

static inline struct series *fixture_series(struct run *run, const char *name, unsigned workers)
{
	struct series *s = run_add_series(run, name);

	assert_non_null(s);
	snprintf(s->op, sizeof(s->op), "acquire+release");
	snprintf(s->latency_of, sizeof(s->latency_of), "first try to acquired");
	snprintf(s->hash, sizeof(s->hash), "0123456789abcdef");
	snprintf(s->model, sizeof(s->model), "thread");
	snprintf(s->place, sizeof(s->place), "scatter");
	snprintf(s->pus, sizeof(s->pus), "0,1");
	s->workers = workers;
	s->slot_ns = 3000000;
	return s;
}

/* @launches of @slots each after one warm-up; 100 ns, the launches 0.1 ns apart. */
static inline void fixture_measure(
    struct series *s, unsigned launches, unsigned slots, double scale)
{
	for (unsigned l = 0; l < launches; l++) {
		for (unsigned k = 0; k <= slots; k++) {
			double ns = scale * (100 + 0.1 * l + 0.01 * k);
			struct sample one = fixture_sample(l, k, ns);

			fixture_details(&one, l * 10 + k);
			one.warm_up = k == 0;
			fixture_add(s, one);
		}
	}
}

static inline void fixture_family(struct run *run, const char *name, enum cb_shape shape)
{
	struct run_family f = {.title = "Locks \"\"",
	    .question = "Which lock?",
	    .shape = shape,
	    .caption = "Lower is better.",
	    .axis = "workers",
	    .params = {{"workers", CB_COUNT, "how many run at once"},
		{"hold_ns", CB_NS, "how long it is \"held\""}},
	    .param_count = 2,
	    .kind_blocks = shape == CB_LINES,
	    .rate = true,
	    .contenders = CB_MODELS,
	    .floor = "none",
	    .bound = "distance",
	    .load = "load_pct"};

	snprintf(f.name, sizeof(f.name), "%s", name);
	assert_int_equal(run_add_family(run, &f), 0);
}

/* A series of each scale that is none of time: bytes, a lateness, a share, ways to end. */
enum { FIXTURE_BYTES, FIXTURE_LATENESS, FIXTURE_SHARE, FIXTURE_ENDS, FIXTURE_FIGURES };

static const struct run_figure fixture_figure[FIXTURE_FIGURES] = {
    {"peak_bytes", "memory of a worker", "B", CB_RATIO, CB_LESS, 0, ""},
    {"late_ns", "lateness", "ns", CB_DIFFERENCE, CB_LESS, 5000, ""},
    {"lost_share", "lost of all", "", CB_SHARE, CB_LESS, 0, ""},
    {"outcome", "what became of the others", "", CB_OUTCOME, CB_MORE, 0, "survived lost hung"},
};

/* One trial of none of them; a value is added by fixture_give(). */
static inline void fixture_give(struct sample *s, unsigned figure, double value)
{
	static const char *const ends[] = {"outcome.survived", "outcome.lost", "outcome.hung"};

	if (figure == FIXTURE_ENDS)
		fixture_metric(s, ends[(unsigned)value], 1);
	else
		fixture_metric(s, fixture_figure[figure].metric, value);
}

static inline struct series *fixture_of(struct run *run, const char *name, unsigned figure)
{
	struct series *s = fixture_series(run, name, 2);

	s->figure = fixture_figure[figure];
	return s;
}

/* @launches of @slots; the values differ a little, and @shift is added to them. */
static inline void fixture_figures(
    struct run *run, unsigned launches, unsigned slots, const double shift[FIXTURE_FIGURES])
{
	static const char *const names[FIXTURE_FIGURES] = {"memory/parked/model:thread",
	    "job/timers/model:thread/figure:late_ns", "queue/lossy/model:thread", "fault/killed"};

	for (unsigned f = 0; f < FIXTURE_FIGURES; f++) {
		struct series *s = fixture_of(run, names[f], f);

		for (unsigned i = 0; i < launches * slots; i++) {
			const double wave = i * 7 % 11 / 11.0 - 0.5;
			struct sample one = {.launch = i / slots, .slot = i % slots};
			const double value[FIXTURE_FIGURES] = {40960 + 100 * wave + shift[f],
			    100 * wave + shift[f], 0.1 + 0.02 * wave + shift[f],
			    i % 10 < 10 * shift[f] ? 1 + i % 2 : 0};

			fixture_give(&one, f, value[f]);
			fixture_add(s, one);
		}
	}
}

/* @scale: of all lengths, to make a second run that differs from the first. */
static inline void fixture_run(struct run *run, unsigned launches, unsigned slots, double scale)
{
	struct series *s;

	memset(run, 0, sizeof(*run));
	snprintf(run->id, sizeof(run->id), "20260102T030405Z-host-1a2b3c");
	snprintf(run->date, sizeof(run->date), FIXTURE_DATE);
	snprintf(run->profile, sizeof(run->profile), "quick");
	snprintf(run->command, sizeof(run->command), "concbench run --filter \"lock/.*µ\" \\d");
	snprintf(run->counters_note, sizeof(run->counters_note), "perf_event_paranoid is 4");
	run->seed = UINT64_MAX - 41;
	run->elapsed_s = 1.0 / 3;
	assert_int_equal(manifest_add(&run->manifest, "cpu.model", "A \"CPU\" @ 2.5GHz"), 0);
	assert_int_equal(manifest_add(&run->manifest, "kernel.release", "6.1.0"), 0);

	fixture_family(run, "lock", CB_LINES);
	fixture_family(run, "queue", CB_TABLE_ONLY);

	s = fixture_series(run, "lock/ck_mcs/model:thread/workers:2/place:scatter", 2);
	s->reference = true;
	snprintf(s->axis, sizeof(s->axis), "hold_ns");
	fixture_measure(s, launches, slots, scale);
	assert_int_equal(metric_add(&s->counters, "instructions_user_per_op", 31.5), 0);
	snprintf(s->counters_note, sizeof(s->counters_note), "from a pass of their own");
	s = fixture_series(run, "lock/ck_mcs/model:thread/workers:4/place:scatter", 4);
	s->oversubscribed = true;
	fixture_measure(s, launches, slots, scale * 7);
	s = fixture_series(run, "queue/ck_ring/model:process/workers:2", 2);
	fixture_measure(s, launches, slots, scale * 3);
	s = fixture_series(run, "queue/ck_ring/model:coroutine/workers:2", 2);
	s->status = STATUS_UNSUPPORTED;
	snprintf(s->reason, sizeof(s->reason), "no such policy here: smt");
	s = fixture_series(run, "job/sieve/model:thread/workers:1", 1);
	s->status = STATUS_CRASHED;
	snprintf(s->reason, sizeof(s->reason), "worker 0: Segmentation fault");
	fixture_measure(s, 1, 1, scale);
	s = fixture_series(run, "job/sieve/model:thread/workers:2", 2);
	s->status = STATUS_NOT_RUN;
	snprintf(s->reason, sizeof(s->reason), "Ctrl-C");
	s = fixture_series(run, "job/echo/model:thread/workers:2", 2);
	s->status = STATUS_HUNG;
}

static inline void fixture_assert_metrics(const struct metric_set *a, const struct metric_set *b)
{
	assert_int_equal(a->count, b->count);
	for (unsigned i = 0; i < a->count; i++) {
		double value;

		assert_true(metric_get(b, a->item[i].name, &value));
		assert_memory_equal(&value, &a->item[i].value, sizeof(value));
	}
}

static inline void fixture_assert_histogram(const struct histogram *a, const struct histogram *b)
{
	assert_int_equal(!a, !b);
	if (a)
		assert_memory_equal(a, b, sizeof(*a));
}

/* @raw: also what only the journal keeps. */
static inline void fixture_assert_sample(const struct sample *a, const struct sample *b, bool raw)
{
	assert_int_equal(a->launch, b->launch);
	assert_int_equal(a->slot, b->slot);
	assert_int_equal(a->warm_up, b->warm_up);
	fixture_assert_metrics(&a->metrics, &b->metrics);
	if (!raw)
		return;
	assert_int_equal(a->worker_count, b->worker_count);
	assert_int_equal(!a->worker_ops, !b->worker_ops);
	if (a->worker_ops)
		assert_memory_equal(
		    a->worker_ops, b->worker_ops, a->worker_count * sizeof(*a->worker_ops));
	fixture_assert_histogram(a->latency, b->latency);
}

static inline void fixture_assert_series(const struct series *a, const struct series *b, bool raw)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->op, b->op);
	assert_string_equal(a->latency_of, b->latency_of);
	assert_true(run_figure_same(&a->figure, &b->figure));
	assert_string_equal(a->figure.title, b->figure.title);
	assert_int_equal(a->reference, b->reference);
	assert_string_equal(a->axis, b->axis);
	assert_string_equal(a->hash, b->hash);
	assert_string_equal(a->model, b->model);
	assert_string_equal(a->place, b->place);
	assert_string_equal(a->pus, b->pus);
	assert_string_equal(a->counters_note, b->counters_note);
	assert_int_equal(a->workers, b->workers);
	assert_int_equal(a->oversubscribed, b->oversubscribed);
	assert_int_equal(a->slot_ns, b->slot_ns);
	fixture_assert_metrics(&a->counters, &b->counters);
	assert_int_equal(a->sample_count, b->sample_count);
	for (size_t i = 0; i < a->sample_count; i++)
		fixture_assert_sample(&a->samples[i], &b->samples[i], raw);
}

static inline void fixture_assert_facts(const struct run *a, const struct run *b)
{
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->date, b->date);
	assert_string_equal(a->profile, b->profile);
	assert_string_equal(a->command, b->command);
	assert_string_equal(a->counters_note, b->counters_note);
	assert_int_equal(a->family_count, b->family_count);
	assert_true(a->seed == b->seed);
	assert_memory_equal(&a->elapsed_s, &b->elapsed_s, sizeof(double));
	assert_int_equal(a->interrupted, b->interrupted);
	assert_int_equal(a->family_count, b->family_count);
	for (size_t i = 0; i < a->family_count; i++) {
		const struct run_family *f = &a->families[i], *g = &b->families[i];

		assert_string_equal(f->name, g->name);
		assert_string_equal(f->title, g->title);
		assert_string_equal(f->question, g->question);
		assert_string_equal(f->caption, g->caption);
		assert_string_equal(f->axis, g->axis);
		assert_int_equal(f->param_count, g->param_count);
		for (unsigned k = 0; k < f->param_count; k++) {
			assert_string_equal(f->params[k].key, g->params[k].key);
			assert_int_equal(f->params[k].unit, g->params[k].unit);
			assert_string_equal(f->params[k].about, g->params[k].about);
		}
		assert_int_equal(f->shape, g->shape);
		assert_int_equal(f->contenders, g->contenders);
		assert_string_equal(f->floor, g->floor);
		assert_string_equal(f->bound, g->bound);
		assert_string_equal(f->load, g->load);
		assert_int_equal(f->kind_blocks, g->kind_blocks);
		assert_int_equal(f->rate, g->rate);
	}
	assert_int_equal(a->manifest.count, b->manifest.count);
	for (size_t i = 0; i < a->manifest.count; i++) {
		assert_string_equal(a->manifest.items[i].key, b->manifest.items[i].key);
		assert_string_equal(a->manifest.items[i].value, b->manifest.items[i].value);
	}
}

/* A folder of its own for a test, removed with all that is in it by fixture_remove_dir(). */
static inline char *fixture_make_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = NULL;

	assert_true(asprintf(&dir, "%s/concbench-test-XXXXXX", tmp && *tmp ? tmp : "/tmp") > 0);
	assert_non_null(mkdtemp(dir));
	return dir;
}

/* Not file_write_whole(): thousands of syncs are no part of these tests. */
static inline void fixture_store(const char *path, const char *text, size_t len)
{
	int fd;

	/* A new file: ext4 writes one that was truncated to the disk when it is closed. */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	assert_true(fd >= 0);
	assert_int_equal(file_append_all(fd, text, len), 0);
	close(fd);
}

/* A small generator (xorshift64): tests are seeded, and the same everywhere. */
static inline uint64_t fixture_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
