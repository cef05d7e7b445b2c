//! The doctor as an uploader: PUT, authorised as API Gateway asks for it.

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use clap::ValueEnum;
use reqwest::{RequestBuilder, Url};

use super::answer::Answer;
use super::client::{http, read_url, send};
use crate::error::{Error, Kind, Result};
use crate::key::uri;
use crate::store::aws::loader;

/// How API Gateway is told that an upload is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Authorisation {
    /// Not at all, as for `pixfront serve`.
    None,
    /// Signature version 4, with the credentials that AWS's own tools would find here.
    Iam,
    /// The header `x-api-key`.
    ApiKey,
}

pub(super) struct UploadUrl {
    http: reqwest::Client,
    /// Up to the bucket, without a slash at its end.
    url: Url,
    pass: Pass,
}

enum Pass {
    None,
    ApiKey(String),
    Iam(Signer),
}

impl UploadUrl {
    pub(super) async fn new(url: &str, authorisation: Authorisation, api_key: Option<String>) -> Result<Self> {
        let url = read_url(url.trim_end_matches('/'))?;
        let pass = match (authorisation, api_key) {
            (Authorisation::None, _) => Pass::None,
            (Authorisation::ApiKey, Some(key)) => Pass::ApiKey(key),
            (Authorisation::ApiKey, None) => {
                return Err(Error::invalid(
                    "--upload-auth api-key: --upload-api-key or PIXFRONT_UPLOAD_API_KEY must say the key",
                ));
            }
            (Authorisation::Iam, _) => Pass::Iam(Signer::new(&url).await?),
        };
        Ok(Self { http: http()?, url, pass })
    }

    /// Whether there is anything to be left out.
    pub(super) const fn is_authorised(&self) -> bool {
        !matches!(self.pass, Pass::None)
    }

    /// Uploads under a key.
    pub(super) async fn put(&self, key: &str, body: Bytes) -> Result<Answer> {
        send(self.authorised(self.request(&self.url, key, body.clone()), &body)?).await
    }

    /// Uploads without saying who it is.
    pub(super) async fn put_as_nobody(&self, key: &str, body: Bytes) -> Result<Answer> {
        send(self.request(&self.url, key, body)).await
    }

    /// Uploads to a bucket that is not meant.
    pub(super) async fn put_elsewhere(&self, key: &str, body: Bytes) -> Result<Answer> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop().push("pixfront-doctor-elsewhere");
        }
        send(self.authorised(self.request(&url, key, body.clone()), &body)?).await
    }

    fn authorised(&self, request: RequestBuilder, body: &Bytes) -> Result<RequestBuilder> {
        match &self.pass {
            Pass::None => Ok(request),
            Pass::ApiKey(key) => Ok(request.header("x-api-key", key)),
            Pass::Iam(signer) => signer.sign(request, body),
        }
    }

    fn request(&self, bucket: &Url, key: &str, body: Bytes) -> RequestBuilder {
        let url = format!("{}{}", bucket.as_str().trim_end_matches('/'), uri(key));
        self.http.put(url).header("content-type", "image/jpeg").body(body)
    }
}

/// Signs for `execute-api`, with this machine's credentials.
struct Signer {
    identity: Identity,
    region: String,
}

impl Signer {
    async fn new(url: &Url) -> Result<Self> {
        let sdk = loader().load().await;
        // `{api}.execute-api.{region}.amazonaws.com`
        let of_host = url.host_str().unwrap_or_default().split('.').skip_while(|part| *part != "execute-api").nth(1);
        let region = of_host.map(str::to_owned).or_else(|| sdk.region().map(ToString::to_string));
        let region = region.ok_or_else(|| Error::invalid("--upload-auth iam: no region is known; set AWS_REGION"))?;
        let none = || Error::invalid("--upload-auth iam: there are no AWS credentials here");
        let provider = sdk.credentials_provider().ok_or_else(none)?;
        let credentials = provider.provide_credentials().await.map_err(|error| {
            Error::with_source(Kind::Invalid, "--upload-auth iam: there are no AWS credentials here", error)
        })?;
        Ok(Self { identity: credentials.into(), region })
    }

    fn sign(&self, request: RequestBuilder, body: &Bytes) -> Result<RequestBuilder> {
        self.headers(&request, body)
            .map(|headers| headers.iter().fold(request, |request, (name, value)| request.header(name, value)))
            .map_err(|error| Error::with_source(Kind::Bug, "the upload could not be signed", error))
    }

    fn headers(
        &self,
        request: &RequestBuilder,
        body: &Bytes,
    ) -> std::result::Result<Vec<(String, String)>, Box<dyn std::error::Error + Send + Sync>> {
        let clone = request.try_clone().ok_or("its body can be sent only once")?.build()?;
        let pairs = clone.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let what = SignableRequest::new("PUT", clone.url().as_str(), pairs, SignableBody::Bytes(body))?;
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name("execute-api")
            .time(std::time::SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let (instructions, _) = sign(what, &params)?.into_parts();
        let (headers, _) = instructions.into_parts();
        Ok(headers.into_iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect())
    }
}
