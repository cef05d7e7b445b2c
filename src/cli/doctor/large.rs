//! Results that are longer than a door may answer: at Lambda@Edge a megabyte, headers and base64 counted.

use super::Patient;
use super::answer::Answer;
use super::report::Report;
use crate::error::Result;

/// What "over 1 MB" means.
const LARGE_BYTES: usize = 1_000_000;
/// As base64 this is just under a megabyte: what the limit really counts, no document says.
const NEAR_BYTES: std::ops::Range<usize> = 600_000..740_000;
/// How often a viewer is sent round before that is a loop.
const REDIRECTS_MAX: usize = 3;

pub(super) async fn check(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    over(patient, path, report).await?;
    near(patient, path, report).await
}

async fn over(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "over 1 MB";
    let (answer, redirects) = followed(patient, &format!("{path}?w=1200&f=png")).await?;
    let bytes = answer.body.len();
    match answer.status {
        200 if bytes < LARGE_BYTES => {
            report.unseen(CHECK, format!("this picture's largest PNG has {bytes} bytes only"))
        }
        200 if answer.is_picture() => {
            let way = if redirects == 0 { "at once" } else { "after a redirect to the stored variant" };
            report.works(CHECK, answer.time, format!("a PNG of {bytes} bytes comes {way}"))
        }
        301..=308 => report.broken(CHECK, format!("redirected {redirects} times and no picture")),
        _ => report.broken(CHECK, format!("a large PNG is answered with {}", answer.summary())),
    }
}

/// A picture that just fits, if the size of one can be guessed from another's.
async fn near(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "under 1 MB";
    let sample = patient.client.get(&format!("{path}?w=400&f=png")).await?;
    let (Some(size), true) = (sample.size(), sample.status == 200) else {
        return report.broken(CHECK, format!("a PNG of 400 pixels is answered with {}", sample.summary()));
    };
    let wanted = f64::from(u32::try_from(NEAR_BYTES.end - 30_000).unwrap_or_default());
    let bytes = f64::from(u32::try_from(sample.body.len()).unwrap_or(u32::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "of a positive number below 8192")]
    let width = (f64::from(size.width) * (wanted / bytes).sqrt()).clamp(1.0, 8000.0) as u32;
    let (answer, redirects) = followed(patient, &format!("{path}?w={width}&f=png")).await?;
    let bytes = answer.body.len();
    if !answer.is_picture() {
        return report.broken(CHECK, format!("a PNG of {width} pixels is answered with {}", answer.summary()));
    }
    if !NEAR_BYTES.contains(&bytes) {
        return report.unseen(CHECK, format!("no PNG of about {} bytes could be had of this picture", NEAR_BYTES.end));
    }
    match redirects {
        0 => report.works(
            CHECK,
            answer.time,
            format!("a PNG of {bytes} bytes, {} as base64, comes at once", bytes.div_ceil(3) * 4),
        ),
        _ => report.broken(CHECK, format!("a PNG of {bytes} bytes is redirected, though it should fit")),
    }
}

/// Goes where it is sent, on the same host.
async fn followed(patient: &Patient, path: &str) -> Result<(Answer, usize)> {
    let mut answer = patient.client.get(path).await?;
    for redirects in 0..REDIRECTS_MAX {
        if !(300..400).contains(&answer.status) {
            return Ok((answer, redirects));
        }
        let location = answer.header("location").to_owned();
        if !location.starts_with('/') {
            return Ok((answer, redirects));
        }
        answer = patient.client.get_unsigned(&location).await?;
    }
    Ok((answer, REDIRECTS_MAX))
}
