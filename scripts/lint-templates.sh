#!/bin/sh
# Check cloudfront/*.yaml as AWS does (cfn-lint, sam) and for what is insecure (checkov), all at the same time.
#
# Nothing is asked of the network: telemetry is off, and checkov keeps to the rules that it brought. It sees only what the
# parameters' defaults make, so it is given the other door and the other authorisation as well.
set -eu

cd "$(dirname "$0")/.."
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1
sam=$PWD/.tools/lint/sam/bin
checkov=$PWD/.tools/lint/checkov/bin
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Each linter's words go to a file, so that they don't mix, and are shown in the end.
lint() {
    said=$scratch/$1
    shift
    "$@" >"$said" 2>&1 || echo "$*" >"$said.failed"
}

sed 's/^    Default: edge$/    Default: regional/; s/^    Default: iam$/    Default: api-key/' cloudfront/template.yaml >"$scratch/regional.yaml"
! cmp -s cloudfront/template.yaml "$scratch/regional.yaml" || {
    echo 'lint-templates: the defaults of Door and UploadAuth are written otherwise than this script thinks.' >&2
    exit 1
}

lint 1-cfn-lint "$sam/cfn-lint" --template cloudfront/template.yaml cloudfront/edge.yaml &
lint 2-sam-template "$sam/sam" validate --lint --template cloudfront/template.yaml &
lint 3-sam-edge "$sam/sam" validate --lint --template cloudfront/edge.yaml &
lint 4-checkov "$checkov/checkov" --skip-download --framework cloudformation --compact --quiet \
    --file cloudfront/template.yaml cloudfront/edge.yaml "$scratch/regional.yaml" &
wait

if ls "$scratch"/*.failed >/dev/null 2>&1; then
    for failed in "$scratch"/*.failed; do
        printf '%s\n' "--- $(cat "$failed")"
        cat "${failed%.failed}"
    done >&2
    exit 1
fi
echo 'cloudfront/template.yaml and edge.yaml: cfn-lint, sam validate --lint and checkov have nothing to say'
