//! Code points of ITU-T H.273, by which AVIF and PNG name a colour space without describing it.

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, MatrixCoefficients, ToneReprCurve, TransferCharacteristics,
    curve_from_gamma,
};

use super::Space;

/// [`None`] where there are no such colours: code points do not describe CMYK.
pub(super) fn profile(primaries: u8, transfer: u8, space: Space) -> Option<ColorProfile> {
    let curve = curve(transfer).or(ColorProfile::new_srgb().red_trc);
    match space {
        Space::Gray => Some(super::gray(curve)),
        Space::Rgb => {
            let mut profile = colours(primaries);
            profile.red_trc.clone_from(&curve);
            profile.green_trc.clone_from(&curve);
            profile.blue_trc = curve;
            Some(profile)
        }
        Space::Cmyk => None,
    }
}

pub(super) fn srgb() -> ColorProfile {
    colours(1)
}

/// Primaries that are reserved or unspecified are sRGB's.
fn colours(primaries: u8) -> ColorProfile {
    let mut profile = ColorProfile::new_srgb();
    let color_primaries = CicpColorPrimaries::try_from(primaries).unwrap_or(CicpColorPrimaries::Unspecified);
    let known = CicpProfile {
        color_primaries,
        transfer_characteristics: TransferCharacteristics::Srgb,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    };
    // Its answer says "no" whatever it did, so nobody asks: where it can do nothing, the profile stays sRGB's.
    profile.update_rgb_colorimetry_from_cicp(known);
    // Or moxcms would take the curve from here.
    profile.cicp = None;
    profile
}

/// [`None`]: sRGB's. That is also said of the codes of television (1, 6, 7, 14, 15), which describe a camera and not a screen:
/// sharp shows them as sRGB too.
fn curve(transfer: u8) -> Option<ToneReprCurve> {
    match transfer {
        4 => Some(curve_from_gamma(2.2)),
        5 => Some(curve_from_gamma(2.8)),
        8 => Some(curve_from_gamma(1.0)),
        16 => Some(sampled(|signal| pq_light(signal) / DIFFUSE_WHITE)),
        17 => Some(curve_from_gamma(2.6)),
        18 => Some(sampled(|signal| hlg_light(signal) / hlg_light(HLG_DIFFUSE_WHITE))),
        _ => None,
    }
}

/// High dynamic range is not tone-mapped: white paper (BT.2408's 203 cd/m²) becomes white, and what is brighter is clipped.
const DIFFUSE_WHITE: f64 = 203.0;
/// The signal of the same paper in HLG.
const HLG_DIFFUSE_WHITE: f64 = 0.75;

fn sampled(light: impl Fn(f64) -> f64) -> ToneReprCurve {
    /// The steep curve of PQ asks for more than the 256 numbers that a sample has.
    const SAMPLES: u16 = 4096;
    let last = f64::from(SAMPLES - 1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the type's range")]
    let quantise = |light: f64| (light.clamp(0.0, 1.0) * f64::from(u16::MAX)).round() as u16;
    ToneReprCurve::Lut((0..SAMPLES).map(|index| quantise(light(f64::from(index) / last))).collect())
}

/// SMPTE ST 2084: candelas per square metre.
fn pq_light(signal: f64) -> f64 {
    const M1: f64 = 2610.0 / 16384.0;
    const M2: f64 = 2523.0 / 4096.0 * 128.0;
    const C1: f64 = 3424.0 / 4096.0;
    const C2: f64 = 2413.0 / 4096.0 * 32.0;
    const C3: f64 = 2392.0 / 4096.0 * 32.0;
    let root = signal.powf(1.0 / M2);
    10_000.0 * ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1)
}

/// ARIB STD-B67, with the gamma of a screen of 1000 cd/m²; relative.
fn hlg_light(signal: f64) -> f64 {
    const A: f64 = 0.178_832_77;
    const B: f64 = 0.284_668_92;
    const C: f64 = 0.559_910_73;
    const SCREEN_GAMMA: f64 = 1.2;
    let scene = if signal <= 0.5 { signal * signal / 3.0 } else { (((signal - C) / A).exp() + B) / 12.0 };
    scene.powf(SCREEN_GAMMA)
}
