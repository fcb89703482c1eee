#include "harness/machine/topology_draw.h"
#include "harness/machine/placement_draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct topology *machine(const char *description, const char *allowed)
{
	struct topology *topo = NULL;
	char err[200] = "";

	if (topology_synthetic(description, allowed, &topo, err, sizeof(err)) != 0)
		fail_msg("%s: %s", description, err);
	return topo;
}

/* The tree, from below the summary and down to the legend. */
static const struct {
	const char *description, *allowed;
	bool utf8;
	const char *tree;
} drawings[] = {
    {"pack:1 l3:1(size=1572864) core:1 pu:1", NULL, true,
	"└─ package 0 ─ NUMA node 0 (1 GiB) ─ L3 0 (1.5 MiB) ─ core 0  ●0\n"
	"●N usable PU\n"},
    {"pack:1 l3:1 core:4 pu:2(indexes=0,4,1,5,2,6,3,7)", "0-2,4,7", true,
	"└─ package 0 ─ NUMA node 0 (1 GiB) ─ L3 0 (16 MiB)\n"
	"   ├─ core 0  ●0 ●4\n"
	"   ├─ core 1  ●1 ○5\n"
	"   ├─ core 2  ●2 ○6\n"
	"   └─ core 3  ○3 ●7\n"
	"●N usable PU   ○N not usable here (limited by allowed 0-2,4,7)\n"},
    {"pack:2 numa:2 l3:1 core:3 pu:1", "0-10", false,
	"|- package 0\n"
	"|  |- NUMA node 0 (1 GiB) - L3 0 (16 MiB)\n"
	"|  |  |- core 0   [0]\n"
	"|  |  |- core 1   [1]\n"
	"|  |  `- core 2   [2]\n"
	"|  `- NUMA node 1 (1 GiB) - L3 1 (16 MiB)\n"
	"|     |- core 3   [3]\n"
	"|     |- core 4   [4]\n"
	"|     `- core 5   [5]\n"
	"`- package 1\n"
	"   |- NUMA node 2 (1 GiB) - L3 2 (16 MiB)\n"
	"   |  |- core 6   [6]\n"
	"   |  |- core 7   [7]\n"
	"   |  `- core 8   [8]\n"
	"   `- NUMA node 3 (1 GiB) - L3 3 (16 MiB)\n"
	"      |- core 9   [9]\n"
	"      |- core 10  [10]\n"
	"      `- core 11  (11)\n"
	"[N] usable PU   (N) not usable here (limited by allowed 0-10)\n"},
    {"pack:2 numa:1 l3:8 core:8 pu:2", NULL, true,
	"├─ package 0 ─ NUMA node 0 (1 GiB)\n"
	"│  └─ 8 × L3 0-7 (16 MiB)\n"
	"│     └─ 8 × core 0-63 × 2 PUs  ●0-127\n"
	"└─ package 1 ─ NUMA node 1 (1 GiB)\n"
	"   └─ 8 × L3 8-15 (16 MiB)\n"
	"      └─ 8 × core 64-127 × 2 PUs  ●128-255\n"
	"●N usable PU\n"},
    /* Shapes that differ stay apart, and cores need not be neighbours to share a line. */
    {"pack:1 l3:1 core:20 pu:2", "0-3,8-11,14", true,
	"└─ package 0 ─ NUMA node 0 (1 GiB) ─ L3 0 (16 MiB)\n"
	"   ├─ 4 × core 0-1,4-5 × 2 PUs  ●0-3,8-11\n"
	"   ├─ 15 × core 2-3,6,8-19 × 2 PUs  ○4-7,12-13,16-39\n"
	"   └─ core 7   ●14 ○15\n"
	"●N usable PU   ○N not usable here (limited by allowed 0-3,8-11,14)\n"},
    /* A list that is cut at a comma. */
    {"pack:1 core:40 pu:2", "0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38", false, NULL},
    /* No package, no cache; memory of a core goes above it. */
    {"core:2 numa:1 pu:2", NULL, true,
	"├─ NUMA node 0 (1 GiB) ─ core 0  ●0 ●1\n"
	"└─ NUMA node 1 (1 GiB) ─ core 1  ●2 ●3\n"
	"●N usable PU\n"},
};

static void draws_exactly_this(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(drawings) / sizeof(drawings[0]); i++) {
		struct topology *topo = machine(drawings[i].description, drawings[i].allowed);
		char *text = NULL, *tree, *end;
		size_t size = 0;
		FILE *to = open_memstream(&text, &size);

		assert_non_null(to);
		assert_int_equal(topology_draw_tree(topo, to, drawings[i].utf8), 0);
		assert_int_equal(fclose(to), 0);
		tree = strchr(text, '\n') + 1;
		*strchr(text, '\n') = '\0';
		assert_int_equal(strncmp(text, "Another machine: ", 17), 0);
		assert_string_equal(text + 17, topology_summary(topo));
		end = strstr(tree, "fingerprint ");
		assert_non_null(end);
		assert_int_equal(strncmp(end + 12, topology_fingerprint(topo), 16), 0);
		*end = '\0';
		if (drawings[i].tree)
			assert_string_equal(tree, drawings[i].tree);
		else
			assert_non_null(strstr(tree, ",..."));
		for (const char *c = tree; !drawings[i].utf8 && *c; c++)
			assert_true((unsigned char)*c < 0x80);
		free(text);
		topology_free(topo);
	}
}

/* However big and irregular, a drawing fits a few screens. */
static void big_machines_stay_compact(void **state)
{
	static const struct {
		const char *description, *allowed;
		unsigned lines_max;
	} cases[] = {
	    {"pack:2 numa:1 l3:1 core:64 pu:2", NULL, 8},
	    {"pack:2 numa:4 l3:2 core:8 pu:2", NULL, 12},
	    {"pack:8 numa:1 l3:4 core:16 pu:2", NULL, 8},
	    {"pack:2 numa:4 l3:2 core:8 pu:2", "1-5,8-99,131", 45},
	    {"pack:1 l3:1 core:1024 pu:4", NULL, 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct topology *topo = machine(cases[i].description, cases[i].allowed);
		char *text = NULL;
		size_t size = 0;
		unsigned lines = 0;
		FILE *to = open_memstream(&text, &size);

		assert_non_null(to);
		assert_int_equal(topology_draw_tree(topo, to, true), 0);
		assert_int_equal(fclose(to), 0);
		for (const char *c = text; *c; c++)
			lines += *c == '\n';
		if (lines > cases[i].lines_max)
			fail_msg("%u lines of %s:\n%s", lines, cases[i].description, text);
		free(text);
		topology_free(topo);
	}
}

static void tables_are_exactly_this(void **state)
{
	static const char *const names[] = {
	    "same", "smt", "scatter", "cross", "list:3,1", "list:0,9", "none"};
	static const char ascii_table[] =
	    "policy    workers  PU of each worker, in order\n"
	    "same            2  0*2                oversubscribed\n"
	    "same            9  0*9                oversubscribed\n"
	    "smt             2  0,1\n"
	    "smt             9  0-7,0              oversubscribed\n"
	    "scatter         2  0,2\n"
	    "scatter         9  0,2,4,6,1,3,5,7,0  oversubscribed\n"
	    "cross         any  unsupported: cross: all usable PUs are in one package and one "
	    "NUMA node\n"
	    "list:3,1        2  3,1\n"
	    "list:3,1        9  3,1,3,1,3,1,3,1,3  oversubscribed\n"
	    "list:0,9      any  unsupported: list: PU 9 is not usable here, only 0-7 are\n"
	    "none            2  unbound\n"
	    "none            9  unbound            oversubscribed\n";
	const unsigned workers[] = {2, 9};
	struct placement_policy policies[sizeof(names) / sizeof(names[0])];
	struct topology *topo = machine("pack:1 l3:1 core:4 pu:2", NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(placement_parse(names[i], &policies[i], NULL, 0), 0);
	for (int utf8 = 0; utf8 < 2; utf8++) {
		char *text = NULL;
		size_t size = 0;
		FILE *to = open_memstream(&text, &size);

		assert_non_null(to);
		assert_int_equal(placement_draw_table(topo, policies,
				     sizeof(names) / sizeof(names[0]), workers, 2, to, utf8),
		    0);
		assert_int_equal(fclose(to), 0);
		if (!utf8)
			assert_string_equal(text, ascii_table);
		else
			assert_non_null(strstr(text, "0×9                oversubscribed\n"));
		free(text);
	}
	topology_free(topo);
}

static void long_plans_are_cut(void **state)
{
	const struct placement_policy scatter = placement_policy_of(PLACEMENT_SCATTER);
	struct topology *topo = machine("pack:2 numa:1 l3:8 core:8 pu:2", NULL);
	const unsigned workers = 256;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	assert_non_null(to);
	assert_int_equal(placement_draw_table(topo, &scatter, 1, &workers, 1, to, false), 0);
	assert_int_equal(fclose(to), 0);
	assert_non_null(strstr(text, "scatter      256  0,128,16,144,32,160,"));
	assert_non_null(strstr(text, ",...\n"));
	assert_true(strlen(strchr(text, '\n')) < 100);
	free(text);
	topology_free(topo);
}

static void the_locale_decides_on_characters(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C"));
	assert_false(topology_draw_is_utf8());
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		print_message("skipped: no UTF-8 locale\n");
		skip();
	}
	assert_true(topology_draw_is_utf8());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(draws_exactly_this),
	    cmocka_unit_test(big_machines_stay_compact),
	    cmocka_unit_test(tables_are_exactly_this),
	    cmocka_unit_test(long_plans_are_cut),
	    cmocka_unit_test(the_locale_decides_on_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
