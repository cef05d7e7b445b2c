//! From numbers to places on paper, and the round numbers in between.

use super::view;

#[derive(Clone, Copy)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    is_log: bool,
    /// Where `low` is on paper, and where `high` is.
    from: f64,
    to: f64,
}

impl Scale {
    /// From zero, with some air above the highest.
    pub(crate) fn from_zero(values: &[f64]) -> Self {
        let high = finite(values).fold(0.0, f64::max);
        Self::new(0.0, if high > 0.0 { high * 1.05 } else { 1.0 }, false)
    }

    /// Around what there is.
    pub(crate) fn around(values: &[f64]) -> Self {
        let (low, high) = ends(values);
        let air = if high > low { (high - low) * 0.12 } else { high.abs().max(1.0) * 0.1 };
        Self::new(low - air, high + air, false)
    }

    /// Around what there is above zero, every doubling as wide as every other.
    pub(crate) fn log(values: &[f64]) -> Self {
        let (low, high) = ends(&values.iter().copied().filter(|value| view::is_positive(*value)).collect::<Vec<_>>());
        let (low, high) = if low > 0.0 { (low, high) } else { (1.0, 10.0) };
        let air = if high > low { (high / low).powf(0.06) } else { 1.5 };
        Self::new(low / air, high * air, true)
    }

    fn new(low: f64, high: f64, is_log: bool) -> Self {
        Self { low, high, is_log, from: 0.0, to: 1.0 }
    }

    pub(crate) fn on(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    pub(crate) fn at(&self, value: f64) -> f64 {
        let (low, high, value) =
            if self.is_log { (self.low.ln(), self.high.ln(), value.ln()) } else { (self.low, self.high, value) };
        self.from + (value - low) / (high - low) * (self.to - self.from)
    }

    /// Whether it has a place at all.
    pub(crate) fn holds(&self, value: f64) -> bool {
        if self.is_log { view::is_positive(value) } else { view::is_number(value) }
    }

    /// About five round numbers.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let steps: &[&[f64]] = &[&[1.0], &[1.0, 3.0], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0]];
        let of_decades = steps.iter().map(|steps| self.decades(steps));
        match of_decades.into_iter().find(|ticks| ticks.len() >= 4) {
            Some(ticks) if self.is_log => ticks,
            _ => self.even(),
        }
    }

    fn decades(&self, steps: &[f64]) -> Vec<f64> {
        if !self.is_log {
            return Vec::new();
        }
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let all = (first..=last).flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
        all.filter(|tick| (self.low..=self.high).contains(tick)).collect()
    }

    fn even(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 6.0;
        let decade = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * decade).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(rough);
        let first = (self.low / step).ceil();
        let all = (0..=10).map(|nth| (first + f64::from(nth)) * step);
        all.take_while(|tick| *tick <= self.high).collect()
    }
}

fn finite(values: &[f64]) -> impl Iterator<Item = f64> {
    values.iter().copied().filter(|value| view::is_number(*value))
}

fn ends(values: &[f64]) -> (f64, f64) {
    let (low, high) = (finite(values).fold(f64::INFINITY, f64::min), finite(values).fold(f64::NEG_INFINITY, f64::max));
    if low <= high { (low, high) } else { (0.0, 1.0) }
}
