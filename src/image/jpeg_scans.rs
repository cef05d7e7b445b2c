//! Which scans of a progressive JPEG a scaled decode needs.
//!
//! A decoder that divides the sides by 4 turns each block of 8 × 8 into 2 × 2, and looks at hardly more than the block's first four
//! coefficients: what the other scans say of detail costs most of the time and is thrown away, or shows as what it is not.

pub(super) use file::{File, Quantizers, Scan};

mod file;

/// The row and column of each coefficient, in the order of the file.
pub(super) const ZIGZAG: [(u8, u8); 64] = zigzag();

/// How far a coefficient may be off when the scans that would tell more are left out, in the units that it is coded in: 8 are a level
/// of the mean. Measured on photographs of qualities 60 to 95, scaled to between an eighth and a half, against all scans
/// (bench/results/2026-11-22-progressive-scans.md): it costs nine tenths of a point of SSIMULACRA2 where it costs most.
const fn tolerance(eighths: u32) -> u32 {
    // The more is left of a block, the more of its coefficients are off.
    if eighths < 3 { 16 } else { 10 }
}

/// How far a decoder reduces chroma of which there are fewer samples than of luma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chroma {
    /// By what makes it as large as luma.
    Finer,
    /// By the same.
    AsLuma,
}

/// The file without the scans that a decode to so many eighths of the sides hardly uses. [`None`] where nothing can be left
/// out: it is not progressive, or its scans are not as the standard has them, and then the decoder shall see them all.
pub(super) fn reduce(bytes: &[u8], eighths: u32, chroma: Chroma) -> Option<Vec<u8>> {
    let file = File::read(bytes)?;
    let dropped = file.dropped(eighths, chroma)?;
    let mut reduced = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for scan in dropped {
        reduced.extend_from_slice(bytes.get(from..scan.begin)?);
        from = scan.end;
    }
    reduced.extend_from_slice(bytes.get(from..)?);
    Some(reduced)
}

impl Scan<'_> {
    fn overlaps(&self, band: (u8, u8)) -> bool {
        self.band.0 <= band.1 && band.0 <= self.band.1
    }
}

impl File<'_> {
    /// What is not needed, in order; [`None`] if that is nothing.
    fn dropped(&self, eighths: u32, chroma: Chroma) -> Option<Vec<&Scan<'_>>> {
        let uses = self.uses(eighths, chroma)?;
        let dropped: Vec<_> =
            self.scans.iter().zip(uses).filter_map(|(scan, is_used)| (!is_used).then_some(scan)).collect();
        (!dropped.is_empty()).then_some(dropped)
    }

    /// For each scan whether it is needed; [`None`] if the scans do not follow one another as they must.
    pub(super) fn uses(&self, eighths: u32, chroma: Chroma) -> Option<Vec<bool>> {
        self.are_in_order().then_some(())?;
        let needs: Vec<_> = (0..self.components.len()).map(|place| self.needed(place, eighths, chroma)).collect();
        // What a refinement means depends on everything before it of the same coefficients.
        let mut before = vec![Vec::<(u8, u8)>::new(); self.components.len()];
        let mut uses = Vec::new();
        for scan in self.scans.iter().rev() {
            let is_needed = |place: usize| {
                needs.get(place).is_some_and(|needs| self.tells(scan, place, needs, tolerance(eighths)))
                    || before.get(place).is_some_and(|bands| bands.iter().any(|band| scan.overlaps(*band)))
            };
            let is_used = scan.places().any(is_needed);
            if is_used && scan.bits.0 > 0 {
                for place in scan.places() {
                    before[place].push(scan.band);
                }
            }
            uses.push(is_used);
        }
        uses.reverse();
        Some(uses)
    }

    /// The coefficients of a component that its smaller blocks are made of.
    fn needed(&self, place: usize, eighths: u32, chroma: Chroma) -> [bool; 64] {
        let most =
            |side: fn(&(u8, u8)) -> u8| self.components.iter().map(|other| side(&other.sampling)).max().unwrap_or(1);
        let Some(component) = self.components.get(place) else { return [true; 64] };
        let (across, down) = match chroma {
            // What has half the samples is divided half as often.
            Chroma::Finer => component.sampling,
            Chroma::AsLuma => (most(|s| s.0), most(|s| s.1)),
        };
        let side = |most: u8, own: u8| eighths * u32::from(most) / u32::from(own);
        let (width, height) = (side(most(|s| s.0), across), side(most(|s| s.1), down));
        ZIGZAG.map(|(row, column)| u32::from(row) < height && u32::from(column) < width)
    }

    /// Whether a scan says more of what is needed than nobody would see.
    fn tells(&self, scan: &Scan, place: usize, needed: &[bool; 64], tolerance: u32) -> bool {
        let Some(component) = self.components.get(place) else { return true };
        let band = usize::from(scan.band.0)..=usize::from(scan.band.1);
        let off = |index: usize| u32::from(component.quantizers.get(index).copied().unwrap_or(u16::MAX)) << scan.bits.0;
        // The mean of a block is always worth it, and short.
        scan.band.0 == 0
            || band
                .filter(|index| needed.get(*index).is_some_and(|needed| *needed))
                .any(|index| scan.bits.0 == 0 || off(index) > tolerance)
    }
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

#[cfg(test)]
mod tests {
    use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

    use super::*;

    /// Waves of several lengths, in libjpeg's own order of scans: mean; luma's first five; the chroma; luma's rest; and then bit by bit.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "levels from 0 to 255")]
    fn progressive(quality: i32, subsampling: Subsamp) -> Vec<u8> {
        let (width, height) = (128, 96);
        let level = |place: usize| {
            let (x, y) = ((place / 3 % width) as f64, (place / 3 / width) as f64);
            (128.0 + 60.0 * (x / 9.0).sin() + 50.0 * (x * y / 90.0).cos() + (place % 3) as f64) as u8
        };
        let pixels: Vec<_> = (0..width * height * 3).map(level).collect();
        let mut compressor = Compressor::new().unwrap();
        compressor.set_quality(quality).unwrap();
        compressor.set_subsamp(subsampling).unwrap();
        compressor.set_progressive(true).unwrap();
        let image = Image { pixels: pixels.as_slice(), width, height, pitch: 3 * width, format: PixelFormat::RGB };
        compressor.compress_to_vec(image).unwrap()
    }

    /// The places of the scans that are left out.
    fn dropped(bytes: &[u8], eighths: u32) -> Vec<usize> {
        let file = File::read(bytes).unwrap();
        let begins: Vec<_> =
            file.dropped(eighths, Chroma::Finer).unwrap_or_default().iter().map(|scan| scan.begin).collect();
        let places = file.scans.iter().enumerate().filter(|(_, scan)| begins.contains(&scan.begin));
        places.map(|(place, _)| place).collect()
    }

    /// The parts of a file: what is before the scans, and each scan with its tables.
    fn parts(bytes: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let file = File::read(bytes).unwrap();
        let mut from = file.scans[0].begin;
        let head = bytes[..from].to_vec();
        let scans = file.scans.iter().map(|scan| bytes[std::mem::replace(&mut from, scan.end)..scan.end].to_vec());
        (head, scans.collect())
    }

    #[test]
    fn what_the_scale_has_no_room_for_is_left_out() {
        let fine = progressive(88, Subsamp::Sub2x2);
        assert_eq!(File::read(&fine).unwrap().scans.len(), 10);
        // Coarse steps need their last bits, and chroma's are coarse but for the first.
        let coarse = progressive(40, Subsamp::Sub2x2);
        for (bytes, eighths, expected) in [
            (&fine, 8, vec![]),
            (&fine, 4, vec![]),
            (&fine, 3, vec![9]),
            (&fine, 2, vec![4, 5, 9]),
            (&fine, 1, vec![1, 4, 5, 7, 8, 9]),
            (&coarse, 4, vec![]),
            (&coarse, 1, vec![1, 4, 5, 9]),
        ] {
            assert_eq!(dropped(bytes, eighths), expected, "{eighths}/8 of {} bytes", bytes.len());
        }
        // Chroma of the luma's size has no room either.
        assert_eq!(dropped(&progressive(88, Subsamp::None), 1), [1, 2, 3, 4, 5, 7, 8, 9]);
    }

    #[test]
    fn the_rest_is_as_it_was() {
        let bytes = progressive(88, Subsamp::Sub2x2);
        let (head, scans) = parts(&bytes);
        let reduced = reduce(&bytes, 2, Chroma::Finer).unwrap();
        // The tables before a scan stay: a later one may need them.
        let tables = |part: &[u8]| part[..part.windows(2).position(|pair| pair == b"\xff\xda").unwrap()].to_vec();
        let kept = |place| ![4, 5, 9].contains(&place);
        let scans = scans.iter().enumerate().map(|(place, part)| if kept(place) { part.clone() } else { tables(part) });
        assert_eq!(reduced, [head, scans.collect::<Vec<_>>().concat(), b"\xff\xd9".to_vec()].concat());
        // Nothing more can be left out of it.
        assert_eq!(reduce(&reduced, 2, Chroma::Finer), None);
    }

    /// A decoder is to see these for itself.
    #[test]
    fn scans_that_do_not_follow_one_another_are_all_kept() {
        let (head, scans) = parts(&progressive(88, Subsamp::Sub2x2));
        let file = |order: &[usize]| {
            let scans: Vec<_> = order.iter().flat_map(|place| scans[*place].clone()).collect();
            [head.clone(), scans, b"\xff\xd9".to_vec()].concat()
        };
        let standard: Vec<_> = (0..scans.len()).collect();
        assert!(reduce(&file(&standard), 2, Chroma::Finer).is_some());
        // Where the mean, a first pass or a refinement is missing.
        for missing in 0..10 {
            let order: Vec<_> = standard.iter().copied().filter(|place| *place != missing).collect();
            assert_eq!(reduce(&file(&order), 2, Chroma::Finer), None, "without {missing}");
        }
        for order in [vec![1, 0, 2, 3, 4, 5, 6, 7, 8, 9], vec![0, 1, 2, 3, 4, 9, 6, 7, 8, 5], vec![0, 0, 1, 2, 3, 4, 5]]
        {
            assert_eq!(reduce(&file(&order), 2, Chroma::Finer), None, "{order:?}");
        }
    }

    #[test]
    fn what_is_no_progressive_jpeg_is_left_alone() {
        let bytes = progressive(88, Subsamp::Sub2x2);
        for length in (0..bytes.len()).step_by(7) {
            assert_eq!(reduce(&bytes[..length], 2, Chroma::Finer), None, "cut to {length}");
        }
        // Baseline by its frame's code.
        let frame = bytes.windows(2).position(|pair| pair == b"\xff\xc2").unwrap();
        let mut baseline = bytes.clone();
        baseline[frame + 1] = 0xC0;
        assert_eq!(reduce(&baseline, 2, Chroma::Finer), None);
        // Tables that change on the way.
        let first_table = bytes.windows(2).position(|pair| pair == b"\xff\xdb").unwrap();
        let length = usize::from(u16::from_be_bytes([bytes[first_table + 2], bytes[first_table + 3]])) + 2;
        let second_scan = File::read(&bytes).unwrap().scans[1].begin;
        let table = &bytes[first_table..first_table + length];
        assert_eq!(reduce(&[&bytes[..second_scan], table, &bytes[second_scan..]].concat(), 2, Chroma::Finer), None);
    }
}
