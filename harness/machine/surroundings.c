#include "harness/machine/surroundings.h"

#include "harness/base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line of /proc/stat for a PU, ten numbers of up to 20 digits. */
#define STAT_LINE_MAX 256
#define TEXT_MIN ((size_t)64 * 1024)
/* A look at the interrupts that takes longer would cost more than it tells. */
#define INTERRUPTS_MOST_NS (200 * CLOCK_NS_PER_US)
#define INTERRUPTS_TRIES 3

static int open_below(const char *root, const char *path)
{
	char full[PATH_MAX];
	const int n = snprintf(full, sizeof(full), "%s%s", root, path);

	return n > 0 && n < (int)sizeof(full) ? open(full, O_RDONLY | O_CLOEXEC) : -1;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* As much as there is room for: /proc gives some files in parts. Return: its length. */
static size_t read_text(struct surroundings *s, int fd)
{
	size_t used = 0;
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && used + 1 < s->text_len) {
		n = pread(fd, s->text + used, s->text_len - 1 - used, (off_t)used);
		used += n > 0 ? (size_t)n : 0;
	}
	s->text[used] = '\0';
	return used;
}

static bool is_ours(const struct surroundings *s, uint64_t pu)
{
	return pu < s->ours_len && s->ours[pu];
}

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

/* "cpu0 user nice system idle iowait irq softirq steal guest ...", ticks; guest is in user. */
static void parse_stat(struct surroundings *s, struct surroundings_reading *out)
{
	const long ticks_per_s = sysconf(_SC_CLK_TCK);
	const uint64_t tick_ns = ticks_per_s > 0 ? CLOCK_NS_PER_S / (uint64_t)ticks_per_s : 0;

	s->pus = 0;
	for (const char *line = s->text; line && !strncmp(line, "cpu", 3); line = next_line(line)) {
		uint64_t pu, user, nice, system, irq, softirq, steal;

		if (!isdigit((unsigned char)line[3]) ||
		    sscanf(line + 3,
			"%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64
			" %" SCNu64 " %" SCNu64,
			&pu, &user, &nice, &system, &irq, &softirq, &steal) != 7)
			continue;
		s->pus++;
		out->steal_ns += steal * tick_ns;
		if (s->any_ours && !is_ours(s, pu))
			out->other_busy_ns += (user + nice + system + irq + softirq) * tick_ns;
	}
}

/* The columns are of the PUs in the first line, "CPU0 CPU3". Lines with a number are devices';
 * timers, and interrupts from PU to PU, are the work's own. */
static void parse_interrupts(const struct surroundings *s, struct surroundings_reading *out)
{
	for (const char *line = next_line(s->text); line; line = next_line(line)) {
		const char *names = s->text, *at = line + strspn(line, " ");
		char *end;

		if (!isdigit((unsigned char)*at))
			continue;
		at += strspn(at, "0123456789");
		if (*at++ != ':')
			continue;
		for (;;) {
			uint64_t pu, count;

			names += strspn(names, " ");
			if (strncmp(names, "CPU", 3) != 0)
				break;
			pu = strtoull(names + 3, &end, 10);
			names = end;
			count = strtoull(at, &end, 10);
			if (end == at)
				break;
			at = end;
			out->interrupts += is_ours(s, pu) ? count : 0;
		}
	}
}

void surroundings_read(struct surroundings *s, struct surroundings_reading *out)
{
	*out = (struct surroundings_reading){.ns = clock_now_ns()};
	if (read_text(s, s->stat_fd))
		parse_stat(s, out);
	if (read_text(s, s->interrupts_fd))
		parse_interrupts(s, out);
	if (read_text(s, s->load_fd))
		out->load = strtod(s->text, NULL);
	quota_read(&s->quota, &out->quota);
}

/* The shortest of a few looks: it may be interrupted itself. */
static void leave_out_what_takes_long(struct surroundings *s)
{
	uint64_t best_ns = UINT64_MAX;

	for (int i = 0; i < INTERRUPTS_TRIES && s->interrupts_fd >= 0; i++) {
		struct surroundings_reading r = {0};
		const uint64_t begin_ns = clock_now_ns();
		uint64_t ns;

		if (read_text(s, s->interrupts_fd) + 1 >= s->text_len)
			break; /* more than there is room for */
		parse_interrupts(s, &r);
		ns = clock_now_ns() - begin_ns;
		best_ns = ns < best_ns ? ns : best_ns;
	}
	if (best_ns > INTERRUPTS_MOST_NS)
		close_one(&s->interrupts_fd);
}

static int note_ours(struct surroundings *s, const int *pu, unsigned n)
{
	int last = -1;

	for (unsigned i = 0; i < n; i++) {
		if (pu[i] < 0)
			return 0;
		last = pu[i] > last ? pu[i] : last;
	}
	s->ours_len = (unsigned)(last + 1);
	s->ours = calloc(s->ours_len + 1, sizeof(*s->ours));
	if (!s->ours)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		s->ours[pu[i]] = true;
	s->any_ours = n > 0;
	return 0;
}

int surroundings_open(struct surroundings *s, const char *root, const int *pu, unsigned n)
{
	const long pus = sysconf(_SC_NPROCESSORS_CONF);
	int ret;

	*s = (struct surroundings){.stat_fd = -1, .interrupts_fd = -1, .load_fd = -1};
	ret = note_ours(s, pu, n);
	s->text_len = (size_t)(pus > 0 ? pus : 1) * STAT_LINE_MAX;
	if (s->text_len < TEXT_MIN)
		s->text_len = TEXT_MIN;
	s->text = malloc(s->text_len);
	if (ret || !s->text) {
		surroundings_close(s);
		return -ENOMEM;
	}
	s->stat_fd = open_below(root, "/proc/stat");
	s->interrupts_fd = s->any_ours ? open_below(root, "/proc/interrupts") : -1;
	s->load_fd = open_below(root, "/proc/loadavg");
	leave_out_what_takes_long(s);
	quota_open(&s->quota, root);
	return 0;
}

void surroundings_close(struct surroundings *s)
{
	close_one(&s->stat_fd);
	close_one(&s->interrupts_fd);
	close_one(&s->load_fd);
	quota_close(&s->quota);
	free(s->ours);
	free(s->text);
	s->ours = NULL;
	s->text = NULL;
}
