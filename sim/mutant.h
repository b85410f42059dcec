/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * runner --mutant SCENARIO NUMBER SEED...: runs with one mutant of kvm/mutate/ on,
 * from the first call into KVM, so that those of its setup code count as well.
 * Prints what scripts/mutants.py reads: a line "run" for each seed, a line "div" for
 * each divergence, and with NUMBER 0, the unchanged code, which mutants were reached.
 * --mutant-explain adds to a line "div" what scripts/purity.py needs: function, slice,
 * stack and trail.
 *
 * Does not judge: whether a mutant is killed, scripts/mutants.py decides.
 */
#ifndef LAPICSIM_MUTANT_H
#define LAPICSIM_MUTANT_H

#include <stdbool.h>

/* Does @argv ask for it? Then mutant_main() is the whole program: its exit code. */
bool mutant_wanted(int argc, char **argv);
int mutant_main(int argc, char **argv);

#endif
