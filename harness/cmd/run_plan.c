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

/* A case that is given another's figure brings that one along. Cases are added while the list is
 * walked: what they depend on comes as well. */
static int add_needed(struct session *s)
{
	for (size_t i = 0; i < s->chosen.cases.count; i++) {
		const struct bench_case *bc = &s->chosen.cases.item[i];
		const struct cb_kind *self = bc->kind->self;
		char name[CASE_NAME_MAX], err[400];
		struct bench_case needed;
		int ret, *grown;

		if (bc->unsupported[0] || !self->depends ||
		    !self->depends(&bc->pub, name, sizeof(name)) ||
		    case_list_find(&s->chosen.cases, name))
			continue;
		ret = case_parse(
		    &s->here.registry, &s->here.host, name, &needed, NULL, err, sizeof(err));
		if (ret)
			return complain("run", "%s depends on %s", bc->name, err);
		grown = reallocarray(s->chosen.figure, s->chosen.cases.count + 1, sizeof(*grown));
		if (!grown || case_list_add(&s->chosen.cases, &needed) != 0)
			return complain("run", "out of memory");
		s->chosen.figure = grown;
		grown[s->chosen.cases.count - 1] = -1;
	}
	return 0;
}

static void link_needed(struct session *s)
{
	for (size_t i = 0; i < s->entry_count; i++) {
		const struct bench_case *bc = s->entries[i].bc;
		char name[CASE_NAME_MAX];

		if (bc->kind->self->depends &&
		    bc->kind->self->depends(&bc->pub, name, sizeof(name)))
			s->entries[i].needs = find_entry(s, name);
	}
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

		ret = declare(s, bc, s->chosen.figure[i], s->o.aa ? "/aa:a" : "");
		if (!ret && s->o.aa)
			ret = declare(s, bc, s->chosen.figure[i], "/aa:b");
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
