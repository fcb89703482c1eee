/*
 * zeromq.c - libzmq (zeromq.org). Optional: where zmq.h was not there when concbench was built, its
 * cases say so, and where there is no library when it runs, too.
 *
 * The library is loaded by the cells that use it. Linked in, it and the fourteen that it needs
 * (Kerberos, multicast, ciphers) would be part of every cell, and each of their mappings is one
 * more for fork to copy in the processes that are measured.
 *
 * To close it each producer sends a last message, an empty one, and the consumer takes in what
 * comes until it has all of these: then nothing is under way, and no producer waits for room. One
 * consumer: each would have items of the same producer under way, and those of one that is slow are
 * older than what another gets.
 */
#include "benches/queues/zeromq.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static unsigned half_of(unsigned capacity, unsigned producers)
{
	const unsigned half = capacity / (2 * producers);

	return half ? half : 1;
}

/* At most: what each producer that has waited for room then puts in is among it. */
static unsigned zeromq_capacity(const struct cb_queue_env *env)
{
	unsigned each =
	    2 * half_of((unsigned)cb_case_value(env->c, "capacity"), env->producers) + 1;

	/* With each item go two bytes; one that is too large for a buffer may be there in part. */
	if (env->model == CB_PROCESS)
		each +=
		    (ZEROMQ_SOCKET_BYTES + 4 * ZEROMQ_BUFFER_BYTES) / ((unsigned)env->bytes + 2) +
		    4;
	return env->producers * each;
}

static size_t zeromq_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct zeromq) + (env->capacity + 1) * env->bytes;
}

#if __has_include(<zmq.h>)

#include <zmq.h>

#if defined(__SANITIZE_THREAD__)
/* It was built without the thread sanitizer, which sees what it calls and copies but not how its
 * threads agree, and would call that races. What items carry is checked by cb_queue_take(). */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "called_from_lib:libzmq.so\n";
}
#endif

/* Of version 4.1 and later. */
#define LIBRARY "libzmq.so.5"
/* clang-format off */
#define FUNCTIONS(X) \
	X(zmq_bind) X(zmq_close) X(zmq_connect) X(zmq_ctx_new) X(zmq_ctx_set) X(zmq_ctx_term) \
	X(zmq_poll) X(zmq_recv) X(zmq_send) X(zmq_setsockopt) X(zmq_socket)
/* clang-format on */

#define MEMBER(name) __typeof__(&name) name;
static struct {
	FUNCTIONS(MEMBER)
} lib;

/* ISO C has no conversion from void * to a function; dlsym(3) has nothing else to give. */
#define LOOK_UP(name)                             \
	found = dlsym(library, #name);            \
	memcpy(&lib.name, &found, sizeof(found)); \
	if (!found)                               \
		missing = #name;

/* Workers that are forked later have it. */
static int load(char *why, size_t why_len)
{
	static bool loaded;
	const char *missing = NULL;
	void *library, *found;

	if (loaded)
		return 0;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		(void)snprintf(why, why_len, "no ZeroMQ here (libzmq5): %.100s", dlerror());
		return -ENOTSUP;
	}
	FUNCTIONS(LOOK_UP)
	if (missing) {
		(void)snprintf(why, why_len, LIBRARY " is too old: it lacks %s", missing);
		return -ENOTSUP;
	}
	loaded = true;
	return 0;
}

static unsigned place(const struct cb_worker *w)
{
	return w->role;
}

/* The capacity of ipc is right where nobody has told the kernel to hold more. */
static int look_at_room(char *why, size_t why_len)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(int);
	int bytes = 0, ret;

	if (fd < 0)
		return -errno;
	ret = getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &len) < 0 ? -errno : 0;
	(void)close(fd);
	if (ret || bytes <= (int)ZEROMQ_SOCKET_BYTES)
		return ret;
	(void)snprintf(why, why_len,
	    "net.core.wmem_default: sockets hold %d bytes here, and what this queue holds is known "
	    "up to %u",
	    bytes, ZEROMQ_SOCKET_BYTES);
	return -ENOTSUP;
}

/* Threads of its own wait for input and output, of which inproc has none. */
static int make_context(struct zeromq *q, int threads)
{
	q->context = lib.zmq_ctx_new();
	return q->context && lib.zmq_ctx_set(q->context, ZMQ_IO_THREADS, threads) == 0 ? 0 : -errno;
}

static void zeromq_destroy(void *queue)
{
	struct zeromq *q = queue;

	/* Those of processes are gone with them. */
	if (!q->context)
		return;
	for (unsigned i = 0; i <= q->producers; i++)
		if (q->end[i].socket)
			(void)lib.zmq_close(q->end[i].socket);
	(void)lib.zmq_ctx_term(q->context);
}

static int zeromq_init(void *queue, const struct cb_queue_env *env)
{
	struct zeromq *q = queue;
	int ret = load(env->why, env->why_len);

	if (ret)
		return ret;
	q->producers = env->producers;
	q->half = half_of((unsigned)cb_case_value(env->c, "capacity"), env->producers);
	q->most = env->capacity;
	q->bytes = env->bytes;
	q->checking = env->checking;
	if (env->model == CB_THREAD) {
		(void)snprintf(q->address, sizeof(q->address), "inproc://queue");
		return make_context(q, 0);
	}
	/* In no folder, and gone with the last who has it open. */
	(void)snprintf(q->address, sizeof(q->address), "ipc://@concbench-zeromq-%ld-%llx",
	    (long)getpid(), (unsigned long long)cb_now_ns());
	return look_at_room(env->why, env->why_len);
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t = {0};

	(void)clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * CB_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* CPU time of all threads of this process but the calling one. */
static uint64_t threads_ns(void)
{
	const uint64_t own_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	return clock_ns(CLOCK_PROCESS_CPUTIME_ID) - own_ns;
}

/* Of this process, when they were charged last: a worker may be at two queues. */
static uint64_t charged_ns;

/* Two calls of a few hundred nanoseconds, for items of as many. */
#define CHARGED_OF 256u

/* Half of the work is done by a thread of the library's: it is the worker's, too. */
static inline void charge(struct zeromq_end *end, struct cb_worker *w)
{
	uint64_t now_ns;

	if (CB_LIKELY(!end->threads || ++end->calls % CHARGED_OF))
		return;
	now_ns = threads_ns();
	cb_charge_ns(w, now_ns - charged_ns);
	charged_ns = now_ns;
}

static bool set(void *socket, int option, int value)
{
	return lib.zmq_setsockopt(socket, option, &value, sizeof(value)) == 0;
}

/* In either order: who connects to what nobody has bound tries again, of ipc after a millisecond.
 */
static int zeromq_attach(void *queue, struct cb_worker *w)
{
	struct zeromq *q = queue;
	const bool gets = place(w) == q->producers;
	void *context = q->context, *end;

	if (w->model == CB_PROCESS) {
		struct zeromq own = {.context = NULL};
		const int ret = make_context(&own, 1);

		if (ret)
			return ret;
		context = own.context;
	}
	end = lib.zmq_socket(context, gets ? ZMQ_PULL : ZMQ_PUSH);
	if (!end)
		return -errno;
	q->end[place(w)] = (struct zeromq_end){.socket = end, .threads = w->model == CB_PROCESS};
	if (w->model == CB_PROCESS && !charged_ns)
		charged_ns = threads_ns();
	if (!set(end, ZMQ_LINGER, 0) || !set(end, ZMQ_RECONNECT_IVL, 1) ||
	    !set(end, ZMQ_SNDHWM, (int)q->half) || !set(end, ZMQ_RCVHWM, (int)q->half))
		return -errno;
	return (gets ? lib.zmq_bind(end, q->address) : lib.zmq_connect(end, q->address)) == 0
		   ? 0
		   : -errno;
}

static enum cb_queue_result failed(struct cb_worker *w, int n, const char *what)
{
	cb_fail(w, n < 0 ? -errno : -EBADMSG, what);
	return CB_QUEUE_CLOSED;
}

/* Bytes; -1 with errno, EAGAIN when it would have to wait and @flags say that it must not. */
static inline int push(void *end, const void *item, size_t bytes, int flags)
{
	int n;

	do
		n = lib.zmq_send(end, item, bytes, flags);
	while (CB_UNLIKELY(n < 0 && errno == EINTR));
	return n;
}

static inline int pull(void *end, void *item, size_t bytes, int flags)
{
	int n;

	do
		n = lib.zmq_recv(end, item, bytes, flags);
	while (CB_UNLIKELY(n < 0 && errno == EINTR));
	return n;
}

/* Its deadlines are whole milliseconds, and it is not early. Return: false when @until_ns has
 * passed, or with @w failed. */
static bool await_until(struct cb_worker *w, void *end, short event, uint64_t until_ns)
{
	for (;;) {
		const uint64_t now_ns = cb_now_ns();
		zmq_pollitem_t at = {.socket = end, .events = event};
		int n;

		if (now_ns >= until_ns)
			return false;
		n = lib.zmq_poll(
		    &at, 1, (long)((until_ns - now_ns + CB_NS_PER_MS - 1) / CB_NS_PER_MS));
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR) {
			(void)failed(w, n, "to wait for a socket");
			return false;
		}
	}
}

static inline enum cb_queue_result zeromq_put(
    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns)
{
	struct zeromq *q = queue;
	struct zeromq_end *own = &q->end[place(w)];
	void *end = own->socket;
	int n = -1;

	if (cb_load(&q->closed))
		return CB_QUEUE_CLOSED;
	charge(own, w);
	if (CB_UNLIKELY(q->checking || until_ns != CB_FOR_EVER)) {
		n = push(end, item, bytes, ZMQ_DONTWAIT);
		if (n == (int)bytes)
			return CB_QUEUE_DONE;
		if (errno != EAGAIN)
			return failed(w, n, "to send an item");
	}
	/* It may say that there is room, and have none. */
	while (CB_UNLIKELY(until_ns != CB_FOR_EVER)) {
		if (!await_until(w, end, ZMQ_POLLOUT, until_ns))
			return w->error ? CB_QUEUE_CLOSED : CB_QUEUE_TIMED_OUT;
		n = push(end, item, bytes, ZMQ_DONTWAIT);
		if (n == (int)bytes)
			return CB_QUEUE_WAITED;
		if (errno != EAGAIN)
			return failed(w, n, "to send an item");
	}
	n = push(end, item, bytes, 0);
	if (CB_UNLIKELY(n != (int)bytes))
		return failed(w, n, "to send an item");
	return q->checking ? CB_QUEUE_WAITED : CB_QUEUE_DONE;
}

static inline enum cb_queue_result zeromq_get(
    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns)
{
	struct zeromq *q = queue;
	struct zeromq_end *own = &q->end[place(w)];
	void *end = own->socket;
	bool waits = false;
	int n = -1;

	if (cb_load(&q->closed))
		return CB_QUEUE_CLOSED;
	charge(own, w);
	if (CB_UNLIKELY(q->checking || until_ns != CB_FOR_EVER)) {
		n = pull(end, item, bytes, ZMQ_DONTWAIT);
		waits = n < 0 && errno == EAGAIN;
	}
	while (CB_UNLIKELY(n < 0 && until_ns != CB_FOR_EVER)) {
		if (!await_until(w, end, ZMQ_POLLIN, until_ns))
			return w->error ? CB_QUEUE_CLOSED : CB_QUEUE_TIMED_OUT;
		n = pull(end, item, bytes, ZMQ_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			return failed(w, n, "to receive an item");
	}
	if (n < 0)
		n = pull(end, item, bytes, 0);
	if (CB_LIKELY(n == (int)bytes))
		return waits ? CB_QUEUE_WAITED : CB_QUEUE_DONE;
	if (n)
		return failed(w, n, "to receive an item");
	q->ended++;
	return CB_QUEUE_CLOSED;
}

static void zeromq_close(void *queue, struct cb_worker *w)
{
	struct zeromq *q = queue;
	void *end = q->end[place(w)].socket;

	cb_store(&q->closed, 1);
	if (!end)
		return;
	if (place(w) < q->producers) {
		if (push(end, "", 0, 0) < 0)
			(void)failed(w, -1, "to send as it leaves");
		return;
	}
	while (q->ended < q->producers) {
		const int n = pull(end, q->item + q->kept * q->bytes, q->bytes, 0);

		if (n == 0) {
			q->ended++;
		} else if (n != (int)q->bytes) {
			(void)failed(w, n, "to receive as it leaves");
			return;
		} else if (q->kept == q->most) {
			cb_fail(w, -EOVERFLOW, "to keep what comes as it leaves");
		} else {
			q->kept++;
		}
	}
}

static void zeromq_open(void *queue)
{
	struct zeromq *q = queue;

	q->ended = q->kept = q->handed = 0;
	cb_store(&q->closed, 0);
}

static bool zeromq_drain(void *queue, void *item, size_t bytes)
{
	struct zeromq *q = queue;

	if (q->handed == q->kept)
		return false;
	memcpy(item, q->item + q->handed++ * bytes, bytes);
	return true;
}

#define CAN NULL

#else

static int zeromq_init(void *queue, const struct cb_queue_env *env)
{
	(void)queue;
	(void)env;
	return -ENOTSUP;
}

static int left_out(const struct cb_case *c, char *why, size_t why_len)
{
	(void)c;
	(void)snprintf(
	    why, why_len, "left out of this build, as zmq.h was not there (libzmq3-dev)");
	return -ENOTSUP;
}

#define CAN left_out

static inline enum cb_queue_result zeromq_put(
    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns)
{
	(void)queue;
	(void)w;
	(void)item;
	(void)bytes;
	(void)until_ns;
	return CB_QUEUE_CLOSED;
}

static inline enum cb_queue_result zeromq_get(
    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns)
{
	return zeromq_put(queue, w, item, bytes, until_ns);
}

static bool zeromq_drain(void *queue, void *item, size_t bytes)
{
	(void)queue;
	(void)item;
	(void)bytes;
	return false;
}

#define zeromq_attach NULL
#define zeromq_close NULL
#define zeromq_open NULL
#define zeromq_destroy NULL

#endif

static const struct cb_queue_ops cb_queue_ops_zeromq = {.init = zeromq_init,
    .attach = zeromq_attach,
    .put = zeromq_put,
    .get = zeromq_get,
    .close = zeromq_close,
    .open = zeromq_open,
    .drain = zeromq_drain,
    .destroy = zeromq_destroy};
CB_QUEUE_BATCH(zeromq)
static const struct cb_queue cb_queue_impl_zeromq = {.ops = &cb_queue_ops_zeromq,
    .queue_bytes = zeromq_bytes,
    .capacity = zeromq_capacity,
    .most_consumers = 1,
    .most_bytes = 65536,
    .waits_unseen = true,
    .holds_less = true};
CB_QUEUE_KIND_IF(zeromq,
    "PUSH and PULL sockets: inproc between threads, ipc between processes, who waits sleeps; whole "
    "ms",
    "libzmq, zeromq.org", CB_FULL, CB_CAN_OS,
    "a coroutine that waits in a call of it would stop all others on its carrier", NULL, 0, CAN)
