#include "harness/cmd/gate_facts.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/cmd/conclude.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX 16384
#define ANSWER_WITHIN_NS (10 * CLOCK_NS_PER_S)

static void exec_version(const char *exe, int to, pid_t parent)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	child_die_with(parent);
	interrupt_restore_child();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
	    dup2(to, STDOUT_FILENO) < 0)
		_exit(126);
	(void)execl(exe, exe, "--version", "--all", (char *)NULL);
	_exit(127);
}

/* What it says until it ends, has said enough or time is up. */
static void listen_to(int from, char *text, size_t len)
{
	const uint64_t until_ns = clock_now_ns() + ANSWER_WITHIN_NS;
	struct pollfd said = {.fd = from, .events = POLLIN};
	size_t used = 0;
	ssize_t n = 1;

	while (n > 0 && used + 1 < len && interrupt_poll(&said, 1, until_ns) > 0) {
		n = read(from, text + used, len - 1 - used);
		used += n > 0 ? (size_t)n : 0;
	}
	text[used] = '\0';
}

static void ask_version(const char *exe, char *text, size_t len)
{
	const pid_t parent = getpid();
	int ends[2];
	pid_t pid;

	text[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	pid = fork();
	if (pid == 0)
		exec_version(exe, ends[1], parent);
	(void)close(ends[1]);
	if (pid > 0) {
		listen_to(ends[0], text, len);
		child_end(pid, 1000);
	}
	(void)close(ends[0]);
}

static int add_build(const char *exe, struct manifest *out)
{
	char text[ANSWER_MAX], *rest = text, *line;
	int ret = 0;

	ask_version(exe, text, sizeof(text));
	while (!ret && (line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, '\t');

		if (value && comparison_is_build_fact(line)) {
			*value++ = '\0';
			ret = manifest_add(out, line, value);
		} else if (strncmp(line, "concbench ", 10) == 0) {
			/* One that knows --version alone. */
			ret = manifest_add(out, "build.version", line);
		}
	}
	return ret;
}

int gate_facts_collect(const struct gate_session *s, struct comparison *c)
{
	int ret = manifest_collect(&c->machine);

	c->has_seed = true;
	c->seed = s->request->seed;
	if (!ret)
		ret = add_topology(&c->machine, s->topo);
	for (enum side side = SIDE_BASE; !ret && side < SIDES; side++)
		ret = add_build(s->request->exe[side], &c->build[side]);
	return ret;
}
