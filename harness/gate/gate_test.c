/* gate_test.c - a suite of cells that are shell scripts, to its verdicts. */
#include "harness/base/interrupt.h"
#include "harness/cell/cell_fixture.h"
#include "harness/gate/comparison_text.h"
#include "harness/gate/instructions.h"
#include "harness/gate/noise_tally.h"
#include "harness/stats/power.h"

#include <inttypes.h>
#include <math.h>

/* More launches of a side than any suite here starts. */
#define STARTED_MAX 64
#define SUITE_MAX 8

/* A case's name tells what its cells do; FACTOR is the side's own, in percent. What was started
 * with which seed is noted beside the program. */
#define SUITE                                                                            \
	"while [ $# -gt 0 ]; do case $1 in --case) name=$2;; --seed) seed=$2;; "         \
	"--counters) counters=yes;; esac; shift; done\n"                                 \
	"[ \"$counters\" ] || printf '%s %s\\n' $name $seed >>\"$0.started\"\n"          \
	"case $name in\n"                                                                \
	"slower) ns=$FACTOR;;\n"                                                         \
	"same) ns=100;;\n"                                                               \
	"late) ns=1000\n"                                                                \
	"  if [ $FACTOR -eq 100 ]; then :; elif [ -e \"$0.late\" ]; then ns=1040\n"      \
	"  else : >\"$0.late\"; ns=990; fi;;\n"                                          \
	"broken) exit 9;;\n"                                                             \
	"crashes) [ $FACTOR -eq 100 ] || exit 9; ns=100;;\n"                             \
	"uncounted) ns=100; [ -z \"$counters\" ] || exit 9;;\n"                          \
	"empty) ns=0;;\n"                                                                \
	"differs) ns=100; hash=$FACTOR;;\n"                                              \
	"waits) ns=100\n"                                                                \
	"  if [ \"$counters\" ]; then echo >>\"$0.waits\"\n"                             \
	"  more=$(($(wc -l <\"$0.waits\") % 5 * 4 + (FACTOR > 100) * 5)); fi;;\n"        \
	"esac\n"                                                                         \
	"say '{\"v\":1,\"type\":\"ready\",\"case\":\"'$name'\",\"hash\":\"h'$hash'\","   \
	"\"pus\":\"0\",\"oversubscribed\":false,\"slot_ns\":1000}'\n"                    \
	"rows=0 sum=0\n"                                                                 \
	"while hear; do case $heard in\n"                                                \
	"*'\"end\"'*) [ -z \"$counters\" ] || say "                                      \
	"'{\"v\":1,\"type\":\"counters\",\"reason\":\"\",\"counters\":"                  \
	"{\"instructions_user_per_op\":'$((ns * 3 + more))'}}'\n"                        \
	"  say '{\"v\":1,\"type\":\"summary\",\"rows\":'$rows',"                         \
	"\"real_time_sum_ns\":'$sum'}'; exit 0;;\n"                                      \
	"*) slot=${heard#*'\"slot\":'} slot=${slot%%[!0-9]*}\n"                          \
	"  metrics='\"ns_per_op\":'$ns; [ $ns -gt 0 ] || metrics=\n"                     \
	"  say '{\"v\":1,\"type\":\"sample\",\"sample\":{\"launch\":0,\"slot\":'$slot'," \
	"\"warm_up\":false,\"metrics\":{'\"$metrics\"'},\"worker_ops\":[3,4]}}'\n"       \
	"  rows=$((rows + 1)) sum=$((sum + ns));;\n"                                     \
	"esac; done\n"

struct suite {
	char exe[SIDES][128];
	struct gate_plan plan;
	struct catalogue_case item[SUITE_MAX];
	const struct catalogue_case *cases[SUITE_MAX];
	size_t count;
};

static void begin(struct suite *s, unsigned head_percent, const char *const *names, size_t count)
{
	memset(s, 0, sizeof(*s));
	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		char body[4096], path[128];

		(void)snprintf(body, sizeof(body), "FACTOR=%u\n%s",
		    side == SIDE_BASE ? 100 : head_percent, SUITE);
		s->plan.cell[side] = cell_script(path, sizeof(path), body);
		(void)snprintf(
		    s->exe[side], sizeof(s->exe[side]), "%s/%s", cell_dir, side_name(side));
		assert_int_equal(rename(path, s->exe[side]), 0);
		s->plan.cell[side].exe = s->exe[side];
	}
	s->plan.budget_ns = CELL_PATIENCE_NS;
	s->plan.min_effect = 0.01;
	s->plan.seed = 3;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(s->item[i].name, sizeof(s->item[i].name), "%s", names[i]);
		s->item[i].slot_ns = 1000;
		s->cases[i] = &s->item[i];
	}
	s->count = count;
}

static void every_case_gets_its_verdict(void **state)
{
	static const char *const names[] = {"slower", "same", "crashes", "empty", "differs"};
	static const enum verdict want[] = {
	    VERDICT_SLOWER, VERDICT_SAME, VERDICT_FAILED, VERDICT_FAILED, VERDICT_INCOMPARABLE};
	static const char *const why[] = {"", "", "head crashed", "--slot-time", "something else"};
	struct comparison c = {0};
	struct suite s;
	struct gate g;

	(void)state;
	begin(&s, 110, names, 5);
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	assert_int_equal(c.row_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(c.rows[i].name, names[i]);
		if (c.rows[i].verdict != want[i] || !strstr(c.rows[i].reason, why[i]))
			fail_msg("%s: %s (%s)", names[i], verdict_name(c.rows[i].verdict),
			    c.rows[i].reason);
		assert_int_equal(c.rows[i].has_figure, i < 2);
	}
	/* Found and confirmed: two first looks. */
	assert_true(c.rows[0].confirmed);
	assert_int_equal(c.rows[0].head_launches, 2 * looks_launches(0));
	/* The figure is of those that confirmed it. */
	assert_int_equal(c.rows[0].figure_launches, looks_launches(0));
	assert_true(fabs(c.rows[0].level - (1.0 - CONFIRM_ALPHA)) < 1e-12);
	assert_int_equal(c.rows[1].figure_launches, looks_launches(0));
	assert_true(fabs(c.rows[1].level - (1.0 - looks_alpha(0))) < 1e-12);
	assert_true(fabs(c.rows[0].change.estimate - 0.1) < 1e-9);
	assert_true(fabs(c.rows[0].base_ns_per_op - 100.0) < 1e-9);
	assert_true(fabs(c.rows[0].head_ns_per_op - 110.0) < 1e-9);
	assert_int_equal(c.rows[1].head_launches, looks_launches(0));
	assert_false(c.rows[1].confirmed);
	/* Four quartets a launch, the first warms up. */
	assert_int_equal(c.rows[1].slots, looks_launches(0) * 12);
	assert_int_equal(c.rows[1].excluded, looks_launches(0) * 4);
	comparison_free(&c);
	gate_free(&g);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* What only looks at figures of other work gets them, and no verdict. */
static void a_case_that_differs_can_be_measured(void **state)
{
	static const char *const names[] = {"differs", "same", "same"};
	struct comparison c = {0};
	struct suite s;
	struct gate g;

	(void)state;
	begin(&s, 110, names, 3);
	s.item[0].differs = true;
	/* Slower, were it the same case. */
	s.item[1].differs = true;
	(void)snprintf(s.item[1].name, sizeof(s.item[1].name), "slower");
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(c.rows[i].verdict, VERDICT_INCOMPARABLE);
		assert_true(c.rows[i].has_figure);
		assert_false(c.rows[i].confirmed);
		assert_string_equal(c.rows[i].reason, PAIR_DIFFERS);
	}
	assert_true(fabs(c.rows[1].change.estimate - 0.1) < 1e-9);
	assert_int_equal(c.rows[2].verdict, VERDICT_SAME);
	assert_int_equal(comparison_exit(&c), 4);
	comparison_free(&c);
	gate_free(&g);
	s.plan.budget_ns = 1;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	assert_int_equal(c.rows[0].verdict, VERDICT_INCOMPARABLE);
	assert_false(c.rows[0].has_figure);
	comparison_free(&c);
	gate_free(&g);
}

static void without_time_it_is_unsure(void **state)
{
	static const char *const names[] = {"slower", "same"};
	struct comparison c = {0};
	struct suite s;
	struct gate g;

	(void)state;
	begin(&s, 110, names, 2);
	s.plan.budget_ns = 1;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(c.rows[i].verdict, VERDICT_UNSURE);
		assert_false(c.rows[i].has_figure);
		assert_non_null(strstr(c.rows[i].reason, "time budget too small"));
	}
	comparison_free(&c);
	gate_free(&g);
	/* Enough to find it, too little to confirm it. */
	begin(&s, 110, names, 1);
	s.plan.max_pairs = looks_launches(0) + 2;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	assert_int_equal(c.rows[0].verdict, VERDICT_UNSURE);
	assert_true(c.rows[0].has_figure);
	if (!strstr(c.rows[0].reason, "before fresh launches"))
		fail_msg("%s", c.rows[0].reason);
	comparison_free(&c);
	gate_free(&g);
}

/* A clock that time does not touch: every look at it takes a tenth of a second. */
static uint64_t ticks;

static uint64_t tick(void)
{
	return ++ticks * 100 * CLOCK_NS_PER_MS;
}

/* Its first launch lies on the other side: the first look cannot tell, the end of the time can. */
static void what_is_found_late_has_time_to_be_confirmed(void **state)
{
	static const char *const names[] = {"late"};
	struct comparison c = {0};
	struct suite s;
	struct gate g;

	(void)state;
	begin(&s, 104, names, 1);
	s.plan.now_ns = tick;
	/* Three looks at the clock a pair: 18 pairs. */
	s.plan.budget_ns = 54 * 100 * CLOCK_NS_PER_MS;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_true(g.confirming);
	assert_in_range(g.item[0].test.first, looks_launches(0) + 1, looks_launches(1) - 1);
	assert_int_equal(gate_conclude(&g, &c), 0);
	if (c.rows[0].verdict != VERDICT_SLOWER)
		fail_msg("%s: %s", verdict_name(c.rows[0].verdict), c.rows[0].reason);
	assert_true(c.rows[0].confirmed);
	comparison_free(&c);
	gate_free(&g);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* What was started on a side: a line a launch, "NAME SEED". */
static size_t read_started(const struct suite *s, enum side side, char name[][16], uint64_t *seed)
{
	char path[160];
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s.started", s->exe[side]);
	f = fopen(path, "re");
	assert_non_null(f);
	while (n < STARTED_MAX && fscanf(f, "%15s %" SCNu64, name[n], &seed[n]) == 2)
		n++;
	assert_int_equal(fclose(f), 0);
	assert_int_equal(unlink(path), 0);
	return n;
}

static void rounds_are_in_random_order(void **state)
{
	static const char *const names[] = {"same", "slower", "late"};
	char name[SIDES][STARTED_MAX][16];
	uint64_t seed[SIDES][STARTED_MAX];
	unsigned firsts[3] = {0};
	struct suite s;
	struct gate g;
	size_t n;

	(void)state;
	begin(&s, 104, names, 3);
	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		char path[160];

		(void)snprintf(path, sizeof(path), "%s.started", s.exe[side]);
		(void)unlink(path);
	}
	s.plan.max_pairs = looks_launches(0);
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	gate_free(&g);
	n = read_started(&s, SIDE_BASE, name[SIDE_BASE], seed[SIDE_BASE]);
	assert_int_equal(n, 3 * looks_launches(0));
	assert_int_equal(read_started(&s, SIDE_HEAD, name[SIDE_HEAD], seed[SIDE_HEAD]), n);
	for (size_t i = 0; i < n; i++) {
		/* Both sides get the same inputs, every pair its own. */
		assert_string_equal(name[SIDE_BASE][i], name[SIDE_HEAD][i]);
		assert_int_equal(seed[SIDE_BASE][i], seed[SIDE_HEAD][i]);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(seed[SIDE_BASE][i], seed[SIDE_BASE][k]);
		for (size_t k = 0; k < 3; k++)
			firsts[k] += i % 3 == 0 && strcmp(name[SIDE_BASE][i], names[k]) == 0;
	}
	/* Of 11 rounds none begins always, and all begin some time; the seed is fixed. */
	for (size_t k = 0; k < 3; k++)
		assert_in_range(firsts[k], 1, looks_launches(0) - 2);
}

/* What a row's note says. */
static bool says(const struct comparison_row *r, const char *part)
{
	struct text_buffer note = {0};
	bool found;

	comparison_note(r, &note);
	found = note.len && strstr(note.data, part);
	text_buffer_free(&note);
	return found;
}

static void conclude_suite(struct suite *s, struct comparison *c)
{
	struct gate g;

	memset(c, 0, sizeof(*c));
	assert_int_equal(gate_begin(&g, &s->plan, s->cases, s->count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, c), 0);
	gate_free(&g);
}

static void instructions_are_counted_apart(void **state)
{
	static const char *const names[] = {"slower", "same", "empty"};
	struct comparison c;
	struct suite s;

	(void)state;
	begin(&s, 125, names, 3);
	conclude_suite(&s, &c);
	assert_int_equal(instructions_compare(&s.plan, &c, 0, CELL_PATIENCE_NS), 0);
	assert_int_equal(c.instructions_wanted, 2);
	assert_int_equal(c.instructions_counted, 2);
	assert_true(c.rows[0].has_instructions);
	assert_int_equal(c.rows[0].instructions_launches, INSTRUCTIONS_LAUNCHES);
	assert_true(fabs(c.rows[0].instructions_change - 0.25) < 1e-9);
	assert_true(c.rows[0].instructions_apart);
	assert_true(says(&c.rows[0], "instructions:u +25 % (5 launches a side, ranges apart)"));
	assert_true(c.rows[1].has_instructions);
	assert_true(fabs(c.rows[1].instructions_change) < 1e-9);
	assert_false(c.rows[1].instructions_apart);
	assert_false(says(&c.rows[1], "instructions"));
	/* No figure, no side verdict. */
	assert_false(c.rows[2].has_instructions);
	comparison_free(&c);
}

/* Who waits executes instructions, more or fewer: 300 to 316 of base and 305 to 321 of head. */
static void instructions_of_waiting_are_no_change(void **state)
{
	static const char *const names[] = {"waits"};
	struct comparison c;
	struct suite s;

	(void)state;
	for (unsigned percent = 100; percent <= 125; percent += 25) {
		begin(&s, percent, names, 1);
		conclude_suite(&s, &c);
		assert_int_equal(instructions_compare(&s.plan, &c, 0, CELL_PATIENCE_NS), 0);
		assert_true(c.rows[0].has_instructions);
		/* More than what is worth a word, if it were one. */
		assert_true(fabs(c.rows[0].instructions_change -
				 (percent > 100 ? 313.0 / 308.0 - 1.0 : 0.0)) < 1e-9);
		assert_false(c.rows[0].instructions_apart);
		assert_false(says(&c.rows[0], "instructions"));
		comparison_free(&c);
		for (enum side side = SIDE_BASE; side < SIDES; side++) {
			char path[160];

			(void)snprintf(path, sizeof(path), "%s.waits", s.exe[side]);
			assert_int_equal(unlink(path), 0);
		}
	}
}

/* Every look at it takes ten seconds. */
static uint64_t tick_slowly(void)
{
	return ++ticks * 10 * CLOCK_NS_PER_S;
}

static void counting_instructions_ends_with_the_time(void **state)
{
	static const char *const names[] = {"same", "slower"};
	struct text_buffer sentence = {0};
	struct comparison c;
	struct suite s;

	(void)state;
	begin(&s, 125, names, 2);
	conclude_suite(&s, &c);
	s.plan.now_ns = tick_slowly;
	/* A look a launch: enough for one case, and that is the one that has changed. */
	assert_int_equal(instructions_compare(&s.plan, &c, 0, 150 * CLOCK_NS_PER_S), 0);
	assert_false(c.rows[0].has_instructions);
	assert_true(c.rows[1].has_instructions);
	assert_int_equal(c.instructions_wanted, 2);
	assert_int_equal(c.instructions_counted, 1);
	comparison_sentence(&c, &sentence);
	assert_non_null(strstr(sentence.data, "instructions:u counted in 1 of 2 cases"));
	text_buffer_free(&sentence);
	comparison_free(&c);
}

static void a_crash_while_counting_is_told(void **state)
{
	static const char *const names[] = {"uncounted", "same"};
	struct text_buffer sentence = {0};
	struct comparison c;
	struct suite s;

	(void)state;
	begin(&s, 125, names, 2);
	conclude_suite(&s, &c);
	assert_int_equal(instructions_compare(&s.plan, &c, 0, CELL_PATIENCE_NS), 0);
	assert_false(c.rows[0].has_instructions);
	assert_true(c.rows[1].has_instructions);
	assert_int_equal(c.instructions_counted, 1);
	assert_int_equal(c.instructions_failed, 1);
	comparison_sentence(&c, &sentence);
	assert_non_null(strstr(sentence.data, "counted in 1 of 2 cases, the others failed"));
	text_buffer_free(&sentence);
	comparison_free(&c);
}

static void instructions_have_a_share_of_the_budget(void **state)
{
	static const char *const names[] = {"same"};
	struct suite s;
	uint64_t needed_ns;

	(void)state;
	begin(&s, 100, names, 1);
	needed_ns = gate_needed_ns(&s.plan, s.cases, s.count);
	s.plan.budget_ns = 10 * needed_ns;
	assert_int_equal(instructions_share_ns(&s.plan, s.cases, s.count), needed_ns);
	/* The gate comes first. */
	s.plan.budget_ns = needed_ns;
	assert_int_equal(instructions_share_ns(&s.plan, s.cases, s.count), 0);
	/* Unless nobody has said how long it may take. */
	s.plan.open_ended = true;
	assert_int_equal(instructions_share_ns(&s.plan, s.cases, s.count), needed_ns / 10);
}

static void a_first_look_has_its_price(void **state)
{
	const struct catalogue_case item[2] = {{.slot_ns = 1000000}, {.slot_ns = 2000000}};
	const struct catalogue_case *const cases[2] = {&item[0], &item[1]};
	struct gate_plan plan = {.launch_ns = 80000000};
	const uint64_t one = gate_first_look_ns(&plan, cases, 1);

	(void)state;
	assert_true(one >= 11 * UINT64_C(80000000));
	assert_int_equal(gate_first_look_ns(&plan, cases, 0), 0);
	assert_true(gate_first_look_ns(&plan, cases, 2) > one);
	/* One alone has to be confirmed, too: 13 pairs find it and, with half as many on top, are
	 * enough for that, and one is to spare. */
	assert_int_equal(gate_needed_ns(&plan, cases, 1), one / 11 * 14);
	/* In half of what two take, there is time enough for one. */
	assert_int_equal(gate_needed_ns(&plan, cases, 2), gate_first_look_ns(&plan, cases, 2));
	plan.overhead_ns = CLOCK_NS_PER_S;
	assert_true(gate_first_look_ns(&plan, cases, 1) >= 11 * (CLOCK_NS_PER_S + 80000000));
}

/* A gate that is begun with a budget does not turn out to have been too short as soon as a pair
 * takes what pairs take: what `concbench noise` would say of the same case. */
static void the_gate_asks_for_what_noise_says(void **state)
{
	const struct launch_ratio l[2] = {{.log_ratio = -0.01}, {.log_ratio = 0.01}};
	const struct catalogue_case item = {.slot_ns = 20 * CLOCK_NS_PER_MS};
	const struct catalogue_case *const cases[1] = {&item};
	const struct gate_plan plan = {.launch_ns = 100 * CLOCK_NS_PER_MS};
	const uint64_t needed_ns = gate_needed_ns(&plan, cases, 1);
	/* 4 quartets of 20 ms, and what was measured beside. */
	const uint64_t pair_ns = (16 * 20 + 55) * CLOCK_NS_PER_MS;
	const struct noise_visible v = noise_visible(l, 2, 2 * pair_ns, needed_ns, 0.01);

	(void)state;
	assert_int_equal(v.needed_ns, 0);
	assert_true(v.change > 0.0);
	assert_int_equal(noise_visible(l, 2, 2 * pair_ns, 1, 0.01).needed_ns, needed_ns);
	/* Eleven pairs fit into 5 s, and no verdict. */
	assert_true(needed_ns > 5 * CLOCK_NS_PER_S);
}

/* The gate that comes after it can still look at everything. */
static void the_brief_one_leaves_what_is_needed(void **state)
{
	/* So many that a sixth of their time is enough for one of them. */
	static const char *const names[SUITE_MAX] = {
	    "same", "same", "same", "same", "same", "same", "same", "same"};
	char text[REASON_MAX] = "";
	struct suite s;

	(void)state;
	begin(&s, 110, names, SUITE_MAX);
	s.plan.launch_ns = 0;
	s.plan.budget_ns = gate_needed_ns(&s.plan, s.cases, s.count) + 1;
	assert_true(s.plan.budget_ns / 6 > gate_first_look_ns(&s.plan, s.cases, 1));
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(s.plan.overhead_ns, 0);
	assert_true(s.plan.budget_ns >= gate_needed_ns(&s.plan, s.cases, s.count) -
					    gate_needed_ns(&s.plan, s.cases, s.count) / 10);
	/* With time for it, it says what a pair costs beside its turns, for who asks again. */
	s.plan.budget_ns = CELL_PATIENCE_NS;
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, text, sizeof(text)), 0);
	assert_true(s.plan.overhead_ns > 0);
}

static void noise_is_told(void **state)
{
	static const char *const names[] = {"slower", "same"};
	char text[REASON_MAX] = "";
	struct suite s;

	(void)state;
	begin(&s, 110, names, 2);
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, text, sizeof(text)), 0);
	/* Base against itself, whatever head does; scripts have no noise but what counts. The time
	 * is what the brief A/A has left, for two. */
	if (strncmp(text, "on this machine, 1 % is visible in ", 35) != 0 ||
	    !strstr(text, " s (slower), 1 % is visible in ") || !strstr(text, " s (same)"))
		fail_msg("%s", text);
	assert_true(strtod(text + 35, NULL) <= (double)(CELL_PATIENCE_NS / CLOCK_NS_PER_S) / 2);
	assert_true(s.plan.budget_ns < CELL_PATIENCE_NS);
	s.plan.budget_ns = 1000;
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

/* A budget that nobody has set is the gate's alone, however small it is. */
static void without_a_budget_noise_comes_on_top(void **state)
{
	static const char *const names[] = {"slower", "same"};
	char text[REASON_MAX] = "";
	struct suite s;

	(void)state;
	for (size_t count = 1; count <= 2; count++) {
		uint64_t budget_ns;
		char within[64];

		begin(&s, 110, names, count);
		budget_ns = gate_needed_ns(&s.plan, s.cases, s.count);
		s.plan.budget_ns = budget_ns;
		s.plan.open_ended = true;
		/* Whatever a busy machine takes: it is no test of that. */
		s.plan.overhead_ns = CLOCK_NS_PER_S;
		assert_int_equal(noise_brief(&s.plan, s.cases, s.count, text, sizeof(text)), 0);
		assert_int_equal(strncmp(text, "on this machine, ", 17), 0);
		assert_non_null(strstr(text, "(slower)"));
		assert_int_equal(!strstr(text, "(same)"), count < 2);
		assert_true(s.plan.overhead_ns > 0);
		/* The gate has at least what was planned for it, and what it says is for that. */
		assert_true(s.plan.budget_ns >= budget_ns);
		assert_true(2 * s.plan.budget_ns >= 3 * gate_needed_ns(&s.plan, s.cases, s.count));
		(void)snprintf(within, sizeof(within), " is visible in %.3g s (slower)",
		    (double)(s.plan.budget_ns / count) / 1e9);
		if (!strstr(text, within))
			fail_msg("no '%s' in: %s", within, text);
	}
}

/* What a gate whose cases have these launches says. */
static void own_launches(unsigned pairs, uint64_t budget_ns, size_t count, char *text, size_t len)
{
	static const char *const names[] = {"slower", "same"};
	struct suite s;
	struct gate g;

	begin(&s, 110, names, count);
	s.plan.budget_ns = budget_ns;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	for (size_t i = 0; i < count; i++) {
		/* A tenth of a second a pair; the second case spreads twice as much. What has
		 * changed has nothing to do with that. */
		for (unsigned k = 0; k < pairs; k++) {
			const struct launch_ratio l = {
			    .log_ratio = 0.1 + (k % 2 ? 0.01 : -0.01) * (double)(i + 1)};

			assert_int_equal(sequential_add(&g.item[i].test, &l), 0);
		}
		g.item[i].pairs = pairs;
		g.item[i].spent_ns = pairs * CLOCK_NS_PER_S / 10;
	}
	noise_of_gate(&g, text, len);
	gate_free(&g);
}

static void a_gate_without_noise_tells_its_own(void **state)
{
	const struct power_design d = {
	    .sd = 0.014826022185056018, .min_effect = 0.01, .find = 40, .confirm = 20};
	char text[REASON_MAX] = "", want[REASON_MAX];
	const unsigned first = looks_launches(0);

	(void)state;
	(void)snprintf(want, sizeof(want),
	    "no A/A before the gate got to a look; as its own launches spread, %.2g %% is visible "
	    "in "
	    "4 s (slower)",
	    100.0 * power_visible(&d));
	/* Even, so that the median lies between the two that there are. */
	own_launches(first + 1, 4 * CLOCK_NS_PER_S, 1, text, sizeof(text));
	assert_string_equal(text, want);
	own_launches(first + 1, 8 * CLOCK_NS_PER_S, 2, text, sizeof(text));
	(void)snprintf(want, sizeof(want), "as its own launches spread, from %.2g to ",
	    100.0 * power_visible(&d));
	if (!strstr(text, want) || !strstr(text, "is visible in 4 s a case (2 of 2 cases)"))
		fail_msg("%s", text);
	/* So few of them, or so little time, that no verdict can come. */
	own_launches(first, CLOCK_NS_PER_S, 1, text, sizeof(text));
	if (!strstr(text, "a verdict needs up to 1.4 s a case, and 1 s were there"))
		fail_msg("%s", text);
	own_launches(first - 1, 4 * CLOCK_NS_PER_S, 1, text, sizeof(text));
	assert_string_equal(text, "no A/A before the gate got to a look, nor did a case in it");
}

/* That base itself is broken is no want of time. */
static void a_broken_base_is_told(void **state)
{
	static const char *const names[] = {"broken", "empty", "same"};
	char text[REASON_MAX] = "";
	struct suite s;

	(void)state;
	begin(&s, 110, names, 2);
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, text, sizeof(text)), 0);
	assert_string_equal(text,
	    "no A/A before the gate: base crashed in broken: exited with status 9; base finished "
	    "no operation of empty in 0.001 ms");
	begin(&s, 110, names, 3);
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, text, sizeof(text)), 0);
	if (strncmp(text, "on this machine, 1 % is visible in ", 35) != 0 ||
	    !strstr(text, " s (same); base crashed in broken: "))
		fail_msg("%s", text);
}

static void tries_are_tallied(void **state)
{
	static const char *const names[] = {"slower", "same"};
	struct noise_tally t;
	struct suite s;
	FILE *to = tmpfile();
	char text[2048] = "";

	(void)state;
	assert_non_null(to);
	begin(&s, 110, names, 2);
	assert_int_equal(noise_tally_begin(&t, s.cases, s.count, CLOCK_NS_PER_S), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct comparison c = {0};
		struct gate g;

		assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
		assert_int_equal(gate_measure(&g), 0);
		assert_int_equal(gate_conclude(&g, &c), 0);
		assert_int_equal(noise_tally_add(&t, &g, c.rows), 0);
		comparison_free(&c);
		gate_free(&g);
	}
	assert_int_equal(t.tries, 2);
	assert_int_equal(t.tries_with_slower, 2);
	assert_int_equal(t.item[0].verdicts[VERDICT_SLOWER], 2);
	assert_int_equal(t.item[1].verdicts[VERDICT_SAME], 2);
	assert_int_equal(t.item[0].launch_count, 4 * looks_launches(0));
	noise_tally_conclude(&t, 0.01);
	assert_int_equal(noise_tally_print(to, &t, true), 0);
	rewind(to);
	(void)fread(text, 1, sizeof(text) - 1, to);
	assert_non_null(strstr(text, "2 of 2 tries called some case slower (100 %"));
	assert_non_null(strstr(text, "visible in 1 s"));
	(void)fclose(to);
	noise_tally_free(&t);
}

/* golden: Wilson's interval, R: binom::binom.confint(x, n, methods = "wilson") or by the formula;
 * statsmodels.stats.proportion.proportion_confint(0, 100, method="wilson") = (0, 0.03699). */
static void wilson(void **state)
{
	struct stats_interval i = noise_wilson(0, 100);

	(void)state;
	assert_true(fabs(i.low) < 1e-12 && fabs(i.high - 0.036994) < 1e-5);
	i = noise_wilson(5, 10);
	assert_true(fabs(i.low - 0.236593) < 1e-5 && fabs(i.high - 0.763407) < 1e-5);
	i = noise_wilson(0, 0);
	assert_true(fabs(i.low) < 1e-12 && fabs(i.high - 1.0) < 1e-12);
}

/* Launches with a known spread: median absolute deviation 0.01, for which power_test.c plays it. */
static void visible_change(void **state)
{
	const struct launch_ratio l[4] = {
	    {.log_ratio = -0.01}, {.log_ratio = 0.01}, {.log_ratio = -0.01}, {.log_ratio = 0.01}};
	const struct power_design at_40 = {
	    .sd = 0.014826022185056018, .min_effect = 0.01, .find = 40, .confirm = 20};
	const struct power_design at_80 = {
	    .sd = 0.014826022185056018, .min_effect = 0.01, .find = 80, .confirm = 80};

	(void)state;
	assert_true(fabs(noise_visible_change(l, 4, 40, 0.01) - power_visible(&at_40)) < 1e-12);
	/* There is no look after the last. */
	assert_true(
	    fabs(noise_visible_change(l, 4, UINT64_MAX, 0.01) - power_visible(&at_80)) < 1e-12);
	assert_true(fabs(noise_visible_change(l, 1, 40, 0.01)) < 1e-12);
	assert_true(fabs(noise_visible_change(l, 4, 0, 0.01)) < 1e-12);
}

/* No figure where no verdict can come, but what time it would take. */
static void too_few_launches_need_time(void **state)
{
	const struct launch_ratio l[4] = {
	    {.log_ratio = -0.01}, {.log_ratio = 0.01}, {.log_ratio = -0.01}, {.log_ratio = 0.01}};
	const unsigned needed = gate_launches_needed();
	struct noise_visible v = noise_visible(l, 4, 4000, (needed - 1) * 1000, 0.01);

	(void)state;
	/* 11 to find it and 6, of which 8 are needed to confirm it, are too few. */
	assert_int_equal(needed, 13);
	assert_true(fabs(v.change) < 1e-12);
	assert_int_equal(v.needed_ns, (needed + 1) * 1000);
	v = noise_visible(l, 4, 4000, needed * 1000, 0.01);
	assert_true(v.change > 0.01);
	assert_int_equal(v.needed_ns, 0);
	v = noise_visible(l, 0, 0, 1000, 0.01);
	assert_true(fabs(v.change) < 1e-12);
	assert_int_equal(v.needed_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case_gets_its_verdict),
	    cmocka_unit_test(a_case_that_differs_can_be_measured),
	    cmocka_unit_test(without_time_it_is_unsure),
	    cmocka_unit_test(what_is_found_late_has_time_to_be_confirmed),
	    cmocka_unit_test(rounds_are_in_random_order),
	    cmocka_unit_test(instructions_are_counted_apart),
	    cmocka_unit_test(instructions_of_waiting_are_no_change),
	    cmocka_unit_test(counting_instructions_ends_with_the_time),
	    cmocka_unit_test(a_crash_while_counting_is_told),
	    cmocka_unit_test(instructions_have_a_share_of_the_budget),
	    cmocka_unit_test(a_first_look_has_its_price),
	    cmocka_unit_test(the_gate_asks_for_what_noise_says),
	    cmocka_unit_test(the_brief_one_leaves_what_is_needed),
	    cmocka_unit_test(noise_is_told),
	    cmocka_unit_test(without_a_budget_noise_comes_on_top),
	    cmocka_unit_test(a_gate_without_noise_tells_its_own),
	    cmocka_unit_test(a_broken_base_is_told),
	    cmocka_unit_test(tries_are_tallied),
	    cmocka_unit_test(wilson),
	    cmocka_unit_test(visible_change),
	    cmocka_unit_test(too_few_launches_need_time),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
