/*
 * pace_test.c - queues at a part of their peak: are items due as they should be, and does what
 * waits because another does count from when it was due? That one who is ahead of the pace is
 * caught: conformance_test.c.
 */
#include "benches/team_fixture.h"

#include "benches/queues/pace.h"

#include <math.h>
#include <stdlib.h>

/* ---- when items are due ---- */

static void gaps_are_exponential(void **unused)
{
	static const double means[] = {3200.0, 256e9};
	uint64_t gap[PACE_GAPS];

	(void)unused;
	for (size_t m = 0; m < sizeof(means) / sizeof(means[0]); m++) {
		double sum = 0.0, squares = 0.0, furthest = 0.0;

		pace_gaps(gap, PACE_GAPS, means[m]);
		for (unsigned i = 0; i < PACE_GAPS; i++) {
			const double x = (double)gap[i] / means[m];
			/* Of all gaps, those that are shorter. */
			const double off = fabs(1.0 - exp(-x) - (i + 0.5) / PACE_GAPS);

			assert_true(i == 0 || gap[i] > gap[i - 1]);
			sum += x;
			squares += x * x;
			if (off > furthest)
				furthest = off;
		}
		/* One nanosecond of parts is what rounding may take of the mean. */
		assert_true(fabs(sum / PACE_GAPS - 1.0) < 1e-3);
		/* The standard deviation is the mean; of means of parts a little is lost. */
		assert_true(fabs(squares / PACE_GAPS - 2.0) < 0.02);
		assert_true(furthest < 1.0 / PACE_GAPS);
	}
}

#define ARRIVALS 20000

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Kolmogorov's distance between @gap and the exponential distribution of their mean. */
static double distance(double *gap, unsigned count)
{
	double mean = 0.0, furthest = 0.0;

	for (unsigned i = 0; i < count; i++)
		mean += gap[i] / count;
	qsort(gap, count, sizeof(gap[0]), by_size);
	for (unsigned i = 0; i < count; i++) {
		const double share = 1.0 - exp(-gap[i] / mean);

		furthest =
		    fmax(furthest, fmax((i + 1.0) / count - share, share - (double)i / count));
	}
	return furthest;
}

/* The producer as it is, whose clock is far ahead of all that is due, so that it waits for nothing:
 * when was each item due? */
static void arrivals_are_those_of_a_poisson_process(void **unused)
{
	static double gap[ARRIVALS];
	/* Of 20,000, further apart than that are one in 10,000 of those that are exponential. */
	const double limit = 2.23 / sqrt((double)ARRIVALS);
	struct cb_queue_state *st;
	struct cb_worker *w;
	struct subject s;
	double product = 0.0, mean = 0.0, spread = 0.0;

	(void)unused;
	begin_given(&s, "queue/sound/model:thread/load_pct:50", 2e6);
	st = s.team.env.state;
	w = subject_worker(&s, 0);
	s.team.load->enter(w, st);
	/* Long ago. */
	st->worker[0].due = 1;
	for (unsigned i = 0; i < ARRIVALS; i++) {
		const uint64_t before = st->worker[0].due;
		unsigned char item[CB_QUEUE_ITEM_BYTES];

		(void)s.team.load->batch(w, st, 1);
		assert_int_equal(st->worker[0].put, i + 1);
		gap[i] = (double)(st->worker[0].due - before);
		mean += gap[i] / ARRIVALS;
		/* Nobody else is about. */
		assert_true(st->impl->ops->try_get(st->queue, w, item, sizeof(item)));
	}
	/* 1 us each, in parts. */
	assert_true(fabs(mean / 256e3 - 1.0) < 5.0 / sqrt(ARRIVALS));
	for (unsigned i = 0; i < ARRIVALS; i++) {
		spread += (gap[i] - mean) * (gap[i] - mean);
		product += i ? (gap[i] - mean) * (gap[i - 1] - mean) : 0.0;
	}
	/* None knows of the one before. */
	assert_true(fabs(product / spread) < 5.0 / sqrt(ARRIVALS));
	assert_true(distance(gap, ARRIVALS) < limit);
	/* Negative controls: all alike, and all as likely. */
	for (unsigned i = 0; i < ARRIVALS; i++)
		gap[i] = mean;
	assert_true(distance(gap, ARRIVALS) > 10 * limit);
	for (unsigned i = 0; i < ARRIVALS; i++)
		gap[i] = 2.0 * mean * (i + 0.5) / ARRIVALS;
	assert_true(distance(gap, ARRIVALS) > 5 * limit);
	end(&s);
}

/* So many at once, and then as much longer none. */
static void bursts_come_at_once(void **unused)
{
	static double gap[ARRIVALS / 4];
	const double limit = 2.23 / sqrt(ARRIVALS / 4.0);
	struct cb_queue_state *st;
	struct cb_worker *w;
	struct subject s;
	double mean = 0.0;

	(void)unused;
	begin_given(&s, "queue/sound/model:thread/load_pct:50/burst:4", 2e6);
	st = s.team.env.state;
	w = subject_worker(&s, 0);
	s.team.load->enter(w, st);
	st->worker[0].due = 1;
	for (unsigned i = 0; i < ARRIVALS; i++) {
		const uint64_t before = st->worker[0].due;
		unsigned char item[CB_QUEUE_ITEM_BYTES];

		(void)s.team.load->batch(w, st, 1);
		assert_true(st->impl->ops->try_get(st->queue, w, item, sizeof(item)));
		if (i % 4 == 3) {
			gap[i / 4] = (double)(st->worker[0].due - before);
			mean += gap[i / 4] / (ARRIVALS / 4);
		} else {
			assert_int_equal(st->worker[0].due, before);
		}
	}
	assert_true(fabs(mean / (4 * 256e3) - 1.0) < 5.0 / sqrt(ARRIVALS / 4.0));
	assert_true(distance(gap, ARRIVALS / 4) < limit);
	end(&s);
}

/* ---- what is measured ---- */

/* Of the rate that is given; and one in so many is timed that looks at the clock do not show. */
static void a_pace_is_a_part_of_the_peak(void **unused)
{
	static const struct {
		const char *name;
		double given, per_s;
		unsigned timed_every;
	} rows[] = {{"queue/sound/model:thread/load_pct:50", 4000.0, 2000.0, 1},
	    {"queue/sound/model:thread/producers:2/load_pct:10", 50e6, 5e6, 4},
	    {"queue/sound/model:coroutine/load_pct:95", 100e6, 95e6, 64},
	    {"queue/mutex_ring/model:process/load_pct:20", 5000.0, 1000.0, 1}};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct cb_queue_state *st;
		struct subject s;
		double value;

		begin_given(&s, rows[i].name, rows[i].given);
		st = s.team.env.state;
		assert_int_equal(st->timed_every, rows[i].timed_every);
		right_trial(&s, 20 * CLOCK_NS_PER_MS);
		assert_true(metric_get(&s.sample.metrics, CB_GIVEN_OPS_PER_S, &value));
		assert_true(fabs(value / rows[i].per_s - 1.0) < 1e-9);
		/* A stamp is not written over while its item may be in the queue. */
		assert_true(
		    st->stamp_slots * st->timed_every >= st->env.capacity + st->timed_every);
		end(&s);
	}
}

/* Who waits for what is due is kept from it for 20 ms, every 50 ms. */
static void stall(struct cb_worker *w)
{
	static uint64_t last_ns;
	const uint64_t now_ns = clock_now_ns();

	(void)w;
	if (now_ns - last_ns < 50 * CLOCK_NS_PER_MS)
		return;
	clock_sleep_until_ns(now_ns + 20 * CLOCK_NS_PER_MS);
	last_ns = clock_now_ns();
}

/* In those 20 ms 200 items come to be due: each of them is late, and not only the one that was
 * waited for. */
static void who_waits_behind_another_is_late(void **unused)
{
	struct cb_worker_ops ops;
	struct cb_queue_state *st;
	struct cb_worker *producer;
	struct subject s;

	(void)unused;
	begin_given(&s, "queue/sound/model:thread/place:same/load_pct:50", 20000.0);
	st = s.team.env.state;
	producer = subject_worker(&s, 0);
	/* It has the PU to give up. */
	assert_true(producer->oversubscribed);
	ops = *producer->ops;
	ops.relax = stall;
	producer->ops = &ops;
	right_trial(&s, 300 * CLOCK_NS_PER_MS);
	/* All are timed. */
	assert_int_equal(st->timed_every, 1);
	assert_true(s.sample.latency->count > 500);
	/* Of ten items three are late, by 10 ms on average. */
	assert_true(histogram_quantile(s.sample.latency, 0.95) > 5 * CLOCK_NS_PER_MS);
	end(&s);
}

/* Of a second's worth of items as many as chance allows, and one more. */
static void who_is_ahead_of_the_pace_is_caught(void **unused)
{
	struct cb_queue_state *st;
	struct subject s;

	(void)unused;
	begin_given(&s, "queue/sound/model:thread/producers:2/load_pct:50", 20000.0);
	st = s.team.env.state;
	for (unsigned more = 0; more < 2; more++) {
		st->worker[0].put = st->put_before + 10000;
		st->worker[1].put = more ? 2000 : 0;
		st->checked_ns = cb_now_ns() - CB_NS_PER_S;
		if (more)
			wrong(&s, pace_check(st, s.why, sizeof(s.why)), "12000 items in 1000");
		else
			assert_int_equal(pace_check(st, s.why, sizeof(s.why)), 0);
	}
	end(&s);
}

/* No load is guessed. */
static void without_a_peak_there_is_no_pace(void **unused)
{
	struct subject s;

	(void)unused;
	memset(&s, 0, sizeof(s));
	assert_string_equal(parse("queue/sound/model:thread/load_pct:50", &s.bc), "");
	assert_int_equal(team_create(&s.team, &s.bc, topo, &(struct team_options){.seed = 7}, s.why,
			     sizeof(s.why)),
	    -EINVAL);
	assert_string_equal(s.why, "it was given no peak to pace itself by");
	/* Nor of what nothing is delivered by. */
	assert_string_equal(parse("queue/none/model:thread/load_pct:50", &s.bc),
	    "it has no peak that a load could be a part of");
}

/* Its case without a pace, all other things equal. */
static void a_pace_needs_a_peak(void **unused)
{
	static const char *const rows[][2] = {
	    {"queue/ck_spsc/model:process/bytes:8/load_pct:20", "queue/ck_spsc/model:process"},
	    {"queue/mutex_ring/producers:3/wait_ns:5000/load_pct:7",
		"queue/mutex_ring/producers:3/wait_ns:5000"},
	    {"queue/broker/bytes:64/load_pct:100", "queue/broker/bytes:64"},
	    {"queue/broker/bytes:64/load_pct:50/burst:16", "queue/broker/bytes:64"},
	    {"queue/pipe/model:coroutine/load_pct:1", "queue/pipe/model:coroutine"}};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench_case bc, peak;
		char name[CASE_NAME_MAX];

		assert_string_equal(parse(rows[i][0], &bc), "");
		assert_string_equal(parse(rows[i][1], &peak), "");
		assert_true(bc.kind->self->depends(&bc.pub, name, sizeof(name)));
		assert_string_equal(name, peak.name);
		assert_false(peak.kind->self->depends(&peak.pub, name, sizeof(name)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gaps_are_exponential),
	    cmocka_unit_test(arrivals_are_those_of_a_poisson_process),
	    cmocka_unit_test(bursts_come_at_once),
	    cmocka_unit_test(a_pace_is_a_part_of_the_peak),
	    cmocka_unit_test(who_waits_behind_another_is_late),
	    cmocka_unit_test(who_is_ahead_of_the_pace_is_caught),
	    cmocka_unit_test(without_a_peak_there_is_no_pace),
	    cmocka_unit_test(a_pace_needs_a_peak),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
