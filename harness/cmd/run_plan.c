/* run_plan.c - which cases a run measures. */
#include "harness/cmd/run_session.h"

#include "harness/base/clock.h"
#include "harness/base/text.h"
#include "harness/cell/pick.h"
#include "harness/cell/schedule.h"
#include "harness/cmd/cmd.h"
#include "harness/work/declare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int declare(struct session *s, const struct bench_case *bc, int figure, const char *suffix)
{
	struct run_entry e = {.bc = bc};
	const int ret = declare_case(&s->run, bc, figure, suffix, &e.series, &e.figures);

	if (ret == -ENAMETOOLONG)
		return complain("run", "%s: name too long", bc->name);
	if (ret)
		return complain("run", "out of memory");
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

/* Whose figure is @bc given? Return: 1 with @out; 0 nobody's; EXIT_USAGE after a line. */
static int needed_by(const struct session *s, const struct bench_case *bc, struct bench_case *out)
{
	const struct cb_kind *self = bc->kind->self;
	char name[CASE_NAME_MAX], err[400];

	if (bc->unsupported[0] || !self->depends || !self->depends(&bc->pub, name, sizeof(name)))
		return 0;
	/* Its whole name is what the others are known by. */
	if (case_parse(&s->here.registry, &s->here.host, name, out, NULL, err, sizeof(err)) != 0)
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

/* As --time-budget takes it: whole seconds, or minutes; not less. */
static char *budget_word(uint64_t ns, char *buf, size_t len)
{
	const uint64_t s = (ns + CLOCK_NS_PER_S - 1) / CLOCK_NS_PER_S;

	if (s < 120)
		(void)snprintf(buf, len, "%" PRIu64 "s", s);
	else
		(void)snprintf(buf, len, "%" PRIu64 "m", (s + 59) / 60);
	return buf;
}

/* What every case is to get at least. */
static struct pick_plan least_plan(const struct session *s)
{
	const bool all =
	    s->o.rounds < RUN_LAUNCHES_MIN || (s->o.rounds_given && s->o.precision <= 0.0);
	const unsigned launches = all ? s->o.rounds : RUN_LAUNCHES_MIN;

	return (struct pick_plan){.launches = launches * (s->o.aa ? 2 : 1),
	    .slots = s->o.slots,
	    .slot_ns = s->o.slot_ns,
	    .windows = &s->windows};
}

static uint64_t needed_ns(const struct session *s, const struct pick_plan *plan)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < s->chosen.cases.count; i++)
		ns += pick_needs_ns(&s->chosen.cases.item[i], plan);
	/* Of the budget the rounds have a share. */
	return s->o.budget_ns && ns
		   ? (uint64_t)((double)ns * (double)s->o.budget_ns /
				(double)schedule_rounds_budget(s->o.budget_ns, s->o.counters))
		   : ns;
}

static int leave_out(struct session *s, const struct pick_plan *plan)
{
	struct selected *all = &s->chosen;
	const size_t count = all->cases.count;
	const uint64_t whole_ns = needed_ns(s, plan);
	bool *keep = calloc(count + 1, sizeof(*keep));
	char budget[TEXT_FORMAT_MAX], whole[32];
	const char *question = "";
	size_t kept = 0;

	if (!keep || pick_cases(&all->cases, &s->here.host, plan,
			 schedule_rounds_budget(s->o.budget_ns, s->o.counters), keep) != 0) {
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
	    "%zu of %zu cases of profile %s are left out, as %s are enough for %u launches of the "
	    "others only; all of them: --time-budget %s; all of one question: concbench run %s",
	    count - kept, count, profile_name(s->o.what.profile),
	    text_format_duration(s->o.budget_ns, budget, sizeof(budget)), plan->launches,
	    budget_word(whole_ns, whole, sizeof(whole)), question);
	(void)complain("run", "%s", s->left_out);
	return manifest_add(&s->run.manifest, "run.left_out", s->left_out)
		   ? complain("run", "out of memory")
		   : 0;
}

/* A profile is cut down to what there is time for; what somebody has named is not. */
static int fit_budget(struct session *s)
{
	const struct selection *what = &s->o.what;
	const struct pick_plan plan = least_plan(s);

	if (s->o.in_process || s->chosen.named || what->filter ||
	    needed_ns(s, &plan) <= s->o.budget_ns)
		return 0;
	return leave_out(s, &plan);
}

/* Before it starts, since afterwards the time is gone. */
static void tell_short_budget(const struct session *s)
{
	const struct pick_plan plan = least_plan(s);
	const uint64_t ns = needed_ns(s, &plan);
	char budget[TEXT_FORMAT_MAX], whole[32];

	if (s->o.in_process || ns <= s->o.budget_ns)
		return;
	(void)complain("run",
	    "the time budget of %s is too short for %u launches of each of %zu cases, which take "
	    "about %s; accepted: --time-budget %s, or fewer cases",
	    text_format_duration(s->o.budget_ns, budget, sizeof(budget)), plan.launches,
	    s->chosen.cases.count, budget_word(ns, whole, sizeof(whole)), whole);
}

int session_plan(struct session *s)
{
	char err[600];
	int ret;

	if (selection_cases(&s->here, &s->o.what, &s->chosen, err, sizeof(err)) != 0)
		return complain("run", "%s", err);
	ret = fit_budget(s);
	if (!ret)
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
	if (!ret)
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
		if (series->status == STATUS_UNSUPPORTED && s->o.names_only)
			continue;
		if (series->status == STATUS_UNSUPPORTED)
			(void)printf("%s  (unsupported: %s)\n", series->name, series->reason);
		else
			(void)printf("%s\n", series->name);
	}
	return fflush(stdout) == 0 ? 0 : complain("run", "stdout: %s", strerror(errno));
}
