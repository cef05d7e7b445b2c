//! What a deployment answered, and what can be read from it.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;

use crate::door::DOOR_HEADER;
use crate::image::geometry::Size;
use crate::image::{probe, sniff};
use crate::reply::ERROR_HEADER;

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// From the request to the last byte.
    pub(super) time: Duration,
}

impl Answer {
    /// A header; empty without one.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether a cache answered; [`None`] if nothing says that there is one.
    pub(super) fn is_hit(&self) -> Option<bool> {
        let word = self.header("x-cache");
        (!word.is_empty()).then(|| word.starts_with("Hit") || word.starts_with("RefreshHit"))
    }

    /// Whether a door made the picture for this very answer.
    pub(super) fn is_made_now(&self) -> bool {
        let render = self.header("server-timing").split(',').find_map(|entry| entry.trim().strip_prefix("render;dur="));
        self.is_hit() != Some(true) && render.and_then(|ms| ms.parse::<f64>().ok()).is_some_and(|ms| ms > 0.0)
    }

    pub(super) fn door(&self) -> Option<&str> {
        Some(self.header(DOOR_HEADER)).filter(|door| !door.is_empty())
    }

    /// The picture's size, if it is one.
    pub(super) fn size(&self) -> Option<Size> {
        let file_type = sniff::sniff(&self.body)?;
        Some(probe::probe(&self.body, file_type).ok()?.size)
    }

    pub(super) fn is_picture(&self) -> bool {
        self.status == 200 && self.size().is_some()
    }

    /// For a finding that something else was expected.
    pub(super) fn summary(&self) -> String {
        let kind = match self.header(ERROR_HEADER) {
            "" => String::new(),
            kind => format!(" ({kind})"),
        };
        let words = match self.header("content-type") {
            text if text.starts_with("text/plain") => {
                let line: String =
                    String::from_utf8_lossy(&self.body).lines().next().unwrap_or_default().chars().take(160).collect();
                format!(": {line}")
            }
            "" => String::new(),
            other => format!(", {other}"),
        };
        format!("{}{kind}{words}", self.status)
    }
}
