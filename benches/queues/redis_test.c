/*
 * redis_test.c - lists of a server: what it is started as, what it holds, how it is closed, and
 * what is said where it is missing, too old, refuses or dies. That it delivers: conformance_test.c.
 */
#include "benches/queues/folder_fixture.h"
#include "benches/queues/redis.h"
#include "benches/team_fixture.h"
#include "harness/work/companion.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
#define PATIENCE_NS (60 * CLOCK_NS_PER_S)
#define PLAIN "queue/redis/model:thread"
#define PIPELINED "queue/redis_pipelined/model:thread"

static void need_server(void)
{
	if (!redis_server_program())
		skip();
}

static struct redis *redis_of(const struct subject *s)
{
	return ((const struct cb_queue_state *)s->team.env.state)->queue;
}

static const struct cb_queue_ops *ops_of(const struct subject *s)
{
	return ((const struct cb_queue_state *)s->team.env.state)->impl->ops;
}

static pid_t server_of(const struct subject *s)
{
	return s->team.companions[0].pid;
}

/* Asks the server one thing. Return: its answer, until the next. */
static const char *ask(const struct subject *s, const char *command)
{
	static char answer[2000];
	const struct sockaddr_un address = redis_address(redis_of(s));
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char line[200];
	ssize_t n;

	assert_int_equal(connect(fd, (const void *)&address, sizeof(address)), 0);
	(void)snprintf(line, sizeof(line), "%s\r\n", command);
	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
	n = recv(fd, answer, sizeof(answer) - 1, 0);
	assert_true(n > 0);
	answer[n] = '\0';
	assert_int_equal(close(fd), 0);
	return answer;
}

static void answers(const struct subject *s, const char *command, const char *expected)
{
	const char *answer = ask(s, command);

	if (!strstr(answer, expected))
		fail_msg("%s: %s instead of %s", command, answer, expected);
}

/* ---- what it is started as ---- */

static void its_server_is_its_own(void **unused)
{
	const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
	struct subject s;
	struct stat st;
	pid_t pid;

	(void)unused;
	need_server();
	begin(&s, "queue/redis/model:process");
	pid = server_of(&s);
	answers(&s, "config get port", "$1\r\n0\r\n");
	answers(&s, "config get save", "$0\r\n");
	answers(&s, "config get appendonly", "no");
	assert_int_equal(stat(redis_of(&s)->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 077, 0);
	/* What it takes is on the books, as soon as it has had a turn in a window. */
	do
		right_trial(&s, WINDOW_NS);
	while (!s.team.env.companion[0].cpu_ns && clock_now_ns() < give_up_ns);
	assert_true(s.team.env.companion[0].cpu_ns > 0);
	assert_true(s.team.env.companion[0].resident_bytes > 0);
	end(&s);
	assert_int_equal(kill(pid, 0), -1);
}

/* ---- how much it holds, and how it is closed ---- */

static void queues_of_a_server_are_closed(void **unused)
{
	static const char *const names[] = {
	    "queue/redis/model:process/producers:8/consumers:8/capacity:2",
	    "queue/redis/model:thread/producers:1/consumers:16",
	    "queue/redis/model:coroutine/producers:32/consumers:32",
	    "queue/redis/model:coroutine/producers:2/consumers:2/bytes:65536",
	    "queue/redis_pipelined/model:process/producers:32/capacity:2",
	    "queue/redis_pipelined/model:thread/producers:1/capacity:16",
	    "queue/redis_pipelined/model:thread/producers:3/bytes:65536",
	    "queue/redis_pipelined/model:coroutine/producers:5/capacity:64"};

	(void)unused;
	need_server();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct subject s;
		uint64_t delivered = 0;

		begin(&s, names[i]);
		for (unsigned t = 0; t < 5; t++)
			right_trial(&s, 5 * WINDOW_NS);
		for (unsigned w = 0; w < s.bc.pub.workers; w++)
			delivered += s.team.done[w];
		assert_true(delivered > 0);
		end(&s);
	}
}

/* By hand, with workers that have attached. */
static void put_one(struct subject *s, uint64_t item)
{
	assert_int_equal(
	    ops_of(s)->put(redis_of(s), subject_worker(s, 0), &item, sizeof(item), CB_FOR_EVER),
	    CB_QUEUE_DONE);
}

static uint64_t get_one(struct subject *s)
{
	uint64_t item = 0;

	assert_int_equal(
	    ops_of(s)->get(redis_of(s), subject_worker(s, 1), &item, sizeof(item), CB_FOR_EVER),
	    CB_QUEUE_DONE);
	return item;
}

static uint64_t drain_one(struct subject *s)
{
	uint64_t item = 0;

	(void)ops_of(s)->drain(redis_of(s), &item, sizeof(item));
	return item;
}

/* Whoever has put so many in would wait for room; and there is some when a quarter is out. */
static void its_room_is_its_capacity(void **unused)
{
	struct subject s;
	uint64_t n;

	(void)unused;
	need_server();
	begin(&s, PLAIN "/capacity:64");
	right_trial(&s, WINDOW_NS);
	for (n = 1; n <= 64; n++)
		put_one(&s, n);
	assert_int_equal(redis_of(&s)->client[0].room, 0);
	answers(&s, "llen q", ":64\r\n");
	answers(&s, "llen r", ":0\r\n");
	for (n = 1; n <= 16; n++)
		assert_int_equal(get_one(&s), n);
	answers(&s, "llen r", ":0\r\n");
	assert_int_equal(get_one(&s), 17);
	answers(&s, "llen r", ":1\r\n");
	put_one(&s, 65);
	assert_int_equal(redis_of(&s)->client[0].room, 15);
	answers(&s, "llen r", ":0\r\n");
	answers(&s, "llen q", ":48\r\n");
	for (n = 18; n <= 65; n++)
		assert_int_equal(drain_one(&s), n);
	assert_int_equal(drain_one(&s), 0);
	ops_of(&s)->open(redis_of(&s));
	right_trial(&s, WINDOW_NS);
	end(&s);
}

/* What is not sent yet is when its producer leaves; what has come is kept when its consumer does.
 */
static void nothing_of_a_batch_is_lost(void **unused)
{
	struct subject s;
	uint64_t n;

	(void)unused;
	need_server();
	begin(&s, PIPELINED);
	right_trial(&s, WINDOW_NS);
	for (n = 1; n <= 15; n++)
		put_one(&s, n);
	answers(&s, "llen q", ":0\r\n");
	put_one(&s, n++);
	answers(&s, "llen q", ":16\r\n");
	for (; n <= 20; n++)
		put_one(&s, n);
	assert_int_equal(get_one(&s), 1);
	answers(&s, "llen q", ":0\r\n");
	ops_of(&s)->close(redis_of(&s), subject_worker(&s, 0));
	answers(&s, "llen q", ":4\r\n");
	ops_of(&s)->close(redis_of(&s), subject_worker(&s, 1));
	assert_int_equal(redis_of(&s)->kept, 15);
	for (n = 2; n <= 20; n++)
		assert_int_equal(drain_one(&s), n);
	assert_int_equal(drain_one(&s), 0);
	ops_of(&s)->open(redis_of(&s));
	right_trial(&s, WINDOW_NS);
	end(&s);
}

/* What it has asked for and there is not is answered when the queue is closed, and not by the
 * one who asks: whatever else it says stands behind that. */
static void who_leaves_waits_for_nothing(void **unused)
{
	uint64_t item;
	struct subject s;

	(void)unused;
	need_server();
	begin(&s, PIPELINED);
	right_trial(&s, WINDOW_NS);
	memcpy(&item, "an item.", sizeof(item));
	answers(&s, "rpush q 'an item.'", ":1\r\n");
	assert_int_equal(get_one(&s), item);
	assert_int_equal(redis_of(&s)->client[1].asked, 15);
	ops_of(&s)->close(redis_of(&s), subject_worker(&s, 0));
	ops_of(&s)->close(redis_of(&s), subject_worker(&s, 1));
	assert_int_equal(subject_worker(&s, 1)->error, 0);
	assert_int_equal(redis_of(&s)->client[1].asked, 0);
	assert_int_equal(redis_of(&s)->kept, 0);
	ops_of(&s)->open(redis_of(&s));
	right_trial(&s, WINDOW_NS);
	end(&s);
}

static void who_had_to_wait_is_told_while_checking(void **unused)
{
	(void)unused;
	need_server();
	for (unsigned i = 0; i < 4; i++) {
		const bool checking = i / 2;
		double value;
		struct subject s;

		begin_as(&s, i % 2 ? PIPELINED "/capacity:2" : PLAIN "/capacity:2",
		    (struct team_options){.checking = checking});
		for (unsigned t = 0; t < 5; t++)
			right_trial(&s, WINDOW_NS);
		assert_int_equal(
		    metric_get(&s.sample.metrics, "empty_polls_per_op", &value), checking);
		assert_int_equal(
		    metric_get(&s.sample.metrics, "full_polls_per_op", &value), checking);
		end(&s);
	}
}

/* ---- what stands against it ---- */

static void pretend(const char *program, const char *script)
{
	FILE *f = fopen(in_folder(program), "we");

	assert_non_null(f);
	assert_true(fprintf(f, "#!/bin/sh\n%s\n", script) > 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(in_folder(program), 0700), 0);
}

/* Of a machine whose only server is that one; NULL: none. */
static void what_is_said_of(const char *script, int expected, const char *says)
{
	struct subject s;
	char *path;
	int ret;

	make_folder();
	if (script)
		pretend("redis-server", script);
	path = set_variable("PATH", folder);
	memset(&s, 0, sizeof(s));
	(void)snprintf(s.why, sizeof(s.why), "%.200s", parse(PLAIN, &s.bc));
	ret = s.why[0] ? -ENOTSUP
		       : team_create(&s.team, &s.bc, topo, &(struct team_options){.seed = 7}, s.why,
			     sizeof(s.why));
	restore_variable("PATH", path);
	if (ret != expected || !strstr(s.why, says))
		fail_msg("%d, %s instead of %s", ret, s.why, says);
	if (script)
		assert_int_equal(unlink(in_folder("redis-server")), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void missing_and_old_ones_are_named(void **unused)
{
	(void)unused;
	what_is_said_of(
	    NULL, -ENOTSUP, "no redis-server or valkey-server in PATH (package redis-server)");
	what_is_said_of("echo Redis server v=4.0.9 sha=00000000:0 malloc=libc", -ENOTSUP,
	    "redis-server is 4.0.9, and 5.0 or newer is needed");
	what_is_said_of("echo no such option", -ENOTSUP,
	    "redis-server --version does not say which version it is: 'no such option'");
	what_is_said_of(":", -ENOTSUP, "does not say which version it is: ''");
	/* One that is new enough, and does not start, is no case that cannot be. */
	what_is_said_of("[ \"$1\" != --version ] || echo Redis server v=10.1.0; exit 3", -ECHILD,
	    "the redis-server ended: exit");
}

static void its_next_of_kin_will_do(void **unused)
{
	char *path, here[512] = "", *all;
	struct subject s;

	(void)unused;
	need_server();
	all = strdup(getenv("PATH"));
	for (char *at = strtok(all, ":"); at && !here[0]; at = strtok(NULL, ":")) {
		(void)snprintf(here, sizeof(here), "%s/%s", at, redis_server_program());
		if (access(here, X_OK) != 0)
			here[0] = '\0';
	}
	free(all);
	make_folder();
	assert_int_equal(symlink(here, in_folder("valkey-server")), 0);
	path = set_variable("PATH", folder);
	begin(&s, PLAIN);
	restore_variable("PATH", path);
	assert_string_equal(redis_of(&s)->program, "valkey-server");
	right_trial(&s, WINDOW_NS);
	end(&s);
	assert_int_equal(unlink(in_folder("valkey-server")), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void what_it_cannot_be_is_said(void **unused)
{
	static const char *const rows[][2] = {
	    {"queue/redis/consumers:33", "it takes 32 consumers"},
	    {"queue/redis_pipelined/consumers:2", "it takes 1 consumer"},
	    {"queue/redis/bytes:65537", "its items have at most 65536 bytes"},
	    {"queue/redis/asking:1", "it cannot say how many items it has"},
	    {"queue/redis/consumers:2/wait_ns:1000", "with wait_ns it takes 1 consumer"},
	};
	struct bench_case bc;

	(void)unused;
	need_server();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strstr(parse(rows[i][0], &bc), rows[i][1]))
			fail_msg("%s: %s", rows[i][0], parse(rows[i][0], &bc));
}

/* Before a trial, or while all are at it. */
static void one_that_dies_is_named(void **unused)
{
	static const char *const names[] = {"queue/redis/model:thread",
	    "queue/redis/model:process/producers:2/consumers:2",
	    "queue/redis/model:coroutine/producers:2/consumers:2",
	    "queue/redis_pipelined/model:process", "queue/redis_pipelined/model:thread/capacity:2"};

	(void)unused;
	need_server();
	for (size_t i = 0; i < 2 * sizeof(names) / sizeof(names[0]); i++) {
		char path[REDIS_PATH_BYTES];
		struct subject s;
		pid_t killer = 0;
		int ret;

		begin(&s, names[i / 2]);
		(void)snprintf(path, sizeof(path), "%s", redis_of(&s)->path);
		right_trial(&s, WINDOW_NS);
		if (i % 2)
			killer = fork();
		if (i % 2 && !killer)
			(void)usleep(20000);
		if (!killer)
			(void)kill(server_of(&s), SIGKILL);
		if (i % 2 && !killer)
			_exit(0);
		ret = trial(&s, 25 * WINDOW_NS);
		if (ret != -ECHILD || !strstr(s.why, "the redis-server ended: killed by signal 9"))
			fail_msg("%s: %d, %s", s.bc.name, ret, s.why);
		if (killer)
			assert_int_equal(waitpid(killer, NULL, 0), killer);
		end(&s);
		/* It had no time to tidy up. */
		assert_int_equal(access(path, F_OK), -1);
		*strrchr(path, '/') = '\0';
		assert_int_equal(access(path, F_OK), -1);
	}
}

/* One who is refused ends it for all: nobody waits for what never comes. */
static void one_that_refuses_is_an_error(void **unused)
{
	static const char *const names[] = {"queue/redis/model:thread/producers:2/consumers:2",
	    "queue/redis/model:process", "queue/redis_pipelined/model:coroutine"};

	(void)unused;
	need_server();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct subject s;
		int ret;

		begin(&s, names[i]);
		right_trial(&s, WINDOW_NS);
		answers(&s, "config set maxmemory 1", "+OK");
		ret = trial(&s, WINDOW_NS);
		if (ret >= 0 || !strstr(s.why, strerror(EPROTO)))
			fail_msg("%s: %d, %s", s.bc.name, ret, s.why);
		end(&s);
	}
}

static void what_killed_runs_leave_is_removed(void **unused)
{
	char dir[256], *was;
	struct subject s;
	int used, fd;

	(void)unused;
	need_server();
	make_folder();
	was = set_variable("TMPDIR", folder);
	assert_int_equal(mkdir(in_folder("concbench-redis-1-0"), 0700), 0);
	assert_int_equal(mknod(in_folder("concbench-redis-1-0/socket"), S_IFSOCK | 0600, 0), 0);
	/* Not ours to remove: one that somebody has, no folder, another's name. */
	assert_int_equal(mkdir(in_folder("concbench-redis-2-0"), 0700), 0);
	used = open(in_folder("concbench-redis-2-0"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(used >= 0);
	assert_int_equal(flock(used, LOCK_EX), 0);
	fd = open(in_folder("concbench-redis-3-0"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(mkdir(in_folder("other-redis-1-0"), 0700), 0);
	begin(&s, PLAIN);
	(void)snprintf(dir, sizeof(dir), "%s", in_folder("concbench-redis-1-0"));
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(names_there(), 4);
	right_trial(&s, WINDOW_NS);
	end(&s);
	assert_int_equal(names_there(), 3);
	assert_int_equal(close(used), 0);
	begin(&s, PLAIN);
	end(&s);
	assert_int_equal(names_there(), 2);
	assert_int_equal(unlink(in_folder("concbench-redis-3-0")), 0);
	assert_int_equal(rmdir(in_folder("other-redis-1-0")), 0);
	assert_int_equal(rmdir(folder), 0);
	restore_variable("TMPDIR", was);
}

static void folders_that_will_not_do_are_named(void **unused)
{
	static const char long_one[] = "/tmp/a-folder-whose-name-is-too-long-for-a-socket-in-it"
				       "/and/so/on/and/so/on/and/so/on/and/so/on";
	static const char *const rows[][2] = {
	    {"/nowhere", "TMPDIR: no folder for a socket in /nowhere: No such file or directory"},
	    {long_one, "File name too long"},
	};

	(void)unused;
	need_server();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *was = set_variable("TMPDIR", rows[i][0]);
		struct subject s;
		int ret;

		memset(&s, 0, sizeof(s));
		assert_string_equal(parse(PLAIN, &s.bc), "");
		ret = team_create(
		    &s.team, &s.bc, topo, &(struct team_options){.seed = 7}, s.why, sizeof(s.why));
		restore_variable("TMPDIR", was);
		assert_int_equal(ret, -ENOTSUP);
		if (!strstr(s.why, rows[i][1]))
			fail_msg("%s", s.why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(its_server_is_its_own),
	    cmocka_unit_test(queues_of_a_server_are_closed),
	    cmocka_unit_test(its_room_is_its_capacity),
	    cmocka_unit_test(nothing_of_a_batch_is_lost),
	    cmocka_unit_test(who_leaves_waits_for_nothing),
	    cmocka_unit_test(who_had_to_wait_is_told_while_checking),
	    cmocka_unit_test(missing_and_old_ones_are_named),
	    cmocka_unit_test(its_next_of_kin_will_do),
	    cmocka_unit_test(what_it_cannot_be_is_said),
	    cmocka_unit_test(one_that_dies_is_named),
	    cmocka_unit_test(one_that_refuses_is_an_error),
	    cmocka_unit_test(what_killed_runs_leave_is_removed),
	    cmocka_unit_test(folders_that_will_not_do_are_named),
	};

	/* As a cell does: whoever writes to a server that has gone is told so. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
