#!/bin/sh
# See that the linters of the CloudFormation templates are in .tools/lint, at the versions that tests/requirements-*.txt say.
#
# With all in place this prints nothing and asks nobody. Two venvs, since checkov and AWS's tools want different versions of boto3;
# both are made at the same time. `make venv` comes first and sees to Python itself.
set -eu

cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1

fail() {
    echo "lint-tools: $*" >&2
    exit 1
}

# Run, not just looked up: a venv dies with the Python that it was made of, and its programs where its folder is moved.
is_ready() {
    cmp -s "tests/requirements-$1.txt" ".tools/lint/$1/installed.txt" && ".tools/lint/$1/bin/pip" --version >/dev/null 2>&1
}

install() {
    is_ready "$1" && return
    venv=.tools/lint/$1
    echo "lint-tools: installing tests/requirements-$1.txt into $venv"
    rm -rf "$venv"
    mkdir -p .tools/lint
    { python3 -m venv "$venv" && "$venv/bin/pip" install --requirement "tests/requirements-$1.txt"; } >".tools/lint/$1.log" 2>&1 &&
        # Last, so that an installation that was interrupted is begun anew.
        cp "tests/requirements-$1.txt" "$venv/installed.txt" && is_ready "$1" || {
        tail -n 5 ".tools/lint/$1.log" >&2
        fail "that failed; its last words are above, all of them in .tools/lint/$1.log. It needs Python 3.10 or newer and a package index."
    }
}

install sam &
sam=$!
install checkov &
checkov=$!
wait "$sam" || failed=1
wait "$checkov" || failed=1
exit "${failed:-0}"
