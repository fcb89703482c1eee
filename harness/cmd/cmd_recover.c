/* cmd_recover.c - `concbench recover`: the run file of a run whose supervisor was killed. */
#include "harness/cmd/cmd.h"
#include "harness/run/result.h"
#include "harness/run/run_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
	const char *folder;
	bool force;
};

#define fail(...) complain("recover", __VA_ARGS__)

/* As the run would have done itself, unless a newer one has: names begin with the time. */
static int point_latest(const char *run_file)
{
	char folder[PATH_MAX], results[PATH_MAX], old[PATH_MAX], *id;
	char link[PATH_MAX + 16];
	ssize_t n;

	/* The folder may have been named "." or by a link. */
	if (!realpath(run_file, folder))
		return -errno;
	*strrchr(folder, '/') = '\0';
	id = strrchr(folder, '/');
	if (!id || id == folder)
		return 0;
	*id++ = '\0';
	snprintf(results, sizeof(results), "%s", folder);
	snprintf(link, sizeof(link), "%s/latest", results);
	n = readlink(link, old, sizeof(old) - 1);
	if (n < 0 && errno != ENOENT)
		return 0; /* something of that name that is not ours */
	old[n < 0 ? 0 : n] = '\0';
	return strcmp(old, id) < 0 ? run_folder_link_latest(results, id) : 0;
}

static int rebuild(const char *journal, const char *run_file)
{
	struct run run = {0};
	char note[512];
	size_t samples = 0, measured = 0;
	int rc;

	rc = journal_recover(journal, &run, note, sizeof(note));
	if (rc)
		return fail("%s: %s", journal, note[0] ? note : strerror(-rc));
	rc = run_summarise(&run);
	if (!rc)
		rc = result_write(&run, run_file);
	if (rc) {
		run_free(&run);
		return fail("%s: %s", run_file, strerror(-rc));
	}
	for (size_t i = 0; i < run.series_count; i++) {
		samples += run.series[i].sample_count;
		measured += run.series[i].sample_count > 0;
	}
	if (note[0])
		fprintf(stderr, "concbench recover: %s: %s\n", journal, note);
	rc = point_latest(run_file);
	if (rc)
		fprintf(stderr, "concbench recover: latest: %s\n", strerror(-rc));
	printf("%s: %zu of %zu cases, %zu samples recovered\n", run_file, measured,
	    run.series_count, samples);
	run_free(&run);
	return fflush(stdout) ? fail("standard output: %s", strerror(errno)) : 0;
}

static int recover(void *options)
{
	const struct arguments *a = options;
	const char *dir = a->folder;
	const size_t len = strlen(dir);
	char journal[4096], run_file[4096];

	if (len + sizeof("/journal.jsonl") > sizeof(journal))
		return fail("%s: %s", dir, strerror(ENAMETOOLONG));
	snprintf(
	    journal, sizeof(journal), "%s%sjournal.jsonl", dir, dir[len - 1] == '/' ? "" : "/");
	snprintf(run_file, sizeof(run_file), "%s%srun.json", dir, dir[len - 1] == '/' ? "" : "/");
	/* The journal of a run that ended well says less than its run file. */
	if (!a->force && !access(run_file, F_OK))
		return fail("%s exists; --force replaces it", run_file);
	return rebuild(journal, run_file);
}

#define OPTIONS struct arguments
static const struct option_spec specs[] = {
    {NULL, "FOLDER", OPTION_TEXT(folder), "the run's folder", .required = true},
    {"force", NULL, OPTION_ON(force), "replace a run.json that is there already"},
    {0},
};
#undef OPTIONS

const struct command recover_command = {
    .name = "recover",
    .what = "rebuild the run file of a run that was killed",
    .about = "Rebuild FOLDER/run.json from FOLDER/journal.jsonl, the raw samples of a run that was "
	     "killed before it could write its run file.",
    .status = "0 the run file was written; 2 it was not",
    .instead = "one folder at a time",
    .options = specs,
    .size = sizeof(struct arguments),
    .run = recover,
};
