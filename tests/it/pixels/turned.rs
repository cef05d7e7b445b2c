//! EXIF orientation: a picture that is stored turned looks as if it were not, at every scale.

use image::{Rgb, RgbImage};
use turbojpeg::TransformOp;

use super::reference::{Picture, distance};
use super::sources::decode;
use super::{HALF, render};
use crate::pictures::jpegs::{self, exif, with_segment};
use crate::pictures::scene;

/// EXIF's values, how the pixels are turned for storing so that the value turns them back, and the stored corners (a b, then
/// c d) as they are seen.
pub(super) const TURNS: [(u16, Option<TransformOp>, [char; 4]); 8] = [
    (1, None, ['a', 'b', 'c', 'd']),
    (2, Some(TransformOp::Hflip), ['b', 'a', 'd', 'c']),
    (3, Some(TransformOp::Rot180), ['d', 'c', 'b', 'a']),
    (4, Some(TransformOp::Vflip), ['c', 'd', 'a', 'b']),
    (5, Some(TransformOp::Transpose), ['a', 'c', 'b', 'd']),
    (6, Some(TransformOp::Rot270), ['c', 'a', 'd', 'b']),
    (7, Some(TransformOp::Transverse), ['d', 'b', 'c', 'a']),
    (8, Some(TransformOp::Rot90), ['b', 'd', 'a', 'c']),
];

const COLOURS: [(char, [u8; 3]); 4] =
    [('a', [230, 30, 30]), ('b', [30, 230, 30]), ('c', [30, 30, 230]), ('d', [230, 230, 30])];

/// An upright JPEG as it is stored for a turn.
pub(super) fn stored(upright: &[u8], operation: Option<TransformOp>) -> Vec<u8> {
    operation.map_or(upright.to_vec(), |operation| jpegs::turn(upright, operation))
}

#[test]
fn corners_land_where_they_should() {
    let stored = RgbImage::from_fn(96, 64, |x, y| Rgb(COLOURS[usize::from(x >= 48) + 2 * usize::from(y >= 32)].1));
    let jpeg = jpegs::write(&stored, jpegs::FULL_COLOUR);
    for (orientation, _, seen) in TURNS {
        for is_big_endian in [true, false] {
            let bytes = with_segment(&jpeg, 0xE1, &exif(orientation, is_big_endian));
            for (query, (width, height)) in [("f=png", (96, 64)), ("w=24&h=24&f=png", (24, 16)), (HALF, (48, 32))] {
                let rendered = render(&bytes, query);
                let expected = if orientation >= 5 { (height, width) } else { (width, height) };
                assert_eq!((rendered.width, rendered.height), expected, "{orientation} {query}");
                assert_eq!(
                    corners(&decode(&rendered.bytes, rendered.file_type.output().unwrap())),
                    seen,
                    "{orientation} {query}"
                );
            }
        }
    }
}

fn corners(picture: &Picture) -> [char; 4] {
    let (right, bottom) = (picture.width - 3, picture.height - 3);
    [(2, 2), (right, 2), (2, bottom), (right, bottom)].map(|(x, y)| {
        let pixel = picture.at(x, y);
        let apart = |colour: [u8; 3]| (0..3).map(|i| (pixel[i] - f64::from(colour[i])).abs()).sum::<f64>();
        COLOURS.into_iter().min_by(|one, other| apart(one.1).total_cmp(&apart(other.1))).unwrap().0
    })
}

#[test]
fn turned_pictures_look_like_upright_ones() {
    let queries =
        ["", "w=100", "h=50", "w=25", "w=60&h=60&fit=cover", "w=90&h=20&fit=cover", "w=10&h=40&fit=cover", HALF];
    // Whole blocks of 16, so that turning is without loss.
    let upright = jpegs::write(&scene(192, 128), jpegs::FULL_COLOUR);
    for query in queries {
        let query = format!("{query}&f=png");
        let query = query.trim_start_matches('&');
        let expected = render(&upright, query);
        for (orientation, op, _) in TURNS {
            let found = render(&with_segment(&stored(&upright, op), 0xE1, &exif(orientation, true)), query);
            assert_eq!((found.width, found.height), (expected.width, expected.height), "{orientation} {query}");
            let found = distance(
                &decode(&found.bytes, found.file_type.output().unwrap()),
                &decode(&expected.bytes, expected.file_type.output().unwrap()),
            );
            // Not equal, because the passes of the resampler follow each other in another order; measured: 56 dB.
            assert!(found.psnr >= 50.0, "{orientation} {query}: {found:?}");
        }
    }
}

#[test]
fn a_broken_exif_block_is_ignored() {
    let plain = jpegs::write(&scene(96, 64), jpegs::BASELINE);
    let expected = render(&plain, "w=24").bytes;
    let whole = exif(6, true);
    let mut blocks: Vec<Vec<u8>> = (0..whole.len() - 8).map(|length| whole[..length].to_vec()).collect();
    blocks.extend([0, 9, 255, 65535].map(|orientation| exif(orientation, true)));
    let with_byte = |at: usize, byte: u8| {
        let mut block = whole.clone();
        block[at] = byte;
        block
    };
    // No byte order, another magic number, a directory far outside, a directory of no entries, a tag of another type.
    blocks.extend([with_byte(6, b'X'), with_byte(9, 43), with_byte(10, 0xFF), with_byte(15, 0), with_byte(19, 4)]);
    for block in blocks {
        assert_eq!(render(&with_segment(&plain, 0xE1, &block), "w=24").bytes, expected, "{block:?}");
    }
}
