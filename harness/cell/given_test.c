/* given_test.c - the figure that a case depends on: it is asked for, measured, or there is a
 * reason. Programs are shell scripts. */
#include "harness/cell/given.h"
#include "harness/cell/cell_fixture.h"
#include "harness/cell/conformance.h"

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {NULL};

/* What it says of a case when it is asked for it by name. "peak" does 1000 operations a second more
 * with every launch, twice as many in a first turn, and "bytes" holds 64 of them; "half" does what
 * it was given, "quarter" half of that. */
static const char program[] =
    "is() { say '{\"v\":1,\"type\":\"case\",\"case\":\"'$name'\",\"hash\":\"h\",\"slot_ns\":1000,"
    "\"status\":\"'$1'\",\"reason\":\"as it is\"'\"$2\"'}'; }\n"
    "on() { is not_run ',\"depends\":\"'$1'\"'; }\n"
    "given=0\n"
    "while [ $# -gt 0 ]; do case $1 in --list) list=yes;; --case) name=$2; shift;;\n"
    "--counters|--checking) untimed=yes;;\n"
    "--given) given=${2%%.*}; shift;; -*) shift;; *) name=$1;; esac; shift; done\n"
    "if [ \"$list\" ]; then\n"
    "case $name in peak|crash|idle|late|lost) is not_run;; half) on peak;; quarter) on half;;\n"
    "circle) on circle;; orphan) on nobody;; absent) is unsupported;; failed) is crashed;;\n"
    "bytes) is not_run ',\"figure\":{\"metric\":\"held_bytes\",\"title\":\"held\","
    "\"unit\":\"B\",\"scale\":\"ratio\",\"better\":\"less\",\"outcomes\":\"\"}';;\n"
    "esac; say '{\"v\":1,\"type\":\"end\"}'; exit 0; fi\n"
    "echo >>\"$0.$name\"; launches=$(wc -l <\"$0.$name\")\n"
    "case $name in crash) kill -SEGV $$;; peak|bytes) rate=$((launches * 1000));;\n"
    "idle) rate=0;; half) rate=$given;; quarter) rate=$((given / 2));; esac\n"
    "[ -z \"$untimed\" ] || rate=1\n"
    "say '{\"v\":1,\"type\":\"ready\",\"case\":\"'$name'\",\"hash\":\"h\",\"pus\":\"0\","
    "\"oversubscribed\":false,\"slot_ns\":1000}'; rows=0\n"
    "while hear; do case $heard in *'\"end\"'*)\n"
    "say '{\"v\":1,\"type\":\"summary\",\"rows\":'$rows',\"real_time_sum_ns\":'$rows'}'; exit 0;;\n"
    "esac; case $name in late) fail unsupported as_it_is;; lost) fail invalid lost_one;; esac\n"
    "[ $rows -gt 0 ] && n=$rate || n=$((rate * 2))\n"
    "say '{\"v\":1,\"type\":\"sample\",\"sample\":{\"launch\":0,\"slot\":'$rows',"
    "\"warm_up\":false,\"metrics\":{\"ns_per_op\":1,\"ops_per_s\":'$n',\"held_bytes\":64},"
    "\"worker_ops\":[1]}}'; rows=$((rows + 1)); done\n";

static void it_is_measured(void **state)
{
	static const struct {
		const char *depends;
		double figure;
		const char *unit;
	} rows[] = {
	    {"peak", 3000.0, "/s"}, /* the middle of five launches, without what warms up */
	    {"bytes", 64.0, "B"},
	    {"half", 3000.0, "/s"},
	    {"quarter", 1500.0, "/s"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run_given given = {0};
		char exe[128], why[REASON_MAX] = "", forget[256];
		struct cell_spec spec = cell_script(exe, sizeof(exe), program);

		/* Nothing of what is asked of the one that needs it. */
		spec.checking = spec.counters = true;
		(void)snprintf(forget, sizeof(forget), "rm -f '%s'.*", exe);
		assert_int_equal(system(forget), 0);
		if (given_find(&spec, rows[i].depends, &given, why, sizeof(why)) != 0)
			fail_msg("%s: %s", rows[i].depends, why);
		assert_string_equal(given.of, rows[i].depends);
		assert_string_equal(given.unit, rows[i].unit);
		assert_true(given.figure == rows[i].figure);
		assert_true(cell_none_left(CELL_PATIENCE_NS));
	}
}

/* Nothing is given then, and the reason names who was needed. */
static void it_cannot_be_had(void **state)
{
	static const struct {
		const char *depends;
		int error;
		const char *why;
	} rows[] = {
	    {"nobody", -EBADMSG, "it needs the figure of nobody: there is no such case"},
	    {"absent", -ENOTSUP, "it needs the figure of absent: unsupported: as it is"},
	    {"failed", -EBADMSG, "it needs the figure of failed: it failed: as it is"},
	    {"crash", -EBADMSG, "it needs the figure of crash: killed by signal 11"},
	    {"late", -ENOTSUP, "it needs the figure of late: as_it_is"},
	    {"lost", -EBADMSG, "it needs the figure of lost: lost_one"},
	    {"idle", -EBADMSG, "it needs the figure of idle: none above 0 came of it"},
	    {"orphan", -EBADMSG, "it needs the figure of orphan: there is no such case"},
	    {"circle", -EBADMSG, "it needs the figure of circle: it depends on more than 4 others"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run_given given = {.of = "untouched"};
		char exe[128], why[REASON_MAX] = "";
		const struct cell_spec spec = cell_script(exe, sizeof(exe), program);
		const int ret = given_find(&spec, rows[i].depends, &given, why, sizeof(why));

		if (ret != rows[i].error || !strstr(why, rows[i].why))
			fail_msg("%s: %d, %s", rows[i].depends, ret, why);
		assert_string_equal(given.of, "untouched");
		assert_true(cell_none_left(CELL_PATIENCE_NS));
	}
}

static unsigned launches_of(const char *exe, const char *name)
{
	char path[160];
	unsigned n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s.%s", exe, name);
	f = fopen(path, "re");
	assert_non_null(f);
	for (int c; (c = fgetc(f)) != EOF;)
		n += c == '\n';
	assert_int_equal(fclose(f), 0);
	return n;
}

/* A case in which nobody meets anybody is tried twice. */
static void a_check_gives_both_tries_the_same(void **state)
{
	static const struct cb_family family = {.name = "own"};
	static const struct cb_kind self = {.name = "half"};
	const struct kind kind = {.self = &self, .family = &family, .name = "half"};
	struct bench_case bc = {.kind = &kind, .name = "half", .window_ns = 1000};
	struct conformance_result r;
	char exe[128], forget[256];
	const struct cell_spec spec = cell_script(exe, sizeof(exe), program);
	const struct conformance_plan plan = {.exe = exe,
	    .stderr_fd = spec.stderr_fd,
	    .case_ns = CLOCK_NS_PER_MS,
	    .patience_ns = 20 * CLOCK_NS_PER_MS,
	    .hang_ns = CELL_PATIENCE_NS};

	(void)state;
	(void)snprintf(forget, sizeof(forget), "rm -f '%s'.*", exe);
	assert_int_equal(system(forget), 0);
	(void)snprintf(bc.depends, sizeof(bc.depends), "peak");
	assert_int_equal(conformance_case(&plan, &bc, &r), 0);
	if (r.outcome != CONFORMANCE_IDLE)
		fail_msg("%d: %s", r.outcome, r.why);
	assert_int_equal(launches_of(exe, "half"), 2);
	assert_int_equal(launches_of(exe, "peak"), RUN_LAUNCHES_MIN);
	/* It cannot be run where that cannot be run, and is wrong where that is. */
	(void)snprintf(bc.depends, sizeof(bc.depends), "late");
	assert_int_equal(conformance_case(&plan, &bc, &r), 0);
	assert_int_equal(r.outcome, CONFORMANCE_UNSUPPORTED);
	(void)snprintf(bc.depends, sizeof(bc.depends), "lost");
	assert_int_equal(conformance_case(&plan, &bc, &r), 0);
	assert_int_equal(r.outcome, CONFORMANCE_WRONG);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_measured),
	    cmocka_unit_test(it_cannot_be_had),
	    cmocka_unit_test(a_check_gives_both_tries_the_same),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
