/*
 * html.h - a run as one self-contained page: no network, no other file, usable without scripts.
 *
 * Everything that comes from a run or a machine goes through html_text(). Not thread-safe on the
 * same buffer.
 */
#ifndef CONCBENCH_HTML_H
#define CONCBENCH_HTML_H

#include "harness/report/chart.h"

/* What the page shows; all borrowed. */
struct html_page {
	const struct run *run;
	const struct case_groups *groups;
	const struct chart_set *charts; /* those without svg are told with their problem */
	const char *charts_note;        /* why there are no charts at all; "" */
};

/** html_write_page() - the whole document. Return: 0; -ENOMEM; -E2BIG. */
int html_write_page(const struct html_page *page, struct text_buffer *out);

/* ---- the parts, each a file of its own ---- */

/** html_text() - escaped for element contents and quoted attributes; control characters and what
 * is not UTF-8 replaced. */
void html_text(struct text_buffer *b, const char *text);

/** html_prose() - html_text() with "+-", as sentences for terminals have it, as a sign. */
void html_prose(struct text_buffer *b, const char *text);

/** html_textf() - html_text() of what a printf format gives. */
void html_textf(struct text_buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** html_status() - a series' status, and the flags beside it. */
void html_status(struct text_buffer *b, const struct series *s);

/** html_badge() - a status as a coloured word. */
void html_badge(struct text_buffer *b, enum case_status status);

/** html_head() - doctype to the beginning of the body: style sheet included. */
void html_head(struct text_buffer *b, const char *title);

/** html_tail() - the sorting script and the end of the document. */
void html_tail(struct text_buffer *b);

/**
 * html_svg() - a gnuplot SVG as part of a page: header dropped, ids made unique with @id, a role
 * and a title for screen readers.
 * Return: false, and nothing added, when it is not an SVG or has scripts or event handlers in it.
 */
bool html_svg(struct text_buffer *b, const char *svg, const char *id, const char *title);

/** html_group_table() - a block's cases with all their figures. */
void html_group_table(struct text_buffer *b, const struct run *run, const struct case_group *g);

/** html_case_table() - every case of the run: its command, status, reason, effort, placement. */
void html_case_table(struct text_buffer *b, const struct run *run);

/** html_manifest() - what machine and build it was, by sections. */
void html_manifest(struct text_buffer *b, const struct manifest *m);

/** html_how_to_read() - what the figures, the statuses and an operation of each block are. */
void html_how_to_read(struct text_buffer *b, const struct case_groups *groups);

#endif
