//! Which scans of a progressive JPEG a scaled decode needs.
//!
//! A decoder that divides the sides by 4 turns each block of 8 × 8 into 2 × 2, and looks at hardly more than the block's first four
//! coefficients: what the other scans say of detail costs most of the time and is thrown away, or shows as what it is not.

use super::jpeg_segments::{Part, Walk};

const PROGRESSIVE: u8 = 0xC2;
const DQT: u8 = 0xDB;

/// The row and column of each coefficient, in the order of the file.
const ZIGZAG: [(u8, u8); 64] = zigzag();

/// How far a coefficient may be off, in units of its own (an eighth of a level each side of the block's mean, or less), when the
/// scans that would tell more are left out. Measured: bench/results holds the plot.
const TOLERANCE: u32 = 12;

/// The file without the scans that a decode with the sides divided by `divisor` hardly uses. [`None`] where nothing can be left
/// out: it is not progressive, or its scans are not as the standard has them, and then the decoder shall see them all.
pub(super) fn reduce(bytes: &[u8], divisor: u32) -> Option<Vec<u8>> {
    let file = File::read(bytes)?;
    let dropped = file.dropped(divisor)?;
    let mut reduced = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for scan in dropped {
        reduced.extend_from_slice(bytes.get(from..scan.begin)?);
        from = scan.end;
    }
    reduced.extend_from_slice(bytes.get(from..)?);
    Some(reduced)
}

/// What the headers say.
struct File {
    components: Vec<Component>,
    scans: Vec<Scan>,
}

struct Component {
    id: u8,
    /// How many of its samples there are where another component has one, across and down.
    sampling: (u8, u8),
    /// What each coefficient is a multiple of.
    quantizers: [u16; 64],
}

struct Scan {
    /// From its marker to the next one, in bytes.
    begin: usize,
    end: usize,
    /// Places in the frame.
    components: Vec<usize>,
    /// The coefficients that it tells of, first and last.
    band: (u8, u8),
    /// How many of the lowest bits were unknown before it, 0 for all, and are after it.
    bits: (u8, u8),
}

impl Scan {
    fn overlaps(&self, band: (u8, u8)) -> bool {
        self.band.0 <= band.1 && band.0 <= self.band.1
    }
}

impl File {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut walk = Walk::new(bytes);
        let mut tables = [None; 4];
        let mut frame = None;
        let mut scans = Vec::<Scan>::new();
        loop {
            let part = walk.part().ok()?;
            let begin = walk.begin();
            if let Some(last) = scans.last_mut().filter(|scan| scan.end == 0) {
                last.end = begin;
            }
            match part {
                Part::End => break,
                // A table that changes between scans is for others to understand.
                Part::Other(DQT, segment) if scans.is_empty() => read_tables(segment, &mut tables)?,
                Part::Other(DQT, _) => return None,
                Part::Other(..) => {}
                Part::Frame(PROGRESSIVE, segment) => frame = Some(segment),
                Part::Frame(..) => return None,
                Part::Scan(header) => scans.push(read_scan(header, frame?, begin)?),
            }
        }
        let components = read_components(frame?, &tables)?;
        Some(Self { components, scans })
    }

    /// What is not needed, in order; [`None`] if that is nothing, or if the scans do not follow one another as they must.
    fn dropped(&self, divisor: u32) -> Option<Vec<&Scan>> {
        self.are_in_order().then_some(())?;
        let needs: Vec<_> = (0..self.components.len()).map(|place| self.needed(place, divisor)).collect();
        // What a refinement means depends on everything before it of the same coefficients.
        let mut before = vec![Vec::<(u8, u8)>::new(); self.components.len()];
        let mut dropped = Vec::new();
        for scan in self.scans.iter().rev() {
            let is_needed = |place: &usize| {
                needs.get(*place).is_some_and(|needs| self.tells(scan, *place, needs))
                    || before.get(*place).is_some_and(|bands| bands.iter().any(|band| scan.overlaps(*band)))
            };
            if !scan.components.iter().any(is_needed) {
                dropped.push(scan);
            } else if scan.bits.0 > 0 {
                scan.components.iter().filter_map(|place| before.get_mut(*place).map(|bands| bands.push(scan.band))).count();
            }
        }
        dropped.reverse();
        (!dropped.is_empty()).then_some(dropped)
    }

    /// The coefficients of a component that its smaller blocks are made of.
    fn needed(&self, place: usize, divisor: u32) -> [bool; 64] {
        let most = |side: fn(&(u8, u8)) -> u8| self.components.iter().map(|other| side(&other.sampling)).max().unwrap_or(1);
        let Some(component) = self.components.get(place) else { return [true; 64] };
        let (across, down) = component.sampling;
        // What has half the samples is divided half as often.
        let side = |most: u8, own: u8| 8 * u32::from(most) / (divisor * u32::from(own)).max(1);
        let (width, height) = (side(most(|s| s.0), across), side(most(|s| s.1), down));
        ZIGZAG.map(|(row, column)| u32::from(row) < height && u32::from(column) < width)
    }

    /// Whether a scan says more of what is needed than nobody would see.
    fn tells(&self, scan: &Scan, place: usize, needed: &[bool; 64]) -> bool {
        let Some(component) = self.components.get(place) else { return true };
        let band = usize::from(scan.band.0)..=usize::from(scan.band.1);
        let off = |index: usize| u32::from(component.quantizers.get(index).copied().unwrap_or(u16::MAX)) << scan.bits.0;
        // The mean of a block is always worth it, and short.
        scan.band.0 == 0
            || band.filter(|index| needed.get(*index).is_some_and(|needed| *needed))
                .any(|index| scan.bits.0 == 0 || off(index) > TOLERANCE)
    }

    /// Whether every coefficient is first told of and then refined bit by bit, each component's mean first.
    fn are_in_order(&self) -> bool {
        // How many of its bits are still unknown.
        let mut unknown = vec![[None::<u8>; 64]; self.components.len()];
        for scan in &self.scans {
            let (before, after) = scan.bits;
            for place in &scan.components {
                let Some(coefficients) = unknown.get_mut(*place) else { return false };
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
        unknown.iter().all(|coefficients| coefficients.iter().all(Option::is_some))
    }
}

type Tables = [Option<[u16; 64]>; 4];

fn read_tables(mut segment: &[u8], tables: &mut Tables) -> Option<()> {
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
fn read_components(frame: &[u8], tables: &Tables) -> Option<Vec<Component>> {
    let components = frame.get(6..)?.as_chunks::<3>().0.iter().map(|[id, sampling, table]| {
        let quantizers = (*tables.get(usize::from(*table))?)?;
        let sampling = (sampling >> 4, sampling & 15);
        (sampling.0 > 0 && sampling.1 > 0).then_some(Component { id: *id, sampling, quantizers })
    });
    components.collect()
}

fn read_scan(header: &[u8], frame: &[u8], begin: usize) -> Option<Scan> {
    let (count, rest) = header.split_first()?;
    let (selectors, rest) = rest.split_at_checked(2 * usize::from(*count))?;
    let [first, last, bits] = *rest else { return None };
    let ids: Vec<_> = frame.get(6..)?.as_chunks::<3>().0.iter().map(|[id, ..]| *id).collect();
    let places = selectors.as_chunks::<2>().0.iter().map(|[id, _]| ids.iter().position(|own| own == id));
    let components: Vec<_> = places.collect::<Option<_>>()?;
    let is_mean = first == 0 && last == 0;
    let is_detail = first > 0 && first <= last && last < 64 && components.len() == 1;
    (is_mean || is_detail).then_some(Scan { begin, end: 0, components, band: (first, last), bits: (bits >> 4, bits & 15) })
}

const fn zigzag() -> [(u8, u8); 64] {
    let mut order = [(0, 0); 64];
    let (mut row, mut column, mut index) = (0, 0, 0);
    while index < 64 {
        order[index] = (row, column);
        // Up and to the right on even diagonals, down and to the left on odd ones, along the edge at their ends.
        if (row + column) % 2 == 0 {
            if column == 7 {
                row += 1;
            } else if row == 0 {
                column += 1;
            } else {
                row -= 1;
                column += 1;
            }
        } else if row == 7 {
            column += 1;
        } else if column == 0 {
            row += 1;
        } else {
            row += 1;
            column -= 1;
        }
        index += 1;
    }
    order
}
