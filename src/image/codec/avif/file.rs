//! The file around AV1 streams: boxes that say what is where, then the streams (AV1-AVIF; ISO/IEC 23008-12).

use super::super::super::geometry::Size;
use super::super::not_encoded;
use super::obu;
use crate::error::Result;

/// A picture and, as an item of its own, its alpha.
pub(super) fn write(size: Size, colour: &[u8], is_gray: bool, alpha: Option<&[u8]>) -> Result<Vec<u8>> {
    let streams: Vec<_> = [Some(colour), alpha].into_iter().flatten().collect();
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(not_encoded);
    let lengths = streams.iter().map(|stream| length(stream)).collect::<Result<Vec<_>>>()?;
    let levels = streams.iter().map(|stream| obu::still_level(stream));
    let levels = levels.collect::<Option<Vec<_>>>().ok_or_else(|| not_encoded("libaom wrote no still picture"))?;
    let kind = boxed(*b"ftyp", &[b"avif", &[0; 4], b"avif", b"mif1", b"miaf"]);
    let properties = properties(size, is_gray, &levels);
    // The places of the streams do not change the length of what says them.
    let before = kind.len() + describe(&properties, &lengths, 0).len() + BOX_HEAD_BYTES;
    let description = describe(&properties, &lengths, u32::try_from(before).map_err(not_encoded)?);
    Ok([kind, description, boxed(*b"mdat", &streams)].concat())
}

const BOX_HEAD_BYTES: usize = 8;

fn boxed(name: [u8; 4], contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    // Only `mdat` is long, and its streams' lengths fit.
    let length = u32::try_from(contents.len() + BOX_HEAD_BYTES).unwrap_or(0);
    [&length.to_be_bytes(), &name[..], &contents].concat()
}

/// A box that begins with its version and flags.
fn full(name: [u8; 4], version: u8, contents: &[&[u8]]) -> Vec<u8> {
    boxed(name, &[&[version, 0, 0, 0], &contents.concat()])
}

/// The colours' item is 1, the alpha's 2.
fn describe(properties: &[u8], lengths: &[u32], mut place: u32) -> Vec<u8> {
    let count = u8::try_from(lengths.len()).unwrap_or(0);
    let mut locations = vec![0x44, 0, 0, count];
    let mut items = vec![0, count];
    for (id, length) in (1..).zip(lengths) {
        locations.extend([0, id, 0, 0, 0, 1]);
        locations.extend(place.to_be_bytes());
        locations.extend(length.to_be_bytes());
        items.extend(full(*b"infe", 2, &[&[0, id, 0, 0], b"av01\0"]));
        place = place.saturating_add(*length);
    }
    let handler = full(*b"hdlr", 0, &[&[0; 4], b"pict", &[0; 13]]);
    let alpha_is_of = full(*b"iref", 0, &[&boxed(*b"auxl", &[&[0, 2, 0, 1, 0, 1]])]);
    let parts = [
        &*handler,
        &full(*b"pitm", 0, &[&[0, 1]]),
        &full(*b"iloc", 0, &[&locations]),
        &full(*b"iinf", 0, &[&items]),
        if lengths.len() > 1 { &alpha_is_of } else { &[] },
        properties,
    ];
    full(*b"meta", 0, &parts)
}

fn properties(size: Size, is_gray: bool, levels: &[u8]) -> Vec<u8> {
    // The stream's own header, once more: profile, level, grey, halved chroma.
    let coding = |level: u8, is_gray: bool| boxed(*b"av1C", &[&[0x81, level, if is_gray { 0x1C } else { 0x0C }, 0]]);
    let depth = |is_gray: bool| full(*b"pixi", 0, &[if is_gray { &[1, 8] } else { &[3, 8, 8, 8] }]);
    let mut list = vec![
        full(*b"ispe", 0, &[&size.width.to_be_bytes(), &size.height.to_be_bytes()]),
        depth(is_gray),
        coding(levels[0], is_gray),
        // Primaries of sRGB, its curve, the matrix of BT.601, full range.
        boxed(*b"colr", &[b"nclx", &[0, 1, 0, 13, 0, 6, 0x80]]),
    ];
    // Places from 1; the high bit marks what a reader must know.
    let mut of_items = vec![0, 0, 0, 1, 0, 1, 4, 1, 2, 0x83, 4];
    if let [_, level] = levels {
        let purpose = full(*b"auxC", 0, &[b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"]);
        list.extend([depth(true), coding(*level, true), purpose]);
        of_items[3] = 2;
        of_items.extend([0, 2, 4, 1, 5, 0x86, 7]);
    }
    boxed(*b"iprp", &[&boxed(*b"ipco", &[&list.concat()]), &full(*b"ipma", 0, &[&of_items])])
}
