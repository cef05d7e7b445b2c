//! What must be refused, and that refusals do not stay.

use super::Patient;
use super::report::Report;
use crate::error::Result;

pub(super) async fn check(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    bad_parameters(patient, path, report).await?;
    key_by_hand(patient, path, report).await?;
    missing(patient, report).await?;
    signatures(patient, path, report).await
}

/// What is no value, and what is given twice.
async fn bad_parameters(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "bad values";
    let mut longest = std::time::Duration::ZERO;
    for query in ["w=400abc", "w=9999", "w=400&w=500"] {
        // Nothing that is no value can be signed; without a signature it is refused all the same.
        let answer = patient.client.get_unsigned(&format!("{path}?{query}")).await?;
        longest = longest.max(answer.time);
        if answer.status != 400 {
            return report.broken(CHECK, format!("?{query} is answered with {} and not 400", answer.summary()));
        }
    }
    report.works(CHECK, longest, "400 of ?w=400abc, ?w=9999 and ?w=400&w=500")
}

/// A variant's key is for CloudFront and the functions alone.
async fn key_by_hand(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "raw keys";
    let answer = patient.client.get_unsigned(&format!("{path}/w=77,f=webp")).await?;
    match answer.status {
        400 | 403 => report.works(CHECK, answer.time, format!("{} of a variant's key as a URL", answer.status)),
        _ => report.broken(CHECK, format!("a variant's key as a URL is answered with {}", answer.summary())),
    }
}

/// A picture that is not there is 404, cached for seconds.
async fn missing(patient: &Patient, report: &mut Report) -> Result<()> {
    const CHECK: &str = "not found";
    let path = format!("/{}?w=40", patient.key("nothing.jpg"));
    let first = patient.client.get(&path).await?;
    if first.status != 404 {
        return report.broken(CHECK, format!("what is not there is answered with {} and not 404", first.summary()));
    }
    let second = patient.client.get(&path).await?;
    if second.status != 404 {
        return report.broken(CHECK, format!("404, but the second time {}", second.summary()));
    }
    let seconds =
        first.header("cache-control").split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok());
    match seconds {
        Some(0..=60_u32) | None => {
            let kept = if second.header("age").is_empty() { "" } else { ", the second time by the cache" };
            report.works(CHECK, first.time, format!("404 of what is not there, for seconds only{kept}"))
        }
        Some(seconds) => {
            report.broken(CHECK, format!("404 is cached for {seconds} s: an upload would not show for that long"))
        }
    }
}

/// Without a good signature nothing comes, where one is asked for.
async fn signatures(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "signatures";
    let asked = format!("{path}?w=41");
    let unsigned = patient.client.get_unsigned(&asked).await?;
    let Some(expired) = patient.client.expired(&asked) else {
        return report.unseen(CHECK, "no PIXFRONT_SIGNING_KEYS here; anybody can ask for any size there");
    };
    let forged = patient.client.get_unsigned(&format!("{asked}&s={}", "A".repeat(43))).await?;
    let expired = patient.client.get_unsigned(&expired?).await?;
    for (which, answer) in [("an unsigned URL", &unsigned), ("a forged one", &forged), ("an expired one", &expired)] {
        if answer.status != 403 {
            return report.broken(CHECK, format!("{which} is answered with {} and not 403", answer.summary()));
        }
    }
    report.works(CHECK, expired.time, "403 of an unsigned, a forged and an expired URL")
}
