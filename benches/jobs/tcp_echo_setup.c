/* tcp_echo_setup.c - memory and sockets of the echo jobs. */
#include "benches/jobs/tcp_echo.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Descriptors the rest of a cell may need: standard ones, pipes, what the linker holds; and an
 * epoll, timer and event a carrier. */
#define SPARE_FDS 24u
#define CARRIER_FDS 4u

static size_t stride(size_t bytes)
{
	return (bytes + CB_ALIGN - 1) / CB_ALIGN * CB_ALIGN;
}

static size_t server_stride(int64_t bytes)
{
	return stride(sizeof(struct tcp_echo_server) + (size_t)bytes);
}

static size_t client_stride(int64_t bytes)
{
	return stride(sizeof(struct tcp_echo_client) + 2 * (size_t)bytes);
}

size_t tcp_echo_state_size(const struct cb_case *c)
{
	const size_t connections = (size_t)cb_case_value(c, "connections");
	const int64_t bytes = cb_case_value(c, "bytes");

	return stride(sizeof(struct tcp_echo_state)) +
	       connections * (server_stride(bytes) + client_stride(bytes));
}

static rlim_t spare_fds(unsigned carriers)
{
	return SPARE_FDS + (rlim_t)carriers * CARRIER_FDS;
}

unsigned tcp_echo_sockets_limit(unsigned carriers)
{
	const rlim_t spare = spare_fds(carriers);
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0 || rl.rlim_max < spare)
		return 0;
	if (rl.rlim_max - spare > 2 * (rlim_t)INT32_MAX)
		return INT32_MAX;
	return (unsigned)((rl.rlim_max - spare) / 2);
}

static int raise_fd_limit(uint32_t connections, unsigned carriers)
{
	const rlim_t need = 2 * (rlim_t)connections + spare_fds(carriers);
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
		return -errno;
	if (rl.rlim_cur >= need)
		return 0;
	if (rl.rlim_max < need)
		return -EMFILE;
	rl.rlim_cur = rl.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &rl) == 0 ? 0 : -errno;
}

static int listen_on_loopback(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd, error;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	memset(addr, 0, sizeof(*addr));
	addr->sin_family = AF_INET;
	addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)addr, &len) != 0) {
		error = -errno;
		(void)close(fd);
		return error;
	}
	return fd;
}

/*
 * A closed client sends a reset instead of leaving its port in TIME_WAIT: a run opens thousands of
 * connections, and ports held for a minute each would run out.
 */
static int prepare_client(int fd)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	const int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0)
		return -errno;
	/* The client is an epoll loop, whatever the model of the servers is. */
	return cb_fd_prepare(fd, CB_COROUTINE);
}

static int prepare_server(int fd, enum cb_model model)
{
	const int one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0)
		return -errno;
	return cb_fd_prepare(fd, model);
}

static int connect_pair(int listener, const struct sockaddr_in *addr, enum cb_model model,
    struct tcp_echo_server *server, struct tcp_echo_client *client)
{
	struct sockaddr_in own, peer;
	socklen_t own_len = sizeof(own), peer_len = sizeof(peer);
	int ret;

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return -errno;
	if (connect(client->fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0)
		return -errno;
	server->fd = accept4(listener, (struct sockaddr *)&peer, &peer_len, SOCK_CLOEXEC);
	if (server->fd < 0)
		return -errno;
	if (getsockname(client->fd, (struct sockaddr *)&own, &own_len) != 0)
		return -errno;
	/* Somebody else on this machine may have found our port: not our client, not our load. */
	if (own.sin_port != peer.sin_port)
		return -ECONNABORTED;
	ret = prepare_client(client->fd);
	return ret ? ret : prepare_server(server->fd, model);
}

int tcp_echo_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct tcp_echo_state *st = env->state;
	const int64_t bytes = cb_case_value(env->c, "bytes");
	struct sockaddr_in addr;
	int listener, ret;

	st->bytes = (uint32_t)bytes;
	st->connections = (uint32_t)cb_case_value(env->c, "connections");
	st->server_stride = server_stride(bytes);
	st->client_stride = client_stride(bytes);
	st->servers = (unsigned char *)st + stride(sizeof(*st));
	st->clients = st->servers + st->connections * st->server_stride;
	st->epoll_fd = -1;
	for (uint32_t i = 0; i < st->connections; i++)
		tcp_echo_server_at(st, i)->fd = tcp_echo_client_at(st, i)->fd = -1;

	ret = raise_fd_limit(st->connections, env->carriers);
	if (ret) {
		(void)snprintf(why, why_len, "echo: %u connections: limit on open files: %s",
		    st->connections, strerror(-ret));
		return ret;
	}
	listener = listen_on_loopback(&addr);
	if (listener < 0) {
		(void)snprintf(why, why_len, "echo: listen: %s", strerror(-listener));
		return listener;
	}
	for (uint32_t i = 0; i < st->connections && ret == 0; i++) {
		ret = connect_pair(listener, &addr, env->model, tcp_echo_server_at(st, i),
		    tcp_echo_client_at(st, i));
		if (ret)
			(void)snprintf(why, why_len, "echo: connection %u: %s", i, strerror(-ret));
	}
	(void)close(listener);
	if (ret)
		tcp_echo_teardown(env);
	return ret;
}

void tcp_echo_teardown(struct cb_env *env)
{
	struct tcp_echo_state *st = env->state;

	for (uint32_t i = 0; i < st->connections; i++) {
		int *fds[] = {&tcp_echo_server_at(st, i)->fd, &tcp_echo_client_at(st, i)->fd};

		for (size_t k = 0; k < 2; k++) {
			if (*fds[k] >= 0)
				(void)close(*fds[k]);
			*fds[k] = -1;
		}
	}
	if (st->epoll_fd >= 0)
		(void)close(st->epoll_fd);
	st->epoll_fd = -1;
}
