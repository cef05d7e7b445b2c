//! What the templates say, where no stand-in can show what comes of it: who may do what, and how CloudFront is to behave.

use std::path::Path;
use std::process::Command;

use pixfront::config::{Config, Place};
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A template as JSON, with its functions in their long form (`{"Ref": …}`).
pub(super) fn read(path: &Path) -> Value {
    const PROGRAM: &str = "import json, sys
from samtranslator.yaml_helper import yaml_parse
print(json.dumps(yaml_parse(open(sys.argv[1]).read()), default=str))";
    let python = Path::new(ROOT).join(".tools/lint/sam/bin/python");
    let output = Command::new(python).args(["-c", PROGRAM]).arg(path).output();
    let output = output.expect("SAM's translator is in .tools/lint: `make lint-tools` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn template() -> Value {
    read(&Path::new(ROOT).join("cloudfront/template.yaml"))
}

fn properties<'a>(template: &'a Value, name: &str) -> &'a Value {
    let properties = &template["Resources"][name]["Properties"];
    assert!(properties.is_object(), "{name}");
    properties
}

/// Of a value with conditions in it, the one where they are so (`no`: not so).
fn decided<'a>(value: &'a Value, no: &[&str]) -> &'a Value {
    match value["Fn::If"].as_array().map(Vec::as_slice) {
        Some([condition, yes, otherwise]) => {
            decided(if no.contains(&condition.as_str().unwrap()) { otherwise } else { yes }, no)
        }
        _ => value,
    }
}

const ORIGINALS: &str = "arn:${AWS::Partition}:s3:::${OriginalsBucket}";
const VARIANTS: &str = "arn:${AWS::Partition}:s3:::${VariantsBucket}";

fn resource(value: &Value) -> String {
    let text = value["Fn::Sub"].as_str().map(str::to_owned);
    let attribute = value["Fn::GetAtt"].as_array().map(|parts| parts[0].as_str().unwrap().to_owned());
    let text = text.or(attribute).or_else(|| value["Ref"].as_str().map(str::to_owned));
    text.unwrap_or_else(|| panic!("a resource that is not named: {value}"))
}

fn many(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

const DISTRIBUTION: &str = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}";

/// Who may do what: pairs of action and resource, sorted; logs and the optional key aside.
fn allowed(statements: &Value) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for statement in statements.as_array().unwrap() {
        let statement = decided(statement, &["HasKmsKey"]);
        if statement["Ref"] == "AWS::NoValue" {
            continue;
        }
        assert_eq!(statement["Effect"], "Allow");
        for action in many(&statement["Action"]) {
            let action = action.as_str().unwrap().to_owned();
            assert!(!action.contains('*'), "{action}");
            let resources = many(&statement["Resource"]);
            let pair = |value: &Value| (action.clone(), resource(value));
            pairs.extend(resources.iter().map(pair).filter(|(action, _)| !action.starts_with("logs:")));
        }
    }
    pairs.sort();
    pairs
}

fn role<'a>(template: &'a Value, name: &str) -> &'a Value {
    &properties(template, name)["Policies"][0]["PolicyDocument"]["Statement"]
}

fn expected(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = pairs.iter().map(|(action, on)| ((*action).to_owned(), (*on).to_owned())).collect();
    pairs.sort();
    pairs
}

/// The README's table "What each function's role must be allowed".
#[test]
fn nobody_may_do_more_than_the_readme_says() {
    let template = template();
    let (originals, variants) = (&*format!("{ORIGINALS}/*"), &*format!("{VARIANTS}/*"));
    let door = [
        ("s3:GetObject", originals),
        ("s3:ListBucket", ORIGINALS),
        ("s3:GetObject", variants),
        ("s3:PutObject", variants),
        ("s3:DeleteObject", variants),
        ("dynamodb:PutItem", "Table"),
        ("dynamodb:BatchWriteItem", "Table"),
        ("sqs:SendMessage", "Failures"),
    ];
    let edge = &properties(&template, "EdgeData")["PolicyDocument"]["Statement"];
    assert_eq!(allowed(edge), expected(&door));
    assert_eq!(allowed(role(&template, "HttpOriginRole")), expected(&door));
    let tells = ("cloudfront:CreateInvalidation", DISTRIBUTION);
    let upload = [&door[..], &[("s3:ListBucket", VARIANTS), ("dynamodb:Query", "Table"), tells]].concat();
    assert_eq!(allowed(role(&template, "UploadTriggerRole")), expected(&upload));
    assert_eq!(allowed(role(&template, "UploadApiRole")), expected(&[("s3:PutObject", originals)]));
    let roles =
        template["Resources"].as_object().unwrap().iter().filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role");
    assert_eq!(
        roles.map(|(name, _)| &**name).collect::<Vec<_>>(),
        ["UploadTriggerRole", "UploadApiRole", "HttpOriginRole"]
    );

    let edge = read(&Path::new(ROOT).join("cloudfront/edge.yaml"));
    let trusted =
        &properties(&edge, "OriginResponseRole")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"];
    assert_eq!(trusted, &json!(["lambda.amazonaws.com", "edgelambda.amazonaws.com"]));
    assert_eq!(allowed(role(&edge, "OriginResponseRole")), [], "logs alone");
}

#[test]
fn buckets_are_private() {
    let template = template();
    for (bucket, policy, arn) in [("Originals", "OriginalsPolicy", ORIGINALS), ("Variants", "VariantsPolicy", VARIANTS)]
    {
        let made = properties(&template, bucket);
        let blocked = made["PublicAccessBlockConfiguration"].as_object().unwrap();
        assert!(blocked.len() == 4 && blocked.values().all(|value| value == true), "{bucket}: {blocked:?}");
        assert!(made["BucketEncryption"]["ServerSideEncryptionConfiguration"].is_array());
        let statements = properties(&template, policy)["PolicyDocument"]["Statement"].as_array().unwrap();
        let [plain, cloudfront] = &statements[..] else { panic!("{statements:?}") };
        assert_eq!((&plain["Effect"], &plain["Action"]), (&json!("Deny"), &json!("s3:*")));
        assert_eq!(plain["Condition"], json!({ "Bool": { "aws:SecureTransport": "false" } }));
        assert_eq!(
            many(&plain["Resource"]).iter().map(resource).collect::<Vec<_>>(),
            [arn.to_owned(), format!("{arn}/*")]
        );
        // One distribution, and objects only: who may list may read every name at `/`.
        assert_eq!(
            (&cloudfront["Action"], resource(&cloudfront["Resource"])),
            (&json!("s3:GetObject"), format!("{arn}/*"))
        );
        let source = resource(&cloudfront["Condition"]["StringEquals"]["aws:SourceArn"]);
        assert_eq!(source, "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}");
    }
    assert_eq!(template["Resources"]["Originals"]["DeletionPolicy"], "RetainExceptOnCreate");
}

#[test]
fn uploads_are_authorised_and_go_to_the_originals_alone() {
    let template = template();
    let method = properties(&template, "UploadPut");
    for (no, expected) in [(&["HasApiKey"][..], ("AWS_IAM", false)), (&[], ("NONE", true))] {
        let (kind, key) = (decided(&method["AuthorizationType"], no), decided(&method["ApiKeyRequired"], no));
        assert_eq!((kind.as_str().unwrap(), key.as_bool().unwrap()), expected, "one or the other, never neither");
    }
    assert_eq!(properties(&template, "UploadBucket")["PathPart"], json!({ "Ref": "OriginalsBucket" }));
    assert_eq!(properties(&template, "UploadFile")["PathPart"], "{filename+}");
    let uri = resource(&method["Integration"]["Uri"]);
    assert_eq!(uri, "arn:${AWS::Partition}:apigateway:${AWS::Region}:s3:path/${OriginalsBucket}/{key}");
    assert_eq!(properties(&template, "UploadApi")["BinaryMediaTypes"], json!(["*/*"]));
    let methods = template["Resources"].as_object().unwrap().values();
    assert_eq!(methods.filter(|resource| resource["Type"] == "AWS::ApiGateway::Method").count(), 1);

    // S3 alone calls the trigger, of this bucket of this account.
    let permission = properties(&template, "S3MayCallUploadTrigger");
    assert_eq!(
        (&permission["Principal"], resource(&permission["SourceArn"])),
        (&json!("s3.amazonaws.com"), ORIGINALS.into())
    );
    assert_eq!(decided(&permission["SourceAccount"], &["HasOriginalsAccount"]), &json!({ "Ref": "AWS::AccountId" }));
}

#[test]
fn the_cache_knows_pictures_by_their_uri_alone() {
    let template = template();
    let policy = &properties(&template, "CachePolicy")["CachePolicyConfig"];
    assert_eq!(
        (&policy["MinTTL"], &policy["DefaultTTL"], &policy["MaxTTL"]),
        (&json!(0), &json!(86400), &json!(31_536_000))
    );
    assert_eq!(
        policy["ParametersInCacheKeyAndForwardedToOrigin"],
        json!({
            "EnableAcceptEncodingGzip": false, "EnableAcceptEncodingBrotli": false,
            "CookiesConfig": { "CookieBehavior": "none" }, "HeadersConfig": { "HeaderBehavior": "none" },
            "QueryStringsConfig": { "QueryStringBehavior": "none" },
        })
    );
    let told = &properties(&template, "OriginRequestPolicy")["OriginRequestPolicyConfig"];
    let headers = json!({ "HeaderBehavior": "whitelist", "Headers": ["x-pixfront-url", "x-pixfront-debug"] });
    assert_eq!(told["HeadersConfig"], headers);

    let config = &properties(&template, "Distribution")["DistributionConfig"];
    let errors = config["CustomErrorResponses"].as_array().unwrap().iter();
    let times =
        errors.map(|error| (error["ErrorCode"].as_u64().unwrap(), error["ErrorCachingMinTTL"].as_u64().unwrap()));
    assert_eq!(times.collect::<Vec<_>>(), [(400, 10), (403, 10), (404, 5), (500, 0), (502, 0), (503, 0), (504, 0)]);
    let words = &properties(&template, "ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"];
    assert_eq!(words["ContentSecurityPolicy"]["ContentSecurityPolicy"], pixfront::reply::CONTENT_SECURITY_POLICY);
}

#[test]
fn each_door_is_behind_its_distribution() {
    let template = template();
    let config = &properties(&template, "Distribution")["DistributionConfig"];
    let behaviour = &config["DefaultCacheBehavior"];
    assert_eq!(behaviour["AllowedMethods"], json!(["GET", "HEAD"]));
    let (edge, regional) = (&["IsRegional"][..], &["IsEdge"][..]);
    assert_eq!(decided(&behaviour["TargetOriginId"], edge), "variants");
    assert_eq!(decided(&behaviour["TargetOriginId"], regional), "variants-or-render");
    let called = &decided(&behaviour["LambdaFunctionAssociations"], edge)[0];
    assert_eq!((&called["EventType"], &called["IncludeBody"]), (&json!("origin-response"), &json!(false)));
    let none = json!({ "Ref": "AWS::NoValue" });
    assert_eq!(decided(&behaviour["LambdaFunctionAssociations"], regional), &none);
    assert_eq!(decided(&config["OriginGroups"], edge), &none);
    let group = &decided(&config["OriginGroups"], regional)["Items"][0];
    assert_eq!(group["FailoverCriteria"]["StatusCodes"]["Items"], json!([403, 404]));
    assert_eq!(group["Members"]["Items"], json!([{ "OriginId": "variants" }, { "OriginId": "http" }]));

    let origins: Vec<_> = config["Origins"].as_array().unwrap().iter().map(|origin| decided(origin, edge)).collect();
    assert_eq!((&origins[0]["Id"], &origins[1]["Id"], origins[2]), (&json!("variants"), &json!("originals"), &none));
    let http = decided(&config["Origins"][2], regional);
    assert_eq!((&http["Id"], &http["OriginAccessControlId"]["Ref"]), (&json!("http"), &json!("FunctionAccess")));
    for bucket in &origins[..2] {
        assert_eq!(bucket["OriginAccessControlId"]["Ref"], "BucketAccess");
        assert_eq!(bucket["S3OriginConfig"]["OriginAccessIdentity"], "", "which CloudFront wants beside OAC");
        assert!(resource(&bucket["DomainName"]).ends_with(".s3.${AWS::Region}.${AWS::URLSuffix}"));
        assert_eq!(decided(&bucket["OriginCustomHeaders"], regional), &none);
    }
    assert_eq!(properties(&template, "HttpOriginUrl")["AuthType"], "AWS_IAM");
    // Both are asked since October 2025.
    let url = properties(&template, "CloudFrontMayAskHttpOriginUrl");
    let function = properties(&template, "CloudFrontMayCallHttpOrigin");
    assert_eq!(
        (&url["Action"], &function["Action"]),
        (&json!("lambda:InvokeFunctionUrl"), &json!("lambda:InvokeFunction"))
    );
    assert_eq!(function["InvokedViaFunctionUrl"], true);
    for permission in [url, function] {
        assert!(resource(&permission["SourceArn"]).ends_with("distribution/${Distribution}"));
    }
}

/// What the upload trigger knows by its distribution the doors are told: how long answers may stay at the edges. And all that write
/// rows say alike when they may go, by the attribute that the table reads it from.
#[test]
fn doors_and_trigger_agree_on_how_long() {
    let place = Place { name: Some("E1".to_owned()), ..Place::default() };
    let told = Config { distribution: place, ..Config::default() };
    let template = template();
    let variables = |name: &str| properties(&template, name)["Environment"]["Variables"].clone();
    let none = json!({ "Ref": "AWS::NoValue" });
    let days = json!({ "Ref": "VariantsDays" });
    assert!(variables("UploadTrigger")["PIXFRONT_CACHE_CONTROL"].is_null(), "it has the distribution's");
    let mut places: Vec<_> =
        ["UploadTrigger", "HttpOrigin"].map(|name| variables(name)["PIXFRONT_ROW_DAYS"].clone()).into();
    let mut controls = vec![variables("HttpOrigin")["PIXFRONT_CACHE_CONTROL"].clone()];
    for origin in &properties(&template, "Distribution")["DistributionConfig"]["Origins"].as_array().unwrap()[..2] {
        let headers = decided(&origin["OriginCustomHeaders"], &[]).as_array().unwrap();
        let of = |name: &str| {
            let is_it = |header: &&Value| decided(header, &[])["HeaderName"] == name;
            headers.iter().find(is_it).unwrap_or_else(|| panic!("no {name}"))
        };
        let value = |header: &Value, no: &[&str]| decided(header, no)["HeaderValue"].clone();
        let row_days = of("x-pixfront-row-days");
        assert_eq!(decided(row_days, &["VariantsExpire"]), &none);
        places.push(json!({ "Fn::If": ["VariantsExpire", value(row_days, &[]), none] }));
        let control = of("x-pixfront-cache-control");
        assert_eq!(decided(control, &["TellsCloudFront"]), &none);
        controls.push(json!({ "Fn::If": ["TellsCloudFront", value(control, &[]), none] }));
    }
    for place in places {
        assert_eq!((decided(&place, &[]), decided(&place, &["VariantsExpire"])), (&days, &none));
    }
    for control in controls {
        assert_eq!(decided(&control, &[]), told.cache_control());
        assert_eq!(decided(&control, &["TellsCloudFront"]), &none);
    }
    // tests/it/aws/serve.rs finds it in a row.
    assert_eq!(properties(&template, "Table")["TimeToLiveSpecification"]["AttributeName"], "expires");
}

/// A dashboard is JSON in a text; `CloudFormation` would find out at the end of a deployment.
#[test]
fn dashboards_are_json() {
    let edge = read(&Path::new(ROOT).join("cloudfront/edge.yaml"));
    for (template, name, no, widgets) in
        [(&template(), "Door", "IsRegional", 6), (&template(), "Door", "", 10), (&edge, "Elsewhere", "", 8)]
    {
        let body = properties(template, "Dashboard")["DashboardBody"]["Fn::Sub"].as_array().unwrap();
        let value = decided(&body[1][name], &[no]);
        let text = value["Fn::Sub"].as_str().or_else(|| value.as_str()).unwrap();
        let text = body[0].as_str().unwrap().replace(&format!("${{{name}}}"), text);
        let board: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        assert_eq!(board["widgets"].as_array().unwrap().len(), widgets);
    }
}
