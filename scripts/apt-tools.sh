#!/bin/sh
# See that a program of a Debian package is at hand, which tests run before or in: scripts/apt-tools.sh njs|redis
#
# With it in place this prints nothing. As root on Debian or Ubuntu it is installed with apt-get (on a machine with services that
# starts a redis-server; the tests leave that alone and start their own, on free ports). Otherwise, or with PIXFRONT_NO_APT=1 in the
# environment (which leaves the system alone), it comes out of its Debian package, with those of the libraries that the system lacks,
# into .tools/NAME; .tools/bin has what starts it.
set -eu

cd "$(dirname "$0")/.."
name=${1:-}
# `package` is what apt-get installs, `unpacked` what the programs are in.
case $name in
njs)
    package=njs unpacked=njs programs=njs asked='njs -v'
    why="the tests of CloudFront's viewer-request function run in it"
    ;;
redis)
    package=redis-server unpacked=redis-tools programs='redis-server redis-cli' asked='redis-server --version'
    why='the tests of the cache in Redis need it'
    ;;
*)
    echo "usage: scripts/apt-tools.sh njs|redis, and not '$name'" >&2
    exit 2
    ;;
esac

PATH=$PWD/.tools/bin:$PATH
log=$PWD/.tools/$name-tools.log
dir=$PWD/.tools/$name

works() {
    $asked >/dev/null 2>&1
}

as_root() {
    echo "apt-tools: installing $package with apt-get"
    install="apt-get install -y --no-install-recommends $package"
    export DEBIAN_FRONTEND=noninteractive
    $install >>"$log" 2>&1 || { apt-get update && $install; } >>"$log" 2>&1 || echo 'apt-tools: apt-get failed'
}

# apt-get with package lists of its own, which need no root.
private_apt() {
    apt-get -o APT::Sandbox::User=root -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD" "$@"
}

# A Debian package into .tools/NAME: by the system's package lists, or where those are empty or stale by private ones.
unpack() (
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" && cd "$dir/apt" || return 1
    {
        apt-get download "$1" || { private_apt update && private_apt download "$1"; }
    } >>"$log" 2>&1 && dpkg-deb -x "$1"_*.deb "$dir" >>"$log" 2>&1
)

# The packages that the programs' own says it needs and that the system has not, but for libc6, which every system has, and adduser,
# which only a service needs.
libraries() {
    dpkg-deb --field "$dir/apt/$unpacked"_*.deb Depends | tr ',' '\n' | sed 's/^ *\([^ ]*\).*/\1/' | while read -r library; do
        case $library in libc6 | adduser) continue ;; esac
        dpkg -s "$library" >/dev/null 2>&1 || echo "$library"
    done
}

local_copy() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    echo "apt-tools: fetching $package into .tools/"
    rm -rf "$dir"
    unpack "$unpacked" || return 1
    for library in $(libraries); do
        unpack "$library" || return 1
    done
    rm -rf "$dir/apt"
    # All that the package redis-server has beside its service.
    [ "$name" != redis ] || ln -sf redis-check-rdb "$dir/usr/bin/redis-server"
    mkdir -p .tools/bin
    for program in $programs; do
        # Not a link: the libraries beside it must be found as well.
        cat >".tools/bin/$program" <<-END
	#!/bin/sh
	here=\$(dirname "\$0")/../$name/usr
	LD_LIBRARY_PATH=\$(echo "\$here"/lib/*-linux-gnu*):\${LD_LIBRARY_PATH:-} exec "\$here/bin/$program" "\$@"
	END
        chmod +x ".tools/bin/$program"
    done
}

! works || exit 0
mkdir -p .tools
: >"$log"
if [ "$(id -u)" = 0 ] && [ -z "${PIXFRONT_NO_APT:-}" ] && command -v apt-get >/dev/null; then
    as_root
fi
works || local_copy || true
works || {
    echo "apt-tools: $package is missing, and $why: install it with your system's package manager (Debian, as root:" \
        "apt-get install $package) and try again. What was tried is in $log." >&2
    exit 1
}
