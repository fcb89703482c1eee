/*
 * word.h - for libraries whose queues hold a pointer: an item travels as one. They know nothing of
 * processes: what they have are indexes and addresses in shared memory, which lies at the same
 * place in all processes of a case.
 */
#ifndef CONCBENCH_BENCHES_QUEUES_WORD_H
#define CONCBENCH_BENCHES_QUEUES_WORD_H

#include <concbench/queue.h>

#include <assert.h>

static_assert(sizeof(void *) == CB_QUEUE_ITEM_BYTES, "an item does not fit into a pointer");

/*
 * Their atomics are inline assembly that the thread sanitizer cannot see, so a slot's plain write
 * and read look like a race to it. What the slots carry is checked by cb_queue_take().
 */
#if defined(__SANITIZE_THREAD__)
#ifdef __cplusplus
extern "C" {
#endif
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
#ifdef __cplusplus
}
#endif
#define UNSEEN(call)                                   \
	(AnnotateIgnoreReadsBegin(__FILE__, __LINE__), \
	    AnnotateIgnoreWritesBegin(__FILE__, __LINE__), seen_again(call))
static inline uint64_t seen_again(uint64_t result)
{
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
	return result;
}
#else
#define UNSEEN(call) (call)
#endif

static inline void *as_pointer(const void *item)
{
	void *p;

	memcpy(&p, item, sizeof(p));
	return p;
}

#endif
