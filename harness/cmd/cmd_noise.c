/* cmd_noise.c - `concbench noise`: the same gate again and again, on two sides that are equal. */
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/text.h"
#include "harness/cell/given.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/conclude.h"
#include "harness/cmd/gate_options.h"
#include "harness/gate/noise_tally.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Tries without a budget: enough to see a machine that cannot be trusted at all. */
#define DEFAULT_TRIES 10

/* Return: 0; -EINTR, -ENOMEM, EXIT_USAGE after a line: the try does not count. */
static int one_try(struct gate_session *s, struct noise_tally *t)
{
	struct comparison c = {0};
	struct gate g = {0};
	int ret = gate_begin(&g, &s->plan, s->cases, s->case_count);

	if (!ret)
		ret = gate_measure(&g);
	if (!ret)
		ret = gate_conclude(&g, &c);
	if (!ret)
		ret = noise_tally_add(t, &g, c.rows);
	if (ret == CELL_NONE)
		ret = complain(s->request->command, "no case can be measured: %s", g.why);
	gate_free(&g);
	comparison_free(&c);
	return ret;
}

static int measure(struct gate_session *s, const struct gate_options *o, struct noise_tally *t)
{
	const uint64_t begin_ns = clock_now_ns();
	const uint64_t try_ns = s->plan.budget_ns;
	const uint64_t budget_ns = o->tries_ns ? o->tries_ns : DEFAULT_TRIES * try_ns;
	int ret = 0;

	for (unsigned i = 0; !ret; i++) {
		char doing[64];
		uint64_t elapsed_ns = clock_now_ns() - begin_ns;

		/* At least one; and no try that is known to be cut. */
		if (t->tries && elapsed_ns + elapsed_ns / t->tries > budget_ns)
			break;
		(void)snprintf(doing, sizeof(doing), "try %u", i + 1);
		s->plan.budget_ns = try_ns;
		s->plan.seed = o->request.seed + i;
		s->plan.doing = doing;
		ret = one_try(s, t);
		s->plan.doing = NULL;
	}
	return ret;
}

/* One try at least is made, whatever there is time for: said before it, for afterwards it is gone.
 */
static int check_tries(const struct gate_session *s, const struct gate_options *o)
{
	const uint64_t try_ns = s->plan.budget_ns + s->given_count * GIVEN_NS;
	char budget[TEXT_FORMAT_MAX], one[32];

	if (!o->tries_ns || o->tries_ns >= try_ns)
		return 0;
	return complain(o->request.command,
	    "--time-budget: %s is too short for one try of %zu case%s; accepted: --time-budget %s, "
	    "or less --trial-time, or fewer cases",
	    text_format_duration(o->tries_ns, budget, sizeof(budget)), s->case_count,
	    s->case_count == 1 ? "" : "s", text_format_budget(try_ns, one, sizeof(one)));
}

static int conclude(const struct gate_options *o, struct noise_tally *t)
{
	int status = 0, ret;

	noise_tally_conclude(t, o->request.min_effect);
	if (!o->request.quiet) {
		ret = noise_tally_print(stdout, t, !o->head);
		if (ret || fflush(stdout) != 0)
			status = complain(
			    o->request.command, "stdout: %s", strerror(ret ? -ret : errno));
	}
	ret = o->tsv ? noise_tally_tsv(t, o->tsv) : 0;
	if (ret) {
		status = complain(o->request.command, "--tsv: %s: %s", o->tsv, strerror(-ret));
		/* What was measured is not lost. */
		if (o->request.quiet)
			(void)noise_tally_print(stdout, t, !o->head);
	}
	for (size_t i = 0; i < t->count; i++)
		if (t->item[i].verdicts[VERDICT_FAILED])
			status = EXIT_USAGE;
	return status;
}

static void say_given(const struct gate_session *s)
{
	char figure[RUN_GIVEN_MAX];

	for (size_t i = 0; i < s->case_count; i++) {
		const struct run_given *g = &s->cases[i]->given;

		if (g->of[0])
			(void)printf("%s: both sides were given %s, the figure of %s\n",
			    s->cases[i]->name, run_given_format(g, figure, sizeof(figure)), g->of);
	}
}

/* Of programs that differ: what is not in the table was not measured. */
static void say_left_out(const struct gate_options *o, const struct comparison *left_out)
{
	for (size_t i = 0; i < left_out->row_count; i++)
		(void)complain(o->request.command, "left out: %s: %s: %s", left_out->rows[i].name,
		    verdict_name(left_out->rows[i].verdict), left_out->rows[i].reason);
}

static int run(const struct gate_options *o)
{
	struct comparison left_out = {0};
	struct noise_tally t = {0};
	struct gate_session s;
	int ret = gate_session_open(&s, &o->request, &left_out), status;

	if (!ret)
		ret = check_tries(&s, o);
	if (!ret)
		ret = gate_session_give(&s, &left_out);
	if (ret == CELL_NONE)
		ret = EXIT_USAGE;
	say_left_out(o, &left_out);
	if (!ret && !s.case_count)
		ret = complain(o->request.command, "--filter: no case that both can measure here");
	if (!ret &&
	    noise_tally_begin(&t, s.cases, s.case_count, s.plan.budget_ns / s.case_count) != 0)
		ret = complain(o->request.command, "out of memory");
	if (!ret) {
		if (!o->request.quiet)
			say_given(&s);
		progress_begin(&s.progress, o->request.quiet);
		ret = measure(&s, o, &t);
		progress_end(&s.progress);
	}
	status = ret == -EINTR ? 128 + interrupt_pending() : ret;
	if (ret == -ENOMEM)
		status = complain(o->request.command, "out of memory");
	interrupt_unblock();
	if (t.tries && (!ret || ret == -EINTR) && conclude(o, &t) && !status)
		status = EXIT_USAGE;
	if (!status && comparison_count(&left_out, VERDICT_FAILED))
		status = EXIT_USAGE;
	gate_session_close(&s, false);
	comparison_free(&left_out);
	noise_tally_free(&t);
	return status;
}

int run_noise(void *options)
{
	struct gate_options *o = options;
	char self[GATE_PATH_MAX];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int ret;

	if (n < 0)
		return complain(o->request.command, "/proc/self/exe: %s", strerror(errno));
	self[n] = '\0';
	o->request.exe[SIDE_BASE] = o->base ? o->base : self;
	o->request.exe[SIDE_HEAD] = o->head ? o->head : o->request.exe[SIDE_BASE];
	for (enum side side = SIDE_BASE; side < SIDES; side++)
		if (access(o->request.exe[side], X_OK) != 0)
			return complain(o->request.command,
			    "--%s: %s: %s; a concbench program is wanted", side_name(side),
			    o->request.exe[side], strerror(errno));
	ret = check_output(o->request.command, "tsv", o->tsv);
	if (ret)
		return ret;
	ret = interrupt_install();
	if (ret)
		return complain(o->request.command, "signals: %s", strerror(-ret));
	return run(o);
}
