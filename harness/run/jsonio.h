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
#include <stddef.h>

/* ---- a struct's members as an object's, for writing and reading ---- */

enum jsonio_kind {
	JSONIO_TEXT,         /* char[]; read: without control characters, and it fits */
	JSONIO_TEXT_OR_NONE, /* the same; empty: not written, and read so when it is not there */
	JSONIO_BOOL,
	JSONIO_UNSIGNED,
	JSONIO_U64,       /* jsonio_put_u64() */
	JSONIO_REAL,      /* left out when it is not finite; read: has to be there */
	JSONIO_REAL_OR_0, /* the same, and read as 0 when it is not there */
	JSONIO_WORD,      /* an enum, as the word that @of has for it: const char *[], up to NULL */
	JSONIO_OBJECT,    /* a struct of its own: @of its fields */
	JSONIO_OBJECT_OR_NONE, /* the same, and read as all 0 when it is not there */
	JSONIO_METRICS,        /* struct metric_set */
	JSONIO_MANIFEST,       /* struct manifest, which is freed by who owns it */
};

struct jsonio_field {
	const char *key; /* NULL ends a table */
	enum jsonio_kind kind;
	size_t offset, size;
	const void *of;
};

/* A row of a table: JSONIO_FIELD(UNSIGNED, struct series, workers). */
#define JSONIO_FIELD_OF(kind, type, member, of)                                                 \
	{                                                                                       \
#member, JSONIO_##kind, offsetof(type, member), sizeof(((type *)0)->member), of \
	}
#define JSONIO_FIELD(kind, type, member) JSONIO_FIELD_OF(kind, type, member, NULL)
#define JSONIO_END                            \
	{                                     \
		NULL, JSONIO_BOOL, 0, 0, NULL \
	}

/** jsonio_put_fields() - set a member for each of @fields. Return: 0; -ENOMEM. */
int jsonio_put_fields(json_t *object, const struct jsonio_field *fields, const void *from);
/** jsonio_fields() - the same as a new object. NULL: no memory. */
json_t *jsonio_fields(const struct jsonio_field *fields, const void *from);

struct jsonio_reader;
/** jsonio_get_fields() - the first that is missing or wrong ends it; those before it are set.
 * Return: 0; -EINVAL with the reason in @r; -ENOMEM. */
int jsonio_get_fields(
    struct jsonio_reader *r, const json_t *object, const struct jsonio_field *fields, void *to);

/* Their tables. */
extern const struct jsonio_field jsonio_interval_fields[]; /* struct stats_interval */
extern const struct jsonio_field jsonio_window_fields[];   /* struct run_window */
extern const struct jsonio_field jsonio_figure_fields[];   /* struct run_figure */
extern const struct jsonio_field jsonio_summary_fields[];  /* struct series_summary, in part */
extern const struct jsonio_field jsonio_noise_fields[];    /* struct noise_verdict */

/** jsonio_get_figure() - member @key, checked by run_figure_wrong(). */
int jsonio_get_figure(
    struct jsonio_reader *r, const json_t *object, const char *key, struct run_figure *out);

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

/** jsonio_whole() - @value when @rc is 0, what it was or-ed from; else it is released and NULL. */
json_t *jsonio_whole(json_t *value, int rc);

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
int jsonio_get_u64(
    struct jsonio_reader *r, const json_t *o, const char *key, uint64_t max, uint64_t *out);

/** jsonio_value_u64() - one value of any place. Return: false when it is none up to @max. */
bool jsonio_value_u64(const json_t *value, uint64_t max, uint64_t *out);

/** jsonio_check_length() - a trial's time per operation, where it has one, is above 0: its rate is
 * one over it. */
int jsonio_check_length(struct jsonio_reader *r, const char *key, const struct metric_set *metrics);
/** Checks that it is consistent in itself. Return: also -ENOMEM; @out is the caller's. */
int jsonio_get_histogram(
    struct jsonio_reader *r, const json_t *o, const char *key, struct histogram **out);
/** Fills the description of an empty or already described series; on error it is unchanged. */
int jsonio_get_series(struct jsonio_reader *r, const json_t *o, struct series *s);
/** Return: also -ENOMEM; @run may then be half filled, and is still to be freed. */
int jsonio_get_facts(struct jsonio_reader *r, const json_t *o, struct run *run);
/** "schema 2, this build reads 1" */
int jsonio_check_schema(struct jsonio_reader *r, const json_t *o, const char *key, unsigned ours);

#endif
