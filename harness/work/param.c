#include "harness/work/param.h"

#include "harness/base/grow.h"
#include "harness/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The suffixes of a number, and their factors. */
struct suffix {
	const char *text;
	int64_t factor;
};

static const struct suffix counts[] = {{"k", 1000}, {"M", 1000000}, {NULL, 0}};
static const struct suffix times_ns[] = {
    {"ns", 1}, {"us", 1000}, {"µs", 1000}, {"ms", 1000000}, {"s", 1000000000}, {NULL, 0}};
static const struct suffix times_us[] = {
    {"us", 1}, {"µs", 1}, {"ms", 1000}, {"s", 1000000}, {NULL, 0}};
static const struct suffix sizes[] = {
    {"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}, {NULL, 0}};
static const struct suffix percents[] = {{"%", 1}, {NULL, 0}};

static const struct {
	const struct suffix *suffixes;
	const char *accepted;
	const char *in_key; /* how keys of this unit end */
} units[] = {
    [CB_COUNT] = {counts, "such as 8, 20k, pus, 2*pus", ""},
    [CB_NS] = {times_ns, "such as 500ns, 2us, 5ms", "_ns"},
    [CB_US] = {times_us, "such as 50us, 5ms", "_us"},
    [CB_BYTES] = {sizes, "such as 64, 1KiB, 4MiB", "_bytes"},
    [CB_PERCENT] = {percents, "such as 90, 90%", "_pct"},
};

char *param_spell(const struct cb_param *p, int64_t n, char *buf, size_t len)
{
	const struct suffix *best = NULL;

	if (p->unit != CB_COUNT)
		for (const struct suffix *s = units[p->unit].suffixes; s->text; s++)
			if (n % s->factor == 0 && (!best || (n && s->factor > best->factor)))
				best = s;
	(void)snprintf(
	    buf, len, "%" PRId64 "%s", best ? n / best->factor : n, best ? best->text : "");
	return buf;
}

static int fail(int error, const struct cb_param *p, const char *text, char *err, size_t err_len)
{
	char least[PARAM_SPELL_LEN], most[PARAM_SPELL_LEN];
	size_t used;

	if (p->unit == CB_WORD) {
		used = (size_t)snprintf(
		    err, err_len, "%s: '%.60s' is not one of its values; accepted:", p->key, text);
		for (const char *const *w = p->words; *w && used < err_len; w++)
			used += (size_t)snprintf(err + used, err_len - used, " %s", *w);
	} else if (error == -ERANGE) {
		(void)snprintf(err, err_len, "%s: '%.60s' is out of range; accepted: %s to %s",
		    p->key, text, param_spell(p, p->least, least, sizeof(least)),
		    param_spell(p, p->most, most, sizeof(most)));
	} else {
		(void)snprintf(err, err_len, "%s: '%.60s' is not a value; accepted: %s", p->key,
		    text, units[p->unit].accepted);
	}
	return error;
}

/* "pus", "2*pus"; or a number with a suffix of the unit. */
static int parse_number(const struct cb_param *p, unsigned pus, const char *text, int64_t *out)
{
	char *end;
	long long n;
	int64_t factor = 1;

	if (p->unit == CB_COUNT && strcmp(text, "pus") == 0) {
		*out = pus;
		return 0;
	}
	if (!isdigit((unsigned char)text[0]) && !(text[0] == '-' && p->least < 0))
		return -EINVAL;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno)
		return -ERANGE;
	if (p->unit == CB_COUNT && strcmp(end, "*pus") == 0) {
		factor = pus;
	} else if (*end) {
		const struct suffix *s = units[p->unit].suffixes;

		while (s->text && strcmp(s->text, end) != 0)
			s++;
		if (!s->text)
			return -EINVAL;
		factor = s->factor;
	}
	return __builtin_mul_overflow((int64_t)n, factor, out) ? -ERANGE : 0;
}

static int parse_word(const struct cb_param *p, const char *text, int64_t *out)
{
	for (int64_t i = 0; p->words[i]; i++) {
		if (strcmp(p->words[i], text) == 0) {
			*out = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* The policies that have been asked for, each once: there are as many as somebody has typed, and
 * ten thousand cases point to them. */
static const char *keep_text(const char *text)
{
	static struct kept {
		struct kept *next;
		char text[];
	} * all;
	struct kept *k = all;

	while (k && strcmp(k->text, text) != 0)
		k = k->next;
	if (!k) {
		k = malloc(sizeof(*k) + strlen(text) + 1);
		if (!k)
			return NULL;
		strcpy(k->text, text);
		k->next = all;
		all = k;
	}
	return k->text;
}

static int keep_place(const struct placement_policy *place, struct param_value *out)
{
	const char *kept = keep_text(place->text);

	if (!kept)
		return -ENOMEM;
	*out = (struct param_value){.text = kept};
	return 0;
}

static int parse_place(
    const struct cb_param *p, const char *text, struct param_value *out, char *err, size_t err_len)
{
	struct placement_policy place;
	char why[256];

	if (placement_parse(text, &place, why, sizeof(why)) == 0)
		return keep_place(&place, out);
	(void)snprintf(err, err_len, "%s: %s", p->key, why);
	return -EINVAL;
}

int param_parse(const struct cb_param *p, unsigned pus, const char *text, struct param_value *out,
    char *err, size_t err_len)
{
	struct param_value v = {0};
	int ret;

	if (p->unit == CB_PLACE)
		return parse_place(p, text, out, err, err_len);
	ret = p->unit == CB_WORD ? parse_word(p, text, &v.n) : parse_number(p, pus, text, &v.n);
	if (!ret && p->unit != CB_WORD && (v.n < p->least || v.n > p->most))
		ret = -ERANGE;
	if (ret)
		return fail(ret, p, text, err, err_len);
	*out = v;
	return 0;
}

bool param_has_base(const struct cb_param *p, char *why, size_t why_len)
{
	struct param_value v;

	return param_follows(p) || param_parse(p, 1, p->base, &v, why, why_len) == 0;
}

struct list {
	struct param_value *item;
	size_t count;
};

static int append(const struct cb_param *p, struct list *l, const struct param_value *v)
{
	for (size_t i = 0; i < l->count; i++)
		if (param_same(p, &l->item[i], v))
			return 0;
	if (grow_by_one(&l->item, l->count, sizeof(*v)))
		return -ENOMEM;
	l->item[l->count++] = *v;
	return 0;
}

static int fail_range(const struct cb_param *p, const char *typed, char *err, size_t err_len)
{
	(void)snprintf(err, err_len,
	    "%s: '%.60s' is not a range; accepted: LOW..HIGHxFACTOR, such as 1..64x2, with LOW "
	    "from 1 and FACTOR from 2",
	    p->key, typed);
	return -EINVAL;
}

/* "LOW..HIGHxFACTOR" */
static int append_range(const struct cb_param *p, unsigned pus, const char *text, char *dots,
    struct list *l, char *err, size_t err_len)
{
	const char *typed = text;
	char low_text[64], high_text[64], *x;
	struct param_value low, high;
	uint64_t factor = 2;
	int ret;

	/* Cut off, it would be another number. */
	if ((size_t)(dots - text) >= sizeof(low_text) || strlen(dots + 2) >= sizeof(high_text))
		return fail_range(p, typed, err, err_len);
	(void)snprintf(low_text, sizeof(low_text), "%.*s", (int)(dots - text), text);
	(void)snprintf(high_text, sizeof(high_text), "%s", dots + 2);
	x = strrchr(high_text, 'x');
	if (x) {
		*x = '\0';
		if (text_parse_u64(x + 1, 2, 1000000, &factor) != 0)
			return fail_range(p, typed, err, err_len);
	}
	if (!low_text[0] || !high_text[0])
		return fail_range(p, typed, err, err_len);
	ret = param_parse(p, pus, low_text, &low, err, err_len);
	if (!ret)
		ret = param_parse(p, pus, high_text, &high, err, err_len);
	if (!ret && (low.n < 1 || low.n > high.n))
		return fail_range(p, typed, err, err_len);
	while (!ret && low.n <= high.n) {
		ret = append(p, l, &low);
		if (low.n > INT64_MAX / (int64_t)factor)
			break;
		low.n *= (int64_t)factor;
	}
	return ret ? ret : append(p, l, &high);
}

/* "pairs", "pairs:unlike" */
static int append_many(const struct cb_param *p, const struct topology *topo, const char *text,
    struct list *l, char *err, size_t err_len)
{
	struct placement_policy *many;
	size_t count;
	char why[256];
	int ret = placement_many(topo, text, &many, &count, why, sizeof(why));

	if (ret) {
		(void)snprintf(err, err_len, "%s: %s", p->key, why);
		return ret;
	}
	for (size_t i = 0; i < count && !ret; i++) {
		struct param_value v;

		ret = keep_place(&many[i], &v);
		if (!ret)
			ret = append(p, l, &v);
	}
	free(many);
	return ret;
}

/* The end of the next item. A comma in "list:0,2-3" belongs to it. */
static size_t item_length(const struct cb_param *p, const char *text)
{
	size_t n = strcspn(text, ",");

	if (p->unit == CB_PLACE && strncmp(text, "list:", 5) == 0)
		while (text[n] == ',' && isdigit((unsigned char)text[n + 1]))
			n += 1 + strcspn(text + n + 1, ",");
	return n;
}

int param_parse_list(const struct cb_param *p, unsigned pus, const struct topology *topo,
    const char *text, struct param_value **out, size_t *count, char *err, size_t err_len)
{
	struct list l = {0};
	int ret = 0;

	do {
		const size_t n = item_length(p, text);
		char *item = strndup(text, n);
		char *dots = item && p->unit < CB_WORD ? strstr(item, "..") : NULL;
		struct param_value v;

		if (dots) {
			ret = append_range(p, pus, item, dots, &l, err, err_len);
		} else if (item && p->unit == CB_PLACE && placement_is_many(item)) {
			ret = append_many(p, topo, item, &l, err, err_len);
		} else {
			ret = item ? param_parse(p, pus, item, &v, err, err_len) : -ENOMEM;
			if (!ret)
				ret = append(p, &l, &v);
		}
		free(item);
		text += n;
	} while (!ret && *text++);
	if (ret == -ENOMEM)
		(void)snprintf(err, err_len, "out of memory");
	if (ret) {
		free(l.item);
		return ret;
	}
	*out = l.item;
	*count = l.count;
	return 0;
}

char *param_format(const struct cb_param *p, const struct param_value *v, char *buf, size_t len)
{
	if (p->unit == CB_PLACE)
		(void)snprintf(buf, len, "%s", v->text);
	else if (p->unit == CB_WORD)
		(void)snprintf(buf, len, "%s", p->words[v->n]);
	else
		(void)snprintf(buf, len, "%" PRId64, v->n);
	return buf;
}

bool param_same(const struct cb_param *p, const struct param_value *a, const struct param_value *b)
{
	return p->unit == CB_PLACE ? strcmp(a->text, b->text) == 0 : a->n == b->n;
}

bool param_is(const struct cb_param *p, const char *key, size_t len)
{
	const char *unit = p->unit < CB_WORD ? units[p->unit].in_key : "";
	const size_t whole = strlen(p->key), ending = strlen(unit);

	if (whole == len && strncmp(p->key, key, len) == 0)
		return true;
	return ending && whole == len + ending && strcmp(p->key + len, unit) == 0 &&
	       strncmp(p->key, key, len) == 0;
}
