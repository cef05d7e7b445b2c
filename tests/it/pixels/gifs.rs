//! What a GIF shows, pixel by pixel, as browsers lay its frames on each other.

use gif::DisposalMethod;
use pixfront::error::Kind;
use pixfront::format::Format;

use super::animations::read_gif;
use super::{render, sources};
use crate::pictures::gifs::{self, Frame, compose, frame, write};

const WIDTH: u16 = 9;
const HEIGHT: u16 = 7;

/// Colours of what is clear say nothing.
fn pixels_of(picture: &image::RgbaImage) -> Vec<[u8; 4]> {
    picture.pixels().map(|pixel| if pixel.0[3] == 0 { [0; 4] } else { pixel.0 }).collect()
}

/// The result's frames, by other hands, are what the source's should be; and its first is the still.
fn check(name: &str, width: u16, height: u16, frames: &[Frame]) {
    let bytes = write(width, height, Some(0), frames);
    let expected = compose(width, height, frames);
    let (shown, _) = read_gif(&render(&bytes, "f=gif").bytes);
    assert_eq!(shown.len(), expected.len(), "{name}");
    for (index, ((picture, _), expected)) in shown.iter().zip(&expected).enumerate() {
        assert_eq!(pixels_of(picture), *expected, "{name}, frame {index}");
    }
    check_still(name, &bytes, &expected[0]);
}

fn check_still(name: &str, bytes: &[u8], expected: &[[u8; 4]]) {
    let still = sources::decode(&render(bytes, "f=png").bytes, Format::Png);
    let expected: Vec<_> = expected.iter().map(|pixel| pixel.map(f64::from)).collect();
    assert_eq!(still.pixels, expected, "{name}, as a still");
}

#[test]
fn every_order_of_disposals() {
    use DisposalMethod::{Any, Background, Keep, Previous};
    let methods = [Any, Keep, Background, Previous];
    // Four frames that lie partly on each other and partly beside the canvas, with every order of what becomes of them.
    for order in 0..256 {
        let frames = [(0, 0, 5, 4), (2, 1, 6, 5), (4, 3, 8, 6), (1, 2, 3, 2)].map(|(left, top, width, height)| {
            let shown = frame(width, height, |x, y| ((x + 2 * y + left) % 4) as u8);
            let method = methods[order >> (2 * (left % 4)) & 3];
            Frame { left, top, dispose: method, transparent: (left != 2).then_some(3), ..shown }
        });
        check(&format!("{:?}", frames.each_ref().map(|frame| frame.dispose)), WIDTH, HEIGHT, &frames);
    }
}

#[test]
fn what_is_transparent_shows_what_was_there() {
    let ground = frame(WIDTH, HEIGHT, |x, _| (x % 3) as u8);
    let stripes = Frame { transparent: Some(1), ..frame(WIDTH, HEIGHT, |_, y| (y % 2) as u8) };
    check("stripes over a ground", WIDTH, HEIGHT, &[ground.clone(), stripes.clone()]);
    check("stripes over nothing", WIDTH, HEIGHT, &[stripes, ground]);
}

#[test]
fn palettes_of_their_own() {
    let own = |seed: u8| Some((0..12).map(|channel: u8| channel.wrapping_mul(seed)).collect::<Vec<u8>>());
    let frames =
        [3, 17, 20].map(|seed| Frame { palette: own(seed), ..frame(WIDTH, HEIGHT, |x, y| ((x * y) % 4) as u8) });
    check("local palettes", WIDTH, HEIGHT, &frames);
    let global = frame(WIDTH, HEIGHT, |x, _| (x % 4) as u8);
    check("local, then global", WIDTH, HEIGHT, &[frames[0].clone(), global]);
    let beyond = Frame { palette: Some(vec![1, 2, 3, 4, 5, 6]), ..frame(WIDTH, HEIGHT, |x, _| (x % 4) as u8) };
    check("entries that the palette has not", WIDTH, HEIGHT, &[beyond.clone(), beyond]);
}

/// As many colours as a palette has, all of them used, and what is clear beside them.
#[test]
fn full_palettes_stay_exact() {
    let full: Vec<u8> = (0..=255).flat_map(|level| [level, 255 - level, level / 2]).collect();
    let frame = |step: u16| {
        let shown = frame(32, 16, |x, y| (x + y * 32 + step) as u8);
        Frame { palette: Some(full.clone()), ..shown }
    };
    let expected = compose(32, 16, &[frame(0)]);
    let bytes = write(32, 16, None, &[frame(0)]);
    assert_eq!(pixels_of(&read_gif(&render(&bytes, "f=gif").bytes).0[0].0), expected[0]);
    let clear = Frame { transparent: Some(9), ..frame(0) };
    check("255 and clear", 32, 16, &[clear.clone(), clear]);
}

#[test]
fn interlaced_rows_come_in_order() {
    for height in [1, 2, 3, 7, 8, 9, 21] {
        let plain = frame(6, height, |x, y| ((x + y) % 4) as u8);
        let passes = [(0, 8), (4, 8), (2, 4), (1, 2)];
        let order = passes.iter().flat_map(|(first, step)| (*first..height).step_by(*step));
        let rows: Vec<u8> = order.flat_map(|y| plain.buffer[usize::from(y) * 6..][..6].to_vec()).collect();
        let bytes = write(6, height, None, &[Frame { interlaced: true, buffer: rows.into(), ..plain.clone() }]);
        check_still("interlaced", &bytes, &compose(6, height, &[plain])[0]);
    }
}

#[test]
fn the_first_frame_and_the_canvas() {
    let small = Frame { left: 2, top: 1, ..frame(3, 3, |x, _| (x % 4) as u8) };
    check("smaller than the canvas", WIDTH, HEIGHT, &[small.clone(), frame(WIDTH, HEIGHT, |_, y| (y % 4) as u8)]);

    // Browsers give the first frame room, and clip the others.
    let large = frame(12, 9, |x, _| (x % 4) as u8);
    let clipped = Frame { left: 7, top: 5, ..frame(10, 9, |_, y| (y % 4) as u8) };
    let bytes = write(WIDTH, HEIGHT, None, &[large.clone(), clipped.clone()]);
    let rendered = render(&bytes, "f=gif");
    assert_eq!((rendered.width, rendered.height), (12, 9));
    let shown: Vec<_> = read_gif(&rendered.bytes).0.iter().map(|(picture, _)| pixels_of(picture)).collect();
    assert_eq!(shown, compose(12, 9, &[large, clipped]));
}

/// What is decoded is what the limits were asked for.
#[test]
fn a_later_frame_of_more_pixels_than_the_canvas_is_corrupt() {
    let frames = [frame(4, 4, |_, _| 0), frame(20, 1, |_, _| 0)];
    let bytes = write(4, 4, None, &frames);
    let error = crate::hostile::refusal(&bytes);
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(error.context(), "the GIF has a frame of 20 × 1 pixels, more than its canvas of 4 × 4");
}

/// A photograph has more colours than a palette: those of the result stand for them.
#[test]
fn many_colours_come_close() {
    let scene = crate::pictures::scene(160, 120);
    let rendered = render(&crate::pictures::png(160, 120), "f=gif");
    let shown = sources::from_rgba(&read_gif(&rendered.bytes).0[0].0);
    let found = super::reference::distance(&shown, &sources::from_rgb(&scene));
    // Measured: 38 dB.
    assert!(found.psnr > 34.0, "{found:?}");
    // A soft edge becomes a hard one, in the middle.
    let soft = render(&crate::pictures::see_through_png(160, 120), "w=80&f=gif");
    let (shown, _) = read_gif(&soft.bytes);
    assert!(shown[0].0.enumerate_pixels().all(|(x, _, pixel)| pixel.0[3] == if x < 40 { 255 } else { 0 }));
}

#[test]
fn wandering_squares_stay_small() {
    let bytes = gifs::wandering(160, 120, 30);
    let result = render(&bytes, "w=80&f=gif").bytes;
    assert!(result.len() < bytes.len() / 2, "{} of {}", result.len(), bytes.len());
}
