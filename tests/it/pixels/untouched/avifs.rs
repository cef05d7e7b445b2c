//! AVIFs of Pillow's that are answered untouched, beside what Pillow shows of both.

use std::fs;
use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use tempfile::TempDir;

use super::super::{peers, render};
use super::{FINEST, SECRET, answer, mutate};
use crate::pictures::avifs::{Item, boxed, file, streams};
use crate::pictures::profiles::display_p3;
use crate::pictures::scene;

#[test]
fn avifs_look_the_same() {
    let folder = TempDir::new().unwrap();
    let script = "import sys; from PIL import Image; picture = Image.effect_mandelbrot((112, 84), (-2, -1, 1, 1), 50)\n\
        picture = Image.merge('RGB', (picture, picture.rotate(90), picture.rotate(180))); exif = Image.Exif()\n\
        exif[0x010E], exif[0x0112] = sys.argv[2], 6\n\
        picture.save(sys.argv[1], quality=40, exif=exif, xmp=sys.argv[2].encode(), icc_profile=open(sys.argv[3], 'rb').read())";
    let path = folder.path().join("source.avif");
    let secret = std::str::from_utf8(SECRET).unwrap();
    let profile = folder.path().join("profile.icc");
    fs::write(&profile, display_p3()).unwrap();
    peers::python(["-c", script, path.to_str().unwrap(), secret, profile.to_str().unwrap()]);
    let plain = fs::read(&path).unwrap();
    let source = [plain, boxed(*b"uuid", SECRET)].concat();
    let answer = answer("avif", &source);
    assert_eq!(answer.len(), source.len());
    let script = "import sys; from PIL import Image, ImageOps; one, other = map(Image.open, sys.argv[1:])\n\
        one, other = map(ImageOps.exif_transpose, (one, other))\n\
        assert one.tobytes() == other.tobytes() and one.size == other.size == (84, 112), (one, other)\n\
        assert one.info['icc_profile'] == other.info['icc_profile']; assert 0x010E not in other.getexif()";
    let stripped = folder.path().join("stripped.avif");
    fs::write(&stripped, answer).unwrap();
    peers::python(["-c", script, path.to_str().unwrap(), stripped.to_str().unwrap()]);
    mutate("avif", &source);
    // It is also a sequence, whose metadata lies elsewhere.
    let sequence = [&source[..], &boxed(*b"moov", SECRET)].concat();
    assert_eq!(render(&sequence, FINEST).bytes, render(&sequence, "f=avif&q=100").bytes);
}

#[test]
fn an_avifs_texts_may_not_lie_where_the_picture_does() {
    let coarse = |picture: DynamicImage| {
        let mut png = Cursor::new(Vec::new());
        picture.write_to(&mut png, ImageFormat::Png).unwrap();
        render(&png.into_inner(), "f=avif&q=1").bytes
    };
    let colour = coarse(scene(96, 64).into());
    let alpha = coarse(DynamicImage::from(scene(96, 64)).into_luma8().into());
    let purpose = boxed(*b"auxC", b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0");
    for (text, is_kept) in [(&b" "[..], true), (b"", false)] {
        // A length of 0 means all the rest, in which the alpha lies.
        let items = [
            Item::new(streams(&colour), 96, 64),
            Item { kind: *b"mime", bytes: text.to_vec(), properties: Vec::new() },
            Item::new(streams(&alpha), 96, 64).with(purpose.clone()),
        ];
        let source = file(&items, &[(b"auxl", 3, &[1])]);
        assert_eq!(render(&source, FINEST).bytes == source, is_kept);
    }
}

#[test]
fn an_avif_that_shows_more_than_its_picture_is_made_anew() {
    let mut png = Cursor::new(Vec::new());
    scene(96, 64).write_to(&mut png, ImageFormat::Png).unwrap();
    let coarse = render(&png.into_inner(), "f=avif&q=1").bytes;
    let picture = || Item::new(streams(&coarse), 96, 64);
    let is_kept = |source: &[u8]| render(source, FINEST).bytes == source;
    assert!(is_kept(&file(&[picture()], &[])));
    // A thumbnail, a gain map, and what no one asked for.
    assert!(!is_kept(&file(&[picture(), picture()], &[(b"thmb", 2, &[1])])));
    assert!(!is_kept(&file(&[picture(), picture()], &[(b"auxl", 2, &[1])])));
    assert!(!is_kept(&file(&[picture(), picture()], &[])));
    let crop: Vec<u8> = [32u32, 1, 48, 1, 0, 1, 0, 1].into_iter().flat_map(u32::to_be_bytes).collect();
    assert!(!is_kept(&file(&[picture().with(boxed(*b"clap", &crop))], &[])));
}

/// Method 1 means the bytes of a box that is not there.
#[test]
fn an_avifs_item_may_lie_nowhere() {
    let mut png = Cursor::new(Vec::new());
    scene(96, 64).write_to(&mut png, ImageFormat::Png).unwrap();
    let coarse = render(&png.into_inner(), "f=avif&q=1").bytes;
    let text = Item { kind: *b"mime", bytes: Vec::new(), properties: Vec::new() };
    let mut source = file(&[Item::new(streams(&coarse), 96, 64), text], &[]);
    let places = source.windows(4).position(|window| window == b"iloc").unwrap() + 4;
    // Of the first version, each place also says its method, in two bytes behind the item's number.
    let entry = places + 8 + 14;
    source.splice(entry + 2..entry + 2, [0, 1]);
    source.splice(places + 10..places + 10, [0, 0]);
    source[places] = 1;
    source[entry + 10..entry + 14].fill(0);
    for name in [b"meta", b"iloc"] {
        let at = source.windows(4).position(|window| window == name).unwrap() - 4;
        let length = u32::from_be_bytes(*source[at..].first_chunk().unwrap()) + 4;
        source[at..at + 4].copy_from_slice(&length.to_be_bytes());
    }
    // The picture has moved.
    let at = places + 8 + 8;
    let place = u32::from_be_bytes(*source[at..].first_chunk().unwrap()) + 4;
    source[at..at + 4].copy_from_slice(&place.to_be_bytes());
    assert_ne!(render(&source, FINEST).bytes, source);
}
