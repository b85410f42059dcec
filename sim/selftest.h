/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * runner --self-test [NAME]: the tests of kvm/selftest/ on this variant, each from
 * many seeds, as TAP on stdout.  NAME: only those whose name contains it.
 *
 * Does not build a VM: KVM's own code is idle here.
 */
#ifndef LAPICSIM_SIM_SELFTEST_H
#define LAPICSIM_SIM_SELFTEST_H

#include <stdbool.h>

/* Does @argv ask for it? Then selftest_main() is the whole program: its exit code. */
bool selftest_wanted(int argc, char **argv);
int selftest_main(int argc, char **argv);

#endif
