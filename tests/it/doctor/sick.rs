//! A deployment with something wrong: a proxy before `serve` that changes requests or answers.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request on its way.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How many requests came before with this method and path.
    pub(crate) times: usize,
}

/// An answer on its way back.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Told {
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value).unwrap());
    }
}

/// What is wrong.
#[derive(Clone, Copy)]
pub(crate) struct Illness {
    /// The request as it is sent on; [`None`] if it is not, and answered with nothing and 200.
    pub(crate) before: fn(Asked) -> Option<Asked>,
    /// The answer as it is given.
    pub(crate) after: fn(&Asked, &mut Told),
}

/// Nothing is.
pub(crate) const HEALTHY: Illness = Illness { before: Some, after: |_, _| () };

/// The proxy. Ends when dropped.
pub(crate) struct Proxy {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(behind: String, illnesses: &[Illness]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<Asked>>>::default();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let handler = {
            let (seen, illnesses) = (Arc::clone(&seen), illnesses.to_owned());
            move |request: Request| {
                let (seen, client, behind) = (Arc::clone(&seen), client.clone(), behind.clone());
                let illnesses = illnesses.clone();
                async move { pass(&client, &behind, &illnesses, &seen, request).await }
            }
        };
        let app = Router::new().fallback(handler);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, seen, task }
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    client: &Client,
    behind: &str,
    illnesses: &[Illness],
    seen: &Mutex<Vec<Asked>>,
    request: Request,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let (method, url) = (head.method, head.uri.to_string());
    let asked = {
        let mut seen = seen.lock().unwrap();
        let times = seen.iter().filter(|before| (&before.method, &before.url) == (&method, &url)).count();
        let asked = Asked { method, url, headers: head.headers, body, times };
        seen.push(asked.clone());
        asked
    };
    let sent_on = illnesses.iter().try_fold(asked.clone(), |asked, illness| (illness.before)(asked));
    let mut told = match sent_on {
        Some(mut asked) => {
            asked.headers.remove("host");
            let request = client.request(asked.method, format!("{behind}{}", asked.url)).headers(asked.headers);
            let answer = request.body(asked.body).send().await.unwrap();
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Told { status, headers, body: answer.bytes().await.unwrap() }
        }
        None => Told { status: 200, headers: HeaderMap::new(), body: Bytes::new() },
    };
    for illness in illnesses {
        (illness.after)(&asked, &mut told);
    }
    // The body may be another one now.
    for length in ["content-length", "transfer-encoding"] {
        told.headers.remove(length);
    }
    let mut response = Response::new(Body::from(told.body));
    *response.status_mut() = told.status.try_into().unwrap();
    *response.headers_mut() = told.headers;
    response
}
