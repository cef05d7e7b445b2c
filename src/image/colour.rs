//! Colours: what a source's numbers mean, in sRGB's numbers.

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, ToneReprCurve, Transform8BitExecutor, TransformOptions};

use super::pixels::{Layout, Pixels, divide_by_255};
use super::profile::Profile;

mod channels;
mod cicp;
mod icc;

pub(super) use channels::{fit_format, with_alpha};

/// The way from a source's numbers to sRGB's. It is found once for all frames of an animation: large profiles take longer to
/// read than small frames to convert.
pub(super) struct Converter(Way);

enum Way {
    /// The numbers are sRGB's, or are taken for them.
    None,
    /// The layout is that of the result.
    Profile(Layout, Arc<Transform8BitExecutor>),
    /// CMYK of which nothing is known.
    Inks,
}

impl Converter {
    /// Into sRGB; grey stays grey, CMYK becomes RGB, alpha is not touched. A profile that can't be read, or is of another colour
    /// space than the pixels, counts as none, as in browsers.
    ///
    /// Colours are mapped by the profile's perceptual table, as in Chromium, or by its matrix, where all intents are one.
    /// There is no black point compensation, which moxcms has not, nor Chromium.
    pub(super) fn new(layout: Layout, profile: Option<&Profile>) -> Self {
        Self(match profile.and_then(|profile| transform(layout, profile)) {
            Some((to, transform)) => Way::Profile(to, transform),
            None if layout == Layout::Cmyk => Way::Inks,
            None => Way::None,
        })
    }

    /// Converts pixels of the layout for which this was made.
    pub(super) fn apply(&self, pixels: Pixels) -> Pixels {
        match &self.0 {
            Way::None => pixels,
            Way::Profile(layout, transform) => {
                let mut converted = Pixels::zeroed(pixels.size(), *layout);
                // It refuses only rows that do not belong to the layouts.
                if transform.transform(&pixels.data, &mut converted.data).is_ok() { converted } else { pixels }
            }
            Way::Inks => without_profile(&pixels),
        }
    }
}

/// What a profile describes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Gray,
    Rgb,
    Cmyk,
}

/// Whether a [`Converter`] of RGB would leave the numbers as they are; found without making one, which takes longer.
pub(super) fn is_rgb_kept(profile: Option<&Profile>) -> bool {
    profile.is_none_or(|profile| source(Space::Rgb, profile).is_none())
}

/// What a profile describes, and sRGB to go with it. [`None`]: nothing is to be done.
fn source(space: Space, profile: &Profile) -> Option<(ColorProfile, ColorProfile)> {
    // The rounding of its own kind: profiles have colorants of sixteen bits, code points those of the formulas.
    let (source, srgb) = match *profile {
        Profile::Icc(ref bytes) => (icc::read(bytes, space)?, ColorProfile::new_srgb()),
        Profile::Cicp { primaries, transfer } => (cicp::profile(primaries, transfer, space)?, cicp::srgb()),
    };
    (!is_srgb(&source)).then_some((source, srgb))
}

/// [`None`]: nothing is to be done.
fn transform(layout: Layout, profile: &Profile) -> Option<(Layout, Arc<Transform8BitExecutor>)> {
    let space = match layout {
        Layout::Gray | Layout::GrayAlpha => Space::Gray,
        Layout::Rgb | Layout::Rgba => Space::Rgb,
        Layout::Cmyk => Space::Cmyk,
    };
    let (source, srgb) = source(space, profile)?;
    let target = if space == Space::Gray { gray(srgb.red_trc) } else { srgb };
    let (from, to, layout) = match layout {
        Layout::Gray => (moxcms::Layout::Gray, moxcms::Layout::Gray, Layout::Gray),
        Layout::GrayAlpha => (moxcms::Layout::GrayAlpha, moxcms::Layout::GrayAlpha, Layout::GrayAlpha),
        Layout::Rgb => (moxcms::Layout::Rgb, moxcms::Layout::Rgb, Layout::Rgb),
        Layout::Rgba => (moxcms::Layout::Rgba, moxcms::Layout::Rgba, Layout::Rgba),
        // Four channels are four channels to moxcms.
        Layout::Cmyk => (moxcms::Layout::Rgba, moxcms::Layout::Rgb, Layout::Rgb),
    };
    // In floats, since few pixels are left: off by 0.9 of a step at most (of which half is rounding), fixed points by 1.4.
    let options = TransformOptions { prefer_fixed_point: false, ..TransformOptions::default() };
    Some((layout, source.create_transform_8bit(from, &target, to, options).ok()?))
}

/// Whether the profile says what would be assumed without it, within rounding. Most profiles that are met do.
fn is_srgb(profile: &ColorProfile) -> bool {
    /// Of the colorants, between two makers' sRGB; less than half a step of eight bits.
    const COLORANT_TOLERANCE: f64 = 0.001;
    let srgb = ColorProfile::new_srgb();
    let is_curve = |curve| {
        let tables = profile.build_8bit_lin_table(curve).ok().zip(srgb.build_8bit_lin_table(&srgb.red_trc).ok());
        // Half of the step to the next number, so that none would change.
        tables.is_some_and(|(found, wanted)| {
            let steps = wanted.windows(2).map(|pair| pair[1] - pair[0]);
            found
                .iter()
                .zip(wanted.iter())
                .zip(steps)
                .all(|((found, wanted), step)| (found - wanted).abs() < step / 2.0)
        })
    };
    if profile.color_space == DataColorSpace::Gray {
        return is_curve(&profile.gray_trc);
    }
    let is_near = |one: f64, other: f64| (one - other).abs() < COLORANT_TOLERANCE;
    let is_colorant = |one: moxcms::Xyzd, other: moxcms::Xyzd| {
        is_near(one.x, other.x) && is_near(one.y, other.y) && is_near(one.z, other.z)
    };
    profile.lut_a_to_b_perceptual.is_none()
        && is_colorant(profile.red_colorant, srgb.red_colorant)
        && is_colorant(profile.green_colorant, srgb.green_colorant)
        && is_colorant(profile.blue_colorant, srgb.blue_colorant)
        && [&profile.red_trc, &profile.green_trc, &profile.blue_trc].into_iter().all(is_curve)
}

/// The greys of this curve.
fn gray(curve: Option<ToneReprCurve>) -> ColorProfile {
    let mut profile = ColorProfile::new_gray_with_gamma(1.0);
    profile.gray_trc = curve;
    profile
}

/// Every ink takes its part of the light that the black one lets through. No press does that, but browsers do.
fn without_profile(pixels: &Pixels) -> Pixels {
    channels::convert(pixels, Layout::Rgb, |from, to| {
        let light = u32::from(u8::MAX - from[3]);
        for (to, ink) in to.iter_mut().zip(from) {
            *to = divide_by_255(u32::from(u8::MAX - ink) * light);
        }
    })
}
