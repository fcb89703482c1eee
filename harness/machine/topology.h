/*
 * topology.h - which processing units (PUs) this process may use, and how they hang together.
 *
 * The only files of the project that know hwloc are topology.c and topology_tree.c; everybody else
 * sees PUs by their operating-system index.
 *
 * What may be used is: the affinity this process was started with (read once, before anything is
 * bound) ∩ the cgroup's cpuset ∩ hwloc's allowed set. Neither hwloc's XML nor HWLOC_THISSYSTEM
 * carries the first, so it travels to cells beside the XML (topology_allowed_list()).
 */
#ifndef CONCBENCH_TOPOLOGY_H
#define CONCBENCH_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* In manifests: whose figures they are. */
#define TOPOLOGY_ORIGIN_KEY "topology.of"
#define TOPOLOGY_OURS "this system"

struct topology_node;

/* Opaque; owns the hwloc topology. Immutable once made, so safe to read from any thread. */
struct topology;

/*
 * One usable PU. The *_id fields number the things that have a usable PU, densely from 0 in the
 * order of the PUs: fit to index arrays with, not to print.
 */
struct topology_pu {
	unsigned os_index;   /* what sched_setaffinity(2) and /proc/cpuinfo call it */
	unsigned core_id;    /* physical core */
	unsigned smt_rank;   /* 0: first usable PU of its core, 1: its sibling, ... */
	unsigned llc_id;     /* last-level cache domain; its own core's where no cache is known */
	unsigned numa_id;    /* nearest NUMA node */
	unsigned package_id; /* socket */
	unsigned core_kind;  /* 0: the only kind of cores, or the slowest of several */
};

/**
 * topology_discover() - look at the real machine.
 * @out:     set on success; release with topology_free().
 * @err:     one line on failure; may be NULL when @err_len is 0.
 *
 * hwloc would take another machine for this one when its variables say so (HWLOC_XMLFILE,
 * HWLOC_SYNTHETIC, ...: usual on clusters). They are not obeyed here, and are refused when they
 * describe a machine other than this one. If $CONCBENCH_ALLOWED is set (a list such as "0-3,8") the
 * usable PUs are also intersected with it. The affinity of the calling thread counts: call this
 * before binding anything. The function never leaves it, not even for a moment.
 *
 * Not for several threads at once: hwloc is given an environment of its own meanwhile.
 *
 * Return: 0; -ENOMEM; -EINVAL (bad list or XML, another machine); -ENODEV when no PU is left to
 * use; -errno when the affinity cannot be read.
 */
int topology_discover(struct topology **out, char *err, size_t err_len);

/** topology_any() - for drawing: the machine that hwloc's variables describe, if they are set. */
int topology_any(struct topology **out, char *err, size_t err_len);

/** topology_handed() - in a cell: the topology that the supervisor has found and handed over
 * (several times faster), or else this machine's; hwloc's variables are ignored. Return: as
 * above. */
int topology_handed(struct topology **out, char *err, size_t err_len);

/**
 * topology_hand_over() - turn the calling process's environment into a cell's.
 * @xml: from topology_write_xml(), or NULL. @allowed: a list, or NULL: as it is.
 * Return: 0; -errno.
 */
int topology_hand_over(const char *xml, const char *allowed);

/**
 * topology_synthetic() - an hwloc synthetic machine, such as "pack:2 numa:1 l3:1 core:4 pu:2".
 * @allowed: list of OS indexes usable, or NULL for all.
 *
 * Binding is refused with -ENOTSUP on such a topology (hwloc would pretend to succeed).
 * Return: as topology_discover().
 */
int topology_synthetic(
    const char *description, const char *allowed, struct topology **out, char *err, size_t err_len);

void topology_free(struct topology *topo);

/** topology_is_real() - false for synthetic or foreign machines: plans only, no binding. */
bool topology_is_real(const struct topology *topo);

/** topology_origin() - the variable of hwloc's that describes another machine, or "". Owned by
 * @topo. */
const char *topology_origin(const struct topology *topo);

/** topology_pu_count() - number of usable PUs, at least 1. */
unsigned topology_pu_count(const struct topology *topo);

/** topology_pu() - the @i-th usable PU, i < topology_pu_count(): in logical order, but where there
 * are several kinds of cores those of the fastest come first. */
const struct topology_pu *topology_pu(const struct topology *topo, unsigned i);

/** topology_core_count() - number of physical cores with a usable PU. */
unsigned topology_core_count(const struct topology *topo);

/** topology_allowed_list() - usable PUs as a list, "0-3,8"; owned by @topo. */
const char *topology_allowed_list(const struct topology *topo);

/** topology_offline_list() - PUs the machine has but that are switched off; "" when none. */
const char *topology_offline_list(const struct topology *topo);

/**
 * topology_limits() - the limits that keep PUs from being usable, "affinity 0, CONCBENCH_ALLOWED
 * 0-1"; "" when there are none. Owned by @topo.
 */
const char *topology_limits(const struct topology *topo);

/** topology_root() - the whole machine, with the PUs that may not be used; see topology_tree.h. */
const struct topology_node *topology_root(const struct topology *topo);

/** topology_summary() - one line such as "1 package, 1 NUMA node, 2 cores, 2 PUs (2 usable)". */
const char *topology_summary(const struct topology *topo);

/**
 * topology_fingerprint() - 16 hex digits that change when the machine's shape, or the set of
 * usable PUs, changes; for telling whether two runs may be compared. Owned by @topo.
 */
const char *topology_fingerprint(const struct topology *topo);

/**
 * topology_write_xml() - save for topology_hand_over(). Written whole or not at all.
 * Return: 0 or -errno.
 */
int topology_write_xml(const struct topology *topo, const char *path);

/**
 * topology_bind_self() - bind the calling OS thread to one PU and read the binding back.
 * @os_index: a usable PU's operating-system index.
 *
 * Safe from several threads at once and in forked children.
 *
 * Return: 0; -ENOTSUP not this machine; -EPERM not in the usable set; -EIO the read-back differs;
 * -ENOMEM; -errno of the system call.
 */
int topology_bind_self(const struct topology *topo, unsigned os_index);

#endif
