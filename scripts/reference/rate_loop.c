/* rate_loop.c - threads, or processes, made and awaited by several threads at once, and nothing
 * around it: what create/thread_rate and fork_rate must agree with. Shares no code with concbench
 * on purpose. Usage: rate_loop thread|fork MAKERS. Prints: name, ns each over all makers. */
#define WINDOW_MS 60
#include "loop.h"
#include <sys/mman.h>
#include <sys/wait.h>

static struct line *lived; /* [maker] shared: a process counts itself, too */
static int forks;

static void *live(void *own)
{
	((struct line *)own)->n++;
	return own;
}

static void create(int self)
{
	while (!over) {
		if (!forks) {
			pthread_t thread;

			if (pthread_create(&thread, NULL, live, &lived[self]) != 0 ||
			    pthread_join(thread, NULL) != 0)
				abort();
		} else {
			const pid_t pid = fork();

			if (pid == 0)
				_exit(live(&lived[self]) == NULL);
			if (pid < 0 || waitpid(pid, NULL, 0) != pid)
				abort();
		}
		if (lived[self].n != ++done[self].n)
			abort();
	}
}

int main(int argc, char **argv)
{
	lived = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	forks = argc > 1 && !strcmp(argv[1], "fork");
	measure(forks ? "fork" : "thread", create, argc > 2 ? atoi(argv[2]) : 1);
}
