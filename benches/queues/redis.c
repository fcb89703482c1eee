/*
 * redis.c - the workers' side of redis.h: the few words of Redis' protocol (RESP 2) that a queue
 * takes, and the kinds: one command and its answer each time, or REDIS_BATCH of them together.
 *
 * A put is an RPUSH, a get is a BLPOP, which waits. Those that are sent together are still single
 * commands: a producer keeps what it puts until it has a batch, would have to wait, or leaves; a
 * consumer asks for a batch, and takes each item as it comes. With several such consumers one would
 * have items in hand that are older than what another gets, so there is one.
 */
#include "benches/queues/redis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ITEMS "q"
#define ROOM "r"
#define END "e"
#define WORD(n, word) "$" #n "\r\n" word "\r\n"
/* It waits at the first that is empty, and the last is until the queue is closed. */
#define POP(list) "*4\r\n" WORD(5, "BLPOP") WORD(1, list) WORD(1, END) WORD(1, "0")
#define COUNT(list) "*2\r\n" WORD(4, "LLEN") WORD(1, list)
#define GIVE_ROOM "*3\r\n" WORD(5, "RPUSH") WORD(1, ROOM) WORD(1, "x")
/* What goes with an item, to the server or from it, and what else is sent with a batch. */
#define AROUND_ITEM 64u
#define BESIDE_ITEMS 256u

static unsigned place(const struct cb_worker *w)
{
	return w->role;
}

static unsigned at_least_1(unsigned n)
{
	return n ? n : 1;
}

/* ---- bytes ---- */

/* Of several workers all say what the first has seen: others may only find that it has hung up. */
static enum cb_queue_result failed(struct redis *r, struct cb_worker *w, ssize_t n)
{
	int error = 0, own = n < 0 ? (int)n : -EPIPE;

	if (!w)
		return CB_QUEUE_CLOSED;
	if (!__atomic_compare_exchange_n(
		&r->error, &error, own, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		own = error;
	cb_fail(w, own, own == -EPROTO ? "the server's answer" : "to ask the server");
	return CB_QUEUE_CLOSED;
}

static void add(struct redis_client *c, const void *bytes, size_t n)
{
	memcpy(c->out + c->out_bytes, bytes, n);
	c->out_bytes += n;
}

#define ADD(c, command) add(c, command, sizeof(command) - 1)

/* The cell has no worker. */
static bool send_all(struct redis *r, struct cb_worker *w, struct redis_client *c)
{
	for (size_t done = 0; done < c->out_bytes;) {
		const ssize_t n = w ? cb_write(w, c->fd, c->out + done, c->out_bytes - done)
				    : send(c->fd, c->out + done, c->out_bytes - done, MSG_NOSIGNAL);

		if (n <= 0) {
			c->out_bytes = 0;
			(void)failed(r, w, n);
			return false;
		}
		done += (size_t)n;
	}
	c->out_bytes = 0;
	return true;
}

/* Return: where @n bytes lie that have come; NULL. They are not looked at yet. */
static unsigned char *have(
    struct redis *r, struct cb_worker *w, struct redis_client *c, size_t bytes)
{
	while (c->in_to - c->in_from < bytes) {
		ssize_t n;

		if (c->in_from) {
			memmove(c->in, c->in + c->in_from, c->in_to - c->in_from);
			c->in_to -= c->in_from;
			c->in_from = 0;
		}
		n = w ? cb_read(w, c->fd, c->in + c->in_to, r->buffer - c->in_to)
		      : recv(c->fd, c->in + c->in_to, r->buffer - c->in_to, 0);
		if (n <= 0) {
			(void)failed(r, w, n);
			return NULL;
		}
		c->in_to += (size_t)n;
	}
	return c->in + c->in_from;
}

/* A line of an answer: its number. Return: false when it is none of @type, with an error. */
static bool number(
    struct redis *r, struct cb_worker *w, struct redis_client *c, char type, long long *value)
{
	const unsigned char *at = have(r, w, c, 1);
	size_t n = 1;

	while (at && at[n - 1] != '\n')
		at = have(r, w, c, ++n);
	if (!at)
		return false;
	c->in_from += n;
	if (at[0] != (unsigned char)type) {
		(void)failed(r, w, -EPROTO);
		return false;
	}
	*value = strtoll((const char *)at + 1, NULL, 10);
	return true;
}

static bool counted(struct redis *r, struct cb_worker *w, struct redis_client *c, long long *value)
{
	return number(r, w, c, ':', value);
}

/* A text, of @bytes at most: more would be somebody else's. Return: its length; -1 where there is
 * none; -2 with an error. */
static long long text(
    struct redis *r, struct cb_worker *w, struct redis_client *c, void *to, size_t bytes)
{
	const unsigned char *at;
	long long n;

	if (!number(r, w, c, '$', &n))
		return -2;
	if (n < 0)
		return -1;
	at = (size_t)n <= bytes ? have(r, w, c, (size_t)n + 2) : NULL;
	if (!at) {
		(void)failed(r, w, -EPROTO);
		return -2;
	}
	memcpy(to, at, (size_t)n);
	c->in_from += (size_t)n + 2;
	return n;
}

/* What a BLPOP is answered by: the list, and what was in it. Return: the list's name; 0. */
static char popped(struct redis *r, struct cb_worker *w, struct redis_client *c, void *item)
{
	long long n;
	char list;

	if (number(r, w, c, '*', &n) && n == 2 && text(r, w, c, &list, 1) == 1) {
		const bool whole = list == ITEMS[0];

		n = text(r, w, c, item, r->bytes);
		if (n == (whole ? (long long)r->bytes : 1))
			return list;
	}
	(void)failed(r, w, -EPROTO);
	return 0;
}

/* ---- the queue ---- */

static size_t buffer_bytes(const struct cb_queue_env *env, unsigned batch)
{
	return batch * (env->bytes + AROUND_ITEM) + BESIDE_ITEMS;
}

static size_t list_bytes(const struct cb_queue_env *env, unsigned batch)
{
	return sizeof(struct redis) +
	       (env->producers + env->consumers + 1) * 2 * buffer_bytes(env, batch) +
	       batch * env->bytes;
}

static void redis_destroy(void *queue)
{
	struct redis *r = queue;

	for (unsigned i = 0; r->own_ends && i < r->producers + r->consumers; i++)
		if (r->client[i].fd >= 0)
			(void)close(r->client[i].fd);
	if (r->cell.fd >= 0)
		(void)close(r->cell.fd);
	redis_server_forget(r);
}

/* All of its room is shared out among the producers. */
static void begin_anew(struct redis *r)
{
	const unsigned tokens = r->capacity / r->chunk;

	for (unsigned i = 0; i < r->producers + r->consumers; i++) {
		struct redis_client *c = &r->client[i];

		c->room = 0;
		if (i < r->producers)
			c->room = r->chunk * (tokens / r->producers + (i < tokens % r->producers));
		c->unsent = c->asked = c->got = 0;
		c->in_from = c->in_to = c->out_bytes = 0;
	}
	r->kept = r->handed = 0;
	cb_store(&r->ended, 0);
	cb_store(&r->closed, 0);
}

static void give_memory(struct redis *r, struct redis_client *c, unsigned i)
{
	c->fd = -1;
	c->out = r->memory + 2 * i * r->buffer;
	c->in = c->out + r->buffer;
}

static int list_init(void *queue, const struct cb_queue_env *env, unsigned batch)
{
	struct redis *r = queue;
	const unsigned clients = env->producers + env->consumers;

	r->producers = env->producers;
	r->consumers = env->consumers;
	r->capacity = env->capacity;
	r->bytes = env->bytes;
	r->buffer = buffer_bytes(env, batch);
	r->checking = env->checking;
	r->own_ends = env->model != CB_PROCESS;
	/* What the consumers keep back of tokens, and have asked for, is never all that there is:
	 * there is always one who can go on. */
	r->chunk = at_least_1(env->capacity / (4 * env->consumers));
	r->batch = batch < r->chunk ? batch : r->chunk;
	for (unsigned i = 0; i < clients; i++)
		give_memory(r, &r->client[i], i);
	give_memory(r, &r->cell, clients);
	r->keep = r->memory + 2 * (clients + 1) * r->buffer;
	begin_anew(r);
	return redis_server_prepare(r, env->why, env->why_len);
}

/* Return: a descriptor; -errno. */
static int call(const struct redis *r)
{
	const struct sockaddr_un address = redis_address(r);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0 || connect(fd, (const void *)&address, sizeof(address)) == 0)
		return fd < 0 ? -errno : fd;
	error = -errno;
	(void)close(fd);
	return error;
}

static int redis_attach(void *queue, struct cb_worker *w)
{
	struct redis *r = queue;
	const int fd = call(r);

	if (fd < 0)
		return fd;
	r->client[place(w)].fd = fd;
	return cb_fd_prepare(fd, w->model);
}

/* Sends what has been put, and is answered. */
static bool flush(struct redis *r, struct cb_worker *w, struct redis_client *c)
{
	long long length;

	if (!send_all(r, w, c))
		return false;
	for (; c->unsent; c->unsent--)
		if (!counted(r, w, c, &length))
			return false;
	return true;
}

/* Until an answer begins to come. What it has asked for it still has asked for when the time has
 * passed: who comes back waits for the same. Return: DONE; TIMED_OUT; CLOSED with an error. */
static enum cb_queue_result await_answer(
    struct redis *r, struct cb_worker *w, const struct redis_client *c, uint64_t until_ns)
{
	int ret;

	if (CB_LIKELY(until_ns == CB_FOR_EVER) || c->in_to > c->in_from)
		return CB_QUEUE_DONE;
	ret = cb_await_fd(w, c->fd, false, until_ns);
	if (ret < 0)
		return failed(r, w, ret);
	return ret ? CB_QUEUE_DONE : CB_QUEUE_TIMED_OUT;
}

/* Asks for a token. Return: whether it will wait; CLOSED with an error. */
static enum cb_queue_result ask_for_room(
    struct redis *r, struct cb_worker *w, struct redis_client *c)
{
	long long tokens = 1;

	if (r->checking)
		ADD(c, COUNT(ROOM));
	ADD(c, POP(ROOM));
	if (!flush(r, w, c) || (r->checking && !counted(r, w, c, &tokens)))
		return CB_QUEUE_CLOSED;
	c->asked = 1;
	return tokens ? CB_QUEUE_DONE : CB_QUEUE_WAITED;
}

/* Waits until there is a token. */
static enum cb_queue_result take_room(
    struct redis *r, struct cb_worker *w, struct redis_client *c, uint64_t until_ns)
{
	unsigned char token[CB_QUEUE_ITEM_BYTES];
	enum cb_queue_result result = CB_QUEUE_WAITED, in_time;

	if (!c->asked)
		result = ask_for_room(r, w, c);
	if (result == CB_QUEUE_CLOSED)
		return result;
	in_time = await_answer(r, w, c, until_ns);
	if (in_time != CB_QUEUE_DONE)
		return in_time;
	c->asked = 0;
	if (popped(r, w, c, token) != ROOM[0])
		return CB_QUEUE_CLOSED;
	c->room = r->chunk;
	return result;
}

static enum cb_queue_result redis_put(
    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns)
{
	struct redis *r = queue;
	struct redis_client *c = &r->client[place(w)];
	enum cb_queue_result result = CB_QUEUE_DONE;
	char head[AROUND_ITEM];

	if (cb_load(&r->closed))
		return CB_QUEUE_CLOSED;
	if (!c->room)
		result = take_room(r, w, c, until_ns);
	if (result <= 0)
		return result;
	add(c, head,
	    (size_t)snprintf(
		head, sizeof(head), "*3\r\n" WORD(5, "RPUSH") WORD(1, ITEMS) "$%zu\r\n", bytes));
	add(c, item, bytes);
	ADD(c, "\r\n");
	c->room--;
	/* A batch after which it has no room goes with the question for more. */
	if (++c->unsent == r->batch && (c->room || r->batch == 1) && !flush(r, w, c))
		return CB_QUEUE_CLOSED;
	return result;
}

/* Asks for a batch, and gives back the room of what it has got. Return: whether it will wait;
 * CB_QUEUE_CLOSED with an error. */
static enum cb_queue_result ask(struct redis *r, struct cb_worker *w, struct redis_client *c)
{
	const bool gives = c->got >= r->chunk;
	long long n = 1;

	if (gives)
		ADD(c, GIVE_ROOM);
	if (r->checking)
		ADD(c, COUNT(ITEMS));
	for (unsigned i = 0; i < r->batch; i++)
		ADD(c, POP(ITEMS));
	if (!send_all(r, w, c) || (gives && !counted(r, w, c, &n)) ||
	    (r->checking && !counted(r, w, c, &n)))
		return CB_QUEUE_CLOSED;
	c->got -= gives ? r->chunk : 0;
	c->asked = r->batch;
	return n ? CB_QUEUE_DONE : CB_QUEUE_WAITED;
}

static enum cb_queue_result redis_get(
    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns)
{
	struct redis *r = queue;
	struct redis_client *c = &r->client[place(w)];
	enum cb_queue_result result = CB_QUEUE_DONE, in_time;

	(void)bytes;
	if (cb_load(&r->closed))
		return CB_QUEUE_CLOSED;
	if (!c->asked)
		result = ask(r, w, c);
	if (result == CB_QUEUE_CLOSED)
		return result;
	in_time = await_answer(r, w, c, until_ns);
	if (in_time != CB_QUEUE_DONE)
		return in_time;
	c->asked--;
	if (popped(r, w, c, item) != ITEMS[0])
		return CB_QUEUE_CLOSED;
	c->got++;
	return result;
}

/* As many as can be waited for, or come to be. */
static void add_ends(const struct redis *r, struct redis_client *c)
{
	const unsigned ends = r->producers + r->consumers * r->batch;
	char head[AROUND_ITEM];

	add(c, head,
	    (size_t)snprintf(
		head, sizeof(head), "*%u\r\n" WORD(5, "RPUSH") WORD(1, END), ends + 2));
	for (unsigned i = 0; i < ends; i++)
		ADD(c, WORD(1, "x"));
}

/* Nobody is to wait for one who cannot go on: the server hangs up on all. */
static void give_up(const struct redis *r)
{
	static const char all[] = "CLIENT KILL TYPE normal\r\n";
	const int fd = call(r);
	char answer[16];

	if (fd >= 0 && send(fd, all, sizeof(all) - 1, MSG_NOSIGNAL) > 0)
		(void)!recv(fd, answer, sizeof(answer), 0);
	if (fd >= 0)
		(void)close(fd);
}

/*
 * Whoever leaves says so, until somebody has been heard. A consumer is heard when it has been given
 * all that it had asked for. That there is: somebody else is heard, or all producers wait for room,
 * which they do when so much is in the list.
 */
static bool leave(struct redis *r, struct cb_worker *w, struct redis_client *c)
{
	const bool tells = !cb_load_acquire(&r->ended), puts = place(w) < r->producers;
	unsigned char token[CB_QUEUE_ITEM_BYTES];
	long long length;

	if (!flush(r, w, c))
		return false;
	if (tells)
		add_ends(r, c);
	if (!send_all(r, w, c))
		return false;
	for (; c->asked; c->asked--) {
		const char list = popped(r, w, c, puts ? token : r->keep + r->kept * r->bytes);

		if (!list)
			return false;
		r->kept += list == ITEMS[0];
	}
	if (tells && !counted(r, w, c, &length))
		return false;
	cb_store_release(&r->ended, 1);
	return true;
}

static void redis_close(void *queue, struct cb_worker *w)
{
	struct redis *r = queue;

	cb_store(&r->closed, 1);
	if (w->error || !leave(r, w, &r->client[place(w)]))
		give_up(r);
}

/* Return: false when there is no server any more. */
static bool call_once(struct redis *r)
{
	if (r->cell.fd < 0)
		r->cell.fd = call(r);
	return r->cell.fd >= 0;
}

static void redis_open(void *queue)
{
	static const char clear[] =
	    "*4\r\n" WORD(3, "DEL") WORD(1, ITEMS) WORD(1, ROOM) WORD(1, END);
	struct redis *r = queue;
	long long lists;

	if (!call_once(r))
		return;
	ADD(&r->cell, clear);
	if (send_all(r, NULL, &r->cell) && counted(r, NULL, &r->cell, &lists))
		begin_anew(r);
}

static bool redis_drain(void *queue, void *item, size_t bytes)
{
	static const char pop[] = "*2\r\n" WORD(4, "LPOP") WORD(1, ITEMS);
	struct redis *r = queue;

	if (r->handed < r->kept) {
		memcpy(item, r->keep + r->handed++ * bytes, bytes);
		return true;
	}
	if (!call_once(r))
		return false;
	ADD(&r->cell, pop);
	return send_all(r, NULL, &r->cell) &&
	       text(r, NULL, &r->cell, item, bytes) == (long long)bytes;
}

/* ---- the kinds ---- */

static const struct cb_companion_spec server = {.role = "redis-server",
    .program = redis_server_words,
    /* As old ones say it, and new ones. */
    .ready = "eady to accept connections"};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	/* Who gives up still has an item coming, older than what another has got since. */
	if (cb_case_value(c, "wait_ns") && cb_case_value(c, "consumers") > 1) {
		(void)snprintf(why, why_len, "with wait_ns it takes 1 consumer");
		return -EINVAL;
	}
	if (redis_server_program())
		return 0;
	(void)snprintf(
	    why, why_len, "no redis-server or valkey-server in PATH (package redis-server)");
	return -ENOTSUP;
}

#define REDIS(x, batch_, consumers_, about_)                                   \
	static size_t x##_bytes(const struct cb_queue_env *env)                \
	{                                                                      \
		return list_bytes(env, batch_);                                \
	}                                                                      \
	static int x##_init(void *queue, const struct cb_queue_env *env)       \
	{                                                                      \
		return list_init(queue, env, batch_);                          \
	}                                                                      \
	static const struct cb_queue_ops cb_queue_ops_##x = {.init = x##_init, \
	    .attach = redis_attach,                                            \
	    .put = redis_put,                                                  \
	    .get = redis_get,                                                  \
	    .close = redis_close,                                              \
	    .open = redis_open,                                                \
	    .drain = redis_drain,                                              \
	    .destroy = redis_destroy};                                         \
	CB_QUEUE_BATCH(x)                                                      \
	static const struct cb_queue impl_##x = {.ops = &cb_queue_ops_##x,     \
	    .queue_bytes = x##_bytes,                                          \
	    .most_consumers = consumers_,                                      \
	    .most_bytes = 65536,                                               \
	    .waits_unseen = true,                                              \
	    .single = true,                                                    \
	    .holds_less = true};                                               \
	static const struct cb_workload work_##x = {.op = CB_QUEUE_OP,         \
	    .latency_of = CB_QUEUE_LATENCY,                                    \
	    .state_size = cb_queue_state_size,                                 \
	    .setup = cb_queue_setup,                                           \
	    .enter = cb_queue_enter,                                           \
	    .batch = cb_queue_batch_##x,                                       \
	    .leave = cb_queue_leave,                                           \
	    .check = cb_queue_check,                                           \
	    .report = cb_queue_report,                                         \
	    .teardown = cb_queue_teardown,                                     \
	    .companions = &server,                                             \
	    .companion_count = 1,                                              \
	    .counts_from_state = true,                                         \
	    .timed = CB_QUEUE_INSIDE,                                          \
	    .checked = CB_QUEUE_CHECKED};                                      \
	static const struct cb_kind kind_##x = {.family = "queue",             \
	    .name = #x,                                                        \
	    .about = about_,                                                   \
	    .source = "Redis' lists, over a Unix socket: RPUSH and BLPOP",     \
	    .from = CB_FULL,                                                   \
	    .version = 1,                                                      \
	    .models = CB_CAN_ALL,                                              \
	    .work = &work_##x,                                                 \
	    .impl = &impl_##x,                                                 \
	    .can = can,                                                        \
	    .depends = cb_queue_depends,                                       \
	    .says = ""};                                                       \
	CB_REGISTER(kind_##x)

REDIS(redis, 1, REDIS_CONSUMERS_MAX,
    "a list of a redis-server of its own, a command and its answer each time; room is a list too")
REDIS(redis_pipelined, REDIS_BATCH, 1,
    "the same, 16 commands sent together (a quarter of the capacity at most), then 16 answers")
