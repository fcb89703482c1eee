/*
 * output.h - texts that go where people say.
 */
#ifndef CONCBENCH_OUTPUT_H
#define CONCBENCH_OUTPUT_H

#include "harness/base/text.h"

/** output_store() - as file_write_whole() does. Return: 0; -ENOMEM when the buffer has failed;
 * -errno. */
int output_store(const char *path, const struct text_buffer *text);

/** output_store_or_print() - the same, and "-" is standard output. */
int output_store_or_print(const char *path, const struct text_buffer *text);

#endif
