//! A panel with two axes: lines with their names at their ends, or points with their names beside them.

use super::labels::{Taken, apart};
use super::number::tick;
use super::scale::Scale;
use super::svg::{Anchor, Block, Place, Shape, TEXT, WIDTH, width_of};

pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) lines: Vec<Line>,
    pub(crate) names: Names,
}

pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) scale: Scale,
}

pub(crate) enum Names {
    /// On the right, each where its line ends.
    AtEnds,
    /// On the right, in the lines' order: where they end too close together.
    Legend,
    /// Beside the last point.
    Beside,
}

pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) class: String,
    /// None: only what joins other lines' points.
    pub(crate) shape: Option<Shape>,
    pub(crate) points: Vec<Place>,
    /// What the reader should look at first.
    pub(crate) is_strong: bool,
    /// A ring around a point, and what it says.
    pub(crate) ring: Option<(usize, String)>,
}

const TOP: f64 = 52.0;
const BOTTOM: f64 = 346.0;
const HEIGHT: f64 = 418.0;
const LEFT: f64 = 84.0;
const GAP: f64 = TEXT + 5.0;

/// The part of a line that has a place.
struct Drawn<'a> {
    line: &'a Line,
    places: Vec<Place>,
}

impl Chart {
    /// [`None`] where there is no point.
    pub(crate) fn draw(self) -> Option<Block> {
        let named = self.lines.iter().filter(|line| line.points.iter().any(|point| self.holds(*point)));
        let widest = named.map(|line| width_of(&line.name) * 1.08).fold(0.0, f64::max);
        let right = match self.names {
            Names::AtEnds | Names::Legend => WIDTH - widest - 54.0,
            Names::Beside => WIDTH - 24.0,
        };
        let (x, y) = (self.x.scale.on(LEFT, right), self.y.scale.on(BOTTOM, TOP));
        let mut drawn: Vec<_> =
            self.lines.iter().map(|line| Drawn { line, places: self.places(line, &x, &y) }).collect();
        drawn.retain(|drawn| !drawn.places.is_empty());
        if drawn.is_empty() {
            return None;
        }
        let mut block = Block::new(HEIGHT + GAP * (drawn.len() as f64 - 15.0).max(0.0));
        self.axes(&mut block, &x, &y, right);
        if matches!(self.names, Names::Legend) {
            let heights: Vec<_> = (0..drawn.len()).map(|nth| TOP + GAP * nth as f64).collect();
            names(&mut block, &drawn, &heights, right);
        }
        // What matters most lies on top.
        drawn.sort_by_key(|drawn| drawn.line.is_strong);
        if matches!(self.names, Names::AtEnds) {
            at_ends(&mut block, &drawn, right);
        }
        let mut taken = lines(&mut block, &drawn);
        let bounds = [LEFT, TOP - 10.0, right, BOTTOM];
        if matches!(self.names, Names::Beside) {
            beside(&mut block, &drawn, &mut taken, bounds);
        }
        ring_texts(&mut block, &drawn, &mut taken, bounds);
        Some(block)
    }

    fn holds(&self, (x, y): Place) -> bool {
        self.x.scale.holds(x) && self.y.scale.holds(y)
    }

    fn places(&self, line: &Line, x: &Scale, y: &Scale) -> Vec<Place> {
        line.points.iter().filter(|point| self.holds(**point)).map(|point| (x.at(point.0), y.at(point.1))).collect()
    }

    fn axes(&self, block: &mut Block, x: &Scale, y: &Scale, right: f64) {
        block.text("head", Anchor::Start, (20.0, 18.0), &self.title);
        block.text("quiet", Anchor::Start, (20.0, 38.0), &format!("↑ {}", self.y.label));
        for value in y.ticks() {
            let height = y.at(value);
            block.line("grid", (LEFT, height), (right, height));
            block.text("quiet", Anchor::End, (LEFT - 10.0, height + TEXT * 0.35), &tick(value));
        }
        block.line("axis", (LEFT, BOTTOM), (right, BOTTOM));
        for value in x.ticks() {
            let place = x.at(value);
            block.line("axis", (place, BOTTOM), (place, BOTTOM + 5.0));
            block.text("quiet", Anchor::Middle, (place, BOTTOM + 22.0), &tick(value));
        }
        block.text("quiet", Anchor::End, (right, BOTTOM + 44.0), &format!("{} →", self.x.label));
    }
}

/// All but the names; and what of the panel is taken then.
fn lines(block: &mut Block, drawn: &[Drawn<'_>]) -> Taken {
    let mut taken = Taken::default();
    for Drawn { line, places } in drawn {
        let strong = if line.is_strong { " strong" } else { "" };
        block.path(&format!("{}{strong}", line.class), places);
        taken.line(places);
    }
    for Drawn { line, places } in drawn {
        for (shape, place) in line.shape.iter().flat_map(|shape| places.iter().map(move |place| (*shape, *place))) {
            block.mark(&line.class, shape, place, if line.is_strong { 6.5 } else { 5.5 });
            taken.mark(place, 6.5);
        }
    }
    for (place, _) in drawn.iter().filter_map(Drawn::ring) {
        block.mark("ring", Shape::Circle, place, 10.5);
        taken.mark(place, 12.0);
    }
    taken
}

impl Drawn<'_> {
    fn ring(&self) -> Option<(Place, &str)> {
        let (nth, text) = self.line.ring.as_ref()?;
        Some((*self.places.get(*nth)?, text))
    }

    fn text_class(&self) -> &'static str {
        if self.line.is_strong { "strong" } else { "" }
    }
}

/// Names as high as their lines end, or as near to that as there is room.
fn at_ends(block: &mut Block, drawn: &[Drawn<'_>], right: f64) {
    let ends: Vec<_> = drawn.iter().filter_map(|drawn| Some((drawn.line, *drawn.places.last()?))).collect();
    let heights = apart(&ends.iter().map(|end| end.1.1).collect::<Vec<_>>(), GAP, (TOP, f64::INFINITY));
    for ((line, end), height) in ends.into_iter().zip(&heights) {
        block.line(&format!("leader {}", line.class), end, (right + 14.0, *height));
    }
    names(block, drawn, &heights, right);
}

fn names(block: &mut Block, drawn: &[Drawn<'_>], heights: &[f64], right: f64) {
    for (drawn, height) in drawn.iter().zip(heights) {
        if let Some(shape) = drawn.line.shape {
            block.mark(&drawn.line.class, shape, (right + 22.0, *height), 5.5);
        }
        let place = (right + 34.0, height + TEXT * 0.35);
        block.text(drawn.text_class(), Anchor::Start, place, &drawn.line.name);
    }
}

fn beside(block: &mut Block, drawn: &[Drawn<'_>], taken: &mut Taken, bounds: [f64; 4]) {
    for drawn in drawn.iter().rev().filter(|drawn| !drawn.line.name.is_empty()) {
        if let Some(place) = drawn.places.last() {
            let (anchor, place) = taken.label(*place, &drawn.line.name, bounds);
            block.text(drawn.text_class(), anchor, place, &drawn.line.name);
        }
    }
}

fn ring_texts(block: &mut Block, drawn: &[Drawn<'_>], taken: &mut Taken, bounds: [f64; 4]) {
    for (place, text) in drawn.iter().filter_map(Drawn::ring).filter(|(_, text)| !text.is_empty()) {
        let (anchor, place) = taken.label(place, text, bounds);
        block.text("strong", anchor, place, text);
    }
}
