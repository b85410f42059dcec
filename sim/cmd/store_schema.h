/* SPDX-License-Identifier: GPL-2.0-only */
/* The SQL that makes an empty store. */
#ifndef LAPICSIM_STORE_SCHEMA_H
#define LAPICSIM_STORE_SCHEMA_H

/* Statement @i, tables first; NULL after the last. */
const char *store_schema(unsigned int i);
/* The one that makes table @name, or NULL. */
const char *store_schema_table(const char *name);
/* The same, of the tables that only comparisons have. */
const char *store_schema_compare(unsigned int i);

#endif
