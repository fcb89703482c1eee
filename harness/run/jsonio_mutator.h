/*
 * jsonio_mutator.h - libFuzzer's mutator for files of JSON, whole or a value a line.
 *
 * Only for *_fuzz.c. Bytes changed at random hardly ever get past the parser; these changes keep
 * the JSON in one piece and break what it says, so that every check of a member is reached.
 */
#ifndef CONCBENCH_JSONIO_MUTATOR_H
#define CONCBENCH_JSONIO_MUTATOR_H

#include "harness/stats/histogram.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

#define MUTATOR_DEPTH 8

/* xorshift64: the same seed has to give the same change, or a finding cannot be repeated. */
static inline size_t mutator_pick(uint64_t *random, size_t n)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (size_t)(*random >> 16) % n;
}

/* Values at the borders of what the readers accept. New reference. */
static inline json_t *mutator_odd_value(uint64_t *random)
{
	static const char *const text[] = {"0", "1", "-1", "2147483648", "4294967295", "4294967296",
	    "9223372036854775807", "\"9223372036854775808\"", "\"18446744073709551615\"",
	    "\"18446744073709551616\"", "\"01\"", "1e308", "-1e308", "1.7976931348623157e308",
	    "5e-324", "-0.0", "0.5", "true", "false", "null", "{}", "[]", "\"\"", "\"a\"",
	    "\"\\u001b\"", "\"\\u009b\"", "\"\\u2028\"", "\"\xc3\xa9\"", "\"ns_per_op\"", "\"ok\"",
	    "\"noisy\"", "\"crashed\"", "\"oversubscribed\"", "\"ops/s\"", "\"difference\"",
	    "\"share\"", "\"outcome\"", "\"more\"", "\"a b\"", "\"lines\"", "[[]]", "[0,1,1,2]"};
	/* The sizes of the run's texts, and one less: the longest that fits. */
	static const unsigned short room[] = {16, 17, 32, 40, 64, 128, 192, 256, 1024};
	char long_text[1024];
	size_t len;

	switch (mutator_pick(random, 12)) {
	case 0:
		len = room[mutator_pick(random, sizeof(room) / sizeof(room[0]))] -
		      mutator_pick(random, 2);
		memset(long_text, 'x', len);
		return json_stringn(long_text, len);
	case 1:
		return json_integer(HISTOGRAM_BUCKETS - 1 + (json_int_t)mutator_pick(random, 2));
	default:
		return json_loads(text[mutator_pick(random, sizeof(text) / sizeof(text[0]))],
		    JSON_DECODE_ANY, NULL);
	}
}

struct mutator_place {
	json_t *parent; /* object or array, not empty */
	const char *key;
	size_t index;
	json_t *value;
};

static inline size_t mutator_children(const json_t *in)
{
	return json_is_object(in) ? json_object_size(in) : json_array_size(in);
}

static inline struct mutator_place mutator_child(json_t *in, size_t which)
{
	struct mutator_place at = {.parent = in, .index = which};
	void *member;

	if (!json_is_object(in)) {
		at.value = json_array_get(in, which);
		return at;
	}
	member = json_object_iter(in);
	while (which--)
		member = json_object_iter_next(in, member);
	at.key = json_object_iter_key(member);
	at.value = json_object_iter_value(member);
	return at;
}

/* A way down from the top: rare members as often as those that there are many of. */
static inline struct mutator_place mutator_walk(json_t *top, uint64_t *random)
{
	struct mutator_place at = {.value = top};

	for (int depth = 0; depth < MUTATOR_DEPTH; depth++) {
		size_t n = mutator_children(at.value);

		if (!n || (depth && !mutator_pick(random, 5)))
			break;
		at = mutator_child(at.value, mutator_pick(random, n));
	}
	return at;
}

/* The *@left-th of all below, all alike: mostly an element of some array, and these have borders.
 */
static inline bool mutator_count_to(json_t *in, int depth, size_t *left, struct mutator_place *at)
{
	for (size_t i = 0; depth < MUTATOR_DEPTH && i < mutator_children(in); i++) {
		*at = mutator_child(in, i);
		if (!(*left)-- || mutator_count_to(at->value, depth + 1, left, at))
			return true;
	}
	return false;
}

static inline size_t mutator_total(json_t *in, int depth)
{
	size_t n = 0;

	for (size_t i = 0; depth < MUTATOR_DEPTH && i < mutator_children(in); i++)
		n += 1 + mutator_total(mutator_child(in, i).value, depth + 1);
	return n;
}

static inline struct mutator_place mutator_find(json_t *top, uint64_t *random)
{
	size_t total = mutator_total(top, 0);
	struct mutator_place at = {0};
	size_t left;

	if (!total || mutator_pick(random, 2))
		return mutator_walk(top, random);
	left = mutator_pick(random, total);
	mutator_count_to(top, 0, &left, &at);
	return at;
}

static inline void mutator_set(const struct mutator_place *at, json_t *value)
{
	if (at->key)
		json_object_set_new(at->parent, at->key, value);
	else
		json_array_set_new(at->parent, at->index, value);
}

static inline void mutator_remove(const struct mutator_place *at)
{
	if (at->key)
		json_object_del(at->parent, at->key);
	else
		json_array_remove(at->parent, at->index);
}

/* The same member over and over: more metrics, launches or buckets than there is room for. */
static inline void mutator_multiply(const struct mutator_place *at, uint64_t *random)
{
	size_t times = 1 + mutator_pick(random, 40);
	char name[64];

	for (size_t i = 0; i < times; i++) {
		if (!at->key) {
			json_array_insert_new(at->parent, at->index, json_deep_copy(at->value));
			continue;
		}
		snprintf(name, sizeof(name), "%.40s.%zu", at->key, i);
		json_object_set_new(at->parent, name, json_deep_copy(at->value));
	}
}

static inline void mutator_change(json_t *top, uint64_t *random)
{
	struct mutator_place at = mutator_find(top, random);
	struct mutator_place other = mutator_find(top, random);

	if (!at.parent)
		return;
	switch (mutator_pick(random, 8)) {
	case 0:
		mutator_remove(&at);
		break;
	case 1:
		mutator_set(&at, json_deep_copy(other.value));
		break;
	case 2:
		mutator_multiply(&at, random);
		break;
	case 3:
		if (json_is_integer(at.value)) {
			json_int_t n = json_integer_value(at.value);

			mutator_set(&at, json_integer(mutator_pick(random, 2) ? n / 2 : n ^ 1));
		}
		break;
	default:
		mutator_set(&at, mutator_odd_value(random));
		break;
	}
}

/* Where one of the values lies: the whole, or some line. */
static inline json_t *mutator_load(
    const uint8_t *data, size_t size, uint64_t *random, size_t *start, size_t *end)
{
	json_t *whole = json_loadb((const char *)data, size, 0, NULL);

	*start = 0;
	*end = size;
	if (whole || !size)
		return whole;
	*start = *end = mutator_pick(random, size);
	while (*start && data[*start - 1] != '\n')
		(*start)--;
	while (*end < size && data[*end] != '\n')
		(*end)++;
	return json_loadb((const char *)data + *start, *end - *start, 0, NULL);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	size_t start, end, changes, len, result = 0;
	char *text = NULL;
	json_t *top;

	if (!mutator_pick(&random, 4))
		return LLVMFuzzerMutate(data, size, max_size);
	top = mutator_load(data, size, &random, &start, &end);
	changes = top ? 1 + mutator_pick(&random, 3) : 0;
	while (changes--)
		mutator_change(top, &random);
	if (top)
		text = json_dumps(top, JSON_COMPACT | JSON_REAL_PRECISION(17));
	json_decref(top);
	if (text) {
		len = strlen(text);
		result = start + len + (size - end);
		if (result <= max_size) {
			memmove(data + start + len, data + end, size - end);
			memcpy(data + start, text, len);
		} else {
			result = 0;
		}
	}
	free(text);
	return result ? result : LLVMFuzzerMutate(data, size, max_size);
}

#endif
