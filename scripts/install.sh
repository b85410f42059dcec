#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make install: BUILD's lapicsim and all that it builds variants from, to DESTDIR/PREFIX.
# usage: install.sh BUILD PREFIX [DESTDIR]
set -eu
build=$1 prefix=$2 to=${3:-}$2
share=$to/share/lapicsim

install -d "$to/bin" "$share" "$to/share/man/man1" "$to/share/man/man5" "$to/share/bash-completion/completions" \
	"$to/share/doc/lapicsim"
install -m 755 "$build/lapicsim" "$to/bin/lapicsim"
# The simulator's and the environment's sources become part of each variant; an older
# installation's may have files that are gone.
rm -rf "$share"
for file in $(git ls-files sim kvm scenarios known variants reports docs 2>/dev/null || find sim kvm scenarios known \
		variants reports docs -type f ! -path '*/__pycache__/*'); do
	install -D -m 644 "$file" "$share/$file"
done
install -m 644 README.md CONTRIBUTING.md "$share"
for file in README.md CONTRIBUTING.md docs; do
	ln -sfn "../../lapicsim/$file" "$to/share/doc/lapicsim/$file"
done
for page in $("$build/lapicsim" help man); do
	case $page in
	*.5) name=lapicsim-$page section=5 ;;
	lapicsim) name=$page.1 section=1 ;;
	*) name=lapicsim-$page.1 section=1 ;;
	esac
	"$build/lapicsim" help man "$page" | gzip -9n > "$to/share/man/man$section/$name.gz"
done
"$build/lapicsim" help completion > "$to/share/bash-completion/completions/lapicsim"
echo "installed in $prefix: $("$build/lapicsim" version)"
