//! The upload path: a thumbnail and its row, a message of what can't be made into one, and nothing stale after an overwrite.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::report::Report;
use super::upload::UploadUrl;
use super::{PAUSE, Patient, pictures};
use crate::error::Result;
use crate::key::uri;
use crate::store::Stores;

/// How many messages are looked through.
const MESSAGES_MAX: usize = 100;

/// How often the queue is looked at: SQS counts each look as a delivery of every message, and moves those away that had too many.
const QUEUE_PAUSE: Duration = Duration::from_secs(2);

/// How often the store is looked at after an overwrite, each time at another variant: one that is not purged yet comes with its usual
/// `Cache-Control`, and whoever asked for it again would only see that a cache has it.
const LOOKS: u32 = 6;

/// Sides of what is uploaded first, and, turned, of what it is overwritten with.
const SIDES: (u32, u32) = (1600, 1200);

/// Uploads the picture that all other checks ask for. [`None`] if that failed.
pub(super) async fn first(patient: &Patient, upload: &UploadUrl, report: &mut Report) -> Result<Option<String>> {
    const CHECK: &str = "upload";
    let key = patient.key("noise.jpg");
    let body = pictures::jpeg(SIDES.0, SIDES.1, 1)?;
    let bytes = body.len();
    let answer = upload.put(&key, body).await?;
    if answer.status != 200 {
        report.broken(CHECK, format!("PUT of {bytes} bytes is answered with {}", answer.summary()))?;
        return Ok(None);
    }
    report.works(CHECK, answer.time, format!("{bytes} bytes stored as {key}"))?;
    Ok(Some(key))
}

/// The upload trigger made the thumbnail, before anybody asked for it.
pub(super) async fn thumbnail(patient: &Patient, key: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "thumbnail";
    const ROW: &str = "row";
    let Some(prefix) = &patient.thumbnail_prefix else {
        return report.unseen(CHECK, "by PIXFRONT_THUMBNAILS here, uploads get none");
    };
    let begun = Instant::now();
    if let Some(stores) = &patient.inside {
        if wait_for(patient, PAUSE, || has_row(stores, key)).await? {
            report.works(ROW, begun.elapsed(), "the thumbnail's row is in the table")?;
        } else {
            report.broken(ROW, format!("no row of a thumbnail in the table after {} s", patient.wait.as_secs()))?;
        }
    } else {
        report.unseen(ROW, "rows are seen with --inside alone")?;
        // Asked for too early it would be made on request, and nobody could tell any more.
        tokio::time::sleep(patient.wait).await;
    }
    let answer = patient.client.get_debug(&uri(&format!("{prefix}{key}"))).await?;
    let Some(size) = answer.size().filter(|_| answer.status == 200) else {
        return report.broken(CHECK, format!("the thumbnail is answered with {}", answer.summary()));
    };
    let size = format!("{}×{}", size.width, size.height);
    if answer.is_made_now() {
        let words =
            format!("{size}, but it was made only when asked for, {} s after the upload", begun.elapsed().as_secs());
        return report.broken(CHECK, words);
    }
    report.works(CHECK, answer.time, format!("{size}, made by the upload trigger"))
}

/// What is worth looking at only when pictures come.
pub(super) async fn later(patient: &Patient, upload: &UploadUrl, key: &str, report: &mut Report) -> Result<()> {
    corrupt(patient, upload, report).await?;
    unauthorised(patient, upload, report).await?;
    overwrite(patient, upload, key, report).await
}

/// A torn picture leaves a message, and is an honest error to who asks for it.
async fn corrupt(patient: &Patient, upload: &UploadUrl, report: &mut Report) -> Result<()> {
    const CHECK: &str = "torn picture";
    const MESSAGE: &str = "message";
    let key = patient.key("torn.jpg");
    let begun = Instant::now();
    let put = upload.put(&key, pictures::torn(&pictures::jpeg(160, 120, 2)?)).await?;
    if put.status != 200 {
        return report.broken(CHECK, format!("PUT of a torn picture is answered with {}", put.summary()));
    }
    match &patient.inside {
        None => report.unseen(MESSAGE, "failure messages are seen with --inside alone")?,
        Some(stores) if wait_for(patient, QUEUE_PAUSE, || has_message(stores, &key)).await? => {
            report.works(MESSAGE, begun.elapsed(), "the torn picture's key is on the failures queue")?;
        }
        Some(_) => report
            .broken(MESSAGE, format!("no message of it on the failures queue after {} s", patient.wait.as_secs()))?,
    }
    let answer = patient.client.get(&format!("{}?w=40", uri(&key))).await?;
    match answer.status {
        415 | 422 => report.works(CHECK, answer.time, answer.summary()),
        _ => report.broken(CHECK, format!("it is answered with {} and not 415 or 422", answer.summary())),
    }
}

/// Nobody may upload without authorisation, nor anywhere else.
async fn unauthorised(patient: &Patient, upload: &UploadUrl, report: &mut Report) -> Result<()> {
    const CHECK: &str = "uploaders";
    let body = || Bytes::from_static(b"nothing");
    let elsewhere = upload.put_elsewhere(&patient.key("elsewhere.jpg"), body()).await?;
    if !(400..500).contains(&elsewhere.status) {
        return report.broken(CHECK, format!("an upload to another bucket is answered with {}", elsewhere.summary()));
    }
    if !upload.is_authorised() {
        return report
            .unseen(CHECK, format!("{} of another bucket; uploads need no authorisation here", elsewhere.status));
    }
    let nobody = upload.put_as_nobody(&patient.key("nobody.jpg"), body()).await?;
    match nobody.status {
        401 | 403 => {
            let words = format!("{} without authorisation, {} to another bucket", nobody.status, elsewhere.status);
            report.works(CHECK, nobody.time, words)
        }
        _ => report.broken(CHECK, format!("an upload by nobody is answered with {}", nobody.summary())),
    }
}

/// After an overwrite the new picture comes: where nothing was cached at once, from caches when they have forgotten.
async fn overwrite(patient: &Patient, upload: &UploadUrl, key: &str, report: &mut Report) -> Result<()> {
    const CHECK: &str = "overwrite";
    const CACHES: &str = "caches";
    let path = uri(key);
    let stored = |look: u32| format!("{path}?w={}&f=webp", 60 + look);
    let cached = format!("{path}?w=59&f=webp");
    for look in 0..LOOKS {
        // Stored, and with the debug secret cached by nobody.
        patient.client.get_debug(&stored(look)).await?;
    }
    let before = patient.client.get(&cached).await?;
    let put = upload.put(key, pictures::jpeg(SIDES.1, SIDES.0, 3)?).await?;
    if put.status != 200 {
        return report.broken(CHECK, format!("PUT over it is answered with {}", put.summary()));
    }
    let begun = Instant::now();
    let mut is_new = false;
    for look in 0..LOOKS {
        // The last of them is when the time is over.
        if look > 0 {
            tokio::time::sleep(patient.wait / (LOOKS - 1)).await;
        }
        let answer = patient.client.get_debug(&stored(look)).await?;
        is_new = answer.size().is_some_and(|size| size.height > size.width);
        if is_new {
            break;
        }
    }
    if !is_new {
        let words = "a variant of the old picture is still answered";
        if patient.client.has_secret() {
            return report.broken(CHECK, format!("{words} by the store after {} s", patient.wait.as_secs()));
        }
        return report.unseen(CHECK, format!("{words}, by a cache or by the store: --debug-secret would tell"));
    }
    report.works(CHECK, begun.elapsed(), "the store has nothing of the old picture any more")?;
    let after = patient.client.get(&cached).await?;
    if after.body != before.body {
        return report.works(CACHES, begun.elapsed(), "what was cached of the old picture is gone");
    }
    report.unseen(
        CACHES,
        format!("what CloudFront had cached stays until its time is over ({})", after.header("cache-control")),
    )
}

/// Whether it came true in time.
async fn wait_for<F>(patient: &Patient, pause: Duration, mut is_so: impl FnMut() -> F) -> Result<bool>
where
    F: Future<Output = Result<bool>>,
{
    let begun = Instant::now();
    loop {
        if is_so().await? {
            return Ok(true);
        }
        if begun.elapsed() > patient.wait {
            return Ok(false);
        }
        tokio::time::sleep(pause).await;
    }
}

async fn has_row(stores: &Stores, key: &str) -> Result<bool> {
    let rows = stores.ledger.variants_of(key).await?;
    Ok(rows.iter().any(|row| row.variant.ends_with(key)))
}

async fn has_message(stores: &Stores, key: &str) -> Result<bool> {
    let messages = stores.failures.peek(MESSAGES_MAX).await?;
    Ok(messages.iter().any(|message| message.body == key))
}
