/* exec_loop.c - a program that does nothing but exit, executed and awaited again and again: what
 * create/posix_spawn and vfork_exec must agree with. Shares no code with concbench on purpose.
 * Usage: exec_loop posix_spawn|vfork_exec. Prints: name, ns each. x86-64. */
#define WINDOW_MS 60
#include "loop.h"
#include <elf.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

static const struct {
	Elf64_Ehdr file;
	Elf64_Phdr all;
	unsigned char code[9]; /* mov $60, %eax; xor %edi, %edi; syscall */
} program = {{"\177ELF\2\1\1", ET_EXEC, EM_X86_64, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0},
    {PT_LOAD, PF_R | PF_X, 0, 0x400000, 0x400000, 129, 129, 4096},
    {0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05}};
static char path[32];
static int by_vfork;

static void execute(int self)
{
	char *const argv[] = {path, NULL}, *const envp[] = {NULL};

	for (; !over; done[self].n++) {
		int status;
		pid_t pid = by_vfork ? vfork() : 0;

		if (by_vfork && pid == 0) {
			execve(path, argv, envp);
			_exit(1);
		}
		if (!by_vfork && posix_spawn(&pid, path, NULL, NULL, argv, envp) != 0)
			abort();
		if (waitpid(pid, &status, 0) != pid || status != 0)
			abort();
	}
}

int main(int argc, char **argv)
{
	const int fd = memfd_create("program", MFD_CLOEXEC);

	by_vfork = argc > 1 && !strcmp(argv[1], "vfork_exec");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
#ifndef __x86_64__
	return 77;
#endif
	if (write(fd, &program, 129) != 129)
		return 1;
	measure(argc > 1 ? argv[1] : "posix_spawn", execute, 1);
}
