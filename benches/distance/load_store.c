/* load_store.c - a line for each direction: nobody asks for a line that the other is writing to. */
#include "benches/distance/distance.h"

DISTANCE(load_store, CB_LINE_TWO, "two lines, each written by one PU and read by the other", NULL,
    "half of a round trip: one writes its line, the other sees that and writes its own, the "
    "quickest of many blocks")
