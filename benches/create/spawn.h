/*
 * spawn.h - programs that are executed and leave a note, in a file that their maker has mapped.
 */
#ifndef CONCBENCH_CREATE_SPAWN_H
#define CONCBENCH_CREATE_SPAWN_H

#include "benches/create/life.h"

/** spawn_posix() / spawn_vfork() - execute the program with the life's key. Return: 0; -errno. */
int spawn_posix(struct life *l);
int spawn_vfork(struct life *l);

/** spawn_forget() - the note of the program before is gone. Both do that first. */
void spawn_forget(struct life *l);

/** spawn_await() - its end; then the note is read. Return: as process_reap(). */
int spawn_await(struct life *l);

#endif
