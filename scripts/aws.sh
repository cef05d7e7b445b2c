# What deploy.sh and undeploy.sh share: AWS's command line from .tools/venv, and the account. Sourced, from the project's root.
# shellcheck shell=sh disable=SC2154 # they set stack and region

python=$PWD/.tools/venv/bin/python

fail() {
    echo "${0##*/}: $*" | sed 's/\.sh: /: /' >&2
    exit 1
}

# AWS's command line in a region, without a pager.
aws_in() {
    in_region=$1
    shift
    AWS_PAGER='' AWS_REGION=$in_region AWS_DEFAULT_REGION=$in_region .tools/venv/bin/aws "$@"
}

# Of lines of two words with a tab between them, the second word of the one that begins with NAME.
second_of() {
    printf '%s\n' "$1" | awk -F '\t' -v name="$2" '$1 == name { print $2 }'
}

check_stack_and_region() {
    [ -x "$python" ] || fail "there is no .tools/venv with AWS's command line: make venv installs it."
    # Buckets are named for the stack, and know no capitals; the names must leave room for the account and the region.
    printf '%s' "$stack" | grep -Eq '^[a-z][a-z0-9-]{0,23}$' ||
        fail "STACK=$stack must be at most 24 small letters, digits and hyphens, a letter first."
    [ -n "$region" ] || fail "say where: REGION=eu-west-1, for example; it is the region of the originals."
    "$python" -c 'import sys, botocore.session
sys.exit(sys.argv[1] not in botocore.session.Session().get_available_regions("lambda"))' "$region" ||
        fail "REGION=$region is no region of AWS that this command line knows."
}

# Sets account.
account_id() {
    account=$(aws_in "$region" sts get-caller-identity --query Account --output text 2>/dev/null) ||
        fail "AWS does not know who asks: set credentials, for example AWS_PROFILE, and see that" \
            "'aws sts get-caller-identity --region $region' works."
}

has_bucket() {
    aws_in "$1" s3api head-bucket --bucket "$2" >/dev/null 2>&1
}

# The bucket for zips in a region: the one that was named, which must be there, or the stack's own, which is made.
artifacts_bucket() {
    if [ -n "$2" ]; then
        has_bucket "$1" "$2" || fail "there is no bucket $2 for the zips that these credentials may use: make it in $1, or leave it out."
        printf '%s' "$2"
        return
    fi
    bucket=$stack-artifacts-$account-$1
    if ! has_bucket "$1" "$bucket"; then
        # us-east-1 is the one region that must not be said.
        set -- "$1"
        [ "$1" = us-east-1 ] || set -- "$1" --create-bucket-configuration "LocationConstraint=$1"
        where=$1
        shift
        aws_in "$where" s3api create-bucket --bucket "$bucket" "$@" >/dev/null || fail "the bucket $bucket for the zips could not be made."
        aws_in "$where" s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
            BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
        # A zip is wanted while its stack is deployed, and to roll back.
        aws_in "$where" s3api put-bucket-lifecycle-configuration --bucket "$bucket" --lifecycle-configuration \
            '{"Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 365}}]}' >/dev/null
    fi
    printf '%s' "$bucket"
}
