#include "harness/machine/counters.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGES 2000

/* Software events, which virtual machines have too. */
enum { FAULTS_USER, FAULTS_KERNEL, TASK_CLOCK, SWITCHES, MIGRATIONS, NO_SUCH_EVENT };

static const struct counters_spec software[COUNTERS_EVENTS] = {
    [FAULTS_USER] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, true, false},
    [FAULTS_KERNEL] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, false, true},
    [TASK_CLOCK] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, true, true},
    [SWITCHES] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, true, true},
    [MIGRATIONS] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, true, true},
    [NO_SUCH_EVENT] = {PERF_TYPE_SOFTWARE, 0xffff, true, false},
};

/* Skips where even page faults in user space may not be counted. */
static void open_software(struct counters *c)
{
	(void)counters_open_specs(c, software);
	if (c->fd[FAULTS_USER] < 0) {
		counters_close(c);
		print_message("no software events here (errno %d)\n", c->error[FAULTS_USER]);
		skip();
	}
}

/* One fault in user space for each of PAGES fresh pages; anything but 0 is an error. */
static int touch_pages(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	volatile char *at;
	void *map =
	    mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return -errno;
	/* Kernels without huge pages say EINVAL, and need not be asked. */
	(void)madvise(map, PAGES * page, MADV_NOHUGEPAGE);
	at = map;
	for (size_t i = 0; i < PAGES; i++)
		at[i * page] = 1;
	return munmap(map, PAGES * page) != 0 ? -errno : 0;
}

/* A worker that waits for its gate, a pipe, and then touches its pages. */
struct worker {
	int gate[2];
	pthread_t thread;
	pid_t pid;
	int err;
};

static void wait_and_touch(struct worker *w)
{
	char go;

	w->err = read(w->gate[0], &go, 1) == 1 ? touch_pages() : -EIO;
}

static void *thread_main(void *arg)
{
	wait_and_touch(arg);
	return NULL;
}

static void start_thread(struct worker *w)
{
	assert_int_equal(pipe(w->gate), 0);
	assert_int_equal(pthread_create(&w->thread, NULL, thread_main, w), 0);
}

static void start_process(struct worker *w)
{
	assert_int_equal(pipe(w->gate), 0);
	w->pid = fork();
	assert_true(w->pid >= 0);
	if (w->pid == 0) {
		wait_and_touch(w);
		_exit(w->err ? 1 : 0);
	}
}

static void finish(struct worker *w)
{
	int status;

	assert_int_equal(write(w->gate[1], "g", 1), 1);
	if (w->pid) {
		assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
		assert_int_equal(status, 0);
	} else {
		assert_int_equal(pthread_join(w->thread, NULL), 0);
		assert_int_equal(w->err, 0);
	}
	assert_int_equal(close(w->gate[0]), 0);
	assert_int_equal(close(w->gate[1]), 0);
}

static void counts_threads_and_processes(void **state)
{
	struct worker process = {.pid = 0}, thread = {.pid = 0};
	struct counters_reading before, first, second;
	struct counters c;

	(void)state;
	open_software(&c);
	assert_int_equal(c.error[FAULTS_USER], 0);
	assert_int_equal(c.fd[NO_SUCH_EVENT], -1);
	assert_int_equal(c.error[NO_SUCH_EVENT], ENOENT);

	/* Created before the counters are enabled, as workers are. */
	start_process(&process);
	start_thread(&thread);
	assert_int_equal(touch_pages(), 0);
	assert_int_equal(counters_read(&c, &before), 0);
	assert_true(before.valid[FAULTS_USER] && before.value[FAULTS_USER] == 0);

	assert_int_equal(counters_enable(&c), 0);
	assert_int_equal(touch_pages(), 0);
	finish(&process);
	finish(&thread);
	assert_int_equal(counters_disable(&c), 0);
	assert_int_equal(counters_read(&c, &first), 0);
	assert_true(first.valid[FAULTS_USER]);
	assert_true(first.value[FAULTS_USER] >= 3 * PAGES);
	assert_false(first.scaled[FAULTS_USER]);
	assert_false(first.valid[NO_SUCH_EVENT]);
	if (first.valid[FAULTS_KERNEL]) /* user and kernel are told apart */
		assert_true(first.value[FAULTS_KERNEL] < PAGES);
	if (first.valid[TASK_CLOCK])
		assert_true(first.value[TASK_CLOCK] > 0);
	if (first.valid[SWITCHES]) /* both waited for their gates, perhaps before enabling */
		assert_true(first.value[SWITCHES] >= 1);

	/* Disabled means disabled. */
	assert_int_equal(touch_pages(), 0);
	assert_int_equal(counters_read(&c, &second), 0);
	assert_true(second.value[FAULTS_USER] == first.value[FAULTS_USER]);
	/* And totals go on from there. */
	assert_int_equal(counters_enable(&c), 0);
	assert_int_equal(touch_pages(), 0);
	assert_int_equal(counters_read(&c, &second), 0);
	assert_true(second.value[FAULTS_USER] >= 4 * PAGES);
	counters_close(&c);
}

/* Negative control: workers that are not inherited must be missing in the count above. */
static void misses_workers_created_before(void **state)
{
	struct worker process = {.pid = 0}, thread = {.pid = 0};
	struct counters_reading reading;
	struct counters c;

	(void)state;
	start_process(&process);
	start_thread(&thread);
	(void)counters_open_specs(&c, software);
	assert_int_equal(counters_enable(&c), 0);
	finish(&process);
	finish(&thread);
	assert_int_equal(counters_read(&c, &reading), 0);
	counters_close(&c);
	if (!reading.valid[FAULTS_USER]) {
		print_message("no software events here (errno %d)\n", c.error[FAULTS_USER]);
		skip();
	}
	assert_true(reading.value[FAULTS_USER] < PAGES);
}

static void hardware_or_a_reason(void **state)
{
	struct counters_reading reading;
	struct counters c;
	char reason[128] = "untouched";
	int open = counters_open(&c, reason, sizeof(reason));

	(void)state;
	assert_in_range(open, 0, COUNTERS_EVENTS);
	assert_true((open == COUNTERS_EVENTS) == (reason[0] == '\0'));
	if (reason[0])
		print_message("%s\n", reason);
	assert_int_equal(counters_enable(&c), 0);
	assert_int_equal(touch_pages(), 0);
	assert_int_equal(counters_disable(&c), 0);
	assert_int_equal(counters_read(&c, &reading), 0);
	for (int i = 0; i < COUNTERS_EVENTS; i++) {
		assert_true((c.fd[i] >= 0) == (c.error[i] == 0));
		assert_true(c.fd[i] >= 0 || !reading.valid[i]);
	}
	if (reading.valid[COUNTERS_INSTRUCTIONS_USER]) /* a few for each page */
		assert_true(reading.value[COUNTERS_INSTRUCTIONS_USER] > PAGES);
	counters_close(&c);
	for (int i = 0; i < COUNTERS_EVENTS; i++)
		assert_int_equal(c.fd[i], -1);
	counters_close(&c);
}

static void explains(void **state)
{
	static const struct {
		int error[COUNTERS_EVENTS];
		int paranoid;
		const char *reason;
	} cases[] = {
	    {{0, 0, 0, 0, 0, 0}, 2, ""},
	    {{ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT}, 2,
		"hardware counters: not supported by this machine (ENOENT)"},
	    {{EACCES, EACCES, EACCES, EACCES, EACCES, EACCES}, 3,
		"hardware counters: not permitted (kernel.perf_event_paranoid=3)"},
	    {{EPERM, EPERM, EPERM, EPERM, EPERM, EPERM}, COUNTERS_PARANOID_UNKNOWN,
		"hardware counters: not permitted (EPERM)"},
	    {{0, EACCES, 0, EACCES, 0, EACCES}, 2,
		"hardware counters: 3 of 6 not permitted (kernel.perf_event_paranoid=2)"},
	    /* Without privileges on a machine that has none: permission would not help. */
	    {{ENOENT, EACCES, ENOENT, EACCES, ENOENT, EACCES}, 2,
		"hardware counters: not supported by this machine (ENOENT)"},
	    {{0, 0, 0, 0, ENOENT, ENOENT}, -1,
		"hardware counters: 2 of 6 not supported by this machine (ENOENT)"},
	    {{ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS}, COUNTERS_PARANOID_UNKNOWN,
		"hardware counters: not supported by this machine (ENOSYS)"},
	    {{0, 0, EMFILE, EMFILE, EMFILE, EMFILE}, 2,
		"hardware counters: 4 of 6 not available (Too many open files)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct counters c;
		char reason[128];

		memcpy(c.error, cases[i].error, sizeof(c.error));
		counters_explain(&c, cases[i].paranoid, reason, sizeof(reason));
		assert_string_equal(reason, cases[i].reason);
	}
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(counters_event_name(COUNTERS_INSTRUCTIONS_USER), "instructions_user");
	assert_string_equal(
	    counters_event_name(COUNTERS_CACHE_MISSES_KERNEL), "cache_misses_kernel");
	for (int i = 0; i < COUNTERS_EVENTS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(counters_event_name((enum counters_event)i),
			    counters_event_name((enum counters_event)j));
}

static void bad_descriptor_is_an_error(void **state)
{
	struct counters_reading reading = {.value[0] = 4711};
	struct counters c;

	(void)state;
	for (int i = 0; i < COUNTERS_EVENTS; i++)
		c.fd[i] = -1;
	c.fd[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(c.fd[1] >= 0);
	assert_int_equal(counters_enable(&c), -ENOTTY);
	assert_int_equal(counters_read(&c, &reading), -EIO); /* the end of a file, not a count */
	assert_true(reading.value[0] == 4711);
	counters_close(&c);
}

/* What the kernel says of an event that shares the hardware with others is of a part of the time.
 */
static void a_part_of_the_time_stands_for_all(void **state)
{
	static const struct {
		struct {
			uint64_t value, enabled_ns, running_ns;
		} raw;
		bool valid, scaled;
		double value;
	} table[COUNTERS_EVENTS] = {
	    {{1000, 400, 400}, true, false, 1000},
	    {{1000, 400, 100}, true, true, 4000},
	    {{0, 400, 100}, true, true, 0},
	    /* Not a moment: that is not 0. */
	    {{0, 400, 0}, false, false, 0},
	    /* Not enabled yet. */
	    {{0, 0, 0}, true, false, 0},
	    {{3, 300, 200}, true, true, 4.5},
	};
	struct counters_reading reading;
	struct counters c;

	(void)state;
	counters_none(&c);
	for (int i = 0; i < COUNTERS_EVENTS; i++) {
		int fds[2];

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		assert_int_equal(
		    write(fds[1], &table[i].raw, sizeof(table[i].raw)), sizeof(table[i].raw));
		assert_int_equal(close(fds[1]), 0);
		c.fd[i] = fds[0];
	}
	assert_int_equal(counters_read(&c, &reading), 0);
	for (int i = 0; i < COUNTERS_EVENTS; i++) {
		assert_int_equal(reading.valid[i], table[i].valid);
		assert_int_equal(reading.scaled[i], table[i].scaled);
		assert_true(reading.value[i] == table[i].value);
	}
	counters_close(&c);
}

static void *spin_then_sleep(void *arg)
{
	struct counters_usage *usage = arg;
	const uint64_t start = clock_now_ns();

	counters_usage_self(&usage[0]);
	while (clock_thread_cpu_ns() - usage[0].cpu_ns < 2 * CLOCK_NS_PER_MS)
		;
	for (uint64_t i = 1; i <= 10; i++)
		clock_sleep_until_ns(start + i * CLOCK_NS_PER_MS + 10 * CLOCK_NS_PER_MS);
	counters_usage_self(&usage[1]);
	return NULL;
}

static void usage_is_of_one_thread(void **state)
{
	struct counters_usage other[2], before, after;
	pthread_t thread;

	(void)state;
	counters_usage_self(&before);
	assert_int_equal(pthread_create(&thread, NULL, spin_then_sleep, other), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	counters_usage_self(&after);
	assert_true(other[1].cpu_ns - other[0].cpu_ns >= 2 * CLOCK_NS_PER_MS);
	assert_true(other[1].voluntary_switches - other[0].voluntary_switches >= 1);
	assert_true(other[1].involuntary_switches >= other[0].involuntary_switches);
	/* Its switches were not this thread's. */
	assert_true(
	    after.voluntary_switches - before.voluntary_switches <= other[1].voluntary_switches);
	assert_true(after.cpu_ns >= before.cpu_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_threads_and_processes),
	    cmocka_unit_test(misses_workers_created_before),
	    cmocka_unit_test(hardware_or_a_reason),
	    cmocka_unit_test(explains),
	    cmocka_unit_test(names),
	    cmocka_unit_test(bad_descriptor_is_an_error),
	    cmocka_unit_test(a_part_of_the_time_stands_for_all),
	    cmocka_unit_test(usage_is_of_one_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
