//! A panel of bars that lie, in groups with a head each: every bar says whose it is and what it comes to.

use super::number::tick;
use super::scale::Scale;
use super::svg::{Anchor, Block, TEXT, WIDTH, width_of};

pub(crate) struct Bars {
    pub(crate) title: String,
    /// What the length is, with its unit.
    pub(crate) axis: String,
    /// A line that everything is measured against.
    pub(crate) rule: Option<f64>,
    /// Longer bars are torn off here, with their text to say how long they are.
    pub(crate) most: Option<f64>,
    pub(crate) groups: Vec<Group>,
}

pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) bars: Vec<Bar>,
}

pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) class: &'static str,
    pub(crate) length: f64,
    /// As far as it is solid; the rest is faint.
    pub(crate) solid: f64,
    /// Where most samples lie.
    pub(crate) spread: Option<(f64, f64)>,
    pub(crate) text: String,
}

const PITCH: f64 = 23.0;
const THICK: f64 = 17.0;
const HEAD: f64 = 28.0;

impl Bars {
    /// [`None`] where there is no bar.
    pub(crate) fn draw(mut self) -> Option<Block> {
        for group in &mut self.groups {
            group.bars.retain(|bar| bar.length.is_finite() && bar.length >= 0.0);
        }
        self.groups.retain(|group| !group.bars.is_empty());
        let bars = || self.groups.iter().flat_map(|group| &group.bars);
        // Nor where all are of peers that can't.
        bars().find(|bar| bar.length > 0.0)?;
        let left = 34.0 + bars().map(|bar| width_of(&bar.name)).fold(0.0, f64::max);
        let right =
            WIDTH - 28.0 - bars().filter(|bar| bar.length > 0.0).map(|bar| width_of(&bar.text)).fold(0.0, f64::max);
        let most = self.most.unwrap_or(f64::INFINITY);
        let reaches: Vec<_> = bars().map(|bar| reach(bar).min(most)).collect();
        let scale = Scale::from_zero(&reaches).on(left, right.max(left + 100.0));
        let rows = self.groups.iter().map(|group| HEAD + group.bars.len() as f64 * PITCH + 6.0).sum::<f64>();
        let (top, bottom) = (32.0, 32.0 + rows);
        let mut block = Block::new(bottom + 66.0);
        block.text("head", Anchor::Start, (20.0, 18.0), &self.title);
        self.axis(&mut block, &scale, (top, bottom));
        if let Some(rule) = self.rule {
            block.line("rule", (scale.at(rule), top + HEAD), (scale.at(rule), bottom));
        }
        let mut below = top;
        for group in &self.groups {
            block.text("strong", Anchor::Start, (20.0, below + 20.0), &group.name);
            below += HEAD;
            for bar in &group.bars {
                draw(&mut block, bar, &scale, (below, most));
                below += PITCH;
            }
            below += 6.0;
        }
        Some(block)
    }

    fn axis(&self, block: &mut Block, scale: &Scale, (top, bottom): (f64, f64)) {
        for value in scale.ticks() {
            let x = scale.at(value);
            block.line(if value > 0.0 { "grid" } else { "axis" }, (x, top + HEAD), (x, bottom));
            block.text("quiet", Anchor::Middle, (x, bottom + 18.0), &tick(value));
        }
        block.text("quiet", Anchor::Start, (scale.at(0.0), bottom + 40.0), &format!("{} →", self.axis));
    }
}

fn reach(bar: &Bar) -> f64 {
    bar.spread.map_or(bar.length, |spread| spread.1.max(bar.length))
}

fn draw(block: &mut Block, bar: &Bar, scale: &Scale, (top, most): (f64, f64)) {
    let (middle, from) = (top + THICK / 2.0, scale.at(0.0));
    let (solid, end) = (scale.at(bar.solid.min(most)), scale.at(bar.length.min(most)));
    block.text("", Anchor::End, (from - 8.0, middle + TEXT * 0.35), &bar.name);
    if bar.length > 0.0 {
        block.bar(bar.class, (from, top), (solid - from, THICK));
    }
    if end > solid {
        block.bar(&format!("{} faint", bar.class), (solid, top), (end - solid, THICK));
    }
    if bar.length > most {
        // Torn: two gaps before the end.
        for gap in [10.0, 18.0] {
            block.bar("ground", (end - gap, top - 1.0), (3.0, THICK + 2.0));
        }
    }
    let mut text = end;
    if let Some((low, high)) = bar.spread.filter(|(low, high)| *high <= most && low < high) {
        let (low, high) = (scale.at(low), scale.at(high));
        block.line("whisker", (low, middle), (high, middle));
        for place in [low, high] {
            block.line("whisker", (place, middle - 4.0), (place, middle + 4.0));
        }
        text = text.max(high);
    }
    block.text("", Anchor::Start, (text + 8.0, middle + TEXT * 0.35), &bar.text);
}
