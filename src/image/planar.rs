//! The short way from a JPEG or a lossy WebP to what has luma and chroma too: they are resampled and encoded as they were coded, and never
//! become red, green and blue. Half as many samples are resampled, and none is converted.

use super::codec::Planar;
use super::colour;
use super::geometry::Size;
use super::orient::orient;
use super::pipeline::Job;
use super::planes::{Coded, Planes};
use crate::error::Result;
use crate::format::Format;

/// Whether nobody has to see the colours, if there are luma and chroma.
pub(super) fn is_possible(job: &Job) -> bool {
    Planar::of(job.probe.file_type).is_some_and(|source| {
        has_planes(job.format)
            && job.arrangement.focus.is_none()
            && job.arrangement.ground.is_none()
            && has_room(job.placement().size)
            && keeps_grid(job)
            && colour::is_rgb_kept(source.profile(job.bytes).as_ref())
    })
}

/// Upright, and of the result's size.
pub(super) fn make(job: &Job, coded: &Coded) -> Result<Planes> {
    let Planes { luma, chroma } = coded.resize(&job.placement())?;
    let upright = |plane| orient(plane, job.probe.orientation);
    Ok(Planes { luma: upright(luma), chroma: chroma.map(upright) })
}

/// Whether it is written in 4:2:0 here.
const fn has_planes(format: Format) -> bool {
    match format {
        Format::Jpeg | Format::Webp | Format::Avif => true,
        Format::Png | Format::Gif => false,
    }
}

/// Whether chroma reaches beyond the picture by little. The last sample of an odd side stands for a column that is not there: of one
/// pixel that would be half of the picture, and the source's edge would be its colour.
fn has_room(size: Size) -> bool {
    [size.width, size.height].into_iter().all(|side| side.is_multiple_of(2) || side > 16)
}

/// Whether the samples of chroma, which stand for two columns and rows from the left and top on, still do so after the turn: an odd
/// side that is mirrored would begin with half of one.
fn keeps_grid(job: &Job) -> bool {
    let (across, down) = job.probe.orientation.mirrors();
    let size = job.placement().size;
    let is_odd = |side: u32| !side.is_multiple_of(2);
    !(across && is_odd(size.width) || down && is_odd(size.height))
}
