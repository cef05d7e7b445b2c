//! AVIF: the items of its `meta` box that make up the picture, and what they say of it (MIAF and AV1-AVIF).
//!
//! Read here and not by libavif, because that is C, and because it hands a stream to the decoder without comparing the stream's
//! own size with the one that the file states: a few kilobytes could ask for gigabytes.

use std::borrow::Cow;
use std::ops::Range;

use super::{Probe, corrupt};
use crate::error::{Error, Kind, Result};
use crate::format::FileType;
use crate::image::geometry::Size;
use crate::image::orient::Orientation;

mod bmff;
mod heif;

use bmff::{Fields, Name};
use heif::{Meta, Property};

pub(super) fn probe(bytes: &[u8]) -> Result<Probe> {
    let avif = Avif::read(bytes)?;
    Ok(Probe { file_type: FileType::Avif, size: avif.colour.size, orientation: avif.orientation, frames: 1, scans: 1 })
}

/// What a file shows: its primary item. A sequence's files have one too, the picture for those who show no sequences.
pub(in crate::image) struct Avif<'a> {
    pub(in crate::image) colour: Plane<'a>,
    pub(in crate::image) alpha: Option<Plane<'a>>,
    /// Whether the colours are already multiplied by the alpha.
    pub(in crate::image) is_premultiplied: bool,
    pub(in crate::image) orientation: Orientation,
    pub(in crate::image) icc: Option<&'a [u8]>,
    pub(in crate::image) nclx: Option<Nclx>,
}

/// A coded picture, or several that tile one.
pub(in crate::image) struct Plane<'a> {
    pub(in crate::image) size: Size,
    /// The size of each tile.
    pub(in crate::image) tile: Size,
    /// Row by row, and `columns` in a row. The tiles cover the picture, and no row or column of them lies outside it.
    pub(in crate::image) columns: usize,
    pub(in crate::image) tiles: Vec<Cow<'a, [u8]>>,
}

/// Code points of ITU-T H.273.
#[derive(Clone, Copy)]
pub(in crate::image) struct Nclx {
    pub(in crate::image) primaries: u16,
    pub(in crate::image) transfer: u16,
    pub(in crate::image) matrix: u16,
    pub(in crate::image) is_full_range: bool,
}

/// A place that holds no picture.
pub(in crate::image) enum Metadata {
    /// An item of EXIF.
    Exif(Range<usize>),
    /// An item of XMP, or of other texts.
    Text(Range<usize>),
    /// The contents of a box that says nothing about the pictures.
    Other(Range<usize>),
}

/// Where the file speaks and does not show anything. [`None`] if its structure can't be followed; if it shows more than its
/// picture, such as a sequence, which has metadata of its own, or a thumbnail, which may show what was cut away; or if some show
/// less of it than we do.
pub(in crate::image) fn metadata(bytes: &[u8]) -> Option<Vec<Metadata>> {
    // Boxes and items are slices of these very bytes, but for an empty one, which may lie anywhere.
    let place = |part: &[u8]| {
        let start = part.as_ptr().addr().checked_sub(bytes.as_ptr().addr())?;
        Some(start..start + part.len())
    };
    let mut places = Vec::new();
    for (name, contents) in Fields(bytes).boxes()? {
        match &name {
            b"ftyp" | b"meta" | b"mdat" => {}
            b"moov" => return None,
            _ => places.push(Metadata::Other(place(contents.0)?)),
        }
    }
    let meta = read_meta(bytes).ok()?;
    if meta.properties_of(meta.primary).any(|property| property.name == *b"clap") {
        return None;
    }
    let own = [Some(meta.primary), alpha_of(&meta, meta.primary)].into_iter().flatten();
    let shown: Vec<u32> = own
        .flat_map(|plane| [plane].into_iter().chain(meta.referred(*b"dimg", plane).unwrap_or_default().iter().copied()))
        .collect();
    for (item, extents) in meta.items() {
        for extent in extents {
            match meta.kind_of(*item)? {
                b"Exif" => places.push(Metadata::Exif(place(extent)?)),
                b"mime" => places.push(Metadata::Text(place(extent)?)),
                _ if shown.contains(item) => {}
                _ => return None,
            }
        }
    }
    Some(places)
}

fn read_meta(bytes: &[u8]) -> Result<Meta<'_>> {
    let boxes = Fields(bytes).boxes().ok_or_else(|| corrupt("the AVIF is cut off within a box"))?;
    let meta = boxes.into_iter().find(|(name, _)| name == b"meta").map(|(_, meta)| meta);
    let meta = meta.ok_or_else(|| corrupt("the AVIF has no description of its pictures"))?;
    Meta::read(bytes, meta).ok_or_else(|| corrupt("the AVIF's description of its pictures is damaged"))
}

impl<'a> Avif<'a> {
    pub(in crate::image) fn read(bytes: &'a [u8]) -> Result<Self> {
        let meta = read_meta(bytes)?;
        let primary = meta.primary;
        let alpha = alpha_of(&meta, primary);
        let properties = properties_of(&meta, primary)?;
        Ok(Self {
            colour: plane(&meta, primary)?,
            alpha: alpha.map(|alpha| plane(&meta, alpha)).transpose()?,
            is_premultiplied: alpha.is_some_and(|alpha| meta.refers(*b"prem", primary, alpha)),
            orientation: orientation(&properties),
            icc: properties.iter().find_map(|property| icc(property)),
            nclx: properties.iter().find_map(|property| nclx(property)),
        })
    }

    /// All that is coded.
    pub(in crate::image) fn streams(&self) -> impl Iterator<Item = &Cow<'a, [u8]>> {
        [Some(&self.colour), self.alpha.as_ref()].into_iter().flatten().flat_map(|plane| &plane.tiles)
    }
}

/// What `irot` and `imir` say, and nothing else: of a file that states an orientation in EXIF alone, Pillow and sharp make no
/// use either. The turn is anticlockwise and comes before the mirroring, which is the order of MIAF's 7.3.6.7; that of the file
/// is not looked at.
///
/// A crop (`clap`) is passed over, as by Pillow, for readers do not agree about it: sharp applies any, and Chromium only one that
/// begins at the left and top, lest a file hide what it shows elsewhere.
fn orientation(properties: &[Property]) -> Orientation {
    let value = |name| properties.iter().find(|property| property.name == name)?.contents.0.first().copied();
    let quarters = value(*b"irot").unwrap_or(0) & 3;
    let is_side_to_side = value(*b"imir").map(|axis| axis & 1 == 1);
    match (quarters, is_side_to_side) {
        (0, None) => Orientation::Upright,
        (0, Some(true)) | (2, Some(false)) => Orientation::Mirrored,
        (2, None) => Orientation::Turned180,
        (0, Some(false)) | (2, Some(true)) => Orientation::Mirrored180,
        (1, Some(false)) | (3, Some(true)) => Orientation::Mirrored270,
        (3, None) => Orientation::Turned90,
        (1, Some(true)) | (3, Some(false)) => Orientation::Mirrored90,
        (1.., _) => Orientation::Turned270,
    }
}

fn icc<'a>(property: &Property<'a>) -> Option<&'a [u8]> {
    let mut fields = property.contents;
    let is_icc = property.name == *b"colr" && matches!(&fields.name()?, b"prof" | b"rICC");
    is_icc.then_some(fields.0)
}

fn nclx(property: &Property) -> Option<Nclx> {
    let mut fields = property.contents;
    if property.name != *b"colr" || fields.name()? != *b"nclx" {
        return None;
    }
    let (primaries, transfer, matrix) = (fields.short()?, fields.short()?, fields.short()?);
    Some(Nclx { primaries, transfer, matrix, is_full_range: fields.byte()? & 0x80 != 0 })
}

/// Properties without which a picture is still shown rightly, beside those that are read.
const KNOWN: [Name; 14] = [
    *b"ispe", *b"pixi", *b"av1C", *b"colr", *b"auxC", *b"irot", *b"imir", *b"clap", *b"pasp", *b"a1lx", *b"clli",
    *b"mdcv", *b"cclv", *b"amve",
];
const ALPHA: [&[u8]; 2] = [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0"];
/// MIAF allows no smaller tile, which bounds their number by the picture's size.
const TILE_SIDE_MIN: u32 = 64;

fn alpha_of(meta: &Meta, item: u32) -> Option<u32> {
    let is_alpha = |id: &u32| {
        meta.properties_of(*id).any(|property| {
            let kind = property.contents.0.get(4..).unwrap_or_default();
            property.name == *b"auxC" && ALPHA.iter().any(|alpha| kind.starts_with(alpha))
        })
    };
    meta.referring(*b"auxl", item).find(is_alpha)
}

fn properties_of<'a>(meta: &Meta<'a>, item: u32) -> Result<Vec<Property<'a>>> {
    let properties: Vec<_> = meta.properties_of(item).collect();
    let is_unknown = |property: &&Property| property.is_essential && !KNOWN.contains(&property.name);
    if let Some(Property { name, .. }) = properties.iter().find(is_unknown) {
        let words = format!("an AVIF with the property \"{}\" can't be resized here", name.escape_ascii());
        return Err(Error::new(Kind::Unsupported, words));
    }
    Ok(properties)
}

fn plane<'a>(meta: &Meta<'a>, item: u32) -> Result<Plane<'a>> {
    let size = size_of(meta, item)?;
    match meta.kind_of(item) {
        Some(b"av01") => Ok(Plane { size, tile: size, columns: 1, tiles: vec![bytes_of(meta, item)?] }),
        Some(b"grid") => grid(meta, item, size),
        _ => Err(Error::new(Kind::Unsupported, "an AVIF whose picture is not coded in AV1 can't be resized here")),
    }
}

fn size_of(meta: &Meta, item: u32) -> Result<Size> {
    let properties = properties_of(meta, item)?;
    let size = properties.iter().find(|property| property.name == *b"ispe").and_then(|ispe| {
        let mut fields = ispe.contents;
        fields.version()?;
        Some(Size { width: fields.long()?, height: fields.long()? })
    });
    match size {
        Some(size @ Size { width: 1.., height: 1.. }) => Ok(size),
        Some(_) => Err(corrupt("the AVIF says that it is 0 pixels wide or high")),
        None => Err(corrupt("the AVIF does not say how large it is")),
    }
}

fn bytes_of<'a>(meta: &Meta<'a>, item: u32) -> Result<Cow<'a, [u8]>> {
    meta.bytes_of(item).ok_or_else(|| corrupt("the AVIF lacks its picture or is cut off"))
}

fn grid<'a>(meta: &Meta<'a>, item: u32, size: Size) -> Result<Plane<'a>> {
    let damaged = || corrupt("the AVIF's tiles do not make up its picture");
    let (rows, columns, stated) = read_grid(&bytes_of(meta, item)?).ok_or_else(damaged)?;
    let tiles = meta.referred(*b"dimg", item).ok_or_else(damaged)?;
    let tile = size_of(meta, *tiles.first().ok_or_else(damaged)?)?;
    // No tile lies outside, and none is larger than the picture, so that its limits hold for what is decoded of it.
    let covers = |count: u32, tile: u32, side: u32| {
        let without_last = u64::from(count - 1) * u64::from(tile);
        let range = without_last + 1..=without_last + u64::from(tile);
        (TILE_SIDE_MIN..=side).contains(&tile) && range.contains(&u64::from(side))
    };
    let is_whole = stated == size
        && tiles.len() as u64 == u64::from(rows) * u64::from(columns)
        && covers(columns, tile.width, size.width)
        && covers(rows, tile.height, size.height)
        && meta.are_modest(tiles);
    if !is_whole {
        return Err(damaged());
    }
    let tiles = tiles.iter().map(|id| match meta.kind_of(*id) {
        Some(b"av01") if size_of(meta, *id)? == tile => bytes_of(meta, *id),
        _ => Err(damaged()),
    });
    Ok(Plane { size, tile, columns: columns as usize, tiles: tiles.collect::<Result<_>>()? })
}

/// Rows, columns and the size of the whole.
fn read_grid(item: &[u8]) -> Option<(u32, u32, Size)> {
    let mut fields = Fields(item);
    let (_version, flags) = (fields.byte()?, fields.byte()?);
    let (rows, columns) = (u32::from(fields.byte()?) + 1, u32::from(fields.byte()?) + 1);
    let mut side = || u32::try_from(fields.number(if flags & 1 == 0 { 2 } else { 4 })?).ok();
    Some((rows, columns, Size { width: side()?, height: side()? }))
}
