/* protocol_fuzz.c - lines as no cell would say them (libFuzzer; `make fuzz`). */
#include "harness/cell/protocol_fuzz.h"
#include "harness/run/jsonio_mutator.h"

#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = protocol_fuzz_check(message_parse, (const char *)data, size);

	if (why) {
		fprintf(stderr, "message_parse: %s\n", why);
		abort();
	}
	return 0;
}
