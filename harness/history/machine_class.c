#include "harness/history/machine_class.h"

#include "harness/base/hash.h"
#include "harness/base/one_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MITIGATION "kernel.mitigations."

static const char *const keys[] = {"kernel.machine", "cpu.vendor", "cpu.family", "cpu.model_number",
    "cpu.stepping", "cpu.model", "cpu.smt", "hypervisor", "topology.fingerprint"};

/* How the machine ran. What most say, and all that say nothing, changes no class: series that are
 * there go on. */
static const struct {
	const char *key, *usual;
} conditions[] = {
    {"cpu.governor", NULL},
    {"cpu.turbo", NULL},
    {"clock.source", "tsc"},
    {"cgroup.cpu_limit_cpus", "none"},
};

/* Terminator included. */
static uint64_t mix(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

void machine_class(const struct manifest *m, char out[MACHINE_CLASS_LEN])
{
	uint64_t hash = HASH_START, others = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = manifest_get(m, keys[i]);

		hash = mix(hash, keys[i]);
		hash = mix(hash, value ? value : "");
	}
	/* A sum: kernels list them in no particular order. */
	for (size_t i = 0; i < m->count; i++) {
		const struct manifest_item *item = &m->items[i];

		if (!strncmp(item->key, MITIGATION, strlen(MITIGATION)) &&
		    strcmp(item->value, "Not affected") != 0)
			others += mix(mix(HASH_START, item->key), item->value);
	}
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		const char *value = manifest_get(m, conditions[i].key);

		if (value && (!conditions[i].usual || strcmp(value, conditions[i].usual) != 0))
			others += mix(mix(HASH_START, conditions[i].key), value);
	}
	hash ^= others;
	(void)snprintf(out, MACHINE_CLASS_LEN, "%016" PRIx64, hash);
}

void machine_title(const struct manifest *m, char *out, size_t len)
{
	const char *model = manifest_get(m, "cpu.model");
	const char *shape = manifest_get(m, "topology.summary");
	const char *hypervisor = manifest_get(m, "hypervisor");

	one_line_format(out, len, "%s%s%s%s%s", model ? model : "unknown CPU", shape ? ", " : "",
	    shape ? shape : "", hypervisor ? ", " : "", hypervisor ? hypervisor : "");
}
