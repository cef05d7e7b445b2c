//! Time and memory against the size of the source, and of the result.

use super::super::super::result::{Figure, Peer, Run, Suite};
use super::super::chart::{Axis, Chart, Line, Names};
use super::super::growth::{self, Kind};
use super::super::scale::Scale;
use super::super::svg::Block;
use super::super::{Plot, view};

pub(crate) fn plots(run: &Run) -> Vec<Plot> {
    view::groups(run, Suite::Growth).into_iter().filter_map(|group| plot(run, group)).collect()
}

fn plot(run: &Run, group: &str) -> Option<Plot> {
    let kinds = growth::kinds(run, group);
    let panels = kinds.iter().flat_map(|kind| {
        [(Figure::Ms, "milliseconds for one picture"), (Figure::PeakMb, "MB resident at most, whole process")]
            .map(|(figure, label)| panel(run, kind, figure, label))
    });
    let blocks: Vec<_> = panels.flatten().collect();
    let title = format!("Time and memory by the size of the {}", if group == "target" { "result" } else { group });
    let description = "Lines, one a peer, against the size: milliseconds, and memory.";
    super::plot(run, &format!("growth-{group}"), &title, description, &blocks)
}

fn panel(run: &Run, kind: &Kind<'_>, figure: Figure, label: &str) -> Option<Block> {
    let peers = view::peers(run, Suite::Growth).into_iter();
    let lines: Vec<_> = peers.map(|peer| line(kind, peer, figure)).filter(|line| !line.points.is_empty()).collect();
    let all = || lines.iter().flat_map(|line| &line.points);
    let (x, y): (Vec<_>, Vec<_>) = all().copied().unzip();
    let chart = Chart {
        title: kind.name.clone(),
        x: Axis { label: kind.axis.label().to_owned(), scale: Scale::from_zero(&x) },
        y: Axis { label: label.to_owned(), scale: Scale::from_zero(&y) },
        lines,
        names: Names::AtEnds,
    };
    chart.draw()
}

fn line(kind: &Kind<'_>, peer: Peer, figure: Figure) -> Line {
    Line {
        name: peer.name().to_owned(),
        class: super::class(peer).to_owned(),
        shape: Some(super::shape(peer)),
        points: kind.points(peer, figure),
        is_strong: peer == Peer::Pixfront,
        ring: None,
    }
}
