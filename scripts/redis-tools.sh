#!/bin/sh
# See that redis-server is at hand: the tests of `pixfront serve --cache redis://…` run before a real one.
#
# With it in place this prints nothing. As root on Debian or Ubuntu it is installed with apt-get, which on a machine with services
# starts one; the tests leave that alone and start their own, on free ports. Otherwise, or with PIXFRONT_NO_APT=1 in the environment (which leaves the system alone), it comes out
# of its Debian package, with those of the libraries that the system lacks, into .tools/redis; .tools/bin/redis-server and
# .tools/bin/redis-cli start it.
set -eu

cd "$(dirname "$0")/.."
PATH=$PWD/.tools/bin:$PATH
log=$PWD/.tools/redis-tools.log
dir=$PWD/.tools/redis

works() {
    redis-server --version >/dev/null 2>&1
}

as_root() {
    echo 'redis-tools: installing redis-server with apt-get'
    install='apt-get install -y --no-install-recommends redis-server'
    export DEBIAN_FRONTEND=noninteractive
    $install >>"$log" 2>&1 || { apt-get update && $install; } >>"$log" 2>&1 || echo 'redis-tools: apt-get failed'
}

# apt-get with package lists of its own, which need no root.
private_apt() {
    apt-get -o APT::Sandbox::User=root -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD" "$@"
}

# A Debian package into .tools/redis: by the system's package lists, or where those are empty or stale by private ones.
unpack() (
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" && cd "$dir/apt" || return 1
    {
        apt-get download "$1" || { private_apt update && private_apt download "$1"; }
    } >>"$log" 2>&1 && dpkg-deb -x "$1"_*.deb "$dir" >>"$log" 2>&1
)

# The packages that the program says it needs and that the system has not, but for libc6, which every system has.
libraries() {
    dpkg-deb --field "$dir"/apt/redis-tools_*.deb Depends | tr ',' '\n' | sed 's/^ *\([^ ]*\).*/\1/' | while read -r package; do
        case $package in libc6 | adduser) continue ;; esac
        dpkg -s "$package" >/dev/null 2>&1 || echo "$package"
    done
}

local_redis() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    echo 'redis-tools: fetching redis-server into .tools/'
    rm -rf "$dir"
    unpack redis-tools || return 1
    for package in $(libraries); do
        unpack "$package" || return 1
    done
    rm -rf "$dir/apt"
    # All that the package redis-server has beside its service.
    ln -sf redis-check-rdb "$dir/usr/bin/redis-server"
    mkdir -p .tools/bin
    for program in redis-server redis-cli; do
        # Not a link: the libraries beside it must be found as well.
        cat >".tools/bin/$program" <<-END
	#!/bin/sh
	here=\$(dirname "\$0")/../redis/usr
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
works || local_redis || true
works || {
    echo "redis-tools: redis-server is missing, and the tests of the cache in Redis need it: install it with your system's package" \
        "manager (Debian, as root: apt-get install redis-server) and try again. What was tried is in .tools/redis-tools.log." >&2
    exit 1
}
