/* store_sqlite_open.c - a path to an open SQLite store: made, read-only or refused. */
#include "harness/history/store_sqlite.h"

#include "harness/base/clock.h"
#include "harness/base/one_line.h"
#include "harness/base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path as SQLite's URI: everything but plain characters as %XX. An absolute one behind an empty
 * host, or what follows a leading "//" would be the host. */
static int uri_of(const char *path, const char *options, char *uri, size_t len)
{
	struct text_buffer b = {0};
	int rc = 0;

	text_buffer_add(&b, *path == '/' ? "file://" : "file:");
	for (const char *p = path; *p; p++) {
		const unsigned char c = (unsigned char)*p;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("/._-", c))
			text_buffer_add_bytes(&b, p, 1);
		else
			text_buffer_addf(&b, "%%%02X", c);
	}
	text_buffer_add(&b, options);
	if (b.failed)
		rc = -ENOMEM;
	else if (b.len >= len)
		rc = -ENAMETOOLONG;
	else
		memcpy(uri, b.data, b.len + 1);
	text_buffer_free(&b);
	return rc;
}

static bool folder_is_writable(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash)
		(void)snprintf(folder, sizeof(folder), ".");
	else
		(void)snprintf(
		    folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return !access(folder, W_OK);
}

/* "h.db-wal" of "h.db". Return: as access(). */
static int access_beside(const char *path, const char *suffix, int how)
{
	char beside[PATH_MAX + 8];

	(void)snprintf(beside, sizeof(beside), "%s%s", path, suffix);
	return access(beside, how);
}

/* What a writer has left behind is part of the database. */
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
		s->head.writable = false;
	} else if (!folder_is_writable(path) &&
		   (access_beside(path, "-wal", W_OK) || access_beside(path, "-shm", W_OK))) {
		s->head.writable = false;
		s->why_read_only = "read-only: its folder may not be written to";
	}
}

/*
 * A WAL database wants a -shm file beside it, even to be read. In a folder that cannot be written
 * it can still be read as unchanging, unless a -wal says that somebody was writing.
 */
static bool needs_immutable(const char *path)
{
	return !folder_is_writable(path) && !has_log(path);
}

static int open_file(struct sqlite_store *s, const char *path, enum store_mode mode)
{
	struct stat st;
	char uri[PATH_MAX * 3 + 32];
	int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, rc; /* a store is of one thread */

	if (stat(path, &st)) {
		if (errno != ENOENT || mode == STORE_EXISTING)
			return store_say(&s->head, -errno, "%s", strerror(errno));
		flags |= SQLITE_OPEN_CREATE;
	} else if (!S_ISREG(st.st_mode)) {
		return store_say(&s->head, -EINVAL, "not a file");
	} else {
		find_out_if_writable(s, path);
	}
	flags |= s->head.writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	rc = uri_of(path, !s->head.writable && needs_immutable(path) ? "?immutable=1" : "", uri,
	    sizeof(uri));
	if (rc)
		return store_say(&s->head, rc, "%s", strerror(-rc));
	if (sqlite3_open_v2(uri, &s->db, flags, NULL) != SQLITE_OK) {
		if (!s->db)
			return store_say(&s->head, -ENOMEM, "out of memory");
		return store_sqlite_failed(s);
	}
	return 0;
}

/* Two programs that make the same file at once: SQLite gives up on this one without waiting. */
static int make_wal(struct sqlite_store *s)
{
	const uint64_t end_ns = clock_now_ns() + (uint64_t)s->wait_ms * 1000000;
	int rc;

	do {
		rc = store_exec(&s->head, "PRAGMA journal_mode = WAL", NULL, 0);
		if (rc == -EBUSY)
			(void)usleep(10000);
	} while (rc == -EBUSY && clock_now_ns() < end_ns);
	/* A disk that was mounted read-only says so only now. */
	return rc == -EROFS ? 0 : rc;
}

int store_sqlite_adopt(struct store *head, bool to_write)
{
	struct sqlite_store *s = (struct sqlite_store *)head;

	/* The log goes into the file, and away, with the last one who closes it. */
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return to_write && head->writable ? make_wal(s) : 0;
}

/* A log beside it that only somebody with more rights can make a part of it again. */
static bool is_locked_in(const struct sqlite_store *s, const char *path)
{
	return !s->head.writable && has_log(path) && !folder_is_writable(path) &&
	       access_beside(path, "-shm", R_OK);
}

/* Looks, and leaves every byte as it is: it may be somebody else's file. */
static int set_up(struct sqlite_store *s, const char *path)
{
	int rc;

	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, (int)s->wait_ms);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	rc = store_exec(&s->head, "PRAGMA foreign_keys = ON", NULL, 0);
	/* In KiB. With its 2 MB every series of a large history would be read from the system anew.
	 */
	if (!rc)
		rc = store_exec(&s->head, "PRAGMA cache_size = -65536", NULL, 0);
	if (!rc)
		rc = store_has_any_table(&s->head);
	if (rc < 0 && rc != -EUCLEAN && is_locked_in(s, path))
		return store_say(&s->head, -EROFS,
		    "its last writer has left a -wal behind, which cannot be read while its folder "
		    "may not be written to");
	return rc < 0 ? rc : 0;
}

int store_sqlite_open(const char *path, enum store_mode mode, unsigned wait_ms, struct store **out,
    char *err, size_t err_len)
{
	struct sqlite_store *s = calloc(1, sizeof(*s));
	int rc;

	if (!s) {
		one_line_format(err, err_len, "out of memory");
		return -ENOMEM;
	}
	s->head.backend = &store_sqlite_backend;
	s->head.writable = true;
	s->wait_ms = wait_ms;
	s->why_read_only = "read-only";
	one_line_format(s->head.name, sizeof(s->head.name), "%s", path);
	rc = open_file(s, path, mode);
	if (!rc)
		rc = set_up(s, path);
	if (rc) {
		one_line_format(err, err_len, "%s", s->head.error);
		store_close(&s->head);
		return rc;
	}
	s->head.error[0] = '\0';
	*out = &s->head;
	return 0;
}
