/*
 * conformance_test.c - every kind there is, as `concbench check` tries it: nothing here names one.
 * This program is its own cell.
 */
#include "benches/team_fixture.h"
#include "harness/cell/conformance.h"
#include "harness/cmd/cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASE_NS (60 * CLOCK_NS_PER_MS)
#define PATIENCE_NS (60 * CLOCK_NS_PER_S)
#define HANG_NS (30 * CLOCK_NS_PER_S)
/* Of those that are to hang. */
#define BROKEN_HANG_NS CLOCK_NS_PER_S
/* Supervisors side by side: a case mostly waits, for its cell to begin and to end, for what hangs.
 */
#define SHARES 2u

static struct conformance_plan plan = {
    .exe = "/proc/self/exe",
    .stderr_fd = STDERR_FILENO,
    .case_ns = CASE_NS,
    .patience_ns = PATIENCE_NS,
    .hang_ns = HANG_NS,
    .seed = 7,
};

static bool is_broken(const struct kind *k)
{
	return k->self->flags & CB_BROKEN;
}

static struct case_list cases_of(const struct kind *k)
{
	struct case_list cases = {0};
	char err[400];

	if (conformance_cases(&kinds, &host, k, &cases, err, sizeof(err)) != 0)
		fail_msg("%s/%s: %s", k->family->name, k->name, err);
	return cases;
}

/* Of a share of the cases: all, those that have been run, those that are not as they should be. */
struct tally {
	unsigned dealt, run, bad;
};

/* In a process of its own, where no assertion may go back into the tests. */
static void do_share(unsigned share,
    void (*one)(const struct kind *k, const struct bench_case *bc, struct tally *tally),
    bool (*wanted)(const struct kind *k), struct tally *tally)
{
	unsigned n = 0;

	for (size_t i = 0; i < kinds.count; i++) {
		const struct kind *k = &kinds.item[i];
		struct case_list cases = {0};
		char err[400];

		if (!wanted(k))
			continue;
		if (conformance_cases(&kinds, &host, k, &cases, err, sizeof(err)) != 0) {
			print_error("%s/%s: %s\n", k->family->name, k->name, err);
			tally->bad += share == 0;
			continue;
		}
		for (size_t c = 0; c < cases.count; c++) {
			if (n++ % SHARES != share)
				continue;
			tally->dealt++;
			one(k, &cases.item[c], tally);
		}
		case_list_free(&cases);
	}
}

/* All cases of those kinds, dealt out. Of every share there has to be a word, and of every case. */
static struct tally all_cases(
    void (*one)(const struct kind *k, const struct bench_case *bc, struct tally *tally),
    bool (*wanted)(const struct kind *k))
{
	struct tally all = {0};
	pid_t child[SHARES];
	size_t cases = 0;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)fflush(NULL);
	for (unsigned share = 0; share < SHARES; share++) {
		struct tally tally = {0};

		child[share] = fork();
		assert_true(child[share] >= 0);
		if (child[share])
			continue;
		do_share(share, one, wanted, &tally);
		/* Not _exit(): what leaks here is to be told, too. */
		exit(write(ends[1], &tally, sizeof(tally)) != (ssize_t)sizeof(tally));
	}
	(void)close(ends[1]);
	for (unsigned share = 0; share < SHARES; share++) {
		int status;

		assert_int_equal(waitpid(child[share], &status, 0), child[share]);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("share %u of the cases ended with %x", share, (unsigned)status);
	}
	for (unsigned share = 0; share < SHARES; share++) {
		struct tally tally;

		assert_int_equal(read(ends[0], &tally, sizeof(tally)), sizeof(tally));
		all.dealt += tally.dealt;
		all.run += tally.run;
		all.bad += tally.bad;
	}
	(void)close(ends[0]);
	for (size_t i = 0; i < kinds.count; i++) {
		struct case_list of_kind = {0};

		if (wanted(&kinds.item[i]))
			of_kind = cases_of(&kinds.item[i]);
		cases += of_kind.count;
		case_list_free(&of_kind);
	}
	assert_int_equal(all.dealt, cases);
	return all;
}

/* All that is wrong is told, not the first only. */
static void one_conforms(const struct kind *k, const struct bench_case *bc, struct tally *tally)
{
	struct conformance_result r;
	const int ret = conformance_case(&plan, bc, &r);

	(void)k;
	tally->run += !ret && r.outcome != CONFORMANCE_UNSUPPORTED;
	if (!ret && r.outcome != CONFORMANCE_WRONG && r.outcome != CONFORMANCE_IDLE)
		return;
	tally->bad++;
	print_error("%s: %s\n", bc->name, ret ? strerror(-ret) : r.why);
}

static void every_kind_conforms(void **state)
{
	const struct tally all = all_cases(one_conforms, kind_listed);

	(void)state;
	assert_int_equal(all.bad, 0);
	assert_true(all.run > 100);
}

static void one_is_caught(const struct kind *k, const struct bench_case *bc, struct tally *tally)
{
	struct conformance_plan p = plan;
	struct conformance_result r;
	int ret;

	if (k->self->says)
		p.case_ns = PATIENCE_NS;
	if (k->self->says && !k->self->says[0])
		p.hang_ns = BROKEN_HANG_NS;
	ret = conformance_case(&p, bc, &r);
	tally->run += !ret && r.outcome != CONFORMANCE_UNSUPPORTED;
	if (!ret && (r.outcome == CONFORMANCE_UNSUPPORTED || conformance_caught(k, &r)))
		return;
	tally->bad++;
	print_error("%s: %s\n", bc->name, ret ? strerror(-ret) : r.why);
}

static void broken_kinds_are_caught(void **state)
{
	const struct tally all = all_cases(one_is_caught, is_broken);

	(void)state;
	assert_int_equal(all.bad, 0);
	assert_true(all.run > 50);
}

/* What a family asks for before a test counts. Those who are bound move to no other PU: there is a
 * metric that is always 0. */
static void what_nobody_wanted_has_not_been_tested(void **state)
{
	static const struct {
		const char *workers, *asks;
		enum conformance_outcome outcome;
	} rows[] = {
	    {"2", "ns_per_op", CONFORMS},
	    {"2", "migrations", CONFORMANCE_IDLE},
	    {"2", "ns_per_op migrations", CONFORMANCE_IDLE},
	    {"2", "ns_per_op|migrations", CONFORMS},
	    {"2", "migrations|ns_per_op jain", CONFORMS},
	    {"2", "ns_per_op no_such_metric", CONFORMS},
	    {"2", "no_such_metric", CONFORMANCE_IDLE},
	    /* Alone it has nobody to meet. */
	    {"1", "migrations", CONFORMS},
	};
	struct conformance_plan p = plan;

	(void)state;
	p.case_ns = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conformance_result r;
		struct bench_case bc;
		struct cb_family family;
		struct kind kind;
		char name[100];

		(void)snprintf(name, sizeof(name), "lock/pthread_mutex/model:thread/workers:%s",
		    rows[i].workers);
		assert_string_equal(parse(name, &bc), "");
		kind = *bc.kind;
		family = *kind.family;
		family.exercised = rows[i].asks;
		kind.family = &family;
		bc.kind = &kind;
		p.patience_ns = rows[i].outcome == CONFORMS ? PATIENCE_NS : 100 * CLOCK_NS_PER_MS;
		assert_int_equal(conformance_case(&p, &bc, &r), 0);
		if (r.outcome != rows[i].outcome)
			fail_msg("%s: '%s': %d, %s", name, rows[i].asks, r.outcome, r.why);
		if (r.outcome == CONFORMANCE_IDLE)
			assert_non_null(strstr(r.why, "nobody met anybody"));
	}
}

/* A claim that no case tries is no claim: each model of each kind is among its cases. */
static void every_model_claimed_is_tried(void **state)
{
	(void)state;
	for (size_t i = 0; i < kinds.count; i++) {
		const struct kind *k = &kinds.item[i];
		struct case_list cases = cases_of(k);
		const unsigned untried = conformance_untried(k, &cases);

		case_list_free(&cases);
		if (untried && !(k->self->flags & CB_HIDDEN))
			fail_msg("%s/%s: no case tries what it claims, models %x", k->family->name,
			    k->name, untried);
	}
}

static int no_coroutines(const struct cb_case *c, char *why, size_t why_len)
{
	(void)snprintf(why, why_len, "not as a coroutine after all");
	return c->model == CB_COROUTINE ? -EINVAL : 0;
}

/* Of a kind with sweeps of its own, which are not those of its family. */
static void claims_are_tried_whatever_its_sweeps_have(void **state)
{
	static const struct cb_sweep threads[] = {{CB_CHECK, "model=thread workers=2,3"}};
	static const struct cb_sweep never[] = {{CB_FULL, "model=thread workers=2"}};
	static const struct {
		const struct cb_sweep *sweeps;
		unsigned models;
		int (*can)(const struct cb_case *c, char *why, size_t why_len);
		size_t cases;
		unsigned untried;
	} rows[] = {
	    {threads, CB_CAN(CB_THREAD), NULL, 2, 0},
	    {threads, CB_CAN_OS, NULL, 4, 0},
	    {threads, CB_CAN_ALL, NULL, 6, 0},
	    /* None of the sweeps' own. */
	    {threads, CB_CAN(CB_COROUTINE), NULL, 2, 0},
	    {threads, CB_CAN_ALL, no_coroutines, 4, CB_CAN(CB_COROUTINE)},
	    {never, CB_CAN(CB_THREAD), NULL, 0, CB_CAN(CB_THREAD)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cb_kind self = *cb_kind_find("lock", "sound");
		const struct cb_kind *const own[] = {&self};
		struct case_list cases = {0};
		struct registry r;
		char err[400] = "";

		self.name = "own";
		self.flags = 0;
		self.models = rows[i].models;
		self.not_models = "why not";
		self.can = rows[i].can;
		self.sweeps = rows[i].sweeps;
		self.sweep_count = 1;
		memset(&r, 0, sizeof(r));
		assert_int_equal(registry_add(&r, own, own + 1, "", "own.so", err, sizeof(err)), 0);
		(void)conformance_cases(&r, &host, &r.item[0], &cases, err, sizeof(err));
		if (cases.count != rows[i].cases ||
		    conformance_untried(&r.item[0], &cases) != rows[i].untried)
			fail_msg("row %zu: %zu cases, models %x untried", i, cases.count,
			    conformance_untried(&r.item[0], &cases));
		case_list_free(&cases);
		registry_free(&r);
	}
}

/* So many operations, or so long, whichever is first. */
static void enough_operations_are_enough(void **state)
{
	struct conformance_plan p = plan;
	struct conformance_result r;
	struct bench_case bc;

	(void)state;
	assert_string_equal(parse("lock/sound/model:thread/workers:2", &bc), "");
	p.case_ns = PATIENCE_NS;
	p.case_ops = 1000.0;
	assert_int_equal(conformance_case(&p, &bc, &r), 0);
	assert_int_equal(r.outcome, CONFORMS);
	assert_true(r.ops >= p.case_ops && r.trials < 1000);
	p.case_ns = 0;
	p.case_ops = 1e15;
	assert_int_equal(conformance_case(&p, &bc, &r), 0);
	assert_int_equal(r.outcome, CONFORMS);
	assert_true(r.ops < p.case_ops);
}

/* Nothing passes as right where nothing has been seen to fail. */
static void every_family_has_something_broken(void **state)
{
	(void)state;
	for (unsigned f = 0; cb_families[f]; f++) {
		unsigned listed = 0, broken = 0;

		for (size_t i = 0; i < kinds.count; i++) {
			const struct kind *k = &kinds.item[i];

			if (k->family != cb_families[f])
				continue;
			listed += kind_listed(k);
			broken += is_broken(k) && k->self->says;
		}
		if (listed && !broken)
			fail_msg("%s: nothing is broken", cb_families[f]->plural);
	}
}

/* That it went wrong is not enough: a broken lock whose cell crashes shows nothing of the check. */
static void what_a_broken_kind_has_to_be_caught_by(void **state)
{
	static const struct {
		const char *says; /* NULL: broken only by name, and right */
		enum conformance_outcome outcome;
		const char *why;
		bool caught;
		enum case_status status;
	} rows[] = {
	    {"not exclusive", CONFORMANCE_WRONG, "not exclusive: the counter is 3", true,
		STATUS_INVALID},
	    {"not exclusive", CONFORMANCE_WRONG, "killed by signal 11", false, STATUS_INVALID},
	    {"not exclusive", CONFORMANCE_IDLE, "not exclusive? nobody met anybody", false,
		STATUS_INVALID},
	    {"not exclusive", CONFORMANCE_UNSUPPORTED, "not exclusive here", false, STATUS_INVALID},
	    {"not exclusive", CONFORMS, "", false, STATUS_INVALID},
	    {"two owners|not exclusive", CONFORMANCE_WRONG, "not exclusive: it is 3", true,
		STATUS_INVALID},
	    {"not exclusive|two owners", CONFORMANCE_WRONG, "two owners", true, STATUS_INVALID},
	    {"two owners|not exclusive", CONFORMANCE_WRONG, "owners", false, STATUS_INVALID},
	    {"two owners|", CONFORMANCE_WRONG, "killed by signal 11", false, STATUS_CRASHED},
	    {"", CONFORMANCE_WRONG, "no answer within 1.0 s", true, STATUS_HUNG},
	    {"", CONFORMANCE_WRONG, "unit 0: coroutines left waiting at the end of the trial", true,
		STATUS_HUNG},
	    {"", CONFORMANCE_WRONG, "killed by signal 11", false, STATUS_CRASHED},
	    {"", CONFORMANCE_WRONG, "not exclusive", false, STATUS_INVALID},
	    {"", CONFORMS, "", false, STATUS_INVALID},
	    {NULL, CONFORMS, "", true, STATUS_INVALID},
	    {NULL, CONFORMANCE_WRONG, "not exclusive", false, STATUS_INVALID},
	    {NULL, CONFORMANCE_IDLE, "nobody met anybody", false, STATUS_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct cb_kind self = {.flags = CB_BROKEN, .says = rows[i].says};
		const struct kind kind = {.self = &self};
		struct conformance_result r = {
		    .outcome = rows[i].outcome, .status = rows[i].status};

		(void)snprintf(r.why, sizeof(r.why), "%s", rows[i].why);
		if (conformance_caught(&kind, &r) != rows[i].caught)
			fail_msg("row %zu", i);
	}
}

static char xml[64];

static int open_all(void **state)
{
	int fd;

	(void)snprintf(xml, sizeof(xml), "%s/concbench-topology-XXXXXX", P_tmpdir);
	fd = mkstemp(xml);
	if (fd < 0 || close(fd) != 0 || open_machine(state) != 0)
		return -1;
	/* Reading it is much quicker than asking the kernel each time. */
	plan.topology_xml = xml;
	plan.allowed = topology_allowed_list(topo);
	return topology_write_xml(topo, xml);
}

static int close_all(void **state)
{
	(void)unlink(xml);
	return close_machine(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_broken_kind_has_to_be_caught_by),
	    cmocka_unit_test(every_family_has_something_broken),
	    cmocka_unit_test(every_model_claimed_is_tried),
	    cmocka_unit_test(claims_are_tried_whatever_its_sweeps_have),
	    cmocka_unit_test(enough_operations_are_enough),
	    cmocka_unit_test(what_nobody_wanted_has_not_been_tested),
	    cmocka_unit_test(broken_kinds_are_caught),
	    cmocka_unit_test(every_kind_conforms),
	};

	if (argc > 1)
		return command_main(&root_command, argc, argv);
	/* Whoever runs this may have asked for them. */
	(void)unsetenv("CONCBENCH_SELFTEST");
	/* Hundreds of cells, and the detector of races would have each wait a second as it ends. */
	(void)setenv("TSAN_OPTIONS", "atexit_sleep_ms=0", 0);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
