//! Lines through points: how much a picture more costs, and how many bytes a setting saves at the same score.

/// Least squares.
pub(crate) struct Line {
    pub(crate) slope: f64,
    /// What it begins with at zero.
    pub(crate) start: f64,
}

/// [`None`] of less than two places on x.
pub(crate) fn line(points: &[(f64, f64)]) -> Option<Line> {
    let count = points.len() as f64;
    let (mean_x, mean_y) = (
        points.iter().map(|point| point.0).sum::<f64>() / count,
        points.iter().map(|point| point.1).sum::<f64>() / count,
    );
    let across = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>();
    let both = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>();
    let slope = both / across;
    let fitted = Line { slope, start: mean_y - slope * mean_x };
    (points.len() > 1 && across > 0.0 && fitted.start.is_finite()).then_some(fitted)
}

/// Straight between neighbours, of points in the order of x; [`None`] outside.
pub(crate) fn between(points: &[(f64, f64)], x: f64) -> Option<f64> {
    if let [(only, y)] = points {
        return (only.total_cmp(&x).is_eq()).then_some(*y);
    }
    let [(x0, y0), (x1, y1)] = points.array_windows().find(|[one, next]| (one.0..=next.0).contains(&x))?;
    Some(if x1 > x0 { y0 + (y1 - y0) * (x - x0) / (x1 - x0) } else { *y0 })
}

/// How many more bytes one needs than another for the same score, as a share: the mean of the logarithms' difference over the
/// scores that both reach, like Bjøntegaard's. Points are (score, bytes), in the order of the score.
pub(crate) fn more_bytes(one: &[(f64, f64)], other: &[(f64, f64)]) -> Option<f64> {
    const STEPS: u32 = 100;
    let low = one.first()?.0.max(other.first()?.0);
    let high = one.last()?.0.min(other.last()?.0);
    if low >= high {
        return None;
    }
    let logs = |points: &[(f64, f64)]| points.iter().map(|(score, bytes)| (*score, bytes.ln())).collect::<Vec<_>>();
    let (one, other) = (logs(one), logs(other));
    let differences: Vec<_> = (0..=STEPS)
        .map(|step| (low + (high - low) * f64::from(step) / f64::from(STEPS)).clamp(low, high))
        .filter_map(|score| Some(between(&one, score)? - between(&other, score)?))
        .collect();
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    mean.is_finite().then(|| mean.exp() - 1.0)
}
