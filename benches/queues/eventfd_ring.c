/* eventfd_ring.c - see eventfd_ring.h. */
#include "benches/queues/eventfd_ring.h"

EVENTFD_RING(eventfd_ring, true)
CB_QUEUE_KIND(eventfd_ring,
    "ring, one producer, one consumer: who waits spins, then sleeps at an eventfd",
    "Dekker's flag and a second look; eventfd(2)", CB_FULL, CB_CAN_ALL, NULL, NULL, 0)
