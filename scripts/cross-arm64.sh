#!/bin/sh
# Build the functions for arm64 on another machine: `cross-arm64.sh TARGET_DIR [pixfront.toml]` writes TARGET_DIR/package/arm64.
#
# Zig is the C compiler and the linker, for the C library that Lambda has; cargo-zigbuild, which brings it, comes from PyPI.
# Lambda@Edge has no arm64, so there is no edge.zip.
set -eu

dir=${1:?usage: cross-arm64.sh TARGET_DIR [pixfront.toml]}
target=aarch64-unknown-linux-gnu
PATH=$PWD/.tools/bin:$PWD/.tools/venv/bin:$PATH

fail() {
    echo "cross-arm64: $*" >&2
    exit 1
}

[ -d "$(rustc --print sysroot)/lib/rustlib/$target" ] ||
    fail "Rust's standard library for $target is missing: rustup target add $target"
if ! cargo-zigbuild --version >/dev/null 2>&1; then
    echo 'cross-arm64: fetching cargo-zigbuild and Zig into .tools/venv'
    .tools/venv/bin/pip install --quiet cargo-zigbuild || fail 'cargo-zigbuild could not be installed from PyPI.'
fi

cargo zigbuild --release --locked --target "$target.2.34" --bin upload-trigger --bin http-origin --bin origin-response
scripts/package-lambda.sh "$dir/$target/release" "$dir/package/arm64" "${2:-}"
