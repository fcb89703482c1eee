#include "harness/cell/cell_process.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/stuck.h"
#include "harness/machine/topology.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP_NS (100 * CLOCK_NS_PER_MS)
/* So many steps in a row in which it was not kept from the PUs: it has hung. */
#define FED_LOOKS 5
/* However much others have of the PUs, that is the end of patience. */
#define STARVED_TIMES 12
/* Between the closing of a process's descriptors and its end; with a thousand mappings it takes. */
#define CLOSED_TO_DEAD_MS 2000
#define ARGS_MAX 256
#define ARG_TEXT_MAX 32

/* The cell's end of the socketpair is always this descriptor in it. */
#define CELL_FD 3

static bool no_input(void)
{
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && dup2(fd, STDIN_FILENO) >= 0;
}

/* The command line of a cell. */
struct words {
	const char *argv[ARGS_MAX + 1];
	unsigned argc;
	char text[6][ARG_TEXT_MAX];
	unsigned texts;
	bool overflow;
};

static void add_word(struct words *w, const char *word)
{
	w->overflow |= w->argc == ARGS_MAX;
	if (!w->overflow)
		w->argv[w->argc++] = word;
}

static void add_words(struct words *w, const char *const *words)
{
	for (; words && *words; words++)
		add_word(w, *words);
}

__attribute__((format(printf, 3, 4))) static void add_number(
    struct words *w, const char *flag, const char *format, ...)
{
	char *text = w->text[w->texts++];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, ARG_TEXT_MAX, format, args);
	va_end(args);
	add_word(w, flag);
	add_word(w, text);
}

/* Return: false when there are more words than a cell takes. */
static bool cell_words(const struct cell_spec *spec, struct words *w)
{
	*w = (struct words){.argc = 0};
	add_word(w, "concbench");
	add_word(w, "cell");
	add_number(w, "--fd", "%d", CELL_FD);
	add_number(w, "--slot-ns", "%" PRIu64, spec->slot_ns);
	add_words(w, spec->modules);
	if (spec->case_name) {
		add_word(w, "--case");
		add_word(w, spec->case_name);
		add_number(w, "--slots", "%u", spec->slots);
		add_number(w, "--seed", "%" PRIu64, spec->seed);
		if (spec->given > 0.0)
			add_number(w, "--given", "%.17g", spec->given);
		if (spec->counters)
			add_word(w, "--counters");
		if (spec->displacing)
			add_word(w, "--displacing");
		if (spec->checking)
			add_word(w, "--checking");
	} else {
		add_word(w, "--list");
		add_words(w, spec->selection);
	}
	return !w->overflow;
}

static void exec_cell(const struct cell_spec *spec, const struct words *w, int socket, pid_t parent)
{
	child_die_with(parent);
	interrupt_restore_child();
	/* A group of its own: Ctrl-C on the terminal reaches the supervisor only, which decides. */
	if (setpgid(0, 0) < 0 || topology_hand_over(spec->topology_xml, spec->allowed) != 0 ||
	    dup2(spec->stderr_fd, STDERR_FILENO) < 0 ||
	    /* What a library prints must not get between the supervisor's lines. */
	    dup2(spec->stderr_fd, STDOUT_FILENO) < 0 || !no_input())
		_exit(126);
	if (socket == CELL_FD) {
		if (fcntl(socket, F_SETFD, 0) < 0)
			_exit(126);
	} else if (dup2(socket, CELL_FD) < 0) {
		_exit(126);
	}
	/* argv's type cannot say that execv does not write to it. */
	execv(spec->exe, (char *const *)(uintptr_t)w->argv);
	_exit(127);
}

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int cell_process_spawn(const struct cell_spec *spec, struct cell_process *c)
{
	const pid_t parent = getpid();
	struct words words;
	int pair[2];

	if (!cell_words(spec, &words))
		return -E2BIG;
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
		exec_cell(spec, &words, pair[1], parent);
	/* Also here: whichever of the two runs first, the group exists before it is needed. */
	(void)setpgid(c->pid, c->pid);
	(void)close(pair[1]);
	c->socket = pair[0];
	c->pidfd = pidfd_of(c->pid);
	return c->pidfd < 0 ? -errno : 0;
}

void cell_process_bury(struct cell_process *c)
{
	siginfo_t gone = {0};
	int status = 0;

	if (c->reaped)
		return;
	/* Whatever of its group outlives it ends before the number may be anybody else's. */
	while (waitid(P_PID, (id_t)c->pid, &gone, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	(void)kill(-c->pid, SIGKILL);
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
		cell_process_bury(c);
		(void)snprintf(why, why_len, "%s", c->fate);
		return;
	}
	/* Killed by us: how it ended then is not the reason. */
	(void)kill(-c->pid, SIGKILL);
	cell_process_bury(c);
	(void)snprintf(why, why_len, "closed its end of the socket and lived on");
}

/* How one that is over time gets on with the PUs. */
struct overtime {
	struct stuck_use use; /* up to the last look */
	unsigned looks;
	unsigned fed; /* looks in a row by which it had the PUs that it wanted, or wanted none */
};

/* A look each step. Return: can the time have gone to others? */
static bool may_be_starved(const struct cell_process *c, struct overtime *o, uint64_t within_ns)
{
	const struct stuck_use before = o->use;

	stuck_use(c->pid, &o->use);
	if (o->looks++ && stuck_is_starved(&before, &o->use, STEP_NS))
		o->fed = 0;
	else
		o->fed++;
	return o->fed < FED_LOOKS && o->looks * STEP_NS < STARVED_TIMES * within_ns;
}

/*
 * One message. The process's end is read off the pidfd, not off the socket's end: a worker that
 * outlives its cell still holds the socket open.
 */
int cell_process_receive(
    struct cell_process *c, uint64_t within_ns, struct message *m, char *why, size_t why_len)
{
	uint64_t left_ns = within_ns;
	struct overtime overtime = {0};
	const char *line;
	size_t len;

	while (!line_buffer_next(&c->input, &line, &len)) {
		/*
		 * In steps, each of which counts for no more than its length: when a virtual
		 * machine is stopped for a minute, nobody has hung, though all clocks say that it
		 * is late. Nor has who gets too little of the PUs: steps that come on top tell.
		 */
		const uint64_t step_ns = left_ns && left_ns < STEP_NS ? left_ns : STEP_NS;
		struct pollfd fds[2] = {
		    {.fd = c->socket, .events = POLLIN}, {.fd = c->pidfd, .events = POLLIN}};
		int ready = interrupt_poll(fds, 2, clock_now_ns() + step_ns);
		long got;

		if (ready < 0)
			return ready;
		if (ready == 0) {
			char doing[160];

			left_ns -= left_ns ? step_ns : 0;
			if (left_ns)
				continue;
			if (may_be_starved(c, &overtime, within_ns))
				continue;
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
