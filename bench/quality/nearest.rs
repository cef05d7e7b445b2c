//! The search for the quality at which an encoder's result scores like another's: scales differ from encoder to encoder.

use super::super::Failure;

const LEAST: u8 = 1;
const MOST: u8 = 100;
/// Nobody sees less.
const NEAR: f64 = 0.25;
/// Of most encoders, in the middle of their scale.
const POINTS_A_STEP: f64 = 0.6;

/// The quality whose score is the nearest to the target, of those that were tried: first the one whose score is known. Each try is
/// on the side where the target should be, and narrows what is left, so that it ends also where scores go up and down, or don't
/// reach the target at all. `score_of` gives [`None`] where the encoder can't: nothing else is tried then.
pub(crate) fn nearest(
    target: f64,
    first: (u8, f64),
    mut score_of: impl FnMut(u8) -> Result<Option<f64>, Failure>,
) -> Result<u8, Failure> {
    let (mut low, mut high) = (LEAST, MOST);
    let (mut quality, mut score) = first;
    let mut best = (f64::INFINITY, quality);
    loop {
        let distance = (score - target).abs();
        if !distance.is_finite() {
            return Err(format!("a score of {score} at quality {quality} can't be brought near {target}").into());
        }
        if distance < best.0 {
            best = (distance, quality);
        }
        if score < target {
            low = quality.saturating_add(1);
        } else {
            high = quality.saturating_sub(1);
        }
        if best.0 < NEAR || low > high {
            return Ok(best.1);
        }
        let step = (target - score) / POINTS_A_STEP;
        quality = (f64::from(quality) + step).round().clamp(low.into(), high.into()) as u8;
        match score_of(quality)? {
            Some(found) => score = found,
            None => return Ok(best.1),
        }
    }
}
