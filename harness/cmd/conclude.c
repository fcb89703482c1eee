#include "harness/cmd/conclude.h"

#include "harness/cmd/cmd.h"
#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/machine/build_info.h"
#include "harness/machine/topology_draw.h"
#include "harness/run/result.h"
#include "harness/run/run_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int read_stored_run(const char *command, const char *results_dir, const char *ref, struct run *run)
{
	char path[PATH_MAX], err[PATH_MAX + 512] = "";
	int rc = result_resolve(results_dir, ref, path, sizeof(path));

	if (rc == -ENOENT && run_folder_unfinished(results_dir, ref))
		return complain(command,
		    "%s was killed before it wrote its run file: concbench recover FOLDER", ref);
	if (rc == -ENOENT)
		return complain(
		    command, "no run '%s', neither as a path nor in %s/", ref, results_dir);
	if (rc)
		return complain(command, "%s: %s", ref, strerror(-rc));
	rc = result_read(path, run, err, sizeof(err));
	return rc ? complain(command, "%s", err[0] ? err : strerror(-rc)) : 0;
}

int add_topology(struct manifest *m, const struct topology *topo)
{
	const struct {
		const char *key, *value;
	} facts[] = {
	    {"topology.summary", topology_summary(topo)},
	    {"topology.fingerprint", topology_fingerprint(topo)},
	    {"topology.allowed_pus", topology_allowed_list(topo)},
	    {TOPOLOGY_ORIGIN_KEY, topology_is_real(topo) ? TOPOLOGY_OURS : "another machine"},
	};
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof(facts) / sizeof(facts[0]); i++)
		ret = manifest_add(m, facts[i].key, facts[i].value);
	return ret;
}

int class_here(const struct topology *topo, char class[MACHINE_CLASS_LEN])
{
	struct manifest machine = {0};
	int ret = manifest_collect(&machine);

	if (!ret)
		ret = add_topology(&machine, topo);
	if (!ret)
		machine_class(&machine, class);
	manifest_free(&machine);
	return ret;
}

void describe_stored_run(char *out, size_t len, const char *ref, const struct run *run)
{
	(void)snprintf(out, len, "%.110s (%.120s)", ref, run->id);
	(void)text_clean(out);
}

static int print(const char *command, const struct comparison *c)
{
	const int rc = comparison_print(stdout, c, !topology_draw_is_utf8());

	if (!rc && build_info_sanitizer()[0])
		(void)printf("This build is instrumented (SAN=%s): its figures mean nothing.\n",
		    build_info_sanitizer());
	if (rc || fflush(stdout) != 0)
		return complain(command, "stdout: %s", strerror(rc ? -rc : errno));
	return 0;
}

int check_output(const char *command, const char *flag, const char *path)
{
	const int rc = path ? file_check_whole(path) : 0;

	return rc ? complain(command, "--%s: %s: %s", flag, path, strerror(-rc)) : 0;
}

int check_outputs(const char *command, const struct outputs *o)
{
	int status = check_output(command, "markdown", o->markdown);

	for (size_t i = 0; !status && i < o->json.count; i++)
		status = check_output(command, "json", o->json.item[i]);
	return status ? status : check_output(command, "junit", o->junit);
}

static int write_file(const char *command, const char *path,
    int (*write)(const struct comparison *c, const char *path), const struct comparison *c)
{
	const int rc = path ? write(c, path) : 0;

	return rc ? complain(command, "%s: %s", path, strerror(-rc)) : 0;
}

int write_comparison(const char *command, const struct outputs *o, const struct comparison *c)
{
	int status = o->quiet ? 0 : print(command, c);

	if (write_file(command, o->markdown, comparison_markdown, c))
		status = EXIT_USAGE;
	for (size_t i = 0; i < o->json.count; i++)
		if (write_file(command, o->json.item[i], comparison_json, c))
			status = EXIT_USAGE;
	if (write_file(command, o->junit, comparison_junit, c))
		status = EXIT_USAGE;
	if (status && o->quiet)
		(void)print(command, c);
	return status;
}

bool comparison_failed(const struct comparison *c)
{
	return comparison_count(c, VERDICT_FAILED) > 0;
}

void say_cells_log(const char *command, bool quiet, const char *log)
{
	/* It stays for whoever is told of it: where stdout takes nothing, on stderr. */
	if (quiet || printf("what the cells said: %s\n", log) < 0 || fflush(stdout) != 0)
		(void)complain(command, "what the cells said: %s", log);
}

void date_comparison(struct comparison *c)
{
	const time_t now = time(NULL);
	struct tm utc;

	if (gmtime_r(&now, &utc))
		(void)strftime(c->date, sizeof(c->date), "%Y-%m-%dT%H:%M:%SZ", &utc);
}
