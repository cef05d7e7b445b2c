//! What moves: times, loops, sizes and limits, from GIF and WebP to both, read back by other hands.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, RgbaImage};
use pixfront::error::Kind;
use pixfront::image::{Cancel, Limits, Options};

use super::reference::distance;
use super::{recipe, render, sources};
use crate::pictures::animations::{coded, counting, webp, with_profile};
use crate::pictures::gifs::{self, Frame, frame};
use crate::pictures::profiles;

/// The pictures with their milliseconds.
type Shown = Vec<(RgbaImage, u32)>;

fn shown<'a>(decoder: impl AnimationDecoder<'a>) -> Shown {
    let frames = decoder.into_frames().collect_frames().unwrap();
    frames
        .into_iter()
        .map(|frame| (frame.delay().numer_denom_ms().0, frame.into_buffer()))
        .map(|(ms, picture)| (picture, ms))
        .collect()
}

/// Also how often it is played, 0 for ever.
pub(super) fn read_gif(bytes: &[u8]) -> (Shown, u16) {
    let mut reader = gif::DecodeOptions::new().read_info(bytes).unwrap();
    while reader.next_frame_info().unwrap().is_some() {}
    let loops = match reader.repeat() {
        gif::Repeat::Infinite => 0,
        gif::Repeat::Finite(again) => again + 1,
    };
    (shown(GifDecoder::new(Cursor::new(bytes)).unwrap()), loops)
}

pub(super) fn read_webp(bytes: &[u8]) -> (Shown, u16) {
    let at = bytes.windows(4).position(|kind| kind == b"ANIM").unwrap();
    let loops = u16::from_le_bytes([bytes[at + 12], bytes[at + 13]]);
    (shown(WebPDecoder::new(Cursor::new(bytes)).unwrap()), loops)
}

fn times(shown: &Shown) -> Vec<u32> {
    shown.iter().map(|(_, ms)| *ms).collect()
}

/// A GIF with these hundredths of a second.
fn timed_gif(again: Option<u16>, hundredths: &[u16]) -> Vec<u8> {
    let frames: Vec<_> = hundredths
        .iter()
        .zip(0..)
        .map(|(delay, step)| Frame { delay: *delay, ..frame(32, 24, move |x, y| u8::from((x + y) % 9 == step)) })
        .collect();
    gifs::write(32, 24, again, &frames)
}

#[test]
fn a_gifs_times_and_loops_stay() {
    // Browsers show what is said to take no time, or a hundredth of a second, for a tenth.
    let bytes = timed_gif(Some(0), &[7, 0, 1, 2, 250, 65535]);
    let expected = [70, 100, 100, 20, 2500, 655_350];
    for query in ["f=gif", "w=16", "w=10&h=10&fit=cover"] {
        assert_eq!(times(&read_gif(&render(&bytes, query).bytes).0), expected, "{query}");
    }
    assert_eq!(times(&read_webp(&render(&bytes, "w=16&f=webp").bytes).0), expected);

    // The file says how often it is played again; without a word it is played once.
    for (again, loops) in [(None, 1), (Some(0), 0), (Some(1), 2), (Some(41), 42)] {
        let bytes = timed_gif(again, &[5, 6, 7]);
        assert_eq!(read_gif(&render(&bytes, "w=16").bytes).1, loops, "{again:?}");
        assert_eq!(read_webp(&render(&bytes, "w=16&f=webp").bytes).1, loops, "{again:?}");
    }
}

#[test]
fn a_webps_times_and_loops_stay() {
    let timed = |loops, delays: &[u32]| {
        let pictures = counting(40, 30, delays.len() as u32);
        webp(loops, &pictures.into_iter().zip(delays).map(|((picture, _), ms)| (picture, *ms)).collect::<Vec<_>>())
    };
    let delays = [33, 33, 34, 40, 1, 0xFF_FFFE, 77];
    for query in ["f=webp", "w=20", "w=10&h=10&fit=cover"] {
        assert_eq!(times(&read_webp(&render(&timed(0, &delays), query).bytes).0), delays, "{query}");
    }
    // Hundredths add up to what the milliseconds did; what browsers show for a tenth of a second says so.
    let as_gif = read_gif(&render(&timed(0, &[33, 33, 34, 125, 125, 10, 15]), "w=20&f=gif").bytes).0;
    assert_eq!(times(&as_gif), [30, 40, 30, 130, 120, 100, 20]);
    for loops in [0, 1, 2, 65535] {
        let bytes = timed(loops, &[50, 60]);
        assert_eq!(read_webp(&render(&bytes, "w=20").bytes).1, loops);
        assert_eq!(read_gif(&render(&bytes, "w=20&f=gif").bytes).1, loops);
    }
}

/// Every frame is what a still of it would be.
#[test]
fn frames_are_resized_as_stills_are() {
    let pictures = counting(64, 48, 6);
    let bytes = webp(0, &pictures);
    for (scale, part, size) in [
        ("w=40", [0.0, 0.0, 64.0, 48.0], (40, 30)),
        ("h=24", [0.0, 0.0, 64.0, 48.0], (32, 24)),
        ("w=20&h=20&fit=cover", [8.0, 0.0, 48.0, 48.0], (20, 20)),
    ] {
        let rendered = render(&bytes, &format!("{scale}&q=95"));
        assert_eq!((rendered.width, rendered.height), size, "{scale}");
        assert_eq!(rendered.cost.frames, 6);
        let (shown, _) = read_webp(&rendered.bytes);
        assert_eq!(shown.len(), 6, "{scale}");
        for ((picture, _), (source, _)) in shown.iter().zip(&pictures) {
            let expected = sources::from_rgba(source).resize(part, size.0 as usize, size.1 as usize);
            let found = distance(&sources::from_rgba(picture), &expected);
            // Colour is stored at half the sides, and these pictures are all edges; measured: 19.8 dB.
            assert!(found.psnr > 18.0, "{scale}: {found:?}");
        }
    }
}

#[test]
fn a_still_is_the_first_frame() {
    let pictures = counting(64, 48, 5);
    let first = image::RgbaImage::clone(&pictures[0].0);
    let mut png = Cursor::new(Vec::new());
    first.write_to(&mut png, image::ImageFormat::Png).unwrap();
    for query in ["w=30&f=png", "w=30&f=jpeg", "f=png", "w=12&h=20&fit=cover&f=png"] {
        let moving = render(&webp(0, &pictures), query);
        assert_eq!(moving.bytes, render(png.get_ref(), query).bytes, "{query}");
        assert_eq!(moving.cost.frames, 1);
    }
    let gif = gifs::wandering(64, 48, 5);
    let one = gifs::wandering(64, 48, 1);
    for query in ["w=30&f=png", "w=30&f=jpeg"] {
        assert_eq!(render(&gif, query).bytes, render(&one, query).bytes, "{query}");
    }
    // A file of one frame does not move, in whatever container.
    assert!(!render(&webp(0, &pictures[..1]), "f=webp").bytes.windows(4).any(|kind| kind == b"ANIM"));
}

/// The profile is read at the first frame, and holds for all of them.
#[test]
fn every_frame_is_of_the_profiles_colours() {
    let frames: Vec<_> = counting(32, 24, 3).into_iter().map(|(picture, _)| (picture, 50)).collect();
    let wide = with_profile(&webp(0, &frames), &profiles::display_p3());
    let (shown, _) = read_gif(&render(&wide, "f=gif").bytes);
    for ((picture, _), frame) in shown.iter().zip(&frames) {
        let still = with_profile(&webp(0, std::slice::from_ref(frame)), &profiles::display_p3());
        let still = image::load_from_memory(&render(&still, "f=png").bytes).unwrap().into_rgba8();
        assert!(*picture == still);
        assert!(*picture != frame.0, "it is converted at all");
    }
}

/// Of a drawing that lost nothing, frames may be written without a loss again.
#[test]
fn a_lossless_animation_is_known() {
    let colours = [[200, 30, 40, 255], [20, 60, 180, 255]];
    let drawing = |step| RgbaImage::from_fn(64, 48, |x, y| image::Rgba(colours[((x / 8 + y / 8 + step) % 2) as usize]));
    let frames: Vec<_> = (0..3).map(|step| (drawing(step), 50)).collect();
    let has_lossless = |bytes: &[u8]| render(bytes, "f=webp").bytes.windows(4).any(|name| name == b"VP8L");
    assert!(has_lossless(&webp(0, &frames)));
    assert!(!has_lossless(&coded(0, &frames, |encoder| encoder.encode(80.0))));
}

#[test]
fn frames_that_are_all_the_same_keep_their_time() {
    let bytes = gifs::write(32, 24, Some(0), &vec![frame(32, 24, |x, _| (x % 3) as u8); 4]);
    let (shown, loops) = read_gif(&render(&bytes, "w=16&f=gif").bytes);
    assert_eq!((times(&shown), loops), (vec![100; 4], 0));
    assert!(shown.iter().all(|(picture, _)| *picture == shown[0].0));
}

#[test]
fn frames_are_limited() {
    let kind = |bytes: &[u8], query: &str| {
        let result = pixfront::image::render(bytes, &recipe(query), &Options::default(), &Cancel::default());
        result.err().map(|error| (error.kind(), error.context().to_owned()))
    };
    let words = "the picture has 257 frames, over the limit of 256".to_owned();
    for make in [|frames| gifs::wandering(32, 24, frames), |frames| webp(0, &counting(32, 24, u32::from(frames)))] {
        assert_eq!(kind(&make(256), "w=8"), None);
        assert_eq!(kind(&make(257), "w=8"), Some((Kind::TooLarge, words.clone())));
        assert_eq!(kind(&make(257), "w=8&f=gif"), Some((Kind::TooLarge, words.clone())));
        assert_eq!(kind(&make(257), "w=8&f=jpeg"), None);
    }
}

#[test]
fn pixels_of_all_frames_count() {
    let limits = Limits { source_pixels: 64 * 48 * 5, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let kind = |bytes: &[u8], query: &str| {
        pixfront::image::render(bytes, &recipe(query), &options, &Cancel::default()).err().map(|error| error.kind())
    };
    for make in [|frames| gifs::wandering(64, 48, frames), |frames| webp(0, &counting(64, 48, u32::from(frames)))] {
        assert_eq!(kind(&make(5), "w=8"), None);
        assert_eq!(kind(&make(6), "w=8"), Some(Kind::TooLarge));
        assert_eq!(kind(&make(6), "w=8&f=png"), None);
    }
}

#[test]
fn the_same_animation_gives_the_same_bytes() {
    let sources = [gifs::wandering(64, 48, 9), webp(0, &counting(64, 48, 9))];
    for (bytes, query) in sources.iter().flat_map(|bytes| ["w=33&f=gif", "w=33&f=webp"].map(|query| (bytes, query))) {
        assert!(render(bytes, query).bytes == render(bytes, query).bytes, "{query}");
    }
}
