/*
 * protocol_fuzz.h - what has to hold for every line that a cell may say, however broken.
 *
 * Only for protocol_fuzz.c and protocol_corpus_test.c; see result_fuzz.h.
 */
#ifndef CONCBENCH_PROTOCOL_FUZZ_H
#define CONCBENCH_PROTOCOL_FUZZ_H

#include "harness/cell/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef int message_parser(
    const char *line, size_t len, struct message *out, char *err, size_t err_len);

/*
 * What was understood can be said, and is understood again. A line that the socket's buffer does
 * not hold is left out: nobody empties it meanwhile.
 */
static inline const char *protocol_check_again(const struct message *m, size_t len)
{
	struct line_buffer b = {0};
	struct message again;
	const char *line, *why = NULL;
	size_t line_len;
	char err[300];
	int fd[2], rc;

	if (len > 16384)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd))
		return "no socketpair";
	rc = message_send(fd[0], m);
	close(fd[0]);
	while (!rc && line_buffer_fill(&b, fd[1]) > 0)
		;
	close(fd[1]);
	if (rc == -EAGAIN)
		why = NULL;
	else if (rc || !line_buffer_next(&b, &line, &line_len))
		why = "understood, but cannot be said";
	else if (message_parse(line, line_len, &again, err, sizeof(err)))
		why = "understood and said, but not understood again";
	else if (again.type != m->type)
		why = "understood and said, but then something else is understood";
	if (!rc && !why)
		message_free(&again);
	line_buffer_free(&b);
	return why;
}

/**
 * protocol_fuzz_check() - give a line to a parser.
 * Return: NULL; or what is wrong with the parser.
 */
static inline const char *protocol_fuzz_check(message_parser *parse, const char *line, size_t len)
{
	char err[300] = "", before[sizeof(struct message)];
	const char *why;
	struct message m;
	int rc;

	memset(&m, 0x5a, sizeof(m));
	memcpy(before, &m, sizeof(m));
	rc = parse(line, len, &m, err, sizeof(err));
	if (!rc) {
		why = protocol_check_again(&m, len);
		message_free(&m);
		return why;
	}
	if (rc != -EPROTO && rc != -ENOMEM)
		return "refused, but not as another protocol";
	if (memcmp(before, &m, sizeof(m)))
		return "refused, but its output is written to";
	if (rc == -EPROTO && !err[0])
		return "refused without a word";
	for (const unsigned char *p = (const unsigned char *)err; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return "refused, but not with one printable line";
	}
	return NULL;
}

#endif
