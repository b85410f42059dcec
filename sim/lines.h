/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of 64 bytes, each kept once: the contents of a snapshot, whose thousands of
 * vCPUs differ in few of theirs.
 *
 * Does not know where a line belongs: that is the caller's, in a word for each page
 * with a bit for each of its lines that is not zero, and an index with their numbers.
 */
#ifndef LAPICSIM_LINES_H
#define LAPICSIM_LINES_H

#include <stdint.h>

#define PAGE_BYTES	4096u
#define LINE_BYTES	64u
#define LINE_ZERO	0u		/* the number of the line that is all zero */

/* Memory as it is, whoever poisoned it. */
#define RAW	__attribute__((no_sanitize("address", "undefined")))

typedef uint64_t raw_word __attribute__((aligned(1), may_alias));

/* Once per process: room for @most lines that differ. 0 or a negative errno. */
int lines_begin(uint64_t most);
/* The number of a line with the contents of @line. */
uint32_t lines_add(const uint8_t *line);
/*
 * Writes into @page what differs; @map and @index say what belongs there. Returns the end
 * of the page's part of the index, which is followed by one number more, whichever.
 */
extern const uint32_t *(*lines_put_page)(uint8_t *page, uint64_t map, const uint32_t *index);
/* Nothing is added from here on: gives back what that took. */
void lines_end(void);
/* Resident memory that the lines take. */
uint64_t lines_bytes(void);

#endif
