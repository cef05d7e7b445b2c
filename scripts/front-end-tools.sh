#!/bin/sh
# Install what the tests of cloudfront/front-ends need: Next.js with React, and puppeteer-core, which drives a browser, by npm into
# .tools/front-ends; and Chromium, with apt-get where you are root. Any Chromium or Chrome on the PATH will do.
#
# Next.js and puppeteer-core run under the Node.js of .tools/node (node-tools.sh). With all in place this prints nothing.
set -eu

cd "$(dirname "$0")/.."
dir=.tools/front-ends
log=$PWD/.tools/front-ends.log
packages='next@16.4.6 react@19.3.1 react-dom@19.3.1 puppeteer-core@25.16.0'

fail() {
    echo "front-end-tools: $*" >&2
    exit 1
}

# Ubuntu's package is a stub without its snap, so it is asked.
has_browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        ! "$name" --version >/dev/null 2>&1 || return 0
    done
    return 1
}

as_root() {
    echo 'front-end-tools: installing chromium with apt-get'
    install='apt-get install -y --no-install-recommends chromium'
    export DEBIAN_FRONTEND=noninteractive
    $install >>"$log" 2>&1 || { apt-get update && $install; } >>"$log" 2>&1 || echo 'front-end-tools: apt-get failed'
}

mkdir -p $dir
if ! has_browser && [ "$(id -u)" = 0 ] && [ -z "${PIXFRONT_NO_APT:-}" ] && command -v apt-get >/dev/null; then
    as_root
fi
has_browser || fail 'no Chromium or Chrome is on the PATH, and the tests of the front ends look at pages in one' \
    "(Debian, as root: apt-get install chromium). What was tried is in $log."

# The list of what was installed is written last.
[ "$(cat $dir/installed 2>/dev/null)" != "$packages" ] || exit 0

PATH=$PWD/.tools/node/node_modules/node-22/bin:$PWD/.tools/bin:$PATH
npm --version >/dev/null 2>&1 || PATH=$PATH:$PWD/.tools/venv/bin
npm --version >/dev/null 2>&1 || fail "npm is missing; run 'make node' first."

echo 'front-end-tools: fetching Next.js and puppeteer-core into .tools/front-ends (half a minute)'
echo '{ "private": true }' >$dir/package.json
# npm's lock file is what Next.js finds the packages by (tests/front-ends/app.mjs).
# shellcheck disable=SC2086 # several words are meant
npm install --prefix $dir --no-audit --no-fund --save-exact $packages >"$log" 2>&1 || fail "npm failed; what was tried is in $log."
for file in next/dist/bin/next react/package.json react-dom/package.json puppeteer-core/package.json; do
    [ -f $dir/node_modules/$file ] || fail "npm installed no $file; what was tried is in $log."
done
[ -f $dir/package-lock.json ] || fail "npm wrote no $dir/package-lock.json, which Next.js finds its packages by."
echo "$packages" >$dir/installed
