/* Runs of one machine stay in one class, runs of another are in another. */
#include "harness/history/machine_class.h"
#include "harness/compare/comparable.h"
#include "harness/run/run_fixture.h"

struct change {
	const char *key, *value;
	bool other_class;
};

static void base(struct manifest *m)
{
	static const char *const items[][2] = {{"host.name", "a"}, {"kernel.release", "6.1.0"},
	    {"kernel.machine", "x86_64"}, {"cpu.vendor", "AuthenticAMD"}, {"cpu.family", "25"},
	    {"cpu.model_number", "17"}, {"cpu.stepping", "1"}, {"cpu.model", "AMD EPYC"},
	    {"cpu.microcode", "0x1"}, {"cpu.smt", "off"}, {"hypervisor", "kvm"},
	    {"kernel.mitigations.mds", "Not affected"},
	    {"kernel.mitigations.spectre_v1", "Mitigation: barriers"},
	    {"kernel.mitigations.spectre_v2", "Mitigation: Retpolines"},
	    {"topology.fingerprint", "c4bd1d49febbbe06"},
	    {"topology.summary", "1 package, 2 cores"}, {"build.compiler", "gcc 12"}};

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		assert_int_equal(manifest_add(m, items[i][0], items[i][1]), 0);
}

static void class_knows_what_matters(void **state)
{
	static const struct change changes[] = {
	    {"host.name", "b", false},
	    {"kernel.release", "6.9.0", false},
	    {"cpu.microcode", "0x2", false},
	    {"build.compiler", "gcc 13", false},
	    {"load.before.1min", "3.5", false},
	    {"kernel.mitigations.new_one", "Not affected", false},
	    {"kernel.mitigations.mds", "Vulnerable", true},
	    {"kernel.mitigations.spectre_v2", "Vulnerable", true},
	    {"kernel.mitigations.new_one", "Mitigation: costly", true},
	    {"kernel.machine", "aarch64", true},
	    {"cpu.model", "AMD EPYC 2", true},
	    {"cpu.stepping", "2", true},
	    {"cpu.smt", "on", true},
	    {"hypervisor", "none", true},
	    {"topology.fingerprint", "c4bd1d49febbbe07", true},
	    {"cpu.governor", "powersave", true},
	    {"cpu.turbo", "off", true},
	    {"clock.source", "hpet", true},
	    {"clock.source", "tsc", false},
	    {"cgroup.cpu_limit_cpus", "0.5", true},
	    {"cgroup.cpu_limit_cpus", "none", false},
	};
	char class[MACHINE_CLASS_LEN], other[MACHINE_CLASS_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct manifest m = {0};

		base(&m);
		machine_class(&m, class);
		assert_int_equal(strlen(class), 16);
		assert_int_equal(manifest_add(&m, changes[i].key, changes[i].value), 0);
		machine_class(&m, other);
		if ((strcmp(class, other) != 0) != changes[i].other_class)
			fail_msg("%s = %s", changes[i].key, changes[i].value);
		manifest_free(&m);
	}
}

/* What `compare` refuses has been decided on: it makes another class, or it is left to something
 * else for a reason. A new fact there fails here. */
static void every_refusal_is_decided_on(void **state)
{
	static const struct {
		const char *key, *why;
	} elsewhere[] = {
	    {"topology.allowed_pus", "which PUs: only how they are arranged, the fingerprint"},
	    {"build.compiler", "what a trend is there to show"},
	    {"build.flags", "what a trend is there to show"},
	    {"build.sanitizer", "refused by history_add()"},
	};
	const size_t n = sizeof(elsewhere) / sizeof(elsewhere[0]);
	unsigned seen = 0;

	(void)state;
	for (const struct comparable_fact *f = comparable_facts(); f->key; f++) {
		char class[MACHINE_CLASS_LEN], other[MACHINE_CLASS_LEN], key[64];
		struct manifest m = {0};
		size_t i = 0;

		if (!f->refuses)
			continue;
		while (i < n && strcmp(elsewhere[i].key, f->key) != 0)
			i++;
		seen += i < n;
		snprintf(
		    key, sizeof(key), "%s%s", f->key, f->key[strlen(f->key) - 1] == '.' ? "x" : "");
		base(&m);
		machine_class(&m, class);
		assert_int_equal(manifest_add(&m, key, "something else"), 0);
		machine_class(&m, other);
		if ((strcmp(class, other) != 0) != (i == n))
			fail_msg("%s: %s", f->key, i < n ? elsewhere[i].why : "in no class");
		manifest_free(&m);
	}
	assert_int_equal(seen, n);
}

/* Values that trade places are another machine: keys are part of the hash. */
static void class_is_of_keys_and_values(void **state)
{
	struct manifest a = {0}, b = {0}, c = {0}, d = {0};
	char of_a[MACHINE_CLASS_LEN], of_b[MACHINE_CLASS_LEN];

	(void)state;
	assert_int_equal(manifest_add(&a, "kernel.mitigations.x", "Vulnerable"), 0);
	assert_int_equal(manifest_add(&a, "kernel.mitigations.y", "Mitigation"), 0);
	assert_int_equal(manifest_add(&b, "kernel.mitigations.x", "Mitigation"), 0);
	assert_int_equal(manifest_add(&b, "kernel.mitigations.y", "Vulnerable"), 0);
	machine_class(&a, of_a);
	machine_class(&b, of_b);
	assert_string_not_equal(of_a, of_b);
	/* Their order does not matter. */
	assert_int_equal(manifest_add(&c, "kernel.mitigations.y", "Mitigation"), 0);
	assert_int_equal(manifest_add(&c, "kernel.mitigations.x", "Vulnerable"), 0);
	machine_class(&c, of_b);
	assert_string_equal(of_a, of_b);
	/* Nothing known is a class, too. */
	machine_class(&d, of_b);
	assert_int_equal(strlen(of_b), 16);
	manifest_free(&a);
	manifest_free(&b);
	manifest_free(&c);
}

static void title_says_what_is_known(void **state)
{
	struct manifest m = {0}, none = {0};
	char title[MACHINE_TITLE_MAX];

	(void)state;
	base(&m);
	machine_title(&m, title, sizeof(title));
	assert_string_equal(title, "AMD EPYC, 1 package, 2 cores, kvm");
	machine_title(&none, title, sizeof(title));
	assert_string_equal(title, "unknown CPU");
	manifest_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(class_knows_what_matters),
	    cmocka_unit_test(every_refusal_is_decided_on),
	    cmocka_unit_test(class_is_of_keys_and_values),
	    cmocka_unit_test(title_says_what_is_known),
	};

	return cmocka_run_group_tests_name("machine_class", tests, NULL, NULL);
}
