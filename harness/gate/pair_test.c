/* pair_test.c - turns of two cells that are shell scripts, and what becomes of one that fails. */
#include "harness/cell/cell_fixture.h"
#include "harness/gate/pair.h"

#include "harness/base/file.h"

#include <math.h>

/* Answers every go with $ns, notes whose turn it was, and adds up like Google Benchmark. */
#define COOPERATE                                                                        \
	"ns=$NS rows=0\n"                                                                \
	"ready\n"                                                                        \
	"while hear; do case $heard in\n"                                                \
	"*'\"end\"'*) say '{\"v\":1,\"type\":\"summary\",\"rows\":'$rows',"              \
	"\"real_time_sum_ns\":'$((rows * ns))'}'; exit 0;;\n"                            \
	"*) slot=${heard#*'\"slot\":'} slot=${slot%%[!0-9]*}\n"                          \
	"  printf %s $ME >>\"$0.turns\" \n"                                              \
	"  say '{\"v\":1,\"type\":\"sample\",\"sample\":{\"launch\":0,\"slot\":'$slot'," \
	"\"warm_up\":false,\"metrics\":{\"ns_per_op\":'$ns'},\"worker_ops\":[3,4]}}'\n"  \
	"  rows=$((rows + 1));;\n"                                                       \
	"esac; done\n"

struct pair_scripts {
	char exe[SIDES][160];
	struct pair_spec spec;
};

/* One script a side; both note their turns in a file beside base's. */
static void scripts(struct pair_scripts *s, const char *base, const char *head)
{
	const char *body[SIDES] = {base, head};

	memset(s, 0, sizeof(*s));
	s->spec.quartets = 6;
	s->spec.seed = 7;
	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		char path[128], moved[160];

		s->spec.cell[side] = cell_script(path, sizeof(path), body[side]);
		(void)snprintf(moved, sizeof(moved), "%s/%s.sh", cell_dir, side_name(side));
		assert_int_equal(rename(path, moved), 0);
		(void)snprintf(s->exe[side], sizeof(s->exe[side]), "%s", moved);
		s->spec.cell[side].exe = s->exe[side];
	}
}

#define BASE_100 "ME=b NS=100\n" COOPERATE
#define HEAD_110 "ME=h NS=110\n" COOPERATE

static size_t read_turns(const struct pair_scripts *s, enum side side)
{
	char path[192], *text = NULL;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "%s.turns", s->exe[side]);
	assert_int_equal(file_read_all(path, 4096, &text, &len), 0);
	free(text);
	assert_int_equal(unlink(path), 0);
	return len;
}

static void both_take_turns(void **state)
{
	struct pair_failure failure;
	struct pair_result result;
	struct pair_scripts s;

	(void)state;
	scripts(&s, BASE_100, HEAD_110);
	assert_int_equal(pair_measure(&s.spec, &result, &failure), 0);
	assert_true(fabs(result.ratio.log_ratio - log(1.1)) < 1e-12);
	assert_true(fabs(result.value[SIDE_BASE] - 100.0) < 1e-9);
	assert_true(fabs(result.value[SIDE_HEAD] - 110.0) < 1e-9);
	/* The first quartet warms up. */
	assert_int_equal(result.ratio.quartets, 5);
	assert_int_equal(result.slots, 20);
	assert_int_equal(result.warm_up, 4);
	assert_int_equal(result.empty, 0);
	assert_int_equal(read_turns(&s, SIDE_BASE), 12);
	assert_int_equal(read_turns(&s, SIDE_HEAD), 12);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

static void turns_that_the_quota_stopped_are_counted(void **state)
{
	struct pair_failure failure;
	struct pair_result result;
	char head[2048], *at;
	struct pair_scripts s;

	(void)state;
	(void)snprintf(head, sizeof(head), "%s", "ME=h NS=110\n" COOPERATE);
	at = strstr(head, "\"ns_per_op\":");
	assert_non_null(at);
	memmove(at + strlen("\"throttled_pct\":4,"), at, strlen(at) + 1);
	memcpy(at, "\"throttled_pct\":4,", strlen("\"throttled_pct\":4,"));
	scripts(&s, BASE_100, head);
	assert_int_equal(pair_measure(&s.spec, &result, &failure), 0);
	assert_int_equal(read_turns(&s, SIDE_BASE), 12);
	assert_int_equal(read_turns(&s, SIDE_HEAD), 12);
	assert_int_equal(result.throttled, 12);
}

/* Both write to one file: the order of all turns. */
static void turns_are_in_random_quartets(void **state)
{
	static const char one_file[] = "set -- \"${0%/*}/all\"\n";
	char base[2048], head[2048], path[160], *text = NULL;
	unsigned abba = 0, baab = 0;
	struct pair_failure failure;
	struct pair_result result;
	struct pair_scripts s;

	(void)state;
	(void)snprintf(base, sizeof(base), "%sME=b NS=100\n%s", one_file, COOPERATE);
	(void)snprintf(head, sizeof(head), "%sME=h NS=110\n%s", one_file, COOPERATE);
	for (char *text_of = base; text_of; text_of = text_of == base ? head : NULL) {
		char *at = strstr(text_of, "\"$0.turns\"");

		assert_non_null(at);
		memcpy(at, "\"$1\"      ", 10);
	}
	for (unsigned launch = 0; launch < 4; launch++) {
		size_t len = 0;

		scripts(&s, base, head);
		s.spec.seed = launch;
		assert_int_equal(pair_measure(&s.spec, &result, &failure), 0);
		cell_path(path, sizeof(path), "all");
		assert_int_equal(file_read_all(path, 4096, &text, &len), 0);
		assert_int_equal(len, 24);
		for (size_t i = 0; i < len; i += 4) {
			if (strncmp(text + i, "bhhb", 4) == 0)
				abba++;
			else if (strncmp(text + i, "hbbh", 4) == 0)
				baab++;
			else
				fail_msg("not a quartet: %.4s", text + i);
		}
		free(text);
		assert_int_equal(unlink(path), 0);
	}
	/* Of 24 fair coins fewer than 3 of a kind: once in 28,000; and the seeds are fixed. */
	assert_in_range(abba, 3, 21);
	assert_int_equal(abba + baab, 24);
}

/* Who is first has the machine as it was found: that is drawn, too. */
static void either_side_is_started_first(void **state)
{
	static const char body[] =
	    "while [ $# -gt 0 ]; do case $1 in --seed) seed=$2;; esac; shift; done\n"
	    "printf '%s%s ' $ME $seed >>\"${0%/*}/started\"\n" COOPERATE;
	char base[2048], head[2048], path[160], *text = NULL;
	unsigned base_first = 0, head_first = 0;
	struct pair_failure failure;
	struct pair_result result;
	struct pair_scripts s;
	size_t len = 0;

	(void)state;
	(void)snprintf(base, sizeof(base), "ME=b NS=100\n%s", body);
	(void)snprintf(head, sizeof(head), "ME=h NS=110\n%s", body);
	cell_path(path, sizeof(path), "started");
	for (unsigned launch = 0; launch < 12; launch++) {
		char want[2][64];

		scripts(&s, base, head);
		s.spec.seed = launch;
		s.spec.quartets = 2;
		assert_int_equal(pair_measure(&s.spec, &result, &failure), 0);
		assert_int_equal(file_read_all(path, 4096, &text, &len), 0);
		/* With the same seed: the same inputs. */
		(void)snprintf(want[0], sizeof(want[0]), "b%u h%u ", launch, launch);
		(void)snprintf(want[1], sizeof(want[1]), "h%u b%u ", launch, launch);
		base_first += strcmp(text, want[0]) == 0;
		head_first += strcmp(text, want[1]) == 0;
		free(text);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(base_first + head_first, 12);
	/* Fewer than 2 of 12 fair coins: once in 315; and the seeds are fixed. */
	assert_in_range(base_first, 2, 10);
}

static void a_failing_side_is_named(void **state)
{
	static const struct {
		const char *base, *head;
		enum side side;
		enum case_status status;
		const char *why;
	} bad[] = {
	    {BASE_100, "exit 3", SIDE_HEAD, STATUS_CRASHED, "status 3"},
	    {"exit 3", HEAD_110, SIDE_BASE, STATUS_CRASHED, "status 3"},
	    {BASE_100, "ready; hear; kill -9 $$", SIDE_HEAD, STATUS_CRASHED, "signal 9"},
	    {BASE_100, "ready; hear; fail invalid miscounted", SIDE_HEAD, STATUS_INVALID,
		"miscounted"},
	    {"say '{\"v\":0,\"type\":\"ready\"}'; nap", HEAD_110, SIDE_BASE, STATUS_CRASHED,
		"version 0"},
	    /* Its sum is not that of its samples. */
	    {"ME=b NS=100\nsay() { printf '%s\\n' \"$1\" | sed 's/sum_ns\":.*}/sum_ns\":1}/' "
	     ">&3; }\n" COOPERATE,
		HEAD_110, SIDE_BASE, STATUS_INVALID, "Google Benchmark reports"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pair_failure failure;
		struct pair_result result;
		struct pair_scripts s;
		int ret;

		scripts(&s, bad[i].base, bad[i].head);
		ret = pair_measure(&s.spec, &result, &failure);
		if (ret != -EIO || failure.side != bad[i].side || failure.status != bad[i].status ||
		    !strstr(failure.why, bad[i].why))
			fail_msg("%zu: %d, %s %s: %s", i, ret, side_name(failure.side),
			    status_name(failure.status), failure.why);
		assert_true(cell_none_left(CELL_PATIENCE_NS));
	}
}

static void other_definitions_are_not_compared(void **state)
{
	struct pair_failure failure;
	struct pair_result result;
	struct pair_scripts s;

	(void)state;
	scripts(&s, BASE_100,
	    "ME=h NS=100\nready() { say "
	    "'{\"v\":1,\"type\":\"ready\",\"case\":\"" CELL_CASE "\",\"hash\":\"other\","
	    "\"pus\":\"0\",\"oversubscribed\":false,\"slot_ns\":1000}'; }\n" COOPERATE);
	assert_int_equal(pair_measure(&s.spec, &result, &failure), -ESTALE);
	assert_non_null(strstr(failure.why, "something else"));
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* Longer turns see fewer starts and ends in each: no change of the code. */
static void turns_of_other_length_are_not_compared(void **state)
{
	struct pair_failure failure;
	struct pair_result result;
	struct pair_scripts s;

	(void)state;
	scripts(&s, BASE_100,
	    "ME=h NS=100\nready() { say "
	    "'{\"v\":1,\"type\":\"ready\",\"case\":\"" CELL_CASE "\",\"hash\":\"h\","
	    "\"pus\":\"0\",\"oversubscribed\":false,\"slot_ns\":2000000}'; }\n" COOPERATE);
	assert_int_equal(pair_measure(&s.spec, &result, &failure), -ESTALE);
	if (!strstr(failure.why, "0.001 ms in base and 2 ms in head"))
		fail_msg("%s", failure.why);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* As when the cpuset changes between the start of one and of the other. */
static void workers_elsewhere_are_not_compared(void **state)
{
	struct pair_failure failure;
	struct pair_result result;
	struct pair_scripts s;

	(void)state;
	scripts(&s, BASE_100,
	    "ME=h NS=100\nready() { say "
	    "'{\"v\":1,\"type\":\"ready\",\"case\":\"" CELL_CASE "\",\"hash\":\"h\","
	    "\"pus\":\"1,1\",\"oversubscribed\":false,\"slot_ns\":1000}'; }\n" COOPERATE);
	assert_int_equal(pair_measure(&s.spec, &result, &failure), -ESTALE);
	assert_string_equal(failure.why, "base's workers are bound to PUs 0,1, head's to 1,1");
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* A slot in which nothing was finished spoils its quartet, and is counted. */
static void empty_slots_are_counted(void **state)
{
	static const char sometimes[] =
	    "ME=h NS=110\nsay() { case $1 in *'\"slot\":5,'*) set -- "
	    "\"$(printf %s \"$1\" | sed 's/\"ns_per_op\":110//')\";; *summary*) "
	    "set -- "
	    "\"$(printf %s \"$1\" | sed 's/1320/1210/')\";; esac; printf '%s\\n' \"$1\" >&3; "
	    "}\n" COOPERATE;
	static const char never[] =
	    "ME=h NS=0\nsay() { printf '%s\\n' \"$1\" | sed 's/\"ns_per_op\":0//' >&3; "
	    "}\n" COOPERATE;
	struct pair_failure failure;
	struct pair_result result;
	struct pair_scripts s;

	(void)state;
	scripts(&s, BASE_100, sometimes);
	if (pair_measure(&s.spec, &result, &failure) != 0)
		fail_msg("%s", failure.why);
	assert_int_equal(result.ratio.quartets, 4);
	assert_int_equal(result.warm_up, 4);
	assert_int_equal(result.empty, 4);
	assert_true(fabs(result.ratio.log_ratio - log(1.1)) < 1e-12);
	scripts(&s, BASE_100, never);
	assert_int_equal(pair_measure(&s.spec, &result, &failure), -ENODATA);
	assert_int_equal(result.warm_up, 4);
	assert_int_equal(result.empty, 20);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

static void quartets_fill_a_launch(void **state)
{
	(void)state;
	assert_int_equal(pair_quartets(96000000, 2000000), 13);
	assert_int_equal(pair_quartets(0, 2000000), 4);
	assert_int_equal(pair_quartets(UINT64_MAX, 0), 4);
	assert_int_equal(pair_quartets(UINT64_MAX, 1), 256);
	assert_int_equal(pair_quartets(100000000, 50000000), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_take_turns),
	    cmocka_unit_test(turns_that_the_quota_stopped_are_counted),
	    cmocka_unit_test(turns_are_in_random_quartets),
	    cmocka_unit_test(either_side_is_started_first),
	    cmocka_unit_test(a_failing_side_is_named),
	    cmocka_unit_test(other_definitions_are_not_compared),
	    cmocka_unit_test(turns_of_other_length_are_not_compared),
	    cmocka_unit_test(workers_elsewhere_are_not_compared),
	    cmocka_unit_test(empty_slots_are_counted),
	    cmocka_unit_test(quartets_fill_a_launch),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
