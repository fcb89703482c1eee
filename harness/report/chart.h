/*
 * chart.h - which charts a run gives, their data files, and drawing them with gnuplot.
 *
 *   <folder>/charts/<id>.tsv   what is drawn, tab-separated, raw units (ns, per second)
 *   <folder>/charts/<id>.svg   drawn by scripts/plots/<script>
 *   <folder>/charts/<id>.png
 *
 * Data and variables are made first and in memory, so that they can be tested without gnuplot.
 * A chart without a single figure is not made. Not thread-safe.
 */
#ifndef CONCBENCH_CHART_H
#define CONCBENCH_CHART_H

#include "harness/base/text.h"
#include "harness/report/case_group.h"

#define CHART_ID_MAX (2 * CASE_WORD_MAX + METRIC_NAME_MAX + 8)

struct chart {
	char id[CHART_ID_MAX]; /* file stem, and prefix of the ids inside the SVG */
	const char *script;    /* "dots.gp" */
	const struct run_figure
	    *of; /* what it shows; of lines and matrices its metric, else all on its scale */
	bool one_metric;
	const struct case_group *bound; /* of the family that its family is bound by; NULL: none */
	char title[192];
	char text[1024];         /* what is shown and how to read it: caption on the page */
	struct text_buffer vars; /* gnuplot statements for -e: title='...';xmin=1; */
	struct text_buffer tsv;
	const struct series **left_out; /* cases of this chart without a figure */
	size_t left_out_count;
	size_t points;
	size_t mixed;      /* of these: of launches in two regimes of the machine */
	char *svg;         /* as drawn; NULL when it was not */
	char problem[256]; /* one line: why it was not drawn; "" */
};

struct chart_set {
	struct chart *items;
	size_t count;
};

/** chart_set_build() - all charts of a run, in the groups' order; of a group one for each unit and
 * scale of its figures. Return: 0; -ENOMEM; -E2BIG. */
int chart_set_build(const struct case_groups *groups, struct chart_set *out);

void chart_set_free(struct chart_set *set);

/** chart_find() - by id, or NULL. */
const struct chart *chart_find(const struct chart_set *set, const char *id);

/* ---- what the files that make charts share ---- */

/**
 * chart_tell_bars() - add to the caption what the error bars are: the 95 % interval, or, where
 * there were too few launches for one, how little they cover.
 */
void chart_tell_bars(struct chart *c, const struct case_group *g);

/**
 * chart_regimes() - a case's figure, or its rate, in each of the two regimes of the machine that
 * its launches mix. @out: NAN when they mix none. Return: 0; -ENOMEM; -E2BIG.
 */
int chart_regimes(struct chart *c, const struct series *s, bool rate, double out[2]);

/** chart_tell_regimes() - add to the caption what the marks of such cases are, if there are any. */
void chart_tell_regimes(struct chart *c);

/** chart_set_text() / _number() - one variable for the script. The text is quoted. */
void chart_set_text(struct chart *c, const char *name, const char *value);
void chart_set_number(struct chart *c, const char *name, double value);

/** chart_cell() - a text for the data file: what would end a cell or begin a quote is replaced. */
void chart_cell(struct text_buffer *tsv, const char *text);

/** chart_leave_out() - Return: 0; -ENOMEM. */
int chart_leave_out(struct chart *c, const struct series *s);

/** chart_has() - is a series' figure one of those that it shows? It may have none. */
bool chart_has(const struct chart *c, const struct series *s);

/** chart_shows() - and it has one. */
bool chart_shows(const struct chart *c, const struct series *s);

/**
 * chart_tell_unit() - variables for the axis of the figure: log, scale and unit.
 * @most: of what is drawn, the largest magnitude: it decides between ns, us, ms.
 *
 * Only ratios are logarithmic: what may be 0, or below, has no place there, and "twice as much" is
 * nothing to see of a share.
 */
void chart_tell_unit(struct chart *c, bool rate, double most);

/** chart_tell_range() - <name>low<suffix>, <name>high<suffix> and <name>step<suffix> of a linear
 * axis, with 0 on it. */
void chart_tell_range(
    struct chart *c, const char *name, const char *suffix, double low, double high);

/** chart_figure_title() - what the figure is and which direction is better. Return: @buf. */
char *chart_figure_title(const struct chart *c, char *buf, size_t len);

/** chart_style() - number of the line type (style.gp) for a model's @variant-th series. */
unsigned chart_style(const char *model, unsigned variant);

/** chart_lines_build() - speed-up against workers, or rate, CPU and latency, or any other figure.
 */
int chart_lines_build(const struct case_group *g, struct chart *c);

/** chart_dots_build() - one row a case, a point with its interval: ladders, dots, panels. */
int chart_dots_build(const struct case_group *g, struct chart *c);

/** chart_load_build() - latency against load, of a family that has such; a panel for each kind. */
int chart_load_build(const struct case_group *g, struct chart *c);

/** chart_size_build() - the rate against the bytes of an operation; a panel for each kind. */
int chart_size_build(const struct case_group *g, struct chart *c);

/** chart_matrix_build() - PU by PU, a cell a pair, a panel for each kind and setting. */
int chart_matrix_build(const struct case_group *g, struct chart *c);

/** chart_outcomes_build() - one row a case, a bar with a part for each way its trials ended. */
int chart_outcomes_build(const struct case_group *g, struct chart *c);

/* ---- drawing ---- */

/**
 * chart_find_scripts() - the folder of the gnuplot scripts: $CONCBENCH_DATADIR, then beside the
 * executable (../scripts/plots in a source tree, ../share/concbench/plots of an installed one): an
 * older installation must not serve a freshly built program.
 * A folder counts when it holds style.gp. Return: 0; -ENOENT; -ENAMETOOLONG.
 */
int chart_find_scripts(char *dir, size_t len);

/**
 * chart_draw() - write <dir>/<id>.tsv, then run gnuplot for the SVG and the PNG.
 * @gnuplot:  a path, or a name to be looked up in PATH.
 * @bound_ns: how long it may take over one picture.
 *
 * gnuplot gets its arguments without a shell and an empty configuration (-d). It dies with us.
 * Return: 0; -ENOENT when there is no such gnuplot; -errno for the data file; -EIO when gnuplot
 * failed; -ETIMEDOUT; -EINTR after a signal (interrupt.h). @c->problem then says what is wrong;
 * what an earlier run drew is removed.
 */
int chart_draw(
    struct chart *c, const char *dir, const char *scripts, const char *gnuplot, uint64_t bound_ns);

/** chart_write_tsv() - the data file alone. Return: 0; -errno; -ENOMEM. */
int chart_write_tsv(struct chart *c, const char *dir);

#endif
