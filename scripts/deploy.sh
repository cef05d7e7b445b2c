#!/bin/sh
# Deploy Pixfront to AWS: `deploy.sh PACKAGE_DIR` with what `make package` wrote there, or `deploy.sh --check` to check the words
# below and nothing else. What to deploy is in the environment:
#
#   STACK       the stack's name, first part of every name in it (pixfront)
#   REGION      where the originals are, and all else but the edge's function
#   DOOR        edge or regional; unset: as it was deployed before, at first edge
#   PARAMETERS  of cloudfront/template.yaml: 'CorsOrigins=* VariantsDays=30'. What is not said stays as it is.
#   EDGE_PARAMETERS  of cloudfront/edge.yaml
#   ARTIFACTS, ARTIFACTS_EDGE  buckets for the zips, in REGION and in us-east-1; unset: one is made for the stack
#
# Only names are sent and printed here, no secret but what PARAMETERS holds (DebugSecret, which CloudFormation hides).
set -eu

cd "$(dirname "$0")/.."
. scripts/aws.sh
stack=${STACK:-pixfront}
region=${REGION:-}
door=${DOOR:-}
edge_region=us-east-1

check_stack_and_region
case $door in '' | edge | regional) ;; *) fail "DOOR=$door is neither edge nor regional." ;; esac
for parameter in ${PARAMETERS:-} ${EDGE_PARAMETERS:-}; do
    case $parameter in *=*) ;; *) fail "PARAMETERS has '$parameter', which is not Name=value (values can't hold spaces here)." ;; esac
done
[ "${1:-}" != --check ] || exit 0

package=${1:?usage: deploy.sh PACKAGE_DIR}
account_id

# The stack as it is: a line for each parameter; nothing if there is none yet.
# shellcheck disable=SC2016 # the quotes are of the query
before=$(aws_in "$region" cloudformation describe-stacks --stack-name "$stack" --output text \
    --query 'Stacks[0].[[[`Status`, StackStatus]], Parameters[].[ParameterKey, ParameterValue]][]' 2>/dev/null || true)
[ "$(second_of "$before" Status)" != ROLLBACK_COMPLETE ] ||
    fail "the stack $stack could not be made the first time, and what is left must go first: make undeploy STACK=$stack REGION=$region."

# Of a parameter: what was given now, or what it was before, or the default.
parameter() {
    value=
    for given in ${PARAMETERS:-}; do
        case $given in "$1="*) value=${given#*=} ;; esac
    done
    [ -n "$value" ] || value=$(second_of "$before" "$1")
    printf '%s' "${value:-$2}"
}

door=${door:-$(parameter Door edge)}
architecture=$(parameter Architecture x86_64)
originals=$(parameter OriginalsBucket "$stack-originals-$account-$region")
variants=$(parameter VariantsBucket "$stack-variants-$account-$region")
originals_are=$(parameter OriginalsBucketIs new)
variants_are=$(parameter VariantsBucketIs new)
for bucket in "$originals" "$variants"; do
    [ ${#bucket} -le 63 ] || fail "the bucket's name $bucket is over S3's limit of 63 characters: choose a shorter STACK."
done

folder=$package
[ "$architecture" != arm64 ] || folder=$package/arm64
needed="$folder/upload.zip $folder/http.zip $package/viewer-request.js"
[ "$door" = regional ] || needed="$needed $package/edge.zip"
for file in $needed; do
    [ -f "$file" ] || fail "there is no $file: make package writes it (arm64: make package-arm64)."
done

# A viewer-request function that wants signatures can't work without the store of their keys, and the other way round.
signed=$(parameter SignedUrls false)
if tr -d '\n' <"$package/viewer-request.js" | grep -Eo 'SETTINGS *= *\{[^}]*\}' | grep -Eq 'signed"?: *true'; then
    [ "$signed" = true ] || fail "$package/viewer-request.js wants signed URLs, so PARAMETERS must have SignedUrls=true."
elif [ "$signed" = true ]; then
    fail "SignedUrls=true, but $package/viewer-request.js does not want signatures: configure signing and make package again."
fi

# What outlived an earlier stack is not made again.
if [ -z "$before" ] && [ "$originals_are" = new ] && has_bucket "$region" "$originals"; then
    fail "the bucket $originals exists already (a stack that was removed leaves its originals):" \
        "add OriginalsBucketIs=existing to PARAMETERS to use it."
fi

last_words() {
    tr '\r' '\n' <"$package/deploy.log" | grep -v '^Uploading to' | tail -n 5 >&2 || true
}

outputs() {
    aws_in "$2" cloudformation describe-stacks --stack-name "$1" --output text --query 'Stacks[0].Outputs[].[OutputKey, OutputValue]'
}

# Sends the zips that a template names, and deploys it: NAME REGION BUCKET TEMPLATE PARAMETERS…
deploy() {
    name=$1 where=$2 bucket=$3 template=$4
    shift 4
    packaged=${template%.yaml}.packaged.yaml
    echo "deploy: stack $name in $where (the first time it takes minutes)"
    # It shows its progress where errors go, in lines without an end.
    aws_in "$where" cloudformation package --template-file "$template" --s3-bucket "$bucket" --s3-prefix "$name" \
        --output-template-file "$packaged" >"$package/deploy.log" 2>&1 || {
        last_words
        fail "the zips could not be sent to the bucket $bucket."
    }
    [ $# = 0 ] || set -- --parameter-overrides "$@"
    aws_in "$where" cloudformation deploy --stack-name "$name" --template-file "$packaged" --s3-bucket "$bucket" --s3-prefix "$name" \
        --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --no-fail-on-empty-changeset "$@" >"$package/deploy.log" 2>&1 || {
        last_words
        # The first failure is the cause, all later ones its consequences.
        aws_in "$where" cloudformation describe-stack-events --stack-name "$name" --output text --query \
            "reverse(StackEvents[?contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]) | [0:3]" >&2 || true
        fail "the stack $name in $where was not deployed; the first failures are above."
    }
}

artifacts=$(artifacts_bucket "$region" "${ARTIFACTS:-}")
set -- "Door=$door" "OriginalsBucket=$originals" "VariantsBucket=$variants"
if [ "$door" = edge ]; then
    artifacts_edge=$(artifacts_bucket "$edge_region" "${ARTIFACTS_EDGE:-}")
    cp cloudfront/edge.yaml "$package/edge.yaml"
    # shellcheck disable=SC2086 # words are parameters
    deploy "$stack-edge" "$edge_region" "$artifacts_edge" "$package/edge.yaml" ${EDGE_PARAMETERS:-}
    edge=$(outputs "$stack-edge" "$edge_region")
    version=$(second_of "$edge" FunctionVersionArn)
    role=$(second_of "$edge" RoleName)
    set -- "$@" "EdgeFunctionVersionArn=$version" "EdgeRoleName=$role"
fi
"$python" scripts/build-template.py cloudfront/template.yaml "$package/viewer-request.js" "$package/template.yaml" "$architecture" \
    "${PARAMETERS:-} $*"
# Last, what was asked for: it goes before.
# shellcheck disable=SC2086
deploy "$stack" "$region" "$artifacts" "$package/template.yaml" "$@" ${PARAMETERS:-}

made=$(outputs "$stack" "$region")
echo
printf '%s\n' "$made" | awk -F '\t' '{ printf "%-22s %s\n", $1, $2 }'

# What a template can't do to buckets that are not its own.
distribution=arn:aws:cloudfront::$account:distribution/$(second_of "$made" DistributionId)
read_statement() {
    printf '{"Sid": "PixfrontReads", "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", '
    printf '"Resource": "arn:aws:s3:::%s/*", "Condition": {"StringEquals": {"aws:SourceArn": "%s"}}}\n' "$1" "$distribution"
}
if [ "$originals_are" = existing ]; then
    trigger=$(second_of "$made" UploadTriggerArn)
    printf '\n%s\n' "The bucket $originals is not this stack's. Have it tell the function of uploads (this replaces its present notifications):"
    printf '  aws s3api put-bucket-notification-configuration --region %s --bucket %s --notification-configuration ' "$region" "$originals"
    printf "'%s'\n" "{\"LambdaFunctionConfigurations\": [{\"LambdaFunctionArn\": \"$trigger\", \"Events\": [\"s3:ObjectCreated:*\", \"s3:ObjectRemoved:*\", \"s3:LifecycleExpiration:*\"]}]}"
    printf '%s\n  ' "and add this statement to its policy:"
    read_statement "$originals"
fi
if [ "$variants_are" = existing ]; then
    printf '\n%s\n  ' "The bucket $variants is not this stack's. Add this statement to its policy:"
    read_statement "$variants"
fi
if [ "$signed" = true ]; then
    printf '\n%s\n' "URLs are signed: until the store has a value under signing-keys, every picture is refused (cloudfront/README.md says how to put it)."
fi
