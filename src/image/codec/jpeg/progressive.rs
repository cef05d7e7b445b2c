//! The scans of a progressive JPEG: of each block only the coefficients are kept that its smaller one is made of, and only the scans
//! are read that say enough of these.
//!
//! libjpeg keeps all coefficients, which is three bytes a pixel that are written and read again with every scan.

use super::super::super::geometry::Size;
use super::super::super::jpeg_scans::{Chroma, File, Scan};
use super::bands::{self, Band};
use super::baseline::{self, Component};
use super::bits::{Bits, Restarts};
use super::huffman::Table;
use super::kept::Kept;
use super::plane::Plane;

/// A file whose scans follow one another as they must.
pub(super) struct Progressive<'a> {
    pub(super) size: Size,
    pub(super) components: Vec<Component>,
    file: File<'a>,
}

/// What Huffman tables are made of: how many codes there are of each length, and their symbols.
type Stated<'a> = [[Option<(&'a [u8; 16], &'a [u8])>; 4]; 2];

impl<'a> Progressive<'a> {
    /// [`None`] if there is anything in it that is not read here.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let file = File::read(bytes).filter(File::are_in_order)?;
        let (size, components) = baseline::read_frame(file.frame, &file.quantizers)?;
        Some(Self { size, components, file })
    }

    /// Fills the planes of all components, which have so many units across and down.
    pub(super) fn fill(&self, planes: &mut [Plane], units: (u32, u32), reduced: (u32, Chroma)) -> Option<()> {
        let uses = self.file.uses(reduced.0, reduced.1)?;
        let scans = || self.file.scans.iter().zip(&uses).filter(|(_, is_used)| **is_used).map(|(scan, _)| scan);
        let units = (units.0 as usize, units.1 as usize);
        let most = planes.iter().fold((1, 1), |most, plane| (plane.blocks.0.max(most.0), plane.blocks.1.max(most.1)));
        let mut kept: Vec<_> = planes.iter().map(|plane| Kept::new(plane, self.size, most, units)).collect();
        for scan in scans().filter(|scan| scan.band.0 > 0 && scan.bits.0 > 0) {
            for (place, _) in &scan.components {
                kept.get_mut(*place)?.will_be_refined();
            }
        }
        let mut stated = Stated::default();
        let mut segments = self.file.huffman.iter();
        let mut passed = 0;
        for scan in scans() {
            for segment in segments.by_ref().take(scan.huffman - passed) {
                baseline::read_tables(segment, &mut stated, |counts, symbols| Some((counts, symbols)))?;
            }
            passed = scan.huffman;
            read(scan, &stated, &mut kept, units)?;
        }
        planes.iter_mut().zip(kept).for_each(|(plane, kept)| kept.write(plane));
        Some(())
    }
}

/// One scan of some components' means, or of a band of one component.
fn read(scan: &Scan, stated: &Stated, kept: &mut [Kept], units: (usize, usize)) -> Option<()> {
    let mut reader = Reader {
        bits: Bits::new(scan.coded),
        shift: scan.bits.1.into(),
        is_first: scan.bits.0 == 0,
        restarts: Restarts::new(scan.interval),
    };
    match &scan.components[..] {
        [(place, (_, details))] if scan.band.0 > 0 => {
            let (counts, symbols) = stated[1].get(usize::from(*details))?.as_ref()?;
            let table = bands::Table::new(counts, symbols)?;
            let band = Band { first: scan.band.0.into(), last: scan.band.1.into() };
            kept.get_mut(*place)?.details(&mut reader, &table, band)?;
        }
        components => means(&mut reader, components, stated, kept, units)?,
    }
    reader.bits.rest()?.is_empty().then_some(())
}

fn means(
    reader: &mut Reader,
    components: &[(usize, (u8, u8))],
    stated: &Stated,
    kept: &mut [Kept],
    units: (usize, usize),
) -> Option<()> {
    let table = |(_, (means, _)): &(usize, (u8, u8))| {
        let (counts, symbols) = stated[0].get(usize::from(*means))?.as_ref()?;
        Table::new(counts, symbols).filter(Table::is_of_means)
    };
    let tables = components.iter().filter(|_| reader.is_first).map(table).collect::<Option<Vec<_>>>()?;
    // Of the blocks before.
    let mut before = vec![0; components.len()];
    // What comes alone comes block by block, without those beyond its edge.
    let is_alone = components.len() == 1;
    let (columns, rows) = if is_alone { kept.get(components[0].0)?.own } else { units };
    for row in 0..rows {
        for column in 0..columns {
            if reader.begins_anew()? {
                before.fill(0);
            }
            for (number, (place, _)) in components.iter().enumerate() {
                let kept = kept.get_mut(*place)?;
                let (across, down) = if is_alone { (1, 1) } else { kept.blocks };
                for y in row * down..(row + 1) * down {
                    for x in column * across..(column + 1) * across {
                        kept.mean(reader, tables.get(number), &mut before[number], (x, y))?;
                    }
                }
            }
        }
        reader.is_there()?;
    }
    Some(())
}

/// What goes through a scan.
pub(super) struct Reader<'a> {
    pub(super) bits: Bits<'a>,
    /// How many of the lowest bits stay unknown.
    pub(super) shift: u32,
    /// Whether nothing was known before.
    pub(super) is_first: bool,
    restarts: Restarts,
}

impl Reader<'_> {
    /// Whether the coding begins anew with the unit that is about to be read.
    #[inline]
    pub(super) fn begins_anew(&mut self) -> Option<bool> {
        self.restarts.begins_anew(&mut self.bits)
    }

    /// [`None`] if something was read that is not there.
    pub(super) const fn is_there(&self) -> Option<()> {
        if self.bits.is_over() { None } else { Some(()) }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
mod tests {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
    use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

    use super::super::super::super::pixels::Pixels;
    use super::super::scaled::{Source, decode};
    use super::*;

    const NONE: Size = Size { width: 0, height: 0 };
    const SIZE: (usize, usize) = (203, 117);
    /// The tolerance leaves nothing out.
    const ALL: (u32, Chroma) = (8, Chroma::AsLuma);

    /// Waves and noise, and ground without any detail, over which one code may end thousands of blocks.
    fn picture(width: usize, height: usize) -> Vec<u8> {
        let level = |place: usize| {
            let (x, y) = (place / 3 % width, place / 3 / width);
            let noise = (place as u32).wrapping_mul(2_654_435_761) >> 27;
            let wave = 128.0 + 60.0 * (x as f64 / 7.0).sin() + 40.0 * ((x * y) as f64 / 200.0).cos();
            if (x / 40 + y / 30) % 4 < 2 && y < 200 { wave as u8 ^ noise as u8 } else { 90 + (place % 3) as u8 }
        };
        (0..width * height * 3).map(level).collect()
    }

    /// By libjpeg: the same coefficients in many scans and in one.
    fn both((width, height): (usize, usize), quality: i32, subsampling: Subsamp) -> [Vec<u8>; 2] {
        let pixels = picture(width, height);
        [true, false].map(|is_progressive| {
            let mut compressor = Compressor::new().unwrap();
            compressor.set_quality(quality).unwrap();
            compressor.set_subsamp(subsampling).unwrap();
            compressor.set_optimize(true).unwrap();
            compressor.set_progressive(is_progressive).unwrap();
            let image = Image { pixels: &pixels[..], width, height, pitch: 3 * width, format: PixelFormat::RGB };
            compressor.compress_to_vec(image).unwrap()
        })
    }

    /// By another encoder, which divides into bands alone, with restart markers each so many units.
    fn bands(sampling: SamplingFactor, scans: u8, interval: u16) -> [Vec<u8>; 2] {
        [true, false].map(|is_progressive| {
            let mut bytes = Vec::new();
            let mut encoder = Encoder::new(&mut bytes, 80);
            encoder.set_sampling_factor(sampling);
            if is_progressive {
                encoder.set_progressive_scans(scans);
            }
            if interval > 0 {
                encoder.set_restart_interval(interval);
            }
            encoder.encode(&picture(203, 117), 203, 117, ColorType::Rgb).unwrap();
            bytes
        })
    }

    fn planes(bytes: &[u8], eighths: u32, reduced: (u32, Chroma)) -> Option<Vec<Pixels>> {
        decode(&Source::read(bytes)?, reduced, NONE, 1.0, |_| Some((eighths, eighths)))
    }

    /// What is seen of a plane: scans of one component have no blocks beyond.
    fn seen(planes: &[Pixels], place: usize, (width, height): (usize, usize), eighths: usize) -> Vec<&[u8]> {
        let (first, own) = (&planes[0], &planes[place]);
        let part = |whole: usize, luma: u32, own: u32| (whole * own as usize * eighths).div_ceil(8 * luma as usize);
        let (columns, rows) = (part(width, first.width, own.width), part(height, first.height, own.height));
        own.data.chunks_exact(own.width as usize).take(rows).map(|row| &row[..columns]).collect()
    }

    #[track_caller]
    fn assert_alike([scans, one]: &[Vec<u8>; 2], size: (usize, usize), what: &str) {
        assert!(matches!(Source::read(scans), Some(Source::Progressive(_))), "{what}");
        for eighths in [1, 2, 3, 4] {
            let (scans, one) = (planes(scans, eighths, ALL).unwrap(), planes(one, eighths, ALL).unwrap());
            for place in 0..3 {
                let [scans, one] = [&scans, &one].map(|planes| seen(planes, place, size, eighths as usize));
                let row = scans.iter().zip(&one).position(|(scans, one)| scans != one);
                assert!(scans.len() == one.len() && row.is_none(), "{what}, {eighths}/8, plane {place}: row {row:?}");
            }
        }
    }

    #[test]
    fn many_scans_come_to_what_one_does() {
        for subsampling in [Subsamp::Sub2x2, Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub1x2, Subsamp::Sub4x1] {
            for quality in [5, 50, 88, 95] {
                assert_alike(&both(SIZE, quality, subsampling), SIZE, &format!("{subsampling:?} of quality {quality}"));
            }
        }
        assert_alike(&both((1600, 1400), 75, Subsamp::Sub2x2), (1600, 1400), "a large one");
        assert_alike(&both((1, 1), 75, Subsamp::Sub2x2), (1, 1), "a pixel");
    }

    #[test]
    fn another_encoders_scans_and_restarts_are_read() {
        for sampling in [SamplingFactor::R_4_2_0, SamplingFactor::R_4_4_4, SamplingFactor::R_4_2_2] {
            for scans in [2, 5, 20] {
                for interval in [0, 1, 7] {
                    let what = format!("{sampling:?} in {scans} scans, restarts {interval}");
                    assert_alike(&bands(sampling, scans, interval), SIZE, &what);
                }
            }
        }
    }

    /// A scan that is left out changes little: here are waves and noise at most.
    #[test]
    fn what_is_left_out_hardly_shows() {
        for (quality, eighths) in [(88, 2), (95, 3), (95, 4)] {
            let [scans, _] = both((1600, 1400), quality, Subsamp::Sub2x2);
            let all = planes(&scans, eighths, ALL).unwrap();
            let some = planes(&scans, eighths, (eighths, Chroma::AsLuma)).unwrap();
            let off = |(all, some): (&u8, &u8)| f64::from(all.abs_diff(*some));
            let mean = all[0].data.iter().zip(&some[0].data).map(off).sum::<f64>() / all[0].data.len() as f64;
            assert!(mean > 0.0 && mean < 1.0, "{eighths}/8: {mean}");
        }
    }

    #[test]
    fn what_is_odd_is_left_to_libjpeg() {
        let [bytes, _] = both((43, 35), 80, Subsamp::Sub2x2);
        let read = |bytes: &[u8]| planes(bytes, 2, ALL);
        assert!(read(&bytes).is_some());
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_none(), "cut to {length}");
        }
        // A byte more than is coded, before each marker that follows a scan.
        let scans: Vec<_> = File::read(&bytes).unwrap().scans.iter().map(|scan| scan.coded.len()).collect();
        let begin = bytes.windows(2).position(|pair| pair == b"\xff\xda").unwrap();
        let end = begin + 2 + usize::from(bytes[begin + 3]) + scans[0];
        assert!(read(&[&bytes[..end], &[0x12; 9], &bytes[end..]].concat()).is_none());
        // Anything else that is changed is refused or read, and never panics.
        for place in 2..bytes.len() {
            for bit in [0, 3, 7] {
                let mut changed = bytes.clone();
                changed[place] ^= 1 << bit;
                let _ = read(&changed);
            }
        }
    }
}
