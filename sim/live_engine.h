/* SPDX-License-Identifier: GPL-2.0-only */
/* The runner's side of `lapicsim live`: the sequences on this variant's KVM. */
#ifndef LAPICSIM_LIVE_ENGINE_H
#define LAPICSIM_LIVE_ENGINE_H

/* `runner --live-sequence SEED_FIRST SEED_LAST STEPS`: records on stdout. The exit code. */
int live_engine_main(const char *first, const char *last, const char *nr_steps);

#endif
