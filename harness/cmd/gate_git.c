#include "harness/cmd/gate_git.h"

#include "harness/base/interrupt.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/tool.h"
#include "harness/run/case_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 1000
#define COMMIT_MAX 80
#define WORKING_TREE "working tree"

int gate_git_check(const struct gate_options *o)
{
	const char *command = o->request.command;

	if (!o->git_base)
		return o->git_head || o->build
			   ? complain(command, "--%s: means nothing without --git-base",
				 o->build ? "build" : "git-head")
			   : 0;
	if (o->base || o->head)
		return complain(command,
		    "--git-base and --%s exclude each other: with --git-base this program judges "
		    "what both revisions load",
		    o->base ? "base" : "head");
	if (!o->build)
		return complain(command,
		    "--build is missing: the command that makes the shared object, such as 'make "
		    "bench.so'");
	if (!o->request.loads[SIDE_BASE].count || !o->request.loads[SIDE_HEAD].count)
		return complain(command, "--load is missing: the shared object that --build makes");
	return 0;
}

/* What need not be built to be found wrong. Return: 0; EXIT_USAGE after a line. */
static int check_request(const struct gate_options *o)
{
	const struct gate_request *r = &o->request;
	const struct selection *what = &r->what;
	struct case_filter filter;
	char err[400];
	/* One case of the shortest turns. */
	static const struct catalogue_case least = {.slot_ns = CLOCK_NS_PER_MS};
	const struct catalogue_case *cases[] = {&least};
	struct gate_session s = {.request = r,
	    .cases = cases,
	    .case_count = 1,
	    .plan = {.slot_ns = r->slot_ns,
		.launch_ns = r->launch_ns,
		.min_effect = r->min_effect,
		.budget_ns = r->budget_ns}};

	if (case_filter_compile(&filter, what->filter, err, sizeof(err)) != 0)
		return complain(r->command, "--filter: %s", err);
	case_filter_free(&filter);
	for (size_t i = 0; i < what->set_count; i++) {
		struct sweep_set set;

		if (sweep_set_parse(what->sets[i], &set, err, sizeof(err)) != 0)
			return complain(r->command, "--set: %s", err);
	}
	for (size_t i = 0; i < what->name_count; i++)
		if (!registry_family(what->names[i], strcspn(what->names[i], "/")))
			return complain(r->command,
			    "'%.80s': there is no such family; see concbench list", what->names[i]);
	return r->budget_ns ? gate_session_check_budget(&s) : 0;
}

/* ---- the repository ---- */

struct repository {
	const char *command;
	char top[KEPT_PATH_MAX], below[KEPT_PATH_MAX];
	char index[KEPT_PATH_MAX]; /* a copy of our own; "" none */
};

/* Return: 0; -EINTR; else @why says it. */
static int ask_git(
    struct repository *r, const char *const *argv, bool copy, char *out, size_t len, char *why)
{
	const struct tool t = {
	    .argv = argv, .dir = r->top[0] ? r->top : NULL, .index = copy ? r->index : NULL};

	return tool_ask(&t, out, len, why, TEXT_MAX);
}

static int find_repository(struct repository *r)
{
	static const char *const top[] = {"git", "rev-parse", "--show-toplevel", NULL};
	static const char *const below[] = {"git", "rev-parse", "--show-prefix", NULL};
	char why[TEXT_MAX], found[KEPT_PATH_MAX];
	int ret = ask_git(r, below, false, r->below, sizeof(r->below), why);

	if (!ret)
		ret = ask_git(r, top, false, found, sizeof(found), why);
	if (!ret)
		(void)snprintf(r->top, sizeof(r->top), "%s", found);
	/* Inside of .git, or of a bare one, there is no tree, and no complaint about the first. */
	if (!ret && !r->top[0]) {
		(void)snprintf(why, sizeof(why), "no working tree here");
		ret = EXIT_USAGE;
	}
	return ret && ret != -EINTR ? complain(r->command, "--git-base: %s", why) : ret;
}

static int find_commit(struct repository *r, const char *option, const char *rev, char *commit)
{
	char wanted[TEXT_MAX], why[TEXT_MAX];
	const char *const argv[] = {
	    "git", "rev-parse", "--verify", "--quiet", "--end-of-options", wanted, NULL};
	int ret;

	if (snprintf(wanted, sizeof(wanted), "%s^{commit}", rev) >= (int)sizeof(wanted))
		return complain(r->command, "--%s: %.80s...: no such revision", option, rev);
	ret = ask_git(r, argv, false, commit, COMMIT_MAX, why);
	return ret && ret != -EINTR
		   ? complain(r->command, "--%s: %s: no such revision here", option, rev)
		   : ret;
}

/* A copy of the index, so that the user's stays as it is. It lies beside the builds. */
static int copy_index(struct repository *r, char *why)
{
	static const char *const argv[] = {"git", "rev-parse", "--git-path", "index", NULL};
	char path[KEPT_PATH_MAX], from[2 * KEPT_PATH_MAX];
	const char *const copy[] = {"cp", "--", from, r->index, NULL};
	int ret = ask_git(r, argv, false, path, sizeof(path), why), fd;

	if (ret)
		return ret;
	(void)snprintf(from, sizeof(from), "%s%s%s", path[0] == '/' ? "" : r->top,
	    path[0] == '/' ? "" : "/", path);
	fd = mkstemp(r->index);
	if (fd < 0) {
		(void)snprintf(why, TEXT_MAX, "%.200s: %s", r->index, strerror(errno));
		r->index[0] = '\0';
		return EXIT_USAGE;
	}
	(void)close(fd);
	/* A repository in which nothing was added has none. */
	if (access(from, F_OK) == 0)
		return ask_git(r, copy, false, path, sizeof(path), why);
	(void)unlink(r->index);
	return 0;
}

/*
 * The working tree as a commit: changes, new files and all, but what git ignores. So it is checked
 * out, built and kept as any other is, from nothing, without what other flags have left. Nobody
 * refers to the commit, and git drops it in time. The same files give the same commit.
 */
static int commit_working_tree(struct repository *r, char *commit, char *why)
{
	static const char *const add[] = {"git", "add", "--all", NULL};
	static const char *const write[] = {"git", "write-tree", NULL};
	static const char *const parent[] = {"git", "rev-parse", "--verify", "HEAD", NULL};
	static const char *const committed[] = {"git", "rev-parse", "HEAD^{tree}", NULL};
	char tree[COMMIT_MAX], head[COMMIT_MAX], clean[COMMIT_MAX], said[TEXT_MAX];
	const char *const make[] = {"env", "GIT_AUTHOR_NAME=concbench",
	    "GIT_AUTHOR_EMAIL=concbench", "GIT_COMMITTER_NAME=concbench",
	    "GIT_COMMITTER_EMAIL=concbench", "GIT_AUTHOR_DATE=@0 +0000",
	    "GIT_COMMITTER_DATE=@0 +0000", "git", "commit-tree", "-m", WORKING_TREE, "-p", head,
	    tree, NULL};
	int ret = copy_index(r, why);

	if (!ret)
		ret = ask_git(r, add, true, said, sizeof(said), why);
	if (!ret)
		ret = ask_git(r, write, true, tree, sizeof(tree), why);
	if (!ret)
		ret = ask_git(r, parent, false, head, sizeof(head), why);
	if (!ret)
		ret = ask_git(r, committed, false, clean, sizeof(clean), why);
	if (!ret && strcmp(tree, clean) == 0)
		(void)snprintf(commit, COMMIT_MAX, "%s", head);
	else if (!ret)
		ret = ask_git(r, make, false, commit, COMMIT_MAX, why);
	return ret;
}

static int find_working_tree(struct repository *r, char *commit)
{
	char why[TEXT_MAX] = "", builds[KEPT_PATH_MAX / 2];
	int ret;

	/* kept_build_open() has been there, and has said what is wrong with it. */
	(void)kept_build_folder(builds, sizeof(builds));
	(void)snprintf(r->index, sizeof(r->index), "%s/.index-XXXXXX", builds);
	ret = commit_working_tree(r, commit, why);
	if (r->index[0])
		(void)unlink(r->index);
	return ret && ret != -EINTR ? complain(r->command, WORKING_TREE ": %s", why) : ret;
}

/* ---- both sides ---- */

/* Base's kinds are there: whether any is asked for need not wait until head's are. Return: 0;
 * EXIT_USAGE after a line. */
static int check_kinds(const struct gate_options *o)
{
	struct gate_request r = o->request;
	struct comparison none = {0};
	struct gate_session s;
	int ret;

	r.loads[SIDE_HEAD] = r.loads[SIDE_BASE];
	r.quiet = true;
	ret = gate_session_open(&s, &r, &none);
	gate_session_close(&s, false);
	comparison_free(&none);
	return ret;
}

/* Relative paths are of the revision. */
static int place_loads(struct gate_git *g, struct gate_options *o, enum side side, const char *name)
{
	struct request_loads *l = &o->request.loads[side];

	for (size_t i = 0; i < l->count; i++) {
		const char *spec = l->spec[i], *file = module_spec_file(spec);
		const char *folder = file[0] == '/' ? "" : g->build[side].folder;
		char **at = &g->spec[side][i];

		if (asprintf(at, "%.*s%s%s", (int)(file - spec), spec, folder, file) < 0) {
			*at = NULL;
			return complain(o->request.command, "out of memory");
		}
		if (access(module_spec_file(*at), F_OK) != 0)
			return complain(o->request.command,
			    "--load: %s is not there after '%s' in %s (%s)", file, o->build,
			    side_name(side), name);
		l->spec[i] = *at;
	}
	return 0;
}

static int build_side(struct gate_git *g, struct gate_options *o, const struct repository *r,
    enum side side, const char *name, const char *commit)
{
	const struct build_order q = {.command = o->request.command,
	    .side = side_name(side),
	    .name = name,
	    .top = r->top,
	    .below = r->below,
	    .commit = commit,
	    .build = o->build,
	    .quiet = o->request.quiet};
	const int ret = kept_build_open(&q, &g->build[side]);

	if (ret)
		return ret;
	g->built++;
	return place_loads(g, o, side, name);
}

int gate_git_build(struct gate_git *g, struct gate_options *o)
{
	struct repository r = {.command = o->request.command};
	const char *head = o->git_head ? o->git_head : WORKING_TREE;
	char commit[SIDES][COMMIT_MAX];
	int ret;

	memset(g, 0, sizeof(*g));
	ret = check_request(o);
	if (!ret)
		ret = find_repository(&r);
	if (!ret)
		ret = find_commit(&r, "git-base", o->git_base, commit[SIDE_BASE]);
	if (!ret && o->git_head)
		ret = find_commit(&r, "git-head", o->git_head, commit[SIDE_HEAD]);
	if (!ret)
		ret = build_side(g, o, &r, SIDE_BASE, o->git_base, commit[SIDE_BASE]);
	if (!ret)
		ret = check_kinds(o);
	if (!ret && !o->git_head)
		ret = find_working_tree(&r, commit[SIDE_HEAD]);
	if (!ret)
		ret = build_side(g, o, &r, SIDE_HEAD, head, commit[SIDE_HEAD]);
	if (ret)
		return ret == -EINTR ? 128 + interrupt_pending() : ret;
	kept_build_tidy();
	o->base_name = o->base_name ? o->base_name : o->git_base;
	o->head_name = o->head_name ? o->head_name : head;
	return 0;
}

void gate_git_close(struct gate_git *g)
{
	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		for (size_t i = 0; i < REQUEST_LOADS_MAX; i++)
			free(g->spec[side][i]);
		if (side < g->built)
			kept_build_close(&g->build[side]);
	}
}
