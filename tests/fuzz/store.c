// SPDX-License-Identifier: GPL-2.0-only
/* A store that is not what it should be: opened, checked, and merged into another. */
#include "tests/fuzz/fuzz.h"

#include <unistd.h>

#include "sim/cmd/store.h"

static void forget(const char *path)
{
	static const char *const tails[] = { "", "-wal", "-shm", "-journal" };
	char name[160];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char in[64], path[128], out[128], error[2048] = "";
	static FILE *nothing;
	struct store *s, *sum;
	uint64_t wrong;

	if (!nothing)
		nothing = fopen("/dev/null", "w");
	snprintf(in, sizeof(in), "lapicsim-fuzz-%d.db", getpid());
	snprintf(out, sizeof(out), "/dev/shm/lapicsim-fuzz-%d-sum.db", getpid());
	snprintf(path, sizeof(path), "%s", fuzz_file(in, data, size));
	s = store_open_existing(path, error, sizeof(error));
	if (!s) {
		fuzz_expect_line(error);
	} else {
		if (!store_check(s, nothing, &wrong))
			FUZZ_EXPECT(*store_error(s));
		store_close(s);
	}
	sum = store_open(out, error, sizeof(error));
	FUZZ_EXPECT(sum);
	if (!store_merge(sum, path))
		FUZZ_EXPECT(*store_error(sum));
	store_close(sum);
	forget(path);
	forget(out);
	return 0;
}
