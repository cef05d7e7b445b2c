//! Rate, distortion and time of the encoders' settings: why the defaults are what they are.

use super::super::super::result::{Peer, Run, Suite};
use super::super::chart::{Axis, Chart, Line, Names};
use super::super::frontier::{self, Setting};
use super::super::scale::Scale;
use super::super::svg::{Block, Shape};
use super::super::{Plot, view};

pub(crate) fn plots(run: &Run) -> Vec<Plot> {
    view::groups(run, Suite::Quality).into_iter().filter_map(|group| plot(run, group)).collect()
}

fn plot(run: &Run, group: &str) -> Option<Plot> {
    let settings = frontier::settings(run, group);
    let blocks: Vec<_> = [by_bytes(&settings), by_time(&settings)].into_iter().flatten().collect();
    let description =
        "Above: the score against the bytes, a line a setting. Below: the bytes for equal scores against the time.";
    super::plot(run, &format!("frontier-{group}"), &format!("{group}: bytes, score and time"), description, &blocks)
}

fn by_bytes(settings: &[Setting<'_>]) -> Option<Block> {
    let lines: Vec<_> = settings.iter().enumerate().map(|(nth, setting)| line(settings, nth, setting)).collect();
    let (x, y): (Vec<_>, Vec<_>) = lines.iter().flat_map(|line| &line.points).copied().unzip();
    let chart = Chart {
        title: "Score by size; up and to the left is better".to_owned(),
        x: Axis { label: "kB (every doubling as wide)".to_owned(), scale: Scale::log(&x) },
        y: Axis { label: "SSIMULACRA2: 70 is good, 90 can't be told apart".to_owned(), scale: Scale::around(&y) },
        lines,
        names: Names::Legend,
    };
    chart.draw()
}

fn line(settings: &[Setting<'_>], nth: usize, setting: &Setting<'_>) -> Line {
    let is_foreign = frontier::base(settings).is_some_and(|base| base.peer != setting.peer);
    let dashed = if is_foreign { " dashed" } else { "" };
    Line {
        name: setting.name.clone(),
        class: format!("{}{dashed}", class(settings, nth)),
        shape: Some(shape(settings, nth)),
        points: setting.points.iter().map(|point| (point.bytes / 1e3, point.score)).collect(),
        is_strong: is_base(settings, setting),
        ring: setting.default().map(|point| (point, ring(settings, setting, point))),
    }
}

/// What a default's ring says: of the base all of it, of another peer whose it is.
fn ring(settings: &[Setting<'_>], setting: &Setting<'_>, point: usize) -> String {
    let case = setting.points.get(point).map_or("", |point| point.row.case.as_str());
    if is_base(settings, setting) { format!("default: {case}") } else { format!("{}'s default", setting.peer) }
}

fn by_time(settings: &[Setting<'_>]) -> Option<Block> {
    let base = frontier::base(settings)?;
    let score = frontier::score_of(base)?;
    let place = |setting: &Setting<'_>| Some((setting.ms_at(score)?, setting.more_bytes_than(base)? * 100.0));
    let placed: Vec<_> =
        settings.iter().enumerate().filter_map(|(nth, setting)| Some((nth, setting, place(setting)?))).collect();
    // One setting says nothing about a choice.
    if placed.len() < 2 {
        return None;
    }
    let peers: Vec<Peer> = view::distinct(placed.iter().map(|(_, setting, _)| setting.peer));
    let mut lines: Vec<_> = peers.into_iter().map(|peer| joined(peer, &placed)).collect();
    lines.extend(placed.iter().map(|(nth, setting, place)| Line {
        name: setting.name.clone(),
        class: class(settings, *nth),
        shape: Some(shape(settings, *nth)),
        points: vec![*place],
        is_strong: is_base(settings, setting),
        ring: setting.default().map(|_| (0, String::new())),
    }));
    let (x, y): (Vec<_>, Vec<_>) = placed.iter().map(|(_, _, place)| *place).unzip();
    let chart = Chart {
        title: format!("Size by time; down and to the left is better; {} is 0 %", base.name),
        x: Axis { label: format!("ms at a score of {score:.0} (every doubling as wide)"), scale: Scale::log(&x) },
        y: Axis { label: "% more bytes for the same score".to_owned(), scale: Scale::around(&y) },
        lines,
        names: Names::Beside,
    };
    chart.draw()
}

/// A thin line through a peer's settings, in their order.
fn joined(peer: Peer, placed: &[(usize, &Setting<'_>, (f64, f64))]) -> Line {
    let own = placed.iter().filter(|(_, setting, _)| setting.peer == peer);
    let points = own.map(|(_, _, place)| *place).collect();
    Line { name: String::new(), class: "leader c7".to_owned(), shape: None, points, is_strong: false, ring: None }
}

fn is_base(settings: &[Setting<'_>], setting: &Setting<'_>) -> bool {
    frontier::base(settings).is_some_and(|base| std::ptr::eq(base, setting))
}

/// The base has Pixfront's colour, the others the rest in turn. The shapes' turn is longer, so that no two are alike in both.
fn class(settings: &[Setting<'_>], nth: usize) -> String {
    among_others(settings, nth).map_or_else(|| "c0".to_owned(), |nth| format!("c{}", nth % 7 + 1))
}

fn shape(settings: &[Setting<'_>], nth: usize) -> Shape {
    among_others(settings, nth).map_or(Shape::Circle, |nth| Shape::ALL[(nth + 1) % Shape::ALL.len()])
}

/// A setting's number where the base is not counted; [`None`] of the base itself.
fn among_others(settings: &[Setting<'_>], nth: usize) -> Option<usize> {
    match settings.iter().position(|setting| is_base(settings, setting)) {
        Some(base) if base == nth => None,
        Some(base) if base < nth => Some(nth - 1),
        _ => Some(nth),
    }
}
