#include "harness/cell/run_loop.h"

#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/cell/schedule.h"
#include "harness/cell/supervise.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Creating a worker takes up to 0.1 ms (a process); connections and their checks as long again. */
#define READY_PER_WORKER_NS (5 * CLOCK_NS_PER_MS)
/* A window this long is a trial of its own: a second one warms up for the third, no more. */
#define LONG_SLOT_NS (50 * CLOCK_NS_PER_MS)
#define LONG_SLOTS 2u

static struct series *series_of(const struct run_loop *l, const struct run_entry *e)
{
	return &l->run->series[e->series];
}

static bool wanted(const struct run_loop *l, const struct run_entry *e)
{
	const struct series *s = series_of(l, e);

	return s->status == STATUS_OK || s->status == STATUS_NOT_RUN;
}

static unsigned slots_of(const struct run_loop *l, const struct run_entry *e)
{
	const uint64_t slot_ns = l->slot_ns ? l->slot_ns : case_slot_ns(e->bc, l->pus);

	return slot_ns >= LONG_SLOT_NS && l->slots > LONG_SLOTS ? LONG_SLOTS : l->slots;
}

static struct cell_spec spec_of(
    const struct run_loop *l, const struct run_entry *e, unsigned launch, bool counters)
{
	return (struct cell_spec){
	    .exe = l->exe,
	    .case_name = e->bc->name,
	    .profile = l->profile,
	    .workers = l->workers,
	    .place = l->place,
	    .topology_xml = l->topology_xml,
	    .allowed = l->allowed,
	    .slots = slots_of(l, e),
	    .slot_ns = l->slot_ns,
	    .seed = schedule_seed(l->seed, (size_t)(e - l->entries), launch),
	    .counters = counters,
	    .stderr_fd = l->stderr_fd,
	    .ready_within_ns = l->cell_timeout_ns + e->bc->workers * READY_PER_WORKER_NS,
	    .turn_within_ns = l->cell_timeout_ns,
	};
}

/* A case that failed keeps its raw samples in the journal, but never gives a figure again. */
static int note_failure(struct run_loop *l, const struct run_entry *e, enum case_status status,
    unsigned launch, const char *why)
{
	struct series *s = series_of(l, e);

	s->status = status;
	(void)snprintf(s->reason, sizeof(s->reason), "launch %u: %.200s", launch, why);
	return journal_series(l->journal, s);
}

static int note_ready(struct run_loop *l, const struct run_entry *e, const struct message *ready)
{
	struct series *s = series_of(l, e);

	if (s->sample_count)
		return 0;
	s->status = STATUS_OK;
	s->reason[0] = '\0';
	s->oversubscribed = ready->oversubscribed;
	s->slot_ns = ready->slot_ns;
	(void)snprintf(s->pus, sizeof(s->pus), "%s", ready->pus);
	(void)snprintf(s->hash, sizeof(s->hash), "%s", ready->hash);
	return journal_series(l->journal, s);
}

static int keep_sample(struct run_loop *l, const struct run_entry *e, struct sample *sample)
{
	struct series *s = series_of(l, e);
	int ret = journal_sample(l->journal, s->name, sample);

	if (!ret)
		ret = series_add_sample(s, sample);
	if (ret) {
		sample_free(sample);
		return ret;
	}
	return series_fold_latency(s);
}

/* Google Benchmark timed the same repetitions: its sum must be ours. */
static bool summary_agrees(unsigned rows, double sum_ns, unsigned samples, double samples_ns)
{
	return rows == samples && fabs(sum_ns - samples_ns) <= 1e-6 * samples_ns + 1e-3;
}

/* Return: 0, also when the case failed; -EINTR; -errno of the journal. */
static int one_launch(struct run_loop *l, struct run_entry *e)
{
	const unsigned launch = e->launches;
	const struct cell_spec spec = spec_of(l, e, launch, false);
	enum case_status reported = STATUS_INVALID;
	struct cell_process *cell = NULL;
	struct message ready = {0};
	char why[REASON_MAX] = "";
	double samples_ns = 0.0, sum_ns = 0.0;
	unsigned rows = 0, slot = 0;
	int ret = cell_start(&spec, &cell, &ready, why, sizeof(why));
	int kept = 0;

	if (!ret)
		kept = note_ready(l, e, &ready);
	for (; !ret && !kept && slot < spec.slots; slot++) {
		struct sample sample;
		double ns_per_op = 0.0;

		ret = cell_turn(cell, slot, &sample, &reported, why, sizeof(why));
		if (ret)
			break;
		sample.launch = launch;
		sample.warm_up = slot == 0;
		(void)metric_get(&sample.metrics, METRIC_NS_PER_OP, &ns_per_op);
		samples_ns += ns_per_op;
		kept = keep_sample(l, e, &sample);
	}
	if (ret || kept) {
		cell_kill(cell);
	} else {
		ret = cell_finish(cell, &rows, &sum_ns, NULL, why, sizeof(why));
		if (!ret && !summary_agrees(rows, sum_ns, slot, samples_ns)) {
			(void)snprintf(why, sizeof(why),
			    "Google Benchmark reports %u repetitions, %.9g ns; the samples are %u, "
			    "%.9g ns",
			    rows, sum_ns, slot, samples_ns);
			ret = -EBADMSG;
		}
	}
	if (kept || ret == -EINTR)
		return kept ? kept : ret;
	if (ret)
		return note_failure(l, e, cell_failure_status(ret, reported), launch, why);
	e->launches++;
	return 0;
}

static uint64_t time_left(const struct run_loop *l)
{
	const uint64_t elapsed_ns = clock_now_ns() - l->begin_ns;
	const uint64_t budget_left_ns = l->budget_ns > elapsed_ns ? l->budget_ns - elapsed_ns : 0;
	uint64_t known_ns = 0, left_ns;
	size_t known = 0;

	for (size_t i = 0; i < l->entry_count; i++) {
		known_ns += l->entries[i].last_cell_ns;
		known += l->entries[i].last_cell_ns != 0;
	}
	if (!known)
		return UINT64_MAX;
	left_ns = known_ns / known * (l->cells_total - l->cells_done);
	return left_ns < budget_left_ns ? left_ns : budget_left_ns;
}

static int one_round(struct run_loop *l, const size_t *order)
{
	for (size_t i = 0; i < l->entry_count; i++) {
		struct run_entry *e = &l->entries[order[i]];
		const uint64_t begin_ns = clock_now_ns();
		int ret;

		if (!wanted(l, e)) {
			l->cells_done++;
			continue;
		}
		if (interrupt_pending())
			return -EINTR;
		if (begin_ns - l->begin_ns > l->budget_ns)
			return -ETIME;
		progress_show(
		    &l->progress, l->cells_done, l->cells_total, time_left(l), e->bc->name);
		ret = one_launch(l, e);
		if (ret)
			return ret;
		e->last_cell_ns = clock_now_ns() - begin_ns;
		l->cells_done++;
	}
	return 0;
}

int run_loop_rounds(struct run_loop *l)
{
	size_t *order = calloc(l->entry_count ? l->entry_count : 1, sizeof(*order));
	uint64_t last_round_ns = 0;
	int ret = 0;

	if (!order)
		return -ENOMEM;
	l->begin_ns = clock_now_ns();
	l->cells_total = l->entry_count * l->rounds;
	for (unsigned round = 0; !ret && round < l->rounds; round++) {
		const uint64_t begin_ns = clock_now_ns();

		if (!schedule_another_round(
			round, begin_ns - l->begin_ns, last_round_ns, l->budget_ns))
			break;
		schedule_shuffle(order, l->entry_count, l->seed, round);
		ret = one_round(l, order);
		if (!ret)
			ret = journal_sync(l->journal);
		last_round_ns = clock_now_ns() - begin_ns;
	}
	free(order);
	return ret == -ETIME ? 0 : ret;
}

/* Return: 0, also when this case has no counters; -EINTR. */
static int count_one(struct run_loop *l, struct run_entry *e)
{
	struct cell_spec spec = spec_of(l, e, e->launches, true);
	struct series *s = series_of(l, e);
	enum case_status reported = STATUS_INVALID;
	struct cell_process *cell = NULL;
	struct message ready;
	char why[REASON_MAX] = "";
	double sum_ns;
	unsigned rows;
	int ret;

	spec.slots = 2;
	ret = cell_start(&spec, &cell, &ready, why, sizeof(why));
	if (ret)
		goto out;
	for (unsigned slot = 0; !ret && slot < spec.slots; slot++) {
		struct sample sample;

		ret = cell_turn(cell, slot, &sample, &reported, why, sizeof(why));
		if (!ret)
			sample_free(&sample);
	}
	if (ret)
		cell_kill(cell);
	else
		ret = cell_finish(cell, &rows, &sum_ns, &s->counters, why, sizeof(why));
out:
	if (ret == -EINTR)
		return ret;
	(void)snprintf(s->counters_note, sizeof(s->counters_note), "%s%.200s",
	    ret ? "no hardware counters: " : "counted in a pass of its own, untimed",
	    ret ? why : "");
	return journal_series(l->journal, s);
}

int run_loop_counters(struct run_loop *l)
{
	int ret = 0;

	l->cells_done = 0;
	l->cells_total = l->entry_count;
	for (size_t i = 0; !ret && i < l->entry_count; i++) {
		struct run_entry *e = &l->entries[i];

		progress_show(&l->progress, i, l->entry_count, UINT64_MAX,
		    "hardware counters, a pass of their own");
		if (interrupt_pending())
			return -EINTR;
		if (series_of(l, e)->status == STATUS_OK)
			ret = count_one(l, e);
		l->cells_done++;
	}
	return ret;
}
