/* cell_test.c - a cell in a forked child, with this test as the supervisor that speaks by hand. */
#include "harness/cell/cell.h"

#include "harness/base/clock.h"
#include <concbench/gbench.h>
#include "harness/cell/protocol.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define WINDOW_NS (2 * CLOCK_NS_PER_MS)

struct shared {
	uint64_t total CB_ALIGNED;
};

static uint64_t add(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	for (uint64_t i = 0; i < n; i++)
		(void)cb_fetch_add(&((struct shared *)state)->total, 1);
	return n;
}

static uint64_t die(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	(void)n;
	_exit(3);
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	(void)snprintf(why, why_len, "does not add up");
	return cb_load(&((const struct shared *)env->state)->total) == done ? 0 : -EBADMSG;
}

/* Wrong from the third trial on. */
static int check_losing(const struct cb_env *env, char *why, size_t why_len)
{
	if (env->trials < 3)
		return 0;
	(void)snprintf(why, why_len, "one item was lost");
	return -EBADMSG;
}

static int no_setup(struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)snprintf(why, why_len, "no such kernel");
	return -ENOTSUP;
}

/* A trial without a window: a millisecond or more, and what it was given. */
static int look_once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	(void)why;
	(void)why_len;
	cb_store(&((struct shared *)env->state)->total, env->trials + 1);
	clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
	return cb_metric(metrics, "parked_bytes", 4096) || cb_metric(metrics, "given", env->given);
}

static int hit_a_wall(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	(void)metrics;
	if (env->trials < 2)
		return 0;
	(void)snprintf(why, why_len, "no more tasks");
	return -EAGAIN;
}

/* Without workers only the trials can be counted. */
static int check_looks(const struct cb_env *env, char *why, size_t why_len)
{
	(void)snprintf(why, why_len, "trial %u not done", env->trials);
	return cb_load(&((const struct shared *)env->state)->total) == env->trials ? 0 : -EBADMSG;
}

static const struct cb_param params[] = {
    CB_PARAM_MODEL, CB_PARAM_WORKERS("1"), CB_PARAM_PLACE("none")};
static const struct cb_family family = {.name = "test",
    .plural = "tests",
    .title = "Of a test",
    .question = "Does it work?",
    .params = params,
    .param_count = 3};
extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {&family, NULL};

#define KIND(x, ...)                                                              \
	static const struct cb_workload x##_work = {                              \
	    .op = "addition", .state_bytes = sizeof(struct shared), __VA_ARGS__}; \
	static const struct cb_kind x = {.family = "test",                        \
	    .name = #x,                                                           \
	    .about = "for this test",                                             \
	    .version = 1,                                                         \
	    .models = CB_CAN_ALL,                                                 \
	    .work = &x##_work};                                                   \
	CB_REGISTER(x)

KIND(good, .batch = add, .check = check, .cooperative = true)
KIND(losing, .batch = add, .check = check_losing)
KIND(dying, .batch = die, .check = check, .max_batch = 1)
KIND(impossible, .batch = add, .check = check, .setup = no_setup)
KIND(looks, .once = look_once, .check = check_looks)
KIND(walled, .once = hit_a_wall)

static struct topology *topo;
static struct registry registry;
static struct host host;

static int prepare(void **state)
{
	char err[200];

	(void)state;
	/* What a cell leaves behind becomes ours, so that it is seen. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		return -1;
	if (topology_discover(&topo, err, sizeof(err)) != 0)
		return -1;
	host_describe(&host, topo);
	return registry_create(&registry, err, sizeof(err));
}

static int release(void **state)
{
	(void)state;
	registry_free(&registry);
	topology_free(topo);
	return 0;
}

/* A cell and our end of its socket. */
struct peer {
	struct bench_case bc;
	pid_t pid;
	int fd;
	struct line_buffer input;
};

static struct bench_case case_called(const char *name)
{
	struct bench_case bc;
	char err[300];

	if (case_parse(&registry, &host, name, &bc, NULL, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	assert_string_equal(bc.unsupported, "");
	return bc;
}

static void start_with(struct peer *p, const char *name, const struct cell_options *options)
{
	struct cell_options o = *options;
	int pair[2];

	memset(p, 0, sizeof(*p));
	p->bc = case_called(name);
	o.bc = &p->bc;
	o.topo = topo;
	o.seed = 7;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		(void)close(pair[0]);
		_exit(cell_serve(&o, pair[1]));
	}
	assert_int_equal(close(pair[1]), 0);
	p->fd = pair[0];
}

static void start(struct peer *p, const char *name, unsigned slots)
{
	start_with(p, name, &(struct cell_options){.slots = slots, .slot_ns = WINDOW_NS});
}

static void say(struct peer *p, enum message_type type, unsigned slot)
{
	const struct message m = {.type = type, .slot = slot};

	assert_int_equal(message_send(p->fd, &m), 0);
}

static void hear(struct peer *p, enum message_type type, struct message *m)
{
	char err[300];
	const char *line;
	size_t len;

	while (!line_buffer_next(&p->input, &line, &len))
		if (line_buffer_fill(&p->input, p->fd) <= 0)
			fail_msg("the cell has nothing more to say");
	if (message_parse(line, len, m, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	if (m->type != type)
		fail_msg("%s, not %s: %s", message_type_name(m->type), message_type_name(type),
		    m->reason);
}

static bool said_all(struct peer *p)
{
	const char *line;
	size_t len;

	return !line_buffer_next(&p->input, &line, &len) && line_buffer_fill(&p->input, p->fd) <= 0;
}

/* Wait for its end and for that of all it left behind. */
static void bury(struct peer *p, int exit_status)
{
	int status = -1;

	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	if (status != exit_status << 8)
		fail_msg("status 0x%x", (unsigned)status);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	assert_int_equal(errno, ECHILD);
	line_buffer_free(&p->input);
	if (p->fd >= 0)
		assert_int_equal(close(p->fd), 0);
}

static struct sample hear_sample(struct peer *p, unsigned slot)
{
	struct message m;

	say(p, MESSAGE_GO, slot);
	hear(p, MESSAGE_SAMPLE, &m);
	assert_int_equal(m.sample.slot, slot);
	return m.sample;
}

static double take_sample(struct peer *p, unsigned slot)
{
	struct sample s = hear_sample(p, slot);
	double ns = 0.0;

	assert_true(metric_get(&s.metrics, METRIC_NS_PER_OP, &ns));
	assert_true(ns > 0.0);
	sample_free(&s);
	return ns;
}

static void check_summary(struct peer *p, unsigned rows, double sum_ns)
{
	struct message m;

	hear(p, MESSAGE_SUMMARY, &m);
	assert_int_equal(m.rows, rows);
	/* The supervisor's own rule. */
	assert_true(fabs(m.real_time_sum_ns - sum_ns) <= 1e-6 * sum_ns + 1e-3);
	/* Negative control: it would see one sample that was left out. */
	assert_false(fabs(m.real_time_sum_ns * 0.9 - sum_ns) <= 1e-6 * sum_ns + 1e-3);
}

static void turn_by_turn(void **state)
{
	static const char *const names[] = {"test/good/model:thread/workers:1/place:none",
	    "test/good/model:process/workers:1/place:none",
	    "test/good/model:coroutine/workers:1/place:none"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		double sum_ns = 0.0;
		struct message m;
		struct peer p;
		char hash[17];

		start(&p, names[i], 3);
		hear(&p, MESSAGE_READY, &m);
		case_hash(&p.bc, hash);
		assert_string_equal(m.case_name, names[i]);
		assert_string_equal(m.hash, hash);
		assert_string_equal(m.pus, "any");
		assert_int_equal(m.slot_ns, WINDOW_NS);
		assert_false(m.oversubscribed);
		/* The number is the supervisor's: two cells may take turns. */
		for (unsigned slot = 4; slot < 7; slot++)
			sum_ns += take_sample(&p, slot);
		check_summary(&p, 3, sum_ns);
		assert_true(said_all(&p));
		bury(&p, 0);
	}
}

/* One that has two PUs says which regime of the machine it is in, with each of its trials the same;
 * on a busy machine one of the two may have no time to. */
static void a_launch_tells_its_regime(void **state)
{
	const char *const name = "test/good/model:thread/workers:2/place:scatter";
	double first = 0, ns;
	bool told = false;

	(void)state;
	if (topology_pu_count(topo) < 2)
		skip();
	for (unsigned i = 0; !told && i < 20; i++) {
		struct message m;
		struct peer p;
		double sum_ns = 0;

		start(&p, name, 2);
		hear(&p, MESSAGE_READY, &m);
		for (unsigned slot = 0; slot < 2; slot++) {
			struct sample s = hear_sample(&p, slot);
			const bool has = metric_get(&s.metrics, METRIC_ROUND_TRIP_NS, &ns);

			sum_ns += sample_length_ns(&s);
			if (slot)
				assert_true(has == told && (!has || ns == first));
			first = ns;
			told = has;
			sample_free(&s);
		}
		check_summary(&p, 2, sum_ns);
		bury(&p, 0);
	}
	assert_true(told && first > 0);
}

static void an_early_end_is_an_end(void **state)
{
	struct message m;
	struct peer p;
	double sum_ns;

	(void)state;
	start(&p, "test/good/model:process", 9);
	hear(&p, MESSAGE_READY, &m);
	sum_ns = take_sample(&p, 0);
	sum_ns += take_sample(&p, 1);
	say(&p, MESSAGE_END, 0);
	check_summary(&p, 2, sum_ns);
	assert_true(said_all(&p));
	bury(&p, 0);
}

static void failures_are_reported(void **state)
{
	static const struct {
		const char *name;
		unsigned samples; /* before it */
		bool before_ready;
		enum case_status status;
		const char *reason;
	} table[] = {
	    {"test/losing", 2, false, STATUS_INVALID, "one item was lost"},
	    {"test/losing/model:process", 2, false, STATUS_INVALID, "one item was lost"},
	    {"test/dying/model:process", 0, false, STATUS_CRASHED,
		"worker process 0 exited with status 3"},
	    {"test/impossible", 0, true, STATUS_UNSUPPORTED, "no such kernel"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct message m;
		struct peer p;

		start(&p, table[i].name, 5);
		if (!table[i].before_ready) {
			hear(&p, MESSAGE_READY, &m);
			for (unsigned slot = 0; slot < table[i].samples; slot++)
				(void)take_sample(&p, slot);
			say(&p, MESSAGE_GO, table[i].samples);
		}
		hear(&p, MESSAGE_FAIL, &m);
		assert_int_equal(m.status, table[i].status);
		assert_string_equal(m.reason, table[i].reason);
		/* No summary after a failure. */
		assert_true(said_all(&p));
		bury(&p, 1);
	}
}

/* What its supervisor must not say. */
static void nonsense_is_a_failure(void **state)
{
	static const char *const lines[] = {"hello\n", "{\"v\":9,\"type\":\"go\",\"slot\":0}\n",
	    "{\"v\":1,\"type\":\"fail\",\"status\":\"ok\",\"reason\":\"\"}\n"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct message m;
		struct peer p;

		start(&p, "test/good", 3);
		hear(&p, MESSAGE_READY, &m);
		assert_int_equal(write(p.fd, lines[i], strlen(lines[i])), strlen(lines[i]));
		hear(&p, MESSAGE_FAIL, &m);
		assert_true(m.reason[0] != '\0');
		assert_true(said_all(&p));
		bury(&p, 1);
	}
}

static void no_supervisor_no_cell(void **state)
{
	struct message m;
	struct peer p;

	(void)state;
	for (unsigned samples = 0; samples < 2; samples++) {
		start(&p, "test/good/model:process", 100);
		hear(&p, MESSAGE_READY, &m);
		if (samples)
			(void)take_sample(&p, 0);
		assert_int_equal(close(p.fd), 0);
		p.fd = -1;
		bury(&p, 0);
	}
}

static void counters_have_a_pass_of_their_own(void **state)
{
	struct message m;
	struct peer p;
	char err[300];
	const char *line;
	size_t len;

	(void)state;
	start_with(&p, "test/good",
	    &(struct cell_options){.slots = 2, .slot_ns = WINDOW_NS, .counters = true});
	while (!line_buffer_next(&p.input, &line, &len))
		assert_true(line_buffer_fill(&p.input, p.fd) > 0);
	assert_int_equal(message_parse(line, len, &m, err, sizeof(err)), 0);
	if (m.type == MESSAGE_FAIL) {
		/* Not allowed here: said with a reason, and never as a zero. */
		assert_int_equal(m.status, STATUS_UNSUPPORTED);
		assert_true(m.reason[0] != '\0');
		bury(&p, 1);
		return;
	}
	assert_int_equal(m.type, MESSAGE_READY);
	(void)take_sample(&p, 0);
	(void)take_sample(&p, 1);
	hear(&p, MESSAGE_COUNTERS, &m);
	for (unsigned i = 0; i < m.counters.count; i++)
		assert_true(m.counters.item[i].value >= 0.0);
	hear(&p, MESSAGE_SUMMARY, &m);
	assert_int_equal(m.rows, 2);
	bury(&p, 0);
}

/* A trial that is one call is as long as that took: nothing is done by operations. */
static void without_a_window(void **state)
{
	const struct cell_options o = {.slots = 3, .given = 12.5};
	double sum_ns = 0.0, value;
	struct message m;
	struct peer p;

	(void)state;
	start_with(&p, "test/looks", &o);
	hear(&p, MESSAGE_READY, &m);
	assert_int_equal(m.slot_ns, 0);
	for (unsigned slot = 0; slot < 3; slot++) {
		struct sample s = hear_sample(&p, slot);

		assert_false(metric_get(&s.metrics, METRIC_NS_PER_OP, &value));
		assert_true(metric_get(&s.metrics, METRIC_TRIAL_NS, &value));
		assert_true(value >= (double)CLOCK_NS_PER_MS);
		sum_ns += value;
		assert_true(metric_get(&s.metrics, "parked_bytes", &value) && value == 4096.0);
		assert_true(metric_get(&s.metrics, "given", &value) && value == 12.5);
		sample_free(&s);
	}
	check_summary(&p, 3, sum_ns);
	assert_true(said_all(&p));
	bury(&p, 0);
}

/* The machine's walls are no fault of the case. */
static void without_a_window_failures_are_reported_too(void **state)
{
	struct message m;
	struct peer p;

	(void)state;
	start(&p, "test/walled", 5);
	hear(&p, MESSAGE_READY, &m);
	for (unsigned slot = 0; slot < 2; slot++) {
		struct sample s = hear_sample(&p, slot);

		sample_free(&s);
	}
	say(&p, MESSAGE_GO, 2);
	hear(&p, MESSAGE_FAIL, &m);
	assert_int_equal(m.status, STATUS_UNSUPPORTED);
	assert_string_equal(m.reason, "no more tasks");
	assert_true(said_all(&p));
	bury(&p, 1);
}

/* In process: what is printed where, and the status. */
static int run_here(const char *name, char *out, size_t out_len, char *err, size_t err_len)
{
	const struct bench_case bc = case_called(name);
	const struct cell_options o = {
	    .bc = &bc, .topo = topo, .slots = 4, .slot_ns = WINDOW_NS, .seed = 7};
	FILE *files[2] = {tmpfile(), tmpfile()};
	char *texts[2] = {out, err};
	const size_t lens[2] = {out_len, err_len};
	int status = -1;
	pid_t pid;

	assert_true(files[0] && files[1]);
	(void)fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int argc = 1;
		char own[] = "concbench", *argv[] = {own, NULL};

		if (dup2(fileno(files[0]), 1) < 0 || dup2(fileno(files[1]), 2) < 0)
			_exit(99);
		(void)gbench_initialize(&argc, argv);
		status = cell_run_here(&o);
		(void)fflush(stdout);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (unsigned i = 0; i < 2; i++) {
		size_t n;

		rewind(files[i]);
		n = fread(texts[i], 1, lens[i] - 1, files[i]);
		texts[i][n] = '\0';
		assert_int_equal(fclose(files[i]), 0);
	}
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void in_process_google_benchmark_reports(void **state)
{
	char out[8000], err[8000];

	(void)state;
	assert_int_equal(run_here("test/good", out, sizeof(out), err, sizeof(err)), 0);
	assert_non_null(strstr(out, "test/good/model:thread/workers:1/place:none/"));
	assert_non_null(strstr(out, "_median"));
	assert_null(strstr(err, "concbench: "));
	assert_int_equal(run_here("test/losing", out, sizeof(out), err, sizeof(err)), 1);
	assert_non_null(
	    strstr(err, "concbench: test/losing/model:thread/workers:1/place:none: invalid: one "
			"item was lost\n"));
}

static void what_an_error_means(void **state)
{
	(void)state;
	assert_int_equal(cell_status_of(-ENOTSUP), STATUS_UNSUPPORTED);
	assert_int_equal(cell_status_of(-EAGAIN), STATUS_UNSUPPORTED);
	assert_int_equal(cell_status_of(-ENOMEM), STATUS_UNSUPPORTED);
	assert_int_equal(cell_status_of(-EMFILE), STATUS_UNSUPPORTED);
	assert_int_equal(cell_status_of(-EPERM), STATUS_UNSUPPORTED);
	assert_int_equal(cell_status_of(-ENOSYS), STATUS_UNSUPPORTED);
	assert_int_equal(cell_status_of(-ENETUNREACH), STATUS_UNSUPPORTED);
	assert_int_equal(cell_status_of(-ECHILD), STATUS_CRASHED);
	assert_int_equal(cell_status_of(-EBADMSG), STATUS_INVALID);
	assert_int_equal(cell_status_of(-ETIME), STATUS_HUNG);
	assert_int_equal(cell_status_of(-EDEADLK), STATUS_HUNG);
	assert_int_equal(cell_status_of(-EIO), STATUS_INVALID);
	/* A shared object that was built again while it was measured. */
	assert_int_equal(cell_status_of(-ESTALE), STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(turn_by_turn),
	    cmocka_unit_test(a_launch_tells_its_regime),
	    cmocka_unit_test(an_early_end_is_an_end),
	    cmocka_unit_test(failures_are_reported),
	    cmocka_unit_test(nonsense_is_a_failure),
	    cmocka_unit_test(no_supervisor_no_cell),
	    cmocka_unit_test(counters_have_a_pass_of_their_own),
	    cmocka_unit_test(without_a_window),
	    cmocka_unit_test(without_a_window_failures_are_reported_too),
	    cmocka_unit_test(in_process_google_benchmark_reports),
	    cmocka_unit_test(what_an_error_means),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
