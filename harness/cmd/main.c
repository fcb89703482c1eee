/* main.c - what holds for every command. */
#include "harness/cmd/cmd.h"
#include "harness/cmd/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

/* Closed ones would be the next files opened, and what is printed would go into a journal. */
static bool open_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	static char version[] = "version";

	if (!open_standard_streams())
		return complain(argc > 1 ? argv[1] : "",
		    "/dev/null: %s: it stands in for a closed "
		    "stdin, stdout or stderr",
		    strerror(errno));
	if (preflight_stack(argc > 1 ? argv[1] : "") != 0)
		return EXIT_USAGE;
	/* A limit on file sizes, or a reader that has gone, is an error of write(2) to report, not
	 * a reason to die: what was measured has to be saved first. */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		options_help(stderr, &root_command, options_width());
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		argv[1] = version;
	return command_main(&root_command, argc, argv);
}
