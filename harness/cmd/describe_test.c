/* describe_test.c - what is said of a kind, of made-up ones; 80 columns wide. */
#include "harness/cmd/describe.h"

#include "harness/base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define WIDTH 80

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	return n;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	(void)env;
	(void)metrics;
	(void)why;
	(void)why_len;
	return 0;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)why;
	(void)why_len;
	return 0;
}

static int even_only(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers % 2 == 0)
		return 0;
	(void)snprintf(why, why_len, "they go in pairs");
	return -EINVAL;
}

static void facts(const struct cb_case *c, cb_say_fn *say, void *to)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%u bytes a worker", 10 * c->workers);
	say(to, "bytes", text);
}

static const struct cb_workload work = {.op = "turn",
    .latency_of = "asking to having",
    .batch = batch,
    .check = check,
    .timed = "from taking the turn to taking the next",
    .checked = "nobody was out of turn"};
static const struct cb_workload single = {.op = "look", .once = once, .check = check};
static const struct cb_param params[] = {CB_PARAM_MODEL, CB_PARAM_WORKERS("2"), CB_PARAM_CARRIERS,
    CB_PARAM_PLACE("scatter"), CB_PARAM("hold_ns", CB_NS, "0", 0, 5000, "held"),
    CB_PARAM_SPARSE("share", CB_PERCENT, "0", 0, 100, "of them")};
static const struct cb_sweep sweeps[] = {{CB_SMOKE, "model=thread,process workers=2"},
    {CB_FULL, "model=thread workers=4 hold_ns=1000,100"}, {CB_CHECK, "workers=2 hold_ns=300"}};
static const struct cb_family turns = {.name = "turn",
    .plural = "turns",
    .title = "Turns",
    .question = "Whose turn is it?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .facts = facts};
extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {&turns, NULL};

static const struct cb_kind taken = {.family = "turn",
    .name = "taken",
    .about = "one after the other",
    .source = "Somebody 1999",
    .from = CB_QUICK,
    .version = 3,
    .models = CB_CAN_OS,
    .not_models = "it stops the carrier",
    .work = &work,
    .can = even_only};
static const struct cb_kind looked = {.family = "turn",
    .name = "looked",
    .about = "a look",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &single};
static const struct cb_kind *const all[] = {&taken, &looked};

static struct topology *topo;
static struct catalogue_here here;

static int prepare(void **state)
{
	char err[300];

	(void)state;
	if (topology_synthetic("core:2 pu:1", NULL, &topo, err, sizeof(err)) != 0)
		return -1;
	here.host = (struct host){
	    .topology = topo, .pus = 2, .max_workers = 100, .max_workers_by = "a limit"};
	return registry_create(&here.registry, err, sizeof(err)) ||
	       registry_add(&here.registry, all, all + 2, "", NULL, err, sizeof(err));
}

static int release(void **state)
{
	(void)state;
	registry_free(&here.registry);
	topology_free(topo);
	return 0;
}

/* What is said of it, rows joined again; free() it. No line but the command is wider than asked. */
static char *described(const char *name, const struct windows *windows, const char *whole)
{
	const struct kind *k = registry_find(&here.registry, "turn", 4, name, strlen(name));
	struct bench_case bc;
	char *text = NULL, err[300];
	size_t len, kept = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(k);
	assert_non_null(to);
	if (whole && case_parse(&here.registry, &here.host, whole, &bc, NULL, err, sizeof(err)))
		fail_msg("%s", err);
	assert_int_equal(describe_kind(to, &here, k, windows, whole ? &bc : NULL, WIDTH), 0);
	assert_int_equal(fclose(to), 0);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > WIDTH && strncmp(line, "  concbench run", 15) != 0)
			fail_msg("too wide: %.*s", (int)strcspn(line, "\n"), line);
	/* Blanks and newlines of any number are one blank. */
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \n", text[i]))
			text[kept++] = text[i];
		else if (kept && text[kept - 1] != ' ')
			text[kept++] = ' ';
	text[kept] = '\0';
	return text;
}

static void says(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("'%s' is not in: %s", what, text);
}

static void all_of_a_kind(void **state)
{
	static const char *const there[] = {"turn/taken one after the other", "Whose turn is it?",
	    "timed: from taking the turn to taking the next",
	    "in ns: the window's length over the operations of all workers in it; less is better",
	    "latency: asking to having",
	    "checked: after every window: nobody was out of turn; otherwise there is no figure",
	    "models: thread, process not coroutine: it stops the carrier not callback: it has no",
	    "bytes: 20 bytes a worker", "limits: workers:1,3 never: they go in pairs",
	    "workers:1000000 not here: 1000000 workers: limits here allow 100 (a limit)",
	    "place:smt not here: no core has two usable PUs",
	    "profiles: quick (2 cases), full (4 cases), check (1 case)", "source: Somebody 1999",
	    "hold_ns held; 0ns to 5us; default 0 quick: 0; full: 0, 100, 1000; check: 300",
	    "workers how many run the workload at once; 1 to 1000000; default 2 quick: 2;",
	    "full: 2, 4; check: 2",
	    "share of them; 0% to 100%; default 0, which names leave out base case:",
	    "concbench run 'turn/taken/model:thread/workers:2/place:scatter/hold_ns:0'"};
	struct windows nothing = {0};
	char *text = described("taken", &nothing, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		says(text, there[i]);
	/* It has been said of 3, with 1. */
	assert_null(strstr(text, "workers:3 never"));
	/* Carriers mean nothing to what has none, and say the same everywhere. */
	assert_null(strstr(text, "default 1 quick"));
	free(text);
	text = described("looked", &nothing, NULL);
	says(text, "checked: after every trial: by its own account, which does not say what");
	says(text, "models: thread, process, coroutine not callback");
	says(text, "windows: none: a trial takes as long as it takes");
	says(text, "profiles: full (");
	free(text);
}

static void where_a_window_is_from(void **state)
{
	static const char whole[] = "turn/taken/model:process/workers:2";
	struct window_known known = {.window_ns = 24000000,
	    .run = "20260102T030405Z-host-1a2b3c",
	    .seen = {.how = WINDOW_STEADY,
		.of = "turn/taken/workers:4",
		.shorter_ns = 24000000,
		.longer_ns = 192000000,
		.shorter = 1520,
		.longer = 1550,
		.ratio = {.estimate = 1.02, .low = 0.99, .high = 1.04},
		.launches = 7}};
	struct windows windows = {0};
	struct bench_case bc;
	char *text, err[300];

	(void)state;
	text = described("taken", &windows, whole);
	says(text, "window: of this case, from 3 ms: not yet found out");
	free(text);
	assert_int_equal(
	    case_parse(&here.registry, &here.host, whole, &bc, NULL, err, sizeof(err)), 0);
	case_window_group(&bc, known.group);
	assert_int_equal(windows_note(&windows, &known), 0);
	text = described("taken", &windows, whole);
	says(text, "window: of this case, from 3 ms: 24 ms, found by run "
		   "20260102T030405Z-host-1a2b3c: 1.52 µs in windows of 24 ms, 1.55 µs in 192 ms, "
		   "which is 1.02 times (0.99 to 1.04), in 7 launches of turn/taken/workers:4; the "
		   "two say the same");
	free(text);
	/* Of the kind: the group that is known, and the one that is not. */
	text = described("taken", &windows, NULL);
	says(text, "windows: thread,process scatter together, from 3 ms: 24 ms");
	says(text, "thread,process scatter together, from 60 ms: not yet found out");
	free(text);
	known.seen.how = WINDOW_SENSITIVE;
	known.run[0] = '\0';
	assert_int_equal(windows_note(&windows, &known), 0);
	text = described("taken", &windows, whole);
	says(text, "run (not known):");
	says(text, "; window-sensitive");
	free(text);
	windows_free(&windows);
}

static void a_family(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	assert_non_null(to);
	describe_family(to, &here, &turns, WIDTH);
	assert_int_equal(fclose(to), 0);
	says(text, "Whose turn is it?");
	says(text, "taken             one after the other");
	says(text, "hold_ns");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_of_a_kind),
	    cmocka_unit_test(where_a_window_is_from),
	    cmocka_unit_test(a_family),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
