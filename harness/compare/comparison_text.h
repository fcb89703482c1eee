/*
 * comparison_text.h - the words and the order of rows that all written forms of a comparison share.
 *
 * Private to comparison*.c. Pure.
 */
#ifndef CONCBENCH_COMPARISON_TEXT_H
#define CONCBENCH_COMPARISON_TEXT_H

#include "harness/base/text.h"
#include "harness/compare/comparison.h"

/* Long enough for what the formatters below write. */
#define COMPARISON_FIGURE_MAX 80

/**
 * comparison_order() - the rows worst first: failed, slower (most first), incomparable, unsure,
 * missing, faster (most first), same. free() it. NULL: no memory.
 */
const struct comparison_row **comparison_order(const struct comparison *c);

/** comparison_kind_name() - "gate" or "stored". */
const char *comparison_kind_name(enum comparison_kind kind);

/** comparison_change() - "+5.21 % (+4.10 … +6.31)", in points for a share, in its unit for a
 * difference; "" when the row has no figure. Return: @buf. */
char *comparison_change(const struct comparison_row *r, bool ascii, char *buf, size_t len);

/** comparison_value() - base's figure (@side 0) or head's (1), with "us" for "µs" when @ascii; ""
 * when the row has none of it. Return: @buf. */
char *comparison_value(
    const struct comparison_row *r, unsigned side, bool ascii, char *buf, size_t len);

/** comparison_note() - the reason and whatever else there is to know about a row, in one line. */
void comparison_note(const struct comparison_row *r, struct text_buffer *to);

/**
 * comparison_fold() - two versions or profiles may differ in many cases, so the rows of one family
 * that the same side lacks become one line. @rows: [n] in the order they are shown. @text: the line
 * for @rows[i] when it is the first of several; "" when it stands for itself. Return: false when an
 * earlier line stands for it.
 */
bool comparison_fold(
    const struct comparison_row *const *rows, size_t n, size_t i, struct text_buffer *text);

/** comparison_headline() - "1 of 8 judged; of the others a slowdown up to 2.4 % may have gone
 * unseen": for those who read one line only. */
void comparison_headline(const struct comparison *c, struct text_buffer *to);

/** comparison_sentence() - "3 slower, 40 same, 2 unsure of 45 cases; ...". */
void comparison_sentence(const struct comparison *c, struct text_buffer *to);

#endif
