/*
 * run_folder.h - the folder of a run: its name, how it is made, and results/latest.
 */
#ifndef CONCBENCH_RUN_FOLDER_H
#define CONCBENCH_RUN_FOLDER_H

#include <stddef.h>
#include <stdbool.h>
#include <time.h>

/**
 * run_folder_create() - make <results>/<UTC time>-<host>-<short id>/, and <results> when missing.
 * @id:   the folder's own name. @path: with <results>/ before it.
 * Return: 0; -errno (-EACCES, -ENOSPC, -EROFS, -ENOTDIR, ...).
 */
int run_folder_create(
    const char *results_dir, time_t now, char *id, size_t id_len, char *path, size_t path_len);

/** run_folder_link_latest() - let <results>/latest point to it; replaced in one step. 0; -errno. */
int run_folder_link_latest(const char *results_dir, const char *id);

/** run_folder_unfinished() - is @ref, as a path or below @results_dir, the folder of a run that was
 * killed before it wrote its run file? "concbench recover" makes one from the journal. */
bool run_folder_unfinished(const char *results_dir, const char *ref);

#endif
