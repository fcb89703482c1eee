/* tiny.c - the program in assembly, and an ELF file round it. */
#include "benches/create/tiny.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(struct tiny_note) == 56, "the program below counts the bytes");
_Static_assert(offsetof(struct tiny_note, pu) == 16, "and knows their places");
_Static_assert(offsetof(struct tiny_note, key) == 24, "and knows their places");
_Static_assert(offsetof(struct tiny_note, last_s) == 40, "and knows their places");

/* The note is on the stack, 80 bytes below what the kernel has put there: argc, argv[0],
 * argv[1], argv[2]. */
#if defined(__x86_64__)

#define MACHINE EM_X86_64

__asm__(".pushsection .rodata\n"
	".p2align 3\n"
	"tiny_program:\n"
	"	subq $80, %rsp\n"
	"	movl $1, %edi\n"
	"	movq %rsp, %rsi\n"
	"	movl $228, %eax\n" /* clock_gettime(CLOCK_MONOTONIC, first) */
	"	syscall\n"
	"	leaq 16(%rsp), %rdi\n"
	"	leaq 20(%rsp), %rsi\n"
	"	xorl %edx, %edx\n"
	"	movl $309, %eax\n" /* getcpu(pu, node, NULL) */
	"	syscall\n"
	"	movq 96(%rsp), %rsi\n"
	"	movq (%rsi), %rax\n"
	"	movq %rax, 24(%rsp)\n"
	"	movq 8(%rsi), %rax\n"
	"	movq %rax, 32(%rsp)\n"
	"	movl $1, %edi\n"
	"	leaq 40(%rsp), %rsi\n"
	"	movl $228, %eax\n" /* clock_gettime(CLOCK_MONOTONIC, last) */
	"	syscall\n"
	"	movq 104(%rsp), %rdi\n"
	"	movzbl 1(%rdi), %r10d\n" /* place: ((argv[2][1] - 1) * 64 + argv[2][2] - 1) * 64 */
	"	shll $6, %r10d\n"
	"	movzbl 2(%rdi), %eax\n"
	"	leal -65(%r10,%rax), %r10d\n"
	"	shll $6, %r10d\n"
	"	movzbl (%rdi), %edi\n"
	"	movq %rsp, %rsi\n"
	"	movl $56, %edx\n"
	"	movl $18, %eax\n" /* pwrite64(argv[2][0], note, 56, place) */
	"	syscall\n"
	"	xorl %edi, %edi\n"
	"	cmpq $56, %rax\n"
	"	setne %dil\n"
	"	movl $231, %eax\n" /* exit_group(it was not written) */
	"	syscall\n"
	"tiny_program_end:\n"
	".popsection\n");

#elif defined(__aarch64__)

#define MACHINE EM_AARCH64

__asm__(".pushsection .rodata\n"
	".p2align 3\n"
	"tiny_program:\n"
	"	sub sp, sp, #80\n"
	"	mov x0, #1\n"
	"	mov x1, sp\n"
	"	mov x8, #113\n" /* clock_gettime(CLOCK_MONOTONIC, first) */
	"	svc #0\n"
	"	add x0, sp, #16\n"
	"	add x1, sp, #20\n"
	"	mov x2, #0\n"
	"	mov x8, #168\n" /* getcpu(pu, node, NULL) */
	"	svc #0\n"
	"	ldr x1, [sp, #96]\n"
	"	ldp x2, x3, [x1]\n"
	"	stp x2, x3, [sp, #24]\n"
	"	mov x0, #1\n"
	"	add x1, sp, #40\n"
	"	mov x8, #113\n" /* clock_gettime(CLOCK_MONOTONIC, last) */
	"	svc #0\n"
	"	ldr x0, [sp, #104]\n"
	"	ldrb w3, [x0, #1]\n" /* place: ((argv[2][1] - 1) * 64 + argv[2][2] - 1) * 64 */
	"	ldrb w4, [x0, #2]\n"
	"	add x3, x4, x3, lsl #6\n"
	"	sub x3, x3, #65\n"
	"	lsl x3, x3, #6\n"
	"	ldrb w0, [x0]\n"
	"	mov x1, sp\n"
	"	mov x2, #56\n"
	"	mov x8, #68\n" /* pwrite64(argv[2][0], note, 56, place) */
	"	svc #0\n"
	"	cmp x0, #56\n"
	"	cset x0, ne\n"
	"	mov x8, #94\n" /* exit_group(it was not written) */
	"	svc #0\n"
	"tiny_program_end:\n"
	".popsection\n");

#endif

/* No byte of an argument is 0. */
void tiny_place(int fd, unsigned note, char out[4])
{
	out[0] = (char)fd;
	out[1] = (char)(1 + note / 64);
	out[2] = (char)(1 + note % 64);
	out[3] = '\0';
}

#ifdef MACHINE

extern const unsigned char tiny_program[], tiny_program_end[];

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* Anywhere that no system keeps from programs; aligned for pages of up to 64 KiB. */
#define AT 0x400000
#define PAGE 0x10000
#define BEFORE (sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr))

int tiny_open(void)
{
	const size_t code = (size_t)(tiny_program_end - tiny_program);
	const Elf64_Ehdr file = {
	    .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
	    .e_type = ET_EXEC,
	    .e_machine = MACHINE,
	    .e_version = EV_CURRENT,
	    .e_entry = AT + BEFORE,
	    .e_phoff = sizeof(file),
	    .e_ehsize = sizeof(file),
	    .e_phentsize = sizeof(Elf64_Phdr),
	    .e_phnum = 1};
	const Elf64_Phdr all = {.p_type = PT_LOAD,
	    .p_flags = PF_R | PF_X,
	    .p_vaddr = AT,
	    .p_paddr = AT,
	    .p_filesz = BEFORE + code,
	    .p_memsz = BEFORE + code,
	    .p_align = PAGE};
	/* A struct iovec cannot say that writev does not write to it. */
	const struct iovec parts[] = {{(void *)(uintptr_t)&file, sizeof(file)},
	    {(void *)(uintptr_t)&all, sizeof(all)}, {(void *)(uintptr_t)tiny_program, code}};
	int fd = memfd_create("tiny", MFD_CLOEXEC | MFD_EXEC);
	int ret;

	/* Before Linux 6.3 all of them could be executed, and nobody had to ask. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("tiny", MFD_CLOEXEC);
	ret = fd < 0 ? -errno : 0;

	if (!ret && writev(fd, parts, 3) != (ssize_t)(BEFORE + code))
		ret = -EIO;
	if (ret && fd >= 0)
		(void)close(fd);
	return ret ? ret : fd;
}

#else

int tiny_open(void)
{
	return -ENOTSUP;
}

#endif
