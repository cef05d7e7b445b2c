//! `pixfront doctor` on the deployed stack. Origin groups are not modelled by the stand-in, so a distribution with one stands here: the
//! viewer-request function's twin, the variants bucket, and where that has nothing, the function URL; each signed for, as CloudFront does.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use pixfront::config::Config;
use pixfront::reply::{Audience, CONTENT_SECURITY_POLICY, reply};
use pixfront::serve::viewer_request::{Origin, Rewritten, rewrite};
use reqwest::{Client, Url};
use serde_json::Value;
use tokio::net::TcpListener;

use super::deployed::{Deployed, REGION};
use super::host;
use super::signed::{Keys, sign};
use crate::world::program;

pub(super) const SECRET: &str = "a-debug-secret-of-this-deployment-1";

struct Distribution {
    client: Client,
    endpoint: Url,
    originals: String,
    variants: String,
    function: String,
}

impl Distribution {
    async fn answer(&self, request: Request) -> Response<Body> {
        let (uri, headers) = (request.uri(), request.headers());
        let accept = headers.get("accept").and_then(|accept| accept.to_str().ok());
        let rewritten = rewrite(uri.path(), uri.query().unwrap_or_default(), accept, &Config::default(), 0);
        match rewritten {
            Ok(rewritten) => {
                let viewer_url = uri.path_and_query().unwrap().as_str();
                self.picture(&rewritten, viewer_url, headers).await
            }
            Err(error) => {
                let refused = reply(Err(&error), Audience::CloudFront);
                let mut response = Response::builder().status(refused.status);
                for (name, value) in refused.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(refused.body)).unwrap()
            }
        }
    }

    /// From the bucket, or where that has nothing, from the door.
    async fn picture(&self, rewritten: &Rewritten, viewer_url: &str, headers: &HeaderMap) -> Response<Body> {
        let bucket = if rewritten.origin == Origin::Originals { &self.originals } else { &self.variants };
        let stored = self.ask("localhost", &format!("/{bucket}{}", rewritten.uri), "s3", &HeaderMap::new()).await;
        let is_missing = matches!(stored.status().as_u16(), 403 | 404);
        if !is_missing || rewritten.origin == Origin::Originals {
            return stored;
        }
        let mut forwarded = HeaderMap::new();
        forwarded.insert("x-pixfront-url", HeaderValue::try_from(viewer_url).unwrap());
        // The one header of the viewer's that the origin request policy lets through.
        if let Some(secret) = headers.get("x-pixfront-debug") {
            forwarded.insert("x-pixfront-debug", secret.clone());
        }
        self.ask(&self.function, &rewritten.uri, "lambda", &forwarded).await
    }

    async fn ask(&self, host: &str, path: &str, service: &str, headers: &HeaderMap) -> Response<Body> {
        let request = self.client.get(self.endpoint.join(path).unwrap()).headers(headers.clone());
        let mut request = request.header("host", host).build().unwrap();
        sign(&mut request, &Keys::of_the_account(), service, REGION);
        let answer = self.client.execute(request).await.unwrap();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(answer.status().as_u16()).unwrap();
        // What goes through, and what the response-headers policy adds.
        for (name, value) in answer.headers() {
            if !["content-length", "transfer-encoding", "connection", "date"].contains(&name.as_str()) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        for (name, value) in [
            ("content-security-policy", CONTENT_SECURITY_POLICY),
            ("x-content-type-options", "nosniff"),
            ("vary", "Accept"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        *response.body_mut() = Body::from(answer.bytes().await.unwrap());
        response
    }
}

/// Every check of the doctor that has something to look at here.
pub(super) async fn finds_nothing_broken(stack: &Deployed) {
    let distribution = Arc::new(Distribution {
        client: Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
        endpoint: Url::parse(stack.endpoint()).unwrap(),
        originals: stack.output("OriginalsBucketName").to_owned(),
        variants: stack.output("VariantsBucketName").to_owned(),
        function: host(stack.output("FunctionUrl")).to_owned(),
    });
    let handler = move |request: Request| {
        let distribution = Arc::clone(&distribution);
        async move { distribution.answer(request).await }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await.unwrap() });

    let mut command = program(["doctor", &url, "--upload-url", &stack.upload_url(), "--upload-auth", "iam"]);
    command.args(["--inside", "--store", "aws", "--debug-secret", SECRET, "--wait", "60", "--json"]);
    stack.lend(&mut command);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    serving.abort();

    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let findings: Vec<Value> = serde_json::from_str(&said)
        .unwrap_or_else(|error| panic!("{error}: {said}{}", String::from_utf8_lossy(&output.stderr)));
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let verdicts: BTreeMap<_, _> =
        findings.iter().map(|finding| (text(finding, "check"), text(finding, "verdict"))).collect();
    let unseen: Vec<_> = verdicts.iter().filter(|(_, verdict)| *verdict != "works").map(|(check, _)| check).collect();
    // Nothing caches here, and nothing is signed.
    assert_eq!(unseen, ["rewriting", "signatures"], "{said}");
    assert_eq!((verdicts.len(), output.status.code()), (20, Some(0)), "{said}");
    assert!(said.contains("regional made the picture") && said.contains("the store answers the second time"), "{said}");
    assert!(said.contains("403 without authorisation"), "{said}");
}
