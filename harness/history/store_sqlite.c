/* store_sqlite.c - a store in one SQLite file. */
#include "harness/history/store_backend.h"

#include "harness/base/clock.h"
#include "harness/base/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

struct sqlite_store {
	struct store head;
	sqlite3 *db;
	sqlite3_stmt *statement; /* of the query under way; NULL: none */
	bool writable;           /* as far as is known */
	const char *why_read_only;
};

static struct sqlite_store *of(struct store *s)
{
	return (struct sqlite_store *)s;
}

/* One line and an errno for SQLite's last error. */
static int failed(struct sqlite_store *s)
{
	static const struct {
		int code, rc;
	} known[] = {{SQLITE_BUSY, -EBUSY}, {SQLITE_LOCKED, -EBUSY}, {SQLITE_READONLY, -EROFS},
	    {SQLITE_PERM, -EROFS}, {SQLITE_AUTH, -EROFS}, {SQLITE_FULL, -ENOSPC},
	    {SQLITE_NOTADB, -EUCLEAN}, {SQLITE_CORRUPT, -EUCLEAN}, {SQLITE_CONSTRAINT, -EEXIST},
	    {SQLITE_NOMEM, -ENOMEM}};
	const int code = sqlite3_extended_errcode(s->db) & 0xff;
	const int why = sqlite3_system_errno(s->db);
	const char *what = sqlite3_errmsg(s->db);
	int rc = -EIO;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (code == known[i].code)
			rc = known[i].rc;
	/* "disk I/O error" it says also of a full disk where it maps the file; the system knows. */
	if ((code == SQLITE_CANTOPEN || code == SQLITE_IOERR) && why) {
		rc = -why;
		what = strerror(why);
	}
	if (rc == -EROFS) {
		s->writable = false;
		what = s->why_read_only;
	}
	if (rc == -EBUSY)
		return store_say_locked(&s->head);
	return store_say(&s->head, rc, "%s%s", code == SQLITE_CORRUPT ? "damaged database: " : "",
	    rc == -ENOSPC           ? "no space left on the disk"
	    : code == SQLITE_NOTADB ? "not an SQLite database"
				    : what);
}

/* ---- once it is open ---- */

static int bind_value(sqlite3_stmt *statement, int at, const struct store_value *p)
{
	switch (p->type) {
	case STORE_NULL:
		return sqlite3_bind_null(statement, at);
	case STORE_INT:
		return sqlite3_bind_int64(statement, at, p->integer);
	case STORE_REAL:
		return sqlite3_bind_double(statement, at, p->real);
	case STORE_TEXT:
		return sqlite3_bind_text(statement, at, p->text, -1, SQLITE_TRANSIENT);
	}
	return SQLITE_MISUSE;
}

/* "$7" may stand anywhere and more than once; SQLite numbers names in order of appearance. */
static int bind(sqlite3_stmt *statement, const struct store_value *p, unsigned n)
{
	int rc = SQLITE_OK;

	for (unsigned i = 0; i < n && rc == SQLITE_OK; i++) {
		char name[16];
		int at;

		(void)snprintf(name, sizeof(name), "$%u", i + 1);
		at = sqlite3_bind_parameter_index(statement, name);
		if (at)
			rc = bind_value(statement, at, &p[i]);
	}
	return rc;
}

static int sqlite_select(
    struct store *head, const char *sql, const struct store_value *p, unsigned n)
{
	struct sqlite_store *s = of(head);

	if (sqlite3_prepare_v2(s->db, sql, -1, &s->statement, NULL) != SQLITE_OK ||
	    bind(s->statement, p, n) != SQLITE_OK)
		return failed(s);
	return 0;
}

static int sqlite_next(struct store *head)
{
	const int code = sqlite3_step(of(head)->statement);

	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : failed(of(head));
}

static void sqlite_done(struct store *head)
{
	(void)sqlite3_finalize(of(head)->statement);
	of(head)->statement = NULL;
}

static double sqlite_get_real(const struct store *head, unsigned column)
{
	sqlite3_stmt *statement = ((const struct sqlite_store *)head)->statement;

	return sqlite3_column_type(statement, (int)column) == SQLITE_NULL
		   ? NAN
		   : sqlite3_column_double(statement, (int)column);
}

static const char *sqlite_get_text(const struct store *head, unsigned column)
{
	sqlite3_stmt *statement = ((const struct sqlite_store *)head)->statement;
	const unsigned char *text = sqlite3_column_text(statement, (int)column);

	return text ? (const char *)text : "";
}

static int sqlite_insert(struct store *head, const char *table, unsigned columns,
    const struct store_value *values, size_t rows)
{
	struct sqlite_store *s = of(head);
	struct text_buffer sql = {0};
	int rc;

	text_buffer_addf(&sql, "INSERT INTO %s VALUES (", table);
	for (unsigned i = 0; i < columns; i++)
		text_buffer_addf(&sql, "%s$%u", i ? ", " : "", i + 1);
	text_buffer_add(&sql, ")");
	rc = sql.failed ? store_say(head, -ENOMEM, "out of memory")
			: sqlite_select(head, text_buffer_str(&sql), NULL, 0);
	for (size_t i = 0; i < rows && !rc; i++) {
		if (bind(s->statement, values + i * columns, columns) != SQLITE_OK ||
		    sqlite3_step(s->statement) != SQLITE_DONE)
			rc = failed(s);
		(void)sqlite3_reset(s->statement);
	}
	sqlite_done(head);
	text_buffer_free(&sql);
	return rc;
}

/* ---- a path to an open store: made, read-only or refused ---- */

/* A path as SQLite's URI: everything but plain characters as %XX. An absolute one behind an empty
 * host, or what follows a leading "//" would be the host. */
static void add_uri(struct text_buffer *b, const char *path)
{
	text_buffer_add(b, *path == '/' ? "file://" : "file:");
	for (const char *p = path; *p; p++) {
		const unsigned char c = (unsigned char)*p;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("/._-", c))
			text_buffer_add_bytes(b, p, 1);
		else
			text_buffer_addf(b, "%%%02X", c);
	}
}

static bool folder_is_writable(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	(void)snprintf(folder, sizeof(folder), "%.*s",
	    !slash          ? 1
	    : slash == path ? 1
			    : (int)(slash - path),
	    slash ? path : ".");
	return !access(folder, W_OK);
}

/* "h.db-wal" of "h.db". Return: as access(). */
static int access_beside(const char *path, const char *suffix, int how)
{
	char beside[PATH_MAX + 8];

	(void)snprintf(beside, sizeof(beside), "%s%s", path, suffix);
	return access(beside, how);
}

/* Files that a writer has left behind are part of the database. */
static bool has_log(const char *path)
{
	char wal[PATH_MAX + 8];
	struct stat st;

	(void)snprintf(wal, sizeof(wal), "%s-wal", path);
	return !stat(wal, &st) && st.st_size > 0;
}

/* A writer makes files beside the database, unless another has them there at the moment. */
static void find_out_if_writable(struct sqlite_store *s, const char *path)
{
	if (access(path, W_OK)) {
		s->writable = false;
	} else if (!folder_is_writable(path) &&
		   (access_beside(path, "-wal", W_OK) || access_beside(path, "-shm", W_OK))) {
		s->writable = false;
		s->why_read_only = "read-only: its folder may not be written to";
	}
}

static int open_file(struct sqlite_store *s, const char *path, enum store_mode mode)
{
	int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, rc; /* a store is of one thread */
	struct text_buffer uri = {0};
	struct stat st;

	if (stat(path, &st)) {
		if (errno != ENOENT || mode == STORE_EXISTING)
			return store_say(&s->head, -errno, "%s", strerror(errno));
		flags |= SQLITE_OPEN_CREATE;
	} else if (!S_ISREG(st.st_mode)) {
		return store_say(&s->head, -EINVAL, "not a file");
	} else {
		find_out_if_writable(s, path);
	}
	flags |= s->writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	add_uri(&uri, path);
	/* A WAL database wants a -shm file beside it, even to be read. In a folder that cannot be
	 * written it can still be read as unchanging, unless a -wal says that somebody was writing.
	 */
	if (!s->writable && !folder_is_writable(path) && !has_log(path))
		text_buffer_add(&uri, "?immutable=1");
	rc =
	    uri.failed ? SQLITE_NOMEM : sqlite3_open_v2(text_buffer_str(&uri), &s->db, flags, NULL);
	text_buffer_free(&uri);
	if (!s->db)
		return store_say(&s->head, -ENOMEM, "out of memory");
	return rc == SQLITE_OK ? 0 : failed(s);
}

/* Looks, and leaves every byte as it is: it may be somebody else's file. */
static int sqlite_open(struct store *head, const char *path, enum store_mode mode)
{
	struct sqlite_store *s = of(head);
	int rc;

	s->writable = true;
	s->why_read_only = "read-only";
	rc = open_file(s, path, mode);
	if (rc)
		return rc;
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, (int)head->wait_ms);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	rc = store_exec(head, "PRAGMA foreign_keys = ON", NULL, 0);
	/* In KiB. With its 2 MB every series of a large history would be read from the system anew.
	 */
	if (!rc)
		rc = store_exec(head, "PRAGMA cache_size = -65536", NULL, 0);
	if (!rc)
		rc = store_has_table(head, "");
	/* A log beside it that only somebody with more rights can make a part of it again. */
	if (rc < 0 && rc != -EUCLEAN && !s->writable && has_log(path) &&
	    !folder_is_writable(path) && access_beside(path, "-shm", R_OK))
		return store_say(head, -EROFS,
		    "its last writer has left a -wal behind, which cannot be read while its folder "
		    "may not be written to");
	return rc < 0 ? rc : 0;
}

static void sqlite_close(struct store *head)
{
	/* An open transaction is rolled back by closing. */
	(void)sqlite3_close(of(head)->db);
}

static int sqlite_adopt(struct store *head, bool to_write)
{
	const uint64_t end_ns = clock_now_ns() + (uint64_t)head->wait_ms * CLOCK_NS_PER_MS;
	struct sqlite_store *s = of(head);
	int rc;

	/* The log goes into the file, and away, with the last one who closes it. */
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	if (!to_write || !s->writable)
		return 0;
	/* Two programs that make the same file at once: SQLite gives up on this one without
	 * waiting.
	 */
	while ((rc = store_exec(head, "PRAGMA journal_mode = WAL", NULL, 0)) == -EBUSY &&
	       clock_now_ns() < end_ns)
		(void)usleep(10000);
	/* A disk that was mounted read-only says so only now. */
	return rc == -EROFS ? 0 : rc;
}

const struct store_backend store_sqlite = {
    .size = sizeof(struct sqlite_store),
    .count_tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND $1 IN ('', name)",
    .begin = {"BEGIN IMMEDIATE"},
    .open = sqlite_open,
    .close = sqlite_close,
    .adopt = sqlite_adopt,
    .insert = sqlite_insert,
    .select = sqlite_select,
    .next = sqlite_next,
    .done = sqlite_done,
    .get_real = sqlite_get_real,
    .get_text = sqlite_get_text,
};
