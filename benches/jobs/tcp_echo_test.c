#include "benches/jobs/tcp_echo.h"

#include "benches/team_fixture.h"

#include <unistd.h>

#define WINDOW_NS (10 * CLOCK_NS_PER_MS)

/* Each connection was served, and nothing but its own requests. */
static void every_connection_is_served(void **unused)
{
	static const char *const models[] = {"thread", "process", "coroutine", "callback"};

	(void)unused;
	for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++) {
		const struct tcp_echo_state *st;
		struct subject s;
		char name[100];

		(void)snprintf(name, sizeof(name), "job/tcp_echo/model:%s/place:same/connections:8",
		    models[m]);
		begin(&s, name);
		for (unsigned i = 0; i < 3; i++)
			right_trial(&s, WINDOW_NS);
		st = s.team.env.state;
		for (uint32_t i = 0; i < 8; i++) {
			assert_true(tcp_echo_server_at(st, i)->answered >= 3);
			assert_int_equal(tcp_echo_server_at(st, i)->answered,
			    atomic_load(&tcp_echo_client_at(st, i)->replies));
		}
		end(&s);
	}
}

static void messages_have_their_size(void **unused)
{
	static const char *const refused[] = {"15", "4097", "0"};
	struct bench_case bc;
	struct subject s;

	(void)unused;
	begin(&s, "job/tcp_echo/model:thread/place:same/connections:2/bytes:1000");
	assert_int_equal(((const struct tcp_echo_state *)s.team.env.state)->bytes, 1000);
	right_trial(&s, WINDOW_NS);
	end(&s);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char name[100];

		(void)snprintf(name, sizeof(name), "job/tcp_echo/bytes:%s", refused[i]);
		assert_non_null(strstr(parse(name, &bc), "bytes"));
	}
}

static const struct cb_worker_ops *usual;

/* Answers its first request when the window is open: warming up is over by then. */
static ssize_t late_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	const _Atomic uint64_t *open_ns = worker_of(w)->open_ns;

	if (w->calls++ == 0) {
		while (atomic_load(open_ns) == UINT64_MAX)
			clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
		clock_sleep_until_ns(atomic_load(open_ns) + 2 * CLOCK_NS_PER_MS);
	}
	return usual->write(w, fd, buf, n);
}

/* What was parked between two trials must not be timed: the pause would be its latency. */
static void pause_is_no_latency(void **unused)
{
	/* A scheduler's hiccup may be long, with a detector of races on a busy machine some tenths
	 * of a second, but not as long as the pause. */
	const uint64_t pause_ns = 3 * CLOCK_NS_PER_S;
	struct cb_worker_ops ops;
	struct subject s;

	(void)unused;
	begin(&s, "job/tcp_echo/model:thread/place:same/connections:8");
	right_trial(&s, WINDOW_NS);
	usual = subject_worker(&s, 0)->ops;
	ops = *usual;
	ops.write = late_write;
	subject_worker(&s, 0)->ops = &ops;
	clock_sleep_until_ns(clock_now_ns() + pause_ns);
	right_trial(&s, CLOCK_NS_PER_S);
	assert_true(subject_worker(&s, 0)->calls > 1);
	assert_true(s.sample.latency->count > 0);
	assert_true(s.sample.latency->max < pause_ns);
	end(&s);
}

/* A server that gives up: its client hangs up, so that nobody else waits for ever. It says so when
 * the others have long come to wait. */
static ssize_t failing_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	(void)w;
	(void)buf;
	(void)n;
	(void)shutdown(fd, SHUT_RDWR);
	clock_sleep_until_ns(clock_now_ns() + 50 * CLOCK_NS_PER_MS);
	return -EPIPE;
}

static void broken_connection_ends_the_trial(void **unused)
{
	struct cb_worker_ops ops;
	struct subject s;

	(void)unused;
	(void)alarm(60);
	begin(&s, "job/tcp_echo/model:thread/place:same/connections:4");
	ops = *subject_worker(&s, 2)->ops;
	ops.write = failing_write;
	subject_worker(&s, 2)->ops = &ops;
	assert_int_not_equal(trial(&s, 300 * CLOCK_NS_PER_MS), 0);
	assert_int_equal(s.team.slots[2].error, -EPIPE);
	assert_string_equal(s.team.slots[2].error_what, "echo: write");
	assert_int_not_equal(s.team.slots[0].error, 0);
	end(&s);
	(void)alarm(0);
}

/* One bit of its first answer. */
static ssize_t flipping_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	unsigned char answer[TCP_ECHO_BYTES_MAX];

	memcpy(answer, buf, n);
	if (w->calls++ == 0)
		answer[n - 1] ^= 4;
	return usual->write(w, fd, answer, n);
}

static void one_wrong_answer_is_seen(void **unused)
{
	struct cb_worker_ops ops;
	struct subject s;

	(void)unused;
	begin(&s, "job/tcp_echo/model:thread/place:same/connections:2");
	right_trial(&s, WINDOW_NS);
	usual = subject_worker(&s, 1)->ops;
	ops = *usual;
	ops.write = flipping_write;
	subject_worker(&s, 1)->ops = &ops;
	wrong(&s, trial(&s, 10 * WINDOW_NS), "1 wrong replies, first: connection 1, ");
	end(&s);
}

/* What the check says when the client has failed, and of figures that do not agree. */
static void disagreement_is_caught(void **unused)
{
	struct tcp_echo_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "job/tcp_echo/model:thread/place:same/connections:2");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	s.team.done[1]++;
	wrong(&s, check(&s), "were counted");
	s.team.done[1]--;
	assert_int_equal(check(&s), 0);
	atomic_store(&st->client_error, -ECONNRESET);
	wrong(&s, check(&s), "client: ");
	end(&s);
}

/* Two beside the servers: one on a PU of its own, one on theirs, each with its own books. */
static void the_soaker_takes_what_is_left(void **unused)
{
	static const char *const models[] = {"thread", "process", "coroutine"};

	(void)unused;
	for (size_t m = 0; m < 3; m++) {
		const struct tcp_echo_state *st;
		struct metric_set *metrics;
		double soaker_ns = 0.0, pu = -1.0;
		struct subject s;
		char name[100];

		(void)snprintf(name, sizeof(name),
		    "job/tcp_echo_soaked/model:%s/place:same/connections:2", models[m]);
		begin(&s, name);
		st = s.team.env.state;
		metrics = &s.sample.metrics;
		/* On a busy machine it has to wait for its turn: there is little left. */
		for (unsigned t = 0; t < 100 && soaker_ns <= 0.0; t++) {
			right_trial(&s, 2 * WINDOW_NS);
			assert_true(metric_get(metrics, "companion1_cpu_ns", &soaker_ns));
		}
		assert_true(soaker_ns > 0.0);
		assert_true(atomic_load(&st->soaked) > 1);
		assert_true(metric_get(metrics, "companion1_pu", &pu));
		assert_int_equal((int)pu, s.team.unit[0].bound_pu);
		assert_true(metric_get(metrics, "soaked_pct", &pu));
		end(&s);
	}
}

/* A trial, in which no connection has more replies than its pace allows: one that was due as the
 * trial began, one a period from then on, and what was still out from before. However long a busy
 * machine takes for it. */
static void paced_trial(struct subject *s, uint64_t window_ns)
{
	const struct tcp_echo_state *st = s->team.env.state;
	uint64_t before[4], from_ns, most;

	assert_int_equal(st->connections, 4);
	for (unsigned i = 0; i < 4; i++)
		before[i] = atomic_load(&tcp_echo_client_at(st, i)->replies);
	from_ns = clock_now_ns();
	right_trial(s, window_ns);
	most = (clock_now_ns() - from_ns) / st->period_ns + 2;
	for (unsigned i = 0; i < 4; i++)
		assert_true(atomic_load(&tcp_echo_client_at(st, i)->replies) - before[i] <= most);
}

/* As many requests as it is to have, of a peak that is given, and no more. */
static void a_pace_is_kept(void **unused)
{
	static const struct {
		double given;
		const char *load_pct;
		double per_s;
	} paces[] = {{4000.0, "50", 2000.0}, {1000.0, "20", 200.0}};

	(void)unused;
	for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++) {
		struct subject s;
		double value;
		char name[120];

		(void)snprintf(name, sizeof(name),
		    "job/tcp_echo_paced/place:same/connections:4/load_pct:%s", paces[i].load_pct);
		begin_given(&s, name, paces[i].given);
		/* At 200 a second, five a connection in a window. */
		for (unsigned t = 0; t < 3; t++)
			paced_trial(&s, 100 * CLOCK_NS_PER_MS);
		assert_true(metric_get(&s.sample.metrics, CB_GIVEN_OPS_PER_S, &value));
		assert_true(value == paces[i].per_s);
		assert_true(metric_get(&s.sample.metrics, METRIC_OPS, &value));
		assert_true(value > 0.0);
		end(&s);
	}
}

/* No load is guessed. */
static void without_a_peak_there_is_no_pace(void **unused)
{
	struct subject s;

	(void)unused;
	memset(&s, 0, sizeof(s));
	assert_string_equal(parse("job/tcp_echo_paced/place:same/connections:4", &s.bc), "");
	assert_int_equal(team_create(&s.team, &s.bc, topo, &(struct team_options){.seed = 7}, s.why,
			     sizeof(s.why)),
	    -EINVAL);
	assert_string_equal(s.why, "it was given no peak to pace itself by");
}

/* Its case without a pace, all other things equal. */
static void a_pace_needs_a_peak(void **unused)
{
	struct bench_case bc, needed;
	char name[CASE_NAME_MAX];

	(void)unused;
	assert_string_equal(
	    parse("job/tcp_echo_paced/model:coroutine/place:same/connections:10/load_pct:20", &bc),
	    "");
	assert_true(bc.kind->self->depends(&bc.pub, name, sizeof(name)));
	assert_string_equal(
	    name, "job/tcp_echo/model:coroutine/carriers:1/place:same/connections:10/bytes:64");
	assert_string_equal(parse(name, &needed), "");
	assert_string_equal(needed.name, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pace_is_kept),
	    cmocka_unit_test(a_pace_needs_a_peak),
	    cmocka_unit_test(without_a_peak_there_is_no_pace),
	    cmocka_unit_test(the_soaker_takes_what_is_left),
	    cmocka_unit_test(every_connection_is_served),
	    cmocka_unit_test(messages_have_their_size),
	    cmocka_unit_test(pause_is_no_latency),
	    cmocka_unit_test(broken_connection_ends_the_trial),
	    cmocka_unit_test(one_wrong_answer_is_seen),
	    cmocka_unit_test(disagreement_is_caught),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
