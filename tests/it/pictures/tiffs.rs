//! TIFFs of every layout, by a writer of our own, and BMPs.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use tiff::encoder::colortype::RGB8;
use tiff::encoder::{Compression, TiffEncoder};

pub(crate) const SHORT: u16 = 3;
pub(crate) const LONG: u16 = 4;
pub(crate) const UNDEFINED: u16 = 7;

pub(crate) const WHITE_IS_ZERO: u16 = 0;
pub(crate) const BLACK_IS_ZERO: u16 = 1;
pub(crate) const RGB: u16 = 2;
pub(crate) const CMYK: u16 = 5;
pub(crate) const YCBCR: u16 = 6;

/// What a TIFF says of its pixels.
#[derive(Clone)]
pub(crate) struct Tiff {
    pub(crate) size: (u32, u32),
    pub(crate) depth: u16,
    pub(crate) samples: u16,
    pub(crate) photometric: u16,
    /// 1: none.
    pub(crate) compression: u16,
    pub(crate) rows_per_strip: u32,
    /// Tag, type and values as they are stored, least significant byte first.
    pub(crate) more: Vec<(u16, u16, Vec<u8>)>,
}

impl Tiff {
    pub(crate) fn new(size: (u32, u32), depth: u16, samples: u16, photometric: u16) -> Self {
        Self { size, depth, samples, photometric, compression: 1, rows_per_strip: size.1, more: Vec::new() }
    }

    pub(crate) fn with(mut self, tag: u16, kind: u16, values: Vec<u8>) -> Self {
        self.more.push((tag, kind, values));
        self
    }

    pub(crate) fn turned(self, orientation: u16) -> Self {
        self.with(274, SHORT, orientation.to_le_bytes().to_vec())
    }

    /// The whole file around rows as they are stored.
    pub(crate) fn write(&self, rows: &[u8]) -> Vec<u8> {
        let strips = self.size.1.div_ceil(self.rows_per_strip) as usize;
        let strip_bytes = rows.len() / self.size.1 as usize * self.rows_per_strip as usize;
        let pieces: Vec<&[u8]> = if strips == 1 { vec![rows] } else { rows.chunks(strip_bytes).collect() };
        self.wrap(&pieces)
    }

    /// The whole file around compressed strips.
    pub(crate) fn wrap(&self, strips: &[&[u8]]) -> Vec<u8> {
        let short = |value: u16| value.to_le_bytes().to_vec();
        let long = |value: u32| value.to_le_bytes().to_vec();
        let mut tags = vec![
            (256, LONG, long(self.size.0)),
            (257, LONG, long(self.size.1)),
            (258, SHORT, self.depth.to_le_bytes().repeat(self.samples.into())),
            (259, SHORT, short(self.compression)),
            (262, SHORT, short(self.photometric)),
            (273, LONG, Vec::new()),
            (277, SHORT, short(self.samples)),
            (278, LONG, long(self.rows_per_strip)),
            (279, LONG, strips.iter().flat_map(|strip| (strip.len() as u32).to_le_bytes()).collect()),
        ];
        tags.extend(self.more.clone());
        tags.sort_by_key(|(tag, ..)| *tag);
        let directory_bytes = 8 + 2 + tags.len() * 12 + 4;
        let values_bytes = |values: usize| if values > 4 { values.next_multiple_of(2) } else { 0 };
        let offsets_bytes = strips.len() * 4;
        let first = directory_bytes
            + tags.iter().map(|(_, _, values)| values_bytes(values.len())).sum::<usize>()
            + values_bytes(offsets_bytes);
        let offsets = strips.iter().scan(first, |at, strip| {
            let own = *at;
            *at += strip.len();
            Some((own as u32).to_le_bytes())
        });
        tags.iter_mut().find(|(tag, ..)| *tag == 273).unwrap().2 = offsets.flatten().collect();

        let mut file = b"II*\0\x08\0\0\0".to_vec();
        file.extend((tags.len() as u16).to_le_bytes());
        let mut far = Vec::new();
        for (tag, kind, values) in &tags {
            let bytes_each = match *kind {
                SHORT => 2,
                LONG => 4,
                _ => 1,
            };
            file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            file.extend(((values.len() / bytes_each) as u32).to_le_bytes());
            let mut field = values.clone();
            if values.len() > 4 {
                field = ((directory_bytes + far.len()) as u32).to_le_bytes().to_vec();
                far.extend(values);
                far.resize(far.len().next_multiple_of(2), 0);
            }
            field.resize(4, 0);
            file.extend(field);
        }
        file.extend([0; 4]);
        [&file, &far, &strips.concat()[..]].concat()
    }
}

/// Where the entry of a tag is in a file that was written here.
pub(crate) fn entry_of(file: &[u8], tag: u16) -> usize {
    (10..).step_by(12).find(|at| file[*at..*at + 2] == tag.to_le_bytes()).unwrap()
}

/// Where its values are, if they are more than four bytes.
pub(crate) fn value_of(file: &[u8], tag: u16) -> usize {
    u32::from_le_bytes(*file[entry_of(file, tag) + 8..].first_chunk().unwrap()) as usize
}

pub(crate) fn in_tiff(picture: &image::RgbImage) -> Tiff {
    Tiff::new(picture.dimensions(), 8, 3, RGB)
}

/// By the encoder of the `image` family.
pub(crate) fn compressed(picture: &image::RgbImage, compression: Compression) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap().with_compression(compression);
    encoder.write_image::<RGB8>(picture.width(), picture.height(), picture).unwrap();
    bytes.into_inner()
}

/// A JPEG as the only strip.
pub(crate) fn around_jpeg(jpeg: &[u8], size: (u32, u32)) -> Vec<u8> {
    Tiff { compression: 7, ..Tiff::new(size, 8, 3, YCBCR) }
        .with(530, SHORT, [1u16, 1].map(u16::to_le_bytes).concat())
        .wrap(&[jpeg])
}

pub(crate) fn bmp(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, ImageFormat::Bmp).unwrap();
    bytes.into_inner()
}
