/* supervise_test.c - starting cells: what they are told, and all the ways not to become ready. */
#include "harness/cell/cell_fixture.h"
#include "harness/base/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

static void a_cell_becomes_ready(void **state)
{
	char exe[96], why[200] = "";
	const struct cell_spec spec = cell_script(exe, sizeof(exe), "ready; nap");
	struct cell_process *c = NULL;
	struct message m;

	(void)state;
	if (cell_start(&spec, &c, &m, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_int_equal(m.type, MESSAGE_READY);
	assert_string_equal(m.case_name, CELL_CASE);
	assert_string_equal(m.hash, "h");
	assert_string_equal(m.pus, "0,1");
	assert_true(m.oversubscribed);
	assert_int_equal(m.slot_ns, 1000);
	/* Negative control: the checker sees that it is there. */
	assert_false(cell_none_left(10 * CLOCK_NS_PER_MS));
	cell_kill(c);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
	cell_kill(NULL);
}

static void all_ways_not_to_become_ready(void **state)
{
	static const struct cell_failure table[] = {
	    {"exit 3", -ECHILD, STATUS_CRASHED, "exited with status 3", false},
	    {"exit 0", -ECHILD, STATUS_CRASHED, "exited with status 0", false},
	    {"exit 127", -ECHILD, STATUS_CRASHED, "the program could not be started", false},
	    {"kill -SEGV $$", -ECHILD, STATUS_CRASHED, "signal 11 (Segmentation fault)", false},
	    {"kill -KILL $$", -ECHILD, STATUS_CRASHED, "signal 9 (Killed)", false},
	    {"say hello; nap", -EPROTO, STATUS_CRASHED, "not the cell protocol: \"hello\"", false},
	    {"say ''; nap", -EPROTO, STATUS_CRASHED, "not the cell protocol: \"\"", false},
	    {"say '{\"v\":2,\"type\":\"ready\"}'; nap", -EPROTO, STATUS_CRASHED,
		"protocol version 2, this program speaks 1", false},
	    {"say '{\"v\":1,\"type\":\"end\"}'; nap", -EPROTO, STATUS_CRASHED,
		"said \"end\" when \"ready\" was due", false},
	    {"sample 0; nap", -EPROTO, STATUS_CRASHED, "said \"sample\" when \"ready\" was due",
		false},
	    {"say "
	     "'{\"v\":1,\"type\":\"ready\",\"case\":\"test/cases\",\"hash\":\"h\",\"pus\":\"0\","
	     "\"slot_ns\":1}'; nap",
		-EPROTO, STATUS_CRASHED, "answered for another case", false},
	    {"head -c 5000000 /dev/zero | tr '\\0' x >&3; nap", -EPROTO, STATUS_CRASHED,
		"Message too long", false},
	    {"fail unsupported no_such_lock; exit 1", -ENOTSUP, STATUS_UNSUPPORTED, "no_such_lock",
		false},
	    {"fail invalid setup; exit 1", -EBADMSG, STATUS_INVALID, "setup", false},
	    {"fail crashed generator_died; exit 1", -ECHILD, STATUS_CRASHED, "generator_died",
		false},
	    {"fail hung it_hangs; nap", -ETIMEDOUT, STATUS_HUNG, "it_hangs", false},
	    {"printf '{\"v\":1,' >&3; exit 6", -ECHILD, STATUS_CRASHED, "exited with status 6",
		false},
	    /* Not "Killed": that would send somebody looking for who did it. */
	    {"exec 3>&-; nap", -ECHILD, STATUS_CRASHED, "closed its end", false},
	    {"nap", -ETIMEDOUT, STATUS_HUNG, "no answer within 0.2 s", true},
	    {"printf '{\"v\":1,' >&3; nap", -ETIMEDOUT, STATUS_HUNG, "no answer within", true},
	    {"trap '' TERM INT HUP; while :; do :; done", -ETIMEDOUT, STATUS_HUNG, "running", true},
	    /* Whatever they leave behind: it holds the socket open, and goes with them. */
	    {"sleep 1000 & exit 4", -ECHILD, STATUS_CRASHED, "exited with status 4", false},
	    {"(trap '' TERM; sleep 1000 & sleep 1000) & nap", -ETIMEDOUT, STATUS_HUNG, "no answer",
		true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char exe[96], why[200] = "";
		struct cell_spec spec = cell_script(exe, sizeof(exe), table[i].body);
		struct cell_process *c = NULL;
		struct message m;
		int ret;

		if (table[i].hangs)
			spec.ready_within_ns = CELL_IMPATIENCE_NS;
		ret = cell_start(&spec, &c, &m, why, sizeof(why));
		cell_check_failure(&table[i], ret, STATUS_INVALID, why);
		assert_null(c);
	}
}

static void a_program_that_is_not_there(void **state)
{
	char exe[96], why[200] = "";
	struct cell_spec spec = cell_script(exe, sizeof(exe), "ready; nap");
	struct cell_process *c = NULL;
	struct message m;

	(void)state;
	assert_int_equal(unlink(exe), 0);
	assert_int_equal(cell_start(&spec, &c, &m, why, sizeof(why)), -ECHILD);
	assert_string_equal(why, "the program could not be started");
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* The checker of this file: a process that has left the group is not ended, and has to be seen. */
static void one_that_hides_is_seen(void **state)
{
	char exe[96], why[200] = "", pid_file[96], text[32] = "";
	struct cell_spec spec;
	struct cell_process *c = NULL;
	struct message m;
	FILE *f;

	(void)state;
	cell_path(pid_file, sizeof(pid_file), "pid");
	(void)setenv("PID_FILE", pid_file, 1);
	spec = cell_script(exe, sizeof(exe),
	    "setsid sh -c 'echo $$ > \"$PID_FILE\"; exec sleep 1000' 3>&- &\n"
	    "while ! test -s \"$PID_FILE\"; do :; done; exit 4");
	assert_int_equal(cell_start(&spec, &c, &m, why, sizeof(why)), -ECHILD);
	assert_false(cell_none_left(10 * CLOCK_NS_PER_MS));
	f = fopen(pid_file, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(kill((pid_t)strtol(text, NULL, 10), SIGKILL), 0);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

static void read_text(const char *name, char *out, size_t len)
{
	char path[96];
	FILE *f;
	size_t n;

	cell_path(path, sizeof(path), name);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(out, 1, len - 1, f);
	out[n] = '\0';
	assert_int_equal(fclose(f), 0);
}

static void a_cell_is_told_all(void **state)
{
	static const char *const modules[] = {
	    "--load", "mine=/a/b.so", "--build-id", "c0ffee", NULL};
	char exe[96], path[96], why[200] = "", said[2000], want[1000];
	struct cell_spec spec = cell_script(exe, sizeof(exe),
	    "echo \"args $*\" >&2; echo \"xml $CONCBENCH_TOPOLOGY $HWLOC_XMLFILE $HWLOC_THISSYSTEM "
	    "$HWLOC_SYNTHETIC\" >&2\n"
	    "echo \"allowed $CONCBENCH_ALLOWED\" >&2\n"
	    "read -r pid comm st ppid group rest < /proc/$$/stat\n"
	    "test $group = $$ && echo own group >&2\n"
	    "for s in $(sed -n 's/^SigBlk:[[:space:]]*//p' /proc/$$/status); do echo blocked $s "
	    ">&2; "
	    "done\n"
	    "ready; nap");
	struct cell_process *c = NULL;
	struct message m;

	(void)state;
	cell_path(path, sizeof(path), "stderr");
	spec.stderr_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(spec.stderr_fd >= 0);
	spec.slots = 7;
	spec.slot_ns = UINT64_C(12345678901);
	spec.seed = UINT64_MAX;
	spec.given = 0.1;
	spec.counters = true;
	spec.modules = modules;
	spec.selection = (const char *const[]){"locks", NULL}; /* of a catalogue only */
	spec.topology_xml = "/a/topology.xml";
	/* The user's: for nobody but `concbench topology`. */
	assert_int_equal(setenv("HWLOC_SYNTHETIC", "pu:8", 1), 0);
	assert_int_equal(setenv("HWLOC_XMLFILE", "/b/topology.xml", 1), 0);
	assert_int_equal(setenv("HWLOC_THISSYSTEM", "1", 1), 0);
	spec.allowed = "0-1";
	if (cell_start(&spec, &c, &m, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	cell_kill(c);
	assert_int_equal(unsetenv("HWLOC_SYNTHETIC"), 0);
	assert_int_equal(unsetenv("HWLOC_XMLFILE"), 0);
	assert_int_equal(unsetenv("HWLOC_THISSYSTEM"), 0);
	assert_int_equal(close(spec.stderr_fd), 0);
	read_text("stderr", said, sizeof(said));
	(void)snprintf(want, sizeof(want),
	    "args cell --fd 3 --slot-ns 12345678901 --load mine=/a/b.so --build-id c0ffee "
	    "--case %s --slots 7 --seed 18446744073709551615 --given 0.10000000000000001 "
	    "--counters\n"
	    "xml /a/topology.xml   \nallowed 0-1\nown group\nblocked 0000000000000000\n",
	    CELL_CASE);
	assert_string_equal(said, want);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* A case that is given nothing is told nothing; and words are never left out in silence. */
static void words_are_all_there_or_none(void **state)
{
	const char *many[300];
	char exe[96], why[200] = "";
	struct cell_spec spec =
	    cell_script(exe, sizeof(exe), "case \"$*\" in *--given*) exit 5;; esac; ready; nap");
	struct cell_process *c = NULL;
	struct message m;

	(void)state;
	if (cell_start(&spec, &c, &m, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	cell_kill(c);
	for (size_t i = 0; i < 299; i++)
		many[i] = "--load";
	many[299] = NULL;
	spec.modules = many;
	c = NULL;
	assert_int_equal(cell_start(&spec, &c, &m, why, sizeof(why)), -E2BIG);
	assert_string_equal(why, "starting a cell: Argument list too long");
	assert_null(c);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* Takes the place of libc's in the whole program: once, it takes far longer than it was asked to.
 */
static bool stand_still;

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec left;

	if (stand_still) {
		stand_still = false;
		clock_sleep_until_ns(clock_now_ns() + 2 * CLOCK_NS_PER_S);
		return 0;
	}
	if (timeout)
		left = *timeout;
	return (int)syscall(SYS_ppoll, fds, n, timeout ? &left : NULL, mask, _NSIG / 8);
}

/* A virtual machine is stopped for longer than the cell may take: nobody has hung. */
static void a_machine_that_stands_still_is_not_a_hang(void **state)
{
	char exe[96], why[200] = "";
	struct cell_spec spec = cell_script(exe, sizeof(exe), "sleep 2.5; ready; nap");
	struct cell_process *c = NULL;
	struct message m;

	(void)state;
	spec.ready_within_ns = CLOCK_NS_PER_S + 500 * CLOCK_NS_PER_MS;
	stand_still = true;
	if (cell_start(&spec, &c, &m, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_false(stand_still);
	cell_kill(c);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* In a child, since the flag stays. Return: as a test of a supervisor that Ctrl-C reached. */
static int interrupted_start(void)
{
	char exe[96], why[200] = "";
	const struct cell_spec spec = cell_script(exe, sizeof(exe), "nap");
	struct cell_process *c = NULL;
	struct message m;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || interrupt_install() != 0 || raise(SIGINT) != 0)
		return 1;
	if (cell_start(&spec, &c, &m, why, sizeof(why)) != -EINTR)
		return 2;
	if (cell_failure_status(-EINTR, STATUS_INVALID) != STATUS_NOT_RUN)
		return 3;
	return cell_none_left(CELL_PATIENCE_NS) ? 0 : 4;
}

static void an_interrupt_ends_the_wait(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(interrupted_start());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_cell_dies_with_its_supervisor(void **state)
{
	char exe[96], why[200] = "", byte;
	const struct cell_spec spec = cell_script(exe, sizeof(exe), "ready; nap");
	int started[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(started, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct cell_process *c = NULL;
		struct message m;

		if (cell_start(&spec, &c, &m, why, sizeof(why)) != 0 ||
		    write(started[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(close(started[1]), 0);
	assert_int_equal(read(started[0], &byte, 1), 1);
	assert_int_equal(close(started[0]), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_cell_becomes_ready),
	    cmocka_unit_test(all_ways_not_to_become_ready),
	    cmocka_unit_test(a_program_that_is_not_there),
	    cmocka_unit_test(one_that_hides_is_seen),
	    cmocka_unit_test(a_cell_is_told_all),
	    cmocka_unit_test(words_are_all_there_or_none),
	    cmocka_unit_test(a_machine_that_stands_still_is_not_a_hang),
	    cmocka_unit_test(an_interrupt_ends_the_wait),
	    cmocka_unit_test(a_cell_dies_with_its_supervisor),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
