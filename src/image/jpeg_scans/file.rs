//! What a progressive JPEG says before and between its scans.

use super::super::jpeg_segments::{Part, Walk};

const PROGRESSIVE: u8 = 0xC2;
const DHT: u8 = 0xC4;
const DQT: u8 = 0xDB;
const DRI: u8 = 0xDD;

/// What the headers say.
pub(in crate::image) struct File<'a> {
    /// The frame's header.
    pub(in crate::image) frame: &'a [u8],
    pub(in crate::image) quantizers: Quantizers,
    pub(super) components: Vec<Component>,
    pub(in crate::image) scans: Vec<Scan<'a>>,
    /// The segments that have Huffman tables, in order.
    pub(in crate::image) huffman: Vec<&'a [u8]>,
}

pub(super) struct Component {
    /// How many of its samples there are where another component has one, across and down.
    pub(super) sampling: (u8, u8),
    /// What each coefficient is a multiple of.
    pub(super) quantizers: [u16; 64],
}

pub(in crate::image) struct Scan<'a> {
    /// From its marker to the next one, in bytes.
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Places in the frame, and the numbers of the Huffman tables (of means, of details).
    pub(in crate::image) components: Vec<(usize, (u8, u8))>,
    /// The coefficients that it tells of, first and last.
    pub(in crate::image) band: (u8, u8),
    /// How many of the lowest bits were unknown before it, 0 for all, and are after it.
    pub(in crate::image) bits: (u8, u8),
    /// Behind its header.
    pub(in crate::image) coded: &'a [u8],
    /// So many segments of Huffman tables come before it.
    pub(in crate::image) huffman: usize,
    /// After how many units the coding begins anew; 0: never.
    pub(in crate::image) interval: usize,
}

impl Scan<'_> {
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.components.iter().map(|(place, _)| *place)
    }
}

impl<'a> File<'a> {
    /// [`None`] if it is not progressive, or has anything in it that is for others to understand.
    pub(in crate::image) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut walk = Walk::new(bytes);
        let mut quantizers = [None; 4];
        let (mut frame, mut huffman, mut interval) = (None, Vec::new(), 0);
        let mut scans = Vec::<Scan>::new();
        loop {
            let part = walk.part().ok()?;
            let begin = walk.begin();
            if let Some(last) = scans.last_mut().filter(|scan| scan.end == 0) {
                last.end = begin;
                last.coded = last.coded.get(..begin.checked_sub(bytes.len() - last.coded.len())?)?;
            }
            match part {
                Part::End => break,
                // A table that changes between scans is for others to understand.
                Part::Other(DQT, segment) if scans.is_empty() => read_quantizers(segment, &mut quantizers)?,
                Part::Other(DQT, _) => return None,
                Part::Other(DHT, segment) => huffman.push(segment),
                Part::Other(DRI, segment) => interval = usize::from(u16::from_be_bytes(*segment.first_chunk()?)),
                Part::Other(..) => {}
                Part::Frame(PROGRESSIVE, segment) => frame = Some(segment),
                Part::Frame(..) => return None,
                Part::Scan(header) => {
                    let mut scan = read_scan(header, frame?, bytes.get(walk.at()..)?)?;
                    (scan.begin, scan.huffman, scan.interval) = (begin, huffman.len(), interval);
                    scans.push(scan);
                }
            }
        }
        let components = read_components(frame?, &quantizers)?;
        Some(Self { frame: frame?, quantizers, components, scans, huffman })
    }

    /// Whether every coefficient is first told of and then refined bit by bit to the last one, each component's mean first. Where
    /// something is missing the file may have been cut, which the decoder finds if it sees all that is there.
    pub(in crate::image) fn are_in_order(&self) -> bool {
        // How many of its bits are still unknown.
        let mut unknown = vec![[None::<u8>; 64]; self.components.len()];
        for scan in &self.scans {
            let (before, after) = scan.bits;
            for place in scan.places() {
                let Some(coefficients) = unknown.get_mut(place) else { return false };
                if scan.band.0 > 0 && coefficients[0].is_none() {
                    return false;
                }
                let band = coefficients.iter_mut().take(usize::from(scan.band.1) + 1).skip(scan.band.0.into());
                for bits in band {
                    let follows = match *bits {
                        None => before == 0,
                        Some(bits) => bits == before && before == after + 1,
                    };
                    if !follows {
                        return false;
                    }
                    *bits = Some(after);
                }
            }
        }
        unknown.iter().flatten().all(|bits| *bits == Some(0))
    }
}

/// By their numbers.
pub(in crate::image) type Quantizers = [Option<[u16; 64]>; 4];

fn read_quantizers(mut segment: &[u8], tables: &mut Quantizers) -> Option<()> {
    while let Some((kind, rest)) = segment.split_first() {
        let is_wide = kind >> 4 > 0;
        let (values, rest) = rest.split_at_checked(if is_wide { 128 } else { 64 })?;
        let mut table = [0; 64];
        for (index, value) in table.iter_mut().enumerate() {
            *value = if is_wide {
                u16::from_be_bytes([*values.get(2 * index)?, *values.get(2 * index + 1)?])
            } else {
                u16::from(*values.get(index)?)
            };
        }
        *tables.get_mut(usize::from(kind & 15))? = Some(table);
        segment = rest;
    }
    Some(())
}

/// Behind the precision, the size and their number, three bytes a component.
fn read_components(frame: &[u8], tables: &Quantizers) -> Option<Vec<Component>> {
    let components = frame.get(6..)?.as_chunks::<3>().0.iter().map(|[_, sampling, table]| {
        let quantizers = (*tables.get(usize::from(*table))?)?;
        let sampling = (sampling >> 4, sampling & 15);
        (sampling.0 > 0 && sampling.1 > 0).then_some(Component { sampling, quantizers })
    });
    components.collect()
}

fn read_scan<'a>(header: &[u8], frame: &[u8], coded: &'a [u8]) -> Option<Scan<'a>> {
    let (count, rest) = header.split_first()?;
    let (selectors, rest) = rest.split_at_checked(2 * usize::from(*count))?;
    let [first, last, bits] = *rest else { return None };
    let ids: Vec<_> = frame.get(6..)?.as_chunks::<3>().0.iter().map(|[id, ..]| *id).collect();
    let component = |[id, tables]: &[u8; 2]| Some((ids.iter().position(|own| own == id)?, (tables >> 4, tables & 15)));
    let components: Vec<_> = selectors.as_chunks::<2>().0.iter().map(component).collect::<Option<_>>()?;
    let is_mean = first == 0 && last == 0;
    let is_detail = first > 0 && first <= last && last < 64 && components.len() == 1;
    (is_mean || is_detail).then_some(Scan {
        begin: 0,
        end: 0,
        components,
        band: (first, last),
        bits: (bits >> 4, bits & 15),
        coded,
        huffman: 0,
        interval: 0,
    })
}
