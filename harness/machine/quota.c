#include "harness/machine/quota.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A dozen short lines. */
#define STAT_MAX 1024

static void open_group(void *user, const struct cgroup_cpu *share)
{
	struct quota *q = user;
	int fd;

	if (isinf(share->cpus))
		return;
	if (share->cpus < q->cpus) {
		q->cpus = share->cpus;
		q->period_ns = (uint64_t)(share->period_us * 1e3);
	}
	fd = q->count < QUOTA_GROUPS_MAX ? open(share->stat, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	q->unit_ns[q->count] = share->v2 ? 1000 : 1;
	q->fd[q->count++] = fd;
}

void quota_open(struct quota *q, const char *root)
{
	*q = (struct quota){.cpus = INFINITY};
	cgroup_cpu_shares(root, open_group, q);
}

uint64_t quota_whole_periods(uint64_t period_ns, uint64_t ns)
{
	return period_ns && ns >= period_ns ? (ns + period_ns - 1) / period_ns * period_ns : ns;
}

/* The number after @name, at the beginning of a line; 0 when there is none. */
static uint64_t number_of(const char *text, const char *name)
{
	const size_t len = strlen(name);
	uint64_t value;

	for (const char *line = text, *end; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (!strncmp(line, name, len) && sscanf(line + len, " %" SCNu64, &value) == 1)
			return value;
	}
	return 0;
}

void quota_parse(const char *text, uint64_t unit_ns, struct quota_reading *out)
{
	out->periods += number_of(text, "nr_throttled ");
	out->ns += unit_ns * number_of(text, unit_ns > 1 ? "throttled_usec " : "throttled_time ");
}

void quota_read(const struct quota *q, struct quota_reading *out)
{
	*out = (struct quota_reading){0};
	for (unsigned i = 0; i < q->count; i++) {
		char text[STAT_MAX];
		const ssize_t n = pread(q->fd[i], text, sizeof(text) - 1, 0);

		text[n > 0 ? n : 0] = '\0';
		quota_parse(text, q->unit_ns[i], out);
	}
}

void quota_close(struct quota *q)
{
	for (unsigned i = 0; i < q->count; i++)
		(void)close(q->fd[i]);
	q->count = 0;
}
