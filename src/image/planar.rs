//! The short way from a JPEG to what has luma and chroma too: they are resampled and encoded as they were coded, and never become
//! red, green and blue. Half as many samples are resampled, and none is converted.

use super::codec;
use super::colour::Converter;
use super::orient::orient;
use super::pipeline::Job;
use super::pixels::Layout;
use super::planes::Planes;
use super::{Cost, Rendered};
use crate::error::Result;
use crate::format::{FileType, Format};

/// [`None`]: the picture has no luma and chroma, or somebody has to see its colours.
pub(super) fn still(job: &Job) -> Result<Option<Rendered>> {
    if !is_possible(job) {
        return Ok(None);
    }
    let placement = job.placement();
    let Some(coded) = codec::decode_planes(job.bytes, &job.probe, &placement)? else { return Ok(None) };
    let cost = Cost { source: job.probe.size, decoded: coded.size, frames: 1 };
    job.cancel.check()?;
    let Planes { luma, chroma } = coded.resize(&placement)?;
    drop(coded);
    job.cancel.check()?;
    let upright = |plane| orient(plane, job.probe.orientation);
    let planes = Planes { luma: upright(luma), chroma: chroma.map(upright) };
    let encoded = codec::encode_planes(&planes, &job.target())?;
    Ok(Some(job.rendered(encoded, planes.size(), cost)))
}

fn is_possible(job: &Job) -> bool {
    job.probe.file_type == FileType::Jpeg
        && has_planes(job.format)
        && job.arrangement.focus.is_none()
        && job.arrangement.ground.is_none()
        && keeps_grid(job)
        && Converter::new(Layout::Rgb, codec::jpeg_profile(job.bytes).as_ref()).is_idle()
}

/// Whether it is written in 4:2:0 here.
const fn has_planes(format: Format) -> bool {
    match format {
        Format::Jpeg | Format::Webp | Format::Avif => true,
        Format::Png | Format::Gif => false,
    }
}

/// Whether the samples of chroma, which stand for two columns and rows from the left and top on, still do so after the turn: an odd
/// side that is mirrored would begin with half of one.
fn keeps_grid(job: &Job) -> bool {
    let (across, down) = job.probe.orientation.mirrors();
    let size = job.placement().size;
    let is_odd = |side: u32| !side.is_multiple_of(2);
    !(across && is_odd(size.width) || down && is_odd(size.height))
}
