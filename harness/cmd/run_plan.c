/* run_plan.c - which cases a run measures. */
#include "harness/cmd/run_session.h"

#include "harness/base/clock.h"
#include "harness/base/text.h"
#include "harness/cell/pick.h"
#include "harness/cell/run_window.h"
#include "harness/cell/schedule.h"
#include "harness/cmd/cmd.h"
#include "harness/work/declare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A gate against a stored run says what that run's case was given: nothing else is as heavy a load.
 * NULL: nothing is said. */
static const struct run_given *given_to(const struct session *s, const struct bench_case *bc)
{
	const struct window_known *known =
	    bc->depends[0] && s->windows.count ? windows_find(&s->windows, bc->name) : NULL;

	return known && known->given.of[0] ? &known->given : NULL;
}

static int declare(struct session *s, const struct bench_case *bc, int figure, const char *suffix)
{
	const struct run_given *given = given_to(s, bc);
	struct run_entry e = {.bc = bc};
	const int ret = declare_case(&s->run, bc, figure, suffix, &e.series, &e.figures);

	if (ret == -ENAMETOOLONG)
		return complain("run", "%s: name too long", bc->name);
	if (ret)
		return complain("run", "out of memory");
	for (unsigned i = 0; given && i < e.figures; i++) {
		s->run.series[e.series + i].given = *given;
		e.given = given->figure;
	}
	if (!bc->unsupported[0])
		s->entries[s->entry_count++] = e;
	return 0;
}

static struct run_entry *find_entry(const struct session *s, const char *name)
{
	for (size_t i = 0; i < s->entry_count; i++)
		if (strcmp(s->entries[i].bc->name, name) == 0)
			return &s->entries[i];
	return NULL;
}

/* Whose figure is to be measured for @bc? Return: 1 with @out; 0 nobody's; EXIT_USAGE after a line.
 */
static int needed_by(const struct session *s, const struct bench_case *bc, struct bench_case *out)
{
	char err[400];

	if (!bc->depends[0] || given_to(s, bc))
		return 0;
	/* Its whole name is what the others are known by. */
	if (case_parse(
		&s->here.registry, &s->here.host, bc->depends, out, NULL, err, sizeof(err)) != 0)
		return complain("run", "%s depends on %s", bc->name, err);
	return 1;
}

/* A case that is given another's figure brings that one along, whole: it is the first of several
 * that is given. Cases are added while the list is walked: what they depend on comes as well. */
static int add_needed(struct session *s)
{
	for (size_t i = 0; i < s->chosen.cases.count; i++) {
		const struct case_list *cases = &s->chosen.cases;
		struct bench_case needed;
		size_t at = 0;
		int ret = needed_by(s, &cases->item[i], &needed), *grown;

		if (ret == EXIT_USAGE)
			return ret;
		if (!ret)
			continue;
		while (at < cases->count && strcmp(cases->item[at].name, needed.name) != 0)
			at++;
		grown = reallocarray(s->chosen.figure, cases->count + 1, sizeof(*grown));
		if (!grown)
			return complain("run", "out of memory");
		s->chosen.figure = grown;
		if (at == cases->count && case_list_add(&s->chosen.cases, &needed) != 0)
			return complain("run", "out of memory");
		grown[at] = -1;
	}
	return 0;
}

/* Entries whose figure will never be there do not begin. Return: true when there was one. */
static bool drop_without_needed(struct session *s)
{
	size_t kept = 0;
	bool dropped;

	for (size_t i = 0; i < s->entry_count; i++) {
		const struct run_entry e = s->entries[i];
		struct bench_case needed;

		if (needed_by(s, e.bc, &needed) != 1 || find_entry(s, needed.name)) {
			s->entries[kept++] = e;
			continue;
		}
		for (unsigned f = 0; f < e.figures; f++) {
			struct series *series = &s->run.series[e.series + f];

			series->status = STATUS_UNSUPPORTED;
			(void)snprintf(series->reason, sizeof(series->reason),
			    "it needs the figure of %.100s, which is unsupported%s%.80s",
			    needed.name, needed.unsupported[0] ? ": " : "", needed.unsupported);
		}
	}
	dropped = kept < s->entry_count;
	s->entry_count = kept;
	return dropped;
}

static void link_needed(struct session *s)
{
	struct bench_case needed;

	while (drop_without_needed(s))
		;
	for (size_t i = 0; i < s->entry_count; i++)
		if (needed_by(s, s->entries[i].bc, &needed) == 1)
			s->entries[i].needs = find_entry(s, needed.name);
}

/* ---- what the budget is enough for ---- */

/* A profile's cases get so many, the fewest whose least and greatest enclose the median with 95 %
 * (1 - 2 / 2^6). There is a figure of five, too, which covers less. */
#define PROFILE_LAUNCHES 6

/* What every case is to get at least, which is @least unless fewer were asked for, or all of them.
 */
static struct pick_plan least_plan(const struct session *s, unsigned least)
{
	const bool all = s->o.rounds < least || (s->o.rounds_given && s->o.precision <= 0.0);
	const unsigned launches = all ? s->o.rounds : least;

	return (struct pick_plan){.launches = launches * (s->o.aa ? 2 : 1),
	    .slots = s->o.slots,
	    .slot_ns = s->o.slot_ns,
	    .windows = &s->windows};
}

static uint64_t launches_ns(const struct session *s, const struct pick_plan *plan)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < s->chosen.cases.count; i++)
		ns += pick_needs_ns(&s->chosen.cases.item[i], plan);
	return ns;
}

/* What finding out about windows takes of @rounds_ns. */
static uint64_t looks_ns(const struct session *s, uint64_t rounds_ns)
{
	return s->o.aa || s->o.slot_ns
		   ? 0
		   : run_window_looks_ns(&s->chosen.cases, &s->windows, s->o.rounds, rounds_ns);
}

/* Of a budget the rounds have a share. Return: one whose share is @rounds_ns. */
static uint64_t budget_for(const struct session *s, uint64_t rounds_ns)
{
	return s->o.budget_ns && rounds_ns
		   ? (uint64_t)((double)rounds_ns * (double)s->o.budget_ns /
				(double)schedule_rounds_budget(s->o.budget_ns, s->o.counters))
		   : rounds_ns;
}

/* What looks leave of the rounds' time. */
static uint64_t time_for_launches_ns(const struct session *s, uint64_t budget_ns)
{
	const uint64_t rounds_ns = schedule_rounds_budget(budget_ns, s->o.counters);

	return rounds_ns - looks_ns(s, rounds_ns);
}

/* @buf: a --time-budget that is enough for all chosen cases, looks included. */
static char *whole_budget(
    const struct session *s, const struct pick_plan *plan, char *buf, size_t len)
{
	const uint64_t all_ns = launches_ns(s, plan);
	/* With as many looks as there may be. */
	const uint64_t most_ns = all_ns + all_ns / (RUN_WINDOW_LOOKS_SHARE - 1);
	uint64_t said_ns;

	(void)text_format_budget(budget_for(s, all_ns + looks_ns(s, most_ns)), buf, len);
	/* What is added by rounding it may be what makes looks possible. */
	if (text_parse_duration_ns(buf, &said_ns) != 0 || time_for_launches_ns(s, said_ns) < all_ns)
		(void)text_format_budget(budget_for(s, most_ns), buf, len);
	return buf;
}

/* Do these cases have the time for their launches? Return: 1; 0; -ENOMEM. */
static int fits(struct session *s, const struct pick_plan *plan, const bool *keep)
{
	const struct case_list all = s->chosen.cases;
	struct case_list kept = {0};
	int ret = 0;

	for (size_t i = 0; !ret && i < all.count; i++)
		ret = keep[i] ? case_list_add(&kept, &all.item[i]) : 0;
	s->chosen.cases = kept;
	if (!ret)
		ret = launches_ns(s, plan) <= time_for_launches_ns(s, s->o.budget_ns);
	s->chosen.cases = all;
	case_list_free(&kept);
	return ret;
}

/* For many cases there may be no time to look at windows, and for the few that are kept there is:
 * then these leave room for it. Return: 0; -ENOMEM. */
static int pick_fitting(struct session *s, const struct pick_plan *plan, bool *keep)
{
	const uint64_t rounds_ns = schedule_rounds_budget(s->o.budget_ns, s->o.counters);
	int ret = pick_cases(
	    &s->chosen.cases, &s->here.host, plan, time_for_launches_ns(s, s->o.budget_ns), keep);

	if (!ret)
		ret = fits(s, plan, keep);
	if (ret)
		return ret < 0 ? ret : 0;
	return pick_cases(&s->chosen.cases, &s->here.host, plan,
	    rounds_ns - rounds_ns / RUN_WINDOW_LOOKS_SHARE, keep);
}

static int leave_out(struct session *s, const struct pick_plan *plan)
{
	struct selected *all = &s->chosen;
	const size_t count = all->cases.count;
	bool *keep = calloc(count + 1, sizeof(*keep));
	char budget[TEXT_FORMAT_MAX], whole[32];
	const char *question = "";
	size_t kept = 0;

	(void)whole_budget(s, plan, whole, sizeof(whole));
	if (!keep || pick_fitting(s, plan, keep) != 0) {
		free(keep);
		return complain("run", "out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		if (!keep[i]) {
			question = all->cases.item[i].kind->family->plural;
			continue;
		}
		all->cases.item[kept] = all->cases.item[i];
		all->figure[kept++] = all->figure[i];
	}
	free(keep);
	all->cases.count = kept;
	if (kept == count)
		return 0;
	(void)snprintf(s->left_out, sizeof(s->left_out),
	    "%zu of %zu cases of profile %s are left out: a time budget of %s covers %u launches "
	    "of "
	    "each of the others; all of them: --time-budget %s; all of one question: concbench run "
	    "%s",
	    count - kept, count, profile_name(s->o.what.profile),
	    text_format_duration(s->o.budget_ns, budget, sizeof(budget)), plan->launches, whole,
	    question);
	(void)complain("run", "%s", s->left_out);
	return manifest_add(&s->run.manifest, "run.left_out", s->left_out)
		   ? complain("run", "out of memory")
		   : 0;
}

/* A profile is cut down to what there is time for; what somebody has named is not. */
static int fit_budget(struct session *s)
{
	const struct selection *what = &s->o.what;
	const struct pick_plan plan = least_plan(s, PROFILE_LAUNCHES);

	if (s->o.in_process || s->chosen.named || what->filter ||
	    launches_ns(s, &plan) <= time_for_launches_ns(s, s->o.budget_ns))
		return 0;
	return leave_out(s, &plan);
}

/* Before it starts, since afterwards the time is gone. */
static void tell_short_budget(const struct session *s)
{
	const struct pick_plan plan = least_plan(s, RUN_LAUNCHES_MIN);
	char budget[TEXT_FORMAT_MAX], whole[32];

	if (s->o.in_process || launches_ns(s, &plan) <= time_for_launches_ns(s, s->o.budget_ns))
		return;
	(void)whole_budget(s, &plan, whole, sizeof(whole));
	(void)complain("run",
	    "the time budget of %s is too short for %u launches of each of %zu cases; accepted: "
	    "--time-budget %s, or fewer cases",
	    text_format_duration(s->o.budget_ns, budget, sizeof(budget)), plan.launches,
	    s->chosen.cases.count, whole);
}

int session_plan(struct session *s)
{
	char err[600];
	int ret;

	if (selection_cases(&s->here, &s->o.what, &s->chosen, err, sizeof(err)) != 0)
		return complain("run", "%s", err);
	ret = fit_budget(s);
	/* In process there is one case, and what it is given is measured by cells. */
	if (!ret && !s->o.in_process)
		ret = add_needed(s);
	if (!ret)
		tell_short_budget(s);
	s->entries = calloc(s->chosen.cases.count * 2 + 1, sizeof(*s->entries));
	if (!ret && !s->entries)
		ret = complain("run", "out of memory");
	for (size_t i = 0; !ret && i < s->chosen.cases.count; i++) {
		const struct bench_case *bc = &s->chosen.cases.item[i];

		ret = declare(s, bc, s->chosen.figure[i], s->o.aa ? RUN_PAIR_PART "a" : "");
		if (!ret && s->o.aa)
			ret = declare(s, bc, s->chosen.figure[i], RUN_PAIR_PART "b");
	}
	if (!ret && !s->o.in_process)
		link_needed(s);
	return ret;
}

int session_open(struct session *s)
{
	char err[700] = "";
	int ret;

	/* This very file, also when a build puts another one in its place during the run. */
	(void)snprintf(s->exe, sizeof(s->exe), "/proc/%ld/exe", (long)getpid());
	if (access(s->exe, X_OK) != 0)
		return complain("run", "%s: %s", s->exe, strerror(errno));
	ret = topology_discover(&s->topo, err, sizeof(err));
	if (ret)
		return complain("run", "%s", err);
	ret = catalogue_here_open(&s->here, s->topo, &s->o.what, err, sizeof(err));
	return ret ? complain("run", "%s", err) : 0;
}

int session_print_list(const struct session *s)
{
	for (size_t i = 0; i < s->run.series_count; i++) {
		const struct series *series = &s->run.series[i];

		/* Google Benchmark's flag gives what a filter can be made of. */
		if (series->status != STATUS_NOT_RUN && s->o.names_only)
			continue;
		if (series->status != STATUS_NOT_RUN)
			(void)printf("%s  (%s: %s)\n", series->name, status_name(series->status),
			    series->reason);
		else
			(void)printf("%s\n", series->name);
	}
	return fflush(stdout) == 0 ? 0 : complain("run", "stdout: %s", strerror(errno));
}
