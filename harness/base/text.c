#include "harness/base/text.h"

#include "harness/base/clock.h"
#include "harness/base/grow.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MINUTE (60 * CLOCK_NS_PER_S)
#define NS_PER_HOUR (60 * NS_PER_MINUTE)

/* Not isdigit(3): its argument must not be negative, and it asks the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *s)
{
	while (is_digit(*s))
		s++;
	return s;
}

int text_parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	bool overflow = false;

	if (!s || *s == '\0' || *skip_digits(s) != '\0')
		return -EINVAL;
	for (; *s != '\0'; s++) {
		overflow |= __builtin_mul_overflow(value, 10, &value);
		overflow |= __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value);
	}
	if (overflow || value < min || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

/* The end of an unsigned decimal number ("1", "1.", ".5", "1.5") at @s, or NULL. */
static const char *skip_decimal(const char *s)
{
	const char *whole = skip_digits(s);
	const char *end = *whole == '.' ? skip_digits(whole + 1) : whole;

	if (whole == s && end <= whole + 1)
		return NULL;
	return end;
}

int text_parse_double(const char *s, double min, double max, double *out)
{
	const char *end;
	char *parsed;
	double value;

	if (!s)
		return -EINVAL;
	/* The form is checked first: strtod(3) would also take blanks, "0x10", "inf" and "nan". */
	end = skip_decimal(*s == '-' ? s + 1 : s);
	if (end && (*end == 'e' || *end == 'E')) {
		const char *digits = end[1] == '-' || end[1] == '+' ? end + 2 : end + 1;

		end = is_digit(*digits) ? skip_digits(digits) : NULL;
	}
	if (!end || *end != '\0')
		return -EINVAL;
	value = strtod(s, &parsed);
	if (parsed != end)
		return -EINVAL;
	if (!isfinite(value) || value < min || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

static const struct {
	const char *suffix;
	uint64_t ns;
} duration_units[] = {
    {"", CLOCK_NS_PER_S},
    {"ns", 1},
    {"us", CLOCK_NS_PER_US},
    {"µs", CLOCK_NS_PER_US}, /* U+00B5, micro sign */
    {"μs", CLOCK_NS_PER_US}, /* U+03BC, Greek mu */
    {"ms", CLOCK_NS_PER_MS},
    {"s", CLOCK_NS_PER_S},
    {"m", NS_PER_MINUTE},
    {"min", NS_PER_MINUTE},
    {"h", NS_PER_HOUR},
};

int text_parse_duration_ns(const char *s, uint64_t *out)
{
	uint64_t unit_ns = 0, value = 0;
	double fraction = 0, place = 0.1;
	bool overflow = false;
	const char *end;

	end = s ? skip_decimal(s) : NULL;
	if (!end)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(duration_units) / sizeof(duration_units[0]); i++)
		if (strcmp(end, duration_units[i].suffix) == 0)
			unit_ns = duration_units[i].ns;
	if (unit_ns == 0)
		return -EINVAL;
	/* Whole units exactly, in integers; only what is after the point goes through a double. */
	for (; is_digit(*s); s++) {
		overflow |= __builtin_mul_overflow(value, 10, &value);
		overflow |= __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value);
	}
	overflow |= __builtin_mul_overflow(value, unit_ns, &value);
	if (*s == '.')
		for (s++; is_digit(*s); s++, place /= 10)
			fraction += place * (*s - '0');
	overflow |=
	    __builtin_add_overflow(value, (uint64_t)llround(fraction * (double)unit_ns), &value);
	if (overflow)
		return -ERANGE;
	*out = value;
	return 0;
}

int text_parse_percent(const char *s, double *fraction)
{
	/* Longer than any number worth writing, and strtod(3) needs the sign cut off. */
	char number[64];
	size_t len = s ? strlen(s) : 0;
	double percent;
	int err;

	if (len > 0 && s[len - 1] == '%')
		len--;
	if (len == 0 || len >= sizeof(number))
		return -EINVAL;
	memcpy(number, s, len);
	number[len] = '\0';
	err = text_parse_double(number, 0, HUGE_VAL, &percent);
	if (!err)
		*fraction = percent / 100;
	return err;
}

/* @value in the largest of 1000^i that leaves at least 1 before the point, after rounding to three
 * digits: 999.7 ns must become "1 µs", not "1e+03 ns". */
static char *format_scaled(
    double value, const char *const *units, size_t count, char *buf, size_t len)
{
	size_t i = 0;

	if (!isfinite(value)) {
		(void)snprintf(buf, len, "n/a");
		return buf;
	}
	while (fabs(value) >= 999.5 && i + 1 < count) {
		value /= 1000;
		i++;
	}
	(void)snprintf(buf, len, fabs(value) >= 999.5 && fabs(value) < 1e6 ? "%.0f%s" : "%.3g%s",
	    value, units[i]);
	return buf;
}

char *text_format_ns(double ns, char *buf, size_t len)
{
	static const char *const units[] = {" ns", " µs", " ms", " s"};

	return format_scaled(ns, units, sizeof(units) / sizeof(units[0]), buf, len);
}

char *text_format_count(double count, char *buf, size_t len)
{
	static const char *const units[] = {"", " k", " M", " G", " T"};

	return format_scaled(count, units, sizeof(units) / sizeof(units[0]), buf, len);
}

char *text_format_budget(uint64_t ns, char *buf, size_t len)
{
	const uint64_t s = ns / CLOCK_NS_PER_S + (ns % CLOCK_NS_PER_S != 0);

	if (s < 120)
		(void)snprintf(buf, len, "%" PRIu64 "s", s);
	else
		(void)snprintf(buf, len, "%" PRIu64 "m", s / 60 + (s % 60 != 0));
	return buf;
}

char *text_format_duration(uint64_t ns, char *buf, size_t len)
{
	static const struct {
		uint64_t unit_s, rest_s;
		const char *unit, *rest;
	} forms[] = {
	    {86400, 3600, "d", "h"},
	    {3600, 60, "h", "min"},
	    {60, 1, "min", "s"},
	    {1, 1, "s", NULL},
	};
	/* Rounded before the form is chosen, or 59.7 s would read "60 s". */
	const uint64_t seconds = ns / CLOCK_NS_PER_S + (ns % CLOCK_NS_PER_S >= CLOCK_NS_PER_S / 2);

	/* Two digits while the seconds are few: a bar that stays at "2 s" looks stuck. */
	if (ns < 9950 * CLOCK_NS_PER_MS) {
		double rounded = (double)ns;

		if (ns >= 100 * CLOCK_NS_PER_MS)
			rounded = round((double)ns / 1e7) * 1e7;
		if (ns >= 995 * CLOCK_NS_PER_MS)
			rounded = round((double)ns / 1e8) * 1e8;
		return text_format_ns(rounded, buf, len);
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const uint64_t rest_s = forms[i].rest_s;
		const uint64_t steps = (seconds + rest_s / 2) / rest_s;
		const uint64_t per_unit = forms[i].unit_s / rest_s;

		if (seconds < forms[i].unit_s)
			continue;
		if (steps % per_unit == 0)
			(void)snprintf(buf, len, "%" PRIu64 " %s", steps / per_unit, forms[i].unit);
		else
			(void)snprintf(buf, len, "%" PRIu64 " %s %" PRIu64 " %s", steps / per_unit,
			    forms[i].unit, steps % per_unit, forms[i].rest);
		break;
	}
	return buf;
}

/* Length of the UTF-8 sequence at @s (RFC 3629), 0 when it is none; *code is its code point. */
static size_t utf8_length(const unsigned char *s, uint32_t *code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n;

	if (s[0] < 0x80) {
		*code = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		n = 4;
	else
		return 0;
	*code = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		/* The terminating NUL is no continuation either, so this stays inside. */
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < smallest[n] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return n;
}

/* Invisible characters that change how others look: bidirectional controls make a name read as
 * another one, and two names that differ in a joiner look the same. */
static bool is_invisible(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{0xad, 0xad}, {0x61c, 0x61c}, {0x180e, 0x180e}, {0x200b, 0x200f},
	    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
	    {0xe0000, 0xe007f}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

static bool is_control(uint32_t code)
{
	return code < ' ' || (code >= 0x7f && code < 0xa0);
}

bool text_has_control(const char *s)
{
	const unsigned char *at = (const unsigned char *)s;
	uint32_t code;

	for (size_t n; *at; at += n ? n : 1) {
		n = utf8_length(at, &code);
		if (n && (is_control(code) || is_invisible(code)))
			return true;
	}
	return false;
}

char *text_show(char *s)
{
	const unsigned char *from = (const unsigned char *)s;
	char *to = s;
	uint32_t code;

	while (*from) {
		const size_t n = utf8_length(from, &code);

		if (!n || is_control(code) || is_invisible(code)) {
			*to++ = '?';
		} else {
			memmove(to, from, n);
			to += n;
		}
		from += n ? n : 1;
	}
	*to = '\0';
	return s;
}

char *text_clean(char *s)
{
	const unsigned char *from = (const unsigned char *)s;
	char *to = s;
	bool gap = false;

	while (*from != '\0') {
		uint32_t code = 0;
		size_t n = utf8_length(from, &code);

		if (n > 0 && (code == ' ' || is_control(code))) {
			gap = true;
			from += n;
			continue;
		}
		/* A gap took a byte at least, so the blank never overtakes @from. */
		if (gap && to != s)
			*to++ = ' ';
		gap = false;
		if (n == 0 || is_invisible(code)) {
			*to++ = '?';
			from += n ? n : 1;
			continue;
		}
		memmove(to, from, n);
		to += n;
		from += n;
	}
	*to = '\0';
	return s;
}

void text_add_clause(char *text, size_t len, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	if (used && used + 2 < len) {
		memcpy(text + used, "; ", 3);
		used += 2;
	}
	va_start(args, format);
	(void)vsnprintf(text + used, len - used, format, args);
	va_end(args);
}

/* Makes room for @more bytes and a NUL; sets failed otherwise. */
static bool buffer_reserve(struct text_buffer *b, size_t more)
{
	size_t need;

	if (!b->failed)
		b->failed = __builtin_add_overflow(b->len, more, &need) || need >= SIZE_MAX / 2 ||
			    grow(&b->data, need + 1, &b->cap, 1);
	return !b->failed;
}

void text_buffer_add_bytes(struct text_buffer *b, const char *s, size_t n)
{
	if (n == 0 || !buffer_reserve(b, n))
		return;
	memcpy(b->data + b->len, s, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void text_buffer_add(struct text_buffer *b, const char *s)
{
	text_buffer_add_bytes(b, s, strlen(s));
}

void text_buffer_addf(struct text_buffer *b, const char *format, ...)
{
	va_list args, again;
	int n;

	if (b->failed)
		return;
	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	if (n < 0)
		b->failed = true;
	else if (n > 0 && buffer_reserve(b, (size_t)n)) {
		(void)vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(args);
}

const char *text_buffer_str(const struct text_buffer *b)
{
	return b->data ? b->data : "";
}

void text_buffer_free(struct text_buffer *b)
{
	free(b->data);
	*b = (struct text_buffer){0};
}
