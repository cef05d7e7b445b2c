//! One source of every kind, with the pixels that a faithful decoder finds in it.

use image::{ImageFormat, Rgb, RgbImage, RgbaImage};
use pixfront::format::Format;
use webp::{Decoder, Encoder};

use super::reference::Picture;
use crate::pictures::gifs;
use crate::pictures::jpegs::{self, Coding};
use crate::pictures::pngs::{self, Header};
use crate::pictures::scene;

pub(super) const WIDTH: u32 = 123;
pub(super) const HEIGHT: u32 = 91;

pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) format: Format,
    pub(super) bytes: Vec<u8>,
    pub(super) picture: Picture,
}

pub(super) fn all() -> Vec<Source> {
    [jpegs(), pngs_of_colour(), pngs_of_gray(), webps(), gifs()].into_iter().flatten().collect()
}

fn jpegs() -> Vec<Source> {
    let kinds: [(&str, Coding); 7] = [
        ("jpeg 4:2:0", jpegs::BASELINE),
        ("jpeg 4:2:2", jpegs::HALF_COLOUR),
        ("jpeg 4:4:4", jpegs::FULL_COLOUR),
        ("jpeg grey", jpegs::GRAY),
        ("jpeg progressive", jpegs::PROGRESSIVE),
        ("jpeg progressive grey", jpegs::PROGRESSIVE_GRAY),
        ("jpeg arithmetic", jpegs::ARITHMETIC),
    ];
    let make = |(name, coding)| {
        let bytes = jpegs::write(&scene(WIDTH, HEIGHT), coding);
        Source { name, format: Format::Jpeg, picture: decode_jpeg(&bytes), bytes }
    };
    kinds.map(make).into()
}

/// By the library that the crate also uses, but by other hands, in full.
pub(super) fn decode_jpeg(bytes: &[u8]) -> Picture {
    let image = turbojpeg::decompress(bytes, turbojpeg::PixelFormat::RGB).unwrap();
    let rgb = RgbImage::from_raw(image.width as u32, image.height as u32, image.pixels).unwrap();
    from_rgb(&rgb)
}

pub(super) fn from_rgb(picture: &RgbImage) -> Picture {
    Picture::from_fn(picture.width(), picture.height(), |x, y| {
        let Rgb([r, g, b]) = *picture.get_pixel(x, y);
        [r, g, b, 255]
    })
}

pub(super) fn from_rgba(picture: &RgbaImage) -> Picture {
    Picture::from_fn(picture.width(), picture.height(), |x, y| picture.get_pixel(x, y).0)
}

/// What a result shows.
pub(super) fn decode(bytes: &[u8], format: Format) -> Picture {
    match format {
        Format::Jpeg => decode_jpeg(bytes),
        Format::Webp => {
            let image = Decoder::new(bytes).decode().unwrap();
            let channels = if image.is_alpha() { 4 } else { 3 };
            Picture::from_fn(image.width(), image.height(), |x, y| {
                let pixel = &image[((y * image.width() + x) as usize * channels)..][..channels];
                [pixel[0], pixel[1], pixel[2], pixel.get(3).copied().unwrap_or(255)]
            })
        }
        Format::Png => from_rgba(&image::load_from_memory_with_format(bytes, ImageFormat::Png).unwrap().into_rgba8()),
        Format::Gif => from_rgba(&image::load_from_memory_with_format(bytes, ImageFormat::Gif).unwrap().into_rgba8()),
        Format::Avif => unreachable!("not made here"),
    }
}

/// A soft edge from opaque to transparent, and a block that is half of both.
pub(super) fn alpha(x: u32, y: u32) -> u8 {
    match (x, y) {
        (70..100, 15..40) => 128,
        (_, 60..) => 255,
        (x, _) => 255 - (x.saturating_sub(35) * 5).min(255) as u8,
    }
}

struct Kind {
    name: &'static str,
    header: Header,
    ancillary: Vec<pngs::Chunk>,
}

impl Kind {
    fn new(name: &'static str, depth: u8, colour: u8) -> Self {
        Self { name, header: Header::new(WIDTH, HEIGHT, depth, colour), ancillary: Vec::new() }
    }

    fn with(mut self, name: [u8; 4], contents: Vec<u8>) -> Self {
        self.ancillary.push((name, contents));
        self
    }

    fn interlaced(mut self) -> Self {
        self.header.interlaced = true;
        self
    }

    fn write(self, stored: impl Fn(u32, u32) -> Vec<u16>, shown: impl Fn(u32, u32) -> [u8; 4]) -> Source {
        let bytes = self.header.write(&self.ancillary, stored);
        Source { name: self.name, format: Format::Png, bytes, picture: Picture::from_fn(WIDTH, HEIGHT, shown) }
    }
}

fn pngs_of_colour() -> Vec<Source> {
    let picture = scene(WIDTH, HEIGHT);
    let rgb = |x, y| picture.get_pixel(x, y).0;
    let wide = |channel: u8| u16::from(channel) * 257;
    let opaque = |x, y| with_alpha(rgb(x, y), 255);
    let soft = |x, y| with_alpha(rgb(x, y), alpha(x, y));
    let entry = |x, y| nearest_entry(rgb(x, y));
    let stored_entry = |x, y| vec![u16::from(entry(x, y))];
    let stored = |x, y| rgb(x, y).map(u16::from).to_vec();
    let stored_soft = |x, y| soft(x, y).map(u16::from).to_vec();
    // Red, as it stands in the top left corner, is the transparent colour.
    let key = [250u16, 20, 20].iter().flat_map(|channel| channel.to_be_bytes()).collect::<Vec<_>>();
    let keyed = |x, y| with_alpha(rgb(x, y), if rgb(x, y) == [250, 20, 20] { 0 } else { 255 });
    vec![
        Kind::new("png rgb", 8, pngs::RGB).write(stored, opaque),
        Kind::new("png rgb interlaced", 8, pngs::RGB).interlaced().write(stored, opaque),
        Kind::new("png rgb 16", 16, pngs::RGB).write(|x, y| rgb(x, y).map(wide).to_vec(), opaque),
        Kind::new("png rgb tRNS", 8, pngs::RGB).with(*b"tRNS", key).write(stored, keyed),
        Kind::new("png rgba", 8, pngs::RGBA).write(stored_soft, soft),
        Kind::new("png rgba interlaced", 8, pngs::RGBA).interlaced().write(stored_soft, soft),
        Kind::new("png rgba 16", 16, pngs::RGBA).write(|x, y| soft(x, y).map(wide).to_vec(), soft),
        Kind::new("png palette", 8, pngs::PALETTE)
            .with(*b"PLTE", palette())
            .write(stored_entry, |x, y| with_alpha(colour_of_entry(entry(x, y)), 255)),
        Kind::new("png palette tRNS", 8, pngs::PALETTE)
            .with(*b"PLTE", palette())
            .with(*b"tRNS", (0..200).collect())
            .write(stored_entry, |x, y| {
                // Entries that the list does not reach are opaque.
                let alpha = if entry(x, y) < 200 { entry(x, y) } else { 255 };
                with_alpha(colour_of_entry(entry(x, y)), alpha)
            }),
    ]
}

fn pngs_of_gray() -> Vec<Source> {
    let level = |x: u32, y: u32| ((x * 255 / WIDTH) ^ if (x / 40 + y / 30).is_multiple_of(2) { 0 } else { 0x40 }) as u8;
    let gray = move |x, y| [level(x, y), level(x, y), level(x, y), 255];
    let soft = move |x, y| [level(x, y), level(x, y), level(x, y), alpha(x, y)];
    let coarse = |depth: u8| {
        let most = (1u16 << depth) - 1;
        let stored = move |x, y| vec![u16::from(level(x, y)) * most / 255];
        let shown = move |x, y| {
            let level = (stored(x, y)[0] * 255 / most) as u8;
            [level, level, level, 255]
        };
        (stored, shown)
    };
    let stored = move |x, y| vec![u16::from(level(x, y))];
    let pair = move |x, y| vec![u16::from(level(x, y)), u16::from(alpha(x, y))];
    let (bits1, bits2, bits4) = (coarse(1), coarse(2), coarse(4));
    vec![
        Kind::new("png grey", 8, pngs::GRAY).write(stored, gray),
        Kind::new("png grey interlaced", 8, pngs::GRAY).interlaced().write(stored, gray),
        Kind::new("png grey 1", 1, pngs::GRAY).write(bits1.0, bits1.1),
        Kind::new("png grey 1 interlaced", 1, pngs::GRAY).interlaced().write(bits1.0, bits1.1),
        Kind::new("png grey 2", 2, pngs::GRAY).write(bits2.0, bits2.1),
        Kind::new("png grey 4", 4, pngs::GRAY).write(bits4.0, bits4.1),
        Kind::new("png grey 16", 16, pngs::GRAY).write(move |x, y| vec![u16::from(level(x, y)) * 257], gray),
        Kind::new("png grey tRNS", 8, pngs::GRAY)
            .with(*b"tRNS", vec![0, 90])
            .write(stored, move |x, y| with_alpha([level(x, y); 3], if level(x, y) == 90 { 0 } else { 255 })),
        Kind::new("png grey+alpha", 8, pngs::GRAY_ALPHA).write(pair, soft),
        Kind::new("png grey+alpha 16", 16, pngs::GRAY_ALPHA)
            .write(move |x, y| pair(x, y).iter().map(|sample| sample * 257).collect(), soft),
    ]
}

fn webps() -> Vec<Source> {
    let picture = scene(WIDTH, HEIGHT);
    let soft =
        RgbaImage::from_fn(WIDTH, HEIGHT, |x, y| image::Rgba(with_alpha(picture.get_pixel(x, y).0, alpha(x, y))));
    let plain = Encoder::from_rgb(&picture, WIDTH, HEIGHT);
    let clear = Encoder::from_rgba(&soft, WIDTH, HEIGHT);
    let make = |name, bytes: webp::WebPMemory| {
        let bytes = bytes.to_vec();
        Source { name, format: Format::Webp, picture: decode(&bytes, Format::Webp), bytes }
    };
    let sources = [
        make("webp lossy", plain.encode(90.0)),
        make("webp lossless", plain.encode_lossless()),
        make("webp lossy alpha", clear.encode(90.0)),
        make("webp lossless alpha", clear.encode_lossless()),
    ];
    assert_eq!(sources[1].picture.pixels, from_rgb(&picture).pixels);
    sources.into()
}

fn gifs() -> Vec<Source> {
    let picture = scene(WIDTH, HEIGHT);
    let entry = |x: u32, y: u32| nearest_entry(picture.get_pixel(x, y).0);
    let plain = gifs::frame(WIDTH as u16, HEIGHT as u16, |x, y| entry(x.into(), y.into()));
    let frame = gifs::Frame { palette: Some(palette()), ..plain };
    let shown = Picture::from_fn(WIDTH, HEIGHT, |x, y| with_alpha(colour_of_entry(entry(x, y)), 255));
    let bytes = gifs::write(WIDTH as u16, HEIGHT as u16, None, &[frame]);
    vec![Source { name: "gif", format: Format::Gif, bytes, picture: shown }]
}

fn with_alpha([r, g, b]: [u8; 3], alpha: u8) -> [u8; 4] {
    [r, g, b, alpha]
}

/// Three bits of red, three of green, two of blue.
fn palette() -> Vec<u8> {
    (0..=255u8).flat_map(colour_of_entry).collect()
}

fn colour_of_entry(entry: u8) -> [u8; 3] {
    [(entry >> 5) * 36, (entry >> 2 & 7) * 36, (entry & 3) * 85]
}

fn nearest_entry([r, g, b]: [u8; 3]) -> u8 {
    ((r / 36).min(7) << 5) | ((g / 36).min(7) << 2) | (b / 85)
}
