/* counter.c - a counter in Python, in a process that is exec'd. */
#include "benches/python/counter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INTERPRETER "python3"
#define LINE_BYTES 8192 /* with a number for each PU of a large machine */

/* ---- the interpreter ---- */

/* Where it really is: what is in PATH may be a script that looks for it, at each start. Return: 0;
 * -ENOENT. */
static int find_program(char *path, size_t len)
{
	FILE *f =
	    popen(INTERPRETER " -I -S -c 'import sys; print(sys.executable)' 2>/dev/null", "re");
	bool found;

	if (!f)
		return -errno;
	found = fgets(path, (int)len, f) != NULL;
	if (pclose(f) != 0 || !found)
		return -ENOENT;
	path[strcspn(path, "\n")] = '\0';
	return access(path, X_OK) == 0 ? 0 : -ENOENT;
}

/* In the child, of what may have been many threads: system calls only. */
__attribute__((noreturn)) static void become(
    char *const *args, const int in[2], const int out[2], int memory, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have died between fork and prctl. */
	if (getppid() == parent && dup2(in[0], STDIN_FILENO) >= 0 &&
	    dup2(out[1], STDOUT_FILENO) >= 0 &&
	    (memory == 3 ? fcntl(3, F_SETFD, 0) >= 0 : dup2(memory, 3) >= 0))
		(void)execv(args[0], args);
	_exit(127);
}

static void copy_word(char *to, size_t len, const char *from)
{
	(void)snprintf(to, len, "%s", from);
}

/* Return: 0; -errno, and nothing is left. */
static int start(struct counter_worker *own, const char *program, const char *script)
{
	char path[512], words[3][8], text[2048];
	char *const args[] = {path, words[0], words[1], words[2], text, NULL};
	const int memory = memfd_create("concbench-counter", MFD_CLOEXEC);
	const pid_t parent = getpid();
	int in[2] = {-1, -1}, out[2] = {-1, -1}, ret = 0;
	void *words_at = MAP_FAILED;
	pid_t pid;

	/* Alone, without whatever a user has installed or set. */
	copy_word(path, sizeof(path), program);
	copy_word(words[0], sizeof(words[0]), "-I");
	copy_word(words[1], sizeof(words[1]), "-S");
	copy_word(words[2], sizeof(words[2]), "-c");
	copy_word(text, sizeof(text), script);
	if (memory < 0 || ftruncate(memory, sysconf(_SC_PAGESIZE)) != 0 ||
	    pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		ret = -errno;
	if (!ret)
		words_at = mmap(NULL, COUNTER_WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE,
		    MAP_SHARED, memory, 0);
	if (!ret && words_at == MAP_FAILED)
		ret = -errno;
	/* Not into shared memory at once: the child would write there too. */
	pid = ret ? -1 : fork();
	if (pid == 0)
		become(args, in, out, memory, parent);
	if (!ret && pid < 0)
		ret = -errno;
	own->pid = pid;
	own->word = words_at == MAP_FAILED ? NULL : words_at;
	own->to = in[1];
	own->from = out[0];
	for (unsigned i = 0; i < 3; i++) {
		const int done_with[3] = {memory, in[0], out[1]};

		if (done_with[i] >= 0)
			(void)close(done_with[i]);
	}
	return ret;
}

/* A line, without its end. Return: 0; -errno; -EPIPE when it has ended. */
static int hear(struct cb_worker *w, const struct counter_worker *own, char *line, size_t len)
{
	size_t used = 0;

	while (used < len - 1) {
		const ssize_t got = cb_read(w, own->from, line + used, 1);

		if (got <= 0)
			return got ? (int)got : -EPIPE;
		if (line[used] == '\n')
			break;
		used++;
	}
	line[used] = '\0';
	return 0;
}

/* Whatever has become of it. Return: the status of waitpid(2). */
static int end(struct counter_worker *own, bool kill_it)
{
	int status = -1;

	if (own->to >= 0)
		(void)close(own->to);
	if (own->from >= 0)
		(void)close(own->from);
	if (own->pid > 0 && kill_it)
		(void)kill(own->pid, SIGKILL);
	while (own->pid > 0 && waitpid(own->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (own->word)
		(void)munmap(own->word, COUNTER_WORDS * sizeof(uint64_t));
	own->word = NULL;
	own->pid = 0;
	own->to = own->from = -1;
	return status;
}

/* What it has used since the last look. */
static void charge(struct cb_worker *w, struct counter_worker *own)
{
	struct timespec used;
	uint64_t used_ns;
	clockid_t id;

	if (clock_getcpuclockid(own->pid, &id) != 0 || clock_gettime(id, &used) != 0)
		return;
	used_ns = (uint64_t)used.tv_sec * CB_NS_PER_S + (uint64_t)used.tv_nsec;
	cb_charge_ns(w, used_ns - own->charged_ns);
	own->charged_ns = used_ns;
}

/* ---- the workload ---- */

static struct counter_worker *own_of(struct cb_worker *w, void *state)
{
	return &((struct counter_state *)state)->worker[w->index];
}

/* It has inherited its worker's PU: read back, by itself. */
static bool is_astray(const struct cb_worker *w, const char *pus)
{
	char *rest;
	const long pu = strtol(pus, &rest, 10);

	return w->pu >= 0 && (rest == pus || *rest || pu != w->pu);
}

void counter_enter(struct cb_worker *w, void *state, const char *script)
{
	static const char ready[] = "ready ";
	struct counter_worker *own = own_of(w, state);
	char line[LINE_BYTES];
	int ret = start(own, ((const struct counter_state *)state)->program, script);

	own->looked = own->charged_ns = 0;
	own->count = own->said = own->sum = 0;
	own->astray = false;
	if (!ret)
		ret = hear(w, own, line, sizeof(line));
	if (!ret && strncmp(line, ready, sizeof(ready) - 1) != 0)
		ret = -EPROTO;
	if (ret) {
		cb_fail(w, ret, "starting the interpreter");
		return;
	}
	own->astray = is_astray(w, line + sizeof(ready) - 1);
	/* Its start is not the work. */
	charge(w, own);
	(void)snprintf(line, sizeof(line), "go %" PRIu64 "\n", cb_now_ns());
	if (cb_write(w, own->to, line, strlen(line)) != (ssize_t)strlen(line))
		cb_fail(w, -EPIPE, "telling the interpreter to go");
}

static void enter(struct cb_worker *w, void *state)
{
	counter_enter(w, state, COUNTER_SCRIPT_HEAD COUNTER_SCRIPT_TAIL);
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct counter_worker *own = own_of(w, state);
	uint64_t count, done;

	(void)n;
	if (w->error)
		return 0;
	cb_sleep_until(w, cb_now_ns() + COUNTER_LOOK_NS);
	count = cb_load_acquire(&own->word[COUNTER_COUNT]);
	done = count - own->looked;
	own->looked = count;
	own->counted += done;
	charge(w, own);
	return done;
}

static void leave(struct cb_worker *w, void *state)
{
	struct counter_worker *own = own_of(w, state);
	char line[LINE_BYTES];
	int ret;

	if (w->error) {
		(void)end(own, true);
		return;
	}
	cb_store_release(&own->word[COUNTER_STOP], 1);
	ret = hear(w, own, line, sizeof(line));
	own->count = cb_load_acquire(&own->word[COUNTER_COUNT]);
	if (!ret && sscanf(line, "done %" SCNu64 " %" SCNu64, &own->said, &own->sum) != 2)
		ret = -EPROTO;
	own->status = end(own, ret != 0);
	own->error = ret;
}

/* 1 + 2 + ... + n, modulo 2^64. */
static uint64_t sum_to(uint64_t n)
{
	return n % 2 ? (n + 1) / 2 * n : n / 2 * (n + 1);
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct counter_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct counter_worker *own = &st->worker[i];

		if (own->error || own->status)
			(void)snprintf(why, why_len,
			    "worker %u: the interpreter has not ended as it should: %s, status %x",
			    i, strerror(-own->error), (unsigned)own->status);
		else if (own->astray)
			(void)snprintf(why, why_len, "worker %u: it ran on other PUs", i);
		else if (own->said != own->count || own->said < own->looked)
			(void)snprintf(why, why_len,
			    "worker %u: it says %" PRIu64 ", its counter %" PRIu64
			    ", and was at %" PRIu64,
			    i, own->said, own->count, own->looked);
		else if (own->sum != sum_to(own->said))
			(void)snprintf(why, why_len,
			    "worker %u: the sum to %" PRIu64 " is not %" PRIu64, i, own->said,
			    own->sum);
		else if (own->counted != env->done[i])
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " operations seen, %" PRIu64 " counted", i,
			    own->counted, env->done[i]);
		else
			continue;
		return -EBADMSG;
	}
	return 0;
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct counter_state) + c->workers * sizeof(struct counter_worker);
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct counter_state *st = env->state;

	const int memory = memfd_create("concbench-counter", MFD_CLOEXEC);

	/* As each worker will. */
	if (memory < 0) {
		const int error = errno;

		(void)snprintf(why, why_len, "memfd_create: %s", strerror(error));
		return -error;
	}
	(void)close(memory);
	if (find_program(st->program, sizeof(st->program)) == 0)
		return 0;
	(void)snprintf(why, why_len, "no " INTERPRETER " in PATH that runs");
	return -ENOTSUP;
}

static const struct cb_workload work = {
    .op = "addition",
    .timed = "count += 1; sum += count, in a loop of the interpreter",
    .checked = "count and sum that the interpreter says agree with each other and with what was "
	       "seen and counted, on the PU it was given, and it has ended as it should",
    .state_size = state_size,
    .setup = setup,
    .enter = enter,
    .batch = batch,
    .leave = leave,
    .check = check,
    .max_batch = 1,
};

static const struct cb_kind counter = {
    .family = "python",
    .name = "counter",
    .about =
	"adds up numbers and counts in shared memory; the interpreter is exec'd for each trial",
    .source = "CPython",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_OS,
    .not_models = "it is a process of its own: a coroutine that starts it stops its carrier",
    .work = &work,
};

CB_REGISTER(counter)
