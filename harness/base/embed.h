/*
 * embed.h - files of the tree that are part of the program. The assembler takes them in as they
 * are, so that nothing but a compiler is needed; the Makefile says on which files an object depends
 * so.
 */
#ifndef CONCBENCH_EMBED_H
#define CONCBENCH_EMBED_H

/* A text with its end. @path: from the top of the tree, where make compiles. */
#define EMBED(symbol, path)                                                                \
	__asm__(".pushsection .rodata\n.global " #symbol "\n" #symbol ":\n.incbin \"" path \
		"\"\n.byte 0\n.popsection");                                               \
	extern const char symbol[] __attribute__((visibility("hidden")));

#endif
