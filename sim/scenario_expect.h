/* SPDX-License-Identifier: GPL-2.0-only */
/* [expect] of a scenario: what each variant class is expected to show. See scenario_sections[]. */
#ifndef LAPICSIM_SCENARIO_EXPECT_H
#define LAPICSIM_SCENARIO_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/scenario.h"

/* Adds `@class = @list`. 0, or -1 with what is wrong in @error. */
int scenario_expect_add(struct scenario *s, const char *class, const char *list, char *error, size_t n);
bool scenario_expect_has_default(const struct scenario *s);

#endif
