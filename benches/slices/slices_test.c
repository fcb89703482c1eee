/* slices_test.c - what a slice is, and whose. That those who tell another are caught:
 * conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/slices/slice.h"

#include <stdlib.h>
#include <unistd.h>

#define WINDOW_NS (200 * CLOCK_NS_PER_MS)

static double metric(const struct subject *s, const char *name)
{
	double value = -1.0;

	if (!metric_get(&s->sample.metrics, name, &value))
		fail_msg("%s: no metric %s", s->bc.name, name);
	return value;
}

/* A trial in whose window a slice ended: who is kept from its PU may need more than one. */
static void sliced_trial(struct subject *s)
{
	double ns;

	for (unsigned tries = 0; tries < 20; tries++) {
		right_trial(s, WINDOW_NS);
		if (metric_get(&s->sample.metrics, "slice_ns", &ns))
			return;
	}
	fail_msg("%s: no slice ends in a window", s->bc.name);
}

/* Two who share a PU can have it for no more than all of the window, one after the other. */
static void slices_fit_into_the_window(void **unused)
{
	static const char *const names[] = {
	    "slice/spin/model:thread/workers:2", "slice/spin/model:process/workers:3"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct slice_state *st;
		struct subject s;

		begin(&s, names[i]);
		st = s.team.env.state;
		for (unsigned t = 0; t < 3; t++) {
			uint64_t all_ns = 0, before_ns = 0, first_ns = UINT64_MAX, last_ns = 0;
			const struct slice_trial *trial;
			double p90_ns;

			sliced_trial(&s);
			trial = &st->trial[st->now];
			for (uint32_t k = 0; k < trial->kept; k++) {
				const struct slice *one = &trial->slice[k];
				const uint64_t ns = one->seen_ns - one->since_ns;

				if (!one->timed)
					continue;
				all_ns += ns;
				if (one->since_ns < first_ns) {
					first_ns = one->since_ns;
					before_ns = ns;
				}
				last_ns = one->seen_ns > last_ns ? one->seen_ns : last_ns;
			}
			assert_true(all_ns > 0);
			assert_true(all_ns <= last_ns - first_ns);
			/* One that began before the window counts when it ended in it: of all of
			 * them only the first one can. */
			assert_true(all_ns <= s.team.env.window_ns + before_ns);
			assert_true(metric(&s, "slice_ns") > 0.0);
			assert_true(metric(&s, "slice_p50_ns") > 0.0);
			if (metric_get(&s.sample.metrics, "slice_p90_ns", &p90_ns))
				assert_true(metric(&s, "slice_p50_ns") <= p90_ns);
			assert_true(s.sample.latency->count > 0);
		}
		end(&s);
	}
}

#define SHARES 7u

static int by_share(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
	       (*(const double *)a < *(const double *)b);
}

/* The middle one of several trials. On a machine that others keep busy there may be a window in
 * which no slice has ended. */
static double share_of_nice(struct subject *s)
{
	double share[SHARES];
	unsigned n = 0;

	for (unsigned t = 0; n < SHARES && t < 4 * SHARES; t++) {
		right_trial(s, 2 * WINDOW_NS);
		n += metric_get(&s->sample.metrics, "nice_share", &share[n]);
	}
	if (n < SHARES)
		fail_msg("%s: a slice has ended in %u trials only", s->bc.name, n);
	qsort(share, n, sizeof(*share), by_share);
	return share[n / 2];
}

/* Side by side in one run: who is nice has less than who is not. */
static void who_is_nice_has_less(void **unused)
{
	struct subject s;
	double nice_share = 0.0, even_share = 0.0;

	(void)unused;
	begin(&s, "slice/spin/model:thread/workers:2/nice:19");
	nice_share = share_of_nice(&s);
	end(&s);
	begin(&s, "slice/spin/model:thread/workers:2/nice:0");
	even_share = share_of_nice(&s);
	end(&s);
	/* By their weights, 15 to 1024, it is 1.5 %, and 50 %. */
	assert_true(nice_share < even_share);
}

/* One wrong account at a time. */
static void accounts_have_to_agree(void **unused)
{
	struct slice_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "slice/spin/model:thread/workers:2");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	st->worker[1].begun++;
	wrong(&s, check(&s), "worker 1: ");
	st->worker[1].begun--;
	st->worker[0].cut++;
	wrong(&s, check(&s), "worker 0: ");
	st->worker[0].cut--;
	st->begun++;
	wrong(&s, check(&s), ", of which the workers know ");
	st->begun--;
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* The state of two workers with slices that were given them. */
static struct slice_trial *give(struct slice_state *st, uint32_t kept)
{
	struct slice_trial *t = &st->trial[st->now];
	/* One after the other, of 10, 20, 30 ... ns; the nice one, 1, has every second. */
	uint64_t at_ns = 1000;

	t->kept = kept;
	for (uint32_t i = 0; i < kept; i++) {
		t->slice[i] = (struct slice){at_ns, at_ns + 10 * (i + 1), 0, i % 2, true};
		at_ns += 10 * (i + 1);
	}
	for (uint32_t w = 0; w < 2; w++)
		st->worker[w].ended_before = st->worker[w].ended - (w ? kept / 2 : kept - kept / 2);
	return t;
}

static void what_slices_come_to_is_exact(void **unused)
{
	struct metric_set metrics = {0};
	struct slice_state *st;
	struct slice_trial *t;
	struct subject s;
	double ns;

	(void)unused;
	begin(&s, "slice/spin/model:thread/workers:2");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	t = give(st, 200);
	/* Of 40 ns of this one it did not run for 10. */
	t->slice[3].away_ns = 10;
	assert_int_equal(check(&s), 0);
	assert_float_equal(report(&s, &metrics, "slice_p50_ns"), 1000.0, 1e-9);
	assert_float_equal(report(&s, &metrics, "slice_p90_ns"), 1800.0, 1e-9);
	assert_float_equal(report(&s, &metrics, "nice_p50_ns"), 1000.0, 1e-9);
	assert_float_equal(report(&s, &metrics, "other_p50_ns"), 990.0, 1e-9);
	assert_float_equal(report(&s, &metrics, "nice_p90_ns"), 1800.0, 1e-9);
	assert_float_equal(report(&s, &metrics, "slice_ns"), (201000.0 - 10.0) / 200, 1e-9);
	assert_float_equal(report(&s, &metrics, "away_share"), 10.0 / 201000, 1e-12);
	/* What ended before the window, or after it, is none of this. */
	memset(&metrics, 0, sizeof(metrics));
	t->slice[199].timed = false;
	assert_float_equal(
	    report(&s, &metrics, "slice_ns"), (201000.0 - 10.0 - 2000.0) / 199, 1e-9);
	assert_float_equal(report(&s, &metrics, "slice_p50_ns"), 1000.0, 1e-9);
	assert_float_equal(report(&s, &metrics, "nice_p50_ns"), 1000.0, 1e-9);
	/* Of ten slices one is longer than nine, of nine none is; and each is one's of the two. */
	for (unsigned few = 9; few <= 10; few++) {
		memset(&metrics, 0, sizeof(metrics));
		(void)give(st, few);
		assert_int_equal(check(&s), 0);
		assert_float_equal(report(&s, &metrics, "slice_p50_ns"), 50.0, 1e-9);
		assert_int_equal(metric_get(&metrics, "slice_p90_ns", &ns), few == 10);
		if (few == 10)
			assert_float_equal(ns, 90.0, 1e-9);
		assert_false(metric_get(&metrics, "nice_p90_ns", &ns));
		assert_false(metric_get(&metrics, "other_p90_ns", &ns));
	}
	end(&s);
}

static void slices_lie_apart_and_are_kept(void **unused)
{
	struct slice_state *st;
	struct slice_trial *t;
	struct subject s;

	(void)unused;
	begin(&s, "slice/spin/model:thread/workers:2");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	t = give(st, 10);
	assert_int_equal(check(&s), 0);
	t->slice[5].since_ns--;
	wrong(&s, check(&s), "slices of workers 0 and 1 overlap by 1 ns");
	t->slice[5].since_ns++;
	t->slice[5].away_ns = 61;
	wrong(&s, check(&s), "worker 1: it was away for longer than it took");
	t->slice[5].away_ns = 60;
	assert_int_equal(check(&s), 0);
	t->kept--;
	wrong(&s, check(&s), "10 slices ended, and 9 are kept");
	end(&s);
}

/* A trial has all of the room, whatever the last one has taken, and says so when it is too little.
 */
static void no_tail_is_dropped_silently(void **unused)
{
	struct slice_state *st;
	struct slice_worker *own;
	struct cb_worker *w;
	struct subject s;

	(void)unused;
	begin(&s, "slice/spin/model:thread/workers:2");
	st = s.team.env.state;
	w = subject_worker(&s, 0);
	own = &st->worker[0];
	right_trial(&s, WINDOW_NS);
	/* Only one of the two runs from here on. */
	st->worker[1].ended_before = st->worker[1].ended;
	/* As long as a trial can be, and then the next one. */
	for (unsigned t = 0; t < 2; t++) {
		s.team.load->enter(w, st);
		for (uint32_t i = 0; i <= SLICES_MOST; i++) {
			assert_int_equal(w->error, 0);
			cb_store(&st->last, 2);
			slice_look(w, st, own);
		}
		/* The first look began one, each further one ended one. */
		assert_int_equal(st->trial[st->next].kept, SLICES_MOST);
		s.team.done[0] = own->ended;
		assert_int_equal(check(&s), 0);
		assert_int_equal(st->trial[st->now].kept, SLICES_MOST);
	}
	s.team.load->enter(w, st);
	for (uint32_t i = 0; i <= SLICES_MOST + 1; i++) {
		assert_int_equal(w->error, 0);
		cb_store(&st->last, 2);
		slice_look(w, st, own);
	}
	assert_int_equal(w->error, -ENOSPC);
	s.team.done[0] = own->ended;
	wrong(&s, check(&s), "32769 slices, and room for 32768 of them");
	w->error = 0;
	end(&s);
}

/* A jump of the clock is noticed, and is none of the slice: worker 0 was stopped meanwhile, and
 * nobody else has run. */
static void who_is_away_does_not_run(void **unused)
{
	struct slice_state *st;
	struct slice_worker *own;
	struct cb_worker *w;
	struct subject s;
	uint64_t away_ns;

	(void)unused;
	begin(&s, "slice/spin/model:thread/workers:2");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	w = subject_worker(&s, 0);
	own = &st->worker[0];
	own->away_ns = 0;
	cb_store(&st->last, 1u);
	own->since_ns = own->seen_ns = cb_now_ns() - 7 * CLOCK_NS_PER_MS;
	slice_look(w, st, own);
	away_ns = own->away_ns;
	assert_true(away_ns >= 7 * CLOCK_NS_PER_MS);
	assert_int_equal(own->seen_ns - own->since_ns, away_ns);
	/* A shorter one is no gap. */
	for (unsigned i = 0; i < 1000 && away_ns; i++) {
		own->away_ns = 0;
		own->seen_ns = cb_now_ns();
		slice_look(w, st, own);
		away_ns = own->away_ns;
	}
	assert_int_equal(away_ns, 0);
	end(&s);
}

/* As kernel.sched_rt_runtime_us says, if it says anything. */
static void who_would_never_be_interrupted_is_refused(void **unused)
{
	static const struct {
		const char *text; /* NULL: there is no such file */
		const char *why;  /* NULL: it can */
	} rows[] = {
	    {"950000\n", NULL},
	    {"0\n", NULL},
	    {"-1\n", "kernel.sched_rt_runtime_us is -1, nothing would ever interrupt it"},
	    {"", ": not a number, so nobody knows"},
	    {NULL, ": No such file or directory, so nobody knows"},
	};
	char path[] = "/tmp/slices_test_XXXXXX";
	const int fd = mkstemp(path);

	(void)unused;
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[REASON_MAX] = "";
		FILE *f = rows[i].text ? fopen(path, "we") : NULL;

		assert_int_equal(f != NULL, rows[i].text != NULL);
		if (f) {
			assert_true(fputs(rows[i].text, f) >= 0);
			assert_int_equal(fclose(f), 0);
		} else {
			assert_int_equal(unlink(path), 0);
		}
		assert_int_equal(slice_rr_can(path, why, sizeof(why)), rows[i].why ? -ENOTSUP : 0);
		if (rows[i].why && !strstr(why, rows[i].why))
			fail_msg("'%s' instead of '%s'", why, rows[i].why);
	}
}

static void what_cannot_be_is_declined(void **unused)
{
	static const struct {
		const char *name, *why;
	} bad[] = {
	    {"slice/spin/model:thread/workers:1", "it takes two workers or more"},
	    {"slice/spin/model:coroutine", "are not preempted"},
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
	    cmocka_unit_test(slices_fit_into_the_window),
	    cmocka_unit_test(who_is_nice_has_less),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(what_slices_come_to_is_exact),
	    cmocka_unit_test(slices_lie_apart_and_are_kept),
	    cmocka_unit_test(no_tail_is_dropped_silently),
	    cmocka_unit_test(who_is_away_does_not_run),
	    cmocka_unit_test(who_would_never_be_interrupted_is_refused),
	    cmocka_unit_test(what_cannot_be_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
