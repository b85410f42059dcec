/* SPDX-License-Identifier: GPL-2.0-only */
/* Where findings go: run.c keeps them for the run's result. */
#ifndef LAPICSIM_RECORD_H
#define LAPICSIM_RECORD_H

#include <stdint.h>

#include "sim/divergence.h"

void record_divergence(const struct divergence *d);
uint64_t record_now(void);	/* virtual time in ns */

#endif
