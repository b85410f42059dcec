#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what lapicsim is built with, on Debian: by apt-get as root or through
# sudo, else says what to install. Arguments: packages beyond these. Does nothing when
# all of it is there.
set -eu

packages="gcc libc6-dev linux-libc-dev make binutils python3 libinih-dev libsqlite3-dev libunwind-dev python3-clang-14 xz-utils patch git gnuplot-nox $*"
# Asked once for all: it is asked at each make.
installed=$(dpkg-query -W -f='${Package} ${Status}\n' $packages 2>/dev/null || true)
missing=
for p in $packages; do
	case "
$installed
" in
	*"
$p install ok installed
"*) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	sudo=sudo
else
	echo "lapicsim: please install:$missing (apt-get install$missing)" >&2
	exit 2
fi
echo "lapicsim: installing$missing" >&2
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
