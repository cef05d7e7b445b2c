//! What a baseline JPEG of one scan says before its coded data. Anything else is not read here: libjpeg decodes it, and judges it.

use super::super::super::geometry::Size;
use super::super::super::jpeg_scans::Quantizers;
use super::super::super::jpeg_segments::{Part, Walk};
use super::huffman::Table;

const BASELINE: u8 = 0xC0;
const EXTENDED: u8 = 0xC1;
const DHT: u8 = 0xC4;
const DQT: u8 = 0xDB;
const DRI: u8 = 0xDD;

/// Of one component (grey) or three, whose colours are for others to know.
pub(super) struct Baseline<'a> {
    pub(super) size: Size,
    pub(super) components: Vec<Component>,
    /// The segments that have Huffman tables.
    huffman: Vec<&'a [u8]>,
    /// After how many units the coding begins anew; 0: never.
    pub(super) interval: usize,
    /// Behind the scan's header.
    pub(super) coded: &'a [u8],
}

#[derive(Clone, Copy)]
pub(super) struct Component {
    id: u8,
    /// Blocks of a unit, across and down.
    pub(super) blocks: (u32, u32),
    /// In the order of the file.
    pub(super) quantizers: [u16; 64],
    /// Numbers of its tables.
    pub(super) means: usize,
    pub(super) details: usize,
}

/// Huffman tables by class (means, details) and number.
pub(super) type Tables = [[Option<Table>; 4]; 2];

impl<'a> Baseline<'a> {
    /// [`None`] if there is anything in it that is not read here.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut walk = Walk::new(bytes);
        let (mut huffman, mut quantizers) = (Vec::new(), [None; 4]);
        let (mut frame, mut interval) = (None, 0);
        loop {
            match walk.part().ok()? {
                Part::Frame(BASELINE | EXTENDED, segment) => frame = Some(segment),
                Part::Other(DHT, segment) => huffman.push(segment),
                Part::Other(DQT, segment) => read_quantizers(segment, &mut quantizers)?,
                Part::Other(DRI, segment) => interval = usize::from(u16::from_be_bytes(*segment.first_chunk()?)),
                Part::Other(..) => {}
                Part::Scan(header) => {
                    let coded = bytes.get(walk.at()..)?;
                    let (size, mut components) = read_frame(frame?, &quantizers)?;
                    read_scan(header, &mut components)?;
                    return Some(Self { size, components, huffman, interval, coded });
                }
                Part::Frame(..) | Part::End => return None,
            }
        }
    }

    pub(super) fn tables(&self) -> Option<Tables> {
        let mut tables = [const { [const { None }; 4] }; 2];
        for segment in &self.huffman {
            read_tables(segment, &mut tables, Table::new)?;
        }
        tables[0].iter().flatten().all(Table::is_of_means).then_some(tables)
    }
}

/// Takes a segment of Huffman tables apart: how many codes there are of each length, and their symbols, by class and number.
pub(super) fn read_tables<'a, T>(
    mut segment: &'a [u8],
    tables: &mut [[Option<T>; 4]; 2],
    new: impl Fn(&'a [u8; 16], &'a [u8]) -> Option<T>,
) -> Option<()> {
    while let Some((kind, rest)) = segment.split_first() {
        let (counts, rest) = rest.split_first_chunk::<16>()?;
        let (symbols, rest) = rest.split_at_checked(counts.iter().map(|count| usize::from(*count)).sum())?;
        *tables.get_mut(usize::from(kind >> 4))?.get_mut(usize::from(kind & 15))? = Some(new(counts, symbols)?);
        segment = rest;
    }
    Some(())
}

fn read_quantizers(mut segment: &[u8], tables: &mut Quantizers) -> Option<()> {
    while let Some((kind, rest)) = segment.split_first() {
        // Sixteen bits a quantizer are no baseline.
        let (values, rest) = rest.split_first_chunk().filter(|_| kind >> 4 == 0)?;
        *tables.get_mut(usize::from(*kind))? = Some(values.map(u16::from));
        segment = rest;
    }
    Some(())
}

/// The size, and the components without their Huffman tables.
pub(super) fn read_frame(frame: &[u8], quantizers: &Quantizers) -> Option<(Size, Vec<Component>)> {
    let [8, high, low, left, right, count @ (1 | 3), rest @ ..] = frame else { return None };
    let pixels = |bytes: [u8; 2]| Some(u32::from(u16::from_be_bytes(bytes))).filter(|side| *side > 0);
    let size = Size { width: pixels([*left, *right])?, height: pixels([*high, *low])? };
    let (stated, []) = rest.as_chunks::<3>() else { return None };
    let component = |[id, sampling, table]: &[u8; 3]| {
        let quantizers = (*quantizers.get(usize::from(*table))?)?;
        let blocks = match (count, sampling >> 4, sampling & 15) {
            // Alone it comes block by block, whatever it says.
            (1, 1..=4, 1..=4) => (1, 1),
            (_, across @ 1..=4, down @ 1..=4) => (across.into(), down.into()),
            _ => return None,
        };
        Some(Component { id: *id, blocks, quantizers, means: 0, details: 0 })
    };
    let components: Vec<_> = stated.iter().map(component).collect::<Option<_>>()?;
    (components.len() == usize::from(*count)).then_some((size, components))
}

/// One scan of everything.
fn read_scan(header: &[u8], components: &mut [Component]) -> Option<()> {
    let [count, rest @ .., 0, 63, 0] = header else { return None };
    let (stated, []) = rest.as_chunks::<2>() else { return None };
    let is_all = usize::from(*count) == components.len() && stated.len() == components.len();
    for (component, [id, tables]) in components.iter_mut().zip(stated) {
        (component.means, component.details) = (usize::from(tables >> 4), usize::from(tables & 15));
        (component.id == *id && component.means < 4 && component.details < 4).then_some(())?;
    }
    is_all.then_some(())
}
