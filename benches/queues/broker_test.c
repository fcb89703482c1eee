/*
 * broker_test.c - the process that keeps a queue: clients that leave or die while it has something
 * of theirs, and what is said when it cannot go on. That it delivers: queues_test.c, and
 * conformance_test.c.
 */
#include "benches/queues/broker.h"
#include "benches/team_fixture.h"
#include "harness/work/companion.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
#define PATIENCE_MS 10000
#define BYTES 8

static struct broker *broker_of(const struct subject *s)
{
	return ((const struct cb_queue_state *)s->team.env.state)->queue;
}

/* One more client, which no worker is. */
static int client_of(const struct subject *s)
{
	const struct broker *b = broker_of(s);
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const void *)&b->address, b->address_bytes), 0);
	return fd;
}

static void ask(int fd, const void *message, size_t bytes)
{
	assert_int_equal(send(fd, message, bytes, MSG_NOSIGNAL), bytes);
}

/* Return: bytes of the answer. */
static ssize_t answer(int fd, void *message)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	return recv(fd, message, BYTES + 1, 0);
}

/* All that was asked before has been looked at: of what is there at once this may have come first,
 * but not the second time. */
static void settle(int fd)
{
	char message[BYTES + 1];

	for (unsigned i = 0; i < 2; i++) {
		ask(fd, "o", 1);
		assert_int_equal(answer(fd, message), 1);
		assert_int_equal(message[0], BROKER_DONE);
	}
}

static void leave(int fd)
{
	assert_int_equal(close(fd), 0);
}

/* What it would have got stays in, or is the next one's; and its place is free again. */
static void who_dies_waiting_for_an_item_gets_none(void **unused)
{
	char message[BYTES + 1];
	struct subject s;
	pid_t broker;

	(void)unused;
	begin(&s, "queue/broker/model:thread");
	broker = s.team.companions[0].pid;
	for (unsigned i = 0; i < 2 * BROKER_CLIENTS_MAX; i++) {
		const int dies = client_of(&s), puts = client_of(&s);

		ask(dies, "g", 1);
		settle(puts);
		if (i % 2) {
			leave(dies);
			ask(puts, "item 1..", BYTES);
		} else {
			/* It is asked to give an item to one who has gone before it is told so. */
			assert_int_equal(kill(broker, SIGSTOP), 0);
			assert_int_equal(waitpid(broker, NULL, WUNTRACED), broker);
			ask(puts, "item 1..", BYTES);
			leave(dies);
			assert_int_equal(kill(broker, SIGCONT), 0);
		}
		assert_int_equal(answer(puts, message), 1);
		assert_int_equal(message[0], BROKER_DONE);
		ask(puts, "l", 1);
		assert_int_equal(answer(puts, message), BYTES + 1);
		assert_memory_equal(message, "item 1..", BYTES);
		leave(puts);
	}
	right_trial(&s, WINDOW_NS);
	end(&s);
}

static void what_who_dies_waits_to_put_in_is_not_in(void **unused)
{
	char message[BYTES + 1];
	struct subject s;
	int full, dies;

	(void)unused;
	begin(&s, "queue/broker/model:thread/capacity:2");
	full = client_of(&s);
	for (unsigned i = 0; i < 2; i++) {
		ask(full, i ? "second.." : "first...", BYTES);
		assert_int_equal(answer(full, message), 1);
	}
	dies = client_of(&s);
	ask(dies, "third...", BYTES);
	settle(full);
	leave(dies);
	settle(full);
	for (unsigned i = 0; i < 2; i++) {
		ask(full, "g", 1);
		assert_int_equal(answer(full, message), BYTES + 1);
		assert_memory_equal(message, i ? "second.." : "first...", BYTES);
	}
	ask(full, "l", 1);
	assert_int_equal(answer(full, message), 1);
	assert_int_equal(message[0], BROKER_EMPTY);
	leave(full);
	right_trial(&s, WINDOW_NS);
	end(&s);
}

/* Negative control of the above: it is in once there is room. */
static void what_waits_to_be_put_in_is_in_after_a_get(void **unused)
{
	static const char *const items[] = {"first...", "second..", "third..."};
	char message[BYTES + 1];
	struct subject s;
	int one, other;

	(void)unused;
	begin(&s, "queue/broker/model:thread/capacity:2");
	one = client_of(&s);
	other = client_of(&s);
	for (unsigned i = 0; i < 2; i++) {
		ask(one, items[i], BYTES);
		assert_int_equal(answer(one, message), 1);
		assert_int_equal(message[0], BROKER_DONE);
	}
	ask(one, items[2], BYTES);
	settle(other);
	for (unsigned i = 0; i < 3; i++) {
		ask(other, "g", 1);
		assert_int_equal(answer(other, message), BYTES + 1);
		assert_memory_equal(message, items[i], BYTES);
	}
	assert_int_equal(answer(one, message), 1);
	assert_int_equal(message[0], BROKER_WAITED);
	leave(one);
	leave(other);
	right_trial(&s, WINDOW_NS);
	end(&s);
}

/* An item that was under way is not lost, and who has given up is asked no more. */
static void who_gives_up_has_one_answer(void **unused)
{
	char message[BYTES + 1];
	struct subject s;
	int one, other;

	(void)unused;
	begin(&s, "queue/broker/model:thread/capacity:2");
	one = client_of(&s);
	other = client_of(&s);
	ask(one, "g", 1);
	settle(other);
	ask(one, "u", 1);
	assert_int_equal(answer(one, message), 1);
	assert_int_equal(message[0], BROKER_TIMED_OUT);
	ask(other, "item 1..", BYTES);
	assert_int_equal(answer(other, message), 1);
	/* Too late: it is answered already, and by nothing else. */
	ask(one, "g", 1);
	settle(other);
	ask(one, "u", 1);
	assert_int_equal(answer(one, message), BYTES + 1);
	assert_memory_equal(message, "item 1..", BYTES);
	settle(other);
	assert_int_equal(recv(one, message, sizeof(message), MSG_DONTWAIT), -1);
	for (unsigned i = 0; i < 2; i++) {
		ask(one, "item 2..", BYTES);
		assert_int_equal(answer(one, message), 1);
	}
	ask(other, "item 3..", BYTES);
	settle(one);
	ask(other, "u", 1);
	assert_int_equal(answer(other, message), 1);
	assert_int_equal(message[0], BROKER_TIMED_OUT);
	for (unsigned i = 0; i < 2; i++) {
		ask(one, "l", 1);
		assert_int_equal(answer(one, message), BYTES + 1);
	}
	ask(one, "l", 1);
	assert_int_equal(answer(one, message), 1);
	assert_int_equal(message[0], BROKER_EMPTY);
	leave(one);
	leave(other);
	right_trial(&s, WINDOW_NS);
	end(&s);
}

static void why_it_cannot_go_on_is_said(void **unused)
{
	static const struct {
		const char *what;
		unsigned clients; /* too many, or one that asks for what there is not */
		int error;
	} rows[] = {
	    {"nothing that it knows", 1, EBADMSG},
	    {"more clients than it has room for", 3, EUSERS},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd[3], ret;
		struct subject s;

		begin(&s, "queue/broker/model:thread");
		for (unsigned n = 0; n < rows[i].clients; n++)
			fd[n] = client_of(&s);
		if (rows[i].clients == 1)
			ask(fd[0], "?", 1);
		ret = trial(&s, WINDOW_NS);
		if (ret >= 0 || !strstr(s.why, strerror(rows[i].error)))
			fail_msg("%s: %d, %s", rows[i].what, ret, s.why);
		for (unsigned n = 0; n < rows[i].clients; n++)
			leave(fd[n]);
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_dies_waiting_for_an_item_gets_none),
	    cmocka_unit_test(what_who_dies_waits_to_put_in_is_not_in),
	    cmocka_unit_test(what_waits_to_be_put_in_is_in_after_a_get),
	    cmocka_unit_test(who_gives_up_has_one_answer),
	    cmocka_unit_test(why_it_cannot_go_on_is_said),
	};

	/* As a cell does: whoever writes to a broker that has gone is told so. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
