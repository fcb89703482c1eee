/* cmd_run.c - `concbench run`: what to measure, where to keep it, what to say at the end. */
#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/interrupt.h"
#include "harness/cell/cell.h"
#include "harness/cell/given.h"
#include "harness/cell/supervise.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/conclude.h"
#include "harness/cmd/preflight.h"
#include "harness/cmd/run_session.h"
#include "harness/history/machine_class.h"
#include <concbench/gbench.h>
#include "harness/machine/build_info.h"
#include "harness/machine/counters.h"
#include "harness/machine/quota.h"
#include "harness/machine/topology_draw.h"
#include "harness/report/again.h"
#include "harness/report/report.h"
#include "harness/report/table.h"
#include "harness/run/result.h"
#include "harness/run/run_csv.h"
#include "harness/run/run_folder.h"
#include "harness/stats/warm_up.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- in process ---- */

#define IN_PROCESS_SLOTS 10u

/* What it depends on is measured by cells: only the case itself is to be looked at here. */
static int give_in_process(struct session *s, const struct bench_case *bc, double *given)
{
	const struct cell_spec spec = {
	    .exe = s->exe,
	    .modules = module_list_words(&s->here.modules),
	    .allowed = topology_allowed_list(s->topo),
	    .seed = s->o.seed,
	    .stderr_fd = STDERR_FILENO,
	    .ready_within_ns = s->o.cell_timeout_ns,
	    .turn_within_ns = s->o.cell_timeout_ns,
	};
	struct run_given found;
	char why[REASON_MAX] = "", figure[RUN_GIVEN_MAX];
	const int ret =
	    bc->depends[0] ? given_find(&spec, bc->depends, &found, why, sizeof(why)) : 0;

	if (ret)
		return complain("run", "%s: %s", bc->name, why[0] ? why : strerror(-ret));
	if (bc->depends[0])
		(void)fprintf(stderr, "concbench run: given %s, the figure of %s\n",
		    run_given_format(&found, figure, sizeof(figure)), found.of);
	*given = bc->depends[0] ? found.figure : 0.0;
	return 0;
}

static int run_in_process(struct session *s)
{
	/* A debugger's run does not go on until it is precise. */
	const unsigned repetitions =
	    s->o.rounds_given || s->o.rounds < IN_PROCESS_SLOTS ? s->o.rounds : IN_PROCESS_SLOTS;
	static char name[] = "concbench", *no_flags[] = {name, NULL};
	int none = 1, ret;
	struct cell_options cell = {
	    .topo = s->topo, .slots = repetitions, .slot_ns = s->o.slot_ns, .seed = s->o.seed};

	if (s->run.series_count == 1 && !s->entry_count)
		return complain("run", "%s: %s", s->run.series[0].name, s->run.series[0].reason);
	if (s->entry_count != 1)
		return complain("run",
		    "--in-process runs one case; --filter picks %zu that can run", s->entry_count);
	cell.bc = s->entries[0].bc;
	ret = give_in_process(s, cell.bc, &cell.given);
	if (ret)
		return ret;
	if (gbench_initialize(s->o.gbench_argc ? &s->o.gbench_argc : &none,
		s->o.gbench_argc ? s->o.gbench_argv : no_flags) != 0)
		return complain("run", "out of memory");
	for (size_t i = 0; i < s->run.manifest.count; i++)
		if (gbench_add_context(
			s->run.manifest.items[i].key, s->run.manifest.items[i].value) != 0)
			return complain("run", "out of memory");
	if (cell_run_here(&cell) != 0) {
		/* Its workers may be stuck: leave without waiting for them. */
		(void)fflush(NULL);
		_exit(EXIT_CASE_FAILED);
	}
	return 0;
}

/* ---- where to keep it ---- */

static void note_command(struct run *run, const struct option_list *typed)
{
	size_t used = 0;

	used += (size_t)snprintf(run->command, sizeof(run->command), "concbench");
	for (size_t i = 0; i < typed->count && used < sizeof(run->command); i++) {
		int n = snprintf(
		    run->command + used, sizeof(run->command) - used, " %s", typed->item[i]);

		if (n < 0)
			break;
		used += (size_t)n;
	}
}

static int describe_run(struct session *s)
{
	const time_t now = time(NULL);
	struct tm utc;
	int ret = manifest_collect(&s->run.manifest);

	if (!ret)
		ret = build_info_manifest(&s->run.manifest);
	if (!ret)
		ret = add_topology(&s->run.manifest, s->topo);
	if (!ret)
		ret = manifest_addf(
		    &s->run.manifest, "run.timer_slack_ns", "%d", cell_set_timer_slack());
	for (size_t i = 0; !ret && i < s->here.modules.count; i++) {
		const struct module *m = &s->here.modules.item[i];
		char key[32];

		(void)snprintf(key, sizeof(key), "module.%zu", i + 1);
		ret = manifest_addf(&s->run.manifest, key, "%s, %s", m->spec, m->id);
	}
	for (size_t i = 0; !ret && i < s->o.context.count; i++) {
		/* What the run itself says decides what it may be compared with. */
		if (manifest_get(&s->run.manifest, s->o.context.items[i].key))
			return complain("run",
			    "--benchmark_context: '%s' is a fact of this run, accepted: other keys",
			    s->o.context.items[i].key);
		ret = manifest_add(
		    &s->run.manifest, s->o.context.items[i].key, s->o.context.items[i].value);
	}
	if (ret)
		return complain("run", "out of memory");
	if (!gmtime_r(&now, &utc) ||
	    !strftime(s->run.date, sizeof(s->run.date), "%Y-%m-%dT%H:%M:%SZ", &utc))
		return complain("run", "the date cannot be written");
	if (manifest_addf(&s->run.manifest, "run.precision_pct", "%.6g", 100 * s->o.precision) ||
	    manifest_addf(&s->run.manifest, "run.warm_up",
		"leading trials further than %g scaled MAD from the median of the rest, at most "
		"half; of fewer than %d trials the first",
		WARM_UP_DEVIATIONS, WARM_UP_JUDGED_MIN))
		return complain("run", "out of memory");
	if (s->o.slot_ns &&
	    manifest_addf(&s->run.manifest, AGAIN_SLOT_KEY, "%" PRIu64, s->o.slot_ns))
		return complain("run", "out of memory");
	s->run.seed = s->o.seed;
	(void)snprintf(
	    s->run.profile, sizeof(s->run.profile), "%s", profile_name(s->o.what.profile));
	return 0;
}

static int open_folder(struct session *s)
{
	char path[PATH_LEN + 32];
	int ret = run_folder_create(s->o.results_dir, time(NULL), s->run.id, sizeof(s->run.id),
	    s->folder, sizeof(s->folder));

	if (ret)
		return complain("run", "--results: %s: %s", s->o.results_dir, strerror(-ret));
	(void)snprintf(s->xml, sizeof(s->xml), "%s/topology.xml", s->folder);
	ret = topology_write_xml(s->topo, s->xml);
	if (ret)
		return complain("run", "%s: %s", s->xml, strerror(-ret));
	(void)snprintf(path, sizeof(path), "%s/cells.log", s->folder);
	s->stderr_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (s->stderr_fd < 0)
		return complain("run", "%s: %s", path, strerror(errno));
	(void)snprintf(path, sizeof(path), "%s/journal.jsonl", s->folder);
	ret = journal_create(path, &s->journal);
	if (!ret)
		ret = journal_run(s->journal, &s->run);
	for (size_t i = 0; !ret && i < s->run.series_count; i++)
		ret = journal_series(s->journal, &s->run.series[i]);
	return ret ? complain("run", "%s: %s", path, strerror(-ret)) : 0;
}

/* ---- measuring ---- */

static void windows_path(const struct session *s, char *path, size_t len)
{
	(void)snprintf(path, len, "%s/%s", s->o.results_dir, WINDOWS_FILE);
}

static int read_windows(struct session *s)
{
	char path[PATH_LEN + 32], machine[MACHINE_CLASS_LEN], err[200] = "";
	int ret;

	windows_path(s, path, sizeof(path));
	machine_class(&s->run.manifest, machine);
	if (s->o.new_windows || s->o.slot_ns || s->o.in_process)
		return 0;
	ret = windows_read(path, machine, &s->windows, err, sizeof(err));
	return ret ? complain("run", "%s: %s; without that file they are found again", path,
			 err[0] ? err : strerror(-ret))
		   : 0;
}

/* Without it the next run finds them anew, and may end with others: no reason to lose this one. */
static void write_windows(const struct session *s)
{
	char path[PATH_LEN + 32], machine[MACHINE_CLASS_LEN];
	int ret;

	if (!s->windows.count)
		return;
	windows_path(s, path, sizeof(path));
	machine_class(&s->run.manifest, machine);
	ret = windows_write(path, machine, &s->windows);
	if (ret)
		(void)complain("run", "%s: %s", path, strerror(-ret));
}

/*
 * Before the journal's head is written, which then says why there will be none; it is silent when a
 * pass for them is to come, so that a run that is killed before it does not claim to have any.
 * @note: for the run file, when there is to be a pass.
 */
static bool find_counters(struct session *s, char *note, size_t note_len)
{
	struct counters probe;
	int events;

	if (!s->o.counters) {
		(void)snprintf(s->run.counters_note, sizeof(s->run.counters_note),
		    "hardware counters: not asked for (--no-counters)");
		return false;
	}
	events = counters_open(&probe, note, note_len);
	counters_close(&probe);
	if (events <= 0)
		(void)snprintf(s->run.counters_note, sizeof(s->run.counters_note), "%s", note);
	else if (!note[0])
		(void)snprintf(note, note_len,
		    "hardware counters: %d events, in a pass of their own, never in a timed trial",
		    events);
	return events > 0;
}

static uint64_t quota_period_ns(void)
{
	struct quota q;

	quota_open(&q, "");
	quota_close(&q);
	return q.period_ns;
}

static int measure(struct session *s, bool counters)
{
	struct run_loop loop = {
	    .exe = s->exe,
	    .modules = module_list_words(&s->here.modules),
	    .topology_xml = s->xml,
	    .allowed = topology_allowed_list(s->topo),
	    .rounds = s->o.rounds,
	    .precision = s->o.precision,
	    .slots = s->o.slots,
	    .slot_ns = s->o.slot_ns,
	    .budget_ns = s->o.budget_ns,
	    .cell_timeout_ns = s->o.cell_timeout_ns,
	    .seed = s->o.seed,
	    .stderr_fd = s->stderr_fd,
	    .entries = s->entries,
	    .entry_count = s->entry_count,
	    .run = &s->run,
	    .journal = s->journal,
	    .counters = counters,
	    /* The two of a pair must not end with windows of different lengths. */
	    .choose_windows = !s->o.aa,
	    .period_ns = quota_period_ns(),
	    .windows = &s->windows,
	};
	const uint64_t begin_ns = clock_now_ns();
	int ret;

	progress_begin(&loop.progress, s->o.quiet);
	ret = run_loop_rounds(&loop);
	if (!ret && counters)
		ret = run_loop_counters(&loop);
	progress_end(&loop.progress);
	if (ret == CELL_NONE)
		(void)complain("run", "no case can be measured: %s", loop.why);
	s->run.elapsed_s = (double)(clock_now_ns() - begin_ns) / 1e9;
	s->run.interrupted = ret == -EINTR;
	return ret;
}

/* ---- the end ---- */

/* A/A: how many of the pairs agree, which is what their intervals promise. */
static void judge_aa(struct session *s)
{
	unsigned pairs = 0, agree = 0;

	for (size_t i = 0; i + 1 < s->entry_count; i += 2) {
		for (unsigned f = 0; f < s->entries[i].figures; f++) {
			const struct series *a = &s->run.series[s->entries[i].series + f];
			const struct series *b = &s->run.series[s->entries[i + 1].series + f];

			if (!status_has_figure(a->status) || !status_has_figure(b->status))
				continue;
			pairs++;
			agree +=
			    stats_intervals_overlap(&a->summary.figure, &b->summary.figure) != 0;
		}
	}
	if (!pairs)
		return;
	(void)manifest_addf(&s->run.manifest, "aa.pairs", "%u", pairs);
	(void)manifest_addf(&s->run.manifest, "aa.overlapping", "%u", agree);
	if (!s->o.quiet)
		(void)fprintf(s->o.format == FORMAT_CONSOLE ? stdout : stderr,
		    "A/A: the intervals of %u of %u pairs of equal cases overlap (%.1f %%)\n",
		    agree, pairs, 100.0 * agree / pairs);
}

static int write_copy(const struct run *run, const char *path, enum output_format format)
{
	int ret = format == FORMAT_CSV ? run_csv_write(run, path) : result_write(run, path);

	return ret ? complain("run", "%s: %s", path, strerror(-ret)) : 0;
}

/* Each part that can be saved is, whatever becomes of the others. */
static int save(struct session *s)
{
	char path[PATH_LEN + 32];
	int ret, status = 0;

	(void)snprintf(path, sizeof(path), "%s/run.json", s->folder);
	ret = journal_close(s->journal);
	s->journal = NULL;
	if (ret)
		status = complain("run", "%s/journal.jsonl: %s", s->folder, strerror(-ret));
	s->saved = write_copy(&s->run, path, FORMAT_JSON) == 0;
	if (s->saved)
		ret = run_folder_link_latest(s->o.results_dir, s->run.id);
	else
		status = EXIT_USAGE;
	if (s->saved && ret)
		status = complain("run", "%s/latest: %s", s->o.results_dir, strerror(-ret));
	if (s->o.out && write_copy(&s->run, s->o.out, s->o.out_format))
		status = EXIT_USAGE;
	return status;
}

/* After the table: charts take seconds, and whoever is in a hurry has the figures by then. */
static int draw(struct session *s)
{
	char err[256] = "";
	int ret, status = 0;

	if (s->saved && s->o.charts) {
		ret = report_write(&s->run, s->folder, NULL, err, sizeof(err));
		s->reported = ret == 0 || ret == 1;
		/* 1: the page is there, charts are missing: the run is worth no less for it. */
		if (ret == 1)
			(void)complain("run", "report without charts: %s", err);
		else if (ret)
			status = complain("run", "report: %s", err);
	}
	return status;
}

/* What came of --precision, or of a number of launches, for people. */
static void print_precision(const struct session *s)
{
	size_t figures = 0, reached = 0, cut = 0;

	for (size_t i = 0; i < s->run.series_count; i++) {
		const struct series *series = &s->run.series[i];

		if (!status_has_figure(series->status))
			continue;
		figures++;
		cut += series->stopped[0] != '\0';
		reached += series->summary.launches > STOPPING_MIN && !series->stopped[0];
	}
	if (s->o.precision > 0 && figures)
		(void)printf("Precision: %zu of %zu cases ended within +-%.3g %%%s\n", reached,
		    figures, 100 * s->o.precision,
		    reached == figures ? "" : "; the others when time or rounds were out, see +-");
	else if (cut)
		(void)printf("Launches: %zu of %zu cases have fewer than the %u asked for\n", cut,
		    figures, s->o.rounds);
}

static bool reader_gone(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

static int flushed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	/* Whoever read it has had enough: what a shell calls that, but after saving. */
	if (reader_gone())
		return 128 + SIGPIPE;
	return complain("run", "stdout: %s", strerror(errno));
}

static int print(const struct session *s)
{
	char *json = NULL;
	int ret = 0;

	switch (s->o.format) {
	case FORMAT_JSON:
		ret = result_format(&s->run, &json);
		if (!ret)
			(void)fputs(json, stdout);
		free(json);
		break;
	case FORMAT_CSV:
		ret = run_csv_print(&s->run, stdout);
		break;
	case FORMAT_CONSOLE:
		if (!s->o.quiet) {
			ret = table_print_run(
			    stdout, &s->run, !topology_draw_is_utf8(), s->o.above_floor);
			print_precision(s);
			if (s->run.interrupted)
				(void)printf("Interrupted: these are the launches until then.\n");
			(void)printf("%s\n", s->aa);
			if (s->saved)
				(void)printf("run:    %s/run.json\n"
					     "again:  concbench report --commands %s  (each row's "
					     "own command)\n",
				    s->folder, s->folder);
			if (build_info_sanitizer()[0])
				(void)printf(
				    "This build is instrumented (SAN=%s): its figures mean "
				    "nothing.\n",
				    build_info_sanitizer());
		}
		break;
	}
	if (ret && !reader_gone())
		return complain("run", "stdout: %s", strerror(-ret));
	return flushed();
}

/* Nothing measured, or less than was asked for, is not "all good"; what this machine cannot run
 * was not asked of it. */
static int status_of(const struct session *s)
{
	size_t figures = 0, failures = 0, not_run = 0;

	for (size_t i = 0; i < s->run.series_count; i++) {
		const enum case_status status = s->run.series[i].status;

		figures += status_has_figure(status);
		failures += status_is_failure(status);
		not_run += status == STATUS_NOT_RUN;
	}
	if (not_run)
		(void)complain("run", "%zu of %zu cases were not run: the time budget was out",
		    not_run, s->run.series_count);
	else if (!figures && !failures)
		(void)complain("run", "this machine can run none of the cases; see the reasons");
	return failures || not_run || !figures ? EXIT_CASE_FAILED : 0;
}

static int run_to_end(struct session *s)
{
	char counters_note[REASON_MAX] = "";
	int ret, status, printed, before;
	bool counters;

	note_command(&s->run, &s->o.typed);
	/* First, so that whoever stops it in its first moments finds no half of a folder. */
	ret = interrupt_install();
	if (ret)
		return complain("run", "signals: %s", strerror(-ret));
	counters = find_counters(s, counters_note, sizeof(counters_note));
	status = open_folder(s);
	if (status)
		return status;
	ret = measure(s, counters);
	write_windows(s);
	if (counters)
		memcpy(s->run.counters_note, counters_note, sizeof(counters_note));
	if (ret == CELL_NONE)
		status = EXIT_USAGE;
	else if (ret && ret != -EINTR)
		status =
		    complain("run", "%s/journal.jsonl: %s; what was measured until then is kept",
			s->folder, strerror(-ret));
	interrupt_unblock();
	if (manifest_add_load(&s->run.manifest, "load.after") != 0)
		return complain("run", "out of memory");
	if (run_summarise(&s->run) != 0)
		return complain("run", "out of memory");
	if (s->o.aa)
		judge_aa(s);
	/* A pager that is left, or a terminal that goes away, must not cost the run. */
	if (save(s))
		status = EXIT_USAGE;
	/* But the table needs no room on the disk. */
	printed = print(s);
	before = interrupt_pending();
	if (draw(s))
		status = EXIT_USAGE;
	if (!printed && s->reported && !s->o.quiet && s->o.format == FORMAT_CONSOLE) {
		(void)printf("report: %s/report.html\n", s->folder);
		printed = flushed();
	}
	if (status || printed)
		return status ? status : printed;
	if (!before && interrupt_pending())
		return 128 + interrupt_pending();
	if (s->run.interrupted)
		return 128 + interrupt_pending();
	return status_of(s);
}

int run_session(void *options)
{
	struct session s = {.o = *(struct run_options *)options, .stderr_fd = -1};
	int status = s.o.list ? 0 : preflight("run");

	if (!status)
		status = session_open(&s);
	if (!status)
		status = describe_run(&s);
	if (!status)
		status = read_windows(&s);
	if (!status)
		status = session_plan(&s);
	if (!status && s.o.list)
		status = session_print_list(&s);
	else if (!status) {
		status = check_output("run", "benchmark_out", s.o.out);
		if (!status)
			status = s.o.in_process ? run_in_process(&s) : run_to_end(&s);
	}
	if (s.journal)
		(void)journal_close(s.journal);
	if (s.stderr_fd >= 0)
		(void)close(s.stderr_fd);
	free(s.entries);
	selected_free(&s.chosen);
	catalogue_here_close(&s.here);
	windows_free(&s.windows);
	run_free(&s.run);
	topology_free(s.topo);
	return status;
}
