#!/bin/sh
# Pack the three Lambda functions: `package-lambda.sh RELEASE_DIR OUT_DIR [pixfront.toml]` writes edge.zip, upload.zip and http.zip.
#
# Each holds its program as `bootstrap`, for a provided.al2023 function; edge.zip also index.mjs, which starts it under Node.js, as
# Lambda@Edge wants. A settings file goes beside it, where the programs look for it. The same inputs give the same bytes.
set -eu

release=${1:?usage: package-lambda.sh RELEASE_DIR OUT_DIR [pixfront.toml]}
out=${2:?usage: package-lambda.sh RELEASE_DIR OUT_DIR [pixfront.toml]}
settings=${3:-}

fail() {
    echo "package: $*" >&2
    exit 1
}

python3 --version >/dev/null 2>&1 || fail 'python3 is missing, which writes the zips (Debian, as root: apt-get install python3).'
[ -z "$settings" ] || [ -f "$settings" ] || fail "there is no file $settings."

# Amazon Linux 2023, on which all of them run, has this C library; a program that was linked on a newer system would not start.
newest_glibc=2.34
# Lambda@Edge takes zips of up to 50 MB; ours should stay far below. libaom alone is 2 MB of it.
bytes_max=12000000

check_glibc() {
    # A weak symbol may be missing: Rust's standard library asks for some so, and does without.
    needed=$(readelf -W --dyn-syms "$1" | sed -n '/ WEAK /d; s/.*@GLIBC_\([0-9.]*\).*/\1/p' | sort -Vu | tail -n 1)
    [ -n "$needed" ] || fail "$1 says of no C library that it needs it, which can't be right."
    printf '%s\n' "$needed" "$newest_glibc" | sort -VC ||
        fail "$1 needs glibc $needed, but Lambda has $newest_glibc; build it on Debian 12, Amazon Linux 2023 or an older system."
}

pack() {
    zip=$out/$1.zip
    program=$release/$2
    shift 2
    [ -x "$program" ] || fail "$program is missing; build it first."
    check_glibc "$program"
    [ -z "$settings" ] || set -- "$@" "pixfront.toml=$settings"
    # Symbols are a tenth of the zip, and the log names a panic's file and line without them.
    # This machine's strip may not know another processor's programs; then they go as they are.
    strip -s -o "$out/bootstrap" "$program" 2>/dev/null || cp "$program" "$out/bootstrap"
    python3 scripts/zip.py "$zip" "bootstrap=$out/bootstrap" LICENSE-THIRD-PARTY=LICENSE-THIRD-PARTY "$@"
    rm "$out/bootstrap"
    bytes=$(wc -c <"$zip")
    [ "$bytes" -le "$bytes_max" ] || fail "$zip has $bytes bytes, over our limit of $bytes_max."
    echo "$zip: $bytes bytes, sha256 $(sha256sum "$zip" | cut -d ' ' -f 1)"
}

mkdir -p "$out"
pack upload upload-trigger
pack http http-origin
# Of the machine that the programs are for, not of this one.
case $(readelf -h "$release/origin-response") in
    *X86-64*) pack edge origin-response index.mjs=cloudfront/edge/index.mjs ;;
    *) echo 'package: no edge.zip: Lambda@Edge has x86_64 only, and this is a build for another processor.' ;;
esac
