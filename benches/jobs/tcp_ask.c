/* tcp_ask.c - a server in another program, asked by the workers: a request waits for its answer. */
#include "benches/jobs/tcp_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the server ---- */

int tcp_ask_program(const struct cb_env *env, const char **argv, unsigned most, const char *script)
{
	static char listener[16], workers[16];
	const struct tcp_ask_state *st = env->state;
	/* Alone, without whatever a user has installed or set. */
	const char *const words[] = {
	    TCP_ASK_INTERPRETER, "-I", "-S", "-c", script, listener, workers, NULL};

	if (most < sizeof(words) / sizeof(words[0]))
		return -E2BIG;
	(void)snprintf(listener, sizeof(listener), "%d", st->listener);
	(void)snprintf(workers, sizeof(workers), "%u", env->workers);
	memcpy(argv, words, sizeof(words));
	return fcntl(st->listener, F_SETFD, 0) == 0 ? 0 : -errno;
}

static int answer(const struct cb_env *env, const char **argv, unsigned most)
{
	return tcp_ask_program(env, argv, most,
	    TCP_ASK_SCRIPT_HEAD "   data = data.translate(turned)\n" TCP_ASK_SCRIPT_TAIL);
}

/* ---- sockets ---- */

static int listen_on_loopback(unsigned connections, struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	memset(addr, 0, sizeof(*addr));
	addr->sin_family = AF_INET;
	addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 &&
	    listen(fd, (int)connections) == 0 &&
	    getsockname(fd, (struct sockaddr *)addr, &len) == 0)
		return fd;
	error = -errno;
	(void)close(fd);
	return error;
}

/* Return: the socket; -errno. A reset at its end leaves no port in TIME_WAIT: a run opens
 * thousands. */
static int connect_to(const struct sockaddr_in *addr, enum cb_model model)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0)
		ret = -errno;
	if (!ret)
		ret = cb_fd_prepare(fd, model);
	if (ret)
		(void)close(fd);
	return ret ? ret : fd;
}

static void teardown(struct cb_env *env)
{
	struct tcp_ask_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++)
		if (st->worker[i].fd >= 0)
			(void)close(st->worker[i].fd);
	if (st->listener >= 0)
		(void)close(st->listener);
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct tcp_ask_state *st = env->state;
	struct sockaddr_in addr;
	int ret = 0;

	for (unsigned i = 0; i < env->workers; i++)
		st->worker[i].fd = -1;
	st->listener = listen_on_loopback(env->workers, &addr);
	if (st->listener < 0)
		ret = st->listener;
	for (unsigned i = 0; !ret && i < env->workers; i++) {
		st->worker[i].fd = connect_to(&addr, env->model);
		ret = st->worker[i].fd < 0 ? st->worker[i].fd : 0;
	}
	if (ret) {
		(void)snprintf(why, why_len, "connections on loopback: %s", strerror(-ret));
		teardown(env);
	}
	return ret;
}

/* ---- workers ---- */

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct tcp_ask_worker *own = &((struct tcp_ask_state *)state)->worker[w->index];
	uint64_t question[TCP_ASK_BYTES / 8], reply[TCP_ASK_BYTES / 8];
	size_t got = 0;
	bool right = true;
	ssize_t r;

	(void)n;
	for (unsigned i = 0; i < TCP_ASK_BYTES / 8; i++)
		question[i] = cb_random(w);
	r = cb_write(w, own->fd, question, sizeof(question));
	if (r != sizeof(question)) {
		cb_fail(w, r < 0 ? (int)r : -EIO, "asking the server");
		return 0;
	}
	while (got < sizeof(reply)) {
		r = cb_read(w, own->fd, (char *)reply + got, sizeof(reply) - got);
		if (r <= 0) {
			cb_fail(w, r ? (int)r : -ECONNRESET, "hearing from the server");
			return 0;
		}
		got += (size_t)r;
	}
	for (unsigned i = 0; i < TCP_ASK_BYTES / 8; i++)
		right &= reply[i] == ~question[i];
	own->answered++;
	own->wrong += !right;
	return 1;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct tcp_ask_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct tcp_ask_worker *own = &st->worker[i];

		if (own->wrong)
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " of %" PRIu64 " answers are wrong", i,
			    own->wrong, own->answered);
		else if (own->answered != env->done[i])
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " answers came, but %" PRIu64 " were counted", i,
			    own->answered, env->done[i]);
		else
			continue;
		return -EBADMSG;
	}
	return 0;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	/* Near 100 the server was the limit, whatever asks. */
	if (env->companion[0].wall_ns)
		(void)cb_metric(metrics, "server_busy_pct",
		    100.0 * (double)env->companion[0].cpu_ns / (double)env->companion[0].wall_ns);
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct tcp_ask_state) + c->workers * sizeof(struct tcp_ask_worker);
}

static const struct cb_companion_spec server = {
    .role = "server", .program = answer, .ready = "ready"};

static const struct cb_workload work = {
    .op = "question",
    .timed = "send a question to the server, read its answer; then the next",
    .checked =
	"each answer is its question with every bit inverted, and as many came as are counted",
    .state_size = state_size,
    .setup = setup,
    .batch = batch,
    .check = check,
    .report = report,
    .teardown = teardown,
    .companions = &server,
    .companion_count = 1,
    .max_batch = 1,
};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers > TCP_ASK_WORKERS_MAX) {
		(void)snprintf(why, why_len, "more than %d connections", TCP_ASK_WORKERS_MAX);
		return -EINVAL;
	}
	if (cb_is_installed(TCP_ASK_INTERPRETER))
		return 0;
	(void)snprintf(why, why_len, "no " TCP_ASK_INTERPRETER " in PATH");
	return -ENOTSUP;
}

/* At least a few answers of an interpreter's on each connection. */
static uint64_t window_ns(const struct cb_case *c)
{
	return (c->workers <= 10 ? 50 : 200) * CB_NS_PER_MS;
}

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread,process,coroutine workers=1,pus,4*pus"},
    {CB_CHECK, "model=thread,process,coroutine workers=1,3"},
};

static const struct cb_kind tcp_ask = {
    .family = "job",
    .name = "tcp_ask",
    .about = "IO-bound: each worker asks a server on loopback TCP, which is a program (python3)",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &work,
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
    .window_ns = window_ns,
};

CB_REGISTER(tcp_ask)
