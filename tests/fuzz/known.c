// SPDX-License-Identifier: GPL-2.0-only
/* A file of known/, and what it matches. */
#include "tests/fuzz/fuzz.h"

#include <sys/stat.h>
#include <unistd.h>

#include "sim/cmd/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct divergence d = { .kind = DIV_HANG, .check = "not-quiet", .text = "last exit reason 43" };
	char folder[64], name[128], error[2048] = "";
	struct known_list l = { 0 };

	snprintf(folder, sizeof(folder), "/dev/shm/lapicsim-fuzz-%d", getpid());
	mkdir(folder, 0700);
	snprintf(name, sizeof(name), "%s/a.known", strrchr(folder, '/') + 1);
	fuzz_file(name, data, size);
	if (known_load(&l, folder, error, sizeof(error)))
		fuzz_expect_line(error);
	else
		known_match(&l, &d, "f", "register x", "6.12", "fixed", "tpr-livelock");
	free(l.item);
	return 0;
}
