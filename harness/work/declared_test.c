/* declared_test.c - every mistake that a declaration can have: one line each, which says what is
 * accepted. */
#include "harness/work/declared.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	return n;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)why;
	(void)why_len;
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	(void)metrics;
	return check(env, why, why_len);
}

static void run(struct cb_companion *c, const struct cb_env *env)
{
	(void)c;
	(void)env;
}

static int program(const struct cb_env *env, const char **argv, unsigned most)
{
	(void)env;
	(void)argv;
	(void)most;
	return 0;
}

static int accepts(const struct cb_kind *k, char *why, size_t why_len)
{
	if (k->impl)
		return 0;
	(void)snprintf(why, why_len, "it lacks acquire()");
	return -EINVAL;
}

/* What is whole, and is made wrong in one place at a time. */
static const char *outcomes[] = {
    "survived", "lost", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
static const char *colours[] = {"red", "green", NULL};
static struct cb_param param[CASE_PARAMS_MAX], family_param[4];
static struct cb_sweep sweep[2], family_sweep;
static struct cb_figure figure[2], family_figure;
static struct cb_companion_spec beside;
static struct cb_workload work, callback;
static struct cb_kind kind;
static struct cb_family family;
const struct cb_family *const cb_families[] = {&family, NULL};

static void make_whole(void)
{
	outcomes[0] = "survived";
	outcomes[1] = "lost";
	for (unsigned i = 2; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		outcomes[i] = NULL;
	colours[0] = "red";
	colours[1] = "green";
	family_param[0] = (struct cb_param)CB_PARAM_MODEL;
	family_param[1] = (struct cb_param)CB_PARAM_WORKERS("1");
	family_param[2] = (struct cb_param)CB_PARAM_PLACE("scatter");
	family_param[3] = (struct cb_param)CB_PARAM("hold_ns", CB_NS, "0", 0, 1000, "held");
	param[0] = (struct cb_param)CB_PARAM("depth", CB_COUNT, "1", 1, 9, "how deep");
	param[1] = (struct cb_param){"colour", CB_WORD, "red", 0, 1, "which", colours, false};
	sweep[0] = (struct cb_sweep){CB_SMOKE, "model=thread workers=1,pus depth=1..4x2"};
	sweep[1] = (struct cb_sweep){CB_CHECK, "colour=red,green"};
	family_sweep = (struct cb_sweep){CB_SMOKE, "model=thread,process hold=2"};
	figure[0] =
	    (struct cb_figure){"late_ns", "lateness", "ns", CB_DIFFERENCE, CB_LESS, 5000.0, NULL};
	figure[1] =
	    (struct cb_figure){"end", "how it ends", "", CB_OUTCOME, CB_MORE, 0.0, outcomes};
	family_figure =
	    (struct cb_figure){"peak_bytes", "memory", "bytes", CB_RATIO, CB_LESS, 0.0, NULL};
	beside = (struct cb_companion_spec){.role = "soaker", .run = run};
	work = (struct cb_workload){.op = "op",
	    .latency_of = "asked -> done",
	    .batch = batch,
	    .check = check,
	    .companions = &beside,
	    .companion_count = 1};
	callback = (struct cb_workload){.op = "op", .batch = batch, .check = check};
	kind = (struct cb_kind){.family = "first",
	    .name = "own",
	    .about = "one line",
	    .version = 1,
	    .models = CB_CAN_OS | CB_CAN(CB_CALLBACK),
	    .not_models = "it blocks",
	    .work = &work,
	    .callback = &callback,
	    .impl = "something",
	    .without = "hold_ns",
	    .params = param,
	    .param_count = 2,
	    .sweeps = sweep,
	    .sweep_count = 2,
	    .figures = figure,
	    .figure_count = 2};
	family = (struct cb_family){.name = "first",
	    .plural = "firsts",
	    .title = "Firsts",
	    .question = "Which?",
	    .params = family_param,
	    .param_count = 4,
	    .sweeps = &family_sweep,
	    .sweep_count = 1,
	    .figures = &family_figure,
	    .figure_count = 1,
	    .shape = CB_LINES,
	    .axis = "workers",
	    .contenders = CB_KINDS,
	    .accepts = accepts};
}

static int look(char err[300])
{
	struct kind k = {.self = &kind, .family = &family};
	const int ret = declared_family(&family, err, 300);

	err[0] = ret ? err[0] : '\0';
	return ret ? ret : declared_kind(&k, err, 300);
}

/* MISTAKE(where, what is done, what is said) - said of the kind, or, with "*", of the family. */
#define MISTAKE(statement, said)                                                                   \
	do {                                                                                       \
		char err_[300] = "";                                                               \
		int ret_;                                                                          \
                                                                                                   \
		make_whole();                                                                      \
		statement;                                                                         \
		ret_ = look(err_);                                                                 \
		if (ret_ != -EINVAL || !strstr(err_, said) || strchr(err_, '\n') ||                \
		    (!strstr(err_, "accepted: ") && !strstr(err_, "it lacks")))                    \
			fail_msg("%s gave %d '%s' instead of '%s'", #statement, ret_, err_, said); \
	} while (0)

#define TEN "ten bytes "
#define FORTY TEN TEN TEN TEN
#define LONG_NAME "a_name_of_one_more_than_the_sixty_three_characters_that_there_are"

/* Negative control of all the others. */
static void what_is_whole_is_taken(void **state)
{
	char longest[] = LONG_NAME, err[300] = "";
	struct kind k = {.self = &kind, .family = &family};

	(void)state;
	make_whole();
	longest[KIND_NAME_MAX - 1] = '\0';
	kind.name = longest;
	if (look(err) != 0)
		fail_msg("%s", err);
	/* The family's but for the one that means nothing, then its own. */
	assert_int_equal(declared_kind(&k, err, sizeof(err)), 0);
	assert_int_equal(k.param_count, 5);
	assert_string_equal(k.param[2]->key, "place");
	assert_string_equal(k.param[3]->key, "depth");
	/* As little as there can be: the family's figures and cases, a trial that is one call. */
	kind = (struct cb_kind){.family = "first",
	    .name = "own",
	    .about = "one line",
	    .models = CB_CAN_ALL,
	    .impl = "something",
	    .work = &(struct cb_workload){.op = "op", .once = once}};
	if (look(err) != 0)
		fail_msg("%s", err);
}

static void kinds(void **state)
{
	(void)state;
	MISTAKE(kind.name = NULL, "kind first/?: name is missing or none; accepted: up to 63 of");
	MISTAKE(kind.name = "", "kind first/: name is missing");
	MISTAKE(kind.name = "a b", "kind first/a b: name is missing or none");
	MISTAKE(kind.name = "a/b", "kind first/a/b: name is missing or none");
	MISTAKE(kind.name = "a:b", "name is missing or none");
	MISTAKE(kind.name = LONG_NAME, "name is missing or none; accepted: up to 63");
	MISTAKE(kind.about = NULL, "kind first/own: about is missing; accepted: one line");
	MISTAKE(kind.about = "two\nlines", "about has a line's end");
	MISTAKE(kind.source = "red \033[31m", "source has a line's end or another control");
	MISTAKE(kind.not_models = NULL, "not_models is missing; accepted: why not under all");
	MISTAKE(kind.flags = 1u << 9, "flags is 0x200; accepted: those of enum cb_kind_flags");
	MISTAKE(kind.from = (enum cb_profile)7, "from is 7; accepted: one of enum cb_profile");
	MISTAKE(kind.models = 0, "models is 0; accepted: CB_CAN() of one model or several");
	MISTAKE(kind.models = 1u << 4, "models is 0x10; accepted");
	MISTAKE(kind.impl = NULL, "kind first/own: it lacks acquire()");
	MISTAKE(kind.without = "hold_ns workres", "without: 'workres' is not a parameter of the");
	MISTAKE(kind.param_count = 0, "params: a list of length 0; accepted: the list and its");
	MISTAKE(kind.params = NULL, "params: a length without a list");
	MISTAKE(kind.sweep_count = 0, "sweeps: a list of length 0");
	MISTAKE(kind.figure_count = 0, "figures: a list of length 0");
}

static void workloads(void **state)
{
	(void)state;
	MISTAKE(kind.work = NULL, "work is missing; accepted: a struct cb_workload");
	MISTAKE(kind.callback = NULL, "callback is missing; accepted: a struct cb_workload");
	MISTAKE(work.op = NULL, "op is missing; accepted: one line of text");
	MISTAKE(work.op = FORTY, "op is too long; accepted: up to 31 characters");
	MISTAKE(work.latency_of = FORTY FORTY, "latency_of is too long; accepted: up to 63");
	MISTAKE(work.batch = NULL, "work has no operation to do; accepted: batch(), or once()");
	MISTAKE(work.once = once, "work has more than one operation to do");
	MISTAKE(work.check = NULL, "work is not checked; accepted: a check()");
	MISTAKE(callback.check = NULL, "callback is not checked; accepted: a check()");
	MISTAKE(work.companions = NULL, "companions: a length without a list");
	MISTAKE(work.companion_count = 0, "companions: a list of length 0");
	MISTAKE(beside.role = NULL, "companion 1: role is missing");
	MISTAKE(
	    beside.run = NULL, "companion 1 ('soaker'): it has nothing to do; accepted: run(),");
	MISTAKE(beside.program = program, "companion 1 ('soaker'): it has more than one thing to");
}

static void figures_of_the_harness(void **state)
{
	static struct cb_figure displaced[] = {CB_FIGURE_DISPLACED("what others lose")};

	(void)state;
	MISTAKE((kind.figures = displaced, kind.figure_count = 1, work.batch = NULL,
		    work.once = once, kind.callback = NULL, kind.models = CB_CAN_ALL),
	    "figure 1 ('displaced_ns_per_op'): nobody works in a window; accepted: of a kind with");
	displaced[0].unit = "us";
	MISTAKE((kind.figures = displaced, kind.figure_count = 1),
	    "figure 1 ('displaced_ns_per_op'): the metric is the harness's; accepted: CB_FIGURE_D");
}

static void parameters(void **state)
{
	(void)state;
	MISTAKE(param[0].key = NULL, "parameter 1: key is missing or none; accepted: letters");
	MISTAKE(param[1].key = "", "parameter 2: key is missing or none");
	MISTAKE(param[0].key = "a/b", "parameter 1: key is missing or none");
	MISTAKE(param[0].key = "a=b", "parameter 1: key is missing or none");
	MISTAKE(param[0].key = "figure", "key is missing or none");
	MISTAKE(param[0].unit = (enum cb_unit)11, "parameter 1 ('depth'): unit is 11; accepted");
	MISTAKE(param[0].base = NULL, "parameter 1 ('depth'): base is missing");
	MISTAKE(param[0].base = "many", "base value of depth: 'many' is not a value; accepted");
	MISTAKE(param[0].base = "10", "depth: '10' is out of range; accepted: 1 to 9");
	MISTAKE(param[0].about = NULL, "parameter 1 ('depth'): about is missing");
	MISTAKE(param[0].about = "a\nb", "parameter 1 ('depth'): about has a line's end");
	MISTAKE(param[0].least = 10, "least 10 is above most 9; accepted: bounds with");
	MISTAKE(param[1].words = NULL, "parameter 2 ('colour'): words: there are none; accepted");
	MISTAKE(colours[0] = NULL, "parameter 2 ('colour'): words: there are none");
	MISTAKE(colours[1] = "red", "words: 'red' is there twice; accepted: each once");
	MISTAKE(colours[1] = "a/b", "words: 'a/b' is no word; accepted: letters");
	MISTAKE(colours[1] = "a,b", "words: 'a,b' is no word");
	MISTAKE(
	    param[1].base = "blue", "colour: 'blue' is not one of its values; accepted: red green");
	MISTAKE(param[1] = param[0], "parameter 2 ('depth'): it is declared twice; accepted");
	MISTAKE(param[0].key = "workers", "parameter 1 ('workers'): it is declared twice");
	MISTAKE(kind.axis = "width", "axis: 'width' is none of its parameters; accepted: one");
	MISTAKE((kind.axis = "depth", param[0].sparse = true),
	    "axis: names leave out the base value of 'depth'; accepted: a parameter");
	MISTAKE(kind.axis = "colour", "axis: the values of 'colour' are no numbers; accepted: a");
	/* Nobody could say which of the two is meant. */
	MISTAKE((kind.without = NULL, param[0].key = "hold"), "'hold'): it is declared twice");
	/* What the harness itself goes by. */
	MISTAKE((kind.without = "model", param[0].key = "model"), "accepted: CB_PARAM_MODEL");
	MISTAKE((kind.without = "model", param[1].key = "model"), "accepted: CB_PARAM_MODEL");
	MISTAKE((kind.without = "place", param[0].key = "place"), "accepted: CB_PARAM_PLACE");
	MISTAKE((kind.without = "workers", param[0].key = "workers", param[0].least = 0),
	    "the key means the same in every family; accepted: CB_PARAM_WORKERS: CB_COUNT, 1 to");
	MISTAKE(family_param[2].base = "nowhere", "kind first/*: parameter 3 ('place'): base");
}

static void too_many_parameters(void **state)
{
	static char keys[CASE_PARAMS_MAX][8];

	(void)state;
	for (unsigned i = 0; i < CASE_PARAMS_MAX; i++)
		(void)snprintf(keys[i], sizeof(keys[i]), "key%u", i);
#define MANY                                                                                       \
	for (unsigned i = 0; i < CASE_PARAMS_MAX; i++)                                             \
		param[i] = (struct cb_param)CB_PARAM(keys[i], CB_COUNT, "1", 0, 1, "one of many"); \
	kind.sweeps = NULL;                                                                        \
	kind.param_count = CASE_PARAMS_MAX
	MISTAKE(MANY, "parameter 14 ('key13'): one too many; accepted: up to 16");
}

static void sweeps(void **state)
{
	(void)state;
	MISTAKE(sweep[1].points = "spraed=1", "sweep 2: 'spraed' is not one of its parameters; ac");
	MISTAKE(sweep[0].points = "hold_ns=0", "sweep 1: 'hold_ns' is not one of its parameters");
	MISTAKE(sweep[0].points = "workers=1,x", "sweep 1: workers: 'x' is not a value; accepted");
	MISTAKE(sweep[0].points = "workers", "sweep 1: 'workers' is not KEY=VALUE");
	MISTAKE(sweep[0].points = NULL, "sweep 1: '=' is not KEY=VALUE");
	MISTAKE(sweep[0].points = "depth=1..20", "sweep 1: depth: '20' is out of range; accepted");
	MISTAKE(sweep[0].from = (enum cb_profile)4, "sweep 1: from is 4; accepted: one of enum");
	MISTAKE(family_sweep.points = "wrokers=1", "kind first/*: sweep 1: 'wrokers' is not one");
}

static void figures(void **state)
{
	(void)state;
	MISTAKE(figure[0].metric = NULL, "figure 1: metric is missing or no name; accepted: up to");
	MISTAKE(figure[0].metric = "", "metric is missing or no name");
	MISTAKE(figure[0].metric = "a/b", "figure 1 ('a/b'): metric is missing or no name");
	MISTAKE(figure[0].metric = LONG_NAME, "metric is missing or no name; accepted: up to 39");
	MISTAKE(figure[0].title = NULL, "figure 1 ('late_ns'): title is missing");
	MISTAKE(figure[0].title = FORTY FORTY, "title is too long; accepted: up to 63");
	MISTAKE(figure[0].unit = NULL, "figure 1 ('late_ns'): unit is missing");
	MISTAKE(figure[0].unit = FORTY, "unit is too long; accepted: up to 15 characters");
	MISTAKE(figure[0].scale = (enum cb_scale)4, "scale is 4; accepted: one of enum cb_scale");
	MISTAKE(figure[0].better = (enum cb_better)3, "better is 3; accepted: one of enum");
	MISTAKE(figure[0].worth = 0, "worth is 0; accepted: above 0, since it is a CB_DIFF");
	MISTAKE(figure[0].worth = -1, "worth is -1; accepted: above 0");
	MISTAKE(figure[0].worth = INFINITY, "worth is inf; accepted: above 0");
	MISTAKE(figure[0].worth = NAN, "worth is ");
	MISTAKE(figure[1].outcomes = NULL, "figure 2 ('end'): outcomes: there are none; accepted");
	MISTAKE(outcomes[0] = NULL, "figure 2 ('end'): outcomes: there are none");
	MISTAKE(outcomes[1] = "survived", "outcomes: 'survived' is there twice");
	MISTAKE(outcomes[1] = "got lost", "outcomes: 'got lost' is no word; accepted: letters");
	MISTAKE(outcomes[1] = LONG_NAME LONG_NAME, "outcomes are too long; accepted: 95 char");
	MISTAKE(
	    figure[1] = figure[0], "figure 2 ('late_ns'): it is declared twice; accepted: each");
	MISTAKE(family_figure.title = NULL, "kind first/*: figure 1 ('peak_bytes'): title");
}

static void too_many_outcomes(void **state)
{
	static const char *const nine[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};

	(void)state;
	MISTAKE(memcpy(outcomes, nine, sizeof(nine)), "outcomes: too many; accepted: 1 to 8 words");
}

static void families(void **state)
{
	(void)state;
	MISTAKE(family.name = NULL, "kind ?/*: name is missing; accepted: one line");
	MISTAKE(family.plural = "a b", "name or plural is none; accepted: letters");
	MISTAKE(family.title = NULL, "kind first/*: title is missing");
	MISTAKE(family.question = NULL, "kind first/*: question is missing");
	MISTAKE(family.caption = "a\nb", "kind first/*: caption has a line's end");
	MISTAKE(family.axis = "depth", "kind first/*: axis: 'depth' is none of its parameters");
	MISTAKE(family.axis = "model", "kind first/*: axis: the values of 'model' are no numbers");
	MISTAKE(family.load = "model", "kind first/*: load: 'model' is none of its parameters in");
	MISTAKE(family.load = "nothing", "kind first/*: load: 'nothing' is none of its parameters");
	MISTAKE(
	    family.size = "model", "kind first/*: size: 'model' is none of its parameters in byt");
	MISTAKE(family.shape = (enum cb_shape)(CB_MATRIX + 1),
	    "shape is 6; accepted: one of enum cb_shape");
	MISTAKE(family.contenders = (enum cb_contenders)3, "contenders is 3; accepted: one of");
}

static void a_family_that_there_is_not(void **state)
{
	struct kind k = {.self = &kind};
	char err[300] = "";

	(void)state;
	make_whole();
	kind.family = "third";
	assert_int_equal(declared_kind(&k, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "kind third/own: no such family; accepted: first");
	kind.family = NULL;
	assert_int_equal(declared_kind(&k, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "kind ?/own: no such family; accepted: first");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_whole_is_taken),
	    cmocka_unit_test(kinds),
	    cmocka_unit_test(workloads),
	    cmocka_unit_test(figures_of_the_harness),
	    cmocka_unit_test(parameters),
	    cmocka_unit_test(too_many_parameters),
	    cmocka_unit_test(sweeps),
	    cmocka_unit_test(figures),
	    cmocka_unit_test(too_many_outcomes),
	    cmocka_unit_test(families),
	    cmocka_unit_test(a_family_that_there_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
