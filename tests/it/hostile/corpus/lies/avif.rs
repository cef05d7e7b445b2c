//! AVIFs whose boxes disagree with each other and with the streams.

use super::{Lies, with};
use crate::hostile::corpus::{Expected, samples};
use crate::pictures::avifs::{self, Item, boxed, extents, file, grid};
use crate::pictures::{scene, see_through};

pub(super) fn all() -> Lies {
    [items(), boxes(), tiles()].concat()
}

fn stream() -> Vec<u8> {
    avifs::streams(&samples::avif(&scene(64, 64).into())).to_vec()
}

fn items() -> Lies {
    let stream = stream();
    let said = |width, height| file(&[Item::new(&stream, width, height)], &[]);
    let whole = || Item::new(&stream, 64, 64);
    let auxiliary = boxed(*b"auxC", b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0");
    let with_alpha = |alpha: Item| file(&[whole(), alpha.with(auxiliary.clone())], &[(b"auxl", 2, &[1])]);
    let nothing = Item { properties: Vec::new(), ..whole() };
    vec![
        ("no width", said(0, 64), Expected::CORRUPT),
        ("no height", said(64, 0), Expected::CORRUPT),
        ("a size that is larger than the stream's", said(640, 640), Expected::CORRUPT),
        ("a size that is smaller than the stream's", said(8, 8), Expected::CORRUPT),
        ("no size", file(&[nothing], &[]), Expected::CORRUPT),
        ("no stream", file(&[Item::new(&[], 64, 64)], &[]), Expected::CORRUPT),
        ("a stream of noise", file(&[Item::new(&[0xA5; 999], 64, 64)], &[]), Expected::CORRUPT),
        ("half a stream", file(&[Item::new(&stream[..stream.len() / 2], 64, 64)], &[]), Expected::CORRUPT),
        ("a stream without its header", file(&[Item::new(&stream[12..], 64, 64)], &[]), Expected::CORRUPT),
        ("a picture in HEVC", file(&[Item { kind: *b"hvc1", ..whole() }], &[]), Expected::UNSUPPORTED),
        ("an alpha of another size", with_alpha(Item::new(&stream, 32, 32)), Expected::CORRUPT),
        ("an alpha that is no picture", with_alpha(Item::new(&[9; 99], 64, 64)), Expected::CORRUPT),
        ("an alpha in colour", with_alpha(whole()), Expected::CLEAN),
        ("an alpha of itself", file(&[whole().with(auxiliary)], &[(b"auxl", 1, &[1])]), Expected::CLEAN),
        ("a size said twice", file(&[whole().with(extents(9, 9))], &[]), Expected::CLEAN),
        ("a turn of nothing", file(&[whole().with(boxed(*b"irot", b""))], &[]), Expected::CLEAN),
        ("colours of nothing", file(&[whole().with(boxed(*b"colr", b"nclx"))], &[]), Expected::CLEAN),
        (
            "colours that mean nothing",
            file(&[whole().with(boxed(*b"colr", b"nclx\xff\xff\xff\xff\xff\xff\xff"))], &[]),
            Expected::CLEAN,
        ),
        ("what matters and is unknown", file(&[whole().with(boxed(*b"????", b""))], &[]), Expected::UNSUPPORTED),
    ]
}

fn boxes() -> Lies {
    let avif = samples::avif(&see_through(64, 64).into());
    let at = |name: &[u8; 4]| avif.windows(4).position(|window| window == name).unwrap();
    let length = |name: &[u8; 4], length: u32| with(&avif, at(name) - 4, &length.to_be_bytes());
    let inside = |name: &[u8; 4], offset: usize, bytes: &[u8]| with(&avif, at(name) + 4 + offset, bytes);
    let without = |name: &[u8; 4]| with(&avif, at(name), b"free");
    vec![
        ("no description", without(b"meta"), Expected::CORRUPT),
        ("no places", without(b"iloc"), Expected::CORRUPT),
        ("no items", without(b"iinf"), Expected::CORRUPT),
        ("no primary item", without(b"pitm"), Expected::CORRUPT),
        ("no properties", without(b"iprp"), Expected::CORRUPT),
        ("a primary item that is not there", inside(b"pitm", 4, &[9, 9]), Expected::CLEAN),
        ("a description of no bytes", length(b"meta", 8), Expected::CORRUPT),
        ("a description of less than its head", length(b"meta", 3), Expected::CORRUPT),
        ("a description to the end", length(b"meta", 0), Expected::CLEAN),
        ("a description of four gigabytes", length(b"meta", u32::MAX), Expected::CORRUPT),
        ("properties of four gigabytes", length(b"ipco", u32::MAX), Expected::CORRUPT),
        ("65,535 places", inside(b"iloc", 6, &[0xFF; 2]), Expected::CORRUPT),
        ("places of fifteen bytes", inside(b"iloc", 4, &[0xFF; 2]), Expected::CORRUPT),
        ("a stream behind the end", inside(b"iloc", 14, &[0xFF; 4]), Expected::CORRUPT),
        ("four billion associations", inside(b"ipma", 4, &[0xFF; 4]), Expected::CORRUPT),
        ("properties that are not there", inside(b"ipma", 11, &[0xFF; 2]), Expected::CLEAN),
        ("streams that are not there", length(b"mdat", 8), Expected::CLEAN),
    ]
}

fn tiles() -> Lies {
    let stream = stream();
    let tile = || Item::new(&stream, 64, 64);
    let tiled = |rows, columns, size: (u16, u16), to: &[u8]| {
        file(&[grid(rows, columns, size.0, size.1), tile(), tile()], &[(b"dimg", 1, to)])
    };
    let loops = file(&[grid(1, 2, 128, 64), grid(1, 2, 128, 64)], &[(b"dimg", 1, &[2, 2]), (b"dimg", 2, &[1, 1])]);
    let talkative = (0..64).fold(tile(), |tile, _| tile.with(boxed(*b"free", b"")));
    let talkative = file(&[grid(1, 2, 128, 64), talkative], &[(b"dimg", 1, &[2, 2])]);
    vec![
        ("fewer tiles than it says", tiled(2, 2, (128, 128), &[2, 3]), Expected::CORRUPT),
        ("more tiles than it says", tiled(1, 1, (64, 64), &[2, 3]), Expected::CORRUPT),
        ("tiles that do not cover it", tiled(1, 2, (200, 64), &[2, 3]), Expected::CORRUPT),
        ("tiles outside of it", tiled(1, 2, (64, 64), &[2, 3]), Expected::CORRUPT),
        ("tiles that are itself", tiled(1, 2, (128, 64), &[1, 1]), Expected::CORRUPT),
        ("tiles that are not there", tiled(1, 2, (128, 64), &[8, 9]), Expected::CORRUPT),
        ("tiles of tiles of itself", loops, Expected::CORRUPT),
        ("tiles that are one", tiled(1, 2, (128, 64), &[2, 2]), Expected::PICTURE),
        ("tiles of which much is said", talkative, Expected::CORRUPT),
        ("tiles without a list", tiled(1, 2, (128, 64), &[]), Expected::CORRUPT),
    ]
}
