#include "harness/base/text.h"
#include "harness/run/jsonio.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 17 digits give back every double exactly. */
#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(17))

json_t *jsonio_text(const char *text)
{
	/* Never longer than before: what is read back must fit where it came from. */
	char *clean = strdup(text);
	json_t *j;

	if (!clean)
		return NULL;
	j = json_string(text_clean(clean));
	free(clean);
	return j;
}

int jsonio_put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) ? -ENOMEM : 0;
}

int jsonio_append(json_t *array, json_t *value)
{
	return json_array_append_new(array, value) ? -ENOMEM : 0;
}

json_t *jsonio_whole(json_t *value, int rc)
{
	if (!rc)
		return value;
	json_decref(value);
	return NULL;
}

int jsonio_put_text(json_t *object, const char *key, const char *text)
{
	return jsonio_put(object, key, jsonio_text(text));
}

json_t *jsonio_u64(uint64_t value)
{
	char digits[24];

	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	return json_string(digits);
}

int jsonio_put_u64(json_t *object, const char *key, uint64_t value)
{
	return jsonio_put(object, key, jsonio_u64(value));
}

int jsonio_put_real(json_t *object, const char *key, double value)
{
	return isfinite(value) ? jsonio_put(object, key, json_real(value)) : 0;
}

static json_t *metrics(const struct metric_set *set)
{
	json_t *j = json_object();
	int rc = 0;

	for (unsigned i = 0; i < set->count; i++)
		rc |= jsonio_put_real(j, set->item[i].name, set->item[i].value);
	return jsonio_whole(j, rc);
}

json_t *jsonio_manifest(const struct manifest *m)
{
	json_t *j = json_object();
	int rc = 0;

	for (size_t i = 0; i < m->count; i++) {
		json_t *key = jsonio_text(m->items[i].key);

		rc |= key ? jsonio_put_text(j, json_string_value(key), m->items[i].value) : -ENOMEM;
		json_decref(key);
	}
	return jsonio_whole(j, rc);
}

/* @at: the member. NULL: no memory. */
static json_t *member(const struct jsonio_field *f, const void *at)
{
	unsigned u;

	switch (f->kind) {
	case JSONIO_TEXT:
	case JSONIO_TEXT_OR_NONE:
		return jsonio_text(at);
	case JSONIO_BOOL:
		return json_boolean(*(const bool *)at);
	case JSONIO_U64:
		return jsonio_u64(*(const uint64_t *)at);
	case JSONIO_REAL:
	case JSONIO_REAL_OR_0:
		return json_real(*(const double *)at);
	case JSONIO_OBJECT:
	case JSONIO_OBJECT_OR_NONE:
		return jsonio_fields(f->of, at);
	case JSONIO_METRICS:
		return metrics(at);
	case JSONIO_MANIFEST:
		return jsonio_manifest(at);
	case JSONIO_UNSIGNED:
	case JSONIO_WORD:
		break;
	}
	/* An enum, too: the tables' enums have no negative values. */
	memcpy(&u, at, sizeof(u));
	return f->kind == JSONIO_WORD ? json_string(((const char *const *)f->of)[u])
				      : jsonio_u64(u);
}

int jsonio_put_fields(json_t *object, const struct jsonio_field *fields, const void *from)
{
	int rc = 0;

	for (const struct jsonio_field *f = fields; f->key; f++) {
		const void *at = (const char *)from + f->offset;
		const bool real = f->kind == JSONIO_REAL || f->kind == JSONIO_REAL_OR_0;

		if (f->kind == JSONIO_TEXT_OR_NONE && !*(const char *)at)
			continue;
		if (!real || isfinite(*(const double *)at))
			rc |= jsonio_put(object, f->key, member(f, at));
	}
	return rc;
}

json_t *jsonio_fields(const struct jsonio_field *fields, const void *from)
{
	json_t *j = json_object();

	return jsonio_whole(j, jsonio_put_fields(j, fields, from));
}

json_t *jsonio_histogram(const struct histogram *h)
{
	json_t *j = json_object();
	json_t *buckets = json_array();
	int rc = 0;

	rc |= jsonio_put_u64(j, "count", h->count);
	if (h->count) {
		rc |= jsonio_put_u64(j, "sum", h->sum);
		rc |= jsonio_put_u64(j, "min", h->min);
		rc |= jsonio_put_u64(j, "max", h->max);
	}
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		rc |= jsonio_append(buckets, json_integer((json_int_t)i));
		rc |= jsonio_append(buckets, json_integer((json_int_t)h->bucket[i]));
	}
	rc |= jsonio_put(j, "buckets", buckets);
	return jsonio_whole(j, rc);
}

json_t *jsonio_outcomes(const struct run_figure *f, const unsigned counts[RUN_OUTCOMES_MAX])
{
	json_t *j = json_object();
	char word[METRIC_NAME_MAX];
	int rc = 0;

	for (unsigned i = 0; i < RUN_OUTCOMES_MAX && run_figure_word(f, i, word); i++)
		rc |= jsonio_put_u64(j, word, counts[i]);
	return jsonio_whole(j, rc);
}

char *jsonio_line(const json_t *value)
{
	char *text = json_dumps(value, DUMP_FLAGS | JSON_COMPACT);
	size_t len;
	char *line;

	if (!text)
		return NULL;
	len = strlen(text);
	line = realloc(text, len + 2);
	if (!line) {
		free(text);
		return NULL;
	}
	memcpy(line + len, "\n", 2);
	return line;
}

static bool is_plain(json_t *array)
{
	size_t i;
	json_t *item;

	json_array_foreach(array, i, item)
	{
		if (json_is_object(item) || json_is_array(item))
			return false;
	}
	return true;
}

/*
 * jansson's own indentation puts every number on a line; with a thousand trials a case that is
 * most of the file. Only brackets and commas are ours, values and keys are written by jansson.
 */
static int lay_out(FILE *f, json_t *value, int depth);

/* All but the bracket at its end. */
static int lay_out_open(FILE *f, json_t *value, int depth)
{
	const bool object = json_is_object(value);
	const char *separator = "\n";
	const char *key;
	json_t *item;
	size_t i;
	int rc = 0;

	fputc(object ? '{' : '[', f);
	if (object) {
		json_object_foreach(value, key, item)
		{
			json_t *name = json_string(key);

			fprintf(f, "%s%*s", separator, 2 * (depth + 1), "");
			rc |= json_dumpf(name, f, DUMP_FLAGS);
			json_decref(name);
			fputs(": ", f);
			rc |= lay_out(f, item, depth + 1);
			separator = ",\n";
		}
	} else {
		json_array_foreach(value, i, item)
		{
			fprintf(f, "%s%*s", separator, 2 * (depth + 1), "");
			rc |= lay_out(f, item, depth + 1);
			separator = ",\n";
		}
	}
	return rc;
}

static int lay_out(FILE *f, json_t *value, int depth)
{
	const bool object = json_is_object(value);
	int rc;

	if ((!object && !json_is_array(value)) || (!object && is_plain(value)))
		return json_dumpf(value, f, DUMP_FLAGS);
	if (object && !json_object_size(value))
		return fputs("{}", f) < 0;
	rc = lay_out_open(f, value, depth);
	fprintf(f, "\n%*s%c", 2 * depth, "", object ? '}' : ']');
	return rc || ferror(f);
}

int jsonio_begin(FILE *f, json_t *object, int depth)
{
	const int rc = object && lay_out_open(f, object, depth) == 0 ? 0 : -ENOMEM;

	json_decref(object);
	return rc;
}

int jsonio_item(FILE *f, json_t *value, int depth, bool first)
{
	int rc;

	if (!value)
		return -ENOMEM;
	fprintf(f, "%s%*s", first ? "\n" : ",\n", 2 * depth, "");
	rc = lay_out(f, value, depth);
	json_decref(value);
	return rc ? -ENOMEM : 0;
}

char *jsonio_lay_out(json_t *value)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int rc;

	if (!f)
		return NULL;
	rc = lay_out(f, value, 0);
	rc |= fputc('\n', f) == EOF;
	rc |= fclose(f);
	if (rc) {
		free(text);
		return NULL;
	}
	return text;
}
