/*
 * redis_server.c - the server of redis.h: which program it is, how old, and the folder with its
 * socket. It has no port, keeps nothing on disk, and ends with the cell.
 */
#include "benches/queues/own_name.h"
#include "benches/queues/redis.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const struct own_name folder = {
    .prefix = "concbench-redis-", .type = S_IFDIR, .inside = "socket"};

/* ---- the program ---- */

const char *redis_server_program(void)
{
	/* The second is the first's next of kin, and speaks as it does. */
	static const char *const programs[] = {"redis-server", "valkey-server"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (cb_is_installed(programs[i]))
			return programs[i];
	return NULL;
}

/* "Redis server v=7.0.15 sha=..." */
static int look_at_version(const char *program, char *why, size_t why_len)
{
	char command[64], said[200] = "";
	const char *version;
	unsigned major = 0;
	FILE *f;

	(void)snprintf(command, sizeof(command), "%s --version 2>&1 </dev/null", program);
	f = popen(command, "re");
	if (!f)
		return -errno;
	if (!fgets(said, sizeof(said), f))
		said[0] = '\0';
	(void)pclose(f);
	said[strcspn(said, "\n")] = '\0';
	version = strstr(said, "v=");
	if (!version || sscanf(version, "v=%u.", &major) != 1) {
		(void)snprintf(why, why_len,
		    "%s --version does not say which version it is: '%.60s'", program, said);
		return -ENOTSUP;
	}
	if (major >= REDIS_OLDEST)
		return 0;
	(void)snprintf(why, why_len, "%s is %.*s, and %u.0 or newer is needed", program,
	    (int)strcspn(version + 2, " "), version + 2, REDIS_OLDEST);
	return -ENOTSUP;
}

int redis_server_words(const struct cb_env *env, const char **argv, unsigned most)
{
	const struct redis *r = ((const struct cb_queue_state *)env->state)->queue;
	/* Named, whatever its own values without a file of them are. */
	const char *const words[] = {r->program, "--port", "0", "--unixsocket", r->path,
	    "--unixsocketperm", "700", "--save", "", "--appendonly", "no", "--databases", "1",
	    "--daemonize", "no", "--loglevel", "notice", "--logfile", "", NULL};

	if (most < sizeof(words) / sizeof(words[0]))
		return -E2BIG;
	memcpy(argv, words, sizeof(words));
	return 0;
}

/* ---- its folder ---- */

struct sockaddr_un redis_address(const struct redis *r)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, r->path, sizeof(address.sun_path));
	return address;
}

int redis_server_prepare(struct redis *r, char *why, size_t why_len)
{
	int ret;

	r->folder = -1;
	r->program = redis_server_program();
	if (!r->program)
		return -ENOTSUP;
	ret = look_at_version(r->program, why, why_len);
	if (ret)
		return ret;
	r->folder = own_name_make(&folder, r->path, sizeof(r->path));
	if (r->folder >= 0)
		return 0;
	(void)snprintf(why, why_len, "TMPDIR: no folder for a socket in %.100s: %s",
	    own_name_folder(), strerror(-r->folder));
	return -ENOTSUP;
}

void redis_server_forget(struct redis *r)
{
	if (r->folder < 0)
		return;
	own_name_remove(&folder, r->path);
	(void)close(r->folder);
	r->folder = -1;
}
