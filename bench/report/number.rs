//! Numbers as people read them: three digits that count.

use super::super::result::Figure;
use super::super::stats::Spread;

/// `0.123`, `1.23`, `12.3`, `123`, `1234`.
pub(crate) fn digits(value: f64) -> String {
    let size = value.abs();
    // The bounds are where rounding would give a fourth digit.
    let decimals = match size {
        _ if size >= 99.95 || size == 0.0 => 0,
        _ if size >= 9.995 => 1,
        _ if size >= 0.9995 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}").replace('-', "−")
}

/// At a tick: no digits that say nothing.
pub(crate) fn tick(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.replace('-', "−") }
}

/// `41.2 (40.1–43.0)`; of a single sample only the first.
pub(crate) fn spread(spread: Spread) -> String {
    if spread.p10.total_cmp(&spread.p90).is_eq() {
        return digits(spread.median);
    }
    format!("{} ({}–{})", digits(spread.median), digits(spread.p10), digits(spread.p90))
}

/// `0.62 [0.60–0.65]`, bold where Pixfront loses.
pub(crate) fn ratio(ratio: Spread, figure: Figure) -> String {
    let mark = if is_loss(ratio, figure) { "**" } else { "" };
    let median = format!("{mark}{:.2}{mark}", ratio.median);
    if ratio.p10.total_cmp(&ratio.p90).is_eq() {
        return median;
    }
    format!("{median} [{:.2}–{:.2}]", ratio.p10, ratio.p90)
}

/// Of a ratio that is Pixfront to a peer.
pub(crate) fn is_loss(ratio: Spread, figure: Figure) -> bool {
    if figure.grows_better() { ratio.median < 1.0 } else { ratio.median > 1.0 }
}

/// `12.3 kB`, `1.24 MB`.
pub(crate) fn bytes(bytes: f64) -> String {
    if bytes >= 999_500.0 { format!("{} MB", digits(bytes / 1e6)) } else { format!("{} kB", digits(bytes / 1e3)) }
}

/// What a figure is called above a column or beside an axis.
pub(crate) fn title(figure: Figure) -> &'static str {
    match figure {
        Figure::Ms => "ms",
        Figure::Bytes => "size",
        Figure::Score => "score",
        Figure::IdleMb => "idle MB",
        Figure::PeakMb => "peak MB",
        Figure::RequestsPerSecond => "requests/s",
        Figure::P50Ms => "p50 ms",
        Figure::P95Ms => "p95 ms",
        Figure::P99Ms => "p99 ms",
        Figure::Failed => "failed",
        Figure::ReadyMs => "ready ms",
        Figure::FirstMs => "first answer ms",
        Figure::WarmMs => "warm ms",
        Figure::Dollars => "$ per million",
    }
}

/// A figure's samples in a cell.
pub(crate) fn cell(figure: Figure, value: Spread) -> String {
    match figure {
        Figure::Bytes => bytes(value.median),
        Figure::Score => format!("{:.1}", value.median),
        Figure::Failed => format!("{:.0}", value.median),
        Figure::Dollars => format!("{:.2}", value.median),
        Figure::Ms
        | Figure::IdleMb
        | Figure::PeakMb
        | Figure::RequestsPerSecond
        | Figure::P50Ms
        | Figure::P95Ms
        | Figure::P99Ms
        | Figure::ReadyMs
        | Figure::FirstMs
        | Figure::WarmMs => spread(value),
    }
}
