/* memory_test.c - what is counted of parked workers, against bytes that the test knows; and that
 * they are gone. That those who are wrong are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/memory/bytes.h"
#include "benches/memory/parked.h"
#include "benches/memory/walls.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 20u
#define EXTRA_BYTES ((size_t)64 * 1024)

static double metric(const struct subject *s, const char *name)
{
	double value = -1.0;

	if (!metric_get(&s->sample.metrics, name, &value))
		fail_msg("%s: no metric %s", s->bc.name, name);
	return value;
}

static const struct parked_model *plain;
/* Shared: a page of the parent's that is written to between two forks would be each child's own. */
static void **extra;

/* Each has so much more. */
static int make_larger(struct parked_state *st, unsigned count)
{
	void *p =
	    mmap(NULL, EXTRA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	memset(p, 1, EXTRA_BYTES);
	extra[st->made] = p;
	return plain->make(st, count);
}

static int end_larger(struct parked_state *st)
{
	for (unsigned i = 0; i < st->made; i++)
		(void)munmap(extra[i], EXTRA_BYTES);
	return plain->end(st);
}

static double bytes_of(struct subject *s, const struct parked_model *model)
{
	struct sample sample = {0};
	double bytes = 0.0;

	if (parked_once(model, &s->team.env, (struct cb_metrics *)(void *)&sample.metrics, s->why,
		sizeof(s->why)) != 0)
		fail_msg("%s: %s", s->bc.name, s->why);
	assert_true(metric_get(&sample.metrics, "resident_bytes", &bytes));
	return bytes;
}

static const char *const models[] = {"thread", "process", "coroutine"};

/* What is added is found, and nothing else. Pages that the parent of processes has are theirs too,
 * and count once. */
static void what_is_added_is_found(void **unused)
{
	const struct parked_model larger = {make_larger, end_larger};

	(void)unused;
	if (PARKED_SANITIZED)
		skip();
	extra = mmap(NULL, WORKERS * sizeof(*extra), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(extra, MAP_FAILED);
	for (size_t i = 0; i < 3; i++) {
		struct subject s;
		double less, most;
		char name[80];

		(void)snprintf(
		    name, sizeof(name), "memory/parked/model:%s/workers:%u", models[i], WORKERS);
		begin(&s, name);
		plain = &parked_models[s.bc.pub.model];
		(void)bytes_of(&s, plain); /* whatever comes with the first */
		less = bytes_of(&s, plain);
		most = bytes_of(&s, &larger);
		assert_true(most - less > 0.95 * (double)EXTRA_BYTES);
		assert_true(most - less < 1.05 * (double)EXTRA_BYTES);
		end(&s);
	}
	assert_int_equal(munmap(extra, WORKERS * sizeof(*extra)), 0);
}

/* What each touches of its stack is there, whole, and little else. */
static void touched_stacks_are_resident(void **unused)
{
	static const unsigned touched[] = {4096, 65536};

	(void)unused;
	if (PARKED_SANITIZED)
		skip();
	for (size_t i = 0; i < 3; i++) {
		double none = 0.0;
		struct subject s;
		char name[80];

		(void)snprintf(
		    name, sizeof(name), "memory/parked/model:%s/workers:%u", models[i], WORKERS);
		begin(&s, name);
		(void)bytes_of(&s, &parked_models[s.bc.pub.model]);
		none = bytes_of(&s, &parked_models[s.bc.pub.model]);
		end(&s);
		for (size_t t = 0; t < 2; t++) {
			double bytes;

			(void)snprintf(name, sizeof(name),
			    "memory/parked/model:%s/workers:%u/touched_bytes:%u", models[i],
			    WORKERS, touched[t]);
			begin(&s, name);
			bytes = bytes_of(&s, &parked_models[s.bc.pub.model]);
			/* A page of that is there anyway. */
			assert_true(bytes > none + touched[t] - 4096 - 1024);
			assert_true(bytes < none + touched[t] + 3 * 4096);
			end(&s);
		}
	}
}

/* By readings that the test has made up: MemAvailable in units of a megabyte. */
static void the_kernels_part_is_told_from_its_noise(void **unused)
{
	static const struct {
		struct parked_available a;
		uint64_t counted;
		double bytes, noise_bytes;
		bool told;
	} rows[] = {
	    {{100, 102, 100, 60, 99}, 10, 30, 2, true},
	    /* Not more than what readings vary by, or than what is missing afterwards, or above. */
	    {{100, 102, 100, 88, 100}, 10, 2, 2, false},
	    {{100, 102, 100, 60, 70}, 10, 30, 30, false},
	    {{100, 102, 100, 60, 131}, 10, 30, 31, false},
	    /* Somebody else has given some back. */
	    {{100, 102, 100, 110, 100}, 10, -20, 2, false},
	    /* No such line. */
	    {{0, 0, 0, 0, 0}, 0, 0, 0, false},
	};
	struct parked_available seen = {0};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct parked_kernel k = bytes_of_kernel(&rows[i].a, rows[i].counted);

		assert_true(k.bytes == rows[i].bytes && k.noise_bytes == rows[i].noise_bytes);
		assert_int_equal(k.told, rows[i].told);
	}
	bytes_null_readings(&seen);
	assert_true(seen.least > 0 && seen.least <= seen.most);
}

static void figures_are_the_sum_of_their_parts(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < 3; i++) {
		struct subject s;
		char name[80];

		(void)snprintf(name, sizeof(name), "memory/parked/model:%s/workers:100", models[i]);
		begin(&s, name);
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, 0);
			assert_true(metric(&s, "bytes") - metric(&s, "resident_bytes") -
					metric(&s, "page_table_bytes") <
				    0.01);
			assert_true(metric(&s, "resident_bytes") >= (double)sysconf(_SC_PAGESIZE));
			assert_true(
			    metric(&s, "outcome.told") + metric(&s, "outcome.in_noise") == 1.0);
			assert_true(
			    (metric(&s, "kernel_bytes") > metric(&s, "kernel_noise_bytes")) ==
			    (metric(&s, "outcome.told") == 1.0));
			/* A stack and its guard; a guard that is none; and those of a process are
			 * its. */
			if (s.bc.pub.model == CB_THREAD)
				assert_true(metric(&s, "mappings") > 1.5);
			else if (s.bc.pub.model == CB_PROCESS)
				assert_true(metric(&s, "mappings") < 0.5);
			else
				assert_true((metric(&s, "mappings") < 0.5) ==
					    (metric(&s, "guards_by_madvise") == 1.0));
			/* Nobody is about any more. */
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		}
		end(&s);
	}
}

/* One wrong account at a time. */
static void accounts_have_to_agree(void **unused)
{
	struct parked_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "memory/parked/workers:20");
	st = s.team.env.state;
	right_trial(&s, 0);
	st->seen--;
	wrong(&s, check(&s), "19 of 20 were parked, 0 still are");
	st->seen++;
	st->parked = 1;
	wrong(&s, check(&s), "20 of 20 were parked, 1 still are");
	st->parked = 0;
	st->left.anonymous = st->grown.anonymous + 1000000;
	if (!PARKED_SANITIZED)
		wrong(&s, check(&s), " bytes were not given back");
	st->left.anonymous = 0;
	st->grown.anonymous = 1;
	wrong(&s, check(&s), "20 workers added 1 bytes: not a page each");
	st->grown.anonymous = 20 * (uint64_t)sysconf(_SC_PAGESIZE);
	assert_int_equal(check(&s), 0);
	st->touched_bytes = 65536;
	wrong(&s, check(&s), "less than the 65536 that each has touched");
	end(&s);
}

/* The limit of tasks ends it with its own words, and nobody is left. */
static int make_three(struct parked_state *st, unsigned count)
{
	return st->made == 3 ? -EAGAIN : plain->make(st, count);
}

static void a_wall_is_told(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < 3; i++) {
		struct sample sample = {0};
		struct parked_model few;
		struct subject s;
		char name[80], want[80];

		(void)snprintf(name, sizeof(name), "memory/parked/model:%s/workers:10", models[i]);
		begin(&s, name);
		plain = &parked_models[s.bc.pub.model];
		few = (struct parked_model){make_three, plain->end};
		assert_int_equal(
		    parked_once(&few, &s.team.env, (struct cb_metrics *)(void *)&sample.metrics,
			s.why, sizeof(s.why)),
		    -EAGAIN);
		(void)snprintf(want, sizeof(want), "%s 4 of 10: ", models[i]);
		assert_non_null(strstr(s.why, want));
		assert_non_null(strstr(s.why, "; to raise it: "));
		assert_int_equal(((struct parked_state *)s.team.env.state)->made, 0);
		assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		end(&s);
	}
}

/* Where one of them cannot be set low, that is said. Return: false then. */
static bool begin_if_it_can(struct subject *s, const char *name)
{
	int ret;

	memset(s, 0, sizeof(*s));
	assert_string_equal(parse(name, &s->bc), "");
	ret = team_create(
	    &s->team, &s->bc, topo, &(struct team_options){.seed = 7}, s->why, sizeof(s->why));
	if (ret && ret != -ENOTSUP)
		fail_msg("%s: %s", name, s->why);
	return ret == 0;
}

static void walls_are_told_apart(void **unused)
{
	static const struct {
		const char *name;
		enum wall wall;
	} rows[] = {
	    {"memory/walls/model:thread/workers:400/limit:nproc", WALL_NPROC},
	    {"memory/walls/model:process/workers:400/limit:nproc", WALL_NPROC},
	    {"memory/walls/model:thread/workers:40/limit:nofile", WALL_NOFILE},
	    {"memory/walls/model:process/workers:40/limit:nofile", WALL_NOFILE},
	    {"memory/walls/model:thread/workers:40/limit:map_count", WALL_MAP_COUNT},
	    {"memory/walls/model:thread/workers:40/limit:address_space", WALL_SPACE},
	    {"memory/walls/model:thread/workers:40/limit:none", WALL_NONE},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct walls_state *st;
		struct subject s;

		if (!begin_if_it_can(&s, rows[i].name))
			continue;
		st = s.team.env.state;
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, 0);
			assert_int_equal(st->found.wall, rows[i].wall);
			assert_int_equal(st->made == st->workers, rows[i].wall == WALL_NONE);
			assert_true(metric(&s, "made") == st->made);
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		}
		/* One wrong account at a time. */
		if (rows[i].wall != WALL_NONE) {
			const uint32_t made = st->made;

			st->found.wall = WALL_UNKNOWN;
			wrong(&s, check(&s), "no limit that is known here");
			st->found.wall = rows[i].wall;
			st->made = st->workers;
			wrong(&s, check(&s), " and what has stopped them is ");
			st->made = 0;
			wrong(&s, check(&s), "not one could be made: ");
			st->made = made;
		}
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 4096; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* There is room for half of the workers beside what is open already: the sacrificed process has a
 * few of its own. */
static void a_wall_has_its_limit_beside_it(void **unused)
{
	struct subject s;
	double limit, used;

	(void)unused;
	begin(&s, "memory/walls/model:thread/workers:40/limit:nofile");
	right_trial(&s, 0);
	limit = metric(&s, "wall_limit");
	used = metric(&s, "wall_used");
	if (limit < open_descriptors() + 20 || limit > open_descriptors() + 24 || used < limit ||
	    used > limit)
		fail_msg("%u open here, a limit of %g, %g used", open_descriptors(), limit, used);
	end(&s);
}

/* Whichever has stopped them, one word of each outcome says so. */
static void each_wall_has_its_word(void **unused)
{
	static const char *const words[] = {
	    "none", "nproc", "nofile", "map_count", "address_space", "system", "memory", "unknown"};
	static const char *const systems[] = {
	    "no_system", "pids_max", "threads_max", "pid_max", "file_max"};
	static const struct {
		const char *word, *system;
	} rows[WALLS] = {[WALL_NONE] = {"none", "no_system"},
	    [WALL_NPROC] = {"nproc", "no_system"},
	    [WALL_PIDS_MAX] = {"system", "pids_max"},
	    [WALL_THREADS_MAX] = {"system", "threads_max"},
	    [WALL_PID_MAX] = {"system", "pid_max"},
	    [WALL_NOFILE] = {"nofile", "no_system"},
	    [WALL_FILE_MAX] = {"system", "file_max"},
	    [WALL_MAP_COUNT] = {"map_count", "no_system"},
	    [WALL_SPACE] = {"address_space", "no_system"},
	    [WALL_MEMORY] = {"memory", "no_system"},
	    [WALL_UNKNOWN] = {"unknown", "no_system"}};
	struct subject s;

	(void)unused;
	begin(&s, "memory/walls/model:thread/workers:40/limit:nofile");
	for (enum wall w = WALL_NONE; w < WALLS; w++) {
		const struct walls_plan plan = {true, w};
		struct metric_set metrics = {0};
		char name[80];
		double value;

		if (walls_once(&plan, &s.team.env, (struct cb_metrics *)(void *)&metrics, s.why,
			sizeof(s.why)) != 0)
			fail_msg("%s", s.why);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			(void)snprintf(name, sizeof(name), "outcome.%s", words[i]);
			assert_true(metric_get(&metrics, name, &value));
			assert_int_equal(value == 1.0, strcmp(words[i], rows[w].word) == 0);
		}
		for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
			(void)snprintf(name, sizeof(name), "outcome.%s", systems[i]);
			assert_true(metric_get(&metrics, name, &value));
			assert_int_equal(value == 1.0, strcmp(systems[i], rows[w].system) == 0);
		}
	}
	end(&s);
}

static void an_error_says_where_to_look(void **unused)
{
	struct wall_seen seen = wall_find(-EMFILE);
	char text[200];

	(void)unused;
	assert_int_equal(seen.wall, WALL_NOFILE);
	wall_tell(&seen, text, sizeof(text));
	assert_non_null(strstr(text, "RLIMIT_NOFILE"));
	assert_non_null(strstr(text, "ulimit -n"));
	assert_int_equal(wall_find(0).wall, WALL_NONE);
	assert_int_equal(wall_find(-ENFILE).wall, WALL_FILE_MAX);
	assert_int_equal(wall_find(-EINVAL).wall, WALL_UNKNOWN);
	/* Of ourselves at least one is counted. */
	assert_true(wall_tasks_of_user() >= 1);
	for (enum wall w = WALL_NPROC; w < WALL_MEMORY; w++) {
		seen = wall_look(w);
		if (seen.limit != UINT64_MAX && seen.used != UINT64_MAX)
			assert_true(seen.used > 0);
		/* Each has its name and its cure. */
		assert_true(strlen(wall_name(w)) > 0 && strlen(wall_cure(w)) > 0);
	}
}

/* ---- pids.max ---- */

struct fake_file {
	const char *path, *content;
};

/* Folders included. */
static void write_files(const char *root, const struct fake_file *file)
{
	for (; file->path; file++) {
		char path[400];
		FILE *f;

		(void)snprintf(path, sizeof(path), "%s%s", root, file->path);
		for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')); *at++ = '/') {
			*at = '\0';
			(void)mkdir(path, 0700);
		}
		f = fopen(path, "we");
		assert_non_null(f);
		assert_true(fputs(file->content, f) >= 0);
		assert_int_equal(fclose(f), 0);
	}
}

/* Of all groups from ours up to the mount, the one of which the least is left; under both versions,
 * and where each controller has a tree of its own. */
static void the_fullest_group_is_the_wall(void **unused)
{
	static const struct {
		enum wall wall;
		uint64_t used, limit;
		struct fake_file files[8];
	} rows[] = {
	    {WALL_PIDS_MAX, 90, 100,
		{{"/proc/self/cgroup", "0::/a/b\n"}, {"/sys/fs/cgroup/a/b/pids.max", "50\n"},
		    {"/sys/fs/cgroup/a/b/pids.current", "20\n"},
		    {"/sys/fs/cgroup/a/pids.max", "100\n"},
		    {"/sys/fs/cgroup/a/pids.current", "90\n"}, {"/sys/fs/cgroup/pids.max", "max\n"},
		    {NULL, NULL}}},
	    {WALL_PIDS_MAX, 7, 77,
		{{"/proc/self/cgroup", "9:name=systemd:/x\n8:pids:/x\n0::/elsewhere\n"},
		    {"/sys/fs/cgroup/pids/x/pids.max", "77\n"},
		    {"/sys/fs/cgroup/pids/x/pids.current", "7\n"},
		    {"/sys/fs/cgroup/elsewhere/pids.max", "1\n"},
		    {"/sys/fs/cgroup/elsewhere/pids.current", "1\n"}, {NULL, NULL}}},
	    {WALL_PIDS_MAX, UINT64_MAX, UINT64_MAX,
		{{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/pids.current", "1\n"},
		    {NULL, NULL}}},
	    {WALL_MEMORY, 1000, 4096,
		{{"/proc/self/cgroup", "0::/a\n"}, {"/sys/fs/cgroup/a/memory.max", "4096\n"},
		    {"/sys/fs/cgroup/a/memory.stat", "anon 1000\nfile 3000\n"}, {NULL, NULL}}},
	    {WALL_MEMORY, 30, 40,
		{{"/proc/self/cgroup", "4:memory:/a\n"},
		    {"/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "40\n"},
		    {"/sys/fs/cgroup/memory/a/memory.stat", "cache 5\nrss 30\n"},
		    {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
		    {"/sys/fs/cgroup/memory/memory.stat", "cache 5\nrss 30\n"}, {NULL, NULL}}},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wall_seen seen = {rows[i].wall, UINT64_MAX, UINT64_MAX};
		char root[] = "/tmp/concbench-groups-XXXXXX", command[80];

		assert_non_null(mkdtemp(root));
		write_files(root, rows[i].files);
		wall_look_cgroup(root, &seen);
		(void)snprintf(command, sizeof(command), "rm -r %s", root);
		assert_int_equal(system(command), 0);
		assert_int_equal(seen.wall, rows[i].wall);
		assert_int_equal(seen.used, rows[i].used);
		assert_int_equal(seen.limit, rows[i].limit);
	}
}

static bool write_number(const char *group, const char *file, long number)
{
	char path[200], text[32];
	const int len = snprintf(text, sizeof(text), "%ld\n", number);
	bool written;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", group, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	written = fd >= 0 && write(fd, text, (size_t)len) == len;
	if (fd >= 0)
		(void)close(fd);
	return written;
}

enum { TOLD, NOT_TOLD, NOT_PERMITTED };

/* The thread sanitizer has a thread of its own, which the group counts. */
static unsigned own_tasks(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	for (const struct dirent *d = dir ? readdir(dir) : NULL; d; d = readdir(dir))
		n += d->d_name[0] != '.';
	if (dir)
		(void)closedir(dir);
	return n;
}

/* In a process of its own, which stays in the group: ten tasks may be in there, and the next one is
 * not made. */
static int run_into(const char *group, const char *model)
{
	struct sample sample = {0};
	struct subject s;
	/* Forked ones have as many as this one, as soon as they have begun. */
	const unsigned own = own_tasks();
	unsigned stopped = 0;
	char name[80];

	if (!write_number(group, "pids.max", 10) ||
	    !write_number(group, "cgroup.procs", (long)getpid()))
		return NOT_PERMITTED;
	(void)snprintf(name, sizeof(name), "memory/parked/model:%s/workers:20", model);
	if (parse(name, &s.bc)[0])
		return NOT_PERMITTED;
	/* What it would say before it begins, and what it says when it has run into it. */
	if (team_create(&s.team, &s.bc, topo, &(struct team_options){.seed = 7}, s.why,
		sizeof(s.why)) != -ENOTSUP ||
	    !strstr(s.why, "no room for 20 of ") || !strstr(s.why, "pids.max, tasks of the cgroup"))
		return NOT_TOLD;
	if (!write_number(group, "pids.max", 100))
		return NOT_PERMITTED;
	begin(&s, name);
	if (!write_number(group, "pids.max", 10))
		return NOT_PERMITTED;
	if (parked_once(&parked_models[s.bc.pub.model], &s.team.env,
		(struct cb_metrics *)(void *)&sample.metrics, s.why, sizeof(s.why)) != -EAGAIN ||
	    sscanf(s.why, "%*s %u of 20: ", &stopped) != 1 || stopped > 11 - own ||
	    stopped < 1 + (10 - own) / (s.bc.pub.model == CB_PROCESS ? own : 1) ||
	    !strstr(s.why, "pids.max, tasks of the cgroup: ") || !strstr(s.why, "; to raise it: "))
		return NOT_TOLD;
	end(&s);
	return TOLD;
}

static void a_group_is_run_into(void **unused)
{
	static const char *const mounts[] = {"/sys/fs/cgroup/pids", "/sys/fs/cgroup"};
	char group[100] = "";
	int status = NOT_PERMITTED;

	(void)unused;
	for (size_t i = 0; i < 2 && !group[0]; i++) {
		char file[120];

		(void)snprintf(group, sizeof(group), "%s/concbench-%ld", mounts[i], (long)getpid());
		(void)snprintf(file, sizeof(file), "%s/pids.max", group);
		if (mkdir(group, 0755) == 0 && access(file, W_OK) == 0)
			break;
		(void)rmdir(group);
		group[0] = '\0';
	}
	for (size_t i = 0; i < 2 && group[0]; i++) {
		const pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(run_into(group, models[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		status = WIFEXITED(status) ? WEXITSTATUS(status) : NOT_TOLD;
		if (status != TOLD)
			break;
	}
	if (group[0])
		(void)rmdir(group);
	if (status == NOT_PERMITTED) {
		print_message("# no control group with pids.max can be made here\n");
		skip();
	}
	assert_int_equal(status, TOLD);
}

static void what_cannot_be_set_low_is_declined(void **unused)
{
	static const struct {
		const char *name, *why;
	} bad[] = {
	    {"memory/walls/model:process/limit:map_count", "each process has that to itself"},
	    {"memory/walls/workers:3/limit:nofile", "room for half of the workers"},
	    {"memory/walls/model:coroutine", "as many as were asked for, or for none"},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(strstr(parse(bad[i].name, &bc), bad[i].why));
		assert_true(bc.declined);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_added_is_found),
	    cmocka_unit_test(touched_stacks_are_resident),
	    cmocka_unit_test(the_kernels_part_is_told_from_its_noise),
	    cmocka_unit_test(figures_are_the_sum_of_their_parts),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(a_wall_is_told),
	    cmocka_unit_test(walls_are_told_apart),
	    cmocka_unit_test(a_wall_has_its_limit_beside_it),
	    cmocka_unit_test(each_wall_has_its_word),
	    cmocka_unit_test(an_error_says_where_to_look),
	    cmocka_unit_test(the_fullest_group_is_the_wall),
	    cmocka_unit_test(a_group_is_run_into),
	    cmocka_unit_test(what_cannot_be_set_low_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
