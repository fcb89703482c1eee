/*
 * chase.h - a memory-bound job: follow a chain of pointers through a buffer, each load waiting for
 * the one before.
 *
 * The chain is one random cycle over all cache lines of the buffer (Sattolo, Information Processing
 * Letters 22(6), 1986), so no prefetcher helps. One operation is one load. How fast it is depends
 * on where the buffer lies (pages, sets, huge pages or not): the case that shows best whether
 * launches are the unit of replication.
 *
 * The state is public for the self-check's own test.
 */
#ifndef CONCBENCH_CHASE_H
#define CONCBENCH_CHASE_H

#include <concbench/job.h>

#define CHASE_LINE_BYTES 64u

struct chase_line {
	_Alignas(CHASE_LINE_BYTES) uint32_t next; /* index of the next line */
	uint32_t rank;                            /* how many steps it is from line 0 */
};

struct chase_worker {
	_Alignas(CB_ALIGN) uint64_t steps; /* since the cell began */
	uint32_t at;                       /* the line it stands on */
	uint32_t lines;
	bool built;
	size_t shift;  /* where the chain begins in this trial */
	size_t offset; /* of its buffer in the state */
};

struct chase_state {
	size_t buffer_bytes; /* of each worker, with room to move */
	struct chase_worker worker[];
};

/** chase_line_at() - line @i of a worker's chain. */
struct chase_line *chase_line_at(struct chase_state *st, unsigned worker, uint32_t i);

#endif
