/*
 * result.h - runs on disk. The only place that knows the run file's JSON.
 *
 *   results/<id>/run.json       Google Benchmark's JSON schema (its compare.py reads it unchanged)
 *                               plus our own part under "concbench"; written whole or not at all
 *   results/<id>/journal.jsonl  every raw sample and event, appended as it happens; survives a
 *                               kill -9 of the supervisor
 *   results/<id>/topology.xml
 *   results/latest              symbolic link to the newest
 *
 * The JSON never has NaN or Infinity: values that are not finite are left out.
 */
#ifndef CONCBENCH_RESULT_H
#define CONCBENCH_RESULT_H

#include "harness/run/run.h"

#define RESULT_SCHEMA 2

/**
 * result_write() - write a run as run.json. One "iteration" row a launch in "benchmarks" (real_time
 * = the launch's figure, time_unit "ns", cpu_time = cpu_ns_per_op, repetitions = launches), then
 * mean, median, stddev and cv aggregates, in Google Benchmark's own field names; a failed case is a
 * row with error_occurred. The schema knows times only. A figure in another unit is written as
 * real_time too, because compare.py and similar tools compare that; the row's label says what it
 * is. Every other metric is a counter, and so are the percentiles of the latency (p50_ns, ...,
 * max_ns): a launch's own in its row, those of a typical launch in the row of the median. Unknown
 * ones are left out. Case details, status and histogram go under "concbench". Return: 0; -errno
 * (-ENOSPC, -EACCES, ...), and nothing half-written.
 */
int result_write(const struct run *run, const char *path);

/** result_format() - the same text, for --benchmark_format=json; free() it. */
int result_format(const struct run *run, char **json);

/**
 * result_read() - read what result_write() wrote.
 * @err: one line saying what is wrong with the file: unreadable, not JSON (line and column),
 * Google Benchmark's JSON but not concbench's, a newer schema, a field missing. "benchmarks" is for
 * other tools and is not read: "concbench" has all of it as well.
 * Return: 0; -errno; -EINVAL for contents. @out untouched on error.
 */
int result_read(const char *path, struct run *out, char *err, size_t err_len);

/**
 * result_resolve() - find the run that a user names: a run.json, a run's folder, an id under
 * results/, or "latest". @path gets the run.json's path. Return: 0; -ENOENT; -ENAMETOOLONG.
 */
int result_resolve(const char *results_dir, const char *ref, char *path, size_t path_len);

/* ---- the journal: one JSON object a line ---- */

struct journal;

/** journal_create() - new file (O_EXCL) in an existing folder. Return: 0; -errno. */
int journal_create(const char *path, struct journal **out);

/** journal_run() - first line: the run's id, date, seed, profile, command, manifest. */
int journal_run(struct journal *j, const struct run *run);
/** journal_series() - a case's description, before its first sample; again when it changes. */
int journal_series(struct journal *j, const struct series *s);
/** journal_sample() - one trial. */
int journal_sample(struct journal *j, const char *case_name, const struct sample *s);
/** journal_sync() - write to the disk; once a round is enough, since losing the last round is
 * tolerable. */
int journal_sync(struct journal *j);
int journal_close(struct journal *j);

/**
 * journal_recover() - rebuild a run from a journal; a torn last line is dropped, and @note says so.
 * @note: what was dropped, "" when nothing.
 *
 * Its elapsed time is that of the last line that has one, 0 when none has. Unless the head says why
 * there are no hardware counters, their note says how far the run came with them.
 * Return: 0; -errno; -EINVAL when even the first line is not a journal's.
 */
int journal_recover(const char *path, struct run *out, char *note, size_t note_len);

/* ---- samples as JSON, shared with the cell protocol (jansson objects) ---- */

struct json_t;

/** sample_to_json() - new reference, or NULL when out of memory. */
struct json_t *sample_to_json(const struct sample *s);
/** sample_from_json() - Return: 0; -EINVAL with @err; -ENOMEM. */
int sample_from_json(const struct json_t *j, struct sample *out, char *err, size_t err_len);

#endif
