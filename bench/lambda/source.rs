//! The photograph at the two sizes that functions get it in.

use std::io::Cursor;
use std::path::Path;

use image::imageops::FilterType;
use image::{DynamicImage, ImageReader};

use super::super::Failure;
use super::super::sources::Coding;

pub(super) struct Source {
    /// As cases say it.
    pub(super) name: &'static str,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) jpeg: Vec<u8>,
}

impl Source {
    /// The smaller one first. A photograph that has the size of the larger one is taken as it is.
    pub(super) fn both(photograph: &Path) -> Result<[Self; 2], Failure> {
        let failed = |error: &dyn std::error::Error| format!("the photograph {}: {error}", photograph.display());
        let bytes = std::fs::read(photograph).map_err(|error| failed(&error))?;
        let picture = ImageReader::new(Cursor::new(&bytes)).with_guessed_format()?.decode();
        let picture = picture.map_err(|error| failed(&error))?;
        let small = Self { name: "2 MP", width: 1632, height: 1224, jpeg: Vec::new() }.cut(&picture)?;
        let large = Self { name: "12 MP", width: 4000, height: 3000, jpeg: Vec::new() };
        if picture.width() < large.width || picture.height() < large.height {
            let (width, height) = (picture.width(), picture.height());
            let path = photograph.display();
            return Err(format!(
                "the photograph {path} has {width} × {height} pixels; give one of 4000 × 3000 or more"
            )
            .into());
        }
        let is_it =
            (picture.width(), picture.height()) == (large.width, large.height) && bytes.starts_with(b"\xff\xd8");
        Ok([small, if is_it { Self { jpeg: bytes, ..large } } else { large.cut(&picture)? }])
    }

    /// The key of one of its copies.
    pub(super) fn key(&self, copy: usize) -> String {
        format!("photos/{}-{copy:02}.jpg", self.name.replace(' ', "-"))
    }

    pub(super) fn megapixels(&self) -> f64 {
        f64::from(self.width) * f64::from(self.height) / 1e6
    }

    /// Scaled to cover the size; what stands over is cut off.
    fn cut(self, picture: &DynamicImage) -> Result<Self, Failure> {
        let picture = picture.resize_to_fill(self.width, self.height, FilterType::Triangle).to_rgb8();
        Ok(Self { jpeg: Coding::Jpeg.write(&picture)?, ..self })
    }
}
