/* registry_test.c - what holds of the cases of all families together, on machines of many sizes. */
#include "benches/team_fixture.h"
#include "harness/work/sweep.h"

#include <stdlib.h>

static const char *const machines[] = {"pack:1 core:1 pu:1", "pack:1 core:2 pu:1",
    "pack:1 core:3 pu:1", "pack:2 core:4 pu:2", "pack:2 l3:4 core:8 pu:2"};
#define MACHINES (sizeof(machines) / sizeof(machines[0]))

/* Cases of a profile on one of the machines; close_list() releases both. */
static struct case_list open_list(
    size_t machine, enum cb_profile profile, struct topology **synthetic, struct host *h)
{
	const struct sweep_request q = {.profile = profile};
	struct case_list cases = {0};
	char err[400];

	if (topology_synthetic(machines[machine], NULL, synthetic, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	*h = (struct host){
	    .topology = *synthetic, .pus = topology_pu_count(*synthetic), .max_workers = 100000};
	if (sweep_cases(&kinds, h, &q, &cases, err, sizeof(err)) != 0)
		fail_msg("%s: %s", machines[machine], err);
	return cases;
}

static void close_list(struct case_list *cases, struct topology *synthetic)
{
	case_list_free(cases);
	topology_free(synthetic);
}

/* A case's name without what differs between execution models. */
static void without_model(const char *name, char out[CASE_NAME_MAX + 1])
{
	size_t used = 0;

	for (const char *part = name; *part;) {
		const size_t n = strcspn(part, "/");

		if (strncmp(part, "model:", 6) && strncmp(part, "carriers:", 9)) {
			memcpy(out + used, part, n);
			used += n;
			out[used++] = '/';
		}
		part += n + (part[n] == '/');
	}
	out[used] = '\0';
}

/*
 * A window of 3 ms fits into the slice that a busy machine's scheduler has just given, one of 60 ms
 * does not: with windows of their own, coroutines were 1.8 times as quick as threads, and with
 * equal ones they were not.
 */
static void models_are_compared_over_equal_windows(void **unused)
{
	unsigned pairs = 0;

	(void)unused;
	for (size_t k = 0; k < MACHINES; k++) {
		struct topology *synthetic;
		struct host h;
		struct case_list cases = open_list(k, CB_FULL, &synthetic, &h);

		for (size_t i = 0; i < cases.count; i++) {
			char a[CASE_NAME_MAX + 1], b[CASE_NAME_MAX + 1];

			without_model(cases.item[i].name, a);
			for (size_t j = 0; j < i; j++) {
				without_model(cases.item[j].name, b);
				if (strcmp(a, b))
					continue;
				pairs++;
				if (cases.item[i].window_ns != cases.item[j].window_ns)
					fail_msg("%s and %s have windows of different length",
					    cases.item[i].name, cases.item[j].name);
			}
		}
		close_list(&cases, synthetic);
	}
	assert_true(pairs > 300);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A name is a program, and so is its hash: no two cases have the same. */
static void every_name_is_its_case(void **unused)
{
	static const enum cb_profile profiles[] = {CB_FULL, CB_CHECK};

	(void)unused;
	for (size_t k = 0; k < 2 * MACHINES; k++) {
		struct topology *synthetic;
		struct host h;
		struct case_list cases = open_list(k / 2, profiles[k % 2], &synthetic, &h);
		char(*hash)[17] = calloc(cases.count, sizeof(*hash));
		char **sorted = calloc(cases.count, sizeof(*sorted));

		assert_non_null(hash);
		assert_non_null(sorted);
		for (size_t i = 0; i < cases.count; i++) {
			const struct bench_case *want = &cases.item[i];
			struct bench_case got;
			char err[400], again[17];

			if (case_parse(&kinds, &h, want->name, &got, NULL, err, sizeof(err)) != 0)
				fail_msg("%s: %s", want->name, err);
			assert_string_equal(got.name, want->name);
			assert_ptr_equal(got.kind, want->kind);
			assert_int_equal(got.pub.model, want->pub.model);
			assert_int_equal(got.pub.workers, want->pub.workers);
			assert_int_equal(got.pub.carriers, want->pub.carriers);
			assert_int_equal(got.window_ns, want->window_ns);
			assert_string_equal(got.unsupported, want->unsupported);
			case_hash(want, hash[i]);
			case_hash(&got, again);
			assert_string_equal(hash[i], again);
			sorted[i] = hash[i];
		}
		qsort(sorted, cases.count, sizeof(*sorted), by_text);
		for (size_t i = 1; i < cases.count; i++)
			assert_string_not_equal(sorted[i - 1], sorted[i]);
		free(sorted);
		free(hash);
		close_list(&cases, synthetic);
	}
}

/* Each machine can run something of each family in each profile; a greater one has all of a
 * smaller. */
static void every_profile_lists_something(void **unused)
{
	(void)unused;
	for (size_t k = 0; k < MACHINES; k++) {
		size_t before = 0;

		for (int profile = CB_SMOKE; profile <= CB_CHECK; profile++) {
			struct topology *synthetic;
			struct host h;
			struct case_list cases =
			    open_list(k, (enum cb_profile)profile, &synthetic, &h);

			for (unsigned f = 0; cb_families[f]; f++) {
				unsigned listed = 0, able = 0;

				for (size_t i = 0; i < kinds.count; i++)
					listed += kinds.item[i].family == cb_families[f] &&
						  kind_listed(&kinds.item[i]);
				for (size_t i = 0; i < cases.count; i++)
					able += cases.item[i].kind->family == cb_families[f] &&
						!cases.item[i].unsupported[0];
				if (listed && !able)
					fail_msg("%s: nothing of %s in profile %d", machines[k],
					    cb_families[f]->plural, profile);
			}
			if (profile != CB_CHECK && cases.count <= before)
				fail_msg("%s: profile %d has no more than the smaller one",
				    machines[k], profile);
			before = cases.count;
			close_list(&cases, synthetic);
		}
	}
}

/* A kind's bare name, which is what people type first, is a case that the kind does not decline. */
static void every_bare_name_can_be_run(void **unused)
{
	(void)unused;
	for (size_t k = 0; k < MACHINES; k++) {
		struct topology *synthetic;
		struct host h;
		struct case_list cases = open_list(k, CB_SMOKE, &synthetic, &h);

		for (size_t i = 0; i < kinds.count; i++) {
			const struct kind *kind = &kinds.item[i];
			char name[2 * KIND_NAME_MAX], err[400];
			struct bench_case bc;

			if (!kind_listed(kind))
				continue;
			(void)snprintf(name, sizeof(name), "%s/%s", kind->family->name, kind->name);
			if (case_parse(&kinds, &h, name, &bc, NULL, err, sizeof(err)) != 0)
				fail_msg("%s: %s", name, err);
			if (bc.declined)
				fail_msg("%s on %s: %s", name, machines[k], bc.unsupported);
		}
		close_list(&cases, synthetic);
	}
}

/* Nothing is listed that its kind has declined: that is for what users ask for. */
static void what_is_declined_is_not_listed(void **unused)
{
	unsigned unsupported = 0;

	(void)unused;
	for (size_t k = 0; k < MACHINES; k++) {
		for (int profile = CB_SMOKE; profile <= CB_CHECK; profile++) {
			struct topology *synthetic;
			struct host h;
			struct case_list cases =
			    open_list(k, (enum cb_profile)profile, &synthetic, &h);

			for (size_t i = 0; i < cases.count; i++) {
				assert_false(cases.item[i].declined);
				/* Limits of this process count for those machines too. */
				unsupported +=
				    cases.item[i].unsupported[0] &&
				    !strstr(cases.item[i].unsupported, "limit on open files");
			}
			close_list(&cases, synthetic);
		}
	}
	/* Nor hides a machine's limits: none of these has any but its PUs. */
	assert_int_equal(unsupported, 0);
}

/* What the quick profile answers, on two PUs: which model for which job, what making a worker
 * and keeping it costs, what a hand-off costs within a PU and between two, which lock alone,
 * contended and with more workers than PUs, which queue, the three models side by side on one PU,
 * what becomes of a team of which one is killed, and what another language takes. */
static void quick_has_its_questions(void **unused)
{
	static const char *const rows[] = {
	    "job/chase/model:thread/workers:4/place:scatter/bytes:262144",
	    "job/sieve/model:thread/workers:1/place:scatter",
	    "job/sieve/model:process/workers:4/place:scatter",
	    "job/sieve/model:coroutine/workers:4/carriers:2/place:scatter",
	    "job/tcp_echo/model:thread/place:same/connections:1000/bytes:64",
	    "job/tcp_echo/model:process/place:same/connections:100/bytes:64",
	    "job/tcp_echo/model:coroutine/carriers:1/place:same/connections:1000/bytes:64",
	    "job/tcp_echo/model:callback/place:same/connections:1000/bytes:64",
	    "job/timers/model:thread/workers:1000/place:scatter/period_us:20000",
	    "job/timers/model:process/workers:100/place:scatter/period_us:2000",
	    "job/timers/model:coroutine/workers:1000/carriers:2/place:scatter/period_us:20000",
	    "create/thread/model:thread/workers:1/place:scatter",
	    "memory/parked/model:coroutine/workers:100",
	    "handoff/call_direct/model:thread/place:same",
	    "handoff/call_worker/model:thread/place:same",
	    "handoff/fcontext/model:thread/place:same",
	    "handoff/fcontext_flags/model:thread/place:same",
	    "handoff/ucontext/model:thread/place:same",
	    "handoff/yield/model:thread/workers:2/place:same",
	    "handoff/yield/model:process/workers:2/place:same",
	    "handoff/yield/model:coroutine/workers:2/carriers:1/place:same",
	    "handoff/yield/model:coroutine/workers:1000/carriers:1/place:same",
	    "handoff/futex/model:thread/workers:2/place:same",
	    "handoff/condvar/model:process/workers:2/place:scatter",
	    "handoff/pipe/model:process/workers:2/place:scatter",
	    "lock/none/model:thread/workers:2/place:scatter/hold_ns:0/think_ns:0",
	    "lock/atomic_add/model:thread/workers:2/place:scatter/think_ns:0",
	    "lock/pthread_mutex/model:process/workers:1/place:scatter/hold_ns:0/think_ns:0",
	    "lock/pthread_mutex/model:thread/workers:4/place:scatter/hold_ns:0/think_ns:0",
	    "lock/ck_ticket/model:thread/workers:2/place:scatter/hold_ns:100/think_ns:100",
	    "lock/ck_mcs/model:process/workers:2/place:scatter/hold_ns:100/think_ns:100",
	    "lock/pthread_rwlock/model:thread/workers:2/place:scatter/hold_ns:0/think_ns:0/"
	    "read_pct:90",
	    "queue/ck_spsc/model:thread/producers:1/consumers:1/place:scatter/capacity:256/bytes:8",
	    "queue/ck_spsc/model:coroutine/producers:1/consumers:1/carriers:1/place:same/"
	    "capacity:256/bytes:8",
	    "queue/mutex_ring/model:process/producers:2/consumers:2/place:scatter/capacity:256/"
	    "bytes:8",
	    "queue/mutex_ring/model:thread/producers:1/consumers:1/place:scatter/capacity:256/"
	    "bytes:1024",
	    "queue/pipe/model:process/producers:1/consumers:1/place:same/bytes:8",
	    "fault/killed_worker/model:process/workers:2/mutex:plain",
	    "fault/killed_worker/model:process/workers:2/mutex:robust",
	    "python/counter/model:process/workers:2/place:scatter",
	};
	struct topology *synthetic;
	struct host h;
	struct case_list cases = open_list(1, CB_QUICK, &synthetic, &h);

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!case_list_find(&cases, rows[i]))
			fail_msg("%s", rows[i]);
	close_list(&cases, synthetic);
}

/* What is broken on purpose has a name, and stands in no list. */
static void broken_kinds_are_never_listed(void **unused)
{
	unsigned broken = 0;

	(void)unused;
	for (size_t i = 0; i < kinds.count; i++) {
		const struct kind *k = &kinds.item[i];

		if (!(k->self->flags & CB_BROKEN))
			continue;
		broken++;
		assert_false(kind_listed(k));
		assert_non_null(k->self->about);
	}
	assert_true(broken > 20);
	for (int profile = CB_SMOKE; profile <= CB_CHECK; profile++) {
		struct topology *synthetic;
		struct host h;
		struct case_list cases = open_list(1, (enum cb_profile)profile, &synthetic, &h);

		for (size_t i = 0; i < cases.count; i++)
			assert_false(
			    cases.item[i].pub.kind->flags & (unsigned)(CB_BROKEN | CB_HIDDEN));
		close_list(&cases, synthetic);
	}
}

/* For `concbench describe`: in the words of whoever wrote the check. */
static void every_kind_says_what_is_timed_and_checked(void **unused)
{
	unsigned said = 0;

	(void)unused;
	for (size_t i = 0; i < kinds.count; i++) {
		const struct kind *k = &kinds.item[i];
		const struct cb_workload *work[] = {k->self->work, k->self->callback};

		for (unsigned w = 0; kind_listed(k) && w < 2; w++) {
			if (!work[w])
				continue;
			if (!work[w]->timed || !work[w]->checked)
				fail_msg("%s/%s does not say what is timed and what is checked",
				    k->family->name, k->name);
			said++;
		}
	}
	assert_true(said > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(models_are_compared_over_equal_windows),
	    cmocka_unit_test(every_name_is_its_case),
	    cmocka_unit_test(every_profile_lists_something),
	    cmocka_unit_test(every_bare_name_can_be_run),
	    cmocka_unit_test(what_is_declined_is_not_listed),
	    cmocka_unit_test(quick_has_its_questions),
	    cmocka_unit_test(broken_kinds_are_never_listed),
	    cmocka_unit_test(every_kind_says_what_is_timed_and_checked),
	};

	(void)unsetenv("CONCBENCH_SELFTEST");
	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
