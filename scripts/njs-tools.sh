#!/bin/sh
# See that njs is at hand, the JavaScript engine that comes nearest to CloudFront's: the viewer-request function is tested in it.
#
# With it in place this prints nothing. As root on Debian or Ubuntu it is installed with apt-get. Otherwise, or with
# PIXFRONT_NO_APT=1 in the environment (which leaves the system alone), it comes out of its Debian package, with those of the
# libraries that the system lacks, into .tools/njs; .tools/bin/njs starts it.
set -eu

cd "$(dirname "$0")/.."
PATH=$PWD/.tools/bin:$PATH
log=$PWD/.tools/njs-tools.log
dir=$PWD/.tools/njs

works() {
    njs -v >/dev/null 2>&1
}

as_root() {
    echo 'njs-tools: installing njs with apt-get'
    install='apt-get install -y --no-install-recommends njs'
    export DEBIAN_FRONTEND=noninteractive
    $install >>"$log" 2>&1 || { apt-get update && $install; } >>"$log" 2>&1 || echo 'njs-tools: apt-get failed'
}

# apt-get with package lists of its own, which need no root.
private_apt() {
    apt-get -o APT::Sandbox::User=root -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD" "$@"
}

# A Debian package into .tools/njs: by the system's package lists, or where those are empty or stale by private ones.
unpack() (
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" && cd "$dir/apt" || return 1
    {
        apt-get download "$1" || { private_apt update && private_apt download "$1"; }
    } >>"$log" 2>&1 && dpkg-deb -x "$1"_*.deb "$dir" >>"$log" 2>&1
)

# The packages that njs says it needs and that the system has not, but for libc6, which every system has.
libraries() {
    dpkg-deb --field "$dir"/apt/njs_*.deb Depends | tr ',' '\n' | sed 's/^ *\([^ ]*\).*/\1/' | while read -r package; do
        [ "$package" = libc6 ] || dpkg -s "$package" >/dev/null 2>&1 || echo "$package"
    done
}

local_njs() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    echo 'njs-tools: fetching njs into .tools/'
    rm -rf "$dir"
    unpack njs || return 1
    for package in $(libraries); do
        unpack "$package" || return 1
    done
    rm -rf "$dir/apt"
    mkdir -p .tools/bin
    # Not a link: the libraries beside it must be found as well.
    cat >.tools/bin/njs <<-'END'
	#!/bin/sh
	here=$(dirname "$0")/../njs/usr
	LD_LIBRARY_PATH=$(echo "$here"/lib/*-linux-gnu*):${LD_LIBRARY_PATH:-} exec "$here/bin/njs" "$@"
	END
    chmod +x .tools/bin/njs
}

! works || exit 0
mkdir -p .tools
: >"$log"
if [ "$(id -u)" = 0 ] && [ -z "${PIXFRONT_NO_APT:-}" ] && command -v apt-get >/dev/null; then
    as_root
fi
works || local_njs || true
works || {
    echo "njs-tools: njs is missing, and the tests of CloudFront's viewer-request function run in it: install it with your system's" \
        "package manager (Debian, as root: apt-get install njs) and try again. What was tried is in .tools/njs-tools.log." >&2
    exit 1
}
