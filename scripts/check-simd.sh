#!/bin/sh
# Prove that a built file carries libjpeg-turbo with its SIMD code: `check-simd.sh target/release/pixfront` (or a libturbojpeg.a).
#
# Without nasm or with the wrong cmake flag libjpeg-turbo falls back to plain C without an error, and every picture takes two
# to three times as long. The inverse DCT is on the path of each JPEG, so its hand-written form must be among the symbols.
set -eu

file=${1:?usage: check-simd.sh FILE}

fail() {
    echo "check-simd: $*" >&2
    exit 1
}

command -v nm >/dev/null 2>&1 || fail "nm is missing, so SIMD cannot be checked; install binutils."
[ -f "$file" ] || fail "$file does not exist; run \`make build\`."

# GNU nm fails on no member of an archive that it can read, and says "no symbols" of a stripped file on stderr only.
symbols=$(nm "$file" 2>/dev/null) || fail "nm cannot read $file."
[ -n "$symbols" ] || fail "$file has no symbols, so SIMD cannot be checked; keep \`strip = \"debuginfo\"\` in Cargo.toml."

has() {
    printf '%s\n' "$symbols" | grep -Eq " [Tt] _?($1)\$"
}

has 'jsimd_idct_islow_(avx2|neon)' && exit 0
has 'jpeg_start_decompress' || fail "$file contains no libjpeg-turbo at all, so there is no SIMD to find in it."
fail "libjpeg-turbo in $file was built without SIMD and would decode at half speed;" \
    "see that nasm works, then run \`cargo clean -p turbojpeg-sys --release\` and \`make build\`."
