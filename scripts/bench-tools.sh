#!/bin/sh
# See that what the bench compares Pixfront with, and the pictures it does so on, are in .tools/bench.
#
#   scripts/bench-tools.sh [--oximg] [--oha]    all that installs in a minute; with the two that cargo has to compile (minutes)
#
# With all in place this prints nothing and asks nobody. What can't be had is said on standard error and the rest goes on, for the
# bench says in its tables what was not installed. Packages of the system's are installed with apt-get where we are root, unless
# PIXFRONT_NO_APT=1 is in the environment.
set -eu

cd "$(dirname "$0")/.."
mkdir -p .tools/bench
# Without links in it, since a venv's programs have it written into them.
dir=$(cd .tools/bench && pwd -P)
log=$dir/install.log
# ipx's own sharp: the newest that it asks for.
node_packages='ipx@3.1.1 listhen@1.10.1 sharp@0.34.5'
oha=1.16.0
scikit_image=0.26.0
PATH=$PWD/.tools/bin:$PATH:$PWD/.tools/venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() {
    echo "bench-tools: $*"
}

# Of $1: why it is not there.
lacks() {
    what=$1
    shift
    echo "bench-tools: the bench will do without $what: $*" >&2
}

logged() {
    "$@" >>"$log" 2>&1
}

# See that the command $1 succeeds, if need be by installing the packages $2.
system_has() {
    ! sh -c "$1" >/dev/null 2>&1 || return 0
    if [ "$(id -u)" = 0 ] && [ -z "${PIXFRONT_NO_APT:-}" ] && command -v apt-get >/dev/null; then
        say "installing $2 with apt-get"
        install="env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $2"
        # shellcheck disable=SC2086 # several words are meant
        logged $install || { logged apt-get update && logged $install; } || say 'apt-get failed'
    fi
    sh -c "$1" >/dev/null 2>&1
}

# The packages in the file $2, which make the statement $3 run, into the venv $1.
venv() {
    ! { cmp -s "$2" "$dir/$1/installed.txt" && "$dir/$1/bin/python" -c "$3" 2>/dev/null; } || return 0
    system_has 'python3 -c "import ensurepip, venv"' 'python3 python3-venv' || {
        lacks "what $2 names" "python3 with its venv module is missing (Debian, as root: apt-get install python3-venv)."
        return 0
    }
    say "installing $2 into .tools/bench/$1"
    rm -rf "${dir:?}/$1"
    {
        logged python3 -m venv "$dir/$1" && logged "$dir/$1/bin/pip" install --requirement "$2" &&
            logged "$dir/$1/bin/python" -c "$3" && cp "$2" "$dir/$1/installed.txt"
    } || lacks "what $2 names" "pip failed; what it said is in $log."
}

# The list of what was installed is written last.
node() {
    scripts/node-tools.sh || lacks sharp 'scripts/node-tools.sh failed, as it says above.'
    [ "$(cat "$dir/node/installed" 2>/dev/null)" != "$node_packages" ] || return 0
    npm --version >/dev/null 2>&1 || {
        lacks ipx 'npm is missing; install it, or let scripts/node-tools.sh fetch it.'
        return 0
    }
    say 'installing ipx into .tools/bench/node'
    rm -rf "$dir/node"
    mkdir "$dir/node"
    echo '{ "private": true }' >"$dir/node/package.json"
    {
        # shellcheck disable=SC2086 # several words are meant
        logged npm install --prefix "$dir/node" --no-audit --no-fund --no-package-lock --save-exact $node_packages &&
            [ -f "$dir/node/node_modules/ipx/bin/ipx.mjs" ] && echo "$node_packages" >"$dir/node/installed"
    } || lacks ipx "npm failed; what it said is in $log."
}

# Photographs and graphics of Debian's, unpacked and not installed, so that this needs no root.
mate_pictures() {
    [ ! -d "$dir/pictures/mate" ] || return 0
    say "fetching Debian's mate-backgrounds into .tools/bench/pictures/mate"
    backgrounds=usr/share/backgrounds/mate
    rm -rf "$dir/deb"
    mkdir -p "$dir/deb/mate" "$dir/pictures"
    if [ -d "/$backgrounds" ]; then
        root=
    else
        root=$dir/deb/root
        (cd "$dir/deb" && logged apt-get download mate-backgrounds && logged dpkg-deb -x mate-backgrounds_*.deb root) || :
    fi
    {
        logged find "$root/$backgrounds" -type f '(' -name '*.jpg' -o -name '*.png' ')' -exec cp '{}' "$dir/deb/mate" ';' &&
            mv "$dir/deb/mate" "$dir/pictures/mate"
    } || lacks "Debian's pictures" "mate-backgrounds could not be fetched (apt-get update may help); what was said is in $log."
    rm -rf "$dir/deb"
}

# Out of scikit-image's wheel, which is not installed either; which Python's makes no difference.
skimage_pictures() {
    [ ! -d "$dir/pictures/skimage" ] || return 0
    say "fetching scikit-image's pictures into .tools/bench/pictures/skimage"
    rm -rf "$dir/wheel"
    mkdir -p "$dir/wheel/skimage-pictures" "$dir/pictures"
    # A bare Debian's python3 has no pip; a venv's has.
    for python in "$dir/venv/bin/python" .tools/venv/bin/python python3; do
        [ ! -x "$python" ] || break
    done
    {
        logged "$python" -m pip download --no-deps --only-binary :all: --python-version 3.11 --dest "$dir/wheel" \
            "scikit-image==$scikit_image" && logged "$python" -m zipfile -e "$dir"/wheel/*.whl "$dir/wheel" &&
            cp "$dir"/wheel/skimage/data/*.png "$dir"/wheel/skimage/data/*.jpg "$dir/wheel/skimage-pictures" &&
            mv "$dir/wheel/skimage-pictures" "$dir/pictures/skimage"
    } || lacks "scikit-image's pictures" "its wheel could not be fetched; what was said is in $log."
    rm -rf "$dir/wheel"
}

# It does not compile without TLS. Link-time optimisation would only cost time: it is not what is measured.
oha() {
    [ "$("$dir/bin/oha" --version 2>/dev/null)" != "oha $oha" ] || return 0
    say "compiling oha $oha into .tools/bench/bin (minutes)"
    system_has 'cc --version && make --version' 'gcc libc6-dev make' || lacks oha 'it needs a C compiler and make.'
    logged env CARGO_PROFILE_RELEASE_LTO=false cargo install "oha@$oha" --locked --root "$dir" --target-dir "$dir/oha-build" ||
        lacks oha "cargo failed; what it said is in $log."
    rm -rf "$dir/oha-build"
}

# Cargo itself sees whether there is anything to do.
oximg() {
    [ -x "$dir/oximg/release/oximg-worker" ] || say 'compiling oximg into .tools/bench/oximg (minutes)'
    system_has 'c++ --version && cmake --version && nasm --version && make --version' 'g++ cmake nasm make' ||
        lacks oximg 'it needs a C++ compiler, make, cmake and nasm.'
    logged cargo build --quiet --release --locked --manifest-path bench/peers/oximg/Cargo.toml --target-dir "$dir/oximg" ||
        lacks oximg "cargo failed; what it said is in $log."
}

: >"$log"
case "$*" in
'' | --oximg | --oha | '--oximg --oha' | '--oha --oximg') parts="$*" ;;
*)
    echo 'usage: scripts/bench-tools.sh [--oximg] [--oha]' >&2
    exit 2
    ;;
esac
venv venv bench/requirements.txt 'import PIL.Image, pyvips'
venv thumbor bench/requirements-thumbor.txt 'import thumbor.server'
node
mate_pictures
skimage_pictures
for part in $parts; do
    "${part#--}"
done
