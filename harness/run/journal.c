/*
 * journal.c - writing the journal: one JSON object a line, each line one write(2) with O_APPEND,
 * so that a kill between two lines loses nothing and a kill within one loses that line only.
 *
 *   {"concbench_journal": 1, "run": {...}}   first line; again with every round
 *   {"series": {...}, "at_ms": 12}           a case's description and status
 *   {"case": "name", "sample": {...}, "at_ms": 12}   one trial
 *
 * at_ms is since the journal was created: of a killed run nothing else says how long it took, since
 * the file's own time is lost when it is copied.
 */
#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/run/jsonio.h"
#include "harness/run/result.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct journal {
	int fd;
	off_t size; /* up to the end of the last whole line */
	uint64_t begin_ns;
};

int journal_create(const char *path, struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));
	int rc;

	if (!j)
		return -ENOMEM;
	j->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (j->fd < 0) {
		rc = -errno;
		free(j);
		return rc;
	}
	j->begin_ns = clock_now_ns();
	*out = j;
	return 0;
}

static int put_time(const struct journal *j, json_t *line)
{
	return jsonio_put_u64(line, "at_ms", (clock_now_ns() - j->begin_ns) / CLOCK_NS_PER_MS);
}

/* Takes over @line, which may be NULL when memory ran out or @rc says so. */
static int write_line(struct journal *j, json_t *object, int rc)
{
	char *line = NULL;
	size_t len;

	if (!rc) {
		line = jsonio_line(object);
		rc = line ? 0 : -ENOMEM;
	}
	json_decref(object);
	if (rc)
		return rc;
	len = strlen(line);
	rc = file_append_all(j->fd, line, len);
	free(line);
	if (!rc) {
		j->size += (off_t)len;
		return 0;
	}
	/* A full disk takes a part of a line: without this the next one would be glued to it. */
	if (ftruncate(j->fd, j->size))
		return -errno;
	return rc;
}

int journal_run(struct journal *j, const struct run *run)
{
	json_t *line = json_object();
	json_t *facts = json_object();
	int rc = 0;

	rc |= jsonio_put_u64(line, "concbench_journal", RESULT_SCHEMA);
	rc |= jsonio_put_facts(facts, run);
	rc |= jsonio_put(line, "run", facts);
	return write_line(j, line, rc);
}

int journal_series(struct journal *j, const struct series *s)
{
	json_t *line = json_object();
	int rc = 0;

	rc |= jsonio_put(line, "series", jsonio_series(s));
	rc |= put_time(j, line);
	return write_line(j, line, rc);
}

int journal_sample(struct journal *j, const char *case_name, const struct sample *s)
{
	json_t *line = json_object();
	int rc = 0;

	rc |= jsonio_put_text(line, "case", case_name);
	rc |= jsonio_put(line, "sample", sample_to_json(s));
	rc |= put_time(j, line);
	return write_line(j, line, rc);
}

int journal_sync(struct journal *j)
{
	return fdatasync(j->fd) ? -errno : 0;
}

int journal_close(struct journal *j)
{
	int rc = journal_sync(j);

	if (close(j->fd) && !rc)
		rc = -errno;
	free(j);
	return rc;
}
