#!/bin/sh
# Pack a built binary: `package.sh target` writes target/package/pixfront-VERSION-ARCH-linux.tar.gz.
#
# The same commit and the same binary give the same bytes: names sorted, one owner, one time, no gzip header time.
set -eu

target=${1:?usage: package.sh TARGET_DIR}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
name=pixfront-$version-$(uname -m)-linux
out=$target/package
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)} # no git: 1980, as zip has it

for file in "$target/release/pixfront" README.md LICENSE-MIT LICENSE-APACHE; do
    [ -f "$file" ] || { echo "package: $file is missing, so there is nothing complete to pack." >&2; exit 1; }
done

rm -rf "${out:?}/$name"
mkdir -p "$out/$name"
install -m 755 "$target/release/pixfront" "$out/$name/"
install -m 644 README.md LICENSE-* "$out/$name/"
tar -C "$out" --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX' --mtime="@$epoch" \
    -cf "$out/$name.tar" "$name"
gzip -nf9 "$out/$name.tar"
rm -r "${out:?}/$name"

echo "$out/$name.tar.gz: $(wc -c <"$out/$name.tar.gz") bytes, sha256 $(sha256sum "$out/$name.tar.gz" | cut -d ' ' -f 1)"
