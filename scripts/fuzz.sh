#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make fuzz: each target under libFuzzer for so many seconds, two at a time. New inputs go to
# FOLDER/NAME, what was found to FOLDER/NAME.found-*.
# usage: fuzz.sh FOLDER SECONDS NAME...
set -eu
folder=$1 seconds=$2
shift 2
one() {
	mkdir -p "$folder/$1"
	ASAN_OPTIONS=detect_leaks=0 "$folder/clang/fuzz-$1" "$folder/$1" "tests/fuzz/corpus/$1" -max_total_time="$seconds" -max_len=65536 \
		-timeout=20 -artifact_prefix="$folder/$1.found-" > "$folder/$1.log" 2>&1
}
status=0
while [ $# -gt 0 ]; do
	first=$1 second=${2:-}
	one "$first" & a=$!
	b=
	[ -z "$second" ] || { one "$second" & b=$!; }
	for pair in "$first:$a" ${b:+"$second:$b"}; do
		name=${pair%:*}
		if wait "${pair#*:}"; then
			echo "ok - $name: $(grep -c . "$folder/$name.log") lines, $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "$folder/$name.log")"
		else
			status=1
			echo "not ok - $name: $folder/$name.log"
			grep -m 1 'ERROR\|runtime error\|fuzz/' "$folder/$name.log" || tail -n 3 "$folder/$name.log"
		fi
	done
	shift
	[ $# -eq 0 ] || shift
done
exit $status
