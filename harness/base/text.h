/*
 * text.h - command-line words to numbers, numbers to words for people, and a growing string.
 *
 * The parsers take the whole text or nothing: no leading or trailing blanks, no hexadecimal, no
 * "inf" or "nan". They return 0, -EINVAL (not of that form) or -ERANGE (of that form, but outside
 * the bounds), and leave the output untouched on error; NULL is -EINVAL. They expect the "C"
 * locale, which a program has until it calls setlocale(3). The formatters cut what does not fit,
 * return @buf and write UTF-8 ("µs"). All are thread-safe.
 */
#ifndef CONCBENCH_TEXT_H
#define CONCBENCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Long enough for everything that a formatter below writes. */
#define TEXT_FORMAT_MAX 32

/** text_parse_u64() - decimal digits and nothing else, min <= value <= max. */
int text_parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out);

/** text_parse_double() - "-1", ".5", "2.5e-3"; min <= value <= max. */
int text_parse_double(const char *s, double min, double max, double *out);

/**
 * text_parse_duration_ns() - "60s", "500ms", "2m" or "2min", "1.5h", "250us" or "250µs", "10ns"; a
 * bare number is seconds. Rounded to whole nanoseconds; no sign, no exponent.
 */
int text_parse_duration_ns(const char *s, uint64_t *out);

/**
 * text_parse_percent() - a share as a fraction: "2%" and "2" both give 0.02, "150" gives 1.5.
 * Negative ones are -ERANGE; an upper bound is the caller's.
 */
int text_parse_percent(const char *s, double *fraction);

/** text_format_ns() - three significant digits, no trailing zeros: "812 ns", "1.23 µs", "4.5 ms";
 * "n/a" when not finite. */
char *text_format_ns(double ns, char *buf, size_t len);

/** text_format_count() - the same for counts and rates: "812", "45.6 k", "1.23 M", "2 G". */
char *text_format_count(double count, char *buf, size_t len);

/** text_format_duration() - for progress lines: "450 ms", "1.2 s", "23 s", "1 min 23 s", "2 h 5
 * min", "3 d 4 h"; from 10 s on rounded to the unit shown last, which is left out when 0 ("2 h").
 */
char *text_format_duration(uint64_t ns, char *buf, size_t len);

/** text_format_budget() - as an option takes it, and not less: "90s", "4m". */
char *text_format_budget(uint64_t ns, char *buf, size_t len);

/**
 * text_clean() - make foreign text fit for a table or JSON, in place: each run of control
 * characters (C0, DEL, C1) and blanks becomes one blank, none is left at the ends, and bytes that
 * are not UTF-8 become '?', as do invisible characters (bidirectional controls, joiners, tags). The
 * text never gets longer. Returns @s.
 */
char *text_clean(char *s);

/** text_show() - the same for a message: every control character becomes a '?', blanks stay.
 * Returns @s. */
char *text_show(char *s);

/** text_has_control() - does it have a control or an invisible character? */
bool text_has_control(const char *s);

/** text_add_clause() - append to the text in @text[len], after "; " unless it is empty. The end is
 * cut when it does not fit: the first clause is the main one. */
void text_add_clause(char *text, size_t len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * A string that grows. Zero-initialised is empty. When memory runs out, or a format cannot be
 * expanded, @failed is set, the text so far stays, and later additions are ignored: a writer checks
 * once, at the end.
 */
struct text_buffer {
	char *data; /* NUL-terminated; NULL while nothing was added, see text_buffer_str() */
	size_t len; /* without the NUL */
	size_t cap; /* allocated */
	bool failed;
};

/** text_buffer_add() - append a string. */
void text_buffer_add(struct text_buffer *b, const char *s);

/** text_buffer_add_bytes() - append @n bytes. */
void text_buffer_add_bytes(struct text_buffer *b, const char *s, size_t n);

/** text_buffer_addf() - append printf-formatted text. */
void text_buffer_addf(struct text_buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** text_buffer_str() - what was added, "" when nothing was; owned by @b, valid until the next call.
 */
const char *text_buffer_str(const struct text_buffer *b);

/** text_buffer_free() - release and make empty again (also clears @failed). */
void text_buffer_free(struct text_buffer *b);

#endif
