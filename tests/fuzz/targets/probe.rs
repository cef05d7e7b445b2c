//! Any bytes: the header is read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pixfront::image::probe::probe;
use pixfront::image::sniff::sniff;

fuzz_target!(|bytes: &[u8]| {
    if let Some(file_type) = sniff(bytes)
        && let Ok(probe) = probe(bytes, file_type)
    {
        assert!(probe.size.width > 0 && probe.size.height > 0 && probe.frames > 0);
    }
});
