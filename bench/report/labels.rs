//! Places for labels, so that none lies on another.

use super::svg::{Anchor, Place, TEXT, width_of};

/// Moves heights apart until there is a gap between any two, each as near to where it wants to be as its neighbours let it.
pub(crate) fn apart(wanted: &[f64], gap: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<_> = (0..wanted.len()).collect();
    order.sort_by(|one, other| wanted[*one].total_cmp(&wanted[*other]));
    // Runs of labels that touch: each is centred on the mean of what its labels want, and joined to those that it then meets.
    let mut runs: Vec<(Vec<usize>, f64)> = Vec::new();
    for label in order {
        let mut run = (vec![label], wanted[label].clamp(top, bottom));
        while let Some((labels, middle)) = runs.pop() {
            let room = (labels.len() + run.0.len()) as f64 * gap / 2.0;
            if run.1 - middle >= room {
                runs.push((labels, middle));
                break;
            }
            let joined: Vec<_> = labels.into_iter().chain(run.0).collect();
            let mean = joined.iter().map(|label| wanted[*label]).sum::<f64>() / joined.len() as f64;
            let half = (joined.len() - 1) as f64 * gap / 2.0;
            run = (joined, mean.min(bottom - half).max(top + half));
        }
        runs.push(run);
    }
    let mut heights = wanted.to_vec();
    for (labels, middle) in runs {
        let first = middle - (labels.len() - 1) as f64 * gap / 2.0;
        for (nth, label) in labels.into_iter().enumerate() {
            heights[label] = first + nth as f64 * gap;
        }
    }
    heights
}

/// What is taken already: left, top, right, bottom.
#[derive(Default)]
pub(crate) struct Taken(Vec<[f64; 4]>);

impl Taken {
    pub(crate) fn mark(&mut self, (x, y): Place, size: f64) {
        self.0.push([x - size, y - size, x + size, y + size]);
    }

    /// Everything that a line covers, in steps.
    pub(crate) fn line(&mut self, places: &[Place]) {
        for [from, to] in places.array_windows() {
            let steps = ((to.0 - from.0).hypot(to.1 - from.1) / 8.0).ceil().clamp(1.0, 400.0);
            let mut done = 0.0;
            while done <= steps {
                let (x, y) = (from.0 + (to.0 - from.0) * done / steps, from.1 + (to.1 - from.1) * done / steps);
                self.0.push([x - 2.0, y - 2.0, x + 2.0, y + 2.0]);
                done += 1.0;
            }
        }
    }

    /// Where a mark's label covers least, of the places around it and of those a bit further off.
    pub(crate) fn label(&mut self, (x, y): Place, text: &str, bounds: [f64; 4]) -> (Anchor, Place) {
        // As if it were bold.
        let width = width_of(text) * 1.08;
        let mut best: Option<(f64, Anchor, Place, [f64; 4])> = None;
        for reach in [1.0, 1.8, 2.8, 4.0] {
            for (anchor, dx, dy) in AROUND {
                let place = (x + dx * (8.0 + 5.0 * reach), y + dy * (4.0 + 11.0 * reach) + TEXT * 0.35);
                let left = match anchor {
                    Anchor::Start => place.0,
                    Anchor::Middle => place.0 - width / 2.0,
                    Anchor::End => place.0 - width,
                };
                let own = [left, place.1 - TEXT * 0.85, left + width, place.1 + TEXT * 0.25];
                let covered = self.0.iter().map(|other| common(own, *other)).sum::<f64>();
                let cost = covered + (area(own) - common(own, bounds)) * 20.0 + reach * 80.0;
                if best.as_ref().is_none_or(|best| cost < best.0) {
                    best = Some((cost, anchor, place, own));
                }
            }
        }
        let (anchor, place) = best.map_or((Anchor::Start, (x, y)), |(_, anchor, place, own)| {
            self.0.push(own);
            (anchor, place)
        });
        (anchor, place)
    }
}

/// The best first.
const AROUND: [(Anchor, f64, f64); 8] = [
    (Anchor::Start, 1.0, 0.0),
    (Anchor::Start, 0.7, -1.0),
    (Anchor::Start, 0.7, 1.0),
    (Anchor::Middle, 0.0, -1.0),
    (Anchor::Middle, 0.0, 1.0),
    (Anchor::End, -1.0, 0.0),
    (Anchor::End, -0.7, -1.0),
    (Anchor::End, -0.7, 1.0),
];

fn area([left, top, right, bottom]: [f64; 4]) -> f64 {
    (right - left).max(0.0) * (bottom - top).max(0.0)
}

fn common(one: [f64; 4], other: [f64; 4]) -> f64 {
    area([one[0].max(other[0]), one[1].max(other[1]), one[2].min(other[2]), one[3].min(other[3])])
}
