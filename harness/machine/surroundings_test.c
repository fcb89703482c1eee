#include "harness/machine/surroundings.h"

#include "harness/base/clock.h"
#include "harness/machine/manifest_fake.h"

static void reads_what_others_do(void **state)
{
	static const struct fake_file files[] = {
	    {"/proc/stat", "cpu  100 0 0 0 0 0 0 12 0 0\n"
			   "cpu0 1 2 3 1000 50 4 5 6 1 1\n"
			   "cpu1 10 20 30 1000 50 40 50 0 1 1\n"
			   "cpu7 100 0 0 0 0 0 0 6 0 0\nintr 1 2 3\n"},
	    {"/proc/interrupts",
		"            CPU0       CPU1       CPU7\n"
		"  1:          3        400       5000   IO-APIC   1-edge  i8042\n"
		" 24:          1          0         10   PCI-MSI 65536-edge  virtio\n"
		"LOC:     999999     999999     999999   Local timer interrupts\n"
		"ERR:          0\n"},
	    {"/proc/loadavg", "1.25 0.50 0.40 2/110 4711\n"},
	};
	const uint64_t tick_ns = CLOCK_NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	static const struct {
		int pu[2];
		unsigned n;
		uint64_t busy_ticks, interrupts;
	} cases[] = {
	    {{0, 1}, 2, 100, 404}, {{7, 7}, 2, 15 + 150, 5010}, {{0, 0}, 1, 150 + 100, 4},
	    {{0, -1}, 2, 0, 0}, /* anywhere: then no PU is another's */
	};

	(void)state;
	write_files(files, COUNT(files));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct surroundings_reading r;
		struct surroundings s;

		assert_int_equal(surroundings_open(&s, fake_root, cases[i].pu, cases[i].n), 0);
		surroundings_read(&s, &r);
		assert_int_equal(s.pus, 3);
		assert_int_equal(r.steal_ns, 12 * tick_ns);
		assert_int_equal(r.other_busy_ns, cases[i].busy_ticks * tick_ns);
		assert_int_equal(r.interrupts, cases[i].interrupts);
		assert_true(r.load == 1.25);
		assert_int_equal(r.quota.periods, 0);
		surroundings_close(&s);
	}
}

static void does_without(void **state)
{
	static const int pu[] = {0};
	struct surroundings_reading r;
	struct surroundings s;

	(void)state;
	assert_int_equal(surroundings_open(&s, "/nowhere", pu, 1), 0);
	surroundings_read(&s, &r);
	assert_int_equal(s.pus, 0);
	assert_int_equal(r.steal_ns + r.other_busy_ns + r.interrupts, 0);
	surroundings_close(&s);
}

/* What it gives of this machine never runs backwards. */
static void reads_this_machine(void **state)
{
	static const int pu[] = {0};
	struct surroundings_reading a, b;
	struct surroundings s;

	(void)state;
	assert_int_equal(surroundings_open(&s, "", pu, 1), 0);
	surroundings_read(&s, &a);
	surroundings_read(&s, &b);
	assert_true(s.pus >= 1);
	assert_true(b.ns > a.ns);
	assert_true(b.steal_ns >= a.steal_ns);
	assert_true(b.other_busy_ns >= a.other_busy_ns);
	assert_true(b.interrupts >= a.interrupts);
	surroundings_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_ROOT(reads_what_others_do),
	    cmocka_unit_test(does_without),
	    cmocka_unit_test(reads_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
