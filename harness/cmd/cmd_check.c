/* cmd_check.c - `concbench check`: is a kind right? The broken ones are tried first. */
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/progress.h"
#include "harness/base/text.h"
#include "harness/cell/conformance.h"
#include "harness/cell/supervise.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/preflight.h"
#include "harness/cmd/conclude.h"
#include "harness/cmd/selection.h"
#include "harness/machine/topology.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_LEN 4096
/* The rarest that is broken on purpose is wrong once in a million operations. To see that with 95 %
 * takes ln 20 (about 3) million, and no case needs more. */
#define CASE_OPS 3.2e6
#define CASE_NS (2 * CLOCK_NS_PER_S)
#define PATIENCE_NS (20 * CLOCK_NS_PER_S)
/* A broken one that hangs does so at once. */
#define BROKEN_HANG_NS CLOCK_NS_PER_S
#define HANG_NS (20 * CLOCK_NS_PER_S) /* of those on purpose; a kind has cell_turn_within_ns() */

struct check_options {
	struct option_list names, loads;
	struct selection what;
	uint64_t case_ns;
	uint64_t budget_ns; /* 0: none */
	uint64_t seed;
	bool quiet;
};

struct check {
	const struct check_options *o;
	struct topology *topo;
	struct catalogue_here here;
	struct conformance_plan plan;
	struct progress progress;
	char exe[64], folder[PATH_LEN], xml[PATH_LEN + 16], log[PATH_LEN + 16];
	size_t total, done;        /* cases, for the progress line */
	size_t caught;             /* cases of broken kinds, as they have to be */
	struct text_buffer faults; /* of those kinds, a line each */
	size_t wrong, passed;      /* kinds */
	size_t untried;            /* kinds that this machine cannot run */
	bool blind;                /* a broken kind got through */
	bool unmet;                /* one that was loaded or named is among those untried */
	uint64_t end_ns;           /* of the budget; 0: none */
};

/* What was done under one model. */
struct tried {
	size_t cases;
	double ops;
	bool stuck;           /* one hung: the next would, too */
	char why[REASON_MAX]; /* this machine cannot run it; "" */
};

/* Does the user ask about this one? With files loaded and nothing named, about theirs. */
static bool asked_for(const struct check *c, const struct kind *k)
{
	const struct selection *s = &c->o->what;

	if (!s->name_count)
		return kind_listed(k) && (!s->load_count || k->module);
	for (size_t i = 0; i < s->name_count; i++) {
		const size_t n = strcspn(s->names[i], "/");

		if (registry_family(s->names[i], n) == k->family &&
		    (s->names[i][n] ? strcmp(s->names[i] + n + 1, k->name) == 0 : kind_listed(k)))
			return true;
	}
	return false;
}

static bool family_asked_for(const struct check *c, const struct cb_family *f)
{
	for (size_t i = 0; i < c->here.registry.count; i++)
		if (c->here.registry.item[i].family == f && asked_for(c, &c->here.registry.item[i]))
			return true;
	return false;
}

/* Everything named has to be there. */
static int check_names(const struct check *c)
{
	for (size_t i = 0; i < c->o->what.name_count; i++) {
		const char *name = c->o->what.names[i];
		const size_t n = strcspn(name, "/");
		const struct cb_family *f = registry_family(name, n);
		struct bench_case bc;
		char err[400];

		if (f && (!name[n] || (!strchr(name + n + 1, '/') &&
					  registry_find(&c->here.registry, f->name, strlen(f->name),
					      name + n + 1, strlen(name + n + 1)))))
			continue;
		if (case_parse(
			&c->here.registry, &c->here.host, name, &bc, NULL, err, sizeof(err)) == 0)
			return complain("check",
			    "'%s' is a case; accepted: families and kinds, such as %s/%s", name,
			    bc.kind->family->plural, bc.kind->name);
		return complain("check", "%s", err);
	}
	return 0;
}

/* What a case may take: its share of what is left. */
static uint64_t case_ns(const struct check *c)
{
	const uint64_t now_ns = clock_now_ns();
	const size_t left = c->total > c->done ? c->total - c->done : 1;
	uint64_t ns = c->o->case_ns;

	if (c->end_ns && (c->end_ns > now_ns ? c->end_ns - now_ns : 0) / left < ns)
		ns = (c->end_ns > now_ns ? c->end_ns - now_ns : 0) / left;
	return ns;
}

static void show(struct check *c, const char *what)
{
	progress_show(&c->progress, c->done, c->total, UINT64_MAX, what);
}

/* What a broken kind does, for the list of what was caught. */
static void note_fault(struct check *c, const struct kind *k)
{
	char line[240];

	(void)snprintf(line, sizeof(line), "      caught: %s/%s: %s\n", k->family->name, k->name,
	    k->self->about);
	text_buffer_add(&c->faults, line);
}

/* A broken kind, under every model. Return: 0; -EINTR; -errno after a line. */
static int try_broken(struct check *c, const struct kind *k)
{
	struct case_list cases = {0};
	char err[400], label[160];
	int ret = conformance_cases(&c->here.registry, &c->here.host, k, &cases, err, sizeof(err));
	bool caught = false;

	if (ret)
		return complain("check", "%s", err);
	(void)snprintf(label, sizeof(label), "broken on purpose: %s/%s", k->family->name, k->name);
	show(c, label);
	/* Of those that may hang a short silence will do; the others may be slow on a busy machine.
	 */
	c->plan.hang_ns = k->self->says && !*k->self->says ? BROKEN_HANG_NS : HANG_NS;
	for (size_t i = 0; !ret && i < cases.count; i++, c->done++) {
		struct conformance_result r;

		/* What is sound has to hold for as long as the others have. */
		c->plan.case_ns = k->self->says ? PATIENCE_NS : case_ns(c);
		c->plan.case_ops = k->self->says ? 0.0 : CASE_OPS;
		ret = conformance_case(&c->plan, &cases.item[i], &r);
		if (ret == CELL_NONE)
			(void)complain("check", "no case can be checked: %s", r.why);
		if (ret || r.outcome == CONFORMANCE_UNSUPPORTED)
			continue;
		if (conformance_caught(k, &r)) {
			c->caught++;
			caught = true;
			continue;
		}
		c->blind = true;
		progress_end(&c->progress);
		(void)complain("check", "%s (%s) was not caught: %s", cases.item[i].name,
		    k->self->about, r.why[0] ? r.why : "it passed");
	}
	case_list_free(&cases);
	if (!ret && caught && k->self->says)
		note_fault(c, k);
	return ret;
}

static void tell_order(void *unused, const char *what, const char *text)
{
	(void)unused;
	if (!strcmp(what, "order"))
		(void)printf("      order: %s\n", text);
}

/* Under each model: how much, or why not; and what a passing kind has been shown to be. */
static void tell_kind(
    const struct kind *k, const struct cb_case *one, const struct tried tried[CB_MODEL_COUNT])
{
	const struct cb_kind *self = k->self;
	char text[TEXT_FORMAT_MAX];
	double ops = 0.0;
	size_t cases = 0;

	for (unsigned m = 0; m < CB_MODEL_COUNT; m++) {
		cases += tried[m].cases;
		ops += tried[m].ops;
	}
	(void)printf("%s operations checked in %zu case%s\n",
	    text_format_count(ops, text, sizeof(text)), cases, cases == 1 ? "" : "s");
	if (k->family->facts)
		k->family->facts(one, tell_order, NULL);
	for (unsigned m = 0; m < CB_MODEL_COUNT; m++) {
		const char *name = cb_model_name((enum cb_model)m);

		if (tried[m].cases)
			(void)printf("      as %s: %zu case%s, %s operations\n", name,
			    tried[m].cases, tried[m].cases == 1 ? "" : "s",
			    text_format_count(tried[m].ops, text, sizeof(text)));
		else if (self->models & CB_CAN(m))
			(void)printf("      as %s: not on this machine: %s\n", name, tried[m].why);
		else if (m != CB_CALLBACK && kind_param(k, "model", strlen("model")) >= 0)
			(void)printf(
			    "      as %s: it does not claim that: %s\n", name, self->not_models);
	}
}

static void wrong(const char *name, const char *what, const char *why)
{
	(void)printf("WRONG %s\n      %s%s%s\n", name, what, what[0] ? ": " : "", why);
	(void)fflush(stdout);
}

/* Return: how many of its claims no case can try. */
static size_t untried_claims(
    const struct kind *k, const char *label, const struct case_list *cases, const char *err)
{
	unsigned untried = conformance_untried(k, cases);
	size_t bad = 0;

	if (!cases->count) {
		wrong(label, "not tested",
		    err[0] ? err
			   : "it has no case for the check: none of its sweeps is of CB_CHECK");
		return 1;
	}
	for (unsigned m = 0; m < CB_MODEL_COUNT; m++) {
		char why[100];

		if (!(untried & CB_CAN(m)))
			continue;
		(void)snprintf(why, sizeof(why),
		    "it claims the model %s and declines every case "
		    "of the check under it",
		    cb_model_name((enum cb_model)m));
		wrong(label, "not tested", why);
		bad++;
	}
	return bad;
}

/* Return: as above. */
static int try_kind(struct check *c, const struct kind *k)
{
	struct case_list cases = {0};
	struct tried tried[CB_MODEL_COUNT] = {{0}};
	char err[400] = "", label[160];
	size_t run = 0, bad, left_out = 0;
	int ret = conformance_cases(&c->here.registry, &c->here.host, k, &cases, err, sizeof(err));

	if (ret && ret != -EINVAL)
		return complain("check", "%s", err);
	(void)snprintf(label, sizeof(label), "%s/%s", k->family->name, k->name);
	bad = untried_claims(k, label, &cases, err);
	ret = 0;
	c->plan.hang_ns = 0;
	c->plan.case_ops = CASE_OPS;
	for (size_t i = 0; !ret && i < cases.count; i++, c->done++) {
		struct tried *t = &tried[cases.item[i].pub.model];
		struct conformance_result r;

		if (t->stuck) {
			left_out++;
			continue;
		}
		show(c, cases.item[i].name);
		c->plan.case_ns = case_ns(c);
		ret = conformance_case(&c->plan, &cases.item[i], &r);
		if (ret == CELL_NONE)
			(void)complain("check", "no case can be checked: %s", r.why);
		if (ret)
			break;
		if (r.outcome == CONFORMANCE_UNSUPPORTED) {
			(void)snprintf(t->why, sizeof(t->why), "%s", r.why);
			continue;
		}
		run++;
		t->cases++;
		/* Where nothing is counted in a window a trial is one. */
		t->ops += cases.item[i].window_ns ? r.ops : (double)r.trials;
		if (r.outcome == CONFORMS)
			continue;
		bad++;
		t->stuck = r.outcome == CONFORMANCE_WRONG && r.status == STATUS_HUNG;
		progress_wipe(&c->progress);
		wrong(cases.item[i].name,
		    r.outcome == CONFORMANCE_IDLE ? "not tested" : status_name(r.status), r.why);
	}
	progress_wipe(&c->progress);
	if (left_out)
		(void)printf("      %zu more cases were left out after one that hung\n", left_out);
	if (!ret && !run && !bad) {
		(void)printf("?     %s: this machine can run none of its %zu cases: %s\n", label,
		    cases.count, tried[cases.item[0].pub.model].why);
		c->untried++;
		c->unmet |= k->module || c->o->what.name_count;
	} else if (!ret && !bad && !c->o->quiet) {
		(void)printf("ok    %-24s ", label);
		tell_kind(k, &cases.item[0].pub, tried);
	}
	(void)fflush(stdout);
	c->wrong += bad > 0;
	c->passed += !ret && !bad && run > 0;
	case_list_free(&cases);
	return ret;
}

static int prepare(struct check *c)
{
	const char *tmp = getenv("TMPDIR");
	char err[700];
	int ret;

	(void)snprintf(c->exe, sizeof(c->exe), "/proc/%ld/exe", (long)getpid());
	ret = preflight("check");
	if (ret)
		return ret;
	if (topology_discover(&c->topo, err, sizeof(err)) != 0 ||
	    catalogue_here_open(&c->here, c->topo, &c->o->what, err, sizeof(err)) != 0)
		return complain("check", "%s", err);
	ret = check_names(c);
	if (ret)
		return ret;
	if (snprintf(c->folder, sizeof(c->folder), "%s/concbench-check-XXXXXX",
		tmp && tmp[0] ? tmp : P_tmpdir) >= (int)sizeof(c->folder) ||
	    !mkdtemp(c->folder)) {
		ret = errno;
		(void)complain("check", "TMPDIR: no folder %s: %s", c->folder, strerror(ret));
		c->folder[0] = '\0';
		return EXIT_USAGE;
	}
	(void)snprintf(c->xml, sizeof(c->xml), "%s/topology.xml", c->folder);
	(void)snprintf(c->log, sizeof(c->log), "%s/cells.log", c->folder);
	ret = topology_write_xml(c->topo, c->xml);
	if (ret)
		return complain("check", "%s: %s", c->xml, strerror(-ret));
	c->plan = (struct conformance_plan){
	    .exe = c->exe,
	    .modules = module_list_words(&c->here.modules),
	    .topology_xml = c->xml,
	    .allowed = topology_allowed_list(c->topo),
	    .stderr_fd = open(c->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
	    .patience_ns = PATIENCE_NS,
	    .seed = c->o->seed,
	};
	if (c->plan.stderr_fd < 0)
		return complain("check", "%s: %s", c->log, strerror(errno));
	ret = interrupt_install();
	return ret ? complain("check", "signals: %s", strerror(-ret)) : 0;
}

static int all_kinds(struct check *c)
{
	const struct registry *r = &c->here.registry;
	int ret = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct case_list cases = {0};
		char err[400];

		if (!asked_for(c, &r->item[i]) && (!(r->item[i].self->flags & CB_BROKEN) ||
						      !family_asked_for(c, r->item[i].family)))
			continue;
		/* Why not is said when its turn has come. */
		(void)conformance_cases(r, &c->here.host, &r->item[i], &cases, err, sizeof(err));
		c->total += cases.count;
		case_list_free(&cases);
	}
	for (size_t i = 0; !ret && i < r->count; i++) {
		if (!(r->item[i].self->flags & CB_BROKEN) ||
		    !family_asked_for(c, r->item[i].family))
			continue;
		ret = try_broken(c, &r->item[i]);
	}
	if (!ret && c->blind)
		return complain("check",
		    "what is broken on purpose got through, so passing would prove nothing");
	progress_wipe(&c->progress);
	if (!ret && c->caught && !c->o->quiet)
		(void)printf("ok    broken on purpose, each caught or, where sound, passed: %zu "
			     "cases\n%s",
		    c->caught, text_buffer_str(&c->faults));
	c->end_ns = c->o->budget_ns ? clock_now_ns() + c->o->budget_ns : 0;
	for (size_t i = 0; !ret && i < r->count; i++) {
		if (!asked_for(c, &r->item[i]))
			continue;
		ret = try_kind(c, &r->item[i]);
	}
	return ret;
}

static int check(void *options)
{
	const struct check_options *o = options;
	struct check c = {.o = o, .plan = {.stderr_fd = -1}};
	int ret = prepare(&c);

	if (!ret) {
		progress_begin(&c.progress, o->quiet);
		ret = all_kinds(&c);
		progress_end(&c.progress);
		if (ret == -EINTR)
			ret = 128 + interrupt_pending();
		else if (ret == CELL_NONE)
			ret = EXIT_USAGE;
	}
	if (!ret) {
		(void)printf(
		    "%zu kind%s right, %zu wrong", c.passed, c.passed == 1 ? "" : "s", c.wrong);
		if (c.untried)
			(void)printf(", %zu not tried", c.untried);
		(void)putchar('\n');
		ret = c.wrong ? EXIT_CASE_FAILED : 0;
		if (!c.wrong && c.unmet && c.passed)
			ret = complain("check",
			    "not all of what was asked for could be tried on this machine");
		else if (!c.wrong && !c.passed)
			ret = complain("check", "nothing could be tried on this machine");
	}
	if (fflush(stdout) != 0)
		ret = complain("check", "stdout: %s", strerror(errno));
	if (c.plan.stderr_fd >= 0)
		(void)close(c.plan.stderr_fd);
	if (c.wrong)
		say_cells_log("check", o->quiet, c.log);
	if (c.folder[0]) {
		(void)unlink(c.xml);
		if (!c.wrong) {
			(void)unlink(c.log);
			(void)rmdir(c.folder);
		}
	}
	text_buffer_free(&c.faults);
	catalogue_here_close(&c.here);
	topology_free(c.topo);
	return ret;
}

static void defaults(void *options)
{
	*(struct check_options *)options =
	    (struct check_options){.case_ns = CASE_NS, .seed = clock_now_ns() % 1000000};
}

static int finish(void *options)
{
	struct check_options *o = options;

	o->what = (struct selection){.profile = CB_CHECK,
	    .names = o->names.item,
	    .name_count = o->names.count,
	    .loads = o->loads.item,
	    .load_count = o->loads.count};
	return 0;
}

#define OPTIONS struct check_options
static const struct option_spec specs[] = {
    {NULL, "NAME", OPTION_LIST(names),
	"families (locks) or kinds (lock/ck_mcs) (default: all; with --load, those loaded)"},
    {"load", "FILE", OPTION_LIST(loads), HELP_LOAD},
    {"case-time", "TIME", OPTION_TIME(case_ns),
	"each case is tried for so long, or until 3.2 million operations are done (default 2s)"},
    {"time-budget", "TIME", OPTION_TIME(budget_ns),
	"all cases together, beside those that are broken on purpose: the time that is left is "
	"shared out"},
    {"seed", "N", OPTION_NUMBER(seed), "of layout and random numbers"},
    {"quiet", NULL, OPTION_ON(quiet), "only what is wrong, and the last line"},
    {0},
};
#undef OPTIONS

const struct command check_command = {
    .name = "check",
    .what = "is a lock, a queue, a job right? against real contention, broken ones first",
    .about =
	"Runs every case that shows a wrong kind, each in a process of its own, until workers "
	"have really met: excluded, delivered, in order, nothing lost, nothing twice, deadlines "
	"heeded. Every model that a kind claims is tried, and one that no case tries is wrong; "
	"those that it does not claim are listed with its reason. Before that, kinds of the "
	"same family that are broken on purpose have to be caught, or nothing that is said of "
	"others would count. What was caught of these is listed, and of each kind how many "
	"operations were checked under which model. A fault that shows more rarely than that, or "
	"only in a case that is not tried, may go unseen.",
    .status = "0 all are right; 1 one is wrong; 2 usage, environment, or a broken one was not "
	      "caught" HELP_SIGNAL,
    .examples = "concbench check --load ./mine.so\nconcbench check locks --case-time 5s",
    .options = specs,
    .size = sizeof(struct check_options),
    .defaults = defaults,
    .finish = finish,
    .run = check,
};
