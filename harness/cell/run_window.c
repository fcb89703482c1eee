#include "harness/cell/run_window.h"

#include "harness/cell/schedule.h"
#include "harness/machine/quota.h"
#include "harness/run/launch.h"
#include "harness/stats/equivalence.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The looks may take a case's share of the time so often: most cases go by another's. */
#define SHARES 2

static const uint64_t lengths_ns[] = {UINT64_C(3000000), UINT64_C(24000000), WINDOW_LONG_NS};

static uint64_t long_ns(const struct run_loop *l)
{
	return quota_whole_periods(l->period_ns, WINDOW_LONG_NS);
}

static bool enough_to_look(unsigned rounds, uint64_t long_ns, uint64_t budget_ns, size_t cases)
{
	return rounds >= EQUIVALENCE_MIN &&
	       long_ns * EQUIVALENCE_MIN <= budget_ns / (cases ? cases : 1) * SHARES;
}

static bool time_to_look(const struct run_loop *l)
{
	return enough_to_look(l->rounds, long_ns(l), l->budget_ns, l->entry_count);
}

const struct window_known *run_window_known(
    const struct windows *windows, const struct bench_case *bc)
{
	const struct window_known *known;
	char group[CASE_WINDOW_GROUP_MAX];

	if (!windows || !windows->count)
		return NULL;
	known = windows_find(windows, bc->name);
	if (known)
		return known;
	case_window_group(bc, group);
	return windows_find(windows, group);
}

static bool os(const struct bench_case *bc)
{
	return bc->pub.model == CB_THREAD || bc->pub.model == CB_PROCESS;
}

/* As case_window_group() has it. */
static bool same_group(const struct bench_case *a, const struct bench_case *b)
{
	return a->kind == b->kind && (a->pub.model == b->pub.model || (os(a) && os(b))) &&
	       a->place.kind == b->place.kind && a->window_ns == b->window_ns &&
	       (a->pub.workers == 1) == (b->pub.workers == 1);
}

static bool may_look_at(const struct bench_case *bc, const struct windows *windows)
{
	return !bc->unsupported[0] && bc->window_ns && bc->window_ns < WINDOW_LONG_NS &&
	       !run_window_known(windows, bc);
}

uint64_t run_window_looks_ns(const struct case_list *cases, const struct windows *windows,
    unsigned rounds, uint64_t budget_ns)
{
	const uint64_t most_ns = budget_ns / RUN_WINDOW_LOOKS_SHARE;
	uint64_t ns = 0;

	if (!cases->count || !enough_to_look(rounds, WINDOW_LONG_NS, budget_ns, cases->count))
		return 0;
	for (size_t i = 0; i < cases->count && ns < most_ns; i++) {
		const struct bench_case *bc = &cases->item[i];
		bool first = may_look_at(bc, windows);

		/* Those of a kind stand together. */
		for (size_t k = i; first && k && cases->item[k - 1].kind == bc->kind; k--)
			first = !(same_group(&cases->item[k - 1], bc) &&
				  may_look_at(&cases->item[k - 1], windows));
		if (first)
			ns += WINDOW_LOOKS_MAX * WINDOW_LONG_NS;
	}
	return ns < most_ns ? ns : most_ns;
}

/* Return: false when no earlier run has found out. */
static bool is_known(const struct run_loop *l, struct run_entry *e)
{
	const struct window_known *known = run_window_known(l->windows, e->bc);

	if (!known)
		return false;
	e->window_ns = quota_whole_periods(l->period_ns, known->window_ns);
	run_loop_series(l, e, 0)->window = known->seen;
	return true;
}

/* For later runs; not what noise has hidden: those may be quieter. Return: 0; -ENOMEM. */
static int make_known(const struct run_loop *l, const struct run_entry *e)
{
	const struct run_window *seen = &run_loop_series(l, e, 0)->window;
	struct window_known known = {.window_ns = e->window_ns, .seen = *seen};

	if (!l->windows || e->look.longer_ns ||
	    (seen->how != WINDOW_STEADY && seen->how != WINDOW_SENSITIVE))
		return 0;
	case_window_group(e->bc, known.group);
	(void)snprintf(known.run, sizeof(known.run), "%s", l->run->id);
	return windows_note(l->windows, &known);
}

static bool failed(const struct run_loop *l, const struct run_entry *e)
{
	const enum case_status status = run_loop_series(l, e, 0)->status;

	return status_is_failure(status) || status == STATUS_UNSUPPORTED;
}

/* The first entry that @e goes by, itself perhaps: those of a kind stand together. One that has
 * failed shows nothing. */
static struct run_entry *first_of(const struct run_loop *l, const struct run_entry *e)
{
	struct run_entry *first = &l->entries[e - l->entries];

	for (struct run_entry *x = first; x-- > l->entries && x->bc->kind == e->bc->kind;)
		if (same_group(x->bc, e->bc) && !failed(l, x))
			first = x;
	return first;
}

/* The share of the time of all rounds; cases that do not get a look have their chance in the next
 * run. */
static bool time_for_a_look(const struct run_loop *l)
{
	return l->looks_ns + long_ns(l) <= l->budget_ns / RUN_WINDOW_LOOKS_SHARE;
}

/* What was seen of @from, for all figures of @to. Return: 0; -errno of the journal. */
static int tell(struct run_loop *l, const struct run_entry *from, const struct run_entry *to)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < to->figures; i++) {
		run_loop_series(l, to, i)->window = run_loop_series(l, from, 0)->window;
		ret = journal_series(l->journal, run_loop_series(l, to, i));
	}
	return ret;
}

/* Its trials so far were of another length, and no longer count. */
static void set_window(struct run_loop *l, struct run_entry *e, uint64_t window_ns)
{
	e->grown_from_ns = e->window_ns;
	e->window_ns = window_ns;
	e->set_aside = e->launches;
	for (unsigned i = 0; i < e->figures; i++) {
		struct series *s = run_loop_series(l, e, i);

		s->slot_ns = window_ns;
		free(s->folded);
		free(s->mixture);
		s->folded = NULL;
		s->mixture = NULL;
		stopping_free(&l->stopping[e->series + i]);
	}
}

static void begin_to_look(const struct run_loop *l, struct run_entry *e)
{
	struct series *s = run_loop_series(l, e, 0);

	/* A trial that displaces somebody has windows of its own. */
	if (run_figure_is_displaced(&s->figure))
		return;
	if (!l->choose_windows || s->figure.scale != CB_RATIO || !time_to_look(l) ||
	    !time_for_a_look(l) || e->window_ns >= long_ns(l))
		return;
	(void)snprintf(s->window.of, sizeof(s->window.of), "%s", s->name);
	e->look.longer_ns = long_ns(l);
}

void run_window_begin(struct run_loop *l, struct run_entry *e)
{
	const struct run_entry *first = first_of(l, e);
	struct series *s = run_loop_series(l, e, 0);

	e->window_ns =
	    l->slot_ns ? l->slot_ns : quota_whole_periods(l->period_ns, e->bc->window_ns);
	if (!e->bc->window_ns) {
		s->window.how = WINDOW_NONE;
	} else if (l->slot_ns) {
		s->window.how = WINDOW_GIVEN;
	} else if (is_known(l, e)) {
		; /* and so is what is said of it */
	} else if (first != e) {
		if (first->window_ns)
			e->window_ns = first->window_ns;
		s->window = run_loop_series(l, first, 0)->window;
	} else {
		begin_to_look(l, e);
	}
	for (unsigned i = 1; i < e->figures; i++)
		run_loop_series(l, e, i)->window = s->window;
}

/* The last launch's turn in the long window. Return: false when it gave no figure. */
static bool longer_figure(const struct run_loop *l, const struct run_entry *e, double *out)
{
	const struct series *s = run_loop_series(l, e, 0);
	const struct sample *last = s->sample_count ? &s->samples[s->sample_count - 1] : NULL;
	double window_ns;

	return last && last->launch == e->launches - 1 &&
	       metric_get(&last->metrics, METRIC_WINDOW_NS, &window_ns) &&
	       fabs(window_ns - (double)e->look.longer_ns) < 1.0 &&
	       run_figure_value(&s->figure, &last->metrics, out);
}

/* What the looks have shown so far. Return: 0; -errno. */
static int judge(const struct run_loop *l, const struct run_entry *e, enum equivalence *out)
{
	const struct window_look *look = &e->look;
	struct run_window *seen = &run_loop_series(l, e, 0)->window;
	struct run_window found = *seen, *w = &found;
	double log_ratio[WINDOW_LOOKS_MAX];
	int ret;

	for (unsigned i = 0; i < look->count; i++)
		log_ratio[i] = log(look->longer[i] / look->shorter[i]);
	ret = equivalence_of(log_ratio, look->count, WINDOW_MARGIN, &w->ratio, out);
	ret = ret ? ret : stats_median(look->shorter, look->count, &w->shorter);
	ret = ret ? ret : stats_median(look->longer, look->count, &w->longer);
	if (ret)
		return ret;
	w->shorter_ns = e->window_ns;
	w->longer_ns = look->longer_ns;
	w->launches = look->count;
	w->how = *out == EQUIVALENCE_HOLDS ? WINDOW_STEADY
		 : look->grown             ? WINDOW_SENSITIVE
					   : WINDOW_UNJUDGED;
	/* The reason that it has grown stays valid until a look shows something else. */
	if (!look->grown || *out != EQUIVALENCE_UNKNOWN)
		*seen = found;
	return 0;
}

/* All of the group begin anew: is there time for that, so that none ends without a figure? */
static bool time_to_grow(
    const struct run_loop *l, const struct run_entry *first, uint64_t window_ns)
{
	uint64_t need_ns = 0;

	for (const struct run_entry *e = first;
	     e < l->entries + l->entry_count && e->bc->kind == first->bc->kind; e++)
		if (first_of(l, e) == first)
			need_ns +=
			    RUN_LAUNCHES_MIN *
			    (e->last_cell_ns + window_ns * schedule_slots(window_ns, l->slots));
	/* The others want their turns meanwhile. */
	return need_ns * 2 <= run_loop_time_left(l);
}

/* The next length is the case's from now on. */
static void grow_window(struct run_loop *l, struct run_entry *e)
{
	uint64_t next_ns;
	size_t next = 0;

	while (next + 1 < sizeof(lengths_ns) / sizeof(lengths_ns[0]) &&
	       lengths_ns[next] <= e->window_ns)
		next++;
	next_ns = quota_whole_periods(l->period_ns, lengths_ns[next]);
	if (!time_to_grow(l, e, next_ns)) {
		run_loop_series(l, e, 0)->window.how = WINDOW_SENSITIVE;
		e->look.longer_ns = 0;
		e->look.cut = true;
		return;
	}
	set_window(l, e, next_ns);
	e->look = (struct window_look){
	    .grown = true, .longer_ns = e->window_ns < long_ns(l) ? long_ns(l) : 0};
	run_loop_series(l, e, 0)->window.how = WINDOW_SENSITIVE;
}

/* Ten looks, and still not known: the noise is larger than what the window may do. */
static void settle_for(struct run_loop *l, struct run_entry *e)
{
	const struct window_look *look = &e->look;
	double sum = 0.0;

	for (unsigned i = 0; i < look->count; i++)
		sum += log(look->longer[i] / look->shorter[i]);
	if (fabs(sum / look->count) > log1p(WINDOW_MARGIN)) {
		grow_window(l, e);
		return;
	}
	e->look.longer_ns = 0;
	if (!e->look.grown)
		run_loop_series(l, e, 0)->window.how = WINDOW_UNSETTLED;
}

/* All who go by it have begun, or will. */
static int tell_others(struct run_loop *l, struct run_entry *first)
{
	int ret = tell(l, first, first);

	for (struct run_entry *e = first + 1;
	     !ret && e < l->entries + l->entry_count && e->bc->kind == first->bc->kind; e++) {
		if (!e->launches || first_of(l, e) != first)
			continue;
		if (e->window_ns != first->window_ns)
			set_window(l, e, first->window_ns);
		ret = tell(l, first, e);
	}
	return ret;
}

int run_window_note(struct run_loop *l, struct run_entry *e)
{
	struct window_look *look = &e->look;
	enum equivalence found;
	double shorter, longer;
	unsigned trials;
	int ret;

	if (!look->longer_ns) {
		const struct series *s = run_loop_series(l, e, 0);

		/* Whoever was to look has failed: the next one does. */
		if (s->window.how == WINDOW_UNJUDGED && first_of(l, e) == e &&
		    strcmp(s->window.of, s->name) != 0)
			begin_to_look(l, e);
		return 0;
	}
	l->looks_ns += look->longer_ns;
	ret = launch_figure(run_loop_series(l, e, 0), e->launches - 1, &shorter, &trials);
	/* A launch that finished no operation: no ratio can be had. */
	if (ret == -ENODATA || (!ret && (shorter <= 0.0 || !longer_figure(l, e, &longer)))) {
		if (++look->silent == WINDOW_LOOKS_MAX || !time_for_a_look(l))
			look->longer_ns = 0;
		return 0;
	}
	if (ret)
		return ret;
	look->shorter[look->count] = shorter;
	look->longer[look->count++] = longer;
	ret = judge(l, e, &found);
	if (ret)
		return ret;
	if (found == EQUIVALENCE_HOLDS)
		look->longer_ns = 0;
	else if (found == EQUIVALENCE_FAILS)
		grow_window(l, e);
	else if (look->count == WINDOW_LOOKS_MAX)
		settle_for(l, e);
	if (look->longer_ns && !time_for_a_look(l)) {
		look->longer_ns = 0;
		look->cut = true;
	}
	if (!look->cut)
		ret = make_known(l, e);
	return ret ? ret : tell_others(l, e);
}

int run_window_end(struct run_loop *l)
{
	int ret = 0;

	for (struct run_entry *e = l->entries; !ret && e < l->entries + l->entry_count; e++) {
		if (!e->grown_from_ns || failed(l, e) ||
		    e->launches - e->set_aside >= RUN_LAUNCHES_MIN)
			continue;
		set_window(l, e, e->grown_from_ns);
		e->set_aside = 0;
		for (unsigned i = 0; !ret && i < e->figures; i++) {
			run_loop_series(l, e, i)->window.how = WINDOW_SENSITIVE;
			ret = journal_series(l->journal, run_loop_series(l, e, i));
		}
	}
	return ret;
}
