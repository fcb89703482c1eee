/*
 * build_info.h - the sources and tools that this program was built from; set by the Makefile.
 */
#ifndef CONCBENCH_BUILD_INFO_H
#define CONCBENCH_BUILD_INFO_H

#include "harness/machine/manifest.h"

#include <stdbool.h>

const char *build_info_version(void);
const char *build_info_revision(void); /* git's, "unknown" outside a checkout */
bool build_info_dirty(void);           /* built from a tree with uncommitted changes */
const char *build_info_compiler(void);
const char *build_info_sanitizer(void); /* "" in an ordinary build; timings mean nothing else */

/** build_info_manifest() - all of it, with flags and the libraries' versions. 0; -ENOMEM. */
int build_info_manifest(struct manifest *m);

#endif
