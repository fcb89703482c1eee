/* cmd_gate.c - `concbench gate`: is head slower than base? */
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/text.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/conclude.h"
#include "harness/cmd/gate_facts.h"
#include "harness/cmd/gate_git.h"
#include "harness/cmd/gate_options.h"
#include "harness/cmd/gate_stored.h"
#include "harness/cmd/gate_turns.h"
#include "harness/compare/comparable.h"
#include "harness/gate/instructions.h"
#include "harness/gate/noise.h"
#include "harness/machine/counters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void describe(struct comparison *c, const struct gate_options *o)
{
	c->kind = COMPARISON_GATE;
	c->min_effect = o->request.min_effect;
	c->must_see = o->request.must_see;
	c->strict = o->strict;
	(void)snprintf(c->base, sizeof(c->base), "%s", o->base_name ? o->base_name : o->base);
	(void)snprintf(c->head, sizeof(c->head), "%s",
	    o->head_name ? o->head_name
	    : o->head    ? o->head
			 : "this program");
	(void)text_clean(c->base);
	(void)text_clean(c->head);
	date_comparison(c);
}

/* Whether there are hardware counters here is the kernel's and the machine's to say. */
static bool counters_work(void)
{
	struct counters probe;
	char why[REASON_MAX];
	const int events = counters_open(&probe, why, sizeof(why));

	counters_close(&probe);
	return events > 0;
}

/* Figures of two compilers say nothing of the change: each case is a row that says so. */
static int refuse(const struct gate_session *s, const struct gate_options *o, struct comparison *c)
{
	for (size_t i = 0; i < s->case_count; i++) {
		struct comparison_row *row = comparison_add(c, s->cases[i]->name);

		if (!row)
			return -ENOMEM;
		row->verdict = VERDICT_INCOMPARABLE;
		(void)snprintf(
		    row->reason, sizeof(row->reason), "the builds differ (see the differences)");
	}
	for (size_t i = 0; i < c->difference_count; i++)
		(void)complain(o->request.command, "%s", c->differences[i]);
	(void)complain(
	    o->request.command, "these builds are not comparable; --force compares them anyway");
	return 0;
}

/* What the two programs say of themselves. @refused: they are not to be compared. Return: 0;
 * EXIT_USAGE after a line. */
static int check_builds(
    struct gate_session *s, const struct gate_options *o, struct comparison *c, bool *refused)
{
	size_t refusals = 0;
	int ret = gate_facts_collect(s, c);

	if (!ret)
		ret = comparable_builds(&c->build[SIDE_BASE], &c->build[SIDE_HEAD], c, &refusals);
	*refused = refusals && !o->force;
	c->forced |= refusals && o->force;
	if (!ret && *refused)
		ret = refuse(s, o, c);
	return ret ? complain(o->request.command, "out of memory") : 0;
}

/* How long it may take. Whoever waits at a terminal is told at once, everybody in the report. */
static void say_budget(const struct gate_session *s, uint64_t share_ns, struct comparison *c)
{
	const uint64_t all_ns = s->plan.budget_ns + share_ns;
	const uint64_t confirm_ns = s->plan.budget_ns / GATE_CONFIRM_SHARE;
	char budget[TEXT_FORMAT_MAX], confirm[TEXT_FORMAT_MAX];

	/* Of what was asked for the A/A has had its part. */
	c->budget_s = (double)(s->plan.open_ended ? all_ns : s->request->budget_ns) / 1e9;
	c->confirm_s = (double)confirm_ns / 1e9;
	if (s->progress.shown)
		(void)fprintf(stderr,
		    "concbench gate: %zu case%s in up to %s, and %s more to confirm a change\n",
		    s->case_count, s->case_count == 1 ? "" : "s",
		    text_format_duration(all_ns, budget, sizeof(budget)),
		    text_format_duration(confirm_ns, confirm, sizeof(confirm)));
}

/* What to see was asked of the A/A. Return: 0; EXIT_USAGE after a line. */
static int say_must_see(const struct gate_session *s, struct comparison *c)
{
	if (!s->request->must_see_auto || !s->case_count)
		return 0;
	if (!(c->must_see > 0))
		return complain(s->request->command,
		    "--must-see auto: the A/A had no time for a look at every case; give more "
		    "--time-budget, or narrow --filter");
	c->must_see_worked_out = true;
	if (!s->request->quiet)
		(void)fprintf(stderr,
		    "concbench gate: in this time this machine can see a slowdown of %.2g %%: that "
		    "is asked for\n",
		    100 * c->must_see);
	return 0;
}

/* Return: 0; -EINTR, CELL_NONE, and what was measured until then counts; EXIT_USAGE after a line.
 */
static int measure(struct gate_session *s, const struct gate_options *o, struct comparison *c)
{
	const bool counters = counters_work();
	uint64_t share_ns = 0, counting_ns;
	struct gate g = {0};
	int ret = gate_session_give(s, c), rows;
	const size_t first = c->row_count;

	c->no_cells = ret == CELL_NONE;
	c->interrupted = ret == -EINTR;
	if (ret)
		return ret;
	/* Kept back first: the A/A says what is visible in what is left. */
	if (counters)
		share_ns = instructions_share_ns(&s->plan, s->cases, s->case_count);
	if (!s->plan.open_ended)
		s->plan.budget_ns -= share_ns;
	if (!o->no_noise)
		ret = noise_brief(&s->plan, s->cases, s->case_count,
		    s->request->must_see_auto ? &c->must_see : NULL, &c->noise);
	if (!s->plan.open_ended &&
	    s->plan.budget_ns < gate_needed_ns(&s->plan, s->cases, s->case_count)) {
		/* Pairs take longer than was thought: the gate needs all of it. */
		s->plan.budget_ns += share_ns;
		share_ns = 0;
	}
	if (!ret) {
		/* What is said now stands on a line of its own; then progress goes on. */
		progress_end(&s->progress);
		ret = gate_session_check_budget(s);
		if (!ret)
			ret = say_must_see(s, c);
		progress_begin(&s->progress, o->request.quiet);
	}
	if (ret == EXIT_USAGE)
		return ret;
	if (!ret && s->case_count)
		say_budget(s, share_ns, c);
	rows = gate_begin(&g, &s->plan, s->cases, s->case_count);
	if (!ret && !rows)
		ret = gate_measure(&g);
	c->interrupted = g.interrupted = ret == -EINTR;
	c->no_cells = ret == CELL_NONE;
	if (c->no_cells) {
		/* Like a run: said once, not by every case. */
		progress_end(&s->progress);
		if (!g.why[0])
			(void)snprintf(g.why, sizeof(g.why), "%s", s->plan.why);
		(void)complain(o->request.command, "no case can be measured: %s", g.why);
	}
	if (!rows && (!ret || ret == -EINTR || ret == CELL_NONE))
		rows = gate_conclude(&g, c);
	if (!rows && !ret && s->case_count)
		noise_of_gate(&g, &c->rows[first], !o->no_noise, &c->noise);
	noise_name_quota(&g, &c->noise);
	if (!rows && c->row_count > first)
		rows = gate_turns_note(s, o->results_dir, &c->machine, &c->rows[first]);
	/* What was kept for it, and what the gate has left. */
	counting_ns = share_ns + (rows ? 0 : gate_left_ns(&g));
	gate_free(&g);
	if (!rows && !ret && counters)
		ret = instructions_compare(&s->plan, c, first, counting_ns);
	if (rows || c->noise.failed || (ret && ret != -EINTR && ret != CELL_NONE))
		return complain(o->request.command, "out of memory");
	return ret;
}

/* A refusal has been said on stderr; a table without figures adds nothing. */
static int conclude(const struct gate_options *o, const struct comparison *c, bool refused)
{
	struct outputs outputs = o->outputs;

	outputs.quiet |= refused;
	return write_comparison(o->request.command, &outputs, c);
}

/* Whoever reads nothing but the exit status thinks that they passed. */
static void say_unseen(const struct gate_options *o, const struct comparison *c)
{
	if (comparison_unseen(c) && !c->interrupted)
		(void)complain(o->request.command,
		    "%zu of %zu cases had no look before the time was up: unsure; give more "
		    "--time-budget",
		    comparison_unseen(c), c->row_count);
}

/* All of it was looked up, and nothing of it can be measured on both sides. */
static int say_incomparable(const struct gate_options *o, const struct comparison *c)
{
	if (!c->row_count)
		return complain(o->request.command, "this machine can run none of these cases");
	return complain(o->request.command, "none of %zu case%s can be compared; %s: %s",
	    c->row_count, c->row_count == 1 ? "" : "s", c->rows[0].name, c->rows[0].reason);
}

/* Both sides are programs that take turns. */
static int gate_programs(struct gate_options *o)
{
	const uint64_t begin_ns = clock_now_ns();
	struct comparison c = {0};
	struct gate_session s;
	bool refused = false;
	int ret, status;

	describe(&c, o);
	ret = gate_session_open(&s, &o->request, &c);
	if (o->check) {
		status = ret == -EINTR ? 128 + interrupt_pending() : ret;
		if (!ret && !s.case_count)
			status = say_incomparable(o, &c);
		goto out;
	}
	if (!ret)
		ret = check_builds(&s, o, &c, &refused);
	if (!ret && !refused) {
		progress_begin(&s.progress, o->request.quiet);
		ret = measure(&s, o, &c);
		progress_end(&s.progress);
	}
	if (ret && ret != -EINTR && ret != CELL_NONE) {
		status = ret;
	} else if (ret == -EINTR && !c.row_count) {
		status = 128 + interrupt_pending();
	} else {
		c.elapsed_s = (double)(clock_now_ns() - begin_ns) / 1e9;
		c.signal = ret == -EINTR ? interrupt_pending() : 0;
		interrupt_unblock();
		status = conclude(o, &c, refused);
		say_unseen(o, &c);
		if (comparison_failed(&c))
			say_cells_log(o->request.command, o->request.quiet, s.log);
		if (!status)
			status = comparison_status(&c);
	}
out:
	gate_session_close(&s, comparison_failed(&c));
	comparison_free(&c);
	return status;
}

static int own_program(const struct gate_options *o, char *path, size_t len)
{
	const ssize_t n = readlink("/proc/self/exe", path, len - 1);

	if (n < 0)
		return complain(o->request.command, "/proc/self/exe: %s", strerror(errno));
	path[n] = '\0';
	return 0;
}

/* A stored run's id, folder or run file is none. */
static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static int check_head(const struct gate_options *o)
{
	if (is_program(o->request.exe[SIDE_HEAD]))
		return 0;
	return complain(o->request.command, "--head: %s: %s", o->request.exe[SIDE_HEAD],
	    access(o->request.exe[SIDE_HEAD], X_OK) == 0 ? "not a program" : strerror(errno));
}

/* Both sides are files that this program loads, and have to be made first. */
static int gate_revisions(struct gate_options *o)
{
	struct gate_git git;
	int status = gate_git_build(&git, o);

	if (!status)
		status = gate_programs(o);
	gate_git_close(&git);
	return status;
}

int run_gate(void *options)
{
	struct gate_options *o = options;
	char self[GATE_PATH_MAX];
	int ret;

	/* Without another program the two sides are what each of them loads. */
	if (!o->base && !o->request.loads[SIDE_BASE].count && !o->request.loads[SIDE_HEAD].count)
		return complain(o->request.command,
		    "--base is missing: a concbench program or a stored run; or --base-load and "
		    "--head-load for two shared objects");
	ret = own_program(o, self, sizeof(self));
	if (ret)
		return ret;
	if (!o->base)
		o->base = self;
	o->request.exe[SIDE_BASE] = o->base;
	o->request.exe[SIDE_HEAD] = o->head ? o->head : self;
	ret = check_head(o);
	if (!ret)
		ret = check_outputs(o->request.command, &o->outputs);
	if (ret)
		return ret;
	ret = interrupt_install();
	if (ret)
		return complain(o->request.command, "signals: %s", strerror(-ret));
	return o->git_base           ? gate_revisions(o)
	       : is_program(o->base) ? gate_programs(o)
				     : gate_stored(o);
}
