/*
 * manifest_sources.h - shared by the parts of the manifest; nobody else includes it.
 *
 * Every collector returns 0 or -ENOMEM. A file that is missing, unreadable or odd is no error: its
 * keys are left out. All paths are below @root, so that tests can build a machine of their own.
 */
#ifndef CONCBENCH_MANIFEST_SOURCES_H
#define CONCBENCH_MANIFEST_SOURCES_H

#include "harness/machine/manifest.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

/* Longer lines than this are no facts about a machine. */
#define MANIFEST_LINE_MAX 4096

/** manifest_read_line() - first line of a file below @root; true when there is one that is not
 * empty. */
bool manifest_read_line(const char *root, const char *path, char line[MANIFEST_LINE_MAX]);

/** manifest_read_text() - a whole file; NULL when that cannot be had. To be freed. */
char *manifest_read_text(const char *root, const char *path);

/** manifest_add_found() - manifest_add(), unless the value is blank: that is no fact. */
int manifest_add_found(struct manifest *m, const char *key, const char *value);

/** manifest_add_file() - the first line of a file under @key, if there is one. */
int manifest_add_file(struct manifest *m, const char *root, const char *key, const char *path);

/** manifest_next_line() - cut the next line off *text, NULL at the end; for manifest_read_text().
 */
char *manifest_next_line(char **text);

/** manifest_field() - the value in a line "name : value", or NULL when it has another name. */
const char *manifest_field(const char *line, const char *name);

/** manifest_has_word() - whether @word is one of the words of @text, divided by any of @dividers.
 */
bool manifest_has_word(const char *text, const char *word, const char *dividers);

/** manifest_list_dir() - scandir(3) below @root by version order; 0 when there is none. */
int manifest_list_dir(
    const char *root, const char *path, int (*keep)(const struct dirent *), struct dirent ***out);
void manifest_free_list(struct dirent **list, int n);

int manifest_collect_cpu(struct manifest *m, const char *root);
int manifest_collect_frequency(struct manifest *m, const char *root);
int manifest_collect_cgroup(struct manifest *m, const char *root);

#endif
