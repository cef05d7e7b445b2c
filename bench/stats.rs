//! Medians and spreads. Nothing here assumes a distribution: these machines are noisy, and mostly to one side.

/// The middle of what was measured, and where most of it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) p10: f64,
    pub(crate) p90: f64,
}

/// [`None`] of no samples.
pub(crate) fn spread(samples: &[f64]) -> Option<Spread> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(Spread { median: quantile(&sorted, 0.5)?, p10: quantile(&sorted, 0.1)?, p90: quantile(&sorted, 0.9)? })
}

pub(crate) fn median(samples: &[f64]) -> Option<f64> {
    spread(samples).map(|spread| spread.median)
}

/// One to the other, round by round: what slowed both of a pair down is not in it.
pub(crate) fn ratio(one: &[f64], other: &[f64]) -> Option<Spread> {
    let ratios: Vec<_> = one.iter().zip(other).map(|(one, other)| one / other).collect();
    spread(&ratios)
}

/// [`None`] of no values.
pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some((values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp())
}

/// Between the neighbours of its place, in proportion.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(below + (above - below) * place.fract())
}
