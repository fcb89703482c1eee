/* cas.c - one word that two PUs take from each other. */
#include "benches/distance/distance.h"

DISTANCE(cas, CB_LINE_CAS, "one word, compared and swapped back and forth",
    "core-to-core latency as nviennot/core-to-core-latency measures it",
    "half of a round trip: each of the two tries to compare and swap one word until it succeeds, "
    "the quickest of many blocks")
