/* fault_test.c - each outcome, and that it is told by what has happened. That those who tell
 * another are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/fault/daemons.h"
#include "benches/fault/isolation.h"
#include "benches/fault/killed.h"
#include "benches/fault/orphans.h"
#include "benches/fault/two_locks.h"
#include "benches/fault/relatives.h"
#include "benches/fault/zombies.h"

#include <signal.h>
#include <sys/wait.h>

static const char *const words[KILLED_OUTCOMES] = {
    "outcome.survived", "outcome.deadlocked", "outcome.lost"};

/* Of the words exactly one. */
static void expect_outcome(const struct metric_set *metrics, enum killed_outcome want)
{
	for (unsigned i = 0; i < KILLED_OUTCOMES; i++) {
		double value = -1.0;

		assert_true(metric_get(metrics, words[i], &value));
		assert_true(value == (i == want ? 1.0 : 0.0));
	}
}

static void each_outcome_is_told(void **unused)
{
	static const struct {
		const char *name;
		bool repairs;
		enum killed_outcome want;
	} rows[] = {
	    {"fault/killed_worker/workers:2/mutex:robust", true, KILLED_SURVIVED},
	    {"fault/killed_worker/workers:6/mutex:robust", true, KILLED_SURVIVED},
	    {"fault/killed_worker/workers:2/mutex:plain", true, KILLED_DEADLOCKED},
	    {"fault/killed_worker/workers:6/mutex:plain", true, KILLED_DEADLOCKED},
	    /* Nobody completes what the victim has left half done. */
	    {"fault/killed_worker/workers:3/mutex:robust", false, KILLED_LOST},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct killed_plan plan = {true, true, rows[i].repairs, true};
		const struct killed_state *st;
		struct sample sample = {0};
		struct subject s;
		double recovery_ns;

		begin(&s, rows[i].name);
		st = s.team.env.state;
		/* One trial leaves nothing to the next. */
		for (unsigned t = 0; t < 2; t++) {
			memset(&sample, 0, sizeof(sample));
			if (killed_once(&plan, &s.team.env,
				(struct cb_metrics *)(void *)&sample.metrics, s.why,
				sizeof(s.why)) != 0)
				fail_msg("%s: %s", rows[i].name, s.why);
			expect_outcome(&sample.metrics, rows[i].want);
			if (check(&s) != 0)
				fail_msg("%s: %s", rows[i].name, s.why);
			assert_int_equal(st->next_ns != 0, rows[i].want != KILLED_DEADLOCKED);
			/* That is the figure of another kind. */
			assert_false(metric_get(&sample.metrics, "recovery_ns", &recovery_ns));
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		}
		end(&s);
	}
}

/* One wrong account at a time. */
static void accounts_have_to_agree(void **unused)
{
	struct killed_state *st;
	struct subject s;
	int status;

	(void)unused;
	begin(&s, "fault/killed_worker/workers:3/mutex:robust");
	st = s.team.env.state;
	right_trial(&s, 0);
	status = st->victim_status;
	st->victim_status = 0;
	wrong(&s, check(&s), "survived: the victim was not killed");
	st->victim_status = SIGTERM;
	wrong(&s, check(&s), "survived: the victim was not killed");
	st->victim_status = status;
	st->after--;
	wrong(&s, check(&s), "survived: 19 of 20 operations after the death");
	st->after++;
	st->repaired++;
	wrong(&s, check(&s), "2 were told of the death");
	st->repaired--;
	st->done++;
	wrong(&s, check(&s), "survived: but the counters are ");
	st->done--;
	st->second--;
	wrong(&s, check(&s), "survived: but the counters are ");
	st->second++;
	assert_int_equal(check(&s), 0);
	/* As if they had waited for ever. */
	st->outcome = KILLED_DEADLOCKED;
	wrong(&s, check(&s), "deadlocked: but 20 have had the lock after the death");
	st->after = 0;
	wrong(&s, check(&s), "deadlocked: but the victim did not hold the lock");
	st->first++;
	assert_int_equal(check(&s), 0);
	end(&s);
}

static void who_is_told_has_recovered(void **unused)
{
	struct killed_state *st;
	struct subject s;
	double ns = -1.0;

	(void)unused;
	begin(&s, "fault/recovery/model:process/workers:3");
	st = s.team.env.state;
	right_trial(&s, 0);
	assert_true(metric_get(&s.sample.metrics, "recovery_ns", &ns) && ns > 0.0);
	assert_true(ns == (double)(st->next_ns - st->killed_ns));
	st->next_ns = st->killed_ns - 1;
	wrong(&s, check(&s), "survived: nobody has got the lock after the death");
	end(&s);
}

static void what_cannot_be_is_declined(void **unused)
{
	static const struct {
		const char *name, *why;
	} bad[] = {
	    {"fault/killed_worker/workers:1", "somebody has to be left"},
	    {"fault/killed_worker/model:thread", "kills all of them"},
	    {"fault/lost_updates/model:coroutine/workers:4/carriers:2/update:mutex",
		"on one carrier only"},
	    {"fault/million/model:coroutine/workers:4/carriers:2", "a thread's case"},
	    {"fault/two_locks/model:thread/workers:3", "two take the two locks, not 3"},
	    {"fault/two_locks/model:thread/lock:spin/cure:timed", "no timed form"},
	    {"fault/orphans/model:thread/way:exit", "the end of its threads"},
	    {"fault/orphans/model:thread/way:thread_end/cure:pdeathsig", "no signal is sent"},
	    {"fault/orphans/model:process/way:thread_end/adopter:sleeps", "the process goes on"},
	    {"fault/zombies/model:thread/reap:double_fork", "threads have no parent"},
	    {"fault/two_locks_cured/model:thread/cure:none", "without a cure it deadlocks"},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(strstr(parse(bad[i].name, &bc), bad[i].why));
		assert_true(bc.declined);
	}
	assert_string_equal(parse("fault/killed_worker", &bc), "");
}

/* ---- two locks ---- */

/* Without a cure it may go either way, and the words fit; but once both have their first lock it is
 * certain. With a cure nobody is ever deadlocked. */
static void a_deadlock_is_a_circle_and_is_cured(void **unused)
{
	static const struct {
		const char *name;
		bool may_deadlock;
	} rows[] = {
	    {"fault/two_locks/model:thread/lock:mutex/cure:none", true},
	    {"fault/two_locks/model:thread/lock:spin/cure:none", true},
	    {"fault/two_locks/model:thread/lock:mutex/cure:order", false},
	    {"fault/two_locks/model:thread/lock:spin/cure:try", false},
	    {"fault/two_locks/model:thread/lock:mutex/cure:timed", false},
	    {"fault/two_locks/model:process/lock:mutex/cure:none", true},
	    {"fault/two_locks/model:process/lock:spin/cure:none", true},
	    {"fault/two_locks/model:process/lock:mutex/cure:order", false},
	    {"fault/two_locks/model:process/lock:mutex/cure:try", false},
	    {"fault/two_locks/model:process/lock:mutex/cure:timed", false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static const struct two_locks_plan meeting = {
		    .rounds = TWO_LOCKS_ROUNDS, .meets = true, .comes_back = true, .honest = true};
		const struct two_locks_state *st;
		struct subject s;

		begin(&s, rows[i].name);
		st = s.team.env.state;
		if (rows[i].may_deadlock) {
			struct sample sample = {0};
			double deadlocked = -1.0;
			unsigned tries = 0;

			/* Who is kept from its PU for as long as a deadlock takes to be told has
			 * not come to it. */
			do {
				memset(&sample, 0, sizeof(sample));
				if (two_locks_once(&meeting, &s.team.env,
					(struct cb_metrics *)(void *)&sample.metrics, s.why,
					sizeof(s.why)) != 0 ||
				    check(&s) != 0)
					fail_msg("%s: %s", rows[i].name, s.why);
			} while (st->outcome == TWO_LOCKS_UNFINISHED && ++tries < 10);
			assert_int_equal(st->outcome, TWO_LOCKS_DEADLOCKED);
			assert_true(metric_get(&sample.metrics, "outcome.deadlocked", &deadlocked));
			assert_true(deadlocked == 1.0);
		}
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, 0);
			if (!rows[i].may_deadlock && st->outcome == TWO_LOCKS_DEADLOCKED)
				fail_msg("%s: deadlocked", rows[i].name);
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		}
		end(&s);
	}
}

/* Side by side: who waits in the kernel burns less than who spins. */
static void spinning_in_a_deadlock_burns_more(void **unused)
{
	static const char *const names[] = {"fault/deadlock/lock:mutex", "fault/deadlock/lock:spin",
	    "fault/deadlock/model:process/lock:mutex", "fault/deadlock/model:process/lock:spin"};
	double burnt[4] = {-1.0, -1.0, -1.0, -1.0};

	(void)unused;
	for (size_t i = 0; i < 4; i++) {
		struct subject s;

		begin(&s, names[i]);
		right_trial(&s, 0);
		assert_true(metric_get(&s.sample.metrics, "burnt_share", &burnt[i]));
		assert_true(burnt[i] >= 0.0 && burnt[i] <= 1.01);
		end(&s);
	}
	assert_true(burnt[1] > burnt[0]);
	assert_true(burnt[3] > burnt[2]);
}

/* A mutex that is private to each process wakes nobody: such a trial never ends. Who was only kept
 * from its PU is tried again. */
static void what_processes_share_wakes_them(void **unused)
{
	struct two_locks_state *st;
	struct subject s;
	unsigned tries = 0;

	(void)unused;
	begin(&s, "fault/two_locks/model:process/lock:mutex/cure:order");
	st = s.team.env.state;
	do
		right_trial(&s, 0);
	while (st->outcome == TWO_LOCKS_UNFINISHED && ++tries < 10);
	assert_int_equal(st->outcome, TWO_LOCKS_SURVIVED);
	assert_int_equal(st->lock[0].count, 2 * TWO_LOCKS_ROUNDS);
	assert_true(st->worker[0].process != st->worker[1].process);
	st->worker[1].process = st->worker[0].process;
	wrong(&s, check(&s), "survived: the two are in processes ");
	end(&s);
}

/* One wrong account at a time: two who wait for each other, and what only looks like that. */
static void what_is_no_circle_is_no_deadlock(void **unused)
{
	struct two_locks_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "fault/two_locks/model:thread/lock:mutex/cure:none");
	st = s.team.env.state;
	right_trial(&s, 0);
	st->outcome = TWO_LOCKS_DEADLOCKED;
	st->fate.hung = true;
	st->worker[0].has = st->worker[1].wants = 0;
	st->worker[1].has = st->worker[0].wants = 1;
	assert_int_equal(check(&s), 0);
	st->fate.hung = false;
	wrong(&s, check(&s), "deadlocked: but worker 0 has lock 0 and wants 1");
	st->fate.hung = true;
	st->worker[1].wants = TWO_LOCKS_NONE;
	wrong(&s, check(&s), "worker 1 has 1 and wants -1");
	st->worker[1].wants = 1;
	wrong(&s, check(&s), "worker 1 has 1 and wants 1");
	st->worker[1].wants = 0;
	st->cure = CURE_TRY;
	wrong(&s, check(&s), "deadlocked: but worker 0 has lock 0 and wants 1, worker 1 has 1");
	st->outcome = TWO_LOCKS_UNFINISHED;
	st->worker[0].rounds = st->worker[1].rounds = TWO_LOCKS_ROUNDS;
	wrong(&s, check(&s), "unfinished: but all rounds were done");
	end(&s);
}

/* ---- daemons ---- */

/* Only a process that ends cuts them off. */
static void only_exit_cuts_off(void **unused)
{
	double cut, end_ns;
	static const struct {
		const char *name;
		bool cuts_off;
		uint32_t handled, returned;
	} rows[] = {
	    {"fault/daemons/model:thread/workers:3/leave:exit_group", true, 0, 0},
	    {"fault/daemons/model:thread/workers:3/leave:exit", true, 1, 0},
	    {"fault/daemons/model:thread/workers:3/leave:main_returns", true, 1, 1},
	    {"fault/daemons/model:thread/workers:3/leave:join", false, 0, 0},
	    {"fault/daemons/model:thread/workers:3/leave:pthread_exit", false, 1, 0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct daemons_notes *n;
		struct subject s;

		begin(&s, rows[i].name);
		n = ((struct daemons_state *)s.team.env.state)->notes;
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, 0);
			assert_true(metric_get(&s.sample.metrics, "cut_share", &cut));
			assert_true(metric_get(&s.sample.metrics, "end_ns", &end_ns));
			/* That exit has cut something off is part of the check. */
			assert_true(rows[i].cuts_off ? cut >= 0.0 && cut <= 1.0 : cut == 0.0);
			assert_true(end_ns > 0.0);
			assert_int_equal(n->handled, rows[i].handled);
			assert_int_equal(n->returned, rows[i].returned);
		}
		/* One wrong account at a time. */
		n->handled++;
		wrong(&s, check(&s), " exit handlers have run, not ");
		n->handled--;
		n->returned++;
		wrong(&s, check(&s), " main()s have returned");
		n->returned--;
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

/* A main thread that is kept from its PU on its way out leaves them the time for all they have to
 * do, and that is no fault; that it has waited is one, and so is more than there was time for. */
static void who_is_slow_has_not_waited(void **unused)
{
	struct daemons_state *st;
	struct daemons_notes *n;
	struct subject s;
	uint64_t began_ns;

	(void)unused;
	begin(&s, "fault/daemons/model:thread/workers:3/leave:exit");
	st = s.team.env.state;
	n = st->notes;
	right_trial(&s, 0);
	began_ns = n->began_ns;
	for (unsigned i = 0; i < 3; i++)
		n->worker[i].begun = n->worker[i].done = DAEMONS_DEEDS;
	n->slept = 0;
	n->left_ns = st->fate.ended_ns - 20 * CLOCK_NS_PER_MS;
	n->began_ns = n->left_ns - 1;
	assert_int_equal(check(&s), 0);
	n->slept = 1;
	wrong(&s, check(&s), "the main thread has waited 1 times on its way out");
	/* As long as there was something to be cut off, whatever it has waited for was not they. */
	n->worker[1].done--;
	assert_int_equal(check(&s), 0);
	n->worker[1].done++;
	n->slept = 0;
	n->began_ns = st->fate.ended_ns - 9 * CLOCK_NS_PER_MS;
	wrong(&s, check(&s), "though the process ended after 9000");
	n->began_ns = began_ns;
	end(&s);
}

/* ---- isolation ---- */

/* One sum a number of pages and a hand: no page is left out, none stands in for another. */
static void sums_tell_pages_and_hands_apart(void **unused)
{
	uint64_t seen[2 * 64];
	unsigned count = 0;

	(void)unused;
	for (uint64_t pages = 1; pages <= 64; pages++)
		for (unsigned hand = ISOLATION_MAKER; hand <= ISOLATION_WORKER; hand++) {
			seen[count] = isolation_sum((enum isolation_hand)hand, pages);
			for (unsigned i = 0; i < count; i++)
				assert_true(seen[i] != seen[count]);
			count++;
		}
}

/* Side by side: a copy of each page takes longer than none. */
static void a_page_of_ones_own_has_its_price(void **unused)
{
	static const char *const names[] = {
	    "fault/isolation/model:thread/pages:4096", "fault/isolation/model:process/pages:4096"};
	double least[2] = {1e12, 1e12};
	struct isolation_state *st;
	struct isolation_round *r;
	struct subject s;

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		double ns = -1.0;

		begin(&s, names[i]);
		st = s.team.env.state;
		/* The least: who was kept from its PU meanwhile does not count. */
		for (unsigned t = 0; t < 10; t++) {
			right_trial(&s, 0);
			assert_true(metric_get(&s.sample.metrics, "page_ns", &ns));
			least[i] = ns < least[i] ? ns : least[i];
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		}
		/* One wrong account at a time. */
		r = &st->rounds[ISOLATION_ROUNDS - 1];
		r->seen_by_worker++;
		wrong(&s, check(&s), "has not written to all of its pages");
		r->seen_by_worker--;
		/* 4096 entries of 8 bytes, but for the tables at both ends. */
		assert_true(i ? r->tables_bytes >= 24576 : r->tables_bytes == 0);
		r->tables_bytes = i ? 24575 : 1;
		wrong(&s, check(&s),
		    i ? "page tables of 24575 bytes, not 24576" : "tables of 1 bytes, not 0");
		r->tables_bytes = i ? 24576 : 0;
		r->seen_by_maker = isolation_sum(i ? ISOLATION_WORKER : ISOLATION_MAKER, st->pages);
		wrong(&s, check(&s), i ? "have changed under" : "does not see");
		end(&s);
	}
	assert_true(least[1] > least[0]);
}

/* ---- orphans and zombies ---- */

static bool in_outcome(const struct subject *s, const char *word)
{
	double value = -1.0;

	return metric_get(&s->sample.metrics, word, &value) && value == 1.0;
}

/* Each word, and nothing is left behind. */
static void what_becomes_of_orphans(void **unused)
{
	static const struct {
		const char *name, *word;
	} rows[] = {
	    {"fault/orphans/model:process/workers:3/way:killed/cure:none", "outcome.ran_on"},
	    {"fault/orphans/model:process/workers:3/way:exit/cure:none/adopter:sleeps",
		"outcome.zombie"},
	    {"fault/orphans/model:process/workers:3/way:killed/cure:pdeathsig", "outcome.ended"},
	    {"fault/orphans/model:process/workers:3/way:exit/cure:pdeathsig/adopter:sleeps",
		"outcome.zombie"},
	    /* The trap: a thread's end is one of a maker, though the process goes on. */
	    {"fault/orphans/model:process/workers:3/way:thread_end/cure:pdeathsig",
		"outcome.ended"},
	    {"fault/orphans/model:process/workers:3/way:thread_end/cure:none", "outcome.ran_on"},
	    {"fault/orphans/model:thread/workers:3/way:thread_end", "outcome.ran_on"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct subject s;

		begin(&s, rows[i].name);
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, 0);
			if (!in_outcome(&s, rows[i].word))
				fail_msg("%s: not %s", rows[i].name, rows[i].word);
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		}
		end(&s);
	}
}

/* One wrong account at a time. */
static void orphans_accounts_have_to_agree(void **unused)
{
	struct orphans_state *st;
	struct subject s;
	int status;

	(void)unused;
	begin(&s, "fault/orphans/model:process/workers:2/way:killed/cure:none");
	st = s.team.env.state;
	right_trial(&s, 0);
	status = st->maker_status;
	st->maker_status = 0;
	wrong(&s, check(&s), "the maker has not ended as it should");
	st->maker_status = status;
	st->worker[1].deeds--;
	wrong(&s, check(&s), "worker 1 has not come to its end");
	st->worker[1].deeds++;
	st->worker[0].parent = st->maker;
	wrong(&s, check(&s), "worker 0 has not become an orphan");
	st->worker[0].parent = st->adopter;
	st->worker[0].left = 'Z';
	wrong(&s, check(&s), "worker 0 is left, though it was waited for");
	st->worker[0].left = RELATIVE_GONE;
	st->how = ORPHANS_SLEEPS;
	wrong(&s, check(&s), "worker 0 is gone, though nobody has waited for it");
	st->how = ORPHANS_REAPS;
	st->cure = ORPHANS_PDEATHSIG;
	wrong(&s, check(&s), "worker 0 has outlived its maker");
	st->cure = ORPHANS_NO_CURE;
	assert_int_equal(check(&s), 0);
	end(&s);

	begin(&s, "fault/orphans/model:process/workers:2/way:killed/cure:pdeathsig");
	st = s.team.env.state;
	right_trial(&s, 0);
	status = st->worker[1].status;
	st->worker[1].status = 0;
	wrong(&s, check(&s), "worker 1 has outlived its maker");
	st->worker[1].status = status;
	st->worker[1].deeds = ORPHANS_DEEDS;
	wrong(&s, check(&s), "worker 1 has outlived its maker");
	end(&s);
}

static void what_is_left_of_the_dead(void **unused)
{
	static const struct {
		const char *name;
		double kept;
	} rows[] = {
		{"fault/zombies/model:process/workers:3/reap:nobody", 1.0},
		{"fault/zombies/model:process/workers:3/reap:wait", 0.0},
		{"fault/zombies/model:process/workers:3/reap:ignore", 0.0},
		{"fault/zombies/model:process/workers:3/reap:double_fork", 0.0},
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
		{"fault/zombies/model:thread/workers:1/reap:nobody", 1.0},
		{"fault/zombies/model:thread/workers:9/reap:nobody", 1.0},
		{"fault/zombies/model:thread/workers:9/reap:wait", 0.0},
		{"fault/zombies/model:thread/workers:9/reap:ignore", 0.0},
#endif
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zombies_state *st;
		struct subject s;
		double kept = -1.0;

		begin(&s, rows[i].name);
		st = s.team.env.state;
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, 0);
			assert_true(metric_get(&s.sample.metrics, "kept_share", &kept));
			assert_true(kept == rows[i].kept);
			assert_true(in_outcome(&s, kept > 0.0 ? "outcome.kept" : "outcome.gone"));
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		}
		/* One wrong account at a time. */
		st->adopted++;
		wrong(&s, check(&s), "the adopter has got ");
		st->adopted--;
		st->kept += kept > 0.0 ? -1U : 1U;
		wrong(&s, check(&s), " are left, and not ");
		st->kept -= kept > 0.0 ? -1U : 1U;
		st->left = 1;
		wrong(&s, check(&s), "1 are left when all is over");
		st->left = 0;
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

/* Of ourselves, of a zombie, and of nobody. */
static void states_are_read(void **unused)
{
	const pid_t self = getpid(), pid = fork();
	siginfo_t info;

	(void)unused;
	if (pid == 0)
		_exit(0);
	assert_true(pid > 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(relative_state(pid, self), 'Z');
	assert_int_equal(relative_state(pid, pid), RELATIVE_GONE);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(relative_state(pid, self), RELATIVE_GONE);
	assert_int_equal(relative_state(self, getppid()), 'R');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_outcome_is_told),
	    cmocka_unit_test(a_deadlock_is_a_circle_and_is_cured),
	    cmocka_unit_test(what_is_no_circle_is_no_deadlock),
	    cmocka_unit_test(spinning_in_a_deadlock_burns_more),
	    cmocka_unit_test(what_processes_share_wakes_them),
	    cmocka_unit_test(only_exit_cuts_off),
	    cmocka_unit_test(who_is_slow_has_not_waited),
	    cmocka_unit_test(who_is_told_has_recovered),
	    cmocka_unit_test(sums_tell_pages_and_hands_apart),
	    cmocka_unit_test(a_page_of_ones_own_has_its_price),
	    cmocka_unit_test(what_becomes_of_orphans),
	    cmocka_unit_test(orphans_accounts_have_to_agree),
	    cmocka_unit_test(what_is_left_of_the_dead),
	    cmocka_unit_test(states_are_read),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(what_cannot_be_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
