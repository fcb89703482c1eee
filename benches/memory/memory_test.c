/* memory_test.c - what is counted of parked workers, against bytes that the test knows; and that
 * they are gone. That those who are wrong are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/memory/parked.h"
#include "benches/memory/walls.h"

#include <sys/wait.h>
#include <sys/mman.h>
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
	    cmocka_unit_test(figures_are_the_sum_of_their_parts),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(a_wall_is_told),
	    cmocka_unit_test(walls_are_told_apart),
	    cmocka_unit_test(an_error_says_where_to_look),
	    cmocka_unit_test(what_cannot_be_set_low_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
