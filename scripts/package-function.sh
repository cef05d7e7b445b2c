#!/bin/sh
# Write CloudFront's viewer-request function with a deployment's settings: `package-function.sh PIXFRONT OUT_DIR [pixfront.toml] [signed]`.
#
# The command reads pixfront.toml beside itself, so it is put beside the settings for a moment. With `signed`, or with signing keys in
# the settings, the function asks for signatures; the keys themselves are in its key-value store and never in its text.
set -eu

pixfront=${1:?usage: package-function.sh PIXFRONT OUT_DIR [pixfront.toml] [signed]}
out=${2:?usage: package-function.sh PIXFRONT OUT_DIR [pixfront.toml] [signed]}
settings=${3:-}
signed=${4:-}

fail() {
    echo "package: $*" >&2
    exit 1
}

[ -z "$settings" ] || [ -f "$settings" ] || fail "there is no file $settings."
mkdir -p "$out"
aside=$(mktemp -d "$out/function.XXXXXX")
trap 'rm -rf "$aside"' EXIT
cp "$pixfront" "$aside/pixfront"
[ -z "$settings" ] || cp "$settings" "$aside/pixfront.toml"
# Only the settings that the zips have as well, whatever this shell exports. And only whole: a text that was refused must not be deployed.
env -i "$aside/pixfront" viewer-request ${signed:+--signed} >"$aside/viewer-request.js" || fail 'the viewer-request function can not be written.'
mv "$aside/viewer-request.js" "$out/viewer-request.js"
echo "$out/viewer-request.js: $(wc -c <"$out/viewer-request.js") bytes"
