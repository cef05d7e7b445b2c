//! CloudFront, both buckets and the two functions in one process: `pixfront serve`.
//!
//! A request goes the way it goes at AWS: the viewer-request rewrite, the cache, the bucket, and where that has nothing, a real
//! event through the origin-response door, or to a function that answers it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;

use crate::error::{Error, Kind, Result};
use crate::reply::ERROR_HEADER;
use crate::request::{Request as PictureRequest, without_pair};
use crate::service::Service;
use crate::telemetry::ms;

pub mod cache;
mod deliver;
mod edge;
mod entry;
mod expiry;
pub mod maker;
mod metrics;
mod page;
mod upload;
pub mod viewer_request;

use cache::Cache;
use edge::{Edge, Subject, failed_entry};
use maker::Maker;
use metrics::Metrics;
use upload::Uploads;

/// What the handlers share.
struct Site {
    service: Arc<Service>,
    metrics: Arc<Metrics>,
    edge: Edge,
    uploads: Uploads,
}

impl Site {
    fn new(service: Arc<Service>, cache: Cache, maker: Maker) -> Result<Self> {
        let metrics = Arc::new(Metrics::new(&service.counters, &cache)?);
        let edge = Edge::new(Arc::clone(&service), Arc::clone(&metrics), cache, maker);
        let uploads = Uploads::new(Arc::clone(&service), edge.clone());
        Ok(Self { service, metrics, edge, uploads })
    }
}

/// A bound socket, so that the port is known before anything is served.
pub async fn bind(host: &str, port: u16) -> Result<TcpListener> {
    TcpListener::bind((host, port))
        .await
        .map_err(|error| Error::with_source(Kind::Upstream, format!("{host}:{port} can't be listened on"), error))
}

/// The address as a URL to click on.
pub fn url_of(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Serves until `stop` resolves; then lets what is under way come to its end, for as long as a request may take. Begins with
/// what a process before this one did not get to.
pub async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    cache: Cache,
    maker: Maker,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let grace = service.config().deadline + Duration::from_secs(5);
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let stop = async move {
        stop.await;
        tracing::info!("stopping");
        // The receiver is gone only when serving has already ended.
        let _ = stopping.send(());
    };
    let site = Arc::new(Site::new(service, cache, maker)?);
    let app = router(Arc::clone(&site));
    let served = async {
        site.uploads.resume().await;
        let served = axum::serve(listener, app).with_graceful_shutdown(stop).await;
        site.uploads.finish().await;
        served
    };
    let too_slow = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(grace).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = served => served.map_err(|error| Error::with_source(Kind::Upstream, "serving ended", error)),
        () = too_slow => {
            tracing::warn!("stopped with requests still under way");
            Ok(())
        }
    }
}

fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(home).fallback(picture))
        .route("/health", get(health).fallback(picture))
        .route("/metrics", get(metrics).fallback(picture))
        .route("/upload/{*rest}", put(receive).fallback(picture))
        .fallback(picture)
        .layer(from_fn_with_state(Arc::clone(&site), log_request))
        .with_state(site)
}

/// Seconds since 1970.
pub(crate) fn unix_time() -> u64 {
    unix_ms() / 1000
}

/// Milliseconds since 1970.
fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

async fn home(State(site): State<Arc<Site>>, headers: HeaderMap, uri: Uri) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    page::home(&site.service, host.unwrap_or("localhost"), uri.query().unwrap_or_default()).await
}

async fn health(State(site): State<Arc<Site>>) -> Response {
    let counters = &site.service.counters;
    let health = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "renders": counters.renders.get(),
        "puts_failed": counters.puts_failed.get(),
        "records_failed": counters.records_failed.get(),
        "failures_sent": counters.failures_sent.get(),
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(health)).into_response()
}

async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let cache = site.edge.cache_state().await;
    site.metrics.answer(site.edge.gates(), &cache).unwrap_or_else(|error| {
        site.service.counters.failed(&error);
        failed_entry(&error, String::new()).into_response()
    })
}

async fn receive(State(site): State<Arc<Site>>, request: Request<Body>) -> Response {
    let (request, body) = request.into_parts();
    site.uploads.receive(&request, body).await
}

async fn picture(State(site): State<Arc<Site>>, request: Request<Body>) -> Response {
    let (request, _) = request.into_parts();
    match request.method {
        Method::GET | Method::HEAD => {
            let mut response = site.edge.answer(&request).await;
            if let Some(expires) = expires(&site, &request.uri) {
                expiry::end_at(response.headers_mut(), expires, unix_time());
            }
            response
        }
        Method::OPTIONS => deliver::preflight(),
        _ => deliver::method_not_allowed(&request.method, site.service.config().originals_bucket()),
    }
}

/// Until when the signature of a picture's URL is good, where one is asked for.
fn expires(site: &Site, uri: &Uri) -> Option<u64> {
    site.service.config().signing_keys.as_ref()?;
    PictureRequest::parse(uri.path(), uri.query().unwrap_or_default(), None).ok()?.params.expires
}

async fn log_request(State(site): State<Arc<Site>>, request: Request<Body>, next: Next) -> Response {
    let (method, begun) = (request.method().clone(), Instant::now());
    // Whoever reads the log must not get in with what stands there: without `exp` a signature is good for ever.
    let uri = without_pair(&request.uri().to_string(), "s");
    let response = next.run(request).await;
    let took = begun.elapsed();
    site.metrics.answered(response.status(), took);
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let subject = response.extensions().get::<Subject>();
    tracing::info!(
        %method,
        %uri,
        status = response.status().as_u16(),
        cache = header("x-cache").unwrap_or("-"),
        key = subject.map(|subject| subject.key.as_str()),
        recipe = subject.and_then(|subject| subject.recipe.as_deref()),
        kind = header(ERROR_HEADER),
        duration_ms = ms(took),
        "request"
    );
    response
}
