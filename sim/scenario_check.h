/* SPDX-License-Identifier: GPL-2.0-only */
/* What no single row of the option table can know: keys that need, or exclude, each other. */
#ifndef LAPICSIM_SCENARIO_CHECK_H
#define LAPICSIM_SCENARIO_CHECK_H

#include "sim/scenario.h"

/* @what is wrong with [@section] @key. */
typedef void scenario_complain_fn(void *arg, const char *section, const char *key, const char *what);

/* Calls @complain for each thing that is wrong with @s. */
void scenario_check(const struct scenario *s, scenario_complain_fn *complain, void *arg);

#endif
