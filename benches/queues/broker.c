/* broker.c - the workers' side of broker.h: each put and each get is a request and its answer. */
#include "benches/queues/kernel.h"
#include "benches/queues/broker.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t broker_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct broker) + (env->producers + env->consumers + 1) * (env->bytes + 1);
}

static void broker_destroy(void *queue)
{
	const struct broker *b = queue;

	for (unsigned i = 0; b->own_ends && i < b->clients; i++)
		if (b->end[i] >= 0)
			(void)close(b->end[i]);
	if (b->own >= 0)
		(void)close(b->own);
	if (b->listening >= 0)
		(void)close(b->listening);
}

/* Return: a descriptor; -errno. */
static int call(const struct broker *b, char *why, size_t why_len)
{
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int ret = fd < 0 ? -errno : 0;

	if (!ret)
		ret = kernel_socket_room(fd, why, why_len);
	/* There is room for all before any is accepted, so it does not wait. */
	if (!ret && connect(fd, (const void *)&b->address, b->address_bytes) < 0)
		ret = -errno;
	if (ret && fd >= 0)
		(void)close(fd);
	return ret ? ret : fd;
}

/* A name of the kernel's choice that is in no folder, and gone with the last who has it open. */
static int listen_for(struct broker *b)
{
	const struct sockaddr_un any = {.sun_family = AF_UNIX};

	b->address_bytes = sizeof(b->address);
	b->listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (b->listening < 0 ||
	    bind(b->listening, (const void *)&any, sizeof(any.sun_family)) < 0 ||
	    getsockname(b->listening, (void *)&b->address, &b->address_bytes) < 0 ||
	    listen(b->listening, BROKER_CLIENTS_MAX) < 0)
		return -errno;
	return 0;
}

static int broker_init(void *queue, const struct cb_queue_env *env)
{
	struct broker *b = queue;
	int ret;

	b->own = -1;
	b->capacity = env->capacity;
	b->clients = env->producers + env->consumers + 1;
	b->bytes = env->bytes;
	b->own_ends = env->model != CB_PROCESS;
	for (unsigned i = 0; i < BROKER_CLIENTS_MAX; i++)
		b->end[i] = -1;
	ret = listen_for(b);
	if (!ret) {
		b->own = call(b, env->why, env->why_len);
		ret = b->own < 0 ? b->own : 0;
	}
	if (ret)
		broker_destroy(b);
	return ret;
}

/* Return: why there is no broker any more, if that is so; else @error. */
static int instead_of(const struct broker *b, int error)
{
	const int own = __atomic_load_n(&b->error, __ATOMIC_ACQUIRE);

	return own ? own : error;
}

static int broker_attach(void *queue, struct cb_worker *w)
{
	struct broker *b = queue;
	const int fd = call(b, NULL, 0);

	if (fd < 0)
		return instead_of(b, fd);
	b->end[w->role] = fd;
	return cb_fd_prepare(fd, w->model);
}

/* Until an answer is there; one that gives up has one, too. Return: 1; -errno. */
static ssize_t await_answer(struct cb_worker *w, int fd, uint64_t until_ns)
{
	static const unsigned char word = BROKER_GIVE_UP;
	const int ret = cb_await_fd(w, fd, false, until_ns);

	return ret ? ret : cb_write(w, fd, &word, 1);
}

/* Return: what has been answered, a word; CLOSED when there is no answer. */
static inline enum broker_word ask(struct broker *b, struct cb_worker *w, const void *request,
    size_t bytes, unsigned char *answer, size_t answer_bytes, uint64_t until_ns)
{
	const int fd = b->end[w->role];
	ssize_t n = cb_write(w, fd, request, bytes);

	if (CB_UNLIKELY(until_ns != CB_FOR_EVER) && n == (ssize_t)bytes) {
		n = await_answer(w, fd, until_ns);
		if (n == 1)
			n = (ssize_t)bytes;
	}
	if (n == (ssize_t)bytes)
		n = cb_read(w, fd, answer, answer_bytes);
	if (n == 1 || n == (ssize_t)answer_bytes)
		return (enum broker_word)answer[n - 1];
	cb_fail(w, instead_of(b, n < 0 ? (int)n : -EPIPE), "to ask the broker");
	return BROKER_CLOSED;
}

static inline enum cb_queue_result result_of(enum broker_word word)
{
	if (word == BROKER_CLOSED)
		return CB_QUEUE_CLOSED;
	if (word == BROKER_TIMED_OUT)
		return CB_QUEUE_TIMED_OUT;
	return word == BROKER_WAITED ? CB_QUEUE_WAITED : CB_QUEUE_DONE;
}

static inline enum cb_queue_result broker_put(
    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns)
{
	struct broker *b = queue;
	unsigned char answer;

	if (cb_load(&b->closed))
		return CB_QUEUE_CLOSED;
	return result_of(ask(b, w, item, bytes, &answer, 1, until_ns));
}

static inline unsigned char *answer_of(struct broker *b, unsigned client)
{
	return b->answer + client * (b->bytes + 1);
}

static inline enum cb_queue_result broker_get(
    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns)
{
	static const unsigned char get = BROKER_GET;
	struct broker *b = queue;
	unsigned char *answer = answer_of(b, w->role);
	enum cb_queue_result result;

	if (cb_load(&b->closed))
		return CB_QUEUE_CLOSED;
	result = result_of(ask(b, w, &get, 1, answer, bytes + 1, until_ns));
	if (result > 0)
		memcpy(item, answer, bytes);
	return result;
}

static void broker_close(void *queue, struct cb_worker *w)
{
	static const unsigned char word = BROKER_CLOSE;
	struct broker *b = queue;
	unsigned char answer;

	cb_store(&b->closed, 1);
	(void)ask(b, w, &word, 1, &answer, 1, CB_FOR_EVER);
}

/* The cell's. Return: what has been answered; CLOSED when there is no answer. */
static enum broker_word ask_alone(struct broker *b, enum broker_word word)
{
	const unsigned char request = (unsigned char)word;
	unsigned char *answer = answer_of(b, b->clients - 1);
	ssize_t n = TEMP_FAILURE_RETRY(send(b->own, &request, 1, MSG_NOSIGNAL));

	if (n == 1)
		n = TEMP_FAILURE_RETRY(recv(b->own, answer, b->bytes + 1, 0));
	return n > 0 ? (enum broker_word)answer[n - 1] : BROKER_CLOSED;
}

static void broker_open(void *queue)
{
	struct broker *b = queue;

	(void)ask_alone(b, BROKER_OPEN);
	cb_store(&b->closed, 0);
}

static bool broker_drain(void *queue, void *item, size_t bytes)
{
	struct broker *b = queue;

	if (ask_alone(b, BROKER_LOOK) != BROKER_DONE)
		return false;
	memcpy(item, answer_of(b, b->clients - 1), bytes);
	return true;
}

static void run(struct cb_companion *c, const struct cb_env *env)
{
	broker_run(c, env, 0);
}

static const struct cb_companion_spec broker = {.role = "broker", .run = run};

static const struct cb_queue_ops cb_queue_ops_broker = {.init = broker_init,
    .attach = broker_attach,
    .put = broker_put,
    .get = broker_get,
    .close = broker_close,
    .open = broker_open,
    .drain = broker_drain,
    .destroy = broker_destroy};
CB_QUEUE_BATCH(broker)
static const struct cb_queue impl = {.ops = &cb_queue_ops_broker,
    .queue_bytes = broker_bytes,
    .most_consumers = BROKER_CONSUMERS_MAX,
    .most_bytes = 65536,
    .single = true};

static const struct cb_workload work = {.op = CB_QUEUE_OP,
    .latency_of = CB_QUEUE_LATENCY,
    .state_size = cb_queue_state_size,
    .setup = cb_queue_setup,
    .enter = cb_queue_enter,
    .batch = cb_queue_batch_broker,
    .leave = cb_queue_leave,
    .check = cb_queue_check,
    .report = cb_queue_report,
    .teardown = cb_queue_teardown,
    .companions = &broker,
    .companion_count = 1,
    .counts_from_state = true,
    .timed = CB_QUEUE_INSIDE,
    .checked = CB_QUEUE_CHECKED};

static const struct cb_kind kind = {.family = "queue",
    .name = "broker",
    .about = "a process that keeps it, asked over Unix sockets: who waits sleeps, and is answered",
    .source = "Manager().Queue of Python's multiprocessing",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
    .impl = &impl,
    .depends = cb_queue_depends,
    .says = ""};
CB_REGISTER(kind)
