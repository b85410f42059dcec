#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Races the 4,096-vCPU scenario and then the PV EOI scenarios on the variants
# given, and ends with the table of the latter. About a minute on 2 cores once
# the variants are built. STRESS_RUNS: seeds for each PV EOI scenario.
#
# The exit code is that of lapicsim run: 11 if an unfixed variant does not hit
# the BUG, 10 if there is anything that no expectation covers.
set -u

lapicsim=$1
shift
variants=
for v in "$@"; do
	variants="$variants --variant $v"
done
code=0
"$lapicsim" run scenarios/big-4096.scn $variants --runs "${STRESS_BIG_RUNS:-2}" --replay-share 0 || code=$?
"$lapicsim" run scenarios/pv-eoi-*.scn $variants --runs "${STRESS_RUNS:-3000}" --table || { second=$?; [ "$code" != 0 ] || code=$second; }
exit $code
