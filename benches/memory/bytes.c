/* bytes.c - reading what memory processes have, and what there is left. */
#include "benches/memory/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NULL_READINGS 10u
#define NULL_APART_US 2000u

/* The number of kilobytes behind @key at the beginning of a line. Return: 0; -errno; -ENOTSUP. */
static int kilobytes(const char *path, const char *key, uint64_t *bytes)
{
	char text[4096];
	const char *at;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	at = strstr(text, key);
	if (!at || (at > text && at[-1] != '\n'))
		return -ENOTSUP;
	*bytes += strtoull(at + strlen(key), NULL, 10) * 1024;
	return 0;
}

int bytes_add(pid_t pid, struct parked_bytes *b)
{
	char path[64];
	int ret;

	(void)snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)pid);
	ret = kilobytes(path, "Pss_Anon:", &b->anonymous);
	(void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	return ret ? ret : kilobytes(path, "VmPTE:", &b->page_tables);
}

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

struct parked_bytes bytes_beyond(struct parked_bytes now, struct parked_bytes before)
{
	return (struct parked_bytes){
	    more(now.anonymous, before.anonymous), more(now.page_tables, before.page_tables)};
}

/* Free pages that are on the PUs' own lists, of all zones: "count:" below "pagesets". */
static uint64_t pages_of_pus(void)
{
	FILE *f = fopen("/proc/zoneinfo", "re");
	char line[200];
	bool lists = false;
	uint64_t pages = 0;

	while (f && fgets(line, sizeof(line), f)) {
		const char *word = line + strspn(line, " ");

		if (strncmp(word, "cpu:", 4) == 0)
			lists = true;
		else if (lists && strncmp(word, "count:", 6) == 0)
			pages += strtoull(word + 6, NULL, 10);
		else
			lists = false;
	}
	if (f)
		(void)fclose(f);
	return pages;
}

uint64_t bytes_available(void)
{
	uint64_t bytes = 0;

	if (kilobytes("/proc/meminfo", "MemAvailable:", &bytes))
		return 0;
	return bytes + pages_of_pus() * (uint64_t)sysconf(_SC_PAGESIZE);
}

void bytes_null_readings(struct parked_available *a)
{
	a->least = UINT64_MAX;
	a->most = 0;
	for (unsigned i = 0; i < NULL_READINGS; i++) {
		const uint64_t bytes = bytes_available();

		a->least = bytes < a->least ? bytes : a->least;
		a->most = bytes > a->most ? bytes : a->most;
		(void)usleep(NULL_APART_US);
	}
}

struct parked_kernel bytes_of_kernel(const struct parked_available *a, uint64_t counted)
{
	const uint64_t apart = a->most - a->least;
	const uint64_t missing = more(a->before, a->after) + more(a->after, a->before);
	struct parked_kernel k = {.noise_bytes = (double)(apart > missing ? apart : missing)};

	/* A kernel that does not say leaves nothing to be told. */
	if (a->before && a->during)
		k.bytes = (double)a->before - (double)a->during - (double)counted;
	k.told = k.bytes > k.noise_bytes;
	return k;
}
