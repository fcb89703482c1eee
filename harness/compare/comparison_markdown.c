/* comparison_markdown.c - what is posted on a pull request: summary, changes, the rest folded. */
#include "harness/compare/comparison_text.h"
#include "harness/base/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* GitHub refuses a comment of more than 65536 characters; room is left for the closing lines and
 * for what a workflow puts around it. */
#define ROOM_BYTES 56000u

/* A zero-width space. Names of people, other requests and addresses are looked for in the text that
 * the markup gives: nothing that is only markup keeps a comment from notifying somebody. */
#define BREAK "\xe2\x80\x8b"

/* Is @at, somewhere in @text, where the address of a page goes on? */
static bool begins_link(const char *text, const char *at)
{
	if (!strncmp(at, "://", 3))
		return true;
	return *at == '.' && at - text >= 3 && !strncasecmp(at - 3, "www", 3);
}

/* Foreign text inside a table: nothing in it may be taken for markup. */
static void add_text(struct text_buffer *to, const char *text)
{
	const char *const begin = text;

	for (; *text; text++) {
		if (begins_link(begin, text))
			text_buffer_add(to, BREAK);
		switch (*text) {
		case '<':
			text_buffer_add(to, "&lt;");
			break;
		case '>':
			text_buffer_add(to, "&gt;");
			break;
		case '&':
			text_buffer_add(to, "&amp;");
			break;
		case '|':
		case '\\':
		case '`':
		case '*':
		case '_':
		case '[':
		case ']':
		case '#':
		case '~':
		case '!':
			text_buffer_add(to, "\\");
			text_buffer_add_bytes(to, text, 1);
			text_buffer_add(to, *text == '#' ? BREAK : "");
			break;
		case '@':
			text_buffer_add(to, "@" BREAK);
			break;
		case '\n':
		case '\r':
			text_buffer_add(to, " ");
			break;
		default:
			text_buffer_add_bytes(to, text, 1);
		}
	}
}

/* A name in a code span: only what would end the span or the cell is in the way. */
static void add_code(struct text_buffer *to, const char *text)
{
	text_buffer_add(to, "`");
	for (; *text; text++) {
		if (*text == '|')
			text_buffer_add(to, "\\|");
		else if (*text == '`' || *text == '\n' || *text == '\r')
			text_buffer_add(to, "'");
		else
			text_buffer_add_bytes(to, text, 1);
	}
	text_buffer_add(to, "`");
}

static void add_row(struct text_buffer *to, const struct comparison_row *r)
{
	const char *const bold = r->verdict == VERDICT_SLOWER || r->verdict == VERDICT_FAILED ||
					 r->verdict == VERDICT_INCOMPARABLE
				     ? "**"
				     : "";
	char change[COMPARISON_FIGURE_MAX], base[COMPARISON_FIGURE_MAX];
	char head[COMPARISON_FIGURE_MAX];
	struct text_buffer note = {0};

	comparison_note(r, &note);
	text_buffer_addf(to, "| %s%s%s | ", bold, comparison_word(r, r->verdict), bold);
	add_code(to, r->name);
	text_buffer_addf(to, " | %s | %s | %s | ",
	    comparison_value(r, 0, false, base, sizeof(base)),
	    comparison_value(r, 1, false, head, sizeof(head)),
	    comparison_change(r, false, change, sizeof(change)));
	add_text(to, note.failed ? "out of memory" : text_buffer_str(&note));
	text_buffer_add(to, " |\n");
	to->failed |= note.failed;
	text_buffer_free(&note);
}

enum part { PART_CHANGES, PART_UNSURE, PART_MISSING, PART_SAME };

/* Unsure cases are many on a noisy machine, and those that only one side has where two versions or
 * profiles are compared: folded, unless they count. */
static enum part part_of(const struct comparison *c, const struct comparison_row *r)
{
	if (r->verdict == VERDICT_SAME)
		return PART_SAME;
	if (r->verdict == VERDICT_MISSING && !c->strict)
		return PART_MISSING;
	return r->verdict == VERDICT_UNSURE && !c->strict &&
		       !(c->must_see > 0 && comparison_may_hide(r) >= c->must_see)
		   ? PART_UNSURE
		   : PART_CHANGES;
}

/* A line for each family that lacks some. */
static void add_folded(
    struct text_buffer *to, const struct comparison *c, const struct comparison_row *const *rows)
{
	for (size_t i = 0; i < c->row_count; i++) {
		struct text_buffer many = {0};

		if (part_of(c, rows[i]) == PART_MISSING &&
		    comparison_fold(rows, c->row_count, i, &many)) {
			text_buffer_add(to, "<br>");
			add_text(to, many.len ? many.data : rows[i]->name);
			text_buffer_add(to, ": ");
			add_text(to, rows[i]->reason);
		}
		to->failed |= many.failed;
		text_buffer_free(&many);
	}
}

static void add_part(struct text_buffer *to, const struct comparison *c,
    const struct comparison_row *const *rows, enum part part)
{
	static const char *const names[] = {
	    [PART_UNSURE] = "unsure", [PART_MISSING] = "missing", [PART_SAME] = "same"};
	size_t n = 0, left_out = 0;

	for (size_t i = 0; i < c->row_count; i++)
		n += part_of(c, rows[i]) == part;
	if (!n)
		return;
	if (part != PART_CHANGES)
		text_buffer_addf(to, "<details>\n<summary>%zu %s", n, names[part]);
	if (part == PART_MISSING)
		add_folded(to, c, rows);
	if (part != PART_CHANGES)
		text_buffer_add(to, "</summary>\n\n");
	text_buffer_add(to, "| verdict | case | base | head | change | note |\n"
			    "| --- | --- | ---: | ---: | ---: | --- |\n");
	for (size_t i = 0; i < c->row_count; i++) {
		if (part_of(c, rows[i]) != part)
			continue;
		if (to->len < ROOM_BYTES)
			add_row(to, rows[i]);
		else
			left_out++;
	}
	if (left_out)
		text_buffer_addf(
		    to, "\n%zu more are left out here; the JSON file has all.\n", left_out);
	text_buffer_add(to, part == PART_CHANGES ? "\n" : "\n</details>\n\n");
}

static void add_differences(struct text_buffer *to, const struct comparison *c)
{
	if (!c->difference_count)
		return;
	text_buffer_add(to, "The two environments differ:\n\n");
	for (size_t i = 0; i < c->difference_count; i++) {
		text_buffer_add(to, "- ");
		add_text(to, c->differences[i]);
		text_buffer_add(to, "\n");
	}
	text_buffer_add(to, "\n");
}

static void add_heading(struct text_buffer *to, const struct comparison *c)
{
	struct text_buffer sentence = {0};

	/* The first line lets a workflow find its earlier comment and replace it. */
	text_buffer_add(to, "<!-- concbench comparison -->\n### concbench: ");
	add_code(to, c->base);
	text_buffer_add(to, " → ");
	add_code(to, c->head);
	text_buffer_add(to, "\n\n");
	comparison_headline(c, &sentence);
	text_buffer_add(to, "**");
	add_text(to, text_buffer_str(&sentence));
	text_buffer_add(to, ".**\n\n");
	to->failed |= sentence.failed;
	text_buffer_free(&sentence);
	comparison_sentence(c, &sentence);
	add_text(to, text_buffer_str(&sentence));
	text_buffer_add(to, ".\n\n");
	to->failed |= sentence.failed;
	text_buffer_free(&sentence);
}

int comparison_markdown(const struct comparison *c, const char *path)
{
	const struct comparison_row **rows = comparison_order(c);
	struct text_buffer to = {0};
	int rc;

	if (!rows)
		return -ENOMEM;
	add_heading(&to, c);
	add_part(&to, c, rows, PART_CHANGES);
	add_part(&to, c, rows, PART_UNSURE);
	add_part(&to, c, rows, PART_MISSING);
	add_part(&to, c, rows, PART_SAME);
	if (c->noise.len) {
		add_text(&to, c->noise.data);
		text_buffer_add(&to, "\n\n");
	}
	add_differences(&to, c);
	text_buffer_add(&to,
	    "Change: head over base in time per operation, or in the figure that the "
	    "case has, with its interval over launches. Base: its middle over launches; head: "
	    "base with the change.\n");
	rc = output_store(path, &to);
	text_buffer_free(&to);
	free(rows);
	return rc;
}
