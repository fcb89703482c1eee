/* comparison_print.c - the table on a terminal or in a log: one line a case, worst first. */
#include "harness/compare/comparison_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Columns before the name of the case, which may be as long as it likes. */
enum column { VERDICT, CHANGE, BASE, HEAD, COLUMNS };

struct line {
	char text[COLUMNS][COMPARISON_FIGURE_MAX];
};

static void fill(const struct comparison_row *r, bool ascii, struct line *line)
{
	const size_t len = sizeof(line->text[0]);

	(void)snprintf(line->text[VERDICT], len, "%s", comparison_word(r, r->verdict));
	comparison_change(r, ascii, line->text[CHANGE], len);
	comparison_value(r, 0, ascii, line->text[BASE], len);
	comparison_value(r, 1, ascii, line->text[HEAD], len);
}

/* Columns on a terminal: bytes that begin a character. */
static int width_of(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void measure(
    const struct comparison_row *const *rows, size_t n, bool ascii, int width[COLUMNS])
{
	static const char *const headings[COLUMNS] = {"verdict", "change", "base", "head"};

	for (int c = 0; c < COLUMNS; c++)
		width[c] = width_of(headings[c]);
	for (size_t i = 0; i < n; i++) {
		struct line line;

		fill(rows[i], ascii, &line);
		for (int c = 0; c < COLUMNS; c++)
			if (width_of(line.text[c]) > width[c])
				width[c] = width_of(line.text[c]);
	}
}

static void print_line(FILE *to, const struct line *line, const int width[COLUMNS])
{
	for (int c = 0; c < COLUMNS; c++) {
		const int pad = width[c] - width_of(line->text[c]);

		(void)fprintf(to, "%*s%s%*s  ", c == VERDICT ? 0 : pad, "", line->text[c],
		    c == VERDICT ? pad : 0, "");
	}
}

static int print_rows(FILE *to, const struct comparison *c, bool ascii)
{
	const struct comparison_row **rows = comparison_order(c);
	struct line line = {.text = {"verdict", "change", "base", "head"}};
	int width[COLUMNS], rc = 0;

	if (!rows)
		return -ENOMEM;
	measure(rows, c->row_count, ascii, width);
	if (c->row_count) {
		print_line(to, &line, width);
		(void)fputs("case\n", to);
	}
	for (size_t i = 0; i < c->row_count && !rc; i++) {
		struct text_buffer note = {0}, many = {0};

		if (!comparison_fold(rows, c->row_count, i, &many))
			continue;
		comparison_note(rows[i], &note);
		fill(rows[i], ascii, &line);
		if (many.len)
			line.text[BASE][0] = line.text[HEAD][0] = '\0';
		print_line(to, &line, width);
		(void)fprintf(to, "%s%s%s%s\n", many.len ? many.data : rows[i]->name,
		    note.len ? "  (" : "", note.len ? text_clean(note.data) : "",
		    note.len ? ")" : "");
		rc = note.failed || many.failed ? -ENOMEM : 0;
		text_buffer_free(&note);
		text_buffer_free(&many);
	}
	free(rows);
	return rc;
}

int comparison_print(FILE *to, const struct comparison *c, bool ascii)
{
	struct text_buffer sentence = {0};
	int rc;

	comparison_headline(c, &sentence);
	(void)fprintf(to, "%s\n", text_buffer_str(&sentence));
	text_buffer_free(&sentence);
	(void)fprintf(to, "base: %s\nhead: %s\n", c->base, c->head);
	for (size_t i = 0; i < c->difference_count; i++)
		(void)fprintf(to, "differs: %s\n", c->differences[i]);
	(void)fputc('\n', to);
	rc = print_rows(to, c, ascii);
	if (rc)
		return rc;
	comparison_sentence(c, &sentence);
	if (!sentence.failed) {
		(void)fprintf(to, "%s%s\n", c->row_count ? "\n" : "", sentence.data);
		if (c->noise.len)
			(void)fprintf(to, "%s\n", c->noise.data);
	}
	rc = sentence.failed ? -ENOMEM : ferror(to) ? -EIO : 0;
	text_buffer_free(&sentence);
	return rc;
}
