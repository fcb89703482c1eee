#include "harness/run/jsonio.h"

#include "harness/base/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int jsonio_fail(struct jsonio_reader *r, const char *key, const char *format, ...)
{
	bool both = r->where[0] && key;
	char what[192];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	snprintf(r->err, r->err_len, "%s%s%s%s%s", r->where, both ? "." : "", key ? key : "",
	    r->where[0] || key ? ": " : "", what);
	return -EINVAL;
}

static int missing(struct jsonio_reader *r, const json_t *value, const char *key, const char *kind)
{
	if (!value)
		return jsonio_fail(r, key, "missing");
	return jsonio_fail(r, key, "not %s", kind);
}

int jsonio_get_object(struct jsonio_reader *r, const json_t *o, const char *key, json_t **out)
{
	json_t *value = json_object_get(o, key);

	if (!json_is_object(value))
		return missing(r, value, key, "an object");
	*out = value;
	return 0;
}

int jsonio_get_array(struct jsonio_reader *r, const json_t *o, const char *key, json_t **out)
{
	json_t *value = json_object_get(o, key);

	if (!json_is_array(value))
		return missing(r, value, key, "an array");
	*out = value;
	return 0;
}

int jsonio_get_text(
    struct jsonio_reader *r, const json_t *o, const char *key, char *out, size_t size)
{
	const json_t *value = json_object_get(o, key);
	const char *text = json_string_value(value);

	if (!text)
		return missing(r, value, key, "a text");
	if (json_string_length(value) >= size)
		return jsonio_fail(r, key, "longer than %zu bytes", size - 1);
	if (text_has_control(text))
		return jsonio_fail(r, key, "holds a control character");
	memset(out, 0, size);
	memcpy(out, text, json_string_length(value));
	return 0;
}

bool jsonio_value_u64(const json_t *value, uint64_t max, uint64_t *out)
{
	unsigned long long n;

	if (json_is_integer(value)) {
		if (json_integer_value(value) < 0)
			return false;
		n = (unsigned long long)json_integer_value(value);
	} else if (json_is_string(value)) {
		const char *digits = json_string_value(value);
		char *end;

		/* Only what jsonio_put_u64() writes: no sign, no space, no second spelling. */
		if (digits[0] < '1' || digits[0] > '9')
			return false;
		errno = 0;
		n = strtoull(digits, &end, 10);
		if (errno || *end)
			return false;
	} else {
		return false;
	}
	if (n > max)
		return false;
	*out = n;
	return true;
}

int jsonio_get_u64(
    struct jsonio_reader *r, const json_t *o, const char *key, uint64_t max, uint64_t *out)
{
	const json_t *value = json_object_get(o, key);

	if (!value)
		return missing(r, value, key, "");
	if (!jsonio_value_u64(value, max, out))
		return jsonio_fail(
		    r, key, "not a whole number from 0 to %llu", (unsigned long long)max);
	return 0;
}

static int read_metrics(
    struct jsonio_reader *r, const char *key, const json_t *object, struct metric_set *out)
{
	json_t *value;
	const char *name;

	memset(out, 0, sizeof(*out));
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		int rc;

		if (!json_is_number(value))
			return jsonio_fail(r, key, "a metric is not a number");
		if (fabs(json_number_value(value)) > METRIC_ABS_MAX)
			return jsonio_fail(r, key, "a metric is too large");
		rc = metric_add(out, name, json_number_value(value));
		if (rc == -ENOSPC)
			return jsonio_fail(r, key, "more than %d metrics", METRICS_MAX);
		if (rc)
			return jsonio_fail(r, key, "a metric's name is not one");
	}
	return 0;
}

static int read_manifest(
    struct jsonio_reader *r, const char *key, const json_t *object, struct manifest *out)
{
	struct manifest m = {0};
	json_t *value;
	const char *name;
	int rc = 0;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		const char *text = json_string_value(value);

		if (!text)
			rc = jsonio_fail(r, key, "a value is not a text");
		else if (text_has_control(text) || text_has_control(name))
			rc = jsonio_fail(r, key, "holds a control character");
		else
			rc = manifest_add(&m, name, text);
		if (rc)
			break;
	}
	if (rc)
		manifest_free(&m);
	else
		*out = m;
	return rc;
}

static int read_word(
    struct jsonio_reader *r, const struct jsonio_field *f, const char *word, void *to)
{
	const char *const *words = f->of;

	for (unsigned i = 0; words[i]; i++) {
		if (!strcmp(words[i], word)) {
			memcpy(to, &i, sizeof(i));
			return 0;
		}
	}
	return jsonio_fail(r, f->key, "unknown %s \"%s\"", f->key, word);
}

/* For the fields of a nested object: messages put its name before theirs. */
static int read_inner(
    struct jsonio_reader *r, const struct jsonio_field *f, const json_t *o, void *to)
{
	const size_t len = strlen(r->where);
	int rc;

	snprintf(r->where + len, sizeof(r->where) - len, "%s%s", len ? "." : "", f->key);
	rc = jsonio_get_fields(r, o, f->of, to);
	r->where[len] = '\0';
	return rc;
}

static int read_field(
    struct jsonio_reader *r, const json_t *o, const struct jsonio_field *f, void *to)
{
	const json_t *value = json_object_get(o, f->key);
	char word[32];
	uint64_t n;
	json_t *object;
	int rc;

	switch (f->kind) {
	case JSONIO_TEXT_OR_NONE:
		if (!value) {
			*(char *)to = '\0';
			return 0;
		}
		return jsonio_get_text(r, o, f->key, to, f->size);
	case JSONIO_TEXT:
		return jsonio_get_text(r, o, f->key, to, f->size);
	case JSONIO_BOOL:
		if (!json_is_boolean(value))
			return missing(r, value, f->key, "true or false");
		*(bool *)to = json_is_true(value);
		return 0;
	case JSONIO_UNSIGNED:
		rc = jsonio_get_u64(r, o, f->key, UINT_MAX, &n);
		if (!rc)
			*(unsigned *)to = (unsigned)n;
		return rc;
	case JSONIO_U64:
		return jsonio_get_u64(r, o, f->key, UINT64_MAX, to);
	case JSONIO_REAL:
	case JSONIO_REAL_OR_0:
		/* JSON has no way to say NaN or Infinity, and jansson refuses 1e999. */
		if (!json_is_number(value) && (value || f->kind == JSONIO_REAL))
			return missing(r, value, f->key, "a number");
		*(double *)to = value ? json_number_value(value) : 0;
		return 0;
	case JSONIO_WORD:
		rc = jsonio_get_text(r, o, f->key, word, sizeof(word));
		return rc ? rc : read_word(r, f, word, to);
	case JSONIO_OBJECT_OR_NONE:
		if (!value) {
			memset(to, 0, f->size);
			return 0;
		}
		break;
	case JSONIO_OBJECT:
	case JSONIO_METRICS:
	case JSONIO_MANIFEST:
		break;
	}
	rc = jsonio_get_object(r, o, f->key, &object);
	if (rc)
		return rc;
	return f->kind == JSONIO_OBJECT || f->kind == JSONIO_OBJECT_OR_NONE
		   ? read_inner(r, f, object, to)
	       : f->kind == JSONIO_METRICS ? read_metrics(r, f->key, object, to)
					   : read_manifest(r, f->key, object, to);
}

int jsonio_get_fields(
    struct jsonio_reader *r, const json_t *object, const struct jsonio_field *fields, void *to)
{
	int rc = 0;

	for (const struct jsonio_field *f = fields; !rc && f->key; f++)
		rc = read_field(r, object, f, (char *)to + f->offset);
	return rc;
}

int jsonio_check_length(struct jsonio_reader *r, const char *key, const struct metric_set *metrics)
{
	double length;

	if (metric_get(metrics, METRIC_NS_PER_OP, &length) && !(length > 0))
		return jsonio_fail(r, key, METRIC_NS_PER_OP " is not above 0");
	return 0;
}

/* [index, count, ...], ascending. Return: false when it is not that. */
static bool read_buckets(json_t *list, struct histogram *h, uint32_t *first, uint32_t *last)
{
	size_t n = json_array_size(list);
	uint64_t next = 0;

	h->count = 0;
	for (size_t i = 0; i + 1 < n; i += 2) {
		uint64_t index, count;

		if (!jsonio_value_u64(json_array_get(list, i), HISTOGRAM_BUCKETS - 1, &index) ||
		    !jsonio_value_u64(json_array_get(list, i + 1), UINT32_MAX, &count) ||
		    index < next || !count)
			return false;
		h->bucket[index] = (uint32_t)count;
		h->count += count;
		next = index + 1;
		if (!i)
			*first = (uint32_t)index;
		*last = (uint32_t)index;
	}
	return n % 2 == 0;
}

static int read_histogram(
    struct jsonio_reader *r, const char *key, const json_t *o, struct histogram *h)
{
	uint32_t first = 0, last = 0;
	json_t *buckets;
	uint64_t count;
	int rc;

	histogram_clear(h);
	rc = jsonio_get_u64(r, o, "count", UINT64_MAX, &count);
	if (!rc)
		rc = jsonio_get_array(r, o, "buckets", &buckets);
	if (rc)
		return rc;
	if (!read_buckets(buckets, h, &first, &last))
		return jsonio_fail(r, key, "buckets are not pairs of ascending index and count");
	if (h->count != count)
		return jsonio_fail(r, key, "count and buckets do not add up");
	if (!count)
		return 0;
	rc = jsonio_get_u64(r, o, "sum", UINT64_MAX, &h->sum);
	if (!rc)
		rc = jsonio_get_u64(r, o, "min", UINT64_MAX, &h->min);
	if (!rc)
		rc = jsonio_get_u64(r, o, "max", UINT64_MAX, &h->max);
	if (rc)
		return rc;
	if (histogram_index(h->min) != first || histogram_index(h->max) != last ||
	    h->min > h->max || h->sum < h->max)
		return jsonio_fail(r, key, "min, max or sum contradict the buckets");
	return 0;
}

int jsonio_get_histogram(
    struct jsonio_reader *r, const json_t *o, const char *key, struct histogram **out)
{
	struct histogram *h;
	json_t *object;
	int rc;

	rc = jsonio_get_object(r, o, key, &object);
	if (rc)
		return rc;
	h = malloc(sizeof(*h));
	if (!h)
		return -ENOMEM;
	rc = read_histogram(r, key, object, h);
	if (rc)
		free(h);
	else
		*out = h;
	return rc;
}
