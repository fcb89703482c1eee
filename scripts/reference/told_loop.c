/* told_loop.c - a name read, a question whether one lives, a list of all: over and over,
 * of one that sleeps. What create/name, alive and list must agree with. Shares no code with
 * concbench on purpose. Usage: told_loop read|tryjoin|kill|waitid|list [THREADS]. Prints:
 * name, ns each. */
#define WINDOW_MS 5
#include "loop.h"
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

static pthread_t thread;
static pid_t pid;
static const char *what;
static void *nap(void *arg)
{
	pause();
	return arg;
}
static int once(void)
{
	char name[16];
	siginfo_t info;
	DIR *dir;
	long sum = 0;
	switch (what[0]) {
	case 'r':
		return pthread_getname_np(thread, name, sizeof(name));
	case 't':
		return pthread_tryjoin_np(thread, NULL) != 16 /* EBUSY */;
	case 'k':
		return kill(pid, 0);
	case 'w':
		return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG);
	}
	dir = opendir("/proc/self/task");
	for (struct dirent *d; (d = readdir(dir));)
		sum += atol(d->d_name);
	return closedir(dir) || !sum;
}
static void ask(int self)
{
	while (!over && !once())
		done[self].n++;
}
int main(int argc, char **argv)
{
	what = argc > 1 ? argv[1] : "read";
	if (!(pid = fork()))
		pause();
	for (int i = argc > 2 ? atoi(argv[2]) : 1; i > 0; i--)
		pthread_create(&thread, NULL, nap, NULL);
	measure(what, ask, 1);
	return kill(pid, SIGKILL);
}
