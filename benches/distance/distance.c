/* distance.c - the trial and the check of all ways to pass a line. */
#include "benches/distance/distance.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int distance_once(
    struct cb_env *env, enum cb_line_as as, struct cb_metrics *metrics, char *why, size_t why_len)
{
	struct cb_line *line = env->state;
	int ret = cb_probe_line_as(env->pu[0], env->pu[1], as, line);

	if (!ret)
		return cb_metric(metrics, "ns_per_op", line->ns);
	(void)snprintf(why, why_len, "between PUs %d and %d: %s", env->pu[0], env->pu[1],
	    ret == -EINVAL ? "one PU has nowhere to pass it" : strerror(-ret));
	/* Nor is it the case's fault when one of them had no time. */
	return ret == -EINVAL || ret == -ETIMEDOUT ? -ENOTSUP : ret;
}

int distance_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct cb_line *line = env->state;

	if (!line->passes || line->passes != line->echoes)
		(void)snprintf(why, why_len, "passed %" PRIu64 " times, and %" PRIu64 " times back",
		    line->passes, line->echoes);
	else if (line->astray)
		(void)snprintf(
		    why, why_len, "%" PRIu64 " hand-offs did not follow the other's", line->astray);
	else if (line->left != line->passes + line->echoes)
		(void)snprintf(why, why_len,
		    "passed %" PRIu64 " times in all, the lines hold %" PRIu64,
		    line->passes + line->echoes, line->left);
	else
		return 0;
	return -EBADMSG;
}
