#include "harness/cell/conformance.h"

#include "harness/base/clock.h"
#include "harness/cell/given.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Short, so that starting and stopping are tried often. If nobody meets in those, the case's own.
 */
#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
#define SHORT_PATIENCE_NS CLOCK_NS_PER_S
/* Fewer would not show what is left behind by one trial for the next. */
#define TRIALS_MIN 4u
/* Google Benchmark goes through all of its repetitions, however few there have been trials. */
#define TRIALS_MAX 5000u
#define READY_WITHIN_NS (20 * CLOCK_NS_PER_S)

/* What the trials of a case have shown so far: a bit for each word of the family's "exercised". */
struct shown {
	unsigned told; /* there is such a metric */
	unsigned seen; /* it was above 0 */
	bool timed;    /* a latency, if the case measures any */
};

static void look(const struct sample *s, const char *words, struct shown *shown)
{
	for (unsigned bit = 1; *words; words += strspn(words, "| ")) {
		const size_t n = strcspn(words, "| ");
		char name[METRIC_NAME_MAX];
		double value;

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, words);
		if (metric_get(&s->metrics, name, &value)) {
			shown->told |= bit;
			shown->seen |= value > 0.0 ? bit : 0;
		}
		words += n;
		bit <<= *words == ' ';
	}
	shown->timed |= !s->latency || s->latency->count > 0;
}

/* One worker alone meets nobody, and bounds and floors have nothing to meet at. */
static const char *exercised_by(const struct bench_case *bc)
{
	const char *names = bc->kind->family->exercised;

	return names && bc->pub.workers > 1 && !(bc->kind->self->flags & CB_REFERENCE) ? names : "";
}

static int trials(const struct conformance_plan *p, const struct bench_case *bc,
    uint64_t patience_ns, unsigned slots, struct cell_process *cell, struct conformance_result *out,
    enum case_status *status)
{
	const char *names = exercised_by(bc);
	const uint64_t begin_ns = clock_now_ns();
	struct shown shown = {0};
	bool exercised = false;
	double ops;
	int ret = 0;

	while (!ret) {
		const uint64_t took_ns = clock_now_ns() - begin_ns;
		struct sample sample;

		if (out->trials >= TRIALS_MIN && exercised &&
		    (took_ns >= p->case_ns || (p->case_ops > 0.0 && out->ops >= p->case_ops)))
			break;
		if (took_ns >= patience_ns || out->trials == slots)
			break;
		ret = cell_turn(cell, out->trials, &sample, status, out->why, sizeof(out->why));
		if (ret)
			break;
		out->trials++;
		look(&sample, names, &shown);
		if (metric_get(&sample.metrics, METRIC_OPS, &ops))
			out->ops += ops;
		exercised = (!names[0] || shown.told) && shown.told == shown.seen && shown.timed &&
			    (out->ops > 0.0 || !bc->window_ns);
		sample_free(&sample);
	}
	if (!ret && !exercised) {
		out->outcome = CONFORMANCE_IDLE;
		(void)snprintf(out->why, sizeof(out->why),
		    "in %u trials there were %.0f operations, %s latencies, and above 0 have to be "
		    "%s: nobody met anybody, nothing was tested",
		    out->trials, out->ops, shown.timed ? "and" : "but no",
		    names[0] ? names : "the operations");
	}
	return ret;
}

/* Return: 0; -EINTR, CELL_NONE; anything else is what the case has come to. */
static int judge(int ret, enum case_status status, struct conformance_result *out)
{
	if (!ret || ret == -EINTR || ret == CELL_NONE)
		return ret;
	out->status = cell_failure_status(ret, status);
	out->outcome =
	    out->status == STATUS_UNSUPPORTED ? CONFORMANCE_UNSUPPORTED : CONFORMANCE_WRONG;
	return 0;
}

/* @of: but for its slots. @window_ns: 0: the case's. Return: 0; -EINTR; CELL_NONE. */
static int one_cell(const struct conformance_plan *p, const struct bench_case *bc,
    const struct cell_spec *of, uint64_t window_ns, uint64_t patience_ns,
    struct conformance_result *out)
{
	const uint64_t fit = patience_ns / WINDOW_NS + TRIALS_MIN;
	struct cell_spec spec = *of;
	enum case_status status = STATUS_INVALID;
	struct cell_process *cell;
	struct message ready;
	double sum_ns;
	unsigned rows;
	int ret;

	spec.slots = fit < TRIALS_MAX ? (unsigned)fit : TRIALS_MAX;
	spec.slot_ns = window_ns;
	memset(out, 0, sizeof(*out));
	ret = cell_start(&spec, &cell, &ready, out->why, sizeof(out->why));
	if (!ret) {
		ret = trials(p, bc, patience_ns, spec.slots, cell, out, &status);
		if (ret)
			cell_kill(cell);
		else
			/* Taking everything down is a part of it. */
			ret = cell_finish(cell, &rows, &sum_ns, NULL, out->why, sizeof(out->why));
	}
	return judge(ret, status, out);
}

int conformance_case(
    const struct conformance_plan *p, const struct bench_case *bc, struct conformance_result *out)
{
	const uint64_t short_ns = p->case_ns + SHORT_PATIENCE_NS;
	struct cell_spec spec = {
	    .exe = p->exe,
	    .case_name = bc->name,
	    .modules = p->modules,
	    .topology_xml = p->topology_xml,
	    .allowed = p->allowed,
	    .seed = p->seed,
	    .checking = true,
	    .stderr_fd = p->stderr_fd,
	    .ready_within_ns = READY_WITHIN_NS,
	    .turn_within_ns = p->hang_ns,
	};
	struct run_given given = {0};
	int ret = 0;

	memset(out, 0, sizeof(*out));
	if (bc->unsupported[0]) {
		out->outcome =
		    status_is_failure(bc->status) ? CONFORMANCE_WRONG : CONFORMANCE_UNSUPPORTED;
		out->status = bc->status;
		(void)snprintf(out->why, sizeof(out->why), "%s", bc->unsupported);
		return 0;
	}
	if (bc->depends[0])
		ret = given_find(&spec, bc->depends, &given, out->why, sizeof(out->why));
	if (ret)
		return judge(ret, STATUS_INVALID, out);
	spec.given = given.figure;
	ret = one_cell(
	    p, bc, &spec, WINDOW_NS, short_ns < p->patience_ns ? short_ns : p->patience_ns, out);
	if (!ret && out->outcome == CONFORMANCE_IDLE)
		ret = one_cell(p, bc, &spec, 0, p->patience_ns, out);
	return ret;
}

int conformance_cases(const struct registry *r, const struct host *h, const struct kind *k,
    struct case_list *out, char *err, size_t err_len)
{
	struct sweep_request q = {.profile = CB_CHECK, .family = k->family, .kind = k->name};
	unsigned models = 0, untried;
	size_t kept = 0;
	int ret = sweep_cases(r, h, &q, out, err, err_len);

	/* Whoever declines all of these may have said that it can be another model. */
	if (ret && ret != -EINVAL)
		return ret;
	untried = conformance_untried(k, out);
	for (unsigned m = 0; m < CB_MODEL_COUNT; m++) {
		const size_t before = out->count;
		struct sweep_set set;
		char text[40], why[400];
		int again;

		if (!(untried & CB_CAN(m)))
			continue;
		(void)snprintf(text, sizeof(text), "model=%s", cb_model_name((enum cb_model)m));
		again = sweep_set_parse(text, &set, why, sizeof(why));
		q.set = &set;
		q.sets = 1;
		if (!again)
			again = sweep_cases(r, h, &q, out, why, sizeof(why));
		if (again && again != -EINVAL)
			return again;
		/* Asked for, so they are listed though it declines them. */
		kept = before;
		for (size_t i = before; i < out->count; i++)
			if (!out->item[i].declined)
				out->item[kept++] = out->item[i];
		out->count = kept;
	}
	if (!out->count)
		return ret;
	if (!(k->self->flags & CB_BROKEN))
		return 0;
	kept = 0;
	for (size_t i = 0; i < out->count; i++) {
		const unsigned model = CB_CAN(out->item[i].pub.model);

		if (models & model)
			continue;
		models |= model;
		out->item[kept++] = out->item[i];
	}
	out->count = kept;
	return 0;
}

unsigned conformance_untried(const struct kind *k, const struct case_list *cases)
{
	unsigned untried = k->self->models;

	for (size_t i = 0; i < cases->count; i++)
		if (!cases->item[i].declined)
			untried &= ~CB_CAN(cases->item[i].pub.model);
	return untried;
}

/* Is one of those with "|" between in @why? */
static bool says_one_of(const char *why, const char *says)
{
	while (*says) {
		const size_t len = strcspn(says, "|");

		if (len && memmem(why, strlen(why), says, len))
			return true;
		says += len + (says[len] == '|');
	}
	return false;
}

bool conformance_caught(const struct kind *k, const struct conformance_result *result)
{
	const char *says = k->self->says;

	if (!says)
		return result->outcome == CONFORMS;
	if (result->outcome != CONFORMANCE_WRONG)
		return false;
	return says[0] ? says_one_of(result->why, says) : result->status == STATUS_HUNG;
}
