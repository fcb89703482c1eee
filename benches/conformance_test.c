/*
 * conformance_test.c - every kind is right under real overlap, and every one that is broken on
 * purpose is caught: in this process, where sanitizers see it. (`concbench check` does the same
 * with cells.) And what holds of the cases of all families together.
 */
#include "benches/driver.h"

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
#define TRIALS 3u
/* Broken ones are found within a second, or two under a sanitizer; this is when to give up. */
#define PATIENCE_NS (60 * CLOCK_NS_PER_S)

/* One of the metrics that show that somebody has met somebody, where there is anybody to meet. */
static bool met(const struct driver *d)
{
	const struct cb_family *family = d->bc.kind->family;
	const char *names = family->exercised;

	if (!names || d->bc.pub.workers < 2 || (d->bc.kind->self->flags & CB_REFERENCE))
		return true;
	while (*names) {
		const size_t n = strcspn(names, " ");
		char name[METRIC_NAME_MAX];

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, names);
		if (driver_metric(d, name) > 0.0)
			return true;
		names += n + strspn(names + n, " ");
	}
	return false;
}

static void is_right(const struct bench_case *bc)
{
	const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
	bool has_met = false, fruitful = false;
	struct driver d;
	const int ret = driver_try(&d, bc);

	if (ret == -ENOTSUP)
		return;
	if (ret != 0)
		fail_msg("%s: %s", bc->name, d.why);
	for (unsigned i = 0; i < TRIALS || !has_met || !fruitful; i++) {
		driver_good_trial(&d, WINDOW_NS);
		has_met |= met(&d);
		fruitful |= driver_done(&d) > 0 || d.team.load->once;
		if (clock_now_ns() > give_up_ns)
			fail_msg("%s: nothing done, or nobody met", bc->name);
	}
	driver_end(&d);
}

static void is_caught(const struct bench_case *bc)
{
	const char *says = bc->kind->self->says;
	const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
	struct driver d;
	int ret;

	if (driver_try(&d, bc) != 0)
		fail_msg("%s: %s", bc->name, d.why);
	do {
		ret = driver_trial(&d, WINDOW_NS);
		if (clock_now_ns() > give_up_ns)
			fail_msg("%s: not caught", bc->name);
	} while (ret == 0);
	if (ret != -EBADMSG || !strstr(d.why, says))
		fail_msg("%s: %d, '%s' instead of '%s'", bc->name, ret, d.why, says);
	driver_end(&d);
}

static void all_of(const char *family, unsigned kinds_at_least, unsigned broken_at_least)
{
	unsigned kinds = 0, broken = 0;

	for (size_t i = 0; i < driver_registry.count; i++) {
		const struct kind *k = &driver_registry.item[i];
		const bool wrong = (k->self->flags & CB_BROKEN) && k->self->says;
		const struct sweep_request q = {
		    .profile = CB_CHECK, .family = k->family, .kind = k->name};
		struct case_list list = {0};
		unsigned models = 0, tried = 0;
		char err[400];

		/* One that crashes or hangs is not survived here: those are for cells. */
		if (strcmp(k->family->name, family) != 0 || (wrong && !k->self->says[0]))
			continue;
		if (sweep_cases(&driver_registry, &driver_host, &q, &list, err, sizeof(err)) != 0)
			fail_msg("%s/%s: %s", family, k->name, err);
		for (size_t c = 0; c < list.count; c++) {
			const struct bench_case *bc = &list.item[c];
			const unsigned model = CB_CAN(bc->pub.model);

			if (bc->unsupported[0] || (wrong && (models & model)))
				continue;
			models |= model;
			tried++;
			if (wrong)
				is_caught(bc);
			else
				is_right(bc);
		}
		if (tried == 0)
			fail_msg("%s/%s: no case of it can be tried", family, k->name);
		kinds += !wrong;
		broken += wrong;
		case_list_free(&list);
	}
	assert_true(kinds >= kinds_at_least);
	assert_true(broken >= broken_at_least);
}

static void locks(void **state)
{
	(void)state;
	all_of("lock", 9, 6);
}

static void queues(void **state)
{
	(void)state;
	all_of("queue", 3, 7);
}

static void hand_offs(void **state)
{
	(void)state;
	all_of("handoff", 9, 0);
}

static void jobs(void **state)
{
	(void)state;
	all_of("job", 4, 0);
}

/* A case's name without what differs between execution models. */
static void without_model(const char *name, char out[CASE_NAME_MAX + 1])
{
	size_t used = 0;

	for (const char *part = name; *part;) {
		const size_t n = strcspn(part, "/");

		if (strncmp(part, "model:", 6) != 0 && strncmp(part, "carriers:", 9) != 0) {
			memcpy(out + used, part, n);
			used += n;
			out[used++] = '/';
		}
		part += n + (part[n] == '/');
	}
	out[used] = '\0';
}

/*
 * A window of 3 ms fits into the slice that a busy machine's scheduler has just given, one of 60 ms
 * does not: with windows of their own, coroutines were 1.8 times as quick as threads, and with
 * equal ones they were not.
 */
static void models_are_compared_over_equal_windows(void **state)
{
	static const char *const machines[] = {
	    "pack:1 core:1 pu:1", "pack:1 core:2 pu:1", "pack:2 l3:2 core:8 pu:2"};
	unsigned pairs = 0;

	(void)state;
	for (size_t k = 0; k < sizeof(machines) / sizeof(machines[0]); k++) {
		const struct sweep_request q = {.profile = CB_FULL, .every_kind = true};
		struct host h = {.max_workers = 100000};
		struct case_list cases = {0};
		struct topology *topo;
		char err[400];

		assert_int_equal(topology_synthetic(machines[k], NULL, &topo, err, sizeof(err)), 0);
		h.topology = topo;
		h.pus = topology_pu_count(topo);
		if (sweep_cases(&driver_registry, &h, &q, &cases, err, sizeof(err)) != 0)
			fail_msg("%s", err);
		for (size_t i = 0; i < cases.count; i++) {
			char a[CASE_NAME_MAX + 1], b[CASE_NAME_MAX + 1];

			without_model(cases.item[i].name, a);
			for (size_t j = 0; j < i; j++) {
				without_model(cases.item[j].name, b);
				if (strcmp(a, b) != 0)
					continue;
				pairs++;
				if (cases.item[i].window_ns != cases.item[j].window_ns)
					fail_msg("%s and %s have windows of different length",
					    cases.item[i].name, cases.item[j].name);
			}
		}
		case_list_free(&cases);
		topology_free(topo);
	}
	assert_true(pairs > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(locks),
	    cmocka_unit_test(queues),
	    cmocka_unit_test(hand_offs),
	    cmocka_unit_test(jobs),
	    cmocka_unit_test(models_are_compared_over_equal_windows),
	};

	return cmocka_run_group_tests(tests, driver_setup, driver_teardown);
}
