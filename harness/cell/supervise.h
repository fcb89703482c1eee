/*
 * supervise.h - the parent's side of a cell: start it, give it turns, bury it.
 *
 * Every wait has a deadline and ends at once when the cell dies (pidfd) or the user interrupts. The
 * cell leads a process group of its own, so that whatever it left behind ends with it.
 */
#ifndef CONCBENCH_SUPERVISE_H
#define CONCBENCH_SUPERVISE_H

#include "harness/cell/protocol.h"
#include "harness/run/run.h"

struct cell_spec {
	const char *exe;       /* program to run: our own, or for a gate another build's */
	const char *case_name; /* NULL: it is asked for its catalogue */
	/* Words of its command line: which shared objects it has to load, and as which builds
	 * (module_words()). Up to a NULL; may be NULL. */
	const char *const *modules;
	const char *const *selection; /* of a catalogue: which cases, as concbench list takes it */
	const char *topology_xml;     /* NULL: the cell discovers for itself */
	const char *allowed;          /* usable PUs, topology_allowed_list() */
	unsigned slots;
	uint64_t slot_ns; /* 0: the case's */
	uint64_t seed;
	double given; /* the figure that the case depends on; 0: none */
	bool counters;
	bool displacing;
	bool checking; /* for conformance, not for figures */
	int stderr_fd; /* where its stderr goes */
	uint64_t ready_within_ns;
	uint64_t turn_within_ns; /* beyond the slot's own length; 0: cell_turn_within_ns() */
};

/* What a cell of the counters' pass has counted. */
struct cell_counters {
	struct metric_set counted;
	char note[REASON_MAX]; /* what to know about it, such as that it is scaled; "" when nothing
				*/
};

struct cell_process;

/**
 * cell_turn_within_ns() - when a cell that is silent in a turn counts as hung, if nobody has said.
 * @slot_ns:  length of a turn.
 * @start_ns: how long it took to become ready.
 *
 * A hundred turns, since among a thousand workers on a few cores most of one is spent on putting
 * them to sleep and waking them; twenty starts, which measure how slow this machine is now; at
 * least 5 s, for machines that stand still meanwhile; at most 20 s, since whoever waits for a gate
 * waits for this too. Return: beyond the slot's own length.
 */
uint64_t cell_turn_within_ns(uint64_t slot_ns, uint64_t start_ns);

/* No cell can be started here at all: no process, no pidfd. */
#define CELL_NONE (-ENOTRECOVERABLE)

/**
 * cell_start() - run a cell and wait until it is ready.
 * @ready: its message, when successful.
 * @why:   one line on failure.
 * Return: 0, or as cell_turn(), but a failure that it reported as unsupported, crashed or hung is
 * -ENOTSUP, -ECHILD or -ETIMEDOUT; CELL_NONE. On failure the cell is gone already.
 */
int cell_start(const struct cell_spec *spec, struct cell_process **out, struct message *ready,
    char *why, size_t why_len);

/**
 * cell_turn() - let it run one slot.
 * @out: the sample, owned by the caller; launch is left 0.
 *
 * Return: 0; -EINTR interrupted by the user; -ETIMEDOUT deadline overrun; -ECHILD died; -EPROTO
 * said something that is not the protocol; -EBADMSG it reported a failure, *status says which.
 * After any error only cell_kill() may follow.
 */
int cell_turn(struct cell_process *c, unsigned slot, struct sample *out, enum case_status *status,
    char *why, size_t why_len);

/** cell_turn_of() - the same, with a window of @slot_ns; 0: as the cell was started. */
int cell_turn_of(struct cell_process *c, unsigned slot, uint64_t slot_ns, struct sample *out,
    enum case_status *status, char *why, size_t why_len);

/**
 * cell_finish() - end it in good order and free it.
 * @rows, @real_time_sum_ns: what Google Benchmark reported of the repetitions.
 * @counters: filled on success when it had the counters' pass; may be NULL.
 * Return: as cell_start(); on error the cell is killed.
 */
int cell_finish(struct cell_process *c, unsigned *rows, double *real_time_sum_ns,
    struct cell_counters *counters, char *why, size_t why_len);

/** cell_kill() - end it and its process group at once, reap it, free it. NULL is fine. */
void cell_kill(struct cell_process *c);

/** cell_failure_status() - the status a failed start or turn means for the case. */
enum case_status cell_failure_status(int error, enum case_status reported);

#endif
