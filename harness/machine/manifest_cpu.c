/* The CPUs, how fast they may run, the kernel's settings for them, and the hypervisor below them.
 */
#include "harness/machine/manifest_sources.h"

#include "harness/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Flags that change what is measured, or how far a clock may be trusted; x86, then Arm. */
static const char *const flags_that_matter[] = {"constant_tsc", "nonstop_tsc", "tsc_known_freq",
    "tsc_reliable", "tsc_adjust", "tsc_deadline_timer", "rdtscp", "hypervisor", "ht", "cx16",
    "mwaitx", "waitpkg", "fsgsbase", "pcid", "invpcid", "erms", "fsrm", "rtm", "split_lock_detect",
    "ibrs", "ibrs_enhanced", "ibpb", "stibp", "ssbd", "pti", "md_clear", "avx2", "avx512f",
    "atomics", "lrcpc", "ilrcpc", "uscat", "sb", "ssbs", "wfxt", "ecv", "evtstrm", "crc32", "sve",
    "sve2", "paca", "bti", "mte"};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Collects values, each once, in their order. */
static void add_distinct(struct text_buffer *values, const char *value)
{
	const char *at = text_buffer_str(values);
	const size_t len = strlen(value);

	if (len == 0)
		return;
	/* Kept one a line, since a value may hold blanks and commas. */
	while (*at != '\0') {
		const size_t n = strcspn(at, "\n");

		if (n == len && memcmp(at, value, n) == 0)
			return;
		at += n + 1;
	}
	text_buffer_addf(values, "%s\n", value);
}

/* Adds "a", or "a + b" on machines whose CPUs differ, and releases. */
static int finish_distinct(struct manifest *m, const char *key, struct text_buffer *values)
{
	struct text_buffer joined = {0};
	const char *at = text_buffer_str(values);
	int err = 0;

	while (*at != '\0') {
		const size_t n = strcspn(at, "\n");

		if (joined.len > 0)
			text_buffer_add(&joined, " + ");
		text_buffer_add_bytes(&joined, at, n);
		at += n + 1;
	}
	if (values->failed || joined.failed)
		err = -ENOMEM;
	else
		err = manifest_add_found(m, key, text_buffer_str(&joined));
	text_buffer_free(&joined);
	text_buffer_free(values);
	return err;
}

/* The Arm kernel names no model, only these numbers, and one block for each CPU. */
struct arm_model {
	char implementer[16], part[16], variant[16], revision[16];
};

static void copy_field(char out[16], const char *line, const char *name)
{
	const char *value = manifest_field(line, name);

	if (value)
		(void)snprintf(out, 16, "%s", value);
}

static void flush_arm(struct arm_model *arm, struct text_buffer *models)
{
	char text[128];

	if (arm->implementer[0] && arm->part[0]) {
		(void)snprintf(text, sizeof(text),
		    "Arm implementer %s part %s variant %s revision %s", arm->implementer,
		    arm->part, arm->variant, arm->revision);
		add_distinct(models, text);
	}
	*arm = (struct arm_model){0};
}

static int add_flags(struct manifest *m, const char *flags)
{
	struct text_buffer kept = {0};
	int err;

	for (size_t i = 0; i < COUNT(flags_that_matter); i++)
		if (manifest_has_word(flags, flags_that_matter[i], " \t"))
			text_buffer_addf(&kept, "%s ", flags_that_matter[i]);
	/* manifest_add() takes the last blank away. */
	err = kept.failed ? -ENOMEM : manifest_add_found(m, "cpu.flags", text_buffer_str(&kept));
	text_buffer_free(&kept);
	return err;
}

/* x86 says in its flags whether there is a hypervisor; who it is shows in the clocks it offers. */
static int add_hypervisor(struct manifest *m, const char *root, const char *x86_flags)
{
	static const struct {
		const char *clock, *name;
	} clocks[] = {
	    {"kvm-clock", "kvm"},
	    {"xen", "xen"},
	    {"hyperv_clocksource_tsc_page", "hyperv"},
	    {"hyperv_clocksource_msr", "hyperv"},
	    {"vmware", "vmware"},
	};
	char line[MANIFEST_LINE_MAX];
	const char *sources = manifest_get(m, "clock.sources");

	if (manifest_read_line(root, "/sys/hypervisor/type", line))
		return manifest_add(m, "hypervisor", line);
	for (size_t i = 0; sources && i < COUNT(clocks); i++)
		if (manifest_has_word(sources, clocks[i].clock, " "))
			return manifest_add(m, "hypervisor", clocks[i].name);
	if (manifest_read_line(root, "/proc/device-tree/hypervisor/compatible", line))
		return manifest_add(m, "hypervisor", line);
	if (!x86_flags)
		return 0;
	return manifest_add(m, "hypervisor",
	    manifest_has_word(x86_flags, "hypervisor", " \t") ? "yes, unknown which" : "none");
}

static int add_cpuinfo(struct manifest *m, const char *root)
{
	static const struct {
		const char *key, *name;
	} first[] = {
	    {"cpu.vendor", "vendor_id"}, {"cpu.family", "cpu family"},
	    {"cpu.model_number", "model"}, {"cpu.stepping", "stepping"},
	    {"cpu.microcode", "microcode"}, {"cpu.mhz_now", "cpu MHz"},
	    {"cpu.isa", "isa"}, /* RISC-V */
	};
	/* x86, PowerPC, RISC-V */
	static const char *const model_names[] = {"model name", "cpu", "uarch"};
	char *text = manifest_read_text(root, "/proc/cpuinfo");
	char *rest = text, *line;
	const char *x86_flags = NULL, *flags = NULL;
	struct text_buffer models = {0};
	struct arm_model arm = {0};
	int err = 0;

	while (text && !err && (line = manifest_next_line(&rest)) != NULL) {
		const char *value;

		for (size_t i = 0; i < COUNT(model_names); i++)
			if ((value = manifest_field(line, model_names[i])) != NULL)
				add_distinct(&models, value);
		for (size_t i = 0; i < COUNT(first) && !err; i++)
			if ((value = manifest_field(line, first[i].name)) != NULL &&
			    !manifest_get(m, first[i].key))
				err = manifest_add_found(m, first[i].key, value);
		copy_field(arm.implementer, line, "CPU implementer");
		copy_field(arm.part, line, "CPU part");
		copy_field(arm.variant, line, "CPU variant");
		copy_field(arm.revision, line, "CPU revision");
		if (*line == '\0')
			flush_arm(&arm, &models);
		/* Lines are cut off @text in place, so pointers into it stay good. */
		if (!flags)
			flags = x86_flags = manifest_field(line, "flags");
		if (!flags)
			flags = manifest_field(line, "Features");
	}
	flush_arm(&arm, &models);
	if (err)
		text_buffer_free(&models);
	else
		err = finish_distinct(m, "cpu.model", &models);
	if (!err && flags)
		err = add_flags(m, flags);
	if (!err)
		err = add_hypervisor(m, root, x86_flags);
	free(text);
	return err;
}

static int is_cpu(const struct dirent *entry)
{
	return strncmp(entry->d_name, "cpu", 3) == 0 && isdigit((unsigned char)entry->d_name[3]);
}

static int is_index(const struct dirent *entry)
{
	return strncmp(entry->d_name, "index", 5) == 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

#define CPUS_PATH "/sys/devices/system/cpu"
#define PATH_BYTES 512

static bool read_below(
    const char *root, const char *dir, const char *name, char line[MANIFEST_LINE_MAX])
{
	char path[PATH_BYTES];
	const int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	return n > 0 && n < (int)sizeof(path) && manifest_read_line(root, path, line);
}

/* "cache.l1d.size", ... from one cacheN/indexM directory. */
static int add_cache(struct manifest *m, const char *root, const char *dir)
{
	static const struct {
		const char *file, *key;
	} facts[] = {
	    {"size", "size"},
	    {"coherency_line_size", "line_bytes"},
	    {"ways_of_associativity", "ways"},
	    {"shared_cpu_list", "shared_by_cpus"},
	};
	char level[MANIFEST_LINE_MAX], line[MANIFEST_LINE_MAX], key[64];
	const char *kind = "";
	int err = 0;

	if (!read_below(root, dir, "level", level) || strlen(level) > 2)
		return 0;
	if (read_below(root, dir, "type", line))
		kind = line[0] == 'D' ? "d" : line[0] == 'I' ? "i" : "";
	for (size_t i = 0; i < COUNT(facts) && !err; i++) {
		(void)snprintf(key, sizeof(key), "cache.l%.2s%s.%s", level, kind, facts[i].key);
		if (read_below(root, dir, facts[i].file, line))
			err = manifest_add(m, key, line);
	}
	return err;
}

/* From the first CPU that has them; if CPUs differ the topology has all of them. */
static int add_caches(struct manifest *m, const char *root)
{
	struct dirent **cpus, **indexes;
	const int cpu_count = manifest_list_dir(root, CPUS_PATH, is_cpu, &cpus);
	int index_count = 0, err = 0;

	for (int c = 0; c < cpu_count && index_count == 0; c++) {
		char dir[PATH_BYTES], index[2 * PATH_BYTES];

		(void)snprintf(dir, sizeof(dir), CPUS_PATH "/%s/cache", cpus[c]->d_name);
		index_count = manifest_list_dir(root, dir, is_index, &indexes);
		for (int i = 0; i < index_count && !err; i++) {
			(void)snprintf(index, sizeof(index), "%s/%s", dir, indexes[i]->d_name);
			err = add_cache(m, root, index);
		}
		manifest_free_list(indexes, index_count);
	}
	manifest_free_list(cpus, cpu_count);
	return err;
}

static int add_mitigations(struct manifest *m, const char *root)
{
	static const char dir[] = CPUS_PATH "/vulnerabilities";
	struct dirent **list;
	const int n = manifest_list_dir(root, dir, is_visible, &list);
	char line[MANIFEST_LINE_MAX];
	int err = 0;

	for (int i = 0; i < n && !err; i++) {
		char key[320];

		(void)snprintf(key, sizeof(key), "kernel.mitigations.%s", list[i]->d_name);
		if (read_below(root, dir, list[i]->d_name, line))
			err = manifest_add(m, key, line);
	}
	manifest_free_list(list, n);
	return err;
}

int manifest_collect_cpu(struct manifest *m, const char *root)
{
	int err = add_cpuinfo(m, root);

	if (!err)
		err = add_caches(m, root);
	if (!err)
		err = add_mitigations(m, root);
	return err;
}

/* A switch in a file; @on is what "1" means. */
static int add_switch(
    struct manifest *m, const char *root, const char *key, const char *path, bool on)
{
	char line[MANIFEST_LINE_MAX];

	if (!manifest_read_line(root, path, line) ||
	    (strcmp(line, "0") != 0 && strcmp(line, "1") != 0))
		return 0;
	return manifest_add(m, key, (line[0] == '1') == on ? "on" : "off");
}

int manifest_collect_frequency(struct manifest *m, const char *root)
{
	static const struct {
		const char *key, *file;
	} facts[] = {
	    {"cpu.governor", "scaling_governor"},
	    {"cpu.frequency_driver", "scaling_driver"},
	    {"cpu.frequency_min_khz", "scaling_min_freq"},
	    {"cpu.frequency_max_khz", "scaling_max_freq"},
	    {"cpu.energy_preference", "energy_performance_preference"},
	};
	struct dirent **cpus;
	const int cpu_count = manifest_list_dir(root, CPUS_PATH, is_cpu, &cpus);
	char line[MANIFEST_LINE_MAX];
	int err = 0;

	for (size_t i = 0; i < COUNT(facts) && !err; i++) {
		struct text_buffer values = {0};

		for (int c = 0; c < cpu_count; c++) {
			char dir[PATH_BYTES];

			(void)snprintf(dir, sizeof(dir), CPUS_PATH "/%s/cpufreq", cpus[c]->d_name);
			if (read_below(root, dir, facts[i].file, line))
				add_distinct(&values, line);
		}
		err = finish_distinct(m, facts[i].key, &values);
	}
	manifest_free_list(cpus, cpu_count);
	if (!err)
		err = add_switch(m, root, "cpu.turbo", CPUS_PATH "/cpufreq/boost", true);
	if (!err)
		err = add_switch(m, root, "cpu.turbo", CPUS_PATH "/intel_pstate/no_turbo", false);
	if (!err)
		err = add_switch(m, root, "cpu.smt", CPUS_PATH "/smt/active", true);
	return err;
}
