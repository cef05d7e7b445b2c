//! Channels and depths: what is stored is what is shown.

use image::DynamicImage;
use pixfront::format::Format;
use tiff::encoder::Compression;
use tiff::encoder::compression::DeflateLevel;

use super::reference::{Picture, distance};
use super::sources::decode;
use super::{HALF, render};
use crate::pictures::jpegs::{exif, with_segment};
use crate::pictures::pngs::{self, GRAY_ALPHA, Header, PALETTE};
use crate::pictures::profiles::in_webp;
use crate::pictures::tiffs::{self, BLACK_IS_ZERO, CMYK, SHORT, Tiff, WHITE_IS_ZERO};
use crate::pictures::{jpegs, scene, see_through};

fn shown(bytes: &[u8]) -> Picture {
    decode(&render(bytes, "f=png").bytes, Format::Png)
}

fn apart(one: &Picture, other: &Picture) -> f64 {
    distance(one, other).max
}

/// Every number of sixteen bits.
#[test]
fn sixteen_bits_are_rounded_to_the_nearest_of_eight() {
    let rows = |x: u32, y: u32| (y * 256 + x) as u16;
    let nearest = |sample: u16| (f64::from(sample) * 255.0 / 65535.0).round() as u8;
    let expected =
        Picture::from_fn(256, 256, |x, y| [[nearest(rows(x, y)); 3].as_slice(), &[255]].concat().try_into().unwrap());
    let png = Header::new(256, 256, 16, pngs::GRAY).write(&[], |x, y| vec![rows(x, y)]);
    let all: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    let tiff = Tiff::new((256, 256), 16, 1, BLACK_IS_ZERO).write(&all);
    for bytes in [png, tiff] {
        assert!(apart(&shown(&bytes), &expected) == 0.0);
    }
}

/// Against the `image` crate, which has its own rounding of sixteen bits.
#[test]
fn every_png_there_is() {
    let kinds: [(u8, &[u8]); 5] = [
        (pngs::GRAY, &[1, 2, 4, 8, 16]),
        (pngs::RGB, &[8, 16]),
        (PALETTE, &[1, 2, 4, 8]),
        (GRAY_ALPHA, &[8, 16]),
        (pngs::RGBA, &[8, 16]),
    ];
    for (colour, depths) in kinds {
        for &depth in depths {
            for interlaced in [false, true] {
                for has_key in [false, true] {
                    let bytes = png(colour, depth, interlaced, has_key);
                    let expected = image::load_from_memory(&bytes).unwrap().into_rgba8();
                    let found = apart(&shown(&bytes), &super::sources::from_rgba(&expected));
                    let name = format!("type {colour}, {depth} bits, interlaced {interlaced}, tRNS {has_key}");
                    assert!(found <= f64::from(u8::from(depth == 16)), "{name}: {found}");
                }
            }
        }
    }
}

fn png(colour: u8, depth: u8, interlaced: bool, has_key: bool) -> Vec<u8> {
    let most = u32::from(u16::MAX >> (16 - depth));
    let channels: u32 = match colour {
        pngs::GRAY | PALETTE => 1,
        GRAY_ALPHA => 2,
        pngs::RGB => 3,
        _ => 4,
    };
    let mut ancillary = Vec::new();
    if colour == PALETTE {
        ancillary.push((
            *b"PLTE",
            (0..=most).flat_map(|entry| [entry, entry * 7, 255 - entry].map(|part| part as u8)).collect(),
        ));
    }
    if has_key && matches!(colour, pngs::GRAY | pngs::RGB | PALETTE) {
        let key = if colour == PALETTE { vec![40, 200] } else { 1u16.to_be_bytes().repeat(channels as usize) };
        ancillary.push((*b"tRNS", key));
    }
    let header = Header { interlaced, ..Header::new(29, 17, depth, colour) };
    header.write(&ancillary, |x, y| {
        (0..channels).map(|channel| ((x * 977 + y * 131 + channel * 59) % (most + 1)) as u16).collect()
    })
}

/// The still picture of an animated PNG is its `IDAT`, whether or not the animation begins with it.
#[test]
fn an_animated_png_is_its_still_picture() {
    let header = Header::new(8, 8, 8, pngs::RGB);
    let pixel = |x: u32, y: u32| vec![x as u16 * 30, y as u16 * 30, 5];
    let control = [8u32.to_be_bytes(), 8u32.to_be_bytes(), [0; 4], [0; 4]].concat();
    let frame = |sequence: u32| [&sequence.to_be_bytes()[..], &control, &[0, 1, 0, 10, 0, 0]].concat();
    let still = shown(&header.write(&[], pixel));
    let other = [&1u32.to_be_bytes()[..], &pngs::stored_zlib(&[99; 8 * 25])].concat();
    let animation = (*b"acTL", [1u32.to_be_bytes(), 0u32.to_be_bytes()].concat());
    let plain = header.write(std::slice::from_ref(&animation), pixel);
    let end = plain.len() - 12;
    let apart_from_it =
        [&plain[..end], &pngs::chunk(*b"fcTL", &frame(0)), &pngs::chunk(*b"fdAT", &other), &plain[end..]];
    for bytes in [header.write(&[animation, (*b"fcTL", frame(0))], pixel), apart_from_it.concat()] {
        assert!(apart(&shown(&bytes), &still) == 0.0);
    }
}

#[test]
fn grey_with_alpha_stays_so_where_the_format_has_it() {
    let header = Header::new(64, 48, 8, GRAY_ALPHA);
    let faint = header.write(&[], |x, y| vec![(x * 4) as u16, (y * 5) as u16]);
    let opaque = header.write(&[], |x, _| vec![(x * 4) as u16, 255]);
    for query in ["f=png", "w=20&f=png"] {
        assert_eq!(render(&faint, query).bytes[25], GRAY_ALPHA);
        assert_eq!(render(&opaque, query).bytes[25], pngs::GRAY);
    }
    let components = |jpeg: &[u8]| {
        let markers = jpegs::markers(jpeg);
        jpeg[markers.iter().find(|(code, _)| *code == 0xC0).unwrap().1.start + 9]
    };
    assert_eq!(components(&render(&faint, "f=jpeg").bytes), 1, "white is grey");
    assert_eq!(components(&render(&faint, "f=jpeg&bg=808080").bytes), 1);
    assert_eq!(components(&render(&faint, "f=jpeg&bg=ff0000").bytes), 3);
    let red = decode(&render(&faint, "f=jpeg&bg=ff0000").bytes, Format::Jpeg).at(60, 1);
    assert!(red[0] > 230.0 && red[1] < 30.0, "{red:?}");
    let webp = decode(&render(&faint, "f=webp").bytes, Format::Webp);
    assert!((webp.at(30, 24)[3] - 120.0).abs() < 2.0, "alpha is kept as it is");
}

/// White under full transparency must not reach the opaque black beside it.
#[test]
fn what_is_transparent_does_not_bleed_into_grey() {
    let bytes = Header::new(90, 60, 8, GRAY_ALPHA).write(&[], |x, _| if x < 45 { vec![20, 255] } else { vec![255, 0] });
    for query in ["w=31&f=png", "w=44&h=31&fit=cover&f=png", "half&f=png"] {
        let shown = decode(&render(&bytes, query).bytes, Format::Png);
        let brightest = shown.pixels.iter().filter(|pixel| pixel[3] > 0.0).map(|pixel| pixel[0]).fold(0.0, f64::max);
        // Where there is hardly any alpha left, eight bits of it are coarse; measured: 22.
        assert!(brightest <= 24.0, "{query}: {brightest}");
    }
}

#[test]
fn every_tiff_there_is() {
    let size = (31, 17);
    let picture = scene(size.0, size.1);
    let rgba = see_through(size.0, size.1);
    let gray = DynamicImage::from(picture.clone()).into_luma8();
    let colour = super::sources::from_rgb(&picture);
    let wide = |bytes: &[u8]| bytes.iter().flat_map(|byte| [*byte, *byte]).collect::<Vec<u8>>();
    let planes: Vec<u8> = (0..3).flat_map(|channel| picture.pixels().map(move |pixel| pixel.0[channel])).collect();
    let plane_bytes = planes.len() / 3;
    let planar = Tiff::new(size, 8, 3, tiffs::RGB).with(284, SHORT, vec![2, 0]);
    let strips = Tiff { rows_per_strip: 5, ..tiffs::in_tiff(&picture) };
    let opposite: Vec<u8> = gray.iter().map(|byte| 255 - byte).collect();
    let ink: Vec<u8> =
        picture.pixels().flat_map(|pixel| [255 - pixel.0[0], 255 - pixel.0[1], 255 - pixel.0[2], 0]).collect();
    let shown_gray = super::sources::from_rgb(&DynamicImage::from(gray.clone()).into_rgb8());
    let files = [
        ("rgb", tiffs::in_tiff(&picture).write(&picture), &colour),
        ("strips", strips.write(&picture), &colour),
        ("16 bits", Tiff::new(size, 16, 3, tiffs::RGB).write(&wide(&picture)), &colour),
        ("planes", planar.wrap(&planes.chunks(plane_bytes).collect::<Vec<_>>()), &colour),
        ("ink", Tiff::new(size, 8, 4, CMYK).write(&ink), &colour),
        ("grey", Tiff::new(size, 8, 1, BLACK_IS_ZERO).write(&gray), &shown_gray),
        ("white is zero", Tiff::new(size, 8, 1, WHITE_IS_ZERO).write(&opposite), &shown_gray),
    ];
    for (name, bytes, expected) in files {
        assert!(apart(&shown(&bytes), expected) == 0.0, "{name}");
        assert_eq!(render(&bytes, "w=10").file_type.output(), Some(Format::Png), "{name}");
    }
    // 1: multiplied into the colours; 2: beside them.
    let multiplied: Vec<u8> =
        rgba.pixels().flat_map(|p| [0, 1, 2, 3].map(|i| if p.0[3] == 0 { 0 } else { p.0[i] })).collect();
    for (kind, rows) in [(1, multiplied), (2, rgba.to_vec())] {
        let tiff = Tiff::new(size, 8, 4, tiffs::RGB).with(338, SHORT, vec![kind, 0]);
        assert!(apart(&shown(&tiff.write(&rows)), &super::sources::from_rgba(&rgba)) == 0.0, "alpha {kind}");
    }
    let half = Tiff::new((1, 1), 8, 2, BLACK_IS_ZERO).with(338, SHORT, vec![1, 0]).write(&[60, 128]);
    let [gray, .., alpha] = shown(&half).at(0, 0);
    assert_eq!((gray, alpha), (120.0, 128.0), "grey is taken out of its alpha");
}

#[test]
fn compressed_tiffs() {
    let picture = scene(64, 48);
    let expected = super::sources::from_rgb(&picture);
    for (name, compression) in [
        ("lzw", Compression::Lzw),
        ("deflate", Compression::Deflate(DeflateLevel::Fast)),
        ("packbits", Compression::Packbits),
    ] {
        assert!(apart(&shown(&tiffs::compressed(&picture, compression)), &expected) == 0.0, "{name}");
    }
    let jpeg = jpegs::write(&picture, jpegs::FULL_COLOUR);
    let found = distance(&shown(&tiffs::around_jpeg(&jpeg, (64, 48))), &super::sources::decode_jpeg(&jpeg));
    // Two decoders; measured: 2.
    assert!(found.max <= 3.0, "{found:?}");
}

#[test]
fn tiffs_of_few_bits() {
    for (depth, photometric) in [(1, BLACK_IS_ZERO), (1, WHITE_IS_ZERO), (2, BLACK_IS_ZERO), (4, BLACK_IS_ZERO)] {
        let most = u8::MAX >> (8 - depth);
        let sample = |x: u32, y: u32| ((x * 5 + y * 3) as u8) & most;
        let pack = |y: u32| {
            let per_byte = 8 / depth;
            (0..13_u32.div_ceil(per_byte)).map(move |byte| {
                (0..per_byte)
                    .map(|i| (byte * per_byte + i, i))
                    .filter(|(x, _)| *x < 13)
                    .fold(0, |all, (x, i)| all | sample(x, y) << (8 - depth * (i + 1)))
            })
        };
        let rows: Vec<u8> = (0..7).flat_map(pack).collect();
        let bytes = Tiff::new((13, 7), depth as u16, 1, photometric).write(&rows);
        let expected = Picture::from_fn(13, 7, |x, y| {
            let gray = sample(x, y) * (255 / most);
            let gray = if photometric == WHITE_IS_ZERO { 255 - gray } else { gray };
            [gray, gray, gray, 255]
        });
        assert!(apart(&shown(&bytes), &expected) == 0.0, "{depth} bits, {photometric}");
    }
}

#[test]
fn bmps() {
    let (picture, rgba) = (scene(31, 17), see_through(31, 17));
    assert!(apart(&shown(&tiffs::bmp(picture.clone())), &super::sources::from_rgb(&picture)) == 0.0);
    assert!(apart(&shown(&tiffs::bmp(rgba.clone())), &super::sources::from_rgba(&rgba)) == 0.0);
    let rendered = render(&tiffs::bmp(picture), "w=10");
    assert_eq!((rendered.file_type.output(), rendered.width), (Some(Format::Png), 10));
}

/// The same stored pixels in every container that can say how they are turned.
#[test]
fn every_container_is_turned_upright() {
    let picture = scene(96, 64);
    let jpeg = jpegs::write(&picture, jpegs::FULL_COLOUR);
    let webp = webp::Encoder::from_rgb(&picture, 96, 64).encode_lossless().to_vec();
    for orientation in 1..=8 {
        let block = exif(orientation, orientation % 2 == 0);
        let turned = with_segment(&jpeg, 0xE1, &block);
        let pixel = |x: u32, y: u32| picture.get_pixel(x, y).0.map(u16::from).to_vec();
        let header = Header::new(96, 64, 8, pngs::RGB);
        let before = header.write(&[(*b"eXIf", block[6..].to_vec())], pixel);
        let plain = header.write(&[], pixel);
        let end = plain.len() - 12;
        let behind = [&plain[..end], &pngs::chunk(*b"eXIf", &block[6..]), &plain[end..]].concat();
        for query in ["f=png", "w=24&h=24&f=png", "w=20&h=30&fit=cover&f=png", HALF] {
            // The JPEG's orientations are tested corner by corner; here they are the measure.
            let query = if query == HALF { "half&f=png" } else { query };
            let expected = decode(&render(&turned, query).bytes, Format::Png);
            for (name, bytes) in [
                ("png", before.clone()),
                ("png, behind the pixels", behind.clone()),
                ("webp", in_webp(&webp, (96, 64), None, Some(&block[6..]))),
                ("webp with JPEG's prefix", in_webp(&webp, (96, 64), None, Some(&block))),
                ("tiff", tiffs::in_tiff(&picture).turned(orientation).write(&picture)),
            ] {
                let found = distance(&decode(&render(&bytes, query).bytes, Format::Png), &expected);
                assert!(found.psnr >= 30.0, "{name} {orientation} {query}: {found:?}");
            }
        }
    }
}

/// As with browsers: what stands in a second block is what was left of an original.
#[test]
fn the_first_exif_block_counts() {
    let jpeg = jpegs::write(&scene(96, 64), jpegs::FULL_COLOUR);
    let both = with_segment(&with_segment(&jpeg, 0xE1, &exif(1, true)), 0xE1, &exif(6, true));
    let rendered = render(&both, "");
    assert_eq!((rendered.width, rendered.height), (64, 96));
}
