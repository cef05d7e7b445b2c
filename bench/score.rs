//! How a result looks, in SSIMULACRA2 points: against its source decoded in full and resampled in doubles, by the reference that
//! the tests hold the engine to as well.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use image::{ImageFormat, ImageReader};
use pixfront::image::{Cancel, Options, render};

use super::Failure;
use super::ours::recipe_of;
use reference::Picture;

#[path = "../tests/it/pixels/reference.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "the tests use all of it, and may unwrap")]
mod reference;

/// The references, kept for the next result of the same size.
#[derive(Default)]
pub(crate) struct Scores {
    references: HashMap<(PathBuf, u32, u32), Picture>,
    /// The source decoded last.
    last: Option<(PathBuf, Picture)>,
}

impl Scores {
    /// Of the picture in a file.
    pub(crate) fn of(&mut self, source: &Path, result: &Path) -> Result<f64, Failure> {
        let result = decode(result)?;
        let (width, height) = result.size();
        let key = (source.to_owned(), width, height);
        if !self.references.contains_key(&key) {
            if self.last.as_ref().is_none_or(|(path, _)| path != source) {
                self.last = Some((source.to_owned(), decode(source)?));
            }
            let (_, full) = self.last.as_ref().ok_or("a source that was just decoded")?;
            let whole = [0.0, 0.0, full.width as f64, full.height as f64];
            let is_same = full.size() == (width, height);
            let reference = if is_same { full.clone() } else { full.resize(whole, width as usize, height as usize) };
            self.references.insert(key.clone(), reference);
        }
        let reference = self.references.get(&key).ok_or("a reference that was just made")?;
        Ok(reference::ssimulacra2(reference, &result))
    }
}

/// By an independent decoder, but for AVIF, which is shown as our own decoder shows it (the tests hold that to others').
fn decode(path: &Path) -> Result<Picture, Failure> {
    let reader = ImageReader::open(path)?.with_guessed_format()?;
    let format = reader.format();
    let picture = match format {
        Some(ImageFormat::Jpeg) => {
            // As browsers show it: the `image` crate's decoder does not smooth the chroma.
            let jpeg = turbojpeg::decompress(&std::fs::read(path)?, turbojpeg::PixelFormat::RGBA)?;
            image::RgbaImage::from_raw(jpeg.width as u32, jpeg.height as u32, jpeg.pixels)
                .ok_or("a JPEG without pixels")?
        }
        Some(ImageFormat::Avif) => {
            let png = render(&std::fs::read(path)?, &recipe_of("f=png")?, &Options::default(), &Cancel::default())?;
            image::load_from_memory_with_format(&png.bytes, ImageFormat::Png)?.into_rgba8()
        }
        _ => reader.decode().map_err(|error| format!("{}: {error}", path.display()))?.into_rgba8(),
    };
    Ok(Picture::from_fn(picture.width(), picture.height(), |x, y| picture.get_pixel(x, y).0))
}
