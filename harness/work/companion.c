#include "harness/work/companion.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"
#include "harness/machine/whereabouts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Connecting and preparing a thousand connections takes well under a second. */
#define READY_WITHIN_NS (20 * CLOCK_NS_PER_S)
#define END_GRACE_MS 2000
/* Of a program. */
#define ARGUMENTS_MAX 32
#define HEARD_MAX 65536u
#define LAST_MOMENT_NS (500 * CLOCK_NS_PER_MS)

struct companion_shared {
	_Alignas(ARENA_ALIGN) atomic_uint quit;
	_Alignas(ARENA_ALIGN) atomic_uint ready;
	int begin_error;     /* of binding, of SCHED_IDLE, of execvp(3), or one of its own */
	char begin_what[64]; /* which of these */
};

/* What a companion has in hand; in its own process. */
struct cb_companion {
	struct companion_shared *shared;
	const struct trial_line *line;
	struct histogram *latency; /* NULL: it measures none */
};

bool cb_is_installed(const char *program)
{
	const char *at = getenv("PATH");
	char path[512];

	for (; at && *at; at += strspn(at, ":")) {
		const size_t n = strcspn(at, ":");

		if ((size_t)snprintf(path, sizeof(path), "%.*s/%s", (int)n, at, program) <
			sizeof(path) &&
		    access(path, X_OK) == 0)
			return true;
		at += n;
	}
	return false;
}

void cb_companion_ready(struct cb_companion *c)
{
	atomic_store_explicit(&c->shared->ready, 1, memory_order_release);
}

bool cb_companion_quitting(const struct cb_companion *c)
{
	return atomic_load_explicit(&c->shared->quit, memory_order_relaxed) != 0;
}

bool cb_companion_recording(const struct cb_companion *c)
{
	return atomic_load_explicit(&c->line->recording, memory_order_acquire) != 0;
}

uint64_t cb_companion_trial_ns(const struct cb_companion *c)
{
	return atomic_load_explicit(&c->line->start_ns, memory_order_relaxed);
}

void cb_companion_record_ns(struct cb_companion *c, uint64_t ns)
{
	if (c->latency)
		histogram_record(c->latency, ns);
}

size_t companion_shared_bytes(void)
{
	return sizeof(struct companion_shared);
}

static int yield_to_all(void)
{
	const struct sched_param param = {.sched_priority = 0};

	return sched_setscheduler(0, SCHED_IDLE, &param) == 0 ? 0 : -errno;
}

static bool begun(struct companion_shared *shared, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The first error is kept. Return: true; false. */
static bool begun(struct companion_shared *shared, int error, const char *format, ...)
{
	va_list args;

	if (!error || shared->begin_error)
		return !error;
	va_start(args, format);
	(void)vsnprintf(shared->begin_what, sizeof(shared->begin_what), format, args);
	va_end(args);
	shared->begin_error = error;
	return false;
}

void cb_companion_unable(struct cb_companion *c, int error, const char *what)
{
	(void)begun(c->shared, error, "%s", what);
	cb_companion_ready(c);
}

/* Return: only when that has failed; -errno. */
static int become(const struct companion_process *p, const struct cb_env *env, int output)
{
	const char *argv[ARGUMENTS_MAX] = {NULL};
	const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int ret = p->spec->program(env, argv, ARGUMENTS_MAX);
	sigset_t none;

	if (!ret && !argv[0])
		ret = -EINVAL;
	if (!ret && (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0))
		ret = -errno;
	if (ret)
		return ret;
	/* What is ignored or blocked stays so in a program. */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	/* As old as C: it changes none of them. */
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	ret = -errno;
	(void)begun(p->shared, ret, "%.60s", argv[0]);
	return ret;
}

static void run(struct team *t, const struct companion_process *p, int output)
{
	struct cb_companion c = {
	    .shared = p->shared,
	    .line = t->line,
	    .latency = p->spec->measures ? t->latency : NULL,
	};
	bool fine = true;

	if (p->pu >= 0)
		fine =
		    begun(p->shared, topology_bind_self(t->topo, (unsigned)p->pu), "PU %d", p->pu);
	if (fine && p->spec->idle)
		fine = begun(p->shared, yield_to_all(), "SCHED_IDLE");
	if (fine && p->spec->program)
		(void)begun(p->shared, become(p, &t->env, output), "program");
	if (p->spec->program)
		cb_companion_ready(&c); /* to be told why it is not */
	else
		p->spec->run(&c, &t->env);
}

/* Reads what a program has printed since the last call. Return: true when it has said that it is
 * ready. */
static bool hear(struct companion_process *p)
{
	size_t used = strlen(p->heard);
	bool ready = false;
	char said[4096];
	ssize_t n;

	/* However much it has to say. */
	for (size_t all = 0;
	     all < HEARD_MAX && p->output >= 0 && (n = read(p->output, said, sizeof(said))) > 0;
	     all += (size_t)n) {
		for (ssize_t i = 0; i < n; i++) {
			if (said[i] != '\n') {
				if (used < sizeof(p->heard) - 1)
					p->heard[used++] = said[i];
				continue;
			}
			p->heard[used] = '\0';
			ready |= !p->spec->ready || strstr(p->heard, p->spec->ready);
			memset(p->heard, 0, sizeof(p->heard));
			used = 0;
		}
	}
	return ready;
}

/* Those that take only what is left over sit where the workers are. */
static int pu_of(const struct team *t, unsigned i, unsigned before)
{
	if (t->load->companions[i].idle)
		return t->placement.count ? t->placement.pu[i % t->placement.count] : -1;
	return placement_spare_pu(t->topo, &t->placement, before);
}

/* Return: 0; -errno; its output, if it is to be a program, is heard from then on. */
static int start_process(struct team *t, struct companion_process *p)
{
	const pid_t parent = getpid();
	int output[2] = {-1, -1};
	pid_t pid;
	int ret;

	if (p->spec->program && pipe2(output, O_CLOEXEC) != 0)
		return -errno;
	/* Closed with the companion, however that ends. */
	p->output = output[0];
	if (output[0] >= 0 && fcntl(output[0], F_SETFL, O_NONBLOCK) != 0) {
		ret = -errno;
		(void)close(output[1]);
		return ret;
	}
	pid = fork();
	ret = pid < 0 ? -errno : 0;
	if (pid == 0) {
		if (p->spec->program)
			(void)setpgid(0, 0);
		child_die_with(parent);
		run(t, p, output[1]);
		_exit(0);
	}
	if (output[1] >= 0)
		(void)close(output[1]);
	/* Set on both sides, because either may run first. What the companion starts is in its
	 * group and ends with it. */
	if (pid > 0 && p->spec->program)
		(void)setpgid(pid, pid);
	p->pid = pid < 0 ? 0 : pid;
	return ret;
}

static bool is_ready(struct companion_process *p)
{
	/* A failed exec is reported here, too. */
	if (atomic_load_explicit(&p->shared->ready, memory_order_acquire))
		return true;
	return p->spec->program && hear(p);
}

static int start_one(struct team *t, struct companion_process *p, char *why, size_t why_len)
{
	const char *role = p->spec->role;
	const uint64_t within_ns =
	    p->spec->ready_within_ns ? p->spec->ready_within_ns : READY_WITHIN_NS;
	const uint64_t until_ns = clock_now_ns() + within_ns;
	int error = start_process(t, p);

	if (error) {
		(void)snprintf(why, why_len, "%s: fork: %s", role, strerror(-error));
		return error;
	}
	while (!is_ready(p)) {
		error = companions_alive(t, why, why_len);
		/* It may have gone the moment it had said why. */
		if (error && !is_ready(p))
			return error;
		if (error)
			break;
		if (clock_now_ns() > until_ns) {
			(void)snprintf(why, why_len, "the %s never became ready", role);
			return -ETIME;
		}
		clock_sleep_until_ns(clock_now_ns() + 100 * CLOCK_NS_PER_US);
	}
	error = p->shared->begin_error;
	if (error)
		(void)snprintf(
		    why, why_len, "%s: %s: %s", role, p->shared->begin_what, strerror(-error));
	return error;
}

int companions_start(struct team *t, char *why, size_t why_len)
{
	unsigned with_own_pu = 0;
	int ret = 0;

	for (unsigned i = 0; !ret && i < t->load->companion_count; i++) {
		struct companion_process *p = &t->companions[i];

		p->spec = &t->load->companions[i];
		p->pu = pu_of(t, i, with_own_pu);
		with_own_pu += p->pu >= 0 && !p->spec->idle;
		t->usage[i] = (struct cb_usage){.role = p->spec->role, .pu = p->pu};
		ret = start_one(t, p, why, why_len);
	}
	if (ret)
		companions_stop(t);
	return ret;
}

/* It has ended itself, and been waited for. */
static void end_group(struct companion_process *p)
{
	if (p->pid > 0 && p->spec->program)
		(void)kill(-p->pid, SIGKILL);
	p->pid = 0;
}

int companions_alive(struct team *t, char *why, size_t why_len)
{
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		struct companion_process *p = &t->companions[i];
		char how[96];

		if (p->pid <= 0 || !child_gone(p->pid, how, sizeof(how)))
			continue;
		end_group(p);
		if (t->death[0])
			continue;
		t->companion_left = strcmp(how, CHILD_ENDED_WELL) == 0;
		(void)snprintf(t->death, sizeof(t->death), "the %s ended: %s", p->spec->role, how);
	}
	return team_death(t, why, why_len);
}

/* 0 when it cannot be read. */
static uint64_t cpu_ns(const struct companion_process *p)
{
	clockid_t id;

	if (p->pid <= 0 || clock_getcpuclockid(p->pid, &id) != 0)
		return 0;
	return clock_of_ns(id);
}

static uint64_t resident_bytes(const struct companion_process *p)
{
	char path[48];
	unsigned long pages = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/statm", (long)p->pid);
	f = p->pid > 0 ? fopen(path, "re") : NULL;
	if (!f)
		return 0;
	if (fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool companions_ending(struct team *t, char *why, size_t why_len)
{
	const uint64_t until_ns = clock_now_ns() + LAST_MOMENT_NS;
	bool program = false;

	for (unsigned i = 0; i < t->load->companion_count; i++)
		program |= t->companions[i].pid > 0 && t->companions[i].spec->program;
	while (program && clock_now_ns() < until_ns) {
		if (companions_alive(t, why, why_len) != 0)
			return true;
		clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
	}
	return false;
}

void companions_window_opens(struct team *t)
{
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		t->companions[i].open_ns = clock_now_ns();
		t->companions[i].cpu_ns = cpu_ns(&t->companions[i]);
	}
}

void companions_window_closes(struct team *t)
{
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		const struct companion_process *p = &t->companions[i];

		t->usage[i].cpu_ns = cpu_ns(p) - p->cpu_ns;
		t->usage[i].wall_ns = clock_now_ns() - p->open_ns;
	}
	/* What takes longer is not on their books. */
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		(void)hear(&t->companions[i]);
		t->usage[i].resident_bytes = resident_bytes(&t->companions[i]);
	}
}

/* On another PU, or on whichever: what it was measured beside is not what its row says. */
int companions_stayed(const struct team *t, char *why, size_t why_len)
{
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		const struct companion_process *p = &t->companions[i];
		char now[128];

		if (p->pid <= 0 || p->pu < 0 || !whereabouts_lost(p->pid, p->pu, now, sizeof(now)))
			continue;
		(void)snprintf(why, why_len,
		    "the %s was bound to PU %d; it %s: cpuset or affinity changed while it ran",
		    p->spec->role, p->pu, now);
		return -EIO;
	}
	return 0;
}

void companions_stop(struct team *t)
{
	for (unsigned i = 0; i < t->load->companion_count; i++)
		if (t->companions[i].pid > 0) {
			atomic_store(&t->companions[i].shared->quit, 1);
			if (t->companions[i].spec->program)
				(void)kill(t->companions[i].pid, SIGTERM);
		}
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		if (t->companions[i].pid > 0)
			child_end(t->companions[i].pid, END_GRACE_MS);
		end_group(&t->companions[i]);
		if (t->companions[i].output >= 0)
			(void)close(t->companions[i].output);
		t->companions[i].output = -1;
	}
}
