/* distance_test.c - what the check goes by, where there is nothing to pass, and how many pairs a
 * machine has. That broken lines are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "harness/work/sweep.h"

/* One wrong account at a time; no PU is needed for that. */
static void accounts_have_to_agree(void **unused)
{
	static const struct {
		struct cb_line line;
		const char *says; /* NULL: it is right */
	} rows[] = {
	    {{.ns = 1, .passes = 7, .echoes = 7, .left = 14}, NULL},
	    {{.ns = 1}, "passed 0 times, and 0 times back"},
	    {{.ns = 1, .passes = 7, .echoes = 6, .left = 13}, "passed 7 times, and 6 times back"},
	    {{.ns = 1, .passes = 7, .echoes = 7, .left = 15},
		"passed 14 times in all, the lines hold 15"},
	    {{.ns = 1, .passes = 7, .echoes = 7, .left = 14, .astray = 2},
		"2 hand-offs did not follow the other's"},
	};
	static const char *const names[] = {"distance/cas", "distance/load_store"};

	(void)unused;
	for (size_t n = 0; n < 2; n++) {
		struct subject s;

		begin(&s, names[n]);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			*(struct cb_line *)s.team.env.state = rows[i].line;
			if (rows[i].says)
				wrong(&s, check(&s), rows[i].says);
			else
				assert_int_equal(check(&s), 0);
		}
		end(&s);
	}
}

static void what_cannot_be_is_told(void **unused)
{
	static const struct {
		const char *name, *why;
		bool declined;
	} bad[] = {
	    {"distance/cas/place:same", "it is between two PUs", true},
	    {"distance/load_store/place:pair:0-65535", "pair: PU 65535 is not usable here", false},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(strstr(parse(bad[i].name, &bc), bad[i].why));
		assert_int_equal(bc.declined, bad[i].declined);
	}
}

/* As often there as back, in order, on this machine if it has two PUs. */
static void it_is_measured(void **unused)
{
	static const char *const names[] = {"distance/cas", "distance/load_store"};

	(void)unused;
	for (size_t n = 0; n < 2 && topology_pu_count(topo) > 1; n++) {
		struct subject s;
		double ns = 0.0;
		int ret = -ENOTSUP;

		begin(&s, names[n]);
		/* On a busy machine one of the two may have no time. */
		for (int i = 0; i < 50 && ret == -ENOTSUP; i++)
			ret = trial(&s, 0);
		if (ret)
			fail_msg("%s: %s", names[n], s.why);
		assert_true(metric_get(&s.sample.metrics, "ns_per_op", &ns) && ns > 0.0);
		end(&s);
	}
}

/* Cases of both kinds: scatter, and pairs. */
static void pairs_are_bounded(void **unused)
{
	static const struct {
		const char *machine;
		size_t quick, full; /* pairs */
	} rows[] = {
	    {"core:1 pu:1", 0, 0},
	    {"core:2 pu:1", 1, 1},
	    {"pack:1 l3:1 core:8 pu:2", 2, 120},
	    {"pack:2 l3:2 core:8 pu:1", 3, 496},
	    /* The pairs of 32 of 256 PUs, and the siblings and neighbours that are not among them.
	     */
	    {"pack:2 numa:2 l3:4 core:8 pu:2", 5, 496 + 2},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct cb_family *family = registry_family("distance", strlen("distance"));
		struct topology *machine;
		char err[200] = "";

		assert_int_equal(
		    topology_synthetic(rows[i].machine, NULL, &machine, err, sizeof(err)), 0);
		for (enum cb_profile p = CB_QUICK; p <= CB_FULL; p++) {
			const size_t pairs = p == CB_QUICK ? rows[i].quick : rows[i].full;
			const struct sweep_request q = {.profile = p, .family = family};
			const struct host h = {.topology = machine,
			    .pus = topology_pu_count(machine),
			    .max_workers = 1000};
			struct case_list list = {0};

			if (sweep_cases(&kinds, &h, &q, &list, err, sizeof(err)) != 0)
				fail_msg("%s: %s", rows[i].machine, err);
			if (list.count != 2 * (pairs + 1))
				fail_msg("%s: %zu cases instead of %zu", rows[i].machine,
				    list.count, 2 * (pairs + 1));
			for (size_t k = 0; k < list.count; k++)
				assert_string_equal(list.item[k].unsupported, "");
			case_list_free(&list);
		}
		topology_free(machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(what_cannot_be_is_told),
	    cmocka_unit_test(it_is_measured),
	    cmocka_unit_test(pairs_are_bounded),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
