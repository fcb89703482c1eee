#include "harness/base/hash.h"

#include "harness/base/grow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Of the authors' own list (Fowler, Noll & Vo, draft-eastlake-fnv). */
static void known_hashes(void **state)
{
	(void)state;
	assert_true(hash_bytes(HASH_START, "", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(hash_bytes(HASH_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(hash_bytes(HASH_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
	assert_true(
	    hash_bytes(hash_bytes(HASH_START, "foo", 3), "bar", 3) == UINT64_C(0x85944171f73967e8));
}

struct name {
	char text[24];
};

static unsigned asked;

static const char *name_of(const void *array, size_t at)
{
	asked++;
	return ((const struct name *)array)[at].text;
}

static void every_name_is_found_at_its_place(void **state)
{
	struct hash_index index = {0};
	struct name *names = NULL;
	size_t count = 0, capacity = 0, at = 77;

	(void)state;
	assert_false(hash_index_find(&index, "0", name_of, names, &at));
	for (; count < 5000; count++) {
		assert_int_equal(grow(&names, count + 1, &capacity, sizeof(*names)), 0);
		snprintf(names[count].text, sizeof(names[count].text), "%zu", count);
		assert_int_equal(hash_index_add(&index, names[count].text, count), 0);
	}
	asked = 0;
	for (size_t i = 0; i < count; i++) {
		assert_true(hash_index_find(&index, names[i].text, name_of, names, &at));
		assert_int_equal(at, i);
	}
	/* Hashes are compared before names: hardly a name is looked at in vain. */
	assert_in_range(asked, count, count + 5);
	at = 77;
	assert_false(hash_index_find(&index, "5000", name_of, names, &at));
	assert_false(hash_index_find(&index, "", name_of, names, &at));
	assert_int_equal(at, 77);
	hash_index_free(&index);
	assert_false(hash_index_find(&index, "1", name_of, names, &at));
	free(names);
}

static void arrays_grow(void **state)
{
	uint64_t *items = NULL;
	size_t capacity = 0;

	(void)state;
	assert_int_equal(grow(&items, 0, &capacity, sizeof(*items)), 0);
	assert_null(items);
	assert_int_equal(grow(&items, 1, &capacity, sizeof(*items)), 0);
	assert_true(capacity >= 1);
	items[0] = 7;
	assert_int_equal(grow(&items, 1000, &capacity, sizeof(*items)), 0);
	assert_true(capacity >= 1000);
	items[999] = 8;
	assert_int_equal(items[0], 7);
	/* What there is no memory for leaves everything as it was. */
	assert_int_equal(grow(&items, SIZE_MAX / 4, &capacity, sizeof(*items)), -ENOMEM);
	assert_true(capacity < 5000);
	assert_int_equal(items[999], 8);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_hashes),
	    cmocka_unit_test(every_name_is_found_at_its_place),
	    cmocka_unit_test(arrays_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
