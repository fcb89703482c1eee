/*
 * progress.h - one line on a terminal: what runs, done of total, time left. A pipe gets nothing.
 */
#ifndef CONCBENCH_PROGRESS_H
#define CONCBENCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool shown; /* stderr is a terminal and nobody asked for quiet */
	uint64_t begin_ns;
	uint64_t last_ns; /* when it was drawn last */
};

/** progress_begin() - decide whether to show anything. */
void progress_begin(struct progress *p, bool quiet);

/**
 * progress_show() - draw the line again, at most ten times a second.
 * @left_ns: time left, UINT64_MAX when not known.
 */
void progress_show(
    struct progress *p, size_t done, size_t total, uint64_t left_ns, const char *what);

/** progress_wipe() - clear the line so that something else can be printed; it comes again. */
void progress_wipe(struct progress *p);

/** progress_end() - wipe the line, so that what follows starts on a clean one. */
void progress_end(struct progress *p);

#endif
