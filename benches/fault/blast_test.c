/* blast_test.c - what a death takes with it, when that is noticed, what is left behind. That those
 * who tell another are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/fault/blast.h"

#include <sys/shm.h>
#include <sys/wait.h>

static double survived(const char *name)
{
	const struct blast_state *st;
	struct subject s;
	double share = -1.0, noticed_ns = -1.0;

	begin(&s, name);
	st = s.team.env.state;
	right_trial(&s, 0);
	assert_true(metric_get(&s.sample.metrics, "survived_share", &share));
	/* A hang by who looks for it, a leak by who needs memory, or as a hang. */
	assert_true(metric_get(&s.sample.metrics, "noticed_ns", &noticed_ns));
	assert_true(noticed_ns <= (double)(st->fate.ended_ns - st->died_ns));
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	end(&s);
	return share;
}

/* The victim may be kept from its PU until the others have done all they have to. */
static bool once_below_all(const char *name)
{
	for (unsigned tries = 0; tries < 10; tries++)
		if (survived(name) < 1.0)
			return true;
	return false;
}

/* Who shares nothing loses nothing; who shares a process, or a carrier, loses with the victim. */
static void a_blast_is_as_wide_as_what_is_shared(void **unused)
{
	(void)unused;
	assert_true(survived("fault/blast/model:process/workers:3/way:segfault") == 1.0);
	assert_true(survived("fault/blast/model:process/workers:3/way:hang") == 1.0);
	assert_true(survived("fault/blast/model:thread/workers:3/way:hang") == 1.0);
	assert_true(once_below_all("fault/blast/model:thread/workers:3/way:abort"));
	assert_true(once_below_all("fault/blast/model:thread/workers:3/way:exit"));
	assert_true(once_below_all("fault/blast/model:thread/workers:3/way:kill"));
	assert_true(survived("fault/blast/model:process/workers:3/way:kill") == 1.0);
	assert_true(survived("fault/blast/model:coroutine/workers:3/way:segfault") < 1.0);
	assert_true(survived("fault/blast/model:coroutine/workers:3/way:overrun") < 1.0);
	assert_true(survived("fault/blast/model:coroutine/workers:3/way:hang") < 1.0);
}

/* Who has a limit of its own is not touched by another one's. */
static void a_leak_is_of_the_process(void **unused)
{
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
	assert_true(survived("fault/blast/model:process/workers:3/way:leak") == 1.0);
	assert_true(once_below_all("fault/blast/model:thread/workers:3/way:leak"));
	assert_true(once_below_all("fault/blast/model:coroutine/workers:3/way:leak"));
#endif
	(void)unused;
}

/* A descriptor ends with its process, shared memory with nobody. */
static void what_the_dead_leave_is_counted(void **unused)
{
	static const struct {
		const char *name;
		double fds;
	} rows[] = {{"fault/blast/model:process/workers:2/way:kill", 0.0},
	    {"fault/blast/model:process/workers:2/way:hang", BLAST_FDS},
	    {"fault/blast/model:thread/workers:2/way:hang", BLAST_FDS},
	    {"fault/blast/model:thread/workers:2/way:kill", 0.0},
	    {"fault/blast/model:coroutine/workers:2/way:kill", 0.0},
	    /* Its supervisor looks. */
	    {"fault/blast/model:coroutine/workers:2/way:hang", BLAST_FDS}};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct blast_state *st;
		double fds = -1.0, share = -1.0, shm = -1.0;
		struct subject s;

		begin(&s, rows[i].name);
		right_trial(&s, 0);
		st = s.team.env.state;
		assert_true(metric_get(&s.sample.metrics, "left_fds", &fds));
		assert_true(fds == rows[i].fds);
		assert_true(metric_get(&s.sample.metrics, "left_fds_share", &share));
		assert_true(share == fds / BLAST_FDS);
		/* There may be none to be had. */
		assert_true(metric_get(&s.sample.metrics, "outcome.shm_left", &shm));
		assert_true(shm == (st->shm ? 1.0 : 0.0));
		if (st->shm)
			assert_true(shmctl(st->shm - 1, IPC_RMID, NULL) < 0);
		end(&s);
	}
}

/* A robust lock is given on by the end of the thread that has it, a plain one by nobody; what was a
 * process is there until its maker waits for it. */
static void locks_and_zombies_are_left(void **unused)
{
	static const struct {
		const char *name;
		double locks, zombies;
	} rows[] = {
		{"fault/blast/model:process/workers:2/way:kill", 0.5, 1.0},
		{"fault/blast/model:process/workers:2/way:exit", 0.5, 1.0},
		{"fault/blast/model:process/workers:2/way:hang", 1.0, 0.0},
		{"fault/blast/model:thread/workers:2/way:hang", 1.0, 0.0},
		{"fault/blast/model:thread/workers:2/way:segfault", 0.5, 1.0},
		{"fault/blast/model:coroutine/workers:2/way:abort", 0.5, 1.0},
		{"fault/blast/model:coroutine/workers:2/way:hang", 1.0, 0.0},
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
		{"fault/blast/model:process/workers:2/way:leak", 0.5, 1.0},
		{"fault/blast/model:thread/workers:2/way:leak", 0.5, 0.0},
		/* Its carrier has them. */
		{"fault/blast/model:coroutine/workers:2/way:leak", 1.0, 0.0},
#endif
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct blast_state *st;
		double locks = -1.0, zombies = -1.0;
		struct subject s;

		begin(&s, rows[i].name);
		right_trial(&s, 0);
		assert_true(metric_get(&s.sample.metrics, "left_locks_share", &locks));
		assert_true(metric_get(&s.sample.metrics, "left_zombies", &zombies));
		if (locks != rows[i].locks || zombies != rows[i].zombies)
			fail_msg("%s: %g of its locks, %g zombies", rows[i].name, locks, zombies);
		st = s.team.env.state;
		st->left_zombies ^= 1;
		wrong(&s, check(&s), "zombies were left when it was noticed, not");
		st->left_zombies ^= 1;
		st->left_locks--;
		wrong(&s, check(&s), " locks are held, not ");
		end(&s);
	}
}

/* Only what is said of that is lost. */
static void without_shared_memory_the_rest_is_told(void **unused)
{
	static const struct blast_plan plan = {.dies = true, .bare = true};
	struct sample sample = {0};
	double share = -1.0, none = -1.0;
	struct subject s;

	(void)unused;
	begin(&s, "fault/blast/model:process/workers:2/way:kill");
	assert_int_equal(blast_once(&plan, &s.team.env,
			     (struct cb_metrics *)(void *)&sample.metrics, s.why, sizeof(s.why)),
	    0);
	assert_int_equal(check(&s), 0);
	assert_true(metric_get(&sample.metrics, "survived_share", &share) && share == 1.0);
	assert_true(metric_get(&sample.metrics, "noticed_ns", &share) && share > 0.0);
	assert_true(metric_get(&sample.metrics, "outcome.no_shm_to_be_had", &none) && none == 1.0);
	assert_true(metric_get(&sample.metrics, "outcome.shm_left", &none) && none == 0.0);
	end(&s);
}

/* One wrong account at a time. */
static void a_death_is_noticed_when_it_has_come(void **unused)
{
	struct blast_state *st;
	struct subject s;
	uint64_t noticed_ns, silent_ns;
	uint32_t looks;

	(void)unused;
	begin(&s, "fault/blast/model:thread/workers:2/way:hang");
	st = s.team.env.state;
	right_trial(&s, 0);
	/* So many looks have to pass first, from the last one that has seen it get further: that
	 * may have been before it died. */
	assert_true(st->looks >= BLAST_LOOKS);
	noticed_ns = st->noticed_ns;
	assert_int_equal(noticed_ns, st->given_ns);
	assert_true(noticed_ns >= st->silent_ns + (uint64_t)BLAST_LOOKS * BLAST_LOOK_US * 1000);
	st->noticed_ns = st->fate.ended_ns + 1;
	wrong(&s, check(&s), "its death was noticed when all was over");
	st->noticed_ns = noticed_ns - 1;
	wrong(&s, check(&s), "its death was noticed by somebody who cannot know");
	st->noticed_ns = noticed_ns;
	silent_ns = st->silent_ns;
	st->silent_ns = st->given_ns - (uint64_t)BLAST_LOOKS * BLAST_LOOK_US * 1000 + 1;
	wrong(&s, check(&s), "its death was noticed by a supervisor that has hardly looked");
	st->silent_ns = silent_ns;
	looks = st->looks;
	st->looks = BLAST_LOOKS - 1;
	wrong(&s, check(&s), "its death was noticed by a supervisor that has hardly looked");
	st->looks = looks;
	st->noticed_ns = st->died_ns - 1;
	wrong(&s, check(&s), "its death was noticed before it came");
	st->noticed_ns = 0;
	wrong(&s, check(&s), "its death was noticed by nobody");
	st->noticed_ns = noticed_ns;
	assert_int_equal(check(&s), 0);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_blast_is_as_wide_as_what_is_shared),
	    cmocka_unit_test(a_leak_is_of_the_process),
	    cmocka_unit_test(what_the_dead_leave_is_counted),
	    cmocka_unit_test(locks_and_zombies_are_left),
	    cmocka_unit_test(without_shared_memory_the_rest_is_told),
	    cmocka_unit_test(a_death_is_noticed_when_it_has_come),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
