/* SPDX-License-Identifier: GPL-2.0-only */
/* The SQL that makes an empty store. */
#ifndef LAPICSIM_STORE_SCHEMA_H
#define LAPICSIM_STORE_SCHEMA_H

extern const char store_schema[];

#endif
