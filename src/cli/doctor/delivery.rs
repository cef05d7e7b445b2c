//! That pictures come, in one name for every spelling, and in the format that the client takes.

use super::Patient;
use super::report::Report;
use crate::error::Result;
use crate::image::sniff::media_type;
use crate::reply::CONTENT_SECURITY_POLICY;

/// Whether the original, or at least a variant, is answered at all: without that nothing else is worth asking.
pub(super) async fn reachable(patient: &Patient, path: &str, report: &mut Report) -> Result<bool> {
    const CHECK: &str = "reachable";
    let original = patient.client.get(path).await?;
    if original.is_picture() {
        report.works(CHECK, original.time, format!("the original comes, {} bytes", original.body.len()))?;
        return Ok(true);
    }
    let variant = patient.client.get(&format!("{path}?w=16")).await?;
    if variant.is_picture() {
        let words = format!("pictures come; originals are not given out: {}", original.summary());
        report.works(CHECK, variant.time, words)?;
        return Ok(true);
    }
    let hint = if variant.status == 403 && !patient.is_signed {
        "; if URLs are signed there, PIXFRONT_SIGNING_KEYS must be set here too"
    } else {
        ""
    };
    report.broken(
        CHECK,
        format!("neither the original ({}) nor a variant ({}) comes{hint}", original.summary(), variant.summary()),
    )?;
    Ok(false)
}

pub(super) async fn check(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    rewriting(patient, path, report).await?;
    negotiation(patient, path, report).await?;
    headers(patient, path, report).await
}

/// Two orders of the parameters, and a parameter of somebody else's, are one cache entry.
async fn rewriting(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "rewriting";
    let width = patient.fresh_width(100);
    let first = patient.client.get(&format!("{path}?w={width}&f=webp")).await?;
    let second = patient.client.get(&format!("{path}?fm=webp&utm_source=doctor&w={width}")).await?;
    for answer in [&first, &second] {
        if !answer.is_picture() {
            return report.broken(CHECK, format!("a width of {width} as WebP is answered with {}", answer.summary()));
        }
    }
    if first.body != second.body {
        return report.broken(CHECK, "two orders of the same parameters come to two pictures");
    }
    let times = format!("{} ms, then {} ms", first.time.as_millis(), second.time.as_millis());
    match second.is_hit() {
        Some(true) => {
            report.works(CHECK, second.time, format!("two orders of the parameters are one cache entry: {times}"))
        }
        Some(false) => report.broken(CHECK, format!("two orders of the parameters are two cache entries: {times}")),
        None => report.unseen(CHECK, format!("no x-cache says that anything is cached here: {times}")),
    }
}

/// `f=auto` asks `Accept`, and each client gets what it takes although the URL is one.
async fn negotiation(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "f=auto";
    let path = format!("{path}?w={}&f=auto", patient.fresh_width(300));
    let webp = patient.client.get_as(&path, "image/webp,*/*").await?;
    let plain = patient.client.get_as(&path, "*/*").await?;
    if !(webp.is_picture() && plain.is_picture()) {
        return report.broken(CHECK, format!("it is answered with {} and {}", webp.summary(), plain.summary()));
    }
    let (webp_type, plain_type) = (media_type(&webp.body), media_type(&plain.body));
    if webp_type != "image/webp" || plain_type == "image/webp" {
        return report
            .broken(CHECK, format!("a client of WebP gets {webp_type}, one that does not name it {plain_type}"));
    }
    if !webp.header("vary").to_ascii_lowercase().contains("accept") {
        return report
            .broken(CHECK, "a client of WebP gets it, but no Vary: Accept tells other caches that not all do");
    }
    report.works(CHECK, webp.time, format!("who takes WebP gets it, others get {plain_type}; Vary: Accept"))
}

/// What browsers are told of pictures that came from an upload.
async fn headers(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "headers";
    let answer = patient.client.get(&format!("{path}?w={}&f=webp", patient.fresh_width(100))).await?;
    for (name, value) in [("x-content-type-options", "nosniff"), ("content-security-policy", CONTENT_SECURITY_POLICY)] {
        let is = answer.header(name);
        if is != value {
            return report.broken(CHECK, format!("{name} is {is:?} and not {value:?}"));
        }
    }
    match answer.header("cache-control") {
        "" => report.broken(CHECK, "pictures have no Cache-Control"),
        control => {
            report.works(CHECK, answer.time, format!("nosniff, a policy under which no script runs, and {control}"))
        }
    }
}
