//! Servers under load, and functions that start.

use super::super::super::result::{Figure, Row, Run, Suite};
use super::super::bars::{Bar, Bars, Group};
use super::super::{Plot, number, view};

/// A plot for each sort of load: their numbers are too far apart for one axis.
pub(crate) fn system(run: &Run) -> Vec<Plot> {
    let plot = |group: &str| {
        let bars = Bars {
            title: "Requests answered in a second; longer is better".to_owned(),
            axis: "requests/s; the whiskers hold 80 % of the rounds".to_owned(),
            rule: None,
            most: None,
            groups: groups(run, Suite::System, group, answered),
        };
        let blocks: Vec<_> = bars.draw().into_iter().collect();
        let description = "Bars, a group a case and one a server: requests answered in a second, and the 95th percentile of the time.";
        super::plot(run, &format!("system-{group}"), &format!("Servers, {group}"), description, &blocks)
    };
    view::groups(run, Suite::System).into_iter().filter_map(plot).collect()
}

/// A plot for each place that pictures come from: there are too many cases for one.
pub(crate) fn lambda(run: &Run) -> Vec<Plot> {
    let start_axis = "ms: solid until it asks for an event, faint until its first answer";
    let warm_axis = "ms from an event to its answer; the whiskers hold 80 % of them";
    let plot = |group: &str| {
        let panel = |title: &str, axis: &str, bar| {
            let groups = groups(run, Suite::Lambda, group, bar);
            Bars { title: title.to_owned(), axis: axis.to_owned(), rule: None, most: None, groups }.draw()
        };
        let start = panel("Cold start; shorter is better", start_axis, start);
        let warm = panel("Warm; shorter is better", warm_axis, warm);
        let blocks: Vec<_> = [start, warm].into_iter().flatten().collect();
        let description = "Above: from the start of the process until it is ready and until its first answer. Below: the answers after.";
        super::plot(run, &format!("lambda-{group}"), &format!("Lambda functions, {group}"), description, &blocks)
    };
    view::groups(run, Suite::Lambda).into_iter().filter_map(plot).collect()
}

fn groups(run: &Run, suite: Suite, group: &str, bar: fn(&Row) -> Option<Bar>) -> Vec<Group> {
    let of = |case: &str| {
        let rows = view::peers(run, suite).into_iter().filter_map(|peer| run.row((suite, group, case), peer));
        let bars = rows.filter_map(|row| bar(row).or_else(|| super::unable(row))).collect();
        Group { name: case.to_owned(), bars }
    };
    view::cases(run, suite, group).into_iter().map(of).collect()
}

fn answered(row: &Row) -> Option<Bar> {
    let rate = number::digits(view::median(row, Figure::RequestsPerSecond)?);
    let p95 = view::median(row, Figure::P95Ms).map(|p95| format!(" · p95 {} ms", number::digits(p95)));
    let failed = view::median(row, Figure::Failed).filter(|failed| *failed > 0.0);
    let failed = failed.map(|failed| format!(" · {failed:.0} failed"));
    bar(row, Figure::RequestsPerSecond, format!("{rate}{}{}", p95.unwrap_or_default(), failed.unwrap_or_default()))
}

fn start(row: &Row) -> Option<Bar> {
    let first = view::median(row, Figure::FirstMs)?;
    let Some(ready) = view::median(row, Figure::ReadyMs) else {
        return bar(row, Figure::FirstMs, format!("{} ms", number::digits(first)));
    };
    let text = format!("{} → {} ms", number::digits(ready), number::digits(first));
    Some(Bar { solid: ready, ..bar(row, Figure::FirstMs, text)? })
}

fn warm(row: &Row) -> Option<Bar> {
    bar(row, Figure::WarmMs, format!("{} ms", number::digits(view::median(row, Figure::WarmMs)?)))
}

fn bar(row: &Row, figure: Figure, text: String) -> Option<Bar> {
    let spread = view::spread(row, figure)?;
    Some(Bar {
        name: row.peer.name().to_owned(),
        class: super::class(row.peer),
        length: spread.median,
        solid: spread.median,
        spread: Some((spread.p10, spread.p90)),
        text,
    })
}
