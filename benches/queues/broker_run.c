/* broker_run.c - the process that keeps the queue: one thread, one request at a time. */
#include "benches/queues/broker.h"
#include "benches/queues/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_AT_QUIT_MS 20
#define EVENTS 16
#define LISTENING BROKER_CLIENTS_MAX

/* Clients that wait, first come, first served. */
struct waiting {
	unsigned client[BROKER_CLIENTS_MAX];
	unsigned first, count;
};

struct server {
	const struct broker *b;
	int *error; /* its clients' to see */
	int epoll;
	unsigned doubles;
	int fd[BROKER_CLIENTS_MAX]; /* -1: nobody's */
	bool closed;
	unsigned char *message; /* the request that is served, and a word */
	unsigned char *item;    /* [capacity] */
	unsigned first, count;
	uint64_t given;
	unsigned char *parked; /* [clients] what there was no room for */
	struct waiting getters, putters;
};

static void push(struct waiting *q, unsigned client)
{
	q->client[(q->first + q->count++) % BROKER_CLIENTS_MAX] = client;
}

static unsigned pop(struct waiting *q)
{
	const unsigned client = q->client[q->first];

	q->first = (q->first + 1) % BROKER_CLIENTS_MAX;
	q->count--;
	return client;
}

/* Return: whether it waited. */
static bool forget(struct waiting *q, unsigned client)
{
	const unsigned count = q->count;

	for (unsigned i = 0; i < count; i++) {
		const unsigned other = pop(q);

		if (other != client)
			push(q, other);
	}
	return q->count < count;
}

/* A client that has left, or died, is no error of the broker's: what it waited to put in is not in,
 * and its place is another's. */
static void gone(struct server *s, unsigned client)
{
	(void)forget(&s->getters, client);
	(void)forget(&s->putters, client);
	(void)close(s->fd[client]);
	s->fd[client] = -1;
}

/* Return: 0; 1 when it has gone, and has not got it; -errno. A client has asked for one answer at
 * most, so there is room for it. */
static int answer(struct server *s, unsigned client, const void *message, size_t bytes)
{
	if (send(s->fd[client], message, bytes, MSG_NOSIGNAL) == (ssize_t)bytes)
		return 0;
	if (errno != EPIPE && errno != ECONNRESET)
		return -errno;
	gone(s, client);
	return 1;
}

static int say(struct server *s, unsigned client, enum broker_word word)
{
	const unsigned char byte = (unsigned char)word;
	const int ret = answer(s, client, &byte, 1);

	return ret < 0 ? ret : 0;
}

static unsigned char *slot(const struct server *s, unsigned i)
{
	return s->item + (size_t)((s->first + i) % s->b->capacity) * s->b->bytes;
}

/* As answer(). */
static int give(struct server *s, unsigned client, const void *item, enum broker_word word)
{
	const size_t bytes = s->b->bytes;

	memmove(s->message, item, bytes);
	s->message[bytes] = (unsigned char)word;
	return answer(s, client, s->message, bytes + 1);
}

/* The oldest, and in its place one that waits. @stays: it is not taken out, as it should be. */
static int give_first(struct server *s, unsigned client, bool stays)
{
	const int ret = give(s, client, slot(s, 0), BROKER_DONE);
	unsigned putter;

	if (ret || stays)
		return ret < 0 ? ret : 0;
	s->first = (s->first + 1) % s->b->capacity;
	s->count--;
	if (!s->putters.count)
		return 0;
	putter = pop(&s->putters);
	memcpy(slot(s, s->count++), s->parked + putter * s->b->bytes, s->b->bytes);
	return say(s, putter, BROKER_WAITED);
}

static int put(struct server *s, unsigned client)
{
	int ret = 1;

	if (s->closed)
		return say(s, client, BROKER_CLOSED);
	/* Whoever waits for an item waits because there is none. */
	while (ret == 1 && s->getters.count)
		ret = give(s, pop(&s->getters), s->message, BROKER_WAITED);
	if (ret <= 0)
		return ret ? ret : say(s, client, BROKER_DONE);
	if (s->count == s->b->capacity) {
		memcpy(s->parked + client * s->b->bytes, s->message, s->b->bytes);
		push(&s->putters, client);
		return 0;
	}
	memcpy(slot(s, s->count++), s->message, s->b->bytes);
	return say(s, client, BROKER_DONE);
}

static int get(struct server *s, unsigned client)
{
	if (s->closed)
		return say(s, client, BROKER_CLOSED);
	if (s->count)
		return give_first(s, client, s->doubles && ++s->given % s->doubles == 0);
	push(&s->getters, client);
	return 0;
}

static int give_up(struct server *s, unsigned client)
{
	return forget(&s->getters, client) || forget(&s->putters, client)
		   ? say(s, client, BROKER_TIMED_OUT)
		   : 0;
}

/* What waits to be put in is not in. */
static int close_it(struct server *s, unsigned client)
{
	int ret = 0;

	s->closed = true;
	while (!ret && s->getters.count)
		ret = say(s, pop(&s->getters), BROKER_CLOSED);
	while (!ret && s->putters.count)
		ret = say(s, pop(&s->putters), BROKER_CLOSED);
	return ret ? ret : say(s, client, BROKER_DONE);
}

/* Return: 0; -errno, with which the broker ends, and its clients see that. */
static int serve(struct server *s, unsigned client)
{
	ssize_t n;

	/* Of several events at once one may have shown that this client has gone. */
	if (s->fd[client] < 0)
		return 0;
	n = recv(s->fd[client], s->message, s->b->bytes + 1, MSG_DONTWAIT);
	if (n < 0 && errno != ECONNRESET)
		return errno == EAGAIN ? 0 : -errno;
	if (n <= 0) {
		gone(s, client);
		return 0;
	}
	if (n == (ssize_t)s->b->bytes)
		return put(s, client);
	if (n != 1)
		return -EBADMSG;
	switch (s->message[0]) {
	case BROKER_GET:
		return get(s, client);
	case BROKER_LOOK:
		return s->count ? give_first(s, client, false) : say(s, client, BROKER_EMPTY);
	case BROKER_CLOSE:
		return close_it(s, client);
	case BROKER_GIVE_UP:
		return give_up(s, client);
	case BROKER_OPEN:
		s->closed = false;
		return say(s, client, BROKER_DONE);
	default:
		return -EBADMSG;
	}
}

static int watch(struct server *s, int fd, unsigned client)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = client};

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int admit(struct server *s)
{
	const int fd = accept4(s->b->listening, NULL, NULL, SOCK_CLOEXEC);
	unsigned client = 0;
	int ret;

	if (fd < 0)
		return errno == EAGAIN || errno == ECONNABORTED ? 0 : -errno;
	while (client < s->b->clients && s->fd[client] >= 0)
		client++;
	ret = client < s->b->clients ? kernel_socket_room(fd, NULL, 0) : -EUSERS;
	if (!ret)
		ret = watch(s, fd, client);
	if (ret)
		(void)close(fd);
	else
		s->fd[client] = fd;
	return ret;
}

static int turn(struct server *s)
{
	struct epoll_event events[EVENTS];
	const int n = epoll_wait(s->epoll, events, EVENTS, LOOK_AT_QUIT_MS);
	int ret = n < 0 && errno != EINTR ? -errno : 0;

	for (int i = 0; i < n && !ret; i++)
		ret = events[i].data.u32 == LISTENING ? admit(s) : serve(s, events[i].data.u32);
	return ret;
}

/* Whoever asks, or waits for an answer, finds that there is none, and says why: of a broker that
 * left it would only be said that it has. */
static void fail(const struct cb_companion *c, const struct server *s, int error)
{
	int fd;

	__atomic_store_n(s->error, error, __ATOMIC_RELEASE);
	(void)shutdown(s->b->listening, SHUT_RDWR);
	while ((fd = accept4(s->b->listening, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		(void)close(fd);
	for (unsigned i = 0; i < s->b->clients; i++)
		if (s->fd[i] >= 0)
			(void)close(s->fd[i]);
	while (!cb_companion_quitting(c))
		(void)usleep(1000 * LOOK_AT_QUIT_MS);
}

/* All of it is the process's, and goes with it. */
void broker_run(struct cb_companion *c, const struct cb_env *env, unsigned doubles)
{
	const struct cb_queue_state *st = env->state;
	struct broker *b = st->queue;
	struct server s = {.b = b, .error = &b->error, .doubles = doubles};
	int ret;

	for (unsigned i = 0; i < BROKER_CLIENTS_MAX; i++)
		s.fd[i] = -1;
	s.message = malloc(b->bytes + 1);
	s.item = malloc(b->capacity * b->bytes);
	s.parked = malloc(b->clients * b->bytes);
	s.epoll = epoll_create1(EPOLL_CLOEXEC);
	ret = s.epoll < 0 ? -errno : watch(&s, b->listening, LISTENING);
	if (!s.message || !s.item || !s.parked)
		ret = -ENOMEM;
	if (ret)
		cb_companion_unable(c, ret, "to begin");
	else
		cb_companion_ready(c);
	while (!ret && !cb_companion_quitting(c)) {
		ret = turn(&s);
		if (ret)
			fail(c, &s, ret);
	}
	free(s.message);
	free(s.item);
	free(s.parked);
}
