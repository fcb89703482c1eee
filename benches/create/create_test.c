/* create_test.c - what is timed of a creation, and to whom it is charged. That those who are wrong
 * are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/create/arguments.h"
#include "benches/create/ending.h"
#include "benches/create/life.h"
#include "benches/create/sleepers.h"
#include "benches/create/start_order.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* So long that a loaded machine, too, lets a creation end in it. */
#define WINDOW_NS (100 * CLOCK_NS_PER_MS)

static double metric(const struct subject *s, const char *name)
{
	double value = -1.0;

	if (!metric_get(&s->sample.metrics, name, &value))
		fail_msg("%s: no metric %s", s->bc.name, name);
	return value;
}

/* A trial in whose window a creation ended. Who is kept from its PU may need more than one, and
 * whoever makes hundreds at a time, instrumented, a longer one. */
static void timed_trial(struct subject *s)
{
	double ns;

	for (unsigned tries = 0; tries < 100; tries++) {
		right_trial(s, WINDOW_NS << tries / 20);
		if (metric_get(&s->sample.metrics, "life_ns", &ns))
			return;
	}
	fail_msg("%s: no creation ends in a window", s->bc.name);
}

/* Each phase is a part of the whole, which has a sum of its own. */
static void phases_are_parts(void **unused)
{
	static const char *const names[] = {"create/thread/model:thread/workers:1",
	    "create/thread/model:process/workers:2", "create/thread_64k/model:thread/workers:1",
	    "create/thread_16k/model:thread/workers:1", "create/thread/model:thread/threads:4",
	    "create/thread_detached/model:thread/workers:1", "create/fork/model:thread/workers:2",
	    "create/fork/model:process/workers:2/threads:3", "create/clone3/model:thread/workers:2",
	    "create/fork/model:process/workers:1/dirty_bytes:1048576",
	    "create/pidfd/model:process/workers:2", "create/posix_spawn/model:thread/workers:2",
	    "create/vfork_exec/model:process/workers:2"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct subject s;

		begin(&s, names[i]);
		for (unsigned t = 0; t < 2; t++) {
			timed_trial(&s);
			assert_true(metric(&s, "call_ns") > 0.0);
			assert_true(metric(&s, "first_ns") > 0.0);
			assert_true(metric(&s, "join_ns") > 0.0);
			assert_true(fabs(metric(&s, "life_ns") - metric(&s, "first_ns") -
					 metric(&s, "join_ns")) < 0.01);
			assert_true(s.sample.latency->count > 0);
		}
		end(&s);
	}
}

/* The warm-up is not timed, nor is who ends after the window. */
static void timed_are_those_of_the_window(void **unused)
{
	const struct life_maker *maker;
	struct subject s;
	double timed;

	(void)unused;
	begin(&s, "create/thread/workers:1");
	maker = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	timed = (double)maker->timed;
	/* Within one at each end. */
	assert_true(fabs(timed - metric(&s, METRIC_OPS)) <= 2.0);
	assert_true(maker->timed < maker->made);
	assert_int_equal(s.sample.latency->count, maker->timed);
	end(&s);
}

/* Means over those of the window, and nothing that an earlier trial has left. */
static void means_are_of_one_trial(void **unused)
{
	struct metric_set metrics = {0};
	struct life_maker *maker;
	struct subject s;

	(void)unused;
	begin(&s, "create/thread/workers:2");
	maker = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	for (unsigned i = 0; i < 2; i++) {
		s.team.load->enter(subject_worker(&s, i), maker);
		maker[i].timed = 2 + 2 * i;
		maker[i].phase_ns[LIFE_CALL] = 60 * (i + 1);
		maker[i].phase_ns[LIFE_FIRST] = 100 * (i + 1);
		maker[i].phase_ns[LIFE_JOIN] = 20 * (i + 1);
		maker[i].phase_ns[LIFE_WHOLE] = 120 * (i + 1);
	}
	assert_true(report(&s, &metrics, "call_ns") == 30.0);
	assert_true(report(&s, &metrics, "first_ns") == 50.0);
	assert_true(report(&s, &metrics, "join_ns") == 10.0);
	assert_true(report(&s, &metrics, "life_ns") == 60.0);
	/* Of none there is no mean. */
	for (unsigned i = 0; i < 2; i++)
		s.team.load->enter(subject_worker(&s, i), maker);
	metrics.count = 0;
	s.team.load->report(&s.team.env, (struct cb_metrics *)(void *)&metrics);
	assert_int_equal(metrics.count, 0);
	end(&s);
}

/* ---- coroutines ---- */

/* A batch's time is no less than that of its groups whose phases are timed. */
static void groups_have_phases(void **unused)
{
	static const char *const names[] = {"create/coroutine/model:thread/workers:1",
	    "create/coroutine_ucontext/model:process/workers:1",
	    "create/coroutine_fresh/model:thread/workers:1"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct metric_set metrics = {0};
		struct life_maker *maker;
		struct subject s;

		begin(&s, names[i]);
		maker = s.team.env.state;
		for (unsigned t = 0; t < 2; t++) {
			timed_trial(&s);
			assert_true(metric(&s, "call_ns") > 0.0 && metric(&s, "run_ns") > 0.0);
			assert_true(maker->apart > 0 && maker->apart <= maker->timed);
			assert_true(maker->phase_ns[LIFE_CALL] + maker->phase_ns[LIFE_ROW] <=
				    maker->phase_ns[LIFE_WHOLE]);
		}
		/* Of those that were timed apart, and none of an earlier trial. */
		s.team.load->enter(subject_worker(&s, 0), maker);
		s.team.load->leave(subject_worker(&s, 0), maker);
		maker->timed = 10;
		maker->apart = 5;
		maker->phase_ns[LIFE_CALL] = 100;
		maker->phase_ns[LIFE_ROW] = 250;
		maker->phase_ns[LIFE_WHOLE] = 800;
		assert_true(report(&s, &metrics, "call_ns") == 20.0);
		assert_true(report(&s, &metrics, "run_ns") == 50.0);
		assert_true(report(&s, &metrics, "life_ns") == 80.0);
		assert_int_equal(metrics.count, 3);
		end(&s);
	}
}

/* One wrong account at a time. */
static void accounts_have_to_agree(void **unused)
{
	struct life_maker *maker;
	struct subject s;

	(void)unused;
	begin(&s, "create/thread/workers:2");
	maker = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	maker[1].ran--;
	wrong(&s, check(&s), "worker 1: ");
	maker[1].ran++;
	maker[1].made++;
	wrong(&s, check(&s), " ran, ");
	maker[1].made--;
	maker[0].strangers = 1;
	wrong(&s, check(&s), "worker 0: 1 of ");
	maker[0].strangers = 0;
	maker[0].astray = 3;
	wrong(&s, check(&s), "3 of ");
	maker[0].astray = 0;
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* It is where its maker is, or the maker's PU is not what was measured. */
static void one_on_another_pu_is_astray(void **unused)
{
	struct life_maker *maker;
	struct cb_worker *w;
	struct subject s;

	(void)unused;
	begin(&s, "create/thread/workers:1");
	maker = s.team.env.state;
	w = subject_worker(&s, 0);
	right_trial(&s, WINDOW_NS);
	assert_true(w->pu >= 0);
	for (int away = 0; away < 2; away++) {
		maker->life.pu = w->pu + away;
		life_note(w, maker, 1, 2, 3);
		s.team.done[0]++;
		if (away)
			wrong(&s, check(&s), "worker 0: 1 of ");
		else
			assert_int_equal(check(&s), 0);
	}
	end(&s);
}

static void coroutines_are_declined(void **unused)
{
	struct bench_case bc;

	(void)unused;
	assert_non_null(
	    strstr(parse("create/thread/model:coroutine", &bc), "that stops the carrier"));
	assert_true(bc.declined);
}

/* ---- rates ---- */

/* Each maker counts its own, and all of them together are what the figure is of. */
static void rates_are_of_all_makers(void **unused)
{
	static const char *const names[] = {"create/thread_rate/model:thread/workers:3",
	    "create/thread_rate/model:process/workers:3", "create/fork_rate/model:thread/workers:3",
	    "create/fork_rate/model:process/workers:3"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct life_maker *maker;
		struct subject s;

		begin(&s, names[i]);
		maker = s.team.env.state;
		right_trial(&s, WINDOW_NS);
		for (unsigned w = 0; w < 3; w++) {
			assert_true(maker[w].made > 0 && maker[w].made == maker[w].ran);
			maker[w].ran++;
			wrong(&s, check(&s), " ran, ");
			maker[w].ran--;
		}
		assert_true(metric(&s, METRIC_OPS) * metric(&s, "ns_per_op") > 0.99 * WINDOW_NS);
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

/* ---- arguments ---- */

static void reading_is_a_part_of_the_life(void **unused)
{
	static const char *const names[] = {
	    "create/arguments/model:thread/workers:2/argument_bytes:4096/way:pointer",
	    "create/arguments/model:process/workers:1/argument_bytes:0/way:copy_on_write",
	    "create/arguments/model:thread/workers:1/argument_bytes:1048576/way:pipe"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct subject s;

		begin(&s, names[i]);
		for (unsigned t = 0; t < 2; t++) {
			timed_trial(&s);
			assert_true(metric(&s, "call_ns") > 0.0);
			assert_true(metric(&s, "read_ns") > 0.0);
			assert_true(metric(&s, "life_ns") > metric(&s, "read_ns"));
		}
		end(&s);
	}
}

/* Whichever word is another one. */
static void every_word_counts(void **unused)
{
	static const size_t at[] = {0, 1, 4096, 131070};
	const struct life_maker *maker;
	struct argument *a;
	struct subject s;

	(void)unused;
	begin(&s, "create/arguments/model:thread/argument_bytes:1048576/way:pointer");
	maker = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	a = subject_worker(&s, 0)->local;
	assert_int_equal(a->count, 131072);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		const uint64_t strangers = maker->strangers, kept = a->words[at[i]];

		a->words[at[i]]++;
		wrong(&s, trial(&s, WINDOW_NS), " have not got what they were made with");
		assert_true(maker->strangers > strangers);
		a->words[at[i]] = kept;
	}
	end(&s);
	assert_non_null(
	    strstr(parse("create/arguments/argument_bytes:12", &s.bc), "words of 8 bytes, not 12"));
}

/* ---- beside a maker ---- */

static unsigned tasks(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	assert_non_null(dir);
	for (const struct dirent *d; (d = readdir(dir));)
		n += d->d_name[0] != '.';
	(void)closedir(dir);
	return n;
}

static void sleepers_are_there_until_their_end(void **unused)
{
	const unsigned before = tasks();
	struct sleepers *s;
	pid_t tid;

	(void)unused;
	assert_int_equal(sleepers_begin(5, &s), 0);
	assert_int_equal(tasks(), before + 5);
	tid = s->sleeper[3].tid;
	assert_int_equal(sleepers_replace(s, 3), 0);
	assert_true(s->sleeper[3].tid > 0 && s->sleeper[3].tid != tid);
	sleepers_end(s);
	/* The kernel forgets them a little later than their joining. */
	for (unsigned i = 0; i < 1000 && tasks() != before; i++)
		(void)usleep(1000);
	assert_int_equal(tasks(), before);
}

/* As long as the trial is, and as many as the case says. */
static void makers_have_threads_beside_them(void **unused)
{
	const struct life_maker *maker;
	struct subject s;

	(void)unused;
	begin(&s, "create/thread/model:thread/workers:2/threads:4");
	maker = s.team.env.state;
	for (unsigned i = 0; i < 2; i++) {
		s.team.load->enter(subject_worker(&s, i), s.team.env.state);
		assert_int_equal(maker[i].beside->count, 3);
		s.team.load->leave(subject_worker(&s, i), s.team.env.state);
		assert_null(maker[i].beside);
	}
	end(&s);
}

/* ---- what is told of them ---- */

static void figures_are_given(void **unused)
{
	static const struct {
		const char *name, *first, *second;
	} rows[] = {
	    {"create/await/model:thread/of:thread/way:ended", "await_ns", NULL},
	    {"create/await/model:process/workers:2/of:process/way:pidfd", "await_ns", NULL},
	    {"create/await/model:thread/of:thread/way:timed_out", "await_ns", NULL},
	    {"create/await/model:thread/of:process/way:timed_out", "await_ns", NULL},
	    {"create/exit_code/model:thread/end:pthread_exit", "life_ns", "join_ns"},
	    {"create/exit_code/model:process/workers:2/end:abort", "life_ns", "join_ns"},
	    {"create/terminate/model:thread/by:cancel", "end_ns", NULL},
	    {"create/terminate/model:thread/by:cancel_spinning", "end_ns", NULL},
	    {"create/terminate/model:process/workers:2/by:kill", "end_ns", NULL},
	    {"create/stack/model:thread/of:thread/touched_bytes:65536", "touch_ns", "first_ns"},
	    {"create/name/model:thread/of:process", "name_ns", "read_ns"},
	    {"create/name/model:process/of:thread", "name_ns", "read_ns"},
	    {"create/alive/model:thread/way:tryjoin", "told_share", "ended_ns"},
	    {"create/alive/model:process/way:waitid", "told_share", "ended_ns"},
	    {"create/list/model:process/listed:3/way:proc", "list_ns", NULL},
	    {"create/list/model:thread/listed:30/way:registry", "list_ns", NULL},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct subject s;
		const char *last = rows[i].second ? rows[i].second : rows[i].first;
		double ns = -1.0;

		begin(&s, rows[i].name);
		for (unsigned tries = 0; tries < 100 && ns < 0.0; tries++) {
			right_trial(&s, WINDOW_NS);
			(void)metric_get(&s.sample.metrics, last, &ns);
		}
		assert_true(ns > 0.0);
		assert_true(metric(&s, rows[i].first) > 0.0);
		/* One mistake is one too many. */
		assert_int_equal(check(&s), 0);
		((struct life_maker *)s.team.env.state)->wrong++;
		wrong(&s, check(&s), " not what was said of them");
		end(&s);
	}
}

/* It can be sent a signal until its maker has been told; who asks by that is told wrong. */
static void a_signal_does_not_tell_who_has_ended(void **unused)
{
	static const struct {
		const char *name;
		double share;
	} rows[] = {{"create/alive/way:tryjoin", 1.0}, {"create/alive/way:waitid", 1.0},
	    {"create/alive/way:pidfd", 1.0}, {"create/alive/way:kill", 0.0}};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct subject s;
		double share = -1.0;

		begin(&s, rows[i].name);
		for (unsigned tries = 0; tries < 100 && share < 0.0; tries++) {
			right_trial(&s, WINDOW_NS);
			(void)metric_get(&s.sample.metrics, "told_share", &share);
		}
		if (share != rows[i].share)
			fail_msg("%s: %g", rows[i].name, share);
		end(&s);
	}
}

/* Polling no descriptor says "alive" of everybody. Nobody is left behind, either. */
static void a_pidfd_that_is_not_to_be_had_is_told(void **unused)
{
	struct rlimit usual, none;
	struct subject s;
	int ret;

	(void)unused;
	begin(&s, "create/alive/model:thread/way:pidfd");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	none = (struct rlimit){3, usual.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	ret = trial(&s, WINDOW_NS);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	if (!ret || !strstr(s.why, "making a worker") || !strstr(s.why, strerror(EMFILE)))
		fail_msg("%d, '%s'", ret, s.why);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	end(&s);
}

/* A sleeper can be cancelled; who spins has to be told by a flag. */
static void who_spins_is_not_cancelled(void **unused)
{
	static const struct {
		const char *name;
		double share;
	} rows[] = {{"create/terminate/by:cancel", 1.0}, {"create/terminate/by:term", 1.0},
	    {"create/terminate/by:cancel_spinning", 0.0}};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct subject s;

		begin(&s, rows[i].name);
		right_trial(&s, WINDOW_NS);
		assert_true(metric(&s, "ended_share") == rows[i].share);
		end(&s);
	}
}

static void endings_are_told_apart(void **unused)
{
	(void)unused;
	for (uint64_t key = 0; key < 300; key++) {
		assert_int_equal(ending_of(ENDING_EXIT, key).code, key % 256);
		assert_int_equal(ending_of(ENDING_EXIT, key).signal, 0);
		assert_int_equal(ending_of(ENDING_SIGNAL, key).code, -1);
		assert_true(ending_of(ENDING_SIGNAL, key).signal > 0);
		assert_int_equal(ending_of(ENDING_ABORT, key).signal, SIGABRT);
	}
	assert_true(ending_of(ENDING_SIGNAL, 0).signal != ending_of(ENDING_SIGNAL, 1).signal);
	assert_int_equal(ending_decode(7 << 8).code, 7);
	assert_int_equal(ending_decode(7 << 8).signal, 0);
	assert_int_equal(ending_decode(SIGKILL).code, -1);
	assert_int_equal(ending_decode(SIGKILL).signal, SIGKILL);
	assert_int_equal(ending_decode(SIGABRT | 0x80).signal, SIGABRT);
}

static void what_cannot_be_is_declined(void **unused)
{
	static const char *const rows[][2] = {
	    {"create/await/of:thread/way:pidfd", "a pidfd is of a process"},
	    {"create/stack/touched_bytes:5000", "whole pages of 4096 bytes"},
	    {"create/list/model:thread/workers:2", "one maker a process"},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strstr(parse(rows[i][0], &bc), rows[i][1]))
			fail_msg("%s: '%s'", rows[i][0], parse(rows[i][0], &bc));
}

/* ---- the order of starts ---- */

static void orders_are_judged(void **unused)
{
	static const struct {
		uint32_t ran[4];
		enum start_order want;
		double inversions;
	} rows[] = {
	    {{0, 1, 2, 3}, ORDER_STARTED, 0.0},
	    {{3, 2, 1, 0}, ORDER_REVERSED, 1.0},
	    {{1, 0, 2, 3}, ORDER_MIXED, 1.0 / 6.0},
	    {{1, 2, 3, 0}, ORDER_MIXED, 0.5},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double inversions = -1.0;

		assert_int_equal(start_judge(rows[i].ran, 4, &inversions), rows[i].want);
		assert_true(fabs(inversions - rows[i].inversions) < 1e-9);
	}
}

/* Of orders that are made up, one start after another. */
static void orders_are_counted(void **unused)
{
	static const struct {
		uint32_t ran[4];
		bool mixed;
		unsigned orders, foremost;
	} rows[] = {
	    {{0, 1, 2, 3}, false, 1, 0},
	    {{1, 0, 2, 3}, true, 2, 1},
	    {{0, 1, 2, 3}, false, 2, 1},
	    {{0, 1, 2, 3}, false, 2, 1},
	    {{0, 2, 1, 3}, true, 3, 1},
	    {{1, 0, 2, 3}, true, 3, 2},
	    {{0, 2, 1, 3}, true, 3, 2},
	    {{0, 2, 1, 3}, true, 3, 3},
	    {{3, 2, 1, 0}, false, 4, 3},
	};
	struct start_seen seen = {0};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_note(&seen, rows[i].ran, 4, rows[i].mixed);
		assert_int_equal(seen.orders, rows[i].orders);
		assert_int_equal(start_foremost(&seen), rows[i].foremost);
		assert_int_equal(seen.starts, i + 1);
		assert_true(seen.last == start_number(rows[i].ran, 4));
	}
	/* There is room for as many as there are starts. */
	for (uint32_t i = 0; seen.starts < START_TIMES; i++)
		start_note(&seen, (const uint32_t[]){i, 100}, 2, true);
	assert_int_equal(seen.orders, 4 + START_TIMES - sizeof(rows) / sizeof(rows[0]));
	assert_int_equal(start_foremost(&seen), 3);
}

/* Of each trial by itself; and one wrong account at a time. */
static void everybody_has_a_place(void **unused)
{
	static const char *const names[] = {"create/start_order/model:thread/workers:8/place:none",
	    "create/start_order/model:process/workers:3/place:same"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct start_state *st;
		struct subject s;
		double share = -1.0;
		uint32_t kept;

		begin(&s, names[i]);
		st = s.team.env.state;
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, 0);
			assert_true(metric_get(&s.sample.metrics, "inverted_share", &share));
			assert_true(share >= 0.0 && share <= 1.0);
			assert_true(metric(&s, "orders") >= 1.0);
			assert_true(metric(&s, "orders") <= START_TIMES);
			assert_true(metric(&s, "foremost_share") <= 1.0);
			/* Of this trial alone. */
			assert_int_equal(st->seen.starts, START_TIMES);
		}
		st->seen.starts++;
		wrong(&s, check(&s), " different orders");
		st->seen.starts--;
		st->seen.last++;
		wrong(&s, check(&s), "the order that was noted is another");
		st->seen.last--;
		kept = st->ran[0];
		st->ran[0] = st->ran[1];
		wrong(&s, check(&s), "worker 1 has place ");
		st->ran[0] = kept;
		st->next--;
		wrong(&s, check(&s), " workers ran");
		st->next++;
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

/* A pause that is far longer than a start takes puts them in order. */
static void a_long_pause_puts_them_in_order(void **unused)
{
	struct subject s;
	double share = -1.0;

	(void)unused;
	begin(&s, "create/start_order/model:thread/workers:3/place:none/delay_ns:50000000");
	/* On a busy machine one of them may be kept from its PU for longer even than that. */
	for (unsigned t = 0; t < 10 && share != 0.0; t++) {
		right_trial(&s, 0);
		assert_true(metric_get(&s.sample.metrics, "inverted_share", &share));
	}
	assert_true(share == 0.0);
	end(&s);
}

/* Threads, processes and coroutines are made by kinds of one family: a finding holds them against
 * each other by what all of them have, the whole of a life. */
static void whoever_is_made_can_be_compared(void **unused)
{
	static const char *const names[] = {"create/thread", "create/fork", "create/coroutine"};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct cb_family *family;
		const struct cb_figure *f;

		assert_string_equal(parse(names[i], &bc), "");
		family = bc.kind->family;
		assert_int_equal(family->contenders, CB_KINDS);
		f = bc.kind->self->figures ? bc.kind->self->figures : family->figures;
		assert_string_equal(f->metric, "life_ns");
		assert_string_equal(f->unit, "ns");
		assert_int_equal(f->scale, CB_RATIO);
		assert_int_equal(f->better, CB_LESS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whoever_is_made_can_be_compared),
	    cmocka_unit_test(phases_are_parts),
	    cmocka_unit_test(timed_are_those_of_the_window),
	    cmocka_unit_test(means_are_of_one_trial),
	    cmocka_unit_test(groups_have_phases),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(one_on_another_pu_is_astray),
	    cmocka_unit_test(coroutines_are_declined),
	    cmocka_unit_test(rates_are_of_all_makers),
	    cmocka_unit_test(reading_is_a_part_of_the_life),
	    cmocka_unit_test(every_word_counts),
	    cmocka_unit_test(sleepers_are_there_until_their_end),
	    cmocka_unit_test(makers_have_threads_beside_them),
	    cmocka_unit_test(figures_are_given),
	    cmocka_unit_test(a_signal_does_not_tell_who_has_ended),
	    cmocka_unit_test(a_pidfd_that_is_not_to_be_had_is_told),
	    cmocka_unit_test(who_spins_is_not_cancelled),
	    cmocka_unit_test(endings_are_told_apart),
	    cmocka_unit_test(what_cannot_be_is_declined),
	    cmocka_unit_test(orders_are_judged),
	    cmocka_unit_test(orders_are_counted),
	    cmocka_unit_test(everybody_has_a_place),
	    cmocka_unit_test(a_long_pause_puts_them_in_order),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
