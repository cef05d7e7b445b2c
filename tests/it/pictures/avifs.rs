//! AVIF files around given streams, with whatever properties a test wants.

use std::ops::Range;

pub(crate) fn boxed(name: [u8; 4], contents: &[u8]) -> Vec<u8> {
    [&(contents.len() as u32 + 8).to_be_bytes(), &name[..], contents].concat()
}

fn full(name: [u8; 4], version: u8, contents: &[u8]) -> Vec<u8> {
    boxed(name, &[&[version, 0, 0, 0], contents].concat())
}

/// What an item is: its kind, its bytes and its properties.
pub(crate) struct Item {
    pub(crate) kind: [u8; 4],
    pub(crate) bytes: Vec<u8>,
    pub(crate) properties: Vec<Vec<u8>>,
}

impl Item {
    /// A picture in AV1 that says that it is of this size.
    pub(crate) fn new(stream: &[u8], width: u32, height: u32) -> Self {
        Self { kind: *b"av01", bytes: stream.to_vec(), properties: vec![extents(width, height)] }
    }

    pub(crate) fn with(mut self, property: Vec<u8>) -> Self {
        self.properties.push(property);
        self
    }
}

pub(crate) fn extents(width: u32, height: u32) -> Vec<u8> {
    full(*b"ispe", 0, &[width.to_be_bytes(), height.to_be_bytes()].concat())
}

/// A picture of so many rows and columns of tiles.
pub(crate) fn grid(rows: u8, columns: u8, width: u16, height: u16) -> Item {
    let bytes = [&[0, 0, rows - 1, columns - 1], &width.to_be_bytes()[..], &height.to_be_bytes()].concat();
    Item { kind: *b"grid", bytes, properties: vec![extents(width.into(), height.into())] }
}

/// A file of items 1, 2 and so on, of which the first is shown; a reference is a name, from and to which items.
pub(crate) fn file(items: &[Item], references: &[(&[u8; 4], u8, &[u8])]) -> Vec<u8> {
    let kind = boxed(*b"ftyp", b"avif\0\0\0\0avifmif1miaf");
    let place = kind.len() + describe(items, references, 0).len() + 8;
    let streams: Vec<u8> = items.iter().flat_map(|item| item.bytes.clone()).collect();
    [kind, describe(items, references, place), boxed(*b"mdat", &streams)].concat()
}

fn describe(items: &[Item], references: &[(&[u8; 4], u8, &[u8])], mut place: usize) -> Vec<u8> {
    let count = items.len() as u8;
    let mut locations = vec![0x44, 0, 0, count];
    let mut infos = vec![0, count];
    let mut associations = vec![0, 0, 0, count];
    let mut properties = Vec::new();
    let mut property = 0;
    for (id, item) in (1..).zip(items) {
        locations.extend([0, id, 0, 0, 0, 1]);
        locations.extend((place as u32).to_be_bytes());
        locations.extend((item.bytes.len() as u32).to_be_bytes());
        place += item.bytes.len();
        infos.extend(full(*b"infe", 2, &[&[0, id, 0, 0], &item.kind[..], b"\0"].concat()));
        associations.extend([0, id, item.properties.len() as u8]);
        for bytes in &item.properties {
            property += 1;
            associations.push(property | 0x80);
            properties.extend(bytes.clone());
        }
    }
    let refer = |(name, from, to): &(&[u8; 4], u8, &[u8])| {
        let to: Vec<u8> = to.iter().flat_map(|to| [0, *to]).collect();
        let count = (to.len() as u16 / 2).to_be_bytes();
        boxed(**name, &[&[0, *from], &count[..], &to].concat())
    };
    let properties = [boxed(*b"ipco", &properties), full(*b"ipma", 0, &associations)].concat();
    full(
        *b"meta",
        0,
        &[
            full(*b"hdlr", 0, b"\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            full(*b"pitm", 0, &[0, 1]),
            full(*b"iloc", 0, &locations),
            full(*b"iinf", 0, &infos),
            full(*b"iref", 0, &references.iter().flat_map(refer).collect::<Vec<_>>()),
            boxed(*b"iprp", &properties),
        ]
        .concat(),
    )
}

/// The streams of a file that has nothing after them.
pub(crate) fn streams(file: &[u8]) -> &[u8] {
    &file[media(file)]
}

fn media(file: &[u8]) -> Range<usize> {
    let mut at = 0;
    loop {
        let length = u32::from_be_bytes(*file[at..].first_chunk().unwrap()) as usize;
        if file[at + 4..].starts_with(b"mdat") {
            return at + 8..at + length;
        }
        at += length;
    }
}
