#!/bin/sh
# Fuzz one target for some seconds: fuzz.sh TARGET SECONDS [libFuzzer's own arguments]
#
# Needs a nightly compiler (from rustup, which no package registry serves) and cargo-fuzz, which is installed into .tools/ if it is
# missing. With clang and its sanitizers' runtime the C codecs are instrumented too, so that the fuzzer sees its way into them and
# every access that they make is checked; without, only Rust's is. A test makes the seeds for tests/fuzz/corpus.
# What is found lies in tests/fuzz/artifacts.
set -eu

cd "$(dirname "$0")/.."
PATH=$PWD/.tools/bin:$PATH
target=${1:-render}
seconds=${2:-60}
[ $# -lt 2 ] || shift 2

fail() {
    echo "fuzz: $*" >&2
    exit 1
}

[ -f "tests/fuzz/targets/$target.rs" ] ||
    fail "there is no target $target, but $(basename -s .rs tests/fuzz/targets/*.rs | tr '\n' ' ')"
cargo +nightly --version >/dev/null 2>&1 ||
    fail "this wants a nightly compiler for its sanitizers: rustup toolchain install nightly"
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "fuzz: installing cargo-fuzz into .tools/"
    cargo install --locked --root .tools cargo-fuzz
fi

# Only for this machine's own target: what runs during the build is not instrumented.
triple=$(rustc +nightly -vV | sed -n 's/^host: //p')
flags='-fsanitize=address,fuzzer-no-link -g1 -O1'
probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
echo 'int main(void) { return 0; }' >"$probe/main.c"
# shellcheck disable=SC2086 # several words are meant
if clang $flags "$probe/main.c" -o "$probe/main" >/dev/null 2>&1 && "$probe/main"; then
    export CC=clang CXX=clang++ "CFLAGS_$(echo "$triple" | tr - _)=$flags"
else
    echo "fuzz: without clang and its runtime (Debian: clang libclang-rt-dev) the C codecs are not instrumented"
fi

# The seeds are made with the stable compiler, by a test that leaves them in the target directory.
mkdir -p "tests/fuzz/corpus/$target"
if [ "$target" != parse ] && [ -z "$(ls "tests/fuzz/corpus/$target")" ]; then
    env -u CC -u CXX cargo test --locked --test it -- --exact hostile::seeds::the_fuzzers_begin_with_every_format
    cp "${CARGO_TARGET_DIR:-target}/tmp/seeds/$target/"* "tests/fuzz/corpus/$target/"
fi

# A directory of its own, because other flags would build everything in the usual one anew.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/fuzz"
# Rust's panics are caught by `render`, and are what a fuzzer must see: libfuzzer-sys ends the process at the first.
cargo +nightly fuzz run --fuzz-dir tests/fuzz "$target" -- \
    -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=2048 -timeout=10 -dict=tests/fuzz/formats.dict "$@"
