/* history_find.c - one run of a history, by what people call it. */
#include "harness/history/history_private.h"

#include <errno.h>
#include <string.h>

#define SELECT                        \
	"SELECT " HISTORY_RUN_COLUMNS \
	" FROM run r JOIN machine m ON m.id = r.machine WHERE m.class LIKE $1"

void history_read_run(const struct store_rows *rows, struct history_run *r)
{
	r->id = store_get_int(rows, 0);
	history_copy(r->name, sizeof(r->name), rows, 1);
	history_copy(r->date, sizeof(r->date), rows, 2);
	history_copy(r->machine, sizeof(r->machine), rows, 3);
	history_copy(r->title, sizeof(r->title), rows, 4);
	history_copy(r->profile, sizeof(r->profile), rows, 5);
	history_copy(r->revision, sizeof(r->revision), rows, 6);
	history_copy(r->noise, sizeof(r->noise), rows, 7);
	r->interrupted = store_get_int(rows, 8) != 0;
}

/* The only row. Return: 0; -ENOENT none; -ENOTUNIQ more. */
static int select_run(
    struct history *h, const char *sql, const struct store_value *p, struct history_run *out)
{
	struct history_run run = {0};
	struct store_rows *rows;
	unsigned n = 0;
	int rc = history_select(h, sql, p, 2, &rows);

	while (!rc && (rc = store_next(rows)) == 1) {
		if (!n++)
			history_read_run(rows, &run);
		rc = 0;
	}
	if (rc)
		return rc;
	if (n == 1)
		*out = run;
	return n == 1 ? 0 : n ? -ENOTUNIQ : -ENOENT;
}

int history_find_run(
    struct history *h, const char *name, const char *machine, struct history_run *out)
{
	char like[MACHINE_CLASS_LEN + 1];
	const struct store_value p[] = {store_text(like), store_text(name)};
	int rc;

	h->error[0] = '\0';
	rc = history_like_class(h, machine, like, sizeof(like));
	if (rc)
		return rc;
	if (!strcmp(name, "latest"))
		return select_run(h, SELECT " ORDER BY r.date DESC, r.id DESC LIMIT 1", p, out);
	rc = select_run(h, SELECT " AND r.name = $2", p, out);
	if (rc == -ENOENT && *name)
		rc =
		    select_run(h, SELECT " AND substr(r.name, 1, length($2)) = $2 LIMIT 2", p, out);
	return rc;
}
