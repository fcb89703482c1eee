/*
 * chart_knobs.h - where each knob that differs inside a chart is shown, so that none is hidden.
 *
 * A knob may be an axis or panel, be part of a legend entry (when it depends on the model alone),
 * of a label, or, when it follows from model and axis, be told in a note under the chart.
 */
#ifndef CONCBENCH_CHART_KNOBS_H
#define CONCBENCH_CHART_KNOBS_H

#include "harness/report/case_group.h"

enum knob_role {
	KNOB_COMMON, /* all have it, with one value */
	KNOB_KIND,   /* the same, of some kinds only: the others do not know it */
	KNOB_AXIS,
	KNOB_SERIES,
	KNOB_LABEL,
	KNOB_NOTE,
};

struct knobs {
	enum knob_role role[CASE_KEYS_MAX]; /* of the group's keys, by index */
};

/**
 * knobs_assign() - give every key of a group its role.
 * @axis: whether the chart shows the rows' axes.
 *
 * The kind and the model are always shown. Time grows with the square of the rows.
 */
void knobs_assign(const struct case_group *g, bool axis, struct knobs *out);

/** knobs_text() - "first place:same hold_ns:0": @first and the row's knobs of one role. */
char *knobs_text(const struct case_group *g, const struct knobs *k, enum knob_role role,
    const char *first, const struct case_parts *p, char *buf, size_t len);

/** knobs_common() - the knobs that all rows share, and those that all of some kinds do:
 * "place:scatter, capacity:256 (ck_spsc)". */
char *knobs_common(const struct case_group *g, const struct knobs *k, char *buf, size_t len);

/** knobs_note() - what the knobs with the role KNOB_NOTE are where: "period_us: 1000 at 1, 10, 100;
 * 10000 at 1000"; "" when there are none. */
char *knobs_note(const struct case_group *g, const struct knobs *k, char *buf, size_t len);

#endif
