#include "harness/report/table.h"

#include "harness/base/text.h"
#include "harness/report/case_group.h"
#include "harness/report/figure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIGURES 6 /* columns behind the parameters', the status included */
#define COLUMNS_MAX (CASE_KEYS_MAX + 1 + FIGURES)
#define CELL_MAX 200
#define INDENT 2
#define HEADING_MIN 6
#define KIND_MIN 10
#define NAMED_MAX 2

/* A block as text, before widths are known. Column 0 is the kind; the last is the status. */
struct table {
	unsigned columns;
	size_t rows; /* with the heading, row 0 */
	char (*cells)[CELL_MAX];
	bool right[COLUMNS_MAX];
	bool hidden[COLUMNS_MAX]; /* no row has anything in it */
	size_t width[COLUMNS_MAX];
	size_t gap; /* between two columns */
};

static char *cell(struct table *t, size_t row, unsigned column)
{
	return t->cells[row * t->columns + column];
}

/* Columns on a terminal: bytes that begin a character. */
static size_t width_of(const char *text, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static size_t text_width(const char *text)
{
	return width_of(text, strlen(text));
}

static void set(struct table *t, size_t row, unsigned column, const char *text)
{
	char *to = cell(t, row, column);

	snprintf(to, CELL_MAX, "%s", text);
	text_clean(to);
}

/* "a_very_long_name" in 9 columns: "a_ver..me"; case names are ASCII. */
static void cut_middle(char *text, size_t width)
{
	const size_t len = strlen(text);
	size_t tail;

	if (len <= width || width < 4)
		return;
	tail = (width - 2) / 2;
	memmove(text + width - tail, text + len - tail, tail + 1);
	memcpy(text + width - tail - 2, "..", 2);
}

/* Return: the whole width with the gaps as they are. */
static size_t measure(struct table *t)
{
	size_t total = INDENT;

	for (unsigned c = 0; c < t->columns; c++) {
		t->width[c] = 0;
		for (size_t r = 0; r < t->rows; r++) {
			const size_t w = text_width(cell(t, r, c));

			t->width[c] = w > t->width[c] ? w : t->width[c];
			if (r && w)
				t->hidden[c] = false;
		}
		if (!t->hidden[c])
			total += t->width[c] + (total > INDENT ? t->gap : 0);
	}
	return total;
}

/* "producers" over a column of one digit becomes "produ.". */
static void cut_heading(struct table *t, unsigned column)
{
	char *heading = cell(t, 0, column);
	size_t keep = HEADING_MIN;

	for (size_t r = 1; r < t->rows; r++) {
		const size_t w = text_width(cell(t, r, column));

		keep = w > keep ? w : keep;
	}
	if (strlen(heading) > keep)
		memcpy(heading + keep - 1, ".", 2);
}

/* The longest of status and flags are written out in the reasons below the table. */
static void shorten_status(struct table *t)
{
	static const char *const shorter[][2] = {{"oversubscribed", "oversub."},
	    {"throttled", "throttl."}, {RUN_WINDOW_CLAUSE, "window"}};

	for (size_t r = 1; r < t->rows; r++) {
		for (size_t i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++) {
			const size_t from = strlen(shorter[i][0]), to = strlen(shorter[i][1]);
			char *at = strstr(cell(t, r, t->columns - 1), shorter[i][0]);

			if (!at)
				continue;
			memmove(at + to, at + from, strlen(at + from) + 1);
			memcpy(at, shorter[i][1], to);
		}
	}
}

/* That there are some is left of them: the reasons name them. But for noisy, which is said of a
 * figure before anything else. */
static void hide_flags(struct table *t)
{
	static const char noisy[] = ", noisy", both[] = "ov+noisy";

	for (size_t r = 1; r < t->rows; r++) {
		char *status = cell(t, r, t->columns - 1), *comma = strchr(status, ',');

		if (comma && strncmp(comma, noisy, sizeof(noisy) - 1) == 0)
			memcpy(status, both, sizeof(both));
		else if (comma)
			memcpy(comma[-1] == '.' ? comma - 1 : comma, "+", 2);
	}
}

/* What is least missed goes first: space, then ends of words, then middles of kinds. */
static void fit(struct table *t)
{
	size_t total;

	t->gap = 2;
	if (measure(t) <= TABLE_WIDTH)
		return;
	t->gap = 1;
	if (measure(t) <= TABLE_WIDTH)
		return;
	shorten_status(t);
	if (measure(t) <= TABLE_WIDTH)
		return;
	hide_flags(t);
	if (measure(t) <= TABLE_WIDTH)
		return;
	for (unsigned c = 1; c < t->columns; c++)
		cut_heading(t, c);
	total = measure(t);
	if (total > TABLE_WIDTH) {
		const size_t over = total - TABLE_WIDTH;
		const size_t kept = t->width[0] > over + KIND_MIN ? t->width[0] - over : KIND_MIN;

		for (size_t r = 0; r < t->rows; r++)
			cut_middle(cell(t, r, 0), kept);
		(void)measure(t);
	}
}

static void print(FILE *to, struct table *t)
{
	for (size_t r = 0; r < t->rows; r++) {
		fprintf(to, "%*s", INDENT, "");
		for (unsigned c = 0; c < t->columns; c++) {
			const char *text = cell(t, r, c);
			const size_t w = text_width(text);
			const int pad = (int)(t->width[c] > w ? t->width[c] - w : 0);
			const bool last = c + 1 == t->columns;

			if (t->hidden[c])
				continue;
			fprintf(to, "%*s%s%*s", t->right[c] ? pad : 0, "", text,
			    t->right[c] || last ? 0 : pad, "");
			if (!last)
				fprintf(to, "%*s", (int)t->gap, "");
		}
		fputc('\n', to);
	}
}

static bool is_floor(const struct case_group *g, size_t row)
{
	return g->family && *g->family->floor && !strcmp(g->rows[row].parts.kind, g->family->floor);
}

static bool same_parameters(const struct case_parts *a, const struct case_parts *b)
{
	bool same = a->count == b->count;

	for (unsigned i = 0; same && i < a->count; i++)
		same = !strcmp(a->key[i], b->key[i]) && !strcmp(a->value[i], b->value[i]);
	return same;
}

/* The row of the loop with nothing in it. Return: NULL when there is none like @row. */
static const struct series *floor_of(const struct case_group *g, size_t row)
{
	for (size_t r = 0; r < g->count; r++)
		if (is_floor(g, r) && figure_drawable(g->rows[r].series) &&
		    same_parameters(&g->rows[r].parts, &g->rows[row].parts))
			return g->rows[r].series;
	return NULL;
}

/* Errors of both, as if they were independent. */
static struct stats_interval less(const struct stats_interval *a, const struct stats_interval *b)
{
	const double more = a->estimate - b->estimate;

	return (struct stats_interval){.estimate = more,
	    .low = more - hypot(a->estimate - a->low, b->high - b->estimate),
	    .high = more + hypot(a->high - a->estimate, b->estimate - b->low)};
}

/* What stands in the column of the figure; "" nothing. */
static void figure_text(
    const struct case_group *g, size_t row, bool plain, bool above_floor, char *out, size_t len)
{
	const struct series *s = g->rows[row].series, *floor = NULL;
	struct stats_interval shown = s->summary.figure;
	struct run_figure figure = s->figure;
	char text[FIGURE_MAX], half[FIGURE_MAX];

	out[0] = '\0';
	if (above_floor && g->family && *g->family->floor) {
		floor = figure_drawable(s) ? floor_of(g, row) : NULL;
		if (!floor)
			return;
		/* May be next to nothing, of which no per cent make sense. */
		figure.scale = CB_DIFFERENCE;
		shown = less(&shown, &floor->summary.figure);
	}
	figure_plus_minus(&figure, &shown, s->summary.covered, plain, half, sizeof(half));
	(void)snprintf(out, len, "%s%s%s",
	    figure_value(&figure, shown.estimate, plain, text, sizeof(text)), *half ? " " : "",
	    half);
}

static void fill_figures(struct table *t, size_t row, unsigned column, const struct case_group *g,
    bool plain, bool above_floor)
{
	const struct series *s = g->rows[row - 1].series;
	const struct series_summary *sum = &s->summary;
	const struct percentile_figure *p99 = &sum->latency_at[percentile_find("p99_ns")];
	char text[FIGURE_MAX], both[FIGURE_OUTCOMES_MAX];
	double cpu;

	if (figure_usable(s)) {
		figure_text(g, row - 1, plain, above_floor, both, sizeof(both));
		set(t, row, column, both);
		set(t, row, column + 1, figure_outcomes(s, both, sizeof(both)));
		if (run_figure_has_rate(&s->figure))
			set(t, row, column + 2,
			    text_format_count(sum->ops_per_s.estimate, text, sizeof(text)));
		if (metric_get(&sum->medians, METRIC_CPU_NS_PER_OP, &cpu))
			set(t, row, column + 3, figure_ns(cpu, plain, text, sizeof(text)));
		if (p99->of != PERCENTILE_NONE)
			set(t, row, column + 4,
			    figure_ns(p99->ns.estimate, plain, text, sizeof(text)));
	}
	series_status(s, both, sizeof(both));
	set(t, row, column + 5, both);
}

static void fill(struct table *t, const struct case_group *g, bool plain, bool above_floor)
{
	static const char *const figures[FIGURES] = {
	    "", "outcomes", "ops/s", "CPU/op", "p99", "status"};
	unsigned column = 1;

	set(t, 0, 0, "case");
	/* Where there is one kind only, the heading says it; a row must begin with something. */
	for (size_t r = 0; r < g->count && (g->kind_differs || t->columns == 1 + FIGURES); r++)
		set(t, r + 1, 0, *g->rows[r].parts.kind ? g->rows[r].parts.kind : "-");
	for (unsigned k = 0; k < g->key_count; k++) {
		if (!g->keys[k].differs)
			continue;
		set(t, 0, column, g->keys[k].name);
		for (size_t r = 0; r < g->count; r++) {
			const char *value = case_parts_value(&g->rows[r].parts, g->keys[k].name);

			set(t, r + 1, column, *value ? value : "-");
		}
		column++;
	}
	for (unsigned i = 0; i < FIGURES; i++) {
		set(t, 0, column + i, i ? figures[i] : case_group_heading(g));
		if (!i && above_floor && g->family && *g->family->floor)
			set(t, 0, column, "above floor");
		t->right[column + i] = i != 1 && i < FIGURES - 1;
	}
	for (size_t r = 0; r < g->count; r++)
		fill_figures(t, r + 1, column, g, plain, above_floor);
}

/* Words up to the width of the table; later lines indented. */
static void print_wrapped(FILE *to, const char *text, int indent)
{
	size_t at = (size_t)indent;

	fprintf(to, "%*s", indent, "");
	for (bool first = true; *text; first = false) {
		const size_t n = strcspn(text, " ");
		const size_t w = width_of(text, n);

		if (!first && at + 1 + w > TABLE_WIDTH) {
			at = (size_t)indent + INDENT;
			fprintf(to, "\n%*s", (int)at, "");
		} else if (!first) {
			fputc(' ', to);
			at++;
		}
		fwrite(text, 1, n, to);
		at += w;
		text += n;
		text += *text == ' ';
	}
	fputc('\n', to);
}

/* A reason, and that it is noisy as well. */
#define CLAUSES_MAX (REASON_MAX + 40)

/* What a reason says beside the interval, which is in the table: "; " separates clauses. */
static void other_clauses(const struct series *s, char out[CLAUSES_MAX])
{
	static const char interval[] = "interval of ";
	const char *at = s->reason;
	size_t used = 0;

	while (*at) {
		const char *end = strstr(at, "; ");
		const size_t n = end ? (size_t)(end - at) : strlen(at);

		if (strncmp(at, interval, sizeof(interval) - 1)) {
			if (used) {
				memcpy(out + used, "; ", 2);
				used += 2;
			}
			memcpy(out + used, at, n);
			used += n;
		}
		at += n + (end ? 2 : 0);
	}
	out[used] = '\0';
	/* Oversubscribed is what it is called then, but it is no less noisy. */
	if (s->status == STATUS_OVERSUBSCRIBED &&
	    s->summary.half_width_pct > RUN_NOISY_HALF_WIDTH_PCT)
		snprintf(out + used, CLAUSES_MAX - used, "%snoisy: interval over +-%.0f %%",
		    used ? "; " : "", RUN_NOISY_HALF_WIDTH_PCT);
	else if (!used && s->status == STATUS_NOISY && *s->reason)
		snprintf(out, CLAUSES_MAX, "interval over +-%.0f %%", RUN_NOISY_HALF_WIDTH_PCT);
}

static bool same_reason(const struct series *a, const char *reason, enum case_status status)
{
	char own[CLAUSES_MAX];

	other_clauses(a, own);
	return a->status == status && !strcmp(own, reason);
}

/* What a row is called without a table around it. */
static void row_name(const struct case_group *g, size_t row, struct text_buffer *name)
{
	const struct case_parts *p = &g->rows[row].parts;

	text_buffer_add(name, *p->kind ? p->kind : p->family);
	for (unsigned k = 0; k < g->key_count; k++) {
		const char *value = case_parts_value(p, g->keys[k].name);

		if (g->keys[k].differs && *value)
			text_buffer_addf(name, " %s:%s", g->keys[k].name, value);
	}
}

/* Rows with the same reason share a line, or a machine of two cores fills the screen. */
static int print_reasons(FILE *to, const struct case_group *g)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct series *s = g->rows[i].series;
		struct text_buffer line = {0};
		char reason[CLAUSES_MAX];
		size_t others = 0;
		bool said;

		other_clauses(s, reason);
		/* What is ok may have something to say too: that the client set the rate. */
		said = !*reason;
		for (size_t k = 0; k < i && !said; k++)
			said = same_reason(g->rows[k].series, reason, s->status);
		if (said)
			continue;
		text_buffer_addf(&line, "%s: %s [", status_name(s->status), reason);
		for (size_t k = i; k < g->count; k++) {
			if (!same_reason(g->rows[k].series, reason, s->status))
				continue;
			if (others)
				text_buffer_add(&line, others < NAMED_MAX ? ", " : "");
			if (others++ < NAMED_MAX)
				row_name(g, k, &line);
		}
		if (others > NAMED_MAX)
			text_buffer_addf(&line, " and %zu more", others - NAMED_MAX);
		text_buffer_add(&line, "]");
		if (!line.failed)
			text_clean(line.data);
		print_wrapped(to, text_buffer_str(&line), INDENT);
		if (line.failed) {
			text_buffer_free(&line);
			return -ENOMEM;
		}
		text_buffer_free(&line);
	}
	return 0;
}

static int print_group(FILE *to, const struct case_group *g, bool plain, bool above_floor)
{
	struct table t = {.rows = g->count + 1, .columns = 1 + FIGURES};
	struct text_buffer heading = {0};
	char common[512], text[1024], what[1700] = "";

	for (unsigned k = 0; k < g->key_count; k++)
		t.columns += g->keys[k].differs;
	t.cells = calloc(t.rows * t.columns, CELL_MAX);
	if (!t.cells)
		return -ENOMEM;
	memset(t.hidden, true, sizeof(t.hidden));
	fill(&t, g, plain, above_floor);
	fit(&t);
	case_group_common(g, common, sizeof(common));
	text_buffer_addf(&heading, "%s %s", g->title, common);
	if (g->op[0])
		text_buffer_addf(&heading, " (op: %s)", g->op);
	else
		(void)snprintf(
		    what, sizeof(what), "op: %.500s", case_group_ops(g, text, sizeof(text)));
	if (*case_group_figures(g, text, sizeof(text)))
		(void)snprintf(what + strlen(what), sizeof(what) - strlen(what), "%sfigure: %.500s",
		    *what ? ". " : "", text);
	if (!t.hidden[t.columns - 2] && *case_group_latencies(g, text, sizeof(text)))
		(void)snprintf(what + strlen(what), sizeof(what) - strlen(what), "%sp99: %.500s",
		    *what ? ". " : "", text);
	if (heading.failed) {
		text_buffer_free(&heading);
		free(t.cells);
		return -ENOMEM;
	}
	fprintf(to, "%s\n", text_clean(heading.data));
	text_buffer_free(&heading);
	print(to, &t);
	free(t.cells);
	if (*what)
		print_wrapped(to, text_clean(what), INDENT);
	if (above_floor && g->family && *g->family->floor) {
		(void)snprintf(what, sizeof(what),
		    "above floor: time/op less that of %s with the same parameters, which is the "
		    "loop and its check alone",
		    g->family->floor);
		print_wrapped(to, text_clean(what), INDENT);
	}
	return print_reasons(to, g);
}

/* An interval of few launches is narrower than it looks. */
static void print_coverage(FILE *to, const struct run *run)
{
	unsigned few = 0;
	double least = 1.0;
	char line[REASON_MAX];

	for (size_t i = 0; i < run->series_count; i++) {
		const struct series *s = &run->series[i];

		if (!status_has_figure(s->status) || s->summary.launches < 2 ||
		    s->summary.covered >= FIGURE_COVERED_MIN)
			continue;
		few++;
		least = s->summary.covered < least ? s->summary.covered : least;
	}
	if (!few)
		return;
	(void)snprintf(line, sizeof(line),
	    "Intervals cover 95 %%, but those of %u case%s less, down to %.0f %%: too few launches",
	    few, few == 1 ? "" : "s", 100.0 * least);
	print_wrapped(to, text_clean(line), 0);
}

int table_print_run(FILE *to, const struct run *run, bool plain, bool above_floor)
{
	struct case_groups groups;
	int rc = case_groups_build(run, &groups);

	if (rc)
		return rc;
	for (size_t i = 0; i < groups.count && !rc; i++) {
		rc = print_group(to, &groups.items[i], plain, above_floor);
		fputc('\n', to);
	}
	if (!rc) {
		char line[REASON_MAX + 64];

		snprintf(line, sizeof(line), "Noise of this machine: %s - %s", run->noise.word,
		    run->noise.text);
		print_wrapped(to, text_clean(line), 0);
		print_coverage(to, run);
	}
	case_groups_free(&groups);
	if (rc)
		return rc;
	return ferror(to) ? -EIO : 0;
}
