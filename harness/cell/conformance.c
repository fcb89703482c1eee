#include "harness/cell/conformance.h"

#include "harness/base/clock.h"

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

		if (out->trials >= TRIALS_MIN && exercised && took_ns >= p->case_ns)
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

/* @window_ns: 0: the case's. Return: 0; -EINTR. */
static int one_cell(const struct conformance_plan *p, const struct bench_case *bc,
    uint64_t window_ns, uint64_t patience_ns, struct conformance_result *out)
{
	const uint64_t fit = patience_ns / WINDOW_NS + TRIALS_MIN;
	const struct cell_spec spec = {
	    .exe = p->exe,
	    .case_name = bc->name,
	    .modules = p->modules,
	    .topology_xml = p->topology_xml,
	    .allowed = p->allowed,
	    .slots = fit < TRIALS_MAX ? (unsigned)fit : TRIALS_MAX,
	    .slot_ns = window_ns,
	    .seed = p->seed,
	    .stderr_fd = p->stderr_fd,
	    .ready_within_ns = READY_WITHIN_NS,
	    .turn_within_ns = p->hang_ns,
	};
	enum case_status status = STATUS_INVALID;
	struct cell_process *cell;
	struct message ready;
	double sum_ns;
	unsigned rows;
	int ret;

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
	if (ret == -EINTR || ret == CELL_NONE)
		return ret;
	if (ret) {
		out->status = cell_failure_status(ret, status);
		out->outcome =
		    out->status == STATUS_UNSUPPORTED ? CONFORMANCE_UNSUPPORTED : CONFORMANCE_WRONG;
	}
	return 0;
}

int conformance_case(
    const struct conformance_plan *p, const struct bench_case *bc, struct conformance_result *out)
{
	const uint64_t short_ns = p->case_ns + SHORT_PATIENCE_NS;
	int ret;

	if (bc->unsupported[0]) {
		memset(out, 0, sizeof(*out));
		out->outcome = CONFORMANCE_UNSUPPORTED;
		(void)snprintf(out->why, sizeof(out->why), "%s", bc->unsupported);
		return 0;
	}
	ret =
	    one_cell(p, bc, WINDOW_NS, short_ns < p->patience_ns ? short_ns : p->patience_ns, out);
	if (!ret && out->outcome == CONFORMANCE_IDLE)
		ret = one_cell(p, bc, 0, p->patience_ns, out);
	return ret;
}

int conformance_cases(const struct registry *r, const struct host *h, const struct kind *k,
    struct case_list *out, char *err, size_t err_len)
{
	const struct sweep_request q = {.profile = CB_CHECK, .family = k->family, .kind = k->name};
	unsigned models = 0;
	size_t kept = 0;
	int ret = sweep_cases(r, h, &q, out, err, err_len);

	if (ret || !(k->self->flags & CB_BROKEN))
		return ret;
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

bool conformance_caught(const struct kind *k, const struct conformance_result *result)
{
	const char *says = k->self->says;

	if (!says)
		return result->outcome == CONFORMS;
	return result->outcome == CONFORMANCE_WRONG && strstr(result->why, says) != NULL;
}
