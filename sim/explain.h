/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run made once more to say where its divergences come from: the trail of
 * operations before each, and KVM's stack without what only this build has.
 *
 * The run is the same: it has the same digest.  Runs that are not explained pay
 * nothing for it.
 */
#ifndef LAPICSIM_EXPLAIN_H
#define LAPICSIM_EXPLAIN_H

#include "sim/run.h"
#include "sim/wire.h"

/* As run_one(). @why has RUN_MAX_DIVERGENCES; the first out->nr_recorded are filled. */
void explain_run(uint64_t seed, struct run_result *out, struct wire_explanation *why);

#endif
