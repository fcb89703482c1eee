/* catalogue_test.c - what a program says of its cases, and what it is that cannot say it. */
#include "harness/cell/catalogue.h"
#include "harness/cell/cell_fixture.h"

#include <sys/socket.h>

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {NULL};

#define CASE(name, status, reason)                         \
	"say '{\"v\":1,\"type\":\"case\",\"case\":\"" name \
	"\",\"hash\":\"0123\",\"slot_ns\":2000,"           \
	"\"status\":\"" status "\",\"reason\":\"" reason "\"}'\n"
#define END "say '{\"v\":1,\"type\":\"end\"}'\n"

static struct cell_spec asked(char *exe, size_t len, const char *body)
{
	struct cell_spec spec = cell_script(exe, len, body);

	spec.case_name = NULL;
	return spec;
}

static void it_is_read(void **state)
{
	struct catalogue c;
	char exe[128], why[REASON_MAX] = "";
	static const char *const modules[] = {"--load", "x.so", NULL};
	static const char *const selection[] = {"--set", "a=1", "locks", NULL};
	struct cell_spec spec = asked(exe, sizeof(exe),
	    "[ \"$*\" = 'cell --fd 3 --slot-ns 0 --load x.so --list --set a=1 locks' ] || "
	    "exit 1\n" CASE("a/b", "not_run", "") CASE("c", "unsupported", "needs two packages")
		END);

	(void)state;
	spec.modules = modules;
	spec.selection = selection;
	if (catalogue_ask(&spec, &c, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_int_equal(c.count, 2);
	assert_string_equal(c.item[0].name, "a/b");
	assert_string_equal(c.item[0].hash, "0123");
	assert_int_equal(c.item[0].slot_ns, 2000);
	assert_true(c.item[0].supported);
	assert_ptr_equal(catalogue_find(&c, "c"), &c.item[1]);
	assert_false(c.item[1].supported);
	assert_string_equal(c.item[1].reason, "needs two packages");
	assert_null(catalogue_find(&c, "a"));
	catalogue_free(&c);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

static void what_is_no_catalogue(void **state)
{
	static const struct {
		const char *body;
		int error;
		const char *why;
		bool hangs;
	} bad[] = {
	    {"exit 2", -EPROTO, "older than the gate", false},
	    {"exit 1", -ECHILD, "status 1", false},
	    {CASE("a", "not_run", ""), -ECHILD, "status 0", false}, /* not all of it */
	    {"say '{\"v\":0,\"type\":\"end\"}'", -EPROTO, "version 0", false},
	    {"say hello", -EPROTO, "not the cell protocol", false},
	    {"ready", -EPROTO, "said \"ready\"", false},
	    {CASE("a", "strange", "") END, -EPROTO, "not a whole message", false},
	    {CASE("a", "not_run", "") "nap", -ETIMEDOUT, "no answer", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct catalogue c;
		char exe[128], why[REASON_MAX] = "";
		struct cell_spec spec = asked(exe, sizeof(exe), bad[i].body);
		int ret;

		if (bad[i].hangs)
			spec.ready_within_ns = CELL_IMPATIENCE_NS;
		ret = catalogue_ask(&spec, &c, why, sizeof(why));
		if (ret != bad[i].error || !strstr(why, bad[i].why))
			fail_msg("%zu: %d %s", i, ret, why);
		assert_true(cell_none_left(CELL_PATIENCE_NS));
	}
}

static void it_is_told(void **state)
{
	static const struct cb_family family = {.name = "test"};
	static const struct cb_workload some = {.op = "nothing"};
	static const struct cb_figure both[] = {
	    {"held_bytes", "held", "bytes", CB_RATIO, CB_LESS, 0.0, NULL},
	    {"call_ns", "called", "ns", CB_RATIO, CB_LESS, 0.0, NULL}};
	static const struct cb_kind self = {
	    .name = "kind", .work = &some, .figures = both, .figure_count = 2};
	/* Which figure was named of each, and which is wanted of all. */
	static const struct {
		int named[2];
		const char *wanted;
		const char *told[2];
		uint64_t slot_ns;
	} turns[] = {
	    {{-1, -1}, NULL, {"held_bytes", "held_bytes"}, 0},
	    {{1, -1}, NULL, {"call_ns", "held_bytes"}, 77},
	    {{-1, 0}, "call_ns", {"call_ns", "call_ns"}, 0},
	    {{1, -1}, "p99", {"call_ns", "held_bytes"}, 0},
	};
	static const struct kind kind = {.family = &family, .self = &self};
	struct bench_case cases[2] = {{.kind = &kind,
					  .name = "test/kind/can:1",
					  .depends = "test/peak",
					  .window_ns = 5000,
					  .status = STATUS_NOT_RUN},
	    {.kind = &kind,
		.name = "test/kind/can:0",
		.status = STATUS_UNSUPPORTED,
		.unsupported = "no such PU"}};
	const struct case_list list = {.item = cases, .count = 2};
	struct line_buffer input = {0};
	const char *line;
	char err[160], hash[17];
	size_t len;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	/* Each with its own window, and with one for all. */
	for (unsigned t = 0; t < 4; t++)
		assert_int_equal(catalogue_tell(&list, turns[t].named, turns[t].wanted,
				     turns[t].slot_ns, pair[0]),
		    0);
	for (unsigned i = 0; i < 12; i++) {
		const struct bench_case *bc = i % 3 < 2 ? &cases[i % 3] : NULL;
		struct message m;

		while (!line_buffer_next(&input, &line, &len))
			assert_true(line_buffer_fill(&input, pair[1]) > 0);
		assert_int_equal(message_parse(line, len, &m, err, sizeof(err)), 0);
		assert_int_equal(m.type, bc ? MESSAGE_CASE : MESSAGE_END);
		if (bc) {
			assert_string_equal(m.case_name, bc->name);
			case_hash(bc, hash);
			assert_string_equal(m.hash, hash);
			assert_int_equal(
			    m.slot_ns, turns[i / 3].slot_ns ? turns[i / 3].slot_ns : bc->window_ns);
			assert_int_equal(
			    m.status, bc->unsupported[0] ? STATUS_UNSUPPORTED : STATUS_NOT_RUN);
			assert_string_equal(m.reason, bc->unsupported);
			assert_string_equal(m.figure.metric, turns[i / 3].told[i % 3]);
			assert_string_equal(m.depends, bc->depends);
		}
		message_free(&m);
	}
	line_buffer_free(&input);
	(void)close(pair[1]);
	assert_int_equal(catalogue_tell(&list, NULL, NULL, 77, pair[0]), -EPIPE);
	(void)close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_read),
	    cmocka_unit_test(what_is_no_catalogue),
	    cmocka_unit_test(it_is_told),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
