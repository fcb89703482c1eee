/*
 * file.h - whole files and whole directory paths, or an error and nothing half done.
 *
 * Stateless and thread-safe. Nothing here is fast, and nothing is meant for a timed trial.
 */
#ifndef CONCBENCH_FILE_H
#define CONCBENCH_FILE_H

#include <stddef.h>

/**
 * file_write_whole() - make @path hold exactly these bytes, or leave it as it was.
 * @data: may be NULL when @len is 0.
 *
 * For a regular file, existing or new, a temporary file in the same directory
 * (".concbench-<random>.tmp") is written, synced and renamed over @path, then the directory is
 * synced. A reader sees the old file or the new one, even after a power cut. On error the temporary
 * file is removed; only a kill -9 leaves it. The mode is the old file's, or 0644 less the umask. A
 * symbolic link stays, and the file that it points to is replaced.
 *
 * Devices and FIFOs are written to and never replaced; so are files that standard output, standard
 * error or a descriptor under /dev/fd has open already.
 *
 * With RLIMIT_FSIZE set, ignore SIGXFSZ to get -EFBIG instead of the signal.
 * Return: 0; -EISDIR when @path names a directory; -ENOENT also when a link points nowhere; -errno
 * of the step that failed (-EACCES, -ENOSPC, -EROFS, -EIO, ...).
 */
int file_write_whole(const char *path, const void *data, size_t len);

/**
 * file_check_whole() - could file_write_whole() write @path now? For commands that work for minutes
 * before they write.
 *
 * Makes the temporary file and removes it again; devices and pipes are not opened. Return: as
 * file_write_whole().
 */
int file_check_whole(const char *path);

/**
 * file_append_all() - write all of it to @fd, over short writes and signals.
 * Return: 0; -errno, and then a part of it may have been written.
 */
int file_append_all(int fd, const void *data, size_t len);

/**
 * file_read_all() - a file's bytes, followed by a NUL that @len does not count.
 * @max_bytes: longer files are refused before they fill the memory.
 * @out:       to be freed; untouched on error.
 * @len:       may be NULL.
 *
 * Reads to the end instead of believing the size, which is 0 in /proc and 4096 in /sys.
 * Return: 0; -EFBIG above @max_bytes; -EISDIR; -ENOMEM; -errno.
 */
int file_read_all(const char *path, size_t max_bytes, char **out, size_t *len);

/**
 * file_read_line() - the first line of a file such as those in /sys, without its newline.
 * @buf: untouched on error; "" when the file is empty.
 * Return: 0; -EFBIG when the line does not fit; otherwise as file_read_all().
 */
int file_read_line(const char *path, char *buf, size_t len);

/**
 * file_make_dirs() - make a directory and those above it that are missing (mkdir -p).
 * Return: 0, also when it exists; -ENOTDIR when something else has that name; -ENAMETOOLONG;
 * -errno.
 */
int file_make_dirs(const char *path);

#endif
