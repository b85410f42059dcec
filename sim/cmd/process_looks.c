/* SPDX-License-Identifier: GPL-2.0-only */
/* See process_looks.h. */
#include "sim/cmd/process_looks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static FILE *open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fopen(path, "re");
}

uint64_t process_resident(pid_t pid)
{
	FILE *f = open_proc(pid, "statm");
	uint64_t size, resident;
	int n;

	if (!f)
		return 0;
	n = fscanf(f, "%" SCNu64 " %" SCNu64, &size, &resident);
	fclose(f);
	return n == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

uint64_t process_cpu_ns(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

char process_state(pid_t pid)
{
	FILE *f = open_proc(pid, "stat");
	char line[256] = "", *name_end;

	if (!f)
		return '?';
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	/* "PID (NAME) STATE ...", where NAME may have anything in it. */
	name_end = strrchr(line, ')');
	return name_end && name_end[1] == ' ' && name_end[2] ? name_end[2] : '?';
}
