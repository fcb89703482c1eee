/* selection_test.c - which cases the words of a command line pick, and what is said of those that
 * pick none. On a machine of two cores without siblings. */
#include "harness/cmd/selection.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define WORDS_MAX 8

static uint64_t work(struct cb_worker *w, void *state, uint64_t n)
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

static const struct cb_workload load = {.op = "operation", .batch = work, .check = check};

static const struct cb_param lock_params[] = {CB_PARAM_MODEL, CB_PARAM_WORKERS("pus"),
    CB_PARAM_PLACE("none"), CB_PARAM("hold_ns", CB_NS, "0", 0, 1000000, "how long it is held"),
    CB_PARAM_SPARSE("locks", CB_COUNT, "1", 1, 64, "how many there are")};
static const struct cb_sweep lock_sweeps[] = {{CB_SMOKE, "model=thread workers=1"},
    {CB_QUICK, "model=thread,coroutine workers=1,pus"}, {CB_FULL, "hold_ns=500ns"}};
static const struct cb_family locks = {.name = "lock",
    .plural = "locks",
    .title = "Of a test",
    .question = "Does it work?",
    .params = lock_params,
    .param_count = sizeof(lock_params) / sizeof(lock_params[0]),
    .sweeps = lock_sweeps,
    .sweep_count = sizeof(lock_sweeps) / sizeof(lock_sweeps[0])};

/* One that gives two figures. */
static const struct cb_param pool_params[] = {CB_PARAM_WORKERS("1")};
static const struct cb_sweep pool_sweeps[] = {{CB_SMOKE, "workers=1"}};
static const struct cb_figure pool_figures[] = {
    {.metric = "cold_ns", .title = "cold", .unit = "ns"},
    {.metric = "warm_ns", .title = "warm", .unit = "ns"}};
static const struct cb_family pools = {.name = "pool",
    .plural = "pools",
    .title = "Of a test",
    .question = "Does it work?",
    .params = pool_params,
    .param_count = 1,
    .sweeps = pool_sweeps,
    .sweep_count = 1,
    .figures = pool_figures,
    .figure_count = 2};

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {&locks, &pools, NULL};

#define KIND(x, family_, from_, ...)                               \
	static const struct cb_kind kind_##x = {.family = family_, \
	    .name = #x,                                            \
	    .about = "for this test",                              \
	    .version = 1,                                          \
	    .from = from_,                                         \
	    .work = &load,                                         \
	    __VA_ARGS__};                                          \
	CB_REGISTER(kind_##x)

KIND(mutex, "lock", CB_SMOKE, .models = CB_CAN_ALL)
KIND(mcs, "lock", CB_QUICK, .models = CB_CAN_OS, .not_models = "it spins")
KIND(rare, "lock", CB_FULL, .models = CB_CAN_ALL)
KIND(wrong, "lock", CB_SMOKE, .models = CB_CAN_ALL, .flags = CB_BROKEN)
KIND(odd, "lock", CB_SMOKE, .models = CB_CAN_ALL, .flags = CB_HIDDEN)
KIND(fixed, "pool", CB_SMOKE, .models = CB_CAN_ALL)
static const struct cb_sweep late_sweeps[] = {{CB_FULL, "workers=1"}};
KIND(late, "pool", CB_FULL, .models = CB_CAN_ALL, .sweeps = late_sweeps, .sweep_count = 1)

static struct topology *topo;

static int prepare(void **state)
{
	char err[200];

	(void)state;
	return topology_synthetic("core:2 pu:1", NULL, &topo, err, sizeof(err));
}

static int release(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

/* As typed: families, kinds and cases; KEY=VALUES; blanks between. */
struct words {
	enum cb_profile profile;
	const char *names, *sets, *filter;
};

static size_t split(char *text, const char **out)
{
	size_t n = 0;

	for (char *word; (word = strsep(&text, " ")) != NULL;) {
		if (!*word)
			continue;
		assert_true(n < WORDS_MAX);
		out[n++] = word;
	}
	return n;
}

static int pick(const struct words *w, struct selected *out, char *err, size_t len)
{
	const char *names[WORDS_MAX], *sets[WORDS_MAX];
	char name_text[600], set_text[600];
	struct selection s = {
	    .profile = w->profile, .filter = w->filter, .names = names, .sets = sets};
	struct catalogue_here here;
	int ret;

	(void)snprintf(name_text, sizeof(name_text), "%s", w->names ? w->names : "");
	(void)snprintf(set_text, sizeof(set_text), "%s", w->sets ? w->sets : "");
	s.name_count = split(name_text, names);
	s.set_count = split(set_text, sets);
	if (catalogue_here_open(&here, topo, &s, err, len) != 0)
		fail_msg("%s", err);
	ret = selection_cases(&here, &s, out, err, len);
	catalogue_here_close(&here);
	return ret;
}

/* Names, and behind them "#FIGURE" of those that were named with one, "!" of those that cannot run.
 */
static void list_picked(const struct selected *s, char *out, size_t len)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < s->cases.count; i++) {
		char figure[16] = "";

		if (s->figure[i] >= 0)
			(void)snprintf(figure, sizeof(figure), "#%d", s->figure[i]);
		used += (size_t)snprintf(out + used, len - used, "%s%s%s%s", i ? " " : "",
		    s->cases.item[i].name, figure, s->cases.item[i].unsupported[0] ? "!" : "");
		assert_true(used < len);
	}
}

#define ONE "lock/mutex/model:thread/workers:1/place:none/hold_ns:0"
#define TWO "lock/mutex/model:thread/workers:2/place:none/hold_ns:0"
#define COROUTINE_ONE "lock/mutex/model:coroutine/workers:1/place:none/hold_ns:0"
#define COROUTINE_TWO "lock/mutex/model:coroutine/workers:2/place:none/hold_ns:0"
#define MCS_ONE "lock/mcs/model:thread/workers:1/place:none/hold_ns:0"
#define MCS_TWO "lock/mcs/model:thread/workers:2/place:none/hold_ns:0"
#define MUTEX ONE " " TWO " " COROUTINE_ONE " " COROUTINE_TWO
#define MCS MCS_ONE " " MCS_TWO
#define RARE                                                        \
	"lock/rare/model:thread/workers:1/place:none/hold_ns:0 "    \
	"lock/rare/model:thread/workers:2/place:none/hold_ns:0 "    \
	"lock/rare/model:coroutine/workers:1/place:none/hold_ns:0 " \
	"lock/rare/model:coroutine/workers:2/place:none/hold_ns:0"
#define POOL "pool/fixed/workers:1"

static void what_is_picked(void **state)
{
	static const struct {
		struct words words;
		const char *picked;
	} table[] = {
	    /* A profile: its kinds, by its sweeps, in the families' order; none broken or hidden.
	     */
	    {{CB_SMOKE, NULL, NULL, NULL}, ONE " " POOL},
	    {{CB_QUICK, NULL, NULL, NULL}, MCS " " MUTEX " " POOL},
	    /* A family by either of its names, with all its kinds. */
	    {{CB_QUICK, "lock", NULL, NULL}, MCS " " MUTEX " " RARE},
	    {{CB_QUICK, "locks", NULL, NULL}, MCS " " MUTEX " " RARE},
	    {{CB_SMOKE, "locks", NULL, NULL}, ONE},
	    {{CB_QUICK, "pools locks", NULL, NULL}, POOL " " MCS " " MUTEX " " RARE},
	    /* A kind, whichever profile has it, also one that is not listed. */
	    {{CB_QUICK, "lock/mcs", NULL, NULL}, MCS},
	    {{CB_SMOKE, "lock/mcs", NULL, NULL}, MCS_ONE},
	    {{CB_SMOKE, "locks/rare", NULL, NULL},
		"lock/rare/model:thread/workers:1/place:none/hold_ns:0"},
	    {{CB_SMOKE, "lock/wrong", NULL, NULL},
		"lock/wrong/model:thread/workers:1/place:none/hold_ns:0"},
	    {{CB_SMOKE, "lock/odd", NULL, NULL},
		"lock/odd/model:thread/workers:1/place:none/hold_ns:0"},
	    {{CB_FULL, "pool/late", NULL, NULL}, "pool/late/workers:1"},
	    /* A case, whether or not a profile has it; what is left out has its base value, and
	     * what is a parameter's base value can be left out of some names. */
	    {{CB_SMOKE, "lock/mcs/model:process/workers:8/hold_ns:500", NULL, NULL},
		"lock/mcs/model:process/workers:8/place:none/hold_ns:500"},
	    {{CB_SMOKE, "lock/mutex/workers:pus", NULL, NULL}, TWO},
	    {{CB_SMOKE, "locks/mutex/workers:2*pus/hold:2us/locks:1", NULL, NULL},
		"lock/mutex/model:thread/workers:4/place:none/hold_ns:2000"},
	    {{CB_SMOKE, "lock/mutex/locks:4", NULL, NULL}, TWO "/locks:4"},
	    /* One that cannot run is an answer as well: by its kind, and by this machine. */
	    {{CB_SMOKE, "lock/mcs/model:coroutine/workers:1", NULL, NULL},
		"lock/mcs/model:coroutine/workers:1/place:none/hold_ns:0!"},
	    {{CB_SMOKE, "lock/mutex/workers:2/place:smt", NULL, NULL},
		"lock/mutex/model:thread/workers:2/place:smt/hold_ns:0!"},
	    /* Of one that gives several figures one, or all. */
	    {{CB_SMOKE, "pool/fixed/figure:warm_ns", NULL, NULL}, POOL "#1"},
	    {{CB_SMOKE, "pool/fixed/workers:3/figure:cold_ns", NULL, NULL},
		"pool/fixed/workers:3#0"},
	    {{CB_SMOKE, "pool/fixed", NULL, NULL}, POOL},
	    /* None twice; and one of which more is wanted is measured whole. */
	    {{CB_QUICK, "locks lock locks", NULL, NULL}, MCS " " MUTEX " " RARE},
	    {{CB_QUICK, "lock/mcs/workers:2 lock/mcs lock/mcs/model:thread", NULL, NULL},
		MCS_TWO " " MCS_ONE},
	    {{CB_SMOKE, "pool/fixed/figure:warm_ns pool/fixed/workers:1", NULL, NULL}, POOL},
	    {{CB_SMOKE, "pool/fixed/figure:warm_ns pools", NULL, NULL}, POOL},
	    {{CB_SMOKE, "pools pool/fixed/figure:warm_ns", NULL, NULL}, POOL},
	    {{CB_SMOKE, "pool/fixed/figure:warm_ns pool/fixed/figure:cold_ns", NULL, NULL}, POOL},
	    {{CB_SMOKE, "pool/fixed/figure:warm_ns pool/fixed/figure:warm_ns", NULL, NULL},
		POOL "#1"},
	    /* Values of one's own instead of the profile's, where they mean something. */
	    {{CB_SMOKE, NULL, "workers=1..4x2", NULL},
		ONE " " TWO " lock/mutex/model:thread/workers:4/place:none/hold_ns:0 " POOL
		    " pool/fixed/workers:2 pool/fixed/workers:4"},
	    {{CB_SMOKE, "locks", "hold=500ns,2us locks=2", NULL},
		"lock/mutex/model:thread/workers:1/place:none/hold_ns:500/locks:2 "
		"lock/mutex/model:thread/workers:1/place:none/hold_ns:2000/locks:2"},
	    {{CB_SMOKE, "lock/mutex", "place=list:0,1,same workers=2", NULL},
		"lock/mutex/model:thread/workers:2/place:list:0,1/hold_ns:0 "
		"lock/mutex/model:thread/workers:2/place:same/hold_ns:0"},
	    /* What a profile leaves out is said when it was asked for. */
	    {{CB_SMOKE, "lock/mcs", "model=coroutine", NULL},
		"lock/mcs/model:coroutine/workers:1/place:none/hold_ns:0!"},
	    /* A filter, and its opposite. */
	    {{CB_QUICK, NULL, NULL, "mcs"}, MCS},
	    {{CB_QUICK, NULL, NULL, "-lock/"}, POOL},
	    {{CB_QUICK, "locks", "model=thread", "workers:2/.*hold"},
		MCS_TWO " " TWO " lock/rare/model:thread/workers:2/place:none/hold_ns:0"},
	    {{CB_SMOKE, "pool/fixed/figure:warm_ns locks", NULL, "pool"}, POOL "#1"},
	    {{CB_SMOKE, "locks pool/fixed/figure:warm_ns", NULL, "pool"}, POOL "#1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct words *w = &table[i].words;
		char err[600] = "", picked[4000];
		struct selected s;

		if (pick(w, &s, err, sizeof(err)) != 0)
			fail_msg("%zu: %s", i, err);
		list_picked(&s, picked, sizeof(picked));
		if (strcmp(picked, table[i].picked) != 0)
			fail_msg("%zu: %s: %s", i, w->names ? w->names : "", picked);
		assert_int_equal(s.named, w->names || w->sets);
		selected_free(&s);
	}
}

static void what_a_full_profile_adds(void **state)
{
	const struct words w = {CB_FULL, NULL, NULL, "^lock/(mutex|rare)/.*hold_ns:500$"};
	char err[600] = "", picked[4000];
	struct selected s;

	(void)state;
	assert_int_equal(pick(&w, &s, err, sizeof(err)), 0);
	list_picked(&s, picked, sizeof(picked));
	assert_string_equal(picked, "lock/mutex/model:thread/workers:2/place:none/hold_ns:500 "
				    "lock/rare/model:thread/workers:2/place:none/hold_ns:500");
	selected_free(&s);
}

#define KEYS "model, workers, place, hold_ns, locks"

/* Each is one line that says what, and what would do. */
static void what_is_refused(void **state)
{
	static const struct {
		struct words words;
		const char *says;
	} table[] = {
	    {{CB_QUICK, "fancy", NULL, NULL}, "'fancy': no family 'fancy'; accepted: lock pool"},
	    {{CB_QUICK, "Locks", NULL, NULL}, "'Locks': no family 'Locks'; accepted: lock pool"},
	    {{CB_QUICK, "fancy/mutex", NULL, NULL}, "'fancy/mutex': no family 'fancy'"},
	    {{CB_QUICK, "lock/fancy", NULL, NULL}, "no lock 'fancy'; accepted: mcs mutex rare"},
	    {{CB_QUICK, "lock/", NULL, NULL}, "no lock ''; accepted: mcs mutex rare"},
	    {{CB_QUICK, "lock/fancy/workers:2", NULL, NULL}, "no lock 'fancy'; accepted:"},
	    {{CB_QUICK, "locks lock/fancy", NULL, NULL}, "no lock 'fancy'"},
	    /* Parts of a name: unknown, twice, out of order, none, and none of a value. */
	    {{CB_QUICK, "lock/mutex/speed:2", NULL, NULL},
		"part 'speed:2' is not a parameter of lock/mutex; accepted: " KEYS},
	    {{CB_QUICK, "lock/mutex/workers:2/workers:4", NULL, NULL},
		"'lock/mutex/workers:2/workers:4': part 'workers:4' is the second of its key; "
		"accepted: each once, " KEYS},
	    {{CB_QUICK, "lock/mutex/workers:2/model:thread", NULL, NULL},
		"part 'model:thread' is out of order; accepted: in this order, " KEYS},
	    {{CB_QUICK, "lock/mutex/", NULL, NULL}, "part '' is not a parameter"},
	    {{CB_QUICK, "lock/mutex/workers:2/", NULL, NULL}, "part '' is not a parameter"},
	    {{CB_QUICK, "lock/mutex/workers", NULL, NULL}, "part 'workers' is not a parameter"},
	    {{CB_QUICK, "lock/mutex/workers:", NULL, NULL},
		"workers: '' is not a value; accepted: such as 8, 20k, pus, 2*pus"},
	    {{CB_QUICK, "lock/mutex/workers:many", NULL, NULL}, "workers: 'many' is not a value"},
	    {{CB_QUICK, "lock/mutex/workers:0", NULL, NULL},
		"workers: '0' is out of range; accepted: 1 to 1000000"},
	    {{CB_QUICK, "lock/mutex/model:fibre", NULL, NULL},
		"model: 'fibre' is not one of its values; accepted: thread process coroutine "
		"callback"},
	    {{CB_QUICK, "lock/mutex/hold_ns:1h", NULL, NULL},
		"hold_ns: '1h' is not a value; accepted: such as 500ns, 2us, 5ms"},
	    {{CB_QUICK, "lock/mutex/place:moon", NULL, NULL}, "moon"},
	    {{CB_QUICK, "pool/fixed/figure:hot_ns", NULL, NULL},
		"figure 'hot_ns' is not a figure of this kind; accepted: cold_ns warm_ns"},
	    /* Nor does one part of several figures name two. */
	    {{CB_QUICK, "pool/fixed/figure:cold_ns/figure:warm_ns", NULL, NULL}, "figure:cold_ns"},
	    /* A name says its values itself. */
	    {{CB_QUICK, "lock/mutex/model:thread", "workers=2", NULL},
		"'lock/mutex/model:thread' says its values itself; --set is for families and "
		"kinds"},
	    {{CB_QUICK, "locks lock/mutex/model:thread", "workers=2", NULL},
		"says its values itself"},
	    /* Nothing is left: a family by values that none of it can do. */
	    {{CB_QUICK, "locks", "model=callback", NULL},
		"nothing of it can be run: lock/mcs/model:callback"},
	    /* --set */
	    {{CB_QUICK, NULL, "workers", NULL}, "--set: 'workers' is not KEY=VALUE[,VALUE...]"},
	    {{CB_QUICK, NULL, "=2", NULL}, "--set: '=2' is not KEY=VALUE"},
	    {{CB_QUICK, NULL, "workers=1 workers=2", NULL},
		"--set: 'workers=2' is the second of workers; accepted: all values in one"},
	    {{CB_QUICK, "locks", "hold=1 hold_ns=2", NULL}, "--set: 'hold_ns=2' is the second of"},
	    {{CB_QUICK, NULL, "workers=", NULL}, "--set: 'workers=' is not KEY=VALUE"},
	    {{CB_QUICK, NULL, "speed=2", NULL},
		"--set: 'speed' is not a parameter; accepted: model workers place hold_ns locks"},
	    {{CB_QUICK, "pools", "hold=2us", NULL},
		"--set: 'hold' is not a parameter of pools; accepted: workers"},
	    {{CB_QUICK, NULL, "workers=0", NULL},
		"--set: workers: '0' is out of range; accepted: 1 to 1000000"},
	    {{CB_QUICK, NULL, "workers=1000001", NULL}, "'1000001' is out of range"},
	    {{CB_QUICK, NULL, "workers=-1", NULL}, "'-1'"},
	    {{CB_QUICK, NULL, "workers=99999999999999999999", NULL}, "out of range"},
	    {{CB_QUICK, NULL, "workers=1,,2", NULL}, "workers: '' is not a value"},
	    {{CB_QUICK, NULL, "workers=1,", NULL}, "workers: '' is not a value"},
	    {{CB_QUICK, NULL, "workers=1;2", NULL}, "'1;2'"},
	    {{CB_QUICK, NULL, "workers=8..1", NULL},
		"'8..1' is not a range; accepted: LOW..HIGHxFACTOR"},
	    {{CB_QUICK, NULL, "workers=1..8x1", NULL}, "'1..8x1'"},
	    {{CB_QUICK, NULL, "hold=2ms", NULL},
		"hold_ns: '2ms' is out of range; accepted: 0ns to 1ms"},
	    {{CB_QUICK, NULL, "hold=2KiB", NULL}, "'2KiB' is not a value"},
	    {{CB_QUICK, NULL, "place=moon", NULL}, "moon"},
	    {{CB_QUICK, NULL, "place=list:", NULL}, "list:"},
	    /* Nothing, without a filter to blame. */
	    {{CB_QUICK, "pool/late", NULL, NULL}, "nothing of that is in profile quick; accepted: "
						  "a larger --profile, or a case by its "
						  "name"},
	    /* --filter */
	    {{CB_QUICK, NULL, NULL, "("}, "--filter: "},
	    {{CB_SMOKE, NULL, NULL, "fancy"},
		"--filter: 'fancy' matches no case of smoke; see concbench list"},
	    {{CB_SMOKE, "locks", NULL, "pool"},
		"--filter: 'pool' matches no case of those named; see concbench list"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct words *w = &table[i].words;
		char err[600] = "";
		struct selected s;

		if (pick(w, &s, err, sizeof(err)) == 0)
			fail_msg("%zu: %s %s: picked", i, w->names ? w->names : "",
			    w->sets ? w->sets : "");
		if (!strstr(err, table[i].says))
			fail_msg("%zu: %s", i, err);
		assert_null(strchr(err, '\n'));
	}
}

static void a_file_that_cannot_be_loaded(void **state)
{
	static const char *const loads[] = {"mine=/no/such.so"};
	const struct selection s = {.loads = loads, .load_count = 1};
	struct catalogue_here here;
	char err[600] = "";

	(void)state;
	assert_int_equal(catalogue_here_open(&here, topo, &s, err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "--load: /no/such.so: No such file or directory");
}

/* What another program is asked for: the filter is the asker's, files are named beside. */
static void the_words_that_say_it_again(void **state)
{
	static const char *const names[] = {"locks", "pool/fixed"}, *const sets[] = {"a=1", "b=2"};
	static const char *const want[] = {
	    "--profile", "full", "--set", "a=1", "--set", "b=2", "locks", "pool/fixed", NULL};
	const struct selection s = {.profile = CB_FULL,
	    .filter = "x",
	    .names = names,
	    .name_count = 2,
	    .sets = sets,
	    .set_count = 2};
	const char **words = selection_words(&s);

	(void)state;
	assert_non_null(words);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		if (!want[i])
			assert_null(words[i]);
		else
			assert_string_equal(words[i], want[i]);
	}
	free(words);
}

static void profiles_by_name(void **state)
{
	enum cb_profile p;

	(void)state;
	for (unsigned i = CB_SMOKE; i <= CB_CHECK; i++) {
		p = i ? CB_SMOKE : CB_FULL;
		assert_int_equal(profile_from_name(profile_name((enum cb_profile)i), &p), 0);
		assert_int_equal(p, i);
	}
	p = CB_FULL;
	assert_int_equal(profile_from_name("", &p), -EINVAL);
	assert_int_equal(profile_from_name("Quick", &p), -EINVAL);
	assert_int_equal(p, CB_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_picked),
	    cmocka_unit_test(what_a_full_profile_adds),
	    cmocka_unit_test(what_is_refused),
	    cmocka_unit_test(a_file_that_cannot_be_loaded),
	    cmocka_unit_test(the_words_that_say_it_again),
	    cmocka_unit_test(profiles_by_name),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
