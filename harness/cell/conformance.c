#include "harness/cell/conformance.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Short, so that starting and stopping are tried often. */
#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
/* Fewer would not show what is left behind by one trial for the next. */
#define TRIALS_MIN 4u
/* Google Benchmark's repetitions; a case ends before. */
#define TRIALS_MAX 100000u
#define READY_WITHIN_NS (20 * CLOCK_NS_PER_S)

/* Has one of the metrics in @names been above 0? */
static bool seen(const struct sample *s, const char *names)
{
	while (*names) {
		const size_t n = strcspn(names, " ");
		char name[METRIC_NAME_MAX];
		double value;

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, names);
		if (metric_get(&s->metrics, name, &value) && value > 0.0)
			return true;
		names += n + strspn(names + n, " ");
	}
	return false;
}

/* One worker alone meets nobody, and bounds and floors have nothing to meet at. */
static const char *exercised_by(const struct bench_case *bc)
{
	const char *names = bc->kind->family->exercised;

	return names && bc->pub.workers > 1 && !(bc->kind->self->flags & CB_REFERENCE) ? names : "";
}

static int trials(const struct conformance_plan *p, const struct bench_case *bc,
    struct cell_process *cell, struct conformance_result *out, enum case_status *status)
{
	const char *names = exercised_by(bc);
	const uint64_t begin_ns = clock_now_ns();
	bool exercised = !names[0];
	double ops;
	int ret = 0;

	while (!ret) {
		const uint64_t took_ns = clock_now_ns() - begin_ns;
		struct sample sample;

		if (out->trials >= TRIALS_MIN && exercised && took_ns >= p->case_ns)
			break;
		if (took_ns >= p->patience_ns || out->trials == TRIALS_MAX)
			break;
		ret = cell_turn(cell, out->trials, &sample, status, out->why, sizeof(out->why));
		if (ret)
			break;
		out->trials++;
		exercised |= seen(&sample, names);
		if (metric_get(&sample.metrics, METRIC_OPS, &ops))
			out->ops += ops;
		sample_free(&sample);
	}
	if (!ret && !exercised) {
		out->outcome = CONFORMANCE_IDLE;
		(void)snprintf(out->why, sizeof(out->why),
		    "in %u trials none of %s was above 0: nobody met anybody, nothing was tested",
		    out->trials, names);
	}
	return ret;
}

int conformance_case(
    const struct conformance_plan *p, const struct bench_case *bc, struct conformance_result *out)
{
	const struct cell_spec spec = {
	    .exe = p->exe,
	    .case_name = bc->name,
	    .modules = p->modules,
	    .topology_xml = p->topology_xml,
	    .allowed = p->allowed,
	    .slots = TRIALS_MAX,
	    .slot_ns = WINDOW_NS,
	    .seed = p->seed,
	    .stderr_fd = p->stderr_fd,
	    .ready_within_ns = READY_WITHIN_NS,
	    .turn_within_ns = p->hang_ns,
	};
	enum case_status status = STATUS_INVALID;
	struct cell_process *cell;
	struct message ready;
	int ret;

	memset(out, 0, sizeof(*out));
	if (bc->unsupported[0]) {
		out->outcome = CONFORMANCE_UNSUPPORTED;
		(void)snprintf(out->why, sizeof(out->why), "%s", bc->unsupported);
		return 0;
	}
	ret = cell_start(&spec, &cell, &ready, out->why, sizeof(out->why));
	if (!ret) {
		ret = trials(p, bc, cell, out, &status);
		/* Not to its end: that would be a hundred thousand trials away. */
		cell_kill(cell);
	}
	if (ret == -EINTR)
		return ret;
	if (ret) {
		out->status = cell_failure_status(ret, status);
		out->outcome =
		    out->status == STATUS_UNSUPPORTED ? CONFORMANCE_UNSUPPORTED : CONFORMANCE_WRONG;
	}
	return 0;
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
