//! Which door makes pictures, and that they are kept: the second time the store answers.

use std::time::Instant;

use super::report::Report;
use super::{PAUSE, Patient};
use crate::error::Result;

pub(super) async fn check(patient: &Patient, path: &str, report: &mut Report) -> Result<()> {
    const DOOR: &str = "door";
    const KEPT: &str = "kept";
    if !patient.client.has_secret() {
        let words = "give --debug-secret, the deployment's PIXFRONT_DEBUG_SECRET";
        report.unseen(DOOR, words)?;
        return report.unseen(KEPT, words);
    }
    // Its answers are not cached, so a second request is a second miss. Small, so that no door is too narrow for it.
    let path = format!("{path}?w={}&f=png", patient.fresh_width(100));
    let first = patient.client.get_debug(&path).await?;
    if !first.is_picture() {
        report.broken(DOOR, format!("{path} is answered with {}", first.summary()))?;
        return report.unseen(KEPT, "no picture was made");
    }
    match first.door() {
        Some(door) => report.works(DOOR, first.time, format!("{door} made the picture"))?,
        None if first.is_hit() == Some(true) || !first.is_made_now() => {
            report.unseen(DOOR, "the picture was there already")?;
        }
        None => report
            .broken(DOOR, "no x-pixfront-door: the secret is another one there, or the header is not forwarded")?,
    }
    let begun = Instant::now();
    loop {
        let second = patient.client.get_debug(&path).await?;
        if second.is_picture() && !second.is_made_now() && second.body == first.body {
            let who =
                if second.door().is_none() { "the store answers the second time" } else { "the door found it stored" };
            return report.works(KEPT, second.time, who);
        }
        // A function URL stores after it has answered.
        if begun.elapsed() > patient.wait {
            return report.broken(KEPT, format!("after {} s it is still made anew each time", patient.wait.as_secs()));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
