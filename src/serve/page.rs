//! The page at `/`: how to upload, and what is there.

use std::fmt::Write as _;

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::edge::failed_entry;
use super::unix_time;
use crate::config::Config;
use crate::key::uri;
use crate::request::query_value;
use crate::service::Service;

/// Originals on one page.
const LISTED: usize = 100;

/// How long its links are good where URLs are signed, in seconds: who may see the page may see what it lists, but not for ever.
const LINKS_S: u64 = 3600;

/// Scripts have no business here, and pictures come from this host alone.
const POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'";

/// The page, as seen at `host`; `query` may say `after=KEY`, the last key of the page before.
pub(super) async fn home(service: &Service, host: &str, query: &str) -> Response {
    let after = query_value(query, "after");
    match service.stores().originals.list("", after.as_deref(), LISTED).await {
        Ok(keys) => {
            let headers = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-store")];
            (StatusCode::OK, headers, Html(page(&keys, host, service.config()))).into_response()
        }
        Err(error) => {
            service.counters.failed(&error);
            failed_entry(&error, String::new()).into_response()
        }
    }
}

fn page(keys: &[String], host: &str, config: &Config) -> String {
    let bucket = config.originals_bucket();
    let mut html = String::from(HEAD);
    let command = format!("curl -T cat.jpg http://{host}/upload/{bucket}/photos/cat.jpg");
    let _ = write!(html, "<h2>Upload</h2>\n<pre>{}</pre>\n<h2>Originals</h2>\n", escape(&command));
    if keys.is_empty() {
        html.push_str("<p>None yet.</p>\n");
    }
    html.push_str("<ul>\n");
    for key in keys {
        let href = |query: &str| escape(&signed(format!("{}{query}", uri(key)), config));
        let (original, small) = (href(""), href("?w=400&f=auto"));
        let (square, name) = (href("?w=200&h=200&f=auto&fit=cover"), escape(key));
        let _ = writeln!(
            html,
            "<li><a href=\"{original}\">{name}</a> <a href=\"{small}\">w=400</a> <a href=\"{square}\">200 × 200</a></li>"
        );
    }
    html.push_str("</ul>\n");
    if let (true, Some(last)) = (keys.len() == LISTED, keys.last()) {
        // `uri` leaves `=` and `,` as they are, but escapes `&`, so the key stays one value.
        let _ = writeln!(html, "<p><a href=\"/?after={}\">More</a></p>", escape(uri(last).trim_start_matches('/')));
    }
    html
}

/// The link, signed where it must be. A key that no URL can say stays as it is: its link says what is wrong with it.
fn signed(link: String, config: &Config) -> String {
    let keys = config.signing_keys.as_ref();
    keys.and_then(|keys| keys.sign_url(&link, Some(unix_time() + LINKS_S)).ok()).unwrap_or(link)
}

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Pixfront</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
pre { padding: .75rem; border: 1px solid; border-radius: 4px; overflow-x: auto }
li a + a { margin-left: .75rem; opacity: .75 }
</style>
<h1>Pixfront</h1>
<p>Pictures are resized by their URL: <code>/photos/cat.jpg?w=400&amp;f=webp</code></p>
";

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
