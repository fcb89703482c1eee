#include "result_rows.h"
#include "jsonio.h"
#include "text.h"

#include <errno.h>
#include <float.h>
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

static int put_numbers(json_t *j, const struct manifest *m)
{
	static const struct fact facts[] = {{"num_cpus", "cpu.count"}, {"mhz_per_cpu", "cpu.mhz"}};
	int rc = 0;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const char *value = manifest_get(m, facts[i].key);
		double number;

		/* Readers take them for integers, as Google Benchmark writes them. */
		if (value && !text_parse_double(value, 0, 1e9, &number))
			rc |= jsonio_put_u64(j, facts[i].name, (uint64_t)(number + 0.5));
	}
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

/* "0.52 0.48 0.40", as /proc/loadavg begins. */
static int put_load(json_t *j, const struct manifest *m)
{
	const char *at = manifest_get(m, "load.before");
	json_t *load;
	int rc = 0;

	if (!at)
		return 0;
	load = json_array();
	for (int i = 0; i < 3; i++) {
		size_t len = strcspn(at, " ");
		char one[32];
		double value;

		if (!len || len >= sizeof(one))
			break;
		memcpy(one, at, len);
		one[len] = '\0';
		if (text_parse_double(one, 0, DBL_MAX, &value))
			break;
		rc |= jsonio_append(load, json_real(value));
		at += len + (at[len] == ' ');
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
