//! Pictures that stand still: a source is decoded once, made into each size, and only then encoded, when it is not needed any more.

use std::borrow::Cow;

use super::codec::{self, Decoded};
use super::geometry::Placement;
use super::pipeline::Job;
use super::pixels::Pixels;
use super::planes::{Coded, Planes};
use super::{Cost, Rendered, colour, planar};
use crate::error::Result;

/// All of one source.
pub(super) fn run(jobs: &[Job]) -> Vec<Result<Rendered>> {
    let is_planar = jobs.iter().all(planar::is_possible);
    let mut decodes = Decodes { jobs, is_planar, planes: None, pixels: None };
    let ready: Vec<_> = jobs.iter().map(|job| decodes.make(job)).collect();
    decodes.give_back();
    ready.into_iter().zip(jobs).map(|(ready, job)| ready?.encode(job)).collect()
}

/// What was decoded until now, fine enough for every job.
struct Decodes<'a> {
    jobs: &'a [Job<'a>],
    /// If one of them needs colours, all are made of these: so that nothing is decoded twice, or held beside the other.
    is_planar: bool,
    planes: Option<Coded>,
    pixels: Option<Decoded>,
}

impl Decodes<'_> {
    fn make(&mut self, job: &Job) -> Result<Ready> {
        job.cancel.check()?;
        if self.is_planar
            && let Some(coded) = self.planes(job)?
        {
            let cost = cost(job, coded.size);
            job.cancel.check()?;
            return Ok(Ready { picture: Picture::Planes(planar::make(job, coded)?), cost });
        }
        let decoded = self.pixels(job)?;
        let cost = cost(job, decoded.pixels.size());
        job.cancel.check()?;
        let converter = decoded.converter();
        let placement = job.focus(&decoded, &converter)?;
        let pixels = job.transform(decoded, &placement, &converter)?;
        let pixels = colour::fit_format(pixels, job.format, job.recipe.background);
        Ok(Ready { picture: Picture::Pixels(pixels), cost })
    }

    /// [`None`]: it has no luma and chroma.
    fn planes(&mut self, job: &Job) -> Result<Option<&Coded>> {
        if self.planes.is_none() {
            let all = self.jobs.iter().map(Job::placement);
            self.planes = codec::decode_planes(job.bytes, &job.probe, &self.finest(job), all)?;
        }
        Ok(self.planes.as_ref())
    }

    /// Given away, where nobody else is there who could need it.
    fn pixels(&mut self, job: &Job) -> Result<Cow<'_, Decoded>> {
        let decoded = match self.pixels.take() {
            Some(decoded) => decoded,
            None => codec::decode(job.bytes, &job.probe, &self.finest(job))?,
        };
        Ok(if self.jobs.len() == 1 { Cow::Owned(decoded) } else { Cow::Borrowed(self.pixels.insert(decoded)) })
    }

    fn give_back(self) {
        let planes = self.planes.into_iter().flat_map(|coded| coded.planes);
        planes.chain(self.pixels.map(|decoded| decoded.pixels)).for_each(Pixels::give_back);
    }

    fn finest(&self, job: &Job) -> Placement {
        let placements = self.jobs.iter().map(Job::placement);
        placements.max_by(|one, other| one.fineness().total_cmp(&other.fineness())).unwrap_or_else(|| job.placement())
    }
}

/// All but encoded.
struct Ready {
    picture: Picture,
    cost: Cost,
}

enum Picture {
    Planes(Planes),
    Pixels(Pixels),
}

impl Ready {
    fn encode(self, job: &Job) -> Result<Rendered> {
        job.cancel.check()?;
        let target = job.target();
        let (size, encoded) = match self.picture {
            Picture::Planes(planes) => (planes.size(), codec::encode_planes(planes, &target)?),
            Picture::Pixels(pixels) => (pixels.size(), codec::encode(&pixels, &target)?),
        };
        Ok(job.rendered(encoded, size, self.cost))
    }
}

fn cost(job: &Job, decoded: super::Size) -> Cost {
    Cost { source: job.probe.size, decoded, frames: 1 }
}
