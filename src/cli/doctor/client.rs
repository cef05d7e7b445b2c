//! The doctor as a viewer: GET by path and query, signed where URLs must be, redirects followed by nobody.

use std::time::{Duration, Instant};

use reqwest::Url;
use reqwest::redirect::Policy;

use super::answer::Answer;
use crate::door::DEBUG_HEADER;
use crate::error::{Error, Kind, Result};
use crate::key::SourceKey;
use crate::request::Request;
use crate::serve::unix_time;
use crate::signature::SigningKeys;

/// The longest that a request may take. Lambda@Edge has 30 s.
pub(super) const DEADLINE: Duration = Duration::from_secs(40);

/// How long a signature of the doctor is good, in seconds.
const SIGNED_FOR_S: u64 = 3600;

pub(super) struct Client {
    http: reqwest::Client,
    /// The URL as it was given.
    url: Url,
    debug_secret: Option<String>,
    signing_keys: Option<SigningKeys>,
}

impl Client {
    pub(super) fn new(url: &str, debug_secret: Option<String>, signing_keys: Option<SigningKeys>) -> Result<Self> {
        Ok(Self { http: http()?, url: read_url(url)?, debug_secret, signing_keys })
    }

    /// The key of the picture that the given URL names; [`None`] where it has no path.
    pub(super) fn given_key(&self) -> Result<Option<SourceKey>> {
        if self.url.path() == "/" {
            return Ok(None);
        }
        let request = Request::parse(self.url.path(), "", None)?;
        SourceKey::new(request.name.as_str()).map(Some)
    }

    pub(super) const fn has_secret(&self) -> bool {
        self.debug_secret.is_some()
    }

    /// Asks for a path and query.
    pub(super) async fn get(&self, path: &str) -> Result<Answer> {
        self.ask(&self.signed(path)?, &[]).await
    }

    /// Asks as a client that takes these types.
    pub(super) async fn get_as(&self, path: &str, accept: &str) -> Result<Answer> {
        self.ask(&self.signed(path)?, &[("accept", accept)]).await
    }

    /// Asks which door it is.
    pub(super) async fn get_debug(&self, path: &str) -> Result<Answer> {
        let secret = self.debug_secret.as_deref().map(|secret| (DEBUG_HEADER, secret));
        self.ask(&self.signed(path)?, secret.as_slice()).await
    }

    /// Asks for a path and query exactly as they are, without a signature.
    pub(super) async fn get_unsigned(&self, path: &str) -> Result<Answer> {
        self.ask(path, &[]).await
    }

    /// The path and query, signed where there are keys.
    fn signed(&self, path: &str) -> Result<String> {
        match &self.signing_keys {
            Some(keys) => keys.sign_url(path, Some(unix_time() + SIGNED_FOR_S)),
            None => Ok(path.to_owned()),
        }
    }

    /// The path and query, signed for a time that is over.
    pub(super) fn expired(&self, path: &str) -> Option<Result<String>> {
        self.signing_keys.as_ref().map(|keys| keys.sign_url(path, Some(unix_time() - SIGNED_FOR_S)))
    }

    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let url = self.url.join(path).map_err(|error| {
            Error::with_source(Kind::Bug, format!("{path}: can't be put behind {}", self.url), error)
        })?;
        let request = headers.iter().fold(self.http.get(url), |request, (name, value)| request.header(*name, *value));
        send(request).await
    }
}

/// A client that follows no redirects: they are findings.
pub(super) fn http() -> Result<reqwest::Client> {
    let agent = concat!("pixfront-doctor/", env!("CARGO_PKG_VERSION"));
    let builder = reqwest::Client::builder().redirect(Policy::none()).timeout(DEADLINE).user_agent(agent);
    builder.build().map_err(|error| Error::with_source(Kind::Bug, "the HTTP client could not be made", error))
}

/// Sends a request and reads its answer to the end.
pub(super) async fn send(request: reqwest::RequestBuilder) -> Result<Answer> {
    let begun = Instant::now();
    let whole = async {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok((status, headers, response.bytes().await?))
    };
    let (status, headers, body) = whole.await.map_err(|error: reqwest::Error| {
        // Not its URL, which may have a signature.
        Error::with_source(Kind::Upstream, "the deployment does not answer", error.without_url())
    })?;
    Ok(Answer { status, headers, body, time: begun.elapsed() })
}

/// A URL of HTTP.
pub(super) fn read_url(text: &str) -> Result<Url> {
    let bad = || Error::invalid(format!("{text}: must be a URL that begins with https:// or http://"));
    let url = Url::parse(text).map_err(|_| bad())?;
    if matches!(url.scheme(), "https" | "http") && url.has_host() { Ok(url) } else { Err(bad()) }
}
