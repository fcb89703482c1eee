#include "harness/cell/supervise.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/stuck.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between the closing of a process's descriptors and its end; with a thousand mappings it takes. */
#define CLOSED_TO_DEAD_MS 2000
/* Taking down a thousand processes takes a while; it is not measured. */
#define FINISH_WITHIN_NS (20 * CLOCK_NS_PER_S)
#define ARGS_MAX 24
#define ARG_TEXT_MAX 32

struct cell_process {
	pid_t pid;
	int pidfd;
	int socket;
	struct line_buffer input;
	uint64_t turn_within_ns;
	uint64_t slot_ns;
	bool reaped;
	char fate[96]; /* how it ended, once reaped */
};

/* The cell's end of the socketpair is always this descriptor in it. */
#define CELL_FD 3

static void exec_cell(const struct cell_spec *spec, int socket, pid_t parent)
{
	char fd[ARG_TEXT_MAX], slots[ARG_TEXT_MAX], slot_ns[ARG_TEXT_MAX], seed[ARG_TEXT_MAX];
	const char *argv[ARGS_MAX] = {spec->exe, "cell", "--case", spec->case_name, "--profile",
	    spec->profile, "--fd", fd, "--slots", slots, "--slot-ns", slot_ns, "--seed", seed};
	unsigned argc = 14;

	(void)snprintf(fd, sizeof(fd), "%d", CELL_FD);
	(void)snprintf(slots, sizeof(slots), "%u", spec->slots);
	(void)snprintf(slot_ns, sizeof(slot_ns), "%" PRIu64, spec->slot_ns);
	(void)snprintf(seed, sizeof(seed), "%" PRIu64, spec->seed);
	if (spec->counters)
		argv[argc++] = "--counters";
	if (spec->workers) {
		argv[argc++] = "--workers";
		argv[argc++] = spec->workers;
	}
	if (spec->place) {
		argv[argc++] = "--place";
		argv[argc++] = spec->place;
	}
	child_die_with(parent);
	interrupt_restore_child();
	/* A group of its own: Ctrl-C on the terminal reaches the supervisor only, which decides. */
	if (setpgid(0, 0) < 0 ||
	    (spec->topology_xml && setenv("HWLOC_XMLFILE", spec->topology_xml, 1) < 0) ||
	    (spec->topology_xml && setenv("HWLOC_THISSYSTEM", "1", 1) < 0) ||
	    (spec->allowed && setenv("CONCBENCH_ALLOWED", spec->allowed, 1) < 0) ||
	    dup2(spec->stderr_fd, STDERR_FILENO) < 0)
		_exit(126);
	if (socket == CELL_FD) {
		if (fcntl(socket, F_SETFD, 0) < 0)
			_exit(126);
	} else if (dup2(socket, CELL_FD) < 0) {
		_exit(126);
	}
	/* argv's type cannot say that execv does not write to it. */
	execv(spec->exe, (char *const *)(uintptr_t)argv);
	_exit(127);
}

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int spawn(const struct cell_spec *spec, struct cell_process *c)
{
	const pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	c->pid = fork();
	if (c->pid < 0) {
		int error = errno;

		(void)close(pair[0]);
		(void)close(pair[1]);
		return -error;
	}
	if (c->pid == 0)
		exec_cell(spec, pair[1], parent);
	/* Also here: whichever of the two runs first, the group exists before it is needed. */
	(void)setpgid(c->pid, c->pid);
	(void)close(pair[1]);
	c->socket = pair[0];
	c->pidfd = pidfd_of(c->pid);
	return c->pidfd < 0 ? -errno : 0;
}

static void note_fate(struct cell_process *c)
{
	int status = 0;

	if (c->reaped)
		return;
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->reaped = true;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		(void)snprintf(c->fate, sizeof(c->fate), "the program could not be started");
	else
		child_describe(status, c->fate, sizeof(c->fate));
}

/* It has closed its end of the socket, which is nearly always because it dies. */
static void note_end(struct cell_process *c, char *why, size_t why_len)
{
	struct pollfd gone = {.fd = c->pidfd, .events = POLLIN};

	if (poll(&gone, 1, CLOSED_TO_DEAD_MS) > 0) {
		note_fate(c);
		(void)snprintf(why, why_len, "%s", c->fate);
		return;
	}
	/* Killed by us: how it ended then is not the reason. */
	(void)kill(-c->pid, SIGKILL);
	note_fate(c);
	(void)snprintf(why, why_len, "closed its end of the socket and lived on");
}

/*
 * One message. The process's end is read off the pidfd, not off the socket's end: a worker that
 * outlives its cell still holds the socket open.
 */
static int receive(
    struct cell_process *c, uint64_t within_ns, struct message *m, char *why, size_t why_len)
{
	const uint64_t until_ns = clock_now_ns() + within_ns;
	const char *line;
	size_t len;

	while (!line_buffer_next(&c->input, &line, &len)) {
		struct pollfd fds[2] = {
		    {.fd = c->socket, .events = POLLIN}, {.fd = c->pidfd, .events = POLLIN}};
		int ready = interrupt_poll(fds, 2, until_ns);
		long got;

		if (ready < 0)
			return ready;
		if (ready == 0) {
			char doing[160];

			stuck_describe(c->pid, doing, sizeof(doing));
			(void)snprintf(why, why_len, "no answer within %.1f s (%s)",
			    (double)within_ns / 1e9, doing);
			return -ETIMEDOUT;
		}
		/* Its last words may have come between poll's look at the socket and that at the
		 * pidfd; now that it is dead there can be no more. */
		if (!fds[0].revents)
			(void)poll(fds, 1, 0);
		got = fds[0].revents ? line_buffer_fill(&c->input, c->socket) : 0;
		/* An end that is closed with something unread in it, such as our go, resets ours.
		 */
		if (got == -ECONNRESET)
			got = 0;
		if (got < 0) {
			(void)snprintf(why, why_len, "reading its answer: %s", strerror((int)-got));
			return -EPROTO;
		}
		if (got == 0) {
			/* A line of which the end is missing is lost. */
			note_end(c, why, why_len);
			return -ECHILD;
		}
	}
	return message_parse(line, len, m, why, why_len);
}

/* Forgets a message of another type. */
static int check_type(
    struct message *m, enum message_type type, enum case_status *status, char *why, size_t why_len)
{
	if (m->type == MESSAGE_FAIL) {
		*status = m->status;
		(void)snprintf(why, why_len, "%s", m->reason);
		message_free(m);
		return -EBADMSG;
	}
	if (m->type != type) {
		(void)snprintf(why, why_len, "said \"%s\" when \"%s\" was due",
		    message_type_name(m->type), message_type_name(type));
		message_free(m);
		return -EPROTO;
	}
	return 0;
}

static int expect(struct cell_process *c, enum message_type type, uint64_t within_ns,
    struct message *m, enum case_status *status, char *why, size_t why_len)
{
	int ret = receive(c, within_ns, m, why, why_len);

	return ret ? ret : check_type(m, type, status, why, why_len);
}

/* For those of cell_failure_status()'s callers that are not told a status beside the error. */
static int error_of_status(enum case_status status)
{
	switch (status) {
	case STATUS_UNSUPPORTED:
		return -ENOTSUP;
	case STATUS_CRASHED:
		return -ECHILD;
	case STATUS_HUNG:
		return -ETIMEDOUT;
	default:
		return -EBADMSG;
	}
}

int cell_start(const struct cell_spec *spec, struct cell_process **out, struct message *ready,
    char *why, size_t why_len)
{
	struct cell_process *c = calloc(1, sizeof(*c));
	enum case_status status = STATUS_INVALID;
	int ret;

	if (!c)
		return -ENOMEM;
	c->socket = c->pidfd = -1;
	c->turn_within_ns = spec->turn_within_ns;
	ret = spawn(spec, c);
	if (ret) {
		(void)snprintf(why, why_len, "starting a cell: %s", strerror(-ret));
		goto out_kill;
	}
	ret = expect(c, MESSAGE_READY, spec->ready_within_ns, ready, &status, why, why_len);
	if (ret == -EBADMSG)
		ret = error_of_status(status);
	if (ret)
		goto out_kill;
	if (strcmp(ready->case_name, spec->case_name) != 0) {
		(void)snprintf(why, why_len, "answered for another case");
		ret = -EPROTO;
		goto out_kill;
	}
	c->slot_ns = ready->slot_ns;
	*out = c;
	return 0;

out_kill:
	cell_kill(c);
	return ret;
}

int cell_turn(struct cell_process *c, unsigned slot, struct sample *out, enum case_status *status,
    char *why, size_t why_len)
{
	const struct message go = {.type = MESSAGE_GO, .slot = slot};
	struct message m;
	int ret;

	/* A cell that has just died is found out by receive(), with how it died. */
	(void)message_send(c->socket, &go);
	ret = expect(c, MESSAGE_SAMPLE, c->turn_within_ns + c->slot_ns, &m, status, why, why_len);
	if (ret)
		return ret;
	if (m.sample.slot != slot) {
		/* One answer too many or too few: every later one would be another slot's. */
		(void)snprintf(
		    why, why_len, "answered for slot %u when %u was due", m.sample.slot, slot);
		message_free(&m);
		return -EPROTO;
	}
	*out = m.sample;
	return 0;
}

/* The summary, with the counters before it or without. */
static int expect_last(struct cell_process *c, struct metric_set *counters, struct message *m,
    enum case_status *status, char *why, size_t why_len)
{
	int ret = receive(c, FINISH_WITHIN_NS, m, why, why_len);

	if (!ret && m->type == MESSAGE_COUNTERS) {
		if (counters)
			*counters = m->counters;
		message_free(m);
		ret = receive(c, FINISH_WITHIN_NS, m, why, why_len);
	}
	return ret ? ret : check_type(m, MESSAGE_SUMMARY, status, why, why_len);
}

int cell_finish(struct cell_process *c, unsigned *rows, double *real_time_sum_ns,
    struct metric_set *counters, char *why, size_t why_len)
{
	const struct message end = {.type = MESSAGE_END};
	const uint64_t until_ns = clock_now_ns() + FINISH_WITHIN_NS;
	struct pollfd gone = {.fd = c->pidfd, .events = POLLIN};
	enum case_status status = STATUS_INVALID;
	struct message m;
	int ret;

	(void)message_send(c->socket, &end);
	ret = expect_last(c, counters, &m, &status, why, why_len);
	if (ret == -EBADMSG)
		ret = error_of_status(status);
	if (!ret) {
		*rows = m.rows;
		*real_time_sum_ns = m.real_time_sum_ns;
		ret = interrupt_poll(&gone, 1, until_ns);
		if (ret == 0)
			(void)snprintf(why, why_len, "would not end");
		ret = ret > 0 ? 0 : ret == 0 ? -ETIMEDOUT : ret;
	}
	if (!ret) {
		note_fate(c);
		if (strcmp(c->fate, "exited with status 0") != 0) {
			/* Sanitizers speak up at exit. */
			(void)snprintf(why, why_len, "%s", c->fate);
			ret = -ECHILD;
		}
	}
	cell_kill(c);
	return ret;
}

void cell_kill(struct cell_process *c)
{
	if (!c)
		return;
	if (c->pid > 0) {
		/* The group's id stays taken while any member lives, so this hits nobody else. */
		if (!c->reaped || kill(-c->pid, 0) == 0)
			(void)kill(-c->pid, SIGKILL);
		note_fate(c);
	}
	if (c->pidfd >= 0)
		(void)close(c->pidfd);
	if (c->socket >= 0)
		(void)close(c->socket);
	line_buffer_free(&c->input);
	free(c);
}

enum case_status cell_failure_status(int error, enum case_status reported)
{
	switch (error) {
	case -EBADMSG:
		return reported;
	case -ENOTSUP:
		return STATUS_UNSUPPORTED;
	case -ETIMEDOUT:
		return STATUS_HUNG;
	case -EINTR:
		return STATUS_NOT_RUN;
	default:
		return STATUS_CRASHED;
	}
}
