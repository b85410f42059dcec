/* SPDX-License-Identifier: GPL-2.0-only */
/* See process_memory.h. */
#include "sim/cmd/process_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

uint64_t process_resident(pid_t pid)
{
	char path[64];
	uint64_t size, resident;
	FILE *f;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fscanf(f, "%" SCNu64 " %" SCNu64, &size, &resident);
	fclose(f);
	return n == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}
