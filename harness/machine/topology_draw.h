/*
 * topology_draw.h - the machine as a tree of text. Equal parts of big machines are drawn once:
 * "8 x core 0-63" below "4 x L3" stands for 8 cores in each of them.
 */
#ifndef CONCBENCH_TOPOLOGY_DRAW_H
#define CONCBENCH_TOPOLOGY_DRAW_H

#include "harness/machine/topology.h"

/** topology_draw_is_utf8() - can the locale that setlocale(3) has set show more than ASCII? */
bool topology_draw_is_utf8(void);

/**
 * topology_draw_tree() - summary, tree and legend.
 * @utf8: draw with lines and dots, else in ASCII.
 * Return: 0; -ENOMEM with part of it written. The stream's own errors are the caller's: ferror(3).
 */
int topology_draw_tree(const struct topology *topo, FILE *to, bool utf8);

#endif
