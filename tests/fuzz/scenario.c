// SPDX-License-Identifier: GPL-2.0-only
/* A scenario file, and behind the first NUL the overrides of --set. */
#include "tests/fuzz/fuzz.h"

#include <unistd.h>

#include "sim/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scenario s;
	char name[64], overrides[512] = "", error[1024] = "";
	const uint8_t *end = memchr(data, 0, size);
	size_t len = end ? (size_t)(end - data) : size;

	if (end && size - len - 1 < sizeof(overrides))
		memcpy(overrides, end + 1, size - len - 1);
	snprintf(name, sizeof(name), "lapicsim-fuzz-%d.scn", getpid());
	if (scenario_load(&s, fuzz_file(name, data, len), overrides, error, sizeof(error)))
		fuzz_expect_line(error);
	else
		FUZZ_EXPECT(s.vms * s.vcpus >= 1 && s.vms * s.vcpus <= 4096);
	return 0;
}
