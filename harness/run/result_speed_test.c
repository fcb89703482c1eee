/* result_speed_test.c - a run file of five times the cases takes five times as long, to write and
 * to read. CONCBENCH_CASES=2000 does it with 2,000 and 10,000. */
#include "harness/run/run_fixture.h"

#include "harness/base/scaling_fixture.h"
#include "harness/base/text.h"
#include "harness/run/result.h"

#define LAUNCHES 5
#define SLOTS 2
#define CASES_OF_A_KIND 10

static char path[] = "/tmp/concbench-result-speed-XXXXXX";
static unsigned small;     /* so many cases, */
static struct run runs[2]; /* and SCALING_BY times as many */

static void make_run(struct run *run, unsigned cases)
{
	(void)snprintf(run->id, sizeof(run->id), "20260102T030405Z-host-1a2b3c");
	(void)snprintf(run->date, sizeof(run->date), FIXTURE_DATE);
	for (unsigned c = 0; c < cases; c++) {
		char name[CASE_NAME_MAX];
		struct series *s;

		(void)snprintf(name, sizeof(name), "lock/kind%u/model:thread/workers:%u",
		    c / CASES_OF_A_KIND, c % CASES_OF_A_KIND + 1);
		s = fixture_series(run, name, c % CASES_OF_A_KIND + 1);
		for (unsigned l = 0; l < LAUNCHES; l++)
			for (unsigned k = 0; k < SLOTS; k++)
				fixture_add(s, fixture_sample(l, k, 100 + l + 0.1 * k + c % 7));
	}
	assert_int_equal(run_summarise(run), 0);
}

static int prepare(void **state)
{
	const char *text = getenv("CONCBENCH_CASES");
	uint64_t n = 200;
	const int fd = mkstemp(path);

	(void)state;
	if (fd < 0 || (text && text_parse_u64(text, 10, 100000, &n) != 0))
		return -1;
	(void)close(fd);
	small = (unsigned)n;
	make_run(&runs[0], small);
	make_run(&runs[1], small * SCALING_BY);
	return 0;
}

static int release(void **state)
{
	(void)state;
	(void)unlink(path);
	run_free(&runs[0]);
	run_free(&runs[1]);
	return 0;
}

static void write_file(unsigned cases)
{
	assert_int_equal(result_write(&runs[cases > small], path), 0);
}

static void write_and_read(unsigned cases)
{
	struct run run;
	char err[300];

	write_file(cases);
	if (result_read(path, &run, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	assert_int_equal(run.series_count, cases);
	run_free(&run);
}

static void five_times_the_cases(void **state)
{
	const unsigned large = small * SCALING_BY;

	(void)state;
	assert_true(
	    scaling_ratio("written", write_file, small, write_file, large) < SCALING_MOST_WORK);
	assert_true(scaling_ratio("written and read", write_and_read, small, write_and_read,
			large) < SCALING_MOST_WORK);
}

/* Negative controls of the gauge: the same against itself, and what is known to be quadratic. */
static void compare_all(unsigned cases)
{
	unsigned same = 0;

	for (unsigned turn = 0; turn < 10; turn++)
		for (unsigned i = 0; i < cases; i++)
			for (unsigned k = 0; k < cases; k++)
				same += !strcmp(runs[1].series[i].name, runs[1].series[k].name);
	assert_int_equal(same, 10 * cases);
}

static void the_gauge_tells(void **state)
{
	const double null = scaling_ratio("null", write_file, small, write_file, small);

	(void)state;
	assert_true(null > 0.5 && null < 2.0);
	assert_true(scaling_ratio("names with names", compare_all, 200, compare_all,
			200 * SCALING_BY) > SCALING_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_gauge_tells),
	    cmocka_unit_test(five_times_the_cases),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
