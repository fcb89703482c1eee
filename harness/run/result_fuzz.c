/*
 * result_fuzz.c - broken run files and journals (libFuzzer; `make fuzz`).
 *
 * Every input goes to both readers: that a journal is given to `report`, or a run file to
 * `recover`, is bad input like any other.
 */
#include "harness/run/jsonio_mutator.h"
#include "harness/run/result_fuzz.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static result_reader *const readers[] = {result_read, journal_recover};
	char path[64];
	int fd = fuzz_store(data, size, path, sizeof(path));

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		const char *why = result_fuzz_check(readers[i], path);

		if (why) {
			fprintf(stderr, "%s: %s\n", i ? "journal_recover" : "result_read", why);
			abort();
		}
	}
	close(fd);
	return 0;
}
