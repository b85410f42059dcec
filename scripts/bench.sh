#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the simulator costs: each line is measured in one process, side by side.
set -eu
build=$1
for v in 6.12 6.1; do
	echo "$v, one vCPU, an MSI each 2 us, each acknowledged through PV EOI:"
	"$build/variants/$v/plain/runner" --bench bench/interrupts.scn
	echo "$v, 4,096 vCPUs, the same events spread over them:"
	"$build/variants/$v/plain/runner" --bench bench/interrupts-4096.scn
done
make -s -f tests/unit/unit.mk O="$build" unit-bench

echo "variant add, up to date (three times):"
for i in 1 2 3; do
	start=$(date +%s%N)
	make -s variant-6.12 >/dev/null
	echo "  $((($(date +%s%N) - start) / 1000000)) ms, make included"
done
