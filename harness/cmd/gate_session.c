#include "harness/cmd/gate_session.h"

#include "harness/base/clock.h"
#include "harness/run/case_filter.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_folder(struct gate_session *s)
{
	const char *tmp = getenv("TMPDIR");
	int ret;

	if (snprintf(s->folder, sizeof(s->folder), "%s/concbench-%s-XXXXXX",
		tmp && tmp[0] ? tmp : P_tmpdir, s->request->command) >= (int)sizeof(s->folder) ||
	    !mkdtemp(s->folder)) {
		ret = errno;
		(void)complain(
		    s->request->command, "TMPDIR: no folder %s: %s", s->folder, strerror(ret));
		s->folder[0] = '\0';
		return EXIT_USAGE;
	}
	(void)snprintf(s->xml, sizeof(s->xml), "%s/topology.xml", s->folder);
	(void)snprintf(s->log, sizeof(s->log), "%s/cells.log", s->folder);
	ret = topology_write_xml(s->topo, s->xml);
	if (ret)
		return complain(s->request->command, "%s: %s", s->xml, strerror(-ret));
	s->log_fd = open(s->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (s->log_fd < 0)
		return complain(s->request->command, "%s: %s", s->log, strerror(errno));
	return 0;
}

/* What is loaded, by name. */
static int add_own(struct gate_session *s, const struct registry *kinds)
{
	for (size_t i = 0; i < kinds->count; i++) {
		const struct kind *k = &kinds->item[i];
		char **grown, *name = NULL;
		size_t at = 0;

		if (!k->module || !kind_listed(k))
			continue;
		if (asprintf(&name, "%s/%s", k->family->name, k->name) < 0)
			return -ENOMEM;
		while (at < s->own_count && strcmp(s->own[at], name) != 0)
			at++;
		grown = at < s->own_count ? NULL
					  : reallocarray(s->own, s->own_count + 1, sizeof(*grown));
		if (!grown) {
			free(name);
			if (at < s->own_count)
				continue;
			return -ENOMEM;
		}
		s->own = grown;
		s->own[s->own_count++] = name;
	}
	return 0;
}

/* Opened here to know which kinds they have, and which builds they are: every launch of a side then
 * has to be of that one. */
static int identify_modules(struct gate_session *s)
{
	const struct gate_request *r = s->request;

	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		const struct request_loads *l = &r->loads[side];
		struct registry kinds;
		char err[600] = "out of memory";
		int ret = registry_create(&kinds, err, sizeof(err));

		for (size_t i = 0; !ret && i < l->count; i++)
			ret = module_list_open(
			    &s->modules[side], &kinds, l->spec[i], NULL, err, sizeof(err));
		if (!ret)
			ret = add_own(s, &kinds);
		registry_free(&kinds);
		if (ret)
			return complain(r->command, "--%s-load: %s", side_name(side), err);
	}
	if (!s->what.name_count && strcmp(r->exe[SIDE_BASE], r->exe[SIDE_HEAD]) == 0) {
		s->what.names = (const char *const *)s->own;
		s->what.name_count = s->own_count;
	}
	s->selection = selection_words(&s->what);
	return s->selection ? 0 : complain(r->command, "out of memory");
}

static void describe_cells(struct gate_session *s)
{
	const struct gate_request *r = s->request;

	for (enum side side = SIDE_BASE; side < SIDES; side++)
		s->plan.cell[side] = (struct cell_spec){
		    .exe = r->exe[side],
		    .modules = module_list_words(&s->modules[side]),
		    .selection = s->selection,
		    .topology_xml = s->xml,
		    .allowed = topology_allowed_list(s->topo),
		    .slot_ns = r->slot_ns,
		    .stderr_fd = s->log_fd,
		    .ready_within_ns = r->cell_timeout_ns,
		    .turn_within_ns = r->turn_timeout_ns,
		};
	s->plan.slot_ns = r->slot_ns;
	s->plan.launch_ns = r->launch_ns;
	s->plan.min_effect = r->min_effect;
	s->plan.figure = r->figure;
	s->plan.seed = r->seed;
	s->plan.progress = &s->progress;
}

/* Nothing was found for @what. What is wrong with the words, this program can say itself: with what
 * head loads, since that is what it judges. */
static int explain_nothing(const struct gate_session *s, struct selection what)
{
	struct catalogue_here here;
	struct selected chosen;
	char err[400];
	int ret;

	what.loads = s->request->loads[SIDE_HEAD].spec;
	what.load_count = s->request->loads[SIDE_HEAD].count;
	what.build_ids = NULL;
	ret = catalogue_here_open(&here, s->topo, &what, err, sizeof(err));
	if (!ret) {
		ret = selection_cases(&here, &what, &chosen, err, sizeof(err));
		if (!ret)
			selected_free(&chosen);
		catalogue_here_close(&here);
	}
	if (ret)
		return complain(s->request->command, "%s", err);
	return complain(
	    s->request->command, "neither base nor head has a case of what is asked for");
}

/* Add a side's cases of @selection. Return: 0; -EINTR; EXIT_USAGE after a line. */
static int ask_side(
    struct gate_session *s, enum side side, const char *const *selection, size_t *found)
{
	struct cell_spec spec = s->plan.cell[side];
	struct catalogue cases;
	char why[REASON_MAX] = "";
	int ret;

	spec.selection = selection;
	ret = catalogue_ask(&spec, &cases, why, sizeof(why));
	if (ret == -EINTR)
		return ret;
	if (ret)
		return complain(s->request->command, "--%s: %s: %s", side_name(side), spec.exe,
		    why[0] ? why : strerror(-ret));
	*found += cases.count;
	ret = catalogue_join(&s->catalogue[side], &cases);
	catalogue_free(&cases);
	return ret ? complain(s->request->command, "out of memory") : 0;
}

static int ask_both(struct gate_session *s, const char *const *selection, size_t *found)
{
	int ret = 0;

	*found = 0;
	for (enum side side = SIDE_BASE; !ret && side < SIDES; side++)
		ret = ask_side(s, side, selection, found);
	return ret;
}

/* A side that does not know one of several names lists nothing at all. What is new in head must not
 * hide the others, and what neither side knows is a mistake. */
static int ask_name_by_name(struct gate_session *s)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->what.name_count; i++) {
		struct selection one = s->what;
		const char **words;
		size_t found;

		one.names = &s->what.names[i];
		one.name_count = 1;
		words = selection_words(&one);
		if (!words)
			return complain(s->request->command, "out of memory");
		ret = ask_both(s, words, &found);
		free(words);
		if (!ret && !found)
			ret = explain_nothing(s, one);
	}
	return ret;
}

static int ask(struct gate_session *s)
{
	size_t found;
	int ret = ask_both(s, s->selection, &found);

	if (!ret && s->what.name_count > 1 &&
	    (!s->catalogue[SIDE_BASE].count || !s->catalogue[SIDE_HEAD].count))
		ret = ask_name_by_name(s);
	return ret;
}

static int add_row(struct comparison *out, const char *name, enum verdict v, const char *reason)
{
	struct comparison_row *row = comparison_add(out, name);

	if (!row)
		return -ENOMEM;
	row->verdict = v;
	(void)snprintf(row->reason, sizeof(row->reason), "%s", reason);
	return 0;
}

/* A case that neither side can run here says nothing of the change. */
static int match(struct gate_session *s, struct catalogue_case *base, struct comparison *out)
{
	const struct catalogue_case *head = catalogue_find(&s->catalogue[SIDE_HEAD], base->name);

	if (!head)
		return add_row(out, base->name, VERDICT_MISSING, "head has no such case");
	if (!base->supported && !head->supported)
		return 0;
	if (!base->supported || !head->supported)
		return add_row(out, base->name, VERDICT_MISSING,
		    base->supported ? head->reason : base->reason);
	base->differs = strcmp(base->hash, head->hash) != 0;
	if (base->differs && !s->request->force)
		return add_row(out, base->name, VERDICT_INCOMPARABLE, PAIR_DIFFERS);
	out->forced |= base->differs;
	s->cases[s->case_count++] = base;
	return 0;
}

static int pick(struct gate_session *s, struct comparison *out)
{
	struct catalogue *base = &s->catalogue[SIDE_BASE];
	const struct catalogue *head = &s->catalogue[SIDE_HEAD];
	struct case_filter filter;
	size_t matched = 0;
	char err[200];
	int ret = 0;

	if (case_filter_compile(&filter, s->what.filter, err, sizeof(err)) != 0)
		return complain(s->request->command, "--filter: %s", err);
	s->cases = calloc(base->count + 1, sizeof(*s->cases));
	if (!s->cases)
		ret = -ENOMEM;
	for (size_t i = 0; !ret && i < base->count; i++) {
		if (!case_filter_matches(&filter, base->item[i].name))
			continue;
		matched++;
		ret = match(s, &base->item[i], out);
	}
	for (size_t i = 0; !ret && i < head->count; i++) {
		const struct catalogue_case *c = &head->item[i];

		if (!case_filter_matches(&filter, c->name) || catalogue_find(base, c->name))
			continue;
		matched++;
		ret = add_row(out, c->name, VERDICT_MISSING, "base has no such case");
	}
	case_filter_free(&filter);
	if (ret)
		return complain(s->request->command, "out of memory");
	return matched ? 0 : explain_nothing(s, s->what);
}

int gate_session_check_budget(struct gate_session *s)
{
	const struct gate_request *r = s->request;
	const uint64_t needed_ns = gate_needed_ns(&s->plan, s->cases, s->case_count);

	gate_widen(&s->plan, s->cases, s->case_count);
	if (s->plan.budget_ns >= needed_ns)
		return 0;
	return complain(r->command,
	    "--%s: %.3g s%s is too short for a first look at %zu case%s, which takes %u pairs of "
	    "launches each, and for confirming a change: about %.0f s in all; give more or narrow "
	    "--filter",
	    r->budget_ns ? "time-budget" : "trial-time", (double)s->plan.budget_ns / 1e9,
	    s->plan.overhead_ns ? ", what the A/A has left," : "", s->case_count,
	    s->case_count == 1 ? "" : "s", looks_launches(0),
	    (double)(needed_ns + CLOCK_NS_PER_S - 1) / 1e9);
}

/* A verdict that cannot come is not worth waiting for. */
static int plan_budget(struct gate_session *s)
{
	const struct gate_request *r = s->request;

	s->plan.open_ended = !r->budget_ns && !r->case_ns;
	s->plan.budget_ns =
	    r->budget_ns ? r->budget_ns : s->case_count * (r->case_ns ? r->case_ns : GATE_CASE_NS);
	return gate_session_check_budget(s);
}

int gate_session_open(struct gate_session *s, const struct gate_request *r, struct comparison *out)
{
	char err[256] = "";
	int ret;

	memset(s, 0, sizeof(*s));
	s->request = r;
	s->what = r->what;
	s->log_fd = -1;
	ret = preflight(r->command);
	if (ret)
		return ret;
	if (topology_discover(&s->topo, err, sizeof(err)) != 0)
		return complain(r->command, "%s", err);
	ret = open_folder(s);
	if (ret)
		return ret;
	ret = identify_modules(s);
	if (ret)
		return ret;
	describe_cells(s);
	ret = ask(s);
	if (!ret)
		ret = pick(s, out);
	return ret ? ret : plan_budget(s);
}

void gate_session_close(struct gate_session *s, bool keep_log)
{
	if (s->log_fd >= 0)
		(void)close(s->log_fd);
	if (s->folder[0]) {
		(void)unlink(s->xml);
		if (!keep_log) {
			(void)unlink(s->log);
			(void)rmdir(s->folder);
		}
	}
	for (enum side side = SIDE_BASE; side < SIDES; side++)
		catalogue_free(&s->catalogue[side]);
	for (enum side side = SIDE_BASE; side < SIDES; side++)
		module_list_close(&s->modules[side]);
	for (size_t i = 0; i < s->own_count; i++)
		free(s->own[i]);
	free(s->own);
	free(s->selection);
	free(s->cases);
	topology_free(s->topo);
}
