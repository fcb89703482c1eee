/* run_plan.c - which cases a run measures. */
#include "harness/cmd/run_session.h"

#include "harness/cmd/cmd.h"
#include "harness/work/declare.h"

#include <errno.h>
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

static int pick_cases(struct session *s)
{
	char err[600];
	int ret;

	if (selection_cases(&s->here, &s->o.what, &s->chosen, err, sizeof(err)) != 0)
		return complain("run", "%s", err);
	ret = add_needed(s);
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

int session_plan(struct session *s)
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
	if (ret)
		return complain("run", "%s", err);
	return pick_cases(s);
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
