/* module_test.c - what a shared object says of itself, and whether this program may use it. */
#include "harness/work/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

const struct cb_family *const cb_families[] = {NULL};

/* As CB_MODULE finds them, but of this program: it was built with its own headers. */
extern const struct cb_layout *const __start_cb_layouts[];
extern const struct cb_layout *const __stop_cb_layouts[];

static const struct cb_kind kind = {.name = "a"};
static const struct cb_kind *const kinds[] = {&kind};

static struct cb_module good(void)
{
	return (struct cb_module){CB_ABI, sizeof(struct cb_module), kinds, kinds + 1,
	    __start_cb_layouts, __stop_cb_layouts};
}

static void judged(const struct cb_module *m, uint32_t abi, const char *want)
{
	char why[200] = "";

	assert_int_equal(module_judge(m, abi, why, sizeof(why)), want == NULL);
	assert_string_equal(why, want ? want : "");
}

static void the_number_has_to_be_the_program_s(void **state)
{
	struct cb_module m = good();

	(void)state;
	judged(&m, CB_ABI, NULL);
	m.abi = 4;
	judged(&m, 4, NULL);
	judged(&m, 3, "built for a newer interface (ABI 4, this program has 3); rebuild it");
	judged(&m, 5, "built for an older interface (ABI 4, this program has 5); rebuild it");
	/* Whatever it is: another number's structures are not looked at. */
	m.bytes = 1;
	m.first_layout = NULL;
	judged(&m, 5, "built for an older interface (ABI 4, this program has 5); rebuild it");
}

#define OTHER(header) "built against other headers of concbench (" header " differs); rebuild it"

static void the_headers_have_to_be_the_program_s(void **state)
{
	struct cb_layout of = **__start_cb_layouts;
	uint32_t word[200];
	const struct cb_layout *const layouts[] = {*__start_cb_layouts, &of};
	struct cb_module m = good();

	(void)state;
	assert_in_range(of.words, 30, 200);
	assert_string_equal(of.header, "concbench.h");
	memcpy(word, of.word, of.words * sizeof(*word));
	of.word = word;
	m.first_layout = layouts;
	m.end_layout = layouts + 2;
	/* Negative control: it is what is in it that counts. */
	judged(&m, CB_ABI, NULL);
	for (uint32_t i = 0; i < of.words; i++) {
		word[i]++;
		judged(&m, CB_ABI, OTHER("concbench.h"));
		word[i]--;
	}
	of.words--;
	judged(&m, CB_ABI, OTHER("concbench.h"));
	of.words++;
	/* One that this program does not have. */
	of.header = "bridge.h";
	judged(&m, CB_ABI, OTHER("bridge.h"));
	m = good();
	m.bytes += 8;
	judged(&m, CB_ABI, OTHER("concbench.h"));
}

static void there_has_to_be_a_kind(void **state)
{
	struct cb_module m = good();

	(void)state;
	m.end = m.first;
	judged(&m, CB_ABI, "it has no kinds");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_number_has_to_be_the_program_s),
	    cmocka_unit_test(the_headers_have_to_be_the_program_s),
	    cmocka_unit_test(there_has_to_be_a_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
