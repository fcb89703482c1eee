#include "harness/base/stuck.h"

#include "harness/base/file.h"

#include <dirent.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 8
#define DIR_LEN 64
#define PATH_LEN 96
/* Of a thousand processes a few tell the story. */
#define CHILDREN_MAX 64

struct place {
	char name[40];
	unsigned count;
};

struct places {
	struct place place[PLACES_MAX];
	unsigned used;
};

/* What is done with each task: @dir is its folder below /proc. */
struct visit {
	void (*task)(void *to, const char *dir, pid_t tid);
	void *to;
	unsigned children_left;
};

static void count_place(struct places *p, const char *name)
{
	for (unsigned i = 0; i < p->used; i++) {
		if (strcmp(p->place[i].name, name) == 0) {
			p->place[i].count++;
			return;
		}
	}
	if (p->used == PLACES_MAX)
		return;
	(void)snprintf(p->place[p->used].name, sizeof(p->place[0].name), "%s", name);
	p->place[p->used++].count = 1;
}

/* The state letter after the command's name, which may itself hold brackets and blanks. */
static char state_of(const char *dir)
{
	char path[PATH_LEN], line[512];
	const char *end;

	(void)snprintf(path, sizeof(path), "%s/stat", dir);
	if (file_read_line(path, line, sizeof(line)) != 0)
		return '?';
	end = strrchr(line, ')');
	return end && end[1] == ' ' && end[2] ? end[2] : '?';
}

static void look_at_task(void *to, const char *dir, pid_t tid)
{
	struct places *p = to;
	char path[PATH_LEN], name[40];

	(void)tid;

	switch (state_of(dir)) {
	case 'R':
		count_place(p, "running");
		return;
	case 'T':
	case 't':
		count_place(p, "stopped");
		return;
	case 'Z':
	case 'X':
		count_place(p, "dead");
		return;
	case '?':
		return;
	default:
		break;
	}
	(void)snprintf(path, sizeof(path), "%s/wchan", dir);
	if (file_read_line(path, name, sizeof(name)) != 0 || !name[0] || strcmp(name, "0") == 0)
		(void)snprintf(name, sizeof(name), "waiting");
	count_place(p, name);
}

static void visit_process(struct visit *v, long pid);

static void visit_children(struct visit *v, const char *task)
{
	char path[PATH_LEN], *list = NULL, *rest, *item;

	(void)snprintf(path, sizeof(path), "%s/children", task);
	if (file_read_all(path, 1 << 20, &list, NULL) != 0)
		return;
	for (rest = list; (item = strsep(&rest, " \n")) != NULL && v->children_left;) {
		const long child = strtol(item, NULL, 10);

		if (child > 0) {
			v->children_left--;
			visit_process(v, child);
		}
	}
	free(list);
}

static void visit_process(struct visit *v, long pid)
{
	char dir[DIR_LEN];
	struct dirent *entry;
	DIR *tasks;

	(void)snprintf(dir, sizeof(dir), "/proc/%ld/task", pid);
	tasks = opendir(dir);
	while (tasks && (entry = readdir(tasks)) != NULL) {
		const long tid = strtol(entry->d_name, NULL, 10);

		if (tid <= 0)
			continue;
		(void)snprintf(dir, sizeof(dir), "/proc/%ld/task/%ld", pid, tid);
		v->task(v->to, dir, (pid_t)tid);
		visit_children(v, dir);
	}
	if (tasks)
		(void)closedir(tasks);
}

void stuck_describe(pid_t pid, char *out, size_t len)
{
	struct places places = {0};
	struct visit v = {look_at_task, &places, CHILDREN_MAX};
	size_t used = 0;

	out[0] = '\0';
	visit_process(&v, pid);
	for (unsigned i = 0; i < places.used && used < len; i++) {
		const char *name = places.place[i].name;
		const bool verb = strcmp(name, "running") == 0 || strcmp(name, "waiting") == 0 ||
				  strcmp(name, "stopped") == 0 || strcmp(name, "dead") == 0;
		const int n = snprintf(out + used, len - used, "%s%u %s%s", i ? ", " : "",
		    places.place[i].count, verb ? "" : "in ", name);

		if (n < 0)
			break;
		used += (size_t)n;
	}
}

struct using
{
	struct stuck_use *sum;
	cpu_set_t wanted;
};

static void add_use(void *to, const char *dir, pid_t tid)
{
	struct using *u = to;
	char path[PATH_LEN], line[120];
	uint64_t run_ns, waited_ns;
	cpu_set_t pus, all;

	(void)snprintf(path, sizeof(path), "%s/schedstat", dir);
	if (file_read_line(path, line, sizeof(line)) != 0 ||
	    sscanf(line, "%" SCNu64 " %" SCNu64, &run_ns, &waited_ns) != 2)
		return;
	u->sum->run_ns += run_ns;
	u->sum->waited_ns += waited_ns;
	if (state_of(dir) != 'R' || sched_getaffinity(tid, sizeof(pus), &pus) < 0)
		return;
	CPU_OR(&all, &u->wanted, &pus);
	u->wanted = all;
}

void stuck_use(pid_t pid, struct stuck_use *out)
{
	struct using u = {.sum = out};
	struct visit v = {add_use, &u, CHILDREN_MAX};

	*out = (struct stuck_use){0};
	CPU_ZERO(&u.wanted);
	visit_process(&v, pid);
	out->pus_wanted = (unsigned)CPU_COUNT(&u.wanted);
}

bool stuck_is_starved(
    const struct stuck_use *before, const struct stuck_use *after, uint64_t within_ns)
{
	/* Less than before, when some have ended. */
	const double run = (double)after->run_ns - (double)before->run_ns;
	const double waited = (double)after->waited_ns - (double)before->waited_ns;
	const double most = (double)after->pus_wanted * (double)within_ns;
	const double wanted = run + waited < most ? run + waited : most;

	return wanted >= (double)within_ns / 2.0 && run < wanted / 2.0;
}
