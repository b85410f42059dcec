/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the simulation costs beside KVM's own code: for `make bench`.
 *
 * Measures in one process, side by side and in turn, since only ratios mean
 * anything on a shared machine.
 */
#ifndef LAPICSIM_BENCH_H
#define LAPICSIM_BENCH_H

/*
 * `runner --bench SCENARIO [OVERRIDES]`: prints what an interrupt, an event and the start
 * of a run cost.  Exit code.
 */
int bench_main(const char *path, const char *overrides);
/*
 * `runner --bench-where SCENARIO`: makes runs for some seconds and prints where they were,
 * as lines "ADDRESS COUNT", for scripts/bench.py.
 */
int bench_where_main(const char *path);

#endif
