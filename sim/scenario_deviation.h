/* SPDX-License-Identifier: GPL-2.0-only */
/* [deviations] of a scenario: which rows of sim/oracle/deviation.c hold in it. */
#ifndef LAPICSIM_SCENARIO_DEVIATION_H
#define LAPICSIM_SCENARIO_DEVIATION_H

#include <stddef.h>
#include <stdint.h>

#include "sim/scenario.h"

/* `@name = @value`. 0, or -1 with what is wrong in @error. */
int scenario_deviation_set(struct scenario *s, const char *name, const char *value, char *error, size_t n);
/* "deviations.NAME=on\n" of each row that @s sets to other than its default, for the hash; "" if none. */
void scenario_deviation_format(const struct scenario *s, char *buf, size_t n);
/* Puts the table's switches where @s wants them; once per process. */
void scenario_deviation_apply(const struct scenario *s);

#endif
