/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which operations followed which, in which state of the APIC: a bit for each that
 * a run shows, in runs whose seed says so.  Other runs pay nothing for it.  Nothing in
 * the simulation reads it.
 */
#ifndef LAPICSIM_PAIR_STATES_H
#define LAPICSIM_PAIR_STATES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/digest.h"

#define PAIR_SAMPLE	16u	/* a run in so many is looked at */
#define PAIR_MAX	4096u	/* of one run; what comes then is left out */

extern bool pair_states_on;

/* A run starts. */
void pair_states_start(uint64_t seed);
void pair_states_note(enum digest_event what, uint64_t a, uint64_t b);
/* Numbers of sim/pair_names.h, each once; @nr is 0 if the run was not looked at. */
const uint32_t *pair_states_seen(uint32_t *nr);

#endif
