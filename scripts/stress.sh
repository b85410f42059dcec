#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Races the PV EOI scenarios and the 4,096-vCPU one on the variants given, for
# about a minute, and ends with the table.  The unfixed variants are expected to
# hit the BUG (exit code 11 if they don't), the fixed ones never to (10).
set -eu

lapicsim=$1
shift
variants=
for v in "$@"; do
	variants="$variants --variant $v"
done
exec "$lapicsim" run scenarios/pv-eoi-*.scn scenarios/big-4096.scn $variants --time "${STRESS_TIME:-60s}" --table
