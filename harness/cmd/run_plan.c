/* run_plan.c - which cases a run measures. */
#include "harness/cmd/run_session.h"

#include "harness/run/case_filter.h"
#include "harness/cmd/cmd.h"
#include "harness/work/machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int session_complain(const char *format, ...)
{
	va_list args;

	(void)fputs("concbench run: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return EXIT_USAGE;
}

static int add_entry(struct session *s, const struct bench_case *bc, const char *suffix)
{
	char name[CASE_NAME_MAX];
	struct series *series;

	if (snprintf(name, sizeof(name), "%s%s", bc->name, suffix) >= (int)sizeof(name))
		return session_complain("%s: name too long", bc->name);
	series = run_add_series(&s->run, name);
	if (!series)
		return session_complain("out of memory");
	series->workers = bc->workers;
	series->status = STATUS_NOT_RUN;
	(void)snprintf(series->model, sizeof(series->model), "%s", model_name(bc->model));
	(void)snprintf(series->place, sizeof(series->place), "%s", bc->place.text);
	case_hash(bc, series->hash);
	if (bc->workload) {
		(void)snprintf(series->op, sizeof(series->op), "%s", bc->workload->op);
		(void)snprintf(series->latency_of, sizeof(series->latency_of), "%s",
		    bc->workload->latency_of ? bc->workload->latency_of : "");
	}
	if (bc->unsupported[0] || !bc->workload) {
		series->status = STATUS_UNSUPPORTED;
		(void)snprintf(series->reason, sizeof(series->reason), "%s", bc->unsupported);
		return 0;
	}
	s->entries[s->entry_count++] =
	    (struct run_entry){.bc = bc, .series = s->run.series_count - 1};
	return 0;
}

static int pick_cases(struct session *s)
{
	struct case_filter filter;
	size_t matched = 0;
	char err[200];
	int ret = 0;

	if (case_filter_compile(&filter, s->o.filter, err, sizeof(err)) != 0)
		return session_complain("--filter: %s", err);
	s->entries = calloc(s->cases.count * 2 + 1, sizeof(*s->entries));
	if (!s->entries)
		ret = session_complain("out of memory");
	for (size_t i = 0; !ret && i < s->cases.count; i++) {
		const struct bench_case *bc = &s->cases.item[i];

		if (!case_filter_matches(&filter, bc->name))
			continue;
		matched++;
		ret = add_entry(s, bc, s->o.aa ? "/aa:a" : "");
		if (!ret && s->o.aa)
			ret = add_entry(s, bc, "/aa:b");
	}
	if (!ret && !matched)
		ret = session_complain(
		    "--filter: '%s' matches no case of profile %s; see concbench run --list",
		    s->o.filter ? s->o.filter : "", profile_name(s->o.profile));
	case_filter_free(&filter);
	return ret;
}

int session_plan(struct session *s)
{
	char err[256] = "";
	int ret;

	/* This very file, also when a build puts another one in its place during the run. */
	(void)snprintf(s->exe, sizeof(s->exe), "/proc/%ld/exe", (long)getpid());
	if (access(s->exe, X_OK) != 0)
		return session_complain("%s: %s", s->exe, strerror(errno));
	ret = topology_discover(&s->topo, err, sizeof(err));
	if (ret)
		return session_complain("%s", err);
	machine_describe(&s->machine, s->topo, s->o.profile);
	s->machine.workers = s->o.workers;
	s->machine.worker_counts = s->o.worker_counts;
	s->machine.place = s->o.place_given ? &s->o.place : NULL;
	ret = case_list_all(&s->cases, &s->machine);
	if (ret)
		return session_complain("the list of cases: %s", strerror(-ret));
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
	return fflush(stdout) == 0 ? 0 : session_complain("stdout: %s", strerror(errno));
}
