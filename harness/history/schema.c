#include "harness/history/schema.h"
#include "harness/history/store_backend.h"

#include <errno.h>
#include <stdio.h>

#define STATEMENTS_MAX 12

/*
 * One step up. Ids are handed out by the writer (history_add.c), which is alone in its transaction:
 * the two databases agree on nothing that would do it for us.
 */
static const char *const steps[][STATEMENTS_MAX] = {
    /* 1 */
    {
	"CREATE TABLE schema_version (version INTEGER NOT NULL)",
	"INSERT INTO schema_version (version) VALUES (0)",
	/* What runs must share to stand in one series; class is a hash, see machine_class.h. */
	"CREATE TABLE machine ("
	" id INTEGER PRIMARY KEY,"
	" class TEXT NOT NULL UNIQUE,"
	" title TEXT NOT NULL)",
	/* A case whose definition has changed is another case: its hash differs. */
	"CREATE TABLE bench_case ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL,"
	" hash TEXT NOT NULL,"
	" op TEXT NOT NULL,"
	" workers INTEGER NOT NULL,"
	" UNIQUE (name, hash))",
	"CREATE TABLE run ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" date TEXT NOT NULL,"
	" machine INTEGER NOT NULL REFERENCES machine (id),"
	" profile TEXT NOT NULL,"
	" seed TEXT NOT NULL,"
	" elapsed_s DOUBLE PRECISION NOT NULL,"
	" interrupted INTEGER NOT NULL,"
	" recovered INTEGER NOT NULL,"
	" command TEXT NOT NULL,"
	" noise TEXT NOT NULL)",
	/* The manifest of a run: what may explain a change. */
	"CREATE TABLE fact ("
	" run INTEGER NOT NULL REFERENCES run (id),"
	" name TEXT NOT NULL,"
	" value TEXT NOT NULL,"
	" PRIMARY KEY (run, name))",
	/* Figures are NULL where the status carries none, the interval where there is none. */
	"CREATE TABLE figure ("
	" id INTEGER PRIMARY KEY,"
	" run INTEGER NOT NULL REFERENCES run (id),"
	" bench_case INTEGER NOT NULL REFERENCES bench_case (id),"
	" status TEXT NOT NULL,"
	" reason TEXT NOT NULL,"
	" ns_per_op DOUBLE PRECISION,"
	" low DOUBLE PRECISION,"
	" high DOUBLE PRECISION,"
	" covered DOUBLE PRECISION,"
	" mad DOUBLE PRECISION,"
	" ops_per_s DOUBLE PRECISION,"
	" launches INTEGER NOT NULL,"
	" samples INTEGER NOT NULL,"
	" UNIQUE (run, bench_case))",
	/* A launch is the unit of replication; its figures are medians over its samples. */
	"CREATE TABLE launch ("
	" figure INTEGER NOT NULL REFERENCES figure (id),"
	" launch INTEGER NOT NULL,"
	" samples INTEGER NOT NULL,"
	" ops DOUBLE PRECISION NOT NULL,"
	" ns_per_op DOUBLE PRECISION,"
	" cpu_ns_per_op DOUBLE PRECISION,"
	" PRIMARY KEY (figure, launch))",
	/* No reference to figure: with the check of every row a server took 1.7 times as long. */
	"CREATE TABLE sample ("
	" figure INTEGER NOT NULL,"
	" launch INTEGER NOT NULL,"
	" slot INTEGER NOT NULL,"
	" warm_up INTEGER NOT NULL,"
	" ns_per_op DOUBLE PRECISION,"
	" PRIMARY KEY (figure, launch, slot))",
    },
    /* 2: the revision that was measured, beside each point; a machine's runs among a team's. */
    {
	"ALTER TABLE run ADD COLUMN revision TEXT NOT NULL DEFAULT ''",
	"UPDATE run SET revision = coalesce((SELECT value FROM fact"
	" WHERE fact.run = run.id AND fact.name = 'build.revision'), '')",
	"CREATE INDEX run_of_machine ON run (machine, date)",
    },
    /* 3: a case run by run, without looking at every figure there is. */
    {
	"CREATE INDEX figure_of_case ON figure (bench_case, run)",
    },
};

unsigned schema_newest(void)
{
	return sizeof(steps) / sizeof(steps[0]);
}

int schema_version(struct store *s, unsigned *out)
{
	int64_t version;
	int rc = store_has_table(s, "schema_version");

	if (rc < 0)
		return rc;
	if (!rc) {
		rc = store_has_any_table(s);
		if (rc > 0)
			return store_say(
			    s, -EUCLEAN, "has tables, but is not a history of concbench");
		if (!rc)
			*out = 0;
		return rc;
	}
	rc = store_scalar_int(s, "SELECT version FROM schema_version", NULL, 0, &version);
	if (rc && rc != -ENODATA)
		return rc;
	if (rc || version < 1 || version > INT32_MAX)
		return store_say(s, -EUCLEAN, "not a history of concbench: no schema version");
	*out = (unsigned)version;
	return 0;
}

static int take_step(struct store *s, unsigned to)
{
	const struct store_value version[] = {store_int(to)};
	int rc = 0;

	for (unsigned i = 0; i < STATEMENTS_MAX && steps[to - 1][i] && !rc; i++)
		rc = store_exec(s, steps[to - 1][i], NULL, 0);
	if (!rc)
		rc = store_exec(s, "UPDATE schema_version SET version = $1", version, 1);
	return rc;
}

int schema_check(struct store *s, unsigned version)
{
	if (version > schema_newest())
		return store_say(s, -EPROTO,
		    "schema %u is newer than schema %u of this concbench: use a newer one", version,
		    schema_newest());
	return 0;
}

static int check(struct store *s, unsigned have, unsigned want)
{
	const int rc = schema_check(s, have);

	if (rc)
		return rc;
	if (have < want && !store_writable(s))
		return store_say(s, -EROFS,
		    "schema %u has to become schema %u, but it is read-only", have, want);
	return 0;
}

int schema_migrate_to(struct store *s, unsigned version, unsigned *from)
{
	unsigned have, to;
	int rc = schema_version(s, &have);

	if (!rc)
		rc = check(s, have, version);
	if (rc)
		return rc;
	*from = have;
	if (have >= version)
		return 0;
	rc = store_begin(s);
	if (rc)
		return rc;
	/* Another writer may have been quicker. */
	rc = schema_version(s, &have);
	if (!rc)
		rc = check(s, have, version);
	if (!rc)
		*from = have;
	for (to = have + 1; !rc && to <= version; to++)
		rc = take_step(s, to);
	if (!rc)
		rc = store_commit(s);
	if (rc)
		store_rollback(s);
	return rc;
}
