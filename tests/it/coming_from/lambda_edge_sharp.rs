//! sharp at Lambda@Edge: the same URLs, and the same pictures where it was right.

use std::fs;
use std::process::Command;

use pixfront::config::Config;
use pixfront::serve::viewer_request::rewrite;
use serde_json::{Value, json};

use super::{Account, Page, run, tool};
use crate::lambda::{ORIGIN_RESPONSE, body};
use crate::pictures;
use crate::triggers::event;
use crate::world::look;

/// The little of AWS's SDK that the page uses.
const SDK: &str = "exports.S3Client = class {
  async send({ Bucket, Key }) {
    const path = Key.split('/').map(encodeURIComponent).join('/');
    const answer = await fetch(`${process.env.AWS_ENDPOINT_URL}/${Bucket}/${path}`);
    if (!answer.ok) throw new Error(`S3 says ${answer.status}`);
    return { Body: { transformToByteArray: async () => Buffer.from(await answer.arrayBuffer()) } };
  }
};
exports.GetObjectCommand = class { constructor(input) { Object.assign(this, input); } };
";

/// Of noise it is over 1 MB.
const LONG: &str = "w=1200&f=jpeg&q=100";

/// What CloudFront asks with, once S3 has answered.
fn asked(uri: &str, query: &str, status: &str) -> Value {
    let mut event = event("origin-response-403");
    let cf = &mut event["Records"][0]["cf"];
    cf["request"]["uri"] = uri.into();
    cf["request"]["querystring"] = query.into();
    cf["response"]["status"] = status.into();
    event
}

/// The page's own handler on all of these.
fn old(account: &Account, page: &Page, urls: &[(&str, &str)]) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let sdk = dir.path().join("node_modules/@aws-sdk/client-s3");
    fs::create_dir_all(&sdk).unwrap();
    fs::write(sdk.join("index.js"), SDK).unwrap();
    fs::write(dir.path().join("old.js"), page.block("js")).unwrap();
    let program = "const { handler } = require('./old.js');
(async () => {
  const answers = [];
  for (const event of JSON.parse(require('fs').readFileSync('events.json', 'utf8'))) answers.push(await handler(event));
  require('fs').writeFileSync('answers.json', JSON.stringify(answers));
})();
";
    fs::write(dir.path().join("all.js"), program).unwrap();
    let events: Vec<_> = urls.iter().map(|(uri, query)| asked(uri, query, "200")).collect();
    fs::write(dir.path().join("events.json"), Value::from(events).to_string()).unwrap();
    let modules = tool("node/node_modules");
    let mut node = Command::new(modules.join("node-22/bin/node"));
    node.arg("all.js").current_dir(dir.path()).env("NODE_PATH", &modules);
    run(node.env("AWS_ENDPOINT_URL", &account.process.endpoint));
    serde_json::from_str(&fs::read_to_string(dir.path().join("answers.json")).unwrap()).unwrap()
}

fn content_type(response: &Value) -> &str {
    response["headers"]["content-type"][0]["value"].as_str().unwrap()
}

#[tokio::test]
async fn the_same_urls_get_the_same_pictures() {
    let page = Page::read("lambda-edge-sharp.md");
    let account = Account::of(&page, &[]).await;
    account.upload("alps/peak.jpg", pictures::jpeg(400, 300)).await;
    account.upload("사진 1.png", pictures::png(200, 320)).await;
    account.upload("noise.png", noise()).await;
    let peak = "/alps/peak.jpg";
    let png = "/%EC%82%AC%EC%A7%84%201.png";
    let urls = [
        (peak, "w=200"),
        (peak, "h=100"),
        (peak, "w=120&h=120"),
        (peak, "h=50&w=200&f=png"),
        (peak, "w=200&f=webp&q=60"),
        (peak, "w=80&f=jpg&q=30"),
        (png, "w=100&h=100&f=jpeg"),
        (png, "f=webp&w=64"),
    ];
    let config = config(&page);
    let mut edge = account.function(ORIGIN_RESPONSE).await;
    for ((uri, query), old) in urls.iter().zip(old(&account, &page, &urls)) {
        let rewritten = rewrite(uri, query, None, &config, 0).unwrap();
        let ours = edge.response(&asked(&rewritten.uri, "", "403")).await;
        let seen = |response: &Value| (content_type(response).to_owned(), look(&body(response)));
        assert_eq!(ours["status"], "200", "{uri}?{query}");
        assert_eq!(seen(&ours), seen(&old), "{uri}?{query}");
    }

    // Where it was not right.
    let wrong = [(peak, "w=900"), (peak, "w=abc"), (peak, "w=9&f=bmp"), ("/noise.png", LONG)];
    let old = old(&account, &page, &wrong);
    assert_eq!(look(&body(&old[0])).1, 900, "enlarged");
    assert_eq!(look(&body(&old[1])).1, 400, "all of it, encoded anew");
    assert!(old[2].get("body").is_none() && old[3].get("body").is_none(), "the original as it is");
    let size = rewrite(peak, "w=900", None, &config, 0).unwrap();
    assert_eq!(look(&body(&edge.response(&asked(&size.uri, "", "403")).await)).1, 400);
    for (query, words) in [("w=abc", "w=abc: must be"), ("w=9&f=bmp", "f=bmp: must be")] {
        let refused = rewrite(peak, query, None, &config, 0).unwrap_err();
        assert!(refused.context().starts_with(words), "{}", refused.context());
    }
    let long = rewrite("/noise.png", LONG, None, &config, 0).unwrap();
    let mut event = asked(&long.uri, "", "403");
    event["Records"][0]["cf"]["request"]["headers"]["x-pixfront-url"][0]["value"] = format!("/noise.png?{LONG}").into();
    let sent_back = edge.response(&event).await;
    assert_eq!(
        (&sent_back["status"], &sent_back["headers"]["location"][0]["value"]),
        (&json!("302"), &json!(format!("/noise.png?{LONG}")))
    );
    let stored = account.take().await.objects;
    assert_eq!(stored["noise.png/w=1200,f=jpeg,q=100"].2, 1200, "and S3 answers it the second time");
}

fn config(page: &Page) -> Config {
    let settings = page.settings();
    let variable = |name: &str| settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let config = Config::from_sources("", variable).unwrap();
    config.check().unwrap();
    config
}

/// What no PNG makes short.
fn noise() -> Vec<u8> {
    let mut state = 1_u32;
    let picture = image::RgbImage::from_fn(1200, 800, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }))
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}
