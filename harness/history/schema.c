#include "harness/history/schema.h"

#include <errno.h>
#include <inttypes.h>

#define TEXT_OF_MACRO(x) #x
#define TEXT_OF(x) TEXT_OF_MACRO(x)

/* Ids are handed out by the writer (history_add.c), which is alone in its transaction: the two
 * databases agree on nothing that would do it for us. INTEGER has 32 bits on a server. */
static const char *const tables[] = {
    "CREATE TABLE schema_version (version INTEGER NOT NULL)",
    "INSERT INTO schema_version (version) VALUES (" TEXT_OF(SCHEMA_VERSION) ")",
    /* Runs form one series only if they share these; class is a hash, see machine_class.h. */
    "CREATE TABLE machine (id INTEGER PRIMARY KEY, class TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL)",
    /* A case whose definition, length of trials or figure has changed is another one. The figure is
     * that of figure.h, its title and its worth as the newest run has them. */
    "CREATE TABLE bench_case (id INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL,"
    " slot_ns BIGINT NOT NULL, op TEXT NOT NULL, workers INTEGER NOT NULL, metric TEXT NOT NULL,"
    " title TEXT NOT NULL, unit TEXT NOT NULL, scale TEXT NOT NULL, better TEXT NOT NULL,"
    " worth DOUBLE PRECISION NOT NULL, outcomes TEXT NOT NULL,"
    " UNIQUE (name, hash, slot_ns, metric, unit, scale, better, outcomes))",
    /* digest: of its date and its figures, see history_add.c. */
    "CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, date TEXT NOT NULL,"
    " digest TEXT NOT NULL,"
    " machine INTEGER NOT NULL REFERENCES machine (id), profile TEXT NOT NULL,"
    " revision TEXT NOT NULL, seed TEXT NOT NULL, elapsed_s DOUBLE PRECISION NOT NULL,"
    " interrupted INTEGER NOT NULL, recovered INTEGER NOT NULL, command TEXT NOT NULL,"
    " noise TEXT NOT NULL)",
    "CREATE INDEX run_of_machine ON run (machine, date)",
    /* The manifest of a run: what may explain a change. */
    "CREATE TABLE fact (run INTEGER NOT NULL REFERENCES run (id), name TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY (run, name))",
    /* Values are NULL where the status carries none, the interval where there is none. */
    "CREATE TABLE figure (id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run (id),"
    " bench_case INTEGER NOT NULL REFERENCES bench_case (id), status TEXT NOT NULL,"
    " reason TEXT NOT NULL, value DOUBLE PRECISION, low DOUBLE PRECISION, high DOUBLE PRECISION,"
    " covered DOUBLE PRECISION, mad DOUBLE PRECISION, launches INTEGER NOT NULL,"
    " samples INTEGER NOT NULL, UNIQUE (run, bench_case))",
    /* A case run by run, without looking at every figure there is. */
    "CREATE INDEX figure_of_case ON figure (bench_case, run)",
    /* No reference to figure: with the check of every row a server took 1.7 times as long. */
    "CREATE TABLE sample (figure INTEGER NOT NULL, launch INTEGER NOT NULL, slot INTEGER NOT NULL,"
    " warm_up INTEGER NOT NULL, value DOUBLE PRECISION, PRIMARY KEY (figure, launch, slot))",
};

/* Return: 1 it is ours; 0 it has no tables at all; an error. */
static int look_at(struct store *s)
{
	int64_t version = 0;
	/* In this order: a writer may be making all of them between the two questions. */
	const int any = store_has_table(s, "");
	int rc = any < 0 ? any : store_has_table(s, "schema_version");

	if (rc < 0)
		return rc;
	if (!rc)
		return !any ? 0
			    : store_say(
				  s, -EUCLEAN, "has tables, but is not a history of concbench");
	rc = store_scalar_int(s, "SELECT version FROM schema_version", NULL, 0, &version);
	if (rc && rc != -ENODATA)
		return rc;
	if (version < 1)
		return store_say(s, -EUCLEAN, "not a history of concbench: no schema version");
	return version == SCHEMA_VERSION
		   ? 1
		   : store_say(s, -EPROTO,
			 "a history of schema %" PRId64 "; this concbench has schema %d: use the "
			 "concbench that made it, or another database",
			 version, SCHEMA_VERSION);
}

static int make(struct store *s)
{
	int rc = store_begin(s);

	if (rc)
		return rc;
	/* Another writer may have been quicker. */
	rc = look_at(s);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !rc; i++)
		rc = store_exec(s, tables[i], NULL, 0);
	if (rc >= 0)
		rc = store_commit(s);
	if (rc)
		store_rollback(s);
	return rc;
}

int schema_open(struct store *s, bool write)
{
	int has = look_at(s), rc;

	if (has < 0)
		return has;
	if (!has && !write)
		return store_say(s, -ENOENT, "empty: no run has been added yet");
	rc = store_adopt(s, write);
	return rc || has ? rc : make(s);
}
