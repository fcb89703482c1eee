/*
 * own_name.h - names in TMPDIR, of a FIFO or of a folder with a socket in it, that only queues
 * have.
 *
 * Who is killed leaves its name; the next to make one of the same kind takes it away. What its
 * maker has locked, which ends with the last process that has it open, is not left over: pids would
 * not tell, since containers may share a folder and not those.
 */
#ifndef CONCBENCH_QUEUES_OWN_NAME_H
#define CONCBENCH_QUEUES_OWN_NAME_H

#include <stddef.h>
#include <sys/stat.h>

struct own_name {
	const char *prefix; /* "concbench-fifo-" */
	mode_t type;        /* S_IFIFO or S_IFDIR */
	const char *inside; /* the only thing that a folder has; NULL of a FIFO */
};

/** own_name_folder() - TMPDIR, or where temporary files are without it. */
const char *own_name_folder(void);

/**
 * own_name_make() - having removed what is left over.
 * @path: of the FIFO, or of what is to be inside the folder. Room for an address of a socket.
 * Return: a descriptor of the FIFO, for both ways and non-blocking, or of the folder, the caller's
 * to close: with the last copy of it the name is left over. -errno.
 */
int own_name_make(const struct own_name *kind, char *path, size_t len);

/** own_name_remove() - the FIFO at @path; or what is at @path, and the folder that it is in. */
void own_name_remove(const struct own_name *kind, const char *path);

#endif
