/*
 * jsonio.h - shared by all that write or read JSON: building it, laying it out, and checking
 * foreign JSON.
 *
 * Used for run files and journals here, and for the gate's and the history's files. Like jansson
 * not thread-safe per object.
 */
#ifndef CONCBENCH_JSONIO_H
#define CONCBENCH_JSONIO_H

#include "harness/run/run.h"

#include <jansson.h>
#include <stddef.h>

/* ---- tables that map a struct's members to an object's, for writing and reading ---- */

enum jsonio_kind {
	JSONIO_TEXT,         /* char[]; read: without control characters, and it fits */
	JSONIO_TEXT_OR_NONE, /* the same; an empty text is not written, and a missing one is read as
				empty */
	JSONIO_BOOL,
	JSONIO_UNSIGNED,
	JSONIO_U64,            /* jsonio_put_u64() */
	JSONIO_REAL,           /* left out when it is not finite; read: must be there */
	JSONIO_REAL_OR_0,      /* the same, but a missing one is read as 0 */
	JSONIO_WORD,           /* an enum, as its word in @of: const char *[], ended by NULL */
	JSONIO_OBJECT,         /* a struct of its own: @of its fields */
	JSONIO_OBJECT_OR_NONE, /* the same, but a missing one is read as all 0 */
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
/** jsonio_get_fields() - stops at the first member that is missing or wrong; those before it are
 * set.
 * Return: 0; -EINVAL with the reason in @r; -ENOMEM. */
int jsonio_get_fields(
    struct jsonio_reader *r, const json_t *object, const struct jsonio_field *fields, void *to);

/* Their tables. */
extern const struct jsonio_field jsonio_interval_fields[]; /* struct stats_interval */
extern const struct jsonio_field jsonio_window_fields[];   /* struct run_window */
extern const struct jsonio_field jsonio_figure_fields[];   /* struct run_figure */
extern const struct jsonio_field jsonio_given_fields[];    /* struct run_given */
extern const struct jsonio_field jsonio_summary_fields[];  /* struct series_summary, in part */
extern const struct jsonio_field jsonio_noise_fields[];    /* struct noise_verdict */

/** jsonio_get_figure() - member @key, checked by run_figure_wrong(). */
int jsonio_get_figure(
    struct jsonio_reader *r, const json_t *object, const char *key, struct run_figure *out);

/* ---- building; all return 0 or -ENOMEM, so their return values may be or-ed ---- */

/** jsonio_text() - a JSON string, cleaned by text_clean(). NULL: no memory. */
json_t *jsonio_text(const char *text);

/** jsonio_put() - set a member; takes over @value, which may be NULL (then -ENOMEM). */
int jsonio_put(json_t *object, const char *key, json_t *value);
int jsonio_put_text(json_t *object, const char *key, const char *text);
/** jsonio_put_u64() - as a number; above 2^63 - 1, the limit of JSON libraries, as a text of
 * digits. */
int jsonio_put_u64(json_t *object, const char *key, uint64_t value);
/** jsonio_put_real() - leaves out what is not finite. */
int jsonio_put_real(json_t *object, const char *key, double value);
/** jsonio_append() - add to an array; takes over @value, which may be NULL. */
int jsonio_append(json_t *array, json_t *value);

/** jsonio_whole() - @value when @rc, the or of all steps, is 0; otherwise releases it and returns
 * NULL. */
json_t *jsonio_whole(json_t *value, int rc);

/** jsonio_u64() - see jsonio_put_u64(). */
json_t *jsonio_u64(uint64_t value);
/** jsonio_histogram() - {"count", "sum", "min", "max", "buckets": [index, count, ...]}. */
json_t *jsonio_histogram(const struct histogram *h);
/** jsonio_outcomes() - {"survived": 20, "lost": 2}: each word of the figure with its count. */
json_t *jsonio_outcomes(const struct run_figure *f, const unsigned counts[RUN_OUTCOMES_MAX]);
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
 * jsonio_begin() - the same into a stream, but without the closing bracket, since more follows.
 * jsonio_item() - an element of an array begun like this, with the separator before it.
 *
 * They are for data that would fill the memory as one tree. Both take over the value, which may be
 * NULL. @depth: of its indentation. Return: 0; -ENOMEM, also when the stream has no room.
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

/** jsonio_value_u64() - a value from anywhere. Return: false unless it is a number up to @max. */
bool jsonio_value_u64(const json_t *value, uint64_t max, uint64_t *out);

/** jsonio_check_length() - a trial's time per operation, if it has one, must be above 0: its rate
 * is the inverse. */
int jsonio_check_length(struct jsonio_reader *r, const char *key, const struct metric_set *metrics);
/** Checks that it is consistent. Return: also -ENOMEM; the caller frees @out. */
int jsonio_get_histogram(
    struct jsonio_reader *r, const json_t *o, const char *key, struct histogram **out);
/** Fills the description of an empty or already described series; on error it is unchanged. */
int jsonio_get_series(struct jsonio_reader *r, const json_t *o, struct series *s);
/** Return: also -ENOMEM; @run may then be half filled, and is still to be freed. */
int jsonio_get_facts(struct jsonio_reader *r, const json_t *o, struct run *run);
/** "schema 2, this build reads 1" */
int jsonio_check_schema(struct jsonio_reader *r, const json_t *o, const char *key, unsigned ours);

#endif
