#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make deb: a package out of `make install`. Its dependencies are what lapicsim is linked
# with, and what building a variant takes.
# usage: deb.sh BUILD VERSION
set -eu
build=$(realpath "$1") version=$2
arch=$(dpkg --print-architecture)
tree=$build/deb/lapicsim
deb=$build/lapicsim_${version}_$arch.deb

rm -rf "$build/deb"
mkdir -p "$tree/DEBIAN" "$build/deb/debian"
scripts/install.sh "$build" /usr "$tree" >/dev/null
strip -o "$tree/usr/bin/lapicsim" "$build/lapicsim"
printf 'License: GPL-2.0-only\nOn Debian systems the text is in /usr/share/common-licenses/GPL-2.\n' \
	> "$tree/usr/share/doc/lapicsim/copyright"
printf 'Source: lapicsim\n\nPackage: lapicsim\nArchitecture: any\n' > "$build/deb/debian/control"
libraries=$(cd "$build/deb" && dpkg-shlibdeps -O lapicsim/usr/bin/lapicsim | sed 's/^shlibs:Depends=//')
cat > "$tree/DEBIAN/control" <<EOF
Package: lapicsim
Version: $version
Architecture: $arch
Maintainer: lapicsim <lapicsim@localhost>
Installed-Size: $(du -sk "$tree" | cut -f 1)
Section: devel
Priority: optional
Depends: $libraries, gcc, libc6-dev, binutils, python3, libinih-dev, libunwind-dev, xz-utils, patch
Recommends: git, gnuplot-nox, man-db
Suggests: gdb, python3-clang-14
Description: race KVM's own interrupt code in user space, and judge it
 Compiles the local APIC, PV EOI and entry code of KVM out of any kernel tree
 into an ordinary program, runs vCPUs, devices, VMM threads and the memory
 manager against each other from a seed, and judges what comes out by the rules
 of the architecture. Neither /dev/kvm nor root is needed.
EOF
(cd "$tree" && find usr -type f -exec md5sum {} +) > "$tree/DEBIAN/md5sums"
dpkg-deb --build --root-owner-group "$tree" "$deb" >/dev/null
rm -rf "$build/deb"
echo "$deb"
