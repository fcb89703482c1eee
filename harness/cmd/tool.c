#include "harness/cmd/tool.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_MS 5000

/* As `git rev-parse --local-env-vars` names them: a hook has them set to its own repository. */
static const char *const of_git[] = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_ALTERNATE_OBJECT_DIRECTORIES"};

static void become(const struct tool *t, pid_t parent)
{
	const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	child_die_with(parent);
	interrupt_restore_child();
	if (nothing < 0 || setpgid(0, 0) < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
	    dup2(t->out < 0 ? nothing : t->out, STDOUT_FILENO) < 0 ||
	    dup2(t->err < 0 ? nothing : t->err, STDERR_FILENO) < 0 || (t->dir && chdir(t->dir) < 0))
		_exit(126);
	for (size_t i = 0; i < sizeof(of_git) / sizeof(of_git[0]); i++)
		(void)unsetenv(of_git[i]);
	if (t->index)
		(void)setenv("GIT_INDEX_FILE", t->index, 1);
	/* argv's type cannot say that execvp does not write to it. */
	execvp(t->argv[0], (char *const *)(uintptr_t)t->argv);
	_exit(127);
}

/* Whoever is left of its group goes with it: the leader, not yet reaped, keeps the number. */
static int end(pid_t pid, int pidfd, bool interrupted)
{
	struct pollfd gone = {.fd = pidfd, .events = POLLIN};
	int status = 0;

	if (interrupted) {
		(void)kill(-pid, SIGTERM);
		(void)poll(&gone, 1, GRACE_MS);
	}
	(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int tool_run(const struct tool *t)
{
	const pid_t parent = getpid();
	struct pollfd gone = {.events = POLLIN};
	pid_t pid;
	int ret, status;

	if (!t->to_the_end && interrupt_pending())
		return -EINTR;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(t, parent);
	/* Both do, since neither knows who is first. */
	(void)setpgid(pid, pid);
	gone.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (gone.fd < 0)
		ret = -errno;
	else if (t->to_the_end)
		do
			ret = poll(&gone, 1, -1);
		while (ret < 0 && errno == EINTR);
	else
		ret = interrupt_poll(&gone, 1, UINT64_MAX);
	status = end(pid, gone.fd, ret == -EINTR);
	if (gone.fd >= 0)
		(void)close(gone.fd);
	return ret < 0 ? ret : status;
}

static void last_line(int fd, char *out, size_t len)
{
	char text[2048];
	const off_t size = lseek(fd, 0, SEEK_END);
	const off_t from = size < (off_t)sizeof(text) ? 0 : size - (off_t)sizeof(text) + 1;
	ssize_t n = pread(fd, text, sizeof(text) - 1, from);
	char *line;

	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	line = strrchr(text, '\n');
	(void)snprintf(out, len, "%s", text_clean(line ? line + 1 : text));
}

int tool_ask(const struct tool *t, char *out, size_t out_len, char *why, size_t why_len)
{
	struct tool asked = *t;
	ssize_t n = 0;
	int ret;

	asked.out = memfd_create("stdout", MFD_CLOEXEC);
	asked.err = memfd_create("stderr", MFD_CLOEXEC);
	ret = asked.out < 0 || asked.err < 0 ? -errno : tool_run(&asked);
	if (asked.out >= 0)
		n = pread(asked.out, out, out_len - 1, 0);
	n = n > 0 ? n : 0;
	out[n] = '\0';
	if (n && out[n - 1] == '\n')
		out[n - 1] = '\0';
	why[0] = '\0';
	if (ret == 127)
		(void)snprintf(why, why_len, "%s: not found", t->argv[0]);
	else if (ret && asked.err >= 0)
		last_line(asked.err, why, why_len);
	if (ret && !why[0])
		(void)snprintf(why, why_len, "%s: %s", t->argv[0],
		    ret < 0 ? strerror(-ret) : "it failed without a word");
	if (asked.out >= 0)
		(void)close(asked.out);
	if (asked.err >= 0)
		(void)close(asked.err);
	return ret;
}
