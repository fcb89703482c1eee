#include "harness/report/findings.h"

#include "harness/base/text.h"
#include "harness/report/chart_knobs.h"
#include "harness/report/figure.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A given rate is kept when not more is missing than the last operations of a window. */
#define RATE_KEPT_MIN 0.98
/* Given rates that are no further apart are the same, as compare has it for loads. */
#define RATE_SAME 0.05
#define NAMED_MAX 4

struct builder {
	struct findings out;
	const struct case_group *g;
	struct knobs knobs;
	bool by_model; /* models are compared; otherwise kinds */
	bool *done;    /* [g->count] rows that were part of a comparison */
	/* [g->count] each, of what is compared: */
	struct contender *contenders;
	const struct case_row **rows;
	struct launch_list *launches;
	size_t (*in)[2]; /* regimes of the machine: launches in the quicker and the slower one */
	struct regime_choice regime;
};

static bool better(const struct contender *a, const struct contender *b, bool less)
{
	return less ? a->value.estimate < b->value.estimate : a->value.estimate > b->value.estimate;
}

size_t findings_compare(struct contender *c, size_t n, bool less_is_better)
{
	size_t same = 0;

	for (size_t i = 1; i < n; i++) {
		for (size_t k = i; k && better(&c[k], &c[k - 1], less_is_better); k--) {
			const struct contender swap = c[k];

			c[k] = c[k - 1];
			c[k - 1] = swap;
		}
	}
	/* A worse estimate may have the wider interval: whoever overlaps comes before the rest. */
	for (size_t i = 0; i < n; i++) {
		const struct contender one = c[i];

		if (!stats_intervals_overlap(&c[0].value, &one.value))
			continue;
		memmove(&c[same + 1], &c[same], (i - same) * sizeof(*c));
		c[same++] = one;
	}
	return same;
}

static struct finding *add(struct builder *b)
{
	struct finding *items = realloc(b->out.items, (b->out.count + 1) * sizeof(*b->out.items));

	if (!items)
		return NULL;
	b->out.items = items;
	memset(&items[b->out.count], 0, sizeof(*items));
	snprintf(items[b->out.count].topic, sizeof(items[0].topic), "%s", b->g->title);
	return &items[b->out.count++];
}

__attribute__((format(printf, 2, 3))) static void say(struct finding *f, const char *format, ...)
{
	const size_t used = strlen(f->text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(f->text + used, sizeof(f->text) - used, format, ap);
	va_end(ap);
}

/* Work that arrives at a constant rate: to be a little ahead of it only means to be catching up.
 * Return: that rate; 0 when there is none. */
static double given_rate(const struct case_row *row)
{
	double given;

	return metric_get(&row->series->summary.medians, METRIC_GIVEN_OPS_PER_S, &given) ? given
											 : 0;
}

/* Each at a part of its own peak is each at another rate: whoever does more is not compared. */
static bool same_rate(const struct case_row *a, const struct case_row *c)
{
	const double one = given_rate(a), other = given_rate(c);

	return fabs(one - other) <= RATE_SAME * fmax(one, other);
}

static bool same_context(const struct builder *b, size_t i, size_t j)
{
	const struct case_parts *a = &b->g->rows[i].parts, *c = &b->g->rows[j].parts;

	if (!case_same_at(&b->g->rows[i], &b->g->rows[j]) ||
	    !same_rate(&b->g->rows[i], &b->g->rows[j]) ||
	    !run_figure_same(&b->g->rows[i].series->figure, &b->g->rows[j].series->figure))
		return false;
	if (!b->by_model && strcmp(case_parts_value(a, "model"), case_parts_value(c, "model")))
		return false;
	for (unsigned k = 0; k < b->g->key_count; k++) {
		const char *key = b->g->keys[k].name;

		if (b->knobs.role[k] == KNOB_LABEL &&
		    strcmp(case_parts_value(a, key), case_parts_value(c, key)))
			return false;
	}
	return true;
}

/* What the compared cases share: "2 workers", "thread, 2 workers place:same". */
static void describe(const struct builder *b, size_t row, char *buf, size_t len)
{
	const struct case_parts *p = &b->g->rows[row].parts;
	const char *model = b->by_model ? "" : case_parts_value(p, "model");
	char at[2 * CASE_WORD_MAX + 2], first[4 * CASE_WORD_MAX], mid[sizeof(first)];

	case_at(&b->g->rows[row], b->g->family, at, sizeof(at));
	snprintf(first, sizeof(first), "%s%s%s", model, *model && *at ? ", " : "", at);
	/* Where kinds are compared, what follows from the model is the same for all of them. */
	snprintf(mid, sizeof(mid), "%s", first);
	if (!b->by_model)
		knobs_text(b->g, &b->knobs, KNOB_SERIES, first, p, mid, sizeof(mid));
	knobs_text(b->g, &b->knobs, KNOB_LABEL, mid, p, buf, len);
}

/* A ratio of two uncertain figures: from 10 on two digits are more than is known. */
static const char *times(double x, char *buf, size_t len)
{
	const double unit = x < 10 ? 1 : pow(10, floor(log10(x)) - 1);

	if (x < 10)
		snprintf(buf, len, "%.2f", x);
	else
		snprintf(buf, len, "%.0f", round(x / unit) * unit);
	return buf;
}

/* What contenders are compared by. */
static const struct run_figure rate_figure = {.metric = METRIC_OPS_PER_S,
    .title = "Rate",
    .unit = "/s",
    .scale = CB_RATIO,
    .better = CB_MORE};
static const struct run_figure cpu_figure = {.metric = METRIC_CPU_NS_PER_OP,
    .title = "CPU time",
    .unit = "ns",
    .scale = CB_RATIO,
    .better = CB_LESS};

/* "1.2 M/s": the unit of a rate stands close. */
static char *value(const struct run_figure *of, double x, char *buf, size_t len)
{
	char number[TEXT_FORMAT_MAX];

	if (of != &rate_figure)
		return figure_value(of, x, false, buf, len);
	snprintf(buf, len, "%s/s", text_format_count(x, number, sizeof(number)));
	return buf;
}

static void range(
    const struct run_figure *of, const struct stats_interval *i, char *buf, size_t len)
{
	char mid[TEXT_FORMAT_MAX], low[TEXT_FORMAT_MAX], high[TEXT_FORMAT_MAX];

	if (of == &rate_figure)
		snprintf(buf, len, "%s/s (%s to %s)",
		    text_format_count(i->estimate, mid, sizeof(mid)),
		    text_format_count(i->low, low, sizeof(low)),
		    text_format_count(i->high, high, sizeof(high)));
	else
		figure_range(of, i, buf, len);
}

/* How far behind the next is. Nothing is some times as late as what may be on time, or early. */
static void say_next(struct finding *f, const struct run_figure *of, const struct contender *best,
    const struct contender *next)
{
	const double a = best->value.estimate, z = next->value.estimate, apart = fabs(a - z);
	char text[FIGURE_MAX];

	if (of->scale == CB_SHARE || of->scale == CB_OUTCOME)
		say(f, "; the next, %s, is %.3g points %s.", next->label, 100 * apart,
		    z > a ? "above" : "below");
	else if (of->scale == CB_DIFFERENCE)
		say(f, "; the next, %s, is %s %s.", next->label,
		    value(of, apart, text, sizeof(text)), z > a ? "above" : "below");
	else if (of->better == CB_MORE)
		say(f, ", %s times as much as %s, the next.", times(a / z, text, sizeof(text)),
		    next->label);
	else
		say(f, "; the next, %s, takes %s times as %s.", next->label,
		    times(z / a, text, sizeof(text)), strcmp(of->unit, "ns") ? "much" : "long");
}

/* "A is @best at x; the next, B, takes 1.2 times as long", or who cannot be told apart. */
static void say_order(struct finding *f, const struct builder *b, size_t n, const char *what,
    const char *best, const struct run_figure *of)
{
	struct contender *c = b->contenders;
	const size_t same = findings_compare(c, n, of->better == CB_LESS);
	char text[3 * FIGURE_MAX];

	if (same == 1) {
		range(of, &c[0].value, text, sizeof(text));
		say(f, "%s%s is %s at %s", what, c[0].label, best, text);
		say_next(f, of, &c[0], &c[1]);
		f->clear = true;
		return;
	}
	say(f, "%s%so clear winner: the intervals of ", what, *what ? "n" : "N");
	for (size_t i = 0; i < same && i < NAMED_MAX; i++) {
		const char *glue = !i ? "" : i + 1 == same ? " and " : ", ";

		say(f, "%s%s (%s)", glue, c[i].label,
		    value(of, c[i].value.estimate, text, sizeof(text)));
	}
	if (same > NAMED_MAX)
		say(f, " and %zu more", same - NAMED_MAX);
	say(f, " overlap%s.", same < n ? "; the others are behind" : "");
}

/* What a contender is called. */
static void name(const struct builder *b, const struct case_parts *p, char *buf, size_t len)
{
	if (b->by_model)
		knobs_text(b->g, &b->knobs, KNOB_SERIES, case_parts_value(p, "model"), p, buf, len);
	else
		snprintf(buf, len, "%s", p->kind);
}

static int fill(struct builder *b, size_t n, const struct run_figure *of)
{
	for (size_t i = 0; i < n; i++) {
		struct contender *c = &b->contenders[i];
		int rc;

		name(b, &b->rows[i]->parts, c->label, sizeof(c->label));
		/* As the table has it. */
		if (of == &b->rows[0]->series->figure && b->regime.which < 0) {
			c->value = b->rows[i]->series->summary.figure;
			continue;
		}
		rc = figure_of_launches(
		    b->rows[i]->series, &b->launches[i], of->metric, &b->regime, &c->value);
		if (rc)
			return rc;
		if (of->scale == CB_RATIO && !(c->value.estimate > 0))
			return -ENODATA;
	}
	return 0;
}

static double busiest_client(const struct builder *b, size_t n)
{
	double most = 0, busy;

	for (size_t i = 0; i < n; i++)
		if (metric_get(
			&b->rows[i]->series->summary.medians, METRIC_CLIENT_BUSY_PCT, &busy) &&
		    busy > most)
			most = busy;
	return most;
}

/* Return: the share of it that the slowest of them kept; 1 when all did. */
static double rate_kept(const struct builder *b, size_t n, const char **who)
{
	double least = 1;

	for (size_t i = 0; i < n; i++) {
		const double given = given_rate(b->rows[i]);
		const double kept = b->rows[i]->series->summary.ops_per_s.estimate / given;

		if (given > 0 && kept < least) {
			least = kept;
			*who = b->contenders[i].label;
		}
	}
	return least;
}

static bool too_few_launches(const struct builder *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (b->rows[i]->series->summary.launches < RUN_LAUNCHES_MIN)
			return true;
	return false;
}

static bool client_shares_pus(const struct builder *b, size_t n)
{
	double unused;

	for (size_t i = 0; i < n; i++)
		if (metric_get(
			&b->rows[i]->series->summary.medians, METRIC_CLIENT_BUSY_PCT, &unused) &&
		    !metric_get(&b->rows[i]->series->summary.medians, METRIC_COMPANION_PU, &unused))
			return true;
	return false;
}

/* What the same case takes from others, if that was measured. */
static bool displaces(const struct case_row *row, const struct case_row *of)
{
	const char *own = of->series->name, *other = row->series->name;
	const size_t len = strlen(own);

	/* Its name and the figure's, and no other parameter between. */
	return run_figure_is_displaced(&row->series->figure) && figure_usable(row->series) &&
	       !strncmp(other, own, len) && other[len] == '/' && !strchr(&other[len + 1], '/');
}

/* Is it known of all of them what they take from others? Then that has a finding of its own. */
static bool all_displaced(const struct builder *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < b->g->count && !displaces(&b->g->rows[k], b->rows[i]))
			k++;
		if (k == b->g->count)
			return false;
	}
	return true;
}

/* What nobody is charged for, or what is charged and takes nothing from others. */
static void say_accounts(struct finding *f, const struct builder *b, size_t n)
{
	unsigned said = 0;

	for (size_t i = 0; i < n; i++) {
		const struct series_summary *sum = &b->rows[i]->series->summary;
		char label[sizeof(b->contenders[0].label)], text[FIGURE_MAX];
		double charged;

		if (!metric_get(&sum->medians, METRIC_CPU_NS_PER_OP, &charged) ||
		    fabs(charged / sum->figure.estimate - 1) <= RUN_ACCOUNTS_AGREE)
			continue;
		name(b, &b->rows[i]->parts, label, sizeof(label));
		say(f, "%s %s %s (%.0f %% of it)",
		    said ? "," : " In the same windows the kernel's accounts charge", label,
		    figure_value(&cpu_figure, charged, false, text, sizeof(text)),
		    100 * charged / sum->figure.estimate);
		said++;
	}
	if (said)
		say(f, ".");
}

/* What most of those that are compared call it, or the first: a kind may say how it came to its
 * own. */
static const char *title_of(const struct builder *b, size_t n)
{
	const char *title = b->rows[0]->series->figure.title;
	size_t most = 0;

	for (size_t i = 0; i < n; i++) {
		const char *one = b->rows[i]->series->figure.title;
		size_t same = 0;

		for (size_t k = 0; k < n; k++)
			same += !strcmp(b->rows[k]->series->figure.title, one);
		if (same > most) {
			most = same;
			title = one;
		}
	}
	return title;
}

/* Of a figure that is no time per operation: its title says what is compared. */
static void say_figure(struct finding *f, const struct builder *b, size_t n)
{
	const struct run_figure *of = &b->rows[0]->series->figure;
	char what[sizeof(of->title) + 2];

	snprintf(what, sizeof(what), "%s: ", title_of(b, n));
	what[0] = (char)toupper((unsigned char)what[0]);
	say_order(f, b, n, what, of->better == CB_LESS ? "lowest" : "highest", of);
	if (run_figure_is_displaced(of))
		say_accounts(f, b, n);
}

/* Return: 0; -ESTALE: they were measured in different regimes of the machine; -ENOMEM; -E2BIG. */
static int read_launches(struct builder *b, size_t n)
{
	bool same_pus = true;
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++) {
		rc = launch_list_build(b->rows[i]->series, &b->launches[i]);
		same_pus = same_pus && !strcmp(b->rows[i]->series->pus, b->rows[0]->series->pus);
	}
	/* Between other PUs a cache line takes another time anyway. */
	b->regime.which = -1;
	if (!rc && same_pus)
		rc = regime_choose(b->launches, n, &b->regime, b->in);
	if (rc == -ESTALE)
		b->regime.which = -1;
	return rc;
}

static void free_launches(struct builder *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		launch_list_free(&b->launches[i]);
}

/* Figures of two regimes are of two machines, in effect. */
static void say_apart(struct finding *f, const struct builder *b, size_t n)
{
	const double *const ns = b->regime.regimes.middle;
	size_t named = 0;

	say(f,
	    "Measured in different regimes of the machine, in which a cache line between two PUs "
	    "and back takes %.3g and %.3g ns: no comparison (launches in each: ",
	    ns[0], ns[1]);
	for (size_t i = 0; i < n && named < NAMED_MAX; i++, named++)
		say(f, "%s%s %zu and %zu", i ? "; " : "", b->contenders[i].label, b->in[i][0],
		    b->in[i][1]);
	say(f, "%s).", named < n ? "; ..." : "");
}

static void say_regime(struct finding *f, const struct builder *b)
{
	const double *const ns = b->regime.regimes.middle;

	if (b->regime.which >= 0)
		say(f,
		    " This is of the launches in one of two regimes of the machine, in which a "
		    "cache line between two PUs and back takes %.3g ns; in the other it is "
		    "%.3g.",
		    ns[b->regime.which], ns[!b->regime.which]);
}

static int compare_launches(struct builder *b, size_t first, size_t n, bool apart)
{
	const struct run_figure *own = &b->rows[0]->series->figure;
	const bool time = run_figure_has_rate(own);
	const bool waits = time && b->rows[0]->series->latency_of[0] != '\0' && b->by_model;
	const bool rate = time && (waits || b->g->family->rate);
	const bool given = time && given_rate(b->rows[0]) > 0;
	const double busy = time ? busiest_client(b, n) : 0;
	const char *who = "";
	struct finding *f;
	double kept;
	int rc = fill(b, n, rate ? &rate_figure : own);

	if (rc)
		return rc == -ENODATA ? 0 : rc;
	f = add(b);
	if (!f)
		return -ENOMEM;
	describe(b, first, f->where, sizeof(f->where));
	if (apart) {
		say_apart(f, b, n);
		return 0;
	}
	if (too_few_launches(b, n)) {
		say(f, "Too few launches to tell: their intervals do not cover 95 %%.");
		return 0;
	}
	if (given && (kept = rate_kept(b, n, &who)) < RATE_KEPT_MIN) {
		/* Whoever falls behind measures its backlog, and does less for its CPU time. */
		say(f,
		    "The rate is set from outside, and %s kept only %.0f %% of it: no comparison.",
		    who, 100 * kept);
		return 0;
	}
	if (!time)
		say_figure(f, b, n);
	else if (busy >= CLIENT_BUSY_LIMIT_PCT)
		say(f, "The load generator was up to %.0f %% busy, so rates say little here.",
		    busy);
	else if (client_shares_pus(b, n))
		say(f, "The load generator had no PU of its own, so rates say little here.");
	else if (given)
		say(f, "The rate is set from outside and the same for all.");
	else
		say_order(f, b, n, waits ? "Rate: " : "", rate ? "fastest" : "quickest",
		    rate ? &rate_figure : own);
	if (waits && !all_displaced(b, n)) {
		rc = fill(b, n, &cpu_figure);
		if (rc && rc != -ENODATA)
			return rc;
		if (!rc)
			say_order(f, b, n, " CPU time: ", "cheapest", &cpu_figure);
	}
	say_regime(f, b);
	return 0;
}

static int compare(struct builder *b, size_t first, size_t n)
{
	int rc = read_launches(b, n);

	if (!rc || rc == -ESTALE)
		rc = compare_launches(b, first, n, rc == -ESTALE);
	free_launches(b, n);
	return rc;
}

static bool takes_part(const struct builder *b, size_t row)
{
	const struct series *s = b->g->rows[row].series;

	return !b->done[row] && figure_usable(s) && !s->reference && s->figure.better != CB_NEITHER;
}

static int compare_all(struct builder *b)
{
	for (size_t i = 0; i < b->g->count; i++) {
		size_t n = 0;
		int rc;

		if (!takes_part(b, i))
			continue;
		for (size_t j = i; j < b->g->count; j++) {
			if (!takes_part(b, j) || !same_context(b, i, j))
				continue;
			b->done[j] = true;
			b->rows[n++] = &b->g->rows[j];
		}
		if (n < 2)
			continue;
		rc = compare(b, i, n);
		if (rc)
			return rc;
	}
	return 0;
}

/* The ladder is about distances, not about winners. */
static int tell_ladder(struct builder *b)
{
	const struct case_row *low = NULL, *high = NULL;
	char label[2][160], figure[2][FIGURE_MAX], text[FIGURE_MAX];
	const struct case_row *ends[2];
	const struct run_figure *of;
	struct finding *f;
	double a, z;

	for (size_t i = 0; i < b->g->count; i++) {
		const struct case_row *r = &b->g->rows[i];

		if (!figure_usable(r->series) ||
		    (low && !run_figure_same(&low->series->figure, &r->series->figure)))
			continue;
		if (!low ||
		    r->series->summary.figure.estimate < low->series->summary.figure.estimate)
			low = r;
		if (!high ||
		    r->series->summary.figure.estimate > high->series->summary.figure.estimate)
			high = r;
	}
	if (low == high)
		return 0;
	f = add(b);
	if (!f)
		return -ENOMEM;
	ends[0] = low;
	ends[1] = high;
	for (int i = 0; i < 2; i++) {
		const struct case_parts *p = &ends[i]->parts;
		char kind[2 * CASE_WORD_MAX + 2];

		snprintf(kind, sizeof(kind), "%s %s", p->kind, case_parts_value(p, "model"));
		knobs_text(b->g, &b->knobs, KNOB_LABEL, kind, p, label[i], sizeof(label[i]));
		figure_value(&ends[i]->series->figure, ends[i]->series->summary.figure.estimate,
		    false, figure[i], sizeof(figure[i]));
	}
	of = &low->series->figure;
	a = low->series->summary.figure.estimate;
	z = high->series->summary.figure.estimate;
	say(f, "From %s at %s to %s at %s", label[0], figure[0], label[1], figure[1]);
	if (of->scale == CB_RATIO)
		say(f, ": %.*f times as %s.", z / a < 10 ? 1 : 0, z / a,
		    strcmp(of->unit, "ns") ? "much" : "long");
	else if (of->scale == CB_DIFFERENCE)
		say(f, ": %s apart.", value(of, z - a, text, sizeof(text)));
	else
		say(f, ": %.3g points apart.", 100 * (z - a));
	snprintf(f->where, sizeof(f->where), "the ladder");
	f->clear = true;
	return 0;
}

static int tell_group(struct builder *b)
{
	const bool ladder = b->g->family->shape == CB_LADDER;
	int rc = -ENOMEM;

	b->by_model = b->g->family->contenders == CB_MODELS;
	b->done = calloc(b->g->count, sizeof(*b->done));
	b->contenders = calloc(b->g->count + 1, sizeof(*b->contenders));
	b->rows = calloc(b->g->count, sizeof(*b->rows));
	b->launches = calloc(b->g->count, sizeof(*b->launches));
	b->in = calloc(b->g->count, sizeof(*b->in));
	if (!b->done || !b->contenders || !b->rows || !b->launches || !b->in)
		goto out;
	knobs_assign(b->g, !ladder, &b->knobs);
	rc = ladder ? tell_ladder(b) : compare_all(b);
out:
	free(b->done);
	free(b->contenders);
	free(b->rows);
	free(b->launches);
	free(b->in);
	return rc;
}

int findings_build(const struct case_groups *groups, struct findings *out)
{
	struct builder b = {0};

	for (size_t i = 0; i < groups->count; i++) {
		const struct run_family *family = groups->items[i].family;
		int rc;

		/* What a run says nothing of may hold what must not be named a winner. */
		if (!family ||
		    (family->shape != CB_LADDER && family->contenders == CB_NO_CONTENDERS))
			continue;
		b.g = &groups->items[i];
		rc = tell_group(&b);
		if (rc) {
			findings_free(&b.out);
			return rc;
		}
	}
	*out = b.out;
	return 0;
}

void findings_free(struct findings *f)
{
	free(f->items);
	memset(f, 0, sizeof(*f));
}
