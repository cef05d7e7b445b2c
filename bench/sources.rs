//! The pictures that everybody is given: most are cut from photographs of Debian's `mate-backgrounds`, once a run.

use std::fs;
use std::path::{Path, PathBuf};

use image::{ImageFormat, Rgb, RgbImage};
use pixfront::image::{Cancel, Options, render};

use super::ours::recipe_of;
use super::result::Facts;
use super::{Failure, root};

/// A picture on the disk.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) facts: Facts,
}

/// How a picture is written. A telephone's JPEG is of quality 88 and halves the chroma's sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Jpeg,
    Progressive,
    Webp,
    Png,
    /// Without compression, for where the decoder's time is to be none.
    Tiff,
}

impl Coding {
    fn suffix(self) -> &'static str {
        match self {
            Self::Jpeg => ".jpg",
            Self::Progressive => "-progressive.jpg",
            Self::Webp => ".webp",
            Self::Png => ".png",
            Self::Tiff => ".tif",
        }
    }

    pub(crate) fn write(self, picture: &RgbImage) -> Result<Vec<u8>, Failure> {
        let mut file = std::io::Cursor::new(Vec::new());
        match self {
            Self::Png => picture.write_to(&mut file, ImageFormat::Png)?,
            Self::Jpeg | Self::Progressive | Self::Webp | Self::Tiff => {
                picture.write_to(&mut file, ImageFormat::Tiff)?;
            }
        }
        let plain = file.into_inner();
        let mut options = Options::default();
        options.encoding.jpeg_progressive = self == Self::Progressive;
        options.limits.output_side = u32::from(u16::MAX);
        let recipe = match self {
            Self::Tiff | Self::Png => return Ok(plain),
            Self::Jpeg | Self::Progressive => recipe_of("f=jpeg&q=88")?,
            Self::Webp => recipe_of("f=webp&q=88")?,
        };
        Ok(render(&plain, &recipe, &options, &Cancel::default())?.bytes.to_vec())
    }
}

/// A photograph, opened.
pub(crate) struct Photograph {
    name: String,
    picture: RgbImage,
}

impl Photograph {
    pub(crate) fn open(name: &str) -> Result<Self, Failure> {
        let path = find(name)?;
        let picture = image::open(&path).map_err(|error| format!("{}: {error}", path.display()))?.into_rgb8();
        Ok(Self { name: name.to_owned(), picture })
    }

    /// The middle of it, in its own pixels; beyond its edges it goes on in a mirror.
    pub(crate) fn cut(&self, width: u32, height: u32) -> RgbImage {
        let from = |size: u32, wanted: u32| (i64::from(size) - i64::from(wanted)) / 2;
        let (left, top) = (from(self.picture.width(), width), from(self.picture.height(), height));
        RgbImage::from_fn(width, height, |x, y| {
            let (x, y) = (i64::from(x) + left, i64::from(y) + top);
            *self.picture.get_pixel(mirrored(x, self.picture.width()), mirrored(y, self.picture.height()))
        })
    }

    /// All of it, smaller, by the mean of what each pixel covers.
    pub(crate) fn shrunk(&self, width: u32) -> RgbImage {
        let height = (f64::from(width) * f64::from(self.picture.height()) / f64::from(self.picture.width())).round();
        image::imageops::thumbnail(&self.picture, width, height as u32)
    }

    /// Writes a picture made of it.
    pub(crate) fn save(&self, picture: &RgbImage, name: &str, coding: Coding, into: &Path) -> Result<Source, Failure> {
        let name = format!("{name}{}", coding.suffix());
        save(&coding.write(picture)?, &name, &self.name, into)
    }
}

/// A picture as it is, such as the graphics of the package.
pub(crate) fn copy(from: &str, name: &str, into: &Path) -> Result<Source, Failure> {
    save(&fs::read(find(from)?)?, name, from, into)
}

/// A picture that needs no package, for a run that only proves that the harness works.
pub(crate) fn painted(width: u32, height: u32) -> Photograph {
    let wave = |x: u32, y: u32, length: f64| (f64::from(x) / length).sin() * (f64::from(y) / length * 0.7).cos();
    let level = |x, y, base: f64| (base + 40.0 * wave(x, y, 37.0) + 30.0 * wave(x, y, 9.0)).clamp(0.0, 255.0) as u8;
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([90.0, 120.0, 150.0].map(|base| level(x, y, base))));
    Photograph { name: "painted".to_owned(), picture }
}

fn save(bytes: &[u8], name: &str, from: &str, into: &Path) -> Result<Source, Failure> {
    let path = into.join(name);
    fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let (width, height) = image::image_dimensions(&path)?;
    let facts = Facts { name: name.to_owned(), from: from.to_owned(), width, height, bytes: bytes.len() as u64 };
    Ok(Source { path, facts })
}

/// Where a picture is: unpacked by scripts/bench-tools.sh, or installed.
fn find(name: &str) -> Result<PathBuf, Failure> {
    let mut folders = vec![root().join(".tools/bench/pictures"), PathBuf::from("/usr/share/backgrounds/mate")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|found| found == name) {
                return Ok(path);
            }
        }
    }
    Err(format!("{name} is in no folder of pictures: scripts/bench-tools.sh fetches them").into())
}

fn mirrored(place: i64, length: u32) -> u32 {
    let length = i64::from(length);
    let place = place.rem_euclid(2 * length);
    u32::try_from(place.min(2 * length - 1 - place)).unwrap_or(0)
}
