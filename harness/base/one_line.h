/*
 * one_line.h - messages that fit a table row or one line of stderr, whatever they quote.
 */
#ifndef CONCBENCH_ONE_LINE_H
#define CONCBENCH_ONE_LINE_H

#include <stddef.h>

/**
 * one_line_format() - printf into @to, cut to fit, control characters replaced by '?'.
 * @to: may be NULL when @len is 0; then nothing happens.
 */
void one_line_format(char *to, size_t len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
