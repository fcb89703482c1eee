#include "harness/history/history_private.h"
#include "harness/history/schema.h"

#include "harness/base/one_line.h"
#include "harness/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int history_fail(struct history *h, int rc, const char *format, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	one_line_format(h->error, sizeof(h->error), "%s: %s", history_name(h), what);
	return rc;
}

/* Looking at a team's database must not shut out those of the team who have an older build. */
static int look_at(struct history *h, char *err, size_t err_len)
{
	struct store *s = h->store;
	int rc = schema_version(s, &h->schema);

	if (!rc && !h->schema) {
		one_line_format(
		    err, err_len, "%s: empty: no run has been added yet", store_name(s));
		return -ENOENT;
	}
	if (!rc)
		rc = schema_check(s, h->schema);
	if (!rc)
		rc = store_adopt(s, false);
	if (rc)
		one_line_format(err, err_len, "%s", store_error(s));
	return rc;
}

/* Creating is a migration from nothing. */
static int bring_up_to_date(
    struct history *h, char *note, size_t note_len, char *err, size_t err_len)
{
	struct store *s = h->store;
	unsigned from;
	int rc = schema_version(s, &from);

	if (!rc && from <= schema_newest())
		rc = store_adopt(s, true);
	if (!rc)
		rc = schema_migrate_to(s, schema_newest(), &from);
	if (rc) {
		one_line_format(err, err_len, "%s", store_error(s));
		return rc;
	}
	h->schema = schema_newest();
	if (from && from < schema_newest())
		one_line_format(note, note_len, "%s: brought from schema %u to schema %u",
		    store_name(s), from, schema_newest());
	return 0;
}

int history_open(const char *where, enum history_mode mode, unsigned wait_ms, struct history **out,
    char *note, size_t note_len, char *err, size_t err_len)
{
	struct history *h = calloc(1, sizeof(*h));
	int rc;

	if (!h) {
		one_line_format(err, err_len, "out of memory");
		return -ENOMEM;
	}
	rc = store_open(where, mode == HISTORY_WRITE ? STORE_CREATE : STORE_EXISTING, wait_ms,
	    &h->store, err, err_len);
	if (rc)
		goto out_free;
	one_line_format(note, note_len, "%s", "");
	rc = mode == HISTORY_READ ? look_at(h, err, err_len)
				  : bring_up_to_date(h, note, note_len, err, err_len);
	if (rc)
		goto out_free;
	*out = h;
	return 0;
out_free:
	history_close(h);
	return rc;
}

void history_close(struct history *h)
{
	if (!h)
		return;
	store_close(h->store);
	free(h);
}

const char *history_error(const struct history *h)
{
	return h->error[0] ? h->error : store_error(h->store);
}

const char *history_name(const struct history *h)
{
	return store_name(h->store);
}

void history_runs_free(struct history_runs *runs)
{
	free(runs->items);
	memset(runs, 0, sizeof(*runs));
}

void history_series_free(struct history_series_list *list)
{
	free(list->items);
	memset(list, 0, sizeof(*list));
}

void history_points_free(struct history_points *points)
{
	free(points->items);
	memset(points, 0, sizeof(*points));
}

void history_launches_free(struct history_launches *launches)
{
	free(launches->items);
	memset(launches, 0, sizeof(*launches));
}

void *history_grow(void *list, size_t *count, size_t *capacity, size_t size)
{
	void *items;
	char *item;

	/* Through memcpy(): a pointer to a structure is not an object of type void *. */
	memcpy(&items, list, sizeof(items));
	if (*count == *capacity) {
		const size_t more = *capacity ? *capacity * 2 : 64;

		items = realloc(items, more * size);
		if (!items)
			return NULL;
		memcpy(list, &items, sizeof(items));
		*capacity = more;
	}
	item = (char *)items + (*count)++ * size;
	memset(item, 0, size);
	return item;
}

/* What schema 2 has beside the run is a fact of it in every schema. */
#define REVISION "r.revision"
#define REVISION_OF_1 \
	"(SELECT value FROM fact WHERE fact.run = r.id AND fact.name = 'build.revision')"

int history_select(struct history *h, const char *sql, const struct store_value *p, unsigned n,
    struct store_rows **out)
{
	const char *at = h->schema == 1 ? strstr(sql, REVISION) : NULL;
	struct text_buffer b = {0};
	int rc;

	if (!at)
		return store_select(h->store, sql, p, n, out);
	text_buffer_add_bytes(&b, sql, (size_t)(at - sql));
	text_buffer_add(&b, REVISION_OF_1);
	text_buffer_add(&b, at + strlen(REVISION));
	rc = b.failed ? history_fail(h, -ENOMEM, "out of memory")
		      : store_select(h->store, text_buffer_str(&b), p, n, out);
	text_buffer_free(&b);
	return rc;
}

void history_copy(char *to, size_t len, const struct store_rows *rows, unsigned column)
{
	const char *text = store_get_text(rows, column);
	const size_t used = strnlen(text, len - 1);

	memcpy(to, text, used);
	to[used] = '\0';
	/* Whoever wrote it: it goes to terminals and into files. */
	(void)text_clean(to);
}

int history_no_memory(struct history *h, struct store_rows *rows)
{
	store_done(rows);
	return history_fail(h, -ENOMEM, "out of memory");
}
