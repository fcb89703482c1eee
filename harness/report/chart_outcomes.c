/*
 * chart_outcomes.c - how trials ended: one row a case, a bar with a part for each way, so that a
 * share of one way is seen beside what became of the rest.
 */
#include "harness/report/chart.h"

#include "harness/report/chart_knobs.h"
#include "harness/report/figure.h"

#include <stdio.h>
#include <string.h>

#define LABEL_MAX 160

static void tell_words(struct chart *c)
{
	char word[METRIC_NAME_MAX], name[32];
	unsigned n = 0;

	for (; n < RUN_OUTCOMES_MAX && run_figure_word(c->of, n, word); n++) {
		snprintf(name, sizeof(name), "series%u", n + 1);
		chart_set_text(c, name, word);
		/* Of the legend: a box each, in outcomes.gp's own colours. */
		snprintf(name, sizeof(name), "style%u", n + 1);
		chart_set_number(c, name, 100 + n);
	}
	chart_set_number(c, "series", n);
}

static void write_bar(struct chart *c, const struct series *s, size_t row)
{
	const unsigned *counts = s->summary.outcomes;
	double of = 0, below = 0;

	for (unsigned i = 0; i < RUN_OUTCOMES_MAX; i++)
		of += counts[i];
	for (unsigned i = 0; i < RUN_OUTCOMES_MAX && of > 0; i++) {
		if (counts[i])
			text_buffer_addf(&c->tsv, "%zu\t%u\t%.6g\t%.6g\t%u\n", row, i + 1,
			    below / of, (below + counts[i]) / of, counts[i]);
		below += counts[i];
	}
}

int chart_outcomes_build(const struct case_group *g, struct chart *c)
{
	char label[LABEL_MAX], first[2 * CASE_WORD_MAX + 2], text[512];
	size_t row = 0, longest = 0;
	struct knobs knobs;
	int rc = 0;

	c->script = "outcomes.gp";
	knobs_assign(g, false, &knobs);
	snprintf(c->title, sizeof(c->title), "%s: %s", g->family->title, c->of->title);
	snprintf(c->text, sizeof(c->text),
	    "%s%sHow the trials of each case ended, and how many did so; at the right the share "
	    "that is best, with its 95 %% interval.",
	    g->family->caption, *g->family->caption ? " " : "");
	text_buffer_add(&c->tsv, "row\tcase\ttext\n");
	for (size_t i = 0; i < g->count && !rc; i++) {
		const struct case_row *r = &g->rows[i];
		const char *model = case_parts_value(&r->parts, "model");

		if (!chart_shows(c, r->series)) {
			rc = chart_has(c, r->series) ? chart_leave_out(c, r->series) : 0;
			continue;
		}
		snprintf(first, sizeof(first), "%s%s%s",
		    *r->parts.kind ? r->parts.kind : r->parts.family, *model ? " " : "", model);
		knobs_text(g, &knobs, KNOB_SERIES, first, &r->parts, text, sizeof(text));
		knobs_text(g, &knobs, KNOB_LABEL, text, &r->parts, label, sizeof(label));
		longest = strlen(label) > longest ? strlen(label) : longest;
		text_buffer_addf(&c->tsv, "%zu\t", row++);
		chart_cell(&c->tsv, label);
		text_buffer_add(&c->tsv, "\t");
		chart_cell(&c->tsv, figure_range(&r->series->figure, &r->series->summary.figure,
					text, sizeof(text)));
		text_buffer_add(&c->tsv, "\n");
		c->points++;
	}
	text_buffer_add(&c->tsv, "\n\nrow\toutcome\tfrom\tto\ttrials\n");
	for (size_t i = 0, at = 0; i < g->count; i++)
		if (chart_shows(c, g->rows[i].series))
			write_bar(c, g->rows[i].series, at++);
	tell_words(c);
	chart_set_text(c, "title", c->title);
	chart_set_text(c, "common", knobs_common(g, &knobs, text, sizeof(text)));
	chart_set_text(c, "note", knobs_note(g, &knobs, text, sizeof(text)));
	chart_set_number(c, "rows", (double)row);
	chart_set_number(c, "longest", (double)longest);
	return rc;
}
