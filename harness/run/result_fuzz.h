/*
 * result_fuzz.h - what has to hold for every file that is given to the readers, however broken.
 *
 * Only for result_fuzz.c, which makes such files, and result_corpus_test.c, which replays those
 * that are kept. The readers are given by the caller, so that a test can show that broken ones are
 * caught.
 */
#ifndef CONCBENCH_RESULT_FUZZ_H
#define CONCBENCH_RESULT_FUZZ_H

#include "harness/base/file.h"
#include "harness/run/result.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* result_read() and journal_recover() look alike. */
typedef int result_reader(const char *path, struct run *out, char *err, size_t err_len);

/* A file that has no name, and none to be removed: [path_len] of @path reads it. */
static inline int fuzz_store(const void *data, size_t len, char *path, size_t path_len)
{
	int fd = memfd_create("run", MFD_CLOEXEC);

	if (fd < 0 || file_append_all(fd, data, len)) {
		perror("concbench fuzz: a file in memory");
		abort();
	}
	snprintf(path, path_len, "/proc/self/fd/%d", fd);
	return fd;
}

/* One line that a terminal may be shown. */
static inline bool fuzz_is_one_line(const char *text, size_t size)
{
	if (!text[0] || !memchr(text, '\0', size))
		return false;
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return false;
	}
	return true;
}

/* What a reader has accepted can be written, and what is written can be read. */
static inline const char *fuzz_check_again(const struct run *run)
{
	char path[64], err[700] = "";
	struct run again;
	char *text = NULL;
	int fd, rc;

	rc = result_format(run, &text);
	if (rc)
		return rc == -ENOMEM ? NULL : "accepted, but cannot be written";
	fd = fuzz_store(text, strlen(text), path, sizeof(path));
	free(text);
	rc = result_read(path, &again, err, sizeof(err));
	close(fd);
	if (rc == -ENOMEM)
		return NULL;
	if (rc) {
		fprintf(stderr, "%s\n", err);
		return "accepted and written, but then not read again";
	}
	run_free(&again);
	return NULL;
}

/**
 * result_fuzz_check() - give a file to a reader.
 * Return: NULL; or what is wrong with the reader.
 */
static inline const char *result_fuzz_check(result_reader *reader, const char *path)
{
	char err[700] = "";
	char before[sizeof(struct run)];
	const char *why;
	struct run run;
	int rc;

	memset(&run, 0x5a, sizeof(run));
	memcpy(before, &run, sizeof(run));
	rc = reader(path, &run, err, sizeof(err));
	if (rc) {
		if (rc != -EINVAL && rc != -ENOMEM)
			return "refused, but not as bad contents";
		if (memcmp(before, &run, sizeof(run)))
			return "refused, but its output is written to";
		if (rc == -EINVAL && !fuzz_is_one_line(err, sizeof(err)))
			return "refused, but not with one printable line";
		return NULL;
	}
	if (err[0] && !fuzz_is_one_line(err, sizeof(err))) {
		run_free(&run);
		return "accepted, with a note that is not one printable line";
	}
	why = fuzz_check_again(&run);
	if (!why) {
		/* report and recover make the figures anew. */
		rc = run_summarise(&run);
		if (rc && rc != -ENOMEM && rc != -E2BIG)
			why = "accepted, but it cannot be summarised";
		else if (!rc)
			why = fuzz_check_again(&run);
	}
	run_free(&run);
	return why;
}

#endif
