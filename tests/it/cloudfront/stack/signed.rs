//! Requests signed as AWS wants them (Signature Version 4), since the stand-in checks that.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Body, Request};
use sha2::{Digest as _, Sha256};

/// Somebody's access key.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: String,
}

impl Keys {
    /// Of the account itself, who may do all that no policy forbids.
    pub(super) fn of_the_account() -> Self {
        Self { id: "test".to_owned(), secret: "test".to_owned() }
    }
}

/// Signs a request that has its `host` for a service in a region.
pub(super) fn sign(request: &mut Request, keys: &Keys, service: &str, region: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let time = DateTime::from_timestamp(now.try_into().unwrap(), 0).unwrap().format("%Y%m%dT%H%M%SZ").to_string();
    let scope = format!("{}/{region}/{service}/aws4_request", &time[..8]);
    let body = hex(&Sha256::digest(request.body().and_then(Body::as_bytes).unwrap_or_default()));
    let host = request.headers()["host"].to_str().unwrap();
    let canonical = format!(
        "{}\n{}\n\nhost:{host}\nx-amz-content-sha256:{body}\nx-amz-date:{time}\n\n{NAMES}\n{body}",
        request.method(),
        encoded(request.url().path()),
    );
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = scope.split('/').fold(format!("AWS4{}", keys.secret).into_bytes(), |key, part| hmac(&key, part));
    let signature = hex(&hmac(&key, &text));
    let words =
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={NAMES}, Signature={signature}", keys.id);
    for (name, value) in [("authorization", words), ("x-amz-date", time), ("x-amz-content-sha256", body)] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
}

const NAMES: &str = "host;x-amz-content-sha256;x-amz-date";

/// A path as it is sent, encoded once more, as every service but S3 wants it.
fn encoded(path: &str) -> String {
    path.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(byte.into());
        } else {
            write!(text, "%{byte:02X}").unwrap();
        }
        text
    })
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}
