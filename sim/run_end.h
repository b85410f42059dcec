/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of enum run_end, for the runner and for lapicsim. */
#ifndef LAPICSIM_RUN_END_H
#define LAPICSIM_RUN_END_H

#include <stdint.h>

const char *run_end_name(uint32_t end);

#endif
