/*
 * What the control groups allow, whichever version has the controller (cgroups(7)).
 *
 * A limit holds for everything below it, so the one that counts is the tightest on the way from
 * this process's group up to the top of the mount. In a container that top is the container's own
 * group, and what is above it cannot be seen.
 */
#include "harness/machine/manifest_sources.h"
#include "harness/machine/quota.h"

#include "harness/base/text.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 32

/* Texts of /proc/self/cgroup and /proc/self/mountinfo; read once. */
struct cgroups {
	const char *root;
	char *groups;
	char *mounts;
};

/* Where a group's files are: @dir and its parents, down to the first @top_len characters of it. */
struct group {
	char dir[PATH_MAX];
	size_t top_len;
	bool v2;
};

/* mountinfo writes blanks and backslashes of paths in octal: "\040". In place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; to++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

/* Copies line after line of @text into @line; false at the end. Too long ones are skipped. */
static bool each_line(const char **text, char line[MANIFEST_LINE_MAX])
{
	while (**text != '\0') {
		const size_t n = strcspn(*text, "\n");
		const char *from = *text;

		*text += n + (from[n] == '\n');
		if (n >= MANIFEST_LINE_MAX)
			continue;
		memcpy(line, from, n);
		line[n] = '\0';
		return true;
	}
	return false;
}

/* This process's path in the hierarchy that has @controller; in version 2's when that is NULL. */
static bool find_path(const struct cgroups *c, const char *controller, char path[MANIFEST_LINE_MAX])
{
	const char *rest = c->groups;
	char line[MANIFEST_LINE_MAX];

	/* "4:cpu,cpuacct:/some/group", and "0::/some/group" for version 2. */
	while (each_line(&rest, line)) {
		char *controllers = strchr(line, ':');
		char *group = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!group || group[1] != '/')
			continue;
		*controllers++ = '\0';
		*group++ = '\0';
		if (controller ? !manifest_has_word(controllers, controller, ",")
			       : strcmp(line, "0") != 0 || *controllers != '\0')
			continue;
		(void)strcpy(path, group);
		return true;
	}
	return false;
}

/* The mount of the hierarchy, and the group at its top. */
static bool find_mount(const struct cgroups *c, const char *controller,
    char root[MANIFEST_LINE_MAX], char point[MANIFEST_LINE_MAX])
{
	const char *rest = c->mounts;
	char line[MANIFEST_LINE_MAX];

	/* id parent major:minor root point options [optional...] - type source super-options */
	while (each_line(&rest, line)) {
		char *field[FIELDS_MAX], *save = NULL;
		size_t n = 0, dash;

		for (char *f = strtok_r(line, " ", &save); f && n < FIELDS_MAX;
		     f = strtok_r(NULL, " ", &save))
			field[n++] = f;
		for (dash = 6; dash < n && strcmp(field[dash], "-") != 0; dash++)
			;
		if (dash + 3 >= n)
			continue;
		if (strcmp(field[dash + 1], controller ? "cgroup" : "cgroup2") != 0)
			continue;
		if (controller && !manifest_has_word(field[dash + 3], controller, ","))
			continue;
		unescape(field[3]);
		unescape(field[4]);
		(void)strcpy(root, field[3]);
		(void)strcpy(point, field[4]);
		return true;
	}
	return false;
}

/* The hierarchy that has @controller: a version 1 one if there is, as it can be in only one. */
static bool find_group(const struct cgroups *c, const char *controller, struct group *out)
{
	char path[MANIFEST_LINE_MAX], root[MANIFEST_LINE_MAX], point[MANIFEST_LINE_MAX];
	const char *below = path;
	int n;

	out->v2 = !find_path(c, controller, path);
	if (out->v2 && !find_path(c, NULL, path))
		return false;
	if (!find_mount(c, out->v2 ? NULL : controller, root, point))
		return false;
	/* The path is as seen from the namespace's root, the mount may start further down. */
	if (strcmp(root, "/") != 0) {
		const size_t len = strlen(root);

		below = strncmp(path, root, len) == 0 ? path + len : "";
		if (*below != '/')
			below = "";
	}
	/* "/../x" lies outside of what this namespace shows. */
	if (strcmp(below, "/") == 0 || manifest_has_word(below, "..", "/"))
		below = "";
	n = snprintf(out->dir, sizeof(out->dir), "%s%s", point, below);
	out->top_len = strlen(point);
	return n > 0 && n < (int)sizeof(out->dir);
}

/* One level up; false at the top. */
static bool go_up(struct group *g)
{
	char *slash = strrchr(g->dir, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return strlen(g->dir) >= g->top_len;
}

static bool read_here(
    const struct cgroups *c, const struct group *g, const char *file, char line[MANIFEST_LINE_MAX])
{
	char path[PATH_MAX];
	const int n = snprintf(path, sizeof(path), "%s/%s", g->dir, file);

	return n > 0 && n < (int)sizeof(path) && manifest_read_line(c->root, path, line);
}

struct limit {
	const char *key;
	const char *controller;
	const char *v1_file;
	const char *v2_file; /* NULL: that version has none */
};

static const struct limit numbers[] = {
    {"cgroup.memory_limit_bytes", "memory", "memory.limit_in_bytes", "memory.max"},
    {"cgroup.memory_high_bytes", "memory", NULL, "memory.high"},
    {"cgroup.tasks_limit", "pids", "pids.max", "pids.max"},
};

/* For these limits the nearest group that says something decides. */
static const struct limit nearest[] = {
    {"cgroup.cpuset", "cpuset", "cpuset.effective_cpus", "cpuset.cpus.effective"},
    {"cgroup.cpuset_memory_nodes", "cpuset", "cpuset.effective_mems", "cpuset.mems.effective"},
    {"cgroup.cpu_shares", "cpu", "cpu.shares", NULL},
    {"cgroup.cpu_weight", "cpu", NULL, "cpu.weight"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The file that says it, in group @g; NULL: none does. */
static const char *file_of(const struct cgroups *c, const struct limit *limit, struct group *g)
{
	if (!find_group(c, limit->controller, g))
		return NULL;
	return g->v2 ? limit->v2_file : limit->v1_file;
}

static int add_number(struct manifest *m, const struct cgroups *c, const struct limit *limit)
{
	/* Version 1 writes "no limit" as the largest number of whole pages. */
	const uint64_t unlimited = UINT64_C(1) << 62;
	uint64_t lowest = UINT64_MAX;
	char line[MANIFEST_LINE_MAX];
	bool known = false;
	struct group g;
	const char *file = file_of(c, limit, &g);

	if (!file)
		return 0;
	do {
		uint64_t value;

		if (!read_here(c, &g, file, line))
			continue;
		if (strcmp(line, "max") == 0) {
			known = true;
		} else if (text_parse_u64(line, 0, UINT64_MAX, &value) == 0) {
			known = true;
			lowest = value < lowest ? value : lowest;
		}
	} while (go_up(&g));
	if (!known)
		return 0;
	return lowest >= unlimited ? manifest_add(m, limit->key, "none")
				   : manifest_addf(m, limit->key, "%" PRIu64, lowest);
}

static int add_nearest(struct manifest *m, const struct cgroups *c, const struct limit *limit)
{
	char line[MANIFEST_LINE_MAX];
	struct group g;
	const char *file = file_of(c, limit, &g);

	if (!file)
		return 0;
	do {
		if (read_here(c, &g, file, line))
			return manifest_add(m, limit->key, line);
	} while (go_up(&g));
	return 0;
}

/* What a group grants. False when it does not say. */
static bool read_cpu_share(const struct cgroups *c, const struct group *g, struct cgroup_cpu *out)
{
	char quota[MANIFEST_LINE_MAX], period[MANIFEST_LINE_MAX];
	double quota_us, period_us;

	if (g->v2) {
		char *blank;

		if (!read_here(c, g, "cpu.max", quota) || !(blank = strchr(quota, ' ')))
			return false;
		*blank = '\0';
		(void)strcpy(period, blank + 1);
	} else if (!read_here(c, g, "cpu.cfs_quota_us", quota) ||
		   !read_here(c, g, "cpu.cfs_period_us", period)) {
		return false;
	}
	*out = (struct cgroup_cpu){.cpus = INFINITY, .v2 = g->v2};
	if (strcmp(quota, "max") == 0 || strcmp(quota, "-1") == 0)
		return true;
	if (text_parse_double(quota, 0, 1e15, &quota_us) != 0 ||
	    text_parse_double(period, 1, 1e15, &period_us) != 0)
		return false;
	out->cpus = quota_us / period_us;
	out->period_us = period_us;
	return true;
}

static void each_cpu_share(
    const struct cgroups *c, void (*each)(void *user, const struct cgroup_cpu *share), void *user)
{
	struct group g;

	if (!find_group(c, "cpu", &g))
		return;
	do {
		struct cgroup_cpu share;

		if (!read_cpu_share(c, &g, &share))
			continue;
		(void)snprintf(share.stat, sizeof(share.stat), "%s%s/cpu.stat", c->root, g.dir);
		each(user, &share);
	} while (go_up(&g));
}

void cgroup_cpu_shares(
    const char *root, void (*each)(void *user, const struct cgroup_cpu *share), void *user)
{
	struct cgroups c = {.root = root};

	c.groups = manifest_read_text(root, "/proc/self/cgroup");
	c.mounts = manifest_read_text(root, "/proc/self/mountinfo");
	if (c.groups && c.mounts)
		each_cpu_share(&c, each, user);
	free(c.groups);
	free(c.mounts);
}

struct lowest {
	double cpus;
	bool known;
};

static void take_lowest(void *user, const struct cgroup_cpu *share)
{
	struct lowest *l = user;

	l->cpus = fmin(l->cpus, share->cpus);
	l->known = true;
}

static int add_cpu_limit(struct manifest *m, const struct cgroups *c)
{
	struct lowest l = {.cpus = INFINITY};

	each_cpu_share(c, take_lowest, &l);
	if (!l.known)
		return 0;
	return isinf(l.cpus) ? manifest_add(m, MANIFEST_CPU_LIMIT, "none")
			     : manifest_addf(m, MANIFEST_CPU_LIMIT, "%.4g", l.cpus);
}

static int add_version(struct manifest *m, const struct cgroups *c)
{
	const char *rest = c->groups;
	char line[MANIFEST_LINE_MAX];
	bool v1 = false, v2 = false;

	while (each_line(&rest, line)) {
		if (strncmp(line, "0::", 3) == 0)
			v2 = true;
		else if (strchr(line, ':'))
			v1 = true;
	}
	if (!v1 && !v2)
		return 0;
	return manifest_add(m, "cgroup.version", v1 && v2 ? "v1 and v2" : v1 ? "v1" : "v2");
}

int manifest_collect_cgroup(struct manifest *m, const char *root)
{
	struct cgroups c = {.root = root};
	int err = 0;

	c.groups = manifest_read_text(root, "/proc/self/cgroup");
	c.mounts = manifest_read_text(root, "/proc/self/mountinfo");
	if (!c.groups || !c.mounts)
		goto out_free;
	err = add_version(m, &c);
	if (!err)
		err = add_cpu_limit(m, &c);
	for (size_t i = 0; i < COUNT(numbers) && !err; i++)
		err = add_number(m, &c, &numbers[i]);
	for (size_t i = 0; i < COUNT(nearest) && !err; i++)
		err = add_nearest(m, &c, &nearest[i]);
out_free:
	free(c.groups);
	free(c.mounts);
	return err;
}
