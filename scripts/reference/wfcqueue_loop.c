/* wfcqueue_loop.c - items through liburcu's queue, in 256 nodes used in turn, their order checked:
 * what queue/wfcqueue and queue/wfcqueue_splice must agree with. Shares no code with concbench on
 * purpose. Usage: wfcqueue_loop [splice]. Prints: name, ns an item. */
#define _LGPL_SOURCE
#include "loop.h"
#include <urcu/wfcqueue.h>
static struct end {
	struct __cds_wfcq_head head __attribute__((aligned(128)));
	struct cds_wfcq_tail tail __attribute__((aligned(128)));
} shared, taken; /* the consumer's own */
static struct node {
	struct cds_wfcq_node link;
	unsigned long n;
} node[256] __attribute__((aligned(128)));

static inline struct node *take(struct end *from)
{
	struct cds_wfcq_node *out = __cds_wfcq_dequeue_nonblocking(&from->head, &from->tail);

	return out == CDS_WFCQ_WOULDBLOCK ? NULL : (struct node *)out;
}

static struct node *take_spliced(void)
{
	struct node *out = take(&taken);

	if (out)
		return out;
	__cds_wfcq_splice_nonblocking(&taken.head, &taken.tail, &shared.head, &shared.tail);
	return take(&taken);
}

static void put(void)
{
	unsigned long room = 256;

	for (unsigned long n = 1; !over; n++) {
		for (; n > room; room = __atomic_load_n(&done[1].n, __ATOMIC_ACQUIRE) + 256)
			if (over)
				return;
		node[n % 256].n = n;
		cds_wfcq_node_init(&node[n % 256].link);
		cds_wfcq_enqueue(&shared.head, &shared.tail, &node[n % 256].link);
	}
}

#define BOTH(x, took)                                                         \
	static void x(int self)                                               \
	{                                                                     \
		struct node *out;                                             \
		if (!self)                                                    \
			put();                                                \
		for (unsigned long n = 1; !over; n++) {                       \
			while (!(out = (took)))                               \
				if (over)                                     \
					return;                               \
				else                                          \
					relax();                              \
			if (out->n != n)                                      \
				abort(); /* out of order */                   \
			__atomic_store_n(&done[self].n, n, __ATOMIC_RELEASE); \
		}                                                             \
	}
BOTH(dequeue, take(&shared))
BOTH(splice, take_spliced())

int main(int argc, char **argv)
{
	(void)argv;
	__cds_wfcq_init(&shared.head, &shared.tail);
	__cds_wfcq_init(&taken.head, &taken.tail);
	measure(argc > 1 ? "wfcqueue_splice" : "wfcqueue", argc > 1 ? splice : dequeue, 2);
}
