//! What must hold for every size of a source and every box.

use pixfront::image::geometry::{Arrangement, Focus, Placement, Rect, Size, arrange};
use pixfront::image::orient::Orientation;
use pixfront::params::{Fit, Position};
use pixfront::variant::Scale;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{config, position, side};

fn size() -> impl Strategy<Value = Size> {
    let side = || prop_oneof![1..=16_u32, 1..=20_000_u32];
    (side(), side()).prop_map(|(width, height)| Size { width, height })
}

fn asked() -> impl Strategy<Value = Size> {
    (side(), side()).prop_map(|(width, height)| Size { width, height })
}

/// Two edges within a side, from fractions of it.
fn span((one, other): (f64, f64), side: u32) -> (f64, f64) {
    let (near, far) = (one.min(other) * f64::from(side), one.max(other) * f64::from(side));
    (near, far - near)
}

/// Whether one of the sides follows from the other by the ratio of `model`, rounded half up.
fn is_proportional(size: Size, model: Size) -> bool {
    let follows = |derived: u32, side: u32, over: u32, under: u32| {
        let exact = f64::from(side) * f64::from(over) / f64::from(under);
        (f64::from(derived) - (exact + 0.5).floor().max(1.0)).abs() < f64::EPSILON
    };
    follows(size.height, size.width, model.height, model.width)
        || follows(size.width, size.height, model.width, model.height)
}

/// Whether a part lies within a picture, but for what floating point may add.
fn is_within(part: Rect, whole: Size) -> bool {
    const SLACK: f64 = 1e-6;
    let is_spanned = |start: f64, length: f64, side: u32| {
        start >= -SLACK && length >= 0.0 && start + length <= f64::from(side) + SLACK
    };
    is_spanned(part.x, part.width, whole.width) && is_spanned(part.y, part.height, whole.height)
}

fn boxed(asked: Size, fit: Fit, position: Position) -> Scale {
    Scale::Box { width: Some(asked.width), height: Some(asked.height), fit, position }
}

fn whole(source: Size) -> Rect {
    Rect { x: 0.0, y: 0.0, width: f64::from(source.width), height: f64::from(source.height) }
}

/// Whether a size is within another.
fn fits(size: Size, bounds: Size) -> bool {
    (1..=bounds.width).contains(&size.width) && (1..=bounds.height).contains(&size.height)
}

/// Whether this is the box, or the largest of its ratio that is within the source.
fn is_box_within(size: Size, asked: Size, source: Size) -> bool {
    let touches = size == asked || size.width == source.width || size.height == source.height;
    fits(size, asked) && fits(size, source) && touches && is_proportional(size, asked)
}

/// Whether a point (thousandths) is the middle of a crop along a side, or the crop ends at the edge towards the point.
fn is_near_the_middle(point: u16, start: f64, length: f64, side: u32) -> bool {
    let (point, end) = (f64::from(point) / 1000.0 * f64::from(side), f64::from(side));
    let centre = start + length / 2.0;
    let is_at = |one: f64, other: f64| (one - other).abs() < 1e-6;
    is_at(centre, point) || (centre > point && is_at(start, 0.0)) || (centre < point && is_at(start + length, end))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn inside_is_the_largest_that_fits(source in size(), width in option::of(side()), height in option::of(side())) {
        let scale = Scale::Box { width, height, fit: Fit::Inside, position: Position::default() };
        let Arrangement { placement: Placement { crop, size }, ground, focus } = arrange(source, scale);
        let bounds = Size { width: width.unwrap_or(u32::MAX), height: height.unwrap_or(u32::MAX) };
        prop_assert!(fits(size, source) && fits(size, bounds), "{:?}", size);
        prop_assert!(size == source || width == Some(size.width) || height == Some(size.height), "{:?}", size);
        prop_assert!(is_proportional(size, source), "{:?}", size);
        prop_assert_eq!((crop, ground, focus), (whole(source), None, None));
    }

    #[test]
    fn outside_is_the_smallest_around_the_box(source in size(), asked in asked()) {
        let Arrangement { placement: Placement { crop, size }, ground, focus } =
            arrange(source, boxed(asked, Fit::Outside, Position::default()));
        prop_assert!(fits(size, source), "{:?}", size);
        prop_assert!(size == source || fits(asked, size), "{:?} is not around the box", size);
        prop_assert!(size == source || size.width == asked.width || size.height == asked.height, "{:?}", size);
        let is_smaller = asked.width < source.width && asked.height < source.height;
        prop_assert_eq!(size == source, !is_smaller, "{:?}", size);
        prop_assert!(is_proportional(size, source), "{:?}", size);
        prop_assert_eq!((crop, ground, focus), (whole(source), None, None));
    }

    #[test]
    fn fill_has_the_ratio_of_the_box(source in size(), asked in asked()) {
        let Arrangement { placement: Placement { crop, size }, ground, focus } =
            arrange(source, boxed(asked, Fit::Fill, Position::default()));
        prop_assert!(is_box_within(size, asked, source), "{:?}", size);
        prop_assert_eq!((crop, ground, focus), (whole(source), None, None));
    }

    #[test]
    fn contain_is_inside_on_a_ground_of_the_ratio_of_the_box(source in size(), asked in asked()) {
        let Arrangement { placement, ground, focus } = arrange(source, boxed(asked, Fit::Contain, Position::default()));
        let inside = arrange(source, boxed(asked, Fit::Inside, Position::default())).placement;
        prop_assert_eq!((placement, focus), (inside, None));
        let (ground, picture) = (ground.unwrap(), placement.size);
        prop_assert!(fits(ground.size, asked) && fits(picture, ground.size), "{:?}", ground);
        // Only a picture that is there unscaled makes the box shrink.
        prop_assert!(ground.size == asked || (picture == source && is_proportional(ground.size, asked)), "{:?}", ground);
        prop_assert!(picture.width == ground.size.width || picture.height == ground.size.height, "{:?}", ground);
        let (right, below) =
            (ground.size.width - picture.width - ground.left, ground.size.height - picture.height - ground.top);
        prop_assert!([0, 1].contains(&(right - ground.left)) && [0, 1].contains(&(below - ground.top)), "{:?}", ground);
    }

    #[test]
    fn cover_keeps_the_ratio_of_the_box_and_the_point(
        source in size(),
        asked in asked(),
        position in position(),
        orientation in select(&Orientation::ALL[..]),
    ) {
        let arrangement = arrange(source, boxed(asked, Fit::Cover, position));
        let Placement { crop, size } = arrangement.placement;
        prop_assert!(is_box_within(size, asked, source), "{:?}", size);
        prop_assert!(crop.width >= f64::from(size.width) && crop.height >= f64::from(size.height), "{:?}", crop);
        let skew = crop.width * f64::from(size.height) / (crop.height * f64::from(size.width));
        prop_assert!((skew - 1.0).abs() < 1e-9, "{:?} becomes {:?}", crop, size);

        let ((x, y), focus) = match position {
            Position::Point { x, y } => ((x, y), None),
            Position::Entropy => ((500, 500), Some(Focus::Entropy)),
            Position::Attention => ((500, 500), Some(Focus::Attention)),
        };
        prop_assert_eq!((arrangement.ground, arrangement.focus), (None, focus));
        prop_assert!(is_near_the_middle(x, crop.x, crop.width, source.width), "{:?} in {:?}", crop, source);
        prop_assert!(is_near_the_middle(y, crop.y, crop.height, source.height), "{:?} in {:?}", crop, source);

        // The resampler takes no more than there is, not by one bit, however the source is stored.
        prop_assert!(crop.x >= 0.0 && crop.x + crop.width <= f64::from(source.width), "{:?}", crop);
        prop_assert!(crop.y >= 0.0 && crop.y + crop.height <= f64::from(source.height), "{:?}", crop);
        let (stored, crop) = (orientation.swap(source), arrangement.placement.before(orientation, source).crop);
        prop_assert!(crop.x >= 0.0 && crop.x + crop.width <= f64::from(stored.width), "{:?}", crop);
        prop_assert!(crop.y >= 0.0 && crop.y + crop.height <= f64::from(stored.height), "{:?}", crop);
    }

    #[test]
    fn half_is_half(source in size()) {
        let size = arrange(source, Scale::Half).size();
        for (half, whole) in [(size.width, source.width), (size.height, source.height)] {
            prop_assert!(half == 1 || half * 2 == whole - whole % 2);
            prop_assert!((1..=whole).contains(&half));
        }
        prop_assert_eq!(arrange(source, Scale::None).size(), source);
    }

    #[test]
    fn a_part_lies_within_the_stored_picture_too(
        orientation in select(&Orientation::ALL[..]),
        upright in size(),
        (across, down) in ((0.0..=1.0, 0.0..=1.0), (0.0..=1.0, 0.0..=1.0)),
    ) {
        let ((x, width), (y, height)) = (span(across, upright.width), span(down, upright.height));
        let part = Rect { x, y, width, height };
        let (stored, stored_part) = (orientation.swap(upright), orientation.undo_rect(part, upright));
        prop_assert!(is_within(stored_part, stored), "{:?} of {:?}", stored_part, stored);
        prop_assert!((stored_part.width * stored_part.height - width * height).abs() < f64::EPSILON);
        prop_assert_eq!(orientation.swap(stored), upright);
    }

    #[test]
    fn the_first_pixel_of_the_file_is_where_exif_says(
        value in 1..=8_usize,
        upright in size(),
        (right, down) in (0.0..=1.0_f64, 0.0..=1.0_f64),
    ) {
        let (width, height) = ((right * f64::from(upright.width)).round(), (down * f64::from(upright.height)).round());
        // EXIF 2.32 §4.6.4 A: row 0 and column 0 of the file are these sides of what is seen.
        let is_right = [2, 3, 6, 7].contains(&value);
        let is_bottom = [3, 4, 7, 8].contains(&value);
        let x = if is_right { f64::from(upright.width) - width } else { 0.0 };
        let y = if is_bottom { f64::from(upright.height) - height } else { 0.0 };
        let stored = Orientation::ALL[value - 1].undo_rect(Rect { x, y, width, height }, upright);
        let (width, height) = if value >= 5 { (height, width) } else { (width, height) };
        prop_assert_eq!(stored, Rect { x: 0.0, y: 0.0, width, height });
    }
}
