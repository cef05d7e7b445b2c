#!/bin/sh
# Print the path of the photograph that the bench measures on, out of Debian's mate-backgrounds; fetch the package if need be.
#
# It is unpacked in .tools/ and never installed, so that this needs no root. With a photograph of your own there is no need for
# it: `make bench PHOTO=my.jpg` (4000 × 3000 pixels or more).
set -eu

cd "$(dirname "$0")/.."
name=usr/share/backgrounds/mate/abstract/Elephants_5640x3172.jpg
for photo in "/$name" "$PWD/.tools/mate-backgrounds/$name"; do
    [ ! -f "$photo" ] || { echo "$photo"; exit 0; }
done

mkdir -p .tools/apt
(cd .tools/apt && apt-get download mate-backgrounds >&2 && dpkg-deb -x mate-backgrounds_*.deb ../mate-backgrounds) || {
    echo "bench-photo: mate-backgrounds could not be fetched (apt-get update may help); give a photograph: make bench PHOTO=my.jpg" >&2
    exit 1
}
rm -r .tools/apt
echo "$PWD/.tools/mate-backgrounds/$name"
