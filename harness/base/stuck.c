#include "harness/base/stuck.h"

#include "harness/base/file.h"

#include <dirent.h>
#include <stdbool.h>
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

static void look_at_task(struct places *p, const char *dir)
{
	char path[PATH_LEN], name[40];

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

static void look_at_process(struct places *p, long pid, unsigned *children_left);

static void look_at_children(struct places *p, const char *task, unsigned *children_left)
{
	char path[PATH_LEN], *list = NULL, *rest, *item;

	(void)snprintf(path, sizeof(path), "%s/children", task);
	if (file_read_all(path, 1 << 20, &list, NULL) != 0)
		return;
	for (rest = list; (item = strsep(&rest, " \n")) != NULL && *children_left;) {
		const long child = strtol(item, NULL, 10);

		if (child > 0) {
			(*children_left)--;
			look_at_process(p, child, children_left);
		}
	}
	free(list);
}

static void look_at_process(struct places *p, long pid, unsigned *children_left)
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
		look_at_task(p, dir);
		look_at_children(p, dir, children_left);
	}
	if (tasks)
		(void)closedir(tasks);
}

void stuck_describe(pid_t pid, char *out, size_t len)
{
	struct places places = {0};
	unsigned children_left = CHILDREN_MAX;
	size_t used = 0;

	out[0] = '\0';
	look_at_process(&places, pid, &children_left);
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
