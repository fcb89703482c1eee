/* cmd_recover.c - `concbench recover`: the run file of a run whose supervisor was killed. */
#include "harness/run/result.h"
#include "harness/run/run_folder.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

/* Beyond all characters, so that optopt tells a wrong "-f" from a wrong "--force=x". */
enum { OPTION_FORCE = 256, OPTION_HELP };

int cmd_recover(int argc, char **argv);

static const char help[] =
    "Usage: concbench recover [--force] RUN-DIR\n"
    "\n"
    "Rebuild RUN-DIR/run.json from RUN-DIR/journal.jsonl, the raw samples of a run that was\n"
    "killed before it could write its run file.\n"
    "\n"
    "  --force   replace a run.json that is there already\n"
    "  --help    show this\n"
    "\n"
    "Exit status: 0 when the run file was written, 2 when not.\n";

__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
	va_list ap;

	fputs("concbench recover: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

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

int cmd_recover(int argc, char **argv)
{
	static const struct option options[] = {
	    {"force", no_argument, NULL, OPTION_FORCE},
	    {"help", no_argument, NULL, OPTION_HELP},
	    {NULL, 0, NULL, 0},
	};
	char journal[4096], run_file[4096];
	bool force = false;
	const char *dir;
	size_t len;
	int c;

	opterr = 0;
	/* 0, not 1: also forgets a cluster like "-xh" that an earlier caller left half read. */
	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case OPTION_FORCE:
			force = true;
			break;
		case 'h':
		case OPTION_HELP:
			fputs(help, stdout);
			return fflush(stdout) ? fail("standard output: %s", strerror(errno)) : 0;
		default:
			if (optopt > 0 && optopt < OPTION_FORCE)
				return fail("unknown option -%c; see --help", optopt);
			return fail("unknown option %s; see --help", argv[optind - 1]);
		}
	}
	if (optind == argc)
		return fail("a run's folder is missing; see --help");
	if (optind + 1 < argc)
		return fail("one folder at a time, not also \"%s\"", argv[optind + 1]);
	dir = argv[optind];
	len = strlen(dir);
	if (!len)
		return fail("the folder's name is empty");
	if (len + sizeof("/journal.jsonl") > sizeof(journal))
		return fail("%s: %s", dir, strerror(ENAMETOOLONG));
	snprintf(
	    journal, sizeof(journal), "%s%sjournal.jsonl", dir, dir[len - 1] == '/' ? "" : "/");
	snprintf(run_file, sizeof(run_file), "%s%srun.json", dir, dir[len - 1] == '/' ? "" : "/");
	/* The journal of a run that ended well says less than its run file. */
	if (!force && !access(run_file, F_OK))
		return fail("%s exists; --force replaces it", run_file);
	return rebuild(journal, run_file);
}
