/* SPDX-License-Identifier: GPL-2.0-only */
/* Comparisons in the store: see docs/store.md. Private to sim/cmd/store*.c but for the result. */
#ifndef LAPICSIM_STORE_COMPARE_H
#define LAPICSIM_STORE_COMPARE_H

#include "sim/cmd/report_compare.h"
#include "sim/cmd/store.h"

/* Within a transaction. False: see store_error(). */
bool store_compare_tables(struct store *s);
bool store_write_single(struct store *s, int64_t cell, const struct store_chunk *k);
/* After the cells' buckets. */
bool store_load_single(struct store *s, struct campaign *c);

/* Replaces what the store has of this comparison's result. */
bool store_write_comparison(struct store *s, const struct comparison *x, const struct compared *after);

#endif
