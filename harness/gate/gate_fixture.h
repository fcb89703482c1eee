/*
 * gate_fixture.h - suites whose cells are shell scripts. Only for *_test.c.
 */
#ifndef CONCBENCH_GATE_FIXTURE_H
#define CONCBENCH_GATE_FIXTURE_H

#include "harness/cell/cell_fixture.h"
#include "harness/gate/gate.h"

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

static inline void begin(
    struct suite *s, unsigned head_percent, const char *const *names, size_t count)
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

/* Measured, and concluded into @c. */
static inline void conclude_suite(struct suite *s, struct comparison *c)
{
	struct gate g;

	memset(c, 0, sizeof(*c));
	assert_int_equal(gate_begin(&g, &s->plan, s->cases, s->count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, c), 0);
	gate_free(&g);
}

#endif
