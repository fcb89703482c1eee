#include "harness/cell/given.h"

#include "harness/cell/catalogue.h"
#include "harness/cell/schedule.h"
#include "harness/stats/stats.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LAUNCHES RUN_LAUNCHES_MIN
/* The first of several warms up. */
#define SLOTS 4u
/* A case may depend on one that depends on another; no further than that, or it is a circle. */
#define DEPTH_MAX 4u

/* The values of one of its launches are added to @x. */
static int launch(const struct cell_spec *spec, const char *metric, double *x, size_t *n, char *why,
    size_t why_len)
{
	enum case_status reported = STATUS_INVALID;
	struct cell_process *cell;
	struct message ready;
	double sum_ns;
	unsigned rows;
	int ret = cell_start(spec, &cell, &ready, why, why_len);

	if (ret)
		return ret;
	for (unsigned slot = 0; !ret && slot < spec->slots; slot++) {
		struct sample sample;

		ret = cell_turn(cell, slot, &sample, &reported, why, why_len);
		if (ret)
			break;
		if (slot > 0 || !ready.slot_ns)
			*n += metric_get(&sample.metrics, metric, &x[*n]);
		sample_free(&sample);
	}
	if (ret) {
		cell_kill(cell);
		return ret == -EBADMSG && reported == STATUS_UNSUPPORTED ? -ENOTSUP : ret;
	}
	return cell_finish(cell, &rows, &sum_ns, NULL, why, why_len);
}

static int measure(struct cell_spec spec, const struct catalogue_case *c, struct run_given *out,
    char *why, size_t why_len)
{
	const bool rate = !c->figure.metric[0] || run_figure_has_rate(&c->figure);
	double x[SLOTS], middle[LAUNCHES];
	size_t launches = 0;
	int ret = 0;

	spec.case_name = c->name;
	spec.slots = schedule_slots(c->slot_ns, SLOTS);
	spec.displacing = run_figure_is_displaced(&c->figure);
	for (unsigned i = 0; !ret && i < LAUNCHES; i++) {
		size_t n = 0;

		spec.seed++;
		ret =
		    launch(&spec, rate ? METRIC_OPS_PER_S : c->figure.metric, x, &n, why, why_len);
		if (!ret && n)
			ret = stats_median(x, n, &middle[launches++]);
	}
	if (ret)
		return ret;
	if (!launches || stats_median(middle, launches, &out->figure) != 0 ||
	    !(out->figure > 0.0)) {
		(void)snprintf(why, why_len, "none above 0 came of it");
		return -EBADMSG;
	}
	(void)snprintf(out->of, sizeof(out->of), "%s", c->name);
	(void)snprintf(out->unit, sizeof(out->unit), "%s", rate ? "/s" : c->figure.unit);
	return 0;
}

/* @why is of the case that is needed. */
static int find(const struct cell_spec *spec, const char *depends, unsigned depth,
    struct run_given *out, char *why, size_t why_len)
{
	const char *const words[] = {depends, NULL};
	struct cell_spec own = *spec;
	struct catalogue cases;
	const struct catalogue_case *c;
	struct run_given needed = {0};
	int ret;

	own.case_name = NULL;
	own.selection = words;
	own.slot_ns = 0;
	own.given = 0.0;
	/* The figure is of the case as it is measured, whatever becomes of the one that needs it.
	 */
	own.counters = own.displacing = own.checking = false;
	if (depth == DEPTH_MAX) {
		(void)snprintf(
		    why, why_len, "it depends on more than %u others in a row", DEPTH_MAX);
		return -EBADMSG;
	}
	ret = catalogue_ask(&own, &cases, why, why_len);
	if (ret)
		return ret;
	c = cases.item;
	if (cases.count != 1) {
		(void)snprintf(why, why_len, "there is no such case");
		ret = -EBADMSG;
	} else if (!c->supported) {
		(void)snprintf(why, why_len, "%s%s%.200s",
		    c->failed ? "it failed" : status_name(STATUS_UNSUPPORTED),
		    c->reason[0] ? ": " : "", c->reason);
		ret = c->failed ? -EBADMSG : -ENOTSUP;
	}
	if (!ret && c->depends[0])
		ret = find(spec, c->depends, depth + 1, &needed, why, why_len);
	own.given = needed.figure;
	if (!ret)
		ret = measure(own, c, out, why, why_len);
	catalogue_free(&cases);
	return ret;
}

int given_find(const struct cell_spec *spec, const char *depends, struct run_given *out, char *why,
    size_t why_len)
{
	struct run_given found = {0};
	char of_needed[REASON_MAX] = "";
	int ret = find(spec, depends, 0, &found, of_needed, sizeof(of_needed));

	if (!ret) {
		*out = found;
		return 0;
	}
	if (ret == CELL_NONE)
		(void)snprintf(why, why_len, "%.250s", of_needed);
	else
		(void)snprintf(why, why_len, "it needs the figure of %.110s: %.120s", depends,
		    of_needed[0] ? of_needed : strerror(-ret));
	return ret == -EINTR || ret == -ENOMEM || ret == CELL_NONE || ret == -ENOTSUP ? ret
										      : -EBADMSG;
}
