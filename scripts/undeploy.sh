#!/bin/sh
# Remove what deploy.sh made: `STACK=pixfront REGION=eu-west-1 undeploy.sh`. Originals stay; so do the buckets with the zips.
#
# A function at Lambda@Edge can't be deleted before its replicas are gone, hours after the distribution is; then run this again.
set -eu

cd "$(dirname "$0")/.."
. scripts/aws.sh
stack=${STACK:-pixfront}
region=${REGION:-}
check_stack_and_region
account_id

described() {
    aws_in "$region" cloudformation describe-stacks --stack-name "$stack" --output text --query "$1" 2>/dev/null || true
}

exists() {
    aws_in "$1" cloudformation describe-stacks --stack-name "$2" >/dev/null 2>&1
}

# NAME REGION: deletes a stack and waits, or returns false.
delete() {
    aws_in "$2" cloudformation delete-stack --stack-name "$1"
    aws_in "$2" cloudformation wait stack-delete-complete --stack-name "$1"
}

if exists "$region" "$stack"; then
    originals=$(described "Stacks[0].Parameters[?ParameterKey=='OriginalsBucket'].ParameterValue | [0]")
    variants=$(described "Stacks[0].Parameters[?ParameterKey=='VariantsBucket'].ParameterValue | [0]")
    if [ "$(described "Stacks[0].Parameters[?ParameterKey=='VariantsBucketIs'].ParameterValue | [0]")" = new ]; then
        echo "undeploy: emptying $variants"
        aws_in "$region" s3 rm --recursive --only-show-errors "s3://$variants"
    fi
    echo "undeploy: stack $stack in $region"
    delete "$stack" "$region" || fail "the stack $stack was not removed; the console says why (a variant stored meanwhile? then again)."
    echo "undeploy: the originals stay in $originals"
fi
if exists us-east-1 "$stack-edge"; then
    echo "undeploy: stack $stack-edge in us-east-1"
    delete "$stack-edge" us-east-1 ||
        fail "the function's replicas are still there, as they are for some hours: run this again tomorrow. They cost nothing."
fi
