#!/bin/sh
# Fetch what the Node.js functions beside ours are made of in the bench (bench/peers/lambda-sharp): sharp, and AWS's own client for
# S3, as Lambda's Node.js has it; by npm, into .tools/bench/lambda-node. Node.js itself, and what runs the functions, are
# scripts/node-tools.sh's, which is asked first.
#
# With all in place this prints nothing and asks nobody.
set -eu

cd "$(dirname "$0")/.."
PATH=$PWD/.tools/bin:$PATH
dir=.tools/bench/lambda-node
log=$PWD/.tools/bench-lambda.log
packages='sharp@0.35.5 @aws-sdk/client-s3@3.1169.0'

fail() {
    echo "bench-lambda-tools: $*" >&2
    exit 1
}

scripts/node-tools.sh

# The list of what was installed is written last.
[ "$(cat $dir/installed 2>/dev/null)" != "$packages" ] || exit 0

mkdir -p $dir
: >"$log"
# Where the machine has none, scripts/node-tools.sh has fetched it from PyPI.
npm --version >/dev/null 2>&1 || PATH=$PWD/.tools/venv/bin:$PATH
npm --version >/dev/null 2>&1 || fail 'npm is missing; install it (Debian, as root: apt-get install npm) and try again.'

echo "bench-lambda-tools: fetching $packages into $dir"
echo '{ "private": true }' >$dir/package.json
# shellcheck disable=SC2086 # several words are meant
npm install --prefix $dir --no-audit --no-fund --no-package-lock --save-exact $packages >>"$log" 2>&1 ||
    fail "npm failed; what was tried is in $log."
for file in sharp/package.json @aws-sdk/client-s3/package.json; do
    [ -f $dir/node_modules/$file ] || fail "npm installed no $file; what was tried is in $log."
done
# Its native part is another package, which npm leaves out without a word where it has none for the machine.
(cd $dir && ../../node/node_modules/node-24/bin/node -e 'require("sharp")') >>"$log" 2>&1 ||
    fail "sharp was installed and does not run; why is in $log."
echo "$packages" >$dir/installed
