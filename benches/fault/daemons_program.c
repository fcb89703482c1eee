/* daemons_program.c - a program of its own: its main thread leaves while daemon threads are at
 * work. It is embedded in fault/daemons, which executes it: only so its main() is one that returns,
 * and whatever else there is in a cell has no part in its end. */
#include "benches/fault/daemons_notes.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct daemons_notes *notes;

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Times that this thread has given up its PU because it waited. Who is kept from it has not. */
static uint64_t times_slept(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nvcsw : 0;
}

static void *work(void *arg)
{
	struct daemons_worker *own = arg;

	for (uint32_t i = 0; i < notes->plan.deeds; i++) {
		__atomic_store_n(&own->begun, i + 1, __ATOMIC_RELEASE);
		if (!notes->plan.hurries)
			(void)usleep(DAEMONS_DEED_US);
		__atomic_store_n(&own->done, i + 1 + notes->plan.lies, __ATOMIC_RELEASE);
	}
	return NULL;
}

static bool all_have_begun(void)
{
	for (unsigned i = 0; i < notes->workers; i++)
		if (!__atomic_load_n(&notes->worker[i].begun, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

static void handle_exit(void)
{
	notes->handled++;
	notes->slept = times_slept() - notes->slept;
}

static void end_at_once(void)
{
	notes->slept = times_slept() - notes->slept;
	_exit(0);
}

/* Return: 0; an error. */
static int make(pthread_t *daemon, bool joins)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < notes->workers; i++) {
		ret = pthread_create(&daemon[i], NULL, work, &notes->worker[i]);
		/* A daemon is nobody's to wait for. */
		if (!ret && !joins)
			ret = pthread_detach(daemon[i]);
	}
	return ret;
}

/* @argv: its name; the descriptor of the notes. */
int main(int argc, char **argv)
{
	const int fd = argc > 1 ? atoi(argv[1]) : -1;
	pthread_t *daemon;
	struct stat file;
	bool joins;

	if (fstat(fd, &file) != 0)
		return EXIT_FAILURE;
	notes = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (notes == MAP_FAILED)
		return EXIT_FAILURE;
	joins = notes->leaving == DAEMONS_JOIN || notes->plan.waits_after;
	daemon = calloc(notes->workers, sizeof(*daemon));
	notes->began_ns = now_ns();
	notes->error = daemon ? make(daemon, joins) : ENOMEM;
	if (!notes->error && atexit(handle_exit) != 0)
		notes->error = ENOMEM;
	if (notes->error)
		_exit(0);
	while (notes->plan.waits_before && !all_have_begun())
		(void)usleep(DAEMONS_DEED_US);
	notes->slept = times_slept();
	notes->left_ns = now_ns();
	for (unsigned i = 0; joins && i < notes->workers; i++)
		(void)pthread_join(daemon[i], NULL);
	if (notes->plan.cuts_short)
		end_at_once();
	if (notes->leaving == DAEMONS_EXIT)
		exit(0);
	if (notes->leaving == DAEMONS_PTHREAD_EXIT)
		pthread_exit(NULL);
	if (notes->leaving != DAEMONS_MAIN_RETURNS)
		end_at_once();
	notes->returned++;
	return 0;
}
