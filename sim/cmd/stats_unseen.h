/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much has not been seen yet, by what was seen once or twice: a run shows
 * any number of states, and counts once for each.
 */
#ifndef LAPICSIM_STATS_UNSEEN_H
#define LAPICSIM_STATS_UNSEEN_H

#include <stdint.h>

/*
 * Good and Turing: the probability that a state which a further run shows has been
 * seen in no run before: f1 / all, of @all sightings @f1 being the only one of their
 * state. 1 without any.
 */
double stats_good_turing(uint64_t f1, uint64_t all);
/*
 * Chao's estimate for incidences (Chao2, its bias-corrected form): at least how many
 * states there are that none of @runs showed; @f1 and @f2 states were shown by one
 * and by two.
 */
double stats_chao2(uint64_t f1, uint64_t f2, uint64_t runs);

#endif
