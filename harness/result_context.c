#include "result_rows.h"
#include "jsonio.h"

#include <errno.h>

struct json_t *result_context(const struct run *run)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_text(j, "date", run->date);
	rc |= jsonio_put_text(j, "executable", "concbench");
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
}
