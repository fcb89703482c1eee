/*
 * comparison_text.h - words and order that all ways of writing a comparison share.
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

/** comparison_change() - "+5.21 % (+4.10 … +6.31)", of shares in points, of a difference in its
 * unit;
 * "" when the row has no figure. Return: @buf. */
char *comparison_change(const struct comparison_row *r, bool ascii, char *buf, size_t len);

/** comparison_value() - run_figure_format(), with "us" for "µs" when @ascii; "" when the row has no
 * figure. Return: @buf. */
char *comparison_value(
    const struct comparison_row *r, double value, bool ascii, char *buf, size_t len);

/** comparison_note() - the reason and what else is to be known of a row, in one line. */
void comparison_note(const struct comparison_row *r, struct text_buffer *to);

/** comparison_sentence() - "3 slower, 40 same, 2 unsure of 45 cases; ...". */
void comparison_sentence(const struct comparison *c, struct text_buffer *to);

/** comparison_weakness() - what makes this evidence weaker than a gate's; "" nothing. */
const char *comparison_weakness(const struct comparison *c);

#endif
