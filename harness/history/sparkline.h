/*
 * sparkline.h - a series as one line of text.
 */
#ifndef CONCBENCH_SPARKLINE_H
#define CONCBENCH_SPARKLINE_H

#include <stdbool.h>
#include <stddef.h>

/* Characters at most; a longer series shows its last. */
#define SPARKLINE_WIDTH 60
#define SPARKLINE_MAX (SPARKLINE_WIDTH * 3 + 1)

/**
 * sparkline_draw() - eight heights from the smallest to the largest of what is shown.
 * @x: [n] values; one that is not finite is a gap, shown as '?'.
 * @width: characters at most, up to SPARKLINE_WIDTH.
 * @plain: ASCII only.
 *
 * When the extremes are less than 0.1 % apart the line stays at the bottom, so that noise does not
 * look like a wild series.
 * Return: @buf.
 */
char *sparkline_draw(const double *x, size_t n, unsigned width, bool plain, char *buf, size_t len);

#endif
