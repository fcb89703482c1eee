#include "harness/compare/comparison_text.h"

#include "harness/stats/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far up in the table. */
static int rank_of(enum verdict v)
{
	static const int ranks[VERDICT_COUNT] = {
	    [VERDICT_FAILED] = 0,
	    [VERDICT_SLOWER] = 1,
	    [VERDICT_INCOMPARABLE] = 2,
	    [VERDICT_DIFFERS] = 3,
	    [VERDICT_UNSURE] = 4,
	    [VERDICT_MISSING] = 5,
	    [VERDICT_FASTER] = 6,
	    [VERDICT_SAME] = 7,
	};

	return ranks[v];
}

/* Within one verdict: the largest change first, and among the unsure the one that could be
 * worst. */
static double weight(const struct comparison_row *r)
{
	const struct run_figure *f = &r->figure;
	double w = 0;

	if (!r->has_figure)
		return 0;
	if (verdict_is_change(r->verdict))
		w = fabs(r->change.estimate);
	else if (r->verdict == VERDICT_UNSURE)
		w = f->better == CB_LESS   ? r->change.high
		    : f->better == CB_MORE ? -r->change.low
					   : fmax(-r->change.low, r->change.high);
	return isfinite(w) ? w / (f->scale == CB_DIFFERENCE ? f->worth : 1) : 0;
}

static int worse(const void *a, const void *b)
{
	const struct comparison_row *x = *(const struct comparison_row *const *)a;
	const struct comparison_row *y = *(const struct comparison_row *const *)b;

	if (x->verdict != y->verdict)
		return rank_of(x->verdict) - rank_of(y->verdict);
	if (weight(x) < weight(y) || weight(x) > weight(y))
		return weight(x) < weight(y) ? 1 : -1;
	/* In the order they were added: they lie in one array. */
	return (x > y) - (x < y);
}

const struct comparison_row **comparison_order(const struct comparison *c)
{
	const struct comparison_row **order = calloc(c->row_count + 1, sizeof(*order));

	for (size_t i = 0; order && i < c->row_count; i++)
		order[i] = &c->rows[i];
	if (order)
		qsort(order, c->row_count, sizeof(*order), worse);
	return order;
}

const char *comparison_kind_name(enum comparison_kind kind)
{
	return kind == COMPARISON_GATE ? "gate" : "stored";
}

static char *without_micro(char *buf)
{
	char *micro = strstr(buf, "µ");

	if (micro) {
		*micro = 'u';
		memmove(micro + 1, micro + strlen("µ"), strlen(micro + strlen("µ")) + 1);
	}
	return buf;
}

static char *format(const struct comparison_row *r, double value, bool ascii, char *buf, size_t len)
{
	run_figure_format(&r->figure, value, buf, len);
	return ascii ? without_micro(buf) : buf;
}

char *comparison_value(
    const struct comparison_row *r, unsigned side, bool ascii, char *buf, size_t len)
{
	buf[0] = '\0';
	return r->has_value[side] ? format(r, side ? r->head : r->base, ascii, buf, len) : buf;
}

/* "+1.5 µs" */
static const char *with_sign(
    const struct comparison_row *r, double value, bool ascii, char *buf, size_t len)
{
	buf[0] = '+';
	format(r, value, ascii, buf + !(value < 0), len - 1);
	return buf;
}

char *comparison_change(const struct comparison_row *r, bool ascii, char *buf, size_t len)
{
	const double low = r->change.low * 100, high = r->change.high * 100;
	const double most = fmax(fabs(low), fabs(high));
	const int decimals = most < 10 ? 2 : most < 100 ? 1 : 0;
	const char *to = ascii ? ".." : "…";
	char parts[3][40];

	buf[0] = '\0';
	if (!r->has_figure)
		return buf;
	if (r->figure.scale == CB_DIFFERENCE)
		(void)snprintf(buf, len, "%s (%s %s %s)",
		    with_sign(r, r->change.estimate, ascii, parts[0], sizeof(parts[0])),
		    with_sign(r, r->change.low, ascii, parts[1], sizeof(parts[1])), to,
		    with_sign(r, r->change.high, ascii, parts[2], sizeof(parts[2])));
	else
		(void)snprintf(buf, len, "%+.*f %s (%+.*f %s %+.*f)", decimals,
		    r->change.estimate * 100, r->figure.scale == CB_RATIO ? "%" : "points",
		    decimals, low, to, decimals, high);
	return buf;
}

/* How the trials of a side ended: "18 survived, 2 lost". */
static void add_outcomes(
    struct text_buffer *to, const struct run_figure *f, const unsigned counts[RUN_OUTCOMES_MAX])
{
	char word[METRIC_NAME_MAX];
	bool any = false;

	for (unsigned i = 0; i < RUN_OUTCOMES_MAX && run_figure_word(f, i, word); i++) {
		if (counts[i])
			text_buffer_addf(to, "%s%u %s", any ? ", " : "", counts[i], word);
		any |= counts[i] > 0;
	}
}

/* A change of instructions that is worth a word. */
#define INSTRUCTIONS_TOLD 0.005
/* One launch in so many that went by its quickest turns may have done so by chance. */
#define QUICKEST_TOLD_OF 10

static void add_clause(struct text_buffer *to, size_t begin, const char *text)
{
	if (to->len > begin)
		text_buffer_add(to, "; ");
	text_buffer_add(to, text);
}

/* Its own middle lies where the change cannot have brought it. */
static bool launches_differ(const struct comparison_row *r)
{
	const bool ratio = r->figure.scale == CB_RATIO;
	const double by = ratio ? r->head_alone / r->base - 1 : r->head_alone - r->base;
	/* Launches that are all equal have an interval of no width. */
	const double rounding = 1e-9 * (ratio ? 1 : fabs(r->head_alone) + fabs(r->base));

	return r->has_figure && !scale_averages(r->figure.scale) &&
	       (by < r->change.low - rounding || by > r->change.high + rounding);
}

/* A per cent of what, in a few words. */
static const char *per_cent(const struct run_figure *f)
{
	return scale_averages(f->scale)    ? "points"
	       : f->scale == CB_DIFFERENCE ? "% of its worth"
					   : "%";
}

static char *bound(const struct comparison_row *r, char *buf, size_t len)
{
	buf[0] = '\0';
	if (r->verdict != VERDICT_UNSURE || !r->has_figure || r->figure.better == CB_NEITHER)
		return buf;
	if (r->worst <= 0)
		(void)snprintf(buf, len, "not %s", comparison_word(r, VERDICT_SLOWER));
	else
		(void)snprintf(buf, len, "at most %.2g %s %s", 100 * r->worst, per_cent(&r->figure),
		    comparison_word(r, VERDICT_SLOWER));
	return buf;
}

/* "lock" of "lock/ck_mcs/model:thread". */
static size_t family_len(const struct comparison_row *r)
{
	return strcspn(r->name, "/");
}

static bool fold_together(const struct comparison_row *a, const struct comparison_row *b)
{
	const size_t len = family_len(a);

	return a->verdict == VERDICT_MISSING && b->verdict == VERDICT_MISSING &&
	       len == family_len(b) && strncmp(a->name, b->name, len) == 0 &&
	       strcmp(a->reason, b->reason) == 0;
}

bool comparison_fold(
    const struct comparison_row *const *rows, size_t n, size_t i, struct text_buffer *text)
{
	size_t many = 1;

	if (rows[i]->verdict != VERDICT_MISSING)
		return true;
	for (size_t k = 0; k < i; k++)
		if (fold_together(rows[k], rows[i]))
			return false;
	for (size_t k = i + 1; k < n; k++)
		many += fold_together(rows[i], rows[k]);
	if (many > 1)
		text_buffer_addf(
		    text, "%.*s: %zu cases", (int)family_len(rows[i]), rows[i]->name, many);
	return true;
}

/* What a gate has given is the same on both sides; each of two runs has its own. */
static void add_given(struct text_buffer *to, size_t begin, const struct comparison_row *r)
{
	const struct run_given *base = &r->given[0], *head = &r->given[1];
	char clause[CASE_NAME_MAX + 200], one[RUN_GIVEN_MAX], other[RUN_GIVEN_MAX];

	run_given_format(base, one, sizeof(one));
	run_given_format(head, other, sizeof(other));
	if (base->figure == head->figure)
		(void)snprintf(
		    clause, sizeof(clause), "both were given %s, the figure of %s", one, base->of);
	else
		(void)snprintf(clause, sizeof(clause),
		    "two loads: base was given %s, head %s, the figure of %s", one, other,
		    base->of);
	add_clause(to, begin, clause);
}

void comparison_note(const struct comparison_row *r, struct text_buffer *to)
{
	const size_t begin = to->len;
	char clause[160], value[COMPARISON_FIGURE_MAX];

	if (*bound(r, clause, sizeof(clause)))
		add_clause(to, begin, clause);
	if (r->reason[0])
		add_clause(to, begin, r->reason);
	if (launches_differ(r)) {
		(void)snprintf(clause, sizeof(clause),
		    "head's own middle is %s: its launches differ more than its turns do",
		    run_figure_format(&r->figure, r->head_alone, value, sizeof(value)));
		add_clause(to, begin, clause);
	}
	for (unsigned side = 0; side < 2; side++) {
		if (!r->status[side][0] || (side && strcmp(r->status[0], r->status[1]) == 0))
			continue;
		(void)snprintf(clause, sizeof(clause), "%s: %s",
		    strcmp(r->status[0], r->status[1]) == 0 ? "both"
		    : side                                  ? "head"
							    : "base",
		    r->status[side]);
		add_clause(to, begin, clause);
	}
	if (r->turns[0])
		add_clause(to, begin, r->turns);
	/* Of one side only: its reason says so. */
	if (r->given[0].of[0] && r->given[1].of[0])
		add_given(to, begin, r);
	if (r->confirmed)
		add_clause(to, begin, "confirmed by fresh launches");
	if (r->excluded_regime) {
		(void)snprintf(clause, sizeof(clause),
		    "%u turns left out: the machine was in another regime", r->excluded_regime);
		add_clause(to, begin, clause);
	}
	if (r->has_figure && r->figure.scale == CB_OUTCOME) {
		add_clause(to, begin, "base: ");
		add_outcomes(to, &r->figure, r->outcomes[0]);
		text_buffer_add(to, ", head: ");
		add_outcomes(to, &r->figure, r->outcomes[1]);
	}
	/* A smaller difference may come from where the counting began and ended. Ranges that
	 * overlap say nothing: waiting for a lock executes instructions, too. */
	if (r->has_instructions && r->instructions_apart &&
	    fabs(r->instructions_change) >= INSTRUCTIONS_TOLD) {
		(void)snprintf(clause, sizeof(clause),
		    "instructions:u %+.2g %% (%u launches a side, ranges apart)",
		    100.0 * r->instructions_change, r->instructions_launches);
		add_clause(to, begin, clause);
	}
	if (r->has_figure && QUICKEST_TOLD_OF * r->quickest_launches > r->figure_launches) {
		(void)snprintf(clause, sizeof(clause),
		    "by the quickest quarter of turns in %u of %u launches: the rest of them "
		    "varied too much",
		    r->quickest_launches, r->figure_launches);
		add_clause(to, begin, clause);
	}
	if (r->layout_sensitive) {
		(void)snprintf(clause, sizeof(clause),
		    r->layout_ratio > 0 ? "layout-sensitive (launches spread x%.1f)"
					: "layout-sensitive",
		    r->layout_ratio);
		add_clause(to, begin, clause);
	}
}

static const char *weakness(const struct comparison *c)
{
	return c->kind == COMPARISON_STORED ? "weaker evidence: the two were measured at different "
					      "times, drift counts as change"
					    : "";
}

/* Rows of which "slower" is said, or "worse". */
static size_t count_words(const struct comparison *c, bool time)
{
	size_t n = 0;

	for (size_t i = 0; i < c->row_count; i++)
		n += run_figure_is_time(&c->rows[i].figure) == time;
	return n;
}

static void add_word(struct text_buffer *to, const struct comparison *c, enum verdict v)
{
	const char *time = verdict_word(v, true), *other = verdict_word(v, false);

	if (count_words(c, true) || !strcmp(time, other))
		text_buffer_add(to, time);
	if (count_words(c, false) && strcmp(time, other) != 0)
		text_buffer_addf(to, "%s%s", count_words(c, true) ? " or " : "", other);
}

/* What a per cent refers to, unless it is the figure itself. */
static void add_scales(struct text_buffer *to, const struct comparison *c)
{
	bool points = false, worth = false;

	for (size_t i = 0; i < c->row_count; i++) {
		points |= scale_averages(c->rows[i].figure.scale);
		worth |= c->rows[i].figure.scale == CB_DIFFERENCE;
	}
	if (points)
		text_buffer_add(to, ", for shares in points");
	if (worth)
		text_buffer_add(to, ", for differences as a part of their worth");
}

void comparison_headline(const struct comparison *c, struct text_buffer *to)
{
	const size_t slower = comparison_count(c, VERDICT_SLOWER);
	const size_t missing = comparison_count(c, VERDICT_MISSING);
	size_t judged = 0, any = 0, others = 0;
	double hidden = 0;

	for (size_t i = 0; i < c->row_count; i++) {
		const struct comparison_row *r = &c->rows[i];
		const double may = comparison_may_hide(r);

		judged += comparison_judged(r);
		if (comparison_judged(r) || r->verdict == VERDICT_MISSING)
			continue;
		others++;
		if (isfinite(may))
			hidden = fmax(hidden, may);
		else
			any++;
	}
	if (c->row_count == missing) {
		text_buffer_add(to, "no case was compared");
		return;
	}
	if (slower) {
		text_buffer_addf(to, "%zu ", slower);
		add_word(to, c, VERDICT_SLOWER);
		text_buffer_add(to, ": ");
	}
	text_buffer_addf(to, "%zu of %zu judged", judged, c->row_count - missing);
	if (any < others)
		text_buffer_addf(to,
		    "; of the others a slowdown up to %.2g %% may have gone unseen", 100 * hidden);
	if (any && any < others)
		text_buffer_addf(to, ", and in %zu of them one of any size", any);
	else if (any)
		text_buffer_addf(to, "; in the other%s a slowdown of any size may have gone unseen",
		    any == 1 ? "" : "s");
	if (!others && !slower) {
		text_buffer_add(to, ", none ");
		add_word(to, c, VERDICT_SLOWER);
	}
	if (c->must_see > 0) {
		const size_t missed = comparison_missed(c);

		text_buffer_addf(to, "; %.2g %% was to be seen%s: ", 100 * c->must_see,
		    c->must_see_worked_out ? ", as worked out before" : "");
		if (missed)
			text_buffer_addf(to, "in %zu it may have gone unseen", missed);
		else
			text_buffer_add(to, "it would have been");
	}
}

void comparison_sentence(const struct comparison *c, struct text_buffer *to)
{
	static const enum verdict order[] = {VERDICT_SLOWER, VERDICT_FASTER, VERDICT_DIFFERS,
	    VERDICT_SAME, VERDICT_UNSURE, VERDICT_INCOMPARABLE, VERDICT_MISSING, VERDICT_FAILED};
	char elapsed[TEXT_FORMAT_MAX], budget[TEXT_FORMAT_MAX], confirm[TEXT_FORMAT_MAX];

	if (!c->row_count)
		text_buffer_add(to, "no case was compared");
	for (size_t i = 0; c->row_count && i < sizeof(order) / sizeof(order[0]); i++) {
		const size_t n = comparison_count(c, order[i]);

		/* Everybody looks for "nothing is slower", so it is said, too. */
		if (n || order[i] == VERDICT_SLOWER) {
			text_buffer_addf(to, "%s%zu ", i ? ", " : "", n);
			add_word(to, c, order[i]);
		}
		if (order[i] == VERDICT_UNSURE && comparison_unseen(c))
			text_buffer_addf(to, " (%zu without a figure)", comparison_unseen(c));
	}
	if (c->row_count)
		text_buffer_addf(to, " of %zu case%s", c->row_count, c->row_count == 1 ? "" : "s");
	text_buffer_addf(to,
	    "; a change is detected from %.3g %% on, what is within +-%.3g %% is the same",
	    verdict_detect_floor(c->min_effect) * 100, c->min_effect * 100);
	add_scales(to, c);
	if (c->elapsed_s > 0 && c->elapsed_s < 1e9)
		text_buffer_addf(to, "; took %s",
		    text_format_duration((uint64_t)(c->elapsed_s * 1e9), elapsed, sizeof(elapsed)));
	if (c->budget_s > 0 && c->budget_s < 1e9)
		text_buffer_addf(to, "; the time budget was %s, and %s more to confirm a change",
		    text_format_duration((uint64_t)(c->budget_s * 1e9), budget, sizeof(budget)),
		    text_format_duration((uint64_t)(c->confirm_s * 1e9), confirm, sizeof(confirm)));
	if (c->instructions_counted < c->instructions_wanted)
		text_buffer_addf(to, "; instructions:u counted in %zu of %zu cases%s",
		    c->instructions_counted, c->instructions_wanted,
		    c->signal                ? ""
		    : c->instructions_failed ? ", the others failed or had no time"
					     : ", then the time was up");
	if (c->kind == COMPARISON_STORED)
		text_buffer_addf(to, "; %s", weakness(c));
	if (c->forced)
		text_buffer_add(to, "; FORCED: what was compared is not comparable");
	if (c->no_cells)
		text_buffer_add(to,
		    "; no cell could be started any more: this is what was measured until then");
	if (c->interrupted)
		text_buffer_add(to, "; interrupted: this is what was measured until then");
}
