/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the simulation costs beside KVM's own code: for `make bench`.
 *
 * Measures in one process, side by side and in turn, since only ratios mean
 * anything on a shared machine.
 */
#ifndef LAPICSIM_BENCH_H
#define LAPICSIM_BENCH_H

/* `runner --bench SCENARIO`: prints a table. Exit code. */
int bench_main(const char *path);

#endif
