//! What of the servers' defaults matters to their times, for the reader of a row.

use super::case::{Format, Sort};
use super::server::Kind;

/// What of the defaults matters for a case.
pub(super) fn note(kind: Kind, sort: Sort, format: Format) -> String {
    let encoder = match (kind, format) {
        (Kind::Pixfront, Format::Jpeg) => "baseline JPEG of quality 80, 4:2:0, optimised tables",
        (_, Format::Jpeg) => "progressive JPEG of quality 80, 4:2:0, optimised tables",
        (_, Format::WebP) => "WebP of quality 80, method 4",
    };
    let ways = match kind {
        Kind::Ipx => {
            "Lanczos by libvips after the decoder's scaling; metadata dropped, profile applied; one Node.js process, its four \
             threads with one of libvips's each; stores nothing and has no cache"
        }
        Kind::Thumbor => {
            "Lanczos by Pillow after the decoder's scaling; metadata dropped but the profile, which is kept; --processes 0, one a \
             core; file loader, STORAGE no_storage (it has nothing to fetch again), no result storage, which is its default; \
             what its processes share is counted for each of them"
        }
        Kind::Pixfront => {
            "Lanczos after the decoder's scaling; metadata dropped, profile applied; a render a core, 64 more may wait, which is \
             more than there are clients, so that nothing is refused; a deadline of 60 s, so that what is late shows; a line of log for \
             each request"
        }
    };
    let store = match (kind, sort) {
        (Kind::Pixfront, Sort::Hot) => "from the cache in memory (64 MiB)",
        (Kind::Pixfront, Sort::Warm) => "from files, --cache none, with the system's page cache warm",
        (Kind::Pixfront, Sort::Cold) => "each answer stored as file and row before it leaves",
        (_, Sort::Hot) => "so made anew for each request",
        (_, _) => "answers go nowhere but to the client",
    };
    format!("widths around 400 whose height comes out whole; {encoder}; {ways}; {store}")
}
