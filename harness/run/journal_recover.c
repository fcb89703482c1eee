/* journal_recover.c - reads a journal that was not ended properly. */
#include "harness/base/grow.h"
#include "harness/base/text.h"
#include "harness/run/doubles.h"
#include "harness/run/jsonio.h"
#include "harness/run/result.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A trial of a million workers is some 20 MB; a line beyond this is not one of ours. */
#define LINE_BYTES_MAX ((size_t)64 << 20)

/* Ten years. A time beyond this is not one of ours, and would not fit where times are printed. */
#define AT_MS_MAX (UINT64_C(10) * 366 * 86400 * 1000)

struct line {
	char *text;
	size_t len;
	size_t capacity;
	bool whole;    /* ended by a newline */
	bool too_long; /* the rest was skipped */
};

struct recovery {
	struct run run;
	size_t line; /* number of the current one */
	size_t bad_lines;
	size_t first_bad;
	char first_why[200];
	size_t doubles;     /* samples that were there already */
	size_t undescribed; /* cases whose own line is lost */
	uint64_t last_ms;   /* the latest time that any line tells */
	bool tells_times;
	bool torn;
	size_t heads, others; /* lines that are whole */
	bool foreign;         /* the first line is whole, and of another schema */
	char head_why[200];   /* what is wrong with it otherwise */
};

/* Return: 1 with a line; 0 at the end; -errno. */
static int next_line(FILE *f, struct line *l)
{
	int c;

	l->len = 0;
	l->whole = l->too_long = false;
	while ((c = getc_unlocked(f)) != EOF) {
		if (c == '\n') {
			l->whole = true;
			return 1;
		}
		if (l->len == LINE_BYTES_MAX) {
			l->too_long = true;
			continue;
		}
		if (grow(&l->text, l->len + 1, &l->capacity, 1))
			return -ENOMEM;
		l->text[l->len++] = (char)c;
	}
	if (ferror(f))
		return -EIO;
	return l->len > 0;
}

static json_t *parse_line(const struct line *l, struct jsonio_reader *r)
{
	json_error_t error;
	json_t *j;

	if (l->too_long) {
		jsonio_fail(r, NULL, "longer than any line of ours");
		return NULL;
	}
	j = json_loadb(l->text ? l->text : "", l->len, JSON_REJECT_DUPLICATES, &error);
	if (!j)
		jsonio_fail(r, NULL, "column %d: not JSON", error.column);
	return j;
}

static int take_run(struct recovery *rec, struct jsonio_reader *r, const json_t *j)
{
	struct run facts = {0}, before = rec->run;
	json_t *object;
	int rc;

	if ((rc = jsonio_check_schema(r, j, "concbench_journal", RESULT_SCHEMA)) ||
	    (rc = jsonio_get_object(r, j, "run", &object)) ||
	    (rc = jsonio_get_facts(r, object, &facts))) {
		run_free(&facts);
		return rc;
	}
	rec->run = facts;
	rec->run.series = before.series;
	rec->run.series_count = before.series_count;
	rec->run.series_capacity = before.series_capacity;
	rec->run.by_name = before.by_name;
	free(before.families);
	manifest_free(&before.manifest);
	return 0;
}

static int take_series(struct recovery *rec, struct jsonio_reader *r, const json_t *j)
{
	struct series described = {0};
	struct series *s;
	json_t *object;
	int rc;

	if ((rc = jsonio_get_object(r, j, "series", &object)) ||
	    (rc = jsonio_get_series(r, object, &described)))
		return rc;
	s = run_find_series(&rec->run, described.name);
	if (!s)
		s = run_add_series(&rec->run, described.name);
	if (!s)
		return -ENOMEM;
	return jsonio_get_series(r, object, s);
}

static int take_sample(struct recovery *rec, struct jsonio_reader *r, const json_t *j)
{
	struct sample sample = {0};
	char name[CASE_NAME_MAX];
	struct series *s;
	json_t *object;
	int rc;

	if ((rc = jsonio_get_text(r, j, "case", name, sizeof(name))) ||
	    (rc = jsonio_get_object(r, j, "sample", &object)) ||
	    (rc = sample_from_json(object, &sample, r->err, r->err_len)))
		return rc;
	if (!name[0]) {
		sample_free(&sample);
		return jsonio_fail(r, "case", "empty");
	}
	s = run_find_series(&rec->run, name);
	if (!s) {
		/* Its line is lost, the measurement is not. */
		rec->undescribed++;
		s = run_add_series(&rec->run, name);
	}
	rc = s ? series_add_sample(s, &sample) : -ENOMEM;
	if (rc)
		sample_free(&sample);
	return rc;
}

/* When it was written; journals of older builds do not tell. */
static int take_time(struct recovery *rec, struct jsonio_reader *r, const json_t *j)
{
	uint64_t at_ms;
	int rc;

	if (!json_object_get(j, "at_ms"))
		return 0;
	rc = jsonio_get_u64(r, j, "at_ms", AT_MS_MAX, &at_ms);
	if (!rc && at_ms > rec->last_ms)
		rec->last_ms = at_ms;
	rec->tells_times |= !rc;
	return rc;
}

static int take_line(struct recovery *rec, struct jsonio_reader *r, const struct line *l)
{
	json_t *j = parse_line(l, r);
	int rc;

	if (!j)
		return -EINVAL;
	if (json_object_get(j, "concbench_journal") ||
	    (rec->line == 1 && !json_object_get(j, "series") && !json_object_get(j, "case"))) {
		const json_t *schema = json_object_get(j, "concbench_journal");

		rec->foreign |= rec->line == 1 && json_is_integer(schema) &&
				json_integer_value(schema) != RESULT_SCHEMA;
		rc = take_run(rec, r, j);
		rec->heads += !rc;
		json_decref(j);
		return rc;
	}
	if ((rc = take_time(rec, r, j)) != 0)
		; /* damaged */
	else if (json_object_get(j, "series"))
		rc = take_series(rec, r, j);
	else
		rc = take_sample(rec, r, j);
	rec->others += !rc;
	json_decref(j);
	return rc;
}

static int take_all(struct recovery *rec, FILE *f, char *note, size_t note_len)
{
	struct line l = {0};
	char why[200] = "";
	int rc;

	while ((rc = next_line(f, &l)) > 0) {
		struct jsonio_reader r = {.err = why, .err_len = sizeof(why)};

		rec->line++;
		rc = take_line(rec, &r, &l);
		if (rc == -ENOMEM)
			break;
		if (rc && rec->line == 1)
			memcpy(rec->head_why, why, sizeof(why));
		if (rc && !l.whole) {
			rec->torn = true;
		} else if (rc && !rec->bad_lines++) {
			rec->first_bad = rec->line;
			memcpy(rec->first_why, why, sizeof(why));
		}
	}
	free(l.text);
	if (!rc && !rec->line) {
		snprintf(note, note_len, "empty");
		rc = -EINVAL;
	} else if (!rc && !rec->heads && (rec->foreign || !rec->others)) {
		snprintf(note, note_len, "not a journal of concbench: %s", rec->head_why);
		rc = -EINVAL;
	}
	return rc;
}

static void tell(const struct recovery *rec, char *note, size_t note_len)
{
	if (!note_len)
		return;
	note[0] = '\0';
	if (rec->torn)
		text_add_clause(
		    note, note_len, "dropped the last line, which was not written to its end");
	if (rec->bad_lines)
		text_add_clause(note, note_len, "dropped %zu damaged line%s (line %zu: %s)",
		    rec->bad_lines, rec->bad_lines == 1 ? "" : "s", rec->first_bad, rec->first_why);
	if (!rec->heads)
		text_add_clause(note, note_len,
		    "the description of machine and build is lost, the samples are not");
	if (rec->doubles)
		text_add_clause(note, note_len, "dropped %zu sample%s that %s there already",
		    rec->doubles, rec->doubles == 1 ? "" : "s", rec->doubles == 1 ? "was" : "were");
	if (rec->undescribed)
		text_add_clause(note, note_len,
		    "the description of %zu case%s is lost, not the samples", rec->undescribed,
		    rec->undescribed == 1 ? "" : "s");
}

static int drop_doubles(struct recovery *rec)
{
	size_t dropped;
	int rc = 0;

	for (size_t i = 0; i < rec->run.series_count && !rc; i++) {
		rc = doubles_drop_samples(&rec->run.series[i], &dropped);
		rec->doubles += dropped;
	}
	return rc;
}

/*
 * The head says why there are no counters when that is known before anything is measured. When it
 * is silent there was to be a pass for them, after the rounds.
 */
static void conclude_counters(struct run *run, bool tells_times)
{
	size_t counted = 0;

	/* Journals that do not say when were begun before it was known. */
	if (run->counters_note[0] || !tells_times)
		return;
	for (size_t i = 0; i < run->series_count; i++)
		counted += run->series[i].counters.count > 0;
	snprintf(run->counters_note, sizeof(run->counters_note), "hardware counters: %s",
	    counted ? "in a pass of their own, never in a timed trial; the run was killed in it or "
		      "after it"
		    : "none; the run was killed before the pass of their own");
	for (size_t i = 0; counted && i < run->series_count; i++) {
		struct series *s = &run->series[i];

		if (status_has_figure(s->status) && !s->counters.count && !s->counters_note[0])
			snprintf(s->counters_note, sizeof(s->counters_note),
			    "no hardware counters: the run was killed before its turn");
	}
}

/* What the supervisor would have said at the end. */
static void conclude(const struct recovery *rec, struct run *run)
{
	static const char reason[] = "the run was killed before its turn";

	run->recovered = true;
	/* The head was written at the start, when no time had passed. */
	if (!(run->elapsed_s > 0))
		run->elapsed_s = (double)rec->last_ms / 1e3;
	for (size_t i = 0; i < run->series_count; i++) {
		struct series *s = &run->series[i];

		if (s->sample_count || !status_has_figure(s->status))
			continue;
		s->status = STATUS_NOT_RUN;
		memcpy(s->reason, reason, sizeof(reason));
	}
	conclude_counters(run, rec->tells_times);
}

/* No head is left: a run is called as its folder is, and that begins with the date. A journal that
 * somebody has put elsewhere has the date of its file. */
static int name_after_folder(struct run *run, const char *path, time_t written)
{
	char *whole = realpath(path, NULL), *slash;
	struct tm utc = {0};

	if (whole && (slash = strrchr(whole, '/')) != NULL) {
		*slash = '\0';
		slash = strrchr(whole, '/');
		(void)snprintf(run->id, sizeof(run->id), "%s", slash ? slash + 1 : "");
	}
	free(whole);
	if (!strptime(run->id, "%Y%m%dT%H%M%SZ-", &utc)) {
		if (!gmtime_r(&written, &utc))
			return -EOVERFLOW;
		(void)strftime(run->id, sizeof(run->id), "%Y%m%dT%H%M%SZ-recovered-000000", &utc);
	}
	(void)strftime(run->date, sizeof(run->date), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return 0;
}

int journal_recover(const char *path, struct run *out, char *note, size_t note_len)
{
	struct recovery rec = {0};
	struct stat st;
	FILE *f;
	int fd, rc;

	if (note_len)
		note[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	f = fstat(fd, &st) ? NULL : fdopen(fd, "r");
	if (!f) {
		rc = -errno;
		close(fd);
		return rc;
	}
	if (S_ISREG(st.st_mode)) {
		rc = take_all(&rec, f, note, note_len);
	} else {
		snprintf(note, note_len, "not a file");
		rc = -EINVAL;
	}
	fclose(f);
	if (!rc)
		rc = drop_doubles(&rec);
	if (!rc && !rec.heads)
		rc = name_after_folder(&rec.run, path, st.st_mtime);
	if (rc) {
		run_free(&rec.run);
		return rc;
	}
	tell(&rec, note, note_len);
	conclude(&rec, &rec.run);
	*out = rec.run;
	return 0;
}
