/* loss_test.c - what is told of items when somebody dies at a queue. That a death which is none is
 * caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/queues/loss.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLS 12u
#define TRIES 10u

static double of(const struct sample *s, const char *name)
{
	double value = -1.0;

	assert_true(metric_get(&s->metrics, name, &value));
	return value;
}

/* One trial of that plan, and nobody left over. */
static void run_plan(const char *name, const struct loss_plan *plan, struct sample *out)
{
	struct subject s;
	int ret;

	memset(out, 0, sizeof(*out));
	begin(&s, name);
	ret = loss_once(
	    plan, &s.team.env, (struct cb_metrics *)(void *)&out->metrics, s.why, sizeof(s.why));
	if (!ret)
		ret = check(&s);
	if (ret)
		fail_msg("%s: %s", name, s.why);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	end(&s);
}

static const char *const at[] = {"killed:producer", "killed:consumer", "killed:producer/bytes:1000",
    "killed:consumer/bytes:64KiB"};
static const char *const queues[] = {"robust", "spsc_cached", "ck_spsc", "mpmc_bounded",
    "mutex_ring", "wfcqueue", "pipe", "fifo", "socketpair_stream", "losing", "repeating",
    "halving"};

/* The null run: whoever goes by itself takes nothing along, whatever the queue. */
static void nobody_killed_is_nothing_lost(void **unused)
{
	static const struct loss_plan plan = {.kills = 6, .leaves = true};

	(void)unused;
	for (size_t q = 0; q < sizeof(queues) / sizeof(queues[0]); q++)
		for (size_t i = 0; i < 2; i++) {
			struct sample s;
			char name[100];

			/* What these two do, they do to whoever goes. */
			if (i == 1 &&
			    (!strcmp(queues[q], "losing") || !strcmp(queues[q], "repeating")))
				continue;
			(void)snprintf(name, sizeof(name), "loss/%s/%s", queues[q], at[i]);
			run_plan(name, &plan, &s);
			if (of(&s, "whole_share") < 1.0 || of(&s, "mid_share") > 0.0 ||
			    of(&s, "taken_along_share") > 0.0 || of(&s, "lost_per_kill") > 0.0)
				fail_msg("%s: %g whole, %g mid, %g stuck, %g lost", name,
				    of(&s, "whole_share"), of(&s, "mid_share"),
				    of(&s, "stuck_share"), of(&s, "lost_per_kill"));
			assert_true(of(&s, "goes_on_ns") > 0.0);
		}
}

/* Of one writer and one reader each only has what is its own, and the kernel's queues have nobody
 * in them. What the dead had in its hands is not the queue's loss. */
static void some_queues_outlive_anybody(void **unused)
{
	static const struct loss_plan plan = {.kills = KILLS};
	static const char *const whole[] = {
	    "robust", "spsc_cached", "ck_spsc", "eventfd_ring", "socketpair_seqpacket"};
	double along = 0.0, mid = 0.0;

	(void)unused;
	for (size_t q = 0; q < sizeof(whole) / sizeof(whole[0]); q++)
		for (size_t i = 0; i < 2; i++) {
			struct sample s;
			char name[100];

			(void)snprintf(name, sizeof(name), "loss/%s/%s", whole[q], at[i]);
			run_plan(name, &plan, &s);
			if (of(&s, "whole_share") < 1.0)
				fail_msg("%s: %g stuck, %g lost, %g doubled, %g torn", name,
				    of(&s, "stuck_share"), of(&s, "lost_per_kill"),
				    of(&s, "doubled_per_kill"), of(&s, "torn_per_kill"));
			assert_true(i == 1 || of(&s, "taken_along_share") == 0.0);
			along += of(&s, "taken_along_share");
			mid += of(&s, "mid_share");
		}
	assert_true(along > 0.0 && mid > 0.0);
}

/* Until @metric is above 0, and of the others none is. */
static void shows(const char *name, const char *metric, const char *const *others)
{
	static const struct loss_plan plan = {.kills = KILLS};

	for (unsigned tries = 0; tries < TRIES; tries++) {
		struct sample s;
		double value;

		run_plan(name, &plan, &s);
		for (; *others; others++)
			if (of(&s, *others) > 0.0)
				fail_msg("%s: %s is %g", name, *others, of(&s, *others));
		value = of(&s, metric);
		assert_true(of(&s, "whole_share") < 1.0 || value == 0.0);
		assert_true(strcmp(metric, "stuck_share") == 0 || of(&s, "harmed_share") == value);
		if (value > 0.0)
			return;
	}
	fail_msg("%s: %s is 0", name, metric);
}

static void each_damage_is_told_from_the_others(void **unused)
{
	(void)unused;
	shows("loss/losing/killed:consumer", "lost_share",
	    (const char *const[]){"stuck_share", "doubled_share", "torn_share", NULL});
	shows("loss/repeating/killed:consumer", "doubled_share",
	    (const char *const[]){"stuck_share", "lost_share", "torn_share", NULL});
	shows("loss/halving/killed:producer/bytes:64KiB", "torn_share",
	    (const char *const[]){"stuck_share", "lost_share", "doubled_share", NULL});
	shows("loss/mutex_ring/killed:producer", "stuck_share",
	    (const char *const[]){"lost_share", "doubled_share", "torn_share", NULL});
	shows("loss/mutex_ring/killed:consumer", "stuck_share",
	    (const char *const[]){"lost_share", "doubled_share", "torn_share", NULL});
}

static void several_are_accounted_for(void **unused)
{
	static const struct loss_plan plan = {.kills = 5}, polite = {.kills = 5, .leaves = true};
	struct sample s;

	(void)unused;
	run_plan("loss/mpmc_bounded/killed:producer/producers:3/consumers:2", &polite, &s);
	assert_true(of(&s, "whole_share") == 1.0);
	run_plan("loss/socketpair_dgram/killed:consumer/producers:2/consumers:3", &plan, &s);
	assert_true(of(&s, "whole_share") == 1.0);
}

/* A FIFO's name is gone, whoever has opened it. */
static void no_name_is_left(void **unused)
{
	static const struct loss_plan plan = {.kills = 3};
	char folder[] = "/tmp/concbench-loss-XXXXXX";
	const struct dirent *entry;
	struct sample s;
	DIR *dir;

	(void)unused;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(setenv("TMPDIR", folder, 1), 0);
	run_plan("loss/fifo/killed:producer", &plan, &s);
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			fail_msg("%s is left", entry->d_name);
	(void)closedir(dir);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(unsetenv("TMPDIR"), 0);
}

static void wrong_accounts_are_caught(void **unused)
{
	struct loss_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "loss/spsc_cached");
	st = s.team.env.state;
	right_trial(&s, 0);
	st->spared = 1;
	wrong(&s, check(&s), "1 of 4 victims were not killed");
	st->spared = 0;
	st->miscounted = 1;
	wrong(&s, check(&s), "1 of 4 times the consumers counted other items");
	st->miscounted = 0;
	st->done--;
	wrong(&s, check(&s), "3 of 4 were killed");
	end(&s);
}

/* A line for a kind is enough, but of those whose nodes are a process's own. */
static void queues_between_processes_are_kinds(void **unused)
{
	unsigned count = 0;

	(void)unused;
	for (size_t i = 0; i < kinds.count; i++) {
		const struct cb_kind *k = kinds.item[i].self;
		const bool has = cb_kind_find("loss", k->name) != NULL;

		if (strcmp(k->family, "queue") != 0 || k->flags & (CB_BROKEN | CB_REFERENCE) ||
		    k->work->companions)
			continue;
		if (has != !!(k->models & CB_CAN(CB_PROCESS)))
			fail_msg("loss/%s is %s", k->name, has ? "there" : "missing");
		count += has;
	}
	assert_true(count >= 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_killed_is_nothing_lost),
	    cmocka_unit_test(some_queues_outlive_anybody),
	    cmocka_unit_test(each_damage_is_told_from_the_others),
	    cmocka_unit_test(several_are_accounted_for),
	    cmocka_unit_test(no_name_is_left),
	    cmocka_unit_test(wrong_accounts_are_caught),
	    cmocka_unit_test(queues_between_processes_are_kinds),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
