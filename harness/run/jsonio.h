/*
 * jsonio.h - what the files of result.h share: building, laying out and distrusting JSON.
 *
 * For whatever writes or reads JSON: run files and journals here, the gate's and the history's
 * files. Not thread-safe per object, as jansson.
 */
#ifndef CONCBENCH_JSONIO_H
#define CONCBENCH_JSONIO_H

#include "harness/run/run.h"

#include <jansson.h>

/* ---- building; all return 0 or -ENOMEM, and may be or-ed: the codes are the same ---- */

/** jsonio_text() - a string, made fit for it by text_clean(). NULL: no memory. */
json_t *jsonio_text(const char *text);

/** jsonio_put() - set a member; takes over @value, which may be NULL (then -ENOMEM). */
int jsonio_put(json_t *object, const char *key, json_t *value);
int jsonio_put_text(json_t *object, const char *key, const char *text);
/** jsonio_put_u64() - as number, or above JSON libraries' 2^63 - 1 as text of digits. */
int jsonio_put_u64(json_t *object, const char *key, uint64_t value);
/** jsonio_put_real() - leaves out what is not finite. */
int jsonio_put_real(json_t *object, const char *key, double value);
/** jsonio_append() - add to an array; takes over @value, which may be NULL. */
int jsonio_append(json_t *array, json_t *value);

/** jsonio_u64() - see jsonio_put_u64(). */
json_t *jsonio_u64(uint64_t value);
/** jsonio_metrics() - {"name": value, ...} in the set's order. */
json_t *jsonio_metrics(const struct metric_set *set);
/** jsonio_histogram() - {"count", "sum", "min", "max", "buckets": [index, count, ...]}. */
json_t *jsonio_histogram(const struct histogram *h);
/** jsonio_series() - a case's description: all but samples and summary. */
json_t *jsonio_series(const struct series *s);
/** jsonio_manifest() - one member an item, in order. */
json_t *jsonio_manifest(const struct manifest *m);
/** jsonio_put_facts() - add id, date, ..., families and manifest of a run. */
int jsonio_put_facts(json_t *object, const struct run *run);

/** jsonio_line() - the shortest text, one line with its newline; free() it. NULL: no memory. */
char *jsonio_line(const json_t *value);
/** jsonio_lay_out() - indented, arrays of plain values on one line; free() it. NULL: no memory. */
char *jsonio_lay_out(json_t *value);
/**
 * jsonio_begin() - the same into a stream, but for the bracket at its end: more is to come in it.
 * jsonio_item()  - an element of an array that was begun so, with what separates it from the last.
 *
 * For what would fill the memory as one tree. Both take over the value, which may be NULL. @depth:
 * of its indentation. Return: 0; -ENOMEM, also when the stream has no room.
 */
int jsonio_begin(FILE *f, json_t *object, int depth);
int jsonio_item(FILE *f, json_t *value, int depth, bool first);

/* ---- reading: every member is checked for its type and range ---- */

struct jsonio_reader {
	char *err; /* gets one line; untouched on success */
	size_t err_len;
	char where[128]; /* put before a member's name: "concbench.cases[3]" */
};

/** jsonio_fail() - say what is wrong with member @key (or with the whole, NULL). -EINVAL. */
int jsonio_fail(struct jsonio_reader *r, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** jsonio_get_*() - Return: 0; -EINVAL with the reason in @r. */
int jsonio_get_object(struct jsonio_reader *r, const json_t *o, const char *key, json_t **out);
int jsonio_get_array(struct jsonio_reader *r, const json_t *o, const char *key, json_t **out);
/** A text without control characters that fits into @size bytes. */
int jsonio_get_text(
    struct jsonio_reader *r, const json_t *o, const char *key, char *out, size_t size);
int jsonio_get_bool(struct jsonio_reader *r, const json_t *o, const char *key, bool *out);
int jsonio_get_u64(
    struct jsonio_reader *r, const json_t *o, const char *key, uint64_t max, uint64_t *out);
int jsonio_get_unsigned(struct jsonio_reader *r, const json_t *o, const char *key, unsigned *out);
int jsonio_get_real(struct jsonio_reader *r, const json_t *o, const char *key, double *out);
/** For what the writer leaves out when it has none: absent gives 0. */
int jsonio_get_real_or_0(struct jsonio_reader *r, const json_t *o, const char *key, double *out);

/**
 * jsonio_has_control() - a text goes to terminals, pages and gnuplot: a foreign file must not
 * steer them by it.
 */
bool jsonio_has_control(const char *text);

/** jsonio_value_u64() - one value of any place. Return: false when it is none up to @max. */
bool jsonio_value_u64(const json_t *value, uint64_t max, uint64_t *out);

int jsonio_get_metrics(
    struct jsonio_reader *r, const json_t *o, const char *key, struct metric_set *out);
/** jsonio_check_length() - a trial's time per operation, where it has one, is above 0: its rate is
 * one over it. */
int jsonio_check_length(struct jsonio_reader *r, const char *key, const struct metric_set *metrics);
/** Checks that it is consistent in itself. Return: also -ENOMEM; @out is the caller's. */
int jsonio_get_histogram(
    struct jsonio_reader *r, const json_t *o, const char *key, struct histogram **out);
/** Fills the description of an empty or already described series; on error it is unchanged. */
int jsonio_get_series(struct jsonio_reader *r, const json_t *o, struct series *s);
/** Return: also -ENOMEM. */
int jsonio_get_manifest(
    struct jsonio_reader *r, const json_t *o, const char *key, struct manifest *out);
/** Return: also -ENOMEM; @run may then be half filled, and is still to be freed. */
int jsonio_get_facts(struct jsonio_reader *r, const json_t *o, struct run *run);
/** "schema 2, this build reads 1" */
int jsonio_check_schema(struct jsonio_reader *r, const json_t *o, const char *key, unsigned ours);

#endif
