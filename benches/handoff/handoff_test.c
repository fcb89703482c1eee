/* handoff_test.c - what the checks of the hand-offs say of single faults. That each row hands over
 * under every model it claims, and that rows broken on purpose do not pass: conformance_test.c. */
#include "benches/handoff/context.h"
#include "benches/handoff/sequence.h"
#include "benches/handoff/turns.h"
#include "benches/team_fixture.h"

#include <dirent.h>
#include <fenv.h>
#include <unistd.h>

#define WINDOW_NS (2 * CLOCK_NS_PER_MS)

/* ---- turns ---- */

static bool takes_turns(const struct kind *k)
{
	return k->self->can == turns_can && !(k->self->flags & CB_BROKEN);
}

/* Each row that takes turns, after one right trial. Return: false after the last one. */
static bool next_row(struct subject *s, size_t *i)
{
	for (; *i < kinds.count; (*i)++) {
		char name[100];

		if (!takes_turns(&kinds.item[*i]))
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s/model:thread",
		    kinds.item[*i].family->name, kinds.item[*i].name);
		(*i)++;
		begin(s, name);
		right_trial(s, WINDOW_NS);
		return true;
	}
	return false;
}

/* Beginnings and ends are where hand-offs get lost. */
static void many_short_trials_lose_none(void **unused)
{
	static const char *const models[] = {"thread", "process"};

	(void)unused;
	for (size_t i = 0; i < kinds.count; i++) {
		for (unsigned m = 0; m < 2 && takes_turns(&kinds.item[i]); m++) {
			struct subject s;
			char name[100];

			(void)snprintf(name, sizeof(name), "%s/%s/model:%s",
			    kinds.item[i].family->name, kinds.item[i].name, models[m]);
			begin(&s, name);
			for (unsigned t = 0; t < 20; t++)
				right_trial(&s, CLOCK_NS_PER_MS / 2);
			assert_true(s.team.done[0] + s.team.done[1] > 0);
			end(&s);
		}
	}
}

/* The turn moves on by a whole round that nobody did, or by one. */
static void lost_hand_offs_are_caught(void **unused)
{
	struct subject s;
	unsigned rows = 0;

	(void)unused;
	for (size_t i = 0; next_row(&s, &i); rows++) {
		struct turns *t = s.team.env.state;

		t->count += 2;
		wrong(&s, check(&s), " were counted, of ");
		wrong(&s, trial(&s, WINDOW_NS), "hand-offs out of turn");
		end(&s);
	}
	assert_true(rows >= 3);
	for (size_t i = 0; next_row(&s, &i);) {
		struct turns *t = s.team.env.state;

		t->count++;
		wrong(&s, check(&s), " were counted, of ");
		end(&s);
	}
}

static void miscounted_hand_offs_are_caught(void **unused)
{
	struct subject s;

	(void)unused;
	for (size_t i = 0; next_row(&s, &i);) {
		s.team.done[0] += 2;
		wrong(&s, check(&s), "worker 0: ");
		s.team.done[0] -= 2;
		s.team.done[1] += 2;
		wrong(&s, check(&s), "worker 1: ");
		s.team.done[1] -= 2;
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

static void turns_need_two(void **unused)
{
	struct bench_case bc;
	char name[100];

	(void)unused;
	for (size_t i = 0; i < kinds.count; i++) {
		if (!takes_turns(&kinds.item[i]))
			continue;
		for (unsigned n = 1; n <= 3; n += 2) {
			(void)snprintf(name, sizeof(name), "%s/%s/workers:%u",
			    kinds.item[i].family->name, kinds.item[i].name, n);
			assert_non_null(strstr(parse(name, &bc), "two take turns, not "));
			assert_true(bc.declined);
		}
	}
}

static unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	assert_int_equal(closedir(dir), 0);
	return n;
}

/* A program that measures one row after another would run out of them. */
static void descriptors_are_closed(void **unused)
{
	const unsigned before = descriptors();
	unsigned most = 0;
	struct subject s;

	(void)unused;
	for (size_t i = 0; next_row(&s, &i);) {
		if (descriptors() > most)
			most = descriptors();
		end(&s);
		if (descriptors() != before)
			fail_msg("%s: %u descriptors are left open", kinds.item[i - 1].name,
			    descriptors() - before);
	}
	/* Two pipes. */
	assert_true(most >= before + 4);
}

/* ---- refills ---- */

/* The first and the last line of each side; of an odd size, too. */
static void a_line_that_was_not_touched_is_caught(void **unused)
{
	static const struct {
		const char *name;
		size_t own, bytes;
	} rows[] = {
	    {"refill/futex", sizeof(struct turns), 32768},
	    {"refill/futex/touched_bytes:4160", sizeof(struct turns), 4160},
	    {"refill/own_switch/touched_bytes:65", sizeof(struct context_state), 128},
	    {"refill/semaphore", sizeof(struct turns), 32768},
	    {"refill/condvar/model:process", sizeof(struct turns), 32768},
	    {"refill/barrier", sizeof(struct turns), 32768},
	    {"refill/eventfd", sizeof(struct turns), 32768},
	    {"refill/socketpair/model:process", sizeof(struct turns), 32768},
	    {"refill/signal", sizeof(struct turns), 32768},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refill *r;
		struct subject s;

		if (parse(rows[i].name, &bc)[0])
			continue;
		begin(&s, rows[i].name);
		right_trial(&s, WINDOW_NS);
		r = (void *)((unsigned char *)s.team.env.state + REFILL_ROUND(rows[i].own));
		for (unsigned at = 0; at < 4; at++) {
			volatile uint64_t *line = refill_buffer(r, at / 2, rows[i].bytes);

			line += at % 2 * (rows[i].bytes - REFILL_LINE_BYTES) / sizeof(*line);
			*line -= 1;
			wrong(&s, check(&s), at < 2 ? "side 0: line " : "side 1: line ");
			*line += 1;
		}
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

/* By both sides together. */
static void a_page_that_was_not_touched_is_caught(void **unused)
{
	static const char *const names[] = {"refill/shared_pages/touched_bytes:1MiB",
	    "refill/shared_pages/model:process/touched_bytes:4097"};

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		const size_t pages = i ? 2 : 256;
		struct refill *r;
		struct subject s;

		begin(&s, names[i]);
		right_trial(&s, WINDOW_NS);
		r = REFILL_OF(struct turns, s.team.env.state);
		assert_true(r->pages && REFILL_PAGES(r->bytes) == pages);
		assert_ptr_equal(refill_buffer(r, 1, r->bytes), refill_buffer(r, 0, r->bytes));
		for (size_t at = 0; at < pages; at += pages - 1) {
			volatile uint64_t *word = refill_word(refill_buffer(r, 0, r->bytes), at);

			*word += 1;
			wrong(&s, check(&s),
			    at ? i ? "page 1 was" : "page 255 was" : "page 0 was touched");
			*word -= 1;
		}
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

static void what_touching_took_is_reported(void **unused)
{
	struct metric_set metrics = {0};
	struct refill *r;
	struct subject s;

	(void)unused;
	begin(&s, "refill/futex");
	r = REFILL_OF(struct turns, s.team.env.state);
	r->side[0] = (struct refill_side){.timed = 2, .cold_ns = 400, .warm_ns = 100};
	r->side[1] = (struct refill_side){.timed = 1, .cold_ns = 500, .warm_ns = 80};
	assert_float_equal(report(&s, &metrics, "cold_ns"), 300.0, 1e-9);
	assert_float_equal(report(&s, &metrics, "warm_ns"), 60.0, 1e-9);
	assert_float_equal(report(&s, &metrics, "refill_ns"), 240.0, 1e-9);
	end(&s);
}

/* Only what lies in the trial's window. */
static void sums_are_of_one_trial(void **unused)
{
	struct subject s;

	(void)unused;
	begin(&s, "refill/futex/touched_bytes:64");
	for (unsigned t = 0; t < 3; t++) {
		const struct refill *r = REFILL_OF(struct turns, s.team.env.state);
		const struct turns *turns = s.team.env.state;
		const uint64_t before = turns->worker[0].passed;

		right_trial(&s, WINDOW_NS);
		assert_true(
		    r->side[0].timed <= (turns->worker[0].passed - before) / REFILL_AGAIN + 1);
	}
	end(&s);
}

/* ---- yield ---- */

static void nobody(struct cb_worker *w)
{
	(void)w;
}

static void batch(struct subject *s, unsigned i)
{
	s->team.done[i] += s->team.load->batch(subject_worker(s, i), s->team.env.state, 1);
}

/* Both yield to nobody: the first alone because the other has not begun, which is nothing wrong. */
static void yield_that_runs_nobody_is_caught(void **unused)
{
	struct cb_worker_ops ops;
	struct subject s;

	(void)unused;
	begin(&s, "handoff/yield/model:coroutine/workers:2");
	ops = *subject_worker(&s, 0)->ops;
	ops.yield = nobody;
	subject_worker(&s, 0)->ops = subject_worker(&s, 1)->ops = &ops;
	batch(&s, 0);
	assert_int_equal(check(&s), 0);
	batch(&s, 1);
	wrong(&s, check(&s), "worker 1: 256 yields ran nobody else");
	end(&s);
}

/* Of threads that is no fault: the kernel promises nothing, and the figure says so. */
static void threads_may_be_alone(void **unused)
{
	struct metric_set metrics = {0};
	struct cb_worker_ops ops;
	struct subject s;

	(void)unused;
	begin(&s, "handoff/yield/model:thread/workers:2");
	ops = *subject_worker(&s, 0)->ops;
	ops.yield = nobody;
	subject_worker(&s, 0)->ops = subject_worker(&s, 1)->ops = &ops;
	batch(&s, 0);
	batch(&s, 1);
	assert_int_equal(check(&s), 0);
	/* All the time, and however many there were. */
	for (unsigned i = 0; i < 40; i++)
		batch(&s, i % 2);
	assert_int_equal(check(&s), 0);
	assert_float_equal(report(&s, &metrics, "handed_over_share"), 0.0, 1e-12);
	end(&s);
}

static struct subject *shared;

/* Worker 1 yields meanwhile, 256 times, and each of these runs nobody. */
static void run_the_other(struct cb_worker *w)
{
	(void)w;
	batch(shared, 1);
}

static void handed_over_share_is_reported(void **unused)
{
	struct cb_worker_ops over, alone;
	struct metric_set metrics = {0};
	struct subject s;
	double pct;

	(void)unused;
	shared = &s;
	begin(&s, "handoff/yield/model:thread/workers:2");
	over = alone = *subject_worker(&s, 0)->ops;
	over.yield = run_the_other;
	alone.yield = nobody;
	subject_worker(&s, 0)->ops = &over;
	subject_worker(&s, 1)->ops = &alone;
	batch(&s, 0);
	/* Who asks again gets the same. */
	for (unsigned again = 0; again < 2; again++) {
		memset(&metrics, 0, sizeof(metrics));
		assert_float_equal(report(&s, &metrics, "handed_over_share"), 1.0 / 257, 1e-8);
		assert_false(metric_get(&metrics, "handed_over_pct", &pct));
	}
	/* Of the trial alone. */
	memset(&metrics, 0, sizeof(metrics));
	for (unsigned i = 0; i < 2; i++)
		s.team.load->enter(subject_worker(&s, i), s.team.env.state);
	batch(&s, 1);
	assert_float_equal(report(&s, &metrics, "handed_over_share"), 0.0, 1e-8);
	end(&s);
}

static void yields_need_two_on_one_pu(void **unused)
{
	static const char *const bad[] = {"handoff/yield/workers:1", "handoff/yield/place:none",
	    "handoff/yield/model:coroutine/workers:4/carriers:2/place:same"};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(strstr(parse(bad[i], &bc), "on one PU and one carrier"));
}

/* ---- contexts ---- */

static void lost_switch_is_caught(void **unused)
{
	static const char *const rows[] = {
	    "handoff/fcontext", "handoff/fcontext_flags", "handoff/ucontext"};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct context_state *st;
		struct subject s;

		if (parse(rows[i], &bc)[0])
			continue;
		begin(&s, rows[i]);
		st = s.team.env.state;
		right_trial(&s, WINDOW_NS);
		st->entered--;
		wrong(&s, check(&s), "context entered ");
		st->entered++;
		st->lost++;
		wrong(&s, check(&s), " 1 batches with a wrong number");
		st->lost--;
		assert_int_equal(check(&s), 0);
		s.team.done[0] += 2;
		wrong(&s, check(&s), " switches counted");
		end(&s);
	}
}

/* Enters the row in this thread, without or with a flag up. Return: the worker's error. */
static int enter(struct subject *s, bool raised)
{
	struct cb_worker *w = subject_worker(s, 0);
	volatile double inexact = 3.0;

	(void)feclearexcept(FE_ALL_EXCEPT);
	if (raised)
		inexact = 1.0 / inexact;
	w->error = 0;
	s->team.load->enter(w, s->team.env.state);
	(void)feclearexcept(FE_ALL_EXCEPT);
	return w->error;
}

static void a_raised_flag_is_caught(void **unused)
{
	struct subject s;

	(void)unused;
	begin(&s, "handoff/fcontext");
	assert_int_equal(enter(&s, false), 0);
	/* In the worker only: the context is there already. */
	assert_int_equal(enter(&s, true), -EBADMSG);
	assert_int_equal(enter(&s, false), 0);
	right_trial(&s, WINDOW_NS);
	end(&s);
	/* In the context it stays. */
	begin(&s, "handoff/fcontext");
	assert_int_equal(enter(&s, true), -EBADMSG);
	assert_true(((const struct context_state *)s.team.env.state)->flag_kept);
	assert_int_equal(enter(&s, false), -EBADMSG);
	end(&s);
}

static void equal_flags_are_caught(void **unused)
{
	struct context_state *st;
	struct bench_case bc;
	struct subject s;

	(void)unused;
	if (parse("handoff/fcontext_flags", &bc)[0])
		skip();
	begin(&s, "handoff/fcontext_flags");
	st = s.team.env.state;
	assert_int_equal(enter(&s, false), 0);
	assert_true(st->flag_kept);
	assert_int_equal(enter(&s, true), -EBADMSG);
	st->flag_kept = false;
	assert_int_equal(enter(&s, false), -EBADMSG);
	st->flag_kept = true;
	assert_int_equal(enter(&s, false), 0);
	right_trial(&s, WINDOW_NS);
	end(&s);
}

/* ---- calls ---- */

static void calls_are_counted(void **unused)
{
	static const char *const rows[] = {"handoff/call_direct", "handoff/call_worker"};
	struct subject s;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&s, rows[i]);
		right_trial(&s, WINDOW_NS);
		assert_int_equal(subject_worker(&s, 0)->calls, s.team.done[0]);
		s.team.done[0]++;
		wrong(&s, check(&s), " were counted (0 batches wrong)");
		end(&s);
	}
}

/* ---- sequences ---- */

/* All kinds give the same numbers; the lazy ones have no more memory for a million than for ten. */
static void sequences_are_checked(void **unused)
{
	static const char *const names[] = {
	    "array", "iterator", "generator_stackless", "generator_coroutine"};

	const double page = (double)sysconf(_SC_PAGESIZE);

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		double few = 0.0, many = 0.0, first_ns = 0.0, item_ns = 0.0;
		struct sequence_state *st;
		struct subject s;
		char name[80];

		(void)snprintf(name, sizeof(name), "sequence/%s/items:10", names[i]);
		begin(&s, name);
		right_trial(&s, 0);
		assert_true(metric_get(&s.sample.metrics, "peak_bytes", &few));
		end(&s);
		(void)snprintf(name, sizeof(name), "sequence/%s/items:1000000", names[i]);
		begin(&s, name);
		st = s.team.env.state;
		for (unsigned t = 0; t < 2; t++)
			right_trial(&s, 0);
		assert_true(metric_get(&s.sample.metrics, "peak_bytes", &many));
		assert_true(metric_get(&s.sample.metrics, "first_ns", &first_ns));
		assert_true(metric_get(&s.sample.metrics, "item_ns", &item_ns));
		assert_true(first_ns <= item_ns * 1e6);
		/* Its object, and whole pages of numbers. */
		assert_true(i == 0 ? few == 24.0 + page &&
					 many == 24.0 + page * (double)((uint64_t)(8e6 / page) + 1)
				   : few == many);
		assert_true(i < 3 ? many > 0.0 : many > page);
		st->count--;
		wrong(&s, check(&s), "999999 of 1000000 numbers came");
		st->count++;
		st->sum++;
		wrong(&s, check(&s), "the sum of the numbers is ");
		st->sum--;
		st->order++;
		wrong(&s, check(&s), "did not come in their order");
		st->order--;
		st->anonymous = st->anonymous_before + 10 * st->bytes + 2000000;
		wrong(&s, check(&s), " bytes, and there were ");
		st->anonymous = st->anonymous_before + st->bytes;
		assert_int_equal(check(&s), 0);
		st->anonymous = st->anonymous_before;
		if (i == 0)
			wrong(&s, check(&s), " bytes, and there were only ");
		/* Many at a time show what of one is lost in the noise. */
		st->anonymous = st->anonymous_before + st->bytes;
		st->copies = 20000;
		st->copies_bytes = 480000;
		st->copies_anonymous = st->copies_anonymous_before + 480000;
		assert_int_equal(check(&s), 0);
		st->copies_bytes = 10 * 480000;
		wrong(&s, check(&s), "20000 of them say that they take 4800000 bytes");
		st->copies_bytes = 480000;
		st->copies_anonymous = st->copies_anonymous_before + 20 * 480000;
		wrong(&s, check(&s), "20000 of them say that they take 480000 bytes");
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_short_trials_lose_none),
	    cmocka_unit_test(lost_hand_offs_are_caught),
	    cmocka_unit_test(miscounted_hand_offs_are_caught),
	    cmocka_unit_test(turns_need_two),
	    cmocka_unit_test(descriptors_are_closed),
	    cmocka_unit_test(a_line_that_was_not_touched_is_caught),
	    cmocka_unit_test(a_page_that_was_not_touched_is_caught),
	    cmocka_unit_test(what_touching_took_is_reported),
	    cmocka_unit_test(sums_are_of_one_trial),
	    cmocka_unit_test(yield_that_runs_nobody_is_caught),
	    cmocka_unit_test(threads_may_be_alone),
	    cmocka_unit_test(handed_over_share_is_reported),
	    cmocka_unit_test(yields_need_two_on_one_pu),
	    cmocka_unit_test(lost_switch_is_caught),
	    cmocka_unit_test(a_raised_flag_is_caught),
	    cmocka_unit_test(equal_flags_are_caught),
	    cmocka_unit_test(calls_are_counted),
	    cmocka_unit_test(sequences_are_checked),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
