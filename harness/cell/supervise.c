#include "harness/cell/cell_process.h"

#include "harness/base/clock.h"
#include "harness/base/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Taking down a thousand processes takes a while; it is not measured. */
#define FINISH_WITHIN_NS (20 * CLOCK_NS_PER_S)

#define TURN_WITHIN_MIN_NS (5 * CLOCK_NS_PER_S)
#define TURN_WITHIN_MAX_NS (20 * CLOCK_NS_PER_S)
#define TURN_WITHIN_SLOTS 100
#define TURN_WITHIN_STARTS 20

/* Forgets a message of another type. */
static int check_type(
    struct message *m, enum message_type type, enum case_status *status, char *why, size_t why_len)
{
	if (m->type == MESSAGE_FAIL) {
		*status = m->status;
		(void)snprintf(why, why_len, "%s", m->reason);
		message_free(m);
		return -EBADMSG;
	}
	if (m->type != type) {
		(void)snprintf(why, why_len, "said \"%s\" when \"%s\" was due",
		    message_type_name(m->type), message_type_name(type));
		message_free(m);
		return -EPROTO;
	}
	return 0;
}

static int expect(struct cell_process *c, enum message_type type, uint64_t within_ns,
    struct message *m, enum case_status *status, char *why, size_t why_len)
{
	int ret = cell_process_receive(c, within_ns, m, why, why_len);

	return ret ? ret : check_type(m, type, status, why, why_len);
}

/* For those of cell_failure_status()'s callers that are not told a status beside the error. */
static int error_of_status(enum case_status status)
{
	switch (status) {
	case STATUS_UNSUPPORTED:
		return -ENOTSUP;
	case STATUS_CRASHED:
		return -ECHILD;
	case STATUS_HUNG:
		return -ETIMEDOUT;
	default:
		return -EBADMSG;
	}
}

static uint64_t up_to_max(uint64_t ns, uint64_t times)
{
	return ns < TURN_WITHIN_MAX_NS / times ? ns * times : TURN_WITHIN_MAX_NS;
}

uint64_t cell_turn_within_ns(uint64_t slot_ns, uint64_t start_ns)
{
	const uint64_t slots_ns = up_to_max(slot_ns, TURN_WITHIN_SLOTS);
	const uint64_t starts_ns = up_to_max(start_ns, TURN_WITHIN_STARTS);
	const uint64_t ns = slots_ns > starts_ns ? slots_ns : starts_ns;

	return ns > TURN_WITHIN_MIN_NS ? ns : TURN_WITHIN_MIN_NS;
}

int cell_start(const struct cell_spec *spec, struct cell_process **out, struct message *ready,
    char *why, size_t why_len)
{
	struct cell_process *c = calloc(1, sizeof(*c));
	const uint64_t begin_ns = clock_now_ns();
	enum case_status status = STATUS_INVALID;
	int ret;

	if (!c)
		return -ENOMEM;
	c->socket = c->pidfd = -1;
	ret = cell_process_spawn(spec, c);
	if (ret) {
		(void)snprintf(why, why_len, "starting a cell: %s%s",
		    c->pid > 0 ? "pidfd_open (Linux 5.3): " : "", strerror(-ret));
		/* But if one cell's command line is too long, others may still start. */
		ret = ret == -E2BIG ? ret : CELL_NONE;
		goto out_kill;
	}
	ret = expect(c, MESSAGE_READY, spec->ready_within_ns, ready, &status, why, why_len);
	if (ret == -EBADMSG)
		ret = error_of_status(status);
	if (ret)
		goto out_kill;
	if (strcmp(ready->case_name, spec->case_name) != 0) {
		(void)snprintf(why, why_len, "answered for another case");
		ret = -EPROTO;
		goto out_kill;
	}
	c->slot_ns = ready->slot_ns;
	c->turn_within_ns = spec->turn_within_ns
				? spec->turn_within_ns
				: cell_turn_within_ns(c->slot_ns, clock_now_ns() - begin_ns);
	*out = c;
	return 0;

out_kill:
	cell_kill(c);
	return ret;
}

int cell_turn_of(struct cell_process *c, unsigned slot, uint64_t slot_ns, struct sample *out,
    enum case_status *status, char *why, size_t why_len)
{
	const struct message go = {.type = MESSAGE_GO, .slot = slot, .slot_ns = slot_ns};
	const uint64_t within_ns = c->turn_within_ns + (slot_ns ? slot_ns : c->slot_ns);
	struct message m;
	int ret;

	/* A cell that has just died is found out by cell_process_receive(), with how it died. */
	(void)message_send(c->socket, &go);
	ret = expect(c, MESSAGE_SAMPLE, within_ns, &m, status, why, why_len);
	if (ret)
		return ret;
	if (m.sample.slot != slot) {
		/* One answer too many or too few: every later one would be another slot's. */
		(void)snprintf(
		    why, why_len, "answered for slot %u when %u was due", m.sample.slot, slot);
		message_free(&m);
		return -EPROTO;
	}
	*out = m.sample;
	return 0;
}

int cell_turn(struct cell_process *c, unsigned slot, struct sample *out, enum case_status *status,
    char *why, size_t why_len)
{
	return cell_turn_of(c, slot, 0, out, status, why, why_len);
}

/* The summary, with the counters before it or without. */
static int expect_last(struct cell_process *c, struct cell_counters *counters, struct message *m,
    enum case_status *status, char *why, size_t why_len)
{
	int ret = cell_process_receive(c, FINISH_WITHIN_NS, m, why, why_len);

	if (!ret && m->type == MESSAGE_COUNTERS) {
		counters->counted = m->counters;
		(void)snprintf(counters->note, sizeof(counters->note), "%s", m->reason);
		message_free(m);
		ret = cell_process_receive(c, FINISH_WITHIN_NS, m, why, why_len);
	}
	return ret ? ret : check_type(m, MESSAGE_SUMMARY, status, why, why_len);
}

int cell_finish(struct cell_process *c, unsigned *rows, double *real_time_sum_ns,
    struct cell_counters *counters, char *why, size_t why_len)
{
	const struct message end = {.type = MESSAGE_END};
	const uint64_t until_ns = clock_now_ns() + FINISH_WITHIN_NS;
	struct pollfd gone = {.fd = c->pidfd, .events = POLLIN};
	enum case_status status = STATUS_INVALID;
	struct cell_counters counted = {.note = ""};
	struct message m;
	int ret;

	(void)message_send(c->socket, &end);
	ret = expect_last(c, &counted, &m, &status, why, why_len);
	if (ret == -EBADMSG)
		ret = error_of_status(status);
	if (!ret) {
		*rows = m.rows;
		*real_time_sum_ns = m.real_time_sum_ns;
		ret = interrupt_poll(&gone, 1, until_ns);
		if (ret == 0)
			(void)snprintf(why, why_len, "would not end");
		ret = ret > 0 ? 0 : ret == 0 ? -ETIMEDOUT : ret;
	}
	if (!ret) {
		cell_process_bury(c);
		if (strcmp(c->fate, "exited with status 0") != 0) {
			/* Sanitizers speak up at exit. */
			(void)snprintf(why, why_len, "%s", c->fate);
			ret = -ECHILD;
		}
	}
	if (!ret && counters)
		*counters = counted;
	cell_kill(c);
	return ret;
}

void cell_kill(struct cell_process *c)
{
	if (!c)
		return;
	if (c->pid > 0) {
		/* Once it is reaped, its group is gone too. */
		if (!c->reaped)
			(void)kill(-c->pid, SIGKILL);
		cell_process_bury(c);
	}
	if (c->pidfd >= 0)
		(void)close(c->pidfd);
	if (c->socket >= 0)
		(void)close(c->socket);
	line_buffer_free(&c->input);
	free(c);
}

enum case_status cell_failure_status(int error, enum case_status reported)
{
	switch (error) {
	case -EBADMSG:
		return reported;
	case -ENOTSUP:
		return STATUS_UNSUPPORTED;
	case -ETIMEDOUT:
		return STATUS_HUNG;
	case -EINTR:
		return STATUS_NOT_RUN;
	default:
		return STATUS_CRASHED;
	}
}
