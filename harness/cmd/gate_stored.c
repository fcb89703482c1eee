#include "harness/cmd/gate_stored.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/text.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/conclude.h"
#include "harness/compare/compare.h"
#include "harness/run/windows.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_MAX 40
/* A head that ends neither at its budget nor at SIGINT is stuck. */
#define OVERRUN_NS (120 * CLOCK_NS_PER_S)
/* What a run calls it. */
#define LOG "cells.log"

/* Where head's run goes, for as long as it is compared. */
static int make_folder(const struct gate_options *o, char *path, size_t len)
{
	const char *tmp = getenv("TMPDIR");

	if (snprintf(path, len, "%s/concbench-gate-XXXXXX", tmp && tmp[0] ? tmp : P_tmpdir) <
		(int)len &&
	    mkdtemp(path))
		return 0;
	return complain(o->request.command, "TMPDIR: no folder %s: %s", path, strerror(errno));
}

/* Out of the run's folder, to where that of a gate of two programs lies. Return: false when there
 * is none. */
static bool keep_log(const char *folder, const char *log)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	bool kept = false;

	while (d && !kept && (e = readdir(d)) != NULL) {
		char from[GATE_PATH_MAX];

		/* The link to the newest run leads there too. */
		kept = e->d_name[0] != '.' &&
		       snprintf(from, sizeof(from), "%s/%s/" LOG, folder, e->d_name) <
			   (int)sizeof(from) &&
		       rename(from, log) == 0;
	}
	if (d)
		(void)closedir(d);
	return kept;
}

/* One level of folders: the run's. A log at the top stays, and the folder with it. */
static void remove_folder(const char *path, unsigned depth)
{
	DIR *d = opendir(path);
	const struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		char below[GATE_PATH_MAX];

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    (depth && strcmp(e->d_name, LOG) == 0) ||
		    snprintf(below, sizeof(below), "%s/%s", path, e->d_name) >= (int)sizeof(below))
			continue;
		if (unlink(below) != 0 && depth)
			remove_folder(below, depth - 1);
	}
	if (d)
		(void)closedir(d);
	(void)rmdir(path);
}

static void exec_head(const struct gate_options *o, const char *folder, pid_t parent)
{
	const struct gate_request *r = &o->request;
	char budget[TEXT_MAX], seed[TEXT_MAX], slot[TEXT_MAX], timeout[TEXT_MAX];
	const char *const ours[] = {r->exe[SIDE_HEAD], "run", "--profile",
	    profile_name(r->what.profile), "--results", folder, "--no-charts", "--no-counters",
	    "--quiet", "--seed", seed, "--cell-timeout", timeout};
	size_t argc = sizeof(ours) / sizeof(ours[0]);
	const struct {
		const char *flag, *value;
	} given[] = {
	    {"--filter", r->what.filter},
	    {"--time-budget", r->budget_ns ? budget : NULL},
	    {"--slot-time", r->slot_ns ? slot : NULL},
	};
	const char **argv =
	    calloc(argc + 2 * sizeof(given) / sizeof(given[0]) + 2 * r->what.set_count +
		       2 * r->loads[SIDE_HEAD].count + r->what.name_count + 1,
		sizeof(*argv));

	if (!argv)
		_exit(126);
	memcpy(argv, ours, sizeof(ours));
	(void)snprintf(budget, sizeof(budget), "%" PRIu64 "ns", r->budget_ns);
	(void)snprintf(slot, sizeof(slot), "%" PRIu64 "ns", r->slot_ns);
	(void)snprintf(timeout, sizeof(timeout), "%" PRIu64 "ns", r->cell_timeout_ns);
	(void)snprintf(seed, sizeof(seed), "%" PRIu64, r->seed);
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (given[i].value) {
			argv[argc++] = given[i].flag;
			argv[argc++] = given[i].value;
		}
	}
	for (size_t i = 0; i < r->what.set_count; i++) {
		argv[argc++] = "--set";
		argv[argc++] = r->what.sets[i];
	}
	for (size_t i = 0; i < r->loads[SIDE_HEAD].count; i++) {
		argv[argc++] = "--load";
		argv[argc++] = r->loads[SIDE_HEAD].spec[i];
	}
	for (size_t i = 0; i < r->what.name_count; i++)
		argv[argc++] = r->what.names[i];
	child_die_with(parent);
	interrupt_restore_child();
	/* Ctrl-C is passed on, once, by us. */
	if (setpgid(0, 0) < 0)
		_exit(126);
	/* argv's type cannot say that execv does not write to it. */
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Return: its waitpid(2) status; -errno. */
static int run_head(const struct gate_options *o, const char *folder)
{
	const pid_t parent = getpid();
	const pid_t pid = fork();
	uint64_t until_ns = UINT64_MAX;
	struct pollfd gone = {.events = POLLIN};
	int status = 0, ret;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		exec_head(o, folder, parent);
	gone.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (o->request.budget_ns)
		until_ns = clock_now_ns() + o->request.budget_ns + OVERRUN_NS;
	ret = gone.fd < 0 ? -errno : interrupt_poll(&gone, 1, until_ns);
	if (ret == -EINTR) {
		/* It keeps and writes what it has. */
		(void)kill(pid, SIGINT);
	} else if (ret <= 0) {
		(void)kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (gone.fd >= 0)
		(void)close(gone.fd);
	return ret < 0 && ret != -EINTR ? ret : status;
}

static int compare(const struct gate_options *o, const struct run *base, const struct run *head,
    struct comparison *c)
{
	struct case_filter filter;
	const struct compare_rules rules = {.filter = &filter,
	    .min_effect = o->request.min_effect,
	    .must_see = o->request.must_see,
	    .strict = o->strict,
	    .force = o->force};
	char err[200];
	size_t refusals = 0;
	int ret;

	if (case_filter_compile(&filter, o->request.what.filter, err, sizeof(err)) != 0)
		return complain(o->request.command, "--filter: %s", err);
	ret = compare_runs(base, head, &rules, c, &refusals);
	case_filter_free(&filter);
	if (ret)
		return complain(o->request.command, "%s", strerror(-ret));
	if (!c->row_count)
		return complain(
		    o->request.command, "--base: %s has no case that head measured", o->base);
	for (size_t i = 0; refusals && !o->force && i < c->difference_count; i++)
		(void)complain(o->request.command, "%s", c->differences[i]);
	if (refusals && !o->force)
		(void)complain(o->request.command,
		    "the stored run is not comparable; give a program as --base, or --force");
	return 0;
}

/* What the user calls a side, or what the run says of itself. */
static void describe_side(
    char *out, size_t len, const char *name, const char *ref, const struct run *run)
{
	if (name) {
		(void)snprintf(out, len, "%s", name);
		(void)text_clean(out);
	} else {
		describe_stored_run(out, len, ref, run);
	}
}

/* Nothing takes turns with a run that is over. */
static int refuse_idle_options(const struct gate_options *o)
{
	const char *idle = o->launch_time             ? "launch-time"
			   : o->request.must_see_auto ? "must-see auto"
			   : o->no_noise              ? "no-noise"
			   : o->request.gate_on       ? "gate-on"
						      : NULL;

	return idle ? complain(o->request.command,
			  "--%s: means nothing with a stored run as --base: %s", idle, o->base)
		    : 0;
}

/* @failed: what the cells said is wanted. */
static int judge(const struct gate_options *o, const struct run *base, const char *folder,
    int head_status, bool *failed)
{
	struct comparison c = {0};
	struct run head = {0};
	char how[96];
	int status;

	/* 1: some case failed, which its row says. */
	child_describe(head_status, how, sizeof(how));
	*failed = true;
	if (!interrupt_pending() && (!WIFEXITED(head_status) || WEXITSTATUS(head_status) > 1))
		return complain(
		    o->request.command, "--head: %s run %s", o->request.exe[SIDE_HEAD], how);
	status = read_stored_run(o->request.command, folder, "latest", &head);
	if (!status) {
		describe_side(c.base, sizeof(c.base), o->base_name, o->base, base);
		describe_side(
		    c.head, sizeof(c.head), o->head_name, o->request.exe[SIDE_HEAD], &head);
		date_comparison(&c);
		c.elapsed_s = head.elapsed_s;
		c.interrupted = head.interrupted;
		c.signal = interrupt_pending();
		c.has_seed = true;
		c.seed = o->request.seed;
		status = compare(o, base, &head, &c);
	}
	if (!status)
		status = write_comparison(o->request.command, &o->outputs, &c);
	*failed = comparison_failed(&c);
	if (!status)
		status = comparison_status(&c);
	comparison_free(&c);
	run_free(&head);
	return status;
}

/* Head is measured in windows as long as base was, and given what base was given: another length
 * may be another figure, and half of another peak is another load. With --force base may be another
 * machine's. */
static int give_windows(const struct gate_options *o, const struct run *base, const char *folder)
{
	char path[GATE_PATH_MAX + sizeof(WINDOWS_FILE)];
	struct windows windows = {0};
	int ret = 0;

	for (size_t i = 0; !ret && i < base->series_count; i++) {
		const struct series *s = &base->series[i];
		struct window_known one = {
		    .window_ns = s->slot_ns, .seen = s->window, .given = s->given};

		(void)snprintf(one.group, sizeof(one.group), "%s", s->name);
		(void)snprintf(one.run, sizeof(one.run), "%s", base->id);
		if (s->slot_ns || s->given.of[0])
			ret = windows_note(&windows, &one);
	}
	(void)snprintf(path, sizeof(path), "%s/" WINDOWS_FILE, folder);
	if (!ret)
		ret = windows_write(path, WINDOWS_ANY_MACHINE, &windows);
	windows_free(&windows);
	return ret ? complain(o->request.command, "%s: %s", path, strerror(-ret)) : 0;
}

/* Return: as gate_stored(). */
static int run_and_judge(const struct gate_options *o, const struct run *base, const char *folder)
{
	char log[GATE_PATH_MAX + sizeof(LOG)];
	bool failed = false, kept;
	const int given = give_windows(o, base, folder);
	const int ret = given ? 0 : run_head(o, folder);
	const int status = given     ? given
			   : ret < 0 ? complain(o->request.command, "--head: %s: %s",
					   o->request.exe[SIDE_HEAD], strerror(-ret))
				     : judge(o, base, folder, ret, &failed);

	(void)snprintf(log, sizeof(log), "%s/" LOG, folder);
	kept = failed && keep_log(folder, log);
	remove_folder(folder, 1);
	if (kept)
		say_cells_log(o->request.command, o->request.quiet, log);
	return status;
}

int gate_stored(const struct gate_options *o)
{
	char folder[GATE_PATH_MAX];
	struct run base = {0};
	int status = read_stored_run(o->request.command, o->results_dir, o->base, &base);

	if (!status)
		status = refuse_idle_options(o);
	if (!status)
		status = make_folder(o, folder, sizeof(folder));
	if (!status)
		status = run_and_judge(o, &base, folder);
	run_free(&base);
	return status;
}
