#include "harness/base/text.h"
#include "harness/run/jsonio.h"
#include "harness/run/result_rows.h"

#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <string.h>

/* Google Benchmark's name of a fact, and the manifest's. */
struct fact {
	const char *name;
	const char *key;
};

static int put_texts(json_t *j, const struct manifest *m)
{
	static const struct fact facts[] = {
	    {"host_name", "host.name"},
	    {"library_build_type", "benchmark.library_build_type"},
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const char *value = manifest_get(m, facts[i].key);

		if (value)
			rc |= jsonio_put_text(j, facts[i].name, value);
	}
	return rc;
}

/* How many CPUs "0-3,8" is; 0 when it is no such list. */
static uint64_t list_count(const char *list)
{
	uint64_t count = 0;

	while (*list) {
		unsigned first, last;
		int used = 0;

		if (sscanf(list, "%7u-%7u%n", &first, &last, &used) != 2 || !used) {
			used = 0;
			if (sscanf(list, "%7u%n", &first, &used) != 1 || !used)
				return 0;
			last = first;
		}
		list += used;
		if (last < first || (*list && *list++ != ','))
			return 0;
		count += last - first + 1;
	}
	return count;
}

/* Readers take them for integers, as Google Benchmark writes them. */
static int put_numbers(json_t *j, const struct manifest *m)
{
	const char *online = manifest_get(m, "cpu.online");
	const char *mhz = manifest_get(m, "cpu.mhz_now");
	double number;
	int rc = 0;

	if (online && list_count(online))
		rc |= jsonio_put_u64(j, "num_cpus", list_count(online));
	if (mhz && !text_parse_double(mhz, 0, 1e9, &number))
		rc |= jsonio_put_u64(j, "mhz_per_cpu", (uint64_t)(number + 0.5));
	return rc;
}

/* As Google Benchmark has it: any governor but "performance" scales. */
static int put_scaling(json_t *j, const struct manifest *m)
{
	const char *governor = manifest_get(m, "cpu.governor");

	if (!governor)
		return 0;
	return jsonio_put(
	    j, "cpu_scaling_enabled", json_boolean(strcmp(governor, "performance") != 0));
}

static int put_load(json_t *j, const struct manifest *m)
{
	static const char *const keys[] = {
	    "load.before.1min", "load.before.5min", "load.before.15min"};
	json_t *load = json_array();
	int rc = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = manifest_get(m, keys[i]);
		double value;

		if (!text || text_parse_double(text, 0, DBL_MAX, &value))
			break;
		rc |= jsonio_append(load, json_real(value));
	}
	if (!load)
		return -ENOMEM;
	if (!rc && !json_array_size(load)) {
		json_decref(load);
		return 0;
	}
	return rc | jsonio_put(j, "load_avg", load);
}

struct json_t *result_context(const struct run *run)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_text(j, "date", run->date);
	rc |= jsonio_put_text(j, "executable", "concbench");
	rc |= put_texts(j, &run->manifest);
	rc |= put_numbers(j, &run->manifest);
	rc |= put_scaling(j, &run->manifest);
	rc |= put_load(j, &run->manifest);
	/* As --benchmark_context=KEY=VALUE adds them. */
	rc |= jsonio_put_text(j, "concbench_run", run->id);
	rc |= jsonio_put_text(j, "concbench_profile", run->profile);
	rc |= jsonio_put_text(j, "concbench_noise", run->noise.word);
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}
