#include "harness/cmd/gate_session.h"

#include "harness/base/clock.h"
#include "harness/base/text.h"
#include "harness/cell/given.h"
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
	struct run_figure any;

	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		const struct request_loads *l = &r->loads[side];
		struct registry kinds;
		char err[600] = "out of memory";
		const char *flag = "load";
		int ret = registry_create(&kinds, err, sizeof(err));

		for (size_t i = 0; !ret && i < l->count; i++) {
			flag = l->flag[i];
			ret = module_list_open(
			    &s->modules[side], &kinds, l->spec[i], NULL, err, sizeof(err));
		}
		if (!ret)
			ret = add_own(s, &kinds);
		registry_free(&kinds);
		if (ret)
			return complain(r->command, "--%s: %s", flag, err);
	}
	if (!s->what.name_count && strcmp(r->exe[SIDE_BASE], r->exe[SIDE_HEAD]) == 0) {
		s->what.names = (const char *const *)s->own;
		s->what.name_count = s->own_count;
	}
	/* Those that any case has need not be told, and an older base knows of no telling. */
	if (r->gate_on && (gate_figure_of(r->gate_on, &any) != 0 || any.scale == CB_SHARE))
		s->what.figure = r->gate_on;
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

/* What the kinds of these cases declare, each once; as far as it fits. */
static void list_figures(const struct case_list *list, char *out, size_t len)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		unsigned count;
		const struct cb_figure *f = kind_figures(list->item[i].kind, &count);

		if (i && list->item[i].kind == list->item[i - 1].kind)
			continue;
		for (unsigned k = 0; k < count; k++) {
			char word[METRIC_NAME_MAX + 2];
			const int n = snprintf(word, sizeof(word), ", %s", f[k].metric);

			if (strstr(out, word) || used + (size_t)n >= len)
				continue;
			memcpy(out + used, word, (size_t)n + 1);
			used += (size_t)n;
		}
	}
}

/* None of the cases has the figure that is to be judged. */
static int explain_figures(const struct gate_session *s)
{
	struct selection what = s->what;
	struct catalogue_here here;
	struct selected chosen;
	char err[400], declared[400] = "";

	what.loads = s->request->loads[SIDE_HEAD].spec;
	what.load_count = s->request->loads[SIDE_HEAD].count;
	what.build_ids = NULL;
	if (catalogue_here_open(&here, s->topo, &what, err, sizeof(err)) == 0) {
		if (selection_cases(&here, &what, &chosen, err, sizeof(err)) == 0) {
			list_figures(&chosen.cases, declared, sizeof(declared));
			selected_free(&chosen);
		}
		catalogue_here_close(&here);
	}
	return complain(s->request->command,
	    "--gate-on: '%.80s' is no figure; accepted: " GATE_FIGURE_WORDS
	    "; or what these cases declare: %s",
	    s->request->gate_on, declared[0] ? declared + 2 : "nothing");
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
	/* A case is in a gate once. */
	for (size_t i = 0; i < cases.count; i++) {
		const struct catalogue_case *c = &cases.item[i],
					    *known = catalogue_find(&s->catalogue[side], c->name);

		if (!known || run_figure_same(&known->figure, &c->figure))
			continue;
		ret = complain(s->request->command,
		    "%s and %s are figures of one case, %s; accepted: one of them in a gate",
		    known->figure.metric, c->figure.metric, c->name);
		break;
	}
	if (!ret && catalogue_join(&s->catalogue[side], &cases) != 0)
		ret = complain(s->request->command, "out of memory");
	catalogue_free(&cases);
	return ret;
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

/* Is one of several names that of a figure? Asked for together, another of the same case would hide
 * it. */
static bool names_a_figure(const struct gate_session *s)
{
	for (size_t i = 0; s->what.name_count > 1 && i < s->what.name_count; i++)
		if (strstr(s->what.names[i], "/" CASE_FIGURE_KEY ":"))
			return true;
	return false;
}

static int ask(struct gate_session *s)
{
	size_t found;
	int ret;

	if (names_a_figure(s))
		return ask_name_by_name(s);
	ret = ask_both(s, s->selection, &found);
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

/* A figure that is asked for of every case is told by those that declare it (selection.figure);
 * others may have it as one of those that any case has. */
static bool has_figure(const struct gate_session *s, struct catalogue_case *c)
{
	const char *word = s->request->gate_on;

	return !word || strcmp(c->figure.metric, word) == 0 ||
	       gate_figure_of(word, &c->figure) == 0;
}

/* It is in the report where somebody chose the case. */
static int leave_without_figure(
    struct gate_session *s, const struct catalogue_case *c, struct comparison *out)
{
	char reason[REASON_MAX];

	s->without_figure++;
	if (!s->what.name_count && !s->what.filter)
		return 0;
	(void)snprintf(reason, sizeof(reason), "it has no figure %.60s", s->request->gate_on);
	return add_row(out, c->name, VERDICT_MISSING, reason);
}

/* Whatever its name: in another unit, or better when it is more, it is another one. */
static bool same_figure(const struct catalogue_case *base, const struct catalogue_case *head)
{
	const struct run_figure time = run_time_figure();

	return run_figure_same(base->figure.metric[0] ? &base->figure : &time,
	    head->figure.metric[0] ? &head->figure : &time);
}

/* A case that neither side can run here says nothing of the change. */
static int match(struct gate_session *s, struct catalogue_case *base, struct comparison *out)
{
	const struct catalogue_case *head = catalogue_find(&s->catalogue[SIDE_HEAD], base->name);
	struct catalogue_case theirs;

	if (!head)
		return add_row(out, base->name, VERDICT_MISSING, "head has no such case");
	if (base->failed || head->failed)
		return add_row(
		    out, base->name, VERDICT_FAILED, head->failed ? head->reason : base->reason);
	if (!base->supported && !head->supported)
		return 0;
	if (!base->supported || !head->supported)
		return add_row(out, base->name, VERDICT_MISSING,
		    base->supported ? head->reason : base->reason);
	theirs = *head;
	if (!base->depends[0])
		(void)snprintf(base->depends, sizeof(base->depends), "%s", head->depends);
	if (!has_figure(s, base))
		return leave_without_figure(s, base, out);
	base->differs = strcmp(base->hash, head->hash) != 0;
	if (base->differs && !s->request->force)
		return add_row(out, base->name, VERDICT_INCOMPARABLE, PAIR_DIFFERS);
	(void)has_figure(s, &theirs);
	if (!same_figure(base, &theirs))
		return add_row(out, base->name, VERDICT_INCOMPARABLE, "head gives another figure");
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
	if (s->without_figure && !s->case_count)
		return explain_figures(s);
	if (s->without_figure && !s->what.name_count && !s->what.filter)
		(void)complain(s->request->command,
		    "--gate-on: %zu of %zu cases have no figure %s and are left out",
		    s->without_figure, s->without_figure + s->case_count, s->request->gate_on);
	return matched ? 0 : explain_nothing(s, s->what);
}

/* The first of the cases that depends on the same as @i. */
static size_t first_of_its_need(const struct gate_session *s, size_t i)
{
	size_t k = 0;

	while (strcmp(s->cases[k]->depends, s->cases[i]->depends) != 0)
		k++;
	return k;
}

static void count_given(struct gate_session *s)
{
	s->given_count = 0;
	for (size_t i = 0; i < s->case_count; i++)
		s->given_count += s->cases[i]->depends[0] && first_of_its_need(s, i) == i;
}

/* What a case depends on, and what becomes of its row without it. */
struct need {
	struct run_given given;
	enum verdict without;
	char why[REASON_MAX];
};

/* Return: 0, also with @out->why; -EINTR; CELL_NONE or EXIT_USAGE after a line. */
static int find_given(struct gate_session *s, const char *depends, struct need *out)
{
	struct cell_spec spec = s->plan.cell[SIDE_BASE];
	int ret;

	if (s->progress.shown)
		progress_show(&s->progress, 0, s->case_count, UINT64_MAX, depends);
	spec.seed = s->plan.seed;
	out->why[0] = '\0';
	ret = given_find(&spec, depends, &out->given, out->why, REASON_MAX);
	if (ret == -EINTR)
		return ret;
	if (ret == CELL_NONE || ret == -ENOMEM) {
		progress_end(&s->progress);
		(void)complain(s->request->command, "no case can be measured: %s",
		    out->why[0] ? out->why : strerror(-ret));
		return ret == CELL_NONE ? ret : EXIT_USAGE;
	}
	/* As of a case that one side cannot run here. */
	out->without = ret == -ENOTSUP ? VERDICT_MISSING : VERDICT_FAILED;
	return 0;
}

int gate_session_give(struct gate_session *s, struct comparison *out)
{
	struct need *need = calloc(s->case_count + 1, sizeof(*need));
	const uint64_t begin_ns = clock_now_ns();
	uint64_t took_ns;
	size_t kept = 0;
	int ret = need ? 0 : complain(s->request->command, "out of memory");

	for (size_t i = 0; !ret && s->given_count && i < s->case_count; i++) {
		const size_t first = first_of_its_need(s, i);
		struct catalogue *base = &s->catalogue[SIDE_BASE];

		if (!s->cases[i]->depends[0])
			continue;
		if (first == i)
			ret = find_given(s, s->cases[i]->depends, &need[i]);
		need[i] = need[first];
		/* It is base's, which is ours. */
		base->item[s->cases[i] - base->item].given = need[i].given;
	}
	for (size_t i = 0; !ret && i < s->case_count; i++) {
		if (need[i].why[0] &&
		    add_row(out, s->cases[i]->name, need[i].without, need[i].why) != 0)
			ret = complain(s->request->command, "out of memory");
		if (!need[i].why[0])
			s->cases[kept++] = s->cases[i];
	}
	free(need);
	if (ret)
		return ret;
	s->case_count = kept;
	s->given_count = 0;
	took_ns = clock_now_ns() - begin_ns;
	if (s->request->budget_ns)
		s->plan.budget_ns -= took_ns < s->plan.budget_ns ? took_ns : s->plan.budget_ns;
	return 0;
}

int gate_session_check_budget(struct gate_session *s)
{
	const struct gate_request *r = s->request;
	const char *flag = r->budget_ns ? "time-budget" : "trial-time";
	uint64_t needed_ns = gate_needed_ns(&s->plan, s->cases, s->case_count);
	char enough[32];

	/* A look at all of them comes before the gate's, and a quarter more for chance. */
	if (r->must_see_auto && !s->plan.overhead_ns && !s->plan.open_ended)
		needed_ns += gate_first_look_ns(&s->plan, s->cases, s->case_count) / 4 * 5;
	if (r->budget_ns)
		needed_ns += s->given_count * GIVEN_NS;
	gate_widen(&s->plan, s->cases, s->case_count);
	if (s->plan.budget_ns >= needed_ns)
		return 0;
	/* What the A/A has taken it will take again. */
	if (r->budget_ns > s->plan.budget_ns)
		needed_ns += r->budget_ns - s->plan.budget_ns;
	return complain(r->command,
	    "--%s: %.3g s%s is too short for a first look at %zu case%s, which takes %u pairs of "
	    "launches each, and for confirming a change; accepted: --%s %s, or fewer cases",
	    flag, (double)s->plan.budget_ns / 1e9,
	    s->plan.overhead_ns ? ", what the A/A has left," : "", s->case_count,
	    s->case_count == 1 ? "" : "s", looks_launches(0), flag,
	    text_format_budget(
		r->budget_ns ? needed_ns : needed_ns / s->case_count, enough, sizeof(enough)));
}

/* A verdict that cannot come is not worth waiting for. */
static int plan_budget(struct gate_session *s)
{
	const struct gate_request *r = s->request;

	count_given(s);
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
