//! An SVG file by hand: shapes with classes, and one style sheet that knows light and dark.
//!
//! A file is all that it needs: no script, no font, nothing from elsewhere. So it may stand in a README as a picture.

/// Of every plot.
pub(crate) const WIDTH: f64 = 860.0;
/// Of text, large enough to be read at half the size.
pub(crate) const TEXT: f64 = 15.0;

const STYLE: &str = include_str!("svg.css");

/// Part of a plot, as wide as it, from its own 0 downwards.
pub(crate) struct Block {
    pub(crate) height: f64,
    body: String,
}

/// A kind of mark, so that colour is not all that tells lines apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Wedge,
    Cross,
    Hexagon,
    Star,
}

#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

pub(crate) type Place = (f64, f64);

impl Block {
    pub(crate) fn new(height: f64) -> Self {
        Self { height, body: String::new() }
    }

    pub(crate) fn line(&mut self, class: &str, from: Place, to: Place) {
        self.path(class, &[from, to]);
    }

    pub(crate) fn path(&mut self, class: &str, places: &[Place]) {
        let places: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.body.push_str(&format!("<polyline class=\"line {class}\" points=\"{}\"/>\n", places.join(" ")));
    }

    pub(crate) fn bar(&mut self, class: &str, (x, y): Place, (width, height): (f64, f64)) {
        let width = width.max(0.5);
        self.body.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>\n"
        ));
    }

    pub(crate) fn text(&mut self, class: &str, anchor: Anchor, (x, y): Place, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        self.body.push_str(&format!(
            "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>\n"
        ));
    }

    pub(crate) fn mark(&mut self, class: &str, shape: Shape, (x, y): Place, size: f64) {
        let points: Vec<_> =
            shape.points().iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx * size, y + dy * size)).collect();
        let circle = format!("<circle class=\"mark {class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{size:.1}\"/>\n");
        let polygon = format!("<polygon class=\"mark {class}\" points=\"{}\"/>\n", points.join(" "));
        self.body.push_str(if points.is_empty() { &circle } else { &polygon });
    }
}

impl Shape {
    pub(crate) const ALL: [Self; 8] = [
        Self::Circle,
        Self::Square,
        Self::Triangle,
        Self::Diamond,
        Self::Wedge,
        Self::Cross,
        Self::Hexagon,
        Self::Star,
    ];

    /// Around the middle, in a circle of about 1; none of a circle itself.
    fn points(self) -> Vec<Place> {
        let around = |corners: u32, turn: f64, inner: f64| {
            let corner = |nth: u32| {
                let angle = (f64::from(nth) / f64::from(corners) + turn) * std::f64::consts::TAU;
                let reach = if nth.is_multiple_of(2) { 1.2 } else { 1.2 * inner };
                (angle.sin() * reach, -angle.cos() * reach)
            };
            (0..corners).map(corner).collect()
        };
        match self {
            Self::Circle => Vec::new(),
            Self::Square => vec![(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Self::Triangle => around(3, 0.0, 1.0),
            Self::Diamond => around(4, 0.0, 1.0),
            Self::Wedge => around(3, 0.5, 1.0),
            Self::Cross => {
                let (arm, half) = (1.25, 0.42);
                let quarter = [(half, -arm), (half, -half), (arm, -half)];
                let turned = |turns: u32| quarter.map(|place| (0..turns).fold(place, |(x, y): Place, _| (-y, x)));
                (0..4).flat_map(turned).collect()
            }
            Self::Hexagon => around(6, 0.0, 1.0),
            Self::Star => around(10, 0.0, 0.55),
        }
    }
}

/// About how wide a text of [`TEXT`] is, whatever the reader's font.
pub(crate) fn width_of(text: &str) -> f64 {
    text.chars().map(|letter| if "iljtf.,:;|()[] '".contains(letter) { 0.36 } else { 0.6 }).sum::<f64>() * TEXT
}

/// A whole file: parts below each other, with what they show for those who can't see them.
pub(crate) fn document(title: &str, description: &str, blocks: &[Block]) -> String {
    let head = 52.0;
    let height = blocks.iter().map(|block| block.height).sum::<f64>() + head;
    let (title, description) = (escaped(title), escaped(description));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" \
         role=\"img\" aria-labelledby=\"title description\">\n<title id=\"title\">{title}</title>\n\
         <desc id=\"description\">{description}</desc>\n<style>\n{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height:.0}\"/>\n\
         <text class=\"title\" x=\"20\" y=\"34\">{title}</text>\n"
    );
    let mut below = head;
    for block in blocks {
        text.push_str(&format!("<g transform=\"translate(0 {below:.1})\">\n{}</g>\n", block.body));
        below += block.height;
    }
    text + "</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
