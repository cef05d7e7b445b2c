//! Answers to signed URLs that expire: no cache may give them out for longer than we would.

use axum::http::{HeaderMap, HeaderValue, header};

/// Cuts the times of `Cache-Control` so that they end with the signature; both in Unix seconds.
pub(super) fn end_at(headers: &mut HeaderMap, expires: u64, now: u64) {
    let number = |value: &HeaderValue| value.to_str().ok()?.parse::<u64>().ok();
    // Times are counted from when the answer was made, which for one out of the cache is a while ago.
    let age = headers.get(header::AGE).and_then(number).unwrap_or(0);
    let seconds = expires.saturating_sub(now).saturating_add(age);
    let Some(control) = headers.get(header::CACHE_CONTROL).and_then(|control| control.to_str().ok()) else { return };
    if let Ok(control) = HeaderValue::try_from(cap(control, seconds)) {
        headers.insert(header::CACHE_CONTROL, control);
    }
}

/// The directives, none of them over these seconds. What stays is as it was written.
fn cap(control: &str, seconds: u64) -> String {
    let capped = |directive: &str| {
        let (name, value) = directive.split_once('=')?;
        let most = match name.trim().to_ascii_lowercase().as_str() {
            "max-age" | "s-maxage" => seconds,
            // These begin where the others end.
            "stale-while-revalidate" | "stale-if-error" => 0,
            _ => return None,
        };
        let is_over = value.trim().parse::<u64>().map_or(true, |value| value > most);
        is_over.then(|| format!("{name}={most}"))
    };
    let directives = control.split(',').map(|directive| capped(directive).unwrap_or_else(|| directive.to_owned()));
    directives.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_over_is_cut() {
        for (control, capped) in [
            ("public, max-age=86400, s-maxage=86400", "public, max-age=600, s-maxage=600"),
            ("public,Max-Age=60,S-MAXAGE=601", "public,Max-Age=60,S-MAXAGE=600"),
            ("max-age=600, immutable", "max-age=600, immutable"),
            ("max-age=99999999999999999999", "max-age=600"),
            ("max-age=\"700\", no-cache=\"a, b\"", "max-age=600, no-cache=\"a, b\""),
            (
                "max-age=1, stale-while-revalidate=5, stale-if-error=0",
                "max-age=1, stale-while-revalidate=0, stale-if-error=0",
            ),
            ("no-store", "no-store"),
            ("", ""),
        ] {
            assert_eq!(cap(control, 600), capped, "{control}");
        }
        assert_eq!(cap("max-age=9, no-cache=\"a\"", 0), "max-age=0, no-cache=\"a\"", "at the end");
    }

    #[test]
    fn what_was_cached_has_its_age_already() {
        let mut headers = HeaderMap::new();
        end_at(&mut headers, 1600, 1000);
        assert!(headers.is_empty());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
        headers.insert(header::AGE, HeaderValue::from_static("50"));
        end_at(&mut headers, 1600, 1000);
        assert_eq!(headers[header::CACHE_CONTROL], "max-age=650");
        end_at(&mut headers, 900, 1000);
        assert_eq!(headers[header::CACHE_CONTROL], "max-age=50", "it is over");
    }
}
