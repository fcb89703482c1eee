/* eventfd.c - ping-pong over an eventfd each way: a wake-up through a descriptor that holds a
 * number, as event loops wake each other. */
#include "benches/handoff/counted.h"

#include <sys/eventfd.h>

COUNTED(eventfd, "an eventfd each way", "eventfd(2)", CB_FULL, int, *it = eventfd(0, EFD_CLOEXEC),
    eventfd_write(*it, 1), eventfd_read(*it, &into) < 0 ? -1 : (long)into, readable(*it),
    close(*it))

REFILL(eventfd, "eventfd(2)", CB_FULL, counted_teardown_eventfd)
