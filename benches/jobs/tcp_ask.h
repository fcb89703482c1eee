/*
 * tcp_ask.h - an IO-bound job the other way round: workers ask, and the server is a program.
 *
 * One worker, one connection on loopback TCP, one question outstanding. The server (the workload's
 * companion, exec'd) answers with every bit turned over, which no kernel does by itself. The
 * sockets are connected before it starts: it takes them from the listener that it is given.
 */
#ifndef CONCBENCH_TCP_ASK_H
#define CONCBENCH_TCP_ASK_H

#include <concbench/job.h>

#define TCP_ASK_BYTES 64
/* Its descriptors, twice over, are within any limit on open files. */
#define TCP_ASK_WORKERS_MAX 400
#define TCP_ASK_INTERPRETER "python3"

/* Written by its worker only. */
struct tcp_ask_worker {
	int fd;
	uint64_t answered; /* questions, right or wrong */
	uint64_t wrong;
} CB_ALIGNED;

struct tcp_ask_state {
	int listener;
	struct tcp_ask_worker worker[];
};

/* The server, up to the line in which it makes the answer of what it has got: `data`. */
#define TCP_ASK_SCRIPT_HEAD                                           \
	"import selectors, socket, sys\n"                             \
	"def main():\n"                                               \
	" turned = bytes(255 - i for i in range(256))\n"              \
	" ask = selectors.DefaultSelector()\n"                        \
	" listener = socket.socket(fileno=int(sys.argv[1]))\n"        \
	" for i in range(int(sys.argv[2])):\n"                        \
	"  s = listener.accept()[0]\n"                                \
	"  s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n" \
	"  ask.register(s, selectors.EVENT_READ)\n"                   \
	" print('ready', flush=True)\n"                               \
	" while True:\n"                                              \
	"  for key, _ in ask.select():\n"                             \
	"   data = key.fileobj.recv(65536)\n"                         \
	"   if not data:\n"                                           \
	"    ask.unregister(key.fileobj)\n"                           \
	"    continue\n"
#define TCP_ASK_SCRIPT_TAIL "   key.fileobj.sendall(data)\nmain()\n"

/** tcp_ask_program() - the interpreter with a script, as struct cb_companion_spec wants it. */
int tcp_ask_program(const struct cb_env *env, const char **argv, unsigned most, const char *script);

#endif
