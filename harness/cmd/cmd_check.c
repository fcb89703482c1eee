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
#define CASE_NS (250 * CLOCK_NS_PER_MS)
#define PATIENCE_NS (20 * CLOCK_NS_PER_S)
/* A broken one that hangs does so at once. */
#define BROKEN_HANG_NS (2 * CLOCK_NS_PER_S)
#define HANG_NS (20 * CLOCK_NS_PER_S)

struct check_options {
	struct option_list names, loads;
	struct selection what;
	uint64_t case_ns;
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
	size_t kinds, done;   /* for the progress line */
	size_t caught;        /* broken kinds, as they have to be */
	size_t wrong, passed; /* kinds */
	bool blind;           /* a broken kind got through */
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

static void show(struct check *c, const char *what)
{
	progress_show(&c->progress, c->done, c->kinds, UINT64_MAX, what);
}

/* A broken kind, under every model. Return: 0; -EINTR; -errno after a line. */
static int try_broken(struct check *c, const struct kind *k)
{
	struct case_list cases = {0};
	char err[400], label[160];
	int ret = conformance_cases(&c->here.registry, &c->here.host, k, &cases, err, sizeof(err));

	if (ret)
		return complain("check", "%s", err);
	(void)snprintf(label, sizeof(label), "broken on purpose: %s/%s", k->family->name, k->name);
	show(c, label);
	/* Of those that may hang a short silence will do; the others may be slow on a busy machine.
	 */
	c->plan.hang_ns = k->self->says && !*k->self->says ? BROKEN_HANG_NS : HANG_NS;
	for (size_t i = 0; !ret && i < cases.count; i++) {
		struct conformance_result r;

		/* What is sound has to hold for as long as the others have. */
		c->plan.case_ns = k->self->says ? PATIENCE_NS : c->o->case_ns;
		ret = conformance_case(&c->plan, &cases.item[i], &r);
		if (ret == CELL_NONE)
			(void)complain("check", "%s; nothing can be checked without", r.why);
		if (ret || r.outcome == CONFORMANCE_UNSUPPORTED)
			continue;
		if (conformance_caught(k, &r)) {
			c->caught++;
			continue;
		}
		c->blind = true;
		progress_end(&c->progress);
		(void)complain("check", "%s (%s) was not caught: %s", cases.item[i].name,
		    k->self->about, r.why[0] ? r.why : "it passed");
	}
	case_list_free(&cases);
	return ret;
}

/* Return: as above. */
static int try_kind(struct check *c, const struct kind *k)
{
	struct case_list cases = {0};
	char err[400], label[160], ops[TEXT_FORMAT_MAX];
	size_t run = 0, unsupported = 0, bad = 0;
	double all_ops = 0.0;
	int ret = conformance_cases(&c->here.registry, &c->here.host, k, &cases, err, sizeof(err));

	if (ret)
		return complain("check", "%s", err);
	(void)snprintf(label, sizeof(label), "%s/%s", k->family->name, k->name);
	c->plan.hang_ns = HANG_NS;
	c->plan.case_ns = c->o->case_ns;
	for (size_t i = 0; !ret && i < cases.count; i++) {
		struct conformance_result r;

		show(c, cases.item[i].name);
		ret = conformance_case(&c->plan, &cases.item[i], &r);
		if (ret == CELL_NONE)
			(void)complain("check", "%s; nothing can be checked without", r.why);
		if (ret)
			break;
		all_ops += r.ops;
		unsupported += r.outcome == CONFORMANCE_UNSUPPORTED;
		run += r.outcome != CONFORMANCE_UNSUPPORTED;
		if (r.outcome != CONFORMANCE_WRONG && r.outcome != CONFORMANCE_IDLE)
			continue;
		bad++;
		(void)printf("WRONG %s\n      %s: %s\n", cases.item[i].name,
		    r.outcome == CONFORMANCE_IDLE ? "not tested" : status_name(r.status), r.why);
		(void)fflush(stdout);
	}
	if (!ret && !run && !bad) {
		(void)printf(
		    "?     %s: this machine can run none of its %zu cases\n", label, cases.count);
	} else if (!ret && !bad && !c->o->quiet) {
		(void)printf("ok    %-24s %zu cases, %s operations%s\n", label, run,
		    text_format_count(all_ops, ops, sizeof(ops)),
		    unsupported ? ", others not on this machine" : "");
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

	for (size_t i = 0; i < r->count; i++)
		c->kinds +=
		    asked_for(c, &r->item[i]) || ((r->item[i].self->flags & CB_BROKEN) &&
						     family_asked_for(c, r->item[i].family));
	for (size_t i = 0; !ret && i < r->count; i++) {
		if (!(r->item[i].self->flags & CB_BROKEN) ||
		    !family_asked_for(c, r->item[i].family))
			continue;
		ret = try_broken(c, &r->item[i]);
		c->done++;
	}
	if (!ret && c->blind)
		return complain("check",
		    "what is broken on purpose got through, so passing would prove nothing");
	if (!ret && c->caught && !c->o->quiet)
		(void)printf("ok    broken on purpose, each caught or, where sound, passed: %zu "
			     "cases\n",
		    c->caught);
	for (size_t i = 0; !ret && i < r->count; i++) {
		if (!asked_for(c, &r->item[i]))
			continue;
		ret = try_kind(c, &r->item[i]);
		c->done++;
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
		    "%zu kind%s right, %zu wrong\n", c.passed, c.passed == 1 ? "" : "s", c.wrong);
		ret = c.wrong ? EXIT_CASE_FAILED : 0;
		if (!c.wrong && !c.passed)
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
	"how long each case is tried, at least (default 250ms); longer finds what is rarer"},
    {"seed", "N", OPTION_NUMBER(seed), "of layout and random numbers"},
    {"quiet", NULL, OPTION_ON(quiet), "only what is wrong, and the last line"},
    {0},
};
#undef OPTIONS

const struct command check_command = {
    .name = "check",
    .what = "is a lock, a queue, a job right? against real contention, broken ones first",
    .about = "Runs every case that shows a wrong kind, under every model it claims, each in a "
	     "process of "
	     "its own, until workers have really met: excluded, delivered, in order, nothing lost, "
	     "nothing "
	     "twice. Before that, kinds of the same family that are broken on purpose have to be "
	     "caught, or "
	     "nothing that is said of others would count.",
    .status = "0 all are right; 1 one is wrong; 2 usage, environment, or a broken one was not "
	      "caught" HELP_SIGNAL,
    .examples = "concbench check --load ./mine.so\nconcbench check locks --case-time 5s",
    .options = specs,
    .size = sizeof(struct check_options),
    .defaults = defaults,
    .finish = finish,
    .run = check,
};
