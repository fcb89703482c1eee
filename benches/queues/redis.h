/*
 * redis.h - a list of a redis-server that the bench starts for itself, asked over a Unix socket, a
 * connection a worker.
 *
 * A list has no capacity. Here its room is a list too, of tokens that are each worth `chunk` items:
 * a producer that has used up what it has takes the next, and waits where there is none; a consumer
 * puts one there when it has got so many items. Who closes the queue fills a third list, which
 * everybody who waits looks at as well.
 */
#ifndef CONCBENCH_QUEUES_REDIS_H
#define CONCBENCH_QUEUES_REDIS_H

#include <concbench/queue.h>

#include <sys/un.h>

#define REDIS_CONSUMERS_MAX 32
#define REDIS_CLIENTS_MAX (CB_QUEUE_PRODUCERS_MAX + REDIS_CONSUMERS_MAX)
/* Commands that are sent together by those that do that: redis-benchmark's -P. */
#define REDIS_BATCH 16u
/* What a name in a folder has to fit into. */
#define REDIS_PATH_BYTES sizeof(((struct sockaddr_un *)0)->sun_path)

/* The oldest that has been looked at: those of the oldest systems that are still cared for. */
#define REDIS_OLDEST 5u

struct redis_client {
	int fd;
	unsigned room;   /* a producer's: items that it may put before it asks for more */
	unsigned unsent; /* of it: commands that wait in `out` */
	unsigned asked; /* items, or a producer's token, that it has asked for and not been given */
	unsigned got;   /* of it: items whose room it has not given back */
	size_t out_bytes;
	size_t in_from, in_to; /* what has come and has not been looked at */
	unsigned char *out, *in;
} CB_ALIGNED;

struct redis {
	const char *program; /* that is the server */
	unsigned producers, consumers;
	unsigned capacity;
	unsigned batch; /* commands that are sent together */
	unsigned chunk; /* items that a token is worth */
	size_t bytes;   /* of an item */
	size_t buffer;  /* bytes of a client's `out`, and of its `in` */
	bool checking;
	bool own_ends; /* the workers' connections are the cell's to close */
	uint32_t closed;
	uint32_t ended;  /* who waits has been told */
	int error;       /* the first that any worker had */
	unsigned kept;   /* items that came when it had been closed, */
	unsigned handed; /* of these, handed on */
	unsigned char *keep;
	int folder; /* locked, as long as anybody of this cell is there */
	char path[REDIS_PATH_BYTES];
	struct redis_client cell;
	struct redis_client client[REDIS_CLIENTS_MAX];
	/* Of each client `out` and `in`; then what is kept. */
	unsigned char memory[];
};

/** redis_server_program() - the one that is in PATH; NULL: none. */
const char *redis_server_program(void);

/** redis_server_prepare() - look at its version, make a folder for its socket, take away what
 * killed runs have left. Return: 0; -ENOTSUP with @why. */
int redis_server_prepare(struct redis *r, char *why, size_t why_len);

/** redis_server_words() - for struct cb_companion_spec. */
int redis_server_words(const struct cb_env *env, const char **argv, unsigned most);

/** redis_server_forget() - its folder is gone after that. */
void redis_server_forget(struct redis *r);

/** redis_address() - where it listens. */
struct sockaddr_un redis_address(const struct redis *r);

#endif
