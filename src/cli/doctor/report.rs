//! What the doctor says: a line a check.

use std::time::Duration;

use serde::Serialize;

use crate::cli::{print, print_json};
use crate::error::{Error, Kind, Result};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// As it should be.
    Works,
    /// Not as it should be.
    Broken,
    /// It can't be told from here.
    Unseen,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Broken => "broken",
            Self::Unseen => "unseen",
        }
    }
}

#[derive(Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    words: String,
    ms: Option<u64>,
}

/// The findings so far, each shown as soon as it is known, or all of them at the end as JSON.
pub(super) struct Report {
    json: bool,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) const fn new(json: bool) -> Self {
        Self { json, findings: Vec::new() }
    }

    pub(super) fn works(&mut self, check: &'static str, time: Duration, words: impl Into<String>) -> Result<()> {
        self.add(check, Verdict::Works, Some(time), words.into())
    }

    pub(super) fn broken(&mut self, check: &'static str, words: impl Into<String>) -> Result<()> {
        self.add(check, Verdict::Broken, None, words.into())
    }

    pub(super) fn unseen(&mut self, check: &'static str, words: impl Into<String>) -> Result<()> {
        self.add(check, Verdict::Unseen, None, words.into())
    }

    fn add(&mut self, check: &'static str, verdict: Verdict, time: Option<Duration>, words: String) -> Result<()> {
        let ms = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        if !self.json {
            let time = ms.map_or_else(String::new, |ms| format!("{ms} ms"));
            print(&format!("{:<7} {check:<12} {time:>9}  {words}\n", verdict.word()))?;
        }
        self.findings.push(Finding { check, verdict, words, ms });
        Ok(())
    }

    /// Shows the sum, or as JSON all of it; nothing where nothing was found.
    pub(super) fn show(&self) -> Result<()> {
        if self.findings.is_empty() {
            return Ok(());
        }
        if self.json {
            return print_json(&self.findings);
        }
        let [works, broken, unseen] =
            [Verdict::Works, Verdict::Broken, Verdict::Unseen].map(|verdict| self.count(verdict));
        print(&format!("\n{works} work, {broken} broken, {unseen} unseen\n"))
    }

    /// [`Kind::Upstream`] if anything is broken.
    pub(super) fn verdict(&self) -> Result<()> {
        match self.count(Verdict::Broken) {
            0 => Ok(()),
            broken => {
                let words = format!("{broken} of {} checks found something broken", self.findings.len());
                Err(Error::new(Kind::Upstream, words))
            }
        }
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }
}
