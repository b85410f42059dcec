/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which part of a campaign's seeds a process runs, when many machines share it.
 * Parts are adjacent ranges of nearly equal length; together they are all seeds.
 */
#ifndef LAPICSIM_SHARD_H
#define LAPICSIM_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shard {
	uint64_t index, count;		/* part @index, from 0, of @count */
};

/* "K/N", "auto/N" or "auto". 0, or -1 with what is wrong in @error. */
int shard_parse(const char *text, struct shard *out, char *error, size_t n);
/* Part of @first..@last; false: there are fewer seeds than parts, and none is left for this one. */
bool shard_cut(const struct shard *s, uint64_t *first, uint64_t *last);

#endif
