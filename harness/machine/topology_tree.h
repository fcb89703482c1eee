/*
 * topology_tree.h - the machine as a plain tree, which can be drawn and counted without hwloc.
 *
 * It has only the levels that a reader cares about: packages, dies, NUMA nodes, the last-level
 * caches and caches that several cores share, cores, PUs. hwloc hangs NUMA nodes beside the tree;
 * here they are a level of it, above the parts that they are local to.
 */
#ifndef CONCBENCH_TOPOLOGY_TREE_H
#define CONCBENCH_TOPOLOGY_TREE_H

#include "harness/machine/topology.h"

#include <stdbool.h>
#include <stdint.h>

enum topology_kind {
	TOPOLOGY_MACHINE,
	TOPOLOGY_PACKAGE,
	TOPOLOGY_DIE,
	TOPOLOGY_NUMA,
	TOPOLOGY_CACHE,
	TOPOLOGY_CORE,
	TOPOLOGY_PU,
};

struct topology_node {
	enum topology_kind kind;
	unsigned index;       /* PU: the operating system's; else hwloc's logical index */
	unsigned cache_level; /* 3 for an L3; 0 when not a cache */
	uint64_t size_bytes;  /* of a cache or a NUMA node's memory; 0: unknown */
	char *model;          /* of a package's CPU, or NULL; owned */
	unsigned core_kind; /* of a core and its PUs; 0: the only kind, or the slowest of several */
	bool usable;        /* PU: may be bound to; else: some PU below may */
	unsigned child_count;
	struct topology_node *children; /* [child_count], owned */
};

struct hwloc_topology;
struct hwloc_bitmap_s;

/**
 * topology_tree_build() - copy what matters of a loaded hwloc topology.
 * @usable: PUs that may be bound to.
 * @out:    set on success; release with topology_tree_free().
 * Return: 0; -ENOMEM.
 */
int topology_tree_build(
    struct hwloc_topology *from, const struct hwloc_bitmap_s *usable, struct topology_node **out);

void topology_tree_free(struct topology_node *root);

/** topology_tree_count() - how many nodes of a kind there are in and below @node. */
unsigned topology_tree_count(const struct topology_node *node, enum topology_kind kind);

/** topology_tree_core_kinds() - how many kinds of cores there are (performance, efficiency); at
 * least 1. */
unsigned topology_tree_core_kinds(const struct topology_node *root);

/** topology_core_kind_name() - "performance" or "efficiency"; with more than two kinds "kind 0"
 * (the slowest) and so on. "" when there is only one. Return: @buf. */
char *topology_core_kind_name(unsigned kind, unsigned kinds, char *buf, size_t len);

/**
 * topology_tree_pus() - the usable PUs as topology_pu() has them, with what they belong to.
 * @pus:   [@count], to be released with free().
 * @cores: how many cores have one.
 * Return: 0; -ENOMEM, and the outputs untouched.
 */
int topology_tree_pus(
    const struct topology_node *root, struct topology_pu **pus, unsigned *count, unsigned *cores);

/** topology_tree_summary() - the line of topology_summary(); release with free(). NULL: no memory.
 */
char *topology_tree_summary(const struct topology_node *root);

/** topology_tree_hash() - of shape, numbering and usable PUs; not of memory sizes, which differ
 * from boot to boot. */
uint64_t topology_tree_hash(const struct topology_node *root);

#endif
