/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See shard.h. What batch systems call the parts:
 *
 *	Slurm		SLURM_ARRAY_TASK_ID from _MIN on, SLURM_ARRAY_TASK_COUNT
 *	Kubernetes	JOB_COMPLETION_INDEX from 0 on (indexed jobs)
 *	GNU parallel	PARALLEL_SEQ from 1 on
 */
#include "sim/cmd/shard.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *index, *first, *count;	/* @first: the lowest index, a variable or a number */
} systems[] = {
	{ "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT" },
	{ "JOB_COMPLETION_INDEX", "0", NULL },
	{ "PARALLEL_SEQ", "1", NULL },
};

static bool number(const char *text, uint64_t *out)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && !*end;
}

static int from_environment(struct shard *s, char *error, size_t n)
{
	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		const char *index = getenv(systems[i].index), *lowest = systems[i].first;
		uint64_t first = 0;

		if (!index)
			continue;
		if (*lowest > '9')
			lowest = getenv(lowest) ? getenv(lowest) : "0";
		if (!number(index, &s->index) || !number(lowest, &first) || first > s->index) {
			snprintf(error, n, "%s=%s is not a number of a part", systems[i].index, index);
			return -1;
		}
		s->index -= first;
		if (!s->count && systems[i].count)
			number(getenv(systems[i].count), &s->count);
		return 0;
	}
	snprintf(error, n, "auto: none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX and PARALLEL_SEQ is set");
	return -1;
}

int shard_parse(const char *text, struct shard *out, char *error, size_t n)
{
	const char *slash = strchr(text, '/');
	char index[32];

	memset(out, 0, sizeof(*out));
	snprintf(index, sizeof(index), "%.*s", slash ? (int)(slash - text) : (int)strlen(text), text);
	if (slash && (!number(slash + 1, &out->count) || !out->count)) {
		snprintf(error, n, "\"%s\": expected K/N with a number of parts of at least 1", text);
		return -1;
	}
	if (!strcmp(index, "auto")) {
		if (from_environment(out, error, n))
			return -1;
	} else if (!slash || !number(index, &out->index)) {
		snprintf(error, n, "\"%s\": expected K/N, auto/N or auto", text);
		return -1;
	}
	if (!out->count) {
		snprintf(error, n,
			 "\"%s\": the batch system does not say how many parts there are; auto/N does", text);
		return -1;
	}
	if (out->index >= out->count) {
		snprintf(error, n, "part %llu of %llu: parts are counted from 0", (unsigned long long)out->index,
			 (unsigned long long)out->count);
		return -1;
	}
	return 0;
}

bool shard_cut(const struct shard *s, uint64_t *first, uint64_t *last)
{
	unsigned __int128 seeds = (unsigned __int128)(*last - *first) + 1;
	uint64_t begin = (uint64_t)(seeds * s->index / s->count),
		 end = (uint64_t)(seeds * (s->index + 1) / s->count);
	uint64_t base = *first;

	if (begin == end)
		return false;
	*first = base + begin;
	*last = base + end - 1;
	return true;
}
