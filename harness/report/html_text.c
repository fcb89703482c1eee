/* html_text.c - escaping, badges and pictures: where foreign text becomes part of the page. */
#include "harness/report/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_escaped(struct text_buffer *b, const char *text)
{
	while (*text) {
		const size_t plain = strcspn(text, "&<>\"'");

		text_buffer_add_bytes(b, text, plain);
		text += plain;
		switch (*text) {
		case '&':
			text_buffer_add(b, "&amp;");
			break;
		case '<':
			text_buffer_add(b, "&lt;");
			break;
		case '>':
			text_buffer_add(b, "&gt;");
			break;
		case '"':
			text_buffer_add(b, "&quot;");
			break;
		case '\'':
			text_buffer_add(b, "&#39;");
			break;
		default:
			return;
		}
		text++;
	}
}

/* Foreign text without what a page cannot show; a blank at either end stays, it separates. */
static char *clean_copy(const char *text)
{
	const size_t len = strlen(text);
	char *copy = malloc(len + 3);
	const bool before = len && text[0] == ' ', after = len > 1 && text[len - 1] == ' ';

	if (!copy)
		return NULL;
	copy[0] = ' ';
	memcpy(copy + before, text + before, len - before + 1);
	text_clean(copy + before);
	if (after)
		memcpy(copy + strlen(copy), " ", 2);
	return copy;
}

void html_text(struct text_buffer *b, const char *text)
{
	char *clean = clean_copy(text);

	if (!clean) {
		b->failed = true;
		return;
	}
	add_escaped(b, clean);
	free(clean);
}

void html_prose(struct text_buffer *b, const char *text)
{
	char *copy = strdup(text), *from = copy, *sign;

	if (!copy) {
		b->failed = true;
		return;
	}
	while ((sign = strstr(from, "+-"))) {
		*sign = '\0';
		html_text(b, from);
		text_buffer_add(b, "\u00b1");
		from = sign + 2;
	}
	html_text(b, from);
	free(copy);
}

void html_textf(struct text_buffer *b, const char *format, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	html_text(b, text);
	free(text);
}

void html_badge(struct text_buffer *b, enum case_status status)
{
	const char *name = status_name(status);

	text_buffer_addf(b, "<span class=\"badge %s\">", name);
	for (; *name; name++)
		text_buffer_add_bytes(b, *name == '_' ? " " : name, 1);
	text_buffer_add(b, "</span>");
}

void html_status(struct text_buffer *b, const struct series *s)
{
	html_badge(b, s->status);
	for (unsigned i = 0; i < SERIES_FLAGS; i++)
		if (series_flag(s, i))
			text_buffer_addf(
			    b, " <span class=\"badge flag\">%s</span>", series_flag_names[i]);
}

/* gnuplot's own SVG has none of these, and escapes '<' in all text it is given. */
static bool is_harmless(const char *svg)
{
	static const char *const bad[] = {"<script", "<foreignObject", "<iframe",
	    "javascript:", " onload", " onclick", " onmouse"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strcasestr(svg, bad[i]))
			return false;
	return true;
}

/* "id='gpDot'" and "href='#gpDot'" of two charts in one page would mean the first one's. */
static void add_with_ids(struct text_buffer *b, const char *svg, const char *id)
{
	static const char *const marks[] = {" id='", " id=\"", "href='#", "href=\"#", "url(#"};

	while (*svg) {
		const char *next = NULL;
		size_t len = 0;

		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			const char *at = strstr(svg, marks[i]);

			if (at && (!next || at < next)) {
				next = at;
				len = strlen(marks[i]);
			}
		}
		if (!next)
			break;
		text_buffer_add_bytes(b, svg, (size_t)(next - svg) + len);
		text_buffer_addf(b, "%s-", id);
		svg = next + len;
	}
	text_buffer_add(b, svg);
}

/* The <title> of every plot would pop up under the pointer as "locks_plot_1". */
static char *without_titles(const char *from)
{
	char *out = strdup(from), *at = out;

	while (at && (at = strstr(at, "<title>"))) {
		char *end = strstr(at, "</title>");

		if (!end)
			break;
		end += strlen("</title>");
		memmove(at, end, strlen(end) + 1);
	}
	return out;
}

bool html_svg(struct text_buffer *b, const char *svg, const char *id, const char *title)
{
	const char *root = strstr(svg, "<svg");
	const char *box = root ? strstr(root, "viewBox=\"") : NULL;
	const char *body = root ? strchr(root, '>') : NULL;
	char *clean;
	int width, height;

	if (!body || !box || box > body || !is_harmless(svg) ||
	    sscanf(box, "viewBox=\"0 0 %d %d\"", &width, &height) != 2)
		return false;
	clean = without_titles(body + 1);
	if (!clean) {
		b->failed = true;
		return true;
	}
	text_buffer_addf(b,
	    "<svg role=\"img\" aria-labelledby=\"%s-title\" viewBox=\"0 0 %d %d\" "
	    "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n"
	    "<title id=\"%s-title\">",
	    id, width, height, id);
	html_text(b, title);
	text_buffer_add(b, "</title>\n");
	add_with_ids(b, clean, id);
	free(clean);
	return true;
}
