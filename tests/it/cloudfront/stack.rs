//! Deployed by `scripts/deploy.sh` on the stand-in, and driven as users do: an upload through the API, a picture through a door.
//!
//! What the stand-in can't show is listed by name in `stack/unmodelled.rs`, each with what shows it instead; and looked at, so that
//! the list is shorter the day that the stand-in learns more.

use pixfront::store::Stores;
use reqwest::Response;

use crate::pictures;
use crate::world::{look, rows, until};

mod deployed;
mod doctor;
mod script;
mod signed;
mod unmodelled;

use deployed::{By, Deployed, Functions, S3};

const REGIONAL: (&str, &str) = ("DOOR", "regional");

/// A host's name out of a URL.
fn host(url: &str) -> &str {
    url.trim_start_matches("https://").trim_end_matches('/')
}

async fn ask(stack: &Deployed, path: &str) -> Response {
    stack.ask(host(stack.output("FunctionUrl")), path, By::Account).await
}

#[tokio::test]
async fn from_an_upload_to_a_picture_by_the_regional_door() {
    let parameters = format!("DebugSecret={} TellCloudFront=true", doctor::SECRET);
    let mut stack = Deployed::deploy(&Functions::Real, &[REGIONAL, ("PARAMETERS", &parameters)]).await;
    let stores = stack.stores().await;
    uploads_become_thumbnails(&stack, &stores).await;
    pictures_are_made_once(&stack, &stores).await;
    cloudfront_is_told_of_overwrites(&stack, &stores).await;
    failures_become_messages(&stack, &stores).await;
    bad_uploads_are_refused(&stack, &stores).await;
    permissions_are_asked(&stack, &stores).await;
    unmodelled::of_the_regional_door(&stack).await;
    doctor::finds_nothing_broken(&stack).await;

    // The same stack, with keys for uploads. What is not said again stays: the door, the buckets and what is in them.
    stack.again(&[("PARAMETERS", "UploadAuth=api-key")]).await;
    keys_authorise_uploads(&stack, &stores).await;
    assert_eq!(ask(&stack, "/photos/a%20b%2Bc.jpg/w=60,f=webp").await.status(), 200);

    let output = stack.script("undeploy.sh", &[], &[]).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("the originals stay in pix-originals-"), "{said}");
    assert!(stores.originals.head("photos/a b+c.jpg").await.is_ok(), "uploads outlive the stack");
    assert!(stores.variants.head("resized-photos/a b+c.jpg").await.is_err(), "what was made does not");
    assert!(stack.here(&["cloudformation", "describe-stacks", "--stack-name", "pix"]).await.is_err());

    // What is left would be found by a second stack of this name, which is told.
    let package = tempfile::tempdir().unwrap();
    for name in ["upload.zip", "http.zip", "viewer-request.js"] {
        std::fs::write(package.path().join(name), "").unwrap();
    }
    let refused = stack.script("deploy.sh", &[package.path().to_str().unwrap()], &[REGIONAL]).await;
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("OriginalsBucketIs=existing"), "{said}");
}

async fn uploads_become_thumbnails(stack: &Deployed, stores: &Stores) {
    let bucket = stack.output("OriginalsBucketName");
    let names = [("photos/a b+c.jpg", "photos/a%20b%2Bc.jpg"), ("사진.jpg", "%EC%82%AC%EC%A7%84.jpg")];
    for (key, path) in names {
        let picture = pictures::jpeg(120, 80);
        let answer = stack.upload(&format!("{bucket}/{path}"), picture.clone(), By::Account).await;
        assert_eq!(answer.status(), 200, "{key}");
        let object = stores.originals.get(key, u64::MAX).await.unwrap();
        assert_eq!(object.body, picture, "byte for byte");
        assert_eq!(object.head.attributes.content_type, "image/jpeg");
        assert_eq!(answer.headers()["etag"].to_str().unwrap().trim_matches('"'), object.head.etag);

        let thumbnail = format!("resized-{key}");
        let object = until(&thumbnail, async || stores.variants.get(&thumbnail, u64::MAX).await.ok()).await;
        assert_eq!(look(&object.body), ("jpeg", 60, 40));
        until("row", async || (rows(stores, key).await == [thumbnail.as_str()]).then_some(())).await;
    }
}

async fn pictures_are_made_once(stack: &Deployed, stores: &Stores) {
    const KEY: &str = "photos/a b+c.jpg/w=60,f=webp";
    const PATH: &str = "/photos/a%20b%2Bc.jpg/w=60,f=webp";
    assert!(stores.variants.head(KEY).await.is_err());
    let answer = ask(stack, PATH).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, "image/webp"));
    assert_eq!(look(&answer.bytes().await.unwrap()), ("webp", 60, 40));
    // Respond, then persist.
    let object = until("variant", async || stores.variants.get(KEY, u64::MAX).await.ok()).await;
    until("row", async || rows(stores, "photos/a b+c.jpg").await.contains(&"w=60,f=webp".to_owned()).then_some(()))
        .await;
    assert_eq!(ask(stack, PATH).await.bytes().await.unwrap(), object.body);

    let missing = ask(stack, "/photos/none.jpg/w=60").await;
    assert_eq!(
        (missing.status().as_u16(), missing.headers()["x-pixfront-error"].to_str().unwrap()),
        (404, "not-found")
    );
    let bad = ask(stack, "/photos/a%20b%2Bc.jpg/w=9999,f=webp").await;
    assert_eq!(bad.status(), 400);
    let unsigned = stack.ask(host(stack.output("FunctionUrl")), PATH, By::Nobody).await;
    assert_eq!(unsigned.status(), 403, "only who signs, as CloudFront does, is answered");
}

/// By the trigger's own role, and of nothing else so far.
async fn cloudfront_is_told_of_overwrites(stack: &Deployed, stores: &Stores) {
    const KEY: &str = "photos/a b+c.jpg";
    let id = stack.output("DistributionId");
    let list = ["cloudfront", "list-invalidations", "--distribution-id", id];
    let invalidations = async || {
        let list = stack.aws("us-east-1", &list).await.unwrap();
        list["InvalidationList"]["Items"].as_array().cloned().unwrap_or_default()
    };
    assert_eq!(invalidations().await, Vec::<serde_json::Value>::new(), "new pictures are no news");
    let path = format!("{}/photos/a%20b%2Bc.jpg", stack.output("OriginalsBucketName"));
    let thumbnail = format!("resized-{KEY}");
    let before = stores.variants.head(&thumbnail).await.unwrap().attributes.metadata;
    assert_eq!(stack.upload(&path, pictures::jpeg(118, 80), By::Account).await.status(), 200);
    let told = until("invalidation", async || invalidations().await.pop()).await;
    let id = told["Id"].as_str().unwrap();
    let get = ["cloudfront", "get-invalidation", "--distribution-id", stack.output("DistributionId"), "--id", id];
    let paths = stack.aws("us-east-1", &get).await.unwrap()["Invalidation"]["InvalidationBatch"]["Paths"].clone();
    let tag = pixfront::key::SourceKey::new(KEY).unwrap().cache_tag();
    assert_eq!(paths["Items"], serde_json::json!(["/photos/a%20b%2Bc.jpg", format!("#{tag}")]));
    until("thumbnail of the new picture", async || {
        let head = stores.variants.head(&thumbnail).await.ok()?;
        (head.attributes.metadata["source-etag"] != before["source-etag"]).then_some(())
    })
    .await;
    assert_eq!(invalidations().await.len(), 1);
}

async fn failures_become_messages(stack: &Deployed, stores: &Stores) {
    let bucket = stack.output("OriginalsBucketName");
    let mut torn = pictures::jpeg(64, 64);
    torn.truncate(torn.len() / 2);
    // A name that our URLs can't say is stored by S3, and the trigger says that it can't be served.
    for (path, key, kind) in
        [("photos/torn.jpg", "photos/torn.jpg", "corrupt"), ("cat.jpg/w=4", "cat.jpg/w=4", "invalid")]
    {
        assert_eq!(stack.upload(&format!("{bucket}/{path}"), torn.clone(), By::Account).await.status(), 200);
        let messages = until("message", async || {
            let messages = stores.failures.receive(10, 60).await.unwrap();
            Some(messages).filter(|messages| !messages.is_empty())
        });
        let messages = messages.await;
        assert_eq!(messages.len(), 1, "{messages:?}");
        let message = &messages[0].message;
        assert_eq!((&*message.body, &*message.attributes["kind"]), (key, kind));
        assert_eq!(message.attributes["bucket"], bucket);
        let mut rows = rows(stores, key).await;
        // That there is an original is kept in mind where CloudFront may have it.
        rows.retain(|row| row != "original/");
        assert_eq!(rows, Vec::<String>::new());
    }
}

async fn bad_uploads_are_refused(stack: &Deployed, stores: &Stores) {
    let (originals, variants) = (stack.output("OriginalsBucketName"), stack.output("VariantsBucketName"));
    let before = stores.originals.list("", None, usize::MAX).await.unwrap();
    let made = stores.variants.list("", None, usize::MAX).await.unwrap();
    let refused = [
        (format!("{originals}/x.jpg"), By::Nobody),
        (format!("{originals}/x.jpg"), By::Key("guessed")),
        // Not even of this stack's own, and no way up.
        (format!("{variants}/x.jpg"), By::Account),
        (format!("{originals}/../{variants}/x.jpg"), By::Account),
        (format!("{originals}/%2e%2e/{variants}/x.jpg"), By::Account),
        ("some-other-bucket/x.jpg".to_owned(), By::Account),
        ("x.jpg".to_owned(), By::Account),
    ];
    for (path, how) in refused {
        let answer = stack.upload(&path, pictures::jpeg(8, 8), how).await;
        assert!(answer.status().is_client_error(), "{path} {how:?}: {}", answer.status());
    }
    assert_eq!(stores.originals.list("", None, usize::MAX).await.unwrap(), before);
    assert_eq!(stores.variants.list("", None, usize::MAX).await.unwrap(), made);
}

/// The stand-in looks at signatures and policies as IAM does. The functions passed already: each by its own role.
async fn permissions_are_asked(stack: &Deployed, stores: &Stores) {
    let bucket = stack.output("OriginalsBucketName");
    let (api, url) = (format!("{bucket}/by-user.jpg"), host(stack.output("FunctionUrl")));
    let object = format!("/{bucket}/photos/torn.jpg");
    let user = stack.user("somebody").await;
    let forged = signed::Keys { secret: "guessed".to_owned(), ..user.clone() };
    for by in [By::User(&user), By::User(&forged)] {
        assert_eq!(stack.upload(&api, pictures::jpeg(8, 8), by).await.status(), 403, "{by:?}");
        assert_eq!(
            stack.ask(url, "/photos/a%20b%2Bc.jpg/w=50", by).await.status(),
            403,
            "{by:?}: for CloudFront alone"
        );
        assert_eq!(stack.ask(S3, &object, by).await.status(), 403, "{by:?}");
    }
    assert_eq!(stack.ask(S3, &object, By::Nobody).await.status(), 403, "the bucket is private");
    let reader = stack.user("reader").await;
    stack.allow("reader", "s3:GetObject", &format!("arn:aws:s3:::{bucket}/*")).await;
    assert_eq!(stack.ask(S3, &object, By::User(&reader)).await.status(), 200);
    assert_eq!(stack.ask_plainly(S3, &object, By::User(&reader)).await.status(), 403, "nobody reads it without TLS");
    assert!(stores.originals.head("by-user.jpg").await.is_err());
    assert!(stores.variants.head("photos/a b+c.jpg/w=50").await.is_err(), "no render for strangers");

    // What the output says is what somebody needs who uploads, and no more.
    stack.allow("somebody", "execute-api:Invoke", stack.output("UploadArn")).await;
    assert_eq!(stack.upload(&api, pictures::jpeg(8, 8), By::User(&user)).await.status(), 200);
    assert!(stores.originals.head("by-user.jpg").await.is_ok());
    assert_eq!(stack.ask(S3, &object, By::User(&user)).await.status(), 403);
}

async fn keys_authorise_uploads(stack: &Deployed, stores: &Stores) {
    let path = format!("{}/with-key.jpg", stack.output("OriginalsBucketName"));
    let id = stack.output("UploadKeyId");
    let key = stack.here(&["apigateway", "get-api-key", "--include-value", "--api-key", id]).await.unwrap();
    let key = key["value"].as_str().unwrap();
    for how in [By::Nobody, By::Account, By::Key("guessed")] {
        assert_eq!(stack.upload(&path, pictures::jpeg(8, 8), how).await.status(), 403, "{how:?}");
    }
    assert!(stores.originals.head("with-key.jpg").await.is_err());
    assert_eq!(stack.upload(&path, pictures::jpeg(120, 80), By::Key(key)).await.status(), 200);
    until("thumbnail", async || stores.variants.head("resized-with-key.jpg").await.ok()).await;
}

#[tokio::test]
async fn the_edges_stack_comes_first_and_its_version_is_in_the_distribution() {
    let mut stack = Deployed::deploy(&Functions::Empty, &[]).await;
    let edge =
        stack.aws("us-east-1", &["cloudformation", "describe-stacks", "--stack-name", "pix-edge"]).await.unwrap();
    let outputs = edge["Stacks"][0]["Outputs"].as_array().unwrap();
    let version =
        outputs.iter().find(|output| output["OutputKey"] == "FunctionVersionArn").unwrap()["OutputValue"].as_str();
    let version = version.unwrap();
    assert!(version.starts_with("arn:aws:lambda:us-east-1:") && version.ends_with(":pix-edge:1"), "{version}");

    let id = stack.output("DistributionId");
    let distribution = stack.aws("us-east-1", &["cloudfront", "get-distribution-config", "--id", id]).await.unwrap();
    let config = &distribution["DistributionConfig"];
    let behaviour = &config["DefaultCacheBehavior"];
    assert_eq!(behaviour["TargetOriginId"], "variants");
    let called = &behaviour["LambdaFunctionAssociations"]["Items"][0];
    assert_eq!((&called["EventType"], &called["LambdaFunctionARN"]), (&"origin-response".into(), &version.into()));

    // At the edge there is no environment: with these the program knows where everything is.
    let origins = config["Origins"]["Items"].as_array().unwrap();
    assert_eq!(
        origins.iter().map(|origin| origin["Id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["variants", "originals"]
    );
    for origin in origins {
        let headers = origin["CustomHeaders"]["Items"].as_array().unwrap();
        let pairs = headers
            .iter()
            .map(|header| (header["HeaderName"].as_str().unwrap(), header["HeaderValue"].as_str().unwrap()));
        let config = pixfront::config::Config::default().with_headers(pairs).unwrap();
        assert!(config.says_where(), "{headers:?}");
        assert_eq!(config.variants.name.as_deref(), Some(stack.output("VariantsBucketName")));
        assert_eq!(config.table.name.as_deref(), Some(stack.output("TableName")));
        assert_eq!(config.queue.name.as_deref(), Some(stack.output("FailuresQueueUrl")));
        assert!(
            [&config.originals, &config.variants, &config.table, &config.queue]
                .iter()
                .all(|place| place.region.as_deref() == Some("ap-northeast-2"))
        );
    }
    let policies = stack.here(&["iam", "list-role-policies", "--role-name", &role_of(outputs)]).await.unwrap();
    assert!(
        policies["PolicyNames"].as_array().unwrap().iter().any(|name| name == "pix-ap-northeast-2-data"),
        "{policies}"
    );
    a_stored_variant_is_answered(&stack).await;
    unmodelled::of_the_edge(&stack).await;
    the_buckets_policy_lets_cloudfront_in(&stack).await;
    signed_urls_want_their_store(&mut stack).await;
}

fn role_of(outputs: &[serde_json::Value]) -> String {
    let output = outputs.iter().find(|output| output["OutputKey"] == "RoleName").unwrap();
    output["OutputValue"].as_str().unwrap().to_owned()
}

/// Through the distribution: the function's text runs, S3 answers, and what S3 does not say is added.
async fn a_stored_variant_is_answered(stack: &Deployed) {
    let stores = stack.stores().await;
    let attributes = pixfront::store::Attributes { content_type: "image/webp".into(), ..Default::default() };
    let domain = stack.output("DistributionDomain");
    stores.variants.put("photos/cat.jpg/w=60,f=webp", b"a variant".to_vec().into(), attributes).await.unwrap();
    let answer = stack.ask(domain, "/photos/cat.jpg?f=webp&utm_source=x&width=60", By::Nobody).await;
    let headers = answer.headers().clone();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!((answer.status().as_u16(), &*answer.bytes().await.unwrap()), (200, &b"a variant"[..]));
    assert_eq!(header("content-security-policy"), pixfront::reply::CONTENT_SECURITY_POLICY);
    assert_eq!((header("x-content-type-options"), header("vary")), ("nosniff".into(), "Accept".into()));
    for (path, words) in [
        ("/photos/cat.jpg?w=9999", "w=9999: must be a whole number from 1 to 8192\n"),
        ("/photos/cat.jpg?w=60&w=61", "w: given more than once\n"),
        (
            "/photos/cat.jpg/w=60,f=webp",
            "the path ends in w=60,f=webp, which reads as a recipe and can't name a picture\n",
        ),
    ] {
        let refused = stack.ask(domain, path, By::Nobody).await;
        assert_eq!((refused.status().as_u16(), &*refused.text().await.unwrap()), (400, words), "{path}");
    }
}

/// The function's text and the parameter must agree.
async fn signed_urls_want_their_store(stack: &mut Deployed) {
    let signed = ("PARAMETERS", "SignedUrls=true");
    assert!(stack.refusal(&[signed]).await.contains("does not want signatures"));
    // As `make package` writes it.
    let text = pixfront::viewer_function::deployed(&pixfront::config::Config::default(), true).unwrap();
    stack.repack(&text);
    assert!(stack.refusal(&[]).await.contains("so PARAMETERS must have SignedUrls=true"));
    stack.again(&[signed]).await;
    assert!(stack.said.contains("until the store has a value under signing-keys"), "{}", stack.said);
    let store = stack.output("SigningKeysStoreArn");
    let name = stack.output("ViewerRequestFunction");
    let function =
        stack.aws("us-east-1", &["cloudfront", "describe-function", "--stage=LIVE", "--name", name]).await.unwrap();
    let stores = &function["FunctionSummary"]["FunctionConfig"]["KeyValueStoreAssociations"]["Items"];
    assert_eq!(stores[0]["KeyValueStoreARN"], store);
    // The stand-in lends the function no store that can be read, and so nothing comes.
    let signature = format!("/photos/cat.jpg?w=60&f=webp&s={}", "A".repeat(43));
    for (path, status) in [("/photos/cat.jpg?w=60&f=webp", 403), (&*signature, 502)] {
        assert_eq!(stack.ask(stack.output("DistributionDomain"), path, By::Nobody).await.status(), status, "{path}");
    }
}

/// And nothing else does: without it S3 refuses the distribution.
async fn the_buckets_policy_lets_cloudfront_in(stack: &Deployed) {
    let bucket = stack.output("VariantsBucketName");
    stack.here(&["s3api", "delete-bucket-policy", "--bucket", bucket]).await.unwrap();
    let answer = stack.ask(stack.output("DistributionDomain"), "/photos/cat.jpg?w=60&f=webp", By::Nobody).await;
    assert_eq!(answer.status(), 403);
}
