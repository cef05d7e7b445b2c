//! What the servers are given: originals, and for Pixfront a data directory that has what the case wants stored. And the
//! pictures that are asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::super::Failure;
use super::case::{Format, Sort, WIDTH};
use super::check;
use super::server::{Kind, Server};

/// Alike to the last pixel, but for the servers different files.
const ORIGINALS: usize = 4;
/// How far widths are from the middlemost.
const WIDTHS: u32 = 40;
/// How many names there are for each original. Pixfront keeps pictures by name, and `room` makes names without end, but
/// for its limit of 8192.
const NAMES: u32 = 7000;
/// How many widths are asked for to warm up.
const WARMING: usize = 2;

/// One that can be asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture {
    pub(super) original: usize,
    pub(super) width: u32,
    /// That comes of it, by the original's shape.
    pub(super) height: u32,
    /// Higher than the picture will be, so that it says nothing about it and only makes the name another one.
    pub(super) room: u32,
    pub(super) format: Format,
}

pub(super) struct Workshop {
    pub(super) client: reqwest::Client,
    pixfront: PathBuf,
    dir: TempDir,
    /// Of the photograph.
    size: (u32, u32),
}

impl Workshop {
    pub(super) async fn set_up(pixfront: &Path, photograph: &Path) -> Result<Self, Failure> {
        let bytes = fs::read(photograph).map_err(naming(photograph))?;
        let size = image::ImageReader::open(photograph)?.with_guessed_format()?.into_dimensions();
        let size = size.map_err(|error| format!("{} can't be read: {error}", photograph.display()))?;
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
        let workshop = Self { client, pixfront: pixfront.to_owned(), dir: tempfile::tempdir()?, size };
        fs::create_dir(workshop.originals())?;
        for original in 0..ORIGINALS {
            fs::write(workshop.originals().join(file_name(original)), numbered(&bytes, original)?)?;
        }
        workshop.fill().await?;
        Ok(workshop)
    }

    /// Uploads the originals to one data directory, and has the pictures of the hot and warm loads made in a copy of it.
    async fn fill(&self) -> Result<(), Failure> {
        {
            let server = Server::pixfront(&self.pixfront, &self.uploaded(), Sort::Cold, &self.log("uploads")).await?;
            for original in 0..ORIGINALS {
                let bytes = fs::read(self.originals().join(file_name(original)))?;
                let url = server.address(&format!("upload/originals/{}", file_name(original)));
                self.client.put(url).body(bytes).send().await?.error_for_status()?;
            }
        }
        copy_dir(&self.uploaded(), &self.stored())?;
        let server = Server::pixfront(&self.pixfront, &self.stored(), Sort::Warm, &self.log("stored")).await?;
        check::pictures(&self.client, &server, &self.kept()).await
    }

    /// Starts a server for a case, with the directory that it has for this once only, if it needs one: to be dropped after it.
    pub(super) async fn start(&self, kind: Kind, sort: Sort) -> Result<(Option<TempDir>, Server), Failure> {
        let log = self.log(kind.peer().name());
        let server = match (kind, sort) {
            (Kind::Ipx, _) => Server::ipx(&self.originals(), &log).await?,
            (Kind::Thumbor, _) => Server::thumbor(&self.originals(), &log, &self.client).await?,
            (Kind::Pixfront, Sort::Hot | Sort::Warm) => {
                Server::pixfront(&self.pixfront, &self.stored(), sort, &log).await?
            }
            (Kind::Pixfront, Sort::Cold) => {
                let dir = tempfile::tempdir_in(self.dir.path())?;
                let data = dir.path().join("data");
                copy_dir(&self.uploaded(), &data)?;
                let server = Server::pixfront(&self.pixfront, &data, sort, &log).await?;
                return Ok((Some(dir), server));
            }
        };
        Ok((None, server))
    }

    /// What is made before the hot and warm loads.
    pub(super) fn kept(&self) -> Vec<Picture> {
        self.pictures(&self.widths(), 2..3, Format::WebP)
    }

    /// For the cold loads: so many that chance hardly draws one twice.
    pub(super) fn unmade(&self, format: Format) -> Vec<Picture> {
        let widths = self.widths();
        self.pictures(&widths, 2..2 + NAMES / widths.len() as u32, format)
    }

    /// A few of each original, by names that no load asks for.
    pub(super) fn warming(&self, format: Format) -> Vec<Picture> {
        let widths = self.widths();
        self.pictures(&widths[..widths.len().min(WARMING)], 1..2, format)
    }

    /// Those whose height comes out whole. Elsewhere thumbor finds that rounding has changed the shape, and cuts, which costs
    /// it the decoder's scaling and three times the time.
    fn widths(&self) -> Vec<u32> {
        let (source_width, source_height) = (u64::from(self.size.0), u64::from(self.size.1));
        let near = WIDTH - WIDTHS..=WIDTH + WIDTHS;
        let whole: Vec<_> =
            near.filter(|width| (u64::from(*width) * source_height).is_multiple_of(source_width)).collect();
        if whole.is_empty() { vec![WIDTH] } else { whole }
    }

    /// Of each width and original, by each of the names that so much room above the height makes.
    fn pictures(&self, widths: &[u32], rooms: std::ops::Range<u32>, format: Format) -> Vec<Picture> {
        let mut pictures = Vec::new();
        for &width in widths {
            let height = (f64::from(width) * f64::from(self.size.1) / f64::from(self.size.0)).round() as u32;
            for room in rooms.clone().map(|room| height + room) {
                let of = |original| Picture { original, width, height, room, format };
                pictures.extend((0..ORIGINALS).map(of));
            }
        }
        pictures
    }

    pub(super) fn url_file(&self, urls: &[String]) -> Result<PathBuf, Failure> {
        let path = self.dir.path().join("urls");
        fs::write(&path, urls.join("\n") + "\n").map_err(naming(&path))?;
        Ok(path)
    }

    fn originals(&self) -> PathBuf {
        self.dir.path().join("originals")
    }

    /// A data directory with the originals and their thumbnails.
    fn uploaded(&self) -> PathBuf {
        self.dir.path().join("uploaded")
    }

    /// One that also has the pictures of the hot and warm loads.
    fn stored(&self) -> PathBuf {
        self.dir.path().join("stored")
    }

    fn log(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{name}.log"))
    }
}

/// An error that says of which file it is.
pub(super) fn naming(path: &Path) -> impl FnOnce(std::io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

pub(super) fn file_name(original: usize) -> String {
    format!("photo-{original}.jpg")
}

/// The same JPEG with a comment, and without Exif, which servers turn pictures by or not.
fn numbered(jpeg: &[u8], number: usize) -> Result<Vec<u8>, Failure> {
    const TORN: &str = "the photograph is no whole JPEG: say another one";
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8]).ok_or(TORN)?;
    let text = format!("bench {number}");
    let length = u16::try_from(text.len() + 2)?.to_be_bytes();
    let mut numbered = [&[0xff, 0xd8, 0xff, 0xfe], length.as_slice(), text.as_bytes()].concat();
    // Segments, up to the one behind which the coded picture begins.
    while let [0xff, marker @ 0xc0..=0xfe, high, low, ..] = *rest {
        if marker == 0xda {
            return Ok([&numbered, rest].concat());
        }
        let segment = 2 + usize::from(u16::from_be_bytes([high, low]));
        let (segment, behind) = rest.split_at_checked(segment).ok_or(TORN)?;
        if marker != 0xe1 {
            numbered.extend_from_slice(segment);
        }
        rest = behind;
    }
    Err(TORN.into())
}

fn copy_dir(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir(to).map_err(naming(to))?;
    for entry in fs::read_dir(from).map_err(naming(from))? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to).map_err(naming(&to))?;
        }
    }
    Ok(())
}
