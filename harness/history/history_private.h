/* history_private.h - shared by the files of history/ only. */
#ifndef CONCBENCH_HISTORY_PRIVATE_H
#define CONCBENCH_HISTORY_PRIVATE_H

#include "harness/history/history.h"
#include "harness/history/store.h"

struct history {
	struct store *store;
};

#endif
