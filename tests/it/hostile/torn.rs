//! Files that end too early, anywhere: never a picture with a grey lower half.

use pixfront::error::Kind;

use super::{outcome, refusal, render, samples};
use crate::pictures::jpegs;

const POINTS: usize = 60;

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    for (name, bytes) in samples() {
        assert_eq!(outcome(&bytes), None, "{name}");
        // What it takes to know the format.
        let recognised_bytes = if name.starts_with("jpeg") {
            3
        } else if name.starts_with("png") {
            8
        } else if name.starts_with("tiff") {
            4
        } else if name.starts_with("bmp") {
            18
        } else {
            12
        };
        for length in cuts(name, &bytes) {
            let cut = &bytes[..length];
            let expected = if length < recognised_bytes { Kind::Unsupported } else { Kind::Corrupt };
            assert_eq!(outcome(cut), Some(expected), "{name} cut to {length} of {}", bytes.len());
            // The structure alone says so; it does not take a decoder.
            let words = refusal(cut).context().to_owned();
            assert!(expected == Kind::Unsupported || words.contains("cut off"), "{name} cut to {length}: {words}");
        }
    }
}

/// Lengths all over the file, each of its last bytes, and in a JPEG those around every marker.
fn cuts(name: &str, bytes: &[u8]) -> Vec<usize> {
    let mut cuts: Vec<_> = (0..POINTS).map(|point| point * bytes.len() / POINTS).collect();
    cuts.extend(0..16);
    cuts.extend(bytes.len() - 14..bytes.len());
    if name.starts_with("jpeg") {
        let starts = jpegs::markers(bytes).into_iter().map(|(_, range)| range.start);
        cuts.extend(starts.flat_map(|start| start..start + 5).filter(|length| *length < bytes.len()));
    }
    cuts
}

/// A JPEG that was cut off and closed with an end marker, as some servers and editors do. A progressive one that ends between
/// two scans is whole, if coarse: nothing in it says how many scans there should be. Arithmetic coding has no end to miss:
/// what is cut off decodes as zeros, and libjpeg does not warn.
#[test]
fn a_cut_that_is_covered_up_is_found() {
    for (name, bytes) in samples().into_iter().filter(|(name, _)| name.starts_with("jpeg")) {
        let markers = jpegs::markers(&bytes);
        let first_scan = markers.iter().find(|(code, _)| *code == 0xDA).unwrap().1.start;
        // The byte after a boundary is an FF, which is fill before the end marker.
        let is_between_scans =
            |length: usize| markers.iter().any(|(_, range)| length == range.start || length == range.start + 1);
        for length in first_scan + 2..bytes.len() - 2 {
            let covered = [&bytes[..length], b"\xff\xd9"].concat();
            let found = if name.starts_with("jpeg progressive") {
                render(&covered, "f=png").err().map(|error| error.kind())
            } else {
                outcome(&covered)
            };
            let may_pass = is_between_scans(length) || name == "jpeg arithmetic";
            let is_expected = found == Some(Kind::Corrupt) || (may_pass && found.is_none());
            assert!(is_expected, "{name} cut to {length} of {}: {found:?}", bytes.len());
        }
    }
}

/// The same of a progressive JPEG that is scaled: a scan that the scale has no use for is not read, and so may end where it will. What
/// passes is the picture that the whole file gives.
#[test]
fn a_covered_up_cut_of_a_scaled_progressive_picture_is_found_or_does_no_harm() {
    let (mut found, mut harmless) = (0, 0);
    for (name, bytes) in samples().into_iter().filter(|(name, _)| name.starts_with("jpeg progressive")) {
        let whole = render(&bytes, "w=8&f=png").unwrap();
        let markers = jpegs::markers(&bytes);
        let first_scan = markers.iter().find(|(code, _)| *code == 0xDA).unwrap().1.start;
        for length in first_scan + 2..bytes.len() - 2 {
            let is_between_scans = markers.iter().any(|(_, range)| length == range.start || length == range.start + 1);
            match render(&[&bytes[..length], b"\xff\xd9"].concat(), "w=8&f=png") {
                Err(error) => {
                    assert_eq!(error.kind(), Kind::Corrupt, "{name} cut to {length}");
                    found += 1;
                }
                Ok(rendered) if rendered.bytes == whole.bytes => harmless += 1,
                Ok(_) => assert!(is_between_scans, "{name} cut to {length} of {} shows it", bytes.len()),
            }
        }
    }
    assert!(found > 100 && harmless > 100, "{found} found, {harmless} harmless");
}
