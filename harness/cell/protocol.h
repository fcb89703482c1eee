/*
 * protocol.h - what the supervisor and a cell say to each other: one JSON object a line.
 *
 * Turn-based, version PROTOCOL_VERSION in every line:
 *
 *   cell        ready    the workers exist, are bound and parked
 *   supervisor  go       run slot n, with a window of the given length or of the case's
 *   cell        sample   what slot n gave; then the cell sleeps until the next go
 *   supervisor  end      no more slots: take everything down
 *   cell        summary  what Google Benchmark reports of the repetitions, to check against
 *   cell        counters hardware counters per operation (in a pass of its own, before summary)
 *   cell        fail     instead of ready or sample: a status (unsupported, invalid, crashed or
 *                        hung) and a reason; the cell ends
 *
 * Asked for its catalogue instead of a case, a program says
 *
 *   cell        case     a case it can measure here, or not (status, reason); one line each
 *   cell        end      that was all
 *
 * Turns leave room for two cells that are alive together and take turns in any order.
 */
#ifndef CONCBENCH_PROTOCOL_H
#define CONCBENCH_PROTOCOL_H

#include "harness/run/run.h"
#include "harness/run/sample.h"

#include <stddef.h>

#define PROTOCOL_VERSION 1
/* A line longer than this is not ours. */
#define PROTOCOL_LINE_MAX ((size_t)4 << 20)

enum message_type {
	MESSAGE_READY,
	MESSAGE_GO,
	MESSAGE_SAMPLE,
	MESSAGE_END,
	MESSAGE_SUMMARY,
	MESSAGE_COUNTERS,
	MESSAGE_FAIL,
	MESSAGE_CASE,
	MESSAGE_TYPES,
};

/* One message; which fields mean something depends on the type. */
struct message {
	enum message_type type;
	/* ready, case */
	char case_name[CASE_NAME_MAX];
	char hash[17];
	char pus[PUS_TEXT_MAX];
	bool oversubscribed;
	uint64_t slot_ns;
	/* go; slot_ns: 0: the case's */
	unsigned slot;
	/* case: what is compared of it; without a metric: the time per operation */
	struct run_figure figure;
	char depends[CASE_NAME_MAX]; /* on the figure of this case; "" on none */
	/* sample: owned by the message */
	struct sample sample;
	/* summary */
	unsigned rows;
	double real_time_sum_ns;
	/* counters */
	struct metric_set counters;
	/* counters, fail, case */
	enum case_status status;
	char reason[REASON_MAX];
};

const char *message_type_name(enum message_type t);

/** message_send() - write one line, whole. Return: 0; -errno (-EPIPE: the other side is gone). */
int message_send(int fd, const struct message *m);

/**
 * message_parse() - read one line (without its newline).
 * @out: filled on success, release with message_free(); untouched on error.
 * @err: what is wrong, with the beginning of the line.
 * Return: 0; -EPROTO not the protocol, or another version of it; -ENOMEM.
 */
int message_parse(const char *line, size_t len, struct message *out, char *err, size_t err_len);

void message_free(struct message *m);

/* Collects bytes until a line is whole. */
struct line_buffer {
	char *data;
	size_t len;
	size_t capacity;
	size_t taken; /* bytes of the line handed out last */
};

/**
 * line_buffer_fill() - one read(2).
 * Return: bytes read; 0 at the end; -EAGAIN; -EMSGSIZE beyond PROTOCOL_LINE_MAX; -errno.
 */
long line_buffer_fill(struct line_buffer *b, int fd);

/**
 * line_buffer_next() - take the first whole line out; @line is valid until the next call on @b.
 * Return: true when there was one.
 */
bool line_buffer_next(struct line_buffer *b, const char **line, size_t *len);

void line_buffer_free(struct line_buffer *b);

#endif
