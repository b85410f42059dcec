#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make analyze: three static analysers over the libc world. The kernel world (kvm/) is
# compiled with a tree's headers and shims, which none of them follows; there the compiler's
# warnings, the sanitized flavour and the self tests have to do.
# usage: analyze.sh BUILD
set -u
build=$1/analyze
mkdir -p "$build"
passed=0 failed=0

report() {	# name, log: it must be empty
	if [ -s "$2" ]; then
		failed=$((failed + 1)); echo "not ok - $1: $(grep -c . "$2") lines in $2"; head -n 20 "$2"
	else
		passed=$((passed + 1)); echo "ok - $1"
	fi
}

# A sentinel of NULL is a pointer with gcc; the sections' bounds are linker symbols, not objects.
cppcheck -q -j "$(nproc)" --std=c11 --enable=warning,performance,portability --inline-suppr --suppress=varFuncNullUB \
	--suppress=comparePointers --suppress=internalAstError --suppress=arrayIndexThenCheck -I. sim 2> "$build/cppcheck.log"
report cppcheck "$build/cppcheck.log"

find sim -name '*.c' | xargs -P "$(nproc)" -n 8 sh -c 'clang-tidy --quiet "$@" -- -std=gnu11 -I. -Wno-everything 2>/dev/null' sh \
	> "$build/clang-tidy.log"
report clang-tidy "$build/clang-tidy.log"

# Without the checks of gcc 12 that do not follow ownership into a table, or a mapping.
find sim -name '*.c' | xargs -P "$(nproc)" -n 4 sh -c 'for f; do gcc -std=gnu11 -O1 -I. -fno-pic -fanalyzer -Wno-analyzer-malloc-leak \
	-Wno-analyzer-file-leak -Wno-analyzer-fd-leak -Wno-analyzer-use-of-uninitialized-value -Wno-analyzer-possible-null-argument \
	-Wno-analyzer-possible-null-dereference -fdiagnostics-plain-output -c -o /dev/null "$f" 2>&1 | grep "warning: "; done' sh > "$build/gcc.log"
report "gcc -fanalyzer" "$build/gcc.log"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
