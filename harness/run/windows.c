#include "harness/run/windows.h"

#include "harness/base/file.h"
#include "harness/base/grow.h"
#include "harness/run/jsonio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_KEY "concbench_windows"
#define SCHEMA 1
/* A window of any use. */
#define LEAST_NS UINT64_C(1000)
#define MOST_NS UINT64_C(3600000000000)
/* Tens of thousands of groups. */
#define FILE_BYTES_MAX ((size_t)16 << 20)

static const struct jsonio_field known_fields[] = {
    JSONIO_FIELD(U64, struct window_known, window_ns),
    JSONIO_FIELD(TEXT_OR_NONE, struct window_known, run),
    JSONIO_FIELD_OF(OBJECT, struct window_known, seen, jsonio_window_fields),
    JSONIO_FIELD_OF(OBJECT_OR_NONE, struct window_known, given, jsonio_given_fields),
    JSONIO_END,
};

/* Return: 0 with the file's object, which is empty when there is none; -EINVAL; -errno. */
static int read_file(const char *path, json_t **out, struct jsonio_reader *r)
{
	char *text = NULL;
	size_t len = 0;
	json_t *root;
	int rc = file_read_all(path, FILE_BYTES_MAX, &text, &len);

	/* No folder can be made there either; the code that makes it reports that. */
	if (rc == -ENOTDIR)
		rc = -ENOENT;
	if (rc && rc != -ENOENT)
		return rc;
	root = rc ? json_object() : json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (!rc && !root)
		return jsonio_fail(r, NULL, "not JSON");
	rc = rc ? 0 : jsonio_check_schema(r, root, SCHEMA_KEY, SCHEMA);
	if (rc)
		json_decref(root);
	else
		*out = root;
	return rc;
}

static int read_groups(struct jsonio_reader *r, json_t *groups, struct windows *known)
{
	const char *group;
	json_t *value;
	int rc = 0;

	json_object_foreach(groups, group, value)
	{
		struct window_known one = {0};

		(void)snprintf(one.group, sizeof(one.group), "%s", group);
		rc = jsonio_get_fields(r, value, known_fields, &one);
		/* One without a window may have been given something all the same. */
		if (!rc && (one.window_ns || !one.given.of[0]) &&
		    (one.window_ns < LEAST_NS || one.window_ns > MOST_NS))
			rc = jsonio_fail(r, "window_ns", "of %.60s: no length of a window", group);
		rc = rc ? rc : windows_note(known, &one);
		if (rc)
			break;
	}
	return rc;
}

int windows_read(
    const char *path, const char *machine, struct windows *out, char *err, size_t err_len)
{
	struct jsonio_reader r = {.err = err, .err_len = err_len};
	struct windows known = {0};
	json_t *root;
	int rc = read_file(path, &root, &r);

	if (rc)
		return rc;
	rc = read_groups(&r, json_object_get(root, WINDOWS_ANY_MACHINE), &known);
	rc = rc ? rc : read_groups(&r, json_object_get(root, machine), &known);
	json_decref(root);
	if (rc)
		windows_free(&known);
	else
		*out = known;
	return rc;
}

int windows_write(const char *path, const char *machine, const struct windows *known)
{
	char ignored[200];
	struct jsonio_reader r = {.err = ignored, .err_len = sizeof(ignored)};
	json_t *root = NULL, *groups;
	char *text = NULL;
	int rc;

	if (read_file(path, &root, &r) != 0)
		root = json_object();
	/* What another run has found out meanwhile, or this one did not look at, stays. */
	groups = json_incref(json_object_get(root, machine));
	if (!json_is_object(groups)) {
		json_decref(groups);
		groups = json_object();
	}
	rc = groups ? 0 : -ENOMEM;
	for (size_t i = 0; i < known->count; i++) {
		json_t *o = jsonio_fields(known_fields, &known->item[i]);

		if (o && !known->item[i].given.of[0])
			(void)json_object_del(o, "given");
		rc |= jsonio_put(groups, known->item[i].group, o);
	}
	rc |= jsonio_put(root, SCHEMA_KEY, json_integer(SCHEMA));
	rc |= jsonio_put(root, machine, groups);
	if (!rc && (text = jsonio_lay_out(root)) == NULL)
		rc = -ENOMEM;
	if (!rc)
		rc = file_write_whole(path, text, strlen(text));
	free(text);
	json_decref(root);
	return rc;
}

static const char *group_of(const void *array, size_t at)
{
	return ((const struct window_known *)array)[at].group;
}

const struct window_known *windows_find(const struct windows *known, const char *group)
{
	size_t at;

	return hash_index_find(&known->by_group, group, group_of, known->item, &at)
		   ? &known->item[at]
		   : NULL;
}

int windows_note(struct windows *known, const struct window_known *one)
{
	size_t at;

	if (hash_index_find(&known->by_group, one->group, group_of, known->item, &at)) {
		known->item[at] = *one;
		return 0;
	}
	if (grow(&known->item, known->count + 1, &known->capacity, sizeof(*known->item)) ||
	    hash_index_add(&known->by_group, one->group, known->count))
		return -ENOMEM;
	known->item[known->count++] = *one;
	return 0;
}

void windows_free(struct windows *known)
{
	free(known->item);
	hash_index_free(&known->by_group);
	memset(known, 0, sizeof(*known));
}
