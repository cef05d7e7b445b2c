#!/bin/sh
# See that what tests drive beside the program is in .tools/venv, at the versions that tests/requirements.txt says.
#
# With all in place this prints nothing and asks nobody. Python's venv, which a bare Debian lacks, is installed with apt-get where
# we are root; with PIXFRONT_NO_APT=1 in the environment, or without root, this only says what is missing.
set -eu

cd "$(dirname "$0")/.."
venv=.tools/venv
log=.tools/test-tools.log
export PIP_DISABLE_PIP_VERSION_CHECK=1

fail() {
    echo "test-tools: $*" >&2
    exit 1
}

# Run, not just looked up: a venv dies with the Python that it was made of.
is_ready() {
    cmp -s tests/requirements.txt "$venv/installed.txt" && "$venv/bin/python" -c 'import ministack, PIL' 2>/dev/null
}

# ensurepip is what a bare Debian's python3 lacks.
has_venv() {
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1
}

as_root() {
    echo "test-tools: installing python3-venv with apt-get"
    install='apt-get install -y --no-install-recommends python3 python3-venv'
    export DEBIAN_FRONTEND=noninteractive
    $install >>"$log" 2>&1 || { apt-get update && $install; } >>"$log" 2>&1 || echo 'test-tools: apt-get failed'
}

! is_ready || exit 0
mkdir -p .tools
: >"$log"

if ! has_venv && [ "$(id -u)" = 0 ] && [ -z "${PIXFRONT_NO_APT:-}" ] && command -v apt-get >/dev/null; then
    as_root
fi
has_venv || fail "python3 with its venv module is missing, and the tests against a stand-in for AWS need it: install it with your" \
    "system's package manager (Debian, as root: apt-get install python3-venv) and try again."

echo "test-tools: installing tests/requirements.txt into $venv"
rm -rf "$venv"
{ python3 -m venv "$venv" && "$venv/bin/pip" install --requirement tests/requirements.txt; } >>"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    fail "that failed; its last words are above, all of them in $log. It needs Python 3.10 or newer and a package index."
}
# Last, so that an installation that was interrupted is begun anew.
cp tests/requirements.txt "$venv/installed.txt"
is_ready || fail "what was installed into $venv does not run; remove it and try again."
