/* comparison_junit.c - for CI systems that show test results: a test case a case. */
#include "harness/compare/comparison_text.h"
#include "harness/base/output.h"

#include <math.h>
#include <string.h>

/* The outcome of a row as a test: the same as for the exit status, also under strict and with
 * must_see. */
static const char *element_of(const struct comparison *c, const struct comparison_row *r)
{
	const bool missed = c->must_see > 0 && comparison_may_hide(r) >= c->must_see;

	switch (r->verdict) {
	case VERDICT_SLOWER:
		return "failure";
	case VERDICT_FAILED:
	case VERDICT_INCOMPARABLE: /* no statement could be made, and the exit status says so */
		return "error";
	case VERDICT_UNSURE:
	case VERDICT_MISSING:
		return c->strict || missed ? "failure" : "skipped";
	default:
		return missed ? "failure" : NULL;
	}
}

/* "nan" is no number to a schema. */
static double seconds(double s)
{
	return isfinite(s) && s > 0 ? s : 0;
}

static size_t count_elements(const struct comparison *c, const char *element)
{
	size_t n = 0;

	for (size_t i = 0; i < c->row_count; i++) {
		const char *own = element_of(c, &c->rows[i]);

		n += own && strcmp(own, element) == 0;
	}
	return n;
}

/* XML 1.0 has no way to write control characters, nor U+FFFE and U+FFFF; and no bytes that are not
 * UTF-8, for which text_clean() is. Changes @text. */
static void add_text(struct text_buffer *to, char *text)
{
	for (text_clean(text); *text; text++) {
		if (strncmp(text, "\xef\xbf\xbe", 3) == 0 ||
		    strncmp(text, "\xef\xbf\xbf", 3) == 0) {
			text_buffer_add(to, "?");
			text += 2;
		} else if (*text == '&') {
			text_buffer_add(to, "&amp;");
		} else if (*text == '<') {
			text_buffer_add(to, "&lt;");
		} else if (*text == '>') {
			text_buffer_add(to, "&gt;");
		} else if (*text == '"') {
			text_buffer_add(to, "&quot;");
		} else {
			text_buffer_add_bytes(to, text, 1);
		}
	}
}

/* @text is released. */
static void add_buffer(struct text_buffer *to, struct text_buffer *text)
{
	if (text->len)
		add_text(to, text->data);
	to->failed |= text->failed;
	text_buffer_free(text);
}

static void add_copy(struct text_buffer *to, const char *text)
{
	struct text_buffer copy = {0};

	text_buffer_add(&copy, text);
	add_buffer(to, &copy);
}

/* "lock/ck_mcs" of "lock/ck_mcs/model:thread/...": what viewers group by. */
static void add_class(struct text_buffer *to, const char *name)
{
	char class_name[CASE_NAME_MAX];
	char *at, *colon;

	(void)snprintf(class_name, sizeof(class_name), "%s", name);
	colon = strchr(class_name, ':');
	if (colon) {
		*colon = '\0';
		at = strrchr(class_name, '/');
		if (at)
			*at = '\0';
	}
	add_text(to, class_name);
}

static void add_case(
    struct text_buffer *to, const struct comparison *c, const struct comparison_row *r)
{
	const char *element = element_of(c, r);
	struct text_buffer message = {0}, note = {0};
	char change[COMPARISON_FIGURE_MAX], base[COMPARISON_FIGURE_MAX],
	    head[COMPARISON_FIGURE_MAX];

	text_buffer_add(to, "  <testcase classname=\"");
	add_class(to, r->name);
	text_buffer_add(to, "\" name=\"");
	add_copy(to, r->name);
	text_buffer_addf(to, "\" time=\"%.3f\"", seconds(r->spent_s));
	if (!element) {
		text_buffer_add(to, "/>\n");
		return;
	}
	text_buffer_addf(&message, "%s", comparison_word(r, r->verdict));
	if (r->has_figure)
		text_buffer_addf(&message, ": %s, base %s, head %s",
		    comparison_change(r, false, change, sizeof(change)),
		    comparison_value(r, 0, false, base, sizeof(base)),
		    comparison_value(r, 1, false, head, sizeof(head)));
	for (unsigned side = 0; !r->has_figure && side < 2; side++)
		if (r->has_value[side])
			text_buffer_addf(&message, "%s %s %s", side && r->has_value[0] ? "," : ":",
			    side ? "head" : "base",
			    comparison_value(r, side, false, base, sizeof(base)));
	comparison_note(r, &note);
	if (note.len)
		text_buffer_addf(&message, ": %s", note.data);
	message.failed |= note.failed;
	text_buffer_free(&note);
	text_buffer_addf(to, ">\n    <%s message=\"", element);
	add_buffer(to, &message);
	/* "skipped" has no type in the schemas that are about. */
	if (strcmp(element, "skipped") != 0)
		text_buffer_addf(to, "\" type=\"%s", verdict_name(r->verdict));
	text_buffer_add(to, "\"/>\n  </testcase>\n");
}

static void add_suite(struct text_buffer *to, const struct comparison *c)
{
	text_buffer_addf(to,
	    "<testsuite name=\"concbench %s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
	    "skipped=\"%zu\" time=\"%.3f\" timestamp=\"",
	    comparison_kind_name(c->kind), c->row_count, count_elements(c, "failure"),
	    count_elements(c, "error"), count_elements(c, "skipped"), seconds(c->elapsed_s));
	add_copy(to, c->date);
	text_buffer_add(to, "\">\n  <properties>\n    <property name=\"base\" value=\"");
	add_copy(to, c->base);
	text_buffer_add(to, "\"/>\n    <property name=\"head\" value=\"");
	add_copy(to, c->head);
	text_buffer_addf(
	    to, "\"/>\n    <property name=\"min_effect\" value=\"%.6g\"/>\n", c->min_effect);
	for (size_t i = 0; i < c->difference_count; i++) {
		text_buffer_add(to, "    <property name=\"difference\" value=\"");
		add_copy(to, c->differences[i]);
		text_buffer_add(to, "\"/>\n");
	}
	text_buffer_add(to, "  </properties>\n");
}

int comparison_junit(const struct comparison *c, const char *path)
{
	struct text_buffer to = {0}, sentence = {0};
	int rc;

	text_buffer_add(&to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	add_suite(&to, c);
	for (size_t i = 0; i < c->row_count; i++)
		add_case(&to, c, &c->rows[i]);
	comparison_headline(c, &sentence);
	text_buffer_add(&sentence, ". ");
	comparison_sentence(c, &sentence);
	if (c->noise.len)
		text_buffer_addf(&sentence, ". %s", c->noise.data);
	text_buffer_add(&to, "  <system-out>");
	add_buffer(&to, &sentence);
	text_buffer_add(&to, "</system-out>\n</testsuite>\n");
	rc = output_store(path, &to);
	text_buffer_free(&to);
	return rc;
}
