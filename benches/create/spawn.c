/* spawn.c - processes that execute another program, without a copy of their maker: its memory is
 * lent to them until they do. */
#include "benches/create/spawn.h"
#include "benches/create/process.h"
#include "benches/create/tiny.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a maker keeps. */
struct spawning {
	struct tiny_note *note; /* in the file of all notes */
	char path[32];          /* of the program */
	char place[4];          /* of the note: its second argument */
};

enum { PROGRAM, NOTES };

static size_t notes_bytes(unsigned makers)
{
	return (size_t)makers * TINY_STRIDE;
}

/* The notes' descriptor is inherited by every program, the program's own is gone once it is
 * executed. Both are of the launch: they stay until it ends. Return: 0; -errno. */
static int open_both(int fd[2], unsigned makers)
{
	const int program = tiny_open();
	const int notes = program < 0 ? -1 : memfd_create("notes", 0);
	int ret = program < 0 ? program : notes < 0 ? -errno : notes > TINY_FD_MOST ? -EMFILE : 0;

	if (!ret && ftruncate(notes, (off_t)notes_bytes(makers)) != 0)
		ret = -errno;
	if (ret && program >= 0)
		(void)close(program);
	if (ret && notes >= 0)
		(void)close(notes);
	fd[PROGRAM] = program;
	fd[NOTES] = notes;
	return ret;
}

/* Of maker @i of @count. Return: 0; -errno. */
static int begin_spawning(struct spawning *s, const int fd[2], unsigned i, unsigned count)
{
	unsigned char *notes =
	    mmap(NULL, notes_bytes(count), PROT_READ | PROT_WRITE, MAP_SHARED, fd[NOTES], 0);

	if (notes == MAP_FAILED)
		return -errno;
	s->note = (struct tiny_note *)(void *)(notes + (size_t)i * TINY_STRIDE);
	tiny_place(fd[NOTES], i, s->place);
	(void)snprintf(s->path, sizeof(s->path), "/proc/self/fd/%d", fd[PROGRAM]);
	return 0;
}

_Static_assert(sizeof(struct spawning) <= LIFE_OWN_BYTES, "a maker has no room for it");

/* It stays until the launch ends. */
static void enter(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	struct spawning *s = (void *)own->own;
	int ret;

	life_enter(w, state);
	if (w->local)
		return;
	ret = begin_spawning(s, own->fd, w->index, w->count);
	if (ret)
		cb_fail(w, ret, "a note of a program");
	else
		w->local = s;
}

static void forget(struct spawning *s)
{
	memset(s->note, 0, sizeof(*s->note));
}

/* enter() has said why there is none. */
void spawn_forget(struct life *l)
{
	if (l->maker->local)
		forget(l->maker->local);
}

/* What the program is called with: its key. */
static void begin(struct spawning *s, uint64_t key, char text[TINY_KEY_DIGITS + 1])
{
	forget(s);
	(void)snprintf(text, TINY_KEY_DIGITS + 1, "%0*" PRIx64, TINY_KEY_DIGITS, key);
}

static char name[] = "tiny";

static int spawn(struct spawning *s, uint64_t key, pid_t *pid)
{
	char text[TINY_KEY_DIGITS + 1];
	char *const argv[] = {name, text, s->place, NULL}, *const envp[] = {NULL};

	begin(s, key, text);
	return -posix_spawn(pid, s->path, NULL, NULL, argv, envp);
}

int spawn_posix(struct life *l)
{
	return l->maker->local ? spawn(l->maker->local, l->key, &l->process) : -EBADF;
}

static int execute(struct spawning *s, struct life *l)
{
	char key[TINY_KEY_DIGITS + 1];
	char *const argv[] = {name, key, s->place, NULL}, *const envp[] = {NULL};
	pid_t pid;

	begin(s, l->key, key);
	pid = vfork();
	if (pid == 0) {
		(void)execve(s->path, argv, envp);
		_exit(EXIT_FAILURE);
	}
	l->process = pid;
	return pid < 0 ? -errno : 0;
}

int spawn_vfork(struct life *l)
{
	return l->maker->local ? execute(l->maker->local, l) : -EBADF;
}

/* The note says what it was made with, when it ran, and where. */
int spawn_await(struct life *l)
{
	const struct tiny_note *n = ((const struct spawning *)l->maker->local)->note;
	char key[TINY_KEY_DIGITS + 1] = "";
	const int ret = process_reap(l);

	memcpy(key, n->key, TINY_KEY_DIGITS);
	l->answer = life_answer(strtoull(key, NULL, 16));
	l->first_ns = n->first_s * CB_NS_PER_S + n->first_ns;
	l->last_ns = n->last_s * CB_NS_PER_S + n->last_ns;
	l->pu = (int)n->pu;
	l->ran = key[0] != '\0';
	return ret;
}

/* That it can be executed at all, and runs. Return: 0; -EBADMSG it does not; -errno. */
static int try_it(const int fd[2], unsigned makers)
{
	struct spawning s;
	pid_t pid = 0;
	int ret = begin_spawning(&s, fd, 0, makers), status = 0;

	if (ret)
		return ret;
	ret = spawn(&s, 0, &pid);
	while (!ret && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			ret = -errno;
	if (!ret && (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !s.note->key[0]))
		ret = -EBADMSG;
	(void)munmap(s.note, notes_bytes(makers));
	return ret;
}

/* Where a program in memory may not be executed, that is said, and is no failure. */
static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct life_maker *maker = env->state;
	int fd[2], ret = open_both(fd, env->workers);

	if (!ret) {
		ret = try_it(fd, env->workers);
		for (unsigned k = 0; ret && k < 2; k++)
			(void)close(fd[k]);
		for (unsigned i = 0; !ret && i < env->workers; i++)
			memcpy(maker[i].fd, fd, sizeof(fd));
	}
	if (ret)
		(void)snprintf(why, why_len, "a program in memory: %s", strerror(-ret));
	return ret ? ret : life_setup(env, why, why_len);
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers <= TINY_NOTES)
		return 0;
	(void)snprintf(why, why_len, "at most %u makers, not %u", TINY_NOTES, c->workers);
	return -EINVAL;
}

LIFE(posix_spawn, "posix_spawn(3) of the least of programs, and waitpid(2)", "posix_spawn(3)",
    CB_FULL, setup, enter, spawn_posix, spawn_await, .can = can, PROCESS)

LIFE(vfork_exec, "vfork(2) and execve(2) of the least of programs, and waitpid(2)",
    "vfork(2), execve(2)", CB_FULL, setup, enter, spawn_vfork, spawn_await, .can = can, PROCESS)
