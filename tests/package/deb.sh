#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A package in a bare Debian 12 (mmdebstrap; root): it installs with its dependencies, and
# somebody who is not root builds a variant, runs it, reports on it and reads the manual.
# usage: deb.sh PACKAGE
set -eu
deb=$(realpath "$1")
passed=0 failed=0
root=$(mktemp -d /var/tmp/lapicsim-deb.XXXXXX)
trap 'umount "$root/proc" 2>/dev/null; rm -rf "$root"' EXIT

check() {	# what, command: it must end with 0
	what=$1; shift
	if "$@" > "$root.log" 2>&1; then
		passed=$((passed + 1)); echo "ok - $what"
	else
		failed=$((failed + 1)); echo "not ok - $what"; tail -n 20 "$root.log"
	fi
	rm -f "$root.log"
}
as_user() { chroot "$root" su - tester -c "$1"; }

mmdebstrap --quiet --variant=apt --include=ca-certificates bookworm "$root" \
	"deb http://deb.debian.org/debian bookworm main" "deb http://deb.debian.org/debian-security bookworm-security main"
mount -t proc proc "$root/proc"
cp "$deb" "$root/tmp/lapicsim.deb"
check "apt installs it" chroot "$root" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq /tmp/lapicsim.deb man-db bash-completion gnuplot-nox'
chroot "$root" useradd -m -s /bin/bash tester
check "version" as_user 'lapicsim version'
check "a variant is built" as_user 'lapicsim variant add 6.12 --deb linux-source-6.12'
check "and keeps the environment's promises" as_user '.cache/lapicsim/variants/6.12/plain/runner --self-test'
check "it runs, and shows nothing new" as_user 'lapicsim run pv-eoi-plain pv-eoi-page-away --seeds 0-199 --store night.db'
check "the store is reported" as_user 'lapicsim report night.db --output out && test -s out/report.html'
check "manual pages" as_user 'man lapicsim lapicsim-run lapicsim-variant-add 5 lapicsim-scenario lapicsim-known | grep -q .'
check "completion" as_user '. /usr/share/bash-completion/completions/lapicsim; COMP_WORDS=(lapicsim run pv-eoi-pl) COMP_CWORD=2; _lapicsim; test "$COMPREPLY" = pv-eoi-plain'
check "apt removes it whole" chroot "$root" sh -c 'apt-get purge -y -qq lapicsim && ! test -e /usr/share/lapicsim && ! test -e /usr/bin/lapicsim'
echo "$passed passed, $failed failed"
test "$failed" = 0
