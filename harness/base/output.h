/*
 * output.h - the files that people name to have something written to them.
 */
#ifndef CONCBENCH_OUTPUT_H
#define CONCBENCH_OUTPUT_H

#include "harness/base/text.h"

/**
 * output_store() - write to a file, whole or not at all.
 *
 * What exists and is no regular file (/dev/stdout, a pipe) is written to, never replaced; of a
 * symbolic link what it points to.
 * Return: 0; -ENOMEM when the buffer has failed; -ENOENT when a link points nowhere; -errno.
 */
int output_store(const char *path, const struct text_buffer *text);

/** output_store_or_print() - the same, and "-" is standard output. */
int output_store_or_print(const char *path, const struct text_buffer *text);

/** output_check() - would it be written? For before a measurement; nothing is changed.
 * Return: 0; -EISDIR; -errno. */
int output_check(const char *path);

#endif
