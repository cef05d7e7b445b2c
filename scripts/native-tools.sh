#!/bin/sh
# See that Rust, a C and a C++ compiler, perl, cmake and (on x86) nasm are at hand; fetch cmake and nasm if they are not.
#
# The bundled libjpeg-turbo and libaom need them: cmake builds them, nasm assembles their SIMD, perl writes some of libaom's
# source, and libaom's cmake asks for a C++ compiler, although what is built of it is C. With all in place this prints nothing.
# As root on Debian or Ubuntu what is missing is installed with apt-get. Otherwise, or with PIXFRONT_NO_APT=1 in the
# environment (which leaves the system alone), cmake comes from PyPI and nasm out of its Debian package, both unpacked in
# .tools/, whose bin/ the Makefile puts first on PATH. Compilers and perl (which a Debian always has) are never unpacked there:
# only apt-get as root installs them.
set -eu

cd "$(dirname "$0")/.."
PATH=$PWD/.tools/bin:$PATH
log=$PWD/.tools/log

fail() {
    echo "native-tools: $*" >&2
    exit 1
}

# Run, not just looked up: a version manager's shim is on PATH although nothing is behind it.
works() {
    case $1 in
        cc) echo '#include <stdio.h>' | cc -fsyntax-only -x c - ;;
        c++) echo '#include <cstdio>' | c++ -fsyntax-only -x c++ - ;;
        nasm) nasm -v ;;
        *) "$1" --version ;;
    esac >/dev/null 2>&1
}

missing() {
    for tool in cc c++ perl cmake $assembler; do
        works "$tool" || printf '%s ' "$tool"
    done
}

rust() {
    want=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    if ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
        fail "cargo or rustc is missing; install Rust $want or newer with rustup, which reads rust-toolchain.toml."
    fi
    have=$(rustc --version) || fail "rustc does not run (its own words are above); \`rustup toolchain install\` may mend it."
    have=${have#rustc }
    have=${have%% *}
    printf '%s\n' "$want" "$have" | sort -VC ||
        fail "rustc $have is too old for this crate; install Rust $want or newer with rustup (a distribution's is often old)."
}

as_root() {
    # shellcheck disable=SC2046 # several words are meant
    set -- $(echo "$1" | sed 's/c++/g++/; s/\<cc\>/gcc libc6-dev/')
    echo "native-tools: installing $* with apt-get"
    install="apt-get install -y --no-install-recommends $*"
    export DEBIAN_FRONTEND=noninteractive
    $install >>"$log" 2>&1 || { apt-get update && $install; } >>"$log" 2>&1
}

# apt-get with package lists of its own, which need no root.
private_apt() {
    apt-get -o APT::Sandbox::User=root -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD" "$@"
}

# A Debian package into .tools/NAME: by the system's package lists, or where those are empty or stale by private ones.
unpack() (
    rm -rf ".tools/$1"
    mkdir -p .tools/apt/lists/partial .tools/apt/archives/partial && cd .tools/apt || return 1
    {
        apt-get download "$1" || { private_apt update && private_apt download "$1"; }
    } >>"$log" 2>&1 && dpkg-deb -x "$1"_*.deb "../$1" >>"$log" 2>&1
)

local_cmake() {
    command -v python3 >/dev/null || return 1
    pip='-m pip'
    if ! python3 -m pip --version >/dev/null 2>&1; then
        # A bare Debian has neither pip nor ensurepip, but pip's wheel is a package, and runs as it is.
        unpack python3-pip-whl || return 1
        pip=$(echo .tools/python3-pip-whl/usr/share/python-wheels/pip-*.whl)/pip
    fi
    rm -rf .tools/cmake
    # shellcheck disable=SC2086 # `-m pip` is two words
    python3 $pip install --no-deps --only-binary=:all: --target .tools/cmake cmake >>"$log" 2>&1 || return 1
    ln -sf ../cmake/cmake/data/bin/cmake .tools/bin/cmake
}

local_nasm() {
    command -v apt-get >/dev/null && unpack nasm || return 1
    ln -sf ../nasm/usr/bin/nasm .tools/bin/nasm
}

rust
case $(uname -m) in
    x86_64 | amd64 | i?86) assembler=nasm ;;
    *) assembler='' ;; # other processors' SIMD is written in C
esac

needed=$(missing)
[ -n "$needed" ] || exit 0
mkdir -p .tools/bin
: >"$log"

if [ "$(id -u)" = 0 ] && [ -z "${PIXFRONT_NO_APT:-}" ] && command -v apt-get >/dev/null; then
    as_root "$needed" || echo "native-tools: apt-get failed"
    needed=$(missing)
fi

for tool in $needed; do
    case $tool in cc | c++ | perl) continue ;; esac
    echo "native-tools: fetching $tool into .tools/"
    "local_$tool" || echo "native-tools: could not fetch $tool"
done

needed=$(missing)
rm -rf .tools/apt
[ -z "$needed" ] || fail "still missing: ${needed% }; install with your system's package manager" \
    "(Debian, as root: apt-get install gcc g++ libc6-dev perl cmake nasm) and try again. What was tried is in .tools/log."
